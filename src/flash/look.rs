//! What the flash tells about itself: id, SFDP, status registers, locks of single blocks.

use rtboot_fcb::lut::REACH_24;
use rtboot_fcb::{
    DummyControl, DummyPlace, JedecId, Part, Protected, QeMethod, StatusRegisters, lock_units,
    probe, sfdp::Sfdp,
};

use super::awake::{self, LeftIn};
use super::loader::{Flashloader, NorFacts, byte};
use crate::Result;
use crate::error::{Question, SetUp, SfdpField};
use crate::event::{Known, Listener, Measurements, tell, tell_known, tell_measured};

/// Bytes of SFDP worth reading: headers and tables of every part seen lie in the first 256.
const SFDP_BYTES: u32 = 256;

impl Flashloader {
    /// Asks the flash for id, SFDP and status registers. One that was left in a mode in which it hears no commands is brought
    /// back first; nothing else is changed in it.
    ///
    /// # Errors
    /// [`Error::Configure`](crate::Error::Configure), [`Error::Mboot`](crate::Error::Mboot); a flash that is not there is no error but an id of all ones.
    pub fn look_at_flash(&mut self, listener: &mut dyn Listener) -> Result<NorFacts> {
        let questions = [probe::jedec_id(), probe::sfdp(), probe::status1()];
        self.bring(&questions, SetUp::Ask(Question::Id))?;
        let awake::Id { id, again, woken } = awake::id(self)?;
        if let Some(woken) = woken {
            tell(listener, woken.finding(id));
        }
        let known = Known {
            jedec: Some(id.to_string()),
            ..Known::default()
        };
        tell_known(listener, known);
        let id_tail = match told_by_tail(id) {
            true => Some(self.id_tail()?),
            false => None,
        };
        let sfdp_raw = self.read_through(&probe::sfdp(), Question::Sfdp, 0, SFDP_BYTES)?;
        let sr1 = byte(
            &self.read_through(&probe::status1(), Question::Status1, 0, 1)?,
            0,
        );
        let mut status = StatusRegisters {
            sr1,
            sr2: None,
            sr3: None,
        };
        if second_register_is_safe(id) {
            status.sr2 = Some(byte(
                &self.read_through(&probe::status2(), Question::Status2, 0, 1)?,
                0,
            ));
        }
        let mut own_locks = None;
        if let Some(part) = with_own_locks(id) {
            status.sr3 = self.third_status()?;
            own_locks = self.own_locks(&part, &status)?;
        }
        let sfdp = Sfdp::parse(&sfdp_raw);
        let four_byte_mode = match large(id, sfdp.as_ref().ok()) {
            Some((vendor, size)) => awake::four_byte(self, &vendor, size)?,
            None => false,
        };
        let facts = NorFacts {
            id,
            id_again: again,
            id_tail,
            sfdp_raw,
            sfdp,
            status,
            own_locks,
            woken,
            four_byte_mode,
        };
        let measured = Measurements {
            flash_busy: Some(facts.answers() && facts.status.sr1 & StatusRegisters::BUSY != 0),
            flash_in_qpi: Some(woken.is_some_and(|woken| woken.from == LeftIn::Qpi)),
            has_sfdp: Some(facts.sfdp.is_ok()),
            ..Measurements::default()
        };
        tell_measured(listener, measured);
        if let Some(finding) = facts.left_in_four_byte_mode() {
            tell(listener, finding);
        }
        Ok(facts)
    }

    /// What 9Fh answers behind the three bytes of the id.
    fn id_tail(&mut self) -> Result<[u8; 3]> {
        let answer = self.read_through(&probe::jedec_id(), Question::Id, 0, 6)?;
        Ok([3, 4, 5].map(|at| byte(&answer, at)))
    }

