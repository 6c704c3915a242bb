//! The commands of rtboot, each held against the model.

use std::ops::Range;

use rtboot::consent::Consent;
use rtboot::flash::{Headers, KeptBytes, PartSource};
use rtboot::job::{
    self, BootLoader, Comparison, Edges, EraseRange, Piece, Pieces, Target, Unprotect, WriteJob,
    WriteOptions,
};
use rtboot::{Error, FcbChoice, Result, Source};
use rtboot_bootable::verdict::Starts;

use super::commands::{Command, Mishap, Policy, What, Write};
use super::world::{BASE, World};
use crate::kit::rt1021;

impl World {
    fn target(&self) -> Target {
        let mut target = Target::default();
        target.loader = self.loader.clone();
        if let FcbChoice::Part { from, file } = &self.kit.fcb {
            target.part = PartSource::Cfg {
                from: from.clone(),
                file: file.clone(),
            };
        }
        target
    }

    pub fn command(&mut self, command: &Command, mishap: Option<Mishap>) {
        let weak = self.weak_cells();
        // cells that read both ways
        self.model.open(&weak.keys().copied().collect::<Vec<_>>());
        self.weak_of.retain(|at, _| weak.contains_key(at));
        self.doubtful.extend(&weak);
        self.act(command, mishap);
        let host = 1 << self.host;
        for at in self.weak_cells().into_keys() {
            if !weak.contains_key(&at) {
                self.weak_of.insert(at, host);
            }
        }
    }

    fn act(&mut self, command: &Command, mishap: Option<Mishap>) {
        match command {
            Command::Write(write) => drop(self.written(write, mishap)),
            Command::Erase { at, length } => self.erase(Some(*at..at + length), mishap),
            Command::EraseAll => self.erase(None, mishap),
            Command::Unprotect => self.unprotect(mishap),
            Command::Verify { image } => self.verify(*image, mishap),
            Command::Read { at, length } => self.read(*at, *length, mishap),
            Command::Info => self.info(mishap),
            Command::Run => self.start(mishap),
            Command::Reset => self.reset(mishap),
            _ => unreachable!("happens outside of rtboot"),
        }
    }

    pub fn options(&self, write: &Write, base: Option<usize>) -> WriteOptions {
        let (headers, boot_loader) = match &write.what {
            What::Image { loader, .. } => (Headers::Add, *loader),
            What::Pieces { .. } => (Headers::Add, BootLoader::Replace),
            What::Application { .. } | What::Data { .. } => (Headers::AsIs, BootLoader::Ask),
        };
        WriteOptions {
            fcb: self.kit.fcb.clone(),
            base: base.map(|at| BASE + at as u32),
            headers,
            boot_loader,
            skip_unchanged: write.policy != Policy::NoSkip,
            keep_around: write.policy != Policy::KeepNothing,
            erase_all: write.policy == Policy::EraseAll,
            consent: Consent::words(["erase the whole flash"]),
            journal: Some(self.journals()),
            kept: write.kept,
            ..WriteOptions::default()
        }
    }

    pub fn write(
        &mut self,
        pieces: &Pieces,
        options: WriteOptions,
        mishap: Option<Mishap>,
    ) -> Result<()> {
        let mut board = self.plug(mishap);
        let job = WriteJob::prepare(pieces, options, rt1021())?;
        let mut ready = job.identify(&mut board, &self.target(), &mut ())?;
        let plan = ready.plan(&mut ())?;
        ready.write(&plan, &mut ()).map(drop)
    }

