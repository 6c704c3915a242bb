//! For every error: why it likely happened, and what to do next.
//!
//! Causes are in the order of their likelihood, judged from public threads on RT10xx flashing and from what the genuine
//! flashloader can produce. [`Error`] itself stays facts.

use crate::mboot::{self, Status};
use crate::{Error, port};

/// Words for people about an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    /// Likely causes, likely first; empty when the error says it all.
    pub causes: Vec<String>,
    /// What to do next, a command to type or a thing to look at.
    pub next: Vec<String>,
}

impl Advice {
    fn new(causes: &[&str], next: &[&str]) -> Advice {
        let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        Advice {
            causes: owned(causes),
            next: owned(next),
        }
    }

    fn next(next: impl AsRef<str>) -> Advice {
        Advice::new(&[], &[next.as_ref()])
    }
}

/// What rtboot advises about this error.
pub fn advice(error: &Error) -> Advice {
    match error {
        Error::ReadFile { .. } | Error::WriteFile { .. } => {
            Advice::next("look at the path, its permissions and the free space")
        }
        Error::Firmware { source, .. } => source.hint().map(Advice::next).unwrap_or_default(),
        Error::Cfg { .. } => {
            Advice::next("mend the line; `rtboot fcb show issi.cfg` prints a file that works")
        }
        Error::BadFile { .. } => Advice::next("mend the file, or give another"),
        Error::FcbFile { source, .. } => source.hint().map(Advice::next).unwrap_or_default(),
        Error::UnknownPart { nearest, .. } => match nearest {
            Some(name) => Advice::new(
                &[],
                &[
                    &format!("did you mean {name}?"),
                    "`rtboot fcb list` names all known parts",
                ],
            ),
            None => Advice::next(
                "`rtboot fcb list` names all known parts; a .cfg of your own works too",
            ),
        },
        Error::Settings { .. } => Advice::next("mend the file, or move it away"),
        Error::Usage(_) => {
            Advice::next("`rtboot --help` and `rtboot COMMAND --help` tell what is possible")
        }
        Error::NotConfirmed { flag, words, .. } => {
            Advice::next(format!("if that is really wanted, add: {flag} \"{words}\""))
        }
        Error::NoBoard { selector, .. } if selector.starts_with("virtual") => Advice::new(
            &["its application runs, or its switches do not stand on serial download"],
            &[
                "`rtboot virtual show` tells; `rtboot virtual set FOLDER --straps serial --power-cycle` brings it back",
            ],
        ),
        Error::NoBoard { selector, .. } if selector.starts_with("uart:") => nobody_on_uart(),
        Error::NoBoard { .. } => no_board(),
        Error::SeveralBoards { boards } => {
            Advice::next(format!("name one with --board: {}", boards.join("; ")))
        }
        Error::WrongChip { .. } => Advice::new(
            &["this is not the board that was meant"],
            &["`rtboot list` shows which boards are there; `--board` names one"],
        ),
        Error::UnknownChip { .. } => Advice::new(
            &[
                "reading registers is fused off (SDP_READ_DISABLE)",
                "a ROM of another family",
            ],
            &["if you know the chip, say so: --chip rt1021"],
        ),
        Error::Held { .. } => Advice::new(
            &["another run is still at work there, perhaps in another terminal or an IDE"],
            &["wait until it is done, or end it; `--board` names another board"],
        ),
        Error::Port(source) => port_advice(source),
        Error::Virtual(_) => Advice::next("`rtboot virtual new DIR` makes a fresh one"),
        Error::Sdp { source, .. } => source.hint().map(Advice::next).unwrap_or_default(),
        Error::Mboot { source, .. } => mboot_advice(source),
        Error::NoLoader { .. } => Advice::new(
            &[],
            &[
                "name the file once: rtboot flashloader add ivt_flashloader.bin (the README tells where NXP publishes it)",
                "or for this run only: --flashloader FILE",
            ],
        ),
        Error::LoaderDamaged { .. } => Advice::new(
            &["bytes were lost or changed on the UART"],
            &["reset the board and try again; a shorter cable or a lower speed helps"],
        ),
        Error::JumpRefused { .. } => Advice::new(
            &[
                "the part is closed (HAB) and this flashloader is not signed for it",
                "the file is damaged",
            ],
            &["reset the board; on a closed part use a flashloader signed with its key"],
        ),
        Error::LoaderSilent { .. } => loader_silent(),
        Error::OtherBoard { .. } => {
            Advice::next("leave the cables alone while rtboot runs, and start again")
        }
        Error::NoFlash { .. } => Advice::new(
            &[
                "the flash is not on the pins that the flashloader drives (primary group, port A); the RT1021 flashloader cannot use the second group",
                "the flash has no power, is held in reset, or is in deep power-down",
                "the application left it in QPI or octal mode: a reset of the chip does not reset the flash",
                "solder: CS, CLK, D0 or D1 open",
            ],
            &[
                "switch the board's power off and on (not only reset) and try again",
                "measure the flash's VCC, CS and CLK while `rtboot info` runs",
            ],
        ),
        Error::PartMismatch { known_as, .. } => {
            let next = match known_as.first() {
                Some(name) => format!("if this board is meant: --fcb {name}"),
                None => "write a .cfg for this part: `rtboot fcb show issi.cfg` prints an example"
                    .into(),
            };
            Advice::new(
                &["another board, or another flash fitted on this one"],
                &[&next],
            )
        }
        Error::PartUnclear { candidates, .. } => match candidates.first() {
            Some(name) => Advice::new(
                &["several parts share this id"],
                &[&format!(
                    "read the marking on the chip and name the part, as in --fcb {name}"
                )],
            ),
            None => Advice::next(
                "write a .cfg for this part (`rtboot fcb show issi.cfg` prints an example) and name it with --fcb",
            ),
        },
        Error::SfdpMismatch { .. } => Advice::new(
            &[
                "another part with the same id (makers reuse them), or a copy",
                "noise on the flash's lines",
            ],
            &["read the marking on the chip; name the right part or correct the .cfg"],
        ),
        Error::Configure { source, .. } => configure_advice(source),
        Error::QuadNotSet { .. } => Advice::new(
            &[
                "the status register is locked: WP# is low and the lock bit (SRWD, SRP) is set",
                "the .cfg names the wrong quad-enable method for this part",
            ],
            &[
                "look at the WP# pin, then `rtboot info`; compare the .cfg's quad enable method with the data sheet",
            ],
        ),
        Error::ProtectionStays { .. } => Advice::new(
            &["the status register is locked: WP# is low and the lock bit (SRWD, SRP) is set"],
            &["pull WP# up (or measure it), then `rtboot unprotect` again"],
        ),
        Error::QuadReadDiffers { .. } => Advice::new(
            &[
                "the read's dummy cycles do not fit the part as it is now (a volatile setting of the last application stays until power-off)",
                "the clock is too fast for board or part",
                "D2 or D3 open, or the DQS pin used for something else",
            ],
            &[
                "switch the board's power off and on and try again",
                "lower the clock in the .cfg",
            ],
        ),
        Error::Protected { .. } => Advice::new(
            &[
                "an application or another tool set the block-protect bits",
                "a new part that comes protected",
            ],
            &["rtboot unprotect (it says what it changes), then the same command again"],
        ),
        Error::Erase { source, .. } => flash_change_advice(source, "erase"),
        Error::NotBlank { .. } => ignored("erase"),
        Error::HoldsBytes { .. } => Advice::default(),
        Error::Program { source, .. } => flash_change_advice(source, "program"),
        Error::Verify {
            expected, found, ..
        } => verify_advice(*expected, *found),
        Error::OutsideFlash { .. } => Advice::new(
            &["linked for a larger flash, or for another address"],
            &[
                "look at the linker script's flash region; `rtboot image show FILE` draws what the file brings",
            ],
        ),
        Error::Interrupted { .. } => Advice::next("the same command again finishes the job"),
        Error::WhileWriting { source, .. } => advice(source),
    }
}

