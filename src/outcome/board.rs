//! What commands tell of a board: chip, flash, image, open writes.

use serde::Serialize;

use super::{Finding, Span};
use crate::flash::{self, BootLook};
use crate::journal::{Phase, Standing, hex};

/// All that a board tells.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Info {
    /// Where it is.
    pub board: String,
    /// The chip that is gone by.
    pub chip: ChipInfo,
    /// What its boot ROM says; null when a flashloader ran already.
    pub rom: Option<RomInfo>,
    /// What its flashloader says.
    pub flashloader: Option<LoaderInfo>,
    /// Its flash.
    pub flash: Option<FlashInfo>,
    /// The image in flash.
    pub boot: Option<Boot>,
    /// What could not be found out.
    pub not_known: Vec<NotKnown>,
}

/// The chip that a command goes by.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ChipInfo {
    /// Its name.
    pub name: String,
    /// Whether the user named it.
    pub named: bool,
    /// In words: every chip that it can be, and the id when it was read.
    pub what: String,
}

/// What a boot ROM says of its chip.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct RomInfo {
    /// The chip's id register.
    pub chip_id: Option<u32>,
    /// The chip, in words.
    pub chip: Option<String>,
    /// The chip's unique id, in hex.
    pub unique_id: Option<String>,
    /// Whether the chip runs unsigned code.
    pub hab: Option<String>,
    /// BOOT_MODE pins, in words.
    pub boot_mode: Option<String>,
    /// Register SRC_SBMR1: BOOT_CFG.
    pub sbmr1: Option<u32>,
    /// Why the boot pins keep the ROM from this flash.
    pub boot_obstacle: Option<String>,
    /// Register SRC_SBMR2: BOOT_MODE.
    pub sbmr2: Option<u32>,
    /// Register SRC_SRSR: the reason of the last reset.
    pub srsr: Option<u32>,
    /// How the FlexRAM is split, and by what, in words.
    pub flexram: Option<String>,
    /// Why registers could not be read.
    pub unread: Option<String>,
}

/// What a flashloader says of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LoaderInfo {
    /// Its version, as flashloaders tell it.
    pub version: String,
    /// The version of rtboot's own loader, when it is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<String>,
    /// Which file was started, when this run did.
    pub build: Option<String>,
    /// The chip's unique id, in hex.
    pub unique_id: String,
    /// Whether the chip runs unsigned code.
    pub security_state: Option<String>,
}

/// A flash.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FlashInfo {
    /// Whether one answers.
    pub answers: bool,
    /// JEDEC id, as in 9d 60 17.
    pub jedec: String,
    /// Known parts with this id.
    pub parts: Vec<String>,
    /// Bytes by the database.
    pub size: Option<u32>,
    /// Bytes by its SFDP.
    pub sfdp_size: Option<u64>,
    /// Status registers, in words.
    pub status: String,
    /// Whether the quad-enable bit is set.
    pub quad_enabled: Option<bool>,
    /// Whether any block is protected.
    pub protected: Option<bool>,
}

/// Something that could not be found out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct NotKnown {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// The image in flash, and whether the ROM would start it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Boot {
    /// Whether all that was read is erased.
    pub blank: bool,
    /// What it is.
    pub kind: String,
    /// Whether it begins with an FCB.
    pub fcb: bool,
    /// How the FCB reads flash.
    pub fcb_read: Option<String>,
    /// Address of the IVT.
    pub ivt: Option<u32>,
    /// The IVT's entry.
    pub entry: Option<u32>,
    /// The boot data.
    pub boot_data: Option<BootExtent>,
    /// The application's stack.
    pub stack: Option<u32>,
    /// The application's reset handler.
    pub reset_handler: Option<u32>,
    /// Whether the ROM would start it; null when that depends on what was not checked.
    pub starts: Option<bool>,
    /// Why not, or what could not be checked.
    pub reasons: Vec<Finding>,
    /// Every rule, kept or broken.
    pub findings: Vec<Finding>,
    /// The same bytes read through the FCB, as the ROM reads them.
    pub trial: Trial,
    /// Writes and erases that broke off and are still open, by the journals of this board.
    pub open: Vec<OpenWork>,
}

/// A write or an erase that broke off and is still open.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct OpenWork {
    /// Which of them.
    pub what: OpenKind,
    /// Name of the image's file; several are joined by commas.
    pub image: Option<String>,
    /// SHA-256 of the image's bytes and their addresses, in hex.
    pub image_sha256: Option<String>,
    /// When it began, in seconds since 1970.
    pub time: u64,
    /// The same, as a date and a time of day (UTC).
    pub when: String,
    /// Version of the program that ran.
    pub program: String,
    /// How far a write came at least.
    pub phase: Option<OpenPhase>,
    /// What flash shows of a write now.
    pub shows: Option<OpenShows>,
    /// What the flash did otherwise than a write told it, when that ended the write; null when link, power or user did.
    pub failed: Option<OpenFailure>,
    /// Where bytes may be missing, or sectors may be erased in part.
    pub ranges: Vec<Span>,
    /// The journal that it is in.
    pub journal: String,
    /// Whose journal that is, when not this user's.
    pub user: Option<String>,
}

