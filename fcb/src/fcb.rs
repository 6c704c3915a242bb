//! The configuration block: 512 bytes at the start of the flash that tell the boot ROM how to read it.

mod layout;
mod show;
mod value;
mod words;

pub(crate) use words::size as size_in_words;

pub use layout::Spec;
pub use show::{FieldDiff, FieldValue};
pub use value::SequenceCall;

use core::fmt;

use byteorder::{ByteOrder, LE};

use crate::Error;
use crate::lut::Sequence;

/// A FlexSPI NOR configuration block (FCB): 512 bytes, little-endian, kept whole.
///
/// Every field that has a name has a getter and a setter (`sflash_a1_size`, `set_sflash_a1_size`);
/// bytes without a name survive from [`Fcb::parse`] to [`Fcb::to_bytes`].
///
/// | offset | bytes | what                                               |
/// |--------|-------|----------------------------------------------------|
/// | 0x000  | 128   | memory configuration: sampling, device mode, clock, sizes |
/// | 0x080  | 256   | look-up table: 16 sequences                        |
/// | 0x180  | 64    | which sequences to use instead of the usual ones   |
/// | 0x1C0  | 64    | NOR geometry: page, sector, block                  |
///
/// Source: RT1020 ROM driver `bl_flexspi.h` and `flexspi_nor_flash.h`, SDK FlexSPI NOR headers,
/// imxrt-boot-gen; they agree.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fcb {
    bytes: [u8; Fcb::LEN],
}

impl Fcb {
    /// Bytes of a block.
    pub const LEN: usize = 512;
    /// "FCFB" as a little-endian word.
    #[doc(alias = "tag")]
    pub const TAG: u32 = 0x4246_4346;
    /// The version every RT10xx tool writes: "V", 1, 4, 0.
    #[doc(alias = "version")]
    pub const VERSION: u32 = 0x5601_0400;

    /// A block with tag and version, all else zero.
    pub fn new() -> Fcb {
        let mut fcb = Fcb {
            bytes: [0; Fcb::LEN],
        };
        LE::write_u32(&mut fcb.bytes[layout::TAG], Fcb::TAG);
        fcb.set_version(Fcb::VERSION);
        fcb
    }

    /// Takes the first 512 bytes of `bytes` as a block.
    ///
    /// Fails when there are fewer or the tag is another. Nothing else is checked: odd values show in [`Fcb::fields`].
    pub fn parse(bytes: &[u8]) -> Result<Fcb, Error> {
        let short = Error::Length {
            expected: Fcb::LEN,
            found: bytes.len(),
        };
        let bytes = *bytes.first_chunk::<{ Fcb::LEN }>().ok_or(short)?;
        match LE::read_u32(&bytes[layout::TAG]) {
            Fcb::TAG => Ok(Fcb { bytes }),
            found => Err(Error::Tag {
                expected: Fcb::TAG,
                found,
            }),
        }
    }

    /// The bytes as they go into the flash.
    pub fn as_bytes(&self) -> &[u8; Fcb::LEN] {
        &self.bytes
    }

    /// A copy of the bytes as they go into the flash.
    pub fn to_bytes(&self) -> [u8; Fcb::LEN] {
        self.bytes
    }

    /// Sequence `index` of the look-up table; empty beyond the sixteenth.
    #[doc(alias = "lookupTable")]
    pub fn sequence(&self, index: usize) -> Sequence {
        let (chunks, _) = self.bytes[layout::LUT].as_chunks::<{ Sequence::LEN }>();
        chunks
            .get(index)
            .map_or(Sequence::EMPTY, Sequence::from_bytes)
    }

    /// Puts a sequence in its place; beyond the sixteenth nothing happens.
    #[doc(alias = "lookupTable")]
    pub fn set_sequence(&mut self, index: usize, sequence: &Sequence) {
        let (chunks, _) = self.bytes[layout::LUT].as_chunks_mut::<{ Sequence::LEN }>();
        if let Some(place) = chunks.get_mut(index) {
            *place = sequence.to_bytes();
        }
    }

    /// All bytes of flash that the four chip selects cover together.
    pub fn total_size(&self) -> u64 {
        [
            self.sflash_a1_size(),
            self.sflash_a2_size(),
            self.sflash_b1_size(),
            self.sflash_b2_size(),
        ]
        .map(u64::from)
        .iter()
        .sum()
    }
}

impl Default for Fcb {
    fn default() -> Fcb {
        Fcb::new()
    }
}

impl fmt::Debug for Fcb {
    /// The fields that are not zero, by name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Fcb");
        for field in self
            .fields()
            .iter()
            .filter(|field| field.values.iter().any(|value| *value != 0))
        {
            out.field(field.name, &field.value);
        }
        out.finish()
    }
}
