//! Results of the commands that read and change a board's flash.

use std::path::Path;

use serde::Serialize;

use super::{Boot, Finding, Span};
use crate::job::{self, AfterReport, Reappeared};

/// One of the things that a run puts into flash or looks for there.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FlashPiece {
    /// The file.
    pub file: String,
    /// What it is for.
    pub role: PieceRole,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// Bytes of the file.
    pub size: usize,
    /// Where its bytes go, and a boot header that is made for it; not an FCB that is made for the part.
    pub ranges: Vec<Span>,
}

/// What a piece is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PieceRole {
    /// The ROM starts it.
    BootImage,
    /// Firmware that something else starts.
    Application,
    /// Bytes as they are.
    Data,
}

impl From<&job::LaidOut> for FlashPiece {
    fn from(piece: &job::LaidOut) -> FlashPiece {
        FlashPiece {
            file: piece.name.display().to_string(),
            role: match piece.role {
                job::Role::BootImage => PieceRole::BootImage,
                job::Role::Application => PieceRole::Application,
                job::Role::Data => PieceRole::Data,
            },
            sha256: piece.sha256.clone(),
            size: piece.size,
            ranges: piece
                .ranges()
                .map(|range| Span {
                    start: range.start,
                    end: range.end,
                })
                .collect(),
        }
    }
}

/// All pieces of a run.
pub fn pieces(pieces: &job::LaidOutPieces) -> Vec<FlashPiece> {
    pieces.pieces().iter().map(FlashPiece::from).collect()
}

/// A write: the plan alone, or what was done.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(untagged)]
#[allow(clippy::large_enum_variant)] // one at the end of a run
pub enum Write {
    /// A dry run: the plan.
    Plan(WritePlan),
    /// Flash holds the image.
    Done(WriteDone),
}

/// What goes into flash, or was compared with it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Bytes {
    /// SHA-256 of the bytes of all ranges, one behind the other, in hex.
    pub sha256: String,
    /// Where they lie, in the order of their addresses.
    pub ranges: Vec<Span>,
}

impl From<&rtboot_bootable::Memory> for Bytes {
    fn from(memory: &rtboot_bootable::Memory) -> Bytes {
        let span = |(address, bytes): (u32, &[u8])| Span {
            start: u64::from(address),
            end: u64::from(address) + bytes.len() as u64,
        };
        Bytes {
            sha256: crate::digest::sha256(memory.segments().map(|(_, bytes)| bytes)),
            ranges: memory.segments().map(span).collect(),
        }
    }
}

/// What a write would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct WritePlan {
    /// Whether it is the result of a dry run: nothing was changed.
    pub dry_run: bool,
    /// The image.
    pub image: Bytes,
    /// Whether flash holds the image already.
    pub empty: bool,
    /// The files, and where their bytes go.
    pub pieces: Vec<FlashPiece>,
    /// What would be done, in order.
    pub steps: Vec<PlanStep>,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct PlanStep {
    /// What is done.
    pub step: PlanAction,
    /// First address.
    pub address: u32,
    /// Bytes.
    pub length: u64,
}

/// What a step of a plan does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PlanAction {
    /// Sets the flash's quad-enable bit; it stays set.
    SetQuadEnable,
    /// Keeps bytes around the image.
    Keep,
    /// Erases the whole flash.
    EraseAll,
    /// Erases a sector or block.
    Erase,
    /// Programs bytes.
    Program,
    /// Programs the page with the FCB, last.
    ProgramLast,
}

/// A write that is done.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct WriteDone {
    /// The file; several are joined by commas.
    pub file: String,
    /// Each of them, and where its bytes went.
    pub pieces: Vec<FlashPiece>,
    /// Where the application lies, when a boot loader in flash was kept to start it.
    pub second_stage: Option<u32>,
    /// The flash.
    pub part: String,
    /// The chip.
    pub chip: String,
    /// The image.
    pub image: Bytes,
    /// Whether anything had to be changed.
    pub changed: bool,
    /// Sectors that held what they should.
    pub sectors_left: usize,
    /// Sectors that were erased.
    pub sectors_erased: usize,
    /// Sectors that were programmed without an erase.
    pub sectors_programmed: usize,
    /// Bytes of all erases.
    pub bytes_erased: u64,
    /// Bytes that were not sent, for flash held them or they are blank.
    pub bytes_skipped: u64,
    /// Bytes that were programmed.
    pub bytes_programmed: u64,
    /// Bytes that were read back and are right; 0 when they were not read.
    pub bytes_verified: u64,
    /// Whether the quad-enable bit was set.
    pub quad_set: bool,
    /// Whether the ROM would start what flash holds now; null when that depends on what was not checked.
    pub starts: Option<bool>,
    /// Why not, or what could not be checked.
    pub reasons: Vec<Finding>,
    /// How long it took.
    pub seconds: f64,
    /// Whether that is the modelled time of a virtual board.
    pub modelled: bool,
    /// Time by phase, in the order in which they began.
    pub phases: Vec<PhaseTime>,
    /// Bytes programmed in a second.
    pub bytes_per_second: f64,
    /// What came after it.
    #[serde(flatten)]
    pub after: Option<After>,
}

