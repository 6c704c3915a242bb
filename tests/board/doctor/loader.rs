//! Boot ROM and flashloader: faults on the wire until a flashloader runs.

use rtboot::advice::advice;
use rtboot::board::{Board, Options, Program};
use rtboot::doctor;
use rtboot::finding::Action;
use rtboot::{Error, NoOwn};
use rtboot_sim::{ByteFault, Fault, ReportFault};

use super::boot::fused;
use super::rig::{Exam, faulty, finds, healthy, tampered};

/// Bytes of a flashloader's answer to a ping.
const PING_ANSWER: u64 = 10;

fn out(at: u64, what: ReportFault) -> rtboot_sim::Settings {
    faulty(Fault::UsbOut { at, what })
}

fn back(at: u64, what: ReportFault) -> rtboot_sim::Settings {
    faulty(Fault::UsbIn { at, what })
}

/// Reports (out, in) until the ROM has answered all questions, and until the flashloader runs.
pub fn steps() -> ((u64, u64), (u64, u64)) {
    let mut exam = Exam::on(healthy());
    exam.no_loader = Some(Error::NoLoader {
        chip: "RT1021".into(),
        looked: true,
        own: None,
    });
    exam.run();
    let asked = exam.virtual_board.board().counts();
    let mut exam = Exam::on(healthy());
    drop(super::flash::start(&mut exam.board));
    let mut plain = Exam::on(healthy());
    plain.run();
    let all = plain.virtual_board.board().counts();
    let now = exam.virtual_board.board().counts();
    assert!(now.usb_out < all.usb_out);
    // the load: its command, its data reports and the jump
    let loading = asked.usb_out + 1 + rtboot_sim::standin_loader().len().div_ceil(1024) as u64 + 1;
    ((asked.usb_out, asked.usb_in), (loading, asked.usb_in + 3))
}

#[test]
fn rom_silent_stuck_gone_or_garbled_differ() {
    finds(back(1, ReportFault::Stall), "rom-silent");
    finds(out(1, ReportFault::Stall), "rom-stalled");
    finds(out(1, ReportFault::Unplug), "rom-left");
    finds(
        back(1, ReportFault::Corrupt { byte: 2, xor: 0x5A }),
        "rom-garbage",
    );
}

#[test]
fn flashloader_that_does_not_arrive_names_how() {
    let ((out_before, _), (out_loaded, _)) = steps();
    // a report lost: the ROM waits for the rest
    finds(out(out_before + 3, ReportFault::Drop), "loader-not-taken");
    finds(out(out_before + 3, ReportFault::Unplug), "loader-link-lost");
    // a flipped bit in the IVT: the ROM refuses it; in the code: the chip runs garbage
    finds(
        out(out_before + 3, ReportFault::Corrupt { byte: 1, xor: 0x80 }),
        "loader-refused",
    );
    finds(
        out(out_before + 8, ReportFault::Corrupt { byte: 9, xor: 1 }),
        "loader-vanished",
    );
    assert!(out_loaded > out_before + 8);
}

#[test]
fn flashloader_mute_stuck_or_gone_differ() {
    let (_, (out_loaded, in_loaded)) = steps();
    finds(back(in_loaded + 1, ReportFault::Stall), "loader-stalled");
    let mut mute = tampered(healthy(), |report, _| {
        if report[0] == 3 && report.len() > 100 {
            report.clear();
        }
    });
    mute.finds("loader-mute");
    finds(out(out_loaded + 1, ReportFault::Stall), "loader-stalled");
    finds(out(out_loaded + 1, ReportFault::Unplug), "loader-left");
    finds(out(out_loaded + 30, ReportFault::Unplug), "flash-link-lost");
    finds(
        back(in_loaded + 40, ReportFault::Stall),
        "flash-link-silent",
    );
}

#[test]
fn bad_flashloader_files_are_not_sent() {
    let with = |file: Vec<u8>, code: &str| {
        let mut exam = Exam::on(healthy());
        exam.loader = file;
        exam.finds(code);
        let board = exam.virtual_board.board();
        assert_eq!(board.state(), rtboot_sim::State::Rom);
    };
    let good = rtboot_sim::standin_loader();
    with(good[..0x2000].to_vec(), "loader-bad-file");
    with(b"no flashloader at all".to_vec(), "loader-bad-file");
    let mut other = good.to_vec();
    // an IVT that says DTCM of an RT1050
    other[0x414..0x418].copy_from_slice(&0x2000_0400u32.to_le_bytes());
    with(other, "loader-bad-file");
}

