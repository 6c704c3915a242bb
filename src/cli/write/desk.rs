//! What can be settled, and can fail, before a board is opened.

use rtboot::flash::{Desk, FcbChoice};
use rtboot::{Error, Result};
use rtboot_finding::catalogue::fcb::FCB_MISSING;
use rtboot_finding::catalogue::image::FCB_NOT_GIVEN;
use rtboot_finding::{Finding, Severity};

use super::Args;
use crate::cli::guard::Act;
use crate::cli::{Context, input};

/// Reads and lays out everything, says what it is, asks for words where they are needed.
pub fn settle(args: &Args, context: &mut Context) -> Result<Desk> {
    let chip = context.desk_chip()?;
    let choice = choice(args, context)?;
    let firmware = input::firmware(&args.app, args.base, chip)?;
    let format = firmware.format;
    let bad = |source| Error::Firmware {
        path: args.app.clone(),
        source,
    };
    let desk = Desk::new(firmware, choice, args.as_is, chip).map_err(bad)?;
    let layout = desk.layout(None, chip).map_err(bad)?;
    let size = layout.memory.len_bytes();
    let head = format!("{}: {format}, {size} bytes for flash", args.app.display());
    context.report.say("image", head);
    if let Some(image) = &layout.image {
        for note in &image.notes {
            if layout.needs_part && note.is(&FCB_NOT_GIVEN) {
                continue; // it is made for the part that the flash turns out to be
            }
            context.report.say(note.code(), note.to_string());
        }
        for finding in worth_saying(&image.inspection.findings, layout.needs_part) {
            context.report.finding(finding);
        }
        let dangers = &image.inspection.findings;
        ask_for_dangers(args, dangers, context)?;
    }
    if args.erase_all {
        let act = Act::confirmed("erasing the whole flash", "erase the whole flash");
        act.ask(&context.report, given(args, &act))?;
    }
    Ok(desk)
}

fn choice(args: &Args, context: &mut Context) -> Result<FcbChoice> {
    let name = match (&args.fcb, args.as_is) {
        (Some(name), _) => name.clone(),
        (None, true) => return Ok(FcbChoice::Auto),
        (None, false) => match of_surroundings(context)? {
            Some(name) => name,
            None => return Ok(FcbChoice::Auto),
        },
    };
    let (choice, what) = input::fcb_for(&name, context.desk_chip()?)?;
    context.report.say("fcb", format!("FCB of {what}"));
    Ok(choice)
}

/// What variable or settings say. clap does not read the variable: it would contradict an `--as-is`.
fn of_surroundings(context: &mut Context) -> Result<Option<String>> {
    match std::env::var("RTBOOT_FCB") {
        Ok(name) if !name.is_empty() => Ok(Some(name)),
        _ => context.setting_name("fcb"),
    }
}

/// An FCB that is still to be made for the part is not missing.
fn worth_saying(findings: &[Finding], needs_part: bool) -> impl Iterator<Item = &Finding> {
    findings
        .iter()
        .filter(move |finding| !(needs_part && finding.is(&FCB_MISSING)))
}

/// Writing a DCD that burns fuses at the next start is such an act, too.
fn ask_for_dangers(args: &Args, findings: &[Finding], context: &mut Context) -> Result<()> {
    let danger = findings
        .iter()
        .find(|finding| finding.severity == Severity::Danger);
    let Some(danger) = danger else {
        return Ok(());
    };
    let what = format!("writing an image that can change fuses ({danger})");
    let act = Act::confirmed(what, "write an image that can change fuses");
    act.ask(&context.report, given(args, &act))
}

/// These very words, when they were given; else whatever was.
fn given<'a>(args: &'a Args, act: &Act) -> Option<&'a str> {
    let fitting = args.confirm.iter().find(|words| **words == act.words);
    fitting.or(args.confirm.first()).map(String::as_str)
}
