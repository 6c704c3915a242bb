//! Finds out how a flash can be read, and describes it as a part: by its own SFDP, each read mode tried at each clock and
//! held against the read that every part knows (03h, one pad, 30 MHz). Bounded, and changes nothing in the flash.
//!
//! No option word, no double data rate and no octal mode is sent to a part. What SFDP does not tell is left out, or marked
//! as a habit of its kind.

use rtboot_fcb::lut::REACH_24;
use rtboot_fcb::sfdp::{EraseType, FastRead, Sfdp};
use rtboot_fcb::{
    ClockIndex, EraseCommands, Evidence, OptionWords, Options, Part, Protection, QeMethod,
    ReadClock, ReadMode, SfdpExpectation, SfdpPresence, StatusWrite, Times, database, probe,
};

use crate::chip::Chip;
use crate::error::Question;
use crate::event::{Listener, Meter, Stage};
use crate::flash::identify::bytes;
use crate::flash::{Flashloader, NorFacts};
use crate::{Error, Result};

/// Bytes compared at each place.
const PIECE: u32 = 512;
/// Places looked through for bytes that are not all alike.
const PLACES: [u32; 4] = [0, 0x1000, 0x2000, 0x1_0000];
/// The fastest clock offered for a part whose data sheet is not known: what most parts do with the dummy cycles they are
/// shipped with.
const FASTEST_TRIED: ReadClock = ReadClock::MHZ_100;

/// How one read mode did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The mode.
    pub mode: ReadMode,
    /// The fastest clock up to which every clock gave what the one-pad read gave.
    pub right_to: Option<ClockIndex>,
    /// Why it was not tried.
    pub not_tried: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Id, SFDP, status registers.
    pub facts: NorFacts,
    /// Parts of the database with this id.
    pub known: Vec<Part>,
    /// Quad enable: its place and whether it is set, as far as that is known.
    pub quad: Option<(QeMethod, Option<bool>)>,
    /// Bytes of flash by which read modes were compared; 0 when the flash is blank there.
    pub compared: u32,
    /// Every read mode.
    pub tried: Vec<Tried>,
    /// The chip that reads it.
    pub chip: &'static Chip,
    /// The part that comes of it.
    pub part: Part,
    /// What is not certain about it, a sentence each.
    pub doubts: Vec<String>,
}

/// Tries read modes and clocks on the flash behind a flashloader.
///
/// # Errors
/// [`Error::NoFlash`]; [`Error::PartUnclear`] when the flash neither is known nor describes itself; whatever reading brings.
pub fn probe_flash(
    flashloader: &mut Flashloader,
    mut facts: NorFacts,
    listener: &mut dyn Listener,
) -> Result<Found> {
    if !facts.answers() {
        return Err(Error::NoFlash { found: facts.id });
    }
    let known = database::by_jedec(facts.id);
    let sfdp = facts.sfdp.as_ref().ok().cloned();
    if known.is_empty() && sfdp.is_none() {
        return Err(Error::PartUnclear {
            found: facts.id,
            candidates: Vec::new(),
            describes_itself: false,
        });
    }
    read_second_status(flashloader, &mut facts, &known)?;
    let mut part = sketch(&facts, &known, sfdp.as_ref());
    let quad = (part.qe != QeMethod::None || sfdp.as_ref().is_some_and(|s| s.qer().is_some()))
        .then(|| (part.qe, part.quad_enabled(&facts.status)));
    let telling = telling_bytes(flashloader, part.size)?;
    let modes = modes(sfdp.as_ref(), &known);
    let mut meter = Meter::begin(listener, Stage::Compare, modes.len() as u64);
    let mut tried = Vec::new();
    for mode in modes {
        tried.push(attempt(flashloader, mode, &part, &facts, &telling)?);
        meter.set(tried.len() as u64);
    }
    meter.end();
    let mut doubts = doubts(&part, &known, sfdp.as_ref(), telling.is_empty());
    let fixed_clock = !sets_clocks(flashloader);
    if fixed_clock {
        doubts.push(format!(
            "the {}'s flashloader reads at one clock, whatever the FCB says: no faster one is proven",
            flashloader.chip().name
        ));
    }
    choose(&mut part, &tried, &known, flashloader.chip(), &mut doubts);
    // the data sheet's clock goes with the data sheet's read
    if fixed_clock
        && let Some(slowest) = slowest(&known).filter(|slowest| slowest.read == part.read)
    {
        part.clock = slowest.clock;
    }
    Ok(Found {
        compared: telling.len() as u32 * PIECE,
        facts,
        known,
        quad,
        tried,
        chip: flashloader.chip(),
        part,
        doubts,
    })
}

