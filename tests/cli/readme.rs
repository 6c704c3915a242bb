//! README.md and the pages below docs/ show real output only: every line of a `console` block that begins with `$` is run, in
//! order, in a folder of the page's own, and must print what the page shows.
//!
//! RTBOOT_BLESS=1 rewrites the pages from what the commands print now.

use std::fs;
use std::path::{Path, PathBuf};

use crate::kit::cli::{RTBOOT, shell};
use crate::kit::root;

/// A piece of a page: a command with its output, or any other line.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Line(String),
    Command { command: String, shown: String },
}

fn pieces(page: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ => {}
        }
        let fence = line.starts_with("```");
        match (inside && !fence, line.strip_prefix("$ "), pieces.last_mut()) {
            (true, Some(command), _) => pieces.push(Piece::Command {
                command: command.to_owned(),
                shown: String::new(),
            }),
            (true, None, Some(Piece::Command { shown, .. })) => {
                shown.push_str(line);
                shown.push('\n');
            }
            _ => pieces.push(Piece::Line(line.to_owned())),
        }
    }
    pieces
}

/// A line without what differs from run to run: random ids, hashes and keys, times, the temporary folder.
fn steady(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let last = word.rsplit(':').next().unwrap_or(word);
        let is_hash = last.len() >= 16 && last.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_time = word.starts_with("20") && word.contains('T') && word.ends_with('Z');
        match is_hash || is_time {
            true => "#",
            false => word,
        }
    });
    let words: Vec<&str> = words.collect();
    steady_words(&words.join(" ")).to_owned()
}

fn steady_words(line: &str) -> &str {
    // of a rehearsal with faults: how often each unit is tried depends on the slots' order
    if let Some((_, rest)) = line.split_once(" units: ")
        && rest.contains(" scrapped ")
    {
        return "units";
    }
    match line.split_whitespace().next() {
        Some("unique") => "unique id",
        Some("fuse") => "fuse",
        Some("modelled") => "modelled time",
        Some("sent") => line.split(';').next().unwrap_or(line),
        _ => line.split(" saved in ").next().unwrap_or(line).trim_end(),
    }
}

fn same(real: &str, shown: &str) -> bool {
    real.lines().map(steady).eq(shown.lines().map(steady))
}

/// Runs the commands of one page in a folder that holds the repository's examples.
fn run_page(page: &Path) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let examples = folder.path().join("examples");
    std::os::unix::fs::symlink(root().join("examples"), examples).expect("a link");
    let program = Path::new(RTBOOT);
    let path = format!(
        "{}:{}",
        program.parent().expect("a folder").display(),
        env!("PATH")
    );
    let bless = std::env::var_os("RTBOOT_BLESS").is_some();
    let text = fs::read_to_string(page).expect("the page");
    let mut new = String::new();
    for piece in pieces(&text) {
        let (command, shown) = match piece {
            Piece::Line(line) => {
                new += &line;
                new.push('\n');
                continue;
            }
            Piece::Command { command, shown } => (command, shown),
        };
        let output = shell(folder.path(), &format!("{command} 2>&1"))
            .env("PATH", &path)
            .output()
            .expect("a shell");
        let real = String::from_utf8_lossy(&output.stdout);
        let state = folder.path().join("state").display().to_string();
        let real = real.replace(&state, "~/.local/state/rtboot");
        let shown = match same(&real, &shown) {
            true => shown,
            false if bless => real,
            false => panic!("{}:\n$ {command}\n{real}", page.display()),
        };
        new += &format!("$ {command}\n{shown}");
    }
    if bless && new != text {
        fs::write(page, &new).expect("the page is rewritten");
    }
    new
}

fn pages() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("docs")).expect("docs");
    let mut pages: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    pages.retain(|path| path.extension().is_some_and(|end| end == "md"));
    pages.sort();
    pages.push(root().join("README.md"));
    pages
}

#[test]
fn shown_commands_print_what_is_shown() {
    let commands: usize = pages()
        .iter()
        .map(|page| run_page(page).matches("\n$ ").count())
        .sum();
    assert!(commands >= 12, "the pages show {commands} commands");
}

#[test]
fn readme_is_short_and_has_its_two_commands() {
    let readme = fs::read_to_string(root().join("README.md"));
    let readme = readme.expect("README.md");
    assert!(readme.lines().count() <= 200);
    let is_command =
        |line: &&str| line.starts_with("cargo run ") || line.starts_with("cargo test ");
    let commands: Vec<&str> = readme.lines().filter(is_command).collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
}
