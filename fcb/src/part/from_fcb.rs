use alloc::borrow::ToOwned;
use alloc::vec::Vec;

use super::{EraseCommands, Evidence, Overrides, Part, ReadMode, SfdpExpectation, Times};
use crate::fcb::{Fcb, Spec};
use crate::lut::{Opcode, Sequence, index};
use crate::protection::Protection;
use crate::{ClockIndex, JedecId, QeMethod, ReadClock, StatusWrite};

impl ReadMode {
    /// The read command of a sequence, when it is one with command, address, dummy cycles and data and nothing else.
    pub fn of_sequence(sequence: &Sequence) -> Option<ReadMode> {
        let steps = sequence.steps();
        let find = |opcode| steps.iter().find(|step| step.opcode == opcode);
        let (address, data) = (find(Opcode::RADDR)?, find(Opcode::READ)?);
        let mode = ReadMode {
            opcode: sequence.command_byte()?,
            address_bits: address.operand,
            address_pads: address.pads,
            data_pads: data.pads,
            dummy_cycles: find(Opcode::DUMMY).map_or(0, |step| step.operand),
        };
        let whole = matches!(mode.address_bits, 24 | 32) && mode.sequence() == *sequence;
        whole.then_some(mode)
    }
}

impl Part {
    /// A part of which only an FCB is known: as [`Part::with_fcb`], with an id of zeros and quad enable left out.
    ///
    /// Name, id and quad enable are to be filled in before it can be held against a real flash.
    pub fn of_fcb(name: &str, fcb: &Fcb) -> Part {
        let blank = Part {
            name: name.to_owned(),
            vendor: "unknown".to_owned(),
            jedec: JedecId([0; 3]),
            id_tail: Vec::new(),
            size: 8 << 20,
            page_size: 0x100,
            sector_size: 0x1000,
            block_size: 0x1_0000,
            erase: EraseCommands::usual(24),
            qe: QeMethod::None,
            status_write: StatusWrite::Unknown,
            protection: Protection::UNKNOWN,
            read: ReadMode::QUAD_IO,
            dummy_register: None,
            clock: ReadClock::MHZ_30,
            max_mhz: None,
            times: Times::default(),
            option_words: None,
            sfdp: SfdpExpectation::UNKNOWN,
            evidence: Evidence::Unconfirmed,
            source: "an FCB".to_owned(),
            note: Some(
                "made of an FCB, which tells neither the id nor the quad enable bit: fill both in"
                    .to_owned(),
            ),
            chips: Vec::new(),
            overrides: Overrides::default(),
        };
        blank.with_fcb(fcb)
    }

    /// This part, booting with `fcb`: what the block says of size, read and clock becomes the part's own fact where it fits
    /// the others, and the rest is forced. So [`Part::boot_fcb`] gives exactly `fcb`, and a `.cfg` loses nothing of it.
    pub fn with_fcb(&self, fcb: &Fcb) -> Part {
        let mut part = self.clone();
        part.overrides = Overrides::default();
        part.take(|part| part.page_size = fcb.page_size());
        part.take(|part| {
            part.sector_size = fcb.sector_size();
            part.block_size = fcb.block_size();
        });
        part.take(|part| {
            part.size = fcb.sflash_a1_size();
            part.take_read(fcb);
        });
        part.take(|part| part.take_read(fcb));
        part.take_erase(fcb);
        // an index that depends on the chip is kept as it is: the block does not tell its chip
        if let Some(clock) = ReadClock::common(ClockIndex(fcb.clock())) {
            part.take(|part| part.clock = clock);
        }
        part.overrides = forced(&part.boot_fcb(), fcb);
        part
    }

    /// The read command, and with another number of address bits the erase commands that go with it.
    fn take_read(&mut self, fcb: &Fcb) {
        let Some(read) = ReadMode::of_sequence(&fcb.sequence(index::READ)) else {
            return;
        };
        if read.address_bits != self.read.address_bits {
            self.erase = EraseCommands::usual(read.address_bits);
        }
        self.read = read;
    }

    /// The erase commands, where both sequences are an erase of one pad with the read's number of address bits.
    fn take_erase(&mut self, fcb: &Fcb) {
        let bits = self.read.address_bits;
        let command = |place| {
            let sequence = fcb.sequence(place);
            let command = sequence.command_byte()?;
            (sequence == Sequence::erase(command, bits)).then_some(command)
        };
        if let (Some(sector), Some(block)) =
            (command(index::ERASE_SECTOR), command(index::ERASE_BLOCK))
        {
            self.erase = EraseCommands { sector, block };
        }
    }

    /// Takes a change over when the facts still fit together.
    fn take(&mut self, change: impl Fn(&mut Part)) {
        let mut changed = self.clone();
        change(&mut changed);
        if changed.misfit().is_none() {
            *self = changed;
        }
    }
}

/// What makes `wanted` of `given`.
fn forced(given: &Fcb, wanted: &Fcb) -> Overrides {
    let all = Spec::all().iter().chain(Spec::reserved());
    let fields = all
        .map(|spec| (spec, wanted.get(spec)))
        .filter(|(spec, values)| given.get(spec) != *values);
    let mut fields: Vec<(&'static Spec, Vec<u32>)> = fields.collect();
    fields.sort_by_key(|(spec, _)| spec.offset);
    let sequences = (0..16).map(|place| (place, wanted.sequence(place)));
    Overrides {
        fields,
        sequences: sequences
            .filter(|(place, sequence)| given.sequence(*place) != *sequence)
            .collect(),
    }
}
