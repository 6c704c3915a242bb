//! Verb `write`: the main job, from a file to a verified image.

mod show;

use std::path::PathBuf;

use rtboot::board::MissingVirtual;
use rtboot::consent::Consent;
use rtboot::event::Stage;
use rtboot::finding::catalogue::{image, run};
use rtboot::finding::{Entry, Finding};
use rtboot::flash::KeptBytes;
use rtboot::job::{After, AfterReport, Target, WriteJob, WriteOptions};
use rtboot::outcome;
use rtboot::{Change, Result};

use super::pieces::{self, LayoutArgs};
pub use show::Goal;

use super::report::LOAD;
use super::{Context, Report, draw, guard, settings};

/// Write an application or image to flash, verified
///
/// Takes ELF, Intel HEX, S-record, UF2 and raw files, with or without a boot header, and says what it found. A bare
/// application gets an FCB, an IVT and boot data. Sectors that already hold the right bytes are left alone, bytes
/// around the image are kept, and the page with the FCB comes last, so that an interrupted run never leaves a half
/// image that starts.
///
/// Everything that can fail without a board fails before the board is opened.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The application or boot image; further firmware with addresses of its own; data as FILE@ADDRESS
    #[arg(required = true, value_name = "FILE[@ADDRESS]")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    layout: LayoutArgs,
    /// Start the application afterwards, without a reset
    #[arg(long, conflicts_with = "reset")]
    run: bool,
    /// Reset the board afterwards and say whether the application started
    #[arg(long)]
    reset: bool,
    /// Erase the whole flash first; asks for a confirmation in words
    #[arg(long, conflicts_with = "second_stage")]
    erase_all: bool,
    /// Erase the bytes around the image in its sectors instead of keeping them (never those of the image that starts now)
    #[arg(long)]
    erase_around: bool,
    /// Also rewrite sectors that already hold the right bytes
    #[arg(long)]
    no_skip: bool,
    /// Do not read back what was written; a wrong byte would go unnoticed
    #[arg(long)]
    no_verify: bool,
    /// Say what would be done and change nothing in flash (the flashloader is still loaded, to read flash)
    #[arg(long, conflicts_with_all = ["run", "reset"])]
    dry_run: bool,
    #[command(flatten)]
    kept: KeptArgs,
    /// The confirmation in words for something that cannot be undone
    #[arg(long, value_name = "WORDS")]
    confirm: Vec<String>,
}

/// What becomes of bytes that an interrupted write kept.
#[derive(Debug, clap::Args)]
pub struct KeptArgs {
    /// Put back the bytes that an interrupted write saved, whatever flash holds there now
    #[arg(long, conflicts_with = "discard")]
    restore: bool,
    /// Forget the bytes that an interrupted write saved, and give that write up
    #[arg(long)]
    discard: bool,
}

