//! How a number becomes text: `RT{value:06}{check:luhn}`.

use std::fmt::Write;

/// Digits of a number in base 34: no I and no O, which are read as 1 and 0.
const BASE34: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Most characters of a text.
const LONGEST: usize = 120;

/// A format: text with places for the number and its check digits.
///
/// | place | gives |
/// |--|--|
/// | `{value}`, `{value:06}` | decimal digits, at least that many |
/// | `{value:4x}`, `{value:4X}` | hex digits |
/// | `{value:5a}` | base 34: digits and capitals without I and O |
/// | `{mac}`, `{mac:-}` | the number as 48 bits: `00:1b:c5:00:00:01`, `00-1b-…` |
/// | `{check:luhn}` | Luhn's digit over the digits before it |
/// | `{check:mod97}` | two digits after ISO 7064 MOD 97-10 over digits and letters before it |
/// | `{{`, `}}` | a brace |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Decimal(usize),
    Hex(usize, bool),
    Base34(usize),
    Mac(char),
    Luhn,
    Mod97,
}

/// A format that cannot be used, or a number that does not fit in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("number format \"{format}\": {reason}")]
pub struct FormatError {
    /// The format.
    pub format: String,
    /// What is wrong.
    pub reason: String,
}

impl Format {
    /// Reads a format.
    ///
    /// # Errors
    /// [`FormatError`]: an unknown place, a brace without its other, no place for the number, control characters.
    pub fn parse(text: &str) -> Result<Format, FormatError> {
        let fail = |reason: String| FormatError {
            format: text.chars().take(LONGEST).collect(),
            reason,
        };
        if text.len() > LONGEST {
            return Err(fail(format!("longer than {LONGEST} bytes")));
        }
        if text.chars().any(char::is_control) {
            return Err(fail("it has a control character".into()));
        }
        let mut parts = Vec::new();
        let (mut plain, mut rest) = (String::new(), text);
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            match c {
                '{' | '}' if rest.starts_with(c) => {
                    plain.push(c);
                    rest = &rest[1..];
                }
                '}' => return Err(fail("a } without its {".into())),
                '{' => {
                    let Some((place, after)) = rest.split_once('}') else {
                        return Err(fail("a { without its }".into()));
                    };
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    let part = place_of(place).ok_or_else(|| {
                        fail(format!(
                            "{{{place}}} is none of {{value}}, {{value:06}}, {{value:4x}}, {{value:5a}}, {{mac}}, {{check:luhn}}, \
                             {{check:mod97}}"
                        ))
                    })?;
                    parts.push(part);
                    rest = after;
                }
                c => plain.push(c),
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        let is_number = |part: &Part| !matches!(part, Part::Text(_) | Part::Luhn | Part::Mod97);
        if !parts.iter().any(is_number) {
            return Err(fail("it has no place for the number, as {value}".into()));
        }
        Ok(Format {
            text: text.to_owned(),
            parts,
        })
    }

    /// The format as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text of a number. Two numbers never give the same text.
    ///
    /// # Errors
    /// [`FormatError`] for a negative number, and for one of more than 48 bits where a MAC address is asked for.
    pub fn of(&self, value: i64) -> Result<String, FormatError> {
        let fail = |reason: String| FormatError {
            format: self.text.clone(),
            reason,
        };
        let value =
            u64::try_from(value).map_err(|_| fail(format!("{value} is a negative number")))?;
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Decimal(width) => {
                    let _ = write!(text, "{value:0width$}");
                }
                Part::Hex(width, false) => {
                    let _ = write!(text, "{value:0width$x}");
                }
                Part::Hex(width, true) => {
                    let _ = write!(text, "{value:0width$X}");
                }
                Part::Base34(width) => text.push_str(&base34(value, *width)),
                Part::Mac(by) => {
                    if value >= 1 << 48 {
                        return Err(fail(format!("{value:#x} has more than 48 bits")));
                    }
                    let bytes = value.to_be_bytes();
                    let pairs: Vec<String> = bytes[2..]
                        .iter()
                        .map(|byte| format!("{byte:02x}"))
                        .collect();
                    text.push_str(&pairs.join(&by.to_string()));
                }
                Part::Luhn => text.push(luhn(&text)),
                Part::Mod97 => {
                    let check = mod97(&text);
                    let _ = write!(text, "{check:02}");
                }
            }
        }
        Ok(text)
    }
}

