//! A plan, and a write that is done, for people and programs.

use std::path::Path;

use indicatif::BinaryBytes;
use rtboot::flash::{Action, Nor, WritePlan, WriteReport};
use rtboot::outcome;
use rtboot_bootable::Verdict;
use serde_json::{Value, json};

use super::Took;
use crate::cli::{Context, Report};

/// Prints every step of a plan, in its order.
pub fn plan(plan: &WritePlan, nor: &Nor, report: &mut Report) {
    let g = plan.geometry();
    let mut steps: Vec<Value> = Vec::new();
    let mut step = |what: &str, address: u32, length: u64| {
        steps.push(json!({"step": what, "address": address, "length": length}));
    };
    if nor.part().quad_enabled(&nor.facts().status) == Some(false) {
        step("set-quad-enable", g.base, 0);
    }
    for (address, bytes) in plan.rescue().segments() {
        step("keep", address, bytes.len() as u64);
    }
    if plan.erases_all() {
        step("erase-all", g.base, u64::from(g.size));
    }
    for address in plan.sector_erases() {
        step("erase", address, u64::from(g.sector));
    }
    for address in plan.block_erases() {
        step("erase", address, u64::from(g.block));
    }
    for run in plan.runs() {
        step("program", run.address, run.bytes.len() as u64);
    }
    if let Some(last) = plan.last_run() {
        step("program-last", last.address, last.bytes.len() as u64);
    }
    if plan.is_empty() {
        report.line("nothing to do: flash already holds it");
    }
    for step in &steps {
        report.line(step_text(step));
    }
    report.line(counts(
        plan.count(Action::Erase),
        plan.count(Action::Program),
        plan.count(Action::Leave),
        plan.bytes_to_program(),
    ));
    report.line("dry run: nothing in flash was changed");
    report.result(json!({"dry_run": true, "empty": plan.is_empty(), "steps": steps}));
}

fn step_text(step: &Value) -> String {
    let number = |key: &str| step[key].as_u64().unwrap_or_default();
    let (address, length) = (number("address"), number("length"));
    let range = format!("{address:#010x}..{:#010x}", address + length);
    match step["step"].as_str().unwrap_or_default() {
        "set-quad-enable" => "set      the quad-enable bit of the flash (it stays set)".into(),
        "keep" => format!("keep     {range}  {length} bytes around the image"),
        "erase-all" => format!("erase    {range}  the whole flash"),
        "erase" => format!("erase    {range}  {}", BinaryBytes(length)),
        "program-last" => format!("program  {range}  {length} bytes, last: the FCB's page"),
        _ => format!("program  {range}  {length} bytes"),
    }
}

fn counts(erased: usize, programmed: usize, left: usize, bytes: u64) -> String {
    format!(
        "{} erased, {programmed} programmed without an erase, {left} left as they are; {bytes} bytes to program",
        sectors(erased)
    )
}

fn sectors(count: usize) -> String {
    match count {
        1 => "1 sector".into(),
        n => format!("{n} sectors"),
    }
}

/// Prints how a write went.
pub fn done(app: &Path, done: &WriteReport, nor: &Nor, took: Took, context: &mut Context) {
    let report = &mut context.report;
    if done.changed {
        let mut text = format!(
            "wrote {} to the {}: {} erased, {} programmed without an erase, {} left as they were; {} bytes programmed",
            app.display(),
            nor.part().name,
            sectors(done.sectors_erased),
            done.sectors_programmed,
            done.sectors_left,
            done.bytes_programmed,
        );
        text += &match done.bytes_verified {
            0 => ", not verified".to_owned(),
            verified => format!(", {verified} verified"),
        };
        report.line(text);
    } else {
        report.line(format!(
            "nothing to do: flash already holds {} ({} bytes compared)",
            app.display(),
            done.bytes_verified
        ));
    }
    let seconds = took.time.as_secs_f64();
    let rate = done.bytes_programmed as f64 / seconds.max(0.001);
    report.result(json!({"seconds": seconds, "modelled": took.modelled, "bytes_per_second": rate}));
    let mut text = match took.modelled {
        true => format!("modelled time {seconds:.2} s on the board"),
        false => format!("{seconds:.2} s"),
    };
    if done.changed {
        text += &format!(", {}/s of image", BinaryBytes(rate as u64));
    }
    report.line(text);
}

/// Says whether the ROM would start what flash holds now.
pub fn starts(verdict: &Verdict, context: &mut Context) {
    let report = &mut context.report;
    report.line(format!("flash now: {}", verdict.words()));
    report.result(json!({
        "starts": verdict.starts.known(),
        "reasons": outcome::findings(&verdict.reasons),
    }));
}
