//! Corners of the genuine firmware, found by random commands given to it and to this one.

use super::flashloader::{configure, packet, send, status};
use super::*;

/// The status that a command ends with.
fn ends_with(board: &mut Board, tag: u8, parameters: &[u32]) -> Option<u32> {
    send(board, &packet(tag, 0, parameters));
    status(board, 30)
}

/// A block that a change has been made to, configured; its status.
fn configured_with(board: &mut Board, change: impl Fn(&mut [u8])) -> Option<u32> {
    let mut fcb = bootable()[..0x200].to_vec();
    words(&mut fcb, 0x70, &[0]);
    words(&mut fcb, 0xD0, &[0x0818_0420]);
    words(&mut fcb, 0x110, &[0x0818_0402, 0x0000_2004]);
    words(&mut fcb, 0x1C0, &[0x100, 0x1000, 1, 0, 0]);
    change(&mut fcb);
    send(board, &packet(4, 1, &[0x2020_2000, 512, 0]));
    assert_eq!(status(board, 1), Some(0));
    send(board, &[&[2, 0, 0, 2][..], &fcb].concat());
    assert_eq!(status(board, 1), Some(0));
    ends_with(board, 0x11, &[9, 0x2020_2000])
}

#[test]
fn only_the_low_byte_of_a_property_counts() {
    let mut board = running();
    assert_eq!(ends_with(&mut board, 7, &[0x101, 0]), Some(0));
    assert_eq!(ends_with(&mut board, 7, &[0x1FF, 0]), Some(10300));
    assert_eq!(ends_with(&mut board, 12, &[16, 1]), Some(10301));
    assert_eq!(ends_with(&mut board, 12, &[13, 1]), Some(10300));
}

#[test]
fn fill_around_the_address_space_hangs() {
    for (address, len, end) in [
        (0x2020_2000, 0xFFFF_FFFF, None),
        (0x2020_2000, 0xDFDF_E001, None), // ends at 0
        (0x2020_2000, 0xDFDF_E000, Some(10200)),
        (0x2020_2000, 0x8000_0000, Some(10200)),
        (0x2020_D000, 0xFFFF_FFFF, None),
        // from inside its own RAM: the end counts, wrapped
        (0x2020_9000, 0xFFFF_EFFF, None),
        (0x2020_9000, 0xFFFF_F001, Some(10200)),
        (0x2020_9000, 0xFFFF_FFFF, Some(10200)),
        (0, 0xFFFF_FFFF, Some(10200)),
    ] {
        let mut board = running();
        let found = ends_with(&mut board, 5, &[address, len, 0x1122_3344]);
        assert_eq!(found, end, "{address:#x} + {len:#x}");
    }
}

#[test]
fn fill_around_the_address_space_ends_where_flash_ends() {
    let mut board = running();
    configure(&mut board);
    let found = ends_with(&mut board, 5, &[0x607F_FF00, 0xFFFF_FF00, 0x1122_3344]);
    assert_eq!(found, Some(7001));
    assert_eq!(board.flash()[0x7F_FF00..][..4], [0x44, 0x33, 0x22, 0x11]);
    assert_eq!(board.flash()[0x7F_FFFC..], [0x44, 0x33, 0x22, 0x11]);
}

#[test]
fn endpoint_takes_one_more_report_after_an_early_one() {
    let mut board = running();
    send(&mut board, &packet(3, 0, &[0x2020_2000, 100, 0]));
    assert_eq!(status(&mut board, 1), Some(0));
    // the data report is pending: the reset ends it, and the endpoint opens beside the read's status
    board.usb_bus_reset();
    let set_configuration = [0, 9, 1, 0, 0, 0, 0, 0];
    board.usb_control(set_configuration, &[]).expect("attached");
    send(&mut board, &packet(4, 1, &[0x2020_2000, 1, 0]));
    assert_eq!(board.usb_read(SECOND).map(|r| r.map(|r| r[0])), Ok(Some(1)));
    // the write waits for its response to be read; the next report overwrites it in the shared buffer
    send(&mut board, &[2, 0, 1, 0, 0xAB]);
    let echo = board.usb_read(SECOND).expect("attached").expect("a report");
    assert_eq!(echo[..5], [2, 0, 1, 0, 0xAB]);
    assert_eq!(status(&mut board, 1), Some(0));
    assert_eq!(board.ram(0x2020_2000, 1), Some(vec![0xAB]));
}

