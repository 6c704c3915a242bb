//! Verb `verify`: does flash hold what the file brings?

use std::path::PathBuf;

use rtboot::event::Stage;
use rtboot::{Error, OutOfRange, Result};
use serde_json::json;

use super::{About, Context, boot, erase, input, number};

/// Compare flash with a file
///
/// Compares every byte that the file brings. The boot header of an application is not in its file: what lies in flash in
/// its place, and whether the ROM would start it, is said apart. Changes nothing. Exit code 33 when a byte differs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file, in any format that `write` takes
    file: PathBuf,
    /// Address of the first byte of a raw file, when its vector table does not tell
    #[arg(long, value_name = "ADDRESS", value_parser = number::parse_u32)]
    base: Option<u32>,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let about = About {
        app: Some(&args.file),
        base: args.base,
        ..About::default()
    };
    context.report.is_about(&context.globals, &about);
    let chip = context.desk_chip()?;
    let firmware = input::firmware(&args.file, args.base, chip)?;
    if firmware.memory.is_empty() {
        return Err(Error::Firmware {
            path: args.file,
            source: rtboot_bootable::Error::Empty,
        });
    }
    let mut board = context.board_for_flash()?;
    let mut nor = context.nor(&mut board)?;
    let pieces: Vec<(u32, &[u8])> = firmware.memory.segments().collect();
    for (start, bytes) in &pieces {
        let end = u64::from(*start) + bytes.len() as u64;
        erase::check_inside(&nor, OutOfRange::File, *start, end)?;
    }
    let boot = nor.look_at_boot(None, &mut context.report)?;
    context.report.result(json!({
        "file": args.file.display().to_string(),
        "bytes": firmware.memory.len_bytes(),
        "boot": boot::object(&boot),
    }));
    let header = format!(
        "boot header in flash: {}; {}",
        boot.parts(),
        boot.verdict.words()
    );
    nor.use_plain()?;
    let same = nor.verify(&pieces, Stage::Verify, &mut context.report);
    if same.is_ok() {
        let text = format!(
            "application: identical ({} bytes)",
            firmware.memory.len_bytes()
        );
        context.report.line(text);
    }
    context.report.line(header);
    same
}
