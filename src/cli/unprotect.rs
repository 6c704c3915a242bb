//! Verb `unprotect`: clear the flash's block protection.

use rtboot::{Change, Error, Result};
use serde_json::json;

use super::Context;

/// Clear the flash's block protection, after saying what changes
///
/// Reads the status registers, clears the block-protect bits that this part has, writes the rest back as it was, and reads
/// again. Without a terminal it wants --yes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let mut board = context.board_for_flash()?;
    let mut nor = context.nor(&mut board)?;
    let (part, before) = (nor.part().clone(), nor.facts().status);
    let name = nor.names();
    let report = &mut context.report;
    report.line(format!(
        "{name}: {before}, {}",
        part.protected_extent(&before)
    ));
    if !part.protected(&before) {
        report.line("nothing to do");
        report.result(json!({"changed": false, "before": before.to_string()}));
        return Ok(());
    }
    let wanted = part.unprotected(&before);
    report.line(format!(
        "status register 1: {} -> {}",
        bits(before.sr1),
        bits(wanted.sr1)
    ));
    if let (Some(old), Some(new)) = (before.sr2, wanted.sr2)
        && old != new
    {
        report.line(format!("status register 2: {} -> {}", bits(old), bits(new)));
    }
    let wanted_so = args.yes || (report.can_ask() && report.ask("write that?"));
    if !wanted_so {
        return Err(Error::Usage(
            "nothing was changed: --yes says that this is wanted".into(),
        ));
    }
    let after = nor.write_status(&wanted)?;
    if part.protected(&after) {
        return Err(Error::ProtectionStays {
            part: name,
            before,
            after,
        });
    }
    let report = &mut context.report;
    report.record_change(Change::Unprotected);
    report.line(format!("unprotected: {after}"));
    report.result(json!({
        "changed": true,
        "before": before.to_string(),
        "after": after.to_string(),
    }));
    Ok(())
}

/// `0b0011_1100`
fn bits(byte: u8) -> String {
    format!("0b{:04b}_{:04b}", byte >> 4, byte & 0xF)
}
