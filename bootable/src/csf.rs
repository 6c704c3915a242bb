//! The command sequence file of a HAB-signed image: which keys, which blocks.

use std::fmt;

use byteorder::{BE, ByteOrder};

use crate::Error;

mod tag {
    pub const HEADER: u8 = 0xD4;
    pub const INSTALL_KEY: u8 = 0xBE;
    pub const AUTHENTICATE: u8 = 0xCA;
    pub const SET: u8 = 0xB1;
    pub const UNLOCK: u8 = 0xB2;
}

/// Certificate format of a wrapped image key: the image is encrypted.
const FORMAT_BLOB: u8 = 0xBB;
/// Protocol of authenticated decryption.
const PROTOCOL_AEAD: u8 = 0xA3;

/// A run of addresses that a command authenticates or decrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// First address.
    pub address: u32,
    /// Bytes.
    pub length: u32,
}

/// One command of a CSF. Numbers in the bytes are big-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsfCommand {
    /// Installs a key (BE).
    InstallKey {
        /// 0x00, 0x01 absolute address, 0x02 CSF key.
        flags: u8,
        /// Certificate format: 03 SRK, 09 X.509, BB wrapped key.
        format: u8,
        /// Hash: 17 is SHA-256.
        hash: u8,
        /// Source index: for the SRK, which of the four.
        source: u8,
        /// Target index.
        target: u8,
        /// Where the key data lies: from the start of the CSF, or absolute with flag 01.
        location: u32,
    },
    /// Authenticates (CMS) or decrypts (AEAD) data (CA).
    Authenticate {
        /// Index of the verification key.
        key: u8,
        /// C5 CMS signature, A3 authenticated decryption.
        protocol: u8,
        /// 1B is the DCP.
        engine: u8,
        /// Where the signature lies, from the start of the CSF.
        location: u32,
        /// What is covered; empty for the CSF itself.
        blocks: Vec<Block>,
    },
    /// Says which engine does what (B1).
    SetEngine {
        /// 3 sets an engine, 1 a manufacturing id.
        item: u8,
        /// 17 is SHA-256.
        hash: u8,
        /// 1B is the DCP; 0 any.
        engine: u8,
        /// Flags of the engine.
        configuration: u8,
    },
    /// Leaves an engine's features unlocked that HAB locks by default (B2).
    Unlock {
        /// 1E SNVS, 21 OCOTP, 1D CAAM.
        engine: u8,
        /// Bits of what is left unlocked.
        features: u32,
        /// The one chip that this is for, when it names one.
        unique_id: Option<u64>,
    },
    /// Any other command, by its tag.
    Other {
        /// Tag.
        tag: u8,
        /// Whole length.
        length: u16,
    },
}

/// A command sequence file, decoded as far as it can be.
///
/// Header D4, length (2 bytes, big-endian, of header and commands), version 0x40..=0x4F; then commands. Certificates and
/// signatures behind them are not read. Source: SPSDK `spsdk/image/hab`, decoded from its public signed RT1020 images.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Csf {
    /// Header version: 0x42, 0x43.
    pub version: u8,
    /// Bytes of the header and the commands.
    pub length: u16,
    /// The commands, up to the first that cannot be read.
    pub commands: Vec<CsfCommand>,
    /// Why the decoding ended early.
    pub problem: Option<String>,
}

impl Csf {
    /// Bytes that signing tools reserve for a CSF with its certificates and signatures.
    pub const AREA: u32 = 0x2000;

    /// Reads a CSF from the start of `bytes`. Only the header must be right; commands are read as far as they go.
    ///
    /// # Errors
    /// [`Error::Structure`] when the header is not that of a CSF.
    pub fn parse(bytes: &[u8]) -> Result<Csf, Error> {
        let (version, length) = match *bytes {
            [tag::HEADER, high, low, version, ..] if version & 0xF0 == 0x40 => {
                (version, u16::from_be_bytes([high, low]))
            }
            _ => {
                let begins = crate::bytes_text(bytes, 4);
                return Err(Error::structure(
                    "CSF",
                    format!("it begins with {begins}, not with d4 and a version 4x"),
                ));
            }
        };
        let mut csf = Csf {
            version,
            length,
            commands: Vec::new(),
            problem: None,
        };
        let list = bytes.get(..usize::from(length)).unwrap_or_else(|| {
            csf.problem = Some(format!(
                "its header says {length} bytes, but {} are there",
                bytes.len()
            ));
            bytes
        });
        let mut offset = 4;
        while offset < list.len() {
            match CsfCommand::parse(list.get(offset..).unwrap_or_default()) {
                Ok((command, len)) => {
                    csf.commands.push(command);
                    offset += len;
                }
                Err(problem) => {
                    csf.problem
                        .get_or_insert(format!("the command at offset {offset:#x} {problem}"));
                    break;
                }
            }
        }
        Ok(csf)
    }

    /// True when the image is encrypted, not only signed.
    pub fn encrypted(&self) -> bool {
        self.commands.iter().any(|command| match command {
            CsfCommand::InstallKey { format, .. } => *format == FORMAT_BLOB,
            CsfCommand::Authenticate { protocol, .. } => *protocol == PROTOCOL_AEAD,
            _ => false,
        })
    }

    /// Every block that is authenticated or decrypted, in the order of the commands.
    pub fn blocks(&self) -> Vec<Block> {
        let blocks = self.commands.iter().filter_map(|command| match command {
            CsfCommand::Authenticate { blocks, .. } => Some(blocks.as_slice()),
            _ => None,
        });
        blocks.flatten().copied().collect()
    }

