//! Secrets of units, as keys: encrypted for the stations that write them, and nowhere else in the clear.
//!
//! The format is that of age, version 1, with X25519 recipients (<https://age-encryption.org/v1>), so that secrets are also made and
//! opened by `age`, `rage` and their libraries. A secret has one chunk at most. In a list, in a ledger and in every record it is a
//! *cell*: `age:` and the age file in base64.
//!
//! ```text
//! age-encryption.org/v1
//! -> X25519 <ephemeral key>
//! <file key, wrapped>
//! --- <HMAC over all of this>
//! <nonce, 16 bytes> <ChaCha20-Poly1305 of the text>
//! ```

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use hmac_sha256::{HKDF, HMAC};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, Zeroizing};

use crate::{Error, Result};

/// How a secret's cell begins: what [`rtboot_ledger::is_secret`] knows it by.
const CELL: &str = "age:";
/// Longest text of a secret: age's first chunk.
const LONGEST: usize = 64 << 10;
/// Longest cell that is looked at.
const LONGEST_CELL: usize = 128 << 10;

const VERSION: &str = "age-encryption.org/v1";
const STANZA: &str = "X25519";
const INFO: &str = "age-encryption.org/v1/X25519";
const FILE_KEY: usize = 16;
const NONCE: usize = 16;
const TAG: usize = 16;

const RECIPIENT: &str = "age";
const IDENTITY: &str = "age-secret-key-";

/// Whom secrets are encrypted for: a station. As text `age1…`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Recipient([u8; 32]);

/// What opens secrets that were encrypted for its recipient. As text `AGE-SECRET-KEY-1…`; it is never printed.
pub struct Identity(StaticSecret);

fn bad(reason: &str) -> Error {
    Error::Key(reason.to_owned())
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes)
        .map_err(|error| Error::Key(format!("the system gives no random numbers: {error}")))?;
    Ok(bytes)
}

fn of_bech32(text: &str, kind: &str) -> Option<Zeroizing<[u8; 32]>> {
    let checked = CheckedHrpstring::new::<Bech32>(text).ok()?;
    if !checked.hrp().as_str().eq_ignore_ascii_case(kind) {
        return None;
    }
    let mut bytes = Zeroizing::new([0; 32]);
    let mut there = checked.byte_iter();
    for byte in bytes.iter_mut() {
        *byte = there.next()?;
    }
    there.next().is_none().then_some(bytes)
}

fn to_bech32(kind: &str, bytes: &[u8]) -> Result<String> {
    let kind = Hrp::parse(kind).map_err(|_| bad("no kind of key"))?;
    bech32::encode::<Bech32>(kind, bytes).map_err(|_| bad("too long for a key"))
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_bech32(RECIPIENT, &self.0).unwrap_or_default())
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

impl FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Recipient> {
        let bytes = of_bech32(text.trim(), RECIPIENT);
        let bytes = bytes.ok_or_else(|| bad("a recipient of secrets looks like age1…"))?;
        Ok(Recipient(*bytes))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity of {}", self.recipient())
    }
}

impl Identity {
    /// A new one, from the system's random numbers.
    ///
    /// # Errors
    /// [`Error::Key`] when the system has none.
    pub fn new() -> Result<Identity> {
        Ok(Identity(StaticSecret::from(*random::<32>()?)))
    }

    /// The first identity of a file as `age-keygen` writes it; lines that begin with `#` say something to people.
    ///
    /// # Errors
    /// [`Error::Key`], which never has a part of the key in it.
    pub fn from_text(text: &str) -> Result<Identity> {
        let mut lines = text.lines().map(str::trim);
        let line = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
        let bytes = line.and_then(|line| of_bech32(line, IDENTITY));
        let bytes = bytes.ok_or_else(|| bad("it holds no AGE-SECRET-KEY-1…"))?;
        Ok(Identity(StaticSecret::from(*bytes)))
    }

    /// The text of its file, which nobody but its owner should be able to read.
    ///
    /// # Errors
    /// None that a key of this type can have.
    pub fn to_text(&self) -> Result<Zeroizing<String>> {
        let mut key = to_bech32(IDENTITY, self.0.as_bytes())?;
        let text = format!(
            "# recipient: {}\n{}\n",
            self.recipient(),
            key.to_ascii_uppercase()
        );
        key.zeroize();
        Ok(Zeroizing::new(text))
    }

