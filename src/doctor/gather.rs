//! Asks host, ROM, flashloader and flash in turn. A step that fails keeps what the earlier ones found. Changes nothing in flash or fuses.

mod content;
mod flash;

use rtboot_bootable::inspect;

use super::facts::{
    AppFacts, AppInput, Expected, Facts, FuseWords, HostFacts, LoaderRun, Request, Source, Unknown,
    steering,
};
use crate::board::{Board, Program, Selector};
use crate::chip::{Chip, Identity};
use crate::error::Step;
use crate::event::{Known, Listener, tell_known};
use crate::flash::{Flashloader, Rom, candidates, names, parts_for};
use crate::job::LaidOut;
use crate::journal::{BoardJournal, BoardKey};
use crate::mboot::Property;
use crate::port::{hid, serial};
use crate::{Error, Result};

/// What the system says about USB and serial ports; asks no board.
pub fn host(selector: &Selector) -> HostFacts {
    let (devices, list_error) = match hid::list() {
        Ok(devices) => (devices, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let ports = serial::list().unwrap_or_default();
    HostFacts {
        selector: selector.clone(),
        is_uart: selector.uart_path().is_some(),
        devices,
        list_error,
        serial_ports: ports.into_iter().map(|port| port.path).collect(),
        ..HostFacts::default()
    }
}

/// Speed of the only board, or of the one at the USB port that was asked for.
fn speed(host: &HostFacts) -> Option<u32> {
    let port = host.selector.usb_port();
    let mut boards = host
        .devices
        .iter()
        .filter(|device| matches!(device.kind, hid::HidKind::Rom | hid::HidKind::Flashloader))
        .filter_map(|device| device.port_path.as_deref())
        .filter(|path| port.is_none_or(|port| port == *path));
    hid::speed_mbit(boards.next()?)
}

/// The facts when no board was found: what the system says, and why.
pub fn nobody(host: HostFacts, error: Error, request: Request<'_>) -> Facts {
    let mut facts = begin(host, &request);
    facts.host.find_error = Some(error);
    take_app(request.app, &mut facts);
    facts
}

/// Gathers everything from a board, and tells what is known of it. Never fails: an error becomes a fact.
pub fn gather(
    board: &mut Board,
    host: HostFacts,
    request: Request<'_>,
    listener: &mut dyn Listener,
) -> Facts {
    let facts = ask_all(board, host, request, listener);
    tell_known(listener, known(&facts));
    facts
}

fn ask_all(
    board: &mut Board,
    host: HostFacts,
    mut request: Request<'_>,
    listener: &mut dyn Listener,
) -> Facts {
    let mut facts = begin(host, &request);
    facts.host.selector = board.name();
    facts.host.is_uart = board.is_uart();
    facts.host.usb_mbit = speed(&facts.host);
    facts.host.warnings = board.warnings().to_vec();
    take_app(request.app.take(), &mut facts);
    let flashloader = match board.program() {
        Err(error) => {
            facts.host.find_error = Some(error);
            None
        }
        Ok(None) => {
            facts.host.find_error = Some(Error::NoBoard {
                selector: board.name(),
                seen_instead: Vec::new(),
            });
            None
        }
        Ok(Some(program)) => {
            facts.host.program = Some(program);
            match program {
                Program::Rom => from_rom(board, &mut facts, &mut request, listener),
                Program::Flashloader => running(board, &mut facts, &request, listener),
            }
        }
    };
    let Some(mut flashloader) = flashloader else {
        return facts;
    };
    facts.loader = Some(ask_loader(&mut flashloader, facts.rom.is_some()));
    if facts.fuses.words.is_empty() {
        facts.fuses = fuses_by_loader(&mut flashloader);
    }
    if let Err(error) = flash::ask(&mut flashloader, &mut facts) {
        facts.flash_error = Some(error);
        return facts;
    }
    let journal = journal(&facts, &request);
    if let Err(error) = content::read(&mut flashloader, &mut facts, journal, listener) {
        facts.flash_error = Some(error);
    }
    facts
}

/// What a run tells of its board.
fn known(facts: &Facts) -> Known {
    let identity = facts.identity;
    let look = facts.flash.as_ref();
    let look = look.filter(|look| look.nor.answers());
    let part = look.and_then(|look| look.part.as_ref());
    let protected = look
        .zip(part)
        .map(|(look, part)| part.protected(&look.nor.status));
    Known {
        board: Some(facts.host.selector.to_string()),
        unique_id: facts.unique_id(),
        chip: (identity.is_known() || facts.loader.is_some())
            .then(|| identity.chip.name.to_owned()),
        jedec: look.map(|look| look.nor.id.to_string()),
        part: part.map(|part| match facts.expected {
            Some(_) => part.name.clone(),
            None => names(&candidates(part.jedec, Some(part))),
        }),
        flash_protected: protected,
        ..Known::default()
    }
}

fn begin(host: HostFacts, request: &Request<'_>) -> Facts {
    let mut facts = Facts {
        host,
        expected: request.expected.clone(),
        ..Facts::default()
    };
    let identity = Identity::unasked(request.chip);
    match identity.named {
        true => be_chip(identity, &mut facts),
        false => facts.identity = identity,
    }
    facts
}

/// From now on the board counts as having this chip: the part that the user names is held against it, and the application is laid
/// out for it.
fn be_chip(identity: Identity, facts: &mut Facts) {
    facts.identity = identity;
    let expected = facts.expected.take().map(|Expected { from, file }| {
        let file = parts_for(&from, file, identity.chip)?;
        Ok(Expected { from, file })
    });
    match expected.transpose() {
        Ok(expected) => facts.expected = expected,
        Err(error) => facts.expected_error = Some(error),
    }
    if let Some(app) = facts.app.take() {
        let pieces = match (app.pieces, app.error) {
            // a part for another chip is a finding, and the application is judged without it
            (Some(pieces), _) if facts.expected_error.is_some() => pieces
                .without_part()
                .and_then(|it| it.for_chip(identity.chip)),
            (Some(pieces), _) => pieces.for_chip(identity.chip),
            (None, Some(error)) => Err(error),
            (None, None) => return,
        };
        let name = app.name;
        take_app(Some(AppInput { name, pieces }), facts);
    }
}

/// The application file: what it would put into flash, or why it cannot.
fn take_app(app: Option<AppInput>, facts: &mut Facts) {
    let Some(AppInput { name, pieces }) = app else {
        return;
    };
    let mut seen = AppFacts {
        name,
        error: None,
        memory: rtboot_bootable::Memory::new(),
        inspection: None,
        pieces: None,
        compared: None,
        other_fcb: None,
    };
    match pieces {
        Ok(pieces) => {
            let chip = facts.identity.chip;
            // the rules of the boot ROM are for what it starts, not for data and what a boot loader starts
            let has_ivt = |piece: &&LaidOut| inspect(&piece.memory, &chip.map).ivt.is_some();
            let whole = || pieces.pieces().iter().find(has_ivt);
            let boots = pieces.boot_piece().or_else(whole);
            let prepared = boots.and_then(|piece| piece.prepared.as_ref());
            let memory = prepared.map(|prepared| &prepared.firmware().memory);
            seen.inspection = memory.map(|it| inspect(it, &chip.map));
            seen.memory = pieces.memory().clone();
            seen.pieces = Some(pieces);
        }
        Err(error) => seen.error = Some(error),
    }
    facts.app = Some(seen);
}

fn from_rom(
    board: &mut Board,
    facts: &mut Facts,
    request: &mut Request<'_>,
    listener: &mut dyn Listener,
) -> Option<Flashloader> {
    let mut rom = match Rom::connect(board) {
        Ok(rom) => rom,
        Err(error) => {
            facts.rom_error = Some(error);
            return None;
        }
    };
    facts.rom = Some(rom.facts().clone());
    if let (None, Some(chip)) = (&rom.facts().unread, rom.facts().chip) {
        match fuses_by_rom(&mut rom, chip) {
            Ok(fuses) => facts.fuses = fuses,
            Err(error) => facts.unknown.push(Unknown {
                what: "fuses",
                why: error.to_string(),
                tells: "the flashloader reads them, too (flash-read-once)".into(),
            }),
        }
    }
    let identified = rom.identify(request.chip);
    if let Ok(identity) = &identified {
        match identity.settled() {
            Some(_) => be_chip(*identity, facts),
            // what the user gave is judged once the flashloader has told
            None => facts.identity = *identity,
        }
    }
    let image =
        identified.and_then(|identity| Ok((identity, request.loader.load(identity.chip, board)?)));
    if image.is_ok() && facts.expected_error.is_some() {
        return None; // the user means another board: load nothing into this one
    }
    let started = match image {
        Ok((identity, loader)) => {
            let sent = Known {
                flashloader: Some(loader.name.clone()),
                flashloader_sha256: loader.sha256.clone(),
                ..Known::default()
            };
            tell_known(listener, sent);
            rom.start(identity, &loader, board, listener)
        }
        Err(error) => Err(error),
    };
    match started {
        Ok(flashloader) => {
            let told = flashloader.facts().identity;
            if told != facts.identity || facts.identity.settled().is_none() {
                be_chip(told, facts);
            }
            Some(flashloader)
        }
        Err(error) => {
            facts.loader_error = Some(error);
            facts.seen_after = board.program().ok().flatten();
            None
        }
    }
}

fn running(
    board: &mut Board,
    facts: &mut Facts,
    request: &Request<'_>,
    listener: &mut dyn Listener,
) -> Option<Flashloader> {
    facts.unknown.push(Unknown {
        what: "boot pins, security state, reset cause",
        why: "a flashloader was running already, and only the boot ROM tells them".into(),
        tells: "reset the board into serial download and run the doctor again".into(),
    });
    match Flashloader::join(board, request.chip, listener) {
        Ok(flashloader) => {
            be_chip(flashloader.facts().identity, facts);
            Some(flashloader)
        }
        Err(error) => {
            facts.loader_error = Some(error);
            None
        }
    }
}

fn fuses_by_rom(rom: &mut Rom, chip: &Chip) -> Result<FuseWords> {
    let mut words = Vec::new();
    for index in steering(chip) {
        let value = rom
            .session()
            .read_word(chip.registers.fuse(index))
            .map_err(Error::sdp(Step::ReadFuses))?;
        words.push((index, value));
    }
    Ok(FuseWords {
        from: Some(Source::Rom),
        words,
    })
}

fn ask_loader(flashloader: &mut Flashloader, started: bool) -> LoaderRun {
    let commands = flashloader
        .session()
        .get_property(Property::AVAILABLE_COMMANDS, 0);
    LoaderRun {
        facts: flashloader.facts().clone(),
        started,
        sent_again: flashloader.sent_again(),
        commands: commands.ok().and_then(|words| words.first().copied()),
    }
}

fn fuses_by_loader(flashloader: &mut Flashloader) -> FuseWords {
    let chip = flashloader.chip();
    let read = |index| {
        let value = flashloader.session().flash_read_once(index).ok()?;
        Some((index, value))
    };
    FuseWords {
        from: Some(Source::Flashloader),
        words: steering(chip).into_iter().map_while(read).collect(),
    }
}

/// The journal of the board, when flash and chip told enough to name it.
fn journal(facts: &Facts, request: &Request<'_>) -> Option<Result<BoardJournal>> {
    let look = facts.flash.as_ref()?;
    let size = look.part.as_ref()?.size;
    let id = facts.unique_id()?;
    let place = facts.host.selector.to_string();
    let key = BoardKey::new(&id, look.nor.id, size, &place);
    Some(request.journals?.open(&key))
}
