//! The chain of entries: each station's entries, each with the hash of the one before.

use hmac_sha256::Hash;

/// What comes before a station's first entry.
pub(crate) const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry, without its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub station: String,
    pub seq: i64,
    /// Milliseconds since 1970: data only, the order is that of `seq`.
    pub at: i64,
    pub kind: String,
    /// JSON with sorted keys.
    pub body: String,
    pub prev: String,
}

impl Entry {
    /// SHA-256 over the fields, each followed by a line feed, in hex: anybody can recompute it with `sha256sum`.
    pub(crate) fn hash(&self) -> String {
        let mut hash = Hash::new();
        let (seq, at) = (self.seq.to_string(), self.at.to_string());
        for field in [&self.prev, &self.station, &seq, &at, &self.kind, &self.body] {
            hash.update(field.as_bytes());
            hash.update(b"\n");
        }
        hex(&hash.finalize())
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
