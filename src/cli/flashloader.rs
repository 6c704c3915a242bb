//! Verb `flashloader`: which files rtboot knows and remembers.

use std::path::PathBuf;

use rtboot::Result;
use rtboot::chip::Chip;
use rtboot::file::{self, Limit};
use rtboot::finding::catalogue::run::NO_FLASHLOADER;
use rtboot::loader_file::{LoaderFile, LoaderStore};
use rtboot::outcome::{self, FlashloaderFile, FlashloaderList, Outcome, Remembered};

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
    /// Say what a file is, where it loads and where it starts
    Show {
        /// The file
        file: PathBuf,
    },
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    let chip = context.desk_chip()?;
    match command {
        Command::Add { file } => {
            let bytes = file::read(&file, Limit::Firmware)?;
            let loader = LoaderFile::parse(&bytes, &file, chip)?;
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let kept = store(chip)?.add(&bytes, &name)?.display().to_string();
            show(&loader, chip, context);
            let text = format!("remembered for the {} in {kept}", chip.name);
            context.report.line(text);
            let found = outcome(&loader, chip, Some(kept));
            context.report.found(Outcome::FlashloaderAdd(found));
        }
        Command::List => list(&store(chip)?, context),
        Command::Show { file } => {
            let loader = LoaderFile::parse(&file::read(&file, Limit::Firmware)?, &file, chip)?;
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

fn list(store: &LoaderStore, context: &mut Context) {
    let files = store.files().map(|(file, sent)| Remembered {
        sha256: file.sha256.clone(),
        name: file.name.clone(),
        size: file.size,
        build: file.build().map(|build| build.name.to_owned()),
        sent,
    });
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
