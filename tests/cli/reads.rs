//! `read` on a flash that misreads: a file that is there holds what flash holds.

use crate::kit::cli::{Cli, Run};
use crate::kit::random::pattern;
use rtboot_sim::{Fault, ReportFault, Settings};

const LENGTH: usize = 0x800;
/// Where a run reads flash when it reads twice: more often than that it does not.
const READS: u64 = 60;

fn misread(at: u64, xor: u8) -> Fault {
    Fault::Misread { at, byte: 3, xor }
}

fn board() -> Cli {
    Cli::with(Settings {
        flash: pattern(LENGTH),
        ..Settings::default()
    })
}

fn read(cli: &Cli, faults: &[Fault], options: &[&str]) -> Run {
    cli.set_faults(faults);
    let read = ["read", "0x60000000", "0x800", "part.bin"];
    let run = cli.run(&[&read[..], options].concat());
    cli.set_faults(&[]);
    run
}

/// The file that was there before is there, or one with the right bytes; nothing else is.
#[track_caller]
fn right_or_old(cli: &Cli, code: i32, text: &str) {
    let file = cli.read("part.bin");
    match code {
        0 => assert!(file == pattern(LENGTH), "{text}: a wrong byte in the file"),
        _ => assert_eq!(file, b"old", "{text}"),
    }
    let mut names: Vec<String> = std::fs::read_dir(cli.folder())
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("text")
        })
        .collect();
    names.sort();
    names.retain(|name| name != "state");
    assert_eq!(names, ["board", "part.bin"], "{text}");
}

#[test]
fn one_misread_is_never_a_backup() {
    let cli = board();
    let mut noticed = 0;
    for at in 1..=READS {
        cli.file("part.bin", "old");
        let run = read(&cli, &[misread(at, 0x10)], &[]);
        right_or_old(&cli, run.code, &format!("misread {at}: {run}"));
        if run.code == 33 {
            noticed += 1;
            run.says(33, &["[reads-differ]", "0x6000"]);
        }
    }
    assert!(noticed >= 2, "both readings were hit: {noticed}");
    cli.file("part.bin", "old");
    let last = read(&cli, &[misread(READS, 0x10)], &[]);
    assert_eq!(last.code, 0, "READS is too small: {last}");
}

#[test]
fn two_misreads_at_one_place_are_no_backup_either() {
    let cli = board();
    // whichever two readings are hit: those of one place are as far apart as the second reading is behind the first
    for (first, second) in
        (1..READS / 2).flat_map(|at| [(at, at + 1), (at, at + 8), (at, at + 9), (at, at + 10)])
    {
        cli.file("part.bin", "old");
        let run = read(&cli, &[misread(first, 0x10), misread(second, 0x20)], &[]);
        right_or_old(&cli, run.code, &format!("{first}, {second}: {run}"));
    }
}

#[test]
fn once_reads_once_and_leaves_no_half_file() {
    let cli = board();
    cli.file("part.bin", "old");
    read(&cli, &[], &["--once"]).good();
    assert_eq!(cli.read("part.bin"), pattern(LENGTH));
    let mut wrong = 0;
    for at in 1..=READS {
        cli.file("part.bin", "old");
        let run = read(&cli, &[misread(at, 0x10)], &["--once"]);
        let file = cli.read("part.bin");
        match run.code {
            0 => {
                assert_eq!(file.len(), LENGTH);
                let differ = |(a, b): &(&u8, &u8)| a != b;
                let count = file.iter().zip(&pattern(LENGTH)).filter(differ).count();
                assert!(count <= 1, "misread {at}");
                wrong += count;
            }
            _ => assert_eq!(file, b"old", "misread {at}: {run}"),
        }
    }
    assert!(
        wrong > 0,
        "--once takes a misread byte: else it reads twice"
    );
}

#[test]
fn ram_is_read_whole_or_not_at_all() {
    let cli = board();
    for options in [&[][..], &["--once"]] {
        cli.file("part.bin", "old");
        let read = ["read", "0x20208000", "0x1000", "part.bin"];
        cli.run(&[&read[..], options].concat()).good();
        assert_eq!(cli.read("part.bin").len(), 0x1000);
    }
    let mut broke = 0;
    for at in 1..40 {
        cli.file("part.bin", "old");
        let what = ReportFault::Unplug;
        cli.set_faults(&[Fault::UsbIn { at, what }]);
        let run = cli.run(&["read", "0x20208000", "0x1000", "part.bin"]);
        cli.set_faults(&[]);
        match run.code {
            0 => assert_eq!(cli.read("part.bin").len(), 0x1000, "{run}"),
            _ => {
                broke += 1;
                assert_eq!(cli.read("part.bin"), b"old", "{run}");
            }
        }
    }
    assert!(broke > 0);
}
