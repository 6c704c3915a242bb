//! The second stage: a running flashloader.
//!
//! It is asked who it is, and through it the flash is asked who *it* is: by small read-only FCBs of our own whose read
//! sequence is the wanted SPI command (9Fh, 5Ah, 05h). No option word is sent: option words change the part.
//!
//! Source: configure-memory taking a complete FCB, and read-memory then playing its sequence 0, seen on the genuine
//! RT1021 flashloader K2.1.0 in emulation.

use rtboot_fcb::{Fcb, JedecId, Part, Protected, StatusRegisters, lut, probe, sfdp::Sfdp};
use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use crate::board::{Board, DEFAULT_BAUD, LoaderSession};
use crate::chip::{CHIPS, Chip, Identity, Told};
use crate::error::{Question, SetUp, Step};
use crate::event::{Listener, tell};
use crate::flash::awake::Woken;
use crate::flash::rom::{RomFacts, UniqueId, wrong_chip};
use crate::mboot::{
    self, Departure, Features, FlashCommand, LoaderIdentity, MemoryId, Status, Version,
};
use crate::{Error, Result};

/// Longest page that rtboot's own loader programs at once.
const OWN_PAGE: u32 = 256;

/// Bytes between two reads of which the controller's buffer, 1 KiB and what it prefetches, holds one at most.
const OTHER_LINE: u32 = 0x1_0000;

/// What a flashloader that keeps registers to itself answers: memory range invalid.
const KEPT: Status = Status(10200);

/// FCBs that are kept in RAM at once.
const PLACES: usize = 12;

/// A restricted image of rtboot's own loader takes 1 KiB at 0x20202000 and no other RAM.
const RESTRICTED_PLACES: usize = 1024 / Fcb::LEN;

/// Speeds that are tried over a UART, one after the other. Common adapters end at the last one.
const SPEEDS: [u32; 3] = [230_400, 460_800, 921_600];

/// What a flashloader tells about itself and the chip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoaderFacts {
    /// The chip that it runs on, as far as that is known.
    pub identity: Identity,
    /// Its version.
    pub version: Version,
    /// What it says of itself when it is rtboot's own.
    pub own: Option<LoaderIdentity>,
    /// Unique id of the chip.
    pub unique_id: UniqueId,
    /// RAM that it needs for itself: first and last address, inclusive.
    pub reserved: Vec<(u32, u32)>,
    /// Where option blocks and FCBs go.
    pub scratch: u32,
    /// Whether the flash was configured when rtboot came: size in KiB.
    pub configured_kib: Option<u32>,
}

impl LoaderFacts {
    /// Its version in messages, with whose it is where that is rtboot's own.
    pub fn called(&self) -> String {
        match self.own {
            Some(own) => format!("rtboot's own loader, {}", own.version),
            None => self.version.to_string(),
        }
    }
}

/// What the flash tells about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct NorFacts {
    /// The three bytes of 9Fh as they were read, sensible or not.
    pub id: JedecId,
    /// The same, read a second time.
    pub id_again: JedecId,
    /// Three bytes of 9Fh behind the id, where a known part with this id is told from others by them.
    pub id_tail: Option<[u8; 3]>,
    /// The SFDP area, raw.
    pub sfdp_raw: Vec<u8>,
    /// The SFDP tables, or why there are none.
    pub sfdp: std::result::Result<Sfdp, rtboot_fcb::Error>,
    /// Status registers. The second one is read only from parts known to have one: 35h puts others into QPI mode.
    pub status: StatusRegisters,
    /// What the locks of single blocks keep closed, where they count and were asked.
    pub own_locks: Option<Protected>,
    /// The mode that it was left in, when it had to be brought back before it answered.
    pub woken: Option<Woken>,
    /// It was left in four-byte address mode, which was ended.
    pub four_byte_mode: bool,
}

impl NorFacts {
    /// Whether anything answered at all.
    pub fn answers(&self) -> bool {
        self.id.answers()
    }

    /// What is protected of this part.
    pub fn protected_extent(&self, part: &Part) -> Protected {
        match (part.protected_extent(&self.status), &self.own_locks) {
            (Protected::OwnLocks { .. }, Some(asked)) => asked.clone(),
            (extent, _) => extent,
        }
    }
}