/// Status register 2, where the SFDP itself says that 35h reads it (quad enable requirements 5 and 6); on other parts 35h
/// may enter QPI mode.
fn read_second_status(
    flashloader: &mut Flashloader,
    facts: &mut NorFacts,
    known: &[Part],
) -> Result<()> {
    let says = facts.sfdp.as_ref().ok().and_then(Sfdp::qer_code);
    let safe = known.is_empty() && matches!(says, Some(5 | 6));
    if facts.status.sr2.is_none() && safe {
        let read = flashloader.read_through(&probe::status2(), Question::Status2, 0, 1)?;
        facts.status.sr2 = read.first().copied();
    }
    Ok(())
}

fn slowest(known: &[Part]) -> Option<&Part> {
    known.iter().min_by_key(|part| part.clock)
}

/// The part as far as id and SFDP describe it, with the plain read.
fn sketch(facts: &NorFacts, known: &[Part], sfdp: Option<&Sfdp>) -> Part {
    if let Some(part) = slowest(known) {
        return part.clone();
    }
    let kinds = sfdp.map(Sfdp::erase_types).unwrap_or_default();
    let (sector, block) = (kinds.first(), block_erase(&kinds));
    let bytes_of = |kind: Option<&EraseType>, usual: u32| {
        let size = kind.and_then(|kind| u32::try_from(kind.size).ok());
        size.unwrap_or(usual)
    };
    let usual = EraseCommands::usual(24);
    let erase = EraseCommands {
        sector: sector.map_or(usual.sector, |kind| kind.opcode),
        block: block.map_or(usual.block, |kind| kind.opcode),
    };
    let qe = sfdp.and_then(Sfdp::qer).unwrap_or(QeMethod::None);
    let size = sfdp.and_then(|sfdp| u32::try_from(sfdp.size()).ok());
    let size = size.or(facts.id.likely_size()).unwrap_or(1 << 20);
    let read = match size > REACH_24 {
        true => ReadMode::PLAIN_32,
        false => ReadMode::PLAIN,
    };
    Part {
        name: format!("PROBED-{}", facts.id.to_string().replace(' ', "")),
        vendor: facts.id.maker().unwrap_or("unknown").to_owned(),
        jedec: facts.id,
        id_tail: Vec::new(),
        size,
        page_size: sfdp.and_then(Sfdp::page_size).unwrap_or(256),
        sector_size: bytes_of(sector, 0x1000),
        block_size: bytes_of(block, 0x1_0000),
        erase: erase.with_address_bits(read.address_bits),
        qe,
        status_write: match sfdp.and_then(Sfdp::qer) {
            Some(qe) => qe.usual_status_write(),
            None => StatusWrite::Unknown,
        },
        protection: Protection::UNKNOWN,
        read,
        dummy_register: None,
        clock: ReadClock::MHZ_30,
        max_mhz: None,
        times: Times {
            sector_erase: sector.and_then(|kind| kind.time),
            block_erase: block.and_then(|kind| kind.time),
            chip_erase: sfdp.and_then(Sfdp::chip_erase),
            page_program: sfdp.and_then(Sfdp::page_program),
        },
        option_words: None,
        sfdp: SfdpExpectation {
            presence: SfdpPresence::Expected,
            dwords: sfdp.and_then(|sfdp| u8::try_from(sfdp.basic.dwords.len()).ok()),
            qer: sfdp.and_then(Sfdp::qer_code),
        },
        evidence: Evidence::Unconfirmed,
        source: "rtboot fcb probe, on a board: its SFDP, and read modes held against 03h".into(),
        note: None,
        chips: Vec::new(),
        overrides: Default::default(),
    }
}

