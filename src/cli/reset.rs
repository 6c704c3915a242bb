//! Verb `reset`: reset the board and say what came of it.

use rtboot::board::Program;
use rtboot::flash::Flashloader;
use rtboot::{Error, Result};

use super::Context;
use super::write::reset;

/// Reset the board and say whether it started
///
/// Works while a flashloader runs. The boot ROM knows no reset command: there the reset button helps.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_args: Args, context: &mut Context) -> Result<()> {
    let chip = context.chip()?;
    let mut board = context.board()?;
    match board.program()? {
        Some(Program::Flashloader) => {
            let flashloader = Flashloader::join(&mut board, chip, &mut context.report)?;
            reset(flashloader, board, &mut context.report)
        }
        Some(Program::Rom) => Err(Error::Usage(
            "the boot ROM has no reset command: press the board's reset button, or switch power off and on"
                .into(),
        )),
        None => Err(Error::NoBoard {
            selector: board.name(),
            seen_instead: Vec::new(),
        }),
    }
}
