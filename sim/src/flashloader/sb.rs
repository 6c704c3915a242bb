//! receive-sb-file: looks at the header of what comes; boot commands inside are not modelled.

use super::status::{SB_SIGNATURE, Status};

/// Bytes up to the end of the signature in an SB 1.x header: a SHA-1 digest, then "STMP".
const HEADER: usize = 24;

/// What has come so far.
#[derive(Debug, Clone, Default)]
pub struct Loader {
    header: Vec<u8>,
}

impl Loader {
    /// Takes a piece; refuses the file as soon as its header shows that it is none.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Status> {
        let missing = HEADER - self.header.len();
        self.header.extend(bytes.iter().take(missing));
        if self.header.len() == HEADER && self.header[20..] != *b"STMP" { Err(SB_SIGNATURE) } else { Ok(()) }
    }
}
