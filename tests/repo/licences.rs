//! Licences of the dependencies, and that each is pinned by a checksum.

/// Licences whose terms a program under MIT or Apache-2.0 can keep. MPL-2.0 is serialport's: its files stay under it, ours do not
/// become so.
const ALLOWED: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MPL-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Unicode-3.0",
    "Zlib",
    "Unlicense",
    "0BSD",
    "CC0-1.0",
];

/// Whether an SPDX expression can be kept: of an OR one side, of an AND both.
fn allowed(expression: &str) -> bool {
    let text = expression.replace('/', " OR ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    either(&text)
}

fn either(text: &str) -> bool {
    split(text, " OR ").iter().any(|part| both(part))
}

fn both(text: &str) -> bool {
    split(text, " AND ").iter().all(|part| one(part.trim()))
}

fn one(text: &str) -> bool {
    match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) => either(inner),
        None => ALLOWED.contains(&text),
    }
}

/// The parts between separators that are not inside parentheses.
fn split<'a>(text: &'a str, by: &str) -> Vec<&'a str> {
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= start && text[at..].starts_with(by) => {
                parts.push(&text[start..at]);
                start = at + by.len();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[test]
fn licence_expressions_follow_spdx() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0-only OR MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
    ] {
        assert!(allowed(good), "{good}");
    }
    for bad in [
        "GPL-3.0-only",
        "MIT AND GPL-2.0-only",
        "(MIT OR ISC) AND LGPL-2.1-or-later",
        "",
    ] {
        assert!(!allowed(bad), "{bad}");
    }
}

#[test]
fn every_dependency_has_an_allowed_licence() {
    let metadata = crate::kit::cargo::metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 50);
    let mut wrong = Vec::new();
    for package in packages {
        let name = &package["name"];
        let licence = package["license"].as_str().unwrap_or_default();
        if !allowed(licence) {
            wrong.push(format!("{name}: {licence:?}"));
        }
        let source = package["source"].as_str();
        if source.is_some_and(|s| s != "registry+https://github.com/rust-lang/crates.io-index") {
            wrong.push(format!("{name} comes from {source:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn lock_file_has_a_checksum_for_every_crate() {
    let text = std::fs::read_to_string(crate::kit::root().join("Cargo.lock")).expect("Cargo.lock");
    for package in text.split("[[package]]").skip(1) {
        let foreign = package.contains("source = ");
        assert!(!foreign || package.contains("checksum = \""), "{package}");
    }
}
