//! A board, two hosts and their files, and what is true of them.

use std::fmt::Write as _;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use rtboot::board::{Board, Options};
use rtboot::consent::Consent;
use rtboot::flash::{FcbChoice, Headers, KeptBytes};
use rtboot::job::{self, BootLoader, Comparison, Edges, EraseRange, Target, WriteOptions};
use rtboot::journal::JournalStore;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Result, Source};
use rtboot_bootable::verdict::Starts;
use rtboot_fcb::{JedecId, database};
use rtboot_sim::nor::Part;
use rtboot_sim::{Settings, State};

use super::commands::{Command, KINDS, Mishap, Policy, from_now};
use super::model::{Model, Wrong};
use crate::kit::case::{application, noise};
use crate::kit::random::Random;
use crate::kit::wire::Wire;
use crate::kit::{rt1021, standin};

const BASE: u32 = 0x6000_0000;
const APP_AT: usize = 0x2000;
/// Where commands that are no image put and erase bytes, beside and behind the images.
const FAR: usize = 0x3_0000;
/// Nothing reaches behind it.
const WINDOW: usize = 0x4_0000;
/// What lies behind it, in the largest part.
static BLANK: LazyLock<Vec<u8>> = LazyLock::new(|| vec![0xFF; 64 << 20]);

/// An application and what a write of it puts into flash: bytes by their place.
struct Image {
    application: Vec<u8>,
    done: Vec<(usize, Vec<u8>)>,
}

/// Virtual parts that the host knows.
fn parts() -> &'static [(Part, Vec<Image>)] {
    static PARTS: OnceLock<Vec<(Part, Vec<Image>)>> = OnceLock::new();
    PARTS.get_or_init(|| {
        let known = |part: &Part| !database::by_jedec(JedecId(part.jedec)).is_empty();
        let all = Part::all().into_iter().filter(known);
        all.map(|part| (part.clone(), images(&part))).collect()
    })
}

/// What undisturbed writes on blank flash leave.
fn images(part: &Part) -> Vec<Image> {
    let lengths = [1_100, 4_096, 9_000, 17_321];
    let image = |(seed, length): (u32, usize)| {
        let application = application(seed, length);
        let mut world = World::bare(part.clone(), Vec::new(), seed.into());
        let options = world.options(Policy::Usual);
        let file = Source::bytes("app.bin", application.clone());
        world
            .write(&file, options, None)
            .expect("an undisturbed write");
        let flash = world.board.board().flash()[..APP_AT + length].to_vec();
        let own = [0..0x200, 0x1000..0x102C, APP_AT..APP_AT + length];
        assert!(world.board.board().boot_verdict().starts.is_some());
        Image {
            application,
            done: own.map(|range| (range.start, flash[range].to_vec())).into(),
        }
    };
    (40..).zip(lengths).map(image).collect()
}

/// What happened in some sequences.
#[derive(Default)]
pub struct Tally {
    pub sequences: usize,
    pub succeeded: usize,
    /// Commands that ended with an error in which something had gone wrong.
    pub broken: usize,
    /// Commands that ended with an error although nothing went wrong in them.
    pub refused: usize,
    /// What the ROM would start, after each command.
    pub starts: usize,
    pub mishaps: Vec<usize>,
    pub wrong: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.sequences += other.sequences;
        self.succeeded += other.succeeded;
        self.broken += other.broken;
        self.refused += other.refused;
        self.starts += other.starts;
        self.mishaps.resize(KINDS.len(), 0);
        for (sum, count) in self.mishaps.iter_mut().zip(other.mishaps) {
            *sum += count;
        }
        self.wrong.extend(other.wrong);
    }

    pub fn table(&self) -> String {
        let mut text = format!(
            "{} sequences: {} commands succeeded, {} broke, {} were refused; {} findings\n",
            self.sequences,
            self.succeeded,
            self.broken,
            self.refused,
            self.wrong.len()
        );
        for (kind, count) in KINDS.iter().zip(&self.mishaps) {
            let _ = writeln!(text, "| {kind} | {count} |");
        }
        text
    }
}

