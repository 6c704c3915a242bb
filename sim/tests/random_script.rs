//! Random command sequences recorded with the genuine flashloader hold on the virtual one.
#![allow(clippy::unwrap_used, clippy::expect_used)]
//!
//! The recordings carry what their recorder did to the flash outside the wire as "board" lines.

mod replay;

use std::fs;
use std::path::PathBuf;

use replay::{Rig, directory, lines, text};

#[test]
fn random_commands_get_the_recorded_answers() {
    let from = std::env::var_os("RANDOM_SCRIPTS").map_or(directory().join("random"), PathBuf::from);
    let only = std::env::var("TRANSCRIPT").ok();
    let mut files: Vec<PathBuf> = fs::read_dir(from)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "jsonl")
    });
    files.retain(|file| {
        only.as_ref()
            .is_none_or(|only| file.file_stem().is_some_and(|stem| *stem == **only))
    });
    files.sort();
    assert!(!files.is_empty());
    let mut failed = Vec::new();
    for file in &files {
        let all = lines(file);
        let mut rig = Rig::new(text(&all[0], "flash").unwrap());
        let name = file.file_stem().unwrap().display().to_string();
        let found = replay::replay(&mut rig, &all[1..], &mut |_, _| {});
        failed.extend(
            found
                .into_iter()
                .map(|difference| format!("{name}: {difference}")),
        );
    }
    assert!(
        failed.is_empty(),
        "{} differences in {} scripts\n{}",
        failed.len(),
        files.len(),
        failed.join("\n")
    );
}
