//! Pure rules: facts in, findings out.

mod app;
mod boot;
mod content;
mod flash;
mod fuses;
mod host;
mod image;
mod loader;
mod open;
mod protect;
mod rom;
mod sfdp;

use rtboot_bootable::verdict::{Starts, Verdict};
use rtboot_finding::{Action, Finding, Next, Severity};

use super::facts::Facts;

/// What came of an examination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// One sentence.
    pub verdict: String,
    /// What is wrong, gravest and surest cause first.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// Whether nothing is wrong.
    pub fn is_healthy(&self) -> bool {
        self.findings.is_empty()
    }

    /// The finding to look at first.
    pub fn first(&self) -> Option<&Finding> {
        self.findings.first()
    }

    /// What to do next.
    pub fn next(&self) -> Option<&Next> {
        self.first().and_then(|finding| finding.next.first())
    }
}

/// One rule: looks at the facts and says what it knows.
type Rule = fn(&Facts) -> Vec<Finding>;

/// All rules, the earliest obstacle first: what cannot be reached cannot be judged.
const RULES: &[Rule] = &[
    host::rules,
    rom::rules,
    loader::rules,
    flash::rules,
    app::file_rules,
    protect::rules,
    open::rules,
    content::rules,
    boot::rules,
    fuses::rules,
    app::flash_rules,
];

/// Applies every rule. Errors come before warnings, and within each the order of the way to a running application.
pub fn examine(facts: &Facts) -> Diagnosis {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(facts)).collect();
    open::explain(facts, &mut findings);
    for finding in &findings {
        debug_assert_eq!(finding.unfilled(), None, "{finding}");
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let verdict = verdict(facts, &findings);
    Diagnosis { verdict, findings }
}

/// A `.cfg` of the part, to write with a lower clock: what the user named, else the part that was found.
fn slower(facts: &Facts) -> Action {
    let found = facts.part().filter(|_| facts.expected.is_none());
    Action::PartToCfg {
        part: found.map(|part| part.name.clone()),
    }
}

fn verdict(facts: &Facts, findings: &[Finding]) -> String {
    let Some(first) = findings.first() else {
        return healthy(facts);
    };
    let more = match findings.len() - 1 {
        0 => String::new(),
        1 => "; one more finding below".into(),
        n => format!("; {n} more findings below"),
    };
    match first.severity >= Severity::Error {
        true => format!("{first} ({}){more}", first.sure),
        false if would_start(facts) => {
            format!("the ROM would start what is in flash with BOOT_MODE 10, but {first}{more}")
        }
        false => format!("no error was found, but {first}{more}"),
    }
}

fn would_start(facts: &Facts) -> bool {
    facts
        .verdict()
        .is_some_and(|verdict| verdict.starts == Starts::Yes)
}

fn healthy(facts: &Facts) -> String {
    let entry = facts
        .content
        .as_ref()
        .and_then(|content| content.inspection.vectors)
        .map_or(String::new(), |vectors| {
            format!(", entry {:#010x}", vectors.reset)
        });
    match facts.verdict() {
        Some(Verdict {
            starts: Starts::Yes,
            ..
        }) => format!(
            "nothing is wrong: the ROM would start what is in flash{entry}; set BOOT_MODE to 10 and switch power off and on"
        ),
        Some(Verdict {
            starts: Starts::Unknown,
            reasons,
            ..
        }) => {
            let open: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            format!(
                "nothing wrong was found, but whether the ROM would start it is unknown: {}",
                open.join("; ")
            )
        }
        _ => "nothing is wrong as far as could be seen".into(),
    }
}

/// The name of the application.
fn app_name(facts: &Facts) -> &str {
    facts
        .app
        .as_ref()
        .map_or("the application", |app| app.name.as_str())
}

/// The command that writes the application at hand, with the part as it was named.
fn write(facts: &Facts) -> Action {
    Action::Write {
        app: facts.app.as_ref().map(|app| app.name.clone()),
        part: None,
    }
}

/// The DQS pin of the primary group: "DQS (GPIO_SD_B1_05)".
fn dqs(facts: &Facts) -> String {
    let pins = facts.identity.chip.flash_pins.first();
    let pad = pins.and_then(|pins| pins.dqs);
    pad.map_or("DQS".into(), |pad| format!("DQS ({pad})"))
}

/// The doctor once more, as it was called.
const AGAIN: Action = Action::Doctor {
    board: None,
    chip: None,
};

/// What to do when the flash itself must forget what it was told: a reset of the chip does not reach it.
const POWER_CYCLE: &str = "switch the board's power off and on (a reset of the chip does not reach the flash), then the doctor again";
/// What to do when the chip must forget.
const CYCLE_AND_AGAIN: &str = "switch the board's power off and on, then the doctor again";