/// A running flashloader.
pub struct Flashloader {
    session: LoaderSession,
    facts: LoaderFacts,
    configured: Option<Fcb>,
    /// Blocks that lie in RAM, each [`Fcb::LEN`] bytes behind the one before, from the scratch address on.
    in_ram: Vec<Option<Fcb>>,
    /// The place that the next one takes.
    next_place: usize,
    sent_again: usize,
    baud: Option<u32>,
    rom: Option<RomFacts>,
}

impl Flashloader {
    /// Opens the session of a flashloader whose chip is known and asks version, unique id, reserved RAM. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Mboot`] when it does not answer as a flashloader does.
    pub fn connect(board: &mut Board, identity: Identity) -> Result<Flashloader> {
        let mut session = board.loader()?;
        let version = version(&mut session)?;
        Flashloader::greet(session, version, None, identity)
    }

    /// As [`Flashloader::connect`], for a file that is no known build of NXP's: it may be a build of rtboot's own, restricted and signed.
    ///
    /// # Errors
    /// As [`Flashloader::connect`].
    pub(super) fn connect_unknown(board: &mut Board, identity: Identity) -> Result<Flashloader> {
        let mut session = board.loader()?;
        let version = version(&mut session)?;
        let own = own(&mut session)?;
        Flashloader::greet(session, version, own, identity)
    }

    /// As [`Flashloader::connect`], for rtboot's own that this run has just started: that is asked, too.
    ///
    /// # Errors
    /// As [`Flashloader::connect`].
    pub fn connect_own(board: &mut Board, identity: Identity) -> Result<Flashloader> {
        let mut session = just_started(board)?;
        let version = version(&mut session)?;
        let own = own(&mut session)?;
        Flashloader::greet(session, version, own, identity)
    }

    /// As [`Flashloader::connect`], for one that ran already: its USB ids are those of every RT10xx flashloader, so it is asked
    /// which chip it runs on. Nothing was written to its RAM by then.
    ///
    /// # Errors
    /// As [`Flashloader::connect`]; [`Error::WrongChip`] when it tells another chip than `named`, or none that rtboot writes.
    pub fn join(
        board: &mut Board,
        named: Option<&'static Chip>,
        listener: &mut dyn Listener,
    ) -> Result<Flashloader> {
        Flashloader::join_session(board.loader()?, Told::default(), named, listener)
    }

    /// As [`Flashloader::join`], for one that this run has just started, where the boot ROM did not tell enough of its chip.
    ///
    /// # Errors
    /// As [`Flashloader::join`].
    pub(super) fn join_started(
        board: &mut Board,
        identity: Identity,
        own: bool,
        listener: &mut dyn Listener,
    ) -> Result<Flashloader> {
        let session = match own {
            true => just_started(board)?,
            false => board.loader()?,
        };
        let named = identity.named.then_some(identity.chip);
        Flashloader::join_session(session, identity.told, named, listener)
    }

    fn join_session(
        mut session: LoaderSession,
        told: Told,
        named: Option<&'static Chip>,
        listener: &mut dyn Listener,
    ) -> Result<Flashloader> {
        let version = version(&mut session)?;
        let own = own(&mut session)?;
        let told = Told {
            own_loader: own.is_some(),
            ..told
        };
        let identity = ask_chip(&mut session, named, told, listener)?;
        Flashloader::greet(session, version, own, identity)
    }

    fn greet(
        mut session: LoaderSession,
        version: Version,
        own: Option<LoaderIdentity>,
        identity: Identity,
    ) -> Result<Flashloader> {
        let id = session
            .unique_id()
            .map_err(Error::mboot(Step::ReadUniqueId))?;
        let reserved = session
            .reserved_regions()
            .map_err(Error::mboot(Step::AskReservedRam))?;
        let unique_id = UniqueId::from_words(&id);
        let (scratch, places) = choose_scratch(identity.chip, &reserved)?;
        let places = match own.is_some_and(|own| own.features.has(Features::RESTRICTED)) {
            true => places.min(RESTRICTED_PLACES),
            false => places,
        };
        let configured_kib = match session.external_memory(MemoryId::FLEXSPI_NOR) {
            Ok(memory) => memory.size_kib,
            Err(mboot::Error::Refused { .. }) => None,
            Err(error) => return Err(Error::mboot(Step::AskFlashSetUp)(error)),
        };
        let facts = LoaderFacts {
            identity,
            version,
            own,
            unique_id,
            reserved,
            scratch,
            configured_kib,
        };
        Ok(Flashloader {
            session,
            facts,
            configured: None,
            in_ram: vec![None; places],
            next_place: 0,
            sent_again: 0,
            baud: None,
            rom: None,
        })
    }

