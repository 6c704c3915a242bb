//! Every recorded session with rtboot's own loader holds on its model, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used)]
//!
//! Left out: `rom_sdp` (the boot ROM), `full_speed`, which the model does not have, and `pipelined`: the model runs through the
//! flash cycles of a report at once, so they fall into other steps.

mod replay;

use replay::scenario::{differences, scenarios};
use replay::{Rig, directory};

#[test]
fn every_transcript_of_the_own_loader_holds() {
    let only = std::env::var("TRANSCRIPT").ok();
    let folder =
        std::env::var_os("TRANSCRIPTS").map_or_else(|| directory().join("own"), Into::into);
    let names = scenarios(&folder)
        .into_iter()
        .filter(|name| !matches!(name.as_str(), "rom_sdp" | "full_speed"))
        .filter(|name| only.as_ref().is_none_or(|only| only == name));
    let failed: Vec<String> = names
        .flat_map(|name| {
            differences(&Rig::own, &folder, &name)
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