pub struct World {
    board: VirtualBoard,
    model: Model,
    hosts: [tempfile::TempDir; 2],
    host: usize,
    images: &'static [Image],
    sector: usize,
    dice: Random,
    seed: u64,
    /// Images whose bytes a user changed or erased on purpose: what the ROM starts then is the user's.
    spoilt: bool,
    tally: Tally,
    log: Vec<String>,
    pub talk: bool,
}

impl World {
    pub fn new(seed: u64) -> World {
        let mut dice = Random::seeded(seed);
        let (part, images) = &parts()[dice.below(parts().len())];
        let mut flash = match dice.below(3) {
            0 => Vec::new(),
            _ => noise(seed as u32, 0x1_0000)
                .iter()
                .map(|b| b & 0x7F)
                .collect(),
        };
        if dice.below(2) == 0 && !flash.is_empty() {
            for (at, bytes) in &images[dice.below(images.len())].done {
                flash[*at..at + bytes.len()].copy_from_slice(bytes);
            }
        }
        World {
            images,
            dice,
            ..World::bare(part.clone(), flash, seed)
        }
    }

    fn bare(part: Part, flash: Vec<u8>, seed: u64) -> World {
        let settings = Settings {
            part: part.clone(),
            flash,
            // one board in three has no unique id
            unique_id: if seed.is_multiple_of(3) {
                [0; 2]
            } else {
                [7, seed as u32]
            },
            ..Settings::default()
        };
        let board = VirtualBoard::from_board(rtboot_sim::Board::new(settings));
        let model = Model::of(&board.board().flash()[..WINDOW]);
        World {
            board,
            model,
            hosts: [(), ()].map(|()| tempfile::tempdir().expect("a folder")),
            host: 0,
            images: &[],
            sector: 0x1000,
            dice: Random::seeded(seed),
            seed,
            spoilt: false,
            tally: Tally {
                sequences: 1,
                mishaps: vec![0; KINDS.len()],
                ..Tally::default()
            },
            log: Vec::new(),
            talk: false,
        }
    }

    /// A whole sequence, and at its end the cure: an undisturbed write.
    pub fn run(mut self) -> Tally {
        let commands = 3 + self.dice.below(6);
        let mut mishaps = 1 + self.dice.below(5);
        for left in (0..commands).rev() {
            let command = self.any_command();
            let mishap = (mishaps > 0 && self.dice.below(left + 1) < mishaps).then(|| {
                mishaps -= 1;
                self.any_mishap()
            });
            self.step(&command, mishap);
        }
        self.cure();
        self.tally
    }

    fn any_command(&mut self) -> Command {
        let image = self.dice.below(self.images.len());
        let gaps = [
            0x300,
            0xF00,
            0x1100,
            0x1FF0,
            0x2000 + 17_400,
            0x8000,
            FAR,
            FAR + 0x1234,
        ];
        let at = gaps[self.dice.below(gaps.len())];
        let length = 1 + self.dice.below(0x10);
        let bytes = self.dice.bytes(length);
        match self.dice.below(20) {
            0..7 => Command::Write {
                image,
                policy: match self.dice.below(10) {
                    0..6 => Policy::Usual,
                    6..8 => Policy::NoSkip,
                    8 => Policy::KeepNothing,
                    _ => Policy::EraseAll,
                },
            },
            7..9 => Command::WriteApplication { image },
            9..11 => Command::WriteData { at, bytes },
            11 => Command::Erase {
                at: self.dice.below(FAR / 0x1000) * 0x1000,
                length: 0x1000 * (1 + self.dice.below(3)),
            },
            12 => Command::EraseAll,
            13 => Command::Verify { image },
            14 => Command::Read { at, length: 0x900 },
            15 => Command::Info,
            16 => Command::ApplicationStores { at, bytes },
            17 => Command::OtherTool { image },
            18 => Command::PowerCycle,
            _ => Command::OtherHost,
        }
    }

