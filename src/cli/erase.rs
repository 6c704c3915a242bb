//! Verb `erase`: sectors, or all of the flash.

use rtboot::consent::{Act, Consent};
use rtboot::job::{self, Edges, EraseRange};
use rtboot::outcome::{self, Outcome};
use rtboot::{Change, Result};

use super::{Context, guard, number};

/// Erase whole sectors, or all of the flash
///
/// A range that does not begin and end on sectors is refused, unless --round widens it. The erased bytes are read back.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rtboot erase 0x60000000 4K     (the board then stays in serial download)\n  rtboot erase --all --confirm \"erase the whole flash\""
)]
pub struct Args {
    /// First address
    #[arg(value_parser = number::parse_u32, required_unless_present = "all")]
    address: Option<u32>,
    /// How many bytes
    #[arg(value_parser = number::parse_u32, required_unless_present = "all")]
    length: Option<u32>,
    /// The whole flash; this must be confirmed in words
    #[arg(long, conflicts_with_all = ["address", "length"])]
    all: bool,
    /// Widen the range to whole sectors
    #[arg(long)]
    round: bool,
    /// The words of an act that cannot be undone
    #[arg(long, value_name = "WORDS")]
    confirm: Vec<String>,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let mut consent = Consent::default();
    let range = match (args.address, args.length) {
        (Some(address), Some(length)) => {
            job::end_of(address, length)?;
            EraseRange::Bytes {
                address,
                length,
                edges: match args.round {
                    true => Edges::Round,
                    false => Edges::Refuse,
                },
            }
        }
        _ => {
            let (act, given) = (Act::erase_flash(), args.confirm.as_slice());
            consent = Consent::words(guard::words(&act, &context.report, given));
            consent.check(&act)?;
            EraseRange::All
        }
    };
    let (mut nor, _board) = context.nor()?;
    let erased = job::erase(&mut nor, range, &consent, &mut context.report)?;
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