impl KeptArgs {
    /// The same for the library.
    pub fn choice(&self) -> KeptBytes {
        match (self.restore, self.discard) {
            (true, _) => KeptBytes::RestoreOver,
            (false, true) => KeptBytes::Discard,
            (false, false) => KeptBytes::Restore,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  rtboot write --fcb IS25LP064A app.elf --reset
  rtboot write app.bin --dry-run
  rtboot write app.elf config.json@0x60700000 fs.bin@0x60400000
  rtboot write mcuboot.elf slot.hex
  rtboot write --second-stage slot.hex
  rtboot --board virtual write app.hex";

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let about = args.layout.about(&args.files);
    context.report.is_about(&context.globals, &about);
    let of_environment = std::env::var_os("RTBOOT_FCB").is_some_and(|name| !name.is_empty());
    match args.layout.fcb.is_some() || args.layout.as_is || of_environment {
        true => tell_settings(&["fcb"], context)?,
        false => tell_settings(&[], context)?,
    }
    let mut target = context.target()?;
    if !args.dry_run {
        target.connection.missing_virtual = MissingVirtual::Make;
        tell_of_new_board(&target, &mut context.report);
    }
    let options = options(&args, context)?;
    target.part = context.part()?;
    let job = WriteJob::prepare(&pieces::parse(&args.files)?, options, target.chip)?;
    let run = Run {
        goal: Goal::Write,
        dry_run: args.dry_run,
        no_verify: args.no_verify,
        confirm: &args.confirm,
    };
    carry_out(job, &target, &run, context)
}

/// How a prepared write is carried out and told.
pub struct Run<'a> {
    pub goal: Goal,
    pub dry_run: bool,
    pub no_verify: bool,
    pub confirm: &'a [String],
}

/// Carries a prepared write out, from the findings about its files to what comes after it.
pub fn carry_out(
    mut job: WriteJob,
    target: &Target,
    run: &Run<'_>,
    context: &mut Context,
) -> Result<()> {
    target.loader.check(target.chip)?;
    // what is said of the files depends on the chip: where the user does not name it, the board is asked first
    let mut asked = None;
    let mut is_settled = true;
    if target.chip.is_none() {
        let mut board = context.connect(target)?;
        let contact = target.contact(&mut board, &mut context.report)?;
        match contact.chip() {
            Some(chip) => job = job.for_chip(chip)?,
            None => is_settled = false,
        }
        asked = Some((board, contact));
    }
    for finding in job.findings().iter().filter(|_| is_settled) {
        match DETAILS.iter().any(|entry| finding.is(entry)) {
            true => context.report.finding_in_detail(finding),
            false => context.report.finding(finding),
        }
    }
    confirm(run, &mut job, context)?;
    let (mut board, contact) = match asked {
        Some(asked) => asked,
        None => {
            let mut board = context.connect(target)?;
            let contact = target.contact(&mut board, &mut context.report)?;
            (board, contact)
        }
    };
    let report = &mut context.report;
    report.expect(&expected(&job));
    let mut ready = job.identify_from(contact, &mut board, target, report)?;
    let plan = ready.plan(report)?;
    if run.dry_run {
        show::plan(&plan, &ready, run.goal, report);
        return Ok(());
    }
    if report.is_json() {
        let planned = show::object(&plan, &ready, show::DryRun::No);
        report.event_line(outcome::Event::Plan(planned));
    }
    report.expect_timed(ready.coming(&plan));
    let written = ready.write(&plan, report)?;
    report.record_change(match (written.changed, run.no_verify) {
        (false, _) => Change::ImageWasThere,
        (true, true) => Change::ImageWritten,
        (true, false) => Change::ImageVerified,
    });
    let verdict = ready.verdict(&plan, &written, report)?;
    let done = show::Done {
        goal: run.goal,
        pieces: ready.pieces().clone(),
        second_stage: ready.second_stage(),
        chip: ready.nor().chip().name,
        part: ready.nor().called(),
        image: (&ready.layout().memory).into(),
        report: written,
        took: ready.took(),
        phases: ready.phases().clone(),
        verdict,
    };
    done.print(report);
    report.found(done.outcome(AfterReport::Nothing));
    let after = ready.finish()?;
    match after {
        AfterReport::Started(started) => draw::started(started, report),
        AfterReport::Reset(who) => draw::reset(who, report),
        _ => {}
    }
    report.found(done.outcome(after));
    Ok(())
}

/// The image's line says the gist of these; they are told to those who ask for more.
const DETAILS: [&Entry; 5] = [
    &image::IMAGE_KIND,
    &image::HEADERS_MADE,
    &image::SEGMENT_MOVES,
    &image::ELF_HEADERS_LEFT_OUT,
    &image::ELF_NOBITS_LEFT_OUT,
];

/// What is known of the run's stages before flash is read, with their bytes.
fn expected(job: &WriteJob) -> [(Stage, u64); 6] {
    let image = job.pieces().memory().len_bytes() as u64;
    [
        LOAD,
        (Stage::Compare, image),
        (Stage::Erase, image),
        (Stage::BlankCheck, image),
        (Stage::Program, image),
        (Stage::Verify, image),
    ]
}

/// The first line tells of a board that will be made: its folder may be a slip.
fn tell_of_new_board(target: &Target, report: &mut Report) {
    if let Some(folder) = target.missing_virtual() {
        report.tell(Finding::new(&run::VIRTUAL_MADE).text("folder", folder.display()));
    }
}

/// Names every setting of a file that decides where this write goes, or what goes with it; not those that count for nothing in
/// it.
pub fn tell_settings(without: &[&str], context: &mut Context) -> Result<()> {
    let given = [
        context.globals.board.is_some().then_some("board"),
        context
            .globals
            .flashloader
            .is_some()
            .then_some("flashloader"),
    ];
    let settings = context.settings()?;
    let keys = settings::REDIRECTING.into_iter();
    let counts = |key: &&str| !without.contains(key) && !given.contains(&Some(*key));
    let told = keys.filter(counts).filter_map(|key| {
        let (value, file) = settings.origin(key)?;
        let setting = Finding::new(&run::SETTING).text("key", key);
        Some(setting.text("value", value).text("file", file.display()))
    });
    let told: Vec<Finding> = told.collect();
    for finding in told {
        context.report.tell(finding);
    }
    Ok(())
}

fn options(args: &Args, context: &mut Context) -> Result<WriteOptions> {
    let choice = args.layout.choice(context)?;
    let layout = args.layout.options(choice);
    Ok(WriteOptions {
        fcb: layout.fcb,
        own_fcb: layout.own_fcb,
        base: layout.base,
        headers: layout.headers,
        boot_loader: layout.boot_loader,
        skip_unchanged: !args.no_skip,
        keep_around: !args.erase_around,
        erase_all: args.erase_all,
        verify: !args.no_verify,
        journal: Some(context.journals()?),
        kept: args.kept.choice(),
        command: Some(context.report.at_hand().repeated()),
        after: match (args.run, args.reset) {
            (true, _) => After::Start,
            (false, true) => After::Reset,
            (false, false) => After::Nothing,
        },
        consent: Consent::words(&args.confirm),
    })
}

/// Asks a person for the words that are missing.
fn confirm(run: &Run<'_>, job: &mut WriteJob, context: &Context) -> Result<()> {
    let given = Consent::words(run.confirm);
    for act in job.acts().to_vec() {
        if !given.covers(&act) {
            for words in guard::words(&act, &context.report, run.confirm) {
                job.confirm(words);
            }
        }
    }
    job.check_consent()
}