/// The erase that is used for blocks: that of 64 KiB, else the largest.
fn block_erase(kinds: &[EraseType]) -> Option<&EraseType> {
    let usual = kinds.iter().find(|kind| kind.size == 0x1_0000);
    usual.or(kinds.last())
}

/// Pieces of flash whose bytes are not all alike: those alone tell a right read from a dead line.
fn telling_bytes(flashloader: &mut Flashloader, size: u32) -> Result<Vec<(u32, Vec<u8>)>> {
    let plain = probe::plain_read(size);
    let mut telling = Vec::new();
    for offset in PLACES.into_iter().filter(|offset| offset + PIECE <= size) {
        let piece = flashloader.read_through(&plain, Question::PlainRead, offset, PIECE)?;
        let first = piece.first().copied().unwrap_or(0xFF);
        if piece.iter().any(|&byte| byte != first) {
            telling.push((offset, piece));
        }
    }
    Ok(telling)
}

/// The single-rate reads that SFDP names; for parts without, those of the database.
fn modes(sfdp: Option<&Sfdp>, known: &[Part]) -> Vec<ReadMode> {
    let Some(sfdp) = sfdp else {
        let mut modes: Vec<ReadMode> = known.iter().map(|part| part.read).collect();
        modes.dedup();
        return modes;
    };
    let of = |read: Option<FastRead>, address_pads, data_pads| {
        read.map(|read| ReadMode {
            opcode: read.opcode,
            address_bits: 24,
            address_pads,
            data_pads,
            dummy_cycles: read.dummy_cycles(),
        })
    };
    let single = ReadMode {
        opcode: 0x0B,
        address_bits: 24,
        address_pads: 1,
        data_pads: 1,
        dummy_cycles: 8,
    };
    let basic = &sfdp.basic;
    let many = [
        Some(single),
        of(basic.dual_output(), 1, 2),
        of(basic.dual_io(), 2, 2),
        of(sfdp.quad_output(), 1, 4),
        of(sfdp.quad_io(), 4, 4),
    ];
    many.into_iter().flatten().map(wide(sfdp.size())).collect()
}

/// The same with 32 address bits, for parts beyond 16 MiB.
fn wide(size: u64) -> impl Fn(ReadMode) -> ReadMode {
    const WIDE: [(u8, u8); 5] = [
        (0x0B, 0x0C),
        (0x3B, 0x3C),
        (0xBB, 0xBC),
        (0x6B, 0x6C),
        (0xEB, 0xEC),
    ];
    move |mode| {
        let other = WIDE.iter().find(|(narrow, _)| *narrow == mode.opcode);
        match other {
            Some((_, opcode)) if size > u64::from(REACH_24) => ReadMode {
                opcode: *opcode,
                address_bits: 32,
                ..mode
            },
            _ => mode,
        }
    }
}

fn attempt(
    flashloader: &mut Flashloader,
    mode: ReadMode,
    part: &Part,
    facts: &NorFacts,
    telling: &[(u32, Vec<u8>)],
) -> Result<Tried> {
    let not = |why: &str| {
        Ok(Tried {
            mode,
            right_to: None,
            not_tried: Some(why.to_owned()),
        })
    };
    if mode.data_pads == 4 && part.quad_enabled(&facts.status) != Some(true) {
        return not(match part.quad_enabled(&facts.status) {
            Some(false) => "quad enable is clear",
            _ => "whether quad enable is set is unknown",
        });
    }
    if telling.is_empty() {
        return not("the flash is blank where it would be compared");
    }
    let mut right_to = None;
    for clock in clocks_to_try(flashloader) {
        if !gives(flashloader, &mode, part.size, clock, telling)? {
            break;
        }
        right_to = Some(clock);
    }
    Ok(Tried {
        mode,
        right_to,
        not_tried: None,
    })
}