#[test]
fn fuse_of_no_bytes_is_held_against_its_value() {
    let mut board = running();
    assert_eq!(ends_with(&mut board, 14, &[3, 0, 0]), Some(0));
    assert_eq!(ends_with(&mut board, 14, &[3, 0, 1]), Some(20201));
}

#[test]
fn last_byte_of_a_region_holds_no_code() {
    let mut board = running();
    configure(&mut board);
    assert_eq!(ends_with(&mut board, 9, &[0x607F_FFFF, 0, 0]), Some(4));
    assert_eq!(ends_with(&mut board, 10, &[0x2023_FFFF, 0]), Some(4));
}

#[test]
fn option_words_may_end_where_a_bank_ends() {
    let mut board = running();
    send(&mut board, &packet(5, 0, &[0x2000_FFFC, 4, 0xC000_0006, 0]));
    assert_eq!(status(&mut board, 1), Some(0));
    assert_eq!(ends_with(&mut board, 0x11, &[9, 0x2000_FFFC]), Some(0));
}

#[test]
fn configuration_commands_that_are_none_are_refused() {
    let mut board = running();
    assert_eq!(configured_with(&mut board, |fcb| fcb[0x1C] = 1), Some(4));
}

#[test]
fn unknown_quad_mode_hangs_where_sfdp_is_old() {
    for (part, answered) in [
        (Part::is25lp064a_sfdp10(), false),
        (Part::is25lp064a(), true),
    ] {
        let mut board = Board::new(Settings {
            part,
            ..Settings::default()
        });
        start_flashloader(&mut board);
        assert_eq!(
            ends_with(&mut board, 5, &[0x2020_2000, 4, 0xC000_0643]),
            Some(0)
        );
        let end = ends_with(&mut board, 0x11, &[9, 0x2020_2000]);
        assert_eq!(end.is_some(), answered);
    }
}

#[test]
fn empty_program_sequence_hangs() {
    let mut board = running();
    let empty = |fcb: &mut [u8]| words(fcb, 0x110, &[0, 0]);
    assert_eq!(configured_with(&mut board, empty), Some(0));
    let fill = [0x6000_0000, 0x100, 0];
    assert_eq!(ends_with(&mut board, 5, &fill), None);
}

/// Status and write enable as the parts have them.
fn with_status(fcb: &mut [u8]) {
    words(fcb, 0x90, &[0x2404_0405]);
    words(fcb, 0xB0, &[0x0406]);
}

/// A device mode with `count` sequences from the fourth on: one that writes a byte of the status register, one that reads.
fn with_device_mode(fcb: &mut [u8], kind: u8, count: u8) {
    with_status(fcb);
    (fcb[0x10], fcb[0x11]) = (1, kind);
    (fcb[0x14], fcb[0x15]) = (count, 4);
    words(fcb, 0x18, &[0x40]);
    words(fcb, 0xC0, &[0x2001_0401, 0]);
}

/// What the flash sees while a block is configured, and the status.
fn traced(board: &mut Board, change: impl Fn(&mut [u8])) -> (Option<u32>, Vec<String>) {
    board.nor_mut().trace = Some(crate::nor::Trace::default());
    let status = configured_with(board, change);
    (status, board.nor_mut().take_trace())
}

