//! What may come after a write: the application is started, or the board is reset.

use std::time::Duration;

use rtboot_fcb::EraseUnit;
use rtboot_finding::Entry;
use rtboot_finding::catalogue::image;

use crate::board::{Board, Program};
use crate::chip::{BootMode, Chip};
use crate::event::Listener;
use crate::flash::{BootLook, Flashloader, Nor, Rom};
use crate::{Error, Result};

/// How long the ROM gets to come back after a reset.
const COME_BACK: Duration = Duration::from_secs(3);

/// What happens after a write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum After {
    /// Nothing: the flashloader goes on running.
    #[default]
    Nothing,
    /// The application is started, without a reset.
    Start,
    /// The board is reset.
    Reset,
}

/// What came after a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterReport {
    /// Nothing was to be done.
    Nothing,
    /// The application was started.
    Started(Started),
    /// The board was reset.
    Reset(Reappeared),
}

/// An application that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Started {
    /// Its reset handler.
    pub entry: u32,
    /// Its stack.
    pub stack: u32,
}

/// Who came back after a reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reappeared {
    /// Nobody: the board left serial download, so the ROM found something to start.
    Nobody,
    /// The boot ROM, in serial download mode.
    Rom {
        /// The BOOT_MODE pins, when it tells them.
        boot_mode: Option<BootMode>,
    },
}

/// Starts what was just written: its entry and stack.
///
/// # Errors
/// [`Error::NoVectorTable`], and whatever starting it brings.
pub(super) fn start_image(nor: Nor, found: Option<(u32, u32)>) -> Result<Started> {
    let (entry, stack) = found.ok_or(Error::NoVectorTable)?;
    start(nor, entry, stack)
}

/// Sets up the flash as the ROM would read it, and starts code in it.
///
/// # Errors
/// [`Error::Configure`], [`Error::Mboot`].
pub fn start(mut nor: Nor, entry: u32, stack: u32) -> Result<Started> {
    nor.use_work(EraseUnit::Sector)?;
    nor.into_loader().execute(entry, stack)?;
    Ok(Started { entry, stack })
}

/// Why what lies in flash cannot run, whoever starts it.
const CANNOT_RUN: [&Entry; 5] = [
    &image::VECTORS_BLANK,
    &image::STACK_OUTSIDE_RAM,
    &image::RESET_EVEN,
    &image::RESET_ERASED,
    &image::RESET_OUTSIDE_IMAGE,
];

/// Starts the application that is in flash, as [`Nor::look_at_boot`] found it. BOOT_MODE does not matter; a DCD in the image
/// is not run.
///
/// # Errors
/// [`Error::NothingToStart`]; [`Error::RunsInRam`]; and whatever setting quad enable and starting it
/// brings.
pub fn start_in_flash(
    mut nor: Nor,
    boot: &BootLook,
    listener: &mut dyn Listener,
) -> Result<Started> {
    let nothing = |why: &str| Error::NothingToStart {
        why: why.to_owned(),
        holds: boot.parts(),
    };
    // the verdict's rules, so that what `info` says cannot start is not started here either
    let mut reasons = boot.verdict.reasons.iter();
    let spoilt = reasons.find(|reason| CANNOT_RUN.iter().any(|entry| reason.is(entry)));
    if let Some(reason) = spoilt.filter(|_| !boot.blank) {
        return Err(nothing(reason.entry.title));
    }
    let Some(vectors) = boot.verdict.inspection.vectors else {
        return Err(nothing("no vector table was found"));
    };
    if boot.verdict.inspection.kind.runs_in_ram() {
        return Err(Error::RunsInRam);
    }
    nor.set_quad(listener)?;
    start(nor, vectors.reset, vectors.stack)
}

/// Resets a board on which a flashloader runs, and looks who comes back.
///
/// # Errors
/// [`Error::RomCannotReset`], [`Error::NoBoard`], and whatever the flashloader brings.
pub fn reset(
    board: &mut Board,
    chip: Option<&'static Chip>,
    listener: &mut dyn Listener,
) -> Result<Reappeared> {
    match board.program()? {
        Some(Program::Flashloader) => {
            let flashloader = Flashloader::join(board, chip, listener)?;
            reset_by(flashloader, board)
        }
        Some(Program::Rom) => Err(Error::RomCannotReset),
        None => Err(Error::NoBoard {
            selector: board.name(),
            seen_instead: Vec::new(),
        }),
    }
}

pub(super) fn reset_by(flashloader: Flashloader, board: &mut Board) -> Result<Reappeared> {
    flashloader.reset()?;
    if !board.await_program(Program::Rom, COME_BACK)? {
        return Ok(Reappeared::Nobody);
    }
    let rom = Rom::connect(board).ok();
    Ok(Reappeared::Rom {
        boot_mode: rom.and_then(|rom| rom.facts().boot_mode()),
    })
}
