//! Advice about the flash: which part it is, what keeps it from being changed, what it did with a command.

use super::link::mboot_advice;
use super::{AGAIN, Advice, CYCLE, MARKING, WRITE_CFG};
use crate::Error;
use crate::catalogue::{Entry, entry};
use crate::error::{OutOfRange, SfdpField};
use crate::mboot::{self, Status};
use crate::port::Wire;

/// Which part the flash is.
pub(super) fn identity(error: &Error) -> Advice {
    match error {
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
        Error::FlashChanged { .. } => Advice::new(
            of! {"flash-id-unsteady", "supply-dips"},
            &[
                CYCLE,
                "measure the flash's supply, and look at its solder joints",
            ],
        ),
        Error::PartUnclear { candidates, .. } => match candidates.first() {
            Some(name) => Advice::next(format!(
                "read the marking on the chip and name the part, as in --fcb {name}"
            )),
            None => Advice::new(of! {"flash-unknown"}, &[WRITE_CFG]),
        },
        Error::SfdpMismatch { field, .. } => Advice::new(sfdp_entry(field), &[MARKING]),
        _ => Advice::default(),
    }
}

/// What keeps the flash from being read or changed as it is.
pub(super) fn state(error: &Error) -> Advice {
    match error {
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
        Error::OutsideFlash {
            what: OutOfRange::Range,
            ..
        } => Advice::next("`rtboot info` tells how large the flash is"),
        Error::OutsideFlash { .. } => Advice::new(
            of! {"app-too-large"},
            &[
                "look at the linker script's flash region; `rtboot image show FILE` draws what the file brings",
            ],
        ),
        _ => Advice::default(),
    }
}

pub(super) fn configure_advice(error: &mboot::Error, wire: Option<Wire>) -> Advice {
    match error.status() {
        Some(Status(7000..=7002)) => {
            Advice::new(of! {"flash-silent", "flash-busy", "flash-in-qpi"}, &[CYCLE])
        }
        Some(Status(20107)) => Advice::new(
            of! {"flash-silent", "flash-no-sfdp"},
            &["`rtboot info` reads the flash's id without SFDP"],
        ),
        _ => mboot_advice(error, wire),
    }
}

/// An erase or program that was refused, or lost on the way.
pub(super) fn change_advice(error: &mboot::Error, wire: Option<Wire>) -> Advice {
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
            _ => mboot_advice(error, wire),
        },
        mboot::Error::Timeout { .. } => Advice::new(of! {"flash-busy", "flash-silent"}, &[CYCLE]),
        mboot::Error::Gone { .. } => Advice::new(of! {"flash-link-lost"}, &[AGAIN]),
        _ => mboot_advice(error, wire),
    }
}

/// The flash took the command and did nothing, or not what it should.
pub(super) fn ignored() -> Advice {
    Advice::new(
        of! {"flash-protected", "flash-protected-locked", "flash-other-part", "supply-dips", "worn-cells", "flash-too-fast"},
        &["measure WP# and the flash's supply"],
    )
}

pub(super) fn verify_advice(expected: u8, found: u8) -> Advice {
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

/// The finding about what [`Error::SfdpMismatch`] is about.
fn sfdp_entry(field: &SfdpField) -> &'static [&'static Entry] {
    match field {
        SfdpField::Presence { .. } => of! {"flash-no-sfdp"},
        SfdpField::Size { .. } => of! {"flash-sfdp-size"},
        SfdpField::Erase { .. } => of! {"flash-sfdp-erase"},
        SfdpField::QuadEnable { .. } => of! {"flash-sfdp-quad"},
    }
}
