//! Which part the flash is: what it answers, held against a `.cfg` or the database. Pure.

use rtboot_fcb::sfdp::Sfdp;
use rtboot_fcb::{
    JedecId, Overrides, Part, PartFile, QeMethod, ReadClock, ReadMode, SfdpPresence, Span,
    StatusLock, Times, database,
};

use crate::error::SfdpField;
pub use crate::error::bytes;
use crate::flash::loader::NorFacts;
use crate::{Error, Result};

/// What the flash is expected to be.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum PartSource {
    /// A `.cfg`: the file or database entry that the user named.
    Cfg {
        /// Its name, for messages.
        from: String,
        /// Its parts; the first is the one meant, the others its family.
        file: PartFile,
    },
    /// Nothing was named: the database is asked by the flash's id.
    #[default]
    Database,
}

impl PartSource {
    /// Whether the user names the part.
    pub fn is_named(&self) -> bool {
        matches!(self, PartSource::Cfg { .. })
    }

    /// The part for reading and erasing: the one that is named, else any known part with the flash's id.
    ///
    /// # Errors
    /// As [`choose_part`] and [`any_part`].
    pub fn part(&self, facts: &NorFacts) -> Result<Part> {
        match self {
            PartSource::Cfg { .. } => choose_part(facts, self),
            PartSource::Database => any_part(facts),
        }
    }
}

/// Settles which part this is.
///
/// Parts that share an id cannot be told apart by it: a `.cfg` decides by its order, the database takes what is right for all.
///
/// # Errors
/// [`Error::Usage`] for a file whose parts have no id; [`Error::NoFlash`], [`Error::PartMismatch`], [`Error::PartUnclear`],
/// [`Error::SfdpMismatch`].
pub fn choose_part(facts: &NorFacts, source: &PartSource) -> Result<Part> {
    check_has_id(source)?;
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
    let candidates = database::by_jedec(facts.id);
    let part = slowest(&candidates).ok_or_else(|| Error::PartUnclear {
        found: facts.id,
        candidates: names(&candidates),
        describes_itself: facts.sfdp.is_ok(),
    })?;
    check_sfdp(part, facts)?;
    Ok(part.clone())
}

/// A part without an id, as a HyperFlash, takes other commands than all that is written here.
fn check_has_id(source: &PartSource) -> Result<()> {
    let PartSource::Cfg { file, .. } = source else {
        return Ok(());
    };
    let without = file.parts.first().filter(|part| !part.jedec.answers());
    match without {
        Some(part) => Err(Error::Usage(format!(
            "{} has no JEDEC id: its FCB can be made and checked, but rtboot does not write such a part",
            part.name
        ))),
        None => Ok(()),
    }
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
        expected: expected(from, file),
    }
}

/// That a flash answers, and twice the same.
fn check_id(facts: &NorFacts) -> Result<()> {
    match facts.answers() {
        true => check_same(facts.id_again, facts.id),
        false => Err(Error::NoFlash { found: facts.id }),
    }
}

/// The part of the database with this id. Of several that share it, what all of them take.
fn from_database(facts: &NorFacts) -> Result<Part> {
    let candidates = database::by_jedec(facts.id);
    common(&candidates).ok_or_else(|| Error::PartUnclear {
        found: facts.id,
        candidates: names(&candidates),
        describes_itself: facts.sfdp.is_ok(),
    })
}

/// The slowest of these; `None` when they differ in their sizes or erase commands: one would be erased wrong.
fn slowest(candidates: &[Part]) -> Option<&Part> {
    let slowest = candidates.iter().min_by_key(|part| part.clock)?;
    let layout = |part: &Part| {
        (
            part.size,
            part.page_size,
            part.sector_size,
            part.block_size,
            part.erase,
            part.read.address_bits,
        )
    };
    let alike = |part: &Part| layout(part) == layout(slowest);
    candidates.iter().all(alike).then_some(slowest)
}

