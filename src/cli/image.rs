//! Verb `image`: boot images.

mod map;
mod show;

use rtboot::Result;

use super::Context;

/// Boot images
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Show(show::Args),
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::Show(args) => show::run(&args, context),
    }
}
