use super::*;
use crate::fault::{ByteFault, ReportFault};

/// Sends ERROR_STATUS with a fault at the first report out or in; what comes back.
fn error_status(fault: Fault) -> (Result<(), Gone>, Vec<Vec<u8>>, Board) {
    let mut board = board(vec![fault]);
    let sent = board.usb_write(&[&[1][..], &sdp(ERROR_STATUS, 0, 0, 0, 0)].concat());
    let mut reports = Vec::new();
    while let Ok(Some(report)) = board.usb_read(SECOND) {
        reports.push(report);
    }
    (sent, reports, board)
}

fn out(what: ReportFault) -> Fault {
    Fault::UsbOut { at: 1, what }
}

fn into(what: ReportFault) -> Fault {
    Fault::UsbIn { at: 1, what }
}

// Every fault of a report, once.

#[test]
fn lost_command_or_answer_brings_no_report() {
    assert_eq!(error_status(out(ReportFault::Drop)).1.len(), 0);
    let (_, reports, _) = error_status(into(ReportFault::Drop));
    assert_eq!(
        reports.iter().map(|report| report[0]).collect::<Vec<_>>(),
        [4]
    );
}

#[test]
fn corrupted_report_arrives_as_another_report() {
    let corrupt = ReportFault::Corrupt { byte: 1, xor: 0x80 };
    assert_eq!(error_status(out(corrupt)).1[1][1..5], [0x33; 4]);
    assert_eq!(
        error_status(into(corrupt)).1[0],
        [3, 0xD6, 0x78, 0x78, 0x56]
    );
}

#[test]
fn doubled_reports_arrive_twice() {
    assert_eq!(error_status(out(ReportFault::Duplicate)).1.len(), 4);
    let ids: Vec<u8> = error_status(into(ReportFault::Duplicate))
        .1
        .iter()
        .map(|r| r[0])
        .collect();
    assert_eq!(ids, [3, 3, 4]);
}

#[test]
fn short_long_and_renumbered_reports() {
    let (truncate, oversize) = (
        ReportFault::Truncate { length: 3 },
        ReportFault::Oversize { length: 9 },
    );
    assert_eq!(error_status(out(truncate)).1.len(), 0);
    assert_eq!(error_status(into(truncate)).1[0], [3, 0x56, 0x78]);
    assert_eq!(error_status(into(oversize)).1[0][5..], [0xA5; 4]);
    assert_eq!(error_status(out(ReportFault::WrongId { id: 9 })).1.len(), 0);
    assert_eq!(
        error_status(into(ReportFault::WrongId { id: 9 })).1[0][0],
        9
    );
}

#[test]
fn a_delay_is_virtual_time() {
    let plain = error_status(out(ReportFault::Oversize { length: 0 }))
        .2
        .elapsed();
    for fault in [
        out(ReportFault::Delay { ms: 700 }),
        into(ReportFault::Delay { ms: 700 }),
    ] {
        let (_, reports, board) = error_status(fault);
        assert_eq!(
            (reports.len(), board.elapsed() - plain),
            (2, Duration::from_millis(700))
        );
    }
}

#[test]
fn pulled_cable_cuts_power_until_power_cycle() {
    let (sent, _, board) = error_status(out(ReportFault::Unplug));
    assert_eq!((sent, board.state()), (Err(Gone::Detached), State::Off));
    let (sent, reports, mut board) = error_status(into(ReportFault::Unplug));
    assert_eq!((sent, reports.len(), board.usb()), (Ok(()), 0, None));
    board.reset();
    assert_eq!(board.state(), State::Off);
    board.power_cycle();
    assert_eq!(board.state(), State::Rom);
}

#[test]
fn stalled_endpoint_costs_five_seconds_a_report() {
    let (sent, _, mut board) = error_status(out(ReportFault::Stall));
    assert_eq!(sent, Err(Gone::Stalled));
    let before = board.elapsed();
    assert_eq!(board.usb_write(&[1]), Err(Gone::Stalled));
    assert_eq!(board.elapsed() - before, Duration::from_secs(5));
    board.reset();
    board.wait(SECOND);
    command(&mut board, ERROR_STATUS, 0, 0);
    assert_eq!(answers(&mut board), [Some((3, OPEN)), Some((4, SUCCESS))]);
    assert_eq!(error_status(into(ReportFault::Stall)).1.len(), 0);
}

#[test]
fn faults_of_the_wire_happen_once_and_leave_the_list() {
    let (_, reports, mut board) = error_status(into(ReportFault::Drop));
    assert_eq!((reports.len(), board.faults().len()), (1, 0));
    assert_eq!((board.counts().usb_out, board.counts().usb_in), (1, 2));
    board.fault_mut().push(Fault::UsbOut {
        at: 2,
        what: ReportFault::Drop,
    });
    command(&mut board, ERROR_STATUS, 0, 0);
    assert_eq!(answer(&mut board), None);
}

