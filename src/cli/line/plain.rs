//! A line told as lines of text, one for each change: for logs and screen readers.

use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rtboot::line::{LineState, SlotPhase, SlotState, Watch};

use super::Bell;
use super::words::{self, Notice, one_line};

/// `ended` is asked at least so often.
const PAUSE: Duration = Duration::from_millis(100);

/// Writes what happens on the line until `ended`, and a summary at the end. `clock` gives the time that begins each line:
/// [`utc`], or nothing.
///
/// # Errors
/// `out` takes no more. That is told at the end only: the line goes on without a reader.
pub fn follow(
    watch: &Watch,
    ended: &dyn Fn() -> bool,
    out: &mut dyn Write,
    clock: &dyn Fn() -> String,
    bell: Bell,
) -> io::Result<()> {
    let (mut seen, state) = watch.now();
    let mut teller = Teller::new(bell);
    let mut before = state.clone();
    let mut written = put(out, &teller.begin(&state), clock);
    loop {
        // what happened before the end is told, too
        let over = ended();
        let (number, state) = match over {
            true => watch.now(),
            false => watch.after(seen, PAUSE),
        };
        seen = number;
        let lines = teller.changes(&before, &state);
        before = state.clone();
        written = written.and_then(|()| put(out, &lines, clock));
        if over {
            let end = [words::counts(&state).join(", ")];
            return written.and_then(|()| put(out, &end, clock));
        }
    }
}

/// The time of day in UTC: "12:03:11".
pub fn utc() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs()) % 86_400;
    let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
    format!("{hour:02}:{minute:02}:{:02}", seconds % 60)
}

fn put(out: &mut dyn Write, lines: &[String], clock: &dyn Fn() -> String) -> io::Result<()> {
    for line in lines {
        let time = clock();
        let blank = if time.is_empty() { "" } else { " " };
        writeln!(out, "{time}{blank}{line}")?;
    }
    out.flush()
}

/// Remembers what it said.
struct Teller {
    bell: Bell,
    slots: Vec<String>,
    notices: Vec<(Notice, String)>,
    letters: bool,
    hook_error: Option<String>,
    operator: Option<String>,
}

impl Teller {
    fn new(bell: Bell) -> Teller {
        Teller {
            bell,
            slots: Vec::new(),
            notices: Vec::new(),
            letters: false,
            hook_error: None,
            operator: None,
        }
    }

    /// What the line is.
    fn begin(&self, state: &LineState) -> Vec<String> {
        let who = words::who(state).into_iter();
        let all: Vec<String> = [one_line(&state.job.name)]
            .into_iter()
            .chain(who)
            .chain(words::left(state))
            .filter(|part| !part.is_empty())
            .collect();
        match all.is_empty() {
            true => Vec::new(),
            false => vec![all.join(", ")],
        }
    }

    /// What is new.
    fn changes(&mut self, before: &LineState, state: &LineState) -> Vec<String> {
        let mut lines = self.line(state);
        for slot in super::replaced(before, state) {
            lines.push(format!("{}{}", of_slot(slot), self.bell.rings(&slot.phase)));
        }
        self.slots.resize(state.slots.len(), String::new());
        for (slot, told) in state.slots.iter().zip(&mut self.slots) {
            let now = of_slot(slot);
            if now != *told {
                lines.push(format!("{now}{}", self.bell.rings(&slot.phase)));
                *told = now;
            }
        }
        lines
    }

    /// What is new of the line as a whole.
    fn line(&mut self, state: &LineState) -> Vec<String> {
        let mut lines = Vec::new();
        if self.operator.as_ref() != Some(&state.operator) {
            if self.operator.is_some() {
                lines.push(format!("line: operator {}", one_line(&state.operator)));
            }
            self.operator = Some(state.operator.clone());
        }
        let notices = words::notices(state);
        let is_there = |all: &[(Notice, String)], one| all.iter().any(|(notice, _)| *notice == one);
        if is_there(&self.notices, Notice::NoDatabase) && !is_there(&notices, Notice::NoDatabase) {
            lines.push("line: the database is back".to_owned());
        }
        let new = notices.iter().filter(|it| !self.notices.contains(it));
        lines.extend(new.map(|(notice, text)| format!("line: {} - {text}", notice.word())));
        self.notices = notices;
        // each unit adds a letter while a printer is off: only the first one is told
        let waits = state.letters_waiting > 0;
        if waits != self.letters || state.hook_error != self.hook_error {
            let none = "no letter waits for its hook any more".to_owned();
            lines.push(format!("line: {}", words::letters(state).unwrap_or(none)));
            self.letters = waits;
            self.hook_error.clone_from(&state.hook_error);
        }
        lines
    }
}

/// A slot in one line: "slot A: PASS RT000017 in 4.2 s - take the board out". How many bytes of a stage are done is left out.
fn of_slot(slot: &SlotState) -> String {
    let unit = slot.unit.as_ref().map(|unit| words::unit(unit).0);
    let mut text = format!("slot {}: {}", one_line(&slot.name), slot.phase.word());
    if let Some(unit) = unit {
        text = format!("{text} {unit}");
    }
    match &slot.phase {
        SlotPhase::Working { stage, .. } => return format!("{text}: {stage}"),
        SlotPhase::Passed { took_ms } => {
            text = format!("{text} in {}", words::seconds(*took_ms));
        }
        phase => {
            let what = words::what(phase);
            if !what.is_empty() {
                text = format!("{text}: {what}");
            }
        }
    }
    match one_line(slot.phase.next()) {
        next if next.is_empty() => text,
        next => format!("{text} - {next}"),
    }
}

#[cfg(test)]
mod tests;
