//! Status registers: quad enable and protection.

use rtboot_fcb::{StatusRegisters, probe};
use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use super::Nor;
use crate::error::{FlashState, QuadEnable, Question, SetUp};
use crate::event::{Listener, tell};
use crate::{Error, Result};

impl Nor {
    /// Reads the status registers anew.
    ///
    /// # Errors
    /// [`Error::Configure`], [`Error::Mboot`].
    pub fn read_status(&mut self) -> Result<StatusRegisters> {
        let sr1 = self
            .loader
            .read_through(&probe::status1(), Question::Status1, 0, 1)?;
        self.facts.status.sr1 = sr1.first().copied().unwrap_or(0xFF);
        if let Some(command) = self.part.qe.sr2_read_command() {
            let read = probe::register(command);
            let sr2 = self.loader.read_through(&read, Question::Status2, 0, 1)?;
            self.facts.status.sr2 = sr2.first().copied();
        }
        if self.facts.status.sr3.is_some() {
            self.facts.status.sr3 = self.loader.third_status()?;
            self.facts.own_locks = self.loader.own_locks(&self.part, &self.facts.status)?;
        }
        Ok(self.facts.status)
    }

    /// The status registers once two readings in a row agree, four at most: they are about to be written back, protection
    /// and all.
    fn steady_status(&mut self) -> Result<StatusRegisters> {
        let mut last = self.facts.status;
        // a block that was bent on its way to the loader would answer the same again
        self.loader.forget(&probe::status1());
        for _ in 0..3 {
            let now = self.read_status()?;
            if now.same_settings(&last) {
                break;
            }
            last = now;
        }
        Ok(self.facts.status)
    }

    /// Writes the status registers and reads them back. Returns what they are then.
    ///
    /// # Errors
    /// [`Error::Configure`], [`Error::Mboot`].
    pub fn write_status(&mut self, new: &StatusRegisters) -> Result<StatusRegisters> {
        let steps = self
            .part
            .status_write_steps(&self.facts.status, new)
            .ok_or_else(|| Error::StatusWriteUnknown {
                part: self.called(),
            })?;
        for fcb in steps {
            self.loader.configure(&fcb, SetUp::WriteStatus)?;
        }
        self.read_status()
    }

    /// Sets the quad-enable bit when the part has one and it is clear, and returns whether it was. Protection and all other
    /// bits stay.
    ///
    /// # Errors
    /// [`Error::QuadNotSet`] when it does not stay; [`Error::WhileWriting`] when the link fails at the write itself.
    pub fn set_quad(&mut self, listener: &mut dyn Listener) -> Result<bool> {
        if self.part.quad_enabled(&self.facts.status) != Some(false) {
            return Ok(false);
        }
        let before = self.steady_status()?;
        if self.part.quad_enabled(&before) != Some(false) {
            return Ok(false);
        }
        let wanted = self.part.with_quad_enabled(&before);
        let after = self.write_status(&wanted).map_err(|error| {
            let state = FlashState::default().quad_enable(QuadEnable::Uncertain);
            error.with_flash_state(state)
        })?;
        if self.part.quad_enabled(&after) != Some(true) || !after.same_settings(&wanted) {
            return Err(Error::QuadNotSet {
                part: self.called(),
                before,
                after,
                lock: self.part.status_lock(&after),
            });
        }
        let enabled = Finding::new(&run::QUAD_ENABLED).text("part", self.called());
        tell(
            listener,
            enabled.text("before", before).text("after", after),
        );
        Ok(true)
    }
}
