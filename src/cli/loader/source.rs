//! Which loader is sent: NXP's flashloader that options or settings name, else the one that is remembered, else rtboot's own.

use std::path::PathBuf;

use rtboot::file::{self, Limit};
use rtboot::flash::LoaderSource;
use rtboot::loader_file::{LoaderFile, LoaderStore};
use rtboot::{Error, Result, Source};

use crate::cli::{Context, folders};

/// Which loader to start when none runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Choice {
    /// NXP's flashloader when a file is given or remembered, else rtboot's own
    #[default]
    Auto,
    /// rtboot's own: no file is needed
    Own,
    /// NXP's flashloader: a file must be given or remembered
    Nxp,
}

impl Choice {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Choice::Auto => "auto",
            Choice::Own => "own",
            Choice::Nxp => "nxp",
        }
    }
}

/// The choice of options, variable or settings.
pub fn choice(context: &mut Context) -> Result<Choice> {
    if let Some(choice) = context.globals.loader {
        // a setting says what is usual, an option what is meant now
        let file = context.globals.flashloader.as_ref();
        if let (Choice::Own, Some(file)) = (choice, file) {
            return Err(Error::Usage(format!(
                "`--loader own` sends no file, and {} is given as the flashloader: leave out one of the two (`--loader nxp` sends the file)",
                file.display()
            )));
        }
        return Ok(choice);
    }
    let settings = context.settings()?;
    let Some((text, file)) = settings.origin("loader") else {
        return Ok(Choice::Auto);
    };
    let choice = <Choice as clap::ValueEnum>::from_str(text, false);
    choice.map_err(|_| Error::Settings {
        path: file.to_owned(),
        reason: format!("loader: \"{text}\" is none of auto, own, nxp"),
    })
}

/// The loader; the one that is remembered depends on the chip, which the board tells.
pub fn source(context: &mut Context) -> Result<LoaderSource> {
    let choice = choice(context)?;
    if own_is_meant(choice, context) {
        return Ok(LoaderSource::Own);
    }
    if let Some(path) = named(context)? {
        let bytes = file::read(&path, Limit::Firmware)?;
        let chip = context.chip()?;
        let chip = chip.unwrap_or_else(|| LoaderFile::chip_of(&bytes));
        let name = LoaderFile::parse(&bytes, &path, chip)?.name();
        return Ok(LoaderSource::File(Source::bytes(name, bytes)));
    }
    Ok(without_file(choice))
}

/// The loader as it is: what is wrong about a file that was named shows when it is needed.
pub fn unread(context: &mut Context) -> Result<LoaderSource> {
    let choice = choice(context)?;
    if own_is_meant(choice, context) {
        return Ok(LoaderSource::Own);
    }
    match named(context)? {
        Some(path) => Ok(LoaderSource::file(path)),
        None => Ok(without_file(choice)),
    }
}

/// A file that was given for this run wins over a usual `loader = "own"`.
fn own_is_meant(choice: Choice, context: &Context) -> bool {
    choice == Choice::Own && context.globals.flashloader.is_none()
}

/// Where the system names no folder for a program's data, nothing is remembered.
fn without_file(choice: Choice) -> LoaderSource {
    match (folders::flashloaders(), choice) {
        (Ok(folder), Choice::Nxp) => LoaderSource::RememberedNxp(folder),
        (Ok(folder), _) => LoaderSource::Remembered(folder),
        (Err(_), Choice::Nxp) => LoaderSource::Nxp,
        (Err(_), _) => LoaderSource::Auto,
    }
}

fn named(context: &mut Context) -> Result<Option<PathBuf>> {
    match &context.globals.flashloader {
        Some(path) => Ok(Some(path.clone())),
        None => context.setting_path("flashloader"),
    }
}

/// NXP's file that would be sent: the one that is named, else the one that is remembered.
pub fn read(context: &mut Context) -> Result<Option<(PathBuf, Vec<u8>)>> {
    if let Some(path) = named(context)? {
        let bytes = file::read(&path, Limit::Firmware)?;
        return Ok(Some((path, bytes)));
    }
    // where the system names no folder for a program's data, nothing is remembered
    match folders::flashloaders() {
        Ok(folder) => LoaderStore::open(&folder, context.desk_chip()?)?.sent(),
        Err(_) => Ok(None),
    }
}

/// What the remembered flashloader that is sent is called.
pub fn remembered(context: &mut Context) -> Result<Option<String>> {
    let Ok(folder) = folders::flashloaders() else {
        return Ok(None);
    };
    let store = LoaderStore::open(&folder, context.desk_chip()?)?;
    let sent = store.files().find(|(_, sent)| *sent);
    Ok(sent.map(|(file, _)| format!("{}, remembered", file.name)))
}