/// The slowest of these, where all of them read alike; else the slowest with the plain read, which every part understands.
/// `None` as [`slowest`].
fn common(candidates: &[Part]) -> Option<Part> {
    let mut part = slowest(candidates)?.clone();
    let alike = |other: &Part| {
        (&other.read, other.qe, &other.overrides) == (&part.read, part.qe, &part.overrides)
    };
    if !candidates.iter().all(alike) {
        part.read = match part.read.address_bits {
            32 => ReadMode::PLAIN_32,
            _ => ReadMode::PLAIN,
        };
        part.clock = ReadClock::MHZ_30;
        part.max_mhz = None;
        part.qe = QeMethod::None;
        part.overrides = Overrides::default();
    }
    part.times = longest(candidates);
    Some(part)
}

/// Times that none of these outlasts.
fn longest(parts: &[Part]) -> Times {
    let of = |time: fn(&Times) -> Option<Span>| {
        let all: Option<Vec<Span>> = parts.iter().map(|part| time(&part.times)).collect();
        all?.into_iter().max_by_key(|span| span.max)
    };
    Times {
        sector_erase: of(|times| times.sector_erase),
        block_erase: of(|times| times.block_erase),
        chip_erase: of(|times| times.chip_erase),
        page_program: of(|times| times.page_program),
    }
}

