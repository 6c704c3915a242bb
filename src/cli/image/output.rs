//! A memory into a file, in the format that the file's ending names.

use std::path::Path;

use rtboot::{Error, Result};
use rtboot_bootable::{Firmware, Memory, emit};

use crate::cli::Context;
use crate::cli::read::write_pieces;

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
        let ending = path
            .extension()
            .map(|end| end.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("hex" | "ihex") => Ending::Hex,
            Some("srec" | "s19" | "s28" | "s37" | "mot") => Ending::SRecord,
            Some("uf2") => Ending::Uf2,
            _ => Ending::Raw,
        }
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
///
/// # Errors
/// [`Error::Firmware`] when it would be too large, [`Error::WriteFile`].
pub fn write(path: &Path, memory: &Memory, shape: Shape) -> Result<usize> {
    let too_large = |source| bad(path, source);
    let unwritable = |source| Error::WriteFile {
        path: path.to_owned(),
        source,
    };
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
    .map_err(unwritable)?;
    Ok(len)
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

/// That a file is not longer than what is read again.
///
/// # Errors
/// [`Error::Usage`] with the way out.
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

/// Says what was written.
pub fn tell(context: &mut Context, path: &Path, memory: &Memory, len: usize) {
    let ranges: Vec<String> = memory
        .segments()
        .take(8)
        .map(|(start, bytes)| {
            format!(
                "{start:#010x}..{:#010x}",
                u64::from(start) + bytes.len() as u64
            )
        })
        .collect();
    let more = if memory.segments().count() > 8 {
        ", ..."
    } else {
        ""
    };
    context.report.result(serde_json::json!({
        "file": path.display().to_string(),
        "file_bytes": len,
        "ranges": memory.segments().map(|(start, bytes)| serde_json::json!([start, bytes.len()])).collect::<Vec<_>>(),
    }));
    context.report.line(format!(
        "{}: {len} bytes, {}{more}",
        path.display(),
        ranges.join(", ")
    ));
    if len > Firmware::FILE_LIMIT {
        let text = format!(
            "{}: other tools may take it, rtboot reads no file of more than {} bytes again; a raw one (.bin) or a smaller range it does",
            path.display(),
            Firmware::FILE_LIMIT
        );
        context.report.warn("file-large", text);
    }
}
