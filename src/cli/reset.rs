//! Verb `reset`: reset the board and say what came of it.

use rtboot::outcome::Outcome;
use rtboot::{Result, job};

use super::{Context, draw};

/// Reset the board and say whether its application started
///
/// Works while a flashloader runs. The boot ROM has no reset command: press the reset button instead.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_args: Args, context: &mut Context) -> Result<()> {
    let chip = context.chip()?;
    let mut board = context.board()?;
    let who = job::reset(&mut board, chip, &mut context.report)?;
    draw::reset(who, &mut context.report);
    context.report.found(Outcome::Reset(who.into()));
    Ok(())
}
