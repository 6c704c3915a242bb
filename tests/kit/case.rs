//! A whole write of an application over old content, with a fault, and how its outcome is judged.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::Duration;

use rtboot::board::{Board, Options};
use rtboot::flash::{FcbChoice, Headers, WriteReport};
use rtboot::job::{WriteJob, WriteOptions};
use rtboot::journal::JournalStore;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Error, LoaderSource, Result, Source};
use rtboot_sim::{Fault, Settings};

use super::board::write_with;
use super::wire::{Cable, Line, Trip, Wire};
use super::{rt1021, standin};

/// All that the tests put into flash lies below.
pub const WINDOW: usize = 0x2_0000;
/// Length of the application that is written.
pub const APP: usize = 40_001;
/// First offset behind the sectors that the application touches.
const NEAR: usize = (0x2000 + APP).next_multiple_of(0x1000);
/// Modelled time that a write, however disturbed, may take.
const TIME_LIMIT: Duration = Duration::from_secs(300);

static BLANK: LazyLock<Vec<u8>> = LazyLock::new(|| vec![0xFF; 8 * 1024 * 1024]);

/// Pseudo-random bytes of this seed.
pub fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 11) as u8
    };
    (0..length).map(next).collect()
}

/// An application for 0x60002000 with a true vector table.
pub fn application(seed: u32, length: usize) -> Vec<u8> {
    let mut bytes = noise(seed, length);
    for word in bytes[..0x100].chunks_exact_mut(4) {
        word.copy_from_slice(&(0x6000_2401_u32).to_le_bytes());
    }
    bytes[..4].copy_from_slice(&(0x2001_0000_u32).to_le_bytes());
    bytes
}

/// One write: flash before it, the file, and flash as it must be afterwards.
pub struct Case {
    pub name: &'static str,
    pub old: Vec<u8>,
    pub status: [u8; 3],
    pub done: Vec<u8>,
    pub file: Source,
    pub options: WriteOptions,
    /// What is started when no loader runs.
    pub loader: LoaderSource,
}

impl Case {
    /// The same with rtboot's own loader.
    #[must_use]
    pub fn with_own_loader(self) -> Case {
        Case {
            loader: LoaderSource::Own,
            ..self
        }
    }

    /// Over random bytes that start nothing, quad enable clear.
    pub fn over_noise() -> Case {
        let old = noise(1, WINDOW).iter().map(|b| b & 0x7F).collect();
        Case::new("over other bytes", old, [0; 3], Headers::Add)
    }

    /// Over another application under the same FCB, with bytes to keep in every gap.
    pub fn update() -> Case {
        Case::new(
            "over a bootable image",
            bootable(),
            [0x40, 0, 0],
            Headers::Add,
        )
    }

    /// The application alone, the file's bytes and nothing else: FCB, IVT and boot data stay equal.
    pub fn application_only() -> Case {
        Case::new("application only", bootable(), [0x40, 0, 0], Headers::AsIs)
    }

    fn new(name: &'static str, old: Vec<u8>, status: [u8; 3], headers: Headers) -> Case {
        let mut case = Case {
            name,
            old,
            status,
            done: Vec::new(),
            file: Source::bytes("app.bin", application(7, APP)),
            options: options(headers),
            loader: standin(),
        };
        let board = case.board(Vec::new());
        let journals = tempfile::tempdir().expect("a folder");
        let store = JournalStore::new(journals.path());
        case.job(&Wire::new(&board, Cable::Hid), &store)
            .expect("an undisturbed write");
        case.done = board.board().flash()[..WINDOW].to_vec();
        // the expectation does not come from the code under test
        let mut wanted = case.old.clone();
        wanted[0x2000..0x2000 + APP].copy_from_slice(&application(7, APP));
        assert!(case.done[0x1200..] == wanted[0x1200..], "{name}");
        assert!(case.done[0x200..0x1000] == wanted[0x200..0x1000], "{name}");
        assert!(board.board().boot_verdict().starts.is_some(), "{name}");
        case
    }

