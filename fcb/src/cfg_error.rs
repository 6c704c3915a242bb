use alloc::string::String;
use core::fmt;
#[cfg(feature = "cfg")]
use core::ops::Range;

/// What is wrong with a `.cfg` file, and where.
///
/// Prints the place, the sentence, the line and a caret under it:
///
/// ```text
/// line 4, column 1: unknown key `szie` in the file; did you mean `size`?
///   szie = "8M"
///   ^^^^
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CfgError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Characters that are marked, at least 1.
    pub width: usize,
    /// The whole line.
    pub text: String,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// The nearest known key or word, when the trouble is an unknown one.
    pub nearest: Option<String>,
}

#[cfg(feature = "cfg")]
impl CfgError {
    pub(crate) fn at(text: &str, span: Range<usize>, message: impl Into<String>) -> CfgError {
        let start = floor(text, span.start);
        let end = floor(text, span.end).max(start);
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = text
            .get(line_start..)
            .unwrap_or_default()
            .split('\n')
            .next()
            .unwrap_or_default()
            .trim_end_matches('\r');
        let marked = text
            .get(start..end)
            .unwrap_or_default()
            .split('\n')
            .next()
            .unwrap_or_default();
        CfgError {
            line: before.matches('\n').count() + 1,
            column: text
                .get(line_start..start)
                .unwrap_or_default()
                .chars()
                .count()
                + 1,
            width: marked.trim_end().chars().count().max(1),
            text: line.into(),
            message: message.into(),
            nearest: None,
        }
    }

    /// Adds the known word that `word` is nearest to, when one is near.
    pub(crate) fn near<'k>(
        mut self,
        word: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> CfgError {
        self.nearest = nearest(word, known);
        self
    }
}

/// The known word most like `word`, if any is like it.
#[cfg(feature = "std")]
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let word = word.to_lowercase();
    // the comparison costs length times length, and a typing error does not double a word
    let comes_near = |key: &&str| {
        let (short, long) = (word.len().min(key.len()), word.len().max(key.len()));
        long <= 2 * short + 2
    };
    let rated = known
        .into_iter()
        .filter(comes_near)
        .map(|key| (strsim::jaro_winkler(&word, &key.to_lowercase()), key));
    // of equals the first
    let best = rated.reduce(|best, next| if next.0 > best.0 { next } else { best });
    let best = best.filter(|(likeness, _)| *likeness > 0.75);
    best.map(|(_, key)| key.into())
}

/// The crate that compares words takes the standard library; without it no word is suggested.
#[cfg(not(feature = "std"))]
pub(crate) fn nearest<'k>(_: &str, _: impl IntoIterator<Item = &'k str>) -> Option<String> {
    None
}

/// The next character boundary at or below `at`.
#[cfg(feature = "cfg")]
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

impl fmt::Display for CfgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )?;
        if let Some(nearest) = &self.nearest {
            write!(f, "; did you mean `{nearest}`?")?;
        }
        // keep tabs, so that the caret is under the marked text
        let lead: String = self
            .text
            .chars()
            .take(self.column.saturating_sub(1))
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        write!(f, "\n  {}\n  {lead}{}", self.text, "^".repeat(self.width))
    }
}

impl core::error::Error for CfgError {}
