//! A flash that falls silent reads as ones, each time alike. No command takes that for its content.

use rtboot::Result;
use rtboot::board::{Board, Options};
use rtboot::job::{self, Target};
use rtboot_sim::{Fault, Settings};

use crate::kit::standin;
use crate::kit::wire::{Cable, Trip, Wire};
use rtboot::port::virtual_board::VirtualBoard;

const AT: u32 = 0x6000_2000;
const LENGTH: u32 = 0x900;

type Act = fn(&mut rtboot::flash::Nor) -> Result<Vec<u8>>;

/// What each command says when the flash falls silent at each call of the port in turn.
fn falls_silent(act: Act) -> (usize, usize) {
    let run = |after: u64| {
        let settings = Settings {
            flash: vec![0x5A; 0x8000],
            ..Settings::default()
        };
        let board = VirtualBoard::from_board(rtboot_sim::Board::new(settings));
        let wire = Wire::new(&board, Cable::Hid).with_trip(after, Trip::Fault(Fault::StuckBusy));
        let mut host = Board::on_plug(Box::new(wire.clone()), Options::default());
        let mut target = Target::default();
        target.loader = standin();
        let nor = target.open_flash(&mut host, &mut ());
        (nor.and_then(|mut nor| act(&mut nor)), wire.calls())
    };
    let (_, calls) = run(0);
    let (mut refused, mut wrong) = (0, 0);
    for after in 1..=calls {
        match run(after).0 {
            Err(_) => refused += 1,
            Ok(bytes) => wrong += usize::from(bytes != vec![0x5A; LENGTH as usize]),
        }
    }
    (refused, wrong)
}

#[test]
fn no_read_gives_the_ones_of_a_silent_flash() {
    let acts: [Act; 2] = [
        |nor| job::read_flash_twice(nor, AT, LENGTH, &mut ()),
        |nor| job::read_flash(nor, AT, LENGTH, &mut ()),
    ];
    for act in acts {
        let (refused, wrong) = falls_silent(act);
        assert_eq!(wrong, 0);
        assert!(refused > 10, "{refused}");
    }
}

#[test]
fn no_silent_flash_is_called_blank() {
    let (refused, wrong) = falls_silent(|nor| {
        job::blank_check(nor, AT, LENGTH, &mut ())?;
        Ok(Vec::new())
    });
    assert_eq!(wrong, 0);
    assert!(refused > 10, "{refused}");
}
