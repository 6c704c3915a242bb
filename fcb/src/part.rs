//! A NOR flash part: what the FCBs for it are made of.

mod dummy;
mod facts;
mod file;
mod fits;
mod from_fcb;
mod held;
mod overrides;
mod serial;

pub use dummy::{DummyControl, DummyPlace};
pub use facts::{
    EraseCommands, EraseUnit, Evidence, ReadMode, SfdpExpectation, SfdpPresence, Span, Times,
};
pub use file::PartFile;
pub use held::{Contradiction, SfdpProperty};
pub use overrides::Overrides;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::fcb::{Fcb, SequenceCall};
use crate::lut::{Sequence, index};
use crate::protection::{Protected, Protection, StatusLock};
use crate::{
    Chip, ChipName, ClockIndex, JedecId, OptionWords, QeMethod, ReadClock, Spec, StatusRegisters,
    StatusWrite, probe,
};

/// One NOR flash part.
///
/// Comes from a `.cfg` file ([`crate::PartFile`]) or from the [`crate::database`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The maker's name of the part, such as "IS25LP064A".
    pub name: String,
    /// The maker.
    pub vendor: String,
    /// What it answers to 9Fh. Several parts may share one id.
    pub jedec: JedecId,
    /// What follows these three bytes, where it tells the part from others with the same; empty: it is not looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_tail: Vec<u8>,
    /// Bytes.
    pub size: u32,
    /// Bytes of a page, the most that one program command takes.
    pub page_size: u32,
    /// Bytes that the smallest erase clears.
    pub sector_size: u32,
    /// Bytes that a block erase clears.
    pub block_size: u32,
    /// The commands of both.
    pub erase: EraseCommands,
    /// Its quad enable bit.
    pub qe: QeMethod,
    /// How its status registers are written.
    pub status_write: StatusWrite,
    /// Its block protection.
    pub protection: Protection,
    /// The read command it boots with.
    pub read: ReadMode,
    /// What sets the dummy cycles of that read; `None` when it is not known, or they are fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dummy_register: Option<DummyControl>,
    /// The clock it boots with, where the chip takes it.
    pub clock: ReadClock,
    /// Its own limit for this read command at these dummy cycles, in MHz.
    pub max_mhz: Option<u16>,
    /// How long erase and program take.
    pub times: Times,
    /// Option words that make the flashloader build a configuration for it by itself.
    pub option_words: Option<OptionWords>,
    /// What SFDP is expected of it.
    pub sfdp: SfdpExpectation,
    /// How well the facts are known.
    pub evidence: Evidence,
    /// Where they come from.
    pub source: String,
    /// What else one should know.
    pub note: Option<String>,
    /// Chips that the file is meant for; empty: every chip whose configuration block is that of the RT10xx.
    #[serde(with = "serial::chips")]
    pub chips: Vec<ChipName>,
    /// FCB fields and sequences that the file forces.
    pub overrides: Overrides,
}

impl Part {
    /// The same part as this chip can read it: within the chip's clock limit, and sampled inside the controller where the flash's
    /// pins have no DQS. What the `.cfg` forces stays.
    pub fn on(&self, chip: &Chip) -> Part {
        let mut part = self.clone();
        let index = self.clock.index_on(&chip.clocks);
        part.clock = ReadClock::of_index(ClockIndex(index), &chip.clocks).unwrap_or(self.clock);
        if part.clock_byte() != index {
            part.force("serialClkFreq", index.into());
        }
        let has_dqs = chip
            .flash_pins
            .first()
            .is_none_or(|pins| pins.dqs.is_some());
        if !has_dqs {
            part.force("readSampleClkSrc", 0);
        }
        part
    }

    /// Sets a field of the FCB that the file leaves open.
    fn force(&mut self, field: &str, value: u32) {
        let fields = &mut self.overrides.fields;
        if let Some(spec) = Spec::find(field)
            && !fields.iter().any(|(forced, _)| forced.name == spec.name)
        {
            fields.push((spec, vec![value]));
        }
    }

    /// The byte of the clock where no chip is named: as on the default one.
    fn clock_byte(&self) -> u8 {
        self.clock.index_on(&Chip::DEFAULT.clocks)
    }

