//! What the tests of every group share: boards, the real program, faults on the wire, servers.
#![allow(dead_code)] // each group uses its own part of it

pub mod board;
pub mod cargo;
pub mod case;
pub mod cells;
pub mod cli;
pub mod evil;
pub mod limit;
pub mod linked;
pub mod peak;
#[cfg(unix)]
pub mod pty;
pub mod random;
pub mod server;
#[cfg(unix)]
pub mod terminal;
pub mod wire;

use std::path::PathBuf;

use rtboot::chip::Chip;
use rtboot::{LoaderSource, Source};

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The chip of the virtual board.
pub fn rt1021() -> &'static Chip {
    Chip::by_name("rt1021").expect("a chip of the table")
}

/// Path of a file of the blinky example.
pub fn app(name: &str) -> String {
    let path = root().join("examples/apps/blinky").join(name);
    path.display().to_string()
}

/// Content of a file of the blinky example.
pub fn app_bytes(name: &str) -> Vec<u8> {
    std::fs::read(app(name)).expect("a committed file")
}

/// The virtual board's own flashloader.
pub fn standin() -> LoaderSource {
    LoaderSource::File(Source::bytes("standin.bin", rtboot_sim::standin_loader()))
}

/// A HEX file of these bytes.
pub fn hex(address: u32, bytes: &[u8]) -> String {
    let record = |kind: u8, at: u16, data: &[u8]| {
        let [high, low] = at.to_be_bytes();
        let record = [&[data.len() as u8, high, low, kind], data].concat();
        let sum = record.iter().fold(0u8, |sum, byte| sum.wrapping_sub(*byte));
        let digits = record.iter().chain([&sum]);
        let digits: String = digits.map(|byte| format!("{byte:02X}")).collect();
        format!(":{digits}\n")
    };
    let mut text = String::new();
    for (i, piece) in bytes.chunks(16).enumerate() {
        let at = address + i as u32 * 16;
        if i == 0 || at & 0xFFFF == 0 {
            text += &record(4, 0, &((at >> 16) as u16).to_be_bytes());
        }
        text += &record(0, at as u16, piece);
    }
    text + ":00000001FF\n"
}
