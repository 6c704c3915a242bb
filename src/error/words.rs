//! Pieces of the sentences in `Display`, and what an error is about where advice hangs on it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rtboot_fcb::{QeMethod, StatusLock};

use super::Breadcrumb;
use crate::chip::RomOwners;
use crate::sdp;
use crate::selector::{FoundBoard, Seen};

/// What lies outside the flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutOfRange {
    /// The range that was asked for.
    Range,
    /// The image that was to be written.
    Image,
    /// What a file brings, to be compared.
    File,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OutOfRange::Range => "the range",
            OutOfRange::Image => "the image",
            OutOfRange::File => "what the file brings at",
        })
    }
}

/// That an application seems to be meant for a boot loader, and why.
pub(super) fn for_boot_loader(path: &Path, mcuboot: bool, table: u32) -> String {
    let file = path.display();
    match mcuboot {
        true => format!(
            "{file} would not start on its own: it is an image for MCUboot (vector table at {table:#010x}), and flash holds no boot image"
        ),
        false => format!(
            "{file} leaves room for a boot loader before its vector table at {table:#010x}, and flash holds no boot image"
        ),
    }
}

/// What a flash's SFDP says otherwise than the part's `.cfg`, with both values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SfdpField {
    /// There should be SFDP, and none can be read.
    Presence {
        /// Why not.
        problem: rtboot_fcb::Error,
    },
    /// The size, in bytes.
    Size {
        /// By the `.cfg`.
        expected: u64,
        /// By SFDP.
        found: u64,
    },
    /// The smallest erase, in bytes.
    Erase {
        /// By the `.cfg`.
        expected: u64,
        /// The sizes that SFDP names.
        found: Vec<u64>,
    },
    /// What an erase command clears, in bytes.
    EraseCommand {
        /// The command, as with three address bytes.
        command: u8,
        /// By the `.cfg`.
        expected: u64,
        /// By SFDP; empty when it lists no such command.
        found: Vec<u64>,
    },
    /// The page, in bytes.
    Page {
        /// By the `.cfg`.
        expected: u64,
        /// By SFDP.
        found: u64,
    },
    /// The bytes of 9Fh behind the id. They are no part of SFDP, and tell the part from another one in the same way.
    IdTail {
        /// By the `.cfg`.
        expected: Vec<u8>,
        /// As the flash answers.
        found: Vec<u8>,
    },
    /// How the quad-enable bit is set.
    QuadEnable {
        /// By the `.cfg`.
        expected: QeMethod,
        /// By SFDP.
        found: QeMethod,
    },
}

impl fmt::Display for SfdpField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let both = |f: &mut fmt::Formatter<'_>, what: &str, found: String, expected: String| {
            write!(f, "{what} is {found} by its SFDP, {expected} by the .cfg")
        };
        match self {
            SfdpField::Presence { problem } => {
                write!(
                    f,
                    "its SFDP is missing ({problem}), but the .cfg expects it"
                )
            }
            SfdpField::Size { expected, found } => {
                both(f, "its size", bytes(*found), bytes(*expected))
            }
            SfdpField::Erase { expected, found } => {
                let found: Vec<String> = found.iter().map(|size| bytes(*size)).collect();
                both(f, "its smallest erase", found.join(", "), bytes(*expected))
            }
            SfdpField::EraseCommand {
                command,
                expected,
                found,
            } => {
                let found: Vec<String> = found.iter().map(|size| bytes(*size)).collect();
                let what = format!("what {command:02X}h erases");
                let found = match found.is_empty() {
                    true => "nothing".to_owned(),
                    false => found.join(", "),
                };
                both(f, &what, found, bytes(*expected))
            }
            SfdpField::IdTail { expected, found } => {
                let digits = |bytes: &[u8]| {
                    let bytes: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
                    bytes.join(" ")
                };
                write!(
                    f,
                    "its id goes on with {}, that of the part with {}",
                    digits(found),
                    digits(expected)
                )
            }
            SfdpField::Page { expected, found } => {
                both(f, "its page", bytes(*found), bytes(*expected))
            }
            SfdpField::QuadEnable { expected, found } => both(
                f,
                "its quad-enable bit",
                found.to_string(),
                expected.to_string(),
            ),
        }
    }
}

