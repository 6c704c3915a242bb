//! `fcb probe`: finds part and settings on a board.

use std::path::PathBuf;

use rtboot::Result;
use rtboot::finding::Finding;
use rtboot::finding::catalogue::run::PROBE_DOUBT;
use rtboot::flash::Nor;
use rtboot::flash::probe::{Found, probe_flash};
use rtboot::outcome::{FcbProbe, Outcome, QuadEnable, TriedRead};
use rtboot_fcb::PartFile;

use crate::cli::Context;
use crate::cli::output::{try_out, unwritable, write_whole};

/// Find out which flash a board has and how to read it; derive option words and a .cfg
///
/// Reads id, SFDP and status registers, then tries the read modes that SFDP names at every clock and compares each with
/// the read that every part has. Changes nothing in the flash, except with --set-qe, which sets the non-volatile
/// quad-enable bit and keeps all other bits. Sends no option words.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Write what was found as a part's .cfg
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// What to call the part in the .cfg
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Set the quad-enable bit first (read-modify-write), so that four-line reads can be tried. It stays set
    #[arg(long)]
    set_qe: bool,
}

const EXAMPLES: &str = "\
Examples:
  rtboot fcb probe
  rtboot fcb probe --set-qe --save mine.cfg
  rtboot write --fcb mine.cfg app.elf";

pub fn run(args: &Args, context: &mut Context) -> Result<()> {
    if let Some(path) = &args.save {
        try_out(path, &context.report)?;
    }
    let (mut board, target) = context.board_for_flash()?;
    let reached = target.start_flashloader(&mut board, &mut context.report)?;
    let mut flashloader = reached.flashloader;
    let facts = flashloader.look_at_flash(&mut context.report)?;
    let mut found = probe_flash(&mut flashloader, facts, &mut context.report)?;
    let clear = matches!(found.quad, Some((_, Some(false))));
    if args.set_qe && clear {
        let mut nor = Nor::new(flashloader, found.part.clone(), found.facts.clone());
        nor.set_quad(&mut context.report)?;
        let facts = nor.facts().clone();
        flashloader = nor.into_loader();
        found = probe_flash(&mut flashloader, facts, &mut context.report)?;
    }
    if let Some(name) = &args.name {
        found.part.name.clone_from(name);
    }
    let identity = flashloader.facts().identity;
    if identity.is_known() {
        found.part.chips = identity.chip.name.parse().into_iter().collect();
    }
    show(&found, context);
    context
        .report
        .found(Outcome::FcbProbe(outcome(&found, None)));
    if let Some(path) = &args.save {
        write_whole(path, cfg(&found).as_bytes()).map_err(unwritable(path))?;
        let saved = path.display().to_string();
        context
            .report
            .line(format!("wrote {saved}: rtboot write --fcb {saved} APP"));
        let found = outcome(&found, Some(saved));
        context.report.found(Outcome::FcbProbe(found));
    }
    Ok(())
}

fn show(found: &Found, context: &mut Context) {
    let report = &mut context.report;
    let part = &found.part;
    let names: Vec<&str> = found.known.iter().map(|part| part.name.as_str()).collect();
    let names = match names.is_empty() {
        true => "not in the database".into(),
        false => names.join(" or "),
    };
    report.line(format!("flash          {} ({names})", found.facts.id));
    report.line(format!("status         {}", found.facts.status));
    if let Some((method, set)) = found.quad {
        let set = match set {
            Some(true) => "set",
            Some(false) => "clear; --set-qe sets it",
            None => "not known",
        };
        report.line(format!("quad enable    {method}: {set}"));
    }
    for tried in &found.tried {
        let outcome = match (&tried.not_tried, tried.right_to) {
            (Some(why), _) => format!("not tried: {why}"),
            (None, Some(clock)) => format!("right up to {}", clock.on(&found.chip.clocks)),
            (None, None) => "wrong at 30 MHz already".into(),
        };
        report.line(format!("{:<44} {outcome}", tried.mode.to_string()));
    }
    report.line(format!(
        "taken          {} at {}",
        part.read,
        part.on(found.chip).clock
    ));
    if let Some(words) = part.option_words {
        report.line(format!("option words   {words}"));
    }
    for doubt in &found.doubts {
        report.tell(Finding::new(&PROBE_DOUBT).text("text", doubt));
    }
}

/// The same for programs.
fn outcome(found: &Found, saved: Option<String>) -> FcbProbe {
    let part = &found.part;
    let tried = found.tried.iter().map(|tried| TriedRead {
        read: tried.mode.to_string(),
        right_to_clock: tried.right_to.map(|clock| clock.0),
        not_tried: tried.not_tried.as_ref().map(ToString::to_string),
    });
    let known = found.known.iter();
    FcbProbe {
        jedec: found.facts.id.to_string(),
        parts: known.map(|part| part.name.clone()).collect(),
        status: found.facts.status.to_string(),
        quad_enable: found.quad.map(|(method, set)| QuadEnable {
            r#where: method.name().to_owned(),
            set,
        }),
        compared_bytes: found.compared,
        tried: tried.collect(),
        read: part.read.to_string(),
        clock: part.on(found.chip).boot_fcb().clock(),
        option_words: part.option_words.map(|words| words.to_string()),
        cfg: cfg(found),
        doubts: found.doubts.iter().map(ToString::to_string).collect(),
        saved,
    }
}

fn cfg(found: &Found) -> String {
    let parts = vec![found.part.clone()];
    PartFile { parts }.to_cfg()
}
