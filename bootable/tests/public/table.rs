//! `docs/dev/goldens.md` names every file of the list, and only tests that are there.

use super::files::GOLDENS;

const TABLE: &str = include_str!("../../../docs/dev/goldens.md");
const SOURCES: &[&str] = &[
    include_str!("applications.rs"),
    include_str!("blocks.rs"),
    include_str!("containers.rs"),
    include_str!("encrypted.rs"),
    include_str!("loaders.rs"),
    include_str!("signed.rs"),
    include_str!("../golden.rs"),
    include_str!("../../src/csf/tests.rs"),
    include_str!("../../src/emit.rs"),
    include_str!("../../src/firmware/elf/tests.rs"),
    include_str!("../../src/firmware/raw/tests.rs"),
    include_str!("../../src/firmware/srec/tests.rs"),
    include_str!("../../src/image/tests.rs"),
    include_str!("../../src/inspect/tests.rs"),
    include_str!("../../src/loader/tests.rs"),
    include_str!("../../../fcb/tests/text.rs"),
];

/// The cells of the table's rows.
fn rows() -> Vec<Vec<&'static str>> {
    let rows = TABLE.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
        .collect()
}

#[test]
fn every_public_file_has_its_row() {
    let named: Vec<&str> = rows().iter().map(|row| row[0].trim_matches('`')).collect();
    let listed: Vec<&str> = GOLDENS.iter().map(|golden| golden.name).collect();
    assert_eq!(named, listed);
}

#[test]
fn every_test_that_a_row_names_is_there() {
    for row in rows() {
        assert_eq!(row.len(), 4, "{row:?}");
        let tests: Vec<&str> = [row[2], row[3]]
            .iter()
            .flat_map(|cell| cell.split('`').skip(1).step_by(2))
            .collect();
        assert!(!tests.is_empty(), "{row:?}");
        for test in tests {
            let there = SOURCES
                .iter()
                .any(|source| source.contains(&format!("fn {test}()")));
            assert!(there, "{}: there is no test {test}", row[0]);
        }
    }
}
