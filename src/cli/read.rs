//! Verb `read`: flash or RAM into a file.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use rtboot::event::{Meter, Stage};
use rtboot::flash::FLASH_BASE;
use rtboot::mboot::{self, MemoryId};
use rtboot::{Error, Result};
use rtboot_bootable::{Memory, emit};
use serde_json::json;

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
    let end = end_of(args.address, args.length)?;
    if args.length as usize > Memory::LIMIT && is_text(&args.file) {
        return Err(Error::Usage(format!(
            "a text file of {:#x} bytes would be too long to be read again; name a raw one (.bin)",
            args.length
        )));
    }
    let bytes = if flash_window(args.address) {
        flash(&args, end, context)?
    } else {
        ram(&args, context)?
    };
    if to_stdout {
        return std::io::stdout()
            .write_all(&bytes)
            .map_err(|source| unwritable(&args.file, source));
    }
    let len = bytes.len();
    save(&args.file, args.address, bytes)?;
    context.report.line(format!(
        "read {len} bytes from {:#010x} into {}",
        args.address,
        args.file.display()
    ));
    context.report.result(json!({
        "file": args.file.display().to_string(),
        "address": args.address,
        "bytes": len,
    }));
    Ok(())
}

/// First address after a range; a range must hold something and end within 32 bits.
///
/// # Errors
/// [`Error::Usage`].
pub fn end_of(address: u32, length: u32) -> Result<u64> {
    let end = u64::from(address) + u64::from(length);
    if length == 0 {
        return Err(Error::Usage("the length is 0".into()));
    }
    if end > 1 << 32 {
        return Err(Error::Usage(format!(
            "{length:#x} bytes from {address:#010x} on run past the end of the address space"
        )));
    }
    Ok(end)
}

/// Whether an address is one of the FlexSPI window.
pub fn flash_window(address: u32) -> bool {
    (FLASH_BASE..FLASH_BASE + 0x1000_0000).contains(&address)
}

fn flash(args: &Args, end: u64, context: &mut Context) -> Result<Vec<u8>> {
    let mut board = context.board_for_flash()?;
    let mut nor = context.nor(&mut board)?;
    super::erase::check_inside(&nor, "the range", args.address, end)?;
    nor.use_plain()?;
    let report = &mut context.report;
    let mut meter = Meter::begin(report, Stage::Read, u64::from(args.length));
    let bytes = nor.read(args.address, args.length, &mut meter)?;
    meter.end();
    Ok(bytes)
}

fn ram(args: &Args, context: &mut Context) -> Result<Vec<u8>> {
    let mut board = context.board_for_flash()?;
    let (mut flashloader, _) = context.flashloader(&mut board)?;
    let report = &mut context.report;
    let mut meter = Meter::begin(report, Stage::Read, u64::from(args.length));
    let read = flashloader.session().read_memory(
        args.address,
        args.length,
        MemoryId::INTERNAL,
        &mut |done| {
            meter.set(done);
            !meter.cancelled()
        },
    );
    let bytes = read.map_err(|source| match source {
        mboot::Error::Cancelled { .. } => Error::Interrupted {
            state: "nothing was changed".into(),
        },
        source => Error::mboot(format!("reading {:#010x}", args.address))(source),
    })?;
    meter.end();
    Ok(bytes)
}

fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_string_lossy().to_ascii_lowercase())
}

/// Whether the file's name asks for Intel HEX or S-records.
fn is_text(path: &Path) -> bool {
    let known = ["hex", "ihex", "srec", "s19", "s28", "s37", "mot"];
    ending(path).is_some_and(|ending| known.contains(&ending.as_str()))
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
    let written = match ending(path).as_deref() {
        Some("hex" | "ihex") => write_pieces(path, emit::intel_hex_lines(&memory(bytes)?)),
        Some("srec" | "s19" | "s28" | "s37" | "mot") => {
            write_pieces(path, emit::s_record_lines(&memory(bytes)?, "rtboot", None))
        }
        _ => write_whole(path, &bytes),
    };
    written.map_err(|source| unwritable(path, source))
}

/// Writes aside and renames.
pub fn write_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    write_pieces(path, std::iter::once(content))
}

/// The same for content that is made piece by piece.
pub fn write_pieces(
    path: &Path,
    pieces: impl Iterator<Item = impl AsRef<[u8]>>,
) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let is_special = std::fs::metadata(path).is_ok_and(|known| !known.is_file());
    if is_special {
        // a pipe or device is written to, never replaced; a folder says no itself
        return write_all(std::fs::File::create(path)?, pieces).map(drop);
    }
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // as an ordinary new file: what the umask leaves of it
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = write_all(builder.tempfile_in(folder)?, pieces)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn write_all<F: Write>(
    file: F,
    pieces: impl Iterator<Item = impl AsRef<[u8]>>,
) -> std::io::Result<F> {
    let mut out = BufWriter::new(file);
    for piece in pieces {
        out.write_all(piece.as_ref())?;
    }
    out.into_inner().map_err(|error| error.into_error())
}

fn unwritable(path: &Path, source: std::io::Error) -> Error {
    Error::WriteFile {
        path: path.to_owned(),
        source,
    }
}
