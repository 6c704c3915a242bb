//! What a run is about.

use std::path::{Path, PathBuf};

use crate::cli::Globals;
use crate::cli::action::AtHand;

/// The pieces of a run, and the options about them and their flash.
#[derive(Debug, Default)]
pub struct About<'a> {
    /// The files, as they were typed.
    pub apps: &'a [PathBuf],
    /// `--fcb` as it was given.
    pub fcb: Option<&'a str>,
    /// `--base` as it was given.
    pub base: Option<u32>,
    /// Flags of the layout as they were given.
    pub flags: Vec<&'static str>,
}

/// The same with the global options, for commands to type.
pub fn at_hand(globals: &Globals, about: &About<'_>) -> AtHand {
    let path = |path: &Path| path.display().to_string();
    let mut apps = about.apps.iter().map(|app| path(app));
    AtHand {
        verb: globals.verb.clone(),
        board: globals.board.clone(),
        chip: globals.chip.clone(),
        loader: globals.loader.map(|loader| loader.name().to_owned()),
        flashloader: globals.flashloader.as_deref().map(path),
        app: apps.next(),
        also: apps.collect(),
        fcb: about.fcb.map(str::to_owned),
        base: about.base,
        flags: about.flags.clone(),
    }
}
