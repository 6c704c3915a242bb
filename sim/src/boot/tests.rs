use crate::board::{Board, Settings, State};
use crate::boot::{BootTrial, Booted, PowerOn, Start};
use crate::fault::Fault;
use crate::nor::Part;
use crate::straps::{BootMode, Straps};
use crate::testkit::*;

const PLAIN: Start = Start {
    entry: 0x6000_2401,
    stack: Some(0x2001_0000),
};

fn board(flash: Vec<u8>) -> Board {
    Board::new(Settings {
        flash,
        ..with_mode(BootMode::InternalBoot)
    })
}

/// The reason why a flash, changed by `change`, does not boot; the ROM must say the same when it tries.
fn reason(change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut flash = bootable();
    change(&mut flash);
    refused(board(flash))
}

fn refused(mut board: Board) -> String {
    let verdict = board.boot_verdict();
    assert_eq!((verdict.starts, verdict.with_present_straps), (None, false));
    assert_eq!(
        (board.state(), board.reason()),
        (State::Rom, verdict.reason.as_str())
    );
    verdict.reason
}

fn assert_says(found: &str, want: &str) {
    assert!(found.contains(want), "{found:?} does not say {want:?}");
}

/// Changes words of the bootable flash; the reason has to say `want`.
fn word_says(at: usize, value: u32, want: &str) {
    assert_says(&reason(|flash| words(flash, at, &[value])), want);
}

#[test]
fn good_image_starts_and_leaves_the_bus() {
    let mut board = board(bootable());
    assert_eq!(
        (board.state(), board.application()),
        (State::Application, Some(PLAIN))
    );
    board.wait(SECOND);
    assert_eq!(board.usb(), None);
    assert_eq!(board.boot_verdict().starts, Some(PLAIN));
}

#[test]
fn an_entry_may_be_the_reset_handler_itself() {
    let mut flash = bootable();
    words(&mut flash, 0x1004, &[0x6000_2401]);
    assert_eq!(
        board(flash).application(),
        Some(Start {
            stack: None,
            ..PLAIN
        })
    );
}

#[test]
fn verdict_tells_mode_10_and_the_present_pins() {
    let mut board = Board::new(Settings {
        flash: bootable(),
        ..Settings::default()
    });
    assert_eq!(board.state(), State::Rom);
    let verdict = board.boot_verdict();
    assert_eq!(
        (verdict.starts, verdict.with_present_straps),
        (Some(PLAIN), false)
    );
    assert_says(&verdict.present_straps, "BOOT_MODE is 01");
    board.set_straps(Straps {
        boot_mode: BootMode::InternalBoot,
        boot_cfg: 0,
    });
    assert!(board.boot_verdict().with_present_straps);
    assert_eq!(board.state(), State::Rom);
    board.reset();
    assert_eq!(board.state(), State::Application);
}

#[test]
fn verdict_changes_nothing() {
    let mut flash = bootable_quad();
    words(&mut flash, 0x10, &[0x0000_0101, 0x0000_0401, 0x40]);
    words(&mut flash, 0xC0, &[0x2001_0401]);
    let mut board = Board::new(Settings {
        flash,
        ..Settings::default()
    });
    assert_eq!(board.boot_verdict().starts, Some(PLAIN));
    assert_eq!((board.nor().status, board.nor().operations), ([0; 3], 0));
}

// The FCB.

#[test]
fn a_blank_flash_has_no_fcb() {
    assert_says(
        &reason(|flash| flash.fill(0xFF)),
        "no FCB at flash offset 0: erased",
    );
}

#[test]
fn another_tag_is_no_fcb() {
    word_says(0, 0x4246_4347, "found 0x42464347");
}

#[test]
fn the_version_begins_with_v() {
    word_says(4, 0x5501_0400, "FCB version 0x55010400");
}

#[test]
fn an_fcb_without_a_flash_size_maps_nothing() {
    word_says(0x50, 0, "a flash of 0x0 bytes");
}

#[test]
fn four_wires_need_quad_enable() {
    assert_says(
        &refused(board(bootable_quad())),
        "quad enable of the is25lp064a is clear",
    );
    let settings = Settings {
        flash: bootable_quad(),
        status: [0x40, 0, 0],
        ..with_mode(BootMode::InternalBoot)
    };
    assert_eq!(Board::new(settings).application(), Some(PLAIN));
}

