//! Verb `mboot`: the flashloader's own commands, by the names of blhost.

mod code;
mod flash;
mod fuse;
mod keys;
mod memory;
mod property;
mod source;

use std::ops::Range;

use rtboot::board::{Board, LoaderSession, Program, Selector};
use rtboot::event::{Meter, Stage};
use rtboot::flash::UniqueId;
use rtboot::mboot::{self, MemoryId, Progress};
use rtboot::{Error, Result, Step, job};

use super::{Context, number};

/// Numbers take hex, decimal and `_`. A memory id is 0 for RAM and mapped flash, 9 for FlexSPI NOR.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    #[command(flatten)]
    Property(property::Command),
    #[command(flatten)]
    Memory(memory::Command),
    #[command(flatten)]
    Flash(flash::Command),
    #[command(flatten)]
    Code(code::Command),
    #[command(flatten)]
    Fuse(fuse::Command),
    #[command(flatten)]
    Keys(keys::Command),
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::Property(command) => property::run(command, context),
        Command::Memory(command) => memory::run(command, context),
        Command::Flash(command) => flash::run(command, context),
        Command::Code(command) => code::run(command, context),
        Command::Fuse(command) => fuse::run(command, context),
        Command::Keys(command) => keys::run(command, context),
    }
}

/// Moves bytes and counts them; Ctrl-C ends it between two packets.
fn counted<T>(
    context: &mut Context,
    (stage, total): (Stage, u64),
    step: Step,
    transfer: impl FnOnce(Progress<'_>) -> std::result::Result<T, mboot::Error>,
) -> Result<T> {
    let mut meter = Meter::begin(&mut context.report, stage, total);
    let moved = transfer(&mut |done| {
        meter.set(done);
        !meter.cancelled()
    });
    let moved = moved.map_err(Error::mboot(step))?;
    meter.end();
    Ok(moved)
}

/// A session with the flashloader; an error when something else answers.
fn session(context: &mut Context) -> Result<LoaderSession> {
    Ok(session_at(context)?.0)
}

/// The same, with the selector of the board.
fn session_at(context: &mut Context) -> Result<(LoaderSession, Selector)> {
    let mut board = context.board()?;
    expect_flashloader(&mut board)?;
    Ok((board.loader()?, board.name()))
}

/// Lets the board's journal forget what a raw command erased in the FlexSPI NOR.
///
/// A flashloader that does not tell the chip's unique id leaves the journal as it is.
fn forget_erased(
    mut session: LoaderSession,
    board: &Selector,
    range: &Range<u64>,
    context: &Context,
) -> Result<()> {
    match session.unique_id() {
        Ok(words) => {
            let unique_id = UniqueId::from_words(&words);
            job::forget_erased(&context.journals()?, unique_id, board, range)
        }
        Err(_) => Ok(()),
    }
}

fn expect_flashloader(board: &mut Board) -> Result<()> {
    match board.program()? {
        Some(Program::Flashloader) => Ok(()),
        Some(Program::Rom) => Err(Error::Usage(
            "the boot ROM is there, and it speaks SDP; load a flashloader first: any flash verb does it (`rtboot info`), or `rtboot sdp write-file` and `rtboot sdp jump-address`".into(),
        )),
        None => Err(Error::NoBoard {
            selector: board.name(),
            seen_instead: Vec::new(),
        }),
    }
}

/// A memory id as people type it.
fn parse_memory(text: &str) -> std::result::Result<MemoryId, String> {
    number::parse_u32(text).map(MemoryId).map_err(|why| {
        format!("{why}; memory ids are 0 (RAM and mapped flash), 9 (FlexSPI NOR), 0x110 (SPI NOR), 0x120 (SD card)")
    })
}
