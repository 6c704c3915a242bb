//! `image check`: would the ROM start it, rule by rule.

use std::path::PathBuf;
use std::process::ExitCode;

use rtboot::Result;
use rtboot::outcome::{self, ImageCheck, Outcome};
use rtboot_bootable::{Kind, LoaderImage, MemoryMap, check, inspect, starts};
use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use super::source;
use crate::cli::{Context, fcb_source, number};

/// Check an image: every rule of the boot ROM and of the flashloader, kept or broken
///
/// Exit code 0 when the ROM would start it, 1 when it would not, 3 when the file cannot be read as an image at all.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// ELF, Intel HEX, S-record, UF2 or raw; or `board` for what is in its flash
    #[arg(value_name = "FILE|board")]
    file: PathBuf,
    /// Address of the first byte of a raw file; without it the one that its content implies
    #[arg(long, value_name = "ADDRESS", value_parser = number::parse_u32)]
    base: Option<u32>,
    /// The part that the image's FCB is for
    #[arg(long, value_name = "PART|FILE", env = "RTBOOT_FCB")]
    fcb: Option<String>,
}

pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let source = source::load(&args.file, args.base, None, context)?;
    let chip = context.desk_chip()?;
    let map = chip.map;
    let seen = inspect(&source.firmware.memory, &map);
    let mut findings = match seen.kind {
        Kind::Flashloader => loader(&source.bytes, &map),
        _ => check(&source.firmware.memory, &map),
    };
    if let Some(fcb) = &seen.fcb {
        let probe = fcb_source::Probe::default();
        let named = args
            .fcb
            .as_deref()
            .map(|name| fcb_source::load(name, &probe, context))
            .transpose()?;
        let part = named.as_ref().and_then(fcb_source::Source::part);
        findings.extend(rtboot_fcb::check::check(fcb, part, chip));
    }
    let good = starts(&findings);
    context.report.found(Outcome::ImageCheck(ImageCheck {
        kind: seen.kind.to_string(),
        starts: good,
        findings: outcome::findings(&findings),
    }));
    context
        .report
        .line(format!("{}: {}", source.name, seen.kind));
    for finding in &findings {
        context.report.finding_line(finding);
    }
    context.report.line(verdict(&seen.kind, good));
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn verdict(kind: &Kind, good: bool) -> &'static str {
    match (kind, good) {
        (Kind::Flashloader, true) => "the ROM would load and start it",
        (Kind::Flashloader, false) => "the ROM would not load it",
        (_, true) => "nothing here keeps the ROM from starting it",
        (Kind::BareApplication | Kind::BareRamApplication, false) => {
            "the ROM would not start it as it is: `rtboot write` and `rtboot image build` put the headers around it"
        }
        (_, false) => "the ROM would not start it",
    }
}

/// The rules for a file that is sent to RAM.
fn loader(bytes: &[u8], map: &MemoryMap) -> Vec<Finding> {
    match LoaderImage::parse(bytes, map) {
        Ok(loader) => vec![
            Finding::new(&found::LOADER)
                .address("load", loader.load)
                .address("jump", loader.jump),
        ],
        Err(error) => vec![Finding::new(&found::LOADER_UNUSABLE).text("problem", error)],
    }
}
