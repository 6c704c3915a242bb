//! ReadByFcb, Protect and Start.

use super::inspect::data;
use super::*;

/// RAM that the host uses.
const FCB: u32 = 0x2020_4000;

/// The quad FCB of the part, as the own loader makes it.
fn quad_fcb() -> Vec<u8> {
    let mut board = configured(Settings::default());
    assert_eq!(run(&mut board, 5, &[OPTIONS, 4, 0xF000_000F]), 0);
    assert_eq!(run(&mut board, 0x11, &[9, OPTIONS]), 0);
    board.flash()[..512].to_vec()
}

#[test]
fn read_by_fcb_reads_as_the_rom_would() {
    let content = pattern(0x3000);
    let fcb = quad_fcb();
    let mut wrong = fcb.clone();
    words(&mut wrong, 0x84, &[0x2604_3208]); // 8 dummy clocks where the part has 6
    let mut board = loaded(Settings {
        flash: content.clone(),
        ..Settings::default()
    });
    assert_eq!(write(&mut board, FCB, &fcb, 512), 0);
    // quad enable is clear: what the ROM would read is garbage
    let read_by = |board: &mut Board, fcb| data(board, 0x52, &[fcb, FLASH + 0x100, 3000]);
    assert_ne!(
        read_by(&mut board, FCB),
        Ok(content[0x100..0x100 + 3000].to_vec())
    );
    assert_eq!(board.nor().status[0], 0);
    board.nor_mut().set_quad_enabled(true);
    let before = board.costs().spi_cycles;
    assert_eq!(
        read_by(&mut board, FCB),
        Ok(content[0x100..0x100 + 3000].to_vec())
    );
    assert!(board.costs().spi_cycles > before + 11);
    // not configured by it
    assert_eq!(run(&mut board, 2, &[FLASH, 0x1000, 0]), 10205);
    // a configured flash stays as it is
    assert_eq!(configure(&mut board, 0xC000_0007), 0);
    assert_eq!(write(&mut board, FCB, &wrong, 512), 0);
    let shifted = read_by(&mut board, FCB).expect("bytes");
    assert_ne!(shifted, content[0x100..0x100 + 3000]);
    assert_eq!(read(&mut board, FLASH, 0x3000), content);
    // what cannot be
    assert_eq!(
        data(&mut board, 0x52, &[FCB, FLASH + 0x7F_FFFF, 2]),
        Err(10200)
    );
    assert_eq!(data(&mut board, 0x52, &[FCB, FCB, 2]), Err(10200));
    assert_eq!(write(&mut board, FCB, &[0; 512], 512), 0);
    assert_eq!(read_by(&mut board, FCB), Err(4));
    assert_eq!(read_by(&mut board, 0x4000_0000), Err(10200));
}

#[test]
fn continuous_read_by_an_fcb_is_ended() {
    let content = pattern(0x2000);
    let mut board = configured(Settings {
        flash: content.clone(),
        status: [0x40, 0, 0],
        ..Settings::default()
    });
    let mut fcb = quad_fcb();
    // EBh, 24 address bits, mode A5h, 4 dummy clocks, read, and from then on without the command
    words(&mut fcb, 0x80, &[0x0A18_04EB, 0x3204_1EA5, 0x7C01_2604]);
    assert_eq!(write(&mut board, FCB, &fcb, 512), 0);
    let got = data(&mut board, 0x52, &[FCB, FLASH, 0x2000]);
    assert_eq!(got, Ok(content.clone()));
    assert_eq!(read(&mut board, FLASH, 0x2000), content);
    assert_eq!(run(&mut board, 2, &[FLASH, 0x1000, 0]), 0);
    assert!(board.flash()[..0x1000].iter().all(|byte| *byte == 0xFF));
}

#[test]
fn protect_covers_all_of_every_part_and_clears_it() {
    for name in Part::names() {
        let part = Part::find(name).expect("known");
        let size = part.size;
        let mut board = loaded(Settings {
            part,
            ..Settings::default()
        });
        board.nor_mut().set_quad_enabled(true);
        let before = board.nor().status;
        // their SFDP says nothing of status registers, and nothing is known of their makers'
        if ["xt25f64b", "en25qh64", "en25qh128"].contains(&name) {
            assert_eq!(run(&mut board, 0x55, &[1]), 4, "{name}");
            assert_eq!(board.nor().status, before, "{name}");
            continue;
        }
        assert_eq!(run(&mut board, 0x55, &[1]), 0, "{name}");
        assert_eq!(board.nor().protected(), 0..size, "{name}");
        assert!(board.nor().quad_enabled(), "{name}");
        let operations = board.counts().nor_operations;
        assert_eq!(run(&mut board, 0x55, &[1]), 0, "{name}");
        // nothing is written twice
        assert_eq!(board.counts().nor_operations, operations, "{name}");
        assert_eq!(run(&mut board, 0x55, &[0]), 0, "{name}");
        assert!(board.nor().protected().is_empty(), "{name}");
        assert_eq!(board.nor().status, before, "{name}");
    }
}

