//! What screen and plain lines say in the same words.

use rtboot::event::Stage;
use rtboot::line::{Counts, LineState, SlotPhase, UnitWords, percent};

use crate::cli::plain;

/// Nobody reads more of a text on a screen, and measuring takes its time.
const LONGEST: usize = 500;

/// One line of text that others chose, harmless.
pub fn one_line(text: &str) -> String {
    let text: String = text.chars().take(LONGEST).collect();
    plain::plain(&text).replace(['\n', '\t'], " ")
}

/// The serial number, or the chip's id as long as there is none; and what else is known.
pub fn unit(unit: &UnitWords) -> (String, Vec<String>) {
    let mut numbers = unit.numbers.iter().map(|number| one_line(number));
    let chip = format!("chip {}", one_line(&unit.uid));
    match numbers.next() {
        None => (chip, Vec::new()),
        Some(first) => {
            let more = numbers.filter(|number| !number.is_empty());
            (first, more.chain([chip]).collect())
        }
    }
}

/// What happened in a slot, or goes on.
pub fn what(phase: &SlotPhase) -> String {
    let text = match phase {
        SlotPhase::Asking => "asking the chip who it is".to_owned(),
        SlotPhase::Working {
            stage, done, total, ..
        } => progress(*stage, *done, *total),
        SlotPhase::Passed { took_ms } => format!("good, in {}", seconds(*took_ms)),
        SlotPhase::AwaitsLedger => "the result is not stored yet".to_owned(),
        _ => match phase.told() {
            Some(told) if told.code.is_empty() => told.what.clone(),
            Some(told) => format!("{}: {}", told.code, told.what),
            None => String::new(),
        },
    };
    one_line(&text)
}

/// A stage and its bytes: "program 45 of 64 KiB".
fn progress(stage: Stage, done: u64, total: u64) -> String {
    match total {
        0 => stage.to_string(),
        1..4096 => format!("{stage} {done} of {total} bytes"),
        _ => format!("{stage} {} of {} KiB", done / 1024, total.div_ceil(1024)),
    }
}

/// A time: "4.2 s".
pub fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

/// Job, station and operator, as far as they are known.
pub fn who(state: &LineState) -> Vec<String> {
    let short: String = state.job.id.chars().take(8).collect();
    let all = [
        ("job", &short),
        ("station", &state.station),
        ("operator", &state.operator),
    ];
    let known = all.iter().filter(|(_, value)| !value.is_empty());
    known
        .map(|(name, value)| format!("{name} {}", one_line(value)))
        .collect()
}

/// What became of the units: "passed 3 of 500", "failed 1", "yield 75.0 %" and so on.
pub fn counts(state: &LineState) -> Vec<String> {
    let Counts {
        passed,
        failed,
        aborted,
        refused,
        ..
    } = state.counts;
    let mut words = vec![match state.job.units {
        Some(limit) => format!("passed {passed} of {limit}"),
        None => format!("passed {passed}"),
    }];
    words.push(format!("failed {failed}"));
    // of those that were finished
    let good = percent(passed, passed.saturating_add(failed));
    words.extend(good.map(|good| format!("yield {good}")));
    let few = [("aborted", aborted), ("refused", refused)];
    let few = few.iter().filter(|(_, count)| *count > 0);
    words.extend(few.map(|(name, count)| format!("{name} {count}")));
    words
}

/// Numbers that are left, those that end first in front: "left 872 serial, 4096 mac".
pub fn left(state: &LineState) -> Option<String> {
    let mut pools: Vec<_> = state.pools.iter().collect();
    pools.sort_by_key(|pool| pool.left);
    let left: Vec<String> = pools
        .iter()
        .map(|pool| format!("{} {}", pool.left, one_line(&pool.pool)))
        .collect();
    (!left.is_empty()).then(|| format!("left {}", left.join(", ")))
}

/// Letters that wait for their hooks, and why.
pub fn letters(state: &LineState) -> Option<String> {
    let waiting = match state.letters_waiting {
        0 => None,
        1 => Some("1 letter waits for its hook".to_owned()),
        count => Some(format!("{count} letters wait for their hooks")),
    };
    let error = state.hook_error.as_deref().map(one_line);
    match (waiting, error) {
        (None, None) => None,
        (Some(waiting), None) => Some(waiting),
        (None, Some(error)) => Some(format!("a hook failed: {error}")),
        (Some(waiting), Some(error)) => Some(format!("{waiting}: {error}")),
    }
}

/// What holds up a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The ledger cannot be reached.
    NoDatabase,
    /// No unit is begun any more.
    Stopping,
    /// The line has ended.
    Ended,
}

impl Notice {
    /// In capitals.
    pub fn word(self) -> &'static str {
        match self {
            Notice::NoDatabase => "NO DATABASE",
            Notice::Stopping => "STOPPING",
            Notice::Ended => "ENDED",
        }
    }
}

/// What holds up the line, and what is to be said of it.
pub fn notices(state: &LineState) -> Vec<(Notice, String)> {
    let mut notices = Vec::new();
    if let Some(why) = &state.ledger_away {
        let text = format!("no board is begun, no result is shown: {}", one_line(why));
        notices.push((Notice::NoDatabase, text));
    }
    if let Some(told) = &state.ended {
        let next = told.next.first().map(|next| format!(" - {next}"));
        let text = format!("{}{}", told.what, next.unwrap_or_default());
        notices.push((Notice::Ended, one_line(&text)));
    } else if state.stopping {
        let text =
            "boards that are busy are finished, no other is begun; Ctrl-C once more aborts them";
        notices.push((Notice::Stopping, text.to_owned()));
    }
    notices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_one_harmless_line() {
        assert_eq!(one_line("a\x1b[2J\nb\tc"), "a\\x1b[2J b c");
        assert_eq!(one_line(&"x".repeat(100_000)).len(), LONGEST);
    }
}
