//! Asks for the words of an act that cannot be undone: they are given through an option, or typed at a terminal.

use std::io::{BufRead, Write};

use rtboot::Result;
use rtboot::chip::CHIPS;
use rtboot::consent::{Act, Consent};

use super::Report;
use super::plain::plain;
use super::report::interrupt;

/// The words for `act`: those that were given, else what a person types who can be asked.
pub fn words(act: &Act, report: &Report, given: &[String]) -> Vec<String> {
    if !given.is_empty() || !report.can_ask() {
        return given.to_vec();
    }
    let prompt = format!(
        "{}. Type the words to go on: {}",
        capitalised(&act.what),
        act.words
    );
    let mut typed = String::new();
    let _ = interrupt::while_prompting(|| {
        let _ = write!(anstream::stderr(), "{}\n> ", plain(&prompt));
        std::io::stdin().lock().read_line(&mut typed)
    });
    vec![typed.trim().to_owned()]
}

/// Lets the act pass when its words are given, or typed by a person who is asked.
pub fn ask(act: &Act, report: &Report, given: Option<&str>) -> Result<()> {
    let given: Vec<String> = given.map(str::to_owned).into_iter().collect();
    Consent::words(words(act, report, &given)).check(act)
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
    fn fuse_controller_range_has_exact_edges() {
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
