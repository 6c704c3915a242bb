//! What a run is about.

use std::path::Path;

use crate::cli::Globals;
use crate::cli::action::AtHand;

/// The application of a run, and the options about it and its flash.
#[derive(Debug, Default)]
pub struct About<'a> {
    /// The file.
    pub app: Option<&'a Path>,
    /// `--fcb` as it was given.
    pub fcb: Option<&'a str>,
    /// `--base` as it was given.
    pub base: Option<u32>,
}

/// The same with the global options, for commands to type.
pub fn at_hand(globals: &Globals, about: &About<'_>) -> AtHand {
    let path = |path: &Path| path.display().to_string();
    AtHand {
        board: globals.board.clone(),
        chip: globals.chip.clone(),
        flashloader: globals.flashloader.as_deref().map(path),
        app: about.app.map(path),
        fcb: about.fcb.map(str::to_owned),
        base: about.base,
    }
}