    /// The files of a write, the base of the first, and the bytes that they put into flash.
    pub fn brought(&self, what: &What) -> (Pieces, usize, Vec<(usize, Vec<u8>)>) {
        match what {
            What::Image { image, loader } => {
                let image = &self.images[*image];
                let own = match loader {
                    BootLoader::Keep => image.alone(),
                    _ => image.done.clone(),
                };
                ((&image.file()).into(), image.at, own)
            }
            What::Pieces { image, at, bytes } => {
                let image = &self.images[*image];
                let data = Source::bytes("data.bin", bytes.clone());
                let pieces = vec![
                    Piece::firmware(image.file()),
                    Piece::data(data, BASE + *at as u32),
                ];
                let mut own = image.done.clone();
                own.push((*at, bytes.clone()));
                (pieces.into(), image.at, own)
            }
            What::Application { image } => {
                let image = &self.images[*image];
                ((&image.file()).into(), image.at, image.alone())
            }
            What::Data { at, bytes } => {
                let file = Source::bytes("data.bin", bytes.clone());
                ((&file).into(), *at, vec![(*at, bytes.clone())])
            }
        }
    }

    /// A write of any kind; asks for no more of it than that its own words are true.
    pub fn written(&mut self, write: &Write, mishap: Option<Mishap>) -> Result<()> {
        let before = self.flash();
        let (host, clean, policy) = (1 << self.host, mishap.is_none(), write.policy);
        let (pieces, base, own) = self.brought(&write.what);
        if !before.starts_with(b"FCFB") {
            // nothing can have run since a command got lost, so its journal takes all of its places for that command's
            for (by, range) in self.on_its_way.iter().filter(|(by, _)| *by == host) {
                self.model.may_return(*by, range);
            }
        }
        let result = self.write(&pieces, self.options(write, Some(base)), mishap);
        self.far_open |= policy == Policy::EraseAll && result.is_err();
        let flash = self.flash();
        let sectors = self.sectors(&own, policy, flash.len());
        self.count(Command::Write(write.clone()).name(), &result, clean);
        if result.is_ok() {
            self.no_weak_cells(&own);
            let brought = |at: usize| {
                own.iter()
                    .any(|(from, b)| (*from..from + b.len()).contains(&at))
            };
            self.doubtful.retain(|at, _| !brought(*at));
        }
        if let Some(range) = result.as_ref().err().and_then(on_its_way) {
            self.on_its_way.push((host, range));
        }
        if write.kept == KeptBytes::Discard {
            self.weak_of.retain(|_, by| *by != host);
        }
        if write.kept == KeptBytes::RestoreOver {
            self.model.asks_for_old(host);
        }
        let wrong = match &result {
            Ok(()) => {
                self.far_open &= policy != Policy::EraseAll;
                if write.kept == KeptBytes::Discard {
                    self.model.give_up(host, &flash);
                }
                let erased = match policy {
                    Policy::EraseAll => std::iter::once(0..flash.len()).collect(),
                    Policy::KeepNothing => lost(&sectors, &flash),
                    Policy::Usual | Policy::NoSkip => Vec::new(),
                };
                let kept = policy != Policy::KeepNothing;
                let touched = |at: usize| sectors.iter().any(|range| range.contains(&at));
                let back = |at: usize, by: u8| by & host != 0 && kept && touched(at);
                self.model.succeeded(host, &own, &erased, back, &flash)
            }
            Err(error) => {
                let began = error
                    .flash_state()
                    .is_some_and(|state| state.may_have_changed());
                if write.kept == KeptBytes::Discard {
                    self.model.may_give_up(host);
                }
                self.begun.extend(own.iter().cloned());
                let own: Vec<Range<usize>> = match policy {
                    Policy::Usual | Policy::NoSkip => {
                        own.iter().map(|(at, b)| *at..at + b.len()).collect()
                    }
                    Policy::KeepNothing | Policy::EraseAll => sectors.clone(),
                };
                // and those of earlier writes that broke, which it puts in order
                self.broken.extend(sectors);
                let touched = self.broken.clone();
                self.model
                    .broke(host, (&own, began), &touched, (&before, &flash))
            }
        };
        let boots = own.len() > 1;
        if result.is_ok() && boots {
            self.spoilt = false;
        }
        self.report(wrong);
        result
    }

