//! Verb `erase`: sectors, or all of the flash.

use rtboot::consent::{Act, Consent};
use rtboot::event::Stage;
use rtboot::job::{self, Edges, EraseRange};
use rtboot::outcome::{self, Outcome};
use rtboot::{Change, Error, Result};

use super::pieces::PartArgs;
use super::range::{self, Range};
use super::report::LOAD;
use super::{Context, guard};

/// Erase whole sectors, or all of the flash
///
/// A range that does not start and end on a sector boundary is refused unless --round widens it. The erased bytes are
/// read back.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rtboot erase 0x60000000 4K     (the board then stays in serial download)\n  rtboot erase 0x60100000..0x60200000\n  rtboot erase --all --confirm \"erase the whole flash\""
)]
pub struct Args {
    /// ADDRESS LENGTH, FROM..TO or ADDRESS+LENGTH
    #[arg(value_name = "RANGE", num_args = 1..=2, required_unless_present = "all")]
    range: Vec<String>,
    /// The whole flash; asks for a confirmation in words, as a range that covers all of it does
    #[arg(long, conflicts_with = "range")]
    all: bool,
    /// Widen the range to whole sectors
    #[arg(long)]
    round: bool,
    /// The confirmation in words for something that cannot be undone
    #[arg(long, value_name = "WORDS")]
    confirm: Vec<String>,
    #[command(flatten)]
    part: PartArgs,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    args.part.expect(context)?;
    let mut consent = Consent::words(&args.confirm);
    let range = match args.all {
        true => {
            let act = Act::erase_flash();
            consent = Consent::words(guard::words(&act, &context.report, &args.confirm));
            consent.check(&act)?;
            EraseRange::All
        }
        false => {
            let Range { address, length } = range::parse(&args.range)?;
            EraseRange::Bytes {
                address,
                length,
                edges: match args.round {
                    true => Edges::Round,
                    false => Edges::Refuse,
                },
            }
        }
    };
    context.report.expect(&[LOAD]);
    let (mut nor, board) = context.nor()?;
    let bytes = match range {
        EraseRange::Bytes { length, .. } => u64::from(length),
        _ => u64::from(nor.geometry().size),
    };
    let stages = [(Stage::Erase, bytes), (Stage::BlankCheck, bytes)];
    context.report.expect(&stages);
    let mut journal = job::journal_of_flash(&mut nor, &board, &context.journals()?)?;
    let report = &mut context.report;
    let erased = match job::erase(&mut nor, range, &consent, Some(&mut journal), report) {
        // the range turned out to be all of this flash
        Err(Error::NotConfirmed { act }) => {
            let consent = Consent::words(guard::words(&act, report, &args.confirm));
            job::erase(&mut nor, range, &consent, Some(&mut journal), report)?
        }
        other => other?,
    };
    let (from, to, length) = (erased.start, erased.end, erased.end - erased.start);
    context.report.record_change(Change::Erased);
    context.report.line(format!(
        "erased {from:#010x}..{to:#010x} ({length} bytes), read back blank"
    ));
    context.report.found(Outcome::Erase(outcome::Erase {
        address: u32::try_from(from).unwrap_or(u32::MAX),
        bytes: length,
    }));
    Ok(())
}
