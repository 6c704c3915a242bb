//! The pages under docs/ that are generated from the program's own texts are up to date.
//!
//! RTBOOT_BLESS=1 rewrites them.

#[allow(dead_code)] // the pages spell commands out as sentences only
#[path = "../../src/cli/action.rs"]
mod action;
mod examples;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::kit::root;
use action::AtHand;
use rtboot::Error;
use rtboot::advice::advice;
use rtboot::finding::{Entry, catalogue};
use rtboot::mboot::{self, Status};

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// Escapes characters that have a meaning in a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('\n', " ")
        .replace('<', "&lt;")
}

fn numbered(list: &[String]) -> String {
    let items: Vec<String> = match list {
        [one] => vec![cell(one)],
        many => many
            .iter()
            .enumerate()
            .map(|(i, text)| format!("{}. {}", i + 1, cell(text)))
            .collect(),
    };
    items.join("<br>")
}

fn errors() -> Vec<Error> {
    [
        examples::files_and_host(),
        examples::line(),
        examples::loading(),
        examples::flash(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn page() -> String {
    let mut text = String::from(
        "# Every error, and every finding of the doctor\n\n\
         Generated from the catalogue of findings and from the errors (`RTBOOT_BLESS=1 cargo test --test cli docs` rewrites it).\n\
         Codes and exit codes never change their meaning; the messages here are examples. The code behind a likely cause is that of\n\
         the finding by which `rtboot doctor` would name it, or of a cause that only a measurement shows.\n\n\
         ## Errors of all commands\n\n\
         | code | exit | as it may read | likely causes | next |\n|--|--|--|--|--|\n",
    );
    let at_hand = AtHand::default();
    for error in errors() {
        let advice = advice(&error);
        let causes: Vec<String> = advice
            .words()
            .map(|(cause, words)| format!("{words} `{}`", cause.code))
            .collect();
        let doctor = advice
            .doctor_does()
            .map(|does| format!("`rtboot doctor` {does}"));
        let next = advice.next.iter().map(|next| at_hand.sentence(next));
        let next: Vec<String> = doctor.into_iter().chain(next).collect();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            error.code(),
            error.exit_code(),
            cell(&error.to_string()),
            numbered(&causes),
            numbered(&next)
        );
    }
    text += "\n## Status codes of flashloaders\n\n\
             Any other code is printed as its number.\n\n\
             | code | name | meaning | what to do |\n|--|--|--|--|\n";
    for status in Status::known() {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            status.0,
            status.name().unwrap_or_default(),
            cell(status.meaning().unwrap_or_default()),
            cell(mboot::hint(status).unwrap_or_default())
        );
    }
    text += "\n## Findings of `rtboot doctor`\n\n\
             Each comes with the facts behind it, how sure it is, the causes that look alike, and what to type or measure next. A broken \
             rule of the image or of its FCB is a finding, too: see below.\n\n";
    text += HEAD;
    table(&mut text, &mut catalogue::doctor());
    text += "\n## Causes that the doctor cannot see\n\n\
             A measurement shows them, or the next try.\n\n";
    text += HEAD;
    table(&mut text, &mut catalogue::cause::ALL.iter().copied());
    for (title, entries) in [
        ("Rules of flash configuration blocks", catalogue::fcb::ALL),
        (
            "Rules of boot images and application files",
            catalogue::image::ALL,
        ),
        ("Notes and warnings of a run", catalogue::run::ALL),
    ] {
        let _ = write!(text, "\n## {title}\n\n{HEAD}");
        table(&mut text, &mut entries.iter().copied());
    }
    text
}

const HEAD: &str = "| code | severity | what it stands for | what it may come from, when nothing tells |\n|--|--|--|--|\n";

fn table(text: &mut String, entries: &mut dyn Iterator<Item = &'static Entry>) {
    for entry in entries {
        let causes: Vec<String> = entry.causes.iter().map(|cause| (*cause).into()).collect();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            entry.code,
            entry.severity,
            cell(entry.title),
            numbered(&causes)
        );
    }
}

#[test]
fn errors_page_is_up_to_date() {
    let path = root().join("docs/errors.md");
    let page = page();
    if std::env::var_os("RTBOOT_BLESS").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let held = read("docs/errors.md");
    let differs = held.lines().zip(page.lines()).find(|(a, b)| a != b);
    assert_eq!(
        held, page,
        "RTBOOT_BLESS=1 rewrites it; first difference: {differs:?}"
    );
}

#[test]
fn every_error_code_has_an_example_with_advice() {
    let codes: BTreeSet<&str> = errors().iter().map(Error::code).collect();
    let source = read("src/error/codes.rs");
    let code_function = source
        .split("pub fn exit_code")
        .next()
        .expect("the first function");
    for part in code_function.split("=> \"").skip(1) {
        let code = part.split('"').next().expect("a code");
        assert!(codes.contains(code), "{code} has no example");
    }
    for error in errors() {
        let advice = advice(&error);
        let says_all = matches!(error, Error::HoldsBytes { .. });
        assert!(
            says_all || !advice.next.is_empty(),
            "{error}: nothing to do next"
        );
    }
}

#[test]
fn every_doctor_entry_is_used_by_a_rule() {
    // the modes of a flash, and what runs left open, have their entries where they are found
    let mut rules = read("src/flash/awake.rs") + &read("src/flash/open.rs");
    for entry in std::fs::read_dir(root().join("src/doctor/rules")).expect("the rules") {
        rules += &std::fs::read_to_string(entry.expect("a file").path()).expect("a source");
    }
    for entry in catalogue::doctor() {
        let name = entry.code.to_uppercase().replace('-', "_");
        assert!(
            rules.contains(&format!("::{name}")),
            "no rule comes to {}",
            entry.code
        );
    }
}

