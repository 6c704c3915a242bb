//! Verb `loader`: which loaders rtboot can start in RAM, and which of them it would.

pub mod source;

use rtboot::chip::Chip;
use rtboot::flash::OwnLoader;
use rtboot::loader_file::LoaderFile;
use rtboot::outcome::{self, LoaderKind, LoaderList, LoaderShow, Outcome};
use rtboot::{Error, Result};

use super::Context;
pub use source::Choice;
use source::{choice, read};

/// What nobody should overlook.
const UNPROVEN: &str = "proven in emulation only, never yet on a chip";

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the loaders: rtboot's own and NXP's flashloader; the one that would be sent is marked
    List,
    /// Say of a loader where it loads, which chips it is for, and its SHA-256
    Show {
        /// Which: rtboot's own, or NXP's flashloader that is given or remembered
        #[arg(value_enum, default_value = "own")]
        which: Which,
    },
}

/// A loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Which {
    /// rtboot's own
    Own,
    /// NXP's flashloader
    Nxp,
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    let chip = context.desk_chip()?;
    let choice = choice(context)?;
    match command {
        Command::List => {
            let nxp = nxp(chip, choice, context)?;
            let loaders: Vec<LoaderShow> =
                nxp.into_iter().chain(own(chip, choice, context)?).collect();
            for loader in &loaders {
                let mark = if loader.sent { "*" } else { " " };
                let version = loader
                    .version
                    .as_deref()
                    .map(|version| format!(" {version}"));
                let kind = match loader.kind {
                    LoaderKind::Own => "own",
                    LoaderKind::Nxp => "nxp",
                };
                let digest = loader.sha256.get(..16).unwrap_or_default();
                let remark = match loader.emulation_only {
                    true => format!("; {UNPROVEN}"),
                    false => String::new(),
                };
                context.report.sentence(
                    format!(
                        "{mark} {kind}  {digest}  {:>7} bytes  {}{}{remark}",
                        loader.size,
                        loader.name,
                        version.unwrap_or_default(),
                    ),
                    7,
                );
            }
            let found = LoaderList {
                choice: choice.name().to_owned(),
                loaders,
            };
            context.report.found(Outcome::LoaderList(found));
        }
        Command::Show { which } => {
            let found = match which {
                Which::Own => own(chip, choice, context)?,
                Which::Nxp => nxp(chip, choice, context)?,
            };
            let Some(found) = found else {
                return Err(Error::NoLoader {
                    chip: chip.name.into(),
                    looked: which == Which::Nxp,
                    own: (which == Which::Own).then_some(rtboot::NoOwn::NotBuilt),
                });
            };
            show(&found, context);
            context.report.found(Outcome::LoaderShow(found));
        }
    }
    Ok(())
}

/// Ours, when this build brings it.
fn own(chip: &'static Chip, choice: Choice, context: &mut Context) -> Result<Option<LoaderShow>> {
    let Some(own) = OwnLoader::embedded() else {
        return Ok(None);
    };
    let for_chip = if chip.own_loader { chip } else { Chip::DEFAULT };
    let image = own.parsed(for_chip)?;
    let sent = match choice {
        Choice::Own => true,
        Choice::Auto => read(context)?.is_none(),
        Choice::Nxp => false,
    };
    Ok(Some(LoaderShow {
        kind: LoaderKind::Own,
        name: "rtboot's own".into(),
        version: Some(own.version.to_owned()),
        sha256: own.sha256(),
        size: own.image.len(),
        load: image.load,
        jump: image.jump,
        entry: image.entry,
        needs: image.needs.iter().map(outcome::RamNeed::from).collect(),
        chips: OwnLoader::chips()
            .map(|chip| chip.name.to_owned())
            .collect(),
        emulation_only: true,
        sent: sent && chip.own_loader,
    }))
}

/// NXP's, when a file is given or remembered.
fn nxp(chip: &'static Chip, choice: Choice, context: &mut Context) -> Result<Option<LoaderShow>> {
    let Some((path, bytes)) = read(context)? else {
        return Ok(None);
    };
    let loader = LoaderFile::parse(&bytes, &path, chip)?;
    let folder = chip.flashloader.folder;
    let chips = rtboot::chip::CHIPS.iter();
    let chips = chips.filter(|other| other.flashloader.folder == folder);
    Ok(Some(LoaderShow {
        kind: LoaderKind::Nxp,
        name: loader.name(),
        version: None,
        sha256: loader.sha256.clone(),
        size: loader.size,
        load: loader.image.load,
        jump: loader.image.jump,
        entry: loader.image.entry,
        needs: loader
            .image
            .needs
            .iter()
            .map(outcome::RamNeed::from)
            .collect(),
        chips: chips.map(|chip| chip.name.to_owned()).collect(),
        emulation_only: false,
        sent: choice != Choice::Own,
    }))
}

fn show(loader: &LoaderShow, context: &mut Context) {
    let report = &mut context.report;
    let version = loader
        .version
        .as_deref()
        .map(|version| format!(" {version}"));
    report.line(format!("{}{}", loader.name, version.unwrap_or_default()));
    report.line(format!("sha256 {}, {} bytes", loader.sha256, loader.size));
    report.line(format!(
        "loads to {:#010x}, the ROM jumps to its IVT at {:#010x}, entry {:#010x}",
        loader.load, loader.jump, loader.entry
    ));
    report.line(format!("for the {}", loader.chips.join(", ")));
    if loader.emulation_only {
        report.line(UNPROVEN);
    }
    let sent = match loader.sent {
        true => "it is sent when no loader runs",
        false => "another one is sent when no loader runs: see `rtboot loader list`",
    };
    report.line(sent);
}
