//! `line run`: the line itself.

use std::io::IsTerminal;
#[cfg(feature = "line-web")]
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rtboot::line::{self, LineEnd, LineState, RunOptions, SlotSpec, Watch};
use rtboot::outcome::{self, LineRun, Outcome};
use rtboot::{Error, Result};

#[cfg(feature = "screen")]
use super::screen;
use super::{Bell, StationArgs, changes, operator, plain};
use crate::cli::{Context, Report, report};

/// Run the line: make units of a sealed job in all slots at once
///
/// A unit begins when a board is put in, and the next one when that board was taken out. Ctrl-C finishes the units that are
/// being made and begins no other.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The sealed job
    job: PathBuf,
    /// A slot, instead of those of the station: A=usb:1-4.1, B=uart:/dev/ttyUSB0, C=virtual:DIR
    #[arg(long, value_name = "NAME=BOARD")]
    slot: Vec<String>,
    /// Who is there: a name or a badge, for the ledger. While the line runs, the key o changes it, or the line `operator NAME` on
    /// standard input where there is no screen
    #[arg(long, value_name = "NAME", env = "RTBOOT_OPERATOR", default_value = "")]
    operator: String,
    /// Another ledger than the station's: postgres://USER@localhost/NAME, or a file
    #[arg(long, value_name = "LEDGER", env = "RTBOOT_LEDGER")]
    ledger: Option<String>,
    /// Make units again that passed already; they keep their numbers
    #[arg(long)]
    rework: bool,
    /// End when this many units have passed
    #[arg(long, value_name = "COUNT")]
    units: Option<u64>,
    #[command(flatten)]
    pub screen: ScreenArgs,
    #[command(flatten)]
    station: StationArgs,
}

/// How it is shown.
#[derive(Debug, Clone, clap::Args)]
pub struct ScreenArgs {
    /// One line for each change, for logs and screen readers. The default where stdout is no terminal
    #[arg(long)]
    pub plain: bool,
    /// When the terminal's bell rings
    #[arg(long, value_enum, default_value = "never")]
    pub bell: Bell,
    /// Serve a page that shows the line, its units and its day; the port 0 takes any
    #[cfg(feature = "line-web")]
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, require_equals = true,
        default_missing_value = "127.0.0.1:8080")]
    pub http: Option<SocketAddr>,
    /// Let other machines see the page, too: whoever reaches it sees every unit
    #[cfg(feature = "line-web")]
    #[arg(long, requires = "http")]
    pub http_beyond_this_machine: bool,
    /// A name of this PC under which browsers may ask for the page, besides localhost and addresses. Several may
    #[cfg(feature = "line-web")]
    #[arg(long, value_name = "NAME", requires = "http")]
    pub http_name: Vec<String>,
    /// Time zone of the page's days, as Europe/Berlin [default: the system's]
    #[cfg(feature = "line-web")]
    #[arg(long, value_name = "ZONE", requires = "http")]
    pub http_zone: Option<String>,
    /// A file with the token that lets the page stop the line; without it the page only reads
    #[cfg(feature = "line-web")]
    #[arg(long, value_name = "FILE", requires = "http")]
    pub http_token: Option<PathBuf>,
}

impl ScreenArgs {
    /// Whether it is drawn, and not told line by line.
    fn draws(&self) -> bool {
        #[cfg(feature = "screen")]
        return !self.plain && screen::can_draw();
        #[cfg(not(feature = "screen"))]
        return false;
    }
}

#[cfg(feature = "line-web")]
impl ScreenArgs {
    /// Serves the page, when one is asked for. It ends with the handle.
    fn page(
        &self,
        watch: &Watch,
        stop: &Arc<AtomicBool>,
        ledger: impl FnMut() -> line::ledger::Result<line::ledger::Ledger> + Send + 'static,
        report: &mut Report,
    ) -> Result<Option<line::web::Handle>> {
        let Some(address) = self.http else {
            return Ok(None);
        };
        let refused = |error: line::web::Error| Error::Usage(error.to_string());
        let mut options = line::web::Options::default();
        options.beyond_this_machine = self.http_beyond_this_machine;
        options.names.clone_from(&self.http_name);
        options.zone.clone_from(&self.http_zone);
        if let Some(file) = &self.http_token {
            let text = rtboot::file::read(file, rtboot::file::Limit::Text)?;
            let text = String::from_utf8_lossy(&text);
            let stop = stop.clone();
            options.stop = Some(line::web::Stop {
                token: line::web::Token::new(text.trim()).map_err(refused)?,
                act: Box::new(move || stop.store(true, Ordering::SeqCst)),
            });
        }
        let page = line::web::serve(address, watch.clone(), ledger, options).map_err(refused)?;
        report.detail(format!("page: http://{}", page.address()));
        Ok(Some(page))
    }
}

