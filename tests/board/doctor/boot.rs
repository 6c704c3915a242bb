//! Boot pins, fuses and the cause of the last reset.

use rtboot::doctor;
use rtboot::finding::Action;
use rtboot::flash::{Trial, TrialDiffers, UniqueId};
use rtboot::sdp::Hab;
use rtboot_sim::{BootMode, Settings, Straps};

use super::flash::{start, straps};
use super::rig::{Exam, finds, healthy, image};

fn strapped(boot_cfg: u16) -> Settings {
    Settings {
        straps: straps(boot_cfg),
        ..healthy()
    }
}

pub fn fused(fuses: &[(usize, u32)]) -> Settings {
    Settings {
        fuses: fuses.to_vec(),
        ..healthy()
    }
}

/// A healthy board whose flash was written after it was switched on in this boot mode.
fn written_later(boot_mode: BootMode, fuses: &[(usize, u32)]) -> Exam {
    let exam = Exam::on(Settings {
        flash: Vec::new(),
        straps: Straps {
            boot_mode,
            boot_cfg: 0,
        },
        ..fused(fuses)
    });
    let image = image();
    exam.virtual_board.board().flash_mut()[..image.len()].copy_from_slice(&image);
    exam
}

#[test]
fn boot_device_by_pins_and_by_fuses_differ() {
    finds(strapped(0x20), "strap-boot-device");
    finds(strapped(0x10), "strap-boot-device");
    finds(fused(&[(6, 1 << 4), (5, 0x20)]), "fuse-boot-device");
}

#[test]
fn boot_pins_for_another_flash_name_the_kind() {
    finds(strapped(7 << 1), "strap-second-pins");
    finds(strapped(2 << 1), "strap-flash-type");
    finds(strapped(4 << 1), "strap-flash-type");
    finds(strapped(1 << 1), "strap-four-byte");
    finds(strapped(1), "strap-encrypted");
}

#[test]
fn boot_mode_00_without_fuses_never_starts() {
    let settings = Settings {
        straps: Straps {
            boot_mode: BootMode::Fuses,
            boot_cfg: 0,
        },
        ..healthy()
    };
    finds(settings, "strap-boot-from-fuses");
}

#[test]
fn refused_sound_image_asks_for_a_power_cycle() {
    let diagnosis = written_later(BootMode::InternalBoot, &[]).finds("rom-refused-image");
    assert!(
        diagnosis
            .next()
            .expect("a step")
            .to_string()
            .contains("power off and on")
    );
}

#[test]
fn fuses_that_lock_access_are_found() {
    written_later(BootMode::SerialDownloader, &[(6, 1 << 16)]).finds("fuse-force-internal");
    finds(fused(&[(7, 1 << 4)]), "fuse-uart-disabled");
    finds(fused(&[(6, 1 << 21)]), "fuse-watchdog");
    finds(fused(&[(6, 1 << 20)]), "fuse-no-debug");
    finds(fused(&[(0x2D, 8 << 16)]), "fuse-flexram");
}

#[test]
fn flashloader_reads_the_sdp_disable_fuse() {
    let mut exam = Exam::on(healthy());
    drop(start(&mut exam.board));
    exam.virtual_board.board().fuses_mut().set(6, 1 << 17);
    let diagnosis = exam.finds("fuse-sdp-disabled");
    assert!(diagnosis.findings[0].why.contains("flashloader"));
}

#[test]
fn ocram_too_small_by_fuses_stops_the_load() {
    let mut exam = Exam::on(fused(&[(0x2D, 1 << 16)]));
    // the stand-in's image fits 64 KiB; a genuine flashloader's does not
    let mut image = rtboot_sim::standin_loader().to_vec();
    image.resize(0x400 + 0xC000, 0x5A);
    let length = (image.len() as u32).to_le_bytes();
    image[0x424..0x428].copy_from_slice(&length);
    exam.loader = image;
    let diagnosis = exam.finds("fuse-flexram-short");
    assert!(
        diagnosis.findings[0]
            .why
            .contains("OCRAM 0x20208000..0x20214400"),
        "{diagnosis:#?}"
    );
    assert_eq!(exam.virtual_board.board().state(), rtboot_sim::State::Rom);
}

#[test]
fn fused_off_registers_ask_for_the_chip() {
    let diagnosis = finds(fused(&[(6, 1 << 18)]), "rom-read-disabled");
    let as_rt1021 = Action::Doctor {
        board: None,
        chip: Some("rt1021".into()),
    };
    assert_eq!(diagnosis.next(), Some(&as_rt1021.into()));
}

#[test]
fn closed_part_needs_a_signed_flashloader() {
    finds(fused(&[(6, 1 << 1)]), "closed-part");
}

#[test]
fn refused_registers_ask_for_the_chip() {
    let mut settings = healthy();
    settings.rom.reads = rtboot_sim::Reads::Nothing;
    let mut exam = Exam::on(settings);
    let diagnosis = exam.finds("rom-reads-refused");
    let as_rt1021 = Action::Doctor {
        board: None,
        chip: Some("rt1021".into()),
    };
    assert_eq!(diagnosis.next(), Some(&as_rt1021.into()));
    assert_eq!(diagnosis.findings.len(), 1, "{diagnosis:#?}");
    let facts = exam.facts.expect("facts");
    assert!(facts.fuses.words.is_empty(), "no fuse comes from a refusal");
}

