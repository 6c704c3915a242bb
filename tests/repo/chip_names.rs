//! A chip is a row of the table: no other code knows one by its name or id.

use std::path::{Path, PathBuf};

/// Sources whose business are names of chips, and why.
const EXEMPT: [(&str, &str); 4] = [
    (
        "bootable/src/known.rs",
        "the table of public flashloader builds",
    ),
    ("bootable/src/inspect/foreign.rs", "chips that have no row"),
    ("fcb/src/text/parse.rs", "families of SPSDK's files"),
    (
        "fcb/src/option/explain.rs",
        "what one build's dividers give",
    ),
];
/// Crates whose code is looked at; `finding/` holds texts, `chip/` is the table, `sim/` has a table of its own.
const CRATES: [&str; 7] = [
    "src",
    "fcb/src",
    "bootable/src",
    "wire/src",
    "ledger/src",
    "sealed/src",
    "loader/image",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("a folder");
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let name = path.file_name().and_then(|name| name.to_str());
        match name {
            Some("tests" | "tests.rs" | "testing.rs") => {}
            _ if path.is_dir() => sources(&path, found),
            Some(name) if name.ends_with(".rs") => found.push(path),
            _ => {}
        }
    }
}

/// "RT1062", "MIMXRT1021", "rt117x" and the like; or the value of an id register.
fn names_a_chip(line: &str) -> bool {
    let lower = line.to_ascii_lowercase().replace('_', "");
    let name = lower.match_indices("rt1").any(|(at, _)| {
        let rest = &lower.as_bytes()[at + 3..];
        matches!(rest, [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9' | b'x', ..])
    });
    let ids = ["0x006a0000", "0x006b0000", "0x006c0000", "0x006d0000"];
    name || ids.iter().any(|id| lower.contains(id))
}

/// The code of a file: no comments, and no tests at its end.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let own = text.split("mod tests {").next().unwrap_or_default();
    let lines = own.lines().enumerate();
    let lines = lines.map(|(at, line)| (at + 1, line.split(" // ").next().unwrap_or_default()));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn no_code_but_the_table_knows_a_chip_by_name() {
    assert!(
        names_a_chip("\"RT1021\"") && names_a_chip("MIMXRT1062") && names_a_chip("0x006C_0000")
    );
    assert!(!names_a_chip("start1 0x6000_0000 RT10xx"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in CRATES {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 100, "{} files", files.len());
    let mut found = Vec::new();
    for file in files {
        let name = file
            .strip_prefix(root)
            .expect("inside")
            .to_string_lossy()
            .into_owned();
        if EXEMPT.iter().any(|(exempt, _)| *exempt == name) {
            continue;
        }
        let text = std::fs::read_to_string(&file).expect("a source");
        let lines = code(&text).filter(|(_, line)| names_a_chip(line));
        found.extend(lines.map(|(at, line)| format!("{name}:{at}: {}", line.trim())));
    }
    // an example of what may be typed is no knowledge
    let examples = ["src/cli/slips.rs:", "fcb/src/cfg/read.rs:"];
    found.retain(|line| !examples.iter().any(|file| line.starts_with(file)));
    assert!(found.is_empty(), "{}", found.join("\n"));
}
