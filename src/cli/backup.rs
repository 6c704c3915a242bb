//! Verb `backup`: the whole flash into a file, with a label beside it.

use std::path::PathBuf;

use rtboot::finding::{Finding, catalogue::run};
use rtboot::job::{self, Label};
use rtboot::outcome::{self, Outcome};
use rtboot::{Error, Result};
use rtboot_bootable::Memory;

use super::Context;
use super::output::{self, Ending, unwritable, write_whole};
use super::report::LOAD;

/// Read the whole flash into a file, for `restore`
///
/// Flash is read twice, and the file is written only if both readings agree. The file holds only the flash's bytes;
/// FILE.json next to it says which chip and flash they came from. Nothing on the board is changed. `-` is stdout,
/// without that label.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  rtboot backup board.bin\n  rtboot restore board.bin")]
pub struct Args {
    /// The file
    file: PathBuf,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let file = args.file;
    if Ending::of(&file) != Ending::Raw {
        return Err(Error::Usage(
            "a backup is raw bytes: give it a name that ends in .bin; `read --all` makes Intel HEX, S-records and UF2".into(),
        ));
    }
    output::try_image_out(&file, &context.report)?;
    context.report.expect(&[LOAD]);
    let (mut nor, _board) = context.nor()?;
    let size = nor.geometry().size as usize;
    if size > Memory::LIMIT {
        return Err(Error::Usage(format!(
            "a flash of {size} bytes does not go back in one piece, at most {} do: `read` makes a file of each part of it",
            Memory::LIMIT
        )));
    }
    let report = &mut context.report;
    report.expect(&job::backup_stages(&nor));
    let job::Backup { bytes, label, .. } = job::backup(&mut nor, report)?;
    let made = Finding::new(&run::BACKUP_MADE)
        .number("size", u64::from(label.size))
        .address("at", label.address)
        .text("part", &label.part)
        .text("id", &label.jedec)
        .text("sha256", &label.sha256);
    write_whole(&file, &bytes).map_err(unwritable(&file))?;
    if output::is_stream(&file) {
        report.tell(made);
        return Ok(());
    }
    let beside = Label::path(&file);
    write_whole(&beside, label.to_text().as_bytes()).map_err(unwritable(&beside))?;
    report.line(format!("backup in {}: {made}", file.display()));
    report.found(Outcome::Backup(outcome::Backup::new(&file, label)));
    Ok(())
}
