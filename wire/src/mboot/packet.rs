//! The layout that commands and responses share: four bytes, then up to seven words.

use core::fmt;
use core::ops::Deref;

use super::Tag;

/// Bytes before the parameters.
pub(super) const HEADER: usize = 4;
/// Most parameters of a packet: the 32-byte packet that every device takes has no space for more.
pub(super) const MAX_PARAMETERS: usize = 7;
const MAX_LEN: usize = HEADER + 4 * MAX_PARAMETERS;
/// Bit 0 of the flags: a data phase follows.
const DATA_FOLLOWS: u8 = 1;

/// Up to seven parameters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Parameters {
    // words from `count` on are 0, so that equal parameters are equal values
    words: [u32; MAX_PARAMETERS],
    count: u8,
}

impl Parameters {
    #[allow(clippy::indexing_slicing)] // i < N <= MAX_PARAMETERS, asserted when it is compiled
    pub(super) const fn of<const N: usize>(given: [u32; N]) -> Parameters {
        const { assert!(N <= MAX_PARAMETERS) };
        let mut words = [0; MAX_PARAMETERS];
        let mut i = 0;
        while i < N {
            words[i] = given[i];
            i += 1;
        }
        Parameters {
            words,
            count: N as u8,
        }
    }

    /// The parameters; `None` when there are more than seven.
    pub(super) fn collect(given: impl IntoIterator<Item = u32>) -> Option<Parameters> {
        let mut parameters = Parameters::of([]);
        for word in given {
            *parameters.words.get_mut(usize::from(parameters.count))? = word;
            parameters.count += 1;
        }
        Some(parameters)
    }

    pub(super) fn as_slice(&self) -> &[u32] {
        self.words
            .get(..usize::from(self.count))
            .unwrap_or_default()
    }
}

/// The packet of these parts.
pub(super) fn build(tag: Tag, data_follows: bool, parameters: &Parameters) -> PacketBytes {
    let mut bytes = [0; MAX_LEN];
    let flags = if data_follows { DATA_FOLLOWS } else { 0 };
    let header = [tag.0, flags, 0, parameters.count];
    let words = parameters.as_slice().iter().map(|word| word.to_le_bytes());
    let places = bytes.as_chunks_mut().0;
    for (place, word) in places.iter_mut().zip(core::iter::once(header).chain(words)) {
        *place = word;
    }
    PacketBytes {
        bytes,
        length: HEADER as u8 + 4 * parameters.count,
    }
}

/// The parts of a packet; `None` when it is shorter than it says or says it has more than seven parameters.
pub(super) fn parse(bytes: &[u8]) -> Option<(Tag, bool, Parameters)> {
    let (&[tag, flags, _, count], rest) = bytes.split_first_chunk::<HEADER>()?;
    let (words, _) = rest.get(..4 * usize::from(count))?.as_chunks();
    let parameters = Parameters::collect(words.iter().map(|word| u32::from_le_bytes(*word)))?;
    Some((Tag(tag), flags & DATA_FOLLOWS != 0, parameters))
}

/// The bytes of a command or response, 4 to 32 of them; used as a slice.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PacketBytes {
    bytes: [u8; MAX_LEN],
    length: u8,
}

impl Deref for PacketBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }
}

impl AsRef<[u8]> for PacketBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for PacketBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
