//! Says which chip and which flash a board has. Changes nothing.
//!
//! `cargo run --example identify -- usb ivt_flashloader.bin`, or `-- virtual:/tmp/board`

use rtboot::LoaderSource;
use rtboot::job::{self, Target};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut target = Target::on(arguments.next().as_deref().unwrap_or("usb").parse()?);
    if let Some(path) = arguments.next() {
        target.loader = LoaderSource::file(path);
    }
    let mut board = target.connect(&mut ())?;
    let (info, asked) = job::info(&mut board, &target, &mut ());
    println!("board       {}", info.board);
    println!("chip        {}", info.chip_words());
    if let Some(loader) = &info.loader {
        println!("unique id   {}", loader.unique_id);
        println!("flashloader {}", loader.version);
    }
    if let Some(flash) = &info.nor {
        println!(
            "flash       {} ({})",
            flash.id,
            flash.id.maker().unwrap_or("maker unknown")
        );
        println!("status      {}", flash.status);
    }
    if let Some(boot) = &info.boot {
        println!("image       {}; {}", boot.parts(), boot.verdict.words());
    }
    Ok(asked?)
}
