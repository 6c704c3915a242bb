//! `rtboot mboot …`: the flashloader's own commands, on the real program and a live virtual board.

use std::time::Duration;

use crate::kit::cli::{Cli, Run};
use crate::kit::pty::Live;
use rtboot_sim::State;

/// Lets the flashloader configure the flash by the RT1020 EVK's option word.
fn configure(live: &Live) -> Run {
    live.run(&[
        "mboot",
        "fill-memory",
        "0x20202000",
        "4",
        "0xC0000007",
        "word",
    ])
    .good();
    live.run(&["mboot", "configure-memory", "9", "0x20202000"])
}

#[test]
fn mboot_commands_are_not_sent_to_the_rom() {
    let board = Cli::fresh();
    board.run(&["mboot", "get-property", "1"]).fails(
        2,
        "the boot ROM is there, and it speaks SDP; load a flashloader first",
    );
    let live = Live::rom();
    live.run(&["mboot", "get-property", "1"])
        .fails(2, "the boot ROM is there");
    assert_eq!(live.board.board().state(), State::Rom);
}

#[test]
fn ram_is_written_filled_and_read() {
    let live = Live::flashloader();
    live.cli.file("in.bin", b"0123456789");
    live.run(&["mboot", "write-memory", "0x20202000", "in.bin"])
        .good();
    live.run(&["mboot", "write-memory", "0x20202100", "{{de ad be ef}}"])
        .good();
    live.run(&["mboot", "write-memory", "0x20202200", "in.bin,4"])
        .good();
    live.run(&["mboot", "fill-memory", "0x20202300", "8", "0x1234", "short"])
        .good();
    assert_eq!(live.ram(0x2020_2000, 11), *b"0123456789\0");
    assert_eq!(live.ram(0x2020_2100, 4), [0xDE, 0xAD, 0xBE, 0xEF]);
    assert_eq!(live.ram(0x2020_2200, 5), *b"0123\0");
    assert_eq!(live.ram(0x2020_2300, 8), [0x34, 0x12].repeat(4));
    let dump = live
        .run(&["mboot", "read-memory", "0x20202000", "10"])
        .good();
    assert_eq!(
        dump,
        "20202000: 30 31 32 33 34 35 36 37  38 39                    |0123456789|\n"
    );
    live.run(&["mboot", "read-memory", "0x20202000", "4", "out.bin"])
        .good();
    assert_eq!(live.cli.read("out.bin"), b"0123");
    let json = live
        .run(&["--json", "mboot", "read-memory", "0x20202100", "4"])
        .last();
    assert_eq!(json["data"], "deadbeef");
}

#[test]
fn flash_job_works_with_blhost_commands() {
    let live = Live::flashloader();
    live.board.board().flash_mut()[0x1000] = 0;
    live.run(&["mboot", "read-memory", "0x60000000", "4"])
        .fails(1, "10205");
    let ran = configure(&live);
    assert!(
        ran.stderr.contains("can change its quad-enable bit"),
        "{ran}"
    );
    let memory = ran.good();
    assert!(memory.contains("8192 KiB"), "{memory}");
    live.run(&["mboot", "flash-erase-region", "0x60001000", "4"])
        .good();
    assert_eq!(live.board.board().flash()[0x1000], 0xFF);
    live.cli.file("page.bin", [0xA5; 256]);
    live.run(&["mboot", "write-memory", "0x60001000", "page.bin"])
        .good();
    assert_eq!(live.board.board().flash()[0x1000..0x1100], [0xA5; 256]);
    live.run(&["mboot", "write-memory", "0x60001000", "page.bin"])
        .fails(1, "10203");
    live.run(&["mboot", "flash-erase-region", "0x20202000", "4"])
        .fails(31, "102 ");
    let list = live.run(&["mboot", "list-memory"]).good();
    assert!(
        list.contains("memory 0x9 (FlexSPI NOR): start 0x60000000"),
        "{list}"
    );
    assert!(
        list.contains("memory 0x120 (SD card): not configured"),
        "{list}"
    );
}

#[test]
fn flash_erase_all_must_be_confirmed() {
    let live = Live::flashloader();
    configure(&live).good();
    live.board.board().flash_mut()[0x10_0000] = 0x42;
    for words in ["", "erase all", "erase all of memory 0x8"] {
        live.run(&["mboot", "flash-erase-all", "9", "--confirm", words])
            .fails(2, "--confirm \"erase all of memory 0x9\"");
    }
    live.run(&["mboot", "flash-erase-all", "9"])
        .fails(2, "must be confirmed in these words");
    assert_eq!(live.board.board().flash()[0x10_0000], 0x42);
    live.run(&[
        "mboot",
        "flash-erase-all",
        "9",
        "--confirm",
        "erase all of memory 0x9",
    ])
    .good();
    assert!(live.board.board().flash().iter().all(|&byte| byte == 0xFF));
    live.run(&["mboot", "flash-erase-all-unsecure"])
        .fails(2, "--confirm \"erase everything and unlock\"");
}

