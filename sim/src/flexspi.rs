//! The FlexSPI controller with one flash on port A1: look-up table, IP commands, memory-mapped reads.
//!
//! Memory-mapped reads fill a buffer of 256 bytes with one chip-select cycle and answer from it until the buffer is
//! dropped: by a software reset or by a change of the look-up table.

use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::nor::{Cycle, Nor};

/// Where the flash shows in the address map.
pub const AHB_BASE: u32 = 0x6000_0000;
/// Bytes of one AHB buffer fill.
pub const AHB_LINE: u32 = 256;
/// Sequences in the look-up table.
pub const SEQUENCES: usize = 16;
/// Words of one sequence; two instructions a word.
pub const SEQUENCE_WORDS: usize = 4;

/// An IP command ended with an error flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpError {
    /// The sequence holds an instruction that does not exist (error code 3).
    UnknownInstruction,
    /// The address lies outside the flash size register (error code 6).
    OutOfRange,
}

/// The controller.
#[derive(Debug, Clone)]
pub struct FlexSpi {
    /// The flash on port A1.
    pub nor: Nor,
    /// Serial root clock in Hz.
    pub clock_hz: u64,
    /// Flash size register, in bytes.
    pub flash_size: u32,
    /// Sequence of memory-mapped reads.
    pub read_sequence: usize,
    /// Low address bits that RADDR leaves out: the column address, and bit 0 of word addresses.
    pub address_shift: u32,
    /// IP commands so far.
    pub ip_commands: u64,
    /// AHB buffer fills so far.
    pub ahb_fills: u64,
    /// Chip-select cycles so far.
    pub cycles: u64,
    lut: [u32; 64],
    line: Option<(u32, Vec<u8>)>,
    /// JMP_ON_CS: where the next sequence starts.
    pointer: usize,
}

/// One instruction of the look-up table.
#[derive(Debug, Clone, Copy)]
struct Instruction {
    opcode: u8,
    pads: u8,
    operand: u8,
}

mod opcode {
    pub const STOP: u8 = 0x00;
    pub const CMD: u8 = 0x01;
    pub const RADDR: u8 = 0x02;
    pub const CADDR: u8 = 0x03;
    pub const MODE1: u8 = 0x04;
    pub const MODE8: u8 = 0x07;
    pub const WRITE: u8 = 0x08;
    pub const READ: u8 = 0x09;
    pub const LEARN: u8 = 0x0A;
    pub const DATSZ: u8 = 0x0B;
    pub const DUMMY: u8 = 0x0C;
    pub const DUMMY_RWDS: u8 = 0x0D;
    pub const JMP_ON_CS: u8 = 0x1F;
    /// Added for both clock edges.
    pub const DDR: u8 = 0x20;
}

/// The controller's registers that firmware sets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registers {
    clock_hz: u64,
    flash_size: u32,
    read_sequence: usize,
    pointer: usize,
    /// The look-up table, words little-endian.
    #[serde(with = "hex::serde")]
    lut: Vec<u8>,
    /// Where the line in the read buffer comes from.
    line_at: Option<u32>,
    #[serde(with = "hex::serde")]
    line: Vec<u8>,
}

impl Registers {
    /// Fails, in words, on values that no controller can have.
    pub fn check(&self) -> Result<(), String> {
        match () {
            _ if self.lut.len() != 256 => Err(format!("lut: {} bytes, not 256", self.lut.len())),
            _ if self.read_sequence > 15 => Err(format!("read_sequence: {}", self.read_sequence)),
            _ if self.pointer > 7 => Err(format!("pointer: {}", self.pointer)),
            _ if self.line.len() > AHB_LINE as usize => {
                Err(format!("line: {} bytes", self.line.len()))
            }
            _ if !(1..=1_000_000_000).contains(&self.clock_hz) => {
                Err(format!("clock_hz: {}", self.clock_hz))
            }
            _ => Ok(()),
        }
    }
}

impl FlexSpi {
    /// Its state now.
    pub fn registers(&self) -> Registers {
        Registers {
            clock_hz: self.clock_hz,
            flash_size: self.flash_size,
            read_sequence: self.read_sequence,
            pointer: self.pointer,
            lut: self
                .lut
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .collect(),
            line_at: self.line.as_ref().map(|(at, _)| *at),
            line: self
                .line
                .as_ref()
                .map_or_else(Vec::new, |(_, bytes)| bytes.clone()),
        }
    }

