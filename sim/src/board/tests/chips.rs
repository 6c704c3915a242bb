//! Boards of every chip: what a host can see that differs.

use super::*;
use crate::chip::CHIPS;
use crate::flashloader::Control;
use crate::nor::Part;

fn chip(name: &str) -> &'static Chip {
    Chip::find(name).expect("a chip")
}

fn kit(name: &str) -> Board {
    Board::new(Settings::kit(chip(name)))
}

/// A flash that boots on this chip: its FCB and its addresses in their places.
fn bootable_on(chip: &Chip) -> Vec<u8> {
    let mut flash = bootable();
    let fcb = flash[..0x200].to_vec();
    flash[..0x200].fill(0xFF);
    let at = chip.fcb_offset as usize;
    flash[at..at + 0x200].copy_from_slice(&fcb);
    let window = chip.window.start;
    for (place, offset) in [
        (0x1004, 0x2000),
        (0x1010, 0x1020),
        (0x1014, 0x1000),
        (0x1020, 0),
        (0x2004, 0x2401),
    ] {
        words(&mut flash, place, &[window + offset]);
    }
    // the end of a small DTCM
    words(&mut flash, 0x2000, &[0x2000_8000]);
    flash
}

fn boots(chip: &'static Chip, flash: Vec<u8>) -> (State, String) {
    let mut settings = Settings::kit(chip);
    settings.flash = flash;
    settings.straps.boot_mode = BootMode::InternalBoot;
    let board = Board::new(settings);
    (board.state(), board.reason().into())
}

/// The words of get-property.
fn property(board: &mut Board, number: u8, index: u8) -> Vec<u32> {
    let report = [1, 0, 12, 0, 7, 0, 0, 2, number, 0, 0, 0, index, 0, 0, 0];
    board.usb_write(&report).expect("taken");
    let answer = board
        .usb_read(SECOND)
        .expect("attached")
        .expect("an answer");
    let count = usize::from(answer[7]);
    let words = answer[8..8 + 4 * count].chunks_exact(4);
    words
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect()
}

#[test]
fn rom_of_each_chip_has_its_product_id() {
    for (name, id) in [
        ("rt1011", 0x0145),
        ("rt1015", 0x0130),
        ("rt1021", 0x0130),
        ("rt1024", 0x0130),
        ("rt1042", 0x0135),
        ("rt1052", 0x0130),
        ("rt1062", 0x0135),
        ("rt1064", 0x0135),
    ] {
        let mut board = kit(name);
        let usb = board.usb().expect("a device");
        assert_eq!((usb.vendor_id, usb.product_id), (0x1FC9, id), "{name}");
        let setup = [0x80, 6, 0, 1, 0, 0, 18, 0];
        let Ok(Control::Data(device)) = board.usb_control(setup, &[]) else {
            panic!("{name}: no descriptor")
        };
        assert_eq!(device[10..12], u16::to_le_bytes(id), "{name}");
    }
}

#[test]
fn id_register_and_package_bit_tell_the_chips() {
    for (name, id, package) in [
        ("rt1015", 0x006B_0000, 0),
        ("rt1020", 0x006B_0000, 0),
        ("rt1024", 0x006B_0000, 1 << 20),
        ("rt1050", 0x006A_0001, 0),
        ("rt1046", 0x006C_0000, 0),
        ("rt1060", 0x006C_0000, 0),
        ("rt1064", 0x006C_0000, 1 << 20),
    ] {
        let mut board = kit(name);
        let found = [0x400D_8260, 0x401F_4440].map(|address| register(&mut board, address));
        assert_eq!(found, [Some(id), Some(package)], "{name}");
    }
}

#[test]
fn rom_of_an_rt1010_does_not_answer_a_read() {
    let mut board = kit("rt1010");
    assert_eq!(register(&mut board, 0x400D_8260), None);
    command(&mut board, ERROR_STATUS, 0, 0);
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, SUCCESS))]);
}

#[test]
fn ram_of_the_rom_and_what_does_not_exist_is_refused() {
    const REFUSED: u32 = 0x8923_2389;
    for (name, own_ends, ocram_ends) in [
        ("rt1011", 0x2020_5800, 0x2021_0000),
        ("rt1021", 0x2020_8000, 0x2022_0000),
        ("rt1052", 0x2020_8000, 0x2024_0000),
        ("rt1062", 0x2020_8000, 0x202C_0000),
    ] {
        let mut board = kit(name);
        // a whole report, so that its padding stays in RAM
        let file = [0x5A; 1024];
        for (address, want) in [
            (own_ends - 1024, REFUSED),
            (own_ends, FILE_DONE),
            (ocram_ends - 1024, FILE_DONE),
            (ocram_ends - 1020, REFUSED),
        ] {
            let got = write_file(&mut board, address, &file);
            assert_eq!(got, Some(want), "{name} {address:#x}");
        }
    }
}

