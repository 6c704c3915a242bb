//! Text broken at words to the width of the terminal. What goes to a pipe or file is never broken.

use terminal_size::{Height, Width, terminal_size_of};
use textwrap::{Options, WordSplitter};

/// Narrower terminals get lines of this width.
const NARROWEST: usize = 30;
/// Stands for a blank that no line ends at.
const GLUE: char = '\u{a0}';

/// Columns of the terminal on stdout; `None` when it is none.
pub fn stdout_width() -> Option<usize> {
    columns(terminal_size_of(std::io::stdout()))
}

/// Columns of the terminal on stderr; `None` when it is none.
pub fn stderr_width() -> Option<usize> {
    columns(terminal_size_of(std::io::stderr()))
}

fn columns(size: Option<(Width, Height)>) -> Option<usize> {
    size.map(|(width, _)| usize::from(width.0).max(NARROWEST))
}

/// Breaks a line at words; further lines begin with `indent` blanks. A command between backticks stays on one line, so that it
/// can be copied.
pub fn wrap(text: &str, width: Option<usize>, indent: usize) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    let indent = " ".repeat(indent);
    let options = Options::new(width)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(&glue_commands(text), options).replace(GLUE, " ")
}

/// The text with the blanks between backticks made unbreakable, as those at its front, which textwrap would take away.
fn glue_commands(text: &str) -> String {
    let (mut inside, mut at_front) = (false, true);
    let glue = |c: char| {
        inside ^= c == '`';
        at_front &= c == ' ';
        match c == ' ' && (inside || at_front) {
            true => GLUE,
            false => c,
        }
    };
    text.chars().map(glue).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_words_and_commands_stay_whole() {
        let text =
            "  next: `rtboot --board virtual:broken doctor app.elf` can rule some of them out";
        assert_eq!(
            wrap(text, Some(40), 8),
            "  next:\n        `rtboot --board virtual:broken doctor app.elf`\n        can rule some of them out"
        );
        assert_eq!(wrap(text, None, 8), text, "a pipe gets the line whole");
        let red = "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m four words and no more";
        assert_eq!(
            wrap(red, Some(22), 2),
            "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m four words and\n  no more",
            "colours have no width"
        );
    }
}
