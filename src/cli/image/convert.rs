//! `image convert`: another format, cut, filled or moved.

use std::path::PathBuf;

use rtboot::finding::Finding;
use rtboot::finding::catalogue::run::ADDRESS;
use rtboot::outcome::{ImageConvert, Outcome};
use rtboot::{Error, Result};
use rtboot_bootable::{Memory, convert};

use super::source;
use crate::cli::output::{self, Ending, Shape};
use crate::cli::{Context, number};

/// Convert between ELF, Intel HEX, S-record, UF2 and raw; cut, fill and move on the way
///
/// The file's ending decides the output format: .hex or .ihex, .srec, .s19, .s28, .s37 or .mot, .uf2; anything else is
/// raw. First --crop, then --fill, then --offset.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// ELF, Intel HEX, S-record, UF2 or raw; or `board` for what is in its flash
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where to write it; `-` is stdout, raw
    #[arg(value_name = "OUT")]
    output: PathBuf,
    /// Address of the first byte of a raw file; without it the one that its content implies
    #[arg(long, alias = "address", value_name = "ADDRESS", value_parser = number::parse_address)]
    base: Option<u32>,
    /// Keep these addresses only
    #[arg(long, value_name = "FROM..TO", value_parser = range)]
    crop: Option<(u32, u64)>,
    /// Byte for the gaps; with --crop for all of its range. A raw or UF2 file has 0xff in them by default
    #[arg(long, value_name = "BYTE", value_parser = number::parse_u8)]
    fill: Option<u8>,
    /// Move every address by this much
    #[arg(long, value_name = "BYTES", value_parser = offset, allow_hyphen_values = true)]
    offset: Option<i64>,
}

const EXAMPLES: &str = "\
Examples:
  rtboot image convert app.elf app.hex
  rtboot image convert image.bin app.srec --crop 0x60002000..0x60010000
  rtboot image convert app.hex at_zero.bin --offset -0x60000000
  rtboot image convert app.elf app.uf2";

/// `FROM..TO`; either may be left out.
fn range(text: &str) -> std::result::Result<(u32, u64), String> {
    let (from, to) = text
        .split_once("..")
        .ok_or_else(|| format!("\"{text}\" is no range; write it as 0x60002000..0x60010000"))?;
    let from = if from.is_empty() {
        0
    } else {
        number::parse_u32(from)?
    };
    let to = if to.is_empty() {
        1 << 32
    } else {
        u64::from(number::parse_u32(to)?)
    };
    if to <= u64::from(from) {
        return Err(format!("the range \"{text}\" holds nothing"));
    }
    Ok((from, to))
}

fn offset(text: &str) -> std::result::Result<i64, String> {
    match text.strip_prefix('-') {
        Some(text) => Ok(-i64::from(number::parse_u32(text)?)),
        None => Ok(i64::from(number::parse_u32(
            text.strip_prefix('+').unwrap_or(text),
        )?)),
    }
}

pub fn run(args: &Args, context: &mut Context) -> Result<()> {
    output::try_image_out(&args.output, &context.report)?;
    let base = u64::from(context.desk_chip()?.map.flash_base);
    let length = args
        .crop
        .and_then(|(_, to)| u32::try_from(to.saturating_sub(base)).ok());
    let source = source::load(
        &args.input,
        source::Wanted::Bytes,
        args.base,
        length.filter(|length| *length > 0),
        context,
    )?;
    for note in &source.firmware.notes {
        context.report.tell(note.clone());
    }
    let memory = changed(source.firmware.memory, args).map_err(|source| Error::Firmware {
        path: args.input.clone(),
        source,
    })?;
    let Some(from) = memory.first() else {
        return Err(Error::Usage(
            "nothing is left: the range holds no byte of the file".into(),
        ));
    };
    let moved = |entry: u32| u32::try_from(i64::from(entry) + args.offset.unwrap_or(0)).ok();
    let shape = Shape {
        from,
        fill: args.fill.unwrap_or(0xFF),
        entry: source.firmware.entry.and_then(moved),
    };
    let len = output::write(&args.output, &memory, shape)?;
    let written = super::written(context, &args.output, &memory, len);
    context
        .report
        .found(Outcome::ImageConvert(ImageConvert { written }));
    if Ending::of(&args.output) == Ending::Raw {
        context
            .report
            .tell(Finding::new(&ADDRESS).address("at", from));
    }
    Ok(())
}

fn changed(mut memory: Memory, args: &Args) -> std::result::Result<Memory, rtboot_bootable::Error> {
    if let Some((from, to)) = args.crop {
        memory = convert::crop(&memory, from, to);
    }
    if let Some(byte) = args.fill {
        memory = convert::fill(&memory, byte, args.crop.filter(|(_, to)| *to < 1 << 32))?;
    }
    match args.offset {
        Some(offset) => convert::shift(&memory, offset),
        None => Ok(memory),
    }
}
