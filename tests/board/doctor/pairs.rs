//! Pairs of faults with the same first symptom: the findings differ.

use rtboot_fcb::lut::Sequence;
use rtboot_sim::nor::Part;
use rtboot_sim::{BootMode, Fault, ReportFault, Settings, Straps};

use super::boot::fused;
use super::content::{by_table, with_fcb, with_flash, word};
use super::flash::{straps, with_part};
use super::rig::{Exam, faulty, healthy, healthy_on, image, patched};

/// A board and the first finding that the doctor must come to.
type Case = (Exam, &'static str);

fn on(settings: Settings, code: &'static str) -> Case {
    (Exam::on(settings), code)
}

fn pair(symptom: &str, one: Case, other: Case) {
    assert_ne!(one.1, other.1, "{symptom}: these are no two findings");
    for (mut exam, code) in [one, other] {
        let diagnosis = exam.run();
        let first = diagnosis.first().map(|finding| finding.code());
        assert_eq!(first, Some(code), "{symptom}: {diagnosis:#?}");
    }
}

fn blank(status: [u8; 3]) -> Settings {
    Settings {
        status,
        ..with_flash(Vec::new())
    }
}

fn strapped(boot_cfg: u16, faults: Vec<Fault>) -> Settings {
    Settings {
        straps: straps(boot_cfg),
        faults,
        ..healthy()
    }
}

fn wire(at: u64, what: ReportFault) -> Settings {
    faulty(Fault::UsbOut { at, what })
}

#[test]
fn causes_of_a_silent_flash_differ() {
    let absent = || on(faulty(Fault::Absent), "flash-silent");
    pair(
        "the id reads ff ff ff",
        absent(),
        on(faulty(Fault::StuckBusy), "flash-busy"),
    );
    pair(
        "the id reads ff ff ff",
        absent(),
        on(
            strapped(7 << 1, vec![Fault::SecondPins]),
            "flash-second-pins",
        ),
    );
    pair(
        "the id reads ff ff ff",
        on(
            strapped(7 << 1, vec![Fault::SecondPins]),
            "flash-second-pins",
        ),
        on(fused(&[(6, 1 << 4), (5, 7 << 8)]), "flash-loader-pins"),
    );
    pair(
        "the id makes no sense",
        absent(),
        on(with_part(|part| part.jedec = [0; 3]), "flash-line-low"),
    );
    pair(
        "the id is not in the database",
        on(
            with_part(|part| part.jedec = [0x4E, 0xB0, 0x0B]),
            "flash-id-garbled",
        ),
        on(
            with_part(|part| part.jedec = [0x12, 0x34, 0x17]),
            "flash-unknown",
        ),
    );
}

#[test]
fn causes_of_all_ones_in_flash_differ() {
    let ff = "Byte in module is $FF";
    pair(
        ff,
        (
            Exam::on(blank([0x40, 0, 0])).with_blinky(),
            "content-not-programmed",
        ),
        (
            Exam::on(blank([0x7C, 0, 0])).with_blinky(),
            "flash-protected",
        ),
    );
    let locked = Settings {
        faults: vec![Fault::WriteProtectLow],
        ..blank([0xBC, 0, 0])
    };
    pair(
        ff,
        (
            Exam::on(blank([0x7C, 0, 0])).with_blinky(),
            "flash-protected",
        ),
        (Exam::on(locked).with_blinky(), "flash-protected-locked"),
    );
    pair(
        ff,
        (
            Exam::on(blank([0x80, 0, 0])).with_blinky(),
            "flash-status-locked",
        ),
        (
            Exam::on(faulty(Fault::SecondPins)).with_blinky(),
            "flash-silent",
        ),
    );
    pair(
        ff,
        (Exam::on(blank([0x40, 0, 0])), "content-blank"),
        (
            Exam::on(patched(0x2000, &[0xFF; 0x200])).with_blinky(),
            "app-half-written",
        ),
    );
}

#[test]
fn causes_of_no_start_after_a_write_differ() {
    let quad = || {
        on(
            Settings {
                status: [0; 3],
                ..healthy()
            },
            "quad-enable-clear",
        )
    };
    let read = || {
        let other = Sequence::read(0xEB, 24, 4, 4, 8);
        on(
            with_fcb(|fcb| fcb.set_sequence(0, &other)),
            "fcb-read-misfit",
        )
    };
    pair("the ROM reads garbage", quad(), read());
    let elsewhere = with_part(|part| {
        part.status_registers = 2;
        part.quad_enable.register = 1;
        part.quad_enable.bit = 1;
    });
    pair(
        "the ROM reads garbage",
        quad(),
        on(elsewhere, "flash-quad-wrong"),
    );
    pair(
        "the ROM reads garbage",
        read(),
        on(strapped(1, Vec::new()), "strap-encrypted"),
    );
    pair(
        "the ROM finds no image",
        on(strapped(0x20, Vec::new()), "strap-boot-device"),
        on(strapped(7 << 1, Vec::new()), "strap-second-pins"),
    );
    pair(
        "the ROM finds no image",
        on(strapped(0x20, Vec::new()), "strap-boot-device"),
        on(fused(&[(6, 1 << 4), (5, 0x20)]), "fuse-boot-device"),
    );
    pair(
        "the ROM finds no image",
        on(patched(0x1000, &[0xFF; 32]), "ivt-missing"),
        on(word(0x1014, 0x7000_1000), "ivt-self-mismatch"),
    );
    pair(
        "the ROM comes back after a reset",
        on(
            Settings {
                straps: Straps {
                    boot_mode: BootMode::Fuses,
                    boot_cfg: 0,
                },
                ..healthy()
            },
            "strap-boot-from-fuses",
        ),
        on(
            Settings {
                straps: Straps {
                    boot_mode: BootMode::InternalBoot,
                    boot_cfg: 0,
                },
                ..patched(0, &[0xFF; 512])
            },
            "fcb-missing",
        ),
    );
}

#[test]
fn causes_of_a_missing_fcb_differ() {
    let mut shifted = vec![0xFF; 0x1000];
    shifted.extend(image());
    let missing = || on(patched(0, &[0xFF; 512]), "fcb-missing");
    pair(
        "no FCB at 0x60000000",
        missing(),
        on(with_flash(shifted), "content-shifted"),
    );
    pair(
        "no FCB at 0x60000000",
        missing(),
        on(patched(0, &[0; 512]), "content-fcb-overwritten"),
    );
    pair(
        "no FCB at 0x60000000",
        on(with_flash(vec![0; 0x4000]), "content-zeros"),
        on(
            with_flash(rtboot_sim::standin_loader().to_vec()),
            "content-flashloader",
        ),
    );
}

#[test]
fn causes_of_a_hang_at_start_differ() {
    pair(
        "the processor faults",
        on(by_table(0x2000, 0x3000_0000), "stack-outside-ram"),
        on(by_table(0x2004, 0x6040_0001), "reset-erased"),
    );
}

#[test]
fn causes_of_no_flashloader_differ() {
    let loaded = super::loader::steps().0.0;
    let vanished = || {
        let what = ReportFault::Corrupt { byte: 9, xor: 1 };
        on(wire(loaded + 8, what), "loader-vanished")
    };
    pair(
        "15a2:0073 never appears",
        vanished(),
        on(fused(&[(6, 2)]), "closed-part"),
    );
    pair(
        "15a2:0073 never appears",
        vanished(),
        on(wire(loaded + 3, ReportFault::Drop), "loader-not-taken"),
    );
    pair(
        "the load stops half-way",
        on(wire(loaded + 3, ReportFault::Drop), "loader-not-taken"),
        on(wire(loaded + 3, ReportFault::Unplug), "loader-link-lost"),
    );
    pair(
        "the chip does not tell itself",
        on(fused(&[(6, 1 << 18)]), "rom-read-disabled"),
        on(
            faulty(Fault::UsbIn {
                at: 1,
                what: ReportFault::Stall,
            }),
            "rom-silent",
        ),
    );
}

#[test]
fn causes_of_a_wrong_part_differ() {
    let other = || {
        (
            Exam::on(healthy_on(1)).expecting("issi.cfg"),
            "flash-other-part",
        )
    };
    let larger = Part::mx25l12845g().sfdp;
    let size = with_part(|part| part.sfdp = larger.clone());
    pair(
        "not the part that was meant",
        other(),
        on(size, "flash-sfdp-size"),
    );
}
