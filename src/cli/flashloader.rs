//! Verb `flashloader`: which files rtboot knows and remembers.

use std::path::{Path, PathBuf};

use rtboot::chip::Chip;
use rtboot::file::{self, Limit};
use rtboot::finding::catalogue::run::NO_FLASHLOADER;
use rtboot::loader_file::{self, LoaderFile, LoaderStore};
use rtboot::outcome::{self, FlashloaderFile, FlashloaderList, Outcome, Remembered};

use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Error, Result};

use super::{Context, folders};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Remember a flashloader file: it is copied, and sent from now on
    ///
    /// NXP publishes ivt_flashloader.bin with its tools; rtboot must not bring it along.
    Add {
        /// The file
        file: PathBuf,
    },
    /// List the files that are remembered; the one that is sent is marked
    List,
    /// Send another remembered file from now on
    Use {
        /// The first digits of its SHA-256, or its name
        which: String,
    },
    /// Forget a remembered file
    Remove {
        /// The first digits of its SHA-256, or its name
        which: String,
    },
    /// Say what a file is, where it loads and where it starts
    Show {
        /// The file
        file: PathBuf,
    },
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    let named = context.chip()?;
    let chip = context.desk_chip()?;
    match command {
        Command::Add { file } => {
            let bytes = file::read(&file, Limit::Firmware)?;
            let chip = named.unwrap_or_else(|| LoaderFile::chip_of(&bytes));
            let loader = LoaderFile::parse(&bytes, &file, chip)?;
            refuse_standin(&bytes, &file)?;
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let kept = store(chip)?.add(&bytes, &name)?.display().to_string();
            show(&loader, chip, context);
            let text = format!("remembered for the {} in {kept}", chip.name);
            context.report.line(text);
            let found = outcome(&loader, chip, Some(kept));
            context.report.found(Outcome::FlashloaderAdd(found));
        }
        Command::List => list(&store(chip)?, context),
        Command::Use { which } => {
            let mut store = store(chip)?;
            let chosen = remembered(&store, &which, true)?;
            store.send(&chosen.sha256)?;
            let text = format!("{} is sent to the {} from now on", chosen.name, chip.name);
            context.report.line(text);
            context.report.found(Outcome::FlashloaderUse(chosen));
        }
        Command::Remove { which } => {
            let mut store = store(chip)?;
            let gone = remembered(&store, &which, false)?;
            let was_sent = store
                .files()
                .any(|(file, sent)| sent && file.sha256 == gone.sha256);
            store.remove(&gone.sha256)?;
            context.report.line(format!("{} is forgotten", gone.name));
            if was_sent {
                let text = "it was the one that is sent; `rtboot flashloader use` or `rtboot flashloader add` names another";
                context.report.tell_in_words(&NO_FLASHLOADER, text);
            }
            context.report.found(Outcome::FlashloaderRemove(gone));
        }
        Command::Show { file } => {
            let bytes = file::read(&file, Limit::Firmware)?;
            let chip = named.unwrap_or_else(|| LoaderFile::chip_of(&bytes));
            let loader = LoaderFile::parse(&bytes, &file, chip)?;
            show(&loader, chip, context);
            let found = outcome(&loader, chip, None);
            context.report.found(Outcome::FlashloaderShow(found));
        }
    }
    Ok(())
}

fn store(chip: &Chip) -> Result<LoaderStore> {
    LoaderStore::open(&folders::flashloaders()?, chip)
}

/// The stand-in of the virtual board is no program: a real board that gets it starts nothing.
fn refuse_standin(bytes: &[u8], path: &Path) -> Result<()> {
    match bytes == VirtualBoard::standin_loader() {
        true => Err(Error::BadFile {
            path: path.to_owned(),
            reason: "this is the virtual board's stand-in, no flashloader: a real board starts nothing of it, and a virtual one needs no file".into(),
        }),
        false => Ok(()),
    }
}