/// The first byte that came out wrong when an FCB was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrialDiffers {
    /// Its address.
    pub address: u32,
    /// What is there.
    pub expected: u8,
    /// What the FCB's read gave.
    pub found: u8,
    /// Whether the same read at 30 MHz gives what is there.
    pub slow_is_right: bool,
}

/// What the trial of an FCB gave, as the end of a sentence.
pub(super) fn measured(tried: &Option<TrialDiffers>) -> String {
    let Some(at) = tried else {
        return String::new();
    };
    let slow = match at.slow_is_right {
        true => "; at 30 MHz it is correct",
        false => "",
    };
    format!(
        "; a read through it gave {:#04x} at {:#010x}, where the flash holds {:#04x}{slow}",
        at.found, at.address, at.expected
    )
}

/// What there is too much of to be kept through an erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeptUnit {
    /// Bytes.
    Bytes,
    /// Separate pieces.
    Pieces,
    /// Interrupted writes.
    Writes,
}

impl fmt::Display for KeptUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeptUnit::Bytes => "bytes",
            KeptUnit::Pieces => "pieces",
            KeptUnit::Writes => "interrupted writes",
        })
    }
}

/// In what a backup differs from the board that it is to go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BackupOf {
    /// The chip.
    Chip,
    /// The JEDEC id of the flash.
    FlashId,
    /// How many bytes the flash has.
    Size,
}

impl fmt::Display for BackupOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BackupOf::Chip => "chip",
            BackupOf::FlashId => "flash id",
            BackupOf::Size => "flash size",
        })
    }
}

/// What is on a port now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnPort {
    /// The boot ROM.
    Rom,
    /// A flashloader.
    Flashloader,
    /// Nothing that answers.
    Nothing,
    /// Looking failed.
    Unreadable(String),
}

impl fmt::Display for OnPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            // it stayed, or a reset brought it back
            OnPort::Rom => "the boot ROM answers there",
            OnPort::Flashloader => "a flashloader is there",
            OnPort::Nothing => "nothing answers there now",
            OnPort::Unreadable(problem) => problem,
        })
    }
}

/// Why rtboot's own loader cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoOwn {
    /// It is made for other chips.
    OtherChip,
    /// This build does not bring it.
    NotBuilt,
}

impl fmt::Display for NoOwn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoOwn::OtherChip => "rtboot's own loader does not run on it",
            NoOwn::NotBuilt => "this rtboot was built without its own loader",
        })
    }
}

/// Which loaders there are not.
pub(super) fn no_loader(chip: &str, looked: bool, own: Option<NoOwn>) -> String {
    match (looked, own) {
        (_, None) => format!("no flashloader file is known for the {chip}"),
        (true, Some(own)) => format!("no flashloader file is known for the {chip}, and {own}"),
        (false, Some(own)) => format!("no loader for the {chip}: {own}"),
    }
}

/// What reset the chip, as the end of a sentence.
pub(super) fn reset_by(srsr: Option<&(u32, String)>) -> String {
    match srsr {
        Some((srsr, causes)) if causes.is_empty() => format!("; SRC_SRSR is {srsr:#x}"),
        Some((srsr, causes)) => format!("; SRC_SRSR is {srsr:#x}: {causes}"),
        None => String::new(),
    }
}

/// What the loader wrote down, as the end of a sentence; that it wrote nothing tells only where RAM was read.
pub(super) fn left_behind(breadcrumb: Option<&Breadcrumb>, read: bool) -> String {
    match breadcrumb {
        Some(crumb) => format!("; {crumb}"),
        None if read => "; it left no trace in RAM".to_owned(),
        None => String::new(),
    }
}

/// A program that has a board open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// Its process id.
    pub process: u32,
    /// Its name; may be empty.
    pub name: String,
}

impl Holder {
    /// The program with this process id.
    pub fn new(process: u32, name: impl Into<String>) -> Holder {
        Holder {
            process,
            name: name.into(),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.as_str() {
            "" => write!(f, "process {}", self.process),
            name => write!(f, "{name} (process {})", self.process),
        }
    }
}

/// A size as people say it.
pub fn bytes(count: u64) -> String {
    match count {
        n if n >= 1 << 20 && n.is_multiple_of(1 << 20) => format!("{} MiB", n >> 20),
        n if n >= 1 << 10 && n.is_multiple_of(1 << 10) => format!("{} KiB", n >> 10),
        n => format!("{n} bytes"),
    }
}

/// What splits the FlexRAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplitBy {
    /// The fuse word MISC_CONF0, which reads so.
    Fuses(u32),
    /// IOMUXC_GPR17, which reads so: a program set it since power-up.
    Register(u32),
}

