//! Verb `blank-check`: is it erased?

use rtboot::event::{Listener, Meter, Stage};
use rtboot::flash::Nor;
use rtboot::{Error, Result};
use serde_json::json;

use super::read::end_of;
use super::{Context, erase, number};

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
    let end = end_of(args.address, args.length)?;
    let mut board = context.board_for_flash()?;
    let mut nor = context.nor(&mut board)?;
    erase::check_range(&nor, args.address, end)?;
    let holds = first_byte(&mut nor, args.address, args.length, &mut context.report)?;
    if let Some((address, found)) = holds {
        return Err(Error::HoldsBytes { address, found });
    }
    context
        .report
        .line(format!("{:#010x}..{end:#010x} is blank", args.address));
    context
        .report
        .result(json!({"blank": true, "address": args.address, "bytes": args.length}));
    Ok(())
}

/// Reads the range on one pad; gives the first byte that is not blank.
///
/// # Errors
/// Whatever reading brings.
pub fn first_byte(
    nor: &mut Nor,
    address: u32,
    length: u32,
    listener: &mut dyn Listener,
) -> Result<Option<(u32, u8)>> {
    nor.use_plain()?;
    let mut meter = Meter::begin(listener, Stage::BlankCheck, u64::from(length));
    let bytes = nor.read(address, length, &mut meter)?;
    meter.end();
    let at = bytes.iter().position(|&byte| byte != 0xFF);
    Ok(at.map(|at| (address + at as u32, bytes[at])))
}