#[test]
fn no_flashloader_file_is_found_after_the_rom() {
    let error = || Error::NoLoader {
        chip: "RT1021".into(),
        looked: true,
        own: None,
    };
    let mut exam = Exam::on(healthy());
    exam.no_loader = Some(error());
    let diagnosis = exam.finds("loader-none");
    assert_eq!(diagnosis.next(), Some(&Action::AddFlashloader.into()));
    // rtboot's own loader is the way out only where it runs
    for own in [None, Some(NoOwn::OtherChip)] {
        let error = || Error::NoLoader {
            chip: "RT1021".into(),
            looked: true,
            own,
        };
        let mut exam = Exam::on(healthy());
        exam.no_loader = Some(error());
        let diagnosis = exam.finds("loader-none");
        assert_eq!(diagnosis.findings[0].next, advice(&error()).next);
    }
    let mut exam = Exam::on(healthy());
    exam.no_loader = Some(Error::LoaderDangerous {
        path: "loader.bin".into(),
        danger: "it writes OCOTP".into(),
    });
    exam.finds("loader-dangerous");
}

#[test]
fn id_register_tells_another_chip() {
    let mut exam = tampered(healthy(), |report, _| {
        // the answer to the read of USB_ANALOG_DIGPROG
        if report.get(1..5) == Some(&[0x00, 0x00, 0x6B, 0x00]) {
            report[3] = 0x6A;
            report[1] = 0x01;
        }
    });
    exam.chip = rtboot::Chip::by_name("rt1021");
    let diagnosis = exam.finds("chip-other");
    assert!(diagnosis.findings[0].to_string().contains("RT1050"));
    assert_eq!(exam.virtual_board.board().state(), rtboot_sim::State::Rom);
}

#[test]
fn changing_flash_id_is_noise() {
    let mut exam = tampered(healthy(), |report, count| {
        if report.get(4..7) == Some(&[0x9D, 0x60, 0x17]) {
            *count += 1;
            if *count == 2 {
                report[5] ^= 0x40;
            }
        }
    });
    exam.finds("flash-id-unsteady");
}

#[test]
fn unique_id_tells_a_swapped_board() {
    let mut exam = tampered(healthy(), |report, _| {
        // the flashloader's answer to property 18: id 3, response a7, status 0, two words
        let words = [0x78, 0x56, 0x34, 0x12, 0xF0, 0xDE, 0xBC, 0x9A];
        if let Some(at) = report.windows(8).position(|w| w == words)
            && report[0] == 3
        {
            report[at] ^= 1;
        }
    });
    exam.finds("loader-other-board");
}

#[test]
fn flashloader_garbage_and_refusal_differ() {
    let mut exam = tampered(healthy(), |report, _| {
        if report[0] == 3 && report.len() > 100 {
            report[4] = 0x55; // a response tag that does not exist
        }
    });
    exam.finds("loader-garbage");
    let mut exam = tampered(healthy(), |report, _| {
        let words = [0x78, 0x56, 0x34, 0x12, 0xF0, 0xDE, 0xBC, 0x9A];
        if report[0] == 3 && report.windows(8).any(|w| w == words) {
            report[8..12].copy_from_slice(&10_300u32.to_le_bytes());
        }
    });
    exam.finds("loader-refuses");
}

/// An examination over the virtual board's UART.
fn over_uart(settings: rtboot_sim::Settings) -> Exam {
    let board = rtboot_sim::Board::new(settings);
    let virtual_board = rtboot::port::virtual_board::VirtualBoard::from_board(board);
    let port = virtual_board.serial(115_200);
    let board = Board::on_serial(port, Options::default());
    Exam::of(virtual_board, board)
}

#[test]
fn healthy_board_is_healthy_over_a_uart() {
    let mut exam = over_uart(healthy());
    let diagnosis = exam.run();
    assert!(diagnosis.is_healthy(), "{diagnosis:#?}");
    let program = exam.facts.as_ref().and_then(|facts| facts.host.program);
    assert_eq!(program, Some(Program::Rom));
}

#[test]
fn silent_uart_lists_its_causes() {
    let diagnosis = over_uart(fused(&[(7, 1 << 4)])).finds("uart-silent");
    assert!(diagnosis.findings[0].causes.len() >= 4);
}

#[test]
fn flashloader_on_a_uart_that_falls_silent_blames_no_hub() {
    let mut exam = over_uart(healthy());
    drop(super::flash::start(&mut exam.board));
    // it answers the ping that finds it, and nothing more comes
    let mut board = exam.virtual_board.board();
    let at = board.counts().uart_in + PING_ANSWER + 1;
    let what = ByteFault::Cut;
    board.fault_mut().push(Fault::UartIn { at, what });
    drop(board);
    let found = exam.finds("loader-mute-uart");
    let causes = found.findings[0].causes.join("; ");
    assert!(!causes.contains("full-speed"), "{causes}");
}