/// The one remembered file that is meant; `sent` is whether it is sent afterwards.
fn remembered(store: &LoaderStore, which: &str, sent: bool) -> Result<Remembered> {
    let digits = which.to_ascii_lowercase();
    let fits = |file: &&loader_file::Remembered| {
        file.name == which || digits.len() >= 4 && file.sha256.starts_with(&digits)
    };
    let files = || store.files().map(|(file, _)| file);
    let mut fitting = files().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(file), None) => Ok(of_file(file, sent)),
        (None, _) => {
            let names: Vec<&str> = files().map(|file| file.name.as_str()).collect();
            let known = match names.as_slice() {
                [] => "none is".to_owned(),
                names => format!("remembered: {}", names.join(", ")),
            };
            Err(Error::Usage(format!(
                "no remembered flashloader is called \"{which}\" or has a SHA-256 that begins so; {known}"
            )))
        }
        (Some(_), Some(_)) => Err(Error::Usage(format!(
            "several remembered flashloaders fit \"{which}\"; name one by more digits of its SHA-256"
        ))),
    }
}

fn of_file(file: &loader_file::Remembered, sent: bool) -> Remembered {
    Remembered {
        sha256: file.sha256.clone(),
        name: file.name.clone(),
        size: file.size,
        build: file.build().map(|build| build.name.to_owned()),
        sent,
    }
}

fn list(store: &LoaderStore, context: &mut Context) {
    let files = store.files().map(|(file, sent)| of_file(file, sent));
    let flashloaders: Vec<Remembered> = files.collect();
    for file in &flashloaders {
        let mark = if file.sent { "*" } else { " " };
        let what = file.build.as_deref().unwrap_or("no public build");
        let digest = file.sha256.get(..16).unwrap_or_default();
        context.report.line(format!(
            "{mark} {digest}  {:>7} bytes  {}  ({what})",
            file.size, file.name
        ));
    }
    if flashloaders.is_empty() {
        let text = "no flashloader is remembered: rtboot flashloader add ivt_flashloader.bin";
        context.report.tell_in_words(&NO_FLASHLOADER, text);
    }
    let found = FlashloaderList { flashloaders };
    context.report.found(Outcome::FlashloaderList(found));
}

fn show(loader: &LoaderFile, chip: &Chip, context: &mut Context) {
    let (image, report) = (&loader.image, &mut context.report);
    report.line(match loader.build {
        Some(build) => format!("{} ({})", build.name, build.source),
        None => "no public build that rtboot knows".into(),
    });
    report.line(format!("sha256 {}, {} bytes", loader.sha256, loader.size));
    let end = u64::from(image.load) + image.bytes.len() as u64;
    report.line(format!(
        "loads to {:#010x}..{end:#010x}, the ROM jumps to its IVT at {:#010x}, entry {:#010x}",
        image.load, image.jump, image.entry
    ));
    for need in &image.needs {
        report.line(format!("needs {need}"));
    }
    let usual = chip.flexram_of_the_factory();
    report.line(match image.missing(usual) {
        None => format!("fits the {} with its usual FlexRAM split ({usual})", chip.name),
        Some(need) => format!(
            "does not fit the {} with its usual FlexRAM split ({usual}): {need} is more; fuse MISC_CONF0 chooses another",
            chip.name
        ),
    });
    for note in &image.notes {
        report.line(note.to_string());
    }
}

fn outcome(loader: &LoaderFile, chip: &Chip, kept: Option<String>) -> FlashloaderFile {
    let image = &loader.image;
    FlashloaderFile {
        sha256: loader.sha256.clone(),
        size: loader.size,
        build: loader.build.map(|build| build.name.to_owned()),
        load: image.load,
        jump: image.jump,
        entry: image.entry,
        needs: image.needs.iter().map(outcome::RamNeed::from).collect(),
        fits_usual_split: image.missing(chip.flexram_of_the_factory()).is_none(),
        notes: outcome::findings(&image.notes),
        kept,
    }
}
