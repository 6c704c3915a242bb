use super::*;

/// A command packet in report 1.
pub(super) fn packet(tag: u8, flags: u8, parameters: &[u32]) -> Vec<u8> {
    let mut report = vec![
        1,
        0,
        4 + 4 * parameters.len() as u8,
        0,
        tag,
        flags,
        0,
        parameters.len() as u8,
    ];
    report.extend(parameters.iter().flat_map(|word| word.to_le_bytes()));
    report
}

/// The next report without its padding.
pub(super) fn next(board: &mut Board, seconds: u64) -> Option<Vec<u8>> {
    let mut report = board
        .usb_read(Duration::from_secs(seconds))
        .expect("attached")?;
    assert_eq!(report.len(), 1021);
    report.truncate(4 + usize::from(u16::from_le_bytes([report[2], report[3]])));
    Some(report)
}

/// The status of the next response.
pub(super) fn status(board: &mut Board, seconds: u64) -> Option<u32> {
    let report = next(board, seconds)?;
    Some(u32::from_le_bytes([
        report[8], report[9], report[10], report[11],
    ]))
}

pub(super) fn send(board: &mut Board, report: &[u8]) {
    board.usb_write(report).expect("taken");
}

/// The quad FCB of [`bootable_quad`] with erase and program sequences, so that it serves for writing, too.
pub(super) fn configure(board: &mut Board) {
    let mut fcb = bootable()[..0x200].to_vec();
    words(&mut fcb, 0x70, &[0]);
    words(&mut fcb, 0xD0, &[0x0818_0420]); // 20h, 24-bit address
    words(&mut fcb, 0x100, &[0x0818_04D8]); // D8h
    words(&mut fcb, 0x110, &[0x0818_0402, 0x0000_2004]); // 02h
    words(&mut fcb, 0x130, &[0x0000_0460]); // 60h
    words(&mut fcb, 0x1C0, &[0x100, 0x1000, 1, 0, 0x1_0000]);
    fcb[0x44] = 1;
    fcb[0x45] = 1;
    send(board, &packet(4, 1, &[0x2020_2000, 512, 0]));
    assert_eq!(status(board, 1), Some(0));
    send(board, &[&[2, 0, 0, 2][..], &fcb].concat());
    assert_eq!(status(board, 1), Some(0));
    send(board, &packet(0x11, 0, &[9, 0x2020_2000]));
    assert_eq!(status(board, 1), Some(0));
}

#[test]
fn the_first_command_after_a_jump_is_answered() {
    let mut board = board(vec![]);
    start_flashloader(&mut board);
    send(&mut board, &packet(7, 0, &[1, 0]));
    let answer = [3, 0, 12, 0, 0xA7, 0, 0, 2, 0, 0, 0, 0, 0, 1, 2, 0x4B];
    assert_eq!(next(&mut board, 1), Some(answer.to_vec()));
    assert_eq!(next(&mut board, 1), None);
}

#[test]
fn the_loader_that_runs_tells_its_own_reserved_ram() {
    let mut board = running();
    send(&mut board, &packet(7, 0, &[12, 0]));
    let report = next(&mut board, 1).expect("an answer");
    assert_eq!(report[12..16], 0x2020_8000u32.to_le_bytes());
    assert_eq!(report[16..20], 0x2020_CFFFu32.to_le_bytes());
}

#[test]
fn an_erase_takes_its_time_before_the_answer_comes() {
    let mut board = running();
    configure(&mut board);
    let before = board.elapsed();
    send(&mut board, &packet(2, 0, &[0x6000_0000, 0x1000, 0]));
    assert!(board.elapsed() - before < Duration::from_millis(2));
    assert_eq!(board.usb_read(Duration::from_millis(20)), Ok(None));
    assert_eq!(status(&mut board, 5), Some(0));
    assert!(board.elapsed() - before > Duration::from_millis(48));
}