    /// Over a UART, with rtboot's own loader: agrees on the highest speed that port, loader and line can do. Lower ones than the
    /// usual were chosen for a reason, and stay.
    ///
    /// # Errors
    /// [`Error::Mboot`] when the loader is lost on the way.
    pub fn raise_speed(&mut self, board: &Board, listener: &mut dyn Listener) -> Result<()> {
        self.baud = board.baud();
        let usual = board.baud().filter(|baud| *baud >= DEFAULT_BAUD);
        let (Some(first), true) = (usual, self.has(Features::BAUD)) else {
            return Ok(());
        };
        let mut now = first;
        for next in SPEEDS.into_iter().filter(|next| *next > first) {
            let raised = self.session.change_speed(now, next);
            if !raised.map_err(Error::mboot(Step::RaiseSpeed { baud: next }))? {
                let stays = Finding::new(&run::UART_SPEED_STAYS);
                let stays = stays.number("tried", next);
                tell(listener, stays.number("baud", now));
                break;
            }
            now = next;
        }
        self.baud = Some(now);
        if now != first {
            tell(listener, Finding::new(&run::UART_SPEED).number("baud", now));
        }
        Ok(())
    }

    /// The speed of its UART, as far as it is known.
    pub(super) fn baud(&self) -> Option<u32> {
        self.baud
    }

    /// What it told.
    pub fn facts(&self) -> &LoaderFacts {
        &self.facts
    }

    /// What the boot ROM told before it started this flashloader; `None` when it ran already.
    pub fn rom_facts(&self) -> Option<&RomFacts> {
        self.rom.as_ref()
    }

    pub(super) fn set_rom_facts(&mut self, rom: RomFacts) {
        self.rom = Some(rom);
    }

