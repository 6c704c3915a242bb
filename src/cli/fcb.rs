//! Verb `fcb`: NOR parts and their flash configuration blocks.

mod list;
mod show;

use rtboot::Result;

use super::Context;

/// NOR parts and their flash configuration blocks
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    List(list::Args),
    Show(show::Args),
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::List(args) => list::run(&args, context),
        Command::Show(args) => show::run(&args, context),
    }
}
