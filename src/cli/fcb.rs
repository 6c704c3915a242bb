//! Verb `fcb`: NOR parts and their flash configuration blocks.

mod build;
mod check;
mod diff;
mod list;
mod probe;
mod show;

use std::process::ExitCode;

use rtboot::Result;

use super::Context;

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
