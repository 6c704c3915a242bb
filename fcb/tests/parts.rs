//! The database's files and the `.cfg` format as a user meets it.
#![cfg(feature = "cfg")]

use std::path::Path;

use rtboot_fcb::{PartFile, database};

/// `parts.json` as the `.cfg` files give it: one part a line, so that a change shows as the lines of its parts.
fn database_as_json() -> String {
    let files = database::files().iter().map(|(name, text)| {
        let file = PartFile::from_cfg(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let parts = file
            .parts
            .iter()
            .map(|part| serde_json::to_string(part).unwrap());
        let parts: Vec<String> = parts.collect();
        format!("[\"{name}\", [\n{}\n]]", parts.join(",\n"))
    });
    let files: Vec<String> = files.collect();
    format!("[{}]\n", files.join(",\n"))
}

#[test]
fn parts_json_is_what_the_cfg_files_say() {
    let made = database_as_json();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("parts/parts.json");
    if std::env::var_os("RTBOOT_BLESS").is_some() {
        std::fs::write(path, made).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(
        kept == made,
        "parts.json is old: RTBOOT_BLESS=1 cargo test -p rtboot-fcb --test parts"
    );
    for (name, text) in database::files() {
        let (_, file) = database::find(name).expect("in parts.json");
        assert_eq!(Ok(file), PartFile::from_cfg(text), "{name}");
    }
}

#[test]
fn every_file_reads_and_round_trips() {
    for (name, text) in database::files() {
        let file = PartFile::from_cfg(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = PartFile::from_cfg(&file.to_cfg())
            .unwrap_or_else(|error| panic!("{name}: {error}\n{}", file.to_cfg()));
        assert_eq!(again, file, "{name}");
    }
}

#[test]
fn a_file_that_is_broken_anywhere_never_panics() {
    for (_, text) in database::files() {
        for cut in (0..text.len())
            .step_by(151)
            .filter(|cut| text.is_char_boundary(*cut))
        {
            let _ = PartFile::from_cfg(&text[..cut]).map_err(|error| error.to_string());
            let spoiled = format!("{}]\u{e4}= [[{}", &text[..cut], &text[cut..]);
            let _ = PartFile::from_cfg(&spoiled).map_err(|error| error.to_string());
        }
    }
}
