//! Making a virtual board in a folder, changing its switches, and looking at its state.

use std::path::Path;

use rtboot_sim::nor::{PAGE, Part};
use rtboot_sim::{Board, BootMode, Chip, Fault, Settings, State, Straps};

use super::{Error, VirtualBoard, store_error};

/// Positions of the boot switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switches {
    /// BOOT_MODE 01: serial downloader.
    Serial,
    /// BOOT_MODE 10: internal boot, from the flash.
    Internal,
    /// BOOT_MODE 00: as the fuses say; on a part without burnt fuses that is the serial downloader.
    Fuses,
}

impl Switches {
    fn boot_mode(self) -> BootMode {
        match self {
            Switches::Serial => BootMode::SerialDownloader,
            Switches::Internal => BootMode::InternalBoot,
            Switches::Fuses => BootMode::Fuses,
        }
    }
}

/// Settings of a new virtual board. The default is a new MIMXRT1020-EVK.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Make {
    /// The chip, in any spelling; see [`VirtualBoard::chips`]. An RT1021 when not given.
    pub chip: Option<String>,
    /// The flash, by name; see [`VirtualBoard::parts`]. That of the chip's evaluation kit, or in its package, when not given.
    pub part: Option<String>,
    /// Whether the flash's quad-enable bit is set.
    pub quad_enabled: bool,
    /// The boot switches.
    pub switches: Option<Switches>,
    /// What is wrong with the board, each as JSON: `{"fault": "absent"}`.
    pub faults: Vec<String>,
    /// The chip's unique id: bits 31:0, bits 63:32. A random one when not given.
    pub unique_id: Option<[u32; 2]>,
}

/// Why no board was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MakeError {
    /// No virtual board can be this chip.
    #[error("no virtual board is a \"{name}\"; there are {}", known.join(", "))]
    Chip {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// No virtual board can carry this part.
    #[error("no virtual board carries the flash \"{name}\"; there are {}", known.join(", "))]
    Part {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// A fault that cannot be read, or that makes no sense on this board.
    #[error("the fault {text} is not usable: {reason}")]
    Fault {
        /// As it was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder is not usable.
    #[error(transparent)]
    Port(#[from] Error),
}

/// A virtual board at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Look {
    /// What the chip runs: "boot ROM", "flashloader", "application", "nothing", "no power".
    pub runs: &'static str,
    /// Why, in words.
    pub why: String,
    /// The chip's name.
    pub chip: &'static str,
    /// The flash's name.
    pub part: String,
    /// What the flash answers to 9Fh.
    pub jedec: [u8; 3],
    /// Bytes of the flash.
    pub size: u32,
    /// Bytes of the flash that are not erased.
    pub used: u32,
    /// Status registers, as many as the flash has.
    pub status: Vec<u8>,
    /// Whether its quad-enable bit is set.
    pub quad_enabled: bool,
    /// Bytes under block protection: first offset and one past the last; `None` when nothing is.
    pub protected: Option<(u32, u32)>,
    /// BOOT_MODE pins: 0 fuses, 1 serial downloader, 2 internal boot, 3 reserved.
    pub boot_mode: u32,
    /// BOOT_CFG pins.
    pub boot_cfg: u16,
    /// Fuse words that are not 0, by index.
    pub fuses: Vec<(usize, u32)>,
    /// What is wrong with it, each as JSON.
    pub faults: Vec<String>,
    /// Reset handler and stack of the application that the ROM would start with BOOT_MODE = 10.
    pub starts: Option<(u32, Option<u32>)>,
    /// Why it would or would not.
    pub boot_reason: String,
    /// Whether a reset with the switches as they are starts it.
    pub starts_now: bool,
    /// Where a reset with the switches as they are leads.
    pub now_reason: String,
}

impl VirtualBoard {
    /// Names of the flash parts that a virtual board can carry.
    pub fn parts() -> Vec<&'static str> {
        Part::names()
    }

    /// Names of the chips that a virtual board can be; the parts of one die and flash share a name.
    pub fn chips() -> Vec<&'static str> {
        Chip::names()
    }

    /// A board in memory, made so. It is gone with its last handle.
    ///
    /// # Errors
    /// [`MakeError`].
    pub fn in_memory(make: &Make) -> Result<VirtualBoard, MakeError> {
        Ok(VirtualBoard::from_board(Board::new(settings(make)?)))
    }

    /// Whether it has power.
    pub fn is_powered(&self) -> bool {
        self.board().state() != State::Off
    }

    /// Makes a board in a folder that is empty or not there.
    ///
    /// # Errors
    /// [`MakeError`]; nothing is written then.
    pub fn create(folder: &Path, make: &Make) -> Result<VirtualBoard, MakeError> {
        let settings = settings(make)?;
        let board = Board::create(folder, settings)
            .map_err(|e| store_error(folder.display().to_string(), "create", &e))?;
        Ok(VirtualBoard::from_board(board))
    }

    /// Sets the boot switches; the chip looks at them at the next reset.
    pub fn set_switches(&self, switches: Switches) {
        let mut board = self.board();
        let straps = Straps {
            boot_mode: switches.boot_mode(),
            ..board.straps()
        };
        board.set_straps(straps);
    }

    /// Takes the power away and gives it back.
    pub fn power_cycle(&self) {
        self.board().power_cycle();
    }

    /// Looks at everything. Changes nothing.
    pub fn look(&self) -> Look {
        let mut board = self.board();
        let verdict = board.boot_verdict();
        let nor = board.nor();
        let part = &nor.part;
        let erased = [0xFF; PAGE as usize];
        let pages = nor
            .memory
            .chunks(erased.len())
            .filter(|page| Some(*page) != erased.get(..page.len()));
        let used = pages.flatten().filter(|&&byte| byte != 0xFF).count();
        let protected = nor.protected();
        Look {
            runs: match board.state() {
                State::Rom => "boot ROM",
                State::Flashloader => "flashloader",
                State::Application => "application",
                State::Silent => "nothing",
                State::Off => "no power",
            },
            why: board.reason().to_owned(),
            chip: board.chip().name,
            part: part.name.to_owned(),
            jedec: part.jedec,
            size: part.size,
            used: u32::try_from(used).unwrap_or(u32::MAX),
            status: nor
                .status
                .iter()
                .take(part.status_registers)
                .copied()
                .collect(),
            quad_enabled: nor.quad_enabled(),
            protected: (!protected.is_empty()).then_some((protected.start, protected.end)),
            boot_mode: board.straps().boot_mode.bits(),
            boot_cfg: board.straps().boot_cfg,
            fuses: board
                .fuses()
                .words()
                .iter()
                .copied()
                .enumerate()
                .filter(|(_, word)| *word != 0)
                .collect(),
            faults: board
                .faults()
                .iter()
                .map(|fault| serde_json::to_string(fault).unwrap_or_else(|_| format!("{fault:?}")))
                .collect(),
            starts: verdict.starts.map(|start| (start.entry, start.stack)),
            boot_reason: verdict.reason,
            starts_now: verdict.with_present_straps,
            now_reason: verdict.present_straps,
        }
    }
}

