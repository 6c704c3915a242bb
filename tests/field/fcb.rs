//! FCBs as SDKs, boards and generators make them.

use crate::kit::cli::{Cli, patched};

/// A block of zeros with what the ROM needs for a read of an 8 MiB quad part: tag, version, sampling, pads, clock, size, LUT 0.
fn minimal() -> Vec<u8> {
    patched(
        vec![0; 512],
        &[
            (0x000, b"FCFB"),
            (0x004, &[0x00, 0x04, 0x01, 0x56]),
            (0x00C, &[1, 3, 3]),                // sampling, CS hold, CS set-up
            (0x044, &[1, 4, 6]),                // device type, pads, clock index
            (0x050, &[0x00, 0x00, 0x80, 0x00]), // 8 MiB
            (0x080, &[0xEB, 0x04, 0x18, 0x0A]), // EBh, 24 address bits on four pads
            (0x084, &[0x06, 0x32, 0x04, 0x26]), // 6 dummy cycles, read on four pads
        ],
    )
}

#[test]
fn a_block_with_nothing_but_a_read_passes() {
    let cli = Cli::without_board();
    let block = cli.file("block.bin", minimal());
    cli.run_bare(&["fcb", "check", &block, "--part", "IS25LP064A"])
        .says(0, &["nothing that cannot work"]);
}
