//! Verb `virtual_board`.

use rtboot::Result;

use super::Context;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// To come
    Todo,
}

pub fn run(_command: Command, _context: &mut Context) -> Result<()> {
    Ok(())
}