#[test]
fn device_modes_2_and_3_do_not_wait() {
    for (kind, looks) in [(1, true), (2, false), (3, false), (5, true)] {
        let (status, trace) = traced(&mut running(), |fcb| with_device_mode(fcb, kind, 1));
        assert_eq!(status, Some(0));
        let polls = trace.iter().any(|line| line.starts_with("05"));
        assert_eq!(polls, looks, "type {kind}: {trace:?}");
    }
}

#[test]
fn restore_follows_changes_with_write_enable() {
    let mut board = running();
    let restore = |fcb: &mut [u8]| {
        with_status(fcb);
        words(fcb, 0x130, &[0x0460]);
        words(fcb, 0x160, &[0x0404]);
        fcb[0x1CF] = 1;
    };
    assert_eq!(configured_with(&mut board, restore), Some(0));
    for (tag, parameters) in [(2, &[0x6000_0000, 0x1000, 0][..]), (1, &[9][..])] {
        board.nor_mut().trace = Some(crate::nor::Trace::default());
        assert_eq!(ends_with(&mut board, tag, parameters), Some(0));
        let trace = board.nor_mut().take_trace();
        let last_look = trace.iter().rposition(|line| line.starts_with("05"));
        let after = &trace[last_look.expect("it waits") + 1..];
        assert_eq!(after[..2], ["06", "04"], "{trace:?}");
    }
}

#[test]
fn device_mode_of_no_sequences_plays_eight() {
    let mut board = running();
    let (_, trace) = traced(&mut board, |fcb| with_device_mode(fcb, 2, 2));
    assert_eq!(trace, ["06", "01 w1/1=40", "20 @000000/1"]);
    // the write enable stands in the first place, the erase still in the second, the others are empty
    let (status, trace) = traced(&mut board, |fcb| with_device_mode(fcb, 2, 0));
    assert_eq!(status, Some(0));
    assert_eq!(trace, ["06 x2", "20 @000000/1"]);
}

#[test]
fn setting_no_chip_up_is_a_bad_argument() {
    let sizes = |fcb: &mut [u8]| words(fcb, 0x50, &[0, 0, 0, 0]);
    let configuration = |fcb: &mut [u8]| {
        sizes(fcb);
        (fcb[0x1C], fcb[0x20], fcb[0x21]) = (1, 1, 3);
    };
    let mode = |fcb: &mut [u8]| {
        with_device_mode(fcb, 1, 1);
        sizes(fcb);
    };
    assert_eq!(configured_with(&mut running(), sizes), Some(0));
    for (status, trace) in [
        traced(&mut running(), configuration),
        traced(&mut running(), mode),
    ] {
        assert_eq!((status, trace), (Some(4), Vec::new()));
    }
}

#[test]
fn second_chip_lies_outside_the_controller() {
    let sizes = |fcb: &mut [u8]| words(fcb, 0x50, &[0x80_0000, 0x80_0000]);
    let mut board = running();
    let configuration = |fcb: &mut [u8]| {
        with_status(fcb);
        sizes(fcb);
        (fcb[0x1C], fcb[0x20], fcb[0x21]) = (1, 1, 3);
    };
    assert_eq!(configured_with(&mut board, configuration), Some(7001));
    // what becomes of a device-mode command is dropped, only the wait for the chip fails
    for (kind, end) in [(1, 7001), (2, 0), (3, 0), (4, 7001)] {
        let mode = |fcb: &mut [u8]| {
            with_device_mode(fcb, kind, 1);
            sizes(fcb);
        };
        assert_eq!(configured_with(&mut board, mode), Some(end), "type {kind}");
    }
}

#[test]
fn failed_device_mode_command_is_dropped() {
    let unknown = |fcb: &mut [u8]| {
        with_device_mode(fcb, 1, 1);
        words(fcb, 0xC0, &[0x15 << 10]);
    };
    let (status, trace) = traced(&mut running(), unknown);
    assert_eq!(status, Some(0));
    assert_eq!(trace, ["06", "05 r4/1=02020202"]);
}