    /// The FCB that goes to the flash. Its clock index is the default chip's; [`Part::on`] gives that of a chip.
    ///
    /// Built by the policy of the genuine flashloader (sampling through the DQS pad, safe clock while configuring,
    /// other commands at 30 MHz), with this part's read command and clock, and without a device mode sequence:
    /// the quad enable bit is non-volatile and set while flashing.
    pub fn boot_fcb(&self) -> Fcb {
        let mut fcb = Fcb::new();
        fcb.set_read_sample_clock(1);
        fcb.set_cs_hold_time(3);
        fcb.set_cs_setup_time(3);
        fcb.set_controller_options(SAFE_CLOCK);
        fcb.set_device_type(1);
        fcb.set_flash_pads(self.read.data_pads.max(self.read.address_pads));
        fcb.set_clock(self.clock_byte());
        fcb.set_sflash_a1_size(self.size);
        fcb.set_page_size(self.page_size);
        fcb.set_sector_size(self.sector_size);
        fcb.set_block_size(self.block_size);
        fcb.set_command_clock(ClockIndex::MHZ_30.0);
        let commands = self.commands();
        fcb.set_sequence(index::READ, &self.read.sequence());
        fcb.set_sequence(index::READ_STATUS, &Sequence::read_register(0x05, 4));
        fcb.set_sequence(index::WRITE_ENABLE, &Sequence::command(0x06));
        fcb.set_sequence(index::ERASE_SECTOR, &commands.erase_sector);
        fcb.set_sequence(index::ERASE_BLOCK, &commands.erase_block);
        fcb.set_sequence(index::PAGE_PROGRAM, &commands.program);
        fcb.set_sequence(index::ERASE_CHIP, &Sequence::command(0x60));
        self.overrides.apply(&mut fcb);
        fcb
    }

    /// The FCB to configure the flashloader with while flashing.
    ///
    /// The boot FCB, but: waits for a busy flash end after `timeout_ms` (the genuine flashloader waits for ever at 0);
    /// sequence 5 and sectorSize are those of `erase_unit` (the genuine flashloader uses the block erase only at
    /// 0x0 and 0x10000, so 64 KiB erases go through sequence 5); programs on one pad; writes no status register.
    /// The clock stays that of the boot FCB, so that reading back proves what the ROM will use.
    pub fn work_fcb(&self, erase_unit: EraseUnit, timeout_ms: u32) -> Fcb {
        let mut fcb = self.boot_fcb();
        let commands = self.commands();
        fcb.set_timeout_ms(timeout_ms);
        fcb.set_device_mode_enable(0);
        let (erase, size) = match erase_unit {
            EraseUnit::Sector => (commands.erase_sector, self.sector_size),
            EraseUnit::Block => (commands.erase_block, self.block_size),
        };
        fcb.set_sequence(index::ERASE_SECTOR, &erase);
        fcb.set_sector_size(size);
        fcb.set_sequence(index::PAGE_PROGRAM, &commands.program);
        fcb
    }

    /// The same, reading on one pad: for erasing while quad enable is clear. The genuine flashloader reads an erase back.
    pub fn plain_work_fcb(&self, erase_unit: EraseUnit, timeout_ms: u32) -> Fcb {
        let plain = probe::plain_read(self.size);
        let mut fcb = self.work_fcb(erase_unit, timeout_ms);
        fcb.set_sequence(index::READ, &plain.sequence(index::READ));
        fcb.set_flash_pads(plain.flash_pads());
        fcb.set_clock(plain.clock());
        fcb.set_read_sample_clock(plain.read_sample_clock());
        fcb
    }

    /// A time-out for [`Part::work_fcb`] that no erase of this unit, and no page program, outlasts, in ms.
    ///
    /// A quarter more than the part's own maximum; without one 1 s for a sector of 4 KiB and 6 s for more, above the largest
    /// maximum of all parts here. The erase of a whole part takes longer: see [`Times::chip_erase`].
    pub fn erase_timeout_ms(&self, erase_unit: EraseUnit) -> u32 {
        let (time, size) = match erase_unit {
            EraseUnit::Sector => (self.times.sector_erase, self.sector_size),
            EraseUnit::Block => (self.times.block_erase, self.block_size),
        };
        let otherwise = if size > 0x1000 { 6_000 } else { 1_000 };
        let max = time.and_then(|span| u32::try_from(span.max.as_millis()).ok());
        max.map_or(otherwise, |max| max.saturating_add(max / 4).max(1_000))
    }

    /// The FCBs to configure with, one after the other, to bring the status registers from `now` to `new`.
    ///
    /// Each is a work FCB with a device mode sequence: the flashloader sends write enable, the write, and waits.
    /// Registers that already hold their value are left alone; an empty list says that all do.
    /// `None`: the part's way to write them is not known, or it takes both registers at once and register 2 was not given.
    pub fn status_write_steps(
        &self,
        now: &StatusRegisters,
        new: &StatusRegisters,
    ) -> Option<Vec<Fcb>> {
        let sr1 = new.lasting_sr1();
        let (sr1_changes, sr2_changes) = (now.lasting_sr1() != sr1, now.sr2 != new.sr2);
        let second = |opcode| match (sr2_changes, new.sr2) {
            (true, Some(sr2)) => Some(vec![self.register_write_fcb(opcode, &[sr2])]),
            (true, None) => None,
            (false, _) => Some(Vec::new()),
        };
        let first = || {
            if sr1_changes {
                vec![self.register_write_fcb(0x01, &[sr1])]
            } else {
                Vec::new()
            }
        };
        match self.status_write {
            _ if now.same_settings(new) => Some(Vec::new()),
            StatusWrite::Unknown => None,
            StatusWrite::OneByte => (!sr2_changes).then(first),
            StatusWrite::TwoBytes => Some(vec![self.register_write_fcb(0x01, &[sr1, new.sr2?])]),
            StatusWrite::Separate => Some([first(), second(0x31)?].concat()),
            StatusWrite::Separate3E => Some([first(), second(0x3E)?].concat()),
        }
    }