    /// Whom to encrypt for, so that this opens it.
    pub fn recipient(&self) -> Recipient {
        Recipient(PublicKey::from(&self.0).to_bytes())
    }

    /// Opens a cell.
    ///
    /// # Errors
    /// [`Error::Secret`]: it is none, it was changed, or it is for others.
    pub fn open(&self, cell: &str) -> Result<Zeroizing<String>> {
        let file = of_cell(cell)?;
        let header = Header::of(&file)?;
        let mut wrapped = header.stanzas.iter();
        let key = wrapped.find_map(|(ephemeral, body)| self.unwrap(ephemeral, body));
        let key = key.ok_or_else(|| wrong("it is encrypted for others"))?;
        let prk = HKDF::extract([], *key);
        let mut of_header = Zeroizing::new([0; 32]);
        HKDF::expand(&mut *of_header, prk, b"header");
        if !HMAC::verify(header.signed, *of_header, &header.mac) {
            return Err(wrong("it was changed"));
        }
        let (nonce, sealed) = header.payload;
        let cipher = payload_cipher(&key, nonce);
        let text = cipher.decrypt(&last_chunk(), sealed);
        let text = text.map_err(|_| wrong("it was changed"))?;
        let text = String::from_utf8(text).map_err(|error| {
            error.into_bytes().zeroize();
            wrong("it is not text in UTF-8")
        })?;
        Ok(Zeroizing::new(text))
    }

    fn unwrap(&self, ephemeral: &[u8; 32], body: &[u8]) -> Option<Zeroizing<[u8; FILE_KEY]>> {
        let shared = self.0.diffie_hellman(&PublicKey::from(*ephemeral));
        if !shared.was_contributory() {
            return None;
        }
        let cipher = wrap_cipher(shared.as_bytes(), ephemeral, &self.recipient().0);
        let plain = Zeroizing::new(cipher.decrypt(&Nonce::default(), body).ok()?);
        Some(Zeroizing::new(plain.as_slice().try_into().ok()?))
    }
}

/// Encrypts a text for all of these recipients; each of them can open it alone.
///
/// # Errors
/// [`Error::Secret`] for a text that is too long or for nobody, [`Error::Key`] when the system has no random numbers.
pub fn seal_secret(text: &str, recipients: &[Recipient]) -> Result<String> {
    if recipients.is_empty() {
        return Err(wrong("nobody could open it"));
    }
    if text.len() > LONGEST {
        return Err(wrong("it is longer than 64 KiB"));
    }
    let key = random::<FILE_KEY>()?;
    let mut header = format!("{VERSION}\n");
    for recipient in recipients {
        let ephemeral = StaticSecret::from(*random::<32>()?);
        let share = PublicKey::from(&ephemeral).to_bytes();
        let shared = ephemeral.diffie_hellman(&PublicKey::from(recipient.0));
        if !shared.was_contributory() {
            return Err(bad("this recipient is no key"));
        }
        let cipher = wrap_cipher(shared.as_bytes(), &share, &recipient.0);
        let wrapped = cipher.encrypt(&Nonce::default(), key.as_slice());
        let wrapped = wrapped.map_err(|_| wrong("it cannot be encrypted"))?;
        header.push_str(&format!(
            "-> {STANZA} {}\n{}\n",
            STANDARD_NO_PAD.encode(share),
            STANDARD_NO_PAD.encode(wrapped)
        ));
    }
    header.push_str("---");
    let mut of_header = Zeroizing::new([0; 32]);
    HKDF::expand(&mut *of_header, HKDF::extract([], *key), b"header");
    let mac = HMAC::mac(header.as_bytes(), *of_header);
    let mut file = format!("{header} {}\n", STANDARD_NO_PAD.encode(mac)).into_bytes();
    let nonce = random::<NONCE>()?;
    file.extend(nonce.iter());
    let sealed = payload_cipher(&key, &nonce).encrypt(&last_chunk(), text.as_bytes());
    file.extend(sealed.map_err(|_| wrong("it cannot be encrypted"))?);
    Ok(format!("{CELL}{}", STANDARD.encode(file)))
}

