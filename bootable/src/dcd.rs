//! Device configuration data: register writes that the ROM does before it starts the image.

use std::fmt;

use byteorder::{BE, ByteOrder};

use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use crate::MemoryMap;

mod tag {
    pub const HEADER: u8 = 0xD2;
    pub const WRITE: u8 = 0xCC;
    pub const CHECK: u8 = 0xCF;
    pub const NOP: u8 = 0xC0;
    pub const UNLOCK: u8 = 0xB2;
}

/// Engine number of the fuse controller in an unlock command.
const ENGINE_OCOTP: u8 = 0x21;

/// Why bytes are not a DCD.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DcdError {
    /// Not even a header.
    #[error("{len} bytes are too few for the header of 4")]
    Short {
        /// How many there are.
        len: usize,
    },
    /// Another tag.
    #[error("it begins with {found:#04x}, not with the tag 0xd2")]
    Tag {
        /// The first byte.
        found: u8,
    },
    /// The header's version is none that the ROM takes.
    #[error("version {found:#04x} is not 0x40..=0x4f")]
    Version {
        /// The fourth byte.
        found: u8,
    },
    /// The header promises more bytes than there are.
    #[error("its header says {length} bytes, but {available} are there")]
    Cut {
        /// Length of the header.
        length: usize,
        /// Bytes that are there.
        available: usize,
    },
    /// The ROM takes no table this long.
    #[error("{length} bytes are more than the 1768 that the ROM takes")]
    TooLong {
        /// Length of the header.
        length: usize,
    },
    /// A command that cannot be read.
    #[error("the command at offset {offset:#x} {problem}")]
    Command {
        /// Offset in the table.
        offset: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// What a write or check command does; bits 4:3 of its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation(pub u8);

/// One command of a DCD. Numbers in the bytes are big-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DcdCommand {
    /// Writes registers.
    Write {
        /// Bytes of each access: 1, 2 or 4.
        width: u8,
        /// 0 writes the value, 1 and 2 clear its bits, 3 sets them.
        operation: Operation,
        /// Address and value.
        pairs: Vec<(u32, u32)>,
    },
    /// Waits until a register has the bits.
    Check {
        /// Bytes of each access: 1, 2 or 4.
        width: u8,
        /// 0 all clear, 1 all set, 2 any clear, 3 any set.
        operation: Operation,
        /// The register.
        address: u32,
        /// The bits.
        mask: u32,
        /// How often it is read; `None` waits for ever.
        count: Option<u32>,
    },
    /// Nothing.
    Nop,
    /// Unlocks features of an engine.
    Unlock {
        /// Engine number; 0x21 is the fuse controller.
        engine: u8,
        /// Its argument words.
        values: Vec<u32>,
    },
}

/// A device configuration data table.
///
/// Header D2, length (2 bytes, big-endian, of the whole table), version 0x41; then commands of the same shape: tag, length,
/// parameter. The parameter of a write or check holds the access width in bits 2:0 and the operation in bits 4:3.
/// Source: SPSDK `spsdk/image/hab/segments/seg_dcd.py`, decoded from the public SDRAM table of the RT1020 EVK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dcd {
    bytes: Vec<u8>,
    commands: Vec<DcdCommand>,
}

impl Dcd {
    /// The longest table that the ROM takes, in bytes. Source: imx_usb_loader, after the i.MX6 reference manual.
    pub const MAX_LEN: usize = 1768;

    /// First byte of the table.
    pub const TAG: u8 = tag::HEADER;

    /// True when the bytes begin like a DCD.
    pub fn is_here(bytes: &[u8]) -> bool {
        matches!(bytes, [tag::HEADER, _, _, version, ..] if version & 0xF0 == 0x40)
    }

