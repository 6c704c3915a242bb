//! Locks of single blocks (Winbond WPS): each touched block's lock is asked, and what is open is written.

use crate::kit::app_bytes;
use crate::kit::board::Rig;
use rtboot::consent::Consent;
use rtboot::flash::Flashloader;
use rtboot::job::{self, Edges, EraseRange, Unprotect};
use rtboot::{Error, Question};
use rtboot_fcb::lut::{Instruction, Opcode, Sequence, index};
use rtboot_fcb::{Fcb, Protected, probe};
use rtboot_sim::nor::Part;

const FCB: &str = "w25q64jv";

/// A board whose locks count, with those of all blocks open but the first `closed` sectors.
fn opened(closed: u32) -> Rig {
    let mut rig = Rig::with(rtboot_sim::Settings {
        part: Part::w25q64jv(),
        status: [0, 2, 4],
        ..rtboot_sim::Settings::default()
    });
    let mut loader = rig.flashloader().expect("a flashloader");
    let enable = Sequence::read_register(0x06, 4);
    played(&mut loader, &enable, 0);
    played(&mut loader, &Sequence::read_register(0x98, 4), 0);
    let close = Sequence::of(&[
        Instruction::new(Opcode::CMD, 1, 0x36),
        Instruction::new(Opcode::RADDR, 1, 24),
        Instruction::new(Opcode::READ, 1, 4),
    ]);
    for sector in 0..closed {
        played(&mut loader, &enable, 0);
        played(&mut loader, &close, sector * 0x1000);
    }
    rig
}

/// A command that an application gave before the board was reset.
fn played(loader: &mut Flashloader, sequence: &Sequence, offset: u32) {
    let mut fcb: Fcb = probe::plain_read(8 << 20);
    fcb.set_sequence(index::READ, sequence);
    let question = Question::OtherRead;
    loader
        .read_through(&fcb, question, offset, 4)
        .expect("played");
}

#[test]
fn flash_with_open_locks_is_written() {
    let mut rig = opened(0);
    let nor = rig.nor(FCB).expect("a flash");
    assert_eq!(
        nor.facts().protected_extent(nor.part()),
        Protected::OwnLocks { closed: Vec::new() }
    );
    assert_eq!(Unprotect::plan(&nor).expect("nothing closed"), None);
    drop(nor);
    rig.write_bytes(&app_bytes("blinky.bin"), "blinky.bin", FCB)
        .expect("written");
    let image = app_bytes("blinky.bin");
    assert!(rig.flash()[0x2000..].starts_with(&image));
    let again = rig.nor(FCB).expect("a flash");
    let extent = again.facts().protected_extent(again.part());
    assert!(!extent.is_any(), "the write and its trial left them open");
}

#[test]
fn closed_lock_stops_what_it_touches_only() {
    let mut rig = opened(2);
    let before = rig.flash();
    let error = rig
        .write_bytes(&app_bytes("blinky.bin"), "blinky.bin", FCB)
        .map(|_| ())
        .expect_err("the FCB's sector is locked");
    let Error::Protected {
        address, extent, ..
    } = &error
    else {
        panic!("{error}");
    };
    let closed = Protected::by_own_locks([(0..0x2000, true)]);
    assert_eq!((*address, extent), (0x6000_0000, &closed));
    assert!(rig.flash() == before, "nothing was erased");

    let mut nor = rig.nor(FCB).expect("a flash");
    assert!(matches!(
        Unprotect::plan(&nor),
        Err(Error::BlockLocks { .. })
    ));
    for (address, open) in [
        (0x6000_0000, false),
        (0x6000_1000, false),
        (0x6000_2000, true),
    ] {
        let range = EraseRange::Bytes {
            address,
            length: 0x1000,
            edges: Edges::Refuse,
        };
        let done = job::erase(&mut nor, range, &Consent::default(), None, &mut ());
        assert_eq!(done.is_ok(), open, "{address:#x}");
    }
}
