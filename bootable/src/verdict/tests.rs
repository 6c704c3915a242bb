use rtboot_fcb::database;
use rtboot_fcb::lut::{Opcode, Sequence, index};

use super::*;
use crate::testing::{app, at, headers, image_with};
use crate::{BootData, Ivt};

fn map() -> MemoryMap {
    crate::testing::rt1021().map
}

fn part(name: &str) -> Part {
    database::find(name).unwrap().1.parts.remove(0)
}

/// The SDK's image with the FCB of the kit's flash, changed.
fn content(change: impl FnOnce(&mut Fcb)) -> Memory {
    let (ivt, data) = headers(0x6000_2000, 0x80_0000);
    let mut memory = image_with(ivt, data, &app(0x2001_0000, 0x6000_2101, 0x400));
    let mut fcb = part("IS25LP064A").boot_fcb();
    change(&mut fcb);
    memory
        .replace(0x6000_0000, fcb.to_bytes().to_vec())
        .unwrap();
    memory
}

fn header_changed(change: impl FnOnce(&mut Ivt, &mut BootData)) -> Memory {
    let (mut ivt, mut data) = headers(0x6000_2000, 0x80_0000);
    change(&mut ivt, &mut data);
    let mut memory = image_with(ivt, data, &app(0x2001_0000, 0x6000_2101, 0x400));
    let fcb = part("IS25LP064A").boot_fcb();
    memory
        .replace(0x6000_0000, fcb.to_bytes().to_vec())
        .unwrap();
    memory
}

const SET: StatusRegisters = StatusRegisters {
    sr1: 0x40,
    sr2: None,
    sr3: None,
};
const CLEAR: StatusRegisters = StatusRegisters {
    sr1: 0x00,
    sr2: None,
    sr3: None,
};

/// The answer on an IS25LP064A with these status registers, and the codes of the reasons.
fn on_kit(memory: &Memory, status: StatusRegisters) -> (Starts, Vec<&'static str>) {
    let parts = [part("IS25LP064A")];
    answer(memory, &Conditions::default().parts(&parts).status(status))
}

fn answer(memory: &Memory, conditions: &Conditions<'_>) -> (Starts, Vec<&'static str>) {
    let verdict = Verdict::of(memory, crate::testing::rt1021(), conditions);
    for finding in &verdict.findings {
        assert_eq!(finding.unfilled(), None, "{finding}");
    }
    let reasons = verdict.reasons.iter().map(Finding::code).collect();
    (verdict.starts, reasons)
}

#[test]
fn a_sound_image_keeps_every_rule() {
    let parts = [part("IS25LP064A")];
    let there = Conditions::default().parts(&parts).status(SET);
    let verdict = Verdict::of(&content(|_| {}), crate::testing::rt1021(), &there);
    assert_eq!((verdict.starts, verdict.reasons), (Starts::Yes, vec![]));
    let codes: Vec<_> = verdict.findings.iter().map(Finding::code).collect();
    assert_eq!(
        codes,
        ["fcb-found", "ivt", "boot-data", "entry", "no-dcd", "csf"]
    );
    assert!(verdict.inspection.findings.is_empty());
}

#[test]
fn without_a_part_the_read_is_not_checked() {
    let memory = content(|_| {});
    assert_eq!(
        answer(&memory, &Conditions::default()),
        (Starts::Unknown, vec!["part-unknown"])
    );
    let parts = [part("IS25LP064A")];
    let no_status = Conditions::default().parts(&parts);
    assert_eq!(
        answer(&memory, &no_status),
        (Starts::Unknown, vec!["quad-enable-unknown"])
    );
}