    /// The chip that it runs on.
    pub fn chip(&self) -> &'static Chip {
        self.facts.identity.chip
    }

    /// Bytes of the flashloader that a UART spoiled on the way into RAM, and that were sent again.
    pub fn sent_again(&self) -> usize {
        self.sent_again
    }

    pub(super) fn set_sent_again(&mut self, bytes: usize) {
        self.sent_again = bytes;
    }

    /// Whether it has these commands of rtboot's own loader.
    pub fn has(&self, features: Features) -> bool {
        self.facts.own.is_some_and(|own| own.features.has(features))
    }

    /// Whether reading flash takes no longer than having the loader hash it.
    pub(super) fn reads_fast(&self) -> bool {
        self.session.reads_fast()
    }

    /// Whether the wire carries some 100 KiB in a second.
    pub(super) fn sends_fast(&self) -> bool {
        self.session.sends_fast()
    }

    /// The session, for raw commands. Whatever they configure, the next flash step configures anew.
    pub fn session(&mut self) -> &mut LoaderSession {
        self.forget_set_ups();
        &mut self.session
    }

    /// The next set-up is taken anew, whatever is active.
    pub(super) fn forget_set_up(&mut self) {
        self.configured = None;
    }

    /// This set-up goes into RAM anew when it is needed next.
    pub(super) fn forget(&mut self, fcb: &Fcb) {
        self.configured = None;
        if let Some(place) = self.place_of(&self.as_sent(fcb))
            && let Some(held) = self.in_ram.get_mut(place)
        {
            *held = None;
        }
    }

    /// The next set-up goes into RAM anew, whatever lies there.
    pub(super) fn forget_set_ups(&mut self) {
        self.configured = None;
        self.in_ram.fill(None);
    }

    /// The session, for commands that leave the flash set-up alone.
    pub(super) fn quiet_session(&mut self) -> &mut LoaderSession {
        &mut self.session
    }

    /// That the board on this port is still the one that the ROM named.
    ///
    /// # Errors
    /// [`Error::OtherBoard`].
    pub fn check_same_board(&self, expected: Option<UniqueId>) -> Result<()> {
        match expected {
            Some(id) if id != self.facts.unique_id => Err(Error::OtherBoard {
                expected: id.to_string(),
                found: self.facts.unique_id.to_string(),
            }),
            _ => Ok(()),
        }
    }

    /// Makes `fcb` the active set-up of the flash: puts it into RAM where it does not lie there already, has it taken. Nothing is sent
    /// when it is active already and has no side effect.
    ///
    /// # Errors
    /// [`Error::Configure`]. The flash counts as not configured then: the flashloader keeps half of the old set-up.
    pub fn configure(&mut self, fcb: &Fcb, set_up: SetUp) -> Result<()> {
        let side_effect = fcb.device_mode_enable() != 0 || fcb.config_command_enable() != 0;
        if self.configured.as_ref() == Some(fcb) && !side_effect {
            return Ok(());
        }
        self.configured = None;
        let failed = |source| Error::Configure { set_up, source };
        let sent = self.as_sent(fcb);
        let place = match self.place_of(&sent) {
            Some(place) => place,
            None => self.put(&[sent]).map_err(failed)?,
        };
        let address = self.address_of(place);
        self.session
            .configure_memory(MemoryId::FLEXSPI_NOR, address)
            .map_err(failed)?;
        self.configured = Some(fcb.clone());
        Ok(())
    }

    /// Puts set-ups that are about to be used into RAM, in one command, where the loader has room for them all.
    ///
    /// # Errors
    /// [`Error::Configure`].
    pub(super) fn bring(&mut self, fcbs: &[Fcb], set_up: SetUp) -> Result<()> {
        let mut missing: Vec<Fcb> = Vec::new();
        for fcb in fcbs {
            let sent = self.as_sent(fcb);
            if self.place_of(&sent).is_none() && !missing.contains(&sent) {
                missing.push(sent);
            }
        }
        if missing.len() < 2 || missing.len() > self.in_ram.len() {
            return Ok(());
        }
        let put = self.put(&missing).map(drop);
        put.map_err(|source| Error::Configure { set_up, source })
    }

    /// The block as this loader takes it.
    fn as_sent(&self, fcb: &Fcb) -> Fcb {
        let mut sent = fcb.clone();
        if self.facts.own.is_some() {
            // our loader programs pages of 256 bytes at most; a part with longer ones takes them in halves
            sent.set_page_size(fcb.page_size().min(OWN_PAGE));
        }
        sent
    }

    fn place_of(&self, sent: &Fcb) -> Option<usize> {
        let mut places = self.in_ram.iter();
        places.position(|held| held.as_ref() == Some(sent))
    }

    fn address_of(&self, place: usize) -> u32 {
        self.facts.scratch + (place * Fcb::LEN) as u32
    }

    /// Puts these blocks into RAM, one behind the other, and returns the place of the first. Where one of them can change the flash,
    /// those from there on are read back. There must be room for so many.
    fn put(&mut self, blocks: &[Fcb]) -> std::result::Result<usize, mboot::Error> {
        if self.next_place + blocks.len() > self.in_ram.len() {
            self.next_place = 0;
        }
        let place = self.next_place;
        let lost = self.in_ram.iter_mut().skip(place).take(blocks.len());
        lost.for_each(|held| *held = None);
        let bytes: Vec<u8> = blocks.iter().flat_map(|fcb| *fcb.as_bytes()).collect();
        let address = self.address_of(place);
        self.session
            .write_memory(address, &bytes, MemoryId::INTERNAL, &mut |_| true)?;
        if let Some(first) = blocks.iter().position(can_change_flash) {
            let from = first * Fcb::LEN;
            let checked = bytes.get(from..).unwrap_or_default();
            self.check_in_ram(checked, address + from as u32)?;
        }
        let places = self.in_ram.iter_mut().skip(place);
        for (held, fcb) in places.zip(blocks) {
            *held = Some(fcb.clone());
        }
        self.next_place = place + blocks.len();
        Ok(place)
    }

    /// Reports carry no checksum, and one turned bit in an FCB turns a sector erase (20h) into a chip erase (60h).
    fn check_in_ram(&mut self, sent: &[u8], address: u32) -> std::result::Result<(), mboot::Error> {
        let length = sent.len() as u32;
        let found = self
            .session
            .read_memory(address, length, MemoryId::INTERNAL, &mut |_| true)?;
        let differs = sent.iter().zip(&found).position(|(a, b)| a != b);
        match differs {
            None => Ok(()),
            Some(at) => Err(mboot::Error::Protocol {
                command: mboot::Tag::WRITE_MEMORY,
                what: "RAM does not hold the bytes that were sent",
                bytes: found[at..].iter().take(16).copied().collect(),
            }),
        }
    }

    /// Plays an FCB's read sequence: `count` bytes that the flash answers.
    ///
    /// # Errors
    /// [`Error::Configure`], [`Error::Mboot`].
    pub fn read_through(
        &mut self,
        fcb: &Fcb,
        question: Question,
        offset: u32,
        count: u32,
    ) -> Result<Vec<u8>> {
        // the same line again would come from the controller's buffer, as it was
        self.configured = None;
        self.configure(fcb, SetUp::Ask(question))?;
        let address = self.chip().map.flash_base + offset;
        self.session
            .read_memory(address, count, MemoryId::FLEXSPI_NOR, &mut |_| true)
            .map_err(Error::mboot(Step::AskFlash(question)))
    }

    /// Asks the flash for its id.
    ///
    /// # Errors
    /// [`Error::Configure`], [`Error::Mboot`]; a flash that is not there is no error but an id of all ones.
    pub fn jedec_id(&mut self) -> Result<JedecId> {
        // rtboot's own loader wakes the flash before it applies an FCB, so a question through one would hide the mode
        let answer = match self.has(Features::INSPECT) {
            true => self
                .session
                .flash_command(FlashCommand::reading(0x9F, 3))
                .map_err(Error::mboot(Step::AskFlash(Question::Id)))?,
            false => self.read_through(&probe::jedec_id(), Question::Id, 0, 3)?,
        };
        Ok(JedecId([0, 1, 2].map(|at| byte(&answer, at))))
    }

    /// Asks once more right after [`Flashloader::jedec_id`].
    ///
    /// # Errors
    /// As [`Flashloader::jedec_id`].
    pub(super) fn jedec_id_again(&mut self) -> Result<JedecId> {
        if self.has(Features::INSPECT) {
            return self.jedec_id();
        }
        // the question has no address, but what the controller's buffer holds has one
        let question = Question::Id;
        self.configure(&probe::jedec_id(), SetUp::Ask(question))?;
        let address = self.chip().map.flash_base + OTHER_LINE;
        let answer = self
            .session
            .read_memory(address, 3, MemoryId::FLEXSPI_NOR, &mut |_| true)
            .map_err(Error::mboot(Step::AskFlash(question)))?;
        Ok(JedecId([0, 1, 2].map(|at| byte(&answer, at))))
    }

    /// Resets the board; the flashloader is gone then.
    ///
    /// # Errors
    /// [`Error::Mboot`] when it refuses.
    pub fn reset(mut self) -> Result<Departure> {
        self.session.reset().map_err(Error::mboot(Step::Reset))
    }

    /// Starts code: its reset handler and stack.
    ///
    /// # Errors
    /// [`Error::Mboot`] when it refuses.
    pub fn execute(mut self, entry: u32, stack: u32) -> Result<Departure> {
        self.session
            .execute(entry, 0, stack)
            .map_err(Error::mboot(Step::StartApplication { entry, stack }))
    }
}

