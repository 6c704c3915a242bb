//! Read-only FCBs: they read, and nothing else, whatever the block says that they take after.

use rtboot_fcb::lut::{Instruction, Opcode, Sequence, index};
use rtboot_fcb::{ClockIndex, Fcb, Part, ReadMode, database, probe};

/// Whether nothing but the read sequence is there, and nothing that writes.
fn reads_only(fcb: &Fcb) -> bool {
    (1..16).all(|at| fcb.sequence(at).is_empty())
        && fcb.device_mode_enable() == 0
        && fcb.config_command_enable() == 0
        && fcb.custom_sequences_enable() == 0
        && fcb.timeout_ms() > 0
        && fcb
            .sequence(0)
            .steps()
            .iter()
            .all(|step| step.opcode != Opcode::WRITE)
}

fn with_read(sequence: Sequence) -> Fcb {
    let mut fcb = database::parts().next().expect("a part").boot_fcb();
    fcb.set_sequence(index::READ, &sequence);
    fcb
}

#[test]
fn every_probe_reads_only() {
    for fcb in [
        probe::jedec_id(),
        probe::jedec_id_qpi(),
        probe::status1(),
        probe::sfdp(),
        probe::plain_read(8 << 20),
        probe::read_by(&ReadMode::QUAD_IO, 8 << 20, ClockIndex(6)),
    ] {
        assert!(reads_only(&fcb), "{:#?}", fcb.fields());
    }
}

#[test]
fn the_read_of_every_part_can_be_taken_over() {
    let (with_id, other): (Vec<Part>, Vec<Part>) =
        database::parts().partition(|part| part.jedec.answers());
    // a HyperFlash is not read by the commands of the others
    for part in other {
        assert_eq!(
            probe::as_read_by(&part.boot_fcb(), false),
            None,
            "{}",
            part.name
        );
    }
    for part in with_id {
        let mut stored = part.boot_fcb();
        stored.set_device_mode_enable(1);
        stored.set_config_command_enable(1);
        for slow in [false, true] {
            let fcb = probe::as_read_by(&stored, slow).unwrap_or_else(|| panic!("{}", part.name));
            assert!(reads_only(&fcb), "{}", part.name);
            assert_eq!(fcb.sequence(0), part.boot_fcb().sequence(0));
            let clock = if slow { 1 } else { part.boot_fcb().clock() };
            assert_eq!(fcb.clock(), clock, "{}", part.name);
        }
    }
}

#[test]
fn a_read_that_changes_the_mode_is_not_taken_over() {
    let mut double = Sequence::read(0xED, 24, 4, 4, 6);
    double.0[1].opcode = Opcode::RADDR_DDR;
    let cmd = |opcode| Instruction::new(Opcode::CMD, 1, opcode);
    let refused = [
        Sequence::EMPTY,
        Sequence::read(0xEE, 32, 8, 8, 20),
        double,
        Sequence::read_with_mode(0xEB, 24, 4, 4, 0xA5, 4),
        Sequence::program(0x02, 24, 1, 1),
        Sequence::erase(0x20, 24),
        Sequence::command(0x06),
        Sequence::read_register(0x35, 1),
        Sequence::of(&[cmd(0x03), cmd(0x06)]),
    ];
    for sequence in refused {
        assert_eq!(
            probe::as_read_by(&with_read(sequence), false),
            None,
            "{sequence}"
        );
    }
    for mode in [0x00, 0xFF] {
        let sequence = Sequence::read_with_mode(0xEB, 24, 4, 4, mode, 4);
        assert!(probe::as_read_by(&with_read(sequence), false).is_some());
    }
    let mut empty = with_read(ReadMode::PLAIN.sequence());
    empty.set_sflash_a1_size(0);
    assert_eq!(probe::as_read_by(&empty, false), None, "no bytes, no read");
}

#[test]
fn fcbs_that_end_a_mode_send_only_that() {
    let ended: Vec<(&str, Fcb)> = vec![
        ("continuous read", probe::leave_continuous_read()),
        ("QPI", probe::leave_qpi()),
        ("power-down", probe::leave_power_down()),
        ("reset", probe::reset()),
        ("reset in QPI", probe::reset_qpi()),
    ];
    // command bytes of no effect outside their mode, as every family of the database has them; four lines carry two bits
    // of a command on one
    let harmless = [0xFF, 0xF5, 0xAB, 0x66, 0x99];
    for (name, fcb) in &ended {
        assert_eq!(fcb.device_mode_enable(), 0, "{name}");
        assert_ne!(fcb.config_wait_time(), 0, "{name}: no status is polled");
        let calls = fcb.config_command_sequences();
        let called = calls.iter().filter(|call| call.count > 0);
        let played: Vec<usize> = called.map(|call| usize::from(call.index)).collect();
        for at in 1..16 {
            let steps = fcb.sequence(at);
            let used = at == index::WRITE_ENABLE || played.contains(&at);
            assert_eq!(steps.is_empty(), !used, "{name} {at}");
            for step in steps.steps() {
                assert_eq!(step.opcode, Opcode::CMD, "{name} {at}");
                assert!(harmless.contains(&step.operand), "{name} {at}");
            }
            // before the tenth clock on four lines no part drives them, in no mode
            let clocks: u8 = steps.steps().iter().map(|step| 8 / step.pads).sum();
            assert!(
                clocks
                    <= if steps.steps().first().is_some_and(|s| s.pads == 4) {
                        10
                    } else {
                        16
                    }
            );
        }
        assert!(!played.is_empty(), "{name}");
    }
}
