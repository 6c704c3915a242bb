//! Fuses. What is burnt stays burnt.

use std::path::PathBuf;

use rtboot::board::LoaderSession;
use rtboot::mboot::MemoryId;
use rtboot::{Error, Result, Step};
use serde_json::json;

use super::{bytes, parse_memory, session};
use crate::cli::guard::Act;
use crate::cli::{Context, number};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Read a fuse word
    EfuseReadOnce {
        /// Index of the word, 0 to 0x3f on an RT1021
        #[arg(value_parser = number::parse_u32)]
        index: u32,
    },
    /// Burn bits of a fuse word, for ever
    ///
    /// The word is read first, and bits that are burnt already are sent along: the flashloader compares the whole word.
    EfuseProgramOnce {
        /// Index of the word
        #[arg(value_parser = number::parse_u32)]
        index: u32,
        /// Bits to burn
        #[arg(value_parser = number::parse_u32)]
        value: u32,
        /// The words, as in --burn "word 0x06 = 0x00000010"
        #[arg(long, value_name = "WORDS")]
        burn: Option<String>,
    },
    /// Read a fuse word, as efuse-read-once
    FlashReadOnce {
        /// Index of the word
        #[arg(value_parser = number::parse_u32)]
        index: u32,
        /// Bytes: 4
        #[arg(default_value = "4", value_parser = parse_count)]
        count: u32,
    },
    /// Burn bits of a fuse word, as efuse-program-once
    FlashProgramOnce {
        /// Index of the word
        #[arg(value_parser = number::parse_u32)]
        index: u32,
        /// Bytes: 4
        #[arg(value_parser = parse_count)]
        count: u32,
        /// Bits to burn
        #[arg(value_parser = number::parse_u32)]
        value: u32,
        /// The words, as in --burn "word 0x06 = 0x00000010"
        #[arg(long, value_name = "WORDS")]
        burn: Option<String>,
    },
    /// Read fuses by address. Not on an RT1021
    FuseRead {
        /// First address
        #[arg(value_parser = number::parse_u32)]
        address: u32,
        /// Bytes
        #[arg(value_parser = number::parse_u32)]
        length: u32,
        /// Where to put them; without it they are printed as a hex dump
        file: Option<PathBuf>,
        /// Memory id
        #[arg(default_value = "0", value_parser = parse_memory)]
        memory: MemoryId,
    },
    /// Burn fuses by address, for ever. Not on an RT1021
    FuseProgram {
        /// First address
        #[arg(value_parser = number::parse_u32)]
        address: u32,
        /// A file, its first bytes (FILE,COUNT), or bytes in braces ({{11 22 aa}})
        #[arg(value_name = "FILE|{{HEX}}")]
        source: String,
        /// Memory id
        #[arg(default_value = "0", value_parser = parse_memory)]
        memory: MemoryId,
        /// The words
        #[arg(long, value_name = "WORDS")]
        burn: Option<String>,
    },
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::EfuseReadOnce { index } | Command::FlashReadOnce { index, .. } => {
            let value = read_word(&mut session(context)?, index)?;
            context
                .report
                .result(json!({"index": index, "value": value}));
            context
                .report
                .line(format!("word {index:#04x} = {value:#010x}"));
            Ok(())
        }
        Command::EfuseProgramOnce { index, value, burn }
        | Command::FlashProgramOnce {
            index, value, burn, ..
        } => program_word(context, index, value, burn.as_deref()),
        Command::FuseRead {
            address,
            length,
            file,
            memory,
        } => {
            let data = session(context)?
                .fuse_read(address, length, memory)
                .map_err(Error::mboot(Step::ReadFusesAt { address }))?;
            bytes::deliver(&mut context.report, address, &data, file.as_deref())
        }
        Command::FuseProgram {
            address,
            source,
            memory,
            burn,
        } => {
            let data = bytes::read_source(&source)?;
            let act = Act::burnt(
                format!(
                    "burning {} bytes of fuses at {address:#x}, for ever,",
                    data.len()
                ),
                format!(
                    "{} bytes at {address:#x} = {}",
                    data.len(),
                    bytes::hex(&data)
                ),
            );
            act.ask(&context.report, burn.as_deref())?;
            session(context)?
                .fuse_program(address, &data, memory)
                .map_err(Error::mboot(Step::BurnFusesAt { address }))?;
            context
                .report
                .line(format!("{} bytes are burnt", data.len()));
            Ok(())
        }
    }
}

fn read_word(session: &mut LoaderSession, index: u32) -> Result<u32> {
    session
        .flash_read_once(index)
        .map_err(Error::mboot(Step::ReadFuseWord { index }))
}

/// The words of a burn name the bits asked for; what is burnt already is sent along.
fn program_word(context: &mut Context, index: u32, value: u32, burn: Option<&str>) -> Result<()> {
    let act = Act::burnt(
        format!("burning fuse word {index:#04x}, which cannot be undone,"),
        format!("word {index:#04x} = {value:#010x}"),
    );
    act.ask(&context.report, burn)?;
    let mut session = session(context)?;
    let before = read_word(&mut session, index)?;
    let new = value & !before;
    context
        .report
        .result(json!({"index": index, "before": before, "burnt": new}));
    if new == 0 {
        let text = format!("word {index:#04x} is {before:#010x} already: nothing is burnt");
        context.report.line(text);
        return Ok(());
    }
    let outcome = session.flash_program_once(index, before | value);
    let after = read_word(&mut session, index);
    if let Ok(after) = after {
        context.report.result(json!({"after": after}));
        context.report.line(format!(
            "word {index:#04x}: {before:#010x} before, {after:#010x} now"
        ));
    }
    outcome.map_err(Error::mboot(Step::BurnFuseWord { index }))?;
    after.map(|_| ())
}

fn parse_count(text: &str) -> std::result::Result<u32, String> {
    match number::parse_u32(text) {
        Ok(4) => Ok(4),
        _ => Err(format!("\"{text}\" bytes: a fuse word has 4")),
    }
}
