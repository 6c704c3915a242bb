//! Counts what a sweep found.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::points::FITTING;
use crate::kit::case::{Outcome, Point};

/// What one kind of fault led to.
#[derive(Default)]
struct Row {
    points: u64,
    exits: BTreeMap<u8, u64>,
    false_successes: u64,
    halves: u64,
    healed_at_once: u64,
    healed_after_power: u64,
    strayed: u64,
}

/// All rows, and a line for everything that must not be.
#[derive(Default)]
pub struct Table {
    rows: BTreeMap<(usize, &'static str), Row>,
    pub wrong: Vec<String>,
}

impl Table {
    pub fn add(&mut self, place: &str, point: &Point, outcome: &Outcome) {
        let order = FITTING
            .iter()
            .position(|(kind, _)| *kind == point.kind)
            .unwrap_or_else(|| panic!("{} is in no table", point.kind));
        let row = self.rows.entry((order, point.kind)).or_default();
        row.points += 1;
        *row.exits.entry(outcome.exit).or_default() += 1;
        row.false_successes += u64::from(outcome.false_success);
        row.halves += u64::from(outcome.half);
        row.strayed += u64::from(outcome.strayed);
        row.healed_at_once += u64::from(outcome.healed_at_once);
        row.healed_after_power += u64::from(outcome.healed_after_power);
        for (is, what) in [
            (outcome.panicked, "panic"),
            (outcome.false_success, "false success"),
            (outcome.half, "a half image starts"),
            (!outcome.healed(), "not healed"),
            (outcome.left_behind, "the file of kept bytes stays"),
            (outcome.slow, "took too long"),
            (
                outcome.strayed && !point.may_stray,
                "bytes elsewhere changed",
            ),
            (
                !FITTING[order].1.contains(&outcome.exit),
                "exit code does not fit",
            ),
            (
                outcome.exit != 0 && outcome.message.is_empty() && !outcome.panicked,
                "no message",
            ),
        ] {
            if is {
                self.wrong.push(format!(
                    "{what}: {place}, {}, {:?}: exit {} {}",
                    point.kind, point.what, outcome.exit, outcome.message
                ));
            }
        }
    }

    pub fn points(&self) -> u64 {
        self.rows.values().map(|row| row.points).sum()
    }

    /// The table in Markdown.
    pub fn text(&self) -> String {
        let mut text = String::from(
            "| fault | points | exit codes (how often) | false successes | half images that start | healed at once | healed after power-up | not healed |\n\
             |--|--:|--|--:|--:|--:|--:|--:|\n",
        );
        let mut sum = [0; 6];
        for ((_, kind), row) in &self.rows {
            let exits: Vec<String> = row
                .exits
                .iter()
                .map(|(exit, count)| format!("{exit} ({count})"))
                .collect();
            let healed = row.healed_at_once + row.healed_after_power;
            let numbers = [
                row.points,
                row.false_successes,
                row.halves,
                row.healed_at_once,
                row.healed_after_power,
                row.points - healed,
            ];
            let [points, wrong, halves, once, later, never] = numbers;
            let _ = writeln!(
                text,
                "| {kind} | {points} | {} | {wrong} | {halves} | {once} | {later} | {never} |",
                exits.join(", ")
            );
            for (total, number) in sum.iter_mut().zip(numbers) {
                *total += number;
            }
        }
        let [points, wrong, halves, once, later, never] = sum;
        let _ = writeln!(
            text,
            "| **all** | **{points}** | | **{wrong}** | **{halves}** | **{once}** | **{later}** | **{never}** |"
        );
        let strayed: u64 = self.rows.values().map(|row| row.strayed).sum();
        let _ = writeln!(
            text,
            "\nBytes far from the image touched by a bent command: {strayed}."
        );
        text
    }

    /// Fails with what was found, the first lines of it.
    pub fn check(&self) {
        let mut shown = self.wrong.clone();
        shown.sort_by_key(|line| {
            (
                !line.starts_with("false success"),
                !line.starts_with("a half"),
            )
        });
        shown.truncate(60);
        assert!(
            shown.is_empty(),
            "{} findings:\n{}",
            self.wrong.len(),
            shown.join("\n")
        );
    }
}