/// A session with a loader that this run has just started. On a UART the start itself leaves stray bytes.
fn just_started(board: &mut Board) -> Result<LoaderSession> {
    let session = board.loader()?;
    Ok(match board.is_uart() {
        true => session,
        false => session.just_started(),
    })
}

fn version(session: &mut LoaderSession) -> Result<Version> {
    session.version().map_err(Error::mboot(Step::AskVersion))
}

fn own(session: &mut LoaderSession) -> Result<Option<LoaderIdentity>> {
    session.identity().map_err(Error::mboot(Step::AskIdentity))
}

/// Which chip a running flashloader is on: its id register, read through it.
///
/// NXP's builds for the RT1010, RT1050 and RT1060 answer; those for the RT1020, RT1021 and RT1024 refuse every address outside RAM and
/// flash, so that a refusal tells these apart from the others as well.
fn ask_chip(
    session: &mut LoaderSession,
    named: Option<&'static Chip>,
    mut told: Told,
    listener: &mut dyn Listener,
) -> Result<Identity> {
    let own = told.own_loader;
    let mut refusal = None;
    let unasked = told.id.is_none();
    for address in Chip::id_registers().filter(|_| unasked) {
        match session.read_memory(address, 4, MemoryId::INTERNAL, &mut |_| true) {
            Ok(bytes) => {
                let read = Told {
                    id: Some((address, little_endian(&bytes))),
                    ..told
                };
                let fits = CHIPS.iter().any(|chip| read.allows(chip));
                if fits || told.id.is_none() {
                    told = read;
                }
            }
            Err(error @ mboot::Error::Refused { .. }) => refusal = Some(error),
            Err(error) => {
                return Err(Error::mboot(Step::AskChip)(error));
            }
        }
    }
    let outside = refusal.as_ref().and_then(mboot::Error::status) == Some(KEPT);
    told.loader_keeps_registers = outside && !own;
    let asks = named.is_none_or(|chip| chip.in_package.decides);
    if asks && let Ok(identity) = told.identify(None) {
        // a closed part refuses this, too
        let word = session.flash_read_once(identity.chip.in_package.word);
        told.package_word = word.ok();
    }
    let identity = told
        .identify(named)
        .map_err(|contradiction| wrong_chip(named, contradiction))?;
    // ours runs on chips with one id only
    if let (None, Some(error), false) = (told.id, refusal, own) {
        untold(identity, &error, listener);
    }
    Ok(identity)
}

