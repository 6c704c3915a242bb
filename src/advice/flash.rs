//! Advice about the flash: which part it is, what keeps it from being changed, what it did with a command.

use rtboot_fcb::{Protected, StatusLock};
use rtboot_finding::catalogue::{app, cause, flash as entries};
use rtboot_finding::{Action, Entry, Finding, Next};

use super::link::mboot_advice;
use super::{Advice, BLOCK_LOCKS, CYCLE, MARKING, write_cfg};
use crate::Error;
use crate::error::{Content, Evidence, OutOfRange, SfdpField};
use crate::mboot::{self, Status};
use crate::port::Wire;

/// Which part the flash is.
pub(super) fn identity(error: &Error) -> Advice {
    match error {
        Error::NoFlash { .. } => Advice::of(&[
            // power-down and QPI were ended before the id was read
            &entries::FLASH_SILENT,
            &entries::FLASH_SECOND_PINS,
            &entries::FLASH_BUSY,
            &entries::FLASH_LOADER_PINS,
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
                .run(Action::PartToCfg { part: None })
        }
        Error::FcbUnfit { reason } => fitting(reason).run(Action::KeepFcb),
        Error::FcbUnreadable { reason, .. } => fitting(reason),
        Error::Protected {
            lock: StatusLock::UntilPowerOff,
            ..
        } => Advice::of(&[&entries::FLASH_STATUS_LOCKED_UNTIL_POWER_OFF])
            .act("power-cycle the board (a reset is not enough): that clears the lock")
            .run(Action::Unprotect)
            .run(Action::Again),
        Error::Protected {
            lock: StatusLock::Pin,
            ..
        } => Advice::of(&[&entries::FLASH_PROTECTED_LOCKED])
            .measure("measure the flash's WP# pin: it must be high (pull it up) to clear the bits")
            .run(Action::Unprotect)
            .run(Action::Again),
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
        // a loader that is asked to set a flash up has answered before
        _ if matches!(error, mboot::Error::Timeout { .. }) => {
            Advice::of(&[&entries::FLASH_BUSY, &entries::FLASH_SILENT])
                .hint(error.hint())
                .act(CYCLE)
        }
        _ => mboot_advice(error, wire),
    }
}

/// A loader that answered before, and not while it read flash.
pub(super) fn silent_while_reading(error: &mboot::Error) -> Advice {
    Advice::of(&[&entries::FLASH_LINK_SILENT])
        .hint(error.hint())
        .act(CYCLE)
}

/// An erase that was refused, or lost on the way; `content` is what the run found in flash afterwards.
pub(super) fn erase_advice(
    error: &mboot::Error,
    content: Option<&Content>,
    wire: Option<Wire>,
) -> Advice {
    match error.status() {
        Some(Status(20106)) => erase_ignored(content),
        _ => change_advice(error, wire),
    }
}

/// An erase that the flash took, and the place is not blank.
pub(super) fn erase_ignored(content: Option<&Content>) -> Advice {
    match content {
        Some(Content::OldImageWhole { .. }) => no_effect(),
        Some(Content::PartErased {
            evidence: Evidence::ReadBack,
            erased,
            ..
        }) if !erased.is_empty() => part_effect(),
        // flash without an FCB may be as it was, too: an erase that did nothing is not ruled out
        _ => Advice::of(&[
            &entries::FLASH_PROTECTED,
            &cause::WORN_CELLS,
            &cause::SUPPLY_DIPS,
        ])
        .measure(WP_AND_SUPPLY),
    }
}

/// Bytes of the smallest page: a program command sends no page that is blank.
const PAGE: u32 = 256;

/// A program command that was refused, or lost on the way; `differs` is the place of the first wrong byte, what it should be and
/// what it is.
pub(super) fn program_advice(
    error: &mboot::Error,
    address: u32,
    differs: Option<(u32, u8, u8)>,
    wire: Option<Wire>,
) -> Advice {
    // pages before it were programmed by the same command
    let part = differs.is_some_and(|(at, ..)| at.saturating_sub(address) >= PAGE);
    let differs = differs.map(|(_, expected, found)| (expected, found));
    // ours says the same with a code of its own
    let status = match error.status() {
        Some(Status::LOADER_NOT_PROGRAMMED) => Some(Status(20106)),
        status => status,
    };
    match (status, differs) {
        (Some(Status(20106)), None | Some((_, 0xFF))) if !part => no_effect(),
        (Some(Status(20106)), Some((expected, found))) if expected & !found != 0 => Advice::of(&[
            &cause::PAGE_NOT_BLANK,
            &cause::SUPPLY_DIPS,
            &entries::FLASH_TOO_FAST,
        ])
        .measure(SUPPLY),
        (Some(Status(20106)), _) => part_effect(),
        _ => change_advice(error, wire),
    }
}

fn change_advice(error: &mboot::Error, wire: Option<Wire>) -> Advice {
    match error {
        mboot::Error::Refused { status, .. } => match status {
            Status(10203) => Advice::of(&[&cause::PAGE_NOT_BLANK]).run(Action::Again),
            Status(7000..=7002) | &Status::LOADER_FLASH_BUSY => Advice::of(&[
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

const WP_AND_SUPPLY: &str = "measure WP# and the flash's supply";
const SUPPLY: &str = "measure the flash's supply while it is erased and programmed";

/// The flash took the command, and no byte changed.
pub(super) fn no_effect() -> Advice {
    Advice::of(&[
        &entries::FLASH_PROTECTED,
        &cause::SUPPLY_DIPS,
        &entries::FLASH_OTHER_PART,
    ])
    .measure(WP_AND_SUPPLY)
}

/// The flash took the command and did part of it: it is not protected.
fn part_effect() -> Advice {
    Advice::of(&[
        &cause::WORN_CELLS,
        &cause::SUPPLY_DIPS,
        &entries::FLASH_TOO_FAST,
    ])
    .measure(SUPPLY)
    .act("where the same place fails again with a good supply, the flash is worn: replace it")
}

pub(super) fn verify_advice(expected: u8, found: u8) -> Advice {
    let causes: &[&'static Entry] = match (expected, found) {
        (_, 0xFF) => &[
            &app::APP_HALF_WRITTEN,
            &entries::FLASH_PROTECTED,
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
        .act("write again; if errors move, with a lower clock")
        .run(Action::PartToCfg { part: None })
}

/// The steps where the bytes were compared on one pad: no clock of an FCB has a part in it.
pub(super) fn verify_on_one_pad() -> Vec<Next> {
    Advice::default()
        .act("verify again: errors that move are read errors, errors that stay are in flash")
        .run(Action::Verify)
        .run(Action::Write {
            app: None,
            part: None,
        })
        .next
}

/// The finding about what [`Error::SfdpMismatch`] is about.
fn sfdp_entry(field: &SfdpField) -> &'static Entry {
    match field {
        SfdpField::Presence { .. } => &entries::FLASH_NO_SFDP,
        SfdpField::Size { .. } => &entries::FLASH_SFDP_SIZE,
        SfdpField::Erase { .. } | SfdpField::EraseCommand { .. } => &entries::FLASH_SFDP_ERASE,
        SfdpField::QuadEnable { .. } => &entries::FLASH_SFDP_QUAD,
        SfdpField::Page { .. } => &entries::FLASH_SFDP_PAGE,
        SfdpField::IdTail { .. } => &entries::FLASH_OTHER_PART,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(advice: &Advice) -> Vec<&str> {
        advice.causes.iter().map(|entry| entry.code).collect()
    }

    fn program_that_reads(expected: u8, found: u8) -> Advice {
        let error = mboot::Error::Refused {
            command: mboot::Tag::WRITE_MEMORY,
            status: Status(20106),
            step: mboot::Step::Final,
            done: 0x100,
        };
        program_advice(
            &error,
            0x6000_0100,
            Some((0x6000_0100, expected, found)),
            None,
        )
    }

    #[test]
    fn unchanged_bytes_name_protection_before_wear() {
        let advice = program_that_reads(0x46, 0xFF);
        assert_eq!(advice.causes[0].code, entries::FLASH_PROTECTED.code);
        assert!(!codes(&advice).contains(&cause::WORN_CELLS.code));
    }

    #[test]
    fn bits_that_stay_one_name_worn_cells_first() {
        let advice = program_that_reads(0x00, 0x01);
        assert_eq!(advice.causes[0].code, cause::WORN_CELLS.code);
        assert!(!codes(&advice).contains(&entries::FLASH_PROTECTED.code));
    }

    #[test]
    fn bits_that_are_lost_name_a_page_that_was_not_blank() {
        let advice = program_that_reads(0xFF, 0x7F);
        assert_eq!(advice.causes[0].code, cause::PAGE_NOT_BLANK.code);
    }

    #[test]
    fn erase_without_effect_is_never_called_wear() {
        let checked = 0x6000_0000..0x6000_3000;
        let advice = erase_ignored(Some(&Content::OldImageWhole { checked }));
        assert!(!codes(&advice).contains(&cause::WORN_CELLS.code));
    }

    #[test]
    fn locked_protection_is_measured_before_it_is_cleared() {
        let protected = |sr1, lock| Error::Protected {
            lock,
            status: rtboot_fcb::StatusRegisters {
                sr1,
                sr2: None,
                sr3: None,
            },
            extent: rtboot_fcb::Protected::Everything,
            address: 0x6000_0000,
            expected: 0x46,
            found: 0xFF,
        };
        let locked = state(&protected(0xBC, StatusLock::Pin));
        assert_eq!(codes(&locked), [entries::FLASH_PROTECTED_LOCKED.code]);
        assert!(matches!(locked.next[0], rtboot_finding::Next::Measure(_)));
        assert_eq!(
            codes(&state(&protected(0xFC, StatusLock::Open))),
            [entries::FLASH_PROTECTED.code]
        );
    }
}
