//! The disk fails at each operation of a journal in turn: what is told then, and what the next run makes of it.

use std::io;
use std::sync::{Arc, Mutex};

use rtboot::consent::Consent;
use rtboot::job::{self, Edges, EraseRange};
use rtboot::journal::{Disk, DiskStep, JournalStore};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Content, Error, Result};
use rtboot_sim::Fault;

use crate::kit::board::Rig;
use crate::kit::case::{Case, WINDOW};
use crate::kit::wire::{Cable, Wire};

/// How long the disk fails.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fails {
    Never,
    /// At this operation only, from 0.
    Once(usize),
    /// From this operation on.
    From(usize),
}

impl Fails {
    fn at(self, number: usize) -> bool {
        match self {
            Fails::Never => false,
            Fails::Once(at) => at == number,
            Fails::From(at) => at <= number,
        }
    }
}

type Seen = Arc<Mutex<Vec<(DiskStep, u64)>>>;

/// A disk that fails so. It notes each operation, and how many operations the flash had seen by then.
fn disk(fails: Fails, board: &VirtualBoard) -> (Disk, Seen) {
    let seen = Seen::default();
    let (notes, board) = (Arc::clone(&seen), board.clone());
    let disk = Disk::asking(move |step| {
        let operations = board.board().counts().nor_operations;
        let mut notes = notes.lock().expect("no panic");
        notes.push((step, operations));
        match fails.at(notes.len() - 1) {
            true => Err(io::Error::other("the disk fails")),
            false => Ok(()),
        }
    });
    (disk, seen)
}

/// A board, and a folder for journals that is not there yet.
struct Bench<'a> {
    case: &'a Case,
    board: VirtualBoard,
    folder: tempfile::TempDir,
}

impl Bench<'_> {
    fn new(case: &Case) -> Bench<'_> {
        Bench {
            case,
            board: case.board(Vec::new()),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// The same, after a write that lost power in this flash operation.
    fn broken(case: &Case, at: u64) -> Bench<'_> {
        let bench = Bench::new(case);
        bench.cut(at);
        bench.write(Fails::Never).0.expect_err("power is gone");
        bench.power_cycle();
        bench
    }

    /// The power goes at this operation from now.
    fn cut(&self, at: u64) {
        let mut board = self.board.board();
        let at = board.counts().nor_operations + at;
        board.fault_mut().push(Fault::PowerCut { at });
    }

    fn power_cycle(&self) {
        let mut board = self.board.board();
        board.fault_mut().clear();
        board.power_cycle();
        board.wait(std::time::Duration::from_secs(1));
    }

    fn store(&self) -> JournalStore {
        JournalStore::new(self.folder.path().join("state/journal"))
    }

    fn write(&self, fails: Fails) -> (Result<()>, Vec<(DiskStep, u64)>) {
        let (disk, seen) = disk(fails, &self.board);
        let store = self.store().on_disk(disk);
        let result = self.case.job(&Wire::new(&self.board, Cable::Hid), &store);
        let seen = seen.lock().expect("no panic").clone();
        (result.map(drop), seen)
    }

    fn files(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.folder.path().join("state/journal")) else {
            return Vec::new();
        };
        let name = |file: io::Result<std::fs::DirEntry>| file.expect("an entry").file_name();
        files
            .map(|file| name(file).into_string().expect("text"))
            .collect()
    }

    /// Nothing starts, or what was there before, or the new image.
    fn starts_nothing_half(&self, text: &str) {
        let mut board = self.board.board();
        let starts = board.boot_verdict().starts.is_some();
        let flash = &board.flash()[..WINDOW];
        let whole = flash == self.case.old || flash == self.case.done;
        assert!(!starts || whole, "a half image starts: {text}");
    }

    /// The same write on a disk that works does it, and leaves nothing on it.
    fn heals(&self, text: &str) {
        let files = self.files();
        let names = files.iter().filter(|name| !name.ends_with(".journal"));
        assert_eq!(names.count(), 0, "{text}: {files:?}");
        if let Err(error) = self.write(Fails::Never).0 {
            panic!("{text}: {error}");
        }
        assert!(
            self.board.board().flash()[..WINDOW] == self.case.done,
            "{text}"
        );
        assert_eq!(self.files(), [""; 0], "{text}");
    }
}

/// The disk fails at each of so many operations, once and from there on.
fn each(count: usize) -> impl Iterator<Item = Fails> {
    (0..count).flat_map(|at| [Fails::Once(at), Fails::From(at)])
}

#[test]
fn journal_is_synced_before_each_phase() {
    use DiskStep::{Create, MakeFolder, Remove, Rename, SyncFile, SyncFolder, Write};

    let case = Case::update();
    let bench = Bench::new(&case);
    let (result, seen) = bench.write(Fails::Never);
    result.expect("written");
    let replace = [Create, Write, SyncFile, Rename, SyncFolder];
    // the folder's own name, and that of the one above it
    let begin = [&[MakeFolder, SyncFolder, SyncFolder], &replace[..]].concat();
    let steps: Vec<DiskStep> = seen.iter().map(|(step, _)| *step).collect();
    let wanted = [&begin[..], &replace, &replace, &[Remove, SyncFolder]].concat();
    assert_eq!(steps, wanted);
    let operations = |range: std::ops::Range<usize>| {
        let mut counts: Vec<u64> = seen[range].iter().map(|(_, count)| *count).collect();
        counts.dedup();
        assert_eq!(counts.len(), 1, "flash changes while the journal does");
        counts[0]
    };
    let [begun, erased, last, done] =
        [0..8, 8..13, 13..18, 18..20].map(|phase: std::ops::Range<usize>| operations(phase));
    assert_eq!(begun, 0, "flash changes before the journal knows of it");
    assert!(begun < erased && erased < last && last < done);
}