/// No part is needed to see that a sequence without an address, without data, or with instructions that do not exist brings
/// nothing.
#[test]
fn a_sequence_that_reads_nothing_starts_nowhere() {
    use rtboot_fcb::lut::Instruction;
    let quad = Sequence::read(0xEB, 24, 4, 4, 6);
    let quad = quad.steps();
    let with = |at: usize, opcode: Opcode| {
        let mut steps = quad.to_vec();
        steps[at].opcode = opcode;
        Sequence::of(&steps)
    };
    let parts = [part("IS25LP064A")];
    let known = Conditions::default().parts(&parts).status(SET);
    let no = (Starts::No, vec!["fcb-not-a-read"]);
    for sequence in [
        Sequence::from_bytes(&[0xFF; 16]),
        Sequence::command(0x06),
        Sequence::of(&quad[..3]),
        with(0, Opcode(0x3F)),
        with(1, Opcode::DUMMY),
        with(3, Opcode::WRITE),
    ] {
        let memory = content(|fcb| fcb.set_sequence(index::READ, &sequence));
        let (starts, reasons) = answer(&memory, &Conditions::default());
        assert_eq!((starts, reasons), no, "{sequence}");
        assert_eq!(answer(&memory, &known), no, "{sequence}");
    }
    // what may be right on a part that nobody knows
    for steps in [
        &quad[1..],
        &[
            Instruction::new(Opcode::CMD_DDR, 8, 0xA0),
            Instruction::new(Opcode::RADDR_DDR, 8, 24),
            Instruction::new(Opcode::CADDR_DDR, 8, 16),
            Instruction::new(Opcode::DUMMY_RWDS_DDR, 8, 6),
            Instruction::new(Opcode::READ_DDR, 8, 4),
        ],
    ] {
        let sequence = Sequence::of(steps);
        let memory = content(|fcb| fcb.set_sequence(index::READ, &sequence));
        let unknown = (Starts::Unknown, vec!["part-unknown"]);
        assert_eq!(
            answer(&memory, &Conditions::default()),
            unknown,
            "{sequence}"
        );
    }
}

#[test]
fn a_trial_read_outweighs_the_part() {
    let memory = content(|_| {});
    let same = Conditions::default().trial(TrialRead::Same);
    assert_eq!(answer(&memory, &same), (Starts::Yes, vec![]));
    let parts = [part("IS25LP064A")];
    let differs = Conditions::default()
        .parts(&parts)
        .status(SET)
        .trial(TrialRead::Differs);
    assert_eq!(
        answer(&memory, &differs),
        (Starts::No, vec!["read-differs"])
    );
    let explained = differs.clone().status(CLEAR);
    assert_eq!(
        answer(&memory, &explained),
        (Starts::No, vec!["quad-enable-clear"])
    );
}

#[test]
fn bare_applications_and_blank_flash_do_not_start() {
    let bare = at(0x6000_2000, app(0x2001_0000, 0x6000_2101, 0x400));
    assert_eq!(
        on_kit(&bare, SET),
        (Starts::No, vec!["fcb-missing", "ivt-missing"])
    );
    let blank = at(0x6000_0000, vec![0xFF; 0x3000]);
    assert!(Verdict::is_blank(&blank));
    let verdict = Verdict::of(&blank, crate::testing::rt1021(), &Conditions::default());
    assert!(
        verdict.reasons[0]
            .to_string()
            .contains("(the flash is blank there)")
    );
    let whole = content(|_| {}).filled(0x6000_0000, 0x80_0000, 0xFF);
    assert_eq!(on_kit(&at(0x6000_0000, whole), SET).0, Starts::Yes);
}

#[test]
fn what_a_read_does_not_need_is_a_warning() {
    type Change = fn(&mut Fcb);
    let changes: [(&str, Change); 5] = [
        ("fcb-device-type", |fcb| fcb.set_device_type(0)),
        ("fcb-geometry-zero", |fcb| {
            let mut bytes = fcb.to_bytes();
            bytes[0x100..].fill(0);
            *fcb = Fcb::parse(&bytes).unwrap();
        }),
        ("fcb-lut-erased", |fcb| {
            let mut bytes = fcb.to_bytes();
            bytes[0x100..].fill(0xFF);
            *fcb = Fcb::parse(&bytes).unwrap();
        }),
        ("fcb-device-mode", |fcb| {
            fcb.set_device_mode_enable(1);
            fcb.set_device_mode_type(1);
            fcb.set_device_mode_sequence(rtboot_fcb::SequenceCall { count: 1, index: 4 });
        }),
        ("fcb-pads", |fcb| fcb.set_flash_pads(0)),
    ];
    let parts = [part("IS25LP064A")];
    let there = Conditions::default().parts(&parts).status(SET);
    for (code, change) in changes {
        let mut fcb = parts[0].boot_fcb();
        change(&mut fcb);
        for part in [None, Some(&parts[0])] {
            let alone = super::judge_fcb(&fcb, part, crate::testing::rt1021());
            let errors = alone
                .iter()
                .filter(|found| found.severity > Severity::Warning);
            assert_eq!(errors.count(), 0, "{code}: {alone:?}");
        }
        let verdict = Verdict::of(&content(change), crate::testing::rt1021(), &there);
        assert_eq!(verdict.starts, Starts::Yes, "{code}: {:?}", verdict.reasons);
        let finding = verdict.findings.iter().find(|found| found.code() == code);
        let finding = finding.unwrap_or_else(|| panic!("{code}: {:?}", verdict.findings));
        assert!(finding.severity <= Severity::Warning, "{finding}");
    }
}

