//! Every command, against a board that from any of its answers on gives one byte each 0.3 s: it ends within the limit that
//! docs/dev/bounds.md states.

use std::time::Duration;

use rtboot::board::{Board, Options, Program};
use rtboot::consent::Consent;
use rtboot::doctor::{self, Request};
use rtboot::flash::probe::probe_flash;
use rtboot::flash::{FcbChoice, Rom};
use rtboot::job::{
    self, BootLoader, Comparison, Edges, EraseRange, Target, Unprotect, WriteJob, WriteOptions,
};
use rtboot::journal::JournalStore;
use rtboot::mboot::MemoryId;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Result, Source};
use rtboot_sim::Settings;

use crate::kit::case::application;
use crate::kit::wire::{Cable, Trip, Wire};
use crate::kit::{rt1021, standin};

/// `docs/dev/bounds.md`: a command against such a peer.
const LIMIT: Duration = Duration::from_secs(5 * 60);
/// The same page: the erase of a chip of 8 MiB without a figure of its data sheet.
const CHIP_ERASE: Duration = Duration::from_secs(128 * 10 + 5);
const BASE: u32 = 0x6000_2000;

type Act = fn(&mut Board, &JournalStore) -> Result<()>;

/// Every subcommand that talks to a board, as it calls the library.
const COMMANDS: [(&str, Act); 20] = [
    ("write", |board, journals| {
        write(board, journals, WriteOptions::default())
    }),
    ("write, second stage", |board, journals| {
        let boot_loader = BootLoader::Keep;
        let options = WriteOptions::default();
        write(
            board,
            journals,
            WriteOptions {
                boot_loader,
                ..options
            },
        )
    }),
    ("write --erase-all", |board, journals| {
        let options = WriteOptions {
            erase_all: true,
            consent: consent(),
            ..WriteOptions::default()
        };
        write(board, journals, options)
    }),
    ("verify", |board, _| {
        let mut nor = target().open_flash(board, &mut ())?;
        let boot = nor.look_at_boot(&mut ())?;
        let layout = WriteOptions {
            base: Some(BASE),
            ..WriteOptions::default()
        };
        Comparison::prepare(&(&file()).into(), &layout.layout(), rt1021())?.compare(
            &mut nor,
            &boot,
            &mut (),
        )
    }),
    ("read", |board, _| {
        let mut nor = target().open_flash(board, &mut ())?;
        job::read_flash_twice(&mut nor, BASE, 0x3000, &mut ()).map(drop)
    }),
    ("read --once", |board, _| {
        let mut nor = target().open_flash(board, &mut ())?;
        job::read_flash(&mut nor, BASE, 0x3000, &mut ()).map(drop)
    }),
    ("read of RAM", |board, _| {
        let mut reached = target().start_flashloader(board, &mut ())?;
        job::read_ram(&mut reached.flashloader, 0x2020_8000, 0x3000, &mut ()).map(drop)
    }),
    ("blank-check", |board, _| {
        let mut nor = target().open_flash(board, &mut ())?;
        job::blank_check(&mut nor, BASE + 0x1_0000, 0x3000, &mut ())
    }),
    ("erase", |board, journals| {
        let what = EraseRange::Bytes {
            address: BASE,
            length: 0x3000,
            edges: Edges::Round,
        };
        erase(board, journals, what)
    }),
    ("erase --all", |board, journals| {
        erase(board, journals, EraseRange::All)
    }),
    ("unprotect", |board, _| {
        let mut nor = target().open_flash(board, &mut ())?;
        let plan = Unprotect::plan(&nor)?.expect("the board is protected");
        job::unprotect(&mut nor, &plan).map(drop)
    }),
    ("info", |board, _| job::info(board, &target(), &mut ()).1),
    ("doctor", |board, journals| {
        let loader = standin();
        let request = Request {
            chip: None,
            loader: &loader,
            expected: None,
            app: None,
            journals: Some(journals),
        };
        let facts = doctor::gather(board, doctor::host(&board.name()), request, &mut ());
        match doctor::examine(&facts).is_healthy() {
            true => Ok(()),
            false => Err(rtboot::Error::NoVectorTable),
        }
    }),
    ("run", |board, _| {
        let mut nor = target().open_flash(board, &mut ())?;
        let boot = nor.look_at_boot(&mut ())?;
        job::start_in_flash(nor, &boot, &mut ()).map(drop)
    }),
    ("reset", |board, _| {
        target().start_flashloader(board, &mut ())?;
        job::reset(board, None, &mut ()).map(drop)
    }),
    ("connect", |board, _| {
        target().start_flashloader(board, &mut ()).map(drop)
    }),
    ("fcb probe", |board, _| {
        let mut reached = target().start_flashloader(board, &mut ())?;
        let facts = reached.flashloader.look_at_flash(&mut ())?;
        probe_flash(&mut reached.flashloader, facts, &mut ()).map(drop)
    }),
    ("sdp", |board, _| {
        assert_ne!(board.program()?, Some(Program::Flashloader));
        Rom::connect(board).map(drop)
    }),
    ("mboot get-property", |board, _| {
        let mut reached = target().start_flashloader(board, &mut ())?;
        let session = reached.flashloader.session();
        session.version().map(drop).map_err(lost)
    }),
    ("mboot read-memory", |board, _| {
        let mut reached = target().start_flashloader(board, &mut ())?;
        let session = reached.flashloader.session();
        let all = &mut |_| true;
        let read = session.read_memory(0x2020_8000, 0x2000, MemoryId::INTERNAL, all);
        read.map(drop).map_err(lost)
    }),
];

