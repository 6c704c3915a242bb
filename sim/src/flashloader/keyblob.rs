//! generate-key-blob: a data key in, a wrapped one out.
//!
//! | offset | bytes | field                                              |
//! |--------|-------|----------------------------------------------------|
//! | 0      | 8     | HAB header: 81, length 0038 (BE), 43, 66 55 10 00  |
//! | 8      | 16    | random blob key, encrypted with the master key     |
//! | 24     | 16    | data key, AES-CCM with the blob key                |
//! | 40     | 16    | tag                                                |
//! | 56     | 16    | zero                                               |
//!
//! Source: genuine RT1021 flashloader, emulated. The random numbers and the master key are the virtual board's own.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use ccm::Ccm;
use ccm::aead::Aead;
use ccm::consts::{U13, U16};

/// Bytes of the data key.
pub const KEY_LEN: u32 = 16;
/// Bytes of the blob.
pub const BLOB_LEN: u32 = 72;

/// The board's master key.
const MASTER_KEY: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// Random words spent on one blob.
const ENTROPY_WORDS: usize = 6;

/// Keys given and blobs made.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The data key; bytes not given stay what they were.
    key: [u8; KEY_LEN as usize],
    given: usize,
    blob: Vec<u8>,
    sent: usize,
    seed: u32,
}

impl Default for Keys {
    fn default() -> Keys {
        Keys {
            key: [0; KEY_LEN as usize],
            given: 0,
            blob: Vec::new(),
            sent: 0,
            seed: 1,
        }
    }
}

impl Keys {
    /// The next key starts.
    pub fn restart(&mut self) {
        self.given = 0;
    }

    /// A piece of the data key.
    pub fn feed(&mut self, bytes: &[u8]) {
        for (place, byte) in self.key[self.given..].iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.given = (self.given + bytes.len()).min(self.key.len());
    }

    /// Makes the blob.
    pub fn generate(&mut self) {
        let words: Vec<u32> = (0..ENTROPY_WORDS).map(|_| self.random()).collect();
        let mut blob_key = [0; 16];
        for (place, word) in blob_key.chunks_exact_mut(4).zip(&words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        self.blob = vec![0x81, 0x00, 0x38, 0x43, 0x66, 0x55, 0x10, 0x00];
        let mut wrapped = blob_key.into();
        Aes128::new(&MASTER_KEY.into()).encrypt_block(&mut wrapped);
        self.blob.extend(wrapped);
        let ccm = Ccm::<Aes128, U16, U13>::new(&blob_key.into());
        // ciphertext, then tag; it can fail only for more than 64 KiB of data
        let sealed = ccm.encrypt(&[0; 13].into(), &self.key[..]);
        self.blob.extend(sealed.unwrap_or_default());
        self.blob.resize(BLOB_LEN as usize, 0);
        self.sent = 0;
    }

    /// The next bytes of the blob.
    pub fn blob(&mut self, len: usize) -> Vec<u8> {
        let rest = self.blob.iter().skip(self.sent).copied();
        let piece = rest.chain(std::iter::repeat(0)).take(len).collect();
        self.sent += len;
        piece
    }

    /// The virtual board's random numbers: a linear congruential generator, the same every time.
    fn random(&mut self) -> u32 {
        self.seed = self.seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        self.seed
    }
}
