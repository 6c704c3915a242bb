//! Verb `write`: the main job, from a file to a verified image.

mod after;
mod desk;
mod show;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rtboot::board::Board;
use rtboot::flash::{self, Desk, Layout, Nor, PartSource, Policy, WritePlan, WriteReport, Writer};
use rtboot::{Change, Error, Result};
use rtboot_bootable::Memory;
use serde_json::json;

use super::{About, Context, number};

pub use after::{execute, reset};

/// Write an application or image to flash, verified
///
/// Takes ELF, Intel HEX, S-record, UF2 and raw files, with or without boot header, and says what it found. A bare application
/// gets FCB, IVT and boot data. Sectors that already hold what they should are left alone, bytes around the image are
/// kept, the page with the FCB comes last: an interrupted run never leaves a half image that starts.
///
/// Everything that can fail without a board fails before the board is opened.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The file
    app: PathBuf,
    /// NOR part, its .cfg, or a 512-byte FCB; `auto` (the default): the image's own, else the part that the flash turns out to be.
    /// Also RTBOOT_FCB, and `fcb` in the settings
    #[arg(long, value_name = "PART|FILE|auto")]
    fcb: Option<String>,
    /// Address of the first byte of a raw file, when its vector table does not tell
    #[arg(long, value_name = "ADDRESS", value_parser = number::parse_u32)]
    base: Option<u32>,
    /// Write the file's bytes at their addresses and add nothing
    #[arg(long, conflicts_with = "fcb")]
    as_is: bool,
    /// Start the application when done, without a reset
    #[arg(long, conflicts_with = "reset")]
    run: bool,
    /// Reset the board when done, and say whether it started
    #[arg(long)]
    reset: bool,
    /// Erase the whole flash first; needs its words
    #[arg(long)]
    erase_all: bool,
    /// Drop the bytes around the image in its sectors, instead of keeping them
    #[arg(long)]
    erase_around: bool,
    /// Write sectors, too, that already hold what they should
    #[arg(long)]
    no_skip: bool,
    /// Do not read back what was written: a wrong byte would not be seen
    #[arg(long)]
    no_verify: bool,
    /// Say what would be done, and change nothing in flash (the flashloader is loaded: it must read)
    #[arg(long, conflicts_with_all = ["run", "reset"])]
    dry_run: bool,
    /// Forget the bytes that an interrupted write saved, instead of restoring them
    #[arg(long)]
    discard_rescue: bool,
    /// The words of an act that cannot be undone
    #[arg(long, value_name = "WORDS")]
    confirm: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  rtboot write --fcb IS25LP064A app.elf --reset
  rtboot write app.bin --dry-run
  rtboot --board virtual write app.hex";

/// A flash that is ready to be written, and what is to go there.
struct Ready {
    board: Board,
    nor: Nor,
    layout: Layout,
    saved: Memory,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let about = About {
        app: Some(&args.app),
        fcb: args.fcb.as_deref(),
        base: args.base,
    };
    context.report.is_about(&context.globals, &about);
    let desk = desk::settle(&args, context)?;
    let mut ready = reach(&args, &desk, context)?;
    let begun = Clock::start(&ready.board);
    let policy = Policy {
        skip_unchanged: !args.no_skip,
        keep_around: !args.erase_around,
        erase_all: args.erase_all,
    };
    let plan = flash::plan_write(
        &mut ready.nor,
        &ready.layout.memory,
        &ready.saved,
        policy,
        &mut context.report,
    )?;
    if args.dry_run {
        show::plan(&plan, &ready.nor, &mut context.report);
        return Ok(());
    }
    let report = carry_out(&args, &mut ready.nor, &plan, context)?;
    let took = begun.stop();
    let image = ready.layout.image.as_ref();
    let verdict = ready.nor.judge_written(image, &mut context.report)?;
    show::done(&args.app, &report, &ready.nor, took, context);
    show::starts(&verdict, context);
    if args.run {
        let image = ready.layout.image.as_ref();
        after::start(ready.nor, image, &mut context.report)
    } else if args.reset {
        after::reset(ready.nor.into_loader(), ready.board, &mut context.report)
    } else {
        Ok(())
    }
}

