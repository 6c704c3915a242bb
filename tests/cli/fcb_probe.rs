//! `fcb probe` on the virtual board: finds what the part can do, changes nothing, and the saved .cfg can be used to write.

use crate::kit::app;
use crate::kit::cli::Cli;
use rtboot_fcb::{PartFile, QeMethod, ReadMode};
use rtboot_sim::nor::Part;
use rtboot_sim::{Fault, Settings};

/// Content that a wrong read does not reproduce by chance.
fn pattern() -> Vec<u8> {
    crate::kit::random::pattern(0x3000)
}

/// A flash with something in it to compare by.
fn filled(change: impl FnOnce(&mut Settings)) -> Cli {
    let mut settings = Settings {
        flash: pattern(),
        ..Settings::default()
    };
    change(&mut settings);
    Cli::with(settings)
}

#[test]
fn probe_finds_the_data_sheet_read_of_a_known_part() {
    let cli = filled(|settings| settings.status = [0x40, 0, 0]);
    let before = cli.flash();
    let object = cli.run(&["fcb", "probe", "--json"]).says(0, &[]).last();
    assert_eq!(object["jedec"], "9d 60 17");
    assert_eq!(object["read"], "EBh 1-4-4, 24-bit address, 6 dummy cycles");
    assert_eq!(object["quad_enable"]["set"], true);
    assert_eq!(cli.flash(), before);
    assert_eq!(cli.board().nor().status, [0x40, 0, 0]);
}

#[test]
fn quad_reads_wait_until_quad_enable_is_set() {
    let cli = filled(|settings| settings.status = [0x04, 0, 0]);
    let object = cli.run(&["fcb", "probe", "--json"]).says(0, &[]).last();
    let tried = object["tried"].as_array().expect("modes");
    let quad = |mode: &serde_json::Value| {
        mode["read"]
            .as_str()
            .is_some_and(|read| read.starts_with("EBh"))
    };
    let io = tried.iter().find(|mode| quad(mode)).expect("1-4-4");
    assert_eq!(io["not_tried"], "quad enable is clear");
    assert_eq!(cli.board().nor().status[0], 0x04, "nothing changed");
    let object = cli
        .run(&["fcb", "probe", "--set-qe", "--json"])
        .says(0, &[])
        .last();
    assert_eq!(object["read"], "EBh 1-4-4, 24-bit address, 6 dummy cycles");
    assert_eq!(
        cli.board().nor().status[0],
        0x44,
        "quad enable, and protection as it was"
    );
}

#[test]
fn unknown_part_is_described_from_its_sfdp() {
    // a board in a folder keeps its part by name: one with a made-up id exists in memory only
    let mut settings = Settings {
        flash: pattern(),
        part: Part::w25q64jv(),
        status: [0, 2, 0],
        ..Settings::default()
    };
    settings.part.jedec = [0x7F, 0x12, 0x17];
    let found = probe(settings).expect("found");
    assert!(found.known.is_empty());
    let part = &found.part;
    assert_eq!(
        (part.size, part.sector_size, part.block_size),
        (8 << 20, 0x1000, 0x1_0000)
    );
    assert_eq!(part.qe, QeMethod::Sr2Bit1TwoByte);
    let says = ReadMode {
        opcode: 0xEB,
        address_bits: 24,
        address_pads: 4,
        data_pads: 4,
        dummy_cycles: 6,
    };
    let quad_known = matches!(found.quad, Some((_, Some(true))));
    assert_eq!(part.read == says, quad_known, "{found:#?}");
    let text = PartFile {
        parts: vec![part.clone()],
    }
    .to_cfg();
    let read = PartFile::from_cfg(&text).expect("its own text");
    assert_eq!(read.parts[0].boot_fcb(), part.boot_fcb());
    assert!(part.option_words.is_some());
}

fn probe(settings: Settings) -> rtboot::Result<rtboot::flash::probe::Found> {
    use rtboot::board::{Board, Options};
    use rtboot::port::virtual_board::VirtualBoard;
    let virtual_board = VirtualBoard::from_board(rtboot_sim::Board::new(settings));
    let mut board = Board::on_virtual(&virtual_board, Options::default());
    let standin = rtboot::LoaderSource::Auto;
    let reached = rtboot::flash::reach_flashloader(&mut board, None, &standin, &mut ())?;
    let mut flashloader = reached.flashloader;
    let facts = flashloader.look_at_flash(&mut ())?;
    virtual_board.board().trace_spi(true);
    let before = virtual_board.board().counts();
    let found = rtboot::flash::probe::probe_flash(&mut flashloader, facts, &mut ())?;
    let mut board = virtual_board.board();
    for line in board.take_spi_trace() {
        let opcode = line.split([' ', '/']).next().unwrap_or_default().to_owned();
        let reads = ["03", "0b", "3b", "bb", "6b", "eb", "35", "05", "9f", "5a"];
        assert!(reads.contains(&opcode.as_str()), "{line}");
    }
    let now = board.counts();
    assert_eq!(now.nor_operations, before.nor_operations);
    assert!(
        now.usb_out - before.usb_out < 500,
        "bounded: {} reports",
        now.usb_out - before.usb_out
    );
    Ok(found)
}

#[test]
fn probe_finds_every_virtual_parts_read() {
    for (part, status) in [
        (Part::is25lp064a(), [0x40, 0, 0]),
        (Part::w25q64jv(), [0, 2, 0]),
        (Part::mx25l12845g(), [0x40, 0, 0]),
        (Part::gd25q64c(), [0, 2, 0]),
    ] {
        let name = part.name;
        let found = probe(Settings {
            flash: pattern(),
            part,
            status,
            ..Settings::default()
        })
        .expect(name);
        assert_eq!(found.part.read, ReadMode::QUAD_IO, "{name}: {found:#?}");
    }
}

#[test]
fn probe_of_a_blank_flash_says_not_tried() {
    let cli = Cli::fresh();
    let run = cli
        .run(&["fcb", "probe"])
        .says(0, &["not tried", "blank", "write something"]);
    assert!(!run.stdout.contains("right up to"), "{run}");
}

#[test]
fn probe_of_an_absent_flash_fails() {
    let cli = filled(|settings| settings.faults = vec![Fault::Absent]);
    cli.run(&["fcb", "probe"]).says(30, &["no flash answers"]);
}

#[test]
fn board_starts_with_the_probed_cfg() {
    let cli = filled(|_| {});
    cli.run(&[
        "fcb", "probe", "--set-qe", "--name", "mine", "--save", "mine.cfg",
    ])
    .says(0, &["wrote mine.cfg", "option words"]);
    cli.run(&["write", "--fcb", "mine.cfg", &app("blinky.elf")])
        .says(0, &[]);
    cli.would_start();
}