fn settings(make: &Make) -> Result<Settings, MakeError> {
    let kit = match &make.chip {
        None => Settings::default(),
        Some(name) => Chip::find(name)
            .map(Settings::kit)
            .ok_or_else(|| MakeError::Chip {
                name: name.clone(),
                known: Chip::names(),
            })?,
    };
    let part = match &make.part {
        None => kit.part.clone(),
        Some(name) => Part::find(name).ok_or_else(|| MakeError::Part {
            name: name.clone(),
            known: Part::names(),
        })?,
    };
    let faults = make
        .faults
        .iter()
        .map(|text| {
            fault(text, &part).map_err(|reason| MakeError::Fault {
                text: text.clone(),
                reason,
            })
        })
        .collect::<Result<_, _>>()?;
    let mut settings = Settings {
        unique_id: make.unique_id.unwrap_or_else(random_id),
        faults,
        ..kit
    };
    if make.quad_enabled {
        let place = part.quad_enable;
        if let Some(register) = settings.status.get_mut(place.register) {
            *register |= 1 << place.bit;
        }
    }
    settings.part = part;
    if let Some(switches) = make.switches {
        settings.straps.boot_mode = switches.boot_mode();
    }
    Ok(settings)
}

/// A fault out of its JSON, when it makes sense on a board with this part.
fn fault(text: &str, part: &Part) -> Result<Fault, String> {
    let fault: Fault = serde_json::from_str(text).map_err(|e| e.to_string())?;
    match &fault {
        Fault::WrongPart { part } if Part::find(part).is_none() => {
            let known = Part::names().join(", ");
            Err(format!("no flash is called {part:?}; there are {known}"))
        }
        Fault::WornSector { address }
        | Fault::StuckAtZero { address, .. }
        | Fault::StuckAtOne { address, .. }
            if *address >= part.size =>
        {
            Err(format!(
                "{address:#x} lies outside the flash of {:#x} bytes",
                part.size
            ))
        }
        _ => Ok(fault),
    }
}

/// A random unique id: rtboot takes boards of equal id for the same board.
fn random_id() -> [u32; 2] {
    use std::hash::{BuildHasher, RandomState};
    let number = RandomState::new().hash_one("unique id");
    [number as u32 | 1, (number >> 32) as u32 | 1]
}
