//! For every error: why it likely happened, and what to do next.
//!
//! Causes are entries of the [`catalogue`], in the order of their likelihood, judged from public threads on RT10xx
//! flashing and from what the genuine flashloader can produce. [`Error`] itself stays facts.

use crate::Error;
use crate::catalogue::{self, BETTER_LINE, Entry, entry};
use crate::port::Wire;

/// A likely cause of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// Code in the [`catalogue`]: the finding that the doctor would come to, where it can.
    pub code: &'static str,
    /// What it is.
    pub text: &'static str,
}

/// Words for people about an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    /// Likely causes, likely first; empty when the error says it all.
    pub causes: Vec<Cause>,
    /// What to do next, a command to type or a thing to look at.
    pub next: Vec<String>,
}

impl Advice {
    /// One entry alone brings what it may come from; several stand beside each other.
    fn new(entries: &[&'static Entry], next: &[&str]) -> Advice {
        let cause = |code, text| Cause { code, text };
        let causes = match entries {
            [one] if !one.causes.is_empty() => {
                let texts = one.causes.iter();
                texts.map(|text| cause(one.code, *text)).collect()
            }
            many => many.iter().map(|e| cause(e.code, e.title)).collect(),
        };
        Advice {
            causes,
            next: next.iter().map(|text| (*text).to_owned()).collect(),
        }
    }

    fn next(next: impl AsRef<str>) -> Advice {
        Advice::new(&[], &[next.as_ref()])
    }

    fn hint(entries: &[&'static Entry], hint: Option<&str>) -> Advice {
        Advice::new(entries, hint.as_slice())
    }

    /// Whether `rtboot doctor` tells the causes apart: they are several symptoms, and a look at the board shows one of them.
    pub fn doctor_tells(&self) -> bool {
        let first = self.causes.first().map(|cause| cause.code);
        self.causes.iter().any(told) && self.causes.iter().any(|cause| Some(cause.code) != first)
    }

    /// What `rtboot doctor` does with the causes, as the end of a sentence about it; `None` where it tells nothing apart.
    ///
    /// Some causes show only in a measurement, or in the next try: then it does not tell all of them.
    pub fn doctor_does(&self) -> Option<&'static str> {
        self.doctor_tells()
            .then(|| match self.causes.iter().all(told) {
                true => "tells which of them it is",
                false => "tells some of them apart",
            })
    }
}

/// Whether the doctor has a finding of this name.
fn told(cause: &Cause) -> bool {
    catalogue::ALL.iter().any(|entry| entry.code == cause.code)
}

/// Entries of the catalogue by their codes, looked up while compiling.
macro_rules! of {
    ($($code:literal),* $(,)?) => { const { &[$(entry($code)),*] } };
}

mod flash;
mod link;

use flash::{change_advice, configure_advice, ignored, verify_advice};
use link::{mboot_advice, port_advice, sdp_advice};

const CYCLE: &str = "switch the board's power off and on (not only reset) and try again";
const MARKING: &str = "read the marking on the chip; name the right part or correct the .cfg";
const AGAIN: &str = "the same command again finishes the job";
const WRITE_CFG: &str = "write a .cfg for this part: `rtboot fcb probe --save PART.cfg` makes one, `rtboot fcb show issi.cfg --cfg` prints an example";

/// What rtboot advises about this error, whatever the board hangs on.
pub fn advice(error: &Error) -> Advice {
    advice_over(error, None)
}

/// The same for a board that hangs on this wire: what the other one brings with it is no cause then.
pub fn advice_over(error: &Error, wire: Option<Wire>) -> Advice {
    match error {
        Error::ReadFile { .. }
        | Error::WriteFile { .. }
        | Error::Firmware { .. }
        | Error::Cfg { .. }
        | Error::BadFile { .. }
        | Error::FcbFile { .. }
        | Error::UnknownPart { .. }
        | Error::Settings { .. }
        | Error::Usage(_)
        | Error::StatusWriteUnknown { .. }
        | Error::UsbPortsUnknown
        | Error::NotConfirmed { .. }
        | Error::TooMuchToKeep { .. } => desk(error),
        Error::NoBoard { .. }
        | Error::SeveralBoards { .. }
        | Error::WrongChip { .. }
        | Error::CfgOtherChip { .. }
        | Error::UnknownChip { .. }
        | Error::BoardBusy { .. }
        | Error::Virtual(_)
        | Error::OtherBoard { .. } => board(error),
        Error::Port(source) => port_advice(source, wire),
        Error::Sdp { step, source } => sdp_advice(*step, source, wire),
        Error::Mboot { source, .. } => mboot_advice(source, wire),
        Error::NoLoader { .. }
        | Error::LoaderDamaged { .. }
        | Error::JumpRefused { .. }
        | Error::LoaderSilent { .. } => loader(error),
        Error::NoFlash { .. }
        | Error::PartMismatch { .. }
        | Error::FlashChanged { .. }
        | Error::PartUnclear { .. }
        | Error::SfdpMismatch { .. } => flash::identity(error),
        Error::QuadNotSet { .. }
        | Error::ProtectionStays { .. }
        | Error::QuadReadDiffers { .. }
        | Error::Protected { .. }
        | Error::OutsideFlash { .. } => flash::state(error),
        Error::Configure { source, .. } => configure_advice(source, wire),
        Error::Erase { source, .. } | Error::Program { source, .. } => change_advice(source, wire),
        Error::NotBlank { .. } => ignored(),
        Error::HoldsBytes { .. } => Advice::default(),
        Error::Verify {
            expected, found, ..
        } => verify_advice(*expected, *found),
        Error::Interrupted { .. } => Advice::next(AGAIN),
        Error::WhileWriting { source, .. } => advice_over(source, wire),
    }
}

/// Files, options and settings.
fn desk(error: &Error) -> Advice {
    match error {
        Error::ReadFile { .. } => Advice::next("look at the path and its permissions"),
        Error::WriteFile { .. } => {
            Advice::next("look at the path, its permissions and the free space")
        }
        Error::Firmware { source, .. } => source.hint().map(Advice::next).unwrap_or_default(),
        Error::Cfg { .. } => {
            Advice::next("mend the line; `rtboot fcb show issi.cfg --cfg` prints a file that works")
        }
        Error::BadFile { .. } => Advice::next("mend the file, or give another"),
        Error::FcbFile { source, .. } => source.hint().map(Advice::next).unwrap_or_default(),
        Error::UnknownPart { nearest, .. } => unknown_part(nearest.as_deref()),
        Error::Settings { .. } => Advice::next("mend the file, or move it away"),
        Error::Usage(_) => {
            Advice::next("`rtboot --help` and `rtboot COMMAND --help` tell what is possible")
        }
        Error::StatusWriteUnknown { .. } => Advice::next(WRITE_CFG),
        Error::UsbPortsUnknown => Advice::next("`rtboot list` shows what is there"),
        Error::NotConfirmed { flag, words, .. } => {
            Advice::next(format!("if that is really wanted, add: {flag} \"{words}\""))
        }
        Error::TooMuchToKeep { .. } => Advice::new(
            &[],
            &[
                "--erase-around drops the bytes around the image",
                "or write fewer sectors at a time: a part of the image, cut out with `rtboot image convert IN OUT --crop FROM..TO`",
            ],
        ),
        _ => Advice::default(),
    }
}

/// Which board, and what it is.
fn board(error: &Error) -> Advice {
    match error {
        Error::NoBoard { selector, .. } => no_board(selector),
        Error::SeveralBoards { boards } => {
            Advice::next(format!("name one with --board: {}", boards.join("; ")))
        }
        Error::WrongChip { .. } => Advice::new(
            of! {"chip-other"},
            &["`rtboot list` shows which boards are there; `--board` names one"],
        ),
        Error::CfgOtherChip { .. } => Advice::new(
            of! {"cfg-other-chip"},
            &[
                "name a part or .cfg for this chip with --fcb; if the file fits this chip as well, add the chip to its key `chip`",
            ],
        ),
        Error::UnknownChip { .. } => Advice::new(
            of! {"rom-read-disabled"},
            &["if you know the chip, say so: --chip rt1021"],
        ),
        Error::BoardBusy { .. } => Advice::new(
            of! {"host-busy"},
            &["wait until it is done, or end it; `--board` names another board"],
        ),
        Error::Virtual(_) => Advice::next("`rtboot virtual new DIR` makes a fresh one"),
        Error::OtherBoard { .. } => {
            Advice::next("leave the cables alone while rtboot runs, and start again")
        }
        _ => Advice::default(),
    }
}

/// From the boot ROM to a flashloader that runs.
fn loader(error: &Error) -> Advice {
    match error {
        Error::NoLoader { .. } => Advice::new(
            &[],
            &[
                "name the file once: rtboot flashloader add ivt_flashloader.bin (the README tells where NXP publishes it)",
                "or for this run only: --flashloader FILE",
            ],
        ),
        Error::LoaderDamaged { .. } => Advice::new(
            of! {"loader-damaged"},
            &["reset the board and try again", BETTER_LINE],
        ),
        Error::JumpRefused { .. } => Advice::new(
            of! {"closed-part", "loader-bad-file", "loader-refused"},
            &["reset the board; on a closed part use a flashloader signed with its key"],
        ),
        Error::LoaderSilent { .. } => Advice::new(
            of! {"loader-bad-file", "closed-part", "fuse-flexram-short", "loader-vanished"},
            &[
                "`rtboot flashloader show FILE` says what the file is; reset the board and try again",
            ],
        ),
        _ => Advice::default(),
    }
}

fn unknown_part(nearest: Option<&str>) -> Advice {
    match nearest {
        Some(name) => Advice::new(
            &[],
            &[
                &format!("did you mean {name}?"),
                "`rtboot fcb list` names all known parts",
            ],
        ),
        None => {
            Advice::next("`rtboot fcb list` names all known parts; a .cfg of your own works too")
        }
    }
}

fn no_board(selector: &str) -> Advice {
    match selector.split(':').next() {
        Some("virtual") => {
            let folder = selector
                .split_once(':')
                .map_or("FOLDER", |(_, folder)| folder);
            Advice::new(
                of! {"host-virtual-away"},
                &[&format!(
                    "`rtboot virtual show {folder}` tells; `rtboot virtual set {folder} --straps serial --power-cycle` brings it back"
                )],
            )
        }
        Some("uart") => Advice::new(of! {"uart-silent"}, &[catalogue::BOOT_MODE]),
        _ => Advice::new(
            of! {"host-no-board"},
            &[catalogue::BOOT_MODE, "`rtboot list` shows what is there"],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ff_where_a_byte_should_be_names_protection_first() {
        let advice = verify_advice(0x46, 0xFF);
        assert_eq!(advice.causes[0].code, "flash-protected");
        assert!(advice.doctor_tells());
    }

    #[test]
    fn a_failure_while_writing_is_advised_like_its_cause() {
        let error = Error::NotBlank {
            address: 0x6000_0000,
            found: 0,
        };
        let plain = advice(&error);
        let error = error.with_flash_state(crate::Content::NothingStarts {
            changed: 0x6000_0000..0x6000_1000,
        });
        assert_eq!(advice(&error), plain);
        assert_eq!(error.exit_code(), 31);
    }
}
