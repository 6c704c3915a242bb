//! receive-sb-file: checks the header of the file; boot commands inside are not modelled.
//!
//! The firmware takes blocks of 16 bytes. The second one of a file holds "STMP" at its fourth byte and the major
//! version, at most 1, at its eighth. A block left unfinished by one command goes on with the next command's bytes.

use super::status::{SB_SIGNATURE, Status};

/// Bytes of a block.
const BLOCK: usize = 16;

/// What has come so far.
#[derive(Debug, Clone, Default)]
pub struct Loader {
    block: Vec<u8>,
    blocks: usize,
}

impl Loader {
    /// Another file starts.
    pub fn restart(&mut self) {
        self.blocks = 0;
    }

    /// Takes a piece; refuses the file as soon as its header is not that of an SB file.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Status> {
        for byte in bytes {
            self.block.push(*byte);
            if self.block.len() == BLOCK {
                let block = std::mem::take(&mut self.block);
                self.blocks = self.blocks.saturating_add(1);
                if self.blocks == 2 && (block[4..8] != *b"STMP" || block[8] > 1) {
                    return Err(SB_SIGNATURE);
                }
            }
        }
        Ok(())
    }
}
