//! Writes a file to the only board on USB, with progress: the whole job is one call.
//!
//! `cargo run --example write -- app.elf`

use rtboot::Event;
use rtboot::job::{self, Target, WriteOptions};

fn main() -> rtboot::Result<()> {
    let app = std::env::args().nth(1).unwrap_or_else(|| "app.elf".into());
    let board = Target::default().with_loader("ivt_flashloader.bin");
    let options = WriteOptions::default();
    let mut progress = |event: Event| println!("{event}");
    let written = job::write(&app.as_str().into(), options, &board, &mut progress)?;
    println!("{} bytes verified", written.report.bytes_verified);
    Ok(())
}