/// Clocks tried, slowest first: all that the chip takes, where its flashloader sets them at all.
fn clocks_to_try(flashloader: &Flashloader) -> impl Iterator<Item = ClockIndex> + use<> {
    let clocks = &flashloader.chip().clocks;
    let most = if sets_clocks(flashloader) {
        clocks.max
    } else {
        ClockIndex::MHZ_30.0
    };
    let rows = clocks.rows.iter().filter(move |row| row.index <= most);
    rows.map(|row| ClockIndex(row.index))
}

/// Whether it reads at the clock of the FCB: NXP's for one chip does not.
fn sets_clocks(flashloader: &Flashloader) -> bool {
    flashloader.facts().own.is_some() || flashloader.chip().flashloader.words.clocks.is_some()
}

/// Whether this read gives what the one-pad read gave, at every place.
fn gives(
    flashloader: &mut Flashloader,
    mode: &ReadMode,
    size: u32,
    clock: ClockIndex,
    telling: &[(u32, Vec<u8>)],
) -> Result<bool> {
    let fcb = probe::read_by(mode, size, clock);
    for (offset, plain) in telling {
        if flashloader.read_through(&fcb, Question::OtherRead, *offset, plain.len() as u32)?
            != *plain
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn doubts(part: &Part, known: &[Part], sfdp: Option<&Sfdp>, blank: bool) -> Vec<String> {
    let mut doubts = Vec::new();
    if blank {
        doubts.push("the flash is blank where it was to be compared, so no read mode is proven: write something and probe again".into());
    }
    if known.len() > 1 {
        let names: Vec<&str> = known.iter().map(|part| part.name.as_str()).collect();
        doubts.push(format!(
            "{} share the id {}; the slowest clock is taken",
            names.join(", "),
            part.jedec
        ));
    }
    if known.is_empty() {
        doubts.push("block protection is not in SFDP: look it up in the data sheet".into());
        doubts.push(format!(
            "the part's own clock limit is not in SFDP: up to {FASTEST_TRIED} is offered"
        ));
    }
    match sfdp {
        Some(sfdp) if sfdp.qer().is_none() && known.is_empty() => {
            doubts.push("its SFDP does not say where quad enable is".into());
        }
        Some(sfdp) if sfdp.size() != u64::from(part.size) => doubts.push(format!(
            "its SFDP says {}, the {} has {}",
            bytes(sfdp.size()),
            part.name,
            bytes(u64::from(part.size))
        )),
        _ => {}
    }
    doubts
}

/// Takes the widest read that is right, at its fastest clock within the part's limit.
fn choose(part: &mut Part, tried: &[Tried], known: &[Part], chip: &Chip, doubts: &mut Vec<String>) {
    let limit = part.clock;
    let limit = if known.is_empty() {
        FASTEST_TRIED
    } else {
        limit
    };
    let right = tried.iter().filter_map(|t| Some((t.mode, t.right_to?)));
    let best = right.max_by_key(|(mode, clock)| (mode.data_pads * mode.address_pads, clock.0));
    if let Some((mode, clock)) = best {
        if !known.is_empty() && mode != part.read {
            doubts.push(format!(
                "the data sheet's read ({}) was not proven here; {mode} was",
                part.read
            ));
        }
        part.read = mode;
        let right = ReadClock::of_index(clock, &chip.clocks).unwrap_or(ReadClock::MHZ_30);
        part.clock = right.min(limit);
    }
    if known.is_empty() {
        part.option_words = option_words(part, chip);
    }
}

/// Option words that make the flashloader find the same by itself: quad SPI, quad enable as SFDP says.
fn option_words(part: &Part, chip: &Chip) -> Option<OptionWords> {
    let told = part.sfdp.qer.is_some();
    let options = Options {
        quad_mode: if told { 0 } else { part.qe.option_value() },
        clock: part.clock.index_on(&chip.clocks),
        ..Options::default()
    };
    OptionWords::encode(&options).ok()
}
