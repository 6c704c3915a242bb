//! A firmware's `build.rs` that makes its own FCB: 512 bytes for the linker section `.fcb`.
//!
//! ```toml
//! [build-dependencies]
//! rtboot-fcb = "0.1"
//! ```
//!
//! and in the firmware:
//!
//! ```text
//! #[unsafe(link_section = ".fcb")]
//! #[used]
//! static FCB: [u8; 512] = *include_bytes!(concat!(env!("OUT_DIR"), "/fcb.bin"));
//! ```
//!
//! Run it here: `cargo run -p rtboot-fcb --example build_rs` (writes into a folder for temporary files).

use std::error::Error;
use std::path::PathBuf;

use rtboot_fcb::{Chip, PartFile, Severity, check::check};

/// The flash on the board, as in a `.cfg` file beside `Cargo.toml`.
const FLASH: &str = r#"
name = "IS25LP064A"
jedec = "9d 60 17"
size = "8M"
quad-enable = "sr1-bit6"
clock = "100 MHz"
max-mhz = 104
read = { opcode = 0xEB, address-pads = 4, data-pads = 4, dummy-cycles = 6 }
"#;

fn main() -> Result<(), Box<dyn Error>> {
    // in a real build.rs: let text = std::fs::read_to_string("flash.cfg")?;
    //                     println!("cargo:rerun-if-changed=flash.cfg");
    let file = PartFile::from_cfg(FLASH)?;
    let part = &file.parts[0];
    let chip = Chip::by_name("rt1021").ok_or("no such chip")?;
    let fcb = part.on(chip).boot_fcb();
    let findings = check(&fcb, Some(part), chip);
    for finding in findings
        .iter()
        .filter(|finding| finding.severity > Severity::Note)
    {
        println!("cargo:warning={}: {finding}", finding.severity);
        if finding.severity >= Severity::Error {
            return Err(finding.to_string().into());
        }
    }
    let folder = std::env::var_os("OUT_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    std::fs::write(folder.join("fcb.bin"), fcb.as_bytes())?;
    println!(
        "{} bytes in {}",
        fcb.as_bytes().len(),
        folder.join("fcb.bin").display()
    );
    Ok(())
}
