use byteorder::{ByteOrder, LE};

/// Which sequences of the table to play: how many, from which index on. Two reserved bytes follow.
///
/// The ROM driver's header comment gives the two bytes in the other order; its code, SPSDK and public FCBs agree on this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[doc(alias = "flexspi_lut_seq_t")]
pub struct SequenceCall {
    /// Number of sequences, 0 for none.
    #[doc(alias = "seqNum")]
    pub count: u8,
    /// Index of the first.
    #[doc(alias = "seqId")]
    pub index: u8,
}

/// A field's value as it lies in the block.
pub(super) trait Value: Sized {
    /// Bytes of one element.
    const WIDTH: usize;
    /// Elements.
    const COUNT: usize;
    /// `bytes` has exactly WIDTH * COUNT bytes.
    fn read(bytes: &[u8]) -> Self;
    fn write(&self, bytes: &mut [u8]);
}

impl Value for u8 {
    const WIDTH: usize = 1;
    const COUNT: usize = 1;
    fn read(bytes: &[u8]) -> u8 {
        bytes[0]
    }
    fn write(&self, bytes: &mut [u8]) {
        bytes[0] = *self;
    }
}

impl Value for u16 {
    const WIDTH: usize = 2;
    const COUNT: usize = 1;
    fn read(bytes: &[u8]) -> u16 {
        LE::read_u16(bytes)
    }
    fn write(&self, bytes: &mut [u8]) {
        LE::write_u16(bytes, *self);
    }
}

impl Value for u32 {
    const WIDTH: usize = 4;
    const COUNT: usize = 1;
    fn read(bytes: &[u8]) -> u32 {
        LE::read_u32(bytes)
    }
    fn write(&self, bytes: &mut [u8]) {
        LE::write_u32(bytes, *self);
    }
}

impl Value for SequenceCall {
    const WIDTH: usize = 1;
    const COUNT: usize = 4;
    fn read(bytes: &[u8]) -> SequenceCall {
        SequenceCall {
            count: bytes[0],
            index: bytes[1],
        }
    }
    fn write(&self, bytes: &mut [u8]) {
        bytes[0] = self.count;
        bytes[1] = self.index;
    }
}

impl<T: Value, const N: usize> Value for [T; N] {
    const WIDTH: usize = T::WIDTH;
    const COUNT: usize = T::COUNT * N;
    fn read(bytes: &[u8]) -> [T; N] {
        let len = T::WIDTH * T::COUNT;
        core::array::from_fn(|i| T::read(&bytes[i * len..(i + 1) * len]))
    }
    fn write(&self, bytes: &mut [u8]) {
        for (value, place) in self.iter().zip(bytes.chunks_exact_mut(T::WIDTH * T::COUNT)) {
            value.write(place);
        }
    }
}