#[test]
fn report_during_a_long_erase_times_out_after_5_s() {
    let mut board = running();
    configure(&mut board);
    send(&mut board, &packet(1, 0, &[9]));
    let before = board.elapsed();
    assert_eq!(board.usb_write(&packet(7, 0, &[1, 0])), Err(Gone::Stalled));
    assert_eq!(board.elapsed() - before, Duration::from_secs(5));
    assert_eq!(next(&mut board, 1), None);
    assert_eq!(status(&mut board, 60), Some(0));
    send(&mut board, &packet(7, 0, &[1, 0]));
    assert_eq!(status(&mut board, 1), Some(0));
}

#[test]
fn power_lost_in_an_erase_leaves_half_a_sector() {
    let mut board = running();
    configure(&mut board);
    board.flash_mut()[..0x2000].fill(0);
    let at = board.counts().nor_operations + 2;
    board.fault_mut().push(Fault::PowerCut { at });
    send(&mut board, &packet(2, 0, &[0x6000_0000, 0x2000, 0]));
    assert_eq!((board.state(), board.usb()), (State::Off, None));
    assert_eq!(
        board.flash()[..0x1800]
            .iter()
            .position(|byte| *byte != 0xFF),
        None
    );
    assert_eq!(board.flash()[0x1800], 0);
    board.power_cycle();
    board.wait(SECOND);
    assert_eq!((board.state(), board.faults().len()), (State::Rom, 0));
}

#[test]
fn flash_busy_for_ever_hangs_the_loader_until_reset() {
    let mut board = running();
    configure(&mut board);
    board.fault_mut().push(Fault::StuckBusy);
    send(&mut board, &packet(2, 0, &[0x6000_0000, 0x1000, 0]));
    assert_eq!(next(&mut board, 600), None);
    assert_eq!(board.usb_write(&packet(7, 0, &[1, 0])), Err(Gone::Stalled));
    assert!(board.usb().is_some());
    board.fault_mut().clear();
    board.reset();
    board.wait(SECOND);
    command(&mut board, ERROR_STATUS, 0, 0);
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, SUCCESS))]);
}

#[test]
fn second_pins_need_the_fuse_that_selects_them() {
    for (fuse, want) in [(0, 20107), (1 << 20, 0)] {
        let fuses = vec![(4, fuse)];
        let faults = vec![Fault::SecondPins];
        let mut board = Board::new(Settings {
            fuses,
            faults,
            ..Settings::default()
        });
        start_flashloader(&mut board);
        send(&mut board, &packet(5, 0, &[0x2020_2000, 4, 0xC000_0007]));
        assert_eq!(status(&mut board, 1), Some(0));
        send(&mut board, &packet(0x11, 0, &[9, 0x2020_2000]));
        assert_eq!(status(&mut board, 1), Some(want), "fuse {fuse:#x}");
        board.flash_mut()[..0x3000].copy_from_slice(&bootable());
        assert!(board.boot_verdict().reason.contains("names the first"));
        board.reset();
        board.wait(SECOND);
        assert!(!board.nor().out_of_reach);
    }
}

#[test]
fn reset_answers_and_then_the_straps_decide() {
    let mut board = running();
    board.flash_mut()[..0x3000].copy_from_slice(&bootable());
    board.set_straps(Straps {
        boot_mode: BootMode::InternalBoot,
        boot_cfg: 0,
    });
    send(&mut board, &packet(11, 0, &[]));
    assert_eq!(board.state(), State::Flashloader);
    assert_eq!(status(&mut board, 1), Some(0));
    assert_eq!((board.state(), board.usb()), (State::Application, None));
    assert_eq!(board.usb_read(SECOND), Err(Gone::Detached));
}

