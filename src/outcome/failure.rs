//! A run that failed.

use std::ops::Range;

use serde::Serialize;

use super::{Outcome, Progress, UsbDevice};
use crate::advice::Advice;
use crate::chip::RomOwners;
use crate::{Content, Error, Evidence, Unread, mboot, sdp};

/// Why a run failed, what the board holds now, and what to do next.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Failure {
    /// Stable kebab-case name of the error.
    pub code: String,
    /// Exit code of the process.
    pub exit: u8,
    /// What failed, one sentence; a file's error shows line and caret below it.
    pub message: String,
    /// Where the run was, in words; `progress` has it in numbers.
    pub at: Option<String>,
    /// The stage that was not over, and how far it had come.
    pub progress: Option<Progress>,
    /// What rtboot was doing.
    pub step: Option<Step>,
    /// Addresses, lengths and codes of the error.
    pub facts: Facts,
    /// What flash holds now, one sentence; null when the error does not know or nothing was changed.
    pub flash_now: Option<String>,
    /// The same for programs; also for a run that the user stopped.
    pub flash_state: Option<FlashState>,
    /// What it likely comes from, likely first.
    pub causes: Vec<String>,
    /// The code of each of `causes`, in the same order.
    pub cause_codes: Vec<String>,
    /// What to do next, the nearest first.
    pub next: Vec<String>,
    /// What the run had found out before it failed.
    pub found: Option<Box<Outcome>>,
}

impl Failure {
    /// The facts of an error; where the run was and what it had found is for its caller to add.
    pub fn new(error: &Error, advice: &Advice) -> Failure {
        let causes = advice.words();
        let (cause_codes, causes) = causes
            .map(|(cause, words)| (cause.code.to_owned(), words.to_owned()))
            .unzip();
        Failure {
            code: error.code().to_owned(),
            exit: error.exit_code(),
            message: error.to_string(),
            at: None,
            progress: None,
            step: Step::of(error),
            facts: Facts::of(error),
            flash_now: flash_now(error),
            flash_state: error.flash_state().map(FlashState::from),
            causes,
            cause_codes,
            next: advice.next.iter().map(ToString::to_string).collect(),
            found: None,
        }
    }
}

fn flash_now(error: &Error) -> Option<String> {
    match error {
        Error::WhileWriting { state, .. } => Some(state.to_string()),
        _ => None,
    }
}

/// What rtboot was doing when something failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Step {
    /// Stable kebab-case name.
    pub code: String,
    /// The same, in words.
    pub text: String,
}

impl Step {
    fn of(error: &Error) -> Option<Step> {
        let (code, text) = match error {
            Error::Sdp { step, .. } | Error::Mboot { step, .. } => (step.code(), step.to_string()),
            Error::Configure { set_up, .. } => {
                ("configure-flash", format!("configuring the flash {set_up}"))
            }
            Error::Erase { .. } => ("erase", "erasing flash".into()),
            Error::Program { .. } => ("program", "programming flash".into()),
            Error::WhileWriting { source, .. } => return Step::of(source),
            _ => return None,
        };
        let code = code.to_owned();
        Some(Step { code, text })
    }
}

/// Addresses from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Span {
    /// First address.
    pub start: u64,
    /// First address after it.
    pub end: u64,
}

impl From<&Range<u64>> for Span {
    fn from(range: &Range<u64>) -> Span {
        let Range { start, end } = *range;
        Span { start, end }
    }
}

/// What flash holds now, as far as the run can know.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FlashState {
    /// Stable kebab-case name of what its bytes are.
    pub code: String,
    /// The range that the code is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Span>,
    /// What of that range is known to be erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<Span>,
    /// Whether the bytes were read back. Without it the device only said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_back: Option<bool>,
    /// What was done, in order, when only the report of it is lost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<String>,
    /// The quad-enable bit: as-it-was, set or uncertain.
    pub quad_enable: String,
    /// The file with the bytes around the image, which flash does not hold now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saved_to: Option<String>,
}