#[test]
fn address_bits_24_reach_the_image_in_a_32_mib_part() {
    let mut large = part("IS25LP064A");
    (large.size, large.read.opcode, large.read.address_bits) = (32 << 20, 0xEC, 32);
    let parts = [large];
    let there = Conditions::default().parts(&parts).status(SET);
    let memory = content(|fcb| fcb.set_sflash_a1_size(32 << 20));
    assert_eq!(answer(&memory, &there), (Starts::Yes, vec![]));
}

#[test]
fn a_configuration_command_changes_the_dummy_cycles() {
    let eight = |fcb: &mut Fcb| {
        fcb.set_sequence(0, &Sequence::from_words(&[0x0A18_04EB, 0x2604_3208]));
    };
    let sdk = |fcb: &mut Fcb| {
        eight(fcb);
        fcb.set_config_command_enable(1);
        let call = rtboot_fcb::SequenceCall {
            count: 1,
            index: 12,
        };
        let none = rtboot_fcb::SequenceCall { count: 0, index: 0 };
        fcb.set_config_command_sequences([call, none, none]);
        fcb.set_config_command_arguments([0xF0, 0, 0]);
        fcb.set_sequence(12, &Sequence::from_words(&[0x2001_04C0]));
    };
    assert_eq!(on_kit(&content(sdk), SET), (Starts::Yes, vec![]));
    assert_eq!(
        on_kit(&content(eight), SET),
        (Starts::No, vec!["fcb-read-misfit"])
    );
    // C0h is a command of QPI on Winbond's parts; on others it is not known
    let on = |name: &str, sr1| {
        let parts = [part(name)];
        let status = StatusRegisters {
            sr1,
            sr2: Some(2),
            sr3: None,
        };
        let there = Conditions::default().parts(&parts).status(status);
        answer(&content(sdk), &there)
    };
    assert_eq!(on("W25Q64JV", 0), (Starts::No, vec!["fcb-read-misfit"]));
    assert_eq!(
        on("MX25L6433F", 0x40),
        (Starts::Unknown, vec!["fcb-setup-open"])
    );
}

/// The answer on a part with its own FCB, once `change` was at it, and with these status registers.
fn on_part(
    name: &str,
    (sr1, sr2): (u8, u8),
    change: impl FnOnce(&mut Fcb),
) -> (Starts, Vec<&'static str>) {
    let parts = [part(name)];
    let memory = content(|fcb| {
        *fcb = parts[0].boot_fcb();
        change(fcb);
    });
    let status = StatusRegisters {
        sr1,
        sr2: Some(sr2),
        sr3: None,
    };
    answer(&memory, &Conditions::default().parts(&parts).status(status))
}

/// The FCB's read with so many dummy cycles, after one byte for a command.
fn configured(fcb: &mut Fcb, (command, value): (u8, u32), dummies: u8) {
    let call = |count, index| rtboot_fcb::SequenceCall { count, index };
    fcb.set_config_command_enable(1);
    fcb.set_config_command_sequences([call(1, 12), call(0, 0), call(0, 0)]);
    fcb.set_config_command_arguments([value, 0, 0]);
    fcb.set_sequence(12, &Sequence::write_register(command, 1));
    read_with(fcb, dummies);
}

fn read_with(fcb: &mut Fcb, dummies: u8) {
    let mut read = fcb.sequence(0);
    for step in &mut read.0 {
        if step.opcode == Opcode::DUMMY {
            step.operand = dummies;
        }
    }
    fcb.set_sequence(0, &read);
}