/// 0x33333333 is what healthy open boards answered first after power-up, and what a refused jump leaves behind.
#[test]
fn hab_failure_on_an_open_part_is_no_finding() {
    let mut settings = healthy();
    settings.rom.failure_at_reset = true;
    let mut exam = Exam::on(settings);
    assert!(exam.run().is_healthy());
    let mut exam = Exam::on(healthy());
    {
        let mut rom = exam.board.rom().expect("a session");
        rom.jump_address(0x2020_9000).expect_err("there is no IVT");
    }
    assert!(exam.run().is_healthy());
}

/// The first finding on a healthy board with one fact changed by hand: for faults that the virtual board does not have.
fn by_hand(change: impl Fn(&mut doctor::Facts)) -> Option<&'static str> {
    let mut exam = Exam::on(healthy());
    assert!(exam.run().is_healthy());
    let mut facts = exam.facts.take().expect("facts");
    change(&mut facts);
    let diagnosis = doctor::examine(&facts);
    super::rig::check(&diagnosis);
    diagnosis.first().map(|finding| finding.code())
}

#[test]
fn hand_made_facts_lead_to_their_findings() {
    let reset = |cause: u32| by_hand(|facts| facts.rom.as_mut().expect("ROM").srsr = Some(cause));
    assert_eq!(reset(1 << 4), Some("reset-watchdog"));
    assert_eq!(reset(1 << 7), Some("reset-watchdog"));
    assert_eq!(reset(1 << 8), Some("reset-temperature"));
    assert_eq!(reset(1 << 0), None);
    let mode = by_hand(|facts| facts.rom.as_mut().expect("ROM").sbmr2 = Some(0x0300_0001));
    assert_eq!(mode, Some("strap-reserved"));
    let closed =
        |facts: &mut doctor::Facts| facts.rom.as_mut().expect("ROM").hab = Some(Hab::Closed);
    assert_eq!(by_hand(closed), Some("hab-unsigned"));
    let slow = by_hand(|facts| facts.host.usb_mbit = Some(12));
    assert_eq!(slow, Some("usb-full-speed"));
    let restricted = by_hand(|facts| facts.loader.as_mut().expect("loader").commands = Some(0x1E));
    assert_eq!(restricted, Some("loader-restricted"));
    let wrong = |slow_is_right| doctor::ReadProof::Differs {
        address: 0x6000_0000,
        plain: 0x46,
        fast: 0xFF,
        slow_is_right,
    };
    let tried_wrong = || {
        Trial::Differs(TrialDiffers {
            address: 0x6000_0000,
            expected: 0x46,
            found: 0xFF,
            slow_is_right: true,
        })
    };
    let fast = by_hand(|facts| {
        facts.flash.as_mut().expect("flash").fast = wrong(true);
        facts.content.as_mut().expect("content").trial = tried_wrong();
    });
    assert_eq!(fast, Some("flash-too-fast"));
    let stored = by_hand(|facts| facts.content.as_mut().expect("content").trial = tried_wrong());
    assert_eq!(stored, Some("content-fcb-too-fast"));
}

#[test]
fn hand_made_refusals_lead_to_their_findings() {
    let refused = |status: u32| rtboot::mboot::Error::Refused {
        command: rtboot::mboot::Tag::CONFIGURE_MEMORY,
        status: rtboot::mboot::Status(status),
        step: rtboot::mboot::Step::Response,
        done: 0,
    };
    for status in [4, 7001, 20107] {
        let code = by_hand(|facts| {
            facts.flash = None;
            facts.content = None;
            facts.flash_error = Some(rtboot::Error::Configure {
                set_up: rtboot::SetUp::Ask(rtboot::Question::Id),
                source: refused(status),
            });
        });
        assert_eq!(code, Some("flash-refused"));
    }
    let code = by_hand(|facts| {
        facts.rom_error = Some(rtboot::Error::Sdp {
            step: rtboot::Step::AskRom,
            source: rtboot::sdp::Error::Refused {
                command: rtboot::sdp::Tag::ERROR_STATUS,
                status: rtboot::sdp::Status::HAB_WARNING,
            },
        });
    });
    assert_eq!(code, Some("rom-refuses"));
}

#[test]
fn closed_part_with_blank_flash_is_a_warning() {
    let mut exam = Exam::on(Settings {
        flash: Vec::new(),
        ..healthy()
    });
    exam.run();
    let mut facts = exam.facts.take().expect("facts");
    facts.rom.as_mut().expect("ROM").hab = Some(Hab::Closed);
    let codes = super::rig::codes(&doctor::examine(&facts));
    assert_eq!(codes, ["content-blank", "closed-needs-signature"]);
    assert_eq!(
        facts.unique_id(),
        Some(UniqueId([0x1234_5678, 0x9ABC_DEF0]).to_string())
    );
}
