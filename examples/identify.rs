//! Says which chip and which flash a board has. Changes nothing.
//!
//! `cargo run --example identify -- usb ivt_flashloader.bin`, or `-- virtual:/tmp/board`

use rtboot::board::{Board, Options, Selector};
use rtboot::chip::Chip;
use rtboot::flash;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot_bootable::LoaderImage;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let selector: Selector = arguments.next().as_deref().unwrap_or("usb").parse()?;
    let file = match arguments.next() {
        Some(path) => std::fs::read(path)?,
        None => VirtualBoard::standin_loader().to_vec(), // runs on the virtual board only
    };
    let loader = LoaderImage::parse(&file, &Chip::by_name("rt1021").ok_or("no such chip")?.map)?;

    let mut board = Board::find(&selector, Options::default())?;
    let mut give = || Ok(loader.clone());
    let (mut flashloader, rom) = flash::reach_flashloader(&mut board, None, &mut give, &mut ())?;
    if let Some(words) = rom.and_then(|facts| facts.chip_words(None)) {
        println!("chip        {words}");
    }
    println!("unique id   {}", flashloader.facts().unique_id);
    println!("flashloader {}", flashloader.facts().version);

    let flash = flashloader.look_at_flash()?;
    println!(
        "flash       {} ({})",
        flash.id,
        flash.id.maker().unwrap_or("maker unknown")
    );
    match &flash.sfdp {
        Ok(sfdp) => println!("size        {} KiB", sfdp.size() / 1024),
        Err(why) => println!("size        not known: {why}"),
    }
    println!("status      {}", flash.status);
    Ok(())
}