#[test]
fn the_fcb_may_set_quad_enable_itself_and_it_stays() {
    let mut flash = bootable_quad();
    words(&mut flash, 0x10, &[0x0000_0101, 0x0000_0401, 0x40]); // enable, type 1; one sequence, 4; argument
    words(&mut flash, 0xC0, &[0x2001_0401]);
    let mut board = board(flash);
    assert_eq!(board.application(), Some(PLAIN));
    assert_eq!(board.nor_mut().status[0], 0x40);
}

#[test]
fn a_set_up_wait_by_time_works_too() {
    let mut flash = bootable_quad();
    words(&mut flash, 0x10, &[100 << 16 | 0x0101, 0x0000_0401, 0x40]); // 10 ms
    words(&mut flash, 0xC0, &[0x2001_0401]);
    assert_eq!(board(flash.clone()).application(), Some(PLAIN));
    words(&mut flash, 0x10, &[1 << 16 | 0x0101]); // 0.1 ms, the part needs 2
    let mut board = board(flash);
    assert_says(board.reason(), "garbage");
    // until the next reset it has had the time it needed, and quad enable stays
    assert_eq!(board.nor().status[0], 0x40);
    assert_says(&board.boot_verdict().reason, "garbage");
}

#[test]
fn configuration_commands_are_played() {
    let mut flash = bootable_quad();
    words(&mut flash, 0x1C, &[1, 0x0000_0C01]);
    words(&mut flash, 0x30, &[0x40]);
    words(&mut flash, 0x140, &[0x2001_0401]);
    assert_eq!(board(flash).application(), Some(PLAIN));
}

#[test]
fn a_wrong_number_of_dummy_clocks_reads_garbage() {
    word_says(0x84, 0x2400_3004, "garbage");
}

#[test]
fn fcb_that_enters_qpi_breaks_one_wire_commands() {
    let mut flash = bootable();
    words(&mut flash, 0x10, &[0x0000_0201, 0x0000_0401]);
    words(&mut flash, 0xC0, &[0x0000_0435]);
    let mut board = board(flash);
    assert_says(board.reason(), "busy");
    // and the part stays where the ROM has led it
    assert_says(&board.boot_verdict().reason, "no flash that answers");
}

// FCB fields that a read does not need.

/// A quad image on an IS25LP064A with quad enable set, changed by `change`.
fn quad(change: impl FnOnce(&mut Vec<u8>)) -> Booted {
    let mut flash = bootable_quad();
    change(&mut flash);
    BootTrial::new(Part::is25lp064a()).power_on(&PowerOn {
        flash: &[(0, &flash)],
        status: [0x40, 0, 0],
        ..PowerOn::default()
    })
}

