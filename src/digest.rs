//! SHA-256, as programs and people compare files by it.

use sha2::{Digest, Sha256};

/// SHA-256 of these pieces, one behind the other, in hex.
pub fn sha256(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> String {
    let mut digest = Sha256::new();
    for piece in pieces {
        digest.update(piece.as_ref());
    }
    let digest = digest.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
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
