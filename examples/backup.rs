//! Reads a whole flash into an Intel HEX file, blank stretches left out. Changes nothing in flash.
//!
//! `cargo run --example backup -- virtual:/tmp/board backup.hex`

use rtboot::board::{Board, Options, Selector};
use rtboot::chip::Chip;
use rtboot::event::{Meter, Stage};
use rtboot::flash::{self, Nor};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot_bootable::{LoaderImage, Memory, emit};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [board, output] = &arguments[..] else {
        return Err("usage: backup BOARD OUT.hex".into());
    };
    let selector: Selector = board.parse()?;
    let map = Chip::by_name("rt1021").ok_or("no such chip")?.map;
    let loader = LoaderImage::parse(VirtualBoard::standin_loader(), &map)?;

    let mut board = Board::find(&selector, Options::default())?;
    let mut give = || Ok(loader.clone());
    let (mut flashloader, _) = flash::reach_flashloader(&mut board, None, &mut give, &mut ())?;
    let facts = flashloader.look_at_flash()?;
    let part = flash::any_part(&facts)?;
    let size = part.size;

    let mut nor = Nor::new(flashloader, part, facts);
    nor.use_plain()?; // one pad, 30 MHz: needs no quad enable, changes nothing
    let mut quiet = ();
    let mut meter = Meter::begin(&mut quiet, Stage::Read, u64::from(size));
    let mut memory = Memory::new();
    for (i, page) in nor
        .read(map.flash_base, size, &mut meter)?
        .chunks(256)
        .enumerate()
    {
        if page.iter().any(|&byte| byte != 0xFF) {
            memory.insert(map.flash_base + i as u32 * 256, page.to_vec())?;
        }
    }
    std::fs::write(output, emit::intel_hex(&memory))?;
    println!(
        "{} bytes that are not blank, in {output}",
        memory.len_bytes()
    );
    Ok(())
}