    fn any_mishap(&mut self) -> (usize, Mishap) {
        let kind = self.dice.below(KINDS.len());
        let calls = [30, 120, 300][self.dice.below(3)];
        (kind, Mishap::of(KINDS[kind], calls, &mut self.dice))
    }

    fn step(&mut self, command: &Command, mishap: Option<(usize, Mishap)>) {
        let line = format!("host {}: {command:x?}, {mishap:?}", self.host);
        self.log.push(line);
        let trouble = mishap.as_ref().map(|(_, mishap)| mishap.clone());
        match command {
            Command::ApplicationStores { at, bytes } => self.set(*at, bytes),
            Command::OtherTool { image } => self.other_tool(*image),
            Command::PowerCycle => self.power_cycle(),
            Command::OtherHost => self.host = 1 - self.host,
            _ => {
                if let Some((kind, _)) = mishap {
                    self.tally.mishaps[kind] += 1;
                }
                let ended = catch_unwind(AssertUnwindSafe(|| self.command(command, trouble)));
                if ended.is_err() {
                    self.found("a panic");
                }
                self.calm();
            }
        }
        self.look_at_start();
        if self.talk {
            println!("{}", self.log.last().expect("just pushed"));
        }
    }

    /// A command of rtboot.
    fn command(&mut self, command: &Command, mishap: Option<Mishap>) {
        match command {
            Command::Write { image, policy } => self.write_image(*image, *policy, mishap),
            Command::WriteApplication { image } => {
                let bytes = self.images[*image].application.clone();
                self.write_bytes(APP_AT, bytes, mishap);
            }
            Command::WriteData { at, bytes } => self.write_bytes(*at, bytes.clone(), mishap),
            Command::Erase { at, length } => self.erase(Some(*at..at + length), mishap),
            Command::EraseAll => self.erase(None, mishap),
            Command::Verify { image } => self.verify(*image, mishap),
            Command::Read { at, length } => self.read(*at, *length, mishap),
            Command::Info => self.info(mishap),
            _ => unreachable!("happens outside of rtboot"),
        }
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        let mut board = self.board.board();
        board.flash_mut()[at..at + bytes.len()].copy_from_slice(bytes);
        let cells = at as u32..(at + bytes.len()) as u32;
        board.nor_mut().weak.retain(|cell, _| !cells.contains(cell));
        drop(board);
        self.model.set(at, bytes);
    }

    fn other_tool(&mut self, image: usize) {
        self.set(0, &[0xFF; WINDOW]);
        for (at, bytes) in &self.images[image].done {
            self.set(*at, bytes);
        }
        self.spoilt = false;
    }

    fn power_cycle(&mut self) {
        self.board.board().power_cycle();
        self.board.wait(Duration::from_secs(1));
    }

    /// The faults are gone; a board without power gets it back, and one in five is switched off and on anyway.
    fn calm(&mut self) {
        self.board.board().fault_mut().clear();
        self.board.wait(Duration::from_secs(1));
        let state = self.board.board().state();
        let stuck = !matches!(state, State::Rom | State::Flashloader);
        if stuck
            || self.log.last().is_some_and(|line| line.contains("Some"))
            || self.dice.below(5) == 0
        {
            self.power_cycle();
        }
    }

    fn plug(&mut self, mishap: Option<Mishap>) -> Board {
        let wire = Wire::new(&self.board, false);
        let wire = match mishap {
            None => wire,
            Some(Mishap::Call(at, trip)) => wire.with_trip(at, trip),
            Some(Mishap::Board(fault)) => {
                let mut board = self.board.board();
                let fault = from_now(fault, &board.counts());
                board.fault_mut().push(fault);
                wire
            }
        };
        Board::on_plug(Box::new(wire), Options::default())
    }

    fn target() -> Target {
        let mut target = Target::default();
        target.loader = standin();
        target
    }

    fn journals(&self) -> JournalStore {
        JournalStore::new(self.hosts[self.host].path())
    }

