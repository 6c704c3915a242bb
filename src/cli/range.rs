//! Ranges of addresses as people type them: ADDRESS LENGTH, FROM..TO, ADDRESS+LENGTH.

use rtboot::{Error, Result, job};

use super::number;

/// How a range may be written.
pub const FORMS: &str =
    "ADDRESS LENGTH, FROM..TO or ADDRESS+LENGTH, as in 0x60000000 4K or 0x60000000..0x60001000";

/// Numbers from here on are addresses: the flash begins at twice as much, and the largest memory has a quarter of it.
const NO_LENGTH: u32 = 0x3000_0000;

/// A range with at least one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// First address.
    pub address: u32,
    /// How many bytes.
    pub length: u32,
}

impl Range {
    /// First address after it.
    pub fn end(&self) -> u64 {
        u64::from(self.address) + u64::from(self.length)
    }
}

/// A range of one or two words.
pub fn parse(words: &[String]) -> Result<Range> {
    let range = match words {
        [one] => in_one_word(one),
        [address, length] => by_length(address, length),
        _ => Err(format!("a range is {FORMS}")),
    };
    let range = range.map_err(Error::Usage)?;
    job::end_of(range.address, range.length)?;
    Ok(range)
}

fn in_one_word(word: &str) -> std::result::Result<Range, String> {
    if let Some((from, to)) = word.split_once("..") {
        let from = number::parse_address(from)?;
        let to = number::parse_end(to)?;
        let length = to.checked_sub(u64::from(from)).filter(|length| *length > 0);
        let length = length.ok_or_else(|| {
            format!("\"{word}\" has no byte: its end must lie behind its first address")
        })?;
        let length = u32::try_from(length).map_err(|_| format!("\"{word}\" is too long"))?;
        return Ok(Range {
            address: from,
            length,
        });
    }
    if let Some((address, length)) = word.split_once('+') {
        return by_length(address, length);
    }
    number::parse_address(word)?;
    Err(format!("the length is missing: a range is {FORMS}"))
}

fn by_length(address: &str, length: &str) -> std::result::Result<Range, String> {
    if address.contains("..") || address.contains('+') {
        return Err(format!(
            "\"{address}\" is a range already, so \"{length}\" is too much"
        ));
    }
    let range = Range {
        address: number::parse_address(address)?,
        length: number::parse_u32(length)?,
    };
    // no memory is as long as flash is far
    match range.length >= NO_LENGTH && range.address < NO_LENGTH {
        true => Err(format!(
            "{length} is no length, so the two stand the wrong way round: {length} {address} is {address} bytes from {length} on"
        )),
        false => Ok(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(words: &[&str]) -> std::result::Result<(u32, u32), String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let range = parse(&words).map_err(|error| error.to_string())?;
        Ok((range.address, range.length))
    }

    #[test]
    fn three_forms_mean_the_same_range() {
        let same = Ok((0x6000_1000, 0x1000));
        assert_eq!(range(&["0x60001000", "4K"]), same);
        assert_eq!(range(&["0x60001000+4K"]), same);
        assert_eq!(range(&["0x60001000..0x60002000"]), same);
        assert_eq!(range(&["0xFFFFFFF0..0x100000000"]), Ok((0xFFFF_FFF0, 16)));
    }

    #[test]
    fn what_is_no_range_names_the_slip() {
        for (words, reason) in [
            (&["0x60000000"][..], "the length is missing"),
            (&["0x60000000..0x60000000"], "has no byte"),
            (&["0x60001000..0x60000000"], "has no byte"),
            (&["0x60000000..0x60001000", "4K"], "is too much"),
            (&["0x60000000+"], "is no number"),
            (&["0x60000000", "0"], "the length is 0"),
            (&["0xFFFFFFF0+32"], "past the end of the address space"),
            (&["60000000", "4K"], "0x60000000"),
            (&["out.bin", "4K"], "\"out.bin\" is no number"),
            (&["0..0x100000000"], "too long"),
            (
                &["4K", "0x60000000"],
                "0x60000000 4K is 4K bytes from 0x60000000 on",
            ),
        ] {
            let error = range(words).expect_err(words[0]);
            assert!(error.contains(reason), "{words:?}: {error}");
        }
    }
}
