//! Verb `flashloader`: which files rtboot knows and remembers; and which one is sent.

mod store;

use std::path::{Path, PathBuf};

use rtboot::chip::Chip;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Error, Result};
use rtboot_bootable::{LoaderImage, known};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Context, input};
use store::Store;

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
            let bytes = input::file(&file)?;
            let image = parse(&bytes, &file, chip)?;
            let name = file
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            let kept =
                Store::open(chip)?.add(&bytes, &sha256(&bytes), &name.unwrap_or_default())?;
            show(&bytes, &image, context);
            let text = format!("remembered for the {} in {}", chip.name, kept.display());
            context.report.line(text);
            Ok(())
        }
        Command::List => {
            list(&Store::open(chip)?, context);
            Ok(())
        }
        Command::Show { file } => {
            let bytes = input::file(&file)?;
            let image = parse(&bytes, &file, chip)?;
            show(&bytes, &image, context);
            Ok(())
        }
    }
}

fn list(store: &Store, context: &mut Context) {
    let mut all: Vec<Value> = Vec::new();
    for (entry, sent) in store.entries() {
        let mark = if sent { "*" } else { " " };
        let build = known::find(entry.size, &entry.sha256).map(|build| build.name);
        let what = build.unwrap_or("no public build");
        let digest = entry.sha256.get(..16).unwrap_or_default();
        context.report.line(format!(
            "{mark} {digest}  {:>7} bytes  {}  ({what})",
            entry.size, entry.name
        ));
        all.push(json!({"sha256": entry.sha256, "name": entry.name, "size": entry.size, "build": build, "sent": sent}));
    }
    if all.is_empty() {
        let text = "no flashloader is remembered: rtboot flashloader add ivt_flashloader.bin";
        context.report.say("no-flashloader", text);
    }
    context.report.result(json!({"flashloaders": all}));
}

fn show(bytes: &[u8], image: &LoaderImage, context: &mut Context) {
    let digest = sha256(bytes);
    let build = known::find(bytes.len(), &digest);
    let report = &mut context.report;
    report.line(match build {
        Some(build) => format!("{} ({})", build.name, build.source),
        None => "no public build that rtboot knows".into(),
    });
    report.line(format!("sha256 {digest}, {} bytes", bytes.len()));
    let end = u64::from(image.load) + image.bytes.len() as u64;
    report.line(format!(
        "loads to {:#010x}..{end:#010x}, the ROM jumps to its IVT at {:#010x}, entry {:#010x}",
        image.load, image.jump, image.entry
    ));
    for note in &image.notes {
        report.line(note.to_string());
    }
    report.result(json!({
        "sha256": digest,
        "size": bytes.len(),
        "build": build.map(|build| build.name),
        "load": image.load,
        "jump": image.jump,
        "entry": image.entry,
        "notes": image.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
    }));
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The file that options or settings name.
///
/// # Errors
/// Settings errors.
pub fn source(context: &mut Context) -> Result<Option<PathBuf>> {
    match &context.globals.flashloader {
        Some(path) => Ok(Some(path.clone())),
        None => context.setting_path("flashloader"),
    }
}

/// The flashloader to send, and what to call it: the file named, the one remembered, the virtual board's own.
///
/// # Errors
/// [`Error::NoLoader`], [`Error::ReadFile`], [`Error::Firmware`]; [`Error::Usage`] for one whose DCD can change fuses.
pub fn image(
    named: Option<&PathBuf>,
    chip: &Chip,
    is_virtual: bool,
) -> Result<(LoaderImage, String)> {
    let path = match named {
        Some(path) => Some(path.clone()),
        None => Store::open(chip)?.sent()?,
    };
    let (bytes, path) = match path {
        Some(path) => (input::file(&path)?, path),
        None if is_virtual => (
            VirtualBoard::standin_loader().to_vec(),
            "the virtual board's stand-in".into(),
        ),
        None => {
            return Err(Error::NoLoader {
                chip: chip.name.into(),
            });
        }
    };
    let image = parse(&bytes, &path, chip)?;
    refuse_fuses(&image, &path, chip)?;
    let name = match known::find(bytes.len(), &sha256(&bytes)) {
        Some(build) => build.name.to_owned(),
        None => path.display().to_string(),
    };
    Ok((image, name))
}

fn parse(bytes: &[u8], path: &Path, chip: &Chip) -> Result<LoaderImage> {
    LoaderImage::parse(bytes, &chip.map).map_err(|source| Error::Firmware {
        path: path.into(),
        source,
    })
}

/// The ROM runs a flashloader's DCD before it starts it. One that reaches the fuse controller is not sent on the way to something
/// else.
fn refuse_fuses(image: &LoaderImage, path: &Path, chip: &Chip) -> Result<()> {
    let map = chip.map;
    let danger = image
        .dcd
        .as_ref()
        .and_then(|dcd| dcd.dangers(&map).into_iter().next());
    match danger {
        Some(danger) => Err(Error::Usage(format!(
            "{}: this flashloader's DCD can change fuses ({danger}), so it is not sent; `rtboot sdp` does, if that is really wanted",
            path.display()
        ))),
        None => Ok(()),
    }
}
