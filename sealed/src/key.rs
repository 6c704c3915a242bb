//! Keys that seal jobs: Ed25519, RFC 8032.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::{Error, Result};

/// First line of a secret key's file.
const SECRET: &str = "rtboot secret key 1";

/// A key that seals. It is never printed.
pub struct SecretKey(SigningKey);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey of {}", self.public())
    }
}

impl SecretKey {
    /// A new one, from the system's random numbers.
    ///
    /// # Errors
    /// [`Error::Key`] when the system has none.
    pub fn new() -> Result<SecretKey> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| Error::Key(format!("the system gives no random numbers: {error}")))?;
        Ok(SecretKey(SigningKey::from_bytes(&seed)))
    }

    /// From its file's text.
    ///
    /// # Errors
    /// [`Error::Key`], which never has a part of the key in it.
    pub fn from_text(text: &str) -> Result<SecretKey> {
        let mut lines = text.lines();
        let wrong = || Error::Key("not a secret key as rtboot writes it".into());
        if lines.next() != Some(SECRET) {
            return Err(wrong());
        }
        let seed = lines.next().and_then(from_hex).ok_or_else(wrong)?;
        Ok(SecretKey(SigningKey::from_bytes(&seed)))
    }

    /// The text of its file, which nobody but its owner should be able to read.
    pub fn to_text(&self) -> String {
        format!("{SECRET}\n{}\n", hex(self.0.as_bytes()))
    }

    /// The key that checks what this one seals.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

/// A key that checks seals: 64 hex digits as text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    pub(crate) fn checks(&self, bytes: &[u8], signature: &[u8; 64]) -> bool {
        // strict: no second signature fits the same bytes
        self.0
            .verify_strict(bytes, &Signature::from_bytes(signature))
            .is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<PublicKey> {
        let wrong = || Error::Key("a public key is 64 hex digits".into());
        let bytes = from_hex(text.trim()).ok_or_else(wrong)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| wrong())?;
        match key.is_weak() {
            true => Err(Error::Key("this public key fits any signature".into())),
            false => Ok(PublicKey(key)),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Exactly as many bytes as asked for.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}
