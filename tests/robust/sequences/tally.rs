//! What happened in some sequences, counted so that a hole is visible.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::commands::Mishap;

/// How a command of one kind ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends {
    pub succeeded: usize,
    /// It ended with an error, and something had gone wrong in it.
    pub broken: usize,
    /// It ended with an error although nothing went wrong in it.
    pub refused: usize,
}

#[derive(Default)]
pub struct Tally {
    pub sequences: usize,
    /// By command.
    pub ends: BTreeMap<&'static str, Ends>,
    /// By command and mishap.
    pub mishaps: BTreeMap<(&'static str, &'static str), usize>,
    /// What happened between commands.
    pub between: BTreeMap<&'static str, usize>,
    /// Sequences by part, over HID and over a UART.
    pub parts: BTreeMap<&'static str, [usize; 2]>,
    /// After how many commands and happenings the ROM would start something.
    pub starts: usize,
    pub wrong: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.sequences += other.sequences;
        for (name, ends) in other.ends {
            let sum = self.ends.entry(name).or_default();
            sum.succeeded += ends.succeeded;
            sum.broken += ends.broken;
            sum.refused += ends.refused;
        }
        for (key, count) in other.mishaps {
            *self.mishaps.entry(key).or_default() += count;
        }
        for (name, count) in other.between {
            *self.between.entry(name).or_default() += count;
        }
        for (name, [hid, uart]) in other.parts {
            let sum = self.parts.entry(name).or_default();
            *sum = [sum[0] + hid, sum[1] + uart];
        }
        self.starts += other.starts;
        self.wrong.extend(other.wrong);
    }

    pub fn succeeded(&self) -> usize {
        self.ends.values().map(|ends| ends.succeeded).sum()
    }

    pub fn broken(&self) -> usize {
        self.ends.values().map(|ends| ends.broken).sum()
    }

    pub fn refused(&self) -> usize {
        self.ends.values().map(|ends| ends.refused).sum()
    }

    /// Commands that a mishap never met.
    pub fn holes(&self) -> Vec<(&'static str, &'static str)> {
        let commands = self.ends.keys();
        let pairs = commands.flat_map(|command| Mishap::kinds().map(move |kind| (*command, kind)));
        pairs
            .filter(|pair| !self.mishaps.contains_key(pair))
            .collect()
    }

    pub fn text(&self) -> String {
        let mut text = format!(
            "{} sequences: {} commands succeeded, {} broke, {} were refused; the ROM would start something {} times; {} findings\n\n",
            self.sequences,
            self.succeeded(),
            self.broken(),
            self.refused(),
            self.starts,
            self.wrong.len()
        );
        let _ = write!(text, "| |");
        self.ends.keys().for_each(|name| {
            let _ = write!(text, " {name} |");
        });
        let _ = writeln!(text, "\n|--|{}", "--:|".repeat(self.ends.len()));
        let row = |what: &str, of: &dyn Fn(&'static str, &Ends) -> usize| {
            let cells = self.ends.iter();
            let cells = cells.map(|(name, ends)| format!(" {} |", of(name, ends)));
            format!("| {what} |{}\n", cells.collect::<String>())
        };
        text += &row("succeeded", &|_, ends| ends.succeeded);
        text += &row("broke", &|_, ends| ends.broken);
        text += &row("refused", &|_, ends| ends.refused);
        for kind in Mishap::kinds() {
            text += &row(kind, &|name, _| {
                self.mishaps.get(&(name, kind)).copied().unwrap_or(0)
            });
        }
        text += "\n";
        for (name, count) in &self.between {
            let _ = writeln!(text, "| {name} | {count} |");
        }
        text += "\n";
        for (name, [hid, uart]) in &self.parts {
            let _ = writeln!(text, "| {name} | {hid} | {uart} |");
        }
        text
    }
}
