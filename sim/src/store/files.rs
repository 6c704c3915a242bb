//! board.json as a structure, and the flash file's length.

use serde::{Deserialize, Serialize};

use super::fuses::parse_number;
use crate::chip::{Chip, RT1021};
use crate::fault::Fault;
use crate::flashloader::{NorSetup, OwnState};
use crate::flexspi::Registers;
use crate::nor::{Lasting, Part};
use crate::rom::RomOptions;
use crate::rom::loader::Loader;
use crate::straps::Straps;

const VERSION: u32 = 1;

/// What the chip runs when the board is put away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Running {
    /// Comes out of reset: boot pins and flash decide.
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

/// How a flashloader has set up the flash: its own variables, and the controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlashSetup {
    pub memory: NorSetup,
    pub controller: Registers,
    /// What rtboot's own loader knows beside that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnState>,
}

impl FlashSetup {
    /// Fails, in words, on values that no board can have.
    fn check(&self) -> Result<(), String> {
        self.memory.check()?;
        self.controller.check()
    }
}

/// board.json.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardFile {
    pub version: u32,
    /// The chip; an RT1021 where none is named.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub chip: String,
    /// Name of the flash part.
    pub part: String,
    /// Status registers 1 to 3, as "0x40".
    #[serde(default)]
    pub status_registers: Vec<String>,
    pub straps: Straps,
    /// What the chip runs.
    #[serde(default = "reset")]
    pub program: Running,
    #[serde(default)]
    pub rom: RomOptions,
    /// How a running flashloader has set up the flash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash_setup: Option<FlashSetup>,
    /// Modes and volatile registers of the flash part, when they are not those of power-on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash_mode: Option<Lasting>,
    /// Non-volatile read register (ISSI, Infineon L), when they are not the factory's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_parameters: Option<u8>,
    /// Non-volatile configuration register of a Micron part, when it is not the factory's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flash_configuration: Option<u16>,
    #[serde(default)]
    pub faults: Vec<Fault>,
}

/// The only chip of the first boards.
fn first() -> String {
    RT1021.name.into()
}

fn is_first(chip: &String) -> bool {
    *chip == RT1021.name
}

fn reset() -> Running {
    Running::Reset
}

impl BoardFile {
    /// A file for this chip and part, boot pins on serial download, nothing else.
    pub fn new(chip: &Chip, part: &Part, status: [u8; 3]) -> BoardFile {
        BoardFile {
            version: VERSION,
            chip: chip.name.into(),
            part: part.name.into(),
            status_registers: status.map(|value| format!("{value:#04x}")).into(),
            straps: Straps::default(),
            program: Running::Reset,
            rom: RomOptions::default(),
            flash_setup: None,
            flash_mode: None,
            read_parameters: None,
            flash_configuration: None,
            faults: Vec::new(),
        }
    }

    /// Status registers 1 to 3.
    pub fn status(&self) -> Result<[u8; 3], String> {
        let mut status = [0; 3];
        if self.status_registers.len() > status.len() {
            return Err("more than three status registers".into());
        }
        for (register, text) in status.iter_mut().zip(&self.status_registers) {
            let value = parse_number(text).map_err(|why| format!("status_registers: {why}"))?;
            *register = u8::try_from(value)
                .map_err(|_| format!("status_registers: {text} does not fit in a byte"))?;
        }
        Ok(status)
    }

    /// Fails, in words, on values that no board with this part can have.
    pub fn check(&self, part: &Part) -> Result<(), String> {
        self.status()?;
        if let Some(setup) = &self.flash_setup {
            setup.check().map_err(|why| format!("flash_setup: {why}"))?;
        }
        self.faults.iter().try_for_each(|fault| check(fault, part))
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        // plain data without maps or floats: serialising it cannot fail
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
}

/// Fails on a fault that cannot occur on this board.
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