#[test]
fn standin_starts_the_firmware_of_each_chip() {
    for (name, version, payload, itcm, ocram) in [
        ("rt1011", 0x4B02_0100, 1016, 0x2_0000, 0x2_0000),
        ("rt1015", 0x4B02_0100, 1016, 0x4_0000, 0x4_0000),
        ("rt1024", 0x4B02_0700, 1012, 0x1_0000, 0x2_0000),
        ("rt1052", 0x4B02_0100, 1016, 0x2_0000, 0x4_0000),
        ("rt1042", 0x4B02_0100, 1016, 0x2_0000, 0xC_0000),
        ("rt1064", 0x4B02_0100, 1016, 0x2_0000, 0xC_0000),
    ] {
        let mut board = kit(name);
        start_flashloader(&mut board);
        let found = [(1, 0), (11, 0), (15, 0), (15, 2)]
            .map(|(number, index)| property(&mut board, number, index));
        let want = [version, payload, itcm, ocram].map(|value| vec![0, value]);
        assert_eq!(found, want, "{name}");
    }
}

#[test]
fn each_chip_boots_from_its_own_places() {
    for chip in CHIPS {
        let (state, why) = boots(chip, bootable_on(chip));
        assert_eq!(state, State::Application, "{}: {why}", chip.name);
    }
}

#[test]
fn fcb_at_offset_0_does_not_boot_an_rt1010() {
    let mut flash = bootable_on(chip("rt1021"));
    words(&mut flash, 0x2000, &[0x2000_8000]);
    let (state, why) = boots(chip("rt1010"), flash);
    assert_eq!(state, State::Rom);
    assert!(why.contains("no FCB at flash offset 0x400"), "{why}");
}

#[test]
fn image_linked_for_the_first_flexspi_does_not_boot_an_rt1064() {
    let (state, why) = boots(chip("rt1064"), bootable_on(chip("rt1062")));
    assert_eq!(state, State::Rom);
    let want = "the IVT at 0x70001000 says it belongs at 0x60001000";
    assert!(why.contains(want), "{why}");
}

#[test]
fn rt1024_boots_by_the_internal_loop_up_to_60_mhz() {
    let chip = chip("rt1024");
    for (place, value, want) in [
        (0x0C, 1, "samples by the DQS pad"),
        (0x46, 7, "reads at 133 MHz"),
        (0x46, 3, "boots"),
    ] {
        let mut flash = bootable_on(chip);
        flash[place] = value;
        let (_, why) = boots(chip, flash);
        assert!(why.contains(want), "{place:#x} = {value}: {why}");
    }
}

#[test]
fn clock_index_7_is_the_chips() {
    for (name, mhz) in [
        ("rt1021", 133),
        ("rt1052", 133),
        ("rt1011", 120),
        ("rt1062", 120),
    ] {
        let chip = chip(name);
        let mut settings = Settings::kit(chip);
        settings.flash = bootable_on(chip);
        settings.flash[chip.fcb_offset as usize + 0x46] = 7;
        settings.straps.boot_mode = BootMode::InternalBoot;
        let board = Board::new(settings);
        let hz = board.machine.flexspi.clock_hz;
        assert_eq!(hz, mhz * 1_000_000, "{name}: {}", board.reason());
    }
}

#[test]
fn loader_of_another_die_finds_no_flash() {
    for (name, loader, found) in [
        ("rt1052", Loader::McuBootUtilityRt1052, true),
        ("rt1052", Loader::McuBootUtility, false),
        ("rt1021", Loader::McuBootUtilityRt1052, false),
        ("rt1021", Loader::McuBootUtilityRt1015, true),
        ("rt1024", Loader::McuBootUtilityRt1024, true),
        ("rt1024", Loader::McuBootUtility, true),
        ("rt1021", Loader::McuBootUtilityRt1024, false),
        ("rt1064", Loader::McuBootUtilityRt1062, true),
        ("rt1062", Loader::McuBootUtilityRt1062, true),
    ] {
        let mut board = kit(name);
        board.start_loader(loader);
        assert_eq!(!board.nor().out_of_reach, found, "{name} {loader:?}");
    }
}

#[test]
fn second_pins_are_reached_by_option_word_where_the_build_can() {
    for (name, by_pins, by_option) in [
        ("rt1021", true, false),
        ("rt1052", true, true),
        ("rt1062", false, true),
    ] {
        let mut settings = Settings::kit(chip(name));
        settings.faults = vec![Fault::SecondPins];
        let mut board = Board::new(settings.clone());
        start_flashloader(&mut board);
        for (option, want) in [(0, false), (0x0001_0000, by_option), (0, false)] {
            assert_eq!(configures(&mut board, option), want, "{name} {option:#x}");
        }
        settings.straps.boot_cfg = 0x700;
        // ten pins, of which the flashloader looks at three
        if name == "rt1021" {
            settings.straps.boot_cfg = 0x300;
            settings.fuses = vec![(5, 0x700), (6, 1 << 4)];
        }
        let mut board = Board::new(settings);
        start_flashloader(&mut board);
        assert_eq!(configures(&mut board, 0), by_pins, "{name} by boot pins");
    }
}

