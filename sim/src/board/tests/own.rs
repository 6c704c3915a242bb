//! rtboot's own loader.

use super::flashloader::{next, packet, send, status};
use super::*;
use crate::flashloader::Control;
use crate::nor::Part;
use crate::rom::loader::OWN;

mod apply;
mod inspect;
mod stream;

/// Where its image is loaded and jumped to.
const LOAD: u32 = 0x2020_8000;
const OPTIONS: u32 = 0x2020_2000;
const FLASH: u32 = 0x6000_0000;

/// A board whose ROM has loaded these bytes and jumped to them.
fn jumped(settings: Settings, image: &[u8]) -> Board {
    let mut board = Board::new(settings);
    assert_eq!(write_file(&mut board, LOAD, image), Some(FILE_DONE));
    command(&mut board, JUMP, LOAD, 0);
    assert_eq!(answer(&mut board), Some((3, OPEN)));
    board.wait(SECOND);
    board
}

fn loaded(settings: Settings) -> Board {
    jumped(settings, OWN)
}

/// A board that the own loader runs on, its flash set up by option words.
fn configured(settings: Settings) -> Board {
    let mut board = loaded(settings);
    assert_eq!(configure(&mut board, 0xC000_0007), 0);
    board
}

fn run(board: &mut Board, tag: u8, parameters: &[u32]) -> u32 {
    send(board, &packet(tag, 0, parameters));
    status(board, 10).expect("an answer")
}

fn configure(board: &mut Board, word: u32) -> u32 {
    assert_eq!(run(board, 5, &[OPTIONS, 4, word]), 0);
    run(board, 0x11, &[9, OPTIONS])
}

/// The words behind the status; empty when that is not 0.
fn property(board: &mut Board, number: u32, index: u32) -> Vec<u32> {
    send(board, &packet(7, 0, &[number, index]));
    let report = next(board, 1).expect("an answer");
    let words: Vec<u32> = report[8..]
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    match words[0] {
        0 => words[1..].to_vec(),
        _ => Vec::new(),
    }
}

fn data_report(bytes: &[u8]) -> Vec<u8> {
    let [low, high] = (bytes.len() as u16).to_le_bytes();
    [&[2, 0, low, high], bytes].concat()
}

/// WriteMemory in reports of so many bytes; the final status.
fn write(board: &mut Board, address: u32, bytes: &[u8], piece: usize) -> u32 {
    send(board, &packet(4, 1, &[address, bytes.len() as u32, 0]));
    assert_eq!(status(board, 1), Some(0));
    for piece in bytes.chunks(piece) {
        send(board, &data_report(piece));
    }
    status(board, 10).expect("a final status")
}

fn read(board: &mut Board, address: u32, length: u32) -> Vec<u8> {
    send(board, &packet(3, 0, &[address, length, 0]));
    assert_eq!(status(board, 1), Some(0));
    let mut bytes = Vec::new();
    loop {
        let report = next(board, 1).expect("data or the end");
        match report[0] {
            4 => bytes.extend_from_slice(&report[4..]),
            _ => return bytes,
        }
    }
}

/// Bytes that are no two pages alike.
fn pattern(length: usize) -> Vec<u8> {
    (0..length as u32)
        .map(|i| (i.wrapping_mul(0x9E37_79B9) >> 24) as u8)
        .collect()
}

fn filled(part: Part) -> Settings {
    Settings {
        flash: vec![0x5A; part.size as usize],
        part,
        ..Settings::default()
    }
}

#[test]
fn own_image_starts_the_own_loader() {
    let board = loaded(Settings::default());
    assert_eq!(board.loader(), Some(Loader::Own));
    let usb = board.usb().expect("attached");
    assert_eq!((usb.vendor_id, usb.product_id), (0x15A2, 0x0073));
    assert_eq!((usb.release, usb.product), (0x0102, "rtboot RAM loader"));
    let mut other = OWN.to_vec();
    other[0x3000] ^= 1;
    let board = jumped(Settings::default(), &other);
    assert_eq!((board.state(), board.usb()), (State::Silent, None));
}

