//! Verb `image`: boot images.

mod build;
mod check;
mod convert;
mod map;
mod show;
mod source;
mod svg;

use std::path::Path;
use std::process::ExitCode;

use rtboot::Result;
use rtboot::finding::Finding;
use rtboot::finding::catalogue::run::FILE_LARGE;
use rtboot::outcome::FileWritten;
use rtboot_bootable::{Firmware, Memory};

use super::Context;
use super::output::is_stream;

/// Boot images
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Build(build::Args),
    Show(show::Args),
    Check(check::Args),
    Convert(convert::Args),
}

pub fn run(command: Command, context: &mut Context) -> Result<ExitCode> {
    match command {
        Command::Build(args) => build::run(&args, context)?,
        Command::Show(args) => show::run(&args, context)?,
        Command::Check(args) => return check::run(&args, context),
        Command::Convert(args) => convert::run(&args, context)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// How many runs of addresses a line names.
const RANGES: usize = 8;

/// Says what was written into a file of `len` bytes.
fn written(context: &mut Context, path: &Path, memory: &Memory, len: usize) -> FileWritten {
    let segments = memory.segments();
    let span = |(start, bytes): (u32, &[u8])| {
        let end = u64::from(start) + bytes.len() as u64;
        format!("{start:#010x}..{end:#010x}")
    };
    let mut ranges: Vec<String> = segments.take(RANGES).map(span).collect();
    if memory.segments().count() > RANGES {
        ranges.push("...".into());
    }
    let file = path.display().to_string();
    // stdout carries the bytes
    if !is_stream(path) {
        let line = format!("{file}: {len} bytes, {}", ranges.join(", "));
        context.report.line(line);
    }
    if len > Firmware::FILE_LIMIT {
        let limit = Firmware::FILE_LIMIT as u64;
        let found = Finding::new(&FILE_LARGE);
        context
            .report
            .tell(found.text("file", &file).number("limit", limit));
    }
    FileWritten::new(file, len, memory)
}