impl fmt::Display for SplitBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SplitBy::Fuses(word) => write!(f, "by fuses: MISC_CONF0 is {word:#010x}"),
            SplitBy::Register(banks) => write!(f, "by a program: IOMUXC_GPR17 is {banks:#010x}"),
        }
    }
}

/// Why an id does not tell the part.
pub(super) fn unclear(candidates: &[String], describes_itself: bool) -> String {
    match (candidates, describes_itself) {
        ([], true) => "it is not in the database".into(),
        ([], false) => {
            "it is not in the database and the flash has no SFDP, so it may not be an id at all"
                .into()
        }
        (candidates, _) => candidates.join(", "),
    }
}

/// What keeps status registers as they are, behind what they are.
pub(super) fn kept_by(lock: StatusLock) -> String {
    match lock {
        StatusLock::Open => String::new(),
        lock => format!("; {lock}"),
    }
}

/// What is on USB instead of a board.
pub(crate) fn seen(devices: &[Seen]) -> String {
    let devices: Vec<String> = devices.iter().map(Seen::to_string).collect();
    match devices.is_empty() {
        true => String::new(),
        false => format!(" (there is: {})", devices.join("; ")),
    }
}

/// What became of the question for a chip's registers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unread {
    /// The ROM refused these: their names and addresses.
    Refused(Vec<(&'static str, u32)>),
    /// It was not asked: these chips' ROM is not known to read registers out.
    NotAsked(RomOwners),
    /// The ROM did not answer.
    Silent {
        /// How long it was waited for.
        waited: Duration,
    },
}

/// Registers with their addresses: "SBMR1 (0x400f8004), SBMR2 (0x400f801c)".
pub(crate) fn registers(registers: &[(&str, u32)]) -> String {
    let name = |(what, address): &(&str, u32)| format!("{what} ({address:#010x})");
    let names: Vec<String> = registers.iter().map(name).collect();
    names.join(", ")
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unread::Refused(registers) => {
                let (names, status) = (self::registers(registers), sdp::Status::REFUSED_89);
                write!(f, "the ROM refuses {names}: {status}")
            }
            Unread::NotAsked(owners) => {
                write!(
                    f,
                    "the ROM of the {owners} is not known to read registers out, so it was not asked"
                )
            }
            Unread::Silent { waited } => {
                let command = sdp::Tag::READ_REGISTER;
                let waited = *waited;
                write!(f, "{}", sdp::Error::Timeout { command, waited })
            }
        }
    }
}

pub(super) fn untold(unread: &Option<Unread>) -> String {
    let untold = || "it does not answer register reads".to_owned();
    unread.as_ref().map_or_else(untold, Unread::to_string)
}

pub(super) fn by_usb(owners: &Option<RomOwners>) -> String {
    owners.as_ref().map_or(String::new(), |owners| {
        format!("; by its USB ids it is one of {owners}")
    })
}

/// Virtual boards beside one that is not there.
pub(super) fn beside(folders: &[PathBuf]) -> String {
    let boards = folders.iter().map(|folder| folder.display().to_string());
    match folders {
        [] => String::new(),
        _ => format!(
            " (there is one in {})",
            boards.collect::<Vec<_>>().join(", in ")
        ),
    }
}

pub(super) fn listed(boards: &[FoundBoard]) -> String {
    let boards: Vec<String> = boards.iter().map(ToString::to_string).collect();
    boards.join("; ")
}

pub(super) fn named(names: &[String]) -> String {
    if names.is_empty() {
        String::new()
    } else {
        format!(" ({})", names.join(" or "))
    }
}

pub(super) fn at_byte(differs: &Option<(u32, u8)>, expected: u8) -> String {
    differs.map_or(String::new(), |(at, found)| {
        format!("; {at:#010x} should be {expected:#04x}, found {found:#04x}")
    })
}

pub(super) fn at_pair(differs: &Option<(u32, u8, u8)>) -> String {
    differs.map_or(String::new(), |(at, expected, found)| {
        format!("; {at:#010x} should be {expected:#04x}, found {found:#04x}")
    })
}

/// Who holds a board.
pub(super) fn holders(by: &[Holder]) -> String {
    match by {
        [] => "another program".into(),
        by => by
            .iter()
            .map(Holder::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    }
}
