//! Random command sequences recorded with the genuine flashloaders hold on the virtual ones.
#![allow(clippy::unwrap_used, clippy::expect_used)]
//!
//! The recordings carry what their recorder did to the flash outside the wire as "board" lines. Those of the chips are made by
//! `recordings/random_chips.py`.

mod replay;

use std::fs;
use std::path::{Path, PathBuf};

use replay::{Rig, directory, lines, text};
use rtboot_sim::chip::{CHIPS, Chip, RT1021};

/// Every recording of a folder, and what differs in each.
fn differences(chip: &'static Chip, folder: &Path) -> (usize, Vec<String>) {
    let only = std::env::var("TRANSCRIPT").ok();
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| {
        let named = |only: &String| file.file_stem().is_some_and(|stem| *stem == **only);
        file.extension()
            .is_some_and(|extension| extension == "jsonl")
            && only.as_ref().is_none_or(named)
    });
    files.sort();
    let mut failed = Vec::new();
    for file in &files {
        let all = lines(file);
        let mut rig = Rig::of(chip, text(&all[0], "flash").unwrap());
        let name = file.file_stem().unwrap().display().to_string();
        let found = replay::replay(&mut rig, &all[1..], &mut |_, _| {});
        failed.extend(
            found
                .into_iter()
                .map(|difference| format!("{} {name}: {difference}", chip.name)),
        );
    }
    (files.len(), failed)
}

fn hold(files: usize, failed: &[String]) {
    assert!(
        failed.is_empty(),
        "{} differences in {files} scripts\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn random_commands_get_the_recorded_answers() {
    let from = std::env::var_os("RANDOM_SCRIPTS").map_or(directory().join("random"), PathBuf::from);
    let (files, failed) = differences(&RT1021, &from);
    assert!(files > 0);
    hold(files, &failed);
}

#[test]
fn random_commands_get_each_chips_recorded_answers() {
    let from = std::env::var_os("CHIP_SCRIPTS").map_or(directory(), PathBuf::from);
    let (mut files, mut failed) = (0, Vec::new());
    for chip in CHIPS.into_iter().filter(|chip| chip.name != "RT1021") {
        let folder = from.join(chip.name.to_ascii_lowercase()).join("random");
        let (more, found) = differences(chip, &folder);
        files += more;
        failed.extend(found);
    }
    assert!(files > 0);
    hold(files, &failed);
}
