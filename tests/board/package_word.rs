//! An RT1064 whose boot ROM refuses the fuse word that tells it from an RT1060: only the flashloader can tell where its flash is.

use crate::kit::linked::{app, elf};
use crate::kit::standin;
use crate::kit::wire::{Cable, Wire};
use rtboot::board::{Board, Options};
use rtboot::job::{Target, WriteJob, WriteOptions};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Chip, Error, FcbChoice, PartFile, Result, Source};
use rtboot_sim::Settings;

const LINK: u32 = 0x7000_2000;

fn board() -> VirtualBoard {
    let chip = rtboot_sim::chip::Chip::find("rt1064").expect("a chip");
    VirtualBoard::from_board(rtboot_sim::Board::new(Settings::kit(chip)))
}

/// The same board behind a ROM that answers the read of fuse word 4 with a refusal.
fn refusing(board: &VirtualBoard) -> Board {
    let wire = Wire::new(board, Cable::Hid).changed(|report, _| {
        if report.get(1..5) == Some(&[0x00, 0x00, 0x10, 0x00]) {
            report[1..5].copy_from_slice(&[0x89, 0x23, 0x23, 0x89]);
        }
    });
    Board::on_plug(Box::new(wire), Options::default())
}

/// Writes an application linked to this address, with the parts of this file.
fn write(
    board: &VirtualBoard,
    link: u32,
    part: PartFile,
    chip: Option<&'static Chip>,
) -> Result<()> {
    let file = Source::bytes("app.elf", elf(link, &app(link, 0x3000)));
    let options = WriteOptions {
        fcb: FcbChoice::Part {
            from: "kit.cfg".into(),
            file: part,
        },
        ..WriteOptions::default()
    };
    let mut target = Target::default();
    target.loader = standin();
    target.chip = chip;
    let mut place = refusing(board);
    let job = WriteJob::prepare(&file.into(), options, chip)?;
    let mut ready = job.identify(&mut place, &target, &mut ())?;
    let plan = ready.plan(&mut ())?;
    ready.write(&plan, &mut ()).map(drop)
}

/// The part of the package, marked as meant for this chip alone.
fn meant_for(chip: &str) -> PartFile {
    let (_, mut file) = rtboot::database::find("W25Q32JV").expect("in the database");
    for part in &mut file.parts {
        part.chips = vec![chip.parse().expect("a name")];
    }
    file
}

#[test]
fn its_image_and_its_part_are_not_taken_for_another_chips() {
    let board = board();
    write(&board, LINK, meant_for("rt1064"), None).expect("its own image");
    let held = board.board().flash()[0x2000..0x5000].to_vec();
    assert!(held == app(LINK, 0x3000), "the flash's own cells");
    assert!(board.board().boot_verdict().starts.is_some());
}

#[test]
fn what_is_for_an_rt1060_is_refused_once_the_flashloader_tells() {
    for (link, part, chip) in [
        (0x6000_2000, meant_for("rt1064"), None),
        (LINK, meant_for("rt1062"), None),
        (0x6000_2000, meant_for("rt1062"), Chip::by_name("rt1062")),
    ] {
        let board = board();
        let error = write(&board, link, part, chip).expect_err("another chip");
        assert_eq!(error.exit_code(), 12, "{error}");
        let named = matches!(error, Error::WrongChip { .. });
        assert_eq!(named, chip.is_some(), "{error}");
        assert!(board.board().flash().iter().all(|&byte| byte == 0xFF));
    }
}
