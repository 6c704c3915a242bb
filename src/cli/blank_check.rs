//! Verb `blank-check`: is it erased?

use rtboot::event::Stage;
use rtboot::outcome::{BlankCheck, Outcome};
use rtboot::{Result, job};

use super::pieces::PartArgs;
use super::report::LOAD;
use super::{Context, range};

/// Read a range of flash and tell whether it is erased
///
/// If it is not erased: exit code 31, and the first byte that is not 0xff.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rtboot blank-check 0x60000000 8M\n  rtboot blank-check 0x60100000..0x60200000"
)]
pub struct Args {
    /// ADDRESS LENGTH, FROM..TO or ADDRESS+LENGTH
    #[arg(value_name = "RANGE", num_args = 1..=2, required = true)]
    range: Vec<String>,
    #[command(flatten)]
    part: PartArgs,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    args.part.expect(context)?;
    let range = range::parse(&args.range)?;
    let length = u64::from(range.length);
    context.report.expect(&[LOAD, (Stage::BlankCheck, length)]);
    let (mut nor, _board) = context.nor()?;
    job::blank_check(&mut nor, range.address, range.length, &mut context.report)?;
    let text = format!("{:#010x}..{:#010x} is blank", range.address, range.end());
    context.report.line(text);
    context.report.found(Outcome::BlankCheck(BlankCheck {
        blank: true,
        address: range.address,
        bytes: range.length,
    }));
    Ok(())
}
