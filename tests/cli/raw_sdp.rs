//! `rtboot sdp …`: the ROM's own commands, on the real program and virtual boards.

use crate::kit::cli::Cli;
use crate::kit::pty::Live;
use crate::kit::rt1021;
use rtboot_bootable::LoaderImage;
use rtboot_sim::State;

/// A DCD with one 32-bit write.
fn dcd(address: u32, value: u32) -> Vec<u8> {
    let mut table = vec![0xD2, 0, 16, 0x41, 0xCC, 0, 12, 0x04];
    table.extend(address.to_be_bytes());
    table.extend(value.to_be_bytes());
    table
}

#[test]
fn error_status_shows_state_and_security() {
    let board = Cli::fresh();
    let out = board.run(&["sdp", "error-status"]).good();
    assert_eq!(
        out,
        "status 0xf0f0f0f0 (HAB success)\nHAB open: the part runs unsigned code\n"
    );
    let json = board.run(&["--json", "sdp", "error-status"]).last();
    assert_eq!(json["status"], 0xF0F0_F0F0_u32);
    assert_eq!(json["hab"], "HAB open");
}

#[test]
fn read_register_prints_dumps_and_saves() {
    let board = Cli::fresh();
    let word = board.run(&["sdp", "read-register", "0x400D_8260"]).good();
    assert_eq!(word, "0x400d8260 = 0x006b0000\n");
    let half = board
        .run(&["sdp", "read-register", "0x400D8262", "16"])
        .good();
    assert!(half.starts_with("400d8262: 6b 00 "), "{half}");
    board
        .run(&["sdp", "read-register", "0x20208000", "32", "100", "ram.bin"])
        .good();
    let file = std::fs::read(board.path("ram.bin")).expect("written");
    assert_eq!(file, [0; 100]);
}

#[test]
fn refused_places_are_named_and_the_board_stays() {
    let live = Live::rom();
    live.cli.file("data.bin", [1; 8]);
    live.run(&["sdp", "read-register", "0"])
        .fails(21, "0x00000000: the ROM refused READ_REGISTER");
    live.run(&["sdp", "read-register", "0x20200000", "8", "1"])
        .fails(21, "0x89232389");
    live.run(&["sdp", "write-file", "0x20280000", "data.bin"])
        .fails(21, "0x20280000: the ROM refused WRITE_FILE");
    live.run(&["sdp", "write-register", "0x20200000", "32", "0"])
        .fails(21, "0x20200000: the ROM refused WRITE_REGISTER");
    live.run(&["sdp", "error-status"]).good();
}

#[test]
fn unaligned_address_is_refused_before_sending() {
    let board = Cli::fresh();
    board
        .run(&["sdp", "read-register", "0x400D8261"])
        .fails(21, "no multiple of the access width");
    board
        .run(&["sdp", "read-register", "0x400D8260", "24"])
        .fails(2, "it is 8, 16 or 32 bits");
}

#[test]
fn a_flashloader_is_loaded_and_started_by_hand() {
    let live = Live::rom();
    let map = rt1021().map;
    let image = LoaderImage::parse(rtboot_sim::standin_loader(), &map).expect("a flashloader");
    live.cli.file("loader.bin", &image.bytes);
    let (load, jump) = (format!("{:#x}", image.load), format!("{:#x}", image.jump));
    live.run(&["sdp", "write-file", &load, "loader.bin"]).good();
    assert!(live.ram(image.load, image.bytes.len()) == image.bytes);
    live.run(&["sdp", "jump-address", &jump]).good();
    assert_eq!(live.board.board().state(), State::Flashloader);
    let version = live.run(&["mboot", "get-property", "1"]).good();
    assert_eq!(version, "0x01 current version: K2.1.0 [0x4b020100]\n");
}

#[test]
fn sdp_commands_are_not_sent_to_a_flashloader() {
    let live = Live::flashloader();
    live.run(&["sdp", "error-status"])
        .fails(2, "a flashloader is there, and it does not speak SDP");
    assert_eq!(live.board.board().state(), State::Flashloader);
}

#[test]
fn jump_without_ivt_shows_the_roms_refusal() {
    let board = Cli::fresh();
    board.run(&["sdp", "jump-address", "0x20208000"]).fails(
        21,
        "jumping to the image at 0x20208000: the ROM refused JUMP_ADDRESS",
    );
    board.run(&["sdp", "error-status"]).good();
}

#[test]
fn fuse_register_write_must_be_confirmed() {
    let live = Live::rom();
    let write = ["sdp", "write-register", "0x401F4060", "32", "0x10"];
    live.run(&write)
        .fails(2, "--confirm \"write 0x00000010 to 0x401f4060\"");
    let wrong = [&write[..], &["--confirm", "write 0x11 to 0x401f4060"]].concat();
    live.run(&wrong)
        .fails(2, "must be confirmed in these words");
    assert_eq!(live.heard(), 0, "nothing went out without the words");
    let right = [&write[..], &["--confirm", "write 0x00000010 to 0x401f4060"]].concat();
    live.run(&right).good();
    assert!(live.heard() > 0);
}

#[test]
fn dcd_is_refused_if_unreadable_or_touching_fuses() {
    let live = Live::rom();
    live.cli.file("good.dcd", dcd(0x2020_9000, 0x1122_3344));
    live.cli.file("fuses.dcd", dcd(0x401F_4000, 1));
    live.cli.file("broken.dcd", [0xD2, 0, 200, 0x41]);
    live.run(&["sdp", "dcd-file", "0x20208000", "fuses.dcd"])
        .fails(2, "--confirm \"run the DCD with 1 fuse accesses\"");
    live.run(&["sdp", "dcd-file", "0x20208000", "broken.dcd"])
        .fails(2, "--confirm \"run 4 bytes unread\"");
    assert_eq!(live.heard(), 0, "nothing went out without the words");
    let out = live
        .run(&["sdp", "dcd-file", "0x20208000", "good.dcd"])
        .good();
    assert_eq!(out, "the ROM took the DCD of 16 bytes\n");
    assert_eq!(live.ram(0x2020_9000, 4), [0x44, 0x33, 0x22, 0x11]);
}

#[test]
fn skip_dcd_header_works_over_usb() {
    let board = Cli::fresh();
    let out = board.run(&["sdp", "skip-dcd-header"]).good();
    assert_eq!(out, "the next jump ignores the image's DCD\n");
}

#[test]
fn set_baudrate_changes_the_roms_uart_speed() {
    let live = Live::rom();
    let out = live.run(&["sdp", "set-baudrate", "57600"]).good();
    assert!(out.contains("57600 baud"), "{out}");
    let board = format!("uart:{}@57600", live.served.path);
    let args = ["--board", &board, "sdp", "skip-dcd-header"];
    crate::kit::cli::rtboot_in(live.cli.folder(), &args).good();
}
