//! SPSDK's names of the block's registers, and of what their bits mean.

#[cfg(feature = "yaml")]
use crate::fcb::Spec;
use crate::lut::Opcode;

/// Offset of the reserved words at the end that SPSDK names `reserve2_0` and on.
pub(super) const TAIL: usize = 0x1D4;
pub(super) const RESERVED_WORDS: usize = 11;

/// Where the look-up table lies: 16 sequences of 8 instructions.
#[cfg(feature = "yaml")]
const LUT: core::ops::Range<usize> = 0x080..0x180;

/// SPSDK's names of the instructions. Source: SPSDK, FCB register description.
pub(super) const OPERATIONS: &[(u8, &str)] = &[
    (0x00, "STOP"),
    (0x01, "CMD_SDR"),
    (0x02, "RADDR_SDR"),
    (0x03, "CADDR_SDR"),
    (0x04, "MODE1_SDR"),
    (0x05, "MODE2_SDR"),
    (0x06, "MODE4_SDR"),
    (0x07, "MODE8_SDR"),
    (0x08, "WRITE_SDR"),
    (0x09, "READ_SDR"),
    (0x0A, "LEARN_SDR"),
    (0x0B, "DATSZ_SDR"),
    (0x0C, "DUMMY_SDR"),
    (0x0D, "DUMMY_RWDS_SDR"),
    (0x1F, "JMP_ON_CS"),
    (0x21, "CMD_DDR"),
    (0x22, "RADDR_DDR"),
    (0x23, "CADDR_DDR"),
    (0x24, "MODE1_DDR"),
    (0x25, "MODE2_DDR"),
    (0x26, "MODE4_DDR"),
    (0x27, "MODE8_DDR"),
    (0x28, "WRITE_DDR"),
    (0x29, "READ_DDR"),
    (0x2A, "LEARN_DDR"),
    (0x2B, "DATSZ_DDR"),
    (0x2C, "DUMMY_DDR"),
    (0x2D, "DUMMY_RWDS_DDR"),
];

/// The name of an instruction, if it has one.
pub(super) fn operation(opcode: Opcode) -> Option<&'static str> {
    let known = OPERATIONS.iter().find(|(code, _)| *code == opcode.0);
    known.map(|(_, name)| *name)
}

/// What a register's bits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg(feature = "yaml")]
pub(super) enum Kind {
    /// One number.
    Number,
    /// How many sequences to play, and from which one on.
    Call,
    /// An instruction of the look-up table.
    Instruction,
}

/// A register as SPSDK divides the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg(feature = "yaml")]
pub(super) struct Register {
    pub offset: usize,
    /// Bytes.
    pub width: usize,
    pub kind: Kind,
}

/// Bits of a register.
#[cfg(feature = "yaml")]
pub(super) struct Bits {
    pub first: u32,
    pub width: u32,
    /// Names of its values, where it has any.
    pub names: Names,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg(feature = "yaml")]
pub(super) enum Names {
    None,
    Pads,
    Operations,
}

/// Registers that NXP reserves: name, offset, width of one, how many. Several have an index behind the name.
///
/// Source: SPSDK 3.12, FCB register descriptions; `reserved2` is what the one of RT1010 calls the words at the end.
#[cfg(feature = "yaml")]
const RESERVED: &[(&str, usize, usize, usize)] = &[
    ("reserved0", 0x008, 4, 1),
    ("reserved1", 0x02C, 4, 1),
    ("reserved2", 0x03C, 4, 1),
    ("reserved3", 0x048, 4, 2),
    ("reserved4", 0x1B0, 4, 4),
    ("reserved0", 0x1CA, 1, 2),
    ("reserve2", TAIL, 4, RESERVED_WORDS),
    ("reserved2", TAIL, 4, RESERVED_WORDS),
];

#[cfg(feature = "yaml")]
impl Register {
    /// The register of this name, in any case: `csHoldTime`, `configCmdArgs_1`, `lookupTable_seq0_instr2`; also its offset,
    /// as in `field00D`, and a 32-bit word of the table, as in `lookupTable_5`.
    pub fn find(name: &str) -> Option<Register> {
        if name.eq_ignore_ascii_case("tag") {
            return Some(Register::number(0, 4));
        }
        let (stem, index) = match name.rsplit_once('_') {
            Some((stem, digits)) => (stem, digits.parse::<usize>().ok()),
            None => (name, None),
        };
        let named = match index {
            Some(index) => Register::element(stem, index),
            None => Register::alone(name),
        };
        named
            .or_else(|| Register::instruction(name))
            .or_else(|| Register::at(name))
    }

