//! The first stage: a board in serial-download mode, talking SDP.
//!
//! Before anything goes into RAM the chip is asked what it is. What the ROM can tell is gathered as [`RomFacts`]; a
//! question that it does not answer is a fact too.

use std::time::Duration;

use rtboot_bootable::LoaderImage;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::{rom as entries, run};

use crate::board::{Board, Program, REAPPEAR, RomSession};
use crate::chip::{
    self, BootMode, Chip, FlexRam, FlexRamLayout, Identity, Registers, RomOwners, Told,
};
use crate::error::{self, SplitBy, Step, Unread};
use crate::event::{Listener, Measurements, Meter, Stage, tell, tell_measured};
use crate::flash::{Breadcrumb, Flashloader, Loader};
use crate::sdp::{self, Hab, JumpOutcome, Status, Width};
use crate::{Error, Result};

/// How often the flashloader goes over a UART, in whole or in part, before the line counts as too bad.
const UART_LOADS: usize = 4;
/// How much longer the boot ROM may take to come back when our loader does not appear: RTWDOG resets the chip 33 s after the jump at
/// the latest.
const GIVES_UP: Duration = Duration::from_secs(30);

/// Unique id of a chip: OCOTP CFG0 and CFG1, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UniqueId(pub [u32; 2]);

impl UniqueId {
    /// From the words of a flashloader's property.
    pub fn from_words(words: &[u32]) -> UniqueId {
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        UniqueId([word(0), word(1)])
    }
}

impl std::fmt::Display for UniqueId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:08x}{:08x}", self.0[1], self.0[0])
    }
}

/// What the boot ROM tells about chip and board.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RomFacts {
    /// Whether the part runs unsigned code.
    pub hab: Option<Hab>,
    /// Result of the last HAB action.
    pub error_status: Option<Status>,
    /// What it told about the chip.
    pub told: Told,
    /// The first chip that the id allows: its layout decodes the registers.
    pub chip: Option<&'static Chip>,
    /// Unique id.
    pub unique_id: Option<UniqueId>,
    /// Boot configuration pins as latched.
    pub sbmr1: Option<u32>,
    /// Boot mode, fuse selection, security configuration.
    pub sbmr2: Option<u32>,
    /// Cause of the last reset.
    pub srsr: Option<u32>,
    /// How the FlexRAM is split, and by what.
    pub flexram: Option<(FlexRam, SplitBy)>,
    /// The chips whose ROM has this one's USB ids; `None` on a UART.
    pub owners: Option<RomOwners>,
    /// Registers that the ROM did not let be read: it has a list of those that may.
    pub refused: Vec<(&'static str, u32)>,
    /// Why registers could not be read, when some could not.
    pub unread: Option<Unread>,
}

impl RomFacts {
    /// The boot mode that the pins gave at the last reset.
    pub fn boot_mode(&self) -> Option<BootMode> {
        Some(self.chip?.boot.boot_mode(self.sbmr2?))
    }

    /// The chip id register.
    pub fn chip_id(&self) -> Option<u32> {
        self.told.id.map(|(_, read)| read)
    }

    /// The registers that the ROM refused, in words.
    pub fn refused_names(&self) -> String {
        error::registers(&self.refused)
    }

    /// Which chip this is, in words; `None` when the ROM does not tell.
    pub fn chip_words(&self, named: Option<&'static Chip>) -> Option<String> {
        if !self.told.tells_die() {
            return None;
        }
        Some(match self.told.identify(named) {
            Ok(identity) => identity.to_string(),
            Err(contradiction) => contradiction.to_string(),
        })
    }
}

/// A board in serial-download mode.
pub struct Rom {
    session: RomSession,
    facts: RomFacts,
}

impl Rom {
    /// Opens the session and gathers [`RomFacts`]. Changes nothing on the board.
    ///
    /// # Errors
    /// [`Error::Sdp`] when the ROM answers nothing at all.
    pub fn connect(board: &mut Board) -> Result<Rom> {
        let mut session = board.rom()?;
        let mut facts = ask(&mut session, board)?;
        // without numbers on its answers a late one stands in for the next: an id that no chip has is asked for once more
        if board.is_uart() && facts.told.id.is_some() && facts.chip.is_none() {
            session.get_in_step().map_err(Error::sdp(Step::AskRom))?;
            facts = ask(&mut session, board)?;
        }
        Ok(Rom { session, facts })
    }

