//! Acts that cannot be undone need words, not a flag.

use rtboot::{Error, Result};

/// Asks for the words of an act: given on the command line through `flag`, they must be exactly `words`.
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