    fn options(&self, policy: Policy) -> WriteOptions {
        // two parts have the id of the IS25LP064A
        let issi = self.board.board().part().name.starts_with("is25lp064a");
        WriteOptions {
            fcb: match issi {
                true => {
                    FcbChoice::named("issi.cfg", rt1021())
                        .expect("in the database")
                        .0
                }
                false => FcbChoice::Auto,
            },
            base: Some(BASE + APP_AT as u32),
            skip_unchanged: policy != Policy::NoSkip,
            keep_around: policy != Policy::KeepNothing,
            erase_all: policy == Policy::EraseAll,
            consent: Consent::words(["erase the whole flash"]),
            journal: Some(self.journals()),
            // what flash holds there was written by this program before
            boot_loader: BootLoader::Replace,
            ..WriteOptions::default()
        }
    }

    fn write(
        &mut self,
        file: &Source,
        options: WriteOptions,
        mishap: Option<Mishap>,
    ) -> Result<()> {
        let mut board = self.plug(mishap);
        crate::kit::board::write(&mut board, file, options, &mut ()).map(|_| ())
    }

    fn write_image(&mut self, image: usize, policy: Policy, mishap: Option<Mishap>) {
        let file = Source::bytes("app.bin", self.images[image].application.clone());
        let own = self.images[image].done.clone();
        let options = self.options(policy);
        if self.written(&file, options, policy, own, mishap).is_ok() {
            self.spoilt = false;
        }
    }

    fn write_bytes(&mut self, at: usize, bytes: Vec<u8>, mishap: Option<Mishap>) {
        let file = Source::bytes("data.bin", bytes.clone());
        let options = WriteOptions {
            base: Some(BASE + at as u32),
            headers: Headers::AsIs,
            ..self.options(Policy::Usual)
        };
        let _ = self.written(&file, options, Policy::Usual, vec![(at, bytes)], mishap);
    }

    /// A write of any kind; asks for no more of it than that its own words are true.
    fn written(
        &mut self,
        file: &Source,
        options: WriteOptions,
        policy: Policy,
        own: Vec<(usize, Vec<u8>)>,
        mishap: Option<Mishap>,
    ) -> Result<()> {
        let before = self.flash();
        let (host, clean, saved) = (1 << self.host, mishap.is_none(), options.kept);
        let result = self.write(file, options, mishap);
        let flash = self.flash();
        let sectors = self.sectors(&own, policy, flash.len());
        let ranges: Vec<Range<usize>> = own.iter().map(|(at, b)| *at..at + b.len()).collect();
        self.count(&result, clean);
        let wrong = match &result {
            Ok(()) => {
                let kept = policy != Policy::KeepNothing;
                if saved == KeptBytes::Discard {
                    self.model.give_up(host, &flash);
                }
                // the bytes around are gone where their sector was erased
                let lost: Vec<Range<usize>> = match kept {
                    true => Vec::new(),
                    false => sectors
                        .iter()
                        .cloned()
                        .flatten()
                        .filter(|at| flash[*at] == 0xFF)
                        .map(|at| at..at + 1)
                        .collect(),
                };
                let erased = match policy {
                    Policy::EraseAll => std::iter::once(0..flash.len()).collect(),
                    _ => lost,
                };
                let touched = |at: usize| sectors.iter().any(|range| range.contains(&at));
                let back = |at: usize, by: u8| by & host != 0 && kept && touched(at);
                self.model.succeeded(&own, &erased, back, &flash)
            }
            Err(_) => {
                let own = match policy {
                    Policy::Usual | Policy::NoSkip => ranges,
                    Policy::KeepNothing | Policy::EraseAll => sectors.clone(),
                };
                self.model.broke(
                    host,
                    &own,
                    &self.touched_by_break(&sectors),
                    (&before, &flash),
                )
            }
        };
        self.report(wrong);
        result
    }

    /// What a write that breaks may have erased: its sectors, and those of an earlier broken write, which it makes whole.
    fn touched_by_break(&self, sectors: &[Range<usize>]) -> Vec<Range<usize>> {
        let mut touched = sectors.to_vec();
        touched.push(0..0x1_0000.max(self.sector));
        touched
    }