impl From<&crate::FlashState> for FlashState {
    fn from(state: &crate::FlashState) -> FlashState {
        let content = &state.content;
        let known = |evidence: &Evidence| Some(*evidence == Evidence::ReadBack);
        let (erased, read_back) = match content {
            Content::PartErased {
                erased, evidence, ..
            } => (Some(Span::from(erased)), known(evidence)),
            Content::Erased { evidence, .. } => (None, known(evidence)),
            Content::NewImageWhole { verified } => (None, Some(*verified)),
            _ => (None, None),
        };
        let done = match content {
            Content::ReportLost { done } => done.as_slice(),
            _ => &[],
        };
        let saved_to = state.saved_to.as_ref();
        FlashState {
            code: content.code().to_owned(),
            range: content.range().map(Span::from),
            erased,
            read_back,
            done: done.iter().map(|change| change.code().to_owned()).collect(),
            quad_enable: state.quad_enable.code().to_owned(),
            saved_to: saved_to.map(|path| path.display().to_string()),
        }
    }
}

/// Numbers of an error; those that it does not have are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Facts {
    /// First address that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<u32>,
    /// Bytes from there on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// The byte that should be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<u8>,
    /// The byte that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<u8>,
    /// How many bytes differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The flash's first address, when something lies outside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flash_start: Option<u32>,
    /// First address after the flash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flash_end: Option<u64>,
    /// JEDEC id that the flash answered with, as in 9d6017.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jedec: Option<String>,
    /// What the flashloader or boot ROM answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u32>,
    /// The name of that status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_name: Option<String>,
    /// The file that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The addresses that a raw file may be linked to, the likeliest first, when none of them is certain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bases: Vec<u32>,
    /// The selector that nothing answers at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// The boards that fit, when one must be named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub boards: Vec<FoundBoard>,
    /// What is on USB instead of the board that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub usb: Vec<UsbDevice>,
    /// The registers that the boot ROM refuses to read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Register>,
    /// The chips that it can be by its USB ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chips: Vec<String>,
}

/// A register of the chip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Register {
    /// What it is, as in `the chip id`.
    pub name: String,
    /// Its address.
    pub address: u32,
}

fn bases(error: &rtboot_bootable::Error) -> Vec<u32> {
    match error {
        rtboot_bootable::Error::BaseUnclear { bases, .. } => {
            bases.iter().map(|one| one.base).collect()
        }
        _ => Vec::new(),
    }
}

fn refused(unread: Option<&Unread>) -> Vec<Register> {
    let register = |(name, address): &(&str, u32)| Register {
        name: (*name).to_owned(),
        address: *address,
    };
    match unread {
        Some(Unread::Refused(registers)) => registers.iter().map(register).collect(),
        _ => Vec::new(),
    }
}

/// A board that a selector fits.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FoundBoard {
    /// The selector that names it; plain `usb` where the system does not name USB ports.
    pub selector: String,
    /// What it runs: boot-rom or flashloader.
    pub program: String,
    /// Why it cannot be used now, when it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl From<&crate::FoundBoard> for FoundBoard {
    fn from(board: &crate::FoundBoard) -> FoundBoard {
        FoundBoard {
            selector: board.selector.to_string(),
            program: board.program.code().to_owned(),
            problem: board.problem.as_ref().map(ToString::to_string),
        }
    }
}

