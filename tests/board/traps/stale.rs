//! A host died in the middle of a command, and another one starts.

use super::*;

/// Sends a command and some data by hand, reads so many reports, and dies.
fn die_in(board: &VirtualBoard, command: [u32; 4], data: &[u8], reads: usize) {
    let mut port = board.hid();
    let [tag, parameters @ ..] = command;
    let mut report = vec![1, 0, 16, 0, tag as u8, u8::from(tag == 4), 0, 3];
    report.extend(parameters.iter().flat_map(|p| p.to_le_bytes()));
    port.write(&report).unwrap();
    for _ in 0..reads {
        assert!(port.read(Duration::from_secs(1)).unwrap().is_some());
    }
    if !data.is_empty() {
        let mut report = vec![2, 0];
        report.extend((data.len() as u16).to_le_bytes());
        report.extend(data);
        port.write(&report).unwrap();
    }
}

#[test]
fn abandoned_write_spares_the_next_session() {
    let (board, _) = board();
    die_in(&board, [4, SCRATCH, 3000, 0], &pattern(1000), 1);
    let mut next = open(&board);
    assert_eq!(next.version().unwrap().to_string(), "K2.1.0");
    next.fill_memory(SCRATCH, 8, 0xA5A5_5A5A).unwrap();
    assert_eq!(
        board.board().ram(SCRATCH, 8).unwrap(),
        [0x5A, 0x5A, 0xA5, 0xA5, 0x5A, 0x5A, 0xA5, 0xA5]
    );
}

#[test]
fn erase_works_right_after_an_abandoned_write() {
    let (board, _) = ready();
    board.board().flash_mut()[..8192].fill(0);
    die_in(&board, [4, FLASH + 0x1_0000, 3000, 0], &pattern(1000), 1);
    open(&board).flash_erase_region(FLASH, 4096, NOR).unwrap();
    assert!(flash(&board, 0, 4096).iter().all(|&b| b == 0xFF));
    assert!(
        flash(&board, 4096, 4096).iter().all(|&b| b == 0),
        "erased once, and only what was asked for"
    );
}

#[test]
fn rest_of_an_abandoned_read_is_discarded() {
    let (board, _) = ready();
    board.board().flash_mut()[..0x8000].fill(0x11);
    let ours = pattern(5000);
    board.board().flash_mut()[0x2_0000..][..5000].copy_from_slice(&ours);
    for reads in [0, 1, 2, 10] {
        die_in(&board, [3, FLASH, 0x8000, 0], &[], reads);
        let read = open(&board)
            .read_memory(FLASH + 0x2_0000, 5000, MAPPED, &mut go)
            .unwrap();
        assert!(read == ours, "after {reads} reports");
    }
}

#[test]
fn unread_answer_is_not_taken_for_the_next() {
    let (board, _) = board();
    // GetProperty(0x0B), its answer not read: until it is, the device takes no command
    let mut port = board.hid();
    port.write(&[1, 0, 12, 0, 7, 0, 0, 2, 0x0B, 0, 0, 0, 0, 0, 0, 0])
        .unwrap();
    let mut next = open(&board);
    assert_eq!(
        next.get_property(Property::AVAILABLE_PERIPHERALS, 0)
            .unwrap(),
        [0x11]
    );
    assert_eq!(next.ram(1).unwrap(), (0x2000_0000, 0x4_0000));
}

#[test]
fn device_listens_after_a_cancelled_write() {
    let (board, mut loader) = ready();
    let error = loader
        .write_memory(FLASH, &pattern(20_000), MAPPED, &mut |n| n < 5000)
        .unwrap_err();
    assert!(
        matches!(error, Error::Cancelled { done, .. } if (5000..6100).contains(&done)),
        "{error}"
    );
    assert_eq!(loader.version().unwrap().to_string(), "K2.1.0");
    assert_eq!(flash(&board, 0, 4096), pattern(4096));
    assert!(flash(&board, 8192, 4096).iter().all(|&b| b == 0xFF));
}

#[test]
fn device_listens_after_a_cancelled_read() {
    let (_board, mut loader) = ready();
    let error = loader
        .read_memory(FLASH, 100_000, MAPPED, &mut |n| n < 30_000)
        .unwrap_err();
    assert!(matches!(error, Error::Cancelled { .. }), "{error}");
    assert_eq!(loader.version().unwrap().to_string(), "K2.1.0");
}