/// How many bytes the text of a cell has: that much an encrypted text tells everybody.
///
/// # Errors
/// [`Error::Secret`].
pub fn secret_length(cell: &str) -> Result<usize> {
    let file = of_cell(cell)?;
    let (_, sealed) = Header::of(&file)?.payload;
    Ok(sealed.len() - TAG)
}

fn wrong(reason: &str) -> Error {
    Error::Secret(reason.to_owned())
}

fn of_cell(cell: &str) -> Result<Vec<u8>> {
    let text = cell
        .strip_prefix(CELL)
        .filter(|_| cell.len() <= LONGEST_CELL);
    let text = text.ok_or_else(|| wrong("it does not begin with age:"))?;
    STANDARD
        .decode(text)
        .map_err(|_| wrong("it is not base64 behind age:"))
}

fn wrap_cipher(shared: &[u8; 32], share: &[u8; 32], recipient: &[u8; 32]) -> ChaCha20Poly1305 {
    let mut salt = [0; 64];
    salt[..32].copy_from_slice(share);
    salt[32..].copy_from_slice(recipient);
    let mut key = Zeroizing::new([0; 32]);
    HKDF::expand(&mut *key, HKDF::extract(salt, shared), INFO);
    ChaCha20Poly1305::new(&(*key).into())
}

fn payload_cipher(file_key: &[u8; FILE_KEY], nonce: &[u8; NONCE]) -> ChaCha20Poly1305 {
    let mut key = Zeroizing::new([0; 32]);
    HKDF::expand(&mut *key, HKDF::extract(nonce, file_key), b"payload");
    ChaCha20Poly1305::new(&(*key).into())
}

/// The nonce of the first chunk, where it is the last one, too.
fn last_chunk() -> Nonce {
    let mut nonce = [0; 12];
    nonce[11] = 1;
    nonce.into()
}

/// An age file's parts.
struct Header<'a> {
    /// Of each X25519 recipient: the ephemeral key, and the file key as it is wrapped.
    stanzas: Vec<([u8; 32], Vec<u8>)>,
    /// What the MAC is over.
    signed: &'a [u8],
    mac: [u8; 32],
    payload: (&'a [u8; NONCE], &'a [u8]),
}