/// The status registers and what they say of this part.
pub fn status_words(facts: &NorFacts, part: Option<&Part>) -> String {
    let status = &facts.status;
    let Some(part) = part else {
        return status.to_string();
    };
    let quad = match part.quad_enabled(status) {
        Some(true) => "quad enable set",
        Some(false) => "quad enable clear",
        None => "quad enable not known",
    };
    let lock = match part.status_lock(status) {
        StatusLock::Open => String::new(),
        lock => format!("; {lock}"),
    };
    format!("{status}: {quad}, {}{lock}", facts.protected_extent(part))
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

/// The ids that a file allows, each with its parts; that of the part alone when one was named.
fn expected(from: &str, file: &PartFile) -> Vec<String> {
    if let Some(part) = file.parts.first().filter(|part| part.name == from) {
        return vec![part.jedec.to_string()];
    }
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
    if let Some(field) = facts.other_tail(part) {
        return mismatch(field);
    }
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
    if let Some(field) = erase_command(part, sfdp) {
        return mismatch(field);
    }
    // bytes past the end of a page come out at its beginning
    if let Some(page) = sfdp.page_size().filter(|page| *page < part.page_size) {
        return mismatch(SfdpField::Page {
            expected: part.page_size.into(),
            found: page.into(),
        });
    }
    match sfdp.qer() {
        Some(method)
            if part.sfdp.qer.is_none_or(|qer| Some(qer) != sfdp.qer_code())
                // a command that the part does not take shows when the bit is read back
                && !method.sets_bit_of(part.qe)
                && part.qe != QeMethod::Unknown =>
        {
            mismatch(SfdpField::QuadEnable {
                expected: part.qe,
                found: method,
            })
        }
        _ => Ok(()),
    }
}

/// What SFDP says of the erase commands that the work FCB uses, where it is another size: an erase of more would take bytes
/// behind the unit, one of less would leave old bytes in it.
fn erase_command(part: &Part, sfdp: &Sfdp) -> Option<SfdpField> {
    /// Erases of so many bytes on every part that has them, listed or not.
    const USUAL: [(u8, u32); 3] = [(0x20, 0x1000), (0x52, 0x8000), (0xD8, 0x1_0000)];
    let kinds = sfdp.erase_types();
    // the table gives the commands with three address bytes
    let commands = part.erase.with_address_bits(24);
    let (sector, block) = (
        (commands.sector, part.sector_size),
        (commands.block, part.block_size),
    );
    [sector, block].into_iter().find_map(|(command, expected)| {
        let says: Vec<u64> = kinds
            .iter()
            .filter(|kind| kind.opcode == command)
            .map(|kind| kind.size)
            .collect();
        let usual = USUAL.contains(&(command, expected));
        let expected = u64::from(expected);
        let other = match says.is_empty() {
            true => !kinds.is_empty() && !usual,
            false => !says.contains(&expected),
        };
        other.then_some(SfdpField::EraseCommand {
            command,
            expected,
            found: says,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtboot_fcb::StatusRegisters;

    fn facts(id: [u8; 3]) -> NorFacts {
        NorFacts {
            id: JedecId(id),
            id_again: JedecId(id),
            id_tail: None,
            woken: None,
            four_byte_mode: false,
            sfdp_raw: vec![0xFF; 256],
            sfdp: Sfdp::parse(&[0xFF; 256]),
            status: StatusRegisters {
                sr1: 0,
                sr2: None,
                sr3: None,
            },
            own_locks: None,
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
    fn a_part_without_an_id_is_not_written() {
        let (name, file) = database::find("S26KS512S").expect("known");
        let from = name.to_owned();
        let source = PartSource::Cfg { from, file };
        for id in [[0, 0, 0], [0x9D, 0x60, 0x17]] {
            let error = choose_part(&facts(id), &source)
                .expect_err("refused")
                .to_string();
            assert!(error.contains("S26KS512S has no JEDEC id"), "{error}");
        }
        let nothing = choose_part(&facts([0, 0, 0]), &PartSource::Database);
        assert!(matches!(nothing, Err(Error::NoFlash { .. })), "{nothing:?}");
    }

    #[test]
    fn an_unknown_part_is_not_guessed() {
        let error =
            choose_part(&facts([0x12, 0x34, 0x56]), &PartSource::Database).expect_err("unknown");
        assert!(error.to_string().contains("not in the database"), "{error}");
    }

    #[test]
    fn parts_with_one_id_give_the_slower_fcb() {
        let shared = choose_part(&facts([0x9D, 0x60, 0x17]), &PartSource::Database);
        let part = shared.expect("both take it");
        let slow = database::find("IS25LP064D").expect("known").1.parts;
        assert_eq!(part.boot_fcb(), slow[0].boot_fcb());
        let fast = database::find("IS25LP064A").expect("known").1.parts;
        assert_eq!(part.clock.mhz(), 80);
        assert!(fast[0].clock.mhz() > 80 && fast[0].read == part.read);
        assert_eq!(part.times.sector_erase, None, "of the D it is not known");
    }

    #[test]
    fn parts_that_read_differently_share_the_plain_read() {
        let one = database::find("IS25LP064A")
            .expect("known")
            .1
            .parts
            .remove(0);
        let mut other = one.clone();
        other.read.dummy_cycles = 8;
        let part = common(&[one.clone(), other.clone()]).expect("the same size");
        let fcb = part.boot_fcb();
        assert_eq!(fcb.sequence(0), ReadMode::PLAIN.sequence());
        assert_eq!(
            (fcb.clock(), fcb.flash_pads(), part.qe),
            (1, 1, QeMethod::None)
        );
        other.block_size = 256 << 10;
        assert_eq!(common(&[one, other]), None);
        assert_eq!(common(&[]), None);
    }

    /// SFDP of 9 dwords for 8 MiB, with D8h for blocks of so many bytes as a power of two.
    fn with_blocks(power: u8) -> NorFacts {
        let mut bytes = b"SFDP\x00\x01\x00\xff\x00\x00\x01\x09\x10\x00\x00\xff".to_vec();
        let mut dwords = [
            0xFFF1_20E5_u32,
            0x03FF_FFFF,
            0x6B08_EB44,
            0xBB42_3B08,
            0xFFFF_FFFE,
            0x0000_FFFF,
            0xEB40_FFFF,
            0,
            0,
        ];
        dwords[7] = u32::from_le_bytes([12, 0x20, power, 0xD8]);
        bytes.extend(dwords.iter().flat_map(|dword| dword.to_le_bytes()));
        let mut facts = facts([0x9D, 0x60, 0x17]);
        facts.sfdp = Sfdp::parse(&bytes);
        assert!(facts.sfdp.is_ok(), "{:?}", facts.sfdp);
        facts
    }

    /// The AT25SF128A with SFDP of 16 dwords that has this quad enable requirement.
    fn with_quad_enable(qer: u32) -> NorFacts {
        let mut bytes = b"SFDP\x06\x01\x00\xff\x00\x06\x01\x10\x10\x00\x00\xff".to_vec();
        let mut dwords = [0_u32; 16];
        dwords[..9].copy_from_slice(&[
            0xFFF9_20E5,
            0x07FF_FFFF,
            0x6B08_EB44,
            0xBB80_3B08,
            0xFFFF_FFFE,
            0xFF00_FFFF,
            0xEB40_FFFF,
            0x520F_200C,
            0x0000_D810,
        ]);
        dwords[10] = 8 << 4; // pages of 256 bytes
        dwords[14] = qer << 20;
        bytes.extend(dwords.iter().flat_map(|dword| dword.to_le_bytes()));
        let mut facts = facts([0x1F, 0x89, 0x01]);
        facts.sfdp = Sfdp::parse(&bytes);
        facts
    }

    #[test]
    fn two_commands_for_one_quad_enable_bit_contradict_nothing() {
        // 4: the bit by 01h with two bytes; 6: by 31h, as the part's file has it
        for qer in [4, 6] {
            let part = choose_part(&with_quad_enable(qer), &PartSource::Database);
            assert_eq!(part.expect("the same bit").name, "AT25SF128A");
        }
        let error = choose_part(&with_quad_enable(2), &PartSource::Database);
        let error = error.expect_err("a bit of status register 1");
        assert!(
            matches!(
                error,
                Error::SfdpMismatch {
                    field: SfdpField::QuadEnable { .. },
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn an_erase_command_of_another_size_is_refused() {
        let mut part = database::find("IS25LP064A")
            .expect("known")
            .1
            .parts
            .remove(0);
        part.sfdp.qer = None;
        let file = |part: &Part| PartSource::Cfg {
            from: "mine.cfg".into(),
            file: PartFile {
                parts: vec![part.clone()],
            },
        };
        choose_part(&with_blocks(16), &file(&part)).expect("64 KiB on both sides");
        let error = choose_part(&with_blocks(18), &file(&part)).expect_err("256 KiB");
        let text = error.to_string();
        assert!(
            text.contains("D8h") && text.contains("256 KiB") && text.contains("64 KiB"),
            "{text}"
        );
        assert_eq!(
            error.exit_code(),
            Error::SfdpMismatch {
                part: String::new(),
                field: SfdpField::Size {
                    expected: 0,
                    found: 1
                }
            }
            .exit_code()
        );
    }

    #[test]
    fn an_erase_command_that_sfdp_lacks_is_refused() {
        let mut part = database::find("IS25LP064A")
            .expect("known")
            .1
            .parts
            .remove(0);
        part.sfdp.qer = None;
        let file = |part: &Part| PartSource::Cfg {
            from: "mine.cfg".into(),
            file: PartFile {
                parts: vec![part.clone()],
            },
        };
        part.erase.block = 0x99;
        let error = choose_part(&with_blocks(16), &file(&part)).expect_err("a reset, no erase");
        let text = error.to_string();
        assert!(text.contains("99h") && text.contains("nothing"), "{text}");
    }

    #[test]
    fn parts_of_one_id_and_other_sectors_are_unclear() {
        let one = database::find("IS25LP064A")
            .expect("known")
            .1
            .parts
            .remove(0);
        let mut other = one.clone();
        assert_eq!(slowest(&[one.clone(), other.clone()]), Some(&one));
        other.erase.sector = 0xD7;
        assert_eq!(slowest(&[one, other]), None);
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