/// What broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OpenKind {
    /// A write.
    Write,
    /// An erase.
    Erase,
}

/// What a flash did otherwise than it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct OpenFailure {
    /// Code of the error that ended the write.
    pub code: String,
    /// Where it was.
    pub address: u32,
    /// The byte that should have been there; null when flash could not be read.
    pub expected: Option<u8>,
    /// The byte that was there.
    pub found: Option<u8>,
}

/// How far an interrupted write came at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OpenPhase {
    /// Sectors are erased.
    Erasing,
    /// Pages are programmed.
    Programming,
    /// Only the page with the FCB's tag was still to come.
    Last,
}

/// What flash shows of an interrupted write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OpenShows {
    /// Nothing: it reads as before.
    Untouched,
    /// What a break leaves.
    Broken,
    /// All of it.
    Whole,
    /// Something that came from somewhere else since.
    Changed,
}

impl From<&flash::OpenEntry> for OpenWork {
    fn from(entry: &flash::OpenEntry) -> OpenWork {
        let (image, phase, shows) = match &entry.what {
            flash::OpenKind::Write {
                image,
                phase,
                standing,
                ..
            } => {
                let phase = match phase {
                    Phase::Erasing => OpenPhase::Erasing,
                    Phase::Programming => OpenPhase::Programming,
                    Phase::Last => OpenPhase::Last,
                };
                let shows = match standing {
                    Standing::Untouched => OpenShows::Untouched,
                    Standing::Broken => OpenShows::Broken,
                    Standing::Whole => OpenShows::Whole,
                    Standing::Foreign(_) => OpenShows::Changed,
                };
                (Some(image), Some(phase), Some(shows))
            }
            flash::OpenKind::Erase => (None, None, None),
        };
        let span = |range: &std::ops::Range<u64>| Span {
            start: range.start,
            end: range.end,
        };
        OpenWork {
            what: match image {
                Some(_) => OpenKind::Write,
                None => OpenKind::Erase,
            },
            image: image.map(|image| image.name.clone()),
            image_sha256: image.map(|image| hex(&image.digest)),
            time: entry.time,
            when: entry.when.clone(),
            program: entry.program.clone(),
            phase,
            shows,
            failed: entry.failed().map(|failed| OpenFailure {
                code: failed.code.clone(),
                address: failed.address,
                expected: failed.differs.map(|(expected, _)| expected),
                found: failed.differs.map(|(_, found)| found),
            }),
            ranges: entry.ranges.iter().map(span).collect(),
            journal: entry.file.display().to_string(),
            user: entry.user.clone(),
        }
    }
}

/// All that is open.
pub fn open_work(open: &flash::OpenWork) -> Vec<OpenWork> {
    open.entries.iter().map(OpenWork::from).collect()
}

/// What a read through the stored FCB brought.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Trial {
    /// What is in flash.
    Same {
        /// Bytes compared.
        bytes: u64,
    },
    /// Something else.
    Differs {
        /// First address that differs.
        address: u32,
        /// What is there.
        expected: u8,
        /// What the FCB's read gave.
        found: u8,
        /// Whether the same read at 30 MHz is right.
        slow_is_right: bool,
    },
    /// Nothing: it was not tried.
    NotTried {
        /// Why not.
        why: String,
    },
}

impl From<&flash::Trial> for Trial {
    fn from(trial: &flash::Trial) -> Trial {
        match trial {
            flash::Trial::Same { bytes } => Trial::Same { bytes: *bytes },
            flash::Trial::Differs(at) => Trial::Differs {
                address: at.address,
                expected: at.expected,
                found: at.found,
                slow_is_right: at.slow_is_right,
            },
            flash::Trial::NotTried(why) => Trial::NotTried {
                why: why.to_string(),
            },
        }
    }
}

impl From<&BootLook> for Boot {
    fn from(look: &BootLook) -> Boot {
        let (verdict, seen) = (&look.verdict, &look.verdict.inspection);
        Boot {
            blank: look.blank,
            kind: seen.kind.to_string(),
            fcb: seen.fcb.is_some(),
            fcb_read: seen.fcb.as_ref().map(|fcb| fcb.sequence(0).to_string()),
            ivt: seen.ivt_address,
            entry: seen.ivt.map(|ivt| ivt.entry),
            boot_data: seen.boot_data.map(|data| BootExtent {
                start: data.start,
                length: data.length,
            }),
            stack: seen.vectors.map(|vectors| vectors.stack),
            reset_handler: seen.vectors.map(|vectors| vectors.reset),
            starts: verdict.starts.known(),
            reasons: super::findings(&verdict.reasons),
            findings: super::findings(&verdict.findings),
            trial: (&look.trial).into(),
            open: open_work(&look.open),
        }
    }
}

/// What boot data say of an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct BootExtent {
    /// First address.
    pub start: u32,
    /// Bytes.
    pub length: u32,
}
