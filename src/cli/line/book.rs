//! What is in the ledger: `line units`, `line pools`, `line void`, `line audit`, `line export`, `line report`.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use rtboot::line::ledger::{Attempt, Export, Ledger};
use rtboot::line::percent;
use rtboot::outcome::{
    LineAttempt, LineAudit, LineExport, LineFailure, LineHead, LinePool, LinePools, LineReport,
    LineUnits, LineVoid, Outcome,
};
use rtboot::{Error, LineError, Result};

use super::StationArgs;
use crate::cli::{Context, output};

/// Which ledger.
#[derive(Debug, Clone, clap::Args)]
pub struct LedgerArgs {
    /// Another ledger than the station's: postgres://USER@localhost/NAME, or a file
    #[arg(long, value_name = "LEDGER", env = "RTBOOT_LEDGER")]
    ledger: Option<String>,
    #[command(flatten)]
    station: StationArgs,
}

impl LedgerArgs {
    fn open(&self) -> Result<Ledger> {
        self.station.open()?.ledger(self.ledger.as_deref())
    }

    fn failed(&self) -> impl Fn(rtboot::line::ledger::Error) -> Error + use<> {
        let address = self
            .ledger
            .clone()
            .unwrap_or_else(|| "the station's ledger".into());
        move |source| {
            LineError::Ledger {
                address: address.clone(),
                source,
            }
            .into()
        }
    }
}

/// List attempts: the last ones, or all of one unit
#[derive(Debug, clap::Args)]
pub struct UnitsArgs {
    /// A unit, by one of its numbers or by its chip's unique id
    unit: Option<String>,
    /// How many
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    last: u32,
    #[command(flatten)]
    ledger: LedgerArgs,
}

pub fn units(args: &UnitsArgs, context: &mut Context) -> Result<()> {
    let attempts = args
        .ledger
        .open()?
        .attempts(args.unit.as_deref(), args.last);
    let attempts = attempts.map_err(args.ledger.failed())?;
    let report = &mut context.report;
    for attempt in &attempts {
        let why = attempt.code.as_deref().map(|code| format!(" {code}"));
        let numbers = match attempt.numbers.is_empty() {
            true => "-".to_owned(),
            false => attempt.numbers.join(" "),
        };
        report.line(format!(
            "{}  {:7}{}  {numbers}  {}  {} slot {}",
            time(attempt.started),
            attempt.verdict.name(),
            why.unwrap_or_default(),
            attempt.uid.as_deref().unwrap_or("unknown unit"),
            attempt.station,
            attempt.slot
        ));
    }
    if attempts.is_empty() {
        report.line("no attempt");
    }
    let attempts = attempts.into_iter().map(row).collect();
    report.found(Outcome::LineUnits(LineUnits { attempts }));
    Ok(())
}

fn row(attempt: Attempt) -> LineAttempt {
    LineAttempt {
        attempt: attempt.id,
        uid: attempt.uid,
        numbers: attempt.numbers,
        verdict: attempt.verdict.name().to_owned(),
        code: attempt.code,
        step: attempt.step,
        job: attempt.job_name,
        station: attempt.station,
        slot: attempt.slot,
        operator: attempt.operator,
        started_ms: attempt.started,
        ended_ms: attempt.ended,
        rework: attempt.rework,
    }
}

/// A time of the ledger, in UTC.
fn time(ms: i64) -> String {
    let at = UNIX_EPOCH + std::time::Duration::from_millis(u64::try_from(ms).unwrap_or_default());
    humantime::format_rfc3339_seconds(at).to_string()
}

/// Show how far each pool of numbers is
#[derive(Debug, clap::Args)]
pub struct PoolsArgs {
    #[command(flatten)]
    ledger: LedgerArgs,
}

pub fn pools(args: &PoolsArgs, context: &mut Context) -> Result<()> {
    let pools = args.ledger.open()?.pools().map_err(args.ledger.failed())?;
    let pools: Vec<LinePool> = pools
        .into_iter()
        .map(|pool| LinePool {
            name: pool.id,
            kind: pool.kind,
            next: pool.next,
            next_text: pool.next_text,
            last: pool.last,
            left: pool.left,
            reserved: pool.reserved,
            written: pool.written,
            void: pool.void,
        })
        .collect();
    let report = &mut context.report;
    for pool in &pools {
        let left = match pool.kind.as_str() {
            "given" => "from a command".to_owned(),
            _ if pool.left == 0 => "none left".to_owned(),
            _ => {
                let next = pool.next.to_string();
                let next = pool.next_text.as_ref().unwrap_or(&next);
                format!("{} left, next {next}", pool.left)
            }
        };
        report.line(format!(
            "{:<12} {left}; {} in units that passed, {} in units that have not, {} given up",
            pool.name, pool.written, pool.reserved, pool.void
        ));
    }
    if pools.is_empty() {
        report.line("no pool yet: a job's pools are made when the line first runs it");
    }
    report.found(Outcome::LinePools(LinePools { pools }));
    Ok(())
}