    fn erase(&mut self, range: Option<Range<usize>>, mishap: Option<Mishap>) {
        let before = self.flash();
        let (host, clean) = (1 << self.host, mishap.is_none());
        let what = match &range {
            None => EraseRange::All,
            Some(range) => EraseRange::Bytes {
                address: BASE + range.start as u32,
                length: range.len() as u32,
                edges: Edges::Round,
            },
        };
        let mut board = self.plug(mishap);
        let (consent, journals) = (Consent::words(["erase the whole flash"]), self.journals());
        let result = Self::target()
            .open_flash(&mut board, &mut ())
            .and_then(|mut nor| {
                let mut journal = job::journal_of_flash(&mut nor, &board, &journals)?;
                job::erase(&mut nor, what, &consent, Some(&mut journal), &mut ())
            });
        let flash = self.flash();
        self.count(&result, clean);
        let range = range.map_or(0..flash.len(), |range| {
            self.whole_sectors(range, flash.len())
        });
        let wrong = match &result {
            Ok(_) => {
                self.spoilt = true;
                self.model.succeeded(&[], &[range], |_, _| false, &flash)
            }
            Err(_) => {
                self.spoilt |= flash != before;
                let ranges = [range];
                self.model.broke(host, &ranges, &ranges, (&before, &flash))
            }
        };
        self.report(wrong);
    }

    fn verify(&mut self, image: usize, mishap: Option<Mishap>) {
        let (before, clean) = (self.flash(), mishap.is_none());
        let file = Source::bytes("app.bin", self.images[image].application.clone());
        let layout = self.options(Policy::Usual).layout();
        let mut board = self.plug(mishap);
        let result = Self::target()
            .open_flash(&mut board, &mut ())
            .and_then(|mut nor| {
                let boot = nor.look_at_boot(&mut ())?;
                let comparison = Comparison::prepare(&(&file).into(), &layout, rt1021())?;
                comparison.compare(&mut nor, &boot, &mut ())
            });
        let flash = self.flash();
        let holds = |(at, bytes): &(usize, Vec<u8>)| flash[*at..].starts_with(bytes);
        let there = self.images[image].done.iter().all(holds);
        self.count(&result, clean);
        match (&result, there) {
            (Ok(()), false) => self.found("verify says equal"),
            (Err(error), true) if clean && self.firm_cells() => {
                self.found(&format!("verify: {error}"))
            }
            _ => {}
        }
        self.unchanged(&before);
    }

    fn read(&mut self, at: usize, length: usize, mishap: Option<Mishap>) {
        let (before, clean) = (self.flash(), mishap.is_none());
        let mut board = self.plug(mishap);
        let result = Self::target()
            .open_flash(&mut board, &mut ())
            .and_then(|mut nor| {
                job::read_flash(&mut nor, BASE + at as u32, length as u32, &mut ())
            });
        self.count(&result, clean);
        if let Ok(bytes) = &result
            && bytes[..] != before[at..at + length]
            && self.firm_cells()
        {
            self.found("read gives other bytes");
        }
        self.unchanged(&before);
    }

    fn info(&mut self, mishap: Option<Mishap>) {
        let (before, clean) = (self.flash(), mishap.is_none());
        let mut board = self.plug(mishap);
        let (info, result) = job::info(&mut board, &Self::target(), &mut ());
        self.count(&result, clean);
        let told = info.boot.map(|look| look.verdict.starts);
        let starts = self.board.board().boot_verdict().starts.is_some();
        let wrong = match starts {
            true => Starts::No,
            false => Starts::Yes,
        };
        if told == Some(wrong) && clean && self.firm_cells() {
            self.found(&format!("info says {told:?}, the ROM {starts}"));
        }
        self.unchanged(&before);
    }