    /// What the ROM told.
    pub fn facts(&self) -> &RomFacts {
        &self.facts
    }

    /// The session, for raw commands.
    pub fn session(&mut self) -> &mut RomSession {
        &mut self.session
    }

    /// Which chip this is: what the user says, held against what the chip says.
    ///
    /// # Errors
    /// [`Error::WrongChip`] when they contradict each other or the chip is none that rtboot writes; [`Error::UnknownChip`]
    /// when the chip does not tell and the user neither.
    pub fn identify(&self, named: Option<&'static Chip>) -> Result<Identity> {
        let told = self.facts.told;
        if !told.tells_die() {
            by_usb(&self.facts, named)?;
        }
        told.identify(named)
            .map_err(|contradiction| wrong_chip(named, contradiction))
    }

    /// Loads the flashloader where its own IVT says, starts it there and waits for it on the same port.
    ///
    /// # Errors
    /// [`Error::LoaderRam`], [`Error::Sdp`], [`Error::LoaderDamaged`], [`Error::JumpRefused`], [`Error::LoaderSilent`],
    /// [`Error::OwnLoaderSilent`], [`Error::OtherBoard`].
    pub fn start(
        mut self,
        identity: Identity,
        loader: &Loader,
        board: &mut Board,
        listener: &mut dyn Listener,
    ) -> Result<Flashloader> {
        tell_measured(listener, self.measurements(loader, identity.chip));
        let (own, is_known) = (loader.own, loader.is_known);
        let loader = &loader.image;
        if own && !board.is_virtual() {
            tell(listener, Finding::new(&run::OWN_LOADER_UNPROVEN));
        }
        if !self.facts.refused.is_empty() {
            let unread = Finding::new(&entries::ROM_READS_REFUSED);
            tell(
                listener,
                unread.text("registers", self.facts.refused_names()),
            );
        }
        self.check_ram(loader, identity.chip, listener)?;
        self.load(loader, listener)?;
        let sent_again = match board.is_uart() {
            true => self.check_loaded(loader, listener)?,
            false => 0,
        };
        let sent = Measurements {
            loader_sent: Some(true),
            ..Measurements::default()
        };
        tell_measured(listener, sent);
        match self.session.jump_address(loader.jump) {
            Ok(JumpOutcome::Left | JumpOutcome::Silent) => {}
            Err(sdp::Error::Refused { status, .. }) => {
                return Err(Error::JumpRefused {
                    address: loader.jump,
                    answer: status.0,
                    hab: self.facts.hab,
                });
            }
            Err(error) => {
                let address = loader.jump;
                return Err(Error::sdp(Step::StartFlashloader { address })(error));
            }
        }
        let expected = self.facts.unique_id;
        drop(self.session); // its node goes away with the ROM
        if !board.await_program(Program::Flashloader, REAPPEAR)? {
            if own {
                return Err(own_silent(
                    board,
                    identity.chip,
                    loader.jump,
                    self.facts.hab,
                ));
            }
            let now = board.on_port();
            return Err(Error::LoaderSilent {
                address: loader.jump,
                waited_ms: as_millis(REAPPEAR),
                now,
                hab: self.facts.hab,
            });
        }
        // what the ROM kept to itself the flashloader may tell
        let is_told = identity.told.id.is_some() && !identity.told.needs_package_word();
        let mut flashloader = match is_told {
            true if own => Flashloader::connect_own(board, identity)?,
            true if is_known == Some(false) => Flashloader::connect_unknown(board, identity)?,
            true => Flashloader::connect(board, identity)?,
            false => Flashloader::join_started(board, identity, own, listener)?,
        };
        flashloader.raise_speed(board, listener)?;
        flashloader.set_sent_again(sent_again);
        flashloader.check_same_board(expected)?;
        flashloader.set_rom_facts(self.facts);
        Ok(flashloader)
    }

