//! Whole jobs through the library alone: what they refuse, and what must be confirmed.

use crate::kit::rt1021;
use rtboot::consent::Act;
use rtboot::flash::{Headers, Prepared};
use rtboot::job::{self, After, AfterReport, EraseRange, Target, WriteJob, WriteOptions};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{BootImage, Chip, Consent, Error, FcbChoice, Source, database};

const BLINKY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/examples/apps/blinky/blinky.elf"
);

fn issi() -> FcbChoice {
    FcbChoice::named("issi.cfg", rt1021())
        .expect("in the database")
        .0
}

fn options(fcb: FcbChoice) -> WriteOptions {
    WriteOptions {
        fcb,
        ..WriteOptions::default()
    }
}

/// A `.cfg` whose parts are marked as meant for another chip.
fn for_rt1062() -> FcbChoice {
    let (_, mut file) = database::find("issi.cfg").expect("in the database");
    for part in &mut file.parts {
        part.chips = vec!["rt1062".parse().expect("a name")];
    }
    FcbChoice::Part {
        from: "other.cfg".into(),
        file,
    }
}

#[test]
fn a_file_is_written_in_one_call() {
    let board = VirtualBoard::new();
    let options = WriteOptions {
        after: After::Reset,
        ..options(issi())
    };
    let target = Target::on_virtual(&board);
    let written = job::write(&BLINKY.into(), options, &target, &mut ()).expect("written");
    assert!(written.report.changed && written.took.modelled);
    assert_eq!(written.part.name, "IS25LP064A");
    assert!(matches!(written.after, AfterReport::Reset(_)));
    assert!(board.board().boot_verdict().starts.is_some());
}

#[test]
fn parts_for_another_chip_are_refused() {
    let board = VirtualBoard::new();
    let target = Target::on_virtual(&board);
    let error = job::write(&BLINKY.into(), options(for_rt1062()), &target, &mut ())
        .expect_err("an RT1021 is no RT1062");
    assert!(matches!(error, Error::CfgOtherChip { .. }), "{error}");
    assert_eq!(error.exit_code(), 12);
    assert_eq!(
        board.board().state(),
        rtboot_sim::State::Rom,
        "no loader was sent"
    );
    // a named chip needs no board to tell
    let board = VirtualBoard::new();
    let mut named = Target::on_virtual(&board);
    named.chip = Chip::by_name("rt1021");
    let error = job::write(&BLINKY.into(), options(for_rt1062()), &named, &mut ());
    assert_eq!(error.expect_err("the same").exit_code(), 12);
    assert_eq!(board.board().counts().usb_out, 0, "no board was asked");
}

#[test]
fn erasing_all_must_be_confirmed() {
    let board = VirtualBoard::new();
    let target = Target::on_virtual(&board);
    let unconfirmed = WriteOptions {
        erase_all: true,
        ..options(issi())
    };
    let error = job::write(&BLINKY.into(), unconfirmed.clone(), &target, &mut ())
        .expect_err("nobody confirmed it");
    assert!(matches!(error, Error::NotConfirmed { .. }), "{error}");
    assert_eq!(board.board().counts().usb_out, 0, "no board was asked");
    let confirmed = WriteOptions {
        consent: Consent::words([Act::erase_flash().words]),
        ..unconfirmed
    };
    job::write(&BLINKY.into(), confirmed, &target, &mut ()).expect("written");

    let mut board = target.connect(&mut ()).expect("a board");
    let mut nor = target.open_flash(&mut board, &mut ()).expect("a flash");
    let error = job::erase(
        &mut nor,
        EraseRange::All,
        &Consent::default(),
        None,
        &mut (),
    )
    .expect_err("nobody confirmed it");
    assert!(matches!(error, Error::NotConfirmed { .. }), "{error}");
}

#[test]
fn write_steps_can_be_called_one_by_one() {
    let board = VirtualBoard::new();
    let target = Target::on_virtual(&board);
    let chip = target.chip_for_files();
    let job = WriteJob::prepare(&BLINKY.into(), options(issi()), chip).expect("prepared");
    assert!(job.acts().is_empty());
    let mut place = target.connect(&mut ()).expect("a board");
    let mut ready = job.identify(&mut place, &target, &mut ()).expect("known");
    let plan = ready.plan(&mut ()).expect("planned");
    assert!(!plan.is_empty());
    assert!(ready.write(&plan, &mut ()).expect("written").changed);
    let same = ready.plan(&mut ()).expect("planned");
    assert!(same.is_empty());
    assert_eq!(ready.finish().expect("nothing to do"), AfterReport::Nothing);
}

#[test]
fn image_prepared_for_a_part_equals_a_built_one() {
    let chip = Chip::DEFAULT;
    for name in ["blinky.elf", "blinky_boot.bin", "blinky.bin"] {
        let source = Source::from(format!("{}/{name}", &BLINKY[..BLINKY.len() - 11]).as_str());
        let firmware = source.firmware(None, chip).expect("a firmware");
        let prepare = |choice| {
            Prepared::new(name, firmware.clone(), choice, Headers::Add, chip).expect("prepared")
        };
        for choice in [issi(), FcbChoice::Auto] {
            let prepared = prepare(choice);
            for part in database::parts() {
                let built = BootImage::build(&firmware, Some(&part.on(chip).boot_fcb()), &chip.map);
                let built = built.expect("an image");
                let layout = prepared.for_part(&part).expect("it fits");
                assert!(!layout.needs_part);
                assert_eq!(layout.memory, built.memory, "{name} for {}", part.name);
                let image = layout.image.expect("an image");
                assert_eq!((image.fcb, image.stack), (built.fcb, built.stack), "{name}");
            }
        }
    }
}

#[test]
fn an_image_larger_than_the_part_is_refused() {
    let chip = Chip::DEFAULT;
    let mut bytes = std::fs::read(BLINKY.replace(".elf", ".bin")).expect("a committed file");
    bytes.resize(5 << 20, 0x5A);
    let firmware = Source::bytes("large.bin", bytes).firmware(None, chip);
    let firmware = firmware.expect("a firmware");
    let prepared = Prepared::new("large.bin", firmware, FcbChoice::Auto, Headers::Add, chip);
    let prepared = prepared.expect("no part is known yet");
    let small = database::parts().find(|part| part.size <= 4 << 20);
    let error = prepared
        .for_part(&small.expect("a small part"))
        .expect_err("too large");
    assert_eq!(error.exit_code(), 3, "{error}");
}