pub fn run(args: &Args, context: &mut Context) -> Result<()> {
    let station = args.station.open()?;
    let product = line::open_job(&station, &args.job)?;
    let given = args.slot.iter().map(|text| slot(text));
    let given: Vec<SlotSpec> = given.collect::<Result<_>>()?;
    let specs = match given.is_empty() {
        true => station.slots().to_vec(),
        false => given,
    };
    let options = RunOptions {
        operator: args.operator.clone(),
        rework: args.rework,
        units: args.units,
        ledger: args.ledger.clone(),
        tool: tool(),
    };
    for crowded in line::crowded_buses(&specs) {
        context.report.line(format!("warning: {crowded}"));
    }
    let watch = Watch::new();
    let reader = {
        let (station, address) = (station.clone(), args.ledger.clone());
        move || station.reader(address.as_deref())
    };
    let ended = shown(&watch, &args.screen, reader, context, |stop| {
        line::run(
            &station,
            &product,
            line::slots_of(&specs),
            &options,
            &watch,
            stop,
        )
    });
    let (_, last) = watch.now();
    let counts = last.counts;
    let found = |end: Option<&LineEnd>| LineRun {
        passed: counts.passed,
        failed: counts.failed,
        aborted: counts.aborted,
        refused: counts.refused,
        reason: last
            .ended
            .as_ref()
            .map(|told| told.code.clone())
            .filter(|code| code != "asked"),
        letters_waiting: last.letters_waiting as u64,
        recovered: end.map_or(0, |end| end.recovered as u64),
    };
    context
        .report
        .found(Outcome::LineRun(found(ended.as_ref().ok())));
    // a screen is gone with its last state
    if args.screen.draws() {
        context.report.line(format!(
            "{} passed, {} failed, {} aborted, {} refused",
            counts.passed, counts.failed, counts.aborted, counts.refused
        ));
    }
    if last.letters_waiting > 0 {
        let error = last.hook_error.unwrap_or_default();
        let text = format!(
            "{} records wait for their hooks: {error}",
            last.letters_waiting
        );
        context.report.line(text);
    }
    ended.map(drop)
}

/// The program and its version, for the ledger.
pub fn tool() -> String {
    format!("rtboot {}", env!("CARGO_PKG_VERSION"))
}

fn slot(text: &str) -> Result<SlotSpec> {
    let (name, board) = text
        .split_once('=')
        .ok_or_else(|| Error::Usage(format!("\"{text}\" is no slot: it looks like A=usb:1-4.1")))?;
    SlotSpec::new(name, board).map_err(Error::Usage)
}

/// Longest wait for a change before Ctrl-C is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Runs a line on a thread of its own and shows what goes on until it has ended.
pub fn shown<T: Send>(
    watch: &Watch,
    how: &ScreenArgs,
    ledger: impl FnMut() -> line::ledger::Result<line::ledger::Ledger> + Send + 'static,
    context: &mut Context,
    line: impl FnOnce(&AtomicBool) -> Result<T> + Send,
) -> Result<T> {
    let stop = Arc::new(AtomicBool::new(false));
    #[cfg(feature = "line-web")]
    let _page = how.page(watch, &stop, ledger, &mut context.report)?;
    #[cfg(not(feature = "line-web"))]
    let _ = (how, ledger);
    report::begin();
    std::thread::scope(|scope| {
        let stop = &*stop;
        let running = scope.spawn(move || line(stop));
        let ended = || {
            if report::interrupted() {
                stop.store(true, Ordering::SeqCst);
            }
            running.is_finished()
        };
        let shown = show(
            watch,
            how,
            &|| stop.store(true, Ordering::SeqCst),
            &ended,
            context,
        );
        if shown.is_err() {
            // nobody sees the line any more: it finishes what runs
            stop.store(true, Ordering::SeqCst);
        }
        let broke = || Error::Usage("the line broke off: please report this".into());
        let done = running.join().unwrap_or_else(|_| Err(broke()));
        done.and_then(|done| shown.map(|()| done))
    })
}

/// Shows a line until it has ended: to a program, on a screen, or line by line.
fn show(
    watch: &Watch,
    how: &ScreenArgs,
    stop: &dyn Fn(),
    ended: &dyn Fn() -> bool,
    context: &mut Context,
) -> Result<()> {
    #[cfg(feature = "screen")]
    if !context.report.is_json() && how.draws() {
        return screen::run(watch, stop, ended, screen::ScreenOptions::new(how.bell));
    }
    operator::listen(watch);
    if context.report.is_json() {
        follow(watch, ended, &mut context.report);
        return Ok(());
    }
    let _ = stop;
    let clock: fn() -> String = match std::io::stdout().is_terminal() {
        true => plain::utc,
        // whoever keeps a log has times of its own, and the ledger has the line's
        false => String::new,
    };
    let told = plain::follow(watch, ended, &mut std::io::stdout(), &clock, how.bell);
    told.map_err(|source| Error::WriteFile {
        path: "stdout".into(),
        source,
    })
}

/// A JSON object for each change of a slot.
fn follow(watch: &Watch, ended: &dyn Fn() -> bool, report: &mut Report) {
    let (mut seen, mut before) = (0, LineState::default());
    loop {
        let over = ended();
        let (number, now) = watch.after(seen, if over { Duration::ZERO } else { LOOK });
        if number != seen {
            for event in changes(&before, &now) {
                report.event_line(outcome::Event::Slot(event));
            }
            (seen, before) = (number, now);
        }
        if over {
            return;
        }
    }
}