#[test]
fn registers_of_the_part_set_the_dummy_cycles() {
    let yes = (Starts::Yes, vec![]);
    let misfit = (Starts::No, vec!["fcb-read-misfit"]);
    // P[6:3] of the D parts, P[4:3] of the A parts
    let issi = |name: &str, value, dummies| {
        on_part(name, (0x40, 0), |fcb| {
            configured(fcb, (0xC0, value), dummies)
        })
    };
    assert_eq!(issi("IS25LP064D", 0x70, 14), yes);
    assert_eq!(issi("IS25LP064D", 0x70, 8), misfit);
    assert_eq!(issi("IS25LP064A", 0x70, 8), yes);
    assert_eq!(
        issi("IS25LP064A", 0xF4, 8).1,
        ["fcb-setup-open"],
        "reads wrap"
    );
    // no source tells what C0h does to it
    assert_eq!(issi("IS25LP256D", 0xF0, 8).1, ["fcb-setup-open"]);
    let micron = |value, dummies| {
        on_part("MT25QL128ABA", (0, 0), |fcb| {
            configured(fcb, (0x81, value), dummies);
        })
    };
    assert_eq!(micron(0xBB, 11), yes);
    assert_eq!(micron(0xBB, 10), misfit);
    // a dummy bit and a latency code among the status bits
    let plain = |name: &str, sr2, dummies| on_part(name, (0, sr2), |fcb| read_with(fcb, dummies));
    assert_eq!(plain("GD25Q64E", 0x02, 6), yes);
    assert_eq!(plain("GD25Q64E", 0x12, 6), misfit);
    assert_eq!(plain("GD25Q64E", 0x12, 10), yes);
    assert_eq!(plain("S25FL256S", 0x02, 6), yes);
    assert_eq!(plain("S25FL256S", 0x82, 6), misfit);
    assert_eq!(plain("S25FL256S", 0x82, 7), yes);
    let other = on_part("S25FL256S", (0, 0x82), |fcb| {
        fcb.set_sequence(0, &Sequence::from_words(&[0x0820_046C, 0x2604_3208]));
    });
    assert_eq!(other, (Starts::Unknown, vec!["fcb-read-open"]));
}

#[test]
fn an_unknown_quad_enable_leaves_four_lines_open() {
    assert_eq!(on_part("EN25QH64", (0, 0), |_| {}), (Starts::Yes, vec![]));
    let four = on_part("EN25QH64", (0x40, 0), |fcb| {
        fcb.set_sequence(0, &Sequence::from_words(&[0x0818_046B, 0x2604_3208]));
    });
    assert_eq!(four, (Starts::Unknown, vec!["quad-enable-unknown"]));
}

#[test]
fn address_bits_24_do_not_reach_past_16_mib() {
    let entry = |at: u32, read: &'static [u32]| {
        let parts = [part("W25Q256JV")];
        let (mut ivt, data) = headers(0x6000_2000, 0x200_0000);
        ivt.entry = at;
        let mut memory = image_with(ivt, data, &app(0x2001_0000, 0x6000_2101, 0x400));
        let mut fcb = parts[0].boot_fcb();
        fcb.set_sequence(0, &Sequence::from_words(read));
        let far = app(0x2001_0000, at + 0x101, 0x400);
        memory.replace(at, far).unwrap();
        memory
            .replace(0x6000_0000, fcb.to_bytes().to_vec())
            .unwrap();
        let status = StatusRegisters {
            sr1: 0,
            sr2: Some(2),
            sr3: None,
        };
        answer(&memory, &Conditions::default().parts(&parts).status(status))
    };
    let (narrow, wide): (&[u32], &[u32]) =
        (&[0x0A18_04EB, 0x2604_3206], &[0x0A20_04EC, 0x2604_3206]);
    assert_eq!(entry(0x60FF_F000, narrow), (Starts::Yes, vec![]));
    assert_eq!(entry(0x6100_0000, wide), (Starts::Yes, vec![]));
    assert_eq!(
        entry(0x6100_0000, narrow),
        (Starts::No, vec!["past-read-reach", "past-read-reach"])
    );
    let double_rate = &[0x8A18_04ED, 0xA604_3206];
    let (starts, reasons) = entry(0x6100_0000, double_rate);
    assert_eq!(starts, Starts::No);
    assert!(reasons.contains(&"past-read-reach"), "{reasons:?}");
}

#[test]
fn an_fcb_for_another_kind_of_flash_does_not_start() {
    let with = |words: &[u32]| {
        on_kit(
            &content(|fcb| fcb.set_sequence(0, &Sequence::from_words(words))),
            SET,
        )
    };
    let hyper = with(&[0x8B18_87A0, 0xB306_8F10, 0x0000_A704]);
    assert_eq!(hyper, (Starts::No, vec!["fcb-kind"]));
    // octal and double data rate, wrong dummy cycles, wrong pads
    assert_eq!(with(&[0x0B18_04EC, 0x2704_3306]).1, ["fcb-kind"]);
    assert_eq!(with(&[0x8A18_04EB, 0xA604_3206]).1, ["fcb-kind"]);
    assert_eq!(with(&[0x0A18_04EB, 0x2604_320A]).1, ["fcb-read-misfit"]);
    assert_eq!(with(&[0x0818_04EB, 0x2604_3206]).1, ["fcb-read-misfit"]);
    assert_eq!(with(&[0x0A20_04EC, 0x2604_3206]).1, ["fcb-read-misfit"]);
    let strobe = on_kit(&content(|fcb| fcb.set_read_sample_clock(3)), SET);
    assert_eq!(strobe, (Starts::No, vec!["fcb-controller"]));
}

