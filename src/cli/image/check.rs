//! `image check`: would the ROM start it, rule by rule.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rtboot::Result;
use rtboot::outcome::{self, ImageCheck, Outcome};
use rtboot_bootable::{
    BootImage, Chip, Conditions, Kind, LoaderImage, MemoryMap, Starts, Verdict, inspect,
};
use rtboot_fcb::Part;
use rtboot_finding::catalogue::image as found;
use rtboot_finding::{Action, Finding};

use super::source;
use crate::cli::{Context, fcb_source, number};

/// Check an image: every rule of the boot ROM and of the flashloader, kept or broken
///
/// Exit code 0 if the ROM would start it, or if nothing is wrong and the flash part is unknown; 1 if it would not; 3 if
/// the file is no image at all.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// ELF, Intel HEX, S-record, UF2 or raw; or `board` for what is in its flash
    #[arg(value_name = "FILE|board")]
    file: PathBuf,
    /// Address of the first byte of a raw file; without it the one that its content implies
    #[arg(long, alias = "address", value_name = "ADDRESS", value_parser = number::parse_address)]
    base: Option<u32>,
    /// The part that the image's FCB is meant for
    #[arg(long, value_name = "PART|FILE", env = "RTBOOT_FCB")]
    fcb: Option<String>,
}

pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let of_board = args.file == Path::new("board");
    if let (Some(name), true) = (&args.fcb, of_board) {
        context.expect_part_named(name)?;
    }
    let mut source = source::load(
        &args.file,
        source::Wanted::Firmware,
        args.base,
        None,
        context,
    )?;
    let chip = source.chip;
    let map = chip.map;
    let seen = inspect(&source.firmware.memory, &map);
    let probe = fcb_source::Probe::default();
    let named = args
        .fcb
        .as_deref()
        .filter(|name| !(of_board && name.eq_ignore_ascii_case("auto")))
        .map(|name| fcb_source::load(name, &probe, context))
        .transpose()?;
    let (starts, reasons, findings) = match seen.kind {
        Kind::Flashloader => loader(&source.bytes, &map),
        _ => {
            // the largest files need not stand in memory three times
            source.bytes = Vec::new();
            let part = named.as_ref().and_then(fcb_source::Source::part);
            let verdict = match source.flash {
                Some(flash) => in_flash(flash, part, chip),
                None => {
                    let parts = part.map(std::slice::from_ref).unwrap_or_default();
                    let conditions = Conditions::default().parts(parts);
                    Verdict::of(&source.firmware.memory, chip, &conditions)
                }
            };
            (verdict.starts, verdict.reasons, verdict.findings)
        }
    };
    context.report.found(Outcome::ImageCheck(ImageCheck {
        kind: seen.kind.to_string(),
        starts: starts.known(),
        reasons: outcome::findings(&reasons),
        findings: outcome::findings(&findings),
    }));
    context
        .report
        .line(format!("{}: {}", source.name, seen.kind));
    for finding in &findings {
        context.report.finding_line(finding);
    }
    context.report.line(words(&seen.kind, starts));
    if starts == Starts::No && source.name == "board" {
        let doctor = Action::Doctor {
            board: None,
            chip: None,
        };
        let doctor = context.report.at_hand().command(&doctor);
        let text = format!("`{doctor}` says what to do about it");
        context.report.line(text);
    }
    if starts == Starts::No && seen.kind.is_bare() && source.name != "board" {
        let built = BootImage::build(&source.firmware, None, &map);
        context.report.line(match built {
            Ok(_) => "`rtboot write` and `rtboot image build` put the headers around it".to_owned(),
            Err(problem) => format!("no headers can be put around it: {problem}"),
        });
    }
    Ok(match starts {
        Starts::No => context.report.exit_with_findings(),
        _ => ExitCode::SUCCESS,
    })
}

/// The verdict on a board's flash, which may be the part that the user names.
fn in_flash(flash: source::Flash, part: Option<&Part>, chip: &Chip) -> Verdict {
    let Some(part) = part else {
        return flash.boot.verdict;
    };
    let conditions = flash.conditions.part(part);
    conditions.judge(&flash.boot.memory, chip)
}

fn words(kind: &Kind, starts: Starts) -> &'static str {
    match (kind, starts) {
        (Kind::Flashloader, Starts::No) => "the ROM would not load it",
        (Kind::Flashloader, _) => "the ROM would load and start it",
        (_, Starts::Yes) => "the ROM would start it",
        (_, Starts::Unknown) => {
            "nothing here keeps the ROM from starting it; the notes say what was not checked"
        }
        (kind, Starts::No) if kind.is_bare() => "the ROM would not start it as it is",
        (_, Starts::No) => "the ROM would not start it",
    }
}

/// The rules for a file that is sent to RAM.
fn loader(bytes: &[u8], map: &MemoryMap) -> (Starts, Vec<Finding>, Vec<Finding>) {
    match LoaderImage::parse(bytes, map) {
        Ok(loader) => {
            let sound = Finding::new(&found::LOADER)
                .address("load", loader.load)
                .address("jump", loader.jump);
            (Starts::Yes, Vec::new(), vec![sound])
        }
        Err(error) => {
            let broken = Finding::new(&found::LOADER_UNUSABLE).text("problem", error);
            (Starts::No, vec![broken.clone()], vec![broken])
        }
    }
}