#[test]
fn execute_starts_code_in_configured_flash() {
    let mut board = running();
    board.flash_mut()[..0x3000].copy_from_slice(&bootable());
    configure(&mut board);
    send(&mut board, &packet(9, 0, &[0x6000_2401, 0, 0x2001_0000]));
    assert_eq!(status(&mut board, 1), Some(0));
    let start = Start {
        entry: 0x6000_2401,
        stack: Some(0x2001_0000),
    };
    assert_eq!(
        (board.state(), board.application()),
        (State::Application, Some(start))
    );
}

/// Status of a read of flash, and the bytes when they came.
fn read_flash(board: &mut Board, count: u32) -> (Option<u32>, Vec<u8>) {
    send(board, &packet(3, 0, &[0x6000_0000, count, 9]));
    assert_eq!(status(board, 1), Some(0));
    let data = next(board, 1).map_or_else(Vec::new, |report| report[4..].to_vec());
    (status(board, 1), data)
}

#[test]
fn folder_keeps_ram_and_flash_set_up() {
    let place = tempfile::tempdir().expect("a directory");
    let settings = Settings {
        flash: bootable_quad(),
        status: [0x40, 0, 0],
        ..Settings::default()
    };
    let mut board = Board::create(place.path(), settings).expect("a board");
    start_flashloader(&mut board);
    let (refused, _) = read_flash(&mut board, 16);
    assert_ne!(refused, Some(0), "not set up yet");
    configure(&mut board);
    let block = board
        .machine
        .ram
        .slice(0x2020_2000, 512)
        .map(<[u8]>::to_vec);
    drop(board);

    let mut board = Board::open(place.path()).expect("the same board");
    assert!(
        board
            .machine
            .ram
            .slice(0x2020_2000, 512)
            .map(<[u8]>::to_vec)
            == block
    );
    assert_eq!(
        read_flash(&mut board, 16),
        (Some(0), bootable_quad()[..16].to_vec())
    );
    board.power_cycle();
    drop(board);

    let mut board = Board::open(place.path()).expect("the same board");
    assert_eq!(board.machine.ram.to_bytes(), [0; 0], "power was off");
    start_flashloader(&mut board);
    assert_eq!(read_flash(&mut board, 16).0, refused);
}

/// Time until `reports` reports were read after what is sent, without what their 0.5 ms transactions take.
fn work_of(board: &mut Board, sent: &[Vec<u8>], reports: u32) -> u128 {
    board.wait(SECOND);
    let before = board.elapsed();
    let mut transactions = 2 * reports;
    for report in sent {
        board.usb_write(report).expect("taken");
        transactions += report.len().div_ceil(1019) as u32;
    }
    for _ in 0..reports {
        next(board, 1).expect("a report");
    }
    (board.elapsed() - before - Duration::from_micros(500) * transactions).as_micros()
}

#[test]
fn firmware_takes_its_time() {
    let mut board = running();
    send(&mut board, &packet(5, 0, &[0x2020_2000, 4, 0xC000_0007]));
    assert_eq!(status(&mut board, 1), Some(0));
    send(&mut board, &packet(0x11, 0, &[9, 0x2020_2000]));
    assert_eq!(status(&mut board, 1), Some(0));
    // microseconds of the genuine firmware in emulation
    let property = work_of(&mut board, &[packet(7, 0, &[1, 0])], 1);
    assert!(property.abs_diff(31) < 3, "{property}");
    let read = work_of(&mut board, &[packet(3, 0, &[0x6000_0000, 10_160, 0])], 12);
    assert!(read.abs_diff(1579) < 80, "{read}");
    let read = work_of(&mut board, &[packet(3, 0, &[0x2020_2000, 10_160, 0])], 12);
    assert!(read.abs_diff(1418) < 80, "{read}");
    let asked = work_of(&mut board, &[packet(4, 1, &[0x6000_1000, 4064, 0])], 1);
    let data: Vec<u8> = [2, 0, 0xF8, 3]
        .into_iter()
        .chain((0..254).cycle().take(1016))
        .collect();
    let written = work_of(&mut board, &vec![data; 4], 1) + asked;
    assert!(written.abs_diff(5959) < 300, "{written}");
}