/// Whether option words with this second one find the flash.
fn configures(board: &mut Board, second: u32) -> bool {
    let first = 0xC100_0007_u32;
    for (address, word) in [(0x2020_2000_u32, first), (0x2020_2004, second)] {
        send(board, &[5, 0, 0, 3], &[address, 4, word]);
    }
    send(board, &[0x11, 0, 0, 2], &[9, 0x2020_2000]) == 0
}

/// A command; the status of its answer.
fn send(board: &mut Board, head: &[u8], words: &[u32]) -> u32 {
    let mut packet = head.to_vec();
    packet.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    let report = [&[1, 0, packet.len() as u8, 0], &packet[..]].concat();
    board.usb_write(&report).expect("taken");
    let answer = board
        .usb_read(SECOND)
        .expect("attached")
        .expect("an answer");
    u32::from_le_bytes([answer[8], answer[9], answer[10], answer[11]])
}

#[test]
fn folder_keeps_chip_and_window_of_a_running_loader() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut settings = Settings::kit(chip("rt1064"));
    settings.flash = vec![0x12, 0x34, 0x56, 0x78];
    let mut board = Board::create(folder.path(), settings).expect("made");
    start_flashloader(&mut board);
    assert!(configures(&mut board, 0));
    board.save().expect("saved");
    drop(board);
    let mut board = Board::open(folder.path()).expect("opened");
    assert_eq!(board.chip().name, "RT1064");
    assert_eq!(board.usb().map(|usb| usb.product_id), Some(0x0073));
    assert_eq!(property(&mut board, 25, 9)[2], 0x7000_0000);
    assert_eq!(send(&mut board, &[3, 0, 0, 3], &[0x7000_0000, 4, 9]), 0);
    let data = board.usb_read(SECOND).expect("attached").expect("data");
    assert_eq!(data[4..8], [0x12, 0x34, 0x56, 0x78]);
    assert!(board.fuses().in_package());
}

#[test]
fn folder_without_a_chip_is_an_rt1021() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Board::create(folder.path(), Settings::default()).expect("made"));
    let file = folder.path().join("board.json");
    let text = std::fs::read_to_string(&file).expect("read");
    assert!(!text.contains("chip"), "{text}");
    let board = Board::open(folder.path()).expect("opened");
    assert_eq!(board.chip().name, "RT1021");
    drop(board);
    let text = text.replacen('{', "{\n  \"chip\": \"RT1170\",", 1);
    std::fs::write(&file, text).expect("written");
    let refused = Board::open(folder.path())
        .map(|_| ())
        .map_err(|error| error.to_string());
    assert!(refused.is_err_and(|why| why.contains("chip \"RT1170\" is not known")));
}

#[test]
fn write_to_an_rt1024_breaks_on_padded_reports() {
    // a page of 256 bytes in one report of 1021, five bytes more than its firmware takes
    for (length, status) in [(1016, 0), (1021, 1)] {
        let mut board = kit("rt1024");
        start_flashloader(&mut board);
        let address = 0x2020_2000;
        assert_eq!(send(&mut board, &[4, 1, 0, 3], &[address, 512, 0]), 0);
        let mut report = vec![2, 0, 0, 1];
        report.resize(260, 0xA5);
        report.resize(length, 0);
        board.usb_write(&report).expect("taken");
        let _ = board.usb_write(&report);
        let mut last = 0;
        while let Ok(Some(answer)) = board.usb_read(SECOND) {
            if answer[2] > 0 {
                last = u32::from_le_bytes([answer[8], answer[9], answer[10], answer[11]]);
            }
        }
        assert_eq!(last, status, "{length}");
    }
}

#[test]
fn kit_of_each_chip_has_its_flash() {
    for (name, part) in [
        ("rt1011", "at25sf128a"),
        ("rt1015", "at25sf128a"),
        ("rt1024", "w25q32jv"),
        ("rt1042", "w25q64jv"),
        ("rt1052", "is25wp064a"),
        ("rt1062", "is25wp064a"),
        ("rt1064", "w25q32jv"),
    ] {
        let board = kit(name);
        assert_eq!(Some(board.part()), Part::find(part).as_ref(), "{name}");
    }
}

#[test]
fn range_of_a_serial_flash_is_looked_at_as_each_build_does() {
    // statuses of the genuine builds, emulated
    for (name, wrapping) in [("rt1021", 10200), ("rt1052", 10200), ("rt1062", 10205)] {
        let mut board = kit(name);
        start_flashloader(&mut board);
        for (address, length, want) in [
            (0x07FF_FFF0, 16, 10205),
            (0x07FF_FFF0, 17, 10200),
            (0x0800_0000, 1, 10200),
            (0xFFFF_FFF0, 15, 10200),
            (0xFFFF_FFF0, 16, wrapping),
            (0xFFFF_FFF0, 17, wrapping),
            (0xF800_0000, 0x1000_0000, wrapping),
        ] {
            let got = send(&mut board, &[2, 0, 0, 3], &[address, length, 0x110]);
            assert_eq!(got, want, "{name} {address:#x} {length:#x}");
        }
    }
}