/// Says that the flashloader keeps its chip id to itself, the louder the less it is expected.
fn untold(identity: Identity, error: &mboot::Error, listener: &mut dyn Listener) {
    let chip = identity.chip;
    let outside = error.status() == Some(KEPT);
    let finding = match outside && !chip.flashloader.reads_registers {
        true => Finding::new(&run::CHIP_TAKEN),
        false => Finding::new(&run::CHIP_UNTOLD).text("error", error.to_string()),
    };
    tell(listener, finding.text("chip", chip.name));
}

fn little_endian(bytes: &[u8]) -> u32 {
    let word = bytes.get(..4).and_then(|word| word.try_into().ok());
    word.map_or(u32::MAX, u32::from_le_bytes)
}

/// Whether anything in it programs, erases or writes registers: all of that starts with a write enable.
fn can_change_flash(fcb: &Fcb) -> bool {
    let enables = !fcb.sequence(lut::index::WRITE_ENABLE).is_empty();
    enables || fcb.device_mode_enable() != 0 || fcb.config_command_enable() != 0
}

/// A place that the flashloader does not need for itself, and for how many FCBs it has room: for [`PLACES`] where there is such
/// a one, else for one.
fn choose_scratch(chip: &Chip, reserved: &[(u32, u32)]) -> Result<(u32, usize)> {
    let free = |address: u32, places: usize| {
        let last = address + (places * Fcb::LEN) as u32 - 1;
        !reserved
            .iter()
            .any(|&(from, to)| address <= to && last >= from)
    };
    let of = |places: usize| {
        let mut all = chip.scratch.iter();
        let found = all.find(|address| free(**address, places));
        found.map(|address| (*address, places))
    };
    of(PLACES).or_else(|| of(1)).ok_or(Error::Mboot {
        step: Step::FindScratchRam,
        source: mboot::Error::Refused {
            command: mboot::Tag::GET_PROPERTY,
            status: Status(0),
            step: mboot::Step::Response,
            done: 0,
        },
    })
}

/// A byte of an answer; ones when it is too short.
pub(super) fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0xFF)
}