    /// What is known by now that tells causes of a failure apart.
    fn measurements(&self, loader: &Loader, chip: &'static Chip) -> Measurements {
        let config = self.facts.sbmr1.map(|sbmr1| chip.boot_config(sbmr1));
        let split = self.facts.flexram.map(|(split, _)| split);
        Measurements {
            hab: self.facts.hab,
            second_pins: config
                .map(|config| config.boots_second_pins() && !config.moves_flashloader()),
            loader_on_second_pins: config.map(|config| config.moves_flashloader()),
            flexram_fits: split.map(|split| loader.image.missing(split).is_none()),
            loader_is_known: loader.is_known,
            ..Measurements::default()
        }
    }

    /// That the chip has the RAM that the flashloader needs: without it, it dies right after the jump.
    fn check_ram(
        &self,
        image: &LoaderImage,
        chip: &Chip,
        listener: &mut dyn Listener,
    ) -> Result<()> {
        let (split, by) = match self.facts.flexram {
            Some((split, by)) => (split, Some(by)),
            None => (chip.flexram_of_the_factory(), None),
        };
        match (image.missing(split), by) {
            (None, _) => Ok(()),
            (Some(need), Some(by)) => Err(Error::LoaderRam {
                need: *need,
                split,
                by,
            }),
            (Some(need), None) => {
                let unasked = Finding::new(&run::FLASHLOADER_RAM_UNASKED);
                tell(listener, unasked.text("need", need).text("split", split));
                Ok(())
            }
        }
    }

    fn load(&mut self, loader: &LoaderImage, listener: &mut dyn Listener) -> Result<()> {
        let mut meter = Meter::begin(listener, Stage::Load, loader.bytes.len() as u64);
        let step = Step::LoadFlashloader {
            address: loader.load,
        };
        self.session
            .write_file(loader.load, &loader.bytes, &mut |done| meter.set(done))
            .map_err(Error::sdp(step))?;
        meter.end();
        Ok(())
    }

    /// A UART has no checksum in SDP: what arrived is read back, and what came out wrong is sent again. Returns
    /// how many bytes that were.
    fn check_loaded(&mut self, loader: &LoaderImage, listener: &mut dyn Listener) -> Result<usize> {
        let (mut loads, mut sent_again) = (1, 0);
        loop {
            let found = match self.read_loaded(loader) {
                Ok(found) => found,
                Err(error) if self.keeps_reads_back(&error) => {
                    let unchecked = Finding::new(&run::FLASHLOADER_UNCHECKED);
                    tell(listener, unchecked.text("error", error));
                    return Ok(sent_again);
                }
                Err(error) => return Err(Error::sdp(Step::ReadBackFlashloader)(error)),
            };
            let wrong = |at: &usize| found.get(*at) != loader.bytes.get(*at);
            let Some(first) = (0..loader.bytes.len()).find(wrong) else {
                return Ok(sent_again);
            };
            let address = loader.load + first as u32;
            if loads == UART_LOADS {
                return Err(Error::LoaderDamaged {
                    address,
                    expected: loader.bytes[first],
                    found: found.get(first).copied().unwrap_or_default(),
                });
            }
            let last = (first..loader.bytes.len()).rfind(wrong).unwrap_or(first);
            let again = &loader.bytes[first..=last];
            loads += 1;
            sent_again += again.len();
            let measured = Measurements {
                uart_spoils: Some(true),
                ..Measurements::default()
            };
            tell_measured(listener, measured);
            let spoiled = Finding::new(&run::FLASHLOADER_SENT_AGAIN);
            let spoiled = spoiled
                .address("at", address)
                .number("count", again.len() as u64);
            tell(listener, spoiled);
            self.session
                .write_file(address, again, &mut |_| {})
                .map_err(Error::sdp(Step::ResendFlashloader { address }))?;
        }
    }

    /// Whether it is the ROM that does not let RAM be read, by its list or by a fuse, and not the line that fails: then what
    /// lies in RAM is not known.
    fn keeps_reads_back(&self, error: &sdp::Error) -> bool {
        match error {
            sdp::Error::Refused { .. } => true,
            sdp::Error::Timeout { .. } => self.facts.told.id.is_none(),
            _ => false,
        }
    }

    /// What RAM holds where the flashloader should be.
    fn read_loaded(&mut self, loader: &LoaderImage) -> std::result::Result<Vec<u8>, sdp::Error> {
        let aligned = loader.load / 4 * 4;
        let head = (loader.load - aligned) as usize;
        let count = (head + loader.bytes.len()).next_multiple_of(4) as u32;
        let mut found = self.session.read_register(aligned, Width::Word, count)?;
        Ok(found.split_off(head.min(found.len())))
    }
}

