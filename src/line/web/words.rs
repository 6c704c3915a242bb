//! Texts that others chose, as a page may show them: names of slots, operators, jobs, hooks, serial numbers.

use maud::{Markup, html};

/// Longest text that is shown, in characters.
const LONGEST: usize = 300;

/// A text from outside. Its characters are escaped by the template; here go those that hide text or turn its direction, so that one
/// name reads as another. Its own direction cannot leak into what stands around it.
pub(super) fn foreign(text: &str) -> Markup {
    html! { bdi { (plain(text)) } }
}

/// The same without its element: for titles and attributes.
pub(super) fn plain(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if hides(c) { '\u{FFFD}' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

fn hides(c: char) -> bool {
    let invisible = matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}');
    invisible || c.is_control()
}

/// `12.3 %`; a dash of nothing.
pub(super) fn percent(part: u64, whole: u64) -> String {
    crate::line::percent(part, whole).unwrap_or_else(|| "–".into())
}

/// Milliseconds as `4.5 s`, `2 min 03 s`.
pub(super) fn duration(ms: i64) -> String {
    match ms.max(0) {
        ms @ 0..1_000 => format!("{ms} ms"),
        ms @ 1_000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        ms => format!("{} min {:02} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

/// The heading of a verdict: its word and the class of its colour.
pub(super) fn verdict(verdict: rtboot_ledger::Verdict) -> (&'static str, &'static str) {
    use rtboot_ledger::Verdict;
    match verdict {
        Verdict::Open => ("OPEN", "open"),
        Verdict::Pass => ("PASS", "pass"),
        Verdict::Fail => ("FAIL", "fail"),
        Verdict::Aborted => ("ABORTED", "aborted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_hides_text_is_shown_as_such() {
        assert_eq!(
            plain("a\u{202E}b\u{200B}c\nd\u{7}"),
            "a\u{FFFD}b\u{FFFD}c\u{FFFD}d\u{FFFD}"
        );
        assert_eq!(
            foreign("<b>&\"").into_string(),
            "<bdi>&lt;b&gt;&amp;&quot;</bdi>"
        );
        assert_eq!(plain(&"x".repeat(1000)).chars().count(), LONGEST + 1);
        assert_eq!(plain("Žluťoučký 站点 🔧"), "Žluťoučký 站点 🔧");
    }

    #[test]
    fn a_part_is_never_rounded_up_to_all() {
        assert_eq!(percent(0, 0), "–");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(9999, 10_000), "99.9 %");
        assert_eq!(percent(u64::MAX, u64::MAX), "100.0 %");
    }

    #[test]
    fn durations_have_their_unit() {
        let shown = [-5, 999, 4_560, 59_999, 60_000, 123_456].map(duration);
        assert_eq!(
            shown,
            [
                "0 ms",
                "999 ms",
                "4.5 s",
                "59.9 s",
                "1 min 00 s",
                "2 min 03 s"
            ]
        );
    }
}