fn nobody_on_uart() -> Advice {
    Advice::new(
        &[
            "the boot switches are not on serial download (BOOT_MODE = 01), or power was not cycled since they are",
            "another speed: ROM and flashloader answer at 115200 baud unless told otherwise (`uart:PORT@BAUD`)",
            "RX and TX are swapped, or it is another UART than LPUART1",
            "the ROM still waits for the rest of a file that an earlier run began to send",
        ],
        &["set BOOT_MODE = 01, reset the board, and try again with 115200 baud"],
    )
}

fn no_board() -> Advice {
    Advice::new(
        &[
            "the boot switches are not on serial download (BOOT_MODE = 01), or power was not cycled since they are",
            "a charge-only cable, a bad hub, or the board's other USB socket",
            "an application was started instead",
            "bytes on the UART were taken for a download before USB came up (floating RX)",
        ],
        &[
            "set BOOT_MODE = 01 (RT1020-EVK: SW8 off off off on), switch power off and on, then `rtboot list`",
        ],
    )
}

fn port_advice(error: &port::Error) -> Advice {
    match error {
        port::Error::Permission { .. } => Advice::new(
            &[
                "no udev rule gives your user this device",
                "a rule for 1fc9 (ROM) only: the flashloader is 15a2",
            ],
            &[
                "rtboot udev | sudo tee /etc/udev/rules.d/70-rtboot.rules; sudo udevadm control --reload-rules; sudo udevadm trigger; then replug",
            ],
        ),
        port::Error::NotFound { .. } => no_board(),
        other => other.hint().map(Advice::next).unwrap_or_default(),
    }
}