    /// After a write: where a command of the same host broke off before, its journal knew that cells may be weak, and the write
    /// does not trust what they read.
    fn no_weak_cells(&mut self, own: &[(usize, Vec<u8>)]) {
        let (weak, host) = (self.weak_cells(), 1 << self.host);
        let sectors = own
            .iter()
            .map(|(at, bytes)| self.whole_sectors(*at..at + bytes.len()));
        let sectors: Vec<Range<usize>> = sectors.collect();
        let left = self.weak_of.iter().find(|(at, by)| {
            **by == host && weak.contains_key(at) && sectors.iter().any(|it| it.contains(at))
        });
        if let Some((&at, _)) = left {
            self.found(&format!("a weak cell was trusted at {at:#x}"));
        }
    }

    /// What a command changes in flash.
    pub fn places(&self, command: &Command) -> Vec<Range<usize>> {
        match command {
            Command::Write(write) => {
                let (_, _, own) = self.brought(&write.what);
                own.iter().map(|(at, b)| *at..at + b.len()).collect()
            }
            Command::Erase { at, length } => std::iter::once(*at..at + length).collect(),
            _ => Vec::new(),
        }
    }

    fn erase(&mut self, range: Option<Range<usize>>, mishap: Option<Mishap>) {
        let before = self.flash();
        let (host, clean) = (1 << self.host, mishap.is_none());
        let all = range.is_none();
        let (name, what) = match &range {
            None => ("erase all", EraseRange::All),
            Some(range) => (
                "erase",
                EraseRange::Bytes {
                    address: BASE + range.start as u32,
                    length: range.len() as u32,
                    edges: Edges::Round,
                },
            ),
        };
        let mut board = self.plug(mishap);
        let (consent, journals) = (Consent::words(["erase the whole flash"]), self.journals());
        let result = self
            .target()
            .open_flash(&mut board, &mut ())
            .and_then(|mut nor| {
                let mut journal = job::journal_of_flash(&mut nor, &board, &journals)?;
                job::erase(&mut nor, what, &consent, Some(&mut journal), &mut ())
            });
        self.far_open |= all && result.is_err();
        let flash = self.flash();
        self.count(name, &result, clean);
        let range = range.map_or(0..flash.len(), |range| self.whole_sectors(range));
        let wrong = match &result {
            Ok(_) => {
                self.spoilt = true;
                self.far_open &= !all;
                self.model
                    .succeeded(host, &[], &[range], |_, _| false, &flash)
            }
            Err(_) => {
                // part of an image may be what a user wants to be left; of all of it nothing
                self.spoilt |= !all && flash != before;
                // it was to be wiped
                self.model.may_give_up_in(&range, host);
                let ranges = [range];
                self.model
                    .broke(host, (&ranges, false), &ranges, (&before, &flash))
            }
        };
        self.report(wrong);
    }

    fn unprotect(&mut self, mishap: Option<Mishap>) {
        let (before, clean) = (self.flash(), mishap.is_none());
        let mut board = self.plug(mishap);
        let result = self
            .target()
            .open_flash(&mut board, &mut ())
            .and_then(|mut nor| match Unprotect::plan(&nor)? {
                Some(plan) => job::unprotect(&mut nor, &plan).map(drop),
                None => Ok(()),
            });
        self.count("unprotect", &result, clean);
        let part = &self.kit.part;
        let protected = self.board.board().nor().status[0] & part.protect.mask != 0;
        if result.is_ok() && protected {
            self.found("unprotect leaves bits of block protection");
        }
        self.unchanged(&before);
    }