/// Give a number up for ever: its unit is scrapped
#[derive(Debug, clap::Args)]
pub struct VoidArgs {
    /// The pool
    pool: String,
    /// The number; of a list, the row
    number: i64,
    /// Why, for the ledger
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    ledger: LedgerArgs,
}

pub fn void(args: &VoidArgs, context: &mut Context) -> Result<()> {
    let mut ledger = args.ledger.open()?;
    let done = ledger.void(&args.pool, args.number, &args.reason);
    done.map_err(args.ledger.failed())?;
    let report = &mut context.report;
    report.line(format!("{} {} is given up", args.pool, args.number));
    report.found(Outcome::LineVoid(LineVoid {
        pool: args.pool.clone(),
        number: args.number,
    }));
    Ok(())
}

/// Prove that nothing in the ledger was removed or changed
#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    /// The end of a chain as it was printed earlier: STATION=ENTRY:HASH
    #[arg(long, value_name = "STATION=ENTRY:HASH", value_parser = head)]
    head: Vec<(String, i64, String)>,
    #[command(flatten)]
    ledger: LedgerArgs,
}

fn head(text: &str) -> std::result::Result<(String, i64, String), String> {
    let wrong = || format!("\"{text}\" is no end of a chain: it looks like bench=17:5f1c…");
    let (station, rest) = text.rsplit_once('=').ok_or_else(wrong)?;
    let (entry, hash) = rest.split_once(':').ok_or_else(wrong)?;
    let entry = entry.parse().map_err(|_| wrong())?;
    Ok((station.to_owned(), entry, hash.to_owned()))
}

pub fn audit(args: &AuditArgs, context: &mut Context) -> Result<()> {
    let audit = args
        .ledger
        .open()?
        .audit(&args.head)
        .map_err(args.ledger.failed())?;
    let heads = audit.heads.iter().map(|head| LineHead {
        station: head.station.clone(),
        entry: head.seq,
        hash: head.hash.clone(),
    });
    let found = LineAudit {
        entries: audit.entries,
        attempts: audit.attempts,
        numbers: audit.numbers,
        heads: heads.collect(),
        wrong: audit.wrong.clone(),
    };
    let report = &mut context.report;
    report.line(format!(
        "{} entries, {} attempts, {} numbers",
        found.entries, found.attempts, found.numbers
    ));
    for head in &found.heads {
        report.line(format!("{}={}:{}", head.station, head.entry, head.hash));
    }
    for wrong in &found.wrong {
        report.line(format!("wrong: {wrong}"));
    }
    report.found(Outcome::LineAudit(found));
    match audit.wrong.first() {
        None => {
            report.line("the ledger is as it was written");
            Ok(())
        }
        Some(first) => Err(LineError::Changed {
            first: first.clone(),
            count: audit.wrong.len(),
        }
        .into()),
    }
}

/// A span of time.
#[derive(Debug, Clone, clap::Args)]
pub struct SpanArgs {
    /// From this time on: 2026-11-28T06:00:00Z, 2026-11-28 (midnight, UTC), or 12h ago as 12h [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<i64>,
    /// Up to this time [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<i64>,
}

const DAY: i64 = 24 * 3_600_000;

fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn moment(text: &str) -> std::result::Result<i64, String> {
    if let Ok(ago) = humantime::parse_duration(text) {
        return Ok(now() - i64::try_from(ago.as_millis()).unwrap_or(i64::MAX));
    }
    let full = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    let at = humantime::parse_rfc3339_weak(&full).map_err(|_| {
        format!("\"{text}\" is no time: write 2026-11-28T06:00:00Z, 2026-11-28 or 12h")
    })?;
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl SpanArgs {
    fn span(&self) -> std::ops::Range<i64> {
        self.from.unwrap_or_else(|| now() - DAY)..self.to.unwrap_or(i64::MAX)
    }
}

/// Write the attempts of a span of time as CSV, JSON lines or JUnit's XML
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The file; its ending decides: .csv, .json or .jsonl, .xml. `-` is CSV on stdout
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    ledger: LedgerArgs,
}

