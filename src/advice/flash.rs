//! Advice about the flash: which part it is, what keeps it from being changed, what it did with a command.

use rtboot_fcb::{Protected, StatusLock};
use rtboot_finding::catalogue::{app, cause, content, flash as entries};
use rtboot_finding::{Action, Entry, Finding};

use super::link::mboot_advice;
use super::{Advice, BLOCK_LOCKS, CYCLE, MARKING, write_cfg};
use crate::Error;
use crate::error::{OutOfRange, SfdpField};
use crate::mboot::{self, Status};
use crate::port::Wire;

/// Which part the flash is.
pub(super) fn identity(error: &Error) -> Advice {
    match error {
        Error::NoFlash { .. } => Advice::of(&[
            &entries::FLASH_SILENT,
            &entries::FLASH_SECOND_PINS,
            &entries::FLASH_BUSY,
            &entries::FLASH_ASLEEP,
            &entries::FLASH_IN_QPI,
        ])
        .act(CYCLE),
        Error::PartMismatch { known_as, .. } => {
            let advice = Advice::of(&[&entries::FLASH_OTHER_PART]);
            match known_as.first() {
                Some(name) => advice
                    .act("if this is the right board, name the part that is on it")
                    .run(Action::NamePart {
                        part: Some(name.clone()),
                    }),
                None => write_cfg(advice),
            }
        }
        Error::FlashChanged { .. } => {
            Advice::of(&[&entries::FLASH_ID_UNSTEADY, &cause::SUPPLY_DIPS])
                .act(CYCLE)
                .measure("measure the flash's supply and check its solder joints")
        }
        Error::PartUnclear {
            candidates,
            describes_itself: false,
            ..
        } if candidates.is_empty() => {
            let advice = Advice::of(&[&entries::FLASH_UNKNOWN_NO_SFDP]).act(CYCLE);
            advice
                .act("if its id stays the same, read the marking on the flash and describe the part in a .cfg")
                .run(Action::ExampleCfg)
        }
        Error::PartUnclear { candidates, .. } => match candidates.first() {
            Some(name) => Advice::default()
                .act("read the marking on the chip and name the part")
                .run(Action::NamePart {
                    part: Some(name.clone()),
                }),
            None => write_cfg(Advice::of(&[&entries::FLASH_UNKNOWN])),
        },
        Error::SfdpMismatch { field, .. } => Advice::of(&[sfdp_entry(field)]).act(MARKING),
        _ => Advice::default(),
    }
}

/// What keeps the flash from being read or changed as it is.
pub(super) fn state(error: &Error) -> Advice {
    match error {
        Error::ProtectionStays { lock, .. } | Error::QuadNotSet { lock, .. }
            if *lock == StatusLock::UntilPowerOff =>
        {
            Advice::of(&[&entries::FLASH_STATUS_LOCKED_UNTIL_POWER_OFF])
                .act(CYCLE)
                .run(Action::Again)
        }
        Error::QuadNotSet { .. } => {
            Advice::of(&[&entries::FLASH_STATUS_LOCKED, &entries::FLASH_SFDP_QUAD]).measure(
                "measure the WP# pin; compare the .cfg's quad-enable method with the data sheet",
            )
        }
        Error::BlockLocks { .. }
        | Error::Protected {
            extent: Protected::OwnLocks { .. },
            ..
        } => Advice::of(&[&entries::FLASH_INDIVIDUAL_LOCKS]).act(BLOCK_LOCKS),
        Error::ProtectionStays { .. } => Advice::of(&[&entries::FLASH_PROTECTED_LOCKED])
            .measure("pull WP# up (or measure it), then try again")
            .run(Action::Unprotect),
        Error::QuadReadDiffers { .. } => {
            Advice::of(&[&entries::FLASH_QUAD_WRONG, &entries::FLASH_TOO_FAST])
                .act(CYCLE)
                .act("lower the clock in the .cfg")
        }
        Error::FcbUnfit { reason } => fitting(reason).run(Action::KeepFcb),
        Error::FcbUnreadable { reason, .. } => fitting(reason),
        Error::Protected { .. } => Advice::of(&[&entries::FLASH_PROTECTED])
            .run(Action::Unprotect)
            .run(Action::Again),
        Error::OutsideFlash {
            what: OutOfRange::Range,
            ..
        } => Advice::default().run(Action::Info),
        Error::OutsideFlash { .. } => Advice::of(&[&app::APP_TOO_LARGE])
            .act("check the flash region in the linker script")
            .run(Action::ShowImage { file: None }),
        _ => Advice::default(),
    }
}