#[test]
fn disk_failure_in_a_write_is_told_and_heals() {
    for case in [Case::over_noise(), Case::update(), Case::application_only()] {
        let (result, seen) = Bench::new(&case).write(Fails::Never);
        result.expect("written");
        for fails in each(seen.len()) {
            let bench = Bench::new(&case);
            let (result, _) = bench.write(fails);
            let text = format!("{}, {fails:?} of {seen:?}", case.name);
            let error = result.expect_err(&text);
            assert_eq!((error.code(), error.exit_code()), ("file-unwritable", 4));
            let state = error.flash_state().unwrap_or_else(|| panic!("{text}"));
            let flash = bench.board.board().flash()[..WINDOW].to_vec();
            match &state.content {
                Content::Untouched => assert!(flash == case.old, "{text}"),
                Content::NewImageWhole { verified: true } => assert!(flash == case.done, "{text}"),
                Content::NothingStarts { .. } => {
                    assert_eq!(bench.board.board().boot_verdict().starts, None, "{text}");
                }
                other => panic!("{text}: {other:?}"),
            }
            bench.starts_nothing_half(&text);
            bench.heals(&text);
        }
    }
}

#[test]
fn disk_failure_while_healing_heals_later() {
    let case = Case::update();
    let operations = {
        let bench = Bench::new(&case);
        bench.write(Fails::Never).0.expect("written");
        bench.board.board().counts().nor_operations
    };
    for cut in [1, 2, operations / 2, operations - 1, operations] {
        let (result, seen) = Bench::broken(&case, cut).write(Fails::Never);
        result.unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        for fails in each(seen.len()) {
            let text = format!("cut at {cut}, {fails:?} of {seen:?}");
            let bench = Bench::broken(&case, cut);
            let error = bench.write(fails).0.expect_err(&text);
            assert_eq!(error.exit_code(), 4, "{text}: {error}");
            bench.starts_nothing_half(&text);
            bench.heals(&text);
        }
    }
}

#[test]
fn disk_failure_after_a_lost_board_keeps_the_cause() {
    let case = Case::update();
    let (_, seen) = Bench::new(&case).write(Fails::Never);
    for cut in [2, 20] {
        for fails in each(seen.len() + 5).filter(|fails| !matches!(fails, Fails::From(0..8))) {
            let text = format!("cut at {cut}, {fails:?}");
            let bench = Bench::new(&case);
            bench.cut(cut);
            let error = bench.write(fails).0.expect_err(&text);
            assert!([4, 15].contains(&error.exit_code()), "{text}: {error}");
            bench.power_cycle();
            bench.starts_nothing_half(&text);
            bench.heals(&text);
        }
    }
}

/// Erases the first sector of the board, which an interrupted write touches.
fn erase(bench: &Bench, fails: Fails) -> (Result<()>, usize) {
    let mut rig = Rig::on(bench.board.clone());
    let (disk, seen) = disk(fails, &bench.board);
    rig.journals = bench.store().on_disk(disk);
    let mut nor = rig.nor("issi.cfg").expect("known");
    let mut journal = rig.journal(&mut nor);
    let range = EraseRange::Bytes {
        address: 0x6000_B000,
        length: 0x1000,
        edges: Edges::Refuse,
    };
    let erased = job::erase(
        &mut nor,
        range,
        &Consent::default(),
        Some(&mut journal),
        &mut (),
    );
    let count = seen.lock().expect("no panic").len();
    (erased.map(drop), count)
}

/// The last sector that the application touches: bytes behind it are kept there.
const LAST: std::ops::Range<usize> = 0xB000..0xC000;

#[test]
fn disk_failure_in_an_erase_wipes_or_keeps() {
    let case = Case::update();
    let (erased, count) = erase(&Bench::broken(&case, 5), Fails::Never);
    erased.expect("erased");
    assert!(count > 5);
    for fails in each(count) {
        let text = format!("{fails:?} of {count}");
        let bench = Bench::broken(&case, 5);
        let before = bench.board.board().flash()[LAST].to_vec();
        let error = erase(&bench, fails).0.expect_err(&text);
        assert_eq!(error.exit_code(), 4, "{text}: {error}");
        let blank = bench.board.board().flash()[LAST].iter().all(|b| *b == 0xFF);
        let told = matches!(error, Error::WhileWriting { .. });
        match told {
            true => assert!(blank, "{text}"),
            false => assert!(
                bench.board.board().flash()[LAST] == before,
                "{text}: changed and not told"
            ),
        }
        bench.starts_nothing_half(&text);
        bench
            .write(Fails::Never)
            .0
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        let flash = bench.board.board().flash()[..WINDOW].to_vec();
        let own = LAST.start..0x2000 + crate::kit::case::APP;
        assert!(flash[own.clone()] == case.done[own.clone()], "{text}");
        let kept = &flash[own.end..LAST.end];
        let there = kept == &case.done[own.end..LAST.end];
        let wiped = kept.iter().all(|byte| *byte == 0xFF);
        // what was erased stays so; an erase that never began wipes nothing, unless the disk let nothing be put back
        let dead = matches!(fails, Fails::From(_));
        assert!(
            if told {
                wiped
            } else {
                there || (wiped && dead)
            },
            "{text}: {told}"
        );
        assert_eq!(bench.files(), [""; 0], "{text}");
    }
}
