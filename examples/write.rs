//! Writes a file to the only board there, with progress: the whole job is one call.
//!
//! `cargo run --example write -- app.elf usb IS25LP064A`, or `-- app.elf virtual:/tmp/board IS25LP064A`

use rtboot::job::{self, Target, WriteOptions};
use rtboot::{Event, FcbChoice, Source};

/// Says every stage.
struct Progress;

impl rtboot::Listener for Progress {
    fn event(&mut self, event: Event) {
        match event {
            Event::Begin { stage, total } => println!("{stage}: {total} bytes"),
            Event::Finding(finding) => println!("{finding}"),
            _ => {}
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = Source::from(
        arguments
            .next()
            .ok_or("usage: write FILE [BOARD [PART]]")?
            .as_str(),
    );
    let board = arguments.next().as_deref().unwrap_or("usb").parse()?;
    let fcb = FcbChoice::named(arguments.next().as_deref().unwrap_or("auto"))?.0;
    let options = WriteOptions {
        fcb,
        ..WriteOptions::default()
    };
    let written = job::write(&file, options, &Target::on(board), &mut Progress)?;
    println!(
        "{} bytes programmed, {} verified",
        written.report.bytes_programmed, written.report.bytes_verified
    );
    Ok(())
}
