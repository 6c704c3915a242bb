//! `line rehearse`: the line with virtual boards.

use std::path::PathBuf;

use rtboot::line::{self, Product, RehearseOptions, Watch};
use rtboot::outcome::{LineRehearse, Outcome};
use rtboot::{Error, LineError, Result};

use super::StationArgs;
use super::run::{ScreenArgs, shown, tool};
use crate::cli::Context;

/// Rehearse a job on virtual boards: real threads, real ledger, real hooks, and somebody who puts boards in and takes them out
///
/// Every unit that passed is looked at when it is taken out, and the ledger is held against what was found. Nothing of it
/// goes into the station's own ledger.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The sealed job
    job: PathBuf,
    /// How many slots
    #[arg(long, value_name = "COUNT", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    slots: u16,
    /// How many units
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    units: usize,
    /// How many of a hundred units have a fault: pulled cables, lost packets, dead flash, boards that come twice
    #[arg(long, value_name = "PERCENT", default_value = "5%", value_parser = percent)]
    faults: f64,
    /// The same seed brings the same units and the same faults
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Where the rehearsal's ledger goes [default: a folder that is gone afterwards]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Another ledger than a file: postgres://USER@localhost/NAME. It must not be the production's
    #[arg(long, value_name = "LEDGER")]
    ledger: Option<String>,
    #[command(flatten)]
    screen: ScreenArgs,
    #[command(flatten)]
    station: StationArgs,
}

fn percent(text: &str) -> std::result::Result<f64, String> {
    let number = text.trim_end_matches('%').parse::<f64>();
    let number = number.map_err(|_| format!("\"{text}\" is no percentage"))?;
    match (0.0..=100.0).contains(&number) {
        true => Ok(number),
        false => Err("0% to 100%".into()),
    }
}

pub fn run(args: &Args, context: &mut Context) -> Result<()> {
    let station = args.station.if_there()?;
    let trusted = station.as_ref().map(|station| station.trusted().to_vec());
    let mut product = Product::open(&args.job, &trusted.unwrap_or_default())?;
    match &station {
        Some(station) => product.unlock(station)?,
        None if product.job().has_secrets() => {
            let folder = args.station.folder()?;
            return Err(LineError::NoStation { folder }.into());
        }
        None => {}
    }
    let temporary = match &args.folder {
        Some(_) => None,
        None => Some(tempfile::tempdir().map_err(|source| Error::WriteFile {
            path: std::env::temp_dir(),
            source,
        })?),
    };
    let folder = match (&args.folder, &temporary) {
        (Some(folder), _) => folder.clone(),
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => PathBuf::new(),
    };
    let options = RehearseOptions {
        slots: usize::from(args.slots),
        units: args.units,
        faults_percent: args.faults,
        seed: args.seed,
        folder: folder.clone(),
        ledger: args.ledger.clone(),
        tool: tool(),
    };
    let watch = Watch::new();
    let reader = {
        let (folder, address) = (folder.clone(), args.ledger.clone());
        // the rehearsal makes its station when it begins
        move || rtboot::line::Station::reader_of(&folder, address.as_deref())
    };
    let rehearsal = shown(&watch, &args.screen, reader, context, |stop| {
        line::rehearse(station.as_ref(), &product, &options, &watch, stop)
    })?;
    let counts = watch.now().1.counts;
    let found = LineRehearse {
        passed: rehearsal.passed as u64,
        scrapped: rehearsal.scrapped as u64,
        with_fault: rehearsal.with_fault as u64,
        failed: counts.failed,
        aborted: counts.aborted,
        refused: counts.refused,
        modelled_ms: rehearsal.modelled.as_millis() as u64,
        longest_ms: rehearsal.longest.as_millis() as u64,
        problems: rehearsal.problems.clone(),
        folder: folder.display().to_string(),
    };
    let report = &mut context.report;
    report.line(format!(
        "{} units: {} passed, {} scrapped ({} had a fault); {} attempts failed, {} were aborted, {} boards were refused",
        args.units,
        found.passed,
        found.scrapped,
        found.with_fault,
        found.failed,
        found.aborted,
        found.refused
    ));
    if !rehearsal.longest.is_zero() {
        let share = rehearsal.modelled.as_secs_f64() / rehearsal.longest.as_secs_f64();
        report.line(format!(
            "modelled time: {:.1} s of board time in {:.1} s, {share:.1} slots busy",
            rehearsal.modelled.as_secs_f64(),
            rehearsal.longest.as_secs_f64()
        ));
    }
    for problem in rehearsal.problems.iter().take(20) {
        report.line(format!("problem: {problem}"));
    }
    report.found(Outcome::LineRehearse(found));
    match rehearsal.problems.first() {
        None => {
            report.line("the rehearsal went well: no number twice, no unit passed that is not good, no row lost");
            Ok(())
        }
        Some(first) => Err(LineError::Rehearsal {
            first: first.clone(),
            count: rehearsal.problems.len(),
        }
        .into()),
    }
}
