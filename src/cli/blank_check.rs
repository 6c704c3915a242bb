//! Verb `blank-check`: is it erased?

use rtboot::outcome::{BlankCheck, Outcome};
use rtboot::{Result, job};

use super::{Context, number};

/// Read a range of flash and tell whether it is erased
///
/// Exit code 31 and the first byte that is not 0xff when it is not.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// First address
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// How many bytes
    #[arg(value_parser = number::parse_u32)]
    length: u32,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let end = job::end_of(args.address, args.length)?;
    let (mut nor, _board) = context.nor()?;
    job::blank_check(&mut nor, args.address, args.length, &mut context.report)?;
    let text = format!("{:#010x}..{end:#010x} is blank", args.address);
    context.report.line(text);
    context.report.found(Outcome::BlankCheck(BlankCheck {
        blank: true,
        address: args.address,
        bytes: args.length,
    }));
    Ok(())
}
