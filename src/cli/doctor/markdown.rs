//! The report that a user can paste: verdict, findings, every fact with its source, raw bytes.

use std::fmt::Write as _;

use rtboot::doctor::{self, Diagnosis, Facts};
use rtboot::finding::Next;

use crate::cli::action::AtHand;

/// What stands in place of the unique id.
const REDACTED: &str = "(redacted)";
/// Bytes in a line of a dump.
const LINE: usize = 16;

/// The whole report. The chip's unique id is left out unless asked for.
pub fn text(
    facts: &Facts,
    diagnosis: &Diagnosis,
    at_hand: &AtHand,
    with_unique_id: bool,
) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        let _ = writeln!(text, "{words}");
    };
    line(format!("# rtboot doctor {}\n", env!("CARGO_PKG_VERSION")));
    line(format!("**{}**\n", escaped(&diagnosis.verdict)));
    for finding in &diagnosis.findings {
        line(format!(
            "## {}: {} (`{}`)\n",
            finding.severity,
            escaped(&finding.to_string()),
            finding.code()
        ));
        line(format!("{} ({}).\n", escaped(&finding.why), finding.sure));
        for (i, cause) in finding.causes.iter().enumerate() {
            line(format!("{}. {}", i + 1, escaped(cause)));
        }
        for next in &finding.next {
            match next {
                Next::Run(action) => line(format!("- run: `{}`", at_hand.command(action))),
                other => line(format!(
                    "- {}: {}",
                    other.kind(),
                    escaped(&other.to_string())
                )),
            }
        }
        line(String::new());
    }
    line("## Facts\n\n| what | value | source |\n|--|--|--|".into());
    for row in doctor::rows(facts) {
        line(format!(
            "| {} | {} | {} |",
            row.name,
            escaped(&row.value),
            row.source
        ));
    }
    line(String::new());
    for unknown in &facts.unknown {
        line(format!(
            "Not known: {}, because {}. What would tell: {}.\n",
            unknown.what,
            escaped(&unknown.why),
            escaped(&unknown.tells)
        ));
    }
    line("## Cannot be known from here\n\n| what | why not | what would tell |\n|--|--|--|".into());
    for (what, why, tells) in doctor::BEYOND {
        line(format!("| {what} | {why} | {tells} |"));
    }
    line(String::new());
    line(rules(facts));
    line(dumps(facts));
    match (with_unique_id, facts.unique_id()) {
        (false, Some(id)) => redacted(&text, &id),
        _ => text,
    }
}

/// Every rule of a boot image that was looked at, kept or broken.
fn rules(facts: &Facts) -> String {
    let Some(verdict) = facts.verdict() else {
        return String::new();
    };
    let mut text = String::from("## Would the ROM start it?\n\n");
    for rule in &verdict.findings {
        let _ = writeln!(text, "- {}: {}", rule.severity, escaped(&rule.to_string()));
    }
    text
}

fn dumps(facts: &Facts) -> String {
    let mut text = String::new();
    if let Some(look) = &facts.flash
        && look.nor.sfdp.is_ok()
    {
        let _ = writeln!(text, "## SFDP\n\n{}", dump(&look.nor.sfdp_raw));
    }
    let fcb = facts.content.as_ref().and_then(|content| content.fcb());
    if let Some(fcb) = fcb {
        let _ = writeln!(text, "## FCB\n\n{}", dump(fcb.as_bytes()));
    }
    text
}

/// Bytes in hex; lines of zeros or ones alone are left out.
fn dump(bytes: &[u8]) -> String {
    let mut text = String::from("```text\n");
    for (i, line) in bytes.chunks(LINE).enumerate() {
        if line.iter().all(|&byte| byte == 0) || line.iter().all(|&byte| byte == 0xFF) {
            continue;
        }
        let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = writeln!(text, "{:03x}  {}", i * LINE, hex.join(" "));
    }
    text + "```\n"
}

/// Escapes characters that mean something in Markdown.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('<', "&lt;")
        .replace('*', "\\*")
}

/// The id, and each of its two words, wherever they stand and in either case.
fn redacted(text: &str, id: &str) -> String {
    let (high, low) = id.split_at_checked(8).unwrap_or((id, id));
    [id, high, low]
        .into_iter()
        .fold(text.to_owned(), |text, part| {
            text.replace(part, REDACTED)
                .replace(&part.to_uppercase(), REDACTED)
        })
}