#[test]
fn every_entry_of_the_catalogue_is_used() {
    let mut files = Vec::new();
    for folder in ["src", "src/cli", "fcb/src", "bootable/src"] {
        sources(&root().join(folder), &mut files);
    }
    let code: String = files
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("a source"))
        .collect();
    let names: BTreeSet<&str> = code
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .collect();
    for module in [
        "app", "boot", "cause", "content", "fcb", "flash", "host", "image", "loader", "rom", "run",
    ] {
        let source = read(&format!("finding/src/catalogue/{module}.rs"));
        let entries = source.lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix("    ")?.split_once(' ')?;
            let constant = name
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            (constant && rest.contains(" \"")).then_some(name)
        });
        for name in entries {
            assert!(names.contains(name), "nothing uses {module}::{name}");
        }
    }
}

/// String literals of a source file, without its tests and comments.
fn literals(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
        .replace("\\\"", "'");
    code.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !path.ends_with("cli") && !is_test {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !is_test {
            found.push(path);
        }
    }
}

#[test]
fn the_library_names_no_command_line_flag() {
    let mut files = Vec::new();
    for folder in ["src", "finding/src", "fcb/src", "bootable/src"] {
        sources(&root().join(folder), &mut files);
    }
    assert!(files.len() > 80, "{} files", files.len());
    let mut wrong = Vec::new();
    for path in files.iter().filter(|path| !path.ends_with("src/main.rs")) {
        // the schema describes what a program reads from the command's output
        let is_schema = path.ends_with("src/outcome.rs");
        let source = std::fs::read_to_string(path).expect("a source");
        for literal in literals(&source) {
            let after = literal.split("--").skip(1);
            // a flag of another program, such as that of objcopy, may be named with its program
            let flag = after
                .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
                .any(|rest| !(literal.contains("objcopy") || is_schema && rest == "json"));
            if flag {
                wrong.push(format!("{}: {literal:?}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Rows of the tables of problems: number, symptom, finding, cure, test.
fn problems() -> Vec<Vec<String>> {
    let text = read("docs/diagnosis.md");
    let rows = text.lines().filter(|line| {
        let first = line.trim_start_matches("| ");
        line.starts_with("| ") && first.starts_with(|c: char| c.is_ascii_digit())
    });
    rows.map(|row| {
        let cells = row.trim().trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_owned()).collect()
    })
    .collect()
}

#[test]
fn every_problem_names_its_finding_and_test() {
    let rows = problems();
    let numbers: Vec<usize> = rows
        .iter()
        .map(|row| row[0].parse().expect("a number"))
        .collect();
    assert_eq!(numbers, (1..=68).collect::<Vec<_>>());
    let codes: BTreeSet<&str> = errors().iter().map(Error::code).collect();
    for row in &rows {
        assert_eq!(row.len(), 5, "{row:?}");
        let mut named = 0;
        for code in row[2].split('`').skip(1).step_by(2) {
            let known = catalogue::find(code).is_some() || codes.contains(code);
            assert!(known, "{}: {code} is neither finding nor error", row[0]);
            named += 1;
        }
        let mut tests = 0;
        for name in row[4].split('`').skip(1).step_by(2) {
            let (file, test) = name.split_once("::").expect("file::test");
            assert!(
                Path::new(&root()).join(file).exists(),
                "{file} does not exist"
            );
            assert!(
                read(file).contains(&format!("fn {test}")),
                "{file} has no test {test}"
            );
            tests += 1;
        }
        let says_why =
            row[4].starts_with("cannot be known") || row[4].starts_with("not a diagnosis");
        assert!((named > 0 && tests > 0) || says_why, "{row:?}");
    }
}

/// Status codes of all recorded responses of the genuine flashloader.
fn recorded_statuses() -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    for folder in ["tests/transcripts", "tests/transcripts/random"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("the transcripts") {
            let path = entry.expect("a file").path();
            if path.extension().is_none_or(|end| end != "jsonl") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            let responses = text.split("{\"in\": \"03").skip(1);
            found.extend(responses.filter_map(|report| {
                let byte = |at: usize| u8::from_str_radix(report.get(2 * at..2 * at + 2)?, 16).ok();
                let status = [byte(7)?, byte(8)?, byte(9)?, byte(10)?];
                // execute and call answer with what the called code returns
                let of_call = byte(3) == Some(0xA0) && matches!(byte(11), Some(9 | 10));
                (!of_call).then_some(u32::from_le_bytes(status))
            }));
        }
    }
    found
}

#[test]
fn every_known_status_has_a_name_and_a_meaning() {
    let mut all = recorded_statuses();
    assert!(all.len() > 10, "{all:?}");
    let model = read("sim/src/flashloader/status.rs");
    let codes = model.lines().filter_map(|line| {
        let (_, value) = line.strip_prefix("pub const ")?.split_once("= ")?;
        value.trim_end_matches(';').parse::<u32>().ok()
    });
    let codes: BTreeSet<u32> = codes.collect();
    assert!(codes.len() > 10, "{codes:?}");
    all.extend(codes);
    for code in all {
        let status = Status(code);
        assert!(
            status.name().is_some() && status.meaning().is_some(),
            "{code}"
        );
    }
}
