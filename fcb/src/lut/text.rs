use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::{Instruction, OPCODES, Opcode, Sequence};
use crate::Error;

impl fmt::Display for Instruction {
    /// `CMD/1 0xeb`: name, pads, operand.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.opcode.name() {
            Some(name) => write!(f, "{name}/{} {:#04x}", self.pads, self.operand),
            None => write!(
                f,
                "OP_{:#04x}/{} {:#04x}",
                self.opcode.0, self.pads, self.operand
            ),
        }
    }
}

impl FromStr for Instruction {
    type Err = Error;

    /// Reads what `Display` prints: `CMD/1 0xEB`, `RADDR/4 24`; the pads may be left out (1).
    fn from_str(text: &str) -> Result<Instruction, Error> {
        parse(text).ok_or_else(|| Error::Text {
            text: text.to_owned(),
            expected: "an instruction, such as \"CMD/1 0xEB\" or \"RADDR/4 24\"",
        })
    }
}

fn parse(text: &str) -> Option<Instruction> {
    let (head, operand) = text.trim().split_once(' ').unwrap_or((text.trim(), "0"));
    let (name, pads) = head.split_once('/').unwrap_or((head, "1"));
    let pads = pads
        .parse()
        .ok()
        .filter(|pads| matches!(pads, 1 | 2 | 4 | 8))?;
    let named = OPCODES
        .iter()
        .find(|(_, known)| known.eq_ignore_ascii_case(name))
        .map(|(code, _)| *code);
    let opcode = match named {
        Some(opcode) => opcode,
        None => Opcode(
            byte(name.get(3..).filter(|_| name.starts_with("OP_"))?).filter(|code| *code < 0x40)?,
        ),
    };
    Some(Instruction {
        opcode,
        pads,
        operand: byte(operand.trim())?,
    })
}

fn byte(text: &str) -> Option<u8> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u8::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

impl fmt::Display for Sequence {
    /// As a data sheet writes it where the shape is a usual one ("EBh 1-4-4, 24-bit address, 6 dummy cycles"),
    /// else instruction by instruction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Shape::of(self) {
            Some(shape) => shape.fmt(f),
            None if self.is_empty() => f.write_str("-"),
            None if self.is_erased() => f.write_str("erased bytes"),
            None => {
                let steps: Vec<String> = self.steps().iter().map(Instruction::to_string).collect();
                f.write_str(&steps.join(", "))
            }
        }
    }
}

/// A sequence of at most one command, one address, a mode byte, dummy cycles and data, in this order.
struct Shape {
    command: Instruction,
    address: Option<Instruction>,
    mode: Option<Instruction>,
    dummy: Option<Instruction>,
    data: Option<Instruction>,
}

impl Shape {
    fn of(sequence: &Sequence) -> Option<Shape> {
        let (first, mut rest) = sequence.steps().split_first()?;
        if first.opcode.sdr() != Opcode::CMD {
            return None;
        }
        let mut take = |wanted: &[Opcode]| {
            let (next, behind) = rest.split_first()?;
            if !wanted.contains(&next.opcode.sdr()) {
                return None;
            }
            rest = behind;
            Some(*next)
        };
        let shape = Shape {
            command: *first,
            address: take(&[Opcode::RADDR]),
            mode: take(&[Opcode::MODE8]),
            dummy: take(&[Opcode::DUMMY]),
            data: take(&[Opcode::READ, Opcode::WRITE]),
        };
        (rest.is_empty() && (shape.dummy.is_none() || shape.data.is_some())).then_some(shape)
    }

    /// `1-4-4`: pads of command, address and data, with a D behind those on both edges.
    fn pads(&self) -> String {
        let part = |step: Option<Instruction>, other: u8| {
            step.map_or(other.to_string(), |s| {
                format!("{}{}", s.pads, if s.opcode.is_ddr() { "D" } else { "" })
            })
        };
        let address = self.address.map_or(0, |s| s.pads);
        let data = part(self.data, address);
        format!(
            "{}-{}-{data}",
            part(Some(self.command), 1),
            part(self.address, 0)
        )
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02X}h", self.command.operand)?;
        let one_pad = [Some(self.command), self.address, self.data]
            .iter()
            .flatten()
            .all(|s| s.pads == 1);
        match (self.address, self.data) {
            (Some(address), _) => write!(f, " {}, {}-bit address", self.pads(), address.operand)?,
            (None, _) if !one_pad || self.command.opcode.is_ddr() => write!(f, " {}", self.pads())?,
            _ => {}
        }
        if let Some(mode) = self.mode {
            write!(f, ", mode byte {:02X}h", mode.operand)?;
        }
        if let Some(dummy) = self.dummy {
            write!(f, ", {} dummy cycles", dummy.operand)?;
        }
        match (self.address, self.data) {
            (None, Some(data)) => {
                let bytes = if data.operand == 1 { "byte" } else { "bytes" };
                let way = if data.opcode.sdr() == Opcode::READ {
                    "back"
                } else {
                    "sent"
                };
                write!(f, ", {} {bytes} {way}", data.operand)
            }
            (Some(_), Some(data)) if data.opcode.sdr() == Opcode::WRITE => {
                f.write_str(", data sent")
            }
            _ => Ok(()),
        }
    }
}
