//! What the ROM needs of the flash, and whether it would start it.

use rtboot_bootable::verdict::{Conditions, Hab, Verdict, next_piece};
use rtboot_bootable::{Error as ImageError, Ivt, Memory};
use rtboot_fcb::lut::index;
use rtboot_fcb::{Fcb, JedecId, Part, StatusRegisters, database};
use rtboot_finding::Finding;
use rtboot_finding::catalogue::fcb as found;

use super::compare::read_sectors;
use super::open::OpenWork;
use super::{Nor, NorFacts, NotTried, RomFacts, Trial, TrialOf, WritePlan};
use crate::chip::{BootConfig, Chip};
use crate::event::{Listener, Meter, Stage};
use crate::{Error, Result, sdp};

/// What the verdict depends on besides the bytes in flash. Every command that judges a board takes it from here, so that all
/// give the same answer.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardConditions {
    parts: Vec<Part>,
    status: StatusRegisters,
    trial: Option<Trial>,
    open: OpenWork,
    hab: Option<Hab>,
    boot_config: Option<BootConfig>,
}

impl BoardConditions {
    /// From what the flash answered, the part that it is taken for, and what the boot ROM told before the flashloader ran.
    pub fn new(
        chip: &'static Chip,
        nor: &NorFacts,
        part: Option<&Part>,
        rom: Option<&RomFacts>,
    ) -> BoardConditions {
        let sbmr1 = rom.and_then(|rom| rom.sbmr1);
        BoardConditions {
            parts: candidates(nor.id, part),
            status: nor.status,
            trial: None,
            open: OpenWork::default(),
            hab: rom.and_then(|rom| rom.hab).map(|hab| match hab {
                sdp::Hab::Open => Hab::Open,
                sdp::Hab::Closed => Hab::Closed,
            }),
            boot_config: sbmr1.map(|sbmr1| chip.boot_config(sbmr1)),
        }
    }

    /// With what a read through the stored FCB brought.
    #[must_use]
    pub fn trial(mut self, trial: &Trial) -> BoardConditions {
        self.trial = Some(trial.clone());
        self
    }

    /// With what earlier runs left open.
    #[must_use]
    pub fn open(mut self, open: &OpenWork) -> BoardConditions {
        self.open = open.clone();
        self
    }

    /// With the part that the user names, and those that share its id.
    #[must_use]
    pub fn part(mut self, part: &Part) -> BoardConditions {
        self.parts = candidates(part.jedec, Some(part));
        self
    }

    /// As they are once quad enable of this part is set.
    #[must_use]
    pub fn with_quad_enabled(mut self, part: &Part) -> BoardConditions {
        self.status = part.with_quad_enabled(&self.status);
        self
    }

    /// As if the boot pins led the ROM to this flash.
    #[must_use]
    pub fn without_boot_pins(mut self) -> BoardConditions {
        self.boot_config = None;
        self
    }

    /// The verdict on bytes as the content of this board's flash.
    pub fn judge(&self, memory: &Memory, chip: &Chip) -> Verdict {
        let mut verdict = Verdict::of(memory, chip, &self.conditions());
        let tried = self.trial.as_ref().and_then(Trial::finding);
        verdict.findings.extend(tried);
        self.open.judge(&mut verdict, memory, &chip.map);
        verdict
    }

    /// As [`Verdict::of`] takes them.
    fn conditions(&self) -> Conditions<'_> {
        let mut conditions = Conditions::default().parts(&self.parts).status(self.status);
        conditions.trial = self.trial.as_ref().and_then(Trial::for_verdict);
        conditions.hab = self.hab;
        match self.boot_config {
            // the flash answered on the pins that the flashloader drives
            Some(config) => conditions.boot_pins(config, config.moves_flashloader()),
            None => conditions,
        }
    }
}

/// All parts that a flash with this id may be, the one that it is taken for first: its id does not tell them apart.
///
/// A part from the user's own file, which the database does not know, stands alone.
pub fn candidates(id: JedecId, part: Option<&Part>) -> Vec<Part> {
    let mut parts = database::by_jedec(id);
    if let Some(part) = part {
        match parts.iter().position(|known| known.name == part.name) {
            Some(at) => drop(parts.remove(at)),
            None => parts.clear(),
        }
        parts.insert(0, part.clone());
    }
    parts
}

/// The names of parts that a flash may be: "IS25LP064A or IS25LP064D".
pub fn names(parts: &[Part]) -> String {
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    names.join(" or ")
}

/// What was read of the flash, and the verdict on it.
#[derive(Debug)]
pub struct BootLook {
    /// FCB, IVT and what they point to.
    pub memory: Memory,
    /// Whether the ROM would start it.
    pub verdict: Verdict,
    /// Whether all of it is erased.
    pub blank: bool,
    /// The same bytes read as the ROM will read them, through the stored FCB.
    pub trial: Trial,
    /// What earlier runs left open.
    pub open: OpenWork,
}