/// What the ROM tells, from the first question on.
fn ask(session: &mut RomSession, board: &mut Board) -> Result<RomFacts> {
    let error_status = session.error_status().map_err(Error::sdp(Step::AskRom))?;
    let mut facts = RomFacts {
        error_status: Some(error_status),
        hab: session.hab(),
        owners: board
            .usb_ids()
            .and_then(|(vid, pid)| chip::rom_by_usb(vid, pid)),
        ..RomFacts::default()
    };
    facts.told.rom = facts.owners.map(|owners| owners.usb());
    if facts.told.tells_die() {
        facts.chip = facts.told.candidates().next();
    }
    // one that may not answer costs a time-out, and what is asked next may get the late answer
    if let Some(owners) = facts.owners.filter(|owners| !owners.read_registers()) {
        facts.unread = Some(Unread::NotAsked(owners));
        return Ok(facts);
    }
    facts.unread = match read_registers(session, &mut facts) {
        Ok(()) if facts.refused.is_empty() => None,
        Ok(()) => Some(Unread::Refused(facts.refused.clone())),
        // silence is the chip's answer, too; anything else is the link's fault
        Err(sdp::Error::Timeout { waited, .. }) => Some(Unread::Silent { waited }),
        Err(error) => return Err(Error::sdp(Step::ReadChipRegisters)(error)),
    };
    Ok(facts)
}

/// Our loader resets the chip where it cannot go on, and RTWDOG does where it hangs: then the boot ROM tells why.
fn own_silent(board: &mut Board, chip: &Chip, address: u32, hab: Option<Hab>) -> Error {
    let back = board.await_program(Program::Rom, GIVES_UP).unwrap_or(false);
    let session = if back { board.rom().ok() } else { None };
    let told = session.map(|mut session| {
        let srsr = session.read_word(chip.registers.srsr).ok();
        let left = session.read_register(Breadcrumb::ADDRESS, Width::Word, Breadcrumb::LEN);
        (srsr, left.ok().and_then(|bytes| Breadcrumb::parse(&bytes)))
    });
    let (srsr, breadcrumb) = told.unwrap_or_default();
    let causes = |srsr| chip.boot.reset_causes(srsr).collect::<Vec<_>>().join(", ");
    Error::OwnLoaderSilent {
        address,
        waited_ms: as_millis(REAPPEAR),
        now: board.on_port(),
        srsr: srsr.map(|srsr| (srsr, causes(srsr))),
        breadcrumb,
        hab,
    }
}

/// Asks for the registers one by one. One that the ROM refuses is left out; after a silence nothing more is asked, for each
/// silence costs a time-out.
fn read_registers(
    session: &mut RomSession,
    facts: &mut RomFacts,
) -> std::result::Result<(), sdp::Error> {
    let mut refused = Vec::new();
    let mut read = |what, address| match session.read_word(address) {
        Ok(value) => Ok(Some(value)),
        Err(sdp::Error::Refused { .. }) => {
            refused.push((what, address));
            Ok(None)
        }
        Err(error) => Err(error),
    };
    let asked = ask_registers(&mut read, facts);
    facts.refused = refused;
    asked
}

type Read<'a> = dyn FnMut(&'static str, u32) -> std::result::Result<Option<u32>, sdp::Error> + 'a;

fn ask_registers(read: &mut Read<'_>, facts: &mut RomFacts) -> std::result::Result<(), sdp::Error> {
    for address in Chip::id_registers() {
        let Some(id) = read("the chip id", address)? else {
            continue;
        };
        facts.told.id = Some((address, id));
        facts.chip = chip::CHIPS.iter().find(|chip| facts.told.allows(chip));
        if facts.chip.is_some() {
            break;
        }
    }
    let registers = match (facts.chip, facts.told.id) {
        (Some(chip), _) => &chip.registers,
        // the registers of a chip without a row may be anywhere
        (None, Some(_)) => return Ok(()),
        (None, None) => match common_registers(facts.owners) {
            Some(registers) => registers,
            None => return Ok(()),
        },
    };
    let [low, high] = registers.unique_id;
    let id = [read("the unique id", low)?, read("the unique id", high)?];
    if let [Some(low), Some(high)] = id {
        facts.unique_id = Some(UniqueId([low, high]));
    }
    facts.sbmr1 = read("SBMR1", registers.sbmr1)?;
    facts.sbmr2 = read("SBMR2", registers.sbmr2)?;
    facts.srsr = read("SRSR", registers.srsr)?;
    if let Some(chip) = facts.chip {
        let package = registers.fuse(chip.in_package.word);
        facts.told.package_word = read("the package's fuse word", package)?;
        facts.flexram = ask_flexram(read, chip)?;
    }
    Ok(())
}

