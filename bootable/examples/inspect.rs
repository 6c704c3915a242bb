//! A small image inspector: what is this file, and would the ROM start it?
//!
//! `cargo run -p rtboot-bootable --example inspect -- app.elf`

use std::error::Error;

use rtboot_bootable::{Chip, Conditions, Firmware, Starts, Verdict, inspect};

fn main() -> Result<(), Box<dyn Error>> {
    let Some(path) = std::env::args().nth(1) else {
        println!("usage: inspect FILE (ELF, Intel HEX, S-record, UF2 or raw)");
        return Ok(());
    };
    let chip = Chip::by_name("rt1021").ok_or("no such chip")?;
    let firmware = Firmware::parse(&std::fs::read(&path)?, Some(&path), None, &chip.map)?;
    for note in &firmware.notes {
        println!("{note}");
    }

    let seen = inspect(&firmware.memory, &chip.map);
    println!("{path} ({}): {}", firmware.format, seen.kind);
    println!("because there is {}", seen.reason);
    for (address, bytes) in firmware.memory.segments() {
        println!("  {address:#010x}  {:#x} bytes", bytes.len());
    }
    if let Some(vectors) = seen.vectors {
        println!(
            "stack {:#010x}, reset handler {:#010x}",
            vectors.stack, vectors.reset
        );
    }

    let verdict = Verdict::of(&firmware.memory, chip, &Conditions::default());
    for finding in &verdict.findings {
        println!("  {finding}");
    }
    match verdict.starts {
        Starts::No => println!("the ROM would not start it as it is"),
        _ => println!("nothing here keeps the ROM from starting it"),
    }
    Ok(())
}