#[test]
fn quad_enable_counts_only_for_four_lines() {
    assert_eq!(
        on_kit(&content(|_| {}), CLEAR),
        (Starts::No, vec!["quad-enable-clear"])
    );
    let one_line =
        content(|fcb| fcb.set_sequence(0, &Sequence::from_words(&[0x0818_0403, 0x2404])));
    assert_eq!(on_kit(&one_line, CLEAR), (Starts::Yes, vec![]));
    let sets_it = content(|fcb| {
        fcb.set_device_mode_enable(1);
        fcb.set_device_mode_type(1);
        fcb.set_device_mode_sequence(rtboot_fcb::SequenceCall { count: 1, index: 4 });
        fcb.set_device_mode_argument(0x40);
        fcb.set_sequence(4, &Sequence::write_register(0x01, 1));
    });
    assert_eq!(on_kit(&sets_it, CLEAR), (Starts::Yes, vec![]));
}

#[test]
fn erased_code_and_vectors_are_errors() {
    let erased = |from: u32, len: usize| {
        let mut memory = content(|_| {});
        memory.replace(from, vec![0xFF; len]).unwrap();
        on_kit(&memory, SET)
    };
    assert_eq!(erased(0x6000_2000, 8), (Starts::No, vec!["vectors-blank"]));
    assert_eq!(erased(0x6000_2100, 2), (Starts::No, vec!["reset-erased"]));
    let (mut ivt, data) = headers(0x6000_2000, 0x80_0000);
    ivt.entry = 0x6000_2101;
    let mut memory = image_with(ivt, data, &app(0x2001_0000, 0x6000_2101, 0x400));
    memory.replace(0x6000_2100, vec![0xFF; 2]).unwrap();
    assert!(on_kit(&memory, SET).1.contains(&"reset-erased"));
}

#[test]
fn entry_and_stack_in_no_memory_are_errors() {
    let entry = header_changed(|ivt, _| ivt.entry = 0x9000_2001);
    assert_eq!(on_kit(&entry, SET).1, ["entry-outside-image"]);
    let mut stack = content(|_| {});
    stack
        .replace(0x6000_2000, 0x5000_0000_u32.to_le_bytes().to_vec())
        .unwrap();
    assert_eq!(on_kit(&stack, SET).1, ["stack-outside-ram"]);
}

#[test]
fn an_entry_that_the_boot_data_does_not_cover_is_open() {
    let short = header_changed(|_, data| data.length = 0x2000);
    assert_eq!(
        on_kit(&short, SET),
        (Starts::Unknown, vec!["entry-outside-boot-data"])
    );
}

#[test]
fn the_size_on_port_a1_limits_what_the_rom_reads() {
    let small = content(|fcb| fcb.set_sflash_a1_size(0x2000));
    let (starts, reasons) = on_kit(&small, SET);
    assert_eq!(starts, Starts::No);
    assert_eq!(reasons, ["past-fcb-size", "past-fcb-size"]);
}

#[test]
fn boot_pins_that_lead_elsewhere_do_not_start() {
    let chip = crate::testing::rt1021();
    let parts = [part("IS25LP064A")];
    let there = Conditions::default().parts(&parts).status(SET);
    let with = |sbmr1: u32, second| {
        let config = chip.boot_config(sbmr1);
        answer(&content(|_| {}), &there.clone().boot_pins(config, second)).1
    };
    assert_eq!(with(0, false), [""; 0]);
    assert_eq!(with(0, true), ["strap-first-pins"]);
    assert_eq!(with(7 << 1, true), [""; 0]);
    assert_eq!(with(7 << 1, false), ["strap-second-pins"]);
    assert_eq!(with(2 << 1, false), ["strap-flash-type"]);
    assert_eq!(with(1 << 1, false), ["strap-four-byte"]);
    assert_eq!(with(1, false), ["strap-encrypted"]);
    assert_eq!(with(1 << 4, false), ["strap-boot-device"]);
}

