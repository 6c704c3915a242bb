//! What a write puts down in the board's journal, so that a later run knows of it when it breaks off.

use std::collections::BTreeMap;
use std::ops::Range;

use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use super::{Reached, Writer};
use crate::event::{Listener, Meter, Stage, tell};
use crate::flash::identify::{bytes, check_same};
use crate::flash::plan::{Action, WritePlan};
use crate::journal::{Digest, FailedAt, InFlight, Phase, digest};
use crate::{Error, Result};

impl Writer<'_> {
    /// From here on the journal knows of this write, and of the bytes that it must not lose.
    pub(super) fn begin(&mut self, listener: &mut dyn Listener) -> Result<()> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        self.before = Some(journal.clone());
        // what an erase of all is about to wipe is forgotten once it is wiped
        let others = match self.plan.erases_all() {
            true => journal.writes().to_vec(),
            false => self.plan.resume().open.clone(),
        };
        let mut record = self.plan.record(&self.name, self.brings);
        record.image.command.clone_from(&self.command);
        journal.begin(others, record)?;
        let kept = self.plan.rescue();
        if !kept.is_empty() {
            let path = journal.path().to_owned();
            let saved = Finding::new(&run::BYTES_SAVED)
                .text("size", bytes(kept.len_bytes() as u64))
                .text("file", path.display());
            tell(listener, saved);
            self.saved_to = Some(path);
        }
        Ok(())
    }

    pub(super) fn enter(&mut self, phase: Phase) -> Result<()> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        if phase == Phase::Programming && self.plan.erases_all() {
            let last = journal.writes().last().cloned();
            journal.end(last.into_iter().collect(), &[whole(self.plan)])?;
        }
        journal.enter(phase)
    }

    /// Flash holds all of it: only older entries may still be open.
    pub(super) fn end(&mut self) -> Result<()> {
        let plan = self.plan;
        let size = u64::from(plan.geometry().sector);
        let erased: Vec<Range<u64>> = match plan.erases_all() {
            true => vec![whole(plan)],
            false => plan
                .sectors()
                .filter(|(_, sector)| sector.action == Action::Erase)
                .map(|(address, _)| u64::from(address)..u64::from(address) + size)
                .collect(),
        };
        match &mut self.journal {
            Some(journal) => journal.end(plan.resume().open.clone(), &erased),
            None => Ok(()),
        }
    }

    /// Writes down what the failure left, as far as that is known. What fails here leaves the journal as it is: it holds
    /// all that is needed, and only tells less.
    pub(super) fn note_break(&mut self, error: &Error) {
        if self.reached == Reached::Nothing {
            if let (Some(journal), Some(before)) = (&mut self.journal, self.before.take()) {
                let _ = journal.back_to(before);
            }
            return;
        }
        let stopped = matches!(error, Error::Interrupted { .. });
        let left = match error.device_answers() && !stopped && self.journal.is_some() {
            true => self.digests_left().unwrap_or_default(),
            false => BTreeMap::new(),
        };
        let range = self.in_flight.take().filter(|_| !error.device_answers());
        let in_flight = range.map(|range| InFlight {
            range,
            garbled: !error.device_left(),
        });
        let failed = failed_at(error);
        let Some(journal) = &mut self.journal else {
            return;
        };
        if left.is_empty() && in_flight.is_none() && failed.is_none() {
            return;
        }
        let _ = journal.change_last(|write| {
            write.in_flight = in_flight;
            write.failed = failed;
            for (address, mark) in &mut write.sectors {
                mark.left = left.get(address).copied();
            }
        });
    }

    /// Digests of what the sectors of the plan hold now. A flash that fell silent would read as blank, so it is asked for
    /// its id after the reading.
    fn digests_left(&mut self) -> Result<BTreeMap<u32, Digest>> {
        let plan = self.plan;
        let sector = plan.geometry().sector;
        let mut quiet = ();
        let mut meter = Meter::begin(&mut quiet, Stage::Compare, 0);
        self.nor.use_plain()?;
        let mut left = BTreeMap::new();
        for (address, _) in plan.sectors().filter(|(_, s)| s.action != Action::Leave) {
            left.insert(
                address,
                digest(&self.nor.read(address, sector, &mut meter)?),
            );
        }
        let id = self.nor.facts().id;
        check_same(self.nor.loader().jedec_id()?, id)?;
        Ok(left)
    }
}

/// What the flash did otherwise than it was told, when that is what the error is about.
fn failed_at(error: &Error) -> Option<FailedAt> {
    let of = |address, differs| FailedAt {
        code: error.code().to_owned(),
        address,
        differs,
    };
    match error {
        Error::WhileWriting { source, .. } => failed_at(source),
        _ if !error.is_of_flash() => None,
        Error::Erase {
            address, differs, ..
        } => Some(match differs {
            Some((at, found)) => of(*at, Some((0xFF, *found))),
            None => of(*address, None),
        }),
        Error::NotBlank { address, found } => Some(of(*address, Some((0xFF, *found)))),
        Error::Program {
            address, differs, ..
        } => Some(match differs {
            Some((at, expected, found)) => of(*at, Some((*expected, *found))),
            None => of(*address, None),
        }),
        Error::Verify {
            address,
            expected,
            found,
            ..
        } => Some(of(*address, Some((*expected, *found)))),
        _ => None,
    }
}

/// All addresses of the flash.
fn whole(plan: &WritePlan) -> Range<u64> {
    let g = plan.geometry();
    u64::from(g.base)..g.end()
}