    /// At the end: the same image, on this host, with nothing in the way.
    fn cure(&mut self) {
        self.power_cycle();
        self.log.push("the cure".into());
        let image = self.dice.below(self.images.len());
        let file = Source::bytes("app.bin", self.images[image].application.clone());
        for saved in [KeptBytes::Restore, KeptBytes::Discard] {
            let options = WriteOptions {
                kept: saved,
                ..self.options(Policy::Usual)
            };
            let own = self.images[image].done.clone();
            match self.written(&file, options, Policy::Usual, own, None) {
                Ok(()) => {
                    self.look_at_start();
                    let starts = self.board.board().boot_verdict().starts;
                    if starts.is_none() {
                        self.found("a written image does not start");
                    }
                    return;
                }
                Err(error) if saved == KeptBytes::Discard => {
                    self.found(&format!("not cured: {error}"));
                }
                Err(_) => {}
            }
        }
    }

    /// The ROM starts a whole image or nothing.
    fn look_at_start(&mut self) {
        let starts = self.board.board().boot_verdict().starts.is_some();
        self.tally.starts += usize::from(starts);
        if !starts || self.spoilt {
            return;
        }
        let flash = self.flash();
        let holds = |(at, bytes): &(usize, Vec<u8>)| flash[*at..].starts_with(bytes);
        let whole = |part: usize| self.images.iter().any(|image| holds(&image.done[part]));
        if !(0..3).all(whole) {
            self.found("a half image starts");
        }
    }

    /// The window of flash in which everything happens; all behind it must stay blank.
    fn flash(&mut self) -> Vec<u8> {
        let board = self.board.board();
        let (window, rest) = board.flash().split_at(WINDOW);
        let (window, blank) = (window.to_vec(), rest == &BLANK[..rest.len()]);
        drop(board);
        if !blank {
            self.found("bytes far behind everything changed");
        }
        window
    }

    fn firm_cells(&self) -> bool {
        self.board.board().nor().weak.is_empty()
    }

    fn whole_sectors(&self, range: Range<usize>, size: usize) -> Range<usize> {
        range.start / self.sector * self.sector..range.end.next_multiple_of(self.sector).min(size)
    }

    fn sectors(&self, own: &[(usize, Vec<u8>)], policy: Policy, size: usize) -> Vec<Range<usize>> {
        match policy {
            Policy::EraseAll => std::iter::once(0..size).collect(),
            // the first sector holds the FCB, which goes first and comes last
            _ => std::iter::once(0..self.sector)
                .chain(
                    own.iter()
                        .map(|(at, bytes)| self.whole_sectors(*at..at + bytes.len(), size)),
                )
                .collect(),
        }
    }

    fn unchanged(&mut self, before: &[u8]) {
        let weak: Vec<u32> = self.board.board().nor().weak.keys().copied().collect();
        let flash = self.flash();
        let changed =
            (0..flash.len()).find(|&at| flash[at] != before[at] && !weak.contains(&(at as u32)));
        if let Some(at) = changed {
            self.found(&format!("a command that only looks changed {at:#x}"));
        }
    }

    fn count<T>(&mut self, result: &Result<T>, clean: bool) {
        let text = match result {
            Ok(_) => {
                self.tally.succeeded += 1;
                "done".to_string()
            }
            Err(error) => {
                *match clean {
                    true => &mut self.tally.refused,
                    false => &mut self.tally.broken,
                } += 1;
                format!("exit {}: {error}", error.exit_code())
            }
        };
        let line = self.log.last_mut().expect("a command is logged first");
        *line += &format!(" -> {text}");
    }

    fn report(&mut self, wrong: Option<Wrong>) {
        if let Some(Wrong {
            what,
            at,
            wanted,
            found,
        }) = wrong
        {
            self.found(&format!(
                "{what}: {at:#x} should be {wanted:#04x}, is {found:#04x}"
            ));
        }
    }

    fn found(&mut self, what: &str) {
        let part = self.board.board().part().name;
        let mut text = format!("seed {}, {part}: {what}", self.seed);
        for line in &self.log {
            let _ = write!(text, "\n    {line}");
        }
        self.tally.wrong.push(text);
    }
}