pub fn export(args: &ExportArgs, context: &mut Context) -> Result<()> {
    output::try_out(&args.output, &context.report)?;
    let ending = args
        .output
        .extension()
        .unwrap_or_default()
        .to_string_lossy();
    let form = match ending.to_ascii_lowercase().as_str() {
        "csv" => Export::Csv,
        "json" | "jsonl" => Export::Json,
        "xml" => Export::Junit,
        "" if output::is_stream(&args.output) => Export::Csv,
        _ => {
            return Err(Error::Usage(format!(
                "{}: name a file that ends with .csv, .json or .xml",
                args.output.display()
            )));
        }
    };
    let mut bytes = Vec::new();
    let mut ledger = args.ledger.open()?;
    let attempts = ledger.export(form, args.span.span(), &mut bytes);
    let attempts = attempts.map_err(args.ledger.failed())?;
    if output::is_stream(&args.output) {
        output::write_stdout(&bytes).map_err(output::unwritable(&args.output))?;
    } else {
        output::write_whole(&args.output, &bytes).map_err(output::unwritable(&args.output))?;
        context
            .report
            .line(format!("{attempts} attempts in {}", args.output.display()));
    }
    context.report.found(Outcome::LineExport(LineExport {
        file: args.output.display().to_string(),
        attempts,
    }));
    Ok(())
}

/// Say what a span of time gave: yield, failures, times of phases
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Also write it as one HTML file, with pictures, the units and the result of an audit
    #[cfg(feature = "line-web")]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    span: SpanArgs,
    #[command(flatten)]
    ledger: LedgerArgs,
}

pub fn report(args: &ReportArgs, context: &mut Context) -> Result<()> {
    let mut ledger = args.ledger.open()?;
    let found = ledger
        .report(args.span.span())
        .map_err(args.ledger.failed())?;
    #[cfg(feature = "line-web")]
    let file = html(args, &mut ledger, &context.report)?;
    #[cfg(not(feature = "line-web"))]
    let file: Option<String> = None;
    let report = &mut context.report;
    let share = |part: u64| {
        let share = percent(part, found.units);
        share.map_or(String::new(), |share| format!(" ({share})"))
    };
    report.line(format!(
        "{} units tried, {} passed{}; {} passed at once{}",
        found.units,
        found.passed,
        share(found.passed),
        found.first_pass,
        share(found.first_pass)
    ));
    report.line(format!(
        "{} attempts failed, {} were aborted",
        found.failed, found.aborted
    ));
    for hour in &found.hours {
        let all = hour.passed + hour.failed;
        report.line(format!(
            "  {}  {:>4} passed of {all}",
            time(hour.start),
            hour.passed
        ));
    }
    for failure in &found.failures {
        report.line(format!(
            "  {:>4} x {} in slot {}",
            failure.count, failure.code, failure.slot
        ));
    }
    for (phase, (median, slowest)) in &found.phases {
        report.line(format!(
            "  {phase:<12} median {median} ms, slowest {slowest} ms"
        ));
    }
    let failures = found.failures.iter().map(|failure| LineFailure {
        code: failure.code.clone(),
        slot: failure.slot.clone(),
        count: failure.count,
    });
    report.found(Outcome::LineReport(LineReport {
        passed: found.passed,
        failed: found.failed,
        aborted: found.aborted,
        units: found.units,
        first_pass: found.first_pass,
        failures: failures.collect(),
        phases_ms: found.phases.clone(),
        file,
    }));
    Ok(())
}

/// The same as one HTML file, where one is asked for.
#[cfg(feature = "line-web")]
fn html(
    args: &ReportArgs,
    ledger: &mut Ledger,
    report: &crate::cli::Report,
) -> Result<Option<String>> {
    let Some(file) = &args.output else {
        return Ok(None);
    };
    output::try_out(file, report)?;
    let html = rtboot::line::web::html(ledger, args.span.span(), None);
    let html = html.map_err(args.ledger.failed())?;
    output::write_whole(file, html.as_bytes()).map_err(output::unwritable(file))?;
    Ok(Some(file.display().to_string()))
}