/// The FlexRAM split: by register when GPR16 says so, else by fuses.
fn ask_flexram(
    read: &mut Read<'_>,
    chip: &Chip,
) -> std::result::Result<Option<(FlexRam, SplitBy)>, sdp::Error> {
    let [selects, banks] = chip.registers.flexram;
    let Some(selects) = read("GPR16", selects)? else {
        return Ok(None);
    };
    if selects & FlexRamLayout::BY_REGISTER != 0 {
        let banks = read("GPR17", banks)?;
        let split = |banks| chip.flexram.by_register(banks);
        return Ok(banks.map(|banks| (split(banks), SplitBy::Register(banks))));
    }
    let word = read("MISC_CONF0", chip.registers.fuse(chip.fuses.misc_conf0))?;
    Ok(word.map(|word| (chip.flexram.by_fuse(word), SplitBy::Fuses(word))))
}

/// The registers, when every chip that it can be has them in the same places; those of chips without a row are not known.
fn common_registers(owners: Option<RomOwners>) -> Option<&'static Registers> {
    let can_be = |chip: &&Chip| owners.is_none_or(|owners| owners.usb() == chip.rom_usb);
    let mut registers = chip::CHIPS
        .iter()
        .filter(can_be)
        .map(|chip| &chip.registers);
    let first = registers.next()?;
    registers.all(|other| other == first).then_some(first)
}

/// A chip that keeps its id to itself: the USB ids can contradict the user, and they name no single chip. None is taken by
/// itself, for chips that share them differ in what a flashloader drives: the RT1024 has its flash on other pads, and the
/// RT1050 is another die.
fn by_usb(facts: &RomFacts, named: Option<&'static Chip>) -> Result<()> {
    if let Some(owners) = facts.owners {
        let fits = named.map_or_else(|| owners.has_row(), |chip| chip.rom_usb == owners.usb());
        if !fits {
            return Err(wrong_chip(named, owners));
        }
    }
    if named.is_some() {
        return Ok(());
    }
    Err(Error::UnknownChip {
        unread: facts.unread.clone(),
        owners: facts.owners,
    })
}

/// What is known of the chip excludes the one that the user names, or every chip that rtboot writes.
pub(super) fn wrong_chip(named: Option<&'static Chip>, found: impl std::fmt::Display) -> Error {
    let wanted = match named {
        Some(chip) => chip.name.to_owned(),
        None => "one of the RT10xx family".to_owned(),
    };
    Error::WrongChip {
        wanted,
        found: found.to_string(),
    }
}

fn as_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(usb: Option<(u16, u16)>) -> RomFacts {
        RomFacts {
            owners: usb.and_then(|(vid, pid)| chip::rom_by_usb(vid, pid)),
            ..RomFacts::default()
        }
    }

    #[test]
    fn usb_ids_contradict_a_wrongly_named_chip() {
        let named = Chip::by_name("rt1021");
        assert!(by_usb(&facts(Some((0x1FC9, 0x0130))), named).is_ok());
        assert!(by_usb(&facts(None), named).is_ok());
        for (pid, named, name) in [(0x0135, named, "RT1062"), (0x013D, None, "RT1170")] {
            let error = by_usb(&facts(Some((0x1FC9, pid))), named).unwrap_err();
            let Error::WrongChip { found, .. } = error else {
                panic!("{error}");
            };
            assert!(found.contains(name), "{found}");
        }
    }

    #[test]
    fn usb_ids_alone_choose_no_chip() {
        for usb in [None, Some((0x1FC9, 0x0130))] {
            let error = by_usb(&facts(usb), None).unwrap_err();
            assert!(matches!(error, Error::UnknownChip { .. }), "{error}");
        }
    }
}
