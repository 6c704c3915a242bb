//! Tells the format of a file from its content.

use super::{Format, uf2};
use crate::Error;

/// Leading bytes of other kinds of files.
const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xFF\xD8\xFF", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"\x1F\x8B\x08", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xFD7zXZ\0", "an xz archive"),
    (0, b"\x28\xB5\x2F\xFD", "a zstd archive"),
    (0, b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive"),
    (0, b"Rar!", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (
        0,
        b"!<arch>\n",
        "a static library (ar archive), not a linked program",
    ),
    (0, b"MZ\x90\x00", "a Windows program"),
    (0, b"\xCF\xFA\xED\xFE", "a macOS program"),
    (0, b"\xCE\xFA\xED\xFE", "a macOS program"),
    (0, b"\xCA\xFE\xBA\xBE", "a macOS or Java program"),
    (0, b"\0asm", "a WebAssembly module"),
    (
        20,
        b"STMP",
        "an NXP SB file; blhost's receive-sb-file takes it, and it can hold fuse commands",
    ),
    (
        0,
        b"sbv3",
        "an NXP SB3 file; blhost's receive-sb-file takes it, and it can hold fuse commands",
    ),
    (
        0,
        b"DfuSe",
        "a DfuSe file, for the DFU boot loader of ST's chips",
    ),
    (
        0,
        b"\xFF\xFE",
        "a text of 16-bit characters, as PowerShell's > writes it; give the file that the build made",
    ),
    (0, b"\xFE\xFF", "a text of 16-bit characters"),
    (0, b"SQLite format 3", "a database"),
    (0, b"BC\xC0\xDE", "LLVM bitcode, not a linked program"),
];

/// How text files of other kinds begin.
const TEXTS: &[(&[u8], &str)] = &[
    (
        b"version https://git-lfs",
        "a Git LFS pointer; the file itself was not fetched",
    ),
    (b"<!DOCTYPE", "an HTML page"),
    (b"<!doctype", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML document"),
    (b"{", "a JSON text"),
    (b"#!", "a script"),
    (b"@", "a Verilog or TI text file of hexadecimal digits"),
];

/// Extensions that promise a format.
const NAMES: &[(&str, Format)] = &[
    ("elf", Format::Elf),
    ("axf", Format::Elf),
    ("out", Format::Elf),
    ("hex", Format::IntelHex),
    ("ihex", Format::IntelHex),
    ("ihx", Format::IntelHex),
    ("srec", Format::SRecord),
    ("s19", Format::SRecord),
    ("s28", Format::SRecord),
    ("s37", Format::SRecord),
    ("mot", Format::SRecord),
    ("uf2", Format::Uf2),
];

/// What a file looks like, in words with an article: "an ELF file", "a ZIP archive", "binary data".
///
/// Never fails; for messages about files that are not what was wanted.
pub fn looks_like(bytes: &[u8]) -> String {
    known_content(bytes).unwrap_or_else(|| "binary data".to_owned())
}

/// As [`looks_like`]; `None` for binary data that nothing is known of.
pub(crate) fn known_content(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return Some("an empty file".to_owned());
    }
    let format = match by_magic(bytes) {
        Some(Format::Elf) => "an ELF file",
        Some(Format::IntelHex) => "an Intel HEX file",
        Some(Format::SRecord) => "an S-record file",
        Some(Format::Uf2) => "a UF2 file",
        _ => return foreign(bytes),
    };
    Some(format.to_owned())
}

/// Whether the file is of a format that says where its bytes go.
pub(crate) fn has_addresses(bytes: &[u8], name: Option<&str>) -> bool {
    matches!(format(bytes, name), Ok(format) if format != Format::Raw)
}

/// The format of a firmware file.
pub(super) fn format(bytes: &[u8], name: Option<&str>) -> Result<Format, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    if let Some(format) = by_magic(bytes) {
        return Ok(format);
    }
    let promised = name.and_then(by_name);
    match promised {
        // so that the error has a line: a HEX file whose first line is broken is still a HEX file
        Some(format @ (Format::IntelHex | Format::SRecord)) if is_text(bytes) => return Ok(format),
        _ => {}
    }
    if is_fcb_alone(bytes) {
        return Err(Error::FcbAlone);
    }
    if let Some(what) = foreign(bytes) {
        return Err(Error::NotFirmware { what });
    }
    match promised {
        Some(expected) => Err(Error::NotAsNamed {
            expected,
            begins: crate::bytes_text(bytes, 8),
        }),
        None => Ok(Format::Raw),
    }
}

fn by_magic(bytes: &[u8]) -> Option<Format> {
    if bytes.starts_with(b"\x7FELF") {
        return Some(Format::Elf);
    }
    if uf2::is_here(bytes) {
        return Some(Format::Uf2);
    }
    let (_, line) =
        super::record::lines(bytes.get(..bytes.len().min(1024)).unwrap_or_default()).next()?;
    let hex = |byte: &u8| byte.is_ascii_hexdigit();
    match line {
        [b':', rest @ ..] if rest.len() >= 8 && rest.iter().take(8).all(hex) => {
            Some(Format::IntelHex)
        }
        [b'S' | b's', b'0'..=b'9', rest @ ..]
            if rest.len() >= 6 && rest.iter().take(6).all(hex) =>
        {
            Some(Format::SRecord)
        }
        _ => None,
    }
}

fn by_name(name: &str) -> Option<Format> {
    let (_, extension) = name.rsplit_once('.')?;
    NAMES
        .iter()
        .find(|(known, _)| extension.eq_ignore_ascii_case(known))
        .map(|&(_, format)| format)
}

/// What a file is that is no firmware.
fn foreign(bytes: &[u8]) -> Option<String> {
    let signed = |(at, magic, _): &&(usize, &[u8], &str)| {
        bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic))
    };
    if let Some((_, _, what)) = SIGNATURES.iter().find(signed) {
        return Some((*what).to_owned());
    }
    if let Some(&first) = bytes
        .first()
        .filter(|&&first| bytes.iter().all(|&byte| byte == first))
    {
        return Some(format!("{} bytes of {first:#04x}: blank", bytes.len()));
    }
    if is_fcb_alone(bytes) {
        return Some("an FCB alone, without an application".to_owned());
    }
    if bytes.len() < 8 {
        return Some(format!("{} bytes, too few for a vector table", bytes.len()));
    }
    if !is_text(bytes) {
        return None;
    }
    let text = bytes.trim_ascii_start();
    let known = TEXTS.iter().find(|(start, _)| text.starts_with(start));
    Some(known.map_or("a text file", |(_, what)| what).to_owned())
}

/// True when the first 4 KiB are UTF-8 without control characters.
fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // a character may be cut at the end of the head
        Err(error) if error.error_len().is_none() => head
            .get(..error.valid_up_to())
            .and_then(|head| std::str::from_utf8(head).ok())
            .unwrap_or_default(),
        Err(_) => return false,
    };
    !text.is_empty()
        && text
            .chars()
            .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{1a}'))
}

/// An FCB, and not enough behind it for an IVT.
fn is_fcb_alone(bytes: &[u8]) -> bool {
    bytes.starts_with(b"FCFB") && bytes.len() <= 0x400
}

#[cfg(test)]
mod tests;