/// An FCB that fits instead.
fn fitting(reason: &Finding) -> Advice {
    Advice::of(&[reason.entry]).run(Action::Write {
        app: None,
        part: Some("auto".into()),
    })
}

pub(super) fn configure_advice(error: &mboot::Error, wire: Option<Wire>) -> Advice {
    match error.status() {
        Some(Status(7000..=7002)) => Advice::of(&[
            &entries::FLASH_SILENT,
            &entries::FLASH_BUSY,
            &entries::FLASH_IN_QPI,
        ])
        .act(CYCLE),
        Some(Status(20107)) => Advice::of(&[&entries::FLASH_SILENT, &entries::FLASH_NO_SFDP])
            .act("read the flash's id without SFDP")
            .run(Action::Info),
        _ => mboot_advice(error, wire),
    }
}

/// An erase or program that was refused, or lost on the way.
pub(super) fn change_advice(error: &mboot::Error, wire: Option<Wire>) -> Advice {
    match error {
        mboot::Error::Refused { status, .. } => match status {
            Status(20106) => ignored(),
            Status(10203) => Advice::of(&[&cause::PAGE_NOT_BLANK]).run(Action::Again),
            Status(7000..=7002) => Advice::of(&[
                &entries::FLASH_BUSY,
                &cause::SUPPLY_DIPS,
                &cause::WORN_CELLS,
            ])
            .measure("measure the flash's supply while it is erased")
            .act(CYCLE),
            _ => mboot_advice(error, wire),
        },
        mboot::Error::Timeout { .. } => {
            Advice::of(&[&entries::FLASH_BUSY, &entries::FLASH_SILENT]).act(CYCLE)
        }
        mboot::Error::Gone { .. } => Advice::of(&[&entries::FLASH_LINK_LOST]).run(Action::Again),
        _ => mboot_advice(error, wire),
    }
}

/// The flash took the command and did nothing, or not what it should.
pub(super) fn ignored() -> Advice {
    Advice::of(&[
        &entries::FLASH_PROTECTED,
        &entries::FLASH_PROTECTED_LOCKED,
        &entries::FLASH_OTHER_PART,
        &cause::SUPPLY_DIPS,
        &cause::WORN_CELLS,
        &entries::FLASH_TOO_FAST,
    ])
    .measure("measure WP# and the flash's supply")
}

pub(super) fn verify_advice(expected: u8, found: u8) -> Advice {
    let causes: &[&'static Entry] = match (expected, found) {
        (_, 0xFF) => &[
            &entries::FLASH_PROTECTED,
            &content::CONTENT_NOT_PROGRAMMED,
            &app::APP_HALF_WRITTEN,
            &entries::FLASH_OTHER_PART,
            &entries::FLASH_TOO_FAST,
        ],
        _ if expected & found == found => &[
            &app::APP_BITS_LOST,
            &app::APP_DIFFERS,
            &entries::FLASH_TOO_FAST,
        ],
        _ => &[
            &app::APP_DIFFERS,
            &entries::FLASH_TOO_FAST,
            &entries::FLASH_QUAD_WRONG,
        ],
    };
    Advice::of(causes)
        .act("verify again: errors that move are read errors, errors that stay are in flash")
        .run(Action::Verify)
        .act("write again; if errors move, lower the clock in the .cfg")
}

/// The finding about what [`Error::SfdpMismatch`] is about.
fn sfdp_entry(field: &SfdpField) -> &'static Entry {
    match field {
        SfdpField::Presence { .. } => &entries::FLASH_NO_SFDP,
        SfdpField::Size { .. } => &entries::FLASH_SFDP_SIZE,
        SfdpField::Erase { .. } | SfdpField::EraseCommand { .. } => &entries::FLASH_SFDP_ERASE,
        SfdpField::QuadEnable { .. } => &entries::FLASH_SFDP_QUAD,
        SfdpField::Page { .. } => &entries::FLASH_SFDP_PAGE,
    }
}
