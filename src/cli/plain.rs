//! Text from files and devices as a terminal may show it.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every character that a terminal would obey written out, as `\x1b`.
///
/// Names of files, sections, parts and USB devices are chosen by others. Line ends and tabs stay: messages have several lines.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        let code = u32::from(character);
        let _ = match (is_obeyed(character), code) {
            (false, _) => shown.write_char(character),
            (true, 0..=0xFF) => write!(shown, "\\x{code:02x}"),
            (true, _) => write!(shown, "\\u{{{code:x}}}"),
        };
    }
    Cow::Owned(shown)
}

/// Control characters, and those that turn the direction of writing so that a name reads as another.
fn is_obeyed(character: char) -> bool {
    let turns = matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    turns || character.is_control() && !matches!(character, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_written_out() {
        assert_eq!(
            plain("a\x1b[2Jb\u{9b}31m\r\x07"),
            "a\\x1b[2Jb\\x9b31m\\x0d\\x07"
        );
        assert_eq!(plain("gpj\u{202e}exe"), "gpj\\u{202e}exe");
    }

    #[test]
    fn ordinary_text_and_its_lines_stay() {
        let text = "error: Gerät \"é\"\n\tline 2 ┌──┐";
        assert!(matches!(plain(text), Cow::Borrowed(same) if same == text));
    }
}
