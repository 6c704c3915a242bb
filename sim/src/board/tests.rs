use super::*;
use crate::rom::loader::Loader;
use crate::straps::BootMode;
use crate::testkit::*;

mod chips;
mod corners;
mod faults;
mod flashloader;
mod folder;
mod own;

fn board(faults: Vec<Fault>) -> Board {
    Board::new(Settings {
        faults,
        ..Settings::default()
    })
}

fn running() -> Board {
    let mut board = board(vec![]);
    board.start_loader(Loader::Standin);
    board.wait(SECOND);
    board
}

#[test]
fn a_new_board_is_a_rom_on_the_bus() {
    let board = board(vec![]);
    let want = UsbIdentity {
        vendor_id: 0x1FC9,
        product_id: 0x0130,
        manufacturer: "NXP      SemiConductors Inc ",
        product: "SE Blank RT Family ",
        release: 0x0101,
    };
    assert_eq!((board.state(), board.usb()), (State::Rom, Some(want)));
}

#[test]
fn device_is_back_some_time_after_power_on() {
    let mut board = board(vec![]);
    board.power_cycle();
    assert_eq!(board.usb(), None);
    board.wait(Duration::from_millis(200));
    assert_eq!(board.usb(), None);
    board.wait(Duration::from_millis(200));
    assert!(board.usb().is_some());
}

#[test]
fn read_without_data_takes_its_whole_time() {
    let mut board = board(vec![]);
    assert_eq!(board.usb_read(SECOND), Ok(None));
    assert_eq!(board.elapsed(), SECOND);
    command(&mut board, ERROR_STATUS, 0, 0);
    answers(&mut board);
    assert!(board.elapsed() < SECOND + Duration::from_millis(10));
}

#[test]
fn a_data_report_costs_its_seventeen_packets() {
    let mut board = board(vec![]);
    command(&mut board, WRITE_FILE, 0x2020_8000, 1024);
    let before = board.costs();
    data(&mut board, &[0; 1024], 0);
    let costs = board.costs();
    assert_eq!(
        (
            costs.setup - before.setup,
            costs.out0 - before.out0,
            costs.in0 - before.in0
        ),
        (1, 17, 1)
    );
    answers(&mut board);
    assert_eq!(board.costs().in1, 3);
}

#[test]
fn srsr_tells_a_software_reset_from_the_button() {
    let mut board = board(vec![]);
    assert_eq!(register(&mut board, 0x400F_8008), Some(1));
    board.warm_reset(2);
    board.wait(SECOND);
    assert_eq!(register(&mut board, 0x400F_8008), Some(2));
}

#[test]
fn the_button_keeps_the_ram_and_power_does_not() {
    let mut board = board(vec![]);
    assert_eq!(
        write_file(&mut board, 0x2020_8000, &[5; 1024]),
        Some(FILE_DONE)
    );
    board.reset();
    assert_eq!(board.ram(0x2020_8000, 1), Some(vec![5]));
    board.power_cycle();
    assert_eq!(board.ram(0x2020_8000, 1), Some(vec![0]));
}

#[test]
fn straps_count_at_reset_only() {
    let mut board = Board::new(Settings {
        flash: bootable(),
        ..Settings::default()
    });
    board.set_straps(Straps {
        boot_mode: BootMode::InternalBoot,
        boot_cfg: 0,
    });
    assert_eq!(register(&mut board, 0x400F_801C), Some(0x0100_0001));
    board.reset();
    assert_eq!(board.state(), State::Application);
    board.wait(SECOND);
    assert_eq!(board.usb(), None);
}

// What the flashloader ends in.

#[test]
fn jump_to_code_starts_it_jump_to_nothing_is_silent() {
    let mut board = running();
    assert!(
        board
            .machine
            .ram
            .write(0x2020_8000, &[0x00, 0xBF, 0xFE, 0xE7])
    );
    board.execute(0x2020_8000, 0x2001_0000);
    let start = Start {
        entry: 0x2020_8001,
        stack: Some(0x2001_0000),
    };
    assert_eq!(
        (board.state(), board.application()),
        (State::Application, Some(start))
    );
    for nowhere in [0x2001_0000, 0x4000_0000, 0x6000_2000] {
        let mut board = running();
        board.execute(nowhere, 0);
        assert_eq!(
            (board.state(), board.usb()),
            (State::Silent, None),
            "{nowhere:#010x}"
        );
    }
}
