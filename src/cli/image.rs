//! Verb `image`: boot images.

mod build;
mod check;
mod convert;
mod map;
pub mod output;
mod show;
mod source;
mod svg;

use std::process::ExitCode;

use rtboot::Result;

use super::Context;

/// Boot images
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Build(build::Args),
    Show(show::Args),
    Check(check::Args),
    Convert(convert::Args),
}

pub fn run(command: Command, context: &mut Context) -> Result<ExitCode> {
    match command {
        Command::Build(args) => build::run(&args, context)?,
        Command::Show(args) => show::run(&args, context)?,
        Command::Check(args) => return check::run(&args, context),
        Command::Convert(args) => convert::run(&args, context)?,
    }
    Ok(ExitCode::SUCCESS)
}