fn lost(_: rtboot::mboot::Error) -> rtboot::Error {
    rtboot::Error::NoVectorTable
}

fn target() -> Target {
    let mut target = Target::default();
    target.loader = standin();
    target
}

fn consent() -> Consent {
    Consent::words(["erase the whole flash"])
}

fn file() -> Source {
    Source::bytes("app.bin", application(7, 6_000))
}

fn write(board: &mut Board, journals: &JournalStore, options: WriteOptions) -> Result<()> {
    let options = WriteOptions {
        fcb: FcbChoice::named("issi.cfg", rt1021())?.0,
        base: Some(BASE),
        journal: Some(journals.clone()),
        ..options
    };
    let job = WriteJob::prepare(&(&file()).into(), options, rt1021())?;
    let mut ready = job.identify(board, &target(), &mut ())?;
    let plan = ready.plan(&mut ())?;
    ready.write(&plan, &mut ()).map(drop)
}

fn erase(board: &mut Board, journals: &JournalStore, what: EraseRange) -> Result<()> {
    let mut nor = target().open_flash(board, &mut ())?;
    let mut journal = job::journal_of_flash(&mut nor, board, journals)?;
    job::erase(&mut nor, what, &consent(), Some(&mut journal), &mut ()).map(drop)
}

/// A board with bytes in its flash, protected where the command is to take that away.
fn board(name: &str) -> VirtualBoard {
    let settings = Settings {
        flash: vec![0x5A; 0x8000],
        status: [if name == "unprotect" { 0x3C } else { 0 }, 0, 0],
        ..Settings::default()
    };
    VirtualBoard::from_board(rtboot_sim::Board::new(settings))
}

/// Runs the command on a board that drips from this call of the port on; how long it took, when it failed, and the calls.
fn dripping(name: &str, act: Act, cable: Cable, after: u64) -> (Option<Duration>, u64) {
    let board = board(name);
    let folder = tempfile::tempdir().expect("a folder");
    let wire = Wire::new(&board, cable).with_trip(after, Trip::Drips);
    let mut host = Board::on_plug(Box::new(wire.clone()), Options::default());
    let result = act(&mut host, &JournalStore::new(folder.path()));
    let took = result.err().map(|_| board.board().elapsed());
    (took, wire.calls())
}

#[test]
fn every_command_on_a_dripping_board_ends() {
    for (name, act) in COMMANDS {
        let (all, limit) = match name.contains("all") {
            true => (true, LIMIT + CHIP_ERASE),
            false => (false, LIMIT),
        };
        for cable in [Cable::Hid, Cable::Uart] {
            // the whole flash is read back at 115,200 baud
            if all && cable.is_uart() {
                continue;
            }
            let (_, calls) = dripping(name, act, cable, 0);
            let shares = (1..16).map(|share| calls * share / 16);
            let mut failed = 0;
            for after in [1, 2, 3, 5].into_iter().chain(shares) {
                let (took, _) = dripping(name, act, cable, after);
                failed += usize::from(took.is_some());
                let took = took.unwrap_or_default();
                assert!(took < limit, "{name}, {cable:?}, {after}: {took:?}");
            }
            assert!(failed > 1, "{name}, {cable:?}: {failed} failed");
        }
    }
}