impl Facts {
    /// The numbers of an error.
    pub fn of(error: &Error) -> Facts {
        let none = Facts::default();
        match error {
            Error::Firmware { path, source } => Facts {
                file: Some(path.display().to_string()),
                bases: bases(source),
                ..none
            },
            Error::ReadFile { path, .. }
            | Error::WriteFile { path, .. }
            | Error::FcbFile { path, .. }
            | Error::BadFile { path, .. }
            | Error::BackupMisfit { path, .. }
            | Error::Settings { path, .. } => Facts {
                file: Some(path.display().to_string()),
                ..none
            },
            Error::NoBoard {
                selector,
                seen_instead,
            } => Facts {
                selector: Some(selector.to_string()),
                usb: seen_instead.iter().map(UsbDevice::from).collect(),
                ..none
            },
            Error::UnknownChip { unread, owners } => Facts {
                refused: refused(unread.as_ref()),
                chips: owners
                    .iter()
                    .flat_map(RomOwners::names)
                    .map(str::to_owned)
                    .collect(),
                ..none
            },
            Error::NoVirtual { folder, .. } => Facts {
                selector: Some(format!("virtual:{}", folder.display())),
                ..none
            },
            Error::SeveralBoards { boards } => Facts {
                boards: boards.iter().map(FoundBoard::from).collect(),
                ..none
            },
            Error::Sdp { source, .. } => none.sdp(source),
            Error::Mboot { source, .. } | Error::Configure { source, .. } => none.mboot(source),
            Error::LoaderDamaged {
                address,
                expected,
                found,
            } => none.byte(*address, Some(*expected), *found),
            Error::LoaderRam { need, .. } => Facts {
                address: Some(need.from),
                ..none
            },
            Error::JumpRefused {
                address, answer, ..
            } => Facts {
                address: Some(*address),
                status: Some(*answer),
                ..none
            },
            Error::LoaderSilent { address, .. } | Error::OwnLoaderSilent { address, .. } => Facts {
                address: Some(*address),
                ..none
            },
            Error::NoFlash { found }
            | Error::PartMismatch { found, .. }
            | Error::PartUnclear { found, .. }
            | Error::FlashChanged { now: found, .. } => Facts {
                jedec: Some(found.to_string()),
                ..none
            },
            Error::QuadReadDiffers {
                address,
                quad,
                plain,
            } => none.byte(*address, Some(*plain), *quad),
            Error::FcbUnreadable {
                tried: Some(tried), ..
            } => none.byte(tried.address, Some(tried.expected), tried.found),
            Error::Protected {
                address,
                expected,
                found,
                ..
            } => none.byte(*address, Some(*expected), *found),
            Error::Erase {
                address,
                length,
                source,
                differs,
            } => Facts {
                found: differs.map(|(_, found)| found),
                ..none.range(*address, *length).mboot(source)
            },
            Error::NotBlank { address, found } | Error::HoldsBytes { address, found } => {
                none.byte(*address, Some(0xFF), *found)
            }
            Error::Program {
                address,
                length,
                source,
                differs,
            } => Facts {
                expected: differs.map(|(_, expected, _)| expected),
                found: differs.map(|(_, _, found)| found),
                ..none.range(*address, *length).mboot(source)
            },
            Error::OtherFcb {
                address,
                expected,
                found,
                ..
            } => none.byte(*address, Some(*expected), *found),
            Error::Verify {
                address,
                expected,
                found,
                count,
                total,
            } => Facts {
                count: Some(*count),
                total: Some(*total),
                ..none.byte(*address, Some(*expected), *found)
            },
            Error::OutsideFlash {
                start,
                end,
                flash_start,
                flash_end,
                ..
            } => Facts {
                address: Some(*start),
                length: Some(end.saturating_sub(u64::from(*start))),
                flash_start: Some(*flash_start),
                flash_end: Some(*flash_end),
                ..none
            },
            Error::BadRange { address, length } => none.range(*address, *length),
            Error::OtherBootLoader { ivt, .. } => Facts {
                address: Some(*ivt),
                ..none
            },
            Error::NoBootLoader { table, .. } => Facts {
                address: Some(*table),
                ..none
            },
            Error::NotProgrammed { address, total } => Facts {
                count: Some(*total),
                total: Some(*total),
                ..none.byte(*address, None, 0xFF)
            },
            Error::OutsideRam { start, end, .. }
            | Error::Overlap { start, end, .. }
            | Error::NotWholeSectors { start, end, .. } => Facts {
                address: Some(*start),
                length: Some(end.saturating_sub(u64::from(*start))),
                ..none
            },
            Error::WhileWriting { source, .. } => Facts::of(source),
            _ => none,
        }
    }

    fn byte(self, address: u32, expected: Option<u8>, found: u8) -> Facts {
        Facts {
            address: Some(address),
            expected,
            found: Some(found),
            ..self
        }
    }

    fn range(self, address: u32, length: u32) -> Facts {
        Facts {
            address: Some(address),
            length: Some(u64::from(length)),
            ..self
        }
    }

    fn mboot(self, error: &mboot::Error) -> Facts {
        let status = error.status();
        Facts {
            status: status.map(|status| status.0),
            status_name: status.and_then(|status| status.name()).map(str::to_owned),
            ..self
        }
    }

    fn sdp(self, error: &sdp::Error) -> Facts {
        let status = match error {
            sdp::Error::Refused { status, .. } => Some(*status),
            _ => None,
        };
        Facts {
            status: status.map(|status| status.0),
            status_name: status.and_then(|status| status.name()).map(str::to_owned),
            ..self
        }
    }
}