    /// A board as it is before the write.
    pub fn board(&self, faults: Vec<Fault>) -> VirtualBoard {
        let settings = Settings {
            flash: self.old.clone(),
            status: self.status,
            faults,
            ..Settings::default()
        };
        VirtualBoard::from_board(rtboot_sim::Board::new(settings))
    }

    /// The whole write over this wire.
    pub fn job(&self, wire: &Wire, journals: &JournalStore) -> Result<WriteReport> {
        let mut board = Board::on_plug(Box::new(wire.clone()), Options::default());
        let options = WriteOptions {
            journal: Some(journals.clone()),
            ..self.options.clone()
        };
        let loader = self.loader.clone();
        Ok(write_with(&mut board, loader, &self.file, options, &mut ())?.report)
    }

    /// What passes in an undisturbed write, and the counts at its end.
    pub fn count(&self, cable: Cable) -> (Vec<Line>, rtboot_sim::Counts) {
        let board = self.board(Vec::new());
        let folder = tempfile::tempdir().expect("a folder");
        let wire = Wire::new(&board, cable).logged();
        self.job(&wire, &JournalStore::new(folder.path()))
            .expect("an undisturbed write");
        let counts = board.board().counts();
        (wire.take_log(), counts)
    }
}

/// Another application of another length, started by the FCB that the write brings, and bytes in every gap.
fn bootable() -> Vec<u8> {
    let mut old: Vec<u8> = noise(2, WINDOW).iter().map(|b| b & 0x7F).collect();
    let file = Source::bytes("app.bin", application(3, 41_000));
    let job = WriteJob::prepare(&file.into(), options(Headers::Add), rt1021()).expect("bootable");
    for (address, bytes) in job.pieces().memory().segments() {
        let at = (address - 0x6000_0000) as usize;
        old[at..at + bytes.len()].copy_from_slice(bytes);
    }
    old
}

/// The write of an application for the IS25LP064A.
fn options(headers: Headers) -> WriteOptions {
    WriteOptions {
        fcb: FcbChoice::named("issi.cfg", rt1021())
            .expect("in the database")
            .0,
        base: Some(0x6000_2000),
        headers,
        ..WriteOptions::default()
    }
}

/// Something that goes wrong in a write.
#[derive(Clone, Debug)]
pub enum What {
    /// A fault of the board.
    Board(Fault),
    /// Something at a call of the port.
    Call(u64, Trip),
}

/// One thing to try.
#[derive(Clone, Debug)]
pub struct Point {
    pub kind: &'static str,
    pub what: What,
    /// A command that a flipped bit turns into another valid command may touch bytes far from the image; a HID link has no checksum.
    pub may_stray: bool,
}

/// How it went.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub exit: u8,
    pub message: String,
    /// Success was reported, but flash is not as it should be.
    pub false_success: bool,
    /// The ROM would start something that is neither the old nor the new image.
    pub half: bool,
    /// The same command again succeeded without touching the board.
    pub healed_at_once: bool,
    /// The same command succeeded after the power was switched off and on.
    pub healed_after_power: bool,
    /// Bytes outside the image's sectors were changed.
    pub strayed: bool,
    /// The job is done, and a file of kept bytes is still there: a later write would put old bytes back.
    pub left_behind: bool,
    pub panicked: bool,
    pub slow: bool,
    /// Status register 1 of the flash at the end.
    pub status: u8,
}

impl Outcome {
    pub fn healed(&self) -> bool {
        self.healed_at_once || self.healed_after_power
    }
}

/// Whether flash is as `wanted` in the sectors up to the image's last; in the image's own bytes when others may be touched.
fn near(flash: &[u8], wanted: &[u8], may_stray: bool) -> bool {
    let image = [0..0x200, 0x1000..0x1030, 0x2000..0x2000 + APP];
    match may_stray {
        true => image.into_iter().all(|r| flash[r.clone()] == wanted[r]),
        false => flash[..NEAR] == wanted[..NEAR],
    }
}