#[test]
fn encryption_set_up_must_be_confirmed() {
    let live = Live::flashloader();
    configure(&live).good();
    for word in ["0xE0120000", "0xB1000000"] {
        live.run(&["mboot", "fill-memory", "0x20202000", "4", word])
            .good();
        let before = live.board.board().counts().nor_operations;
        live.run(&["mboot", "configure-memory", "9", "0x20202000"])
            .fails(
                2,
                &format!(
                    "--confirm \"configure memory 0x9 with {}\"",
                    word.to_lowercase()
                ),
            );
        assert_eq!(live.board.board().counts().nor_operations, before);
    }
}

#[test]
fn running_unchecked_code_must_be_confirmed() {
    let live = Live::flashloader();
    live.cli.file("any.sb", [0; 64]);
    live.run(&["mboot", "execute", "0x20202001", "0", "0"])
        .fails(2, "--confirm \"execute 0x20202001\"");
    live.run(&["mboot", "call", "0x20202001", "0"])
        .fails(2, "--confirm \"call 0x20202001\"");
    live.run(&["mboot", "receive-sb-file", "any.sb"])
        .fails(2, "--confirm \"run any.sb\"");
    live.run(&[
        "mboot",
        "receive-sb-file",
        "any.sb",
        "--confirm",
        "run other.sb",
    ])
    .fails(2, "must be confirmed in these words");
    assert_eq!(live.board.board().state(), State::Flashloader);
    live.run(&[
        "mboot",
        "receive-sb-file",
        "any.sb",
        "--confirm",
        "run any.sb",
    ])
    .fails(1, "10101");
    live.run(&[
        "mboot",
        "execute",
        "0x401F4000",
        "0",
        "0",
        "--confirm",
        "execute 0x401f4000",
    ])
    .fails(1, "refused Execute: 4 ");
    live.run(&["mboot", "get-property", "1"]).good();
}

#[test]
fn key_commands_must_be_confirmed() {
    let live = Live::flashloader();
    live.cli.file("dek.bin", [7; 16]);
    live.run(&["mboot", "generate-key-blob", "dek.bin", "blob.bin"])
        .fails(2, "--confirm \"wrap a key of 16 bytes with key 0\"");
    live.run(&["mboot", "key-provisioning", "set_user_key", "11", "dek.bin"])
        .fails(2, "--confirm \"key-provisioning set_user_key\"");
    assert!(!live.cli.path("blob.bin").exists());
    let ran = live.run(&[
        "mboot",
        "key-provisioning",
        "enroll",
        "--confirm",
        "key-provisioning enroll",
    ]);
    ran.fails(1, "refused KeyProvisioning: 10000");
}

#[test]
fn fuse_controller_writes_must_be_confirmed() {
    let live = Live::flashloader();
    let heard = live.heard();
    live.run(&["mboot", "write-memory", "0x401F4060", "{{10000000}}"])
        .fails(2, "--confirm \"write 4 bytes to 0x401f4060\"");
    live.run(&["mboot", "fill-memory", "0x401F3FFC", "8", "0"])
        .fails(
            2,
            "--confirm \"fill 8 bytes at 0x401f3ffc with 0x00000000\"",
        );
    assert_eq!(live.heard(), heard, "nothing went out without the words");
    let args = [
        "mboot",
        "write-memory",
        "0x401F4060",
        "{{10000000}}",
        "--confirm",
    ];
    let args = [&args[..], &["write 4 bytes to 0x401f4060"]].concat();
    live.run(&args).fails(1, "10200");
}

#[test]
fn a_reset_brings_the_rom_back() {
    let live = Live::flashloader();
    let out = live.run(&["mboot", "reset"]).good();
    assert!(out.starts_with("the board resets"), "{out}");
    // the program ends when the terminal has its last bytes; the board reads them a moment later
    let Live { board, served, .. } = live;
    drop(served);
    board.wait(Duration::from_secs(1));
    assert_eq!(board.board().state(), State::Rom);
}

#[test]
fn bad_arguments_name_the_accepted_ones() {
    let live = Live::flashloader();
    for (args, text) in [
        (
            &["get-property", "curent-version"][..],
            "did you mean current-version?",
        ),
        (
            &["read-memory", "0x20202000", "4", "9"],
            "is 9 a file or a memory id?",
        ),
        (&["read-memory", "0x2020200G", "4"], "0x1000"),
        (
            &["fill-memory", "0x20202000", "4", "0x100", "byte"],
            "does not fit its unit",
        ),
        (&["write-memory", "0x20202000", "{{1}}"], "half a byte"),
        (&["flash-program-once", "6", "8", "0"], "a fuse word has 4"),
        (
            &["read-memory", "0x20202000", "4", "out.bin", "nor"],
            "9 (FlexSPI NOR)",
        ),
    ] {
        live.run(&[&["mboot"], args].concat()).fails(2, text);
    }
    live.run(&["mboot", "write-memory", "0x20202000", "no.bin"])
        .fails(4, "cannot read no.bin");
    live.run(&["mboot", "get-property", "0x0A"])
        .fails(1, "10300");
}
