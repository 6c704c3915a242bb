//! A board, two hosts and their files, and what is true of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::Duration;

use rtboot::board::{Board, Options};
use rtboot::flash::KeptBytes;
use rtboot::job::BootLoader;
use rtboot::journal::JournalStore;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{LoaderSource, Result};
use rtboot_sim::{Settings, State};

use super::commands::{Command, Holds, Mishap, Policy, What, Write, from_now};
use super::images::{Image, Kit, kits};
use super::model::{Model, Wrong};
use super::tally::Tally;
use crate::kit::case::noise;
use crate::kit::random::Random;
use crate::kit::standin;
use crate::kit::wire::{Cable, Wire};

pub const BASE: u32 = 0x6000_0000;
/// What lies behind all that happens, in the largest part.
static BLANK: LazyLock<Vec<u8>> = LazyLock::new(|| vec![0xFF; 64 << 20]);

pub struct World {
    pub board: VirtualBoard,
    pub kit: Kit,
    pub images: &'static [Image],
    pub model: Model,
    pub tally: Tally,
    pub dice: Random,
    /// The host that holds the board.
    pub host: usize,
    /// Images whose bytes a user changed or erased on purpose: what the ROM starts then is the user's.
    pub spoilt: bool,
    /// The power was off and on since anything went wrong.
    pub rested: bool,
    /// Sectors of all writes that broke.
    pub broken: Vec<Range<usize>>,
    /// A cut erase of all leaves anything, behind the window too.
    pub far_open: bool,
    /// What they were to bring.
    pub begun: Vec<(usize, Vec<u8>)>,
    /// What commands were to change that got lost on their way, by host.
    pub on_its_way: Vec<(u8, Range<usize>)>,
    /// Cells that read both ways, by the host whose command left them: its journal knows of them.
    pub weak_of: BTreeMap<usize, u8>,
    /// Cells that read both ways, or did until a write that knew nothing of it programmed what it read.
    pub doubtful: BTreeMap<usize, u8>,
    pub talk: bool,
    pub uart: bool,
    /// What is started when no loader runs.
    pub loader: LoaderSource,
    /// Nothing happens behind it.
    window: usize,
    hosts: [tempfile::TempDir; 2],
    seed: u64,
    log: Vec<String>,
}

impl World {
    /// A board with any part, content and link.
    pub fn new(seed: u64) -> World {
        let mut dice = Random::seeded(seed);
        let (kit, images) = &kits()[dice.below(kits().len())];
        let mut flash = match dice.below(3) {
            0 => Vec::new(),
            _ => noise(seed as u32, 0x2_0000)
                .iter()
                .map(|b| b & 0x7F)
                .collect(),
        };
        if dice.below(2) == 0 && !flash.is_empty() {
            for (at, bytes) in &images[dice.below(images.len())].done {
                flash[*at..at + bytes.len()].copy_from_slice(bytes);
            }
        }
        // a sector of 256 KiB takes minutes at 115,200 baud, each time that it is read
        let uart = dice.below(4) == 0 && kit.sector < 0x1_0000;
        let mut world = World {
            images,
            dice,
            uart,
            ..World::bare(kit.clone(), flash, seed)
        };
        let link = usize::from(uart);
        world.tally.parts.entry(kit.part.name).or_default()[link] = 1;
        world
    }

    /// A board of this part, before anything is known of its images.
    pub fn bare(kit: Kit, flash: Vec<u8>, seed: u64) -> World {
        let settings = Settings {
            part: kit.part.clone(),
            flash,
            // one board in three has no unique id
            unique_id: match seed.is_multiple_of(3) {
                true => [0; 2],
                false => [7, seed as u32],
            },
            ..Settings::default()
        };
        let board = VirtualBoard::from_board(rtboot_sim::Board::new(settings));
        let window = 0x4_0000.max(3 * kit.sector);
        let model = Model::of(&board.board().flash()[..window]);
        World {
            board,
            kit,
            images: &[],
            model,
            tally: Tally {
                sequences: 1,
                ..Tally::default()
            },
            dice: Random::seeded(seed),
            host: 0,
            spoilt: false,
            rested: true,
            broken: Vec::new(),
            far_open: false,
            begun: Vec::new(),
            on_its_way: Vec::new(),
            weak_of: BTreeMap::new(),
            doubtful: BTreeMap::new(),
            talk: false,
            window,
            uart: false,
            loader: standin(),
            hosts: [(), ()].map(|()| tempfile::tempdir().expect("a folder")),
            seed,
            log: Vec::new(),
        }
    }