#[test]
fn own_properties_tell_loader_and_chip() {
    let mut board = loaded(Settings::default());
    let identity = property(&mut board, 0x5254_0001, 0);
    assert_eq!(identity[..2], [u32::from_le_bytes(*b"rtbl"), 1]);
    assert_eq!(identity[4], 512);
    assert_eq!(property(&mut board, 0x5254_0002, 0), [396_000_000, 0, 0]);
    assert_eq!(
        property(&mut board, 0x5254_0003, 0),
        [1, 0x0100_0001, 0, 0, 0, 0]
    );
    let sizes = [0x1_0000, 0x1_0000, 0x2_0000];
    assert_eq!(property(&mut board, 0x5254_0004, 0), sizes);
    // nobody has asked it yet
    assert_eq!(property(&mut board, 0x5254_0005, 0), [0; 4]);
    let own = [0x2020_8000, 0x2020_FFFF, 0x2000_A000, 0x2000_FFFF];
    assert_eq!(property(&mut board, 12, 0), own);
    assert_eq!(write(&mut board, 0x2000_9FFF, &[1], 1), 0);
    assert_eq!(write(&mut board, 0x2000_9FFF, &[1, 2], 2), 10200);
    assert_eq!(property(&mut board, 15, 2), [0x2_0000]);
    assert_eq!(property(&mut board, 2, 0), [0x10]);
    assert_eq!(property(&mut board, 7, 0), [0x1_4F5F]);
    // NXP's looks at the low byte alone
    assert_eq!(property(&mut board, 0x101, 0), [0; 0]);
    assert_eq!(configure(&mut board, 0xC000_0007), 0);
    let flash = property(&mut board, 0x5254_0005, 0);
    assert_eq!(flash, [0x0017_609D, 0, 8 << 20, 132_923_000]);
}

#[test]
fn own_loader_leaves_its_breadcrumb_for_the_next_run() {
    let mut board = loaded(Settings::default());
    assert_eq!(run(&mut board, 0x0B, &[]), 0);
    board.wait(SECOND);
    assert_eq!(board.state(), State::Rom);
    assert_eq!(register(&mut board, 0x2020_FFF4), Some(11));
    assert_eq!(write_file(&mut board, LOAD, OWN), Some(FILE_DONE));
    command(&mut board, JUMP, LOAD, 0);
    assert_eq!(answer(&mut board), Some((3, OPEN)));
    board.wait(SECOND);
    assert_eq!(
        property(&mut board, 0x5254_0003, 0),
        [2, 0x0100_0001, 11, 0, 0, 0]
    );
}

#[test]
fn own_loader_makes_the_block_of_the_genuine_one() {
    for part in ["is25lp064a", "w25q64jv"] {
        let mut settings = Settings {
            part: Part::find(part).expect("known"),
            ..Settings::default()
        };
        let mut own = configured(settings.clone());
        assert_eq!(run(&mut own, 0x11, &[9, OPTIONS]), 0);
        assert_eq!(run(&mut own, 5, &[OPTIONS, 4, 0xF000_000F]), 0);
        assert_eq!(run(&mut own, 0x11, &[9, OPTIONS]), 0);
        // NXP's, with quad enable set
        settings.status = own.nor().status;
        let mut genuine = Board::new(settings);
        genuine.start_loader(Loader::Standin);
        genuine.wait(SECOND);
        assert_eq!(configure(&mut genuine, 0xC000_0007), 0);
        assert_eq!(run(&mut genuine, 5, &[OPTIONS, 4, 0xF000_000F]), 0);
        assert_eq!(run(&mut genuine, 0x11, &[9, OPTIONS]), 0);
        let mut expected = genuine.flash()[..512].to_vec();
        // the operand of WRITE in the program sequence, which nothing uses
        assert_eq!(std::mem::take(&mut expected[0x114]), 4);
        assert_eq!(own.flash()[..512], expected, "{part}");
        assert_eq!(own.flash()[..4], *b"FCFB");
    }
}

#[test]
fn own_quad_enable_keeps_block_protection() {
    for (part, status, after) in [
        ("is25lp064a", [0x3C, 0, 0], [0x7C, 0, 0]),
        ("w25q64jv", [0x1C, 0, 0], [0x1C, 2, 0]),
    ] {
        let mut board = configured(Settings {
            status,
            ..filled(Part::find(part).expect("known"))
        });
        assert_eq!(board.nor().status, after, "{part}");
        // the protected flash refuses, and says so
        assert_eq!(run(&mut board, 2, &[FLASH, 0x1000, 0]), 20106);
    }
}

#[test]
fn own_erase_takes_blocks_wherever_they_fit() {
    let mut board = configured(filled(Part::is25lp064a()));
    board.trace_spi(true);
    assert_eq!(run(&mut board, 2, &[FLASH + 0x2_F000, 0x2_1000, 0]), 0);
    let trace = board.take_spi_trace().join("\n");
    assert!(trace.contains("20 @02f000"), "{trace}");
    assert!(trace.contains("d8 @030000"), "{trace}");
    assert!(trace.contains("d8 @040000"), "{trace}");
    let flash = board.flash();
    assert!(flash[0x2_F000..0x5_0000].iter().all(|byte| *byte == 0xFF));
    assert_eq!((flash[0x2_EFFF], flash[0x5_0000]), (0x5A, 0x5A));
}

