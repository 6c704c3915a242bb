//! Cells that read both ways, which no journal knows of: a command lost power on another host.

use crate::kit::board::{Rig, starts};
use rtboot::event::Event;
use rtboot_finding::catalogue::run;

const FILE: &str = "blinky.bin";

/// A board that holds an image, and weak cells in a gap that the image does not fill.
fn weak_gap() -> (Rig, Vec<u8>) {
    let mut rig = Rig::fresh();
    rig.options.base = Some(0x6000_2000);
    let file = crate::kit::case::application(5, 9_000);
    rig.write_bytes(&file, FILE, "issi.cfg").expect("written");
    let weak = (0x300..0x310).map(|at| (at, 1));
    rig.virtual_board.board().nor_mut().weak.extend(weak);
    rig.events.clear();
    (rig, file)
}

#[test]
fn a_sector_with_weak_cells_is_erased_again() {
    let (mut rig, file) = weak_gap();
    let written = rig.write_bytes(&file, FILE, "issi.cfg");
    let written = written.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(written.report.sectors_erased, 1, "that sector alone");
    assert!(rig.virtual_board.board().nor().weak.is_empty());
    assert!(starts(&rig).is_some());
    assert_eq!(rig.flash()[0x2000..0x2000 + file.len()], file);
    assert_eq!(rig.journal_files(), 0);
    let told = |event: &Event| matches!(event, Event::Finding(found) if found.is(&run::WEAK_CELLS));
    assert_eq!(rig.events.iter().filter(|event| told(event)).count(), 1);
}
