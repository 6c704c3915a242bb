#![no_std]
#![forbid(unsafe_code)]
//! What the loader computes over bytes: SHA-256, CRC-32, LZ4 blocks. Compiled for speed, the rest of the loader for size.
//!
//! All three are written here because the usual crates take 14 KiB (sha2), take a table of 1 KiB (crc) or need an allocator
//! (lz4_flex); the tests compare with all of them.

mod crc32;
mod lz4;
mod sha256;

pub use crc32::Crc32;
pub use lz4::{Decoder, Malformed};
pub use sha256::Sha256;