#[test]
fn a_closed_part_wants_a_signature() {
    let parts = [part("IS25LP064A")];
    let closed = Conditions::default()
        .parts(&parts)
        .status(SET)
        .hab(Hab::Closed);
    assert_eq!(
        answer(&content(|_| {}), &closed),
        (Starts::No, vec!["hab-unsigned"])
    );
    let mut signed = header_changed(|ivt, _| ivt.csf = 0x6000_3000);
    signed
        .insert(0x6000_3000, vec![0xD4, 0, 8, 0x42, 0xC0, 0, 4, 0])
        .unwrap();
    assert_eq!(
        answer(&signed, &closed),
        (Starts::Unknown, vec!["hab-unchecked"])
    );
}

#[test]
fn parts_with_one_id_must_agree() {
    let mut other = part("IS25LP064A");
    other.read.dummy_cycles = 8;
    let parts = [part("IS25LP064A"), other];
    let there = Conditions::default().parts(&parts).status(SET);
    assert_eq!(
        answer(&content(|_| {}), &there),
        (Starts::Unknown, vec!["parts-disagree"])
    );
}

#[test]
fn a_far_reset_handler_is_read_before_the_verdict() {
    let flash = {
        let (ivt, data) = headers(0x6000_2000, 0x80_0000);
        let mut memory = image_with(ivt, data, &app(0x2001_0000, 0x6001_0001, 0x400));
        let fcb = part("IS25LP064A").boot_fcb();
        memory
            .replace(0x6000_0000, fcb.to_bytes().to_vec())
            .unwrap();
        memory.insert(0x6001_0000, vec![0xBF, 0x00]).unwrap();
        memory.filled(0x6000_0000, 0x80_0000, 0xFF)
    };
    let mut memory = Memory::new();
    let mut pieces = Vec::new();
    while let Some((address, length)) = next_piece(&memory, &map(), 0x80_0000) {
        let offset = (address - 0x6000_0000) as usize;
        let bytes = flash[offset..offset + length as usize].to_vec();
        memory.replace(address, bytes).unwrap();
        pieces.push(address);
    }
    assert_eq!(pieces, [0x6000_0000, 0x6001_0000]);
    assert_eq!(on_kit(&memory, SET), (Starts::Yes, vec![]));
}

/// The image with everything from this offset on encrypted, and the two blocks of a BEE header.
fn encrypted(from: usize) -> Memory {
    let mut memory = content(|_| {});
    let noise = |at: usize| (at as u32).wrapping_mul(0x9E37_79B9).to_be_bytes()[0];
    let all: Vec<u8> = (0..0x400).map(noise).collect();
    let rest = memory.slice(0x6000_0000 + from as u32, 0x10_0000);
    for (address, bytes) in rest.segments() {
        let bytes = (address as usize..).take(bytes.len()).map(noise).collect();
        memory.replace(address, bytes).unwrap();
    }
    for (at, block) in [(0x400, &all[..0x20]), (0x480, &all[..0x100])] {
        memory.insert(0x6000_0000 + at, block.to_vec()).unwrap();
    }
    memory
}

#[test]
fn encrypted_ivt_leaves_the_start_open() {
    let parts = [part("IS25LP064A")];
    let there = Conditions::default().parts(&parts).status(SET);
    let memory = encrypted(0x1000);
    let seen = crate::inspect(&memory, &crate::testing::rt1021().map);
    assert_eq!(seen.kind, crate::Kind::Encrypted);
    let codes: Vec<_> = seen.findings.iter().map(Finding::code).collect();
    assert_eq!(codes, ["bee-encrypted", "bee-header"]);
    assert_eq!(
        answer(&memory, &there),
        (Starts::Unknown, vec!["bee-encrypted"])
    );
    // the boot pins say whether the ROM has it decrypted
    let chip = crate::testing::rt1021();
    let pins = |sbmr1| {
        answer(
            &memory,
            &there.clone().boot_pins(chip.boot_config(sbmr1), false),
        )
    };
    assert_eq!(pins(1).0, Starts::Unknown);
    assert_eq!(pins(0), (Starts::No, vec!["bee-not-selected"]));
    // a plain FCB with nothing behind it is no encrypted image
    let mut alone = memory.slice(0x6000_0000, 0x400);
    assert_eq!(answer(&alone, &there).0, Starts::No);
    alone.insert(0x6000_1000, vec![0x5A; 0x100]).unwrap();
    assert_eq!(answer(&alone, &there).0, Starts::No);
}