    /// The same with rtboot's own loader.
    #[must_use]
    pub fn with_own_loader(self) -> World {
        World {
            loader: LoaderSource::Own,
            ..self
        }
    }

    /// With rtboot's own loader every second host on USB can open its bulk interface.
    fn cable(&self) -> Cable {
        match (self.uart, &self.loader) {
            (true, _) => Cable::Uart,
            (false, LoaderSource::Own) if self.seed.is_multiple_of(2) => Cable::HidAndBulk,
            (false, _) => Cable::Hid,
        }
    }

    /// A whole sequence, and at its end the cure: an undisturbed write.
    pub fn run(mut self) -> Tally {
        for (command, mishap) in self.script() {
            self.step(&command, mishap);
        }
        self.cure();
        self.tally
    }

    /// A place that no image fills, and bytes for it.
    pub fn any_gap(&mut self) -> (usize, Vec<u8>) {
        let far = self.window - 0x1_0000;
        let gaps = [
            0x300,
            0xF00,
            0x1100,
            0x1FF0,
            0x2000 + 17_400,
            0x8000,
            far,
            far + 0x1234,
        ];
        let at = gaps[self.dice.below(gaps.len())];
        let length = 1 + self.dice.below(0x10);
        (at, self.dice.bytes(length))
    }

    pub fn any_command(&mut self) -> Command {
        let image = self.dice.below(self.images.len());
        let far = self.window - 0x1_0000;
        let (at, bytes) = self.any_gap();
        match self.dice.below(32) {
            0..12 => Command::Write(self.any_write(image, at, bytes)),
            12..14 => Command::Erase {
                at: self.dice.below(far / 0x1000) * 0x1000,
                length: 0x1000 * (1 + self.dice.below(3)),
            },
            // over a UART it reads some MiB back at 115,200 baud
            14 if !self.uart => Command::EraseAll,
            14 => Command::OtherHost,
            15..17 => Command::Unprotect,
            17..19 => Command::Verify { image },
            19 => Command::Read { at, length: 0x900 },
            20 => Command::Info,
            21 => Command::Run,
            22 => Command::Reset,
            23..25 => Command::ApplicationStores { at, bytes },
            25 => Command::ApplicationProtects,
            26 => Command::OtherTool { image },
            27 => Command::PowerCycle,
            28 => Command::WarmReset,
            29 => Command::AnotherChip {
                holds: self.any_chip(),
            },
            _ => Command::OtherHost,
        }
    }

    pub fn any_chip(&mut self) -> Holds {
        match self.dice.below(4) {
            0 => Holds::Nothing,
            1 => Holds::Image {
                image: self.dice.below(self.images.len()),
            },
            _ => Holds::Noise {
                seed: self.dice.next(),
            },
        }
    }

    pub fn any_what(&mut self) -> What {
        let image = self.dice.below(self.images.len());
        let (at, bytes) = self.any_gap();
        self.what(image, at, bytes)
    }

    fn what(&mut self, image: usize, at: usize, bytes: Vec<u8>) -> What {
        match self.dice.below(10) {
            0..3 => What::Image {
                image,
                loader: BootLoader::Replace,
            },
            3 => What::Image {
                image,
                loader: BootLoader::Ask,
            },
            4 => What::Image {
                image,
                loader: BootLoader::Keep,
            },
            5 | 6 => What::Pieces { image, at, bytes },
            7 => What::Application { image },
            _ => What::Data { at, bytes },
        }
    }

    fn any_write(&mut self, image: usize, at: usize, bytes: Vec<u8>) -> Write {
        let what = self.what(image, at, bytes);
        let policy = match self.dice.below(10) {
            0..7 => Policy::Usual,
            7 => Policy::NoSkip,
            8 => Policy::KeepNothing,
            _ if self.uart => Policy::NoSkip,
            _ => Policy::EraseAll,
        };
        let kept = match self.dice.below(10) {
            0 => KeptBytes::RestoreOver,
            1 => KeptBytes::Discard,
            _ => KeptBytes::Restore,
        };
        Write { what, policy, kept }
    }

