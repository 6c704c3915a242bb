//! A flash that an earlier program left in a mode in which it hears no commands is brought back, and named as that.

use crate::kit::app;
use crate::kit::board::Rig;
use rtboot::event::Event;
use rtboot::finding::Next;
use rtboot::finding::catalogue::flash as entries;
use rtboot::flash::{Flashloader, LeftIn};
use rtboot::{Error, Question};
use rtboot_fcb::lut::{Sequence, index};
use rtboot_fcb::{Fcb, JedecId, probe};
use rtboot_sim::nor::Part;

/// Reads once by this sequence, as an application does before the chip is reset.
fn left_by(loader: &mut Flashloader, sequence: Sequence) {
    let mut fcb: Fcb = probe::plain_read(8 << 20);
    fcb.set_sequence(index::READ, &sequence);
    fcb.set_flash_pads(4);
    let question = Question::OtherRead;
    loader.read_through(&fcb, question, 0, 4).expect("a read");
}

/// Whose loader runs: the stand-in for NXP's, and rtboot's own.
const LOADERS: [bool; 2] = [false, true];

/// A part with quad enable set, in a rig whose flashloader runs.
fn rig(part: Part, own: bool) -> (Rig, Flashloader) {
    let quad = match part.jedec[0] {
        0x9D | 0xC2 => [0x40, 0, 0],
        _ => [0, 2, 0],
    };
    let mut rig = Rig::with(rtboot_sim::Settings {
        part,
        status: quad,
        ..rtboot_sim::Settings::default()
    });
    if own {
        rig = rig.with_own_loader();
    }
    let loader = rig.flashloader().expect("a flashloader");
    (rig, loader)
}

fn continuous() -> Sequence {
    Sequence::read_with_mode(0xEB, 24, 4, 4, 0xA5, 4)
}

#[test]
fn flash_in_continuous_read_is_brought_back() {
    let parts = || [Part::is25lp064a(), Part::w25q64jv()].into_iter();
    for (part, own) in parts().flat_map(|part| LOADERS.map(|own| (part.clone(), own))) {
        let id = JedecId(part.jedec);
        let (rig, mut loader) = rig(part, own);
        left_by(&mut loader, continuous());
        let wrong = loader.jedec_id().expect("an answer");
        assert_ne!(wrong, id, "the mode is on");
        let status = rig.virtual_board.board().nor().status;
        let mut events = Vec::new();
        let facts = loader.look_at_flash(&mut events).expect("a flash");
        assert_eq!((facts.id, facts.id_again), (id, id));
        let woken = facts.woken.expect("brought back");
        assert_eq!((woken.from, woken.before), (LeftIn::ContinuousRead, wrong));
        assert!(facts.sfdp.is_ok());
        let told = |event: &Event| matches!(event, Event::Finding(found) if found.is(&entries::FLASH_IN_CONTINUOUS_READ));
        assert_eq!(events.iter().filter(|event| told(event)).count(), 1);
        assert_eq!(rig.virtual_board.board().nor().status, status);
        let again = loader.look_at_flash(&mut ()).expect("a flash");
        assert_eq!(again.woken, None, "once is enough");
    }
}

#[test]
fn flash_in_qpi_and_in_power_down_is_brought_back() {
    let modes = [(0x35, LeftIn::Qpi), (0xB9, LeftIn::PowerDown)];
    for ((command, from), own) in modes
        .into_iter()
        .flat_map(|mode| LOADERS.map(|own| (mode, own)))
    {
        let (_rig, mut loader) = rig(Part::is25lp064a(), own);
        left_by(&mut loader, Sequence::read_register(command, 4));
        assert!(!loader.jedec_id().expect("an answer").answers());
        let facts = loader.look_at_flash(&mut ()).expect("a flash");
        assert_eq!(facts.id, JedecId([0x9D, 0x60, 0x17]), "{command:#x}");
        assert_eq!(facts.woken.map(|woken| woken.from), Some(from));
    }
}

/// A command, and what is written with it.
type Command = (u8, Vec<u8>);

