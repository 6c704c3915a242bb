//! SHA-256, as programs and people compare files by it.

use std::fmt;

/// A SHA-256 that is being made.
#[derive(Clone, Default)]
pub struct Sha256(hmac_sha256::Hash);

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256")
    }
}

impl Sha256 {
    /// Of nothing yet.
    pub fn new() -> Sha256 {
        Sha256::default()
    }

    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> [u8; 32] {
        hmac_sha256::Hash::hash(bytes)
    }

    /// With these bytes behind all before.
    pub fn update(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes);
    }

    /// The digest.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize()
    }
}

/// SHA-256 of these pieces, one behind the other, in hex.
pub fn sha256(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> String {
    let mut digest = Sha256::new();
    for piece in pieces {
        digest.update(piece);
    }
    digest
        .finish()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::sha256;

    #[test]
    fn pieces_have_the_digest_of_the_whole() {
        // the example of FIPS 180-2
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(["abc"]), abc);
        assert_eq!(sha256(["a", "", "bc"]), abc);
    }
}
