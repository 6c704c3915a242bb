//! What `--json` prints, against the committed schema.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]

use std::path::PathBuf;

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/outcome.schema.json")
}

#[test]
fn the_committed_schema_is_that_of_the_types() {
    let mut text = serde_json::to_string_pretty(&rtboot::outcome::schema()).expect("JSON");
    text.push('\n');
    if std::env::var_os("RTBOOT_BLESS").is_some() {
        std::fs::write(committed(), &text).expect("written");
    }
    let old = std::fs::read_to_string(committed()).unwrap_or_default();
    assert!(
        old == text,
        "docs/outcome.schema.json is not that of src/outcome; RTBOOT_BLESS=1 writes it"
    );
}