    /// The FCB that writes `new` when a single write does it; for parts that take the registers one by one,
    /// register 1 alone (give no register 2). See [`Part::status_write_steps`] for all cases.
    pub fn status_write_fcb(&self, new: &StatusRegisters) -> Option<Fcb> {
        let sr1 = new.lasting_sr1();
        match (self.status_write, new.sr2) {
            (StatusWrite::OneByte | StatusWrite::Separate | StatusWrite::Separate3E, None) => {
                Some(self.register_write_fcb(0x01, &[sr1]))
            }
            (StatusWrite::TwoBytes, Some(sr2)) => Some(self.register_write_fcb(0x01, &[sr1, sr2])),
            _ => None,
        }
    }

    fn register_write_fcb(&self, opcode: u8, data: &[u8]) -> Fcb {
        let mut fcb = self.work_fcb(EraseUnit::Sector, STATUS_WRITE_TIMEOUT_MS);
        let argument = data
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u32::from(*byte));
        fcb.set_device_mode_enable(1);
        fcb.set_device_mode_type(1);
        fcb.set_device_mode_sequence(SequenceCall {
            count: 1,
            index: index::DEVICE_MODE as u8,
        });
        fcb.set_device_mode_argument(argument);
        fcb.set_sequence(
            index::DEVICE_MODE,
            &Sequence::write_register(opcode, data.len() as u8),
        );
        fcb
    }

    /// Whether the quad enable bit is set; `true` for parts without one, `None` when its register was not read.
    pub fn quad_enabled(&self, registers: &StatusRegisters) -> Option<bool> {
        match (self.qe, registers.sr2) {
            (QeMethod::None, _) => Some(true),
            (QeMethod::Unknown, _) => None,
            (QeMethod::Sr1Bit6, _) => Some(registers.sr1 & self.qe.sr1_mask() != 0),
            (_, Some(sr2)) => Some(sr2 & self.qe.sr2_mask() != 0),
            (_, None) => None,
        }
    }

    /// The registers with the quad enable bit set and all else kept.
    pub fn with_quad_enabled(&self, registers: &StatusRegisters) -> StatusRegisters {
        StatusRegisters {
            sr1: registers.sr1 | self.qe.sr1_mask(),
            sr2: registers.sr2.map(|sr2| sr2 | self.qe.sr2_mask()),
            ..*registers
        }
    }

    /// Whether any block is, or may be, protected.
    pub fn protected(&self, registers: &StatusRegisters) -> bool {
        self.protection.is_on(registers, self.size)
    }

    /// Which blocks are protected.
    pub fn protected_extent(&self, registers: &StatusRegisters) -> Protected {
        self.protection.extent(registers, self.size)
    }

    /// What keeps the status registers from being written. With quad enable set the WP# pin is a data line and locks nothing.
    pub fn status_lock(&self, registers: &StatusRegisters) -> StatusLock {
        let by_bits = self.protection.status_lock(registers);
        let data_line = self.qe != QeMethod::None && self.quad_enabled(registers) == Some(true);
        match by_bits {
            StatusLock::Pin if data_line => StatusLock::Open,
            lock => lock,
        }
    }

    /// The registers with the block protection cleared and all else kept.
    pub fn unprotected(&self, registers: &StatusRegisters) -> StatusRegisters {
        self.protection.cleared(registers)
    }

    /// The command that reads status register 2, when the part has one that matters here.
    pub fn sr2_read_command(&self) -> Option<u8> {
        let place = self.dummy_register.as_ref().map(|control| control.place);
        let dummies = place == Some(DummyPlace::Status2);
        match self.qe.sr2_read_command() {
            None if self.protection.complement != 0 || dummies => Some(0x35),
            command => command,
        }
    }

    fn commands(&self) -> Commands {
        let bits = self.read.address_bits;
        let program = if bits == 32 { 0x12 } else { 0x02 };
        Commands {
            erase_sector: Sequence::erase(self.erase.sector, bits),
            erase_block: Sequence::erase(self.erase.block, bits),
            program: Sequence::program(program, bits, 1, 1),
        }
    }
}

/// Run at 30 MHz while configuring: bit 4 of controllerMiscOption.
const SAFE_CLOCK: u32 = 0x10;
/// A status register write takes some ms on every part; this is far beyond.
const STATUS_WRITE_TIMEOUT_MS: u32 = 1000;

struct Commands {
    erase_sector: Sequence,
    erase_block: Sequence,
    program: Sequence,
}
