//! What flash holds when a write breaks off, in words. Pure.

use std::path::Path;

/// The state of flash before anything was done.
pub(super) const UNCHANGED: &str = "flash is as it was";

/// What comes behind it when the status register was written.
pub(super) const QUAD_SET: &str = "; quad enable is set in its status register now";

/// The state after a write of the status register whose end is not known.
pub(super) const QUAD_UNSURE: &str =
    "the bytes of flash are as they were; quad enable may be set in its status register now";

/// How far a write came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    Nothing,
    Erasing,
    Programming,
    /// All but the page with the FCB is there and verified; that page was sent.
    Last,
    /// That page came out wrong, and its sector is erased again.
    TakenBack,
}

/// What flash holds now. `unbootable`: no FCB is there before the end; `stopped`: the user asked for it; `saved` is where the
/// bytes around the image are.
pub(super) fn words(
    reached: Reached,
    unbootable: bool,
    stopped: bool,
    saved: Option<&Path>,
) -> String {
    let what = match reached {
        Reached::Nothing => return UNCHANGED.to_owned(),
        Reached::Erasing | Reached::Programming if unbootable => {
            "flash holds part of the new image and no FCB, so the ROM starts nothing and waits for a download; \
             the same command again finishes the job"
        }
        Reached::Erasing | Reached::Programming => {
            "flash holds part of the new bytes; the same command again finishes the job"
        }
        Reached::Last if stopped => {
            "all of the image was sent, and its last page was not read back; the same command again checks it"
        }
        Reached::Last => {
            "all of the image is there but for its last page, which was not read back as it should; \
             give the same command again before the board is started"
        }
        Reached::TakenBack => {
            "the page with the FCB came out wrong and is erased again, so the ROM starts nothing and waits for a download; \
             the same command again finishes the job"
        }
    };
    let saved = saved.map_or(String::new(), |path| {
        format!(
            "; the bytes around the image are safe in {} and come back with the next write",
            path.display()
        )
    });
    format!("{what}{saved}")
}
