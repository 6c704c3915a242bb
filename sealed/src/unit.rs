//! Origin a unit's numbers to bytes at addresses.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::job::{Encoding, Job, Origin};
use crate::{Error, Result};

/// Tag and length of a record of a table.
pub(crate) const HEAD_OF_RECORD: usize = 4;
/// The last tag of a table and its CRC.
pub(crate) const END_OF_TABLE: usize = 6;

/// A number that a unit has of a pool.
#[derive(Clone, PartialEq, Eq)]
pub struct UnitNumber {
    /// The number; of a list, the row.
    pub value: i64,
    /// As text: of a secret, the secret itself. It is cleared when this is dropped.
    pub text: String,
}

impl fmt::Debug for UnitNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // the text may be a secret
        write!(f, "UnitNumber({})", self.value)
    }
}

impl Drop for UnitNumber {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

/// Bytes that belong at an address.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Patch {
    /// Address of the first byte.
    pub at: u32,
    /// The bytes. They are cleared when this is dropped.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Patch({:#010x}, {} bytes)", self.at, self.bytes.len())
    }
}

impl Drop for Patch {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl Job {
    /// The bytes of one unit, in the order of their addresses. `uid` is the chip's unique id as 16 hex digits, `numbers` what the
    /// ledger gave, by the pools' names.
    ///
    /// # Errors
    /// [`Error::Unit`] for a number that is missing, or that does not fit.
    pub fn patches(&self, uid: &str, numbers: &BTreeMap<String, UnitNumber>) -> Result<Vec<Patch>> {
        let mut patches = Vec::new();
        for field in &self.fields {
            let bytes = self.bytes_of(field.at, &field.from, field.encoding, uid, numbers)?;
            patches.push(filled(
                &bytes,
                field.size,
                field.fill,
                &field.from,
                field.at,
            )?);
        }
        for table in &self.tables {
            // of its size from the beginning: a vector that grows leaves copies behind
            let mut bytes = Zeroizing::new(Vec::with_capacity(table.size as usize));
            for record in &table.records {
                let value = self.bytes_of(table.at, &record.from, record.encoding, uid, numbers)?;
                let length = u16::try_from(value.len()).map_err(|_| Error::Unit {
                    what: name_of(&record.from),
                    at: table.at,
                    reason: format!("{} bytes are too long for a record", value.len()),
                })?;
                bytes.extend(record.tag.to_le_bytes());
                bytes.extend(length.to_le_bytes());
                bytes.extend(value.iter());
            }
            bytes.extend(0xFFFF_u16.to_le_bytes());
            let crc = rtboot_wire::loader::crc32(&bytes);
            bytes.extend(crc.to_le_bytes());
            let table_words = Origin::Text("table".into());
            patches.push(filled(&bytes, table.size, 0xFF, &table_words, table.at)?);
        }
        patches.sort_by_key(|patch| patch.at);
        Ok(patches)
    }

    fn bytes_of(
        &self,
        at: u32,
        from: &Origin,
        encoding: Encoding,
        uid: &str,
        numbers: &BTreeMap<String, UnitNumber>,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let fail = |reason: String| Error::Unit {
            what: name_of(from),
            at,
            reason,
        };
        let (value, text) = match from {
            Origin::UniqueId => (None, uid),
            Origin::Text(text) => (None, text.as_str()),
            Origin::Pool(pool) => {
                let number = numbers
                    .get(pool)
                    .ok_or_else(|| fail("the unit has no number of it".into()))?;
                (Some(number.value), number.text.as_str())
            }
        };
        let secret = matches!(from, Origin::Pool(pool) if self.has_secrets_in(pool));
        let bytes = encode(encoding, value, text).map_err(|reason| {
            fail(match secret {
                // the reason quotes the text
                true => format!("the secret cannot be taken as {}", encoding.name()),
                false => reason,
            })
        });
        bytes.map(Zeroizing::new)
    }
}

fn name_of(from: &Origin) -> String {
    match from {
        Origin::Pool(pool) => pool.clone(),
        Origin::UniqueId => "unique id".into(),
        Origin::Text(_) => "text".into(),
    }
}

fn filled(bytes: &[u8], size: u32, with: u8, from: &Origin, at: u32) -> Result<Patch> {
    if bytes.len() > size as usize {
        return Err(Error::Unit {
            what: name_of(from),
            at,
            reason: format!("it takes {} bytes, and {size} are there", bytes.len()),
        });
    }
    let mut all = vec![with; size as usize];
    all[..bytes.len()].copy_from_slice(bytes);
    Ok(Patch { at, bytes: all })
}

/// The bytes of a number or a text.
pub(crate) fn encode(
    encoding: Encoding,
    value: Option<i64>,
    text: &str,
) -> std::result::Result<Vec<u8>, String> {
    let number = || match value {
        Some(value) => u64::try_from(value).map_err(|_| format!("{value} is negative")),
        None => Err(format!("\"{text}\" has no number: take it as text or hex")),
    };
    let four = || {
        let number = number()?;
        u32::try_from(number).map_err(|_| format!("{number} needs more than four bytes"))
    };
    match encoding {
        Encoding::Text => Ok(text.as_bytes().to_vec()),
        Encoding::CString if text.contains('\0') => Err("a text with a zero in it".into()),
        Encoding::CString => Ok([text.as_bytes(), &[0]].concat()),
        Encoding::U32Le => Ok(four()?.to_le_bytes().to_vec()),
        Encoding::U32Be => Ok(four()?.to_be_bytes().to_vec()),
        Encoding::U64Le => Ok(number()?.to_le_bytes().to_vec()),
        Encoding::Mac => Ok(mac_value(text)?.to_be_bytes()[2..].to_vec()),
        Encoding::Hex => hex(text).ok_or_else(|| format!("\"{text}\" is not pairs of hex digits")),
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().filter(|c| !matches!(c, ':' | '-' | ' '));
    let mut digits = digits.map(|c| c.to_digit(16));
    // of its size from the beginning: it may be a secret, and a vector that grows leaves copies behind
    let mut bytes = Vec::with_capacity(text.len() / 2);
    while let Some(high) = digits.next() {
        bytes.push((high? * 16 + digits.next()??) as u8);
    }
    (!bytes.is_empty()).then_some(bytes)
}

/// A MAC address as a number: six pairs of hex digits with colons or dashes between them.
pub(crate) fn mac_value(text: &str) -> std::result::Result<i64, String> {
    parsed_mac(text).ok_or_else(|| format!("\"{text}\" is no MAC address"))
}

fn parsed_mac(text: &str) -> Option<i64> {
    let by = if text.contains(':') { ':' } else { '-' };
    let pairs: Vec<&str> = text.split(by).collect();
    if pairs.len() != 6 {
        return None;
    }
    pairs.iter().try_fold(0, |value, pair| {
        let right = pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
        let byte = i64::from_str_radix(pair, 16).ok().filter(|_| right)?;
        Some(value << 8 | byte)
    })
}