#[test]
fn bytes_lost_on_a_uart_are_found_before_they_run() {
    let mut asked = over_uart(healthy());
    asked.no_loader = Some(Error::NoLoader {
        chip: "RT1021".into(),
        looked: true,
        own: None,
    });
    asked.run();
    // without a flashloader it is asked once more who is there: two pings, twelve zeros and a command as long as the load's
    let loading = asked.virtual_board.board().counts().uart_out - (2 * 2 + 12);
    let loaded = loading + rtboot_sim::standin_loader().len() as u64;
    // a byte of the load, and each time it is resent: after a command that reads and one that writes
    let again = (1..=3).map(|time| loaded + time * (16 + 16 + 1));
    let places = [loading + 1_000].into_iter().chain(again);
    over_uart(spoiling(places)).finds("loader-damaged");
}

#[test]
fn resent_flashloader_bytes_are_a_warning() {
    over_uart(spoiling([3_000].into_iter())).finds("uart-noisy");
}

/// A board whose UART turns a bit of these bytes.
fn spoiling(places: impl Iterator<Item = u64>) -> rtboot_sim::Settings {
    let what = ByteFault::Corrupt { xor: 4 };
    let faults = places.map(|at| Fault::UartOut { at, what }).collect();
    rtboot_sim::Settings {
        faults,
        ..healthy()
    }
}

#[test]
fn garbled_uart_answer_is_no_silence() {
    // the second byte after the 12 bytes that answer the pings and the 8 by which the ROM was found
    let fault = Fault::UartIn {
        at: 22,
        what: ByteFault::Corrupt { xor: 0x5A },
    };
    over_uart(faulty(fault)).finds("uart-garbage");
}

#[test]
fn hand_made_loader_errors_lead_to_findings() {
    let with = |error: Error, after: Option<Program>| {
        let mut exam = Exam::on(healthy());
        exam.no_loader = Some(error);
        exam.run();
        let mut facts = exam.facts.take().expect("facts");
        facts.seen_after = after;
        let diagnosis = doctor::examine(&facts);
        super::rig::check(&diagnosis);
        diagnosis.first().map(|finding| finding.code())
    };
    let silent = || Error::LoaderSilent {
        address: 0x2020_8400,
        waited_ms: 10_000,
        now: rtboot::OnPort::Nothing,
        hab: Some(rtboot::sdp::Hab::Open),
    };
    assert_eq!(
        with(silent(), Some(Program::Rom)),
        Some("loader-not-started")
    );
    assert_eq!(with(silent(), None), Some("loader-vanished"));
    let own_silent = |now| Error::OwnLoaderSilent {
        address: 0x2020_8000,
        waited_ms: 10_000,
        now,
        srsr: Some((0x80, "RTWDOG".into())),
        breadcrumb: None,
        hab: Some(rtboot::sdp::Hab::Open),
    };
    assert_eq!(
        with(own_silent(rtboot::OnPort::Rom), Some(Program::Rom)),
        Some("own-loader-silent")
    );
    // the healthy board reads open
    assert!(
        !format!(
            "{:?}",
            rtboot::finding::catalogue::loader::LOADER_NOT_STARTED.causes
        )
        .contains("closed")
    );
    let refused = rtboot::port::Error::Permission {
        port: "/dev/hidraw4".into(),
    };
    assert_eq!(
        with(Error::Port(refused), Some(Program::Flashloader)),
        Some("host-permission-flashloader")
    );
    let gone = rtboot::port::Error::Gone {
        port: "/dev/hidraw4".into(),
    };
    assert_eq!(
        with(Error::Port(gone), Some(Program::Rom)),
        Some("loader-left")
    );
}

#[test]
fn cfg_for_another_chip_stops_the_load() {
    let mut exam = Exam::on(healthy()).expecting("IS25LP064A");
    for part in exam
        .expected
        .iter_mut()
        .flat_map(|named| &mut named.file.parts)
    {
        part.chips = "rt1062".parse().into_iter().collect();
    }
    let ram = |exam: &Exam| {
        let place = |(from, length)| exam.virtual_board.board().ram(from, length).expect("RAM");
        [
            (0, 0x1_0000),
            (0x2000_0000, 0x1_0000),
            (0x2020_8000, 0x1_8000),
        ]
        .map(place)
    };
    let before = ram(&exam);
    let found = exam.finds("cfg-other-chip");
    assert!(
        found.findings[0].why.contains("nothing was loaded"),
        "{found:#?}"
    );
    assert!(ram(&exam) == before, "RAM was written");
    assert_eq!(exam.virtual_board.board().state(), rtboot_sim::State::Rom);
}