    /// Reads the status register that holds the quad-enable bit of this part, when [`Flashloader::look_at_flash`] left it out:
    /// the part's file says how it is read. Not where a known part with the flash's id has none.
    ///
    /// # Errors
    /// [`Error::Configure`](crate::Error::Configure), [`Error::Mboot`](crate::Error::Mboot).
    pub fn look_at_second_status(&mut self, part: &Part, facts: &mut NorFacts) -> Result<()> {
        // 35h puts a part of that id into QPI
        let lacks = |part: &Part| matches!(part.qe, QeMethod::Sr1Bit6 | QeMethod::Unknown);
        let lacks = rtboot_fcb::database::by_jedec(facts.id).iter().any(lacks);
        if let (None, false, Some(read)) = (facts.status.sr2, lacks, probe::status2_of(part)) {
            let answer = self.read_through(&read, Question::Status2, 0, 1)?;
            facts.status.sr2 = Some(byte(&answer, 0));
        }
        let sets_dummies = |control: &DummyControl| control.place == DummyPlace::Status3;
        let third = part.protection.block_locks != 0
            || part.dummy_register.as_ref().is_some_and(sets_dummies);
        if facts.status.sr3.is_none() && !lacks && third {
            facts.status.sr3 = self.third_status()?;
            facts.own_locks = self.own_locks(part, &facts.status)?;
        }
        Ok(())
    }

    /// Status register 3; `None` when 15h is not answered: bits 4:3 are 0 in every part that has it.
    pub(crate) fn third_status(&mut self) -> Result<Option<u8>> {
        let answer = self.read_through(&probe::status3(), Question::Status3, 0, 1)?;
        Ok(Some(byte(&answer, 0)).filter(|sr3| sr3 & 0x18 == 0))
    }

    /// Asks each block's own lock, where the registers say that these locks count. A program can have opened some since
    /// power-on, so the registers alone do not tell what is closed.
    pub(crate) fn own_locks(
        &mut self,
        part: &Part,
        status: &StatusRegisters,
    ) -> Result<Option<Protected>> {
        if !matches!(part.protected_extent(status), Protected::OwnLocks { .. }) {
            return Ok(None);
        }
        let fcb = probe::block_lock();
        let mut locks = Vec::new();
        for unit in lock_units(part.size.min(fcb.sflash_a1_size())) {
            let answer = self.read_through(&fcb, Question::BlockLock, unit.start, 1)?;
            locks.push((unit, byte(&answer, 0) & 1 != 0));
        }
        Ok(Some(Protected::by_own_locks(locks)))
    }
}

/// Whether every known part with this id has a second status register behind 35h.
fn second_register_is_safe(id: JedecId) -> bool {
    let parts = rtboot_fcb::database::by_jedec(id);
    !parts.is_empty()
        && parts
            .iter()
            .all(|p| matches!(p.qe, QeMethod::Sr2Bit1TwoByte | QeMethod::Sr2Bit1By31))
}

/// A known part with this id, when every one of them has locks of single blocks and status register 3 behind 15h.
fn with_own_locks(id: JedecId) -> Option<Part> {
    let mut parts = rtboot_fcb::database::by_jedec(id);
    let all = parts.iter().all(|part| part.protection.block_locks != 0);
    parts.truncate(1);
    parts.pop().filter(|_| all)
}

/// Whether a known part with this id is told from others by what follows it.
fn told_by_tail(id: JedecId) -> bool {
    let parts = rtboot_fcb::database::by_jedec(id);
    parts.iter().any(|part| !part.id_tail.is_empty())
}

impl NorFacts {
    /// What follows the id, where it is that of another part than this one.
    pub(super) fn other_tail(&self, part: &Part) -> Option<SfdpField> {
        let found = self.id_tail?;
        let found = found.get(..part.id_tail.len())?;
        (found != part.id_tail).then(|| SfdpField::IdTail {
            expected: part.id_tail.clone(),
            found: found.to_vec(),
        })
    }
}

/// Maker and bytes of a part with this id that 24 address bits do not reach in full.
fn large(id: JedecId, sfdp: Option<&Sfdp>) -> Option<(String, u32)> {
    let known = rtboot_fcb::database::by_jedec(id).into_iter().next();
    let (vendor, size) = match known {
        Some(part) => (part.vendor, part.size),
        None => {
            let size = u32::try_from(sfdp?.size()).ok()?;
            (id.maker().unwrap_or_default().to_owned(), size)
        }
    };
    (size > REACH_24).then_some((vendor, size))
}
