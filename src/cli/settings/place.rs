//! A place in a text, shown with its line and a caret.

use std::ops::Range;

/// Where something stands in a text.
#[derive(Debug)]
pub struct Place<'t> {
    line: usize,
    column: usize,
    width: usize,
    text: &'t str,
}

impl<'t> Place<'t> {
    /// The place of these bytes of `text`.
    pub fn of(text: &'t str, span: Range<usize>) -> Place<'t> {
        let before = text.get(..span.start).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text.get(start..).and_then(|rest| rest.lines().next());
        let marked = text.get(span).and_then(|marked| marked.lines().next());
        Place {
            line: before.matches('\n').count() + 1,
            column: before.get(start..).unwrap_or_default().chars().count() + 1,
            width: marked.map_or(1, |marked| marked.chars().count().max(1)),
            text: line.unwrap_or_default(),
        }
    }

    /// "line 2, column 1: what", the line, a caret.
    pub fn sentence(&self, what: &str) -> String {
        format!(
            "line {}, column {}: {what}\n  {}\n  {}{}",
            self.line,
            self.column,
            self.text,
            " ".repeat(self.column - 1),
            "^".repeat(self.width)
        )
    }
}
