//! Acts that cannot be undone, or that run what nobody checked, need words, not a flag.
//!
//! Every such act has exact words with its addresses and values in them. They are given through the act's own flag, or typed
//! back at a terminal. Without them nothing is sent.

use std::io::{BufRead, Write};

use rtboot::chip::CHIPS;
use rtboot::{Error, Result};

use super::Report;

/// Flag for the words of most acts.
pub const CONFIRM: &str = "--confirm";
/// Flag for the words of an act that burns fuses.
pub const BURN: &str = "--burn";

/// An act and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What would happen, as the subject of "… needs its words".
    pub what: String,
    /// [`CONFIRM`] or [`BURN`].
    pub flag: &'static str,
    /// The exact words.
    pub words: String,
}

impl Act {
    /// An act whose words go through `--confirm`.
    pub fn confirmed(what: impl Into<String>, words: impl Into<String>) -> Act {
        Act {
            what: what.into(),
            flag: CONFIRM,
            words: words.into(),
        }
    }

    /// An act whose words go through `--burn`.
    pub fn burnt(what: impl Into<String>, words: impl Into<String>) -> Act {
        Act {
            flag: BURN,
            ..Act::confirmed(what, words)
        }
    }

    /// Lets the act pass when its words are given, or typed by a person who is asked.
    ///
    /// # Errors
    /// [`Error::NotConfirmed`] with flag and words.
    pub fn ask(&self, report: &Report, given: Option<&str>) -> Result<()> {
        match given {
            None if report.can_ask() => {
                let prompt = format!(
                    "{}. Type the words to go on: {}",
                    capitalised(&self.what),
                    self.words
                );
                let _ = write!(anstream::stderr(), "{prompt}\n> ");
                let mut typed = String::new();
                let _ = std::io::stdin().lock().read_line(&mut typed);
                self.check(Some(typed.trim()))
            }
            given => self.check(given),
        }
    }

    fn check(&self, given: Option<&str>) -> Result<()> {
        words(&self.what, given, self.flag, &self.words)
    }
}

/// Lets an act pass when exactly its words are given through `flag`.
///
/// # Errors
/// [`Error::NotConfirmed`] with flag and words.
pub fn words(act: &str, given: Option<&str>, flag: &'static str, words: &str) -> Result<()> {
    if given == Some(words) {
        return Ok(());
    }
    Err(Error::NotConfirmed {
        act: act.to_owned(),
        flag,
        words: words.to_owned(),
    })
}

/// Whether a byte of `address..address + length` belongs to the fuse controller, whose registers burn fuses.
///
/// A raw command may go to a board whose chip nobody asked for, so the fuse controller of every known chip counts.
pub fn touches_fuses(address: u32, length: u64) -> bool {
    let mut chips = CHIPS.iter();
    chips.any(|chip| chip.map.ocotp.overlaps(address, length.max(1)))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_words_let_an_act_pass() {
        let act = Act::burnt("burning fuse word 0x06", "word 0x06 = 0x00000010");
        assert!(act.check(Some("word 0x06 = 0x00000010")).is_ok());
        for given in [
            None,
            Some(""),
            Some("yes"),
            Some("word 0x06 = 0x00000011"),
            Some("word 6 = 0x10"),
        ] {
            let error = act.check(given).expect_err("not the words");
            assert_eq!(
                error.to_string(),
                "burning fuse word 0x06 needs its words: --burn \"word 0x06 = 0x00000010\""
            );
            assert_eq!(error.exit_code(), 2);
        }
    }

    #[test]
    fn the_fuse_controller_is_known_from_its_first_to_its_last_byte() {
        for (address, length, touched) in [
            (0x401F_4000, 1, true),
            (0x401F_3FFC, 4, false),
            (0x401F_3FFC, 5, true),
            (0x401F_7FFF, 1, true),
            (0x401F_8000, 4, false),
            (0x401F_4000, 0, true), // a length of 0 is no excuse
            (0xFFFF_FFFF, 1 << 40, false),
            (0, 1 << 32, true),
        ] {
            assert_eq!(touches_fuses(address, length), touched, "{address:#x}");
        }
    }
}
