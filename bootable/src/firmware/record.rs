//! What Intel HEX and S-records share: lines of hexadecimal digits with a checksum.

/// What is wrong with a line of a HEX or S-record file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordProblem {
    /// The line does not begin as a record does.
    #[error("it begins with {found:?}, not with {expected}")]
    Start {
        /// Its first characters.
        found: String,
        /// ":" or "S0 to S9".
        expected: &'static str,
    },
    /// A character that is no hexadecimal digit.
    #[error("column {column} holds {found:?}, which is no hexadecimal digit")]
    Digit {
        /// Column, from 1.
        column: usize,
        /// The character.
        found: char,
    },
    /// Half a byte at the end.
    #[error("it has an odd number of digits: a character is missing")]
    OddDigits,
    /// Too few or too many bytes for its own length.
    #[error("its length says {expected} bytes, but {found} are there")]
    Length {
        /// Bytes that the length field asks for.
        expected: usize,
        /// Bytes on the line.
        found: usize,
    },
    /// The checksum does not fit.
    #[error("its checksum is {found:#04x}, but its bytes give {expected:#04x}")]
    Checksum {
        /// Checksum computed from the bytes.
        expected: u8,
        /// Checksum on the line.
        found: u8,
    },
    /// A record type that does not exist.
    #[error("{found} is no record type")]
    Type {
        /// The type as it stands there.
        found: String,
    },
    /// A record of a fixed size has another.
    #[error("a record of type {kind} carries {expected} bytes, not {found}")]
    Payload {
        /// The type.
        kind: String,
        /// Bytes it should have.
        expected: usize,
        /// Bytes it has.
        found: usize,
    },
    /// Data runs over the end of the 64 KiB that its upper address covers, or of the address space.
    #[error("{len} bytes at {address:#010x} run over the end of {what}")]
    Wrap {
        /// Where the record begins.
        address: u32,
        /// Its bytes.
        len: usize,
        /// "its 64 KiB segment" or "the address space".
        what: &'static str,
    },
    /// Something follows the record that ends the file.
    #[error("it comes after the record that ends the file (line {end})")]
    AfterEnd {
        /// Line of the end record.
        end: usize,
    },
    /// The file ends without its last record.
    #[error("the file ends here without {expected}: it is cut off")]
    NoEnd {
        /// "an end-of-file record (type 01)" or "S7, S8 or S9".
        expected: &'static str,
    },
    /// The count record does not fit.
    #[error("it counts {found} data records, but {expected} came before it")]
    Count {
        /// Data records before it.
        expected: usize,
        /// What the record says.
        found: usize,
    },
}

/// Lines with their numbers from 1, without line ends and the blanks around them; empty ones left out.
///
/// A Ctrl-Z at the end, as DOS tools write it, is a blank too. Without any line feed a carriage return ends a line.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let blank = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0 | 0x1A);
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let end = match bytes.contains(&b'\n') {
        true => b'\n',
        false => b'\r',
    };
    let lines = bytes.split(move |&byte| byte == end).enumerate();
    lines.filter_map(move |(number, line)| {
        let from = line.iter().position(|byte| !blank(byte))?;
        let to = line.iter().rposition(|byte| !blank(byte))?;
        Some((number + 1, line.get(from..=to)?))
    })
}

/// Pairs of digits as bytes. `column` is that of the first digit.
pub(super) fn digits(text: &[u8], column: usize) -> Result<Vec<u8>, RecordProblem> {
    let digit = |index: usize, byte: u8| {
        let value = (byte as char).to_digit(16).map(|value| value as u8);
        value.ok_or(RecordProblem::Digit {
            column: column + index,
            found: byte as char,
        })
    };
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for (index, pair) in text.chunks(2).enumerate() {
        match *pair {
            [high, low] => bytes.push(digit(index * 2, high)? << 4 | digit(index * 2 + 1, low)?),
            [high] => {
                return Err(digit(index * 2, high)
                    .err()
                    .unwrap_or(RecordProblem::OddDigits));
            }
            _ => {}
        }
    }
    Ok(bytes)
}

/// The first characters of a line that is no record.
pub(super) fn start(line: &[u8]) -> String {
    String::from_utf8_lossy(line.get(..line.len().min(8)).unwrap_or_default()).into_owned()
}
