//! Boot loaders of others in flash, and applications behind them.

use crate::kit::app;
use crate::kit::cli::Cli;

#[test]
fn data_behind_a_boot_loader_leave_it_whole() {
    let cli = Cli::fresh();
    cli.run(&["write", "--fcb", "IS25LP064A", &app("blinky.elf")])
        .good();
    // the file of the flash ends with its last byte that is not erased
    let at = 0x10_0000;
    let mut before = cli.flash();
    before.resize(at, 0xFF);
    let data: Vec<u8> = (0..6000u32).map(|n| n as u8).collect();
    cli.file("data.bin", &data);
    cli.run(&["write", "--as-is", "--base", "0x60100000", "data.bin"])
        .good();
    let after = cli.flash();
    assert_eq!(after[..at], before);
    assert_eq!(after[at..at + data.len()], data);
    cli.would_start();
}
