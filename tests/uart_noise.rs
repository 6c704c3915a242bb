//! A UART with a bad line: many errors in one write, wrong speeds, a peer that refuses everything.

#[allow(dead_code)] // another file's tests use the rest
mod sweep {
    pub mod bench;
    pub mod wire;
}

use rtboot::flash::RescueStore;
use rtboot_sim::{ByteFault, Counts, Fault};
use std::time::Duration;
use sweep::bench::{Case, WINDOW, noise};
use sweep::wire::Wire;

/// So many errors at random places of a write, this seed.
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
fn a_noisy_line_ends_in_the_image_or_in_an_error_and_the_next_clean_run_heals() {
    let case = Case::update();
    let (log, counts) = case.count(true);
    drop(log);
    let mut told = [0; 2];
    for seed in 0..24 {
        let number = [1, 2, 4, 16, 64, 400][seed as usize % 6];
        let board = case.board(errors(&counts, number, seed + 1));
        let folder = tempfile::tempdir().expect("a folder");
        let rescue = RescueStore::new(folder.path());
        let result = case.job(&Wire::new(&board, true), &rescue);
        let right = board.board().flash()[..WINDOW] == case.done;
        match &result {
            Ok(_) => assert!(right, "{number} errors, seed {seed}"),
            Err(error) => {
                let code = error.exit_code();
                assert!([10, 12, 15, 20, 21].contains(&code), "{code}: {error}");
            }
        }
        told[usize::from(result.is_ok())] += 1;
        board.board().fault_mut().clear();
        board.board().power_cycle();
        board.wait(Duration::from_secs(1));
        case.job(&Wire::new(&board, true), &rescue)
            .unwrap_or_else(|error| panic!("{number} errors, seed {seed}: {error}"));
        assert!(board.board().flash()[..WINDOW] == case.done);
    }
    assert!(told[0] > 3 && told[1] > 3, "some of each: {told:?}");
}

#[test]
fn errors_inside_frames_are_repaired_by_sending_again() {
    let case = Case::application_only();
    let (log, _) = case.count(true);
    // one turned bit in each of the data frames that program flash
    let mut at = 0;
    let mut faults = Vec::new();
    for line in log.iter().filter(|l| l.way == sweep::wire::Way::Out) {
        if line.loader && line.bytes.starts_with(&[0x5A, 0xA5]) && line.bytes.len() > 600 {
            faults.push(Fault::UartOut {
                at: at + 300,
                what: ByteFault::Corrupt { xor: 4 },
            });
        }
        at += line.bytes.len() as u64;
    }
    assert!(faults.len() > 30);
    // what is sent again moves the rest along: each fault has its place after those before it
    let mut moved = 0;
    for fault in &mut faults {
        if let Fault::UartOut { at, .. } = fault {
            *at += moved;
            moved += 1030;
        }
    }
    let board = case.board(faults);
    let folder = tempfile::tempdir().expect("a folder");
    let written = case.job(&Wire::new(&board, true), &RescueStore::new(folder.path()));
    assert!(written.expect("repaired").changed);
    assert!(board.board().flash()[..WINDOW] == case.done);
}

#[test]
fn a_speed_that_the_board_does_not_have_finds_no_board() {
    let case = Case::update();
    for baud in [9_600, 57_600, 230_400, 921_600] {
        let board = case.board(Vec::new());
        let folder = tempfile::tempdir().expect("a folder");
        let wire = Wire::new(&board, true).at_baud(baud);
        let error = case
            .job(&wire, &RescueStore::new(folder.path()))
            .expect_err("garbled");
        assert!([10, 15].contains(&error.exit_code()), "{baud}: {error}");
        assert!(board.board().flash()[..WINDOW] == case.old);
        assert!(board.board().elapsed() < Duration::from_secs(30));
    }
}

#[test]
fn nobody_on_a_uart_makes_one_think_of_the_baud() {
    let selector = "uart:/dev/ttyUSB0@9600";
    let seen_instead = Vec::new();
    let error = rtboot::Error::NoBoard {
        selector: selector.into(),
        seen_instead,
    };
    let advice = rtboot::advice::advice(&error);
    assert!(error.to_string().contains("9600"), "{error}");
    let causes = advice.causes.iter().map(|cause| cause.text.to_owned());
    let words = causes.chain(advice.next).collect::<String>();
    assert!(words.contains("115200 baud"), "{words}");
}
