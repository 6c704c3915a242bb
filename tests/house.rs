//! Holds the import rules of ARCHITECTURE.md: who may know whom, one door per outside crate, files that fit a screen.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `folder`, as (path from the project's root, text without comment lines).
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "no sources below {folder}");
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a source folder")
        .map(|e| e.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            let code = text
                .lines()
                .filter(|l| !l.trim_start().starts_with("//"))
                .collect::<Vec<_>>()
                .join("\n");
            let name = path
                .strip_prefix(root())
                .expect("below the root")
                .to_string_lossy()
                .replace('\\', "/");
            found.push((name, code));
        }
    }
}

/// Rooms of `src/`, each with the rooms that it may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("port", &["port"]),
    ("sdp", &["port", "sdp"]),
    ("mboot", &["port", "mboot"]),
    ("event", &["event", "Error"]),
    ("chip", &["chip"]),
    ("catalogue", &["catalogue"]),
    ("error", &["port", "sdp", "mboot", "error", "advice"]),
    (
        "advice",
        &[
            "port",
            "sdp",
            "mboot",
            "error",
            "advice",
            "catalogue",
            "chip",
        ],
    ),
    (
        "board",
        &[
            "port", "sdp", "mboot", "error", "advice", "event", "chip", "board",
        ],
    ),
    (
        "flash",
        &[
            "port", "sdp", "mboot", "error", "advice", "event", "chip", "board", "flash",
        ],
    ),
    (
        "doctor",
        &[
            "port",
            "sdp",
            "mboot",
            "error",
            "advice",
            "catalogue",
            "event",
            "chip",
            "board",
            "flash",
            "doctor",
        ],
    ),
];

fn room_of(file: &str) -> &str {
    let rest = file.strip_prefix("src/").expect("a file of src/");
    rest.split('/')
        .next()
        .expect("a first part")
        .trim_end_matches(".rs")
}

/// Names that follow `crate::` in a file, whether alone or in braces.
fn crate_imports(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let list = match rest.strip_prefix('{') {
            Some(inner) => top_level_names(inner),
            None => vec![rest],
        };
        for item in list {
            let name: String = item
                .trim_start()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if !name.is_empty() {
                names.push(name);
            }
        }
    }
    names
}

/// The items of a `use` list up to its closing brace, nested lists left whole.
fn top_level_names(inner: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&inner[start..at]);
                return items;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items
}

#[test]
fn rooms_import_only_what_stands_before_them() {
    let mut wrong = Vec::new();
    for (file, code) in sources("src") {
        let room = room_of(&file);
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            assert!(
                ["lib", "main", "cli"].contains(&room),
                "{file}: room {room} is not in the table of this test"
            );
            continue;
        };
        for name in crate_imports(&code) {
            let error_alias = (name == "Error" || name == "Result")
                && allowed.iter().any(|a| *a == "error" || *a == "Error");
            if !allowed.contains(&name.as_str()) && !error_alias {
                wrong.push(format!("{file} imports crate::{name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_outside_crate_has_one_door() {
    let doors: &[(&str, &[&str])] = &[
        ("hidapi", &["src/port/"]),
        ("serialport", &["src/port/"]),
        ("rtboot_sim", &["src/port/virtual_board"]),
        ("crc", &["src/mboot/frame"]),
        ("object", &["bootable/src/firmware/elf"]),
        ("clap", &["src/cli/", "src/main.rs"]),
        ("clap_complete", &["src/cli/completions"]),
        ("clap_mangen", &["src/cli/man"]),
        ("indicatif", &["src/cli/"]),
    ];
    let mut wrong = Vec::new();
    for folder in ["src", "fcb/src", "bootable/src", "sim/src"] {
        for (file, code) in sources(folder) {
            for (name, places) in doors {
                let used = code.contains(&format!("{name}::")) && {
                    let at = code.find(&format!("{name}::")).expect("just found");
                    !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                };
                if used && !places.iter().any(|place| file.starts_with(place)) {
                    wrong.push(format!("{file} uses {name}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Where the sources of a folder use one of these words.
fn uses(folder: &str, words: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (file, code) in sources(folder) {
        for word in words.iter().filter(|word| code.contains(**word)) {
            found.push((file.clone(), format!("{file} uses {word}")));
        }
    }
    found
}

#[test]
fn the_byte_crates_do_no_io_and_the_simulator_knows_nothing_of_ours() {
    let io = [
        "std::fs",
        "std::net",
        "Instant",
        "SystemTime",
        "std::process",
        "std::thread",
        "println!",
        "eprintln!",
    ];
    let ours = ["rtboot::", "rtboot_fcb", "rtboot_bootable"];
    let found = [
        uses("fcb/src", &io),
        uses("bootable/src", &io),
        uses("sim/src", &ours),
    ];
    let mut wrong: Vec<String> = found.concat().into_iter().map(|(_, text)| text).collect();
    let manifest =
        fs::read_to_string(root().join("sim/Cargo.toml")).expect("the simulator's manifest");
    for dependency in ["rtboot-fcb", "rtboot-bootable"] {
        if manifest.contains(dependency) {
            wrong.push(format!("sim/Cargo.toml depends on {dependency}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_the_command_line_prints_or_exits() {
    let words = [
        "println!",
        "eprintln!",
        "print!(",
        "process::exit",
        "env::args",
    ];
    let is_library = |file: &str| !["cli", "main"].contains(&room_of(file));
    let may_wait = |file: &str| file.starts_with("src/port/") || file.starts_with("src/board/");
    let mut wrong = uses("src", &words);
    let mut sleeps = uses("src", &["thread::sleep"]);
    sleeps.retain(|(file, _)| !may_wait(file));
    wrong.extend(sleeps);
    wrong.retain(|(file, _)| is_library(file));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_fit_and_every_crate_forbids_unsafe() {
    let mut wrong = Vec::new();
    for folder in [
        "src",
        "fcb/src",
        "bootable/src",
        "sim/src",
        "tests",
        "fcb/tests",
        "bootable/tests",
        "sim/tests",
        "fuzz/fuzz_targets",
        "fuzz/shared",
        "benches",
        "examples",
    ] {
        for (file, _) in sources(folder) {
            let lines = fs::read_to_string(root().join(&file))
                .expect("a source file")
                .lines()
                .count();
            if lines > 400 {
                wrong.push(format!("{file} has {lines} lines"));
            }
        }
    }
    for manifest in [
        "Cargo.toml",
        "fcb/Cargo.toml",
        "bootable/Cargo.toml",
        "sim/Cargo.toml",
    ] {
        let text = fs::read_to_string(root().join(manifest)).expect("a manifest");
        if !text.contains("[lints]\nworkspace = true") {
            wrong.push(format!("{manifest} does not take the workspace's lints"));
        }
    }
    let text = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    assert!(text.contains("unsafe_code = \"forbid\""));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
