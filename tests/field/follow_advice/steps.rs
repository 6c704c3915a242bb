//! What a run advises, as things to do.

use crate::kit::cli::Run;

/// One thing to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A command of rtboot, as a shell reads it.
    Command(Vec<String>),
    /// Options to add to the command that ran.
    Options(Vec<String>),
    /// The same command once more.
    Again,
    /// Something that a person does by hand.
    ByHand(String),
}

/// Everything that a run advises, in the order of its text.
pub fn steps(run: &Run) -> Vec<Step> {
    let mut steps = Vec::new();
    for line in run.stdout.lines().chain(run.stderr.lines()) {
        let line = line.trim();
        let found = match line.split_once(": ") {
            Some(("next", text)) => of_text(text),
            Some(("run", text)) => vec![of_command(text)],
            Some(("do" | "measure", text)) => vec![Step::ByHand(text.to_owned())],
            _ => in_backticks(line).map(of_command).collect(),
        };
        steps.extend(found);
    }
    steps
}

/// Whether the text tells to run the same command again outside of its advice.
pub fn says_again(run: &Run) -> bool {
    let lines = run
        .stderr
        .lines()
        .filter(|line| !line.trim().starts_with("next: "));
    lines
        .into_iter()
        .any(|line| line.contains("run the same command again"))
}

fn of_text(text: &str) -> Vec<Step> {
    if text.starts_with("run the same command again") {
        return vec![Step::Again];
    }
    if text.starts_with("rtboot ") || text.starts_with("--") {
        return vec![of_command(text)];
    }
    let commands: Vec<Step> = in_backticks(text).map(of_command).collect();
    match commands.is_empty() {
        true => vec![Step::ByHand(text.to_owned())],
        false => commands,
    }
}

fn of_command(text: &str) -> Step {
    if text == "run the same command again" {
        return Step::Again;
    }
    let mut words = split(text);
    match words.first().map(String::as_str) {
        Some("rtboot") if !text.contains('|') && !needs_a_choice(&words) => {
            words.remove(0);
            Step::Command(words)
        }
        Some(first) if first.starts_with("--") && !needs_a_choice(&words) => Step::Options(words),
        _ => Step::ByHand(text.to_owned()),
    }
}

/// Whether something must be put in that only a person knows.
fn needs_a_choice(words: &[String]) -> bool {
    const CHOICES: [&str; 6] = ["BOARD", "CHIP", "DIR", "FILES", "IN", "OUT"];
    words.iter().any(|word| CHOICES.contains(&word.as_str()))
}

fn in_backticks(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The words of a line, as a POSIX shell splits it.
fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let word = words.last_mut().expect("never empty");
        match (c, quote) {
            (c, Some(q)) if c == q => quote = None,
            ('\'' | '"', None) => quote = Some(c),
            ('\\', None) => word.extend(chars.next()),
            (' ', None) => words.push(String::new()),
            (c, _) => word.push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