#[test]
fn instruction_pointer_outlives_the_next_block() {
    let mut board = running();
    assert_eq!(
        ends_with(&mut board, 5, &[0x2020_2000, 4, 0xC000_0017]),
        Some(0)
    );
    assert_eq!(ends_with(&mut board, 0x11, &[9, 0x2020_2000]), Some(0));
    let read = [0x6000_0000, 4, 0];
    let read_trace = |board: &mut Board| {
        board.nor_mut().trace = Some(crate::nor::Trace::default());
        assert_eq!(ends_with(board, 3, &read), Some(0));
        while board.usb_read(SECOND).expect("attached").is_some() {}
        board.nor_mut().take_trace()
    };
    assert!(read_trace(&mut board)[0].starts_with("eb"));
    assert_eq!(configured_with(&mut board, |_| {}), Some(0));
    // the block's read (03h) starts behind its command byte
    assert_eq!(read_trace(&mut board), ["-- @000000/1 r256/1"]);
}

#[test]
fn two_parallel_parts_give_eight_bytes_of_status_once_set_up() {
    let mut board = running();
    let parallel = |fcb: &mut [u8]| {
        with_device_mode(fcb, 1, 1);
        fcb[0x40] |= 1 << 2;
    };
    let looks = |trace: &[String], line: &str| trace.iter().any(|l| l.starts_with(line));
    let (status, trace) = traced(&mut board, parallel);
    assert_eq!(status, Some(0));
    assert!(
        looks(&trace, "05 r4/1") && !looks(&trace, "05 r8/1"),
        "{trace:?}"
    );
    board.nor_mut().trace = Some(crate::nor::Trace::default());
    ends_with(&mut board, 2, &[0x6000_0000, 0x1000, 0]);
    let trace = board.nor_mut().take_trace();
    assert!(looks(&trace, "05 r8/1"), "{trace:?}");
}

#[test]
fn configuration_commands_2_and_3_do_not_wait() {
    for (kind, looks) in [(1, true), (2, false), (3, false), (5, true)] {
        let (status, trace) = traced(&mut running(), |fcb| {
            with_device_mode(fcb, 1, 1);
            fcb[0x10] = 0;
            (fcb[0x1C], fcb[0x1D]) = (1, kind);
            (fcb[0x20], fcb[0x21]) = (1, 4);
            words(fcb, 0x30, &[0x40]);
        });
        assert_eq!(status, Some(0));
        assert!(trace.contains(&"01 w1/1=40".to_string()), "{trace:?}");
        let polls = trace.iter().any(|line| line.starts_with("05"));
        assert_eq!(polls, looks, "type {kind}: {trace:?}");
    }
}

#[test]
fn configuration_commands_that_are_all_left_out_are_refused() {
    let mut board = running();
    let four_wires = |fcb: &mut [u8]| words(fcb, 0x80, &[0x0A18_06EB]);
    assert_eq!(configured_with(&mut board, four_wires), Some(0));
    let (status, trace) = traced(&mut board, |fcb| {
        with_status(fcb);
        (fcb[0x1C], fcb[0x1D]) = (1, 2);
        (fcb[0x20], fcb[0x21]) = (1, 4);
    });
    assert_eq!((status, trace), (Some(4), vec![]));
}

#[test]
fn change_to_more_wires_is_left_out_where_the_table_has_them() {
    for (kind, sent) in [(1, true), (2, false), (3, true)] {
        let mut board = running();
        // read sequence with its command on four wires
        let (status, _) = traced(&mut board, |fcb| words(fcb, 0x80, &[0x0A18_06EB]));
        assert_eq!(status, Some(0));
        let (status, trace) = traced(&mut board, |fcb| with_device_mode(fcb, kind, 1));
        assert_eq!(status, Some(0));
        assert_eq!(!trace.is_empty(), sent, "type {kind}: {trace:?}");
    }
}
