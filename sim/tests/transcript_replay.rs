//! Every recorded session with the genuine flashloader holds on the virtual one, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used)]
//!
//! Left out: `rom_sdp` (the boot ROM), `full_speed` (a bus that cannot carry the reports) and the stale byte values
//! of `read_resource`.

mod replay;

use replay::scenario::{differences, scenarios};
use replay::{Rig, directory};

#[test]
fn every_transcript_holds_byte_for_byte() {
    let only = std::env::var("TRANSCRIPT").ok();
    let folder = directory();
    let names: Vec<String> = scenarios(&folder)
        .into_iter()
        .filter(|name| !matches!(name.as_str(), "rom_sdp" | "full_speed"))
        .filter(|name| only.as_ref().is_none_or(|only| only == name))
        .collect();
    assert!(
        names.len() >= 34 || only.is_some(),
        "{} transcripts",
        names.len()
    );
    let failed: Vec<String> = names
        .iter()
        .flat_map(|name| {
            differences(&Rig::new, &folder, name)
                .into_iter()
                .map(move |difference| format!("{name}: {difference}"))
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} differences\n{}",
        failed.len(),
        failed.join("\n")
    );
}