/// How long a phase of a write took.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct PhaseTime {
    /// The phase.
    pub stage: crate::event::Stage,
    /// How long it took.
    pub seconds: f64,
}

/// What came after a write.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum After {
    /// The application was started.
    Started(Started),
    /// The board was reset.
    Reset(Reset),
}

/// An application was started.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Started {
    /// Always true.
    pub started: bool,
    /// Its reset handler.
    pub entry: u32,
    /// Its stack.
    pub stack: u32,
}

impl From<job::Started> for Started {
    fn from(started: job::Started) -> Started {
        Started {
            started: true,
            entry: started.entry,
            stack: started.stack,
        }
    }
}

impl From<Reappeared> for Reset {
    fn from(who: Reappeared) -> Reset {
        let boot_mode = match who {
            Reappeared::Nobody => None,
            Reappeared::Rom { boot_mode } => boot_mode.map(|mode| format!("{mode:?}")),
        };
        Reset {
            reset: true,
            rom_came_back: who != Reappeared::Nobody,
            boot_mode,
        }
    }
}

impl After {
    /// What came after a write; `None` when nothing did.
    pub fn of(report: AfterReport) -> Option<After> {
        match report {
            AfterReport::Nothing => None,
            AfterReport::Started(started) => Some(After::Started(started.into())),
            AfterReport::Reset(who) => Some(After::Reset(who.into())),
        }
    }
}

/// A board was reset.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Reset {
    /// Always true.
    pub reset: bool,
    /// Whether the boot ROM came back in serial download mode: it started nothing.
    pub rom_came_back: bool,
    /// BOOT_MODE pins, when the ROM came back and tells them.
    pub boot_mode: Option<String>,
}

/// Flash or RAM was read into a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ReadDone {
    /// The file.
    pub file: String,
    /// First address.
    pub address: u32,
    /// Bytes.
    pub bytes: usize,
    /// Their SHA-256, in hex.
    pub sha256: String,
}

/// The whole flash was read, twice, into a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Backup {
    /// The file.
    pub file: String,
    /// The file beside it that says what it is of.
    pub label: String,
    /// The chip that the board went by.
    pub chip: String,
    /// The chip's unique id, in hex.
    pub unique_id: String,
    /// Address of the first byte.
    pub address: u32,
    /// Bytes of the flash.
    pub bytes: u32,
    /// SHA-256 of the flash's bytes, in hex.
    pub sha256: String,
    /// The flash's JEDEC id, as in 9d 60 17.
    pub jedec: String,
    /// The parts that it may be.
    pub part: String,
}

impl Backup {
    /// A backup in this file.
    pub fn new(file: &Path, label: job::Label) -> Backup {
        Backup {
            label: job::Label::path(file).display().to_string(),
            file: file.display().to_string(),
            chip: label.chip,
            unique_id: label.unique_id,
            address: label.address,
            bytes: label.size,
            sha256: label.sha256,
            jedec: label.jedec,
            part: label.part,
        }
    }
}

/// Flash holds what a write of these files puts there; in an error: what was compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Verify {
    /// The file; several are joined by commas.
    pub file: String,
    /// Each of them, and where its bytes belong.
    pub pieces: Vec<FlashPiece>,
    /// Bytes that they bring, without a boot header that is made for them.
    pub bytes: usize,
    /// What was compared.
    pub image: Bytes,
    /// The boot header in flash.
    pub boot: Boot,
}

/// A range was erased and read back blank.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Erase {
    /// First address.
    pub address: u32,
    /// Bytes.
    pub bytes: u64,
}

/// A range is blank.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct BlankCheck {
    /// Always true: a range that is not blank is an error.
    pub blank: bool,
    /// First address.
    pub address: u32,
    /// Bytes.
    pub bytes: u32,
}

/// Block protection of a flash.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Unprotect {
    /// Whether it had to be cleared.
    pub changed: bool,
    /// Status registers before.
    pub before: String,
    /// Status registers after, when they were changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The application in flash was started; in an error: what is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Run {
    /// The image in flash.
    pub boot: Boot,
    /// What was started.
    #[serde(flatten)]
    pub started: Option<Started>,
}
