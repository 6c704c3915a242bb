//! Errors for people and for programs: what, where, why likely, what next.

use std::fmt::Write as _;
use std::io::Write as _;

use anstyle::{AnsiColor, Style};
use rtboot::advice::{Advice, advice_over};
use rtboot::port::Wire;
use rtboot::{Error, FlashState};
use serde_json::{Value, json};

/// What flash holds now, when the error's own sentence does not say it.
fn state(error: &Error) -> Option<&FlashState> {
    match error {
        Error::WhileWriting { state, .. } => Some(state),
        _ => None,
    }
}

/// An error as a person reads it.
pub fn text(error: &Error, wire: Option<Wire>, at: Option<&str>, doctor: &str) -> String {
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let bold = Style::new().bold();
    let advice = advice_over(error, wire);
    let next = next(&advice, doctor);
    let mut text = String::new();
    let mut line = |what: String| {
        let _ = writeln!(text, "{what}");
    };
    // the code ends the first line: a file's error shows the line with a caret below it
    let message = error.to_string();
    let (first, rest) = match message.split_once('\n') {
        Some((first, rest)) => (first, Some(rest)),
        None => (message.as_str(), None),
    };
    line(format!("{red}error:{red:#} {first} [{}]", error.code()));
    if let Some(rest) = rest {
        line(rest.to_owned());
    }
    if let Some(at) = at {
        line(format!("  {bold}at:{bold:#} {at}"));
    }
    if let Some(state) = state(error) {
        line(format!("  {bold}flash now:{bold:#} {state}"));
    }
    if !advice.causes.is_empty() {
        line(format!("  {bold}likely causes:{bold:#}"));
    }
    for (i, cause) in advice.causes.iter().enumerate() {
        line(format!("    {}. {} [{}]", i + 1, cause.text, cause.code));
    }
    for next in &next {
        line(format!("  {bold}next:{bold:#} {next}"));
    }
    text
}

/// The advice, and the doctor's command where it tells causes apart.
fn next(advice: &Advice, doctor: &str) -> Vec<String> {
    let mut next = advice.next.clone();
    if let Some(does) = advice.doctor_does() {
        next.insert(0, format!("`{doctor}` {does}"));
    }
    next
}

/// An error as a program reads it; `found` is what the run found out before it failed.
pub fn object(
    error: &Error,
    wire: Option<Wire>,
    at: Option<&str>,
    doctor: &str,
    found: Value,
) -> Value {
    let advice = advice_over(error, wire);
    let texts: Vec<&str> = advice.causes.iter().map(|cause| cause.text).collect();
    let codes: Vec<&str> = advice.causes.iter().map(|cause| cause.code).collect();
    json!({
        "event": "error",
        "code": error.code(),
        "exit": error.exit_code(),
        "message": error.to_string(),
        "at": at,
        "flash_now": state(error).map(FlashState::to_string),
        "flash_state": error.flash_state().map(FlashState::code),
        "causes": texts,
        "cause_codes": codes,
        "next": next(&advice, doctor),
        "found": found,
    })
}

/// Prints a command line that makes no sense, for programs.
pub fn print_usage_error(message: &str) {
    let object = json!({
        "event": "error",
        "code": "usage",
        "exit": 2,
        "message": message.trim_end(),
        "at": null,
        "flash_now": null,
        "flash_state": null,
        "causes": [],
        "cause_codes": [],
        "next": ["rtboot --help"],
        "found": {},
    });
    let _ = writeln!(std::io::stdout(), "{object}");
}
