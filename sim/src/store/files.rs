//! board.json as a structure, and small helpers of the store.

use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Serialize};

use super::fuses::parse_number;
use crate::board::{Board, FlashSetup, Settings, State};
use crate::fault::Fault;
use crate::nor::Part;
use crate::rom::RomOptions;
use crate::rom::loader::Loader;
use crate::straps::Straps;

const VERSION: u32 = 1;

/// What the chip runs, as far as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Running {
    /// Out of reset: the straps and the flash decide.
    Reset,
    /// The ROM's serial downloader.
    Rom,
    /// A flashloader.
    Flashloader(Loader),
    /// An application: nothing on USB until reset.
    Application,
    /// Nothing is heard of it until reset.
    Silent,
}

/// board.json.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardFile {
    version: u32,
    /// Name of the flash part.
    pub part: String,
    /// Status registers 1 to 3, as "0x40".
    #[serde(default)]
    status_registers: Vec<String>,
    straps: Straps,
    /// What the chip runs.
    #[serde(default = "reset")]
    pub program: Running,
    #[serde(default)]
    rom: RomOptions,
    /// How a running flashloader has set up the flash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash_setup: Option<FlashSetup>,
    #[serde(default)]
    faults: Vec<Fault>,
}

fn reset() -> Running {
    Running::Reset
}

impl BoardFile {
    /// The board as it is.
    pub fn of(board: &Board, flash_setup: Option<FlashSetup>) -> BoardFile {
        BoardFile {
            version: VERSION,
            part: board.part().name.into(),
            status_registers: board
                .nor()
                .status
                .iter()
                .map(|value| format!("{value:#04x}"))
                .collect(),
            straps: board.straps(),
            program: running(board),
            rom: board.options(),
            flash_setup,
            // counting starts anew when the board is opened: what has happened must not happen again then
            faults: board
                .faults()
                .iter()
                .filter(|fault| !fault.has_happened(&board.counts()))
                .cloned()
                .collect(),
        }
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        // plain data: there is nothing in it that JSON could not say
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads the file's text; the reason, with line and column, when it is not what it should be.
    pub fn parse(text: &str) -> Result<BoardFile, String> {
        let file: BoardFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.version != VERSION {
            return Err(format!(
                "version {} of the file; this program knows {VERSION}",
                file.version
            ));
        }
        Ok(file)
    }

    /// The board's make-up out of all three files.
    pub fn settings(
        self,
        part: Part,
        flash: Vec<u8>,
        fuses: Vec<(usize, u32)>,
    ) -> Result<Settings, String> {
        let mut status = [0; 3];
        if self.status_registers.len() > status.len() {
            return Err("more than three status registers".into());
        }
        for (register, text) in status.iter_mut().zip(&self.status_registers) {
            let value = parse_number(text).map_err(|why| format!("status_registers: {why}"))?;
            *register = u8::try_from(value)
                .map_err(|_| format!("status_registers: {text} does not fit in a byte"))?;
        }
        if let Some(setup) = &self.flash_setup {
            setup.check().map_err(|why| format!("flash_setup: {why}"))?;
        }
        for fault in &self.faults {
            check(fault, &part)?;
        }
        let word = |wanted: usize| {
            fuses
                .iter()
                .find(|(index, _)| *index == wanted)
                .map_or(0, |(_, value)| *value)
        };
        let unique_id = [word(1), word(2)];
        let BoardFile {
            straps,
            rom,
            faults,
            ..
        } = self;
        Ok(Settings {
            part,
            flash,
            status,
            straps,
            unique_id,
            fuses,
            faults,
            rom,
        })
    }
}

/// A fault that makes no sense on this board.
fn check(fault: &Fault, part: &Part) -> Result<(), String> {
    match fault {
        Fault::WrongPart { part } if Part::find(part).is_none() => {
            Err(format!("faults: part {part:?} is not known"))
        }
        Fault::WornSector { address }
        | Fault::StuckAtZero { address, .. }
        | Fault::StuckAtOne { address, .. }
            if *address >= part.size =>
        {
            Err(format!(
                "faults: {address:#x} lies outside the flash of {:#x} bytes",
                part.size
            ))
        }
        _ => Ok(()),
    }
}

fn running(board: &Board) -> Running {
    match (board.state(), board.loader()) {
        (State::Flashloader, Some(loader)) => Running::Flashloader(loader),
        (State::Rom, _) => Running::Rom,
        (State::Application, _) => Running::Application,
        (State::Silent, _) => Running::Silent,
        (State::Off | State::Flashloader, _) => Running::Reset,
    }
}

/// The flash without the erased sectors at its end.
pub fn trimmed(flash: &[u8]) -> &[u8] {
    const SECTOR: usize = 0x1000;
    let erased = [0xFF; SECTOR];
    let in_use = |sector: &[u8]| *sector != erased[..sector.len()];
    let used = flash
        .chunks(SECTOR)
        .rposition(in_use)
        .map_or(0, |last| last + 1);
    &flash[..(used * SECTOR).min(flash.len())]
}

/// A unique id for a new board: out of the system's random numbers.
pub fn random_id() -> [u32; 2] {
    let number = RandomState::new().hash_one("unique id");
    [number as u32 | 1, (number >> 32) as u32 | 1]
}
