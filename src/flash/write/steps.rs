//! The steps that change flash: erase, look that it is blank, program.

use rtboot_fcb::EraseUnit;

use super::{Reached, Writer, span};
use crate::event::{Listener, Meter, Stage};
use crate::flash::plan::{Action, FAST_RUN, RUN, Run, STREAMED_RUN, ranges};
use crate::mboot::Status;
use crate::{Error, Result};

impl Writer<'_> {
    pub(super) fn erase(&mut self, listener: &mut dyn Listener) -> Result<()> {
        let g = *self.plan.geometry();
        if let Some(confirmed) = self.plan.confirmed_erase() {
            self.reached = Reached::Erasing;
            let meter = Meter::begin(listener, Stage::Erase, u64::from(g.size));
            self.in_flight = Some(span(g.base, g.size as usize));
            let erased = self.nor.erase_chip(confirmed);
            self.header_acknowledged = match &erased {
                Ok(()) => true,
                Err(failed) => failed.first_sector,
            };
            erased.map_err(|failed| *failed.error)?;
            self.in_flight = None;
            meter.end();
            return Ok(());
        }
        let (sectors, blocks) = (self.plan.sector_erases(), self.plan.block_erases());
        let total =
            sectors.len() as u64 * u64::from(g.sector) + blocks.len() as u64 * u64::from(g.block);
        if total == 0 {
            return Ok(());
        }
        let mut meter = Meter::begin(listener, Stage::Erase, total);
        for (unit, size, places) in [
            (EraseUnit::Sector, g.sector, sectors),
            (EraseUnit::Block, g.block, blocks),
        ] {
            if places.is_empty() {
                continue;
            }
            self.nor.use_work(unit)?;
            for address in places {
                if meter.cancelled() {
                    return Err(Error::interrupted());
                }
                self.reached = Reached::Erasing;
                self.in_flight = Some(span(address, size as usize));
                self.nor.erase(address, size)?;
                self.in_flight = None;
                self.header_acknowledged |= address == g.base;
                meter.add(u64::from(size));
            }
        }
        meter.end();
        Ok(())
    }

    /// Reads erased sectors of the plan: all ones. The loader has read them, too, it looks again before it programs a page, and the
    /// verify reads what is to stay blank. So where one follows, only the page of the FCB is read here: as long as it holds
    /// an FCB, nothing else may become half of an image.
    pub(super) fn check_blank(&mut self, listener: &mut dyn Listener) -> Result<()> {
        let g = *self.plan.geometry();
        let folded = self.verify && !self.nor.hashes();
        let erased: Vec<u32> = self
            .plan
            .sectors()
            .filter(|(at, s)| s.action == Action::Erase && (!folded || *at == g.base))
            .map(|(a, _)| a)
            .collect();
        if erased.is_empty() {
            return Ok(());
        }
        let each = match folded {
            true => g.page,
            false => g.sector,
        };
        let total = erased.len() as u64 * u64::from(each);
        let mut meter = Meter::begin(listener, Stage::BlankCheck, total);
        for range in ranges(&erased, g.sector) {
            if self.nor.hashes() && self.nor.is_blank(range.clone(), g.sector, &meter)? {
                meter.add(range.len() as u64);
                continue;
            }
            let (start, length) = match folded {
                true => (g.fcb_page(), each),
                false => (range.start, range.len() as u32),
            };
            let found = self.nor.read(start, length, &mut meter)?;
            if let Some(at) = found.iter().position(|&byte| byte != 0xFF) {
                return Err(Error::NotBlank {
                    address: start + at as u32,
                    found: found[at],
                });
            }
        }
        meter.end();
        Ok(())
    }

    pub(super) fn program(&mut self, listener: &mut dyn Listener) -> Result<()> {
        self.nor.use_work_for_programming()?;
        self.nor.set_verify_follows(self.verify);
        let last = self.plan.last_run().map_or(0, |run| run.bytes.len());
        let total = self.plan.bytes_to_program() - last as u64;
        if total == 0 {
            return Ok(());
        }
        let mut meter = Meter::begin(listener, Stage::Program, total);
        let most = match (self.nor.streams(), self.nor.loader().sends_fast()) {
            (true, _) => STREAMED_RUN,
            (false, true) => FAST_RUN,
            (false, false) => RUN,
        };
        // up to here a guess was wrong, and all of it is programmed
        let mut done = 0;
        for mut run in self.plan.runs_of(most) {
            if meter.cancelled() {
                return Err(Error::interrupted());
            }
            let skip = done.max(run.address) - run.address;
            let skipped = (skip as usize).min(run.bytes.len());
            run.bytes.drain(..skipped);
            run.address += skip;
            meter.add(skipped as u64);
            if run.bytes.is_empty() {
                continue;
            }
            self.in_flight = Some(span(run.address, run.bytes.len()));
            let before = meter.done();
            match self.nor.program(&run, &mut meter) {
                Err(Error::Program { source, .. })
                    if source.status() == Some(Status::MEMORY_CUMULATIVE_WRITE)
                        && self.plan.is_guessed(run.address) =>
                {
                    done = self.erase_after_all(&run)?;
                    meter.set(before + run.bytes.len() as u64);
                }
                programmed => programmed?,
            }
            self.in_flight = None;
        }
        meter.end();
        Ok(())
    }

    /// Sectors that were taken for blank and are not: all of those that this run lies in are erased and programmed. Returns where they end.
    fn erase_after_all(&mut self, run: &Run) -> Result<u32> {
        let g = *self.plan.geometry();
        let start = g.sector_of(run.address);
        let end = run.address + run.bytes.len() as u32;
        let mut quiet = ();
        self.nor.use_work(EraseUnit::Sector)?;
        let sectors: Vec<u32> = (start..end).step_by(g.sector as usize).collect();
        for &at in &sectors {
            self.in_flight = Some(span(at, g.sector as usize));
            self.nor.erase(at, g.sector)?;
        }
        self.nor.use_work_for_programming()?;
        for &at in &sectors {
            let target = self.plan.target(at, g.sector).unwrap_or_default();
            let pages = target
                .chunks(g.page as usize)
                .zip((at..).step_by(g.page as usize));
            let blank = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0xFF);
            for (bytes, address) in pages.filter(|(bytes, _)| !blank(bytes)) {
                let page = Run {
                    address,
                    bytes: bytes.to_vec(),
                };
                let mut meter = Meter::begin(&mut quiet, Stage::Program, bytes.len() as u64);
                self.in_flight = Some(span(address, bytes.len()));
                self.nor.program(&page, &mut meter)?;
            }
        }
        Ok(start + sectors.len() as u32 * g.sector)
    }
}