    /// Reads a table from the start of `bytes`; what lies behind its length is left alone.
    ///
    /// # Errors
    /// [`DcdError`], with the offset of a command that cannot be read.
    pub fn parse(bytes: &[u8]) -> Result<Dcd, DcdError> {
        let &[first, high, low, version, ..] = bytes else {
            return Err(DcdError::Short { len: bytes.len() });
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if first != tag::HEADER {
            return Err(DcdError::Tag { found: first });
        }
        if version & 0xF0 != 0x40 {
            return Err(DcdError::Version { found: version });
        }
        if length > Dcd::MAX_LEN {
            return Err(DcdError::TooLong { length });
        }
        let table = bytes.get(..length).filter(|table| table.len() >= 4);
        let table = table.ok_or(DcdError::Cut {
            length,
            available: bytes.len(),
        })?;
        let mut commands = Vec::new();
        let mut offset = 4;
        while offset < length {
            let (command, len) = DcdCommand::parse(table.get(offset..).unwrap_or_default())
                .map_err(|problem| DcdError::Command { offset, problem })?;
            commands.push(command);
            offset += len;
        }
        Ok(Dcd {
            bytes: table.to_vec(),
            commands,
        })
    }

    /// The table as it lies in flash.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The commands in their order.
    pub fn commands(&self) -> &[DcdCommand] {
        &self.commands
    }

    /// Every access that can burn or unlock a fuse.
    pub fn dangers(&self, map: &MemoryMap) -> Vec<Finding> {
        let mut dangers = Vec::new();
        for (command, content) in self.commands.iter().enumerate() {
            match content {
                DcdCommand::Write { width, pairs, .. } => {
                    let burns = |(address, _): &&(u32, u32)| {
                        map.ocotp.overlaps(*address, u64::from(*width))
                    };
                    dangers.extend(pairs.iter().filter(burns).map(|&(address, value)| {
                        Finding::new(&found::DCD_WRITES_FUSES)
                            .number("command", command as u64)
                            .address("value", value)
                            .address("at", address)
                    }));
                }
                DcdCommand::Unlock {
                    engine: ENGINE_OCOTP,
                    ..
                } => dangers.push(
                    Finding::new(&found::DCD_UNLOCKS_FUSES)
                        .number("command", command as u64)
                        .byte("engine", ENGINE_OCOTP),
                ),
                _ => {}
            }
        }
        dangers
    }
}

impl DcdCommand {
    /// Reads one command and its length in bytes.
    fn parse(bytes: &[u8]) -> Result<(DcdCommand, usize), String> {
        let &[tag, high, low, parameter, ..] = bytes else {
            return Err(format!("has {} bytes of its 4-byte header", bytes.len()));
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let Some(body) = bytes.get(4..length) else {
            return Err(format!("says {length} bytes, but {} are left", bytes.len()));
        };
        if body.len() % 4 != 0 {
            return Err(format!("has a length of {length}, not a multiple of 4"));
        }
        let words: Vec<u32> = body.chunks_exact(4).map(BE::read_u32).collect();
        let command = match (tag, words.as_slice()) {
            (tag::WRITE, words) if !words.is_empty() && words.len() % 2 == 0 => {
                let pairs = words
                    .chunks_exact(2)
                    .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
                    .collect();
                DcdCommand::Write {
                    width: width(parameter)?,
                    operation: operation(parameter),
                    pairs,
                }
            }
            (tag::CHECK, &[address, mask]) => DcdCommand::Check {
                width: width(parameter)?,
                operation: operation(parameter),
                address,
                mask,
                count: None,
            },
            (tag::CHECK, &[address, mask, count]) => DcdCommand::Check {
                width: width(parameter)?,
                operation: operation(parameter),
                address,
                mask,
                count: Some(count),
            },
            (tag::NOP, []) => DcdCommand::Nop,
            (tag::UNLOCK, words) => DcdCommand::Unlock {
                engine: parameter,
                values: words.to_vec(),
            },
            (tag::WRITE | tag::CHECK | tag::NOP, _) => {
                return Err(format!("({tag:#04x}) cannot be {length} bytes long"));
            }
            (other, _) => return Err(format!("has the tag {other:#04x}, which is none of a DCD")),
        };
        Ok((command, length))
    }
}

fn width(parameter: u8) -> Result<u8, String> {
    match parameter & 0x07 {
        width @ (1 | 2 | 4) => Ok(width),
        other => Err(format!("has an access width of {other} bytes")),
    }
}

fn operation(parameter: u8) -> Operation {
    Operation(parameter >> 3 & 0x03)
}

impl fmt::Display for DcdCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DcdCommand::Write {
                width,
                operation,
                pairs,
            } => {
                let verb = ["write", "clear bits", "clear bits", "set bits"]
                    .get(usize::from(operation.0))
                    .unwrap_or(&"write");
                write!(f, "{verb}, {width} bytes wide")?;
                pairs
                    .iter()
                    .try_for_each(|(address, value)| write!(f, "\n  {address:#010x} {value:#010x}"))
            }
            DcdCommand::Check {
                width,
                operation,
                address,
                mask,
                count,
            } => {
                let until = [
                    "all bits are clear",
                    "all bits are set",
                    "a bit is clear",
                    "a bit is set",
                ];
                let until = until.get(usize::from(operation.0)).unwrap_or(&"?");
                write!(
                    f,
                    "wait until {until} of {mask:#010x} at {address:#010x}, {width} bytes wide"
                )?;
                match count {
                    Some(count) => write!(f, ", at most {count} reads"),
                    None => write!(f, ", for ever"),
                }
            }
            DcdCommand::Nop => f.write_str("nothing"),
            DcdCommand::Unlock { engine, values } => {
                write!(f, "unlock engine {engine:#04x}")?;
                values
                    .iter()
                    .try_for_each(|value| write!(f, " {value:#010x}"))
            }
        }
    }
}

impl fmt::Display for Dcd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "DCD, {} bytes, {} commands",
            self.bytes.len(),
            self.commands.len()
        )?;
        self.commands
            .iter()
            .try_for_each(|command| write!(f, "\n{command}"))
    }
}

#[cfg(test)]
mod tests;
