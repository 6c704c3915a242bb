//! Verb `unprotect`: clear the flash's block protection.

use rtboot::job::{self, Unprotect};
use rtboot::outcome::{self, Outcome};
use rtboot::{Change, Error, Result};
use rtboot_fcb::StatusRegisters;

use super::Context;
use super::pieces::PartArgs;

/// Clear the flash's block protection, after saying what changes
///
/// Reads the status registers, clears the block-protect bits that this part has, writes the rest back as it was, and reads
/// again. Without a terminal it needs --yes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  rtboot unprotect\n  rtboot unprotect --yes")]
pub struct Args {
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    part: PartArgs,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    args.part.expect(context)?;
    let (mut nor, _board) = context.nor()?;
    let before = nor.facts().status;
    let extent = nor.facts().protected_extent(nor.part());
    let report = &mut context.report;
    report.line(format!("{}: {before}, {extent}", nor.called()));
    let Some(plan) = Unprotect::plan(&nor)? else {
        report.line("nothing to do");
        report.found(found(before, None));
        return Ok(());
    };
    let wanted = plan.wanted;
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
        let what = "clearing the block protection";
        return Err(Error::NotAgreed { what });
    }
    let after = job::unprotect(&mut nor, &plan)?;
    report.record_change(Change::Unprotected);
    report.line(format!("unprotected: {after}"));
    report.found(found(before, Some(after)));
    Ok(())
}

fn found(before: StatusRegisters, after: Option<StatusRegisters>) -> Outcome {
    Outcome::Unprotect(outcome::Unprotect {
        changed: after.is_some(),
        before: before.to_string(),
        after: after.map(|after| after.to_string()),
    })
}

/// `0b0011_1100`
fn bits(byte: u8) -> String {
    format!("0b{:04b}_{:04b}", byte >> 4, byte & 0xF)
}