#[test]
fn protect_undoes_the_complement_and_tells_a_lock() {
    let part = Part::find("w25q64jv").expect("known");
    let mut board = loaded(Settings {
        part: part.clone(),
        status: [0x24, 0x42, 0x60],
        ..Settings::default()
    });
    assert_eq!(run(&mut board, 0x55, &[0]), 0);
    assert_eq!(board.nor().status, [0x20, 0x02, 0x60]);
    // no block is chosen, and that is turned round
    let mut board = loaded(Settings {
        part: part.clone(),
        status: [0, 0x40, 0],
        ..Settings::default()
    });
    assert_eq!(run(&mut board, 0x55, &[0]), 0);
    assert_eq!(board.nor().status, [0, 0, 0]);
    assert_eq!(run(&mut board, 0x55, &[2]), 4);
    // SRP with WP# low
    let mut board = loaded(Settings {
        part,
        status: [0x9C, 0, 0],
        faults: vec![Fault::WriteProtectLow],
        ..Settings::default()
    });
    assert_eq!(run(&mut board, 0x55, &[0]), 59012);
    assert_eq!(board.nor().status, [0x9C, 0, 0]);
    board.fault_mut().push(Fault::Absent);
    assert_eq!(run(&mut board, 0x55, &[0]), 59000);
}

#[test]
fn start_runs_the_application_in_flash() {
    let start = Start {
        entry: 0x6000_2401,
        stack: Some(0x2001_0000),
    };
    let mut board = loaded(Settings {
        flash: bootable_quad(),
        status: [0x40, 0, 0],
        ..Settings::default()
    });
    assert_eq!(run(&mut board, 0x56, &[FLASH]), 0);
    board.wait(SECOND);
    assert_eq!(
        (board.state(), board.application()),
        (State::Application, Some(start))
    );
    assert_eq!(board.usb(), None);
}

#[test]
fn start_is_no_way_around_hab() {
    let mut board = loaded(Settings {
        flash: bootable(),
        ..Settings::default()
    });
    board.fuses_mut().set(6, 2);
    assert_eq!(run(&mut board, 0x56, &[FLASH]), 59007);
    assert_eq!(board.state(), State::Flashloader);
}

#[test]
fn start_refuses_what_the_rom_would_not_run_in_place() {
    let mut dcd = bootable();
    words(&mut dcd, 0x100C, &[0x6000_1040]);
    let mut in_ram = bootable();
    words(
        &mut in_ram,
        0x1004,
        &[0x2000_2000, 0, 0, 0x2000_1020, 0x2000_1000],
    );
    words(&mut in_ram, 0x1020, &[0x2000_0000, 0x3000, 0]);
    words(&mut in_ram, 0x2000, &[0x2001_0000, 0x2000_2401]);
    let mut no_entry = bootable();
    no_entry[0x2000..0x2008].fill(0xFF);
    let cases = [
        ("erased", vec![], 59010),
        ("no IVT", bootable()[..0x1000].to_vec(), 59010),
        ("erased vectors", no_entry, 59010),
        ("quad enable clear", bootable_quad(), 59010),
        ("in RAM", in_ram, 59010),
        ("DCD", dcd, 59011),
    ];
    for (name, flash, expected) in cases {
        let mut board = loaded(Settings {
            flash: flash.clone(),
            ..Settings::default()
        });
        let is_set_up = name != "quad enable clear";
        if is_set_up {
            assert_eq!(configure(&mut board, 0xC000_0007), 0, "{name}");
        }
        assert_eq!(run(&mut board, 0x56, &[FLASH]), expected, "{name}");
        assert_eq!(run(&mut board, 0x56, &[FLASH + 0x1000]), 10200, "{name}");
        assert_eq!(board.state(), State::Flashloader, "{name}");
        // flash is configured as its FCB says, if it holds one
        if name == "erased" {
            assert_eq!(run(&mut board, 0x02, &[FLASH, 0x1000, 9]), 10205, "{name}");
        } else if is_set_up {
            let now = read(&mut board, FLASH, 0x3000);
            assert_eq!(now[..flash.len()], flash, "{name}");
        }
    }
}