#[test]
fn own_loader_takes_reports_of_any_length() {
    let mut board = configured(Settings::default());
    let bytes = pattern(3000);
    for (i, piece) in [1014, 1015, 1016, 1020, 7].into_iter().enumerate() {
        let at = 0x1_0000 * i;
        assert_eq!(write(&mut board, FLASH + at as u32, &bytes, piece), 0);
        assert_eq!(board.flash()[at..at + 3000], bytes, "{piece}");
        assert_eq!(board.flash()[at + 3000], 0xFF);
        assert_eq!(read(&mut board, FLASH + at as u32, 3000), bytes, "{piece}");
    }
}

#[test]
fn own_loader_gives_up_a_stuck_flash() {
    let mut board = configured(filled(Part::is25lp064a()));
    // it never ends its erase
    (board.nor_mut().busy_polls, board.nor_mut().polls_only) = (1 << 30, true);
    let before = board.elapsed();
    send(&mut board, &packet(2, 0, &[FLASH, 0x1000, 0]));
    assert_eq!(status(&mut board, 60), Some(7002));
    let took = board.elapsed() - before;
    assert!((4..5).contains(&took.as_secs()), "{took:?}");
    // busy since before: write enable is not heard, a set-up waits longer
    board.power_cycle();
    let mut board = configured(filled(Part::is25lp064a()));
    board.fault_mut().push(Fault::StuckBusy);
    assert_eq!(run(&mut board, 2, &[FLASH, 0x1000, 0]), 20106);
    assert_eq!(configure(&mut board, 0xC000_0007), 7002);
    assert!(board.flash()[..0x1000].iter().all(|byte| *byte == 0x5A));
    // no flash at all
    let mut board = configured(Settings::default());
    board.fault_mut().push(Fault::Absent);
    assert_eq!(run(&mut board, 2, &[FLASH, 0x1000, 0]), 7002);
    // after a failed set-up the old map is void
    assert_eq!(configure(&mut board, 0xC000_0007), 20107);
    assert_eq!(run(&mut board, 2, &[FLASH, 0x1000, 0]), 10205);
}