fn place_of(place: &str) -> Option<Part> {
    let (name, how) = match place.split_once(':') {
        Some((name, how)) => (name, Some(how)),
        None => (place, None),
    };
    match (name, how) {
        ("value", None) => Some(Part::Decimal(1)),
        ("value", Some(how)) => {
            let digits = how.trim_end_matches(['x', 'X', 'a']);
            let width: usize = digits
                .parse()
                .ok()
                .filter(|width| (1..=20).contains(width))?;
            match &how[digits.len()..] {
                "" => Some(Part::Decimal(width)),
                "x" => Some(Part::Hex(width, false)),
                "X" => Some(Part::Hex(width, true)),
                "a" => Some(Part::Base34(width)),
                _ => None,
            }
        }
        ("mac", None) => Some(Part::Mac(':')),
        ("mac", Some("-")) => Some(Part::Mac('-')),
        ("check", Some("luhn")) => Some(Part::Luhn),
        ("check", Some("mod97")) => Some(Part::Mod97),
        _ => None,
    }
}

fn base34(mut value: u64, width: usize) -> String {
    let mut digits = Vec::new();
    while value > 0 || digits.len() < width {
        digits.push(BASE34[(value % 34) as usize] as char);
        value /= 34;
    }
    digits.iter().rev().collect()
}

/// Luhn's digit over the decimal digits of a text: ISO/IEC 7812-1, annex B.
fn luhn(text: &str) -> char {
    let digits = text.chars().rev().filter_map(|c| c.to_digit(10));
    let sum: u32 = digits
        .enumerate()
        .map(|(i, digit)| match i % 2 {
            0 if digit > 4 => digit * 2 - 9,
            0 => digit * 2,
            _ => digit,
        })
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

/// ISO/IEC 7064 MOD 97-10 over digits and letters (A = 10 … Z = 35), as an IBAN has it.
fn mod97(text: &str) -> u32 {
    let step = |rest: u32, c: char| match c.to_digit(36) {
        Some(digit @ 0..=9) => (rest * 10 + digit) % 97,
        Some(letter) => (rest * 100 + letter) % 97,
        None => rest,
    };
    let rest = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .fold(0, step);
    98 - rest * 100 % 97
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: &str, value: i64) -> String {
        Format::parse(format)
            .expect(format)
            .of(value)
            .expect(format)
    }

    #[test]
    fn places_give_their_digits() {
        assert_eq!(text("{value}", 7), "7");
        assert_eq!(text("SN{value:06}", 42), "SN000042");
        assert_eq!(text("{value:4x}-{value:4X}", 0xABC), "0abc-0ABC");
        assert_eq!(text("{value:3a}", 34 * 34 - 1), "0ZZ");
        assert_eq!(text("{value:1a}", 18), "J", "no I in base 34");
        assert_eq!(text("{mac}", 0x001B_C500_0001), "00:1b:c5:00:00:01");
        assert_eq!(text("{mac:-}", 1), "00-00-00-00-00-01");
        assert_eq!(text("{{{value}}}", 5), "{5}");
    }

    #[test]
    fn check_digits_are_those_of_the_standards() {
        // the example of ISO/IEC 7812-1, and IBAN's example number
        assert_eq!(text("{value}{check:luhn}", 7_992_739_871), "79927398713");
        assert_eq!(text("{value}{check:mod97}", 794), "79444");
    }

    #[test]
    fn formats_that_cannot_work_are_refused_with_their_reason() {
        for (format, reason) in [
            ("SN", "no place"),
            ("{value", "without its }"),
            ("value}", "without its {"),
            ("{serial}", "is none of"),
            ("{value:0}", "is none of"),
            ("{value:21}", "is none of"),
            ("{value:4q}", "is none of"),
            ("{value}\n", "control character"),
            ("{check:luhn}", "no place"),
        ] {
            let error = Format::parse(format).expect_err(format);
            assert!(error.reason.contains(reason), "{format}: {error}");
        }
        let long = "x".repeat(200);
        assert!(Format::parse(&long).is_err());
        assert!(Format::parse("{mac}").unwrap().of(1 << 48).is_err());
        assert!(Format::parse("{value}").unwrap().of(-1).is_err());
    }
}
