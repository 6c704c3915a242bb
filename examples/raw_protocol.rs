//! The two protocols by hand, on a virtual board: SDP to the boot ROM, then MBOOT to the flashloader.

use std::time::Duration;

use rtboot::mboot::{HidLink as MbootLink, Mboot, MemoryId, Property};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::sdp::{HidLink as SdpLink, Sdp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let board = VirtualBoard::new();

    let mut rom = Sdp::new(SdpLink::new(board.hid()));
    println!("ROM: {}", rom.error_status()?);
    println!("chip id {:#010x}", rom.read_word(0x400D_8260)?);
    let image = VirtualBoard::standin_loader();
    rom.write_file(0x2020_8000, image, &mut |_| ())?;
    rom.jump_address(0x2020_8400)?;
    board.wait(Duration::from_secs(1)); // it leaves the bus and comes back as another device

    let mut loader = Mboot::new(MbootLink::new(board.hid()));
    println!("flashloader {}", loader.version()?);
    loader.write_memory(0x2020_2000, b"hello", MemoryId::INTERNAL, &mut |_| true)?;
    let back = loader.read_memory(0x2020_2000, 5, MemoryId::INTERNAL, &mut |_| true)?;
    println!("RAM: {}", String::from_utf8_lossy(&back));
    for property in [Property::MAX_PACKET_SIZE, Property::RESERVED_REGIONS] {
        let words = loader.get_property(property, 0)?;
        println!("{property}: {}", property.describe(&words));
    }
    Ok(())
}