impl<'a> Header<'a> {
    fn of(file: &'a [u8]) -> Result<Header<'a>> {
        Header::parse(file).ok_or_else(|| wrong("it is no age file of one chunk"))
    }

    fn parse(file: &'a [u8]) -> Option<Header<'a>> {
        let mut at = 0;
        let mut line = || {
            let length = file[at..].iter().position(|&byte| byte == b'\n')?;
            let line = std::str::from_utf8(&file[at..at + length]).ok()?;
            let start = at;
            at += length + 1;
            Some((start, line))
        };
        if line()?.1 != VERSION {
            return None;
        }
        let mut stanzas = Vec::new();
        let (signed, mac) = loop {
            let (start, head) = line()?;
            if let Some(mac) = head.strip_prefix("--- ") {
                break (&file[..start + 3], base64(mac)?.try_into().ok()?);
            }
            let mut words = head.strip_prefix("-> ")?.split(' ');
            let mut body = Vec::new();
            // a body ends with a line that is shorter than 64 characters
            loop {
                let (_, part) = line()?;
                body.extend(base64(part)?);
                if part.len() < 64 {
                    break;
                }
            }
            if let (Some(STANZA), Some(share), None) = (words.next(), words.next(), words.next()) {
                stanzas.push((base64(share)?.try_into().ok()?, body));
            }
        };
        let (nonce, sealed) = file[at..].split_first_chunk::<NONCE>()?;
        let one_chunk = (TAG..=LONGEST + TAG).contains(&sealed.len());
        one_chunk.then_some(Header {
            stanzas,
            signed,
            mac,
            payload: (nonce, sealed),
        })
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use rtboot_ledger::{is_secret, shown};

    use super::*;

    #[test]
    fn only_those_it_is_for_open_a_secret() {
        let (one, two, other) = (Identity::new(), Identity::new(), Identity::new());
        let (one, two, other) = (
            one.expect("a key"),
            two.expect("a key"),
            other.expect("a key"),
        );
        let cell = seal_secret("k3y", &[one.recipient(), two.recipient()]).expect("sealed");
        assert!(is_secret(&cell) && !cell.contains("k3y"));
        assert_eq!(secret_length(&cell).expect("a length"), 3);
        for reader in [&one, &two] {
            assert_eq!(reader.open(&cell).expect("opened").as_str(), "k3y");
        }
        let refused = other.open(&cell).expect_err("not for it").to_string();
        assert!(refused.contains("for others"), "{refused}");
        let again = seal_secret("k3y", &[one.recipient()]).expect("sealed");
        assert_ne!(shown(&cell), shown(&again));
        assert!(seal_secret("k3y", &[]).is_err());
        assert!(seal_secret(&"x".repeat(LONGEST + 1), &[one.recipient()]).is_err());
        let long = seal_secret(&"x".repeat(LONGEST), &[one.recipient()]).expect("sealed");
        assert_eq!(one.open(&long).expect("opened").len(), LONGEST);
    }

    #[test]
    fn changed_secret_is_not_opened_and_panics_nowhere() {
        let reader = Identity::new().expect("a key");
        let cell = seal_secret("0011223344556677", &[reader.recipient()]).expect("sealed");
        let file = of_cell(&cell).expect("base64");
        for at in 0..file.len() {
            let mut changed = file.clone();
            changed[at] ^= 1;
            let changed = format!("{CELL}{}", STANDARD.encode(&changed));
            assert!(reader.open(&changed).is_err(), "byte {at}");
            let cut = format!("{CELL}{}", STANDARD.encode(&file[..at]));
            assert!(reader.open(&cut).is_err(), "cut at {at}");
            let _ = secret_length(&cut);
        }
        for text in ["", "age:", "age:!", "RT000017", "age:YWdl"] {
            assert!(reader.open(text).is_err(), "{text}");
        }
    }

    /// Made by the age crate, version 0.12.1, for a key that nobody uses. It has a second stanza of a kind that nobody knows.
    #[test]
    fn secret_that_age_made_is_opened() {
        let key = "AGE-SECRET-KEY-1G2M64NTK0NZ40CMATN2FSPED3ZMN8JUF99GWNFLM63TQ0D2L8P7QAW8WV7";
        let cell = "age:YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBkcUdwVldxYVVyc21xUnJuNHRTMnczZmdwYjVHZ0YzRjFTRS9O\
                    dU8vRTJBCnVhSENCeE9lWGtPNm5UUTl5QmIrS290VUw0ak1zSDNwb0FCdHFKSE5LaVEKLT4gfTM5altELWdyZWFzZQpJTEo3\
                    MmdEUWFYazdyLzBKbytFZktmRU0vWkdEcEV3RjdBCi0tLSBxaWZ6VjZzdU4rS2N2MWxhZ2lVUzNjUFh6bEdsaXdlWmZXSnd4\
                    WlVlb2dZCh5ALFl4jfeOw/V2Gn575F+SUljquKLuECycblbY38Pm8/1I3O8QkYSYxnaNGyCx";
        let reader = Identity::from_text(key).expect("an identity");
        assert_eq!(
            reader.open(cell).expect("opened").as_str(),
            "secret number 0"
        );
        assert_eq!(secret_length(cell).expect("a length"), 15);
    }

    #[test]
    fn identity_is_read_as_age_writes_it_and_shown_to_nobody() {
        let identity = Identity::new().expect("a key");
        let text = identity.to_text().expect("text");
        let read = Identity::from_text(&text).expect("read");
        assert_eq!(read.recipient(), identity.recipient());
        assert!(text.contains("AGE-SECRET-KEY-1"));
        assert!(!format!("{identity:?}").contains("SECRET"));
        let recipient = identity.recipient().to_string();
        assert_eq!(
            recipient.parse::<Recipient>().expect("read"),
            identity.recipient()
        );
        assert!(recipient.to_ascii_uppercase().starts_with("AGE1"));
        for wrong in [
            "",
            "age1",
            "AGE-SECRET-KEY-1",
            &recipient[..recipient.len() - 1],
        ] {
            assert!(wrong.parse::<Recipient>().is_err(), "{wrong}");
            assert!(Identity::from_text(wrong).is_err(), "{wrong}");
        }
    }
}