    fn verify(&mut self, image: usize, mishap: Option<Mishap>) {
        let (before, clean) = (self.flash(), mishap.is_none());
        let loader = BootLoader::Replace;
        let write = Write::usual(What::Image { image, loader });
        let (pieces, base, own) = self.brought(&write.what);
        let layout = self.options(&write, Some(base)).layout();
        let mut board = self.plug(mishap);
        let result = self
            .target()
            .open_flash(&mut board, &mut ())
            .and_then(|mut nor| {
                let boot = nor.look_at_boot(&mut ())?;
                let comparison = Comparison::prepare(&pieces, &layout, rt1021())?;
                comparison.compare(&mut nor, &boot, &mut ())
            });
        let flash = self.flash();
        let holds = |(at, bytes): &(usize, Vec<u8>)| flash[*at..].starts_with(bytes);
        let there = own.iter().all(holds);
        // its boot header may be another's that starts it
        let alone = holds(own.last().expect("the application")) && flash.starts_with(b"FCFB");
        self.count("verify", &result, clean);
        match (&result, there) {
            (Ok(()), _) if !alone => self.found("verify says equal"),
            (Err(error), true) if clean && self.rested && self.firm_cells() => {
                self.found(&format!("verify: {error}"));
            }
            _ => {}
        }
        self.unchanged(&before);
    }

    fn read(&mut self, at: usize, length: usize, mishap: Option<Mishap>) {
        let (before, clean) = (self.flash(), mishap.is_none());
        let mut board = self.plug(mishap);
        let result = self
            .target()
            .open_flash(&mut board, &mut ())
            .and_then(|mut nor| {
                job::read_flash_twice(&mut nor, BASE + at as u32, length as u32, &mut ())
            });
        self.count("read", &result, clean);
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
        let (info, result) = job::info(&mut board, &self.target(), &mut ());
        self.count("info", &result, clean);
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

    fn start(&mut self, mishap: Option<Mishap>) {
        let (before, clean) = (self.flash(), mishap.is_none());
        let mut board = self.plug(mishap);
        let result = self
            .target()
            .open_flash(&mut board, &mut ())
            .and_then(|mut nor| {
                let boot = nor.look_at_boot(&mut ())?;
                job::start_in_flash(nor, &boot, &mut ())
            });
        self.count("run", &result, clean);
        self.unchanged(&before);
    }

    fn reset(&mut self, mishap: Option<Mishap>) {
        let (before, clean) = (self.flash(), mishap.is_none());
        let mut board = self.plug(mishap);
        let result = job::reset(&mut board, None, &mut ());
        self.count("reset", &result, clean);
        self.unchanged(&before);
    }

    fn sectors(&self, own: &[(usize, Vec<u8>)], policy: Policy, size: usize) -> Vec<Range<usize>> {
        if policy == Policy::EraseAll {
            return std::iter::once(0..size).collect();
        }
        let own = own
            .iter()
            .map(|(at, bytes)| self.whole_sectors(*at..at + bytes.len()));
        // the first sector holds the FCB, which goes first and comes last
        std::iter::once(0..self.kit.sector).chain(own).collect()
    }

    fn unchanged(&mut self, before: &[u8]) {
        if !self.rested {
            // the flashloader may program what it still holds of a write that broke
            return;
        }
        let weak: Vec<u32> = self.board.board().nor().weak.keys().copied().collect();
        let flash = self.flash();
        let changed =
            (0..flash.len()).find(|&at| flash[at] != before[at] && !weak.contains(&(at as u32)));
        if let Some(at) = changed {
            self.found(&format!("a command that only looks changed {at:#x}"));
        }
    }
}

/// What the command was to change that failed.
fn on_its_way(error: &Error) -> Option<Range<usize>> {
    match error {
        Error::WhileWriting { source, .. } => on_its_way(source),
        Error::Program {
            address, length, ..
        }
        | Error::Erase {
            address, length, ..
        } => {
            let at = (address - BASE) as usize;
            Some(at..at + *length as usize)
        }
        _ => None,
    }
}

/// The bytes around an image are gone where their sector was erased.
fn lost(sectors: &[Range<usize>], flash: &[u8]) -> Vec<Range<usize>> {
    let places = sectors.iter().cloned().flatten();
    let blank = places.filter(|at| flash[*at] == 0xFF);
    blank.map(|at| at..at + 1).collect()
}