fn assert_garbage(booted: Booted) {
    match booted {
        Booted::SerialDownload(why) => assert_says(&why, "garbage"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn device_type_and_pad_type_do_not_matter() {
    for word in [0x0004_0000, 0x0000_0401, 0x0000_0802, 0xFF] {
        assert_eq!(
            quad(|flash| words(flash, 0x44, &[word | 1 << 16])),
            Booted::Application(PLAIN)
        );
    }
}

#[test]
fn second_half_of_the_fcb_may_be_blank() {
    for blank in [0x00, 0xFF] {
        assert_eq!(
            quad(|flash| flash[0x100..0x200].fill(blank)),
            Booted::Application(PLAIN)
        );
    }
}

#[test]
fn empty_device_mode_sequence_boots() {
    let booted = quad(|flash| words(flash, 0x10, &[0x0000_0101, 0x0000_0401, 0x0200]));
    assert_eq!(booted, Booted::Application(PLAIN));
}

#[test]
fn part_of_32_mib_boots_with_24_address_bits() {
    let part = Part {
        size: 32 << 20,
        ..Part::is25lp064a()
    };
    let mut flash = bootable_quad();
    words(&mut flash, 0x50, &[32 << 20]);
    let mut trial = BootTrial::new(part);
    let mut boots = |flash: &[u8]| {
        trial.power_on(&PowerOn {
            flash: &[(0, flash)],
            status: [0x40, 0, 0],
            ..PowerOn::default()
        })
    };
    assert_eq!(boots(&flash), Booted::Application(PLAIN));
    words(&mut flash, 0x80, &[0x0A20_04EC]); // ECh with 32 bits
    assert_eq!(boots(&flash), Booted::Application(PLAIN));
    words(&mut flash, 0x80, &[0x0A20_04EB]); // EBh takes 24
    assert_garbage(boots(&flash));
}

// Configuration commands and the part's own registers.

/// C0h with F0h as a configuration command, and 8 dummy clocks: the block of NXP's SDK.
fn read_parameters(flash: &mut [u8]) {
    words(flash, 0x1C, &[1, 0x0000_0C01]);
    words(flash, 0x30, &[0xF0]);
    words(flash, 0x140, &[0x2001_04C0]);
    words(flash, 0x84, &[0x2604_3208]);
}

#[test]
fn read_parameters_set_by_the_fcb_count() {
    assert_eq!(
        quad(|flash| read_parameters(flash)),
        Booted::Application(PLAIN)
    );
    assert_garbage(quad(|flash| words(flash, 0x84, &[0x2604_3208])));
    assert_garbage(quad(|flash| {
        read_parameters(flash);
        words(flash, 0x84, &[0x2604_3206]);
    }));
    // disabled: the command is not sent
    assert_garbage(quad(|flash| {
        read_parameters(flash);
        words(flash, 0x1C, &[0]);
    }));
}

#[test]
fn read_parameters_last_until_power_off() {
    let mut flash = bootable_quad();
    read_parameters(&mut flash);
    let mut trial = BootTrial::new(Part::is25lp064a());
    let mut found = PowerOn {
        status: [0x40, 0, 0],
        ..PowerOn::default()
    };
    let old = bootable_quad();
    let without_command = [(0x1C, &[0u8; 4][..])];
    let content = [(0, &flash[..])];
    found.flash = &content;
    assert_eq!(trial.power_on(&found), Booted::Application(PLAIN));
    assert_eq!(
        trial.warm_reset(found.straps, false),
        Booted::Application(PLAIN)
    );
    // 8 clocks stay in force for another FCB after a warm reset, and not after power-off
    let mut board = board(flash.clone());
    board.nor_mut().set_quad_enabled(true);
    board.reset();
    assert_eq!(board.application(), Some(PLAIN));
    let start = without_command[0].0;
    board.flash_mut()[start..start + 4].copy_from_slice(without_command[0].1);
    board.reset();
    assert_eq!(board.application(), Some(PLAIN));
    board.power_cycle();
    assert_says(board.reason(), "garbage");
    board.flash_mut()[..old.len()].copy_from_slice(&old);
    board.power_cycle();
    assert_eq!(board.application(), Some(PLAIN));
}

#[test]
fn burst_wrap_set_by_the_fcb_breaks_reads() {
    assert_garbage(quad(|flash| {
        read_parameters(flash);
        words(flash, 0x30, &[0xF4]); // 8 bytes
    }));
}

#[test]
fn macronix_dummy_clocks_come_from_01h() {
    let mut flash = bootable_quad();
    words(&mut flash, 0x10, &[0x0000_0101, 0x0000_0401, 0x8740]); // quad enable, DC = 10
    words(&mut flash, 0xC0, &[0x2002_0401]);
    let mut trial = BootTrial::new(Part::mx25l12845g());
    let mut boots = |flash: &[u8]| {
        trial.power_on(&PowerOn {
            flash: &[(0, flash)],
            ..PowerOn::default()
        })
    };
    assert_garbage(boots(&flash));
    words(&mut flash, 0x84, &[0x2604_3208]);
    assert_eq!(boots(&flash), Booted::Application(PLAIN));
}

// FCBs of other flashes.

#[test]
fn hyperflash_block_reads_garbage() {
    assert_garbage(quad(|flash| {
        words(flash, 0x0C, &[0x0303_0303]);
        words(flash, 0x40, &[0x59, 0x0007_0801]);
        words(flash, 0x80, &[0x8B18_87A0, 0xB306_8F10, 0xA704, 0]);
    }));
}

#[test]
fn octal_and_ddr_reads_bring_garbage() {
    let sequences: [[u32; 4]; 7] = [
        [0x0B18_07EB, 0x2704_3306, 0, 0],           // 8-8-8
        [0x8B18_47EE, 0x8B20_8711, 0xA704_B314, 0], // octal DDR with a second command byte
        [0x0A18_04EB, 0x2704_3306, 0, 0],           // data on eight wires
        [0x0A18_04EB, 0xA604_3206, 0, 0],           // data on both edges
        [0x8A18_04EB, 0x2604_3206, 0, 0],           // address on both edges
        [0x0A18_84EB, 0x2604_3206, 0, 0],           // command on both edges
        [0x0A18_04EB, 0x2604_4406, 0, 0],           // no such instruction
    ];
    for sequence in sequences {
        assert_garbage(quad(|flash| words(flash, 0x80, &sequence)));
    }
}

#[test]
fn wrong_wires_bring_garbage() {
    for sequence in [
        [0x0818_04EB, 0x2604_3206], // address on one
        [0x0A18_04EB, 0x2404_3206], // data on one
        [0x0A18_046B, 0x2604_3208], // 6Bh takes its address on one
        [0x0A18_06EB, 0x2604_3206], // command on four
    ] {
        assert_garbage(quad(|flash| words(flash, 0x80, &sequence)));
    }
}

#[test]
fn ddr_read_needs_a_part_that_has_it() {
    let mut flash = bootable();
    words(&mut flash, 0x80, &[0x8A18_04ED, 0xA604_B206]);
    let boots = |part: Part, status| {
        BootTrial::new(part).power_on(&PowerOn {
            flash: &[(0, &flash)],
            status,
            ..PowerOn::default()
        })
    };
    assert_eq!(
        boots(Part::is25lp064a(), [0x40, 0, 0]),
        Booted::Application(PLAIN)
    );
    assert_garbage(boots(Part::gd25q64c(), [0, 2, 0]));
}

#[test]
fn controller_settings_for_other_flashes_read_garbage() {
    assert_garbage(quad(|flash| words(flash, 0x0C, &[0x0003_0303]))); // strobe on DQS
    assert_garbage(quad(|flash| words(flash, 0x0C, &[0x0303_0301]))); // column address
    assert_garbage(quad(|flash| words(flash, 0x40, &[0x14]))); // two flashes in parallel
    assert_garbage(quad(|flash| words(flash, 0x40, &[0x18]))); // word addresses
}

#[test]
fn flash_size_counts_whole_kib() {
    word_says(0x50, 0x13FF, "a flash of 0x1000 bytes");
}

// IVT and boot data.

#[test]
fn no_ivt() {
    word_says(0x1000, 0x4120_00D2, "tag 0xd1 expected, found 0xd2");
    word_says(0x1000, 0x4121_00D1, "length 32 expected, found 33");
    word_says(0x1000, 0x3120_00D1, "version 0x40 to 0x4f expected");
    let erased = reason(|flash| flash[0x1000..0x1020].fill(0xFF));
    assert_says(&erased, "no IVT at 0x60001000: erased");
}

#[test]
fn an_ivt_of_another_place() {
    word_says(0x1014, 0x6000_0400, "says it belongs at 0x60000400");
}

#[test]
fn boot_data_that_do_not_fit() {
    word_says(
        0x1010,
        0x5000_0000,
        "boot data pointer 0x50000000 leads out",
    );
    word_says(0x1024, 0x1000, "do not hold the IVT");
    word_says(0x1028, 1, "plugin");
}

#[test]
fn a_ram_image_is_copied_when_there_is_room() {
    let place = |flash: &mut Vec<u8>, length| {
        words(
            flash,
            0x1004,
            &[0x2000_2000, 0, 0, 0x2000_1020, 0x2000_1000],
        );
        words(flash, 0x1020, &[0x2000_0000, length]);
        words(flash, 0x2004, &[0x2000_2401]);
    };
    let mut flash = bootable();
    place(&mut flash, 0x3000);
    let start = Start {
        entry: 0x2000_2401,
        ..PLAIN
    };
    assert_eq!(board(flash).application(), Some(start));
    assert_says(
        &reason(|flash| place(flash, 0x1_0001)),
        "where there is no such RAM",
    );
}

#[test]
fn sdram_image_boots_only_with_a_dcd() {
    let place = |flash: &mut Vec<u8>, dcd| {
        words(
            flash,
            0x1004,
            &[0x8000_2000, 0, dcd, 0x8000_1020, 0x8000_1000],
        );
        words(flash, 0x1008, &[0, dcd]);
        words(flash, 0x1020, &[0x8000_0000, 0x3000]);
        words(flash, 0x1030, &[0x4108_00D2, 0x0004_00C0]);
        words(flash, 0x2004, &[0x8000_2401]);
    };
    let mut flash = bootable();
    place(&mut flash, 0x8000_1030);
    let start = Start {
        entry: 0x8000_2401,
        ..PLAIN
    };
    assert_eq!(board(flash).application(), Some(start));
    assert_says(&reason(|flash| place(flash, 0)), "no DCD");
}

#[test]
fn stack_may_lie_past_the_default_flexram_split() {
    let mut flash = bootable();
    words(&mut flash, 0x2000, &[0x2002_0000]);
    let start = Start {
        stack: Some(0x2002_0000),
        ..PLAIN
    };
    assert_eq!(board(flash).application(), Some(start));
}

// Where it leads.

#[test]
fn entries_and_vectors_that_lead_nowhere() {
    word_says(
        0x1004,
        0x6000_3000,
        "entry 0x60003000 lies outside the image",
    );
    word_says(
        0x2000,
        0x6000_2000,
        "stack pointer 0x60002000 is not in RAM",
    );
    word_says(0x2000, 0, "stack pointer 0x00000000 is not in RAM");
    word_says(
        0x2000,
        0x2004_0004,
        "stack pointer 0x20040004 is not in RAM",
    );
    word_says(0x2004, 0x6000_2400, "is even");
    word_says(0x2004, 0x2000_0001, "lies outside the image");
    word_says(0x2400, 0xFFFF_FFFF, "reset handler 0x60002401 is erased");
    let erased = reason(|flash| flash[0x2000..0x2008].fill(0xFF));
    assert_says(&erased, "vector table at 0x60002000 is erased");
}

#[test]
fn pointer_to_no_dcd_is_ignored_a_broken_dcd_is_not() {
    let mut flash = bootable();
    words(&mut flash, 0x100C, &[0x6000_1030]);
    assert_eq!(board(flash).application(), Some(PLAIN));
    let broken = reason(|flash| {
        words(flash, 0x100C, &[0x6000_1030]);
        words(flash, 0x1030, &[0x4109_00D2]);
    });
    assert_says(&broken, "DCD");
}

// Fuses, switches, board.

#[test]
fn a_closed_part_refuses_an_unsigned_image() {
    let settings = Settings {
        flash: bootable(),
        fuses: vec![(6, 2)],
        ..with_mode(BootMode::InternalBoot)
    };
    assert_says(&refused(Board::new(settings)), "HAB is closed");
}

#[test]
fn boot_cfg_for_another_device_does_not_boot() {
    let cases = [
        (0x010, "SEMC NOR"),
        (0x001, "encrypted"),
        (0x004, "flash type 2"),
        (0x00E, "second pin group"),
    ];
    for (boot_cfg, want) in cases {
        let straps = Straps {
            boot_mode: BootMode::InternalBoot,
            boot_cfg,
        };
        let board = Board::new(Settings {
            flash: bootable(),
            straps,
            ..Settings::default()
        });
        assert_says(&refused(board), want);
    }
}

#[test]
fn a_flash_on_the_second_pins_needs_flash_type_7() {
    let faults = vec![Fault::SecondPins];
    let settings = Settings {
        flash: bootable(),
        faults,
        ..with_mode(BootMode::InternalBoot)
    };
    assert_says(&refused(Board::new(settings.clone())), "second pin group");
    let straps = Straps {
        boot_mode: BootMode::InternalBoot,
        boot_cfg: 0xE,
    };
    assert_eq!(
        Board::new(Settings { straps, ..settings }).application(),
        Some(PLAIN)
    );
}

#[test]
fn a_flash_that_does_not_answer_reads_as_erased() {
    for fault in [Fault::Absent, Fault::HeldInReset, Fault::StuckBusy] {
        let faults = vec![fault];
        let settings = Settings {
            flash: bootable(),
            faults,
            ..with_mode(BootMode::InternalBoot)
        };
        assert_says(
            &refused(Board::new(settings)),
            "erased, or no flash that answers",
        );
    }
}

#[test]
fn flash_left_in_qpi_boots_only_after_power_off() {
    let mut board = board(bootable());
    let op = crate::nor::Cycle {
        opcode: Some(0x35),
        ..crate::nor::Cycle::new(0)
    };
    board.nor_mut().cycle(&op, &mut crate::clock::Clock::new());
    board.reset();
    assert_eq!(board.state(), State::Rom);
    board.power_cycle();
    assert_eq!(board.state(), State::Application);
}

#[test]
fn boot_mode_may_lead_past_the_flash() {
    let fused = |fuses, boot_mode| {
        Board::new(Settings {
            flash: bootable(),
            fuses,
            ..with_mode(boot_mode)
        })
    };
    assert_eq!(fused(vec![], BootMode::Fuses).state(), State::Rom);
    assert_eq!(
        fused(vec![(6, 1 << 4)], BootMode::Fuses).state(),
        State::Application
    );
    assert_eq!(
        fused(vec![(6, 1 << 16)], BootMode::SerialDownloader).state(),
        State::Application
    );
    assert_eq!(
        fused(vec![(6, 1 << 17)], BootMode::SerialDownloader).state(),
        State::Silent
    );
    assert_eq!(fused(vec![], BootMode::Reserved).state(), State::Silent);
}

// Boot trials.

#[test]
fn trial_keeps_nothing_of_the_one_before() {
    let flash = bootable();
    let mut trial = BootTrial::new(Part::is25lp064a());
    let blank = trial.power_on(&PowerOn::default());
    let content = [(0, &flash[..])];
    let good = PowerOn {
        flash: &content,
        ..PowerOn::default()
    };
    assert_eq!(trial.power_on(&good), Booted::Application(PLAIN));
    assert_eq!(trial.power_on(&PowerOn::default()), blank);
    let closed = PowerOn {
        fuses: &[(6, 2)],
        ..good
    };
    assert!(matches!(trial.power_on(&closed), Booted::SerialDownload(_)));
    assert_eq!(trial.power_on(&good), Booted::Application(PLAIN));
}

#[test]
fn trial_and_board_agree() {
    let flash = bootable_quad();
    for status in [[0; 3], [0x40, 0, 0]] {
        for boot_mode in [
            BootMode::Fuses,
            BootMode::SerialDownloader,
            BootMode::InternalBoot,
            BootMode::Reserved,
        ] {
            let straps = Straps {
                boot_mode,
                boot_cfg: 0,
            };
            let board = Board::new(Settings {
                flash: flash.clone(),
                status,
                straps,
                ..Settings::default()
            });
            let booted = BootTrial::new(Part::is25lp064a()).power_on(&PowerOn {
                flash: &[(0, &flash)],
                status,
                straps,
                ..PowerOn::default()
            });
            let expected = match board.state() {
                State::Application => Booted::Application(PLAIN),
                State::Rom => Booted::SerialDownload(board.reason().into()),
                _ => Booted::Nothing(board.reason().into()),
            };
            assert_eq!(booted, expected);
        }
    }
}

#[test]
#[ignore = "a measurement"]
fn speed_of_trials() {
    let mut flash = bootable_quad();
    read_parameters(&mut flash);
    let mut trial = BootTrial::new(Part::mx25l12845g());
    let started = std::time::Instant::now();
    for _ in 0..20_000 {
        trial.power_on(&PowerOn {
            flash: &[(0, &flash), (0xFF_0000, &flash)],
            status: [0x40, 0, 0],
            ..PowerOn::default()
        });
    }
    println!("20,000 trials in {:?}", started.elapsed());
}