/// Board, flashloader, part, layout for that part, and what an interrupted write left.
fn reach(args: &Args, desk: &Desk, context: &mut Context) -> Result<Ready> {
    let mut board = context.board_for_flash()?;
    let (mut flashloader, _) = context.flashloader(&mut board)?;
    let facts = flashloader.look_at_flash()?;
    let part = match desk.expected_part() {
        PartSource::Database if !desk.part_decides_fcb() => flash::any_part(&facts)?,
        source => flash::choose_part(&facts, &source)?,
    };
    let chip = flashloader.chip();
    context.report.detail(
        "part",
        format!(
            "the flash of the {} is the {} {} ({})",
            chip.name, part.vendor, part.name, part.jedec
        ),
    );
    let layout = desk
        .layout(Some(&part), chip)
        .map_err(|source| Error::Firmware {
            path: args.app.clone(),
            source,
        })?;
    let unique_id = flashloader.facts().unique_id.to_string();
    let rescue = context.rescue()?;
    if args.discard_rescue && !args.dry_run {
        rescue.remove(&unique_id)?;
    }
    let saved = match args.discard_rescue {
        true => Memory::new(),
        false => rescue.load(&unique_id, &chip.map)?,
    };
    if !saved.is_empty() {
        let text = format!(
            "{} bytes that an interrupted write saved come back ({}; --discard-rescue forgets them)",
            saved.len_bytes(),
            rescue.path(&unique_id).display()
        );
        context.report.say("bytes-restored", text);
    }
    let nor = Nor::new(flashloader, part, facts);
    Ok(Ready {
        board,
        nor,
        layout,
        saved,
    })
}

fn carry_out(
    args: &Args,
    nor: &mut Nor,
    plan: &WritePlan,
    context: &mut Context,
) -> Result<WriteReport> {
    let rescue = context.rescue()?;
    if args.no_verify {
        context.report.warn(
            "not-verified",
            "--no-verify: what was written is not read back, so a wrong byte would not be seen",
        );
    }
    let report = Writer::new(nor, plan, Some(&rescue), !args.no_verify).run(&mut context.report)?;
    context
        .report
        .record_change(match (report.changed, args.no_verify) {
            (false, _) => Change::ImageWasThere,
            (true, true) => Change::ImageWritten,
            (true, false) => Change::ImageVerified,
        });
    context.report.result(json!({
        "file": args.app.display().to_string(),
        "part": nor.part().name,
        "chip": nor.chip().name,
        "changed": report.changed,
        "sectors_left": report.sectors_left,
        "sectors_erased": report.sectors_erased,
        "sectors_programmed": report.sectors_programmed,
        "bytes_programmed": report.bytes_programmed,
        "bytes_verified": report.bytes_verified,
        "quad_set": report.quad_set,
    }));
    Ok(report)
}

/// How long something took: the board's own time when it is virtual.
struct Clock {
    start: Instant,
    virtual_board: Option<(rtboot::port::virtual_board::VirtualBoard, Duration)>,
}

/// What a [`Clock`] counted.
struct Took {
    time: Duration,
    modelled: bool,
}

impl Clock {
    fn start(board: &Board) -> Clock {
        let virtual_board = board.virtual_board().map(|board| {
            let elapsed = board.board().elapsed();
            (board.clone(), elapsed)
        });
        Clock {
            start: Instant::now(),
            virtual_board,
        }
    }

    fn stop(self) -> Took {
        match self.virtual_board {
            Some((board, start)) => Took {
                time: board.board().elapsed().saturating_sub(start),
                modelled: true,
            },
            None => Took {
                time: self.start.elapsed(),
                modelled: false,
            },
        }
    }
}
