//! What a write costs on the virtual board, beside the least that wire and flash allow: docs/dev/limits.md.
//!
//! ```text
//! cargo bench --bench costs                  the whole table: some minutes
//! cargo bench --bench costs -- NXP USB       the cells whose name holds all of these words
//! cargo bench --bench costs -- --trace "NXP's, USB, 64 KiB, blank"    each packet with its time, too
//! ```
//!
//! The time is the virtual board's, so the table is the same on every machine.

#[path = "../tests/kit/mod.rs"]
mod kit;

use kit::cells::{Cell, Change, Loader, Wire};

const SIZES: [usize; 4] = [0x4000, 0x1_0000, 0x10_0000, 0x7E_6000];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let trace = words.iter().any(|word| word == "--trace");
    let words: Vec<&String> = words
        .iter()
        .filter(|word| !word.starts_with("--"))
        .collect();
    println!(
        "| loader, wire, size, change | reports | wire bytes | flash operations | time | limit | ratio |"
    );
    println!("|--|--:|--:|--:|--:|--:|--:|");
    for (loader, wire) in [
        (Loader::Nxp, Wire::HighSpeed),
        (Loader::Nxp, Wire::Uart),
        (Loader::Own, Wire::HighSpeed),
        (Loader::Own, Wire::FullSpeed),
        (Loader::Own, Wire::Uart),
        (Loader::Own, Wire::FastUart),
    ] {
        for size in SIZES {
            for change in Change::EVERY {
                let cell = Cell {
                    loader,
                    wire,
                    size,
                    change,
                };
                let name = cell.to_string();
                if !words.iter().all(|word| name.contains(word.as_str())) {
                    continue;
                }
                let figures = cell.measure_with(trace);
                println!(
                    "| {name} | {} | {} | {} | {:.3} s | {:.3} s | {:.2} |",
                    figures.reports,
                    figures.bytes,
                    figures.operations,
                    figures.time.as_secs_f64(),
                    figures.limit.as_secs_f64(),
                    figures.ratio(),
                );
            }
        }
    }
}
