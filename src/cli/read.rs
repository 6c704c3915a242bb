//! Verb `read`: flash or RAM into a file.

use std::path::{Path, PathBuf};

use rtboot::event::Stage;
use rtboot::finding::{Finding, catalogue::run};
use rtboot::outcome::{Outcome, ReadDone};
use rtboot::{Error, Result, job};
use rtboot_bootable::{Firmware, Memory, emit};

use super::output::{self, Ending, write_pieces, write_whole};
use super::pieces::PartArgs;
use super::range::{self, Range};
use super::report::LOAD;
use super::{Context, number};

/// Read flash or RAM into a file
///
/// Flash is read on one pad, so the quad-enable bit does not matter and nothing is changed. It is read twice, and the
/// file is written only if both readings agree. The file's ending decides its format: .hex or .ihex Intel HEX; .srec,
/// .s19, .s28, .s37 or .mot S-records; .uf2 UF2; anything else raw bytes. `-` is stdout, raw.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "rtboot read [OPTIONS] <RANGE> <FILE>\n       rtboot read [OPTIONS] --all <FILE>",
    after_help = "Examples:\n  rtboot read --all backup.bin\n  rtboot read 0x60000000 0x3000 header.hex\n  rtboot read 0x60002000..0x60010000 app.bin"
)]
pub struct Args {
    /// ADDRESS LENGTH, FROM..TO or ADDRESS+LENGTH, as the chip sees it (flash begins at 0x60000000); then the file
    #[arg(value_name = "RANGE> <FILE", num_args = 1..=3, required = true)]
    words: Vec<String>,
    /// The whole flash
    #[arg(long)]
    all: bool,
    /// Read flash only once, without the second reading that proves the first
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    part: PartArgs,
}

/// What is read, and where it goes.
struct Wanted {
    /// `None` is the whole flash.
    range: Option<Range>,
    file: PathBuf,
}

/// Sorts the words of the command.
fn wanted(args: &Args) -> Result<Wanted> {
    let usage = |text: String| Err(Error::Usage(text));
    let Some((file, words)) = args.words.split_last() else {
        return usage(format!("name a range and a file: {}", range::FORMS));
    };
    let is_number = |word: &String| number::parse_u32(word).is_ok() || word.contains("..");
    if is_number(file) {
        let first = args.words.first().filter(|word| !is_number(word));
        return usage(match first {
            Some(name) => format!("the file comes last: the range, then \"{name}\""),
            None => format!("the file is missing behind {}", args.words.join(" ")),
        });
    }
    let file = PathBuf::from(file);
    match (args.all, words) {
        (true, []) => Ok(Wanted { range: None, file }),
        (true, _) => usage("the whole flash has no range besides: name the file alone".into()),
        (false, []) => usage(format!(
            "the range is missing before \"{}\": {}",
            file.display(),
            range::FORMS
        )),
        (false, words) => Ok(Wanted {
            range: Some(range::parse(words)?),
            file,
        }),
    }
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let Wanted { range, file } = wanted(&args)?;
    output::try_image_out(&file, &context.report)?;
    if let Some(range) = range {
        check_length(&file, range)?;
    }
    args.part.expect(context)?;
    let mut target = context.target()?;
    target.part = context.part()?;
    let map = &target.chip_for_files().map;
    let in_flash = range.is_none_or(|range| map.in_flash(range.address));
    if let (Some(range), false, Some(_)) = (range, in_flash, target.chip) {
        job::check_ram(map, range.address, range.length)?;
    }
    target.loader.check(target.chip)?;
    let mut board = context.connect(&target)?;
    let report = &mut context.report;
    let twice = in_flash && !args.once;
    let stages = |length: u32| {
        let length = u64::from(length);
        [
            (Stage::Read, length),
            (Stage::Verify, if twice { length } else { 0 }),
        ]
    };
    // the whole flash is as large as its flashloader will tell
    let [first, second] = stages(range.map_or(8 << 20, |range| range.length));
    report.expect(&[LOAD, first, second]);
    let (range, bytes) = match range {
        Some(range) if !in_flash => {
            let mut reached = target.start_flashloader(&mut board, report)?;
            let Range { address, length } = range;
            let flashloader = &mut reached.flashloader;
            job::check_ram(&flashloader.chip().map, address, length)?;
            (range, job::read_ram(flashloader, address, length, report)?)
        }
        range => {
            let mut nor = target.open_flash(&mut board, report)?;
            let g = nor.geometry();
            let all = Range {
                address: g.base,
                length: g.size,
            };
            let range = range.unwrap_or(all);
            check_length(&file, range)?;
            let Range { address, length } = range;
            report.expect(&stages(length));
            let read = match args.once {
                true => job::read_flash,
                false => job::read_flash_twice,
            };
            (range, read(&mut nor, address, length, report)?)
        }
    };
    let (len, sha256) = (bytes.len(), rtboot::digest::sha256([&bytes]));
    save(&file, range.address, bytes)?;
    if output::is_stream(&file) {
        return Ok(());
    }
    if len > Firmware::LIMIT {
        context.report.tell(Finding::new(&run::READ_LARGE));
    }
    context.report.line(format!(
        "read {len} bytes from {:#010x} into {}",
        range.address,
        file.display()
    ));
    context.report.found(Outcome::Read(ReadDone {
        file: file.display().to_string(),
        address: range.address,
        bytes: len,
        sha256,
    }));
    Ok(())
}

/// That `write` and `verify` take a text file of that many bytes again.
fn check_length(file: &Path, range: Range) -> Result<()> {
    let ending = Ending::of(file);
    if !matches!(ending, Ending::Hex | Ending::SRecord) {
        return Ok(());
    }
    let length = range.length as usize;
    let as_text = match length <= Firmware::LIMIT {
        true => {
            // how long the text is hangs on addresses only
            let mut memory = Memory::new();
            let unfit = |source| output::bad(file, source);
            memory
                .insert(range.address, vec![0; length])
                .map_err(unfit)?;
            output::text_len(ending, &memory)
        }
        false => 3 * u64::from(range.length),
    };
    output::check_text_len(file, as_text)
}

/// Writes the bytes in the format that the name asks for; the file is there whole or not at all.
fn save(path: &Path, address: u32, bytes: Vec<u8>) -> Result<()> {
    let memory = |bytes| {
        let mut memory = Memory::new();
        let path = path.to_owned();
        match memory.insert(address, bytes) {
            Ok(()) => Ok(memory),
            Err(source) => Err(Error::Firmware { path, source }),
        }
    };
    let written = match Ending::of(path) {
        Ending::Hex => write_pieces(path, emit::intel_hex_lines(&memory(bytes)?)),
        Ending::SRecord => write_pieces(
            path,
            emit::s_record_lines(&memory(bytes)?, output::NAME, None),
        ),
        Ending::Uf2 => {
            let memory = memory(bytes)?;
            let blocks = emit::uf2_blocks(&memory, 0xFF);
            write_pieces(path, blocks.map_err(|source| output::bad(path, source))?)
        }
        Ending::Raw => write_whole(path, &bytes),
    };
    written.map_err(output::unwritable(path))
}