// Faults of a byte.

/// ERROR_STATUS over the UART with a fault at byte 3 out or byte 1 in.
fn serial_status(fault: Fault) -> Vec<u8> {
    let mut board = board(vec![fault]);
    board.uart_write(&sdp(ERROR_STATUS, 0, 0, 0, 0));
    let mut bytes = Vec::new();
    loop {
        match board.uart_read(64, SECOND) {
            more if more.is_empty() => return bytes,
            more => bytes.extend(more),
        }
    }
}

#[test]
fn uart_bytes_are_lost_changed_doubled_or_late() {
    let whole = [0x56, 0x78, 0x78, 0x56, 0xF0, 0xF0, 0xF0, 0xF0];
    let to = |what| serial_status(Fault::UartOut { at: 3, what });
    let from = |what| serial_status(Fault::UartIn { at: 1, what });
    assert_eq!(to(ByteFault::Drop).len(), 0);
    assert_eq!(from(ByteFault::Drop), whole[1..]);
    assert_eq!(from(ByteFault::Corrupt { xor: 1 })[..2], [0x57, 0x78]);
    assert_eq!(to(ByteFault::Corrupt { xor: 1 }), whole); // the address of ERROR_STATUS is not looked at
    assert_eq!(from(ByteFault::Duplicate).len(), 9);
    assert_eq!(from(ByteFault::Delay { ms: 5 }), whole);
    assert_eq!(to(ByteFault::Cut).len(), 0);
    assert_eq!(from(ByteFault::Cut).len(), 0);
}

// Faults of the flash.

/// A flash command by hand: write enable, then this cycle; the status register afterwards.
fn operate(board: &mut Board, opcode: u8, address: u32, write: &[u8]) {
    board.sync();
    let clock = &mut crate::clock::Clock::new();
    let cycle = |opcode| crate::nor::Cycle {
        opcode: Some(opcode),
        ..crate::nor::Cycle::new(address)
    };
    let nor = board.nor_mut();
    nor.cycle(&cycle(0x06), clock);
    nor.cycle(
        &crate::nor::Cycle {
            address_bits: 24,
            write: write.to_vec(),
            ..cycle(opcode)
        },
        clock,
    );
    for _ in 0..4 {
        nor.cycle(
            &crate::nor::Cycle {
                read_len: 1,
                ..cycle(0x05)
            },
            clock,
        );
    }
}

#[test]
fn power_cut_leaves_an_operation_half_done() {
    let mut board = board(vec![Fault::PowerCut { at: 2 }]);
    operate(&mut board, 0x02, 0, &[0; 256]);
    assert_eq!(board.counts().nor_operations, 1);
    operate(&mut board, 0x02, 256, &[0; 256]);
    board.wait(SECOND);
    assert_eq!((board.state(), board.usb()), (State::Off, None));
    assert_eq!(
        (
            board.flash()[255],
            board.flash()[256 + 127],
            board.flash()[256 + 128]
        ),
        (0, 0, 0xFF)
    );
    board.power_cycle();
    assert_eq!((board.state(), board.faults().len()), (State::Rom, 0));
    operate(&mut board, 0x02, 512, &[0; 256]);
    assert_eq!(board.flash()[767], 0);
}

/// The first page of a sector that held `old` everywhere, after an erase that was torn, and how many bits are weak.
fn torn_sector(seed: u64, old: u8) -> (Vec<u8>, usize) {
    let mut board = board(vec![Fault::TornOperation { at: 2, seed }]);
    operate(&mut board, 0x02, 0x1000, &[old; 256]);
    operate(&mut board, 0x20, 0x1000, &[]);
    board.wait(SECOND);
    assert_eq!(board.state(), State::Off);
    let torn = board.flash()[0x1000..0x1100].to_vec();
    assert!(board.flash()[..0x1000].iter().all(|byte| *byte == 0xFF));
    assert!(board.flash()[0x2000..].iter().all(|byte| *byte == 0xFF));
    board.power_cycle();
    let weak = board.nor().weak.len();
    operate(&mut board, 0x20, 0x1000, &[]);
    assert!(board.nor().weak.is_empty());
    let erased = &board.flash()[0x1000..0x2000];
    assert!(erased.iter().all(|byte| *byte == 0xFF));
    (torn, weak)
}