/// Whether the bytes that the write itself brings are there.
fn own(flash: &[u8], case: &Case) -> bool {
    let boot = [0..0x200, 0x1000..0x1030]
        .into_iter()
        .filter(|_| case.options.headers == Headers::Add);
    boot.chain(std::iter::once(0x2000..0x2000 + APP))
        .all(|r| flash[r.clone()] == case.done[r])
}

/// Whether flash is as it always was everywhere else.
fn far(flash: &[u8], wanted: &[u8]) -> bool {
    flash[NEAR..WINDOW] == wanted[NEAR..] && flash[WINDOW..] == BLANK[WINDOW..]
}

/// Runs the write with this point broken and looks at everything.
pub fn attempt(case: &Case, cable: Cable, point: &Point) -> Outcome {
    let faults = match &point.what {
        What::Board(fault) => vec![fault.clone()],
        What::Call(..) => Vec::new(),
    };
    let board = case.board(faults);
    let wire = match &point.what {
        What::Call(at, trip) => Wire::new(&board, cable).with_trip(*at, trip.clone()),
        What::Board(_) => Wire::new(&board, cable),
    };
    let folder = tempfile::tempdir().expect("a folder");
    let journals = JournalStore::new(folder.path());
    let mut outcome = Outcome::default();
    match catch_unwind(AssertUnwindSafe(|| case.job(&wire, &journals))) {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => record_error(&mut outcome, &error),
        Err(_) => outcome.panicked = true,
    }
    outcome.slow = board.board().elapsed() > TIME_LIMIT;
    judge(case, &board, point, &mut outcome);
    heal(
        case,
        &board,
        (cable, point.may_stray),
        &journals,
        &mut outcome,
    );
    let left = std::fs::read_dir(folder.path()).is_ok_and(|mut files| files.next().is_some());
    outcome.left_behind = outcome.healed() && left;
    outcome.strayed = !far(board.board().flash(), &case.done);
    outcome.status = board.board().nor().status[0];
    outcome
}

fn record_error(outcome: &mut Outcome, error: &Error) {
    outcome.exit = error.exit_code();
    let state = match error {
        Error::WhileWriting { state, .. } => format!(" ({state})"),
        _ => String::new(),
    };
    outcome.message = format!("{error}{state}");
}

fn judge(case: &Case, board: &VirtualBoard, point: &Point, outcome: &mut Outcome) {
    let mut board = board.board();
    board.fault_mut().clear();
    let (new, old) = (
        near(board.flash(), &case.done, point.may_stray),
        near(board.flash(), &case.old, point.may_stray),
    );
    outcome.half = !new && !old && board.boot_verdict().starts.is_some();
    if outcome.exit == 0 && !outcome.panicked {
        let right = new && (point.may_stray || far(board.flash(), &case.done));
        outcome.false_success = !right;
    }
}

fn heal(
    case: &Case,
    board: &VirtualBoard,
    (cable, may_stray): (Cable, bool),
    journals: &JournalStore,
    outcome: &mut Outcome,
) {
    let right = |board: &VirtualBoard| match may_stray {
        true => own(board.board().flash(), case),
        false => near(board.board().flash(), &case.done, false),
    };
    let again = || {
        catch_unwind(AssertUnwindSafe(|| {
            case.job(&Wire::new(board, cable), journals)
        }))
    };
    if board.board().state() != rtboot_sim::State::Off {
        outcome.healed_at_once = matches!(again(), Ok(Ok(_))) && right(board);
    }
    if !outcome.healed_at_once {
        board.board().power_cycle();
        board.wait(Duration::from_secs(1));
        let result = again();
        outcome.healed_after_power = matches!(result, Ok(Ok(_))) && right(board);
        if !outcome.healed_after_power {
            let first = (0..NEAR).find(|&i| board.board().flash()[i] != case.done[i]);
            outcome.message += &format!(" / again: {result:?}; differs first at {first:#x?}");
        }
    }
}
