//! Which part the flash is: what it answers, held against a `.cfg` or the database. Pure.

use rtboot_fcb::{JedecId, Part, PartFile, SfdpPresence, database};

use crate::error::SfdpField;
pub use crate::error::bytes;
use crate::flash::loader::NorFacts;
use crate::{Error, Result};

/// Where the expectation comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum PartSource {
    /// A `.cfg`: the file or database entry that the user named.
    Cfg {
        /// Its name, for messages.
        from: String,
        /// Its parts; the first is the one meant, the others its family.
        file: PartFile,
    },
    /// Nothing was named: the database is asked by the flash's id.
    Database,
}

/// Settles which part this is.
///
/// Parts that share an id cannot be told apart by it: a `.cfg` decides by its order, the database only when all
/// candidates lead to the same FCB.
///
/// # Errors
/// [`Error::NoFlash`], [`Error::PartMismatch`], [`Error::PartUnclear`], [`Error::SfdpMismatch`].
pub fn choose_part(facts: &NorFacts, source: &PartSource) -> Result<Part> {
    check_id(facts)?;
    let part = match source {
        PartSource::Cfg { from, file } => file
            .by_jedec(facts.id)
            .first()
            .map(|part| (*part).clone())
            .ok_or_else(|| mismatch(facts, from, file))?,
        PartSource::Database => from_database(facts)?,
    };
    check_sfdp(&part, facts)?;
    Ok(part)
}

/// Any known part with this id, good enough to read and erase: parts that share an id share these commands.
///
/// # Errors
/// [`Error::NoFlash`], [`Error::PartUnclear`], [`Error::SfdpMismatch`].
pub fn any_part(facts: &NorFacts) -> Result<Part> {
    check_id(facts)?;
    let part = database::by_jedec(facts.id)
        .into_iter()
        .min_by_key(|part| part.clock.0);
    let part = part.ok_or(Error::PartUnclear {
        found: facts.id,
        candidates: Vec::new(),
        describes_itself: facts.sfdp.is_ok(),
    })?;
    check_sfdp(&part, facts)?;
    Ok(part)
}

/// Another id than the file's. One that neither is known nor comes with SFDP need be no id.
fn mismatch(facts: &NorFacts, from: &str, file: &PartFile) -> Error {
    let known_as = names(&database::by_jedec(facts.id));
    if known_as.is_empty() && facts.sfdp.is_err() {
        return Error::PartUnclear {
            found: facts.id,
            candidates: known_as,
            describes_itself: false,
        };
    }
    Error::PartMismatch {
        found: facts.id,
        known_as,
        from: from.to_owned(),
        expected: expected(file),
    }
}

/// That a flash answers, and twice the same.
fn check_id(facts: &NorFacts) -> Result<()> {
    match facts.answers() {
        true => check_same(facts.id_again, facts.id),
        false => Err(Error::NoFlash { found: facts.id }),
    }
}

fn from_database(facts: &NorFacts) -> Result<Part> {
    let candidates = database::by_jedec(facts.id);
    let same = candidates
        .windows(2)
        .all(|pair| pair[0].boot_fcb() == pair[1].boot_fcb());
    match candidates.first() {
        Some(part) if same => Ok(part.clone()),
        _ => Err(Error::PartUnclear {
            found: facts.id,
            candidates: names(&candidates),
            describes_itself: facts.sfdp.is_ok(),
        }),
    }
}

/// Whether the flash still answers as it did at the beginning of this run.
///
/// One that fell silent since then reads as ones, and what reads as ones may have been taken for bytes of it.
///
/// # Errors
/// [`Error::NoFlash`], [`Error::FlashChanged`].
pub fn check_same(now: JedecId, before: JedecId) -> Result<()> {
    if now == before {
        return Ok(());
    }
    if !now.answers() {
        return Err(Error::NoFlash { found: now });
    }
    Err(Error::FlashChanged { before, now })
}

fn names(parts: &[Part]) -> Vec<String> {
    parts.iter().map(|part| part.name.clone()).collect()
}

/// The ids that a file allows, each with its parts.
fn expected(file: &PartFile) -> Vec<String> {
    file.parts
        .iter()
        .take(3)
        .map(|part| format!("{} ({})", part.jedec, part.name))
        .collect()
}

/// Holds the part against what the flash says of itself.
fn check_sfdp(part: &Part, facts: &NorFacts) -> Result<()> {
    let mismatch = |field| {
        Err(Error::SfdpMismatch {
            part: part.name.clone(),
            field,
        })
    };
    let sfdp = match (&facts.sfdp, part.sfdp.presence) {
        (Ok(sfdp), _) => sfdp,
        (Err(error), SfdpPresence::Expected) => {
            return mismatch(SfdpField::Presence {
                problem: error.clone(),
            });
        }
        (Err(_), _) => return Ok(()),
    };
    if sfdp.size() != u64::from(part.size) {
        return mismatch(SfdpField::Size {
            expected: u64::from(part.size),
            found: sfdp.size(),
        });
    }
    let sizes: Vec<u64> = sfdp.erase_types().iter().map(|erase| erase.size).collect();
    if !sizes.is_empty() && !sizes.contains(&u64::from(part.sector_size)) {
        return mismatch(SfdpField::Erase {
            expected: u64::from(part.sector_size),
            found: sizes,
        });
    }
    match sfdp.qer() {
        Some(method)
            if part.sfdp.qer.is_none_or(|qer| Some(qer) != sfdp.qer_code())
                && method != part.qe =>
        {
            mismatch(SfdpField::QuadEnable {
                expected: part.qe,
                found: method,
            })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use rtboot_fcb::{StatusRegisters, sfdp::Sfdp};

    use super::*;

    fn facts(id: [u8; 3]) -> NorFacts {
        NorFacts {
            id: JedecId(id),
            id_again: JedecId(id),
            woken: None,
            sfdp_raw: vec![0xFF; 256],
            sfdp: Sfdp::parse(&[0xFF; 256]),
            status: StatusRegisters { sr1: 0, sr2: None },
        }
    }

    fn issi() -> PartSource {
        let (from, file) = database::find("issi.cfg").expect("it is in the database");
        PartSource::Cfg {
            from: from.into(),
            file,
        }
    }

    #[test]
    fn a_silent_flash_is_no_part() {
        for id in [[0xFF; 3], [0; 3]] {
            let error = choose_part(&facts(id), &issi()).expect_err("nothing there");
            assert!(matches!(error, Error::NoFlash { .. }), "{error}");
        }
    }

    #[test]
    fn another_part_is_named_as_what_it_is() {
        let error = choose_part(&facts([0xEF, 0x40, 0x17]), &issi()).expect_err("a Winbond");
        let text = error.to_string();
        assert_eq!(error.exit_code(), 30);
        assert!(
            text.contains("ef 40 17") && text.contains("W25Q64JV") && text.contains("IS25LP064A"),
            "{text}"
        );
    }

    #[test]
    fn an_unknown_part_is_not_guessed() {
        let error =
            choose_part(&facts([0x12, 0x34, 0x56]), &PartSource::Database).expect_err("unknown");
        assert!(error.to_string().contains("not in the database"), "{error}");
    }

    #[test]
    fn missing_sfdp_is_refused_where_expected() {
        let error = choose_part(&facts([0x9D, 0x60, 0x17]), &issi()).expect_err("no SFDP");
        assert!(
            matches!(
                error,
                Error::SfdpMismatch {
                    field: SfdpField::Presence { .. },
                    ..
                }
            ),
            "{error}"
        );
    }
}