fn loader_silent() -> Advice {
    Advice::new(
        &[
            "a flashloader of another chip, or a damaged file",
            "the part is closed (HAB) and the flashloader is not signed",
            "fuses gave this chip less OCRAM than the flashloader needs",
            "a virtual machine or hub that does not pass the second USB device (15a2:0073) on",
        ],
        &["`rtboot flashloader show FILE` says what the file is; reset the board and try again"],
    )
}

/// Codes that mean the same whatever was asked for.
fn mboot_advice(error: &mboot::Error) -> Advice {
    match error.status() {
        Some(Status(10200)) => Advice::new(
            &["the address lies outside RAM and flash, or in the flashloader's own RAM"],
            &["`rtboot mboot get-property 12` names the flashloader's own RAM"],
        ),
        Some(Status(10205)) => Advice::new(
            &["the flash is not configured, or the flashloader was started anew"],
            &["configure-memory first; the flash verbs (write, read, erase) do that themselves"],
        ),
        Some(Status(10000)) => Advice::new(
            &["this flashloader does not have the command"],
            &["`rtboot mboot get-property 7` lists the commands it has"],
        ),
        _ => error.hint().map(Advice::next).unwrap_or_default(),
    }
}

fn configure_advice(error: &mboot::Error) -> Advice {
    match error.status() {
        Some(Status(7000..=7002)) => Advice::new(
            &[
                "the flash does not get ready: absent, held in reset, or in another mode",
                "a look-up table that does not fit the part",
            ],
            &["switch the board's power off and on; then `rtboot info`"],
        ),
        Some(Status(20107)) => Advice::new(
            &["no flash answers on these pins", "a part without SFDP"],
            &["`rtboot info` reads the flash's id without SFDP"],
        ),
        _ => mboot_advice(error),
    }
}

fn flash_change_advice(error: &mboot::Error, what: &str) -> Advice {
    match error.status() {
        Some(Status(20106)) => ignored(what),
        Some(Status(10203)) => Advice::new(
            &[
                "the page is not blank: something wrote to it since the erase, or an erase before did not work",
            ],
            &["the same command again erases what must be erased"],
        ),
        Some(Status(7000..=7002)) => Advice::new(
            &["the flash stays busy: its power dips, or it is worn or absent"],
            &[
                "measure the flash's supply while it is erased; switch power off and on and try again",
            ],
        ),
        Some(_) => mboot_advice(error),
        None => match error {
            mboot::Error::Timeout { .. } => Advice::new(
                &["the flash stays busy for ever: absent, held in reset, or worn"],
                &["reset the board, then `rtboot info`"],
            ),
            mboot::Error::Gone { .. } => Advice::new(
                &["the board lost power or was reset, or the cable was pulled"],
                &["look at supply and cable, then the same command again"],
            ),
            _ => mboot_advice(error),
        },
    }
}

/// The flash took the command and did nothing, or not what it should.
fn ignored(what: &str) -> Advice {
    let first = format!(
        "the flash ignored the {what}: write-protected by its block-protect bits or by WP# held low"
    );
    Advice::new(
        &[
            &first,
            "its write-enable or status commands are not the ones of the .cfg: another part than it says",
            "the supply dips while it erases or programs",
            "worn cells, or a read clock too fast (then the erase was fine and the check read wrong)",
        ],
        &[
            "`rtboot info` shows status registers and protection; `rtboot unprotect` clears the bits",
            "measure WP# and the flash's supply",
        ],
    )
}

fn verify_advice(expected: u8, found: u8) -> Advice {
    if found == 0xFF && expected != 0xFF {
        let mut advice = ignored("programming");
        advice.causes.insert(1, "nothing was written here: it was flashed for another layout, or by a tool whose program step silently did nothing".into());
        return advice;
    }
    let cleared_only = expected & found == found;
    let first = if cleared_only {
        "the page was not blank before it was programmed (bits can only be cleared)"
    } else {
        "reading errors: the clock is too fast, or D2/D3 have bad contact"
    };
    Advice::new(
        &[
            first,
            "another image is in flash",
            "worn cells that lose bits",
        ],
        &[
            "`rtboot verify` again: errors that move are reading errors, errors that stay are in flash",
            "`rtboot write` again; lower the clock in the .cfg if errors move",
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ff_where_a_byte_should_be_names_protection_first() {
        let advice = verify_advice(0x46, 0xFF);
        assert!(advice.causes[0].contains("write-protected"), "{advice:?}");
        assert!(advice.next[0].contains("unprotect"));
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
