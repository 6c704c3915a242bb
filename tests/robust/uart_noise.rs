//! A UART with a bad line: errors in each phase of a write, many of them in one, and wrong speeds.

use crate::kit::case::{Case, WINDOW, noise};
use crate::kit::wire::{Cable, Line, Way, Wire};
use rtboot::journal::JournalStore;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot_sim::{ByteFault, Counts, Fault};
use std::time::Duration;

/// This number of errors at random places of a write.
fn errors(counts: &Counts, number: usize, seed: u32) -> Vec<Fault> {
    let dice = noise(seed, number * 6);
    dice.chunks_exact(6)
        .map(|d| {
            let place = u64::from(u32::from_le_bytes([d[0], d[1], d[2], 0]));
            let what = match d[3] % 8 {
                0 => ByteFault::Drop,
                1 => ByteFault::Duplicate,
                _ => ByteFault::Corrupt { xor: d[4] | 1 },
            };
            match d[5] % 2 {
                0 => Fault::UartOut {
                    at: 1 + place % counts.uart_out,
                    what,
                },
                _ => Fault::UartIn {
                    at: 1 + place % counts.uart_in,
                    what,
                },
            }
        })
        .collect()
}

#[test]
fn noisy_uart_ends_in_image_or_error_and_heals() {
    let case = Case::update();
    let (_, counts) = case.count(Cable::Uart);
    for seed in 0..24 {
        let number = [1, 2, 4, 16, 64, 400][seed as usize % 6];
        eprintln!("{number} errors, seed {seed}"); // shown when it fails
        let board = case.board(errors(&counts, number, seed + 1));
        let folder = tempfile::tempdir().expect("a folder");
        let journals = JournalStore::new(folder.path());
        let result = case.job(&Wire::new(&board, Cable::Uart), &journals);
        let right = board.board().flash()[..WINDOW] == case.done;
        match &result {
            Ok(_) => assert!(right, "{number} errors, seed {seed}"),
            Err(error) => {
                let code = error.exit_code();
                assert!([10, 12, 15, 20, 21].contains(&code), "{code}: {error}");
            }
        }
        heals(&case, &board, &journals);
    }
}

/// Without errors, and after a power-up, the same write does the job.
fn heals(case: &Case, board: &VirtualBoard, journals: &JournalStore) {
    board.board().fault_mut().clear();
    board.board().power_cycle();
    board.wait(Duration::from_secs(1));
    let again = case.job(&Wire::new(board, Cable::Uart), journals);
    assert!(again.is_ok(), "{again:?}");
    assert!(board.board().flash()[..WINDOW] == case.done);
}

/// Numbers of the bytes that begin what these lines send.
fn starts(log: &[Line], fits: impl Fn(&Line) -> bool) -> Vec<(u64, u64)> {
    let mut sent = 0;
    let mut found = Vec::new();
    for line in log.iter().filter(|line| line.way == Way::Out) {
        let length = line.bytes.len() as u64;
        if fits(line) {
            found.push((sent + 1, length));
        }
        sent += length;
    }
    found
}

/// The pieces in which the flashloader goes into RAM.
fn load(log: &[Line]) -> Vec<(u64, u64)> {
    let pieces = starts(log, |line| !line.loader && line.bytes.len() > 600);
    assert!(pieces.len() > 10, "{pieces:?}");
    pieces
}

#[test]
fn damaged_flashloader_byte_is_resent() {
    let case = Case::update();
    let (log, counts) = case.count(Cable::Uart);
    for (start, length) in [load(&log)[0], load(&log)[7]] {
        let fault = Fault::UartOut {
            at: start + length / 2,
            what: ByteFault::Corrupt { xor: 4 },
        };
        let board = case.board(vec![fault]);
        let folder = tempfile::tempdir().expect("a folder");
        let written = case.job(
            &Wire::new(&board, Cable::Uart),
            &JournalStore::new(folder.path()),
        );
        assert!(written.expect("mended").changed);
        assert!(board.board().flash()[..WINDOW] == case.done);
        // a command and the byte: it was sent again
        let more = board.board().counts().uart_out - counts.uart_out;
        assert!(more > 16, "{more} bytes more");
    }
}

#[test]
fn lost_byte_in_the_flashloader_fails_then_heals() {
    let case = Case::update();
    let (log, _) = case.count(Cable::Uart);
    for (start, length) in [load(&log)[0], load(&log)[7]] {
        let at = start + length / 2;
        let what = ByteFault::Drop;
        let board = case.board(vec![Fault::UartOut { at, what }]);
        let folder = tempfile::tempdir().expect("a folder");
        let journals = JournalStore::new(folder.path());
        let error = case.job(&Wire::new(&board, Cable::Uart), &journals);
        // the ROM waits for one byte more
        let error = error.expect_err("no answer");
        assert_eq!(error.exit_code(), 15, "{error}");
        assert!(board.board().flash()[..WINDOW] == case.old);
        heals(&case, &board, &journals);
    }
}

#[test]
fn errors_inside_frames_are_resent() {
    let case = Case::application_only();
    let (log, counts) = case.count(Cable::Uart);
    let is_data = |line: &Line| {
        line.loader && line.bytes.starts_with(&[0x5A, 0xA5]) && line.bytes.len() > 600
    };
    let frames = starts(&log, is_data);
    assert!(frames.len() > 30);
    // one flipped bit in each data frame; each resent frame moves the later ones along
    let mut moved = 0;
    let mut faults = Vec::new();
    for (start, length) in frames {
        faults.push(Fault::UartOut {
            at: start + moved + 300,
            what: ByteFault::Corrupt { xor: 4 },
        });
        moved += length;
    }
    let board = case.board(faults);
    let folder = tempfile::tempdir().expect("a folder");
    let written = case.job(
        &Wire::new(&board, Cable::Uart),
        &JournalStore::new(folder.path()),
    );
    assert!(written.expect("repaired").changed);
    assert!(board.board().flash()[..WINDOW] == case.done);
    let sent = board.board().counts().uart_out;
    assert_eq!(sent, counts.uart_out + moved, "each of them twice");
}

#[test]
fn wrong_uart_speed_finds_no_board() {
    let case = Case::update();
    for baud in [9_600, 57_600, 230_400, 921_600] {
        let board = case.board(Vec::new());
        let folder = tempfile::tempdir().expect("a folder");
        let wire = Wire::new(&board, Cable::Uart).at_baud(baud);
        let error = case
            .job(&wire, &JournalStore::new(folder.path()))
            .expect_err("garbled");
        assert!([10, 15].contains(&error.exit_code()), "{baud}: {error}");
        assert!(board.board().flash()[..WINDOW] == case.old);
        assert!(board.board().elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn silent_uart_advice_names_the_baud() {
    let selector = "uart:/dev/ttyUSB0@9600";
    let seen_instead = Vec::new();
    let error = rtboot::Error::NoBoard {
        selector: selector.parse().expect(selector),
        seen_instead,
    };
    let advice = rtboot::advice::advice(&error);
    assert!(error.to_string().contains("9600"), "{error}");
    let words: String = advice.words().map(|(_, words)| words).collect();
    assert!(words.contains("115200 baud"), "{words}");
}
