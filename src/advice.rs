//! For every error: why it likely happened, and what to do next.
//!
//! Causes are entries of the [`catalogue`], in the order of their likelihood, judged from public threads on RT10xx
//! flashing and from what the genuine flashloader can produce. [`Error`] itself stays facts.

use crate::Error;
use crate::catalogue::{self, BETTER_LINE, Entry, entry};
use crate::mboot::{self, Status};

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
        let told = |cause: &Cause| catalogue::ALL.iter().any(|entry| entry.code == cause.code);
        let first = self.causes.first().map(|cause| cause.code);
        self.causes.iter().any(told) && self.causes.iter().any(|cause| Some(cause.code) != first)
    }
}

/// Entries of the catalogue by their codes, looked up while compiling.
macro_rules! of {
    ($($code:literal),* $(,)?) => { const { &[$(entry($code)),*] } };
}

mod link;

use link::{mboot_advice, port_advice, sdp_advice};

const CYCLE: &str = "switch the board's power off and on (not only reset) and try again";
const MARKING: &str = "read the marking on the chip; name the right part or correct the .cfg";
const AGAIN: &str = "the same command again finishes the job";
const WRITE_CFG: &str = "write a .cfg for this part: `rtboot fcb probe --save PART.cfg` makes one, `rtboot fcb show issi.cfg --cfg` prints an example";

/// What rtboot advises about this error.
pub fn advice(error: &Error) -> Advice {
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
        Error::NotConfirmed { flag, words, .. } => {
            Advice::next(format!("if that is really wanted, add: {flag} \"{words}\""))
        }
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
        Error::Held { .. } => Advice::new(
            of! {"host-busy"},
            &["wait until it is done, or end it; `--board` names another board"],
        ),
        Error::Port(source) => port_advice(source),
        Error::Virtual(_) => Advice::next("`rtboot virtual new DIR` makes a fresh one"),
        Error::Sdp { source, .. } => sdp_advice(source),
        Error::Mboot { source, .. } => mboot_advice(source),
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
        Error::OtherBoard { .. } => {
            Advice::next("leave the cables alone while rtboot runs, and start again")
        }
        Error::NoFlash { .. } => Advice::new(
            of! {"flash-silent", "flash-second-pins", "flash-busy", "flash-asleep", "flash-in-qpi"},
            &[CYCLE],
        ),
        Error::PartMismatch { known_as, .. } => match known_as.first() {
            Some(name) => Advice::new(
                of! {"flash-other-part"},
                &[&format!("if this board is meant: --fcb {name}")],
            ),
            None => Advice::new(of! {"flash-other-part"}, &[WRITE_CFG]),
        },
        Error::PartUnclear { candidates, .. } => match candidates.first() {
            Some(name) => Advice::next(format!(
                "read the marking on the chip and name the part, as in --fcb {name}"
            )),
            None => Advice::new(of! {"flash-unknown"}, &[WRITE_CFG]),
        },
        Error::SfdpMismatch { what, .. } => Advice::new(sfdp_entry(what), &[MARKING]),
        Error::Configure { source, .. } => configure_advice(source),
        Error::QuadNotSet { .. } => Advice::new(
            of! {"flash-status-locked", "flash-sfdp-quad"},
            &["measure the WP# pin; compare the .cfg's quad-enable method with the data sheet"],
        ),
        Error::ProtectionStays { .. } => Advice::new(
            of! {"flash-protected-locked"},
            &["pull WP# up (or measure it), then `rtboot unprotect` again"],
        ),
        Error::QuadReadDiffers { .. } => Advice::new(
            of! {"flash-quad-wrong", "flash-too-fast"},
            &[CYCLE, "lower the clock in the .cfg"],
        ),
        Error::Protected { .. } => Advice::new(
            of! {"flash-protected"},
            &["rtboot unprotect (it says what it changes), then the same command again"],
        ),
        Error::Erase { source, .. } | Error::Program { source, .. } => change_advice(source),
        Error::NotBlank { .. } => ignored(),
        Error::HoldsBytes { .. } => Advice::default(),
        Error::Verify {
            expected, found, ..
        } => verify_advice(*expected, *found),
        Error::OutsideFlash { what, .. } if what == "the range" => {
            Advice::next("`rtboot info` tells how large the flash is")
        }
        Error::OutsideFlash { .. } => Advice::new(
            of! {"app-too-large"},
            &[
                "look at the linker script's flash region; `rtboot image show FILE` draws what the file brings",
            ],
        ),
        Error::Interrupted { .. } => Advice::next(AGAIN),
        Error::WhileWriting { source, .. } => advice(source),
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

fn configure_advice(error: &mboot::Error) -> Advice {
    match error.status() {
        Some(Status(7000..=7002)) => {
            Advice::new(of! {"flash-silent", "flash-busy", "flash-in-qpi"}, &[CYCLE])
        }
        Some(Status(20107)) => Advice::new(
            of! {"flash-silent", "flash-no-sfdp"},
            &["`rtboot info` reads the flash's id without SFDP"],
        ),
        _ => mboot_advice(error),
    }
}

/// An erase or program that was refused, or lost on the way.
fn change_advice(error: &mboot::Error) -> Advice {
    match error {
        mboot::Error::Refused { status, .. } => match status {
            Status(20106) => ignored(),
            Status(10203) => Advice::new(
                of! {"page-not-blank"},
                &["the same command again erases what must be erased"],
            ),
            Status(7000..=7002) => Advice::new(
                of! {"flash-busy", "supply-dips", "worn-cells"},
                &["measure the flash's supply while it is erased", CYCLE],
            ),
            _ => mboot_advice(error),
        },
        mboot::Error::Timeout { .. } => Advice::new(of! {"flash-busy", "flash-silent"}, &[CYCLE]),
        mboot::Error::Gone { .. } => Advice::new(of! {"flash-link-lost"}, &[AGAIN]),
        _ => mboot_advice(error),
    }
}

/// The flash took the command and did nothing, or not what it should.
fn ignored() -> Advice {
    Advice::new(
        of! {"flash-protected", "flash-protected-locked", "flash-other-part", "supply-dips", "worn-cells", "flash-too-fast"},
        &["measure WP# and the flash's supply"],
    )
}

fn verify_advice(expected: u8, found: u8) -> Advice {
    let entries: &[&Entry] = match (expected, found) {
        (_, 0xFF) => {
            of! {"flash-protected", "content-not-programmed", "app-half-written", "flash-other-part", "flash-too-fast"}
        }
        _ if expected & found == found => of! {"app-bits-lost", "app-differs", "flash-too-fast"},
        _ => of! {"app-differs", "flash-too-fast", "flash-quad-wrong"},
    };
    Advice::new(
        entries,
        &[
            "`rtboot verify` again: errors that move are reading errors, errors that stay are in flash",
            "`rtboot write` again; lower the clock in the .cfg if errors move",
        ],
    )
}

/// The finding about what [`Error::SfdpMismatch`] calls by this name.
fn sfdp_entry(what: &str) -> &'static [&'static Entry] {
    match what {
        "SFDP" => of! {"flash-no-sfdp"},
        "its size" => of! {"flash-sfdp-size"},
        "its smallest erase" => of! {"flash-sfdp-erase"},
        _ => of! {"flash-sfdp-quad"},
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
        let error = error.while_writing("flash holds part of the image");
        assert_eq!(advice(&error), plain);
        assert_eq!(error.exit_code(), 31);
    }
}
