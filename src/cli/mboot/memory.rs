//! Memory: read, write, fill, configure.

use std::path::PathBuf;

use rtboot::board::LoaderSession;
use rtboot::consent::Act;
use rtboot::event::Stage;
use rtboot::finding::Finding;
use rtboot::finding::catalogue::run::{CONFIGURE_UNKNOWN, CONFIGURE_WRITES_FCB, OPTION_WORDS};
use rtboot::mboot::{MemoryId, Status};
use rtboot::outcome::{Configured, Filled, Outcome, Sent};
use rtboot::{Error, Result, SetUp, Step};
use rtboot_fcb::Fcb;

use super::{counted, parse_memory, session, source};
use crate::cli::guard;
use crate::cli::{Context, number, output};

#[derive(Debug, clap::Subcommand)]
#[allow(clippy::enum_variant_names)] // the names are blhost's
pub enum Command {
    ReadMemory(ReadMemory),
    WriteMemory(WriteMemory),
    FillMemory(FillMemory),
    ConfigureMemory(ConfigureMemory),
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::ReadMemory(args) => args.run(context),
        Command::WriteMemory(args) => args.run(context),
        Command::FillMemory(args) => args.run(context),
        Command::ConfigureMemory(args) => args.run(context),
    }
}

/// Read memory: RAM, or flash once it is configured
#[derive(Debug, clap::Args)]
pub struct ReadMemory {
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

impl ReadMemory {
    fn run(self, context: &mut Context) -> Result<()> {
        output::try_deliver(self.file.as_deref(), &context.report)?;
        if let Some(name) = self.file.as_ref().and_then(|file| file.to_str())
            && number::parse_u32(name).is_ok()
        {
            return Err(Error::Usage(format!(
                "is {name} a file or a memory id? A memory id stands behind the file; a file of this name is ./{name}"
            )));
        }
        let address = self.address;
        let mut session = session(context)?;
        let read = (Stage::Read, u64::from(self.length));
        let data = counted(context, read, Step::ReadMemory { address }, |progress| {
            session.read_memory(address, self.length, self.memory, progress)
        })?;
        let found = output::deliver(address, data, self.file.as_deref())?;
        context.report.show(found, Outcome::MbootReadMemory);
        Ok(())
    }
}

/// Write memory. Flash must be erased there; `rtboot write` does all of it
#[derive(Debug, clap::Args)]
pub struct WriteMemory {
    /// First address; in flash the start of a page
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// A file, its first bytes (FILE,COUNT), or bytes in braces ({{11 22 aa}})
    #[arg(value_name = "FILE|{{HEX}}")]
    source: String,
    /// Memory id
    #[arg(default_value = "0", value_parser = parse_memory)]
    memory: MemoryId,
    /// The confirmation in words for addresses of the fuse controller
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl WriteMemory {
    fn run(self, context: &mut Context) -> Result<()> {
        let (address, data) = (self.address, source::read(&self.source)?);
        let length = data.len();
        if guard::touches_fuses(address, length as u64) {
            let act = Act::raw(
                format!(
                    "writing {length} bytes to the fuse controller at {address:#010x}, which can burn fuses,"
                ),
                format!("write {length} bytes to {address:#010x}"),
            );
            guard::ask(&act, &context.report, self.confirm.as_deref())?;
        }
        let mut session = session(context)?;
        let send = (Stage::Send, length as u64);
        counted(context, send, Step::WriteMemory { address }, |progress| {
            session.write_memory(address, &data, self.memory, progress)
        })?;
        let found = Sent { address, length };
        context.report.show(found, Outcome::MbootWriteMemory);
        Ok(())
    }
}

/// Fill memory with a pattern
#[derive(Debug, clap::Args)]
pub struct FillMemory {
    /// First address
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// Bytes
    #[arg(value_parser = number::parse_u32)]
    length: u32,
    /// The pattern
    #[arg(value_parser = number::parse_u32)]
    pattern: u32,
    /// How much of the pattern is repeated
    #[arg(default_value = "word")]
    unit: Unit,
    /// The confirmation in words for addresses of the fuse controller
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl FillMemory {
    fn run(self, context: &mut Context) -> Result<()> {
        let (address, length) = (self.address, self.length);
        let pattern = self.unit.repeat(self.pattern).ok_or_else(|| {
            Error::Usage(format!(
                "the pattern {:#x} does not fit its unit",
                self.pattern
            ))
        })?;
        if guard::touches_fuses(address, u64::from(length)) {
            let act = Act::raw(
                format!(
                    "filling {length} bytes of the fuse controller at {address:#010x}, which can burn fuses,"
                ),
                format!("fill {length} bytes at {address:#010x} with {pattern:#010x}"),
            );
            guard::ask(&act, &context.report, self.confirm.as_deref())?;
        }
        session(context)?
            .fill_memory(address, length, pattern)
            .map_err(Error::mboot(Step::FillMemory { address }))?;
        let found = Filled {
            address,
            length,
            pattern,
        };
        context.report.show(found, Outcome::MbootFillMemory);
        Ok(())
    }
}

/// How much of a pattern is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Unit {
    /// All 32 bits
    Word,
    /// The low 16 bits
    Short,
    /// The low 8 bits
    Byte,
}

impl Unit {
    /// The 32-bit pattern that travels; `None` when the value does not fit the unit.
    fn repeat(self, pattern: u32) -> Option<u32> {
        match self {
            Unit::Word => Some(pattern),
            Unit::Short => u16::try_from(pattern).ok().map(|p| u32::from(p) * 0x1_0001),
            Unit::Byte => u8::try_from(pattern)
                .ok()
                .map(|p| u32::from(p) * 0x0101_0101),
        }
    }
}

/// Configure a memory by the option words or FCB that lie in RAM
///
/// Option words (0xC...) let the flashloader set the part up by itself, which can change its quad-enable bit and block
/// protection. `rtboot info` and the flash commands use an FCB of their own, which changes nothing.
#[derive(Debug, clap::Args)]
pub struct ConfigureMemory {
    /// Memory id: 9 for FlexSPI NOR
    #[arg(value_parser = parse_memory)]
    memory: MemoryId,
    /// Where in RAM the option words or the FCB lie
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// The confirmation in words for blocks that set up encryption
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl ConfigureMemory {
    fn run(self, context: &mut Context) -> Result<()> {
        let (memory, address) = (self.memory, self.address);
        let mut session = session(context)?;
        let block = first_word(&mut session, address)?;
        let report = &mut context.report;
        match block >> 28 {
            _ if block == Fcb::TAG => {}
            _ if block == WRITE_FCB => report.tell(Finding::new(&CONFIGURE_WRITES_FCB)),
            0xC => report.tell(Finding::new(&OPTION_WORDS).address("word", block)),
            0xB => self.ask(block, "a key blob", context)?,
            0xE => self.ask(block, "encryption (PRDB)", context)?,
            _ => {
                let found = Finding::new(&CONFIGURE_UNKNOWN).address("word", block);
                report.tell(found.address("at", address));
            }
        }
        session
            .configure_memory(memory, address)
            .map_err(|source| Error::Configure {
                set_up: SetUp::Block { address },
                source,
            })?;
        let attributes = session.external_memory(memory).ok();
        let found = Configured {
            memory: memory.0,
            start: attributes.as_ref().and_then(|found| found.start),
            bytes: attributes.as_ref().and_then(|found| found.size()),
            text: attributes.map(|found| found.to_string()),
        };
        context.report.show(found, Outcome::MbootConfigureMemory);
        Ok(())
    }

    /// Asks before a block is carried out that sets up encryption of flash.
    fn ask(&self, block: u32, kind: &str, context: &Context) -> Result<()> {
        let memory = self.memory;
        let act = Act::raw(
            format!(
                "configuring memory {memory} with {block:#010x}, which sets up {kind} in flash,"
            ),
            format!("configure memory {:#x} with {block:#010x}", memory.0),
        );
        guard::ask(&act, &context.report, self.confirm.as_deref())
    }
}

/// Has the flashloader write its FCB to flash.
const WRITE_FCB: u32 = 0xF000_000F;

/// The first word of a configuration block: it tells what the flashloader will do.
fn first_word(session: &mut LoaderSession, address: u32) -> Result<u32> {
    let step = Step::ReadConfigurationBlock { address };
    let bytes = session
        .read_memory(address, 4, MemoryId::INTERNAL, &mut |_| true)
        .map_err(Error::mboot(step))?;
    match bytes[..] {
        [a, b, c, d] => Ok(u32::from_le_bytes([a, b, c, d])),
        _ => Err(Error::Mboot {
            step,
            source: rtboot::mboot::Error::Refused {
                command: rtboot::mboot::Tag::READ_MEMORY,
                status: Status::MEMORY_RANGE_INVALID,
                step: rtboot::mboot::Step::Data,
                done: 0,
            },
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_repeated_by_its_unit() {
        assert_eq!(Unit::Word.repeat(0xC000_0007), Some(0xC000_0007));
        assert_eq!(Unit::Short.repeat(0x1234), Some(0x1234_1234));
        assert_eq!(Unit::Byte.repeat(0xA5), Some(0xA5A5_A5A5));
        assert_eq!(Unit::Short.repeat(0x1_0000), None);
        assert_eq!(Unit::Byte.repeat(0x100), None);
    }
}