#[test]
fn torn_erase_leaves_cells_in_any_state() {
    let torn: Vec<(Vec<u8>, usize)> = (0..80).map(|seed| torn_sector(seed, 0x5A)).collect();
    let has = |state: &dyn Fn(&[u8]) -> bool| torn.iter().any(|(bytes, _)| state(bytes));
    assert!(has(&|bytes| bytes.iter().all(|b| *b == 0x5A)), "untouched");
    assert!(has(&|bytes| bytes.iter().all(|b| *b == 0)), "programmed");
    assert!(has(&|bytes| bytes.iter().all(|b| *b == 0xFF)), "erased");
    let mixed = |bytes: &[u8]| bytes.iter().any(|b| !matches!(b, 0 | 0x5A | 0xFF));
    assert!(has(&mixed), "between");
    let weak = |byte: u8| {
        let mut torn = torn.iter().filter(|(_, weak)| *weak > 0);
        torn.any(|(bytes, _)| bytes.iter().all(|b| *b == byte))
    };
    assert!(
        weak(0x5A),
        "weak bits that a read does not show, at the begin"
    );
    assert!(weak(0xFF), "and at the end");
}

#[test]
fn weak_bits_read_both_ways() {
    let seen = (0..40).any(|seed| {
        let mut board = board(vec![Fault::TornOperation { at: 1, seed }]);
        operate(&mut board, 0x20, 0x1000, &[]);
        board.power_cycle();
        let read = |board: &mut Board| {
            let cycle = crate::nor::Cycle {
                opcode: Some(0x03),
                address_bits: 24,
                read_len: 0x1000,
                ..crate::nor::Cycle::new(0x1000)
            };
            let clock = &mut crate::clock::Clock::new();
            board.nor_mut().cycle(&cycle, clock)
        };
        let first = read(&mut board);
        (0..8).any(|_| read(&mut board) != first)
    });
    assert!(seen);
}

#[test]
fn torn_chip_erase_begins_anywhere() {
    let begins_at_0 = (0..20).filter(|&seed| {
        let faults = vec![Fault::TornOperation { at: 3, seed }];
        let mut board = board(faults);
        operate(&mut board, 0x02, 0, &[0x5A; 256]);
        operate(&mut board, 0x02, 0x40_0000, &[0x5A; 256]);
        operate(&mut board, 0xC7, 0, &[]);
        board.flash()[0] == 0xFF
    });
    let count = begins_at_0.count();
    assert!((1..20).contains(&count), "{count}");
}

#[test]
fn worn_and_stuck_cells_keep_wrong_bits() {
    let faults = vec![
        Fault::WornSector { address: 0x1234 },
        Fault::StuckAtZero {
            address: 0,
            bits: 2,
        },
        Fault::StuckAtOne {
            address: 1,
            bits: 4,
        },
    ];
    let mut board = board(faults);
    operate(&mut board, 0x20, 0x1000, &[]);
    assert_eq!(
        (
            board.flash()[0x1000],
            board.flash()[0x1001],
            board.flash()[0x1F00]
        ),
        (0xEE, 0xFF, 0xEE)
    );
    operate(&mut board, 0x20, 0, &[]);
    operate(&mut board, 0x02, 1, &[0]);
    assert_eq!(board.flash()[..2], [0xFD, 4]);
}

#[test]
fn part_may_ignore_programs_and_erases() {
    let mut deaf = board(vec![Fault::IgnoresProgram, Fault::IgnoresErase]);
    deaf.flash_mut()[0] = 0x55;
    operate(&mut deaf, 0x20, 0, &[]);
    operate(&mut deaf, 0x02, 0, &[0]);
    assert_eq!(deaf.flash()[0], 0x55);
}

#[test]
fn faults_act_on_the_flash_while_listed() {
    let mut board = board(vec![]);
    *board.fault_mut() = vec![
        Fault::WrongPart {
            part: "mx25l12845g".into(),
        },
        Fault::Absent,
        Fault::HeldInReset,
        Fault::StuckBusy,
        Fault::WriteProtectLow,
    ];
    board.wait(Duration::ZERO);
    board.sync();
    let nor = board.nor();
    assert_eq!((nor.part.name, nor.memory.len()), ("mx25l12845g", 16 << 20));
    assert_eq!(
        (nor.present, nor.held_in_reset, nor.stuck_busy),
        (false, true, true)
    );
    assert!(!nor.write_protect_high);
    assert_eq!(board.part().name, "is25lp064a");
    board.fault_mut().clear();
    board.sync();
    let nor = board.nor();
    assert_eq!((nor.part.name, nor.memory.len()), ("is25lp064a", 8 << 20));
    assert!(nor.present && !nor.held_in_reset && !nor.stuck_busy && nor.write_protect_high);
}
