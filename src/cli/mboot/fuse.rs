//! Fuses. What is burnt stays burnt.

use std::path::PathBuf;

use rtboot::board::LoaderSession;
use rtboot::consent::Act;
use rtboot::mboot::MemoryId;
use rtboot::outcome::{FuseBurnt, FuseRead, FusesBurnt, Outcome};
use rtboot::{Error, Result, Step};

use super::{parse_memory, session, source};
use crate::cli::guard;
use crate::cli::{Context, number, output};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Read a fuse word
    EfuseReadOnce(ReadWord),
    /// Burn bits of a fuse word; this cannot be undone
    ///
    /// The word is read first, and bits that are already burnt are sent along, because the flashloader compares the
    /// whole word.
    EfuseProgramOnce(BurnWord),
    FlashReadOnce(ReadOnce),
    FlashProgramOnce(ProgramOnce),
    FuseRead(ReadFuses),
    FuseProgram(BurnFuses),
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::EfuseReadOnce(args) => args.run(context, Outcome::MbootEfuseReadOnce),
        Command::EfuseProgramOnce(args) => args.run(context, Outcome::MbootEfuseProgramOnce),
        Command::FlashReadOnce(args) => args.word.run(context, Outcome::MbootFlashReadOnce),
        Command::FlashProgramOnce(args) => args.run(context),
        Command::FuseRead(args) => args.run(context),
        Command::FuseProgram(args) => args.run(context),
    }
}

/// A fuse word.
#[derive(Debug, clap::Args)]
pub struct ReadWord {
    /// Index of the word, 0 to 0x3f on an RT1021
    #[arg(value_parser = number::parse_u32)]
    index: u32,
}

impl ReadWord {
    fn run(self, context: &mut Context, outcome: fn(FuseRead) -> Outcome) -> Result<()> {
        let index = self.index;
        let value = read_word(&mut session(context)?, index)?;
        context.report.show(FuseRead { index, value }, outcome);
        Ok(())
    }
}

/// Read a fuse word, as efuse-read-once
#[derive(Debug, clap::Args)]
pub struct ReadOnce {
    #[command(flatten)]
    word: ReadWord,
    /// Bytes: 4
    #[arg(default_value = "4", value_parser = parse_count)]
    count: u32,
}

/// Bits of a fuse word.
#[derive(Debug, clap::Args)]
pub struct BurnWord {
    /// Index of the word
    #[arg(value_parser = number::parse_u32)]
    index: u32,
    /// Bits to burn
    #[arg(value_parser = number::parse_u32)]
    value: u32,
    /// The confirmation in words, such as --burn "word 0x06 = 0x00000010"
    #[arg(long, value_name = "WORDS")]
    burn: Option<String>,
}

impl BurnWord {
    /// The confirmation names the bits asked for. Bits that are burnt already are sent along: the flashloader compares the
    /// whole word afterwards.
    fn run(self, context: &mut Context, outcome: fn(FuseBurnt) -> Outcome) -> Result<()> {
        let (index, value) = (self.index, self.value);
        let act = Act::burn(
            format!("burning fuse word {index:#04x}, which cannot be undone,"),
            format!("word {index:#04x} = {value:#010x}"),
        );
        guard::ask(&act, &context.report, self.burn.as_deref())?;
        let mut session = session(context)?;
        let before = read_word(&mut session, index)?;
        let mut found = FuseBurnt {
            index,
            before,
            burnt: value & !before,
            after: None,
        };
        if found.burnt == 0 {
            context.report.show(found, outcome);
            return Ok(());
        }
        let burnt = session.flash_program_once(index, before | value);
        // a burn that was refused may still have burnt bits
        let after = read_word(&mut session, index);
        found.after = after.as_ref().ok().copied();
        context.report.show(found, outcome);
        burnt.map_err(Error::mboot(Step::BurnFuseWord { index }))?;
        after.map(|_| ())
    }
}

/// Burn bits of a fuse word, as efuse-program-once
#[derive(Debug, clap::Args)]
pub struct ProgramOnce {
    /// Index of the word
    #[arg(value_parser = number::parse_u32)]
    index: u32,
    /// Bytes: 4
    #[arg(value_parser = parse_count)]
    count: u32,
    /// Bits to burn
    #[arg(value_parser = number::parse_u32)]
    value: u32,
    /// The confirmation in words, such as --burn "word 0x06 = 0x00000010"
    #[arg(long, value_name = "WORDS")]
    burn: Option<String>,
}

impl ProgramOnce {
    fn run(self, context: &mut Context) -> Result<()> {
        let word = BurnWord {
            index: self.index,
            value: self.value,
            burn: self.burn,
        };
        word.run(context, Outcome::MbootFlashProgramOnce)
    }
}

fn read_word(session: &mut LoaderSession, index: u32) -> Result<u32> {
    session
        .flash_read_once(index)
        .map_err(Error::mboot(Step::ReadFuseWord { index }))
}

/// Read fuses by address. Not on an RT1021
#[derive(Debug, clap::Args)]
pub struct ReadFuses {
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
}

impl ReadFuses {
    fn run(self, context: &mut Context) -> Result<()> {
        output::try_deliver(self.file.as_deref(), &context.report)?;
        let address = self.address;
        let data = session(context)?
            .fuse_read(address, self.length, self.memory)
            .map_err(Error::mboot(Step::ReadFusesAt { address }))?;
        let found = output::deliver(address, data, self.file.as_deref())?;
        context.report.show(found, Outcome::MbootFuseRead);
        Ok(())
    }
}

/// Burn fuses by address; this cannot be undone. Not on an RT1021
#[derive(Debug, clap::Args)]
pub struct BurnFuses {
    /// First address
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// A file, its first bytes (FILE,COUNT), or bytes in braces ({{11 22 aa}})
    #[arg(value_name = "FILE|{{HEX}}")]
    source: String,
    /// Memory id
    #[arg(default_value = "0", value_parser = parse_memory)]
    memory: MemoryId,
    /// The confirmation in words
    #[arg(long, value_name = "WORDS")]
    burn: Option<String>,
}

impl BurnFuses {
    fn run(self, context: &mut Context) -> Result<()> {
        let (address, data) = (self.address, source::read(&self.source)?);
        let length = data.len();
        let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
        let act = Act::burn(
            format!("burning {length} bytes of fuses at {address:#x}, for ever,"),
            format!("{length} bytes at {address:#x} = {hex}"),
        );
        guard::ask(&act, &context.report, self.burn.as_deref())?;
        session(context)?
            .fuse_program(address, &data, self.memory)
            .map_err(Error::mboot(Step::BurnFusesAt { address }))?;
        let found = FusesBurnt { address, length };
        context.report.show(found, Outcome::MbootFuseProgram);
        Ok(())
    }
}

fn parse_count(text: &str) -> std::result::Result<u32, String> {
    match number::parse_u32(text) {
        Ok(4) => Ok(4),
        _ => Err(format!("\"{text}\" bytes: a fuse word has 4")),
    }
}
