//! Verb `fcb`: NOR parts and their flash configuration blocks.

mod build;
mod check;
mod diff;
mod list;
mod probe;
mod show;
pub mod source;

use std::process::ExitCode;

use rtboot::flash::FcbChoice;
use rtboot::{Error, Result};
use rtboot_fcb::{Part, database};

use super::{Context, input};

/// NOR parts and their flash configuration blocks
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    List(list::Args),
    Show(show::Args),
    Build(build::Args),
    Check(check::Args),
    Diff(diff::Args),
    Probe(probe::Args),
}

pub fn run(command: Command, context: &mut Context) -> Result<ExitCode> {
    match command {
        Command::List(args) => list::run(&args, context)?,
        Command::Show(args) => show::run(&args, context)?,
        Command::Build(args) => build::run(&args, context)?,
        Command::Probe(args) => probe::run(&args, context)?,
        Command::Check(args) => return check::run(&args, context),
        Command::Diff(args) => return diff::run(&args, context),
    }
    Ok(ExitCode::SUCCESS)
}

/// A part of the database by its name, or the first of a `.cfg`.
fn part(name: &str) -> Result<Part> {
    let first = match input::fcb(name)?.0 {
        FcbChoice::Part { file, .. } => file.parts.into_iter().next(),
        FcbChoice::Block { .. } | FcbChoice::Auto => None,
    };
    first.ok_or_else(|| Error::UnknownPart {
        name: name.to_owned(),
        nearest: database::nearest(name),
    })
}