    pub fn step(&mut self, command: &Command, mishap: Option<(&'static str, Mishap)>) {
        let line = format!("host {}: {command:x?}, {mishap:?}", self.host);
        self.log.push(line);
        match command {
            Command::ApplicationStores { at, bytes } => self.store(*at, bytes),
            Command::ApplicationProtects => self.protect(),
            Command::OtherTool { image } => self.other_tool(*image),
            Command::AnotherChip { holds } => self.another_chip(*holds),
            Command::PowerCycle => self.power_cycle(),
            Command::WarmReset => self.warm_reset(),
            Command::OtherHost => self.host = 1 - self.host,
            _ => {
                if let Some((kind, _)) = mishap {
                    let key = (command.name(), kind);
                    *self.tally.mishaps.entry(key).or_default() += 1;
                    self.rested = false;
                }
                let disturbed = mishap.is_some();
                let trouble = mishap.map(|(_, mishap)| mishap);
                let ended = catch_unwind(AssertUnwindSafe(|| self.command(command, trouble)));
                if ended.is_err() {
                    self.found("a panic");
                }
                self.calm(disturbed);
                return self.end();
            }
        }
        *self.tally.between.entry(command.name()).or_default() += 1;
        self.end();
    }

    fn end(&mut self) {
        self.look_at_start();
        if self.talk {
            println!("{}", self.log.last().expect("just pushed"));
        }
    }

    /// An application stores bytes, when one can run at all.
    fn store(&mut self, at: usize, bytes: &[u8]) {
        if self.board.board().boot_verdict().starts.is_some() {
            self.set(at, bytes);
        }
    }

    /// Bytes that something else than rtboot puts into flash.
    fn set(&mut self, at: usize, bytes: &[u8]) {
        let mut board = self.board.board();
        board.flash_mut()[at..at + bytes.len()].copy_from_slice(bytes);
        let cells = at as u32..(at + bytes.len()) as u32;
        board.nor_mut().weak.retain(|cell, _| !cells.contains(cell));
        drop(board);
        self.doubtful
            .retain(|cell, _| !cells.contains(&(*cell as u32)));
        self.model.set(at, bytes);
        // that somebody else brought what a write that broke was to bring cannot be known: it goes with that write
        for (from, begun) in &self.begun {
            let equal = |(place, byte): &(usize, &u8)| {
                place.checked_sub(at).and_then(|i| bytes.get(i)) == Some(*byte)
            };
            let places: Vec<usize> = (*from..)
                .zip(begun)
                .filter(equal)
                .map(|(place, _)| place)
                .collect();
            self.model.open(&places);
        }
        // what has written runs, or is gone by a reset
        if self.dice.below(2) == 0 {
            self.warm_reset();
        }
    }

    /// Where the host knows the bits; of other parts it says nothing.
    fn protect(&mut self) {
        let mask = match self.kit.part.name.starts_with("en25qh") {
            true => 0,
            false => self.kit.part.protect.mask,
        };
        self.board.board().nor_mut().status[0] |= mask;
        self.power_cycle();
    }

    /// It erases what lies before the far bytes, and writes an image.
    fn other_tool(&mut self, image: usize) {
        self.set(0, &vec![0xFF; self.window]);
        for (at, bytes) in &self.images[image].done {
            self.set(*at, bytes);
        }
        self.spoilt = false;
    }

    /// Its journals are those of the chip that was there.
    fn another_chip(&mut self, holds: Holds) {
        let mut flash = vec![0xFF; self.window];
        match holds {
            Holds::Nothing => {}
            Holds::Noise { seed } => {
                let noise = noise(seed, self.window);
                let old = noise.iter().map(|byte| byte & 0x7F);
                flash.iter_mut().zip(old).for_each(|(to, from)| *to = from);
            }
            Holds::Image { image } => {
                for (at, bytes) in &self.images[image].done {
                    flash[*at..at + bytes.len()].copy_from_slice(bytes);
                }
            }
        }
        self.set(0, &flash);
        self.power_cycle();
        self.spoilt = false;
    }

    pub fn power_cycle(&mut self) {
        self.board.board().power_cycle();
        self.board.wait(Duration::from_secs(1));
        self.rested = true;
    }

    fn warm_reset(&mut self) {
        self.board.board().reset();
        self.board.wait(Duration::from_secs(1));
    }

    /// The faults are gone. A board that answers no more, and half of those in which something went wrong, are switched off
    /// and on; others are reset, or left as they are.
    fn calm(&mut self, disturbed: bool) {
        self.board.board().fault_mut().clear();
        self.board.wait(Duration::from_secs(1));
        let state = self.board.board().state();
        let stuck = !matches!(state, State::Rom | State::Flashloader);
        match self.dice.below(8) {
            0 => self.power_cycle(),
            1..4 if disturbed => self.power_cycle(),
            4 | 5 if disturbed => self.warm_reset(),
            _ if stuck => self.power_cycle(),
            _ => {}
        }
        let state = self.board.board().state();
        if !matches!(state, State::Rom | State::Flashloader) {
            self.power_cycle();
        }
    }

    pub fn plug(&mut self, mishap: Option<Mishap>) -> Board {
        let wire = Wire::new(&self.board, self.cable());
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

    pub fn journals(&self) -> JournalStore {
        JournalStore::new(self.hosts[self.host].path())
    }

    /// At the end: an image that was written in whole, on this host, with nothing in the way.
    fn cure(&mut self) {
        self.power_cycle();
        self.log.push("the cure".into());
        self.command(&Command::Unprotect, None);
        let image = self.dice.below(self.images.len());
        for kept in [KeptBytes::Restore, KeptBytes::Discard] {
            let loader = BootLoader::Replace;
            let write = Write {
                kept,
                ..Write::usual(What::Image { image, loader })
            };
            match self.written(&write, None) {
                Ok(()) => {
                    self.look_at_start();
                    if self.board.board().boot_verdict().starts.is_none() {
                        self.found("a written image does not start");
                    }
                    return;
                }
                Err(error) if kept == KeptBytes::Discard => {
                    self.found(&format!("not cured: {error}"));
                }
                Err(_) => {}
            }
        }
    }

    /// The ROM starts a whole image or nothing.
    fn look_at_start(&mut self) {
        let starts = self.board.board().boot_verdict().starts;
        self.tally.starts += usize::from(starts.is_some());
        let (Some(starts), false) = (starts, self.spoilt) else {
            return;
        };
        let flash = self.flash();
        self.doubtful.extend(self.weak_cells());
        // an erase that lost power as it began leaves an image that starts, but for cells that read both ways
        let alike = |at: usize, bytes: &[u8]| {
            let mut pairs = (at..).zip(bytes).zip(&flash[at..]);
            pairs.all(|((at, byte), found)| {
                let doubtful = self.doubtful.get(&at).copied().unwrap_or(0);
                (byte ^ found) & !doubtful == 0
            })
        };
        let holds = |(at, bytes): &(usize, Vec<u8>)| alike(*at, bytes);
        // header and application may come of two writes; each of them is whole, and the header leads to the application
        let here = |image: &&Image| image.entry() == starts.entry;
        // the ROM reads the first half of an FCB; a page of 512 bytes that is cut holds no more
        let half = |(at, bytes): &(usize, Vec<u8>)| {
            self.kit.part.page >= 512 && *at == 0 && alike(0, &bytes[..0x100])
        };
        let whole = |part: usize| {
            let mut images = self.images.iter().filter(here);
            images.any(|image| holds(&image.done[part]) || half(&image.done[part]))
        };
        if !(0..3).all(whole) {
            self.found("a half image starts");
        }
    }

    /// The window of flash in which everything happens; all behind it must stay blank.
    pub fn flash(&mut self) -> Vec<u8> {
        let board = self.board.board();
        let (window, rest) = board.flash().split_at(self.window);
        let (window, blank) = (window.to_vec(), rest == &BLANK[..rest.len()]);
        drop(board);
        if !blank && !self.far_open {
            self.found("bytes far behind everything changed");
        }
        window
    }

    /// Cells that read both ways, and which of their bits.
    pub fn weak_cells(&self) -> BTreeMap<usize, u8> {
        let board = self.board.board();
        let weak = board.nor().weak.iter();
        weak.map(|(at, mask)| (*at as usize, *mask)).collect()
    }

    pub fn firm_cells(&self) -> bool {
        self.board.board().nor().weak.is_empty()
    }

    pub fn whole_sectors(&self, range: Range<usize>) -> Range<usize> {
        let sector = self.kit.sector;
        let end = range.end.next_multiple_of(sector).min(self.window);
        range.start / sector * sector..end
    }

    pub fn count<T>(&mut self, name: &'static str, result: &Result<T>, clean: bool) {
        let ends = self.tally.ends.entry(name).or_default();
        let text = match result {
            Ok(_) => {
                ends.succeeded += 1;
                "done".to_string()
            }
            Err(error) => {
                *match clean {
                    true => &mut ends.refused,
                    false => &mut ends.broken,
                } += 1;
                format!("exit {}: {error}", error.exit_code())
            }
        };
        let line = self.log.last_mut().expect("a command is logged first");
        *line += &format!(" -> {text}");
    }

    pub fn report(&mut self, wrong: Option<Wrong>) {
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

    pub fn found(&mut self, what: &str) {
        let (link, part) = (self.cable().name(), self.kit.part.name);
        let mut text = format!("seed {}, {part} over {link}: {what}", self.seed);
        for line in &self.log {
            let _ = write!(text, "\n    {line}");
        }
        self.tally.wrong.push(text);
    }
}