#[test]
fn own_loader_rescues_a_flash_from_its_modes() {
    let quad = [0x40, 0, 0];
    let modes = [
        ("is25lp064a", quad, r#"{"power_down": true}"#, 2),
        ("is25lp064a", quad, r#"{"continuous": true}"#, 5),
        ("is25lp064a", quad, r#"{"qpi": true}"#, 7),
        ("w25q64jv", [0, 2, 0], r#"{"power_down": true}"#, 2),
    ];
    for (part, status, mode, rung) in modes {
        let mut board = loaded(Settings {
            part: Part::find(part).expect("known"),
            status,
            ..Settings::default()
        });
        let lasting = serde_json::from_str(mode).expect("a mode");
        board.nor_mut().set_lasting(lasting);
        assert_eq!(configure(&mut board, 0xC000_0007), 0, "{part} {mode}");
        let flash = property(&mut board, 0x5254_0005, 0);
        assert_eq!(flash[1], rung, "{part} {mode}");
        let bytes = pattern(256);
        assert_eq!(write(&mut board, FLASH, &bytes, 256), 0);
        assert_eq!(board.flash()[..256], bytes, "{part} {mode}");
    }
}

#[test]
fn command_in_a_write_drops_the_write() {
    let mut board = configured(Settings::default());
    send(&mut board, &packet(4, 1, &[FLASH, 4096, 0]));
    assert_eq!(status(&mut board, 1), Some(0));
    send(&mut board, &data_report(&pattern(300)));
    // the next host's command, not its data
    assert_eq!(property(&mut board, 1, 0), [0x4B02_0100]);
    assert_eq!(board.flash()[..256], pattern(300)[..256]);
    assert!(board.flash()[256..512].iter().all(|byte| *byte == 0xFF));
    // late data of the dead host are dropped
    send(&mut board, &data_report(&pattern(300)));
    assert_eq!(property(&mut board, 1, 0), [0x4B02_0100]);
}

#[test]
fn empty_command_ends_a_read() {
    let mut board = configured(Settings::default());
    send(&mut board, &packet(3, 0, &[0x2020_0000, 0x4000, 0]));
    send(&mut board, &[1, 0, 0, 0]);
    let mut ids = Vec::new();
    while let Some(report) = next(&mut board, 1) {
        ids.push((report[0], report.len()));
        if report[0] == 3 && report[4] == 0xA0 {
            assert_eq!(report[8..12], 10002u32.to_le_bytes());
        }
    }
    assert_eq!(ids[ids.len() - 2..], [(4, 4), (3, 16)]);
    assert!(ids.len() < 12, "{ids:?}");
    assert_eq!(property(&mut board, 1, 0), [0x4B02_0100]);
}

#[test]
fn bus_reset_ends_the_command() {
    let mut board = configured(Settings::default());
    send(&mut board, &packet(3, 0, &[0x2020_0000, 0x4000, 0]));
    board.usb_bus_reset();
    assert_eq!(board.usb_read(SECOND), Ok(None));
    let set = board.usb_control([0, 9, 1, 0, 0, 0, 0, 0], &[]);
    assert_eq!(set, Ok(Control::Data(Vec::new())));
    assert_eq!(property(&mut board, 1, 0), [0x4B02_0100]);
    // what was set up stays
    assert_eq!(run(&mut board, 2, &[FLASH, 0x1000, 0]), 0);
}

#[test]
fn power_cut_tears_the_page_of_an_own_write() {
    let bytes = pattern(4096);
    let whole = {
        let mut board = configured(Settings::default());
        let before = board.counts().nor_operations;
        assert_eq!(write(&mut board, FLASH, &bytes, 1016), 0);
        board.counts().nor_operations - before
    };
    assert_eq!(whole, 16);
    for page in 0..16 {
        let mut board = configured(Settings::default());
        let at = board.counts().nor_operations + page + 1;
        board.fault_mut().push(Fault::PowerCut { at });
        send(&mut board, &packet(4, 1, &[FLASH, 4096, 0]));
        assert_eq!(status(&mut board, 1), Some(0));
        for piece in bytes.chunks(1016) {
            if board.usb_write(&data_report(piece)).is_err() {
                break;
            }
        }
        assert_eq!(board.state(), State::Off);
        let done = 256 * page as usize + 128;
        assert_eq!(board.flash()[..done], bytes[..done], "page {page}");
        assert!(board.flash()[done..4096].iter().all(|byte| *byte == 0xFF));
    }
}

#[test]
fn wire_and_flash_work_at_the_same_time() {
    let mut board = configured(Settings::default());
    let bytes = pattern(64 << 10);
    let before = board.elapsed();
    assert_eq!(write(&mut board, FLASH, &bytes, 1016), 0);
    let took = board.elapsed() - before;
    assert_eq!(board.flash()[..bytes.len()], bytes);
    let pages = 256 * Duration::from_nanos(Part::is25lp064a().times.page_program);
    let wire = 65 * Duration::from_micros(125);
    // the pages' own time, the 70 us that each needs on the flash's wires, and little else
    assert!(
        took > pages && took < pages + wire * 4,
        "{took:?}, pages {pages:?}"
    );
}

#[test]
fn own_loader_goes_on_in_a_folder() {
    let place = tempfile::tempdir().expect("a folder");
    let bytes = pattern(300);
    let mut board = Board::open(place.path()).expect("a board");
    for (i, word) in [u32::from_le_bytes(*b"RTLD"), 6, 4, 0x81]
        .into_iter()
        .enumerate()
    {
        let at = 0x2020_FFF0 + 4 * i as u32;
        assert!(board.machine.ram.write(at, &word.to_le_bytes()));
    }
    assert_eq!(write_file(&mut board, LOAD, OWN), Some(FILE_DONE));
    command(&mut board, JUMP, LOAD, 0);
    assert_eq!(answer(&mut board), Some((3, OPEN)));
    board.wait(SECOND);
    assert_eq!(configure(&mut board, 0xC000_0007), 0);
    assert_eq!(write(&mut board, FLASH + 1, &bytes, 1016), 20105);
    board.fault_mut().push(Fault::IgnoresProgram);
    assert_eq!(write(&mut board, FLASH, &bytes, 1016), 20106);
    let known: Vec<_> = (3..6)
        .map(|i| property(&mut board, 0x5254_0000 + i, 0))
        .collect();
    let failure = inspect::fetch(&mut board, 4);
    board.fault_mut().clear();
    drop(board);
    let mut board = Board::open(place.path()).expect("the board");
    assert_eq!(board.loader(), Some(Loader::Own));
    let now: Vec<_> = (3..6)
        .map(|i| property(&mut board, 0x5254_0000 + i, 0))
        .collect();
    assert_eq!(now, known);
    assert_eq!(inspect::fetch(&mut board, 4), failure);
    assert_ne!(failure, Ok(vec![0; 24]));
    assert_eq!(write(&mut board, FLASH, &bytes, 1016), 0);
    assert_eq!(read(&mut board, FLASH, 300), bytes);
    drop(board);
    let board = Board::open(place.path()).expect("the board");
    assert_eq!(board.flash()[..300], bytes);
}
