//! Numbers and durations as people type them.

use std::time::Duration;

/// A number: decimal or `0x…`, with `_` anywhere and a K (1024) or M (1024²) at its end. `what` is for the message.
fn number(text: &str) -> Result<u64, String> {
    let clean: String = text.trim().chars().filter(|&c| c != '_').collect();
    let (hex, rest) = match clean
        .strip_prefix("0x")
        .or_else(|| clean.strip_prefix("0X"))
    {
        Some(rest) => (true, rest),
        None => (false, clean.as_str()),
    };
    let (digits, factor) = match rest.char_indices().last() {
        Some((at, 'K' | 'k')) => (&rest[..at], 1 << 10),
        Some((at, 'M' | 'm')) => (&rest[..at], 1 << 20),
        _ => (rest, 1),
    };
    let radix = if hex { 16 } else { 10 };
    let bad =
        || format!("\"{text}\" is no number; write it as 4096, 0x1000, 0x6000_0000, 4K or 1M");
    if digits.starts_with('+') {
        return Err(bad());
    }
    let value = u64::from_str_radix(digits, radix).map_err(|_| bad())?;
    value
        .checked_mul(factor)
        .ok_or_else(|| format!("\"{text}\" is too large"))
}

/// A number of up to 32 bits: an address, a length, a word.
pub fn parse_u32(text: &str) -> Result<u32, String> {
    u32::try_from(number(text)?).map_err(|_| format!("\"{text}\" does not fit 32 bits"))
}

/// An address. Eight decimal digits are refused: no memory lies there, and a forgotten `0x` is likely.
pub fn parse_address(text: &str) -> Result<u32, String> {
    let clean = text.trim();
    let looks_hex = clean.len() == 8 && clean.bytes().all(|byte| byte.is_ascii_hexdigit());
    match parse_u32(text) {
        Ok(value) if looks_hex => Err(format!(
            "\"{text}\" is decimal ({value:#010x}), where no memory lies; with 0x it is 0x{clean}"
        )),
        Err(_) if looks_hex => Err(format!("\"{text}\" is no number; with 0x it is 0x{clean}")),
        other => other,
    }
}

/// First address after a range: that of the whole address space does not fit 32 bits.
pub fn parse_end(text: &str) -> Result<u64, String> {
    match number(text) {
        Ok(end) if end == 1 << 32 => Ok(end),
        _ => parse_address(text).map(u64::from),
    }
}

/// A number of up to 8 bits.
pub fn parse_u8(text: &str) -> Result<u8, String> {
    u8::try_from(number(text)?).map_err(|_| format!("\"{text}\" does not fit 8 bits"))
}

/// A duration: `500ms`, `30s`, `2m`; a bare number means seconds.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let bad =
        || format!("\"{text}\" is no duration; write it as 500ms, 30s or 2m (at most one day)");
    let text = text.trim();
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let count: u64 = digits.parse().map_err(|_| bad())?;
    let ms = match unit.trim() {
        "ms" => Some(count),
        "s" | "" => count.checked_mul(1_000),
        "m" | "min" => count.checked_mul(60_000),
        _ => None,
    };
    match ms {
        Some(ms) if ms <= 86_400_000 => Ok(Duration::from_millis(ms)),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_hex_decimal_underscores_and_units() {
        for (text, value) in [
            ("0", 0),
            ("4096", 4096),
            ("0x1000", 0x1000),
            ("0X6000_0000", 0x6000_0000),
            ("1_000", 1000),
            ("4K", 4096),
            ("8m", 8 << 20),
            ("0x10K", 0x4000),
            ("0xFFFFFFFF", u32::MAX),
        ] {
            assert_eq!(parse_u32(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn bad_number_names_the_accepted_forms() {
        for text in ["", "0x", "K", "12h", "-1", "+5", "0x+5", "4KK", "1.5M"] {
            let error = parse_u32(text).expect_err(text);
            assert!(error.contains("0x1000"), "{text}: {error}");
        }
        for text in ["0x1_0000_0000", "4096M", "99999999999999999999M"] {
            assert!(parse_u32(text).is_err(), "{text}");
        }
    }

    #[test]
    fn address_without_0x_is_told() {
        assert_eq!(parse_address("0x60000000"), Ok(0x6000_0000));
        assert_eq!(parse_address("1610612736"), Ok(0x6000_0000));
        assert_eq!(parse_address("0"), Ok(0));
        for text in ["60000000", "6000a000"] {
            let error = parse_address(text).expect_err(text);
            assert!(error.contains(&format!("0x{text}")), "{error}");
        }
        assert!(parse_address("6000").is_ok(), "short numbers are decimal");
    }

    #[test]
    fn durations_have_a_unit_or_are_seconds() {
        let ms = |text| parse_duration(text).map(|d| d.as_millis());
        assert_eq!(ms("500ms"), Ok(500));
        assert_eq!(ms("30s"), Ok(30_000));
        assert_eq!(ms("30"), Ok(30_000));
        assert_eq!(ms("2m"), Ok(120_000));
        for text in [
            "",
            "s",
            "1h",
            "-1s",
            "1.5s",
            "99999999999999999999s",
            "100000s",
        ] {
            assert!(ms(text).is_err(), "{text}");
        }
    }
}