    /// Takes a state on.
    pub fn set_registers(&mut self, state: Registers) {
        self.clock_hz = state.clock_hz;
        self.flash_size = state.flash_size;
        self.read_sequence = state.read_sequence;
        self.pointer = state.pointer;
        for (place, bytes) in self.lut.iter_mut().zip(state.lut.chunks_exact(4)) {
            *place = bytes
                .iter()
                .rev()
                .fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        self.line = state.line_at.map(|at| (at, state.line));
    }

    /// A controller as reset leaves it.
    pub fn new(nor: Nor) -> FlexSpi {
        FlexSpi {
            nor,
            clock_hz: 30_000_000,
            flash_size: 64 << 20,
            read_sequence: 0,
            address_shift: 0,
            ip_commands: 0,
            ahb_fills: 0,
            cycles: 0,
            lut: [0; 64],
            line: None,
            pointer: 0,
        }
    }

    /// Chip reset: empty look-up table, buffers dropped.
    pub fn reset(&mut self) {
        self.lut = [0; 64];
        self.line = None;
        self.pointer = 0;
        self.read_sequence = 0;
        self.address_shift = 0;
        self.flash_size = 64 << 20;
    }

    /// Software reset (MCR0): drops the AHB buffer, keeps the table.
    pub fn software_reset(&mut self) {
        self.line = None;
    }

    /// FLSHxCR2 bit 31: sequences start at their first instruction again.
    pub fn clear_pointer(&mut self) {
        self.pointer = 0;
    }

    /// Wires of the first instruction in the table.
    pub fn first_pads(&self) -> u8 {
        1 << (self.lut[0] >> 8 & 3)
    }

    /// Writes table words from sequence `first` on; drops the AHB buffer.
    pub fn set_lut(&mut self, first: usize, words: &[u32]) {
        for (place, word) in self.lut.iter_mut().skip(first * SEQUENCE_WORDS).zip(words) {
            *place = *word;
        }
        self.line = None;
    }

    /// An IP command: plays `count` sequences from `first` on. WRITE sends from `tx`; `size` bytes are written or
    /// read, 0 = as many as the instruction's own operand says.
    pub fn ip_command(
        &mut self,
        first: usize,
        count: usize,
        address: u32,
        tx: &[u8],
        size: usize,
        clock: &mut Clock,
    ) -> Result<Vec<u8>, IpError> {
        self.ip_commands += 1;
        if address >= self.flash_size {
            return Err(IpError::OutOfRange);
        }
        let mut got = Vec::new();
        for index in first..first + count {
            got.extend(self.play(index, address, size, tx, clock)?);
        }
        Ok(got)
    }

    /// A memory-mapped read of `len` bytes at `offset` in the flash window; ones where nothing answers.
    pub fn ahb_read(&mut self, offset: u32, len: usize, clock: &mut Clock) -> Vec<u8> {
        let mut out = Vec::with_capacity(len);
        let mut at = offset;
        while out.len() < len {
            let start = at / AHB_LINE * AHB_LINE;
            let skip = (at - start) as usize;
            let take = (AHB_LINE as usize - skip).min(len - out.len());
            if self.line.as_ref().is_none_or(|(line, _)| *line != start) {
                self.line = self.fill(start, clock).map(|data| (start, data));
            }
            match &self.line {
                Some((_, data)) => {
                    out.extend((skip..skip + take).map(|i| data.get(i).copied().unwrap_or(0)));
                }
                None => out.extend(std::iter::repeat_n(0xFF, take)),
            }
            at = start.wrapping_add(AHB_LINE);
        }
        out
    }

    /// One buffer fill; `None` = bus error.
    fn fill(&mut self, offset: u32, clock: &mut Clock) -> Option<Vec<u8>> {
        self.ahb_fills += 1;
        let reads = self
            .instructions(self.read_sequence)
            .iter()
            .any(|i| i.opcode & 0x1F == opcode::READ);
        if offset >= self.flash_size || !reads {
            return None;
        }
        self.play(self.read_sequence, offset, AHB_LINE as usize, &[], clock)
            .ok()
    }

    /// One sequence of the table as one chip-select cycle, for the ROM's own reads too.
    ///
    /// `size` overrides the operands of READ and WRITE unless it is 0.
    pub fn play(
        &mut self,
        index: usize,
        address: u32,
        size: usize,
        tx: &[u8],
        clock: &mut Clock,
    ) -> Result<Vec<u8>, IpError> {
        let code = self.instructions(index);
        let address = address >> self.address_shift;
        let (cycle, clocks, jump) =
            build(code.get(self.pointer..).unwrap_or(&[]), address, size, tx)?;
        let data = if code.is_empty() {
            Vec::new()
        } else {
            self.cycles += 1;
            let clocks = clocks + u64::from(cycle.wait) + data_clocks(&cycle);
            clock.work(clocks * 1_000_000_000 / self.clock_hz.max(1));
            self.nor.cycle(&cycle, clock)
        };
        if let Some(pointer) = jump {
            self.pointer = pointer;
        }
        Ok(data)
    }

    /// The instructions of a sequence, up to STOP.
    fn instructions(&self, index: usize) -> Vec<Instruction> {
        let words = self
            .lut
            .iter()
            .skip(index * SEQUENCE_WORDS)
            .take(SEQUENCE_WORDS);
        words
            .flat_map(|word| [*word as u16, (word >> 16) as u16])
            .map(|half| Instruction {
                opcode: (half >> 10) as u8,
                pads: 1 << (half >> 8 & 3),
                operand: half as u8,
            })
            .take_while(|instruction| instruction.opcode != opcode::STOP)
            .collect()
    }
}

fn data_clocks(cycle: &Cycle) -> u64 {
    8 * (cycle.write.len() + cycle.read_len) as u64 / u64::from(cycle.data_rate().max(1))
}

/// The cycle that instructions make, clocks of command and address, and the jump target if there is one.
fn build(
    code: &[Instruction],
    address: u32,
    size: usize,
    tx: &[u8],
) -> Result<(Cycle, u64, Option<usize>), IpError> {
    let mut cycle = Cycle::new(address);
    let (mut clocks, mut jump) = (0, None);
    for Instruction {
        opcode,
        pads,
        operand,
    } in code.iter().copied()
    {
        if opcode == opcode::JMP_ON_CS {
            jump = Some(usize::from(operand));
            continue;
        }
        let ddr = opcode >= opcode::DDR;
        let rate = u32::from(pads) * if ddr { 2 } else { 1 };
        match opcode & 0x1F {
            opcode::CMD => {
                clocks += u64::from((8 / rate).max(1));
                if cycle.opcode.is_none() {
                    cycle.opcode = Some(operand);
                    (cycle.opcode_pads, cycle.opcode_ddr) = (pads, ddr);
                } else {
                    cycle.more.push(operand);
                }
            }
            opcode::RADDR => {
                cycle.address_bits = operand;
                (cycle.address_pads, cycle.address_ddr) = (pads, ddr);
                cycle.address = address
                    & 1u32
                        .checked_shl(operand.into())
                        .map_or(u32::MAX, |bit| bit - 1);
                clocks += u64::from(u32::from(operand) / rate);
            }
            mode @ opcode::MODE1..=opcode::MODE8 => {
                let bits = 1u32 << (mode - opcode::MODE1);
                cycle.mode = Some((u32::from(operand) & ((1 << bits) - 1)) as u8);
                cycle.wait += bits / rate;
            }
            opcode::DUMMY | opcode::DUMMY_RWDS => cycle.wait += u32::from(operand),
            opcode::WRITE => {
                (cycle.pads, cycle.ddr) = (pads, ddr);
                let len = if size > 0 { size } else { usize::from(operand) };
                cycle.write = tx.iter().copied().take(len).collect();
            }
            opcode::READ => {
                (cycle.pads, cycle.ddr) = (pads, ddr);
                cycle.read_len = if size > 0 { size } else { usize::from(operand) };
            }
            opcode::CADDR | opcode::LEARN | opcode::DATSZ => {}
            _ => return Err(IpError::UnknownInstruction),
        }
    }
    Ok((cycle, clocks, jump))
}
