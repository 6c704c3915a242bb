//! Verb `unprotect`.

use rtboot::Result;

use super::Context;

/// To come
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_args: Args, _context: &mut Context) -> Result<()> {
    Ok(())
}
