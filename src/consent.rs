//! Acts that cannot be undone, or that rtboot did not check, are confirmed in words, not by a flag.
//!
//! Every such act has exact words with its addresses and values in them. A job refuses it until its [`Consent`] holds them.

use std::fmt;

use rtboot_finding::Finding;

use crate::{Error, Result};

/// An act that must be confirmed, and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Act {
    /// What kind of act it is.
    pub kind: ActKind,
    /// What would happen, as the subject of a sentence: "erasing the whole flash".
    pub what: String,
    /// The exact words that confirm it.
    pub words: String,
}

/// Kinds of acts that must be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ActKind {
    /// All of the flash is erased.
    ErasesFlash,
    /// What is written can change fuses when it starts.
    CanChangeFuses,
    /// Fuses are burnt now.
    BurnsFuses,
    /// A raw command is not checked.
    Raw,
}

impl Act {
    /// Erasing the whole flash.
    pub fn erase_flash() -> Act {
        Act {
            kind: ActKind::ErasesFlash,
            what: "erasing the whole flash".into(),
            words: "erase the whole flash".into(),
        }
    }

    /// Writing an image that can change fuses, by this finding about it.
    pub fn write_dangerous_image(danger: &Finding) -> Act {
        Act {
            kind: ActKind::CanChangeFuses,
            what: format!("writing an image that can change fuses ({danger})"),
            words: "write an image that can change fuses".into(),
        }
    }

    /// A raw command that cannot be undone.
    pub fn raw(what: impl Into<String>, words: impl Into<String>) -> Act {
        Act {
            kind: ActKind::Raw,
            what: what.into(),
            words: words.into(),
        }
    }

    /// Burning fuses.
    pub fn burn(what: impl Into<String>, words: impl Into<String>) -> Act {
        Act {
            kind: ActKind::BurnsFuses,
            ..Act::raw(what, words)
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// The words that a person gave. Nothing is confirmed by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consent(Vec<String>);

impl Consent {
    /// These words were given.
    pub fn words(words: impl IntoIterator<Item = impl Into<String>>) -> Consent {
        Consent(words.into_iter().map(Into::into).collect())
    }

    /// Adds words.
    pub fn add(&mut self, words: impl Into<String>) {
        self.0.push(words.into());
    }

    /// Whether the words of this act, exactly, are among them.
    pub fn covers(&self, act: &Act) -> bool {
        self.0.contains(&act.words)
    }

    /// Lets the whole flash be erased when its words were given.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`].
    pub fn erase_flash(&self) -> Result<EraseFlash> {
        self.check(&Act::erase_flash()).map(|()| EraseFlash(()))
    }

    /// Lets an act pass whose words were given.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`].
    pub fn check(&self, act: &Act) -> Result<()> {
        match self.covers(act) {
            true => Ok(()),
            false => Err(Error::NotConfirmed { act: act.clone() }),
        }
    }
}

/// Proof that erasing the whole flash was confirmed, or loses nothing. Below a job nothing else erases the whole flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EraseFlash(());

impl EraseFlash {
    /// For a write that brings every byte of flash that is not blank, by a reading of all the others. No words are needed: no byte is
    /// erased that it does not replace.
    pub(crate) fn loses_nothing() -> EraseFlash {
        EraseFlash(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_words_let_an_act_pass() {
        let act = Act::burn("burning fuse word 0x06", "word 0x06 = 0x00000010");
        assert!(
            Consent::words(["word 0x06 = 0x00000010"])
                .check(&act)
                .is_ok()
        );
        for given in [
            Consent::default(),
            Consent::words([""]),
            Consent::words(["yes", "word 0x06 = 0x00000011"]),
            Consent::words(["word 6 = 0x10"]),
        ] {
            let error = given.check(&act).expect_err("not the words");
            assert_eq!(
                error.to_string(),
                "burning fuse word 0x06 must be confirmed in these words: \"word 0x06 = 0x00000010\""
            );
            assert_eq!(error.exit_code(), 2);
        }
    }
}
