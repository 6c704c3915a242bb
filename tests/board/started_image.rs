//! Data beside or over an image that the ROM starts, and that the write does not bring.

use crate::kit::board::{Rig, starts};
use crate::kit::case::application;
use rtboot::event::Event;
use rtboot::flash::Headers;
use rtboot::job::BootLoader;
use rtboot_finding::Entry;
use rtboot_finding::catalogue::run;
use rtboot_sim::nor::Part;

const BASE: u32 = 0x6000_0000;
const APP: usize = 0x2000;
const LENGTH: usize = 17_000;
/// First offset behind the application.
const END: usize = APP + LENGTH;

/// A board that starts an application; its boot data names this length where one is given.
fn board(named: Option<u32>) -> Rig {
    let mut rig = Rig::fresh();
    rig.options.base = Some(BASE + APP as u32);
    rig.write_bytes(&application(3, LENGTH), "app.bin", "issi.cfg")
        .expect("written");
    if let Some(named) = named {
        let mut board = rig.virtual_board.board();
        board.flash_mut()[0x1024..0x1028].copy_from_slice(&named.to_le_bytes());
    }
    assert!(starts(&rig).is_some());
    rig.options.headers = Headers::AsIs;
    rig
}

/// Writes data, and tells what was said of the image.
fn data(rig: &mut Rig, at: usize, bytes: &[u8]) -> Vec<&'static str> {
    rig.events.clear();
    rig.options.base = Some(BASE + at as u32);
    rig.write_bytes(bytes, "data.bin", "issi.cfg")
        .expect("written");
    assert_eq!(rig.flash()[at..at + bytes.len()], *bytes);
    let of = |event: &Event, entry: &'static Entry| matches!(event, Event::Finding(found) if found.is(entry));
    let both = [&run::IMAGE_BYTES_KEPT, &run::IMAGE_BYTES_REPLACED];
    let told = both.into_iter().filter(|entry| {
        let mut events = rig.events.iter();
        events.any(|event| of(event, entry))
    });
    told.map(|entry| entry.code).collect()
}

#[test]
fn erase_around_keeps_the_image_that_starts() {
    for named in [None, Some(0x80_0000), Some(0x10_0000), Some(0x3000)] {
        let mut rig = board(named);
        let before = rig.flash();
        rig.options.keep_around = false;
        let told = data(&mut rig, END + 0x40, &[0x5A; 16]);
        assert_eq!(told, ["image-bytes-kept"], "{named:x?}");
        assert_eq!(rig.flash()[..END], before[..END], "{named:x?}");
        assert!(starts(&rig).is_some());
        assert_eq!(rig.journal_files(), 0);
    }
}

#[test]
fn erase_around_keeps_the_headers() {
    let mut rig = board(None);
    let before = rig.flash();
    rig.options.keep_around = false;
    for at in [0x300, 0x1800] {
        assert_eq!(data(&mut rig, at, &[0x5A; 16]), ["image-bytes-kept"]);
    }
    assert_eq!(rig.flash()[..0x200], before[..0x200]);
    assert_eq!(rig.flash()[0x1000..0x102C], before[0x1000..0x102C]);
    assert!(starts(&rig).is_some());
}

#[test]
fn erase_around_drops_what_is_no_image() {
    for named in [None, Some(0x80_0000), Some(0x10_0000)] {
        let mut rig = board(named);
        // boot data that names the whole flash names no end, whatever lies there
        rig.virtual_board.board().flash_mut()[0x7F_FFFF] = 0;
        // a settings page in the sector behind the image, and one far away
        for at in [0x7000, 0x4_0000] {
            rig.options.keep_around = true;
            assert!(data(&mut rig, at, &[0x11; 0x300]).is_empty());
            rig.options.keep_around = false;
            assert!(data(&mut rig, at, &[0x22; 0x100]).is_empty());
            let sector = &rig.flash()[at..at + 0x1000];
            assert!(sector[0x100..].iter().all(|&byte| byte == 0xFF));
        }
    }
}

#[test]
fn data_over_the_image_is_told() {
    for named in [None, Some(0x80_0000), Some(0x3000)] {
        let mut rig = board(named);
        assert_eq!(
            data(&mut rig, 0x4100, &[0x5A; 0x20]),
            ["image-bytes-replaced"],
            "{named:x?}"
        );
        assert!(data(&mut rig, 0x4100, &[0x5A; 0x20]).is_empty(), "equal");
    }
}

#[test]
fn image_written_anew_drops_its_old_end() {
    let mut rig = board(None);
    rig.options.keep_around = false;
    // the application alone, shorter than the old one
    let told = data(&mut rig, APP, &application(4, 0x3800));
    assert_eq!(told, [""; 0]);
    assert!(rig.flash()[APP + 0x3800..0x6000].iter().all(|&b| b == 0xFF));
    // and all of it, beside a piece
    rig.options.headers = Headers::Add;
    let told = data(&mut rig, APP, &application(5, 0x2800));
    assert_eq!(told, [""; 0]);
    assert!(rig.flash()[APP + 0x2800..0x5000].iter().all(|&b| b == 0xFF));
    assert!(starts(&rig).is_some());
}

#[test]
fn vector_table_of_a_far_application_is_kept() {
    const SLOT: usize = 0x1_0000;
    let mut rig = Rig::with_part(Part::find("s25fl256s").expect("by its name"));
    rig.options.base = Some(BASE + SLOT as u32);
    rig.options.boot_loader = BootLoader::Replace;
    let mut file = application(3, 5_000);
    for word in file[4..0x100].chunks_exact_mut(4) {
        word.copy_from_slice(&(BASE + SLOT as u32 + 0x401).to_le_bytes());
    }
    rig.write_bytes(&file, "app.bin", "auto").expect("written");
    assert!(starts(&rig).is_some());
    // all of it lies in one sector
    rig.options.keep_around = false;
    rig.options.headers = Headers::AsIs;
    rig.options.base = Some(BASE + 0x8000);
    rig.write_bytes(&[0x5A; 16], "data.bin", "auto")
        .expect("written");
    assert_eq!(rig.flash()[SLOT..SLOT + file.len()], file);
    assert!(starts(&rig).is_some());
}