/// Parts of 32 MiB, and the commands that put them into four-byte address mode.
fn in_four_byte_mode() -> [(Part, Vec<Command>); 4] {
    let b7 = || vec![(0x06, vec![]), (0xB7, vec![]), (0x04, vec![])];
    [
        (Part::w25q256jv(), b7()),
        (Part::mx25l25645g(), b7()),
        (Part::mt25ql256aba(), b7()),
        (Part::s25fl256s(), vec![(0x17, vec![0x80])]),
    ]
}

/// Sends commands as a program on the board does before the chip is reset.
fn send(rig: &Rig, commands: Vec<Command>) {
    let mut board = rig.virtual_board.board();
    let clock = &mut rtboot_sim::clock::Clock::new();
    for (opcode, write) in commands {
        let cycle = rtboot_sim::nor::Cycle {
            opcode: Some(opcode),
            write,
            ..rtboot_sim::nor::Cycle::new(0)
        };
        board.nor_mut().cycle(&cycle, clock);
    }
}

#[test]
fn four_byte_mode_is_ended_and_told() {
    let cases = in_four_byte_mode().into_iter();
    for ((part, commands), own) in cases.flat_map(|case| LOADERS.map(|own| (case.clone(), own))) {
        let name = part.name;
        let (rig, mut loader) = rig(part, own);
        rig.virtual_board.board().nor_mut().memory[..4].copy_from_slice(b"FCFB");
        send(&rig, commands);
        let left = rig.virtual_board.board().nor().lasting();
        let mut events = Vec::new();
        let facts = loader.look_at_flash(&mut events).expect("a flash");
        assert!(facts.four_byte_mode && facts.woken.is_none(), "{name}");
        let told = |event: &&Event| matches!(event, Event::Finding(found) if found.is(&entries::FLASH_IN_FOUR_BYTE_MODE));
        assert_eq!(events.iter().filter(told).count(), 1, "{name}");
        {
            let board = rig.virtual_board.board();
            let now = board.nor().lasting();
            assert_ne!(now, left, "{name}");
            assert_eq!(now, board.nor().lasting_at_power_on(), "{name}");
        }
        let again = loader.look_at_flash(&mut ()).expect("a flash");
        assert!(!again.four_byte_mode, "{name}: once is enough");
    }
}

#[test]
fn healthy_flash_hears_no_exit() {
    let (rig, mut loader) = rig(Part::is25lp064a(), false);
    rig.virtual_board.board().nor_mut().trace = Some(Default::default());
    loader.look_at_flash(&mut ()).expect("a flash");
    let heard = rig.virtual_board.board().nor_mut().take_trace();
    let mut commands: Vec<&str> = heard.iter().map(|line| &line[..2]).collect();
    commands.dedup();
    assert_eq!(commands, ["9f", "5a", "05"], "{heard:?}");
}

#[test]
fn write_to_a_flash_in_continuous_read_succeeds() {
    for own in LOADERS {
        let (mut rig, mut loader) = rig(Part::is25lp064a(), own);
        left_by(&mut loader, continuous());
        drop(loader);
        rig.virtual_board.board().reset();
        rig.virtual_board.wait(std::time::Duration::from_secs(1));
        let written = rig.write(app("blinky.elf"), "issi.cfg").expect("written");
        assert!(written.report.changed);
    }
}

#[test]
fn absent_and_unknown_flashes_stay_what_they_are() {
    let settings = rtboot_sim::Settings {
        faults: vec![rtboot_sim::Fault::Absent],
        ..rtboot_sim::Settings::default()
    };
    let mut rig = Rig::with(settings);
    let mut loader = rig.flashloader().expect("a flashloader");
    let facts = loader.look_at_flash(&mut ()).expect("asked");
    assert!(!facts.answers() && facts.woken.is_none());
    let mut part = Part::is25lp064a();
    part.jedec = [0x33, 0x8E, 0xE9];
    part.sfdp.fill(0xFF);
    let mut rig = Rig::with_part(part);
    let error = rig.nor("issi.cfg").map(|_| ()).expect_err("no id");
    let Error::PartUnclear {
        describes_itself, ..
    } = error
    else {
        panic!("{error}");
    };
    assert!(!describes_itself);
    let advice = rtboot::advice::advice(&error);
    let Some(Next::Act(first)) = advice.next.first() else {
        panic!("{advice:?}");
    };
    assert!(first.contains("power"), "{advice:?}");
}
