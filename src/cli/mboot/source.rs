//! Bytes to send, as a person names them: a file, the first bytes of one, or hex digits in braces.

use std::path::Path;

use rtboot::file::{self, Limit};
use rtboot::{Error, Result};

use crate::cli::number;

/// What to send: a file, the first bytes of a file (`FILE,COUNT`), or bytes in double braces (`{{11 22 33}}`).
pub fn read(text: &str) -> Result<Vec<u8>> {
    if let Some(hex) = text.strip_prefix("{{").and_then(|t| t.strip_suffix("}}")) {
        return hex_bytes(hex);
    }
    let path = Path::new(text);
    if let Some((file, count)) = text.rsplit_once(',')
        && !path.exists()
        && let Ok(count) = number::parse_u32(count)
    {
        let mut bytes = file::read(Path::new(file), Limit::Firmware)?;
        if (count as usize) > bytes.len() {
            return Err(Error::Usage(format!(
                "{file} has {} bytes, not {count}",
                bytes.len()
            )));
        }
        bytes.truncate(count as usize);
        return Ok(bytes);
    }
    file::read(path, Limit::Firmware)
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
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_braces_are_read_and_nonsense_is_named() {
        assert_eq!(read("{{11 22_aa}}").unwrap(), [0x11, 0x22, 0xAA]);
        assert_eq!(read("{{0f}}").unwrap(), [0x0F]);
        for (text, why) in [
            ("{{}}", "there are none"),
            ("{{123}}", "half a byte"),
            ("{{0x12}}", "'x' is no hex digit"),
            ("{{zz}}", "'z' is no hex digit"),
        ] {
            let error = read(text).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
