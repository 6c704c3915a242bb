//! The README shows real output only: its `console` blocks are run, line by line, and must print what they say.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]

mod clean;

use std::fs;
use std::path::Path;
use std::process::Command;

/// Commands of the `console` blocks with the output shown for each.
fn sessions(readme: &str) -> Vec<(String, String)> {
    let mut sessions: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ => match (line.strip_prefix("$ "), sessions.last_mut()) {
                (Some(command), _) => sessions.push((command.to_owned(), String::new())),
                (None, Some((_, output))) => {
                    output.push_str(line);
                    output.push('\n');
                }
                (None, None) => panic!("output before the first command: {line}"),
            },
        }
    }
    sessions
}

/// Output with what differs from board to board, and with every change of the model's figures, left out.
fn steady(text: &str) -> String {
    text.lines()
        .map(|line| match line.split_whitespace().next() {
            Some("unique") => "unique id",
            Some("fuse") => "fuse",
            Some("modelled") => "modelled time",
            // a path of its own each time
            _ => line
                .split(" are safe in ")
                .next()
                .unwrap_or_default()
                .trim_end(),
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(unix)]
#[test]
fn every_command_shown_prints_what_is_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("the README");
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(root.join("examples"), folder.path().join("examples"))
        .expect("a link");
    let program = Path::new(env!("CARGO_BIN_EXE_rtboot"));
    let path = format!(
        "{}:{}",
        program.parent().expect("a folder").display(),
        env!("PATH")
    );
    let sessions = sessions(&readme);
    assert!(sessions.len() >= 5, "the README shows a session");
    for (command, shown) in sessions {
        let output = clean::clean(&mut Command::new("sh"), folder.path())
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(folder.path())
            .env("PATH", &path)
            .output()
            .expect("a shell");
        let real = String::from_utf8_lossy(&output.stdout);
        assert_eq!(steady(&real), steady(&shown), "$ {command}\n{real}");
    }
}
