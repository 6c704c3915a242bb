//! The command sequence file of a HAB-signed image: which keys, which blocks.

use std::fmt;

use byteorder::{BE, ByteOrder};

use crate::Error;

mod tag {
    pub const HEADER: u8 = 0xD4;
    pub const INSTALL_KEY: u8 = 0xBE;
    pub const AUTHENTICATE: u8 = 0xCA;
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
            CsfCommand::Other { .. } => false,
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
            _ => CsfCommand::Other { tag, length },
        };
        Ok((command, usize::from(length)))
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
            CsfCommand::Other { tag, length } => {
                let name = match *tag {
                    0xB1 => "set engine",
                    0xB2 => "unlock",
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
mod tests {
    use super::*;

    /// Header and commands of SPSDK's public ext_FLASH_signed_key1 image, without keys and signatures.
    const SIGNED: &[u8] = &[
        0xD4, 0x00, 0x50, 0x42, // header, 0x50 bytes
        0xBE, 0x00, 0x0C, 0x00, 0x03, 0x17, 0x00, 0x00, 0x00, 0x00, 0x00, 0x50, // SRK table
        0xBE, 0x00, 0x0C, 0x02, 0x09, 0x00, 0x00, 0x01, 0x00, 0x00, 0x04, 0x90, // CSF key
        0xCA, 0x00, 0x0C, 0x00, 0x01, 0xC5, 0x1B, 0x00, 0x00, 0x00, 0x07,
        0xE4, // authenticate CSF
        0xBE, 0x00, 0x0C, 0x00, 0x09, 0x00, 0x00, 0x02, 0x00, 0x00, 0x09, 0xE8, // image key
        0xCA, 0x00, 0x1C, 0x00, 0x02, 0xC5, 0x1B, 0x00, 0x00, 0x00, 0x0D,
        0x3C, // authenticate data
        0x60, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x40, // IVT and boot data
        0x60, 0x00, 0x20, 0x00, 0x00, 0x00, 0x18, 0x30, // application
    ];

    #[test]
    fn a_signed_image_lists_its_blocks() {
        let csf = Csf::parse(SIGNED).unwrap();
        let block = |address, length| Block { address, length };
        assert_eq!(
            csf.blocks(),
            [block(0x6000_1000, 0x40), block(0x6000_2000, 0x1830)]
        );
        assert_eq!(
            (csf.srk_index(), csf.encrypted(), &csf.problem),
            (Some(0), false, &None)
        );
        let text = csf.to_string();
        assert!(text.starts_with("CSF version 4.2, 5 commands\ninstall super root key table (source 0, target 0) from 0x50\n"), "{text}");
        assert!(
            text.ends_with(
                "signature at 0xd3c\n  0x60001000 0x40 bytes\n  0x60002000 0x1830 bytes"
            ),
            "{text}"
        );
    }

    #[test]
    fn an_encrypted_image_is_told_from_its_key_and_its_protocol() {
        let key = [
            0xD4, 0, 16, 0x42, 0xBE, 0, 12, 1, 0xBB, 0, 0, 0, 0x20, 0x00, 0x60, 0x00,
        ];
        let decrypt = [
            0xD4, 0, 16, 0x42, 0xCA, 0, 12, 0, 0x00, 0xA3, 0x1B, 0, 0, 0, 0x0F, 0x58,
        ];
        assert!(Csf::parse(&key).unwrap().encrypted() && Csf::parse(&decrypt).unwrap().encrypted());
    }

    #[test]
    fn every_cut_keeps_the_commands_before_it_and_says_so() {
        for len in 0..SIGNED.len() {
            match Csf::parse(&SIGNED[..len]) {
                Ok(csf) => assert_eq!(
                    csf.problem,
                    Some(format!("its header says 80 bytes, but {len} are there"))
                ),
                Err(error) => assert!(
                    len < 4 && error.to_string().starts_with("CSF: it begins with"),
                    "{error}"
                ),
            }
        }
    }

    #[test]
    fn a_command_of_length_0_ends_the_list() {
        let csf = Csf::parse(&[0xD4, 0, 12, 0x40, 0xC0, 0, 4, 0, 0xCC, 0, 0, 0]).unwrap();
        assert_eq!(
            csf.commands,
            [CsfCommand::Other {
                tag: 0xC0,
                length: 4
            }]
        );
        assert_eq!(
            csf.problem.unwrap(),
            "the command at offset 0x8 says 0 bytes, but 4 are left"
        );
    }

    #[test]
    fn random_bytes_do_not_panic() {
        let mut seed = 3u32;
        for _ in 0..20_000 {
            let mut bytes = SIGNED.to_vec();
            for _ in 0..4 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                bytes[(seed >> 16) as usize % SIGNED.len()] = seed as u8;
            }
            let _ = Csf::parse(&bytes).map(|csf| (csf.to_string(), csf.encrypted(), csf.blocks()));
        }
    }
}