impl BootLook {
    /// "FCB (EBh 1-4-4 …), IVT at 0x60001000, stack 0x20010000, reset handler 0x60002009".
    pub fn parts(&self) -> String {
        if self.blank {
            return "blank".into();
        }
        let seen = &self.verdict.inspection;
        let fcb = seen.fcb.as_ref();
        let ivt = seen.ivt_address;
        let parts = [
            Some(fcb.map_or("no FCB".to_owned(), |fcb| {
                format!("FCB ({})", fcb.sequence(index::READ))
            })),
            Some(ivt.map_or("no IVT".to_owned(), |at| format!("IVT at {at:#010x}"))),
            seen.vectors
                .map(|v| format!("stack {:#010x}, reset handler {:#010x}", v.stack, v.reset)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Nor {
    /// All parts that the flash may be, as [`candidates`].
    pub fn candidates(&self) -> Vec<Part> {
        candidates(self.facts().id, Some(self.part()))
    }

    /// Whether it may be one of these parts, by its id.
    pub fn may_be(&self, parts: &[String]) -> bool {
        let candidates = self.candidates();
        let named = |part: &String| {
            let mut known = candidates.iter();
            known.any(|known| known.name.eq_ignore_ascii_case(part))
        };
        parts.iter().any(named)
    }

    /// The names of all parts that the flash may be.
    pub fn names(&self) -> String {
        names(&self.candidates())
    }

    /// What the verdict depends on besides the bytes in flash.
    pub fn conditions(&self) -> BoardConditions {
        let rom = self.rom_facts();
        BoardConditions::new(self.chip(), self.facts(), Some(self.part()), rom)
    }

    /// Why this flash could not be read through the FCB of an image, by all that is known of the part.
    pub fn unfit_fcb(&self, image: &Memory) -> Option<Finding> {
        let conditions = self.conditions().with_quad_enabled(self.part());
        let verdict = conditions.judge(image, self.chip());
        verdict.unfit_fcb().cloned()
    }

    /// Why it is not sure that this flash could be read through the FCB of an image: what is known of the part leaves it open,
    /// and a read through it brought other bytes, or could not be tried.
    ///
    /// A flash that is blank where it would be tried proves nothing; parts that share an id count as right then.
    ///
    /// # Errors
    /// Whatever reading brings.
    pub fn unproved_fcb(
        &mut self,
        image: &Memory,
        listener: &mut dyn Listener,
    ) -> Result<Option<Finding>> {
        let conditions = self.conditions().with_quad_enabled(self.part());
        let verdict = conditions.judge(image, self.chip());
        let (Some(open), Some(fcb)) = (verdict.unproved_fcb(), &verdict.inspection.fcb) else {
            return Ok(None);
        };
        let held = self.look(&|_, _| None, listener)?;
        let tells = !Verdict::is_blank(&held);
        let trial = match tells {
            true => self.try_fcb(fcb, &held, listener)?,
            false => Trial::default(),
        };
        Ok(match trial {
            Trial::Same { .. } => None,
            Trial::Differs(_) => Some(Finding::new(&found::READ_DIFFERS)),
            Trial::NotTried(_) if open.is(&found::PARTS_DISAGREE) => None,
            Trial::NotTried(_) => Some(open.clone()),
        })
    }

    /// The verdict on what flash holds after this plan was carried out.
    ///
    /// Bytes of the plan count as they were to be written; what the ROM needs besides them is read. `trial` is what the writer
    /// found out about the FCB, and `open` what earlier runs left open besides.
    ///
    /// # Errors
    /// As [`Nor::look_at_boot`].
    pub fn judge_written(
        &mut self,
        plan: &WritePlan,
        trial: &Trial,
        open: &OpenWork,
        listener: &mut dyn Listener,
    ) -> Result<Verdict> {
        let planned = |address, length| plan.target(address, length);
        let memory = self.look(&planned, listener)?;
        let conditions = self.conditions().trial(trial).open(open);
        Ok(conditions.judge(&memory, self.chip()))
    }

    /// Reads through the FCB at the start of these bytes of the flash, and compares.
    ///
    /// # Errors
    /// As [`Flashloader::try_fcb`](super::Flashloader::try_fcb).
    fn try_stored(&mut self, memory: &Memory, listener: &mut dyn Listener) -> Result<Trial> {
        let stored = memory.bytes(self.chip().map.fcb_address(), Fcb::LEN);
        let Some(fcb) = stored.and_then(|bytes| Fcb::parse(bytes).ok()) else {
            return Ok(Trial::NotTried(NotTried::NoFcb));
        };
        self.try_fcb(&fcb, memory, listener)
    }

    /// Reads these bytes of the flash through an FCB, and compares.
    ///
    /// # Errors
    /// As [`Flashloader::try_fcb`](super::Flashloader::try_fcb).
    pub fn try_fcb(
        &mut self,
        fcb: &Fcb,
        expected: &Memory,
        listener: &mut dyn Listener,
    ) -> Result<Trial> {
        let part = self.part().clone();
        let of = self.trial_of(fcb, &part);
        self.loader().try_fcb(of, expected, listener)
    }

    /// The same, for an FCB that reads as the set-up before did: what goes wrong is an error.
    ///
    /// # Errors
    /// As [`Flashloader::sample_fcb`](super::Flashloader::sample_fcb).
    pub fn sample_fcb(
        &mut self,
        fcb: &Fcb,
        expected: &Memory,
        listener: &mut dyn Listener,
    ) -> Result<Trial> {
        let part = self.part().clone();
        let of = self.trial_of(fcb, &part);
        self.loader().sample_fcb(of, expected, listener)
    }

    fn trial_of<'a>(&self, fcb: &'a Fcb, part: &'a Part) -> TrialOf<'a> {
        TrialOf {
            fcb,
            part: Some(part),
            status: self.facts().status,
            size: part.size,
        }
    }

    /// Reads on one pad what the ROM needs, tries the FCB that is there, and judges it; changes nothing in flash.
    ///
    /// # Errors
    /// Whatever reading brings.
    pub fn look_at_boot(&mut self, listener: &mut dyn Listener) -> Result<BootLook> {
        let memory = self.look(&|_, _| None, listener)?;
        let open = self.look_at_open(listener)?;
        let trial = self.try_stored(&memory, listener)?;
        let conditions = self.conditions().trial(&trial).open(&open);
        Ok(BootLook {
            verdict: conditions.judge(&memory, self.chip()),
            open,
            blank: Verdict::is_blank(&memory),
            trial,
            memory,
        })
    }

    /// What earlier runs left open, and what flash shows of it.
    fn look_at_open(&mut self, listener: &mut dyn Listener) -> Result<OpenWork> {
        let g = self.geometry();
        let (journal, sectors) = match self.journal() {
            None => return Ok(OpenWork::default()),
            Some(Err(error)) => return Ok(OpenWork::unread(error)),
            Some(Ok(journal)) => (journal.clone(), OpenWork::sectors(journal, &g)),
        };
        self.use_plain()?;
        let now = read_sectors(self, &sectors, &g, listener)?;
        Ok(OpenWork::of(&journal, &now, &g))
    }

    /// What the ROM needs of what flash holds before this plan is carried out; what the plan did not read is read. Nothing where the
    /// plan read that flash has no IVT: the ROM starts nothing then, whatever lies behind.
    ///
    /// # Errors
    /// Whatever reading brings.
    pub fn header_before(
        &mut self,
        plan: &WritePlan,
        listener: &mut dyn Listener,
    ) -> Result<Memory> {
        let ivt = plan.current(self.chip().map.ivt_address(), Ivt::LEN as u32);
        if ivt.is_some_and(|bytes| Ivt::parse(&bytes).is_err()) {
            return Ok(Memory::new());
        }
        let present = |address, length| plan.current(address, length);
        self.look(&present, listener)
    }

    /// Gathers what the ROM needs; reads what is not `known`.
    pub(super) fn look(
        &mut self,
        known: &dyn Fn(u32, u32) -> Option<Vec<u8>>,
        listener: &mut dyn Listener,
    ) -> Result<Memory> {
        let map = self.chip().map;
        let size = self.geometry().size;
        let mut memory = Memory::new();
        while let Some((address, length)) = next_piece(&memory, &map, size) {
            let bytes = match known(address, length) {
                Some(bytes) => bytes,
                None => self.look_at_unknown(address, length, known, listener)?,
            };
            memory.replace(address, bytes).map_err(in_flash)?;
        }
        Ok(memory)
    }

    /// Reads a piece of flash, but for the sectors at its beginning that are known.
    fn look_at_unknown(
        &mut self,
        address: u32,
        length: u32,
        known: &dyn Fn(u32, u32) -> Option<Vec<u8>>,
        listener: &mut dyn Listener,
    ) -> Result<Vec<u8>> {
        let sector = self.geometry().sector;
        let mut bytes = Vec::with_capacity(length as usize);
        loop {
            let at = address + bytes.len() as u32;
            let to_end = sector - (at - self.geometry().sector_of(at));
            let piece = to_end.min(length - bytes.len() as u32);
            match known(at, piece).filter(|_| piece > 0) {
                Some(held) => bytes.extend(held),
                None => break,
            }
        }
        let (at, left) = (address + bytes.len() as u32, length - bytes.len() as u32);
        if left > 0 {
            self.use_plain()?;
            let mut meter = Meter::begin(listener, Stage::Read, u64::from(left));
            bytes.extend(self.read(at, left, &mut meter)?);
            meter.end();
        }
        Ok(bytes)
    }
}

fn in_flash(source: ImageError) -> Error {
    Error::Firmware {
        path: "flash".into(),
        source,
    }
}
