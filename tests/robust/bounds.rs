//! Holds docs/dev/bounds.md against the sources, and a board that falls silent against the bounds.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::kit::evil::{Evil, Manner};
use crate::kit::{root, standin};
use rtboot::board::{Board, Options, Program};
use rtboot::flash;
use rtboot::mboot::{HidLink, Mboot, MemoryId};

/// Ends of the names of bounds that are numbers; the other bounds are durations.
const COUNTS: [&str; 13] = [
    "_LIMIT",
    "_KEPT",
    "LONGEST_OPERATOR",
    "TRIES",
    "RESENDS",
    "RETRIES",
    "MOST",
    "LONGEST_HOOK",
    "_LOADS",
    "_PACKETS",
    "_BYTES",
    "_BUFFER",
    "_MS",
];

/// File, name and value of the first table.
fn documented() -> Vec<[String; 3]> {
    let text = fs::read_to_string(root().join("docs/dev/bounds.md")).expect("the page");
    let cells = |line: &str| -> Vec<String> {
        line.split('|')
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect()
    };
    text.lines()
        .filter(|line| line.starts_with("| src/") || line.starts_with("| wire/src/"))
        .map(|line| {
            let cells = cells(line);
            [cells[1].clone(), cells[2].clone(), cells[3].clone()]
        })
        .collect()
}

/// Name and value of every constant of a source file, tests left out.
fn constants(path: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).expect("a source file");
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines()
        .filter_map(|line| line.trim().split_once("const "))
        .filter_map(|(_, rest)| rest.split_once(':'))
        .filter_map(|(name, rest)| {
            let (_, value) = rest.split_once('=')?;
            Some((
                name.to_owned(),
                value.trim().trim_end_matches(';').to_owned(),
            ))
        })
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let test = path.ends_with("tests") || path.ends_with("tests.rs");
        if path.is_dir() && !test {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") && !test {
            found.push(path);
        }
    }
}

#[test]
fn documented_bounds_match_the_source() {
    let rows = documented();
    assert!(rows.len() > 35, "{}", rows.len());
    for [file, name, value] in rows {
        let found = constants(&root().join(&file));
        let here = found.iter().find(|(n, _)| *n == name);
        let here = here.unwrap_or_else(|| panic!("{file} has no {name}"));
        assert_eq!(here.1, value, "{file}: {name}");
    }
}

#[test]
fn every_wait_and_limit_is_documented() {
    let rows = documented();
    let mut files = Vec::new();
    for module in ["port", "sdp", "mboot", "board", "flash", "line", "cli/line"] {
        sources(&root().join("src").join(module), &mut files);
    }
    let mut missing = Vec::new();
    for path in files {
        let file = path.strip_prefix(root()).expect("below").to_string_lossy();
        for (name, value) in constants(&path) {
            if value.contains("ClockIndex") {
                continue; // a speed
            }
            let bound =
                value.starts_with("Duration::") || COUNTS.iter().any(|end| name.ends_with(end));
            let known = rows.iter().any(|[f, n, _]| *f == *file && *n == name);
            if bound && !known {
                missing.push(format!("{file}: {name} = {value}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Connects, starts the flashloader and looks at the flash.
fn look(evil: &Evil) -> rtboot::Result<()> {
    let mut board = Board::on_plug(Box::new(evil.clone()), Options::default());
    let reached = flash::reach_flashloader(&mut board, None, &standin(), &mut ())?;
    let mut loader = reached.flashloader;
    loader.look_at_flash(&mut ()).map(drop)
}

#[test]
fn board_falling_silent_ends_within_bounds() {
    let mut ended_well = 0;
    for uart in [false, true] {
        for after in 0..200 {
            let evil = Evil::new(Manner::Silent(after), 1, Program::Rom, uart);
            match look(&evil) {
                Ok(()) => ended_well += 1,
                Err(error) => {
                    let code = error.exit_code();
                    assert!([10, 12, 15, 20].contains(&code), "{after}: {error}");
                    // the flashloader's coming up is the longest: 10 s, over a UART ten questions of 2.2 s
                    let limit = if uart { 30 } else { 15 };
                    let time = evil.time();
                    assert!(
                        time < Duration::from_secs(limit),
                        "{uart} {after}: {time:?}"
                    );
                }
            }
        }
    }
    assert!(ended_well > 0, "some boards speak long enough");
}

#[test]
fn silent_flashloader_ends_at_each_commands_limit() {
    type Act = fn(&mut Mboot<HidLink<Evil>>) -> bool;
    let acts: [(&str, u64, Act); 8] = [
        ("get-property", 5, |m| m.version().is_err()),
        ("read-memory", 5, |m| {
            m.read_memory(0, 64, MemoryId::INTERNAL, &mut |_| true)
                .is_err()
        }),
        ("write-memory", 5, |m| {
            m.write_memory(0, &[0; 64], MemoryId::INTERNAL, &mut |_| true)
                .is_err()
        }),
        ("configure-memory", 5, |m| {
            m.configure_memory(MemoryId::FLEXSPI_NOR, 0).is_err()
        }),
        ("fill-memory", 30, |m| m.fill_memory(0, 4, 0).is_err()),
        ("flash-erase-region", 120, |m| {
            m.flash_erase_region(0, 4, MemoryId::FLEXSPI_NOR).is_err()
        }),
        ("flash-erase-all", 300, |m| {
            m.flash_erase_all(MemoryId::FLEXSPI_NOR).is_err()
        }),
        ("call", 10, |m| m.call(0, 0).is_err()),
    ];
    for (name, seconds, act) in acts {
        // in step and asked for its packet size, and then silent
        let evil = Evil::new(Manner::Silent(2), 1, Program::Flashloader, false);
        let mut client = Mboot::new(HidLink::new(evil.clone()));
        // the session's own questions
        client.version().expect("answered");
        client.max_packet_size().expect("answered");
        assert!(act(&mut client), "{name}");
        let (time, limit) = (evil.time(), Duration::from_secs(seconds));
        assert!(
            time >= limit && time < limit + Duration::from_secs(1),
            "{name}: {time:?}"
        );
    }
}