    fn number(offset: usize, width: usize) -> Register {
        let kind = Kind::Number;
        Register {
            offset,
            width,
            kind,
        }
    }

    /// An element of a field.
    fn of(spec: &Spec, index: usize) -> Option<Register> {
        let (width, kind) = match spec.is_calls() {
            true => (4, Kind::Call),
            false => (spec.width, Kind::Number),
        };
        let offset = spec.offset + index.checked_mul(width)?;
        (offset < spec.offset + spec.len()).then_some(Register {
            offset,
            width,
            kind,
        })
    }

    fn alone(name: &str) -> Option<Register> {
        let same = |spec: &&Spec| spec.alias.eq_ignore_ascii_case(name) && !several(spec);
        let field = Spec::all().iter().find(same);
        let reserved = RESERVED
            .iter()
            .find(|(known, .., count)| known.eq_ignore_ascii_case(name) && *count == 1);
        field
            .and_then(|spec| Register::of(spec, 0))
            .or_else(|| reserved.map(|(_, offset, width, _)| Register::number(*offset, *width)))
    }

    fn element(stem: &str, index: usize) -> Option<Register> {
        if stem.eq_ignore_ascii_case("lookupTable") {
            return (index < 64).then(|| Register::number(LUT.start + 4 * index, 4));
        }
        let same = |spec: &&Spec| spec.alias.eq_ignore_ascii_case(stem) && several(spec);
        if let Some(spec) = Spec::all().iter().find(same) {
            return Register::of(spec, index);
        }
        let (_, offset, width, _) = RESERVED.iter().find(|(known, .., count)| {
            known.eq_ignore_ascii_case(stem) && *count > 1 && index < *count
        })?;
        Some(Register::number(offset + index * width, *width))
    }

    fn instruction(name: &str) -> Option<Register> {
        let lower = name.to_ascii_lowercase();
        let (sequence, step) = lower
            .strip_prefix("lookuptable_seq")?
            .split_once("_instr")?;
        let (sequence, step): (usize, usize) = (sequence.parse().ok()?, step.parse().ok()?);
        (sequence < 16 && step < 8).then_some(Register {
            offset: LUT.start + 16 * sequence + 2 * step,
            width: 2,
            kind: Kind::Instruction,
        })
    }

    /// `field00D` or `Reserved02C`: SPSDK's own numbers of its registers are their offsets.
    fn at(name: &str) -> Option<Register> {
        let lower = name.to_ascii_lowercase();
        let digits = lower
            .strip_prefix("field")
            .or_else(|| lower.strip_prefix("reserved"))?;
        let offset = usize::from_str_radix(digits, 16).ok()?;
        if digits.len() != 3 {
            return None;
        }
        if LUT.contains(&offset) {
            return (offset % 2 == 0).then_some(Register {
                offset,
                width: 2,
                kind: Kind::Instruction,
            });
        }
        let fields = Spec::all().iter().flat_map(|spec| {
            let all = 0..spec.count;
            all.filter_map(|index| Register::of(spec, index))
        });
        let reserved = RESERVED.iter().flat_map(|(_, from, width, count)| {
            (0..*count).map(move |index| Register::number(from + index * width, *width))
        });
        let tag = core::iter::once(Register::number(0, 4));
        tag.chain(fields)
            .chain(reserved)
            .find(|register| register.offset == offset)
    }

    /// The bits of this name, as SPSDK calls them, or by its number of them: `field014-bits8-15`.
    pub fn bits(&self, name: &str) -> Option<Bits> {
        let upper = name.to_ascii_uppercase();
        let bits = |first, width, names| {
            Some(Bits {
                first,
                width,
                names,
            })
        };
        let place = upper.split_once("-BITS").map(|(_, place)| place);
        let place = place.map(|place| place.trim_start_matches('-'));
        match (self.kind, place.unwrap_or(&upper)) {
            (Kind::Call, "SEQNUM" | "0-7") => bits(0, 8, Names::None),
            (Kind::Call, "SEQID" | "8-15") => bits(8, 8, Names::None),
            (Kind::Call, "RESERVED" | "16-31") => bits(16, 16, Names::None),
            (Kind::Instruction, "OPERAND" | "0-7") => bits(0, 8, Names::None),
            (Kind::Instruction, "NUM_PADS" | "8-9") => bits(8, 2, Names::Pads),
            (Kind::Instruction, "OPERATION_CODE" | "10-15") => bits(10, 6, Names::Operations),
            _ => None,
        }
    }
}

/// Whether SPSDK numbers the elements of this field.
#[cfg(feature = "yaml")]
fn several(spec: &Spec) -> bool {
    match spec.is_calls() {
        true => spec.count > 4,
        false => spec.count > 1,
    }
}
