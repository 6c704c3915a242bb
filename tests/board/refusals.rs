//! A boot ROM that refuses what it is asked, as silicon does.

use crate::kit::app;
use crate::kit::board::Rig;
use rtboot::chip::Chip;

use rtboot::event::Event;
use rtboot::finding::Entry;
use rtboot::finding::catalogue::{rom as entries, run};
use rtboot::flash::{self, LoaderSource, Rom};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::sdp::{self, Status, Tag, Width};
use rtboot::{Error, Source, Step};
use rtboot_sim::{Reads, RomOptions, Settings, State};

/// A fresh board whose ROM lets this be read.
fn rig(reads: Reads) -> Rig {
    let rom = RomOptions {
        reads,
        ..RomOptions::default()
    };
    Rig::with(Settings {
        rom,
        ..Settings::default()
    })
}

fn told(rig: &Rig, entry: &'static Entry) -> bool {
    let is = |event: &Event| matches!(event, Event::Finding(found) if found.is(entry));
    rig.events.iter().any(is)
}

fn reach(rig: &mut Rig, named: Option<&str>) -> rtboot::Result<flash::Reached> {
    let chip = named.map(|name| Chip::by_name(name).expect("a chip"));
    let standin = LoaderSource::File(Source::bytes("standin.bin", VirtualBoard::standin_loader()));
    flash::reach_flashloader(&mut rig.board, chip, &standin, &mut rig.events)
}

#[test]
fn refused_chip_id_asks_for_the_chip() {
    let mut rig = rig(Reads::Nothing);
    let rom = Rom::connect(&mut rig.board).expect("it answers");
    assert_eq!((rom.facts().chip_id(), rom.facts().unique_id), (None, None));
    assert_eq!(rom.facts().sbmr1, None);
    let unread = rom.facts().unread.as_ref().expect("told").to_string();
    for word in ["0x400d8260", "0x401f4410", "0x89232389"] {
        assert!(unread.contains(word), "{unread}");
    }
    drop(rom);
    let error = reach(&mut rig, None).err().expect("the chip is not known");
    assert!(matches!(error, Error::UnknownChip { .. }), "{error}");
    for name in ["RT1015", "RT1021", "RT1024", "RT1052"] {
        assert!(error.to_string().contains(name), "{error}");
    }
    assert_eq!(rig.virtual_board.board().state(), State::Rom);
}

#[test]
fn named_chip_goes_on_without_register_reads() {
    let mut rig = rig(Reads::Nothing);
    let reached = reach(&mut rig, Some("rt1020")).expect("a flashloader");
    assert_eq!(reached.flashloader.chip().name, "RT1020");
    let id = reached.flashloader.facts().unique_id.to_string();
    assert_eq!(id, "9abcdef012345678", "the flashloader tells");
    drop(reached);
    assert!(told(&rig, &entries::ROM_READS_REFUSED));
}

#[test]
fn refused_read_back_over_uart_goes_on_unchecked() {
    let mut rig = rig(Reads::Registers);
    let port = rig.virtual_board.serial(115_200);
    rig.board = rtboot::Board::on_serial(port, rtboot::board::Options::default());
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    assert!(told(&rig, &run::FLASHLOADER_UNCHECKED));
}

#[test]
fn refused_places_leave_the_board_where_it_is() {
    let refused = |command| sdp::Error::Refused {
        command,
        status: Status::REFUSED_89,
    };
    let mut rig = Rig::fresh();
    let mut rom = rig.board.rom().expect("a session");
    for address in [0, 0x2020_0000, 0x2020_7FF8, 0x2024_0000, 0x2028_0000] {
        let write = rom.write_file(address, &[1; 8], &mut |_| ());
        assert_eq!(write, Err(refused(Tag::WRITE_FILE)), "{address:#010x}");
        let error = Error::sdp(Step::LoadFile { address })(write.unwrap_err());
        assert!(error.to_string().contains(&format!("{address:#010x}")));
        let write = rom.write_register(address, Width::Byte, 0);
        assert_eq!(write, Err(refused(Tag::WRITE_REGISTER)), "{address:#010x}");
        let read = rom.read_register(address, Width::Byte, 8);
        assert_eq!(read, Err(refused(Tag::READ_REGISTER)), "{address:#010x}");
    }
    rom.write_register(0x401F_46F0, Width::Word, 0xFE00_005A)
        .expect("written");
    assert_eq!(rom.read_word(0x401F_46F0), Ok(0xFE00_005A));
    assert_eq!(rig.virtual_board.board().state(), State::Rom);
}
