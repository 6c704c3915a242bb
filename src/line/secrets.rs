//! Secrets of units at a station: its identity, and for whom it encrypts.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rtboot_sealed::{Identity, Recipient, seal_secret};
use zeroize::Zeroizing;

use crate::file::{self, Limit};

/// What a station opens secrets with, and whom it encrypts new ones for.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    identity: Arc<Identity>,
    recipients: Vec<Recipient>,
}

impl Secrets {
    /// Reads an identity's file. `recipients` are those that the station's settings name; its own must be among them.
    ///
    /// # Errors
    /// In words, without a part of the key.
    pub(crate) fn read(path: &Path, recipients: &[Recipient]) -> Result<Secrets, String> {
        let name = path.display();
        others_cannot_read(path)?;
        let text = file::read(path, Limit::Text).map_err(|error| error.to_string())?;
        let text = Zeroizing::new(text);
        let text = std::str::from_utf8(&text).map_err(|_| format!("{name} is not text"))?;
        let identity = Identity::from_text(text).map_err(|error| format!("{name}: {error}"))?;
        let own = identity.recipient();
        if !recipients.contains(&own) {
            return Err(format!(
                "{name} is the identity of {own}, which `recipients` does not name"
            ));
        }
        Ok(Secrets {
            identity: Arc::new(identity),
            recipients: recipients.to_vec(),
        })
    }

    /// Opens a secret of this pool.
    ///
    /// # Errors
    /// In words.
    pub(crate) fn open(&self, pool: &str, cell: &str) -> Result<Zeroizing<String>, String> {
        let opened = self.identity.open(cell);
        opened.map_err(|error| {
            let own = self.identity.recipient();
            format!("pool {pool}: {error}; this station is {own}")
        })
    }

    /// Encrypts a text for the station and whoever else its settings name.
    ///
    /// # Errors
    /// In words.
    pub(crate) fn seal(&self, text: &str) -> Result<String, String> {
        seal_secret(text, &self.recipients).map_err(|error| error.to_string())
    }
}

/// Makes an identity in a new file that only its owner can read.
pub(super) fn make_identity(path: &Path) -> std::io::Result<Recipient> {
    use std::io::Write;

    let other = |error: rtboot_sealed::Error| std::io::Error::other(error.to_string());
    let identity = Identity::new().map_err(other)?;
    let text = identity.to_text().map_err(other)?;
    let mut options = fs::OpenOptions::new();
    // an identity that is there is never replaced: what is encrypted for it would be lost
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(identity.recipient())
}

fn others_cannot_read(path: &Path) -> Result<(), String> {
    let meta = fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        if meta.mode() & 0o077 != 0 {
            return Err(format!(
                "{} can be read by others: chmod 600",
                path.display()
            ));
        }
    }
    let _ = meta;
    Ok(())
}

/// Memory with secrets is not to be written to a file when the program breaks off.
pub(super) fn no_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let maximum = getrlimit(Resource::Core).maximum;
        let none = Rlimit {
            current: Some(0),
            maximum,
        };
        let _ = setrlimit(Resource::Core, none);
    }
}

/// A message of an error without bytes of flash, as in "expected 0xd1, found 0xff": they may be of a secret. Addresses stay.
pub(super) fn without_bytes(text: &str) -> String {
    let mut words = text.split("0x");
    let mut shown = words.next().unwrap_or_default().to_owned();
    for word in words {
        shown.push_str("0x");
        let digits = word
            .find(|c: char| !c.is_ascii_hexdigit())
            .unwrap_or(word.len());
        match digits {
            0..=2 => {
                shown.push_str("..");
                shown.push_str(&word[digits..]);
            }
            _ => shown.push_str(word),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_flash_are_left_out_of_messages_and_addresses_stay() {
        let told = "flash differs at 0x60004003: expected 0xd1, found 0xff (2 of 16 bytes differ)";
        let shown = without_bytes(told);
        assert_eq!(
            shown,
            "flash differs at 0x60004003: expected 0x.., found 0x.. (2 of 16 bytes differ)"
        );
        assert_eq!(without_bytes("0x1"), "0x..");
        assert_eq!(without_bytes("no flash"), "no flash");
    }

    #[cfg(unix)]
    #[test]
    fn identity_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secrets.key");
        let own = make_identity(&file).expect("made");
        let mode = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(make_identity(&file).is_err(), "never replaced");
        let secrets = Secrets::read(&file, &[own]).expect("read");
        let cell = secrets.seal("k3y").expect("sealed");
        assert_eq!(secrets.open("key", &cell).expect("opened").as_str(), "k3y");
        let other = Identity::new().expect("a key").recipient();
        let refused = Secrets::read(&file, &[other]).expect_err("not pinned");
        assert!(refused.contains("does not name"), "{refused}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("set");
        let refused = Secrets::read(&file, &[own]).expect_err("readable");
        assert!(refused.contains("chmod 600"), "{refused}");
    }
}