    /// Which of the four super root keys is used, from 0.
    pub fn srk_index(&self) -> Option<u8> {
        self.commands.iter().find_map(|command| match command {
            CsfCommand::InstallKey {
                format: 0x03,
                source,
                ..
            } => Some(*source),
            _ => None,
        })
    }
}

impl CsfCommand {
    fn parse(bytes: &[u8]) -> Result<(CsfCommand, usize), String> {
        let &[tag, high, low, flags, ..] = bytes else {
            return Err(format!("has {} bytes of its 4-byte header", bytes.len()));
        };
        let length = u16::from_be_bytes([high, low]);
        let Some(body) = bytes.get(4..usize::from(length)) else {
            return Err(format!("says {length} bytes, but {} are left", bytes.len()));
        };
        let word = |at: usize| body.get(at..at + 4).map(BE::read_u32);
        let command = match (tag, body.first_chunk(), word(4)) {
            (tag::INSTALL_KEY, Some(&[format, hash, source, target]), Some(location)) => {
                CsfCommand::InstallKey {
                    flags,
                    format,
                    hash,
                    source,
                    target,
                    location,
                }
            }
            (tag::AUTHENTICATE, Some(&[key, protocol, engine, _]), Some(location)) => {
                let list = body.get(8..).unwrap_or_default();
                let block = |pair: &[u8]| {
                    Some(Block {
                        address: pair.get(..4).map(BE::read_u32)?,
                        length: pair.get(4..8).map(BE::read_u32)?,
                    })
                };
                let blocks = list.chunks_exact(8).filter_map(block).collect();
                CsfCommand::Authenticate {
                    key,
                    protocol,
                    engine,
                    location,
                    blocks,
                }
            }
            (tag::SET, Some(&[_, hash, engine, configuration]), _) => CsfCommand::SetEngine {
                item: flags,
                hash,
                engine,
                configuration,
            },
            (tag::UNLOCK, Some(features), _) => CsfCommand::Unlock {
                engine: flags,
                features: u32::from_be_bytes(*features),
                unique_id: body.get(4..12).map(BE::read_u64),
            },
            _ => CsfCommand::Other { tag, length },
        };
        Ok((command, usize::from(length)))
    }
}

/// Engines of HAB. Source: SPSDK `spsdk/image/hab`.
fn engine_name(engine: u8) -> String {
    match engine {
        0x00 => "any engine".to_owned(),
        0x1B => "DCP".to_owned(),
        0x1D => "CAAM".to_owned(),
        0x1E => "SNVS".to_owned(),
        0x21 => "OCOTP".to_owned(),
        0xFF => "software".to_owned(),
        other => format!("engine {other:02x}h"),
    }
}

impl fmt::Display for CsfCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CsfCommand::InstallKey {
                format,
                source,
                target,
                location,
                ..
            } => {
                let kind = match *format {
                    0x03 => "super root key table",
                    0x09 => "X.509 certificate",
                    FORMAT_BLOB => "wrapped image key",
                    _ => "key",
                };
                write!(
                    f,
                    "install {kind} (source {source}, target {target}) from {location:#x}"
                )
            }
            CsfCommand::Authenticate {
                key,
                protocol,
                location,
                blocks,
                ..
            } => {
                let verb = if *protocol == PROTOCOL_AEAD {
                    "decrypt"
                } else {
                    "authenticate"
                };
                write!(f, "{verb} with key {key}, signature at {location:#x}")?;
                if blocks.is_empty() {
                    f.write_str(": this CSF")?;
                }
                blocks.iter().try_for_each(|Block { address, length }| {
                    write!(f, "\n  {address:#010x} {length:#x} bytes")
                })
            }
            CsfCommand::SetEngine {
                hash,
                engine,
                configuration,
                ..
            } => {
                let hash = match *hash {
                    0x00 => "everything".to_owned(),
                    0x11 => "SHA-1".to_owned(),
                    0x17 => "SHA-256".to_owned(),
                    0x1B => "SHA-512".to_owned(),
                    other => format!("algorithm {other:02x}h"),
                };
                let engine = engine_name(*engine);
                write!(
                    f,
                    "use {engine} for {hash} (configuration {configuration:#x})"
                )
            }
            CsfCommand::Unlock {
                engine,
                features,
                unique_id,
            } => {
                let what = match (*engine, *features) {
                    (0x21, 1) => " for field return",
                    (0x21, 2) => " for super root key revocation",
                    (0x1E, 1) => " for a software reset of its low-power part",
                    (0x1E, 2) => " for writes of its master key",
                    _ => "",
                };
                let engine = engine_name(*engine);
                write!(f, "leave {engine} unlocked{what} (features {features:#x})")?;
                match unique_id {
                    Some(id) => write!(f, ", on the chip {id:016x} only"),
                    None => Ok(()),
                }
            }
            CsfCommand::Other { tag, length } => {
                let name = match *tag {
                    0xB4 => "init",
                    0xC0 => "nothing",
                    0xCC => "write data",
                    0xCF => "check data",
                    _ => "unknown command",
                };
                write!(f, "{name} ({tag:#04x}), {length} bytes")
            }
        }
    }
}

impl fmt::Display for Csf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "CSF version {}.{}, {} commands",
            self.version >> 4,
            self.version & 0xF,
            self.commands.len()
        )?;
        self.commands
            .iter()
            .try_for_each(|command| write!(f, "\n{command}"))
    }
}

#[cfg(test)]
mod tests;
