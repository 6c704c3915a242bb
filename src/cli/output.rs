//! Files that a command writes: whole or not at all, in the format that the file's ending names.

use std::io::{BufWriter, Write};
use std::path::Path;

use rtboot::outcome::BytesRead;
use rtboot::{Error, Result};
use rtboot_bootable::{Firmware, Memory, emit};

use super::Report;

/// The name that S-records bring.
pub const NAME: &str = "rtboot";

/// What a file's ending asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Raw bytes.
    Raw,
    /// Intel HEX.
    Hex,
    /// S-records.
    SRecord,
    /// UF2.
    Uf2,
}

impl Ending {
    /// By the name's ending; raw when it says nothing known.
    pub fn of(path: &Path) -> Ending {
        match ending(path).as_deref() {
            Some("hex" | "ihex" | "ihx") => Ending::Hex,
            Some("srec" | "s19" | "s28" | "s37" | "mot") => Ending::SRecord,
            Some("uf2") => Ending::Uf2,
            _ => Ending::Raw,
        }
    }
}

fn ending(path: &Path) -> Option<String> {
    let ending = path.extension()?;
    Some(ending.to_string_lossy().to_ascii_lowercase())
}

/// True for `-`, which is stdout or stdin.
pub fn is_stream(path: &Path) -> bool {
    path == Path::new("-")
}

/// Checks where an image will go before any work is done for it: that its ending names a format that is written here,
/// and as [`try_out`].
pub fn try_image_out(path: &Path, report: &Report) -> Result<()> {
    if let Some(ending @ ("elf" | "axf" | "out" | "zip" | "dfu")) = ending(path).as_deref() {
        return Err(Error::Usage(format!(
            "{} would not be what its ending .{ending} says: Intel HEX (.hex), S-records (.srec), UF2 (.uf2) and raw bytes (.bin) are written",
            path.display()
        )));
    }
    try_out(path, report)
}

/// Checks where bytes will go before any work is done for them: that a file can be made there, and that stdout is not
/// needed for something else.
pub fn try_out(path: &Path, report: &Report) -> Result<()> {
    if is_stream(path) {
        return match report.is_json() {
            true => Err(Error::Usage(
                "stdout cannot take both the bytes and --json; name a file".into(),
            )),
            false => Ok(()),
        };
    }
    let known = std::fs::metadata(path);
    let tried = match known {
        Ok(known) if known.is_dir() => Err(std::io::ErrorKind::IsADirectory.into()),
        // a pipe or device: opening it has effects of its own
        Ok(known) if !known.is_file() => Ok(()),
        _ => tempfile::tempfile_in(folder(path)).map(drop),
    };
    tried.map_err(unwritable(path))
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// How a memory becomes a file.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Address of the first byte of a raw file.
    pub from: u32,
    /// Byte for the gaps of formats that have none.
    pub fill: u8,
    /// The start address that an S-record names.
    pub entry: Option<u32>,
}

/// Writes the file, whole or not at all; returns its length.
pub fn write(path: &Path, memory: &Memory, shape: Shape) -> Result<usize> {
    let too_large = |source| bad(path, source);
    let mut len = 0;
    let counted = |line: String| {
        len += line.len();
        line
    };
    match Ending::of(path) {
        Ending::Hex => write_pieces(path, emit::intel_hex_lines(memory).map(counted)),
        Ending::SRecord => {
            let lines = emit::s_record_lines(memory, NAME, shape.entry);
            write_pieces(path, lines.map(counted))
        }
        Ending::Uf2 => {
            let blocks = emit::uf2_blocks(memory, shape.fill).map_err(too_large)?;
            write_pieces(path, blocks.inspect(|block| len += block.len()))
        }
        Ending::Raw => {
            let bytes = emit::raw(memory, shape.from, shape.fill).map_err(too_large)?;
            len = bytes.len();
            write_pieces(path, std::iter::once(bytes))
        }
    }
    .map_err(unwritable(path))?;
    Ok(len)
}

/// A file that cannot be written.
pub fn unwritable(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::WriteFile { path, source }
}

/// A file that cannot be made, or used.
pub fn bad(path: &Path, source: rtboot_bootable::Error) -> Error {
    Error::Firmware {
        path: path.to_owned(),
        source,
    }
}

/// Bytes of the text that a memory becomes; 0 for formats that are no text.
pub fn text_len(ending: Ending, memory: &Memory) -> u64 {
    match ending {
        Ending::Hex => emit::intel_hex_len(memory),
        Ending::SRecord => emit::s_record_len(memory, NAME),
        Ending::Uf2 | Ending::Raw => 0,
    }
}

/// Refuses a file that rtboot would not read again because of its length.
pub fn check_text_len(path: &Path, len: u64) -> Result<()> {
    let limit = Firmware::FILE_LIMIT as u64;
    match len > limit {
        true => Err(Error::Usage(format!(
            "{} would have {len} bytes, and files of more than {limit} are not read again; name a raw one (.bin), or a smaller range",
            path.display()
        ))),
        false => Ok(()),
    }
}

/// Checks, before any byte is read, that [`deliver`] can make its file.
pub fn try_deliver(file: Option<&Path>, report: &Report) -> Result<()> {
    file.map_or(Ok(()), |file| try_out(file, report))
}

/// Puts bytes that were read into a file, when one is named; else they are shown.
pub fn deliver(address: u32, bytes: Vec<u8>, file: Option<&Path>) -> Result<BytesRead> {
    let Some(file) = file else {
        return Ok(BytesRead::here(address, bytes));
    };
    write_whole(file, &bytes).map_err(unwritable(file))?;
    let name = file.display().to_string();
    Ok(BytesRead::in_file(address, bytes.len(), name))
}

/// Writes to stdout and flushes: the error of a write that stays in the buffer would be lost.
pub fn write_stdout(content: &[u8]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(content)?;
    stdout.flush()
}

/// Writes to a temporary file and renames it, so that a failed write leaves the old file whole.
pub fn write_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    write_pieces(path, std::iter::once(content))
}

/// The same for content that is made piece by piece.
pub fn write_pieces(
    path: &Path,
    pieces: impl Iterator<Item = impl AsRef<[u8]>>,
) -> std::io::Result<()> {
    if is_stream(path) {
        return write_all(std::io::stdout().lock(), pieces)?.flush();
    }
    let folder = folder(path);
    let is_special = std::fs::metadata(path).is_ok_and(|known| !known.is_file());
    if is_special {
        // a pipe or device must not be replaced by a file; opening a folder fails by itself
        return write_all(std::fs::File::create(path)?, pieces).map(drop);
    }
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // permissions of an ordinary new file; the umask takes its bits away
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
