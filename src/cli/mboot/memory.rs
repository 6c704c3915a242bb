//! Memory: read, write, fill, configure.

use std::path::PathBuf;

use rtboot::board::LoaderSession;
use rtboot::event::{Meter, Stage};
use rtboot::mboot::{MemoryId, Status};
use rtboot::{Error, Result, SetUp, Step};
use serde_json::json;

use super::{bytes, parse_memory, session};
use crate::cli::guard::{self, Act};
use crate::cli::{Context, number};

#[derive(Debug, clap::Subcommand)]
#[allow(clippy::enum_variant_names)] // the names are blhost's
pub enum Command {
    /// Read memory: RAM, or flash once it is configured
    ReadMemory {
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
    /// Write memory. Flash must be erased there; `rtboot write` does all of it
    WriteMemory {
        /// First address; in flash the start of a page
        #[arg(value_parser = number::parse_u32)]
        address: u32,
        /// A file, its first bytes (FILE,COUNT), or bytes in braces ({{11 22 aa}})
        #[arg(value_name = "FILE|{{HEX}}")]
        source: String,
        /// Memory id
        #[arg(default_value = "0", value_parser = parse_memory)]
        memory: MemoryId,
        /// The words, for addresses of the fuse controller
        #[arg(long, value_name = "WORDS")]
        confirm: Option<String>,
    },
    /// Fill memory with a pattern
    FillMemory {
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
        /// The words, for addresses of the fuse controller
        #[arg(long, value_name = "WORDS")]
        confirm: Option<String>,
    },
    /// Configure a memory by the option words or FCB that lie in RAM
    ///
    /// Option words (0xC...) make the flashloader set the part up by itself, which can change it: quad-enable bit, block
    /// protection. `rtboot info` and the flash verbs configure with an FCB of their own, which changes nothing.
    ConfigureMemory {
        /// Memory id: 9 for FlexSPI NOR
        #[arg(value_parser = parse_memory)]
        memory: MemoryId,
        /// Where in RAM the option words or the FCB lie
        #[arg(value_parser = number::parse_u32)]
        address: u32,
        /// The words, for blocks that set up encryption
        #[arg(long, value_name = "WORDS")]
        confirm: Option<String>,
    },
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

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::ReadMemory {
            address,
            length,
            file,
            memory,
        } => read(context, address, length, file, memory),
        Command::WriteMemory {
            address,
            source,
            memory,
            confirm,
        } => write(context, address, &source, memory, confirm.as_deref()),
        Command::FillMemory {
            address,
            length,
            pattern,
            unit,
            confirm,
        } => fill(
            context,
            (address, length),
            pattern,
            unit,
            confirm.as_deref(),
        ),
        Command::ConfigureMemory {
            memory,
            address,
            confirm,
        } => configure(context, memory, address, confirm.as_deref()),
    }
}

fn read(
    context: &mut Context,
    address: u32,
    length: u32,
    file: Option<PathBuf>,
    memory: MemoryId,
) -> Result<()> {
    if let Some(name) = file.as_ref().and_then(|file| file.to_str())
        && number::parse_u32(name).is_ok()
    {
        return Err(Error::Usage(format!(
            "is {name} a file or a memory id? A memory id stands behind the file; a file of this name is ./{name}"
        )));
    }
    let mut session = session(context)?;
    let mut meter = Meter::begin(&mut context.report, Stage::Read, u64::from(length));
    let data = session
        .read_memory(address, length, memory, &mut |done| {
            meter.set(done);
            !meter.cancelled()
        })
        .map_err(Error::mboot(Step::ReadMemory { address }))?;
    meter.end();
    bytes::deliver(&mut context.report, address, &data, file.as_deref())
}

fn write(
    context: &mut Context,
    address: u32,
    source: &str,
    memory: MemoryId,
    confirm: Option<&str>,
) -> Result<()> {
    let data = bytes::read_source(source)?;
    let length = data.len();
    if guard::touches_fuses(address, length as u64) {
        let act = Act::confirmed(
            format!(
                "writing {length} bytes to the fuse controller at {address:#010x}, which can burn fuses,"
            ),
            format!("write {length} bytes to {address:#010x}"),
        );
        act.ask(&context.report, confirm)?;
    }
    let mut session = session(context)?;
    let mut meter = Meter::begin(&mut context.report, Stage::Send, length as u64);
    session
        .write_memory(address, &data, memory, &mut |done| {
            meter.set(done);
            !meter.cancelled()
        })
        .map_err(Error::mboot(Step::WriteMemory { address }))?;
    meter.end();
    context
        .report
        .result(json!({"address": address, "length": length}));
    context
        .report
        .line(format!("{length} bytes to {address:#010x}"));
    Ok(())
}

fn fill(
    context: &mut Context,
    (address, length): (u32, u32),
    pattern: u32,
    unit: Unit,
    confirm: Option<&str>,
) -> Result<()> {
    let word = unit
        .repeat(pattern)
        .ok_or_else(|| Error::Usage(format!("the pattern {pattern:#x} does not fit its unit")))?;
    if guard::touches_fuses(address, u64::from(length)) {
        let act = Act::confirmed(
            format!(
                "filling {length} bytes of the fuse controller at {address:#010x}, which can burn fuses,"
            ),
            format!("fill {length} bytes at {address:#010x} with {word:#010x}"),
        );
        act.ask(&context.report, confirm)?;
    }
    session(context)?
        .fill_memory(address, length, word)
        .map_err(Error::mboot(Step::FillMemory { address }))?;
    context
        .report
        .result(json!({"address": address, "length": length, "pattern": word}));
    let text = format!("{length} bytes at {address:#010x} filled with {word:#010x}");
    context.report.line(text);
    Ok(())
}

fn configure(
    context: &mut Context,
    memory: MemoryId,
    address: u32,
    confirm: Option<&str>,
) -> Result<()> {
    let mut session = session(context)?;
    let block = first_word(&mut session, address)?;
    match block >> 28 {
        _ if block == rtboot_fcb::Fcb::TAG => {}
        _ if block == WRITE_FCB => context.report.warn(
            "configure-writes-fcb",
            "the word 0xf000000f makes the flashloader write its FCB to the start of the flash",
        ),
        0xC => context.report.warn(
            "option-words",
            format!("the option word {block:#010x} lets the flashloader set the part up by itself: that can change its quad-enable bit and its block protection"),
        ),
        0xB | 0xE => {
            let kind = if block >> 28 == 0xB { "a key blob" } else { "encryption (PRDB)" };
            let act = Act::confirmed(
                format!("configuring memory {memory} with {block:#010x}, which sets up {kind} in flash,"),
                format!("configure memory {:#x} with {block:#010x}", memory.0),
            );
            act.ask(&context.report, confirm)?;
        }
        _ => context.report.warn(
            "configure-unknown",
            format!("{block:#010x} at {address:#010x} begins neither option words nor an FCB"),
        ),
    }
    session
        .configure_memory(memory, address)
        .map_err(|source| Error::Configure {
            set_up: SetUp::Block { address },
            source,
        })?;
    let line = match session.external_memory(memory) {
        Ok(found) => {
            context
                .report
                .result(json!({"start": found.start, "bytes": found.size()}));
            format!("memory {memory}: {found}")
        }
        Err(_) => format!("memory {memory} is configured"),
    };
    context.report.line(line);
    Ok(())
}

/// Has the flashloader write its FCB to flash.
const WRITE_FCB: u32 = 0xF000_000F;

/// The first word of a configuration block, so that it is known what is asked for.
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
