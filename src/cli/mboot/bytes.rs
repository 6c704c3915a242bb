//! Bytes from and for people: files, `{{hex}}`, hex dumps.

use std::fs;
use std::path::Path;

use rtboot::{Error, Result};
use serde_json::json;

use crate::cli::{Report, number};

/// Bytes of one line of a dump.
const LINE: usize = 16;

pub use crate::cli::input::file as read_file;

/// Writes a whole file.
///
/// # Errors
/// [`Error::WriteFile`].
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(|source| Error::WriteFile {
        path: path.into(),
        source,
    })
}

/// What to send: a file, the first bytes of a file (`FILE,COUNT`), or bytes in double braces (`{{11 22 33}}`).
///
/// # Errors
/// As [`read_file`]; [`Error::Usage`] for bytes that are none.
pub fn read_source(text: &str) -> Result<Vec<u8>> {
    if let Some(hex) = text.strip_prefix("{{").and_then(|t| t.strip_suffix("}}")) {
        return hex_bytes(hex);
    }
    let path = Path::new(text);
    if let Some((file, count)) = text.rsplit_once(',')
        && !path.exists()
        && let Ok(count) = number::parse_u32(count)
    {
        let mut bytes = read_file(Path::new(file))?;
        if (count as usize) > bytes.len() {
            return Err(Error::Usage(format!(
                "{file} has {} bytes, not {count}",
                bytes.len()
            )));
        }
        bytes.truncate(count as usize);
        return Ok(bytes);
    }
    read_file(path)
}

fn hex_bytes(text: &str) -> Result<Vec<u8>> {
    let bad = |why: String| {
        Error::Usage(format!(
            "{{{{{text}}}}} are no bytes: {why}; write them as {{{{11 22 aa}}}} or {{{{1122aa}}}}"
        ))
    };
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | ','))
        .map(|c| {
            c.to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
                .ok_or_else(|| bad(format!("'{c}' is no hex digit")))
        })
        .collect::<Result<_>>()?;
    match digits.len() {
        0 => Err(bad("there are none".into())),
        n if n % 2 == 1 => Err(bad("half a byte is left over".into())),
        _ => Ok(digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect()),
    }
}

/// Two hex digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Lines of address, sixteen bytes, and their characters.
pub fn dump(address: u32, bytes: &[u8]) -> Vec<String> {
    bytes
        .chunks(LINE)
        .enumerate()
        .map(|(row, chunk)| {
            let at = address.wrapping_add((row * LINE) as u32);
            let mut text = format!("{at:08x}:");
            for column in 0..LINE {
                if column == LINE / 2 {
                    text.push(' ');
                }
                match chunk.get(column) {
                    Some(byte) => text.push_str(&format!(" {byte:02x}")),
                    None => text.push_str("   "),
                }
            }
            let readable = |byte: &u8| match byte {
                b' '..=b'~' => char::from(*byte),
                _ => '.',
            };
            let characters: String = chunk.iter().map(readable).collect();
            format!("{text}  |{characters}|")
        })
        .collect()
}

/// Gives bytes that were read to whoever wanted them: a file, or a dump; programs get them as hex.
///
/// # Errors
/// [`Error::WriteFile`].
pub fn deliver(report: &mut Report, address: u32, bytes: &[u8], file: Option<&Path>) -> Result<()> {
    report.result(json!({"address": address, "length": bytes.len()}));
    match file {
        Some(file) => {
            write_file(file, bytes)?;
            report.result(json!({"file": file.display().to_string()}));
            let text = format!("{} bytes to {}", bytes.len(), file.display());
            report.line(text);
        }
        None => {
            report.result(json!({"data": hex(bytes)}));
            for line in dump(address, bytes) {
                report.line(line);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_has_sixteen_bytes_a_line_and_their_characters() {
        let mut bytes: Vec<u8> = b"FCFB".to_vec();
        bytes.extend(0..14);
        assert_eq!(
            dump(0x6000_0000, &bytes),
            [
                "60000000: 46 43 46 42 00 01 02 03  04 05 06 07 08 09 0a 0b  |FCFB............|",
                "60000010: 0c 0d                                             |..|",
            ]
        );
        assert_eq!(dump(0, &[]), Vec::<String>::new());
    }

    #[test]
    fn bytes_in_braces_are_read_and_nonsense_is_named() {
        assert_eq!(read_source("{{11 22_aa}}").unwrap(), [0x11, 0x22, 0xAA]);
        assert_eq!(read_source("{{0f}}").unwrap(), [0x0F]);
        for (text, why) in [
            ("{{}}", "there are none"),
            ("{{123}}", "half a byte"),
            ("{{0x12}}", "'x' is no hex digit"),
            ("{{zz}}", "'z' is no hex digit"),
        ] {
            let error = read_source(text).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
