//! Boot images of the i.MX RT10xx as bytes: what a file holds, what an image is, and what goes into the flash.
//!
//! No files, ports or clocks: bytes come in and bytes go out. A firmware's `build.rs` may use it as well as a flashing tool.
//!
//! | step     | type                        | does                                                                 |
//! |----------|-----------------------------|----------------------------------------------------------------------|
//! | read     | [`Firmware`]                | ELF, Intel HEX, S-record, UF2 or raw → address → bytes, an entry      |
//! | look     | [`inspect`()]               | what it is, why, and what contradicts what                           |
//! | build    | [`BootImage`]               | FCB, IVT and boot data around a bare application                     |
//! | judge    | [`Verdict`]                 | would the ROM start it, and why not                                  |
//! | load     | [`LoaderImage`]             | where a flashloader goes and where to jump                           |
//! | change   | [`convert`]                 | crop, fill, move                                                     |
//! | write    | [`emit`]                    | raw, Intel HEX, S-record and UF2 files of a memory                   |
//!
//! A boot image in a serial NOR flash, by offset (address 0x60000000 and up):
//!
//! ```text
//! 0x0000  FCB         512 bytes   how to read this flash            (crate rtboot-fcb)
//! 0x1000  IVT          32 bytes   where everything else is
//! 0x1020  boot data    12 bytes   where the image begins and how long it is
//! 0x1040  DCD          rarely     register writes before the start
//! 0x2000  application             vector table first: stack pointer, reset handler
//! ```
//!
//! ```
//! use rtboot_bootable::{BootImage, Chip, Firmware, Kind, Starts, Verdict};
//!
//! // a tiny raw application: stack pointer, reset handler (thumb), `b .`
//! let app = [0x2001_0000u32, 0x6000_2009, 0xE7FE_E7FE].map(u32::to_le_bytes).concat();
//! let chip = Chip::by_name("rt1021").expect("a chip of the table");
//! let map = &chip.map;
//! let firmware = Firmware::parse(&app, Some("app.bin"), None, map)?;
//! assert_eq!(firmware.memory.first(), Some(0x6000_2000)); // where its reset handler lies inside it
//!
//! let image = BootImage::build(&firmware, None, map)?;
//! assert!(image.built);
//! assert_eq!(image.inspection.kind, Kind::BootableWithoutFcb);
//! assert_eq!(image.memory.word(0x6000_1004), Some(0x6000_2009)); // the IVT's entry
//! let verdict = Verdict::of(&image.memory, chip, &Default::default());
//! assert_eq!(verdict.starts, Starts::No);
//! assert_eq!(verdict.reasons[0].code(), "fcb-missing");
//! # Ok::<(), rtboot_bootable::Error>(())
//! ```
//!
//! Needs the standard library: whole files are held in memory, and the part database is read from text.
#![forbid(unsafe_code)]
#![warn(missing_debug_implementations)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]

pub mod boot_data;
pub mod convert;
pub mod csf;
pub mod dcd;
mod embedded;
pub mod emit;
mod error;
pub mod firmware;
mod image;
mod inspect;
pub mod ivt;
pub mod known;
mod layout;
pub mod loader;
mod mcuboot;
mod memory;
#[cfg(test)]
mod testing;
mod vectors;
pub mod verdict;

pub use boot_data::BootData;
pub use csf::Csf;
pub use dcd::Dcd;
pub use embedded::{EmbeddedFcb, FcbSearch, find_fcb};
pub use error::Error;
pub use firmware::{Firmware, Format};
pub use image::{BootImage, BuildOptions, BuildProblem, Form};
pub use inspect::{Inspection, Kind, inspect};
pub use ivt::Ivt;
pub use layout::{header_areas, over_headers};
pub use loader::{LoaderImage, RamNeed};
pub use mcuboot::McubootHeader;
pub use memory::Memory;
pub use rtboot_chip::{BootDevice, Chip, FlexRam, MemoryMap, Region};
pub use rtboot_finding::{Finding, Severity};
pub use vectors::Vectors;
pub use verdict::{Conditions, Starts, TrialRead, Verdict};

/// The first `count` bytes as hexadecimal digits: "d1 00 20 41".
pub(crate) fn bytes_text(bytes: &[u8], count: usize) -> String {
    let shown = bytes.iter().take(count).map(|byte| format!("{byte:02x}"));
    shown.collect::<Vec<_>>().join(" ")
}
