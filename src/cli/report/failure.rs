//! Errors for people and for programs: what, where, why likely, what next.

use std::fmt::Write as _;
use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use rtboot::Error;
use rtboot::advice::{Advice, Measured, advice_measured};
use rtboot::finding::Action;
use rtboot::outcome::{Failure, Line, Progress};

use super::wrap::wrap;
use crate::cli::action::AtHand;
use crate::cli::plain::plain;

/// All that is known of an error, except what the run had found before it.
pub fn failure(
    error: &Error,
    measured: &Measured,
    progress: Option<Progress>,
    at_hand: &AtHand,
) -> Failure {
    let advice = advice_measured(error, measured);
    let at = |Progress { stage, done, total }: &Progress| {
        format!("{stage}, {done} of {total} bytes done")
    };
    Failure {
        at: progress.as_ref().map(at),
        progress,
        next: next(&advice, at_hand),
        ..Failure::new(error, &advice)
    }
}

/// Causes that are shown to those who do not ask for more, of an error and of a finding.
pub const MOST_CAUSES: usize = 3;

/// How many causes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Causes {
    /// The likeliest.
    Likeliest,
    /// All of them.
    All,
}

/// An error as a person reads it, broken at words where the terminal's width is known.
pub fn text(failure: &Failure, causes: Causes, width: Option<usize>) -> String {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let bold = Style::new().bold();
    let mut text = String::new();
    let mut put = |what: &str| {
        let _ = writeln!(text, "{what}");
    };
    let fill = |what: String, indent| wrap(&what, width, indent);
    // the code ends the first line: a file's error shows the line with a caret below it
    let (first, rest) = match failure.message.split_once('\n') {
        Some((first, rest)) => (first, Some(rest)),
        None => (failure.message.as_str(), None),
    };
    put(&fill(
        format!("{red}error:{red:#} {} [{}]", plain(first), failure.code),
        2,
    ));
    if let Some(rest) = rest {
        // a line of a file with its caret must not be broken
        put(&plain(rest));
    }
    if let Some(at) = &failure.at {
        put(&fill(format!("  {bold}at:{bold:#} {}", plain(at)), 6));
    }
    if let Some(state) = &failure.flash_now {
        put(&fill(
            format!("  {bold}flash now:{bold:#} {}", plain(state)),
            4,
        ));
    }
    if !failure.causes.is_empty() {
        put(&fill(format!("  {bold}likely causes:{bold:#}"), 4));
    }
    let shown = match causes {
        Causes::Likeliest => MOST_CAUSES,
        Causes::All => failure.causes.len(),
    };
    let causes = failure.causes.iter().zip(&failure.cause_codes);
    for (i, (cause, code)) in causes.take(shown).enumerate() {
        put(&fill(format!("    {}. {cause} [{code}]", i + 1), 7));
    }
    if let Some(more @ 1..) = failure.causes.len().checked_sub(shown) {
        put(&fill(format!("    {more} more with -v"), 7));
    }
    for next in &failure.next {
        put(&fill(format!("  {bold}next:{bold:#} {}", plain(next)), 8));
    }
    text
}

/// The advice, and the doctor's command where it tells causes apart.
fn next(advice: &Advice, at_hand: &AtHand) -> Vec<String> {
    let doctor = Action::Doctor {
        board: None,
        chip: None,
    };
    let tells = advice.doctor_does();
    let tells = tells.map(|does| format!("`{}` {does}", at_hand.command(&doctor)));
    let next = advice.next.iter().map(|next| at_hand.sentence(next));
    tells.into_iter().chain(next).collect()
}

/// Prints the error of a command line that clap refused, for programs.
pub fn print_usage_error(message: &str) {
    let error = Error::Usage(message.trim_end().to_owned());
    let failure = Failure {
        next: vec!["rtboot --help".into()],
        ..Failure::new(&error, &Advice::default())
    };
    if let Ok(line) = serde_json::to_string(&Line::new(failure)) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_causes_are_shown_unless_more_are_asked_for() {
        let error = Error::NoFlash {
            found: rtboot_fcb::JedecId([0xFF; 3]),
        };
        let failure = Failure::new(&error, &rtboot::advice::advice(&error));
        assert_eq!(failure.causes.len(), 4);
        let shown = |causes| {
            let text = text(&failure, causes, None);
            let of = |line: &&str| line.starts_with("    ");
            text.lines()
                .filter(of)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let few = shown(Causes::Likeliest);
        assert_eq!((few.len(), few[3].as_str()), (4, "    1 more with -v"));
        assert_eq!(shown(Causes::All).len(), 4);
    }
}
