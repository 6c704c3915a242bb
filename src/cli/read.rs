//! Verb `read`: flash or RAM into a file.

use std::path::{Path, PathBuf};

use rtboot::finding::{Finding, catalogue::run};
use rtboot::outcome::{Outcome, ReadDone};
use rtboot::{Error, Result, job};
use rtboot_bootable::{Memory, emit};

use super::output::{self, Ending, write_pieces, write_stdout, write_whole};
use super::{Context, number};

/// Read flash or RAM into a file
///
/// Flash is read on one pad, so the quad-enable bit does not matter and nothing is changed. The file's ending decides its
/// format: .hex or .ihex Intel HEX; .srec, .s19, .s28, .s37 or .mot S-records; anything else raw bytes. `-` is stdout, raw.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rtboot read 0x60000000 8M backup.bin\n  rtboot read 0x60000000 0x3000 header.hex"
)]
pub struct Args {
    /// First address, as the chip sees it: flash begins at 0x60000000
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// How many bytes
    #[arg(value_parser = number::parse_u32)]
    length: u32,
    /// Where to put them
    file: PathBuf,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let to_stdout = args.file == Path::new("-");
    if to_stdout && context.report.is_json() {
        return Err(Error::Usage(
            "stdout cannot take both the bytes and --json; name a file".into(),
        ));
    }
    job::end_of(args.address, args.length)?;
    check_length(&args)?;
    let (mut board, target) = context.board_for_flash()?;
    let (address, length, report) = (args.address, args.length, &mut context.report);
    let bytes = if target.chip_for_files().map.in_flash(address) {
        let mut nor = target.open_flash(&mut board, report)?;
        job::read_flash(&mut nor, address, length, report)?
    } else {
        let mut reached = target.start_flashloader(&mut board, report)?;
        job::read_ram(&mut reached.flashloader, address, length, report)?
    };
    if to_stdout {
        return write_stdout(&bytes).map_err(|source| unwritable(&args.file, source));
    }
    let len = bytes.len();
    save(&args.file, args.address, bytes)?;
    if len > Memory::LIMIT {
        context.report.tell(Finding::new(&run::READ_LARGE));
    }
    context.report.line(format!(
        "read {len} bytes from {:#010x} into {}",
        args.address,
        args.file.display()
    ));
    context.report.found(Outcome::Read(ReadDone {
        file: args.file.display().to_string(),
        address: args.address,
        bytes: len,
    }));
    Ok(())
}

/// That `write` and `verify` take a text file of that many bytes again.
fn check_length(args: &Args) -> Result<()> {
    let ending = Ending::of(&args.file);
    if !matches!(ending, Ending::Hex | Ending::SRecord) {
        return Ok(());
    }
    let length = args.length as usize;
    let as_text = match length <= Memory::LIMIT {
        true => {
            // how long the text is hangs on addresses only
            let mut memory = Memory::new();
            let unfit = |source| output::bad(&args.file, source);
            memory
                .insert(args.address, vec![0; length])
                .map_err(unfit)?;
            output::text_len(ending, &memory)
        }
        false => 3 * u64::from(args.length),
    };
    output::check_text_len(&args.file, as_text)
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
        Ending::Raw | Ending::Uf2 => write_whole(path, &bytes),
    };
    written.map_err(|source| unwritable(path, source))
}

fn unwritable(path: &Path, source: std::io::Error) -> Error {
    Error::WriteFile {
        path: path.to_owned(),
        source,
    }
}
