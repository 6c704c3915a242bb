//! Write streams.

use super::inspect::fetch;
use super::*;

fn head(kind: u8, packed: usize, address: u32, length: u32, crc: u32) -> Vec<u8> {
    let first = u32::from(kind) | (packed as u32) << 16;
    let words = [first, address, length, crc];
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

fn erase(offset: u32, length: u32) -> Vec<u8> {
    head(1, 0, FLASH + offset, length, 0)
}

fn crc(bytes: &[u8]) -> u32 {
    crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(bytes)
}

fn program(offset: u32, bytes: &[u8]) -> Vec<u8> {
    let head = head(
        2,
        bytes.len(),
        FLASH + offset,
        bytes.len() as u32,
        crc(bytes),
    );
    [head, bytes.to_vec()].concat()
}

fn program_lz4(offset: u32, bytes: &[u8]) -> Vec<u8> {
    let packed = lz4_flex::block::compress(bytes);
    let head = head(
        3,
        packed.len(),
        FLASH + offset,
        bytes.len() as u32,
        crc(bytes),
    );
    [head, packed].concat()
}

/// Sends a stream; the final status, `None` when the board loses its power meanwhile.
fn stream(board: &mut Board, bytes: &[u8]) -> Option<u32> {
    send(board, &packet(0x54, 1, &[bytes.len() as u32, 0]));
    assert_eq!(status(board, 1), Some(0));
    for piece in bytes.chunks(1016) {
        board.usb_write(&data_report(piece)).ok()?;
    }
    match board.usb_read(Duration::from_secs(60)) {
        Ok(Some(report)) => {
            assert_eq!(report[12..16], [0x54, 0, 0, 0]);
            Some(u32::from_le_bytes([
                report[8], report[9], report[10], report[11],
            ]))
        }
        _ => None,
    }
}

/// The words of the failure: status, record, address, expected, found, status register.
fn failure(board: &mut Board) -> Vec<u32> {
    let bytes = fetch(board, 4).expect("a failure");
    bytes
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect()
}

/// Erases 128 KiB and programs it again by records of 4 KiB, raw and packed by turns.
fn job(content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (i, piece) in content.chunks(4096).enumerate() {
        let at = 4096 * i as u32;
        if at.is_multiple_of(0x1_0000) {
            bytes.extend(erase(at, 0x1_0000));
        }
        bytes.extend(match i % 2 {
            0 => program(at, piece),
            _ => program_lz4(at, piece),
        });
    }
    bytes
}

#[test]
fn stream_erases_and_programs() {
    let mut board = configured(filled(Part::is25lp064a()));
    let content = pattern(0x2_0000);
    let text = b"same same same same same same same same same ".repeat(100);
    let mut bytes = job(&content);
    bytes.extend(erase(0x2_0000, 0x1000));
    bytes.extend(program(0x2_0100, b"five!"));
    // a sector, a block, two sectors
    bytes.extend(erase(0x4_F000, 0x1_3000));
    bytes.extend(erase(0x4_1000, 0x1000));
    bytes.extend(program_lz4(0x4_1000, &text[..4096]));
    board.trace_spi(true);
    assert_eq!(stream(&mut board, &bytes), Some(0));
    let trace = board.take_spi_trace().join("\n");
    for erase in [
        "d8 @010000",
        "20 @04f000",
        "d8 @050000",
        "20 @060000",
        "20 @061000",
    ] {
        assert!(trace.contains(erase), "{erase}: {trace}");
    }
    let flash = board.flash();
    assert_eq!(flash[..0x2_0000], content);
    assert_eq!(flash[0x2_00FF..0x2_0106], *b"\xFFfive!\xFF");
    assert_eq!(flash[0x4_1000..0x4_2000], text[..4096]);
    for at in [0x2_1000, 0x4_0FFF, 0x4_2000, 0x4_EFFF, 0x6_2000] {
        assert_eq!(flash[at], 0x5A, "{at:#x}");
    }
    assert!(flash[0x4_F000..0x6_2000].iter().all(|byte| *byte == 0xFF));
    assert_eq!(failure(&mut board), [0; 6]);
    // all of it
    assert_eq!(stream(&mut board, &erase(0, 8 << 20)), Some(0));
    assert!(board.flash().iter().all(|byte| *byte == 0xFF));
}

#[test]
fn stream_refuses_records_that_cannot_be() {
    let good = program(0x1000, &pattern(100));
    let mut damaged = good.clone();
    damaged[50] ^= 1;
    let mut packed = program_lz4(0x1000, &[7; 500]);
    packed[17] ^= 0x55;
    // two bytes come out of the block where 500 should
    let zeros = [&[1, 2][..], &[0; 498]].concat();
    let short = [head(3, 3, FLASH, 500, crc(&zeros)), vec![0x20, 1, 2]].concat();
    let cases: [(Vec<u8>, u32); 10] = [
        (erase(0x800, 0x1000), 59005),
        (erase(0x1000, 0x1800), 59005),
        (program(0x1003, &pattern(100)), 59005),
        (erase(0x80_0000, 0x1000), 10200),
        (head(1, 0, 0x2020_0000, 0x1000, 0), 10200),
        (head(4, 0, FLASH, 0x1000, 0), 59005),
        (good[..60].to_vec(), 59005),
        (damaged, 59006),
        (packed, 59006),
        (short, 59006),
    ];
    for (i, (record, expected)) in cases.into_iter().enumerate() {
        let mut board = configured(filled(Part::is25lp064a()));
        let after = erase(0x2000, 0x1000);
        let bytes = [erase(0, 0x1000), record.clone(), after].concat();
        let bytes = if i == 6 {
            [erase(0, 0x1000), record].concat()
        } else {
            bytes
        };
        assert_eq!(stream(&mut board, &bytes), Some(expected), "{i}");
        assert_eq!(failure(&mut board)[..2], [expected, 1], "{i}");
        // what came before it is done, nothing of it or behind it is
        assert!(board.flash()[..0x1000].iter().all(|byte| *byte == 0xFF));
        assert!(board.flash()[0x1000..].iter().all(|byte| *byte == 0x5A));
        // the next command is heard
        assert_eq!(property(&mut board, 1, 0), [0x4B02_0100]);
    }
    // not configured; options that do not exist
    let mut board = loaded(Settings::default());
    assert_eq!(run(&mut board, 0x54, &[16, 0]), 10205);
    let mut board = configured(Settings::default());
    assert_eq!(run(&mut board, 0x54, &[16, 2]), 4);
}

#[test]
fn stream_tells_what_flash_does_not_do() {
    let content = pattern(4096);
    let bytes = [erase(0, 0x1000), program(0, &content)].concat();
    let not_programmed = [59003, 1, FLASH, content[0].into(), 0xFF, 0x40];
    let cases = [
        (Fault::IgnoresProgram, not_programmed),
        (Fault::IgnoresErase, [59004, 0, FLASH, 0xFF, 0x5A, 0x40]),
        (
            Fault::StuckAtOne {
                address: 0x123,
                bits: !content[0x123],
            },
            [59003, 1, FLASH + 0x123, content[0x123].into(), 0xFF, 0x40],
        ),
        (Fault::Absent, [59000, 0, FLASH, 0xFF, 0xFF, 0xFF]),
    ];
    for (fault, expected) in cases {
        let mut board = configured(filled(Part::is25lp064a()));
        board.fault_mut().push(fault.clone());
        assert_eq!(stream(&mut board, &bytes), Some(expected[0]), "{fault:?}");
        assert_eq!(failure(&mut board), expected, "{fault:?}");
    }
    // protected; never ready again; one wrong answer
    let mut board = configured(Settings {
        status: [0x7C, 0, 0],
        ..filled(Part::is25lp064a())
    });
    assert_eq!(stream(&mut board, &bytes), Some(59004));
    assert!(board.flash().iter().all(|byte| *byte == 0x5A));
    let mut board = configured(filled(Part::is25lp064a()));
    (board.nor_mut().busy_polls, board.nor_mut().polls_only) = (1 << 30, true);
    assert_eq!(stream(&mut board, &bytes), Some(59001));
    let mut board = configured(filled(Part::is25lp064a()));
    let at = board.counts().nor_reads + 16 + 3;
    board.fault_mut().push(Fault::Misread {
        at,
        byte: 5,
        xor: 0x40,
    });
    assert_eq!(stream(&mut board, &bytes), Some(59003));
    let found = failure(&mut board);
    assert_eq!(found[2], FLASH + 0x205);
    // it is read once more for the report
    assert_eq!(
        (found[3], found[4]),
        (content[0x205].into(), content[0x205].into())
    );
    assert_eq!(board.flash()[..4096], content);
}

#[test]
fn power_cut_tears_each_operation_of_a_stream() {
    let content = pattern(8192);
    let bytes = [
        erase(0, 0x1000),
        program(0, &content[..4096]),
        erase(0x1000, 0x1000),
        program_lz4(0x1000, &content[4096..]),
    ]
    .concat();
    let fresh = || configured(filled(Part::is25lp064a()));
    let start = fresh().counts().nor_operations;
    let mut seen = std::collections::BTreeSet::new();
    for operation in 0..34 {
        let mut board = fresh();
        let at = start + operation + 1;
        board.fault_mut().push(Fault::PowerCut { at });
        assert_eq!(stream(&mut board, &bytes), None, "{operation}");
        assert_eq!(board.state(), State::Off, "{operation}");
        let flash = board.flash();
        // one sector after the other; in each the erase, then its pages
        let (sector, step) = (operation as usize / 17 * 4096, operation as usize % 17);
        let done = |bytes: &[u8]| bytes.iter().take_while(|byte| **byte != 0x5A).count();
        assert_eq!(flash[..sector], content[..sector], "{operation}");
        match step {
            0 => assert_eq!(done(&flash[sector..sector + 4096]), 2048, "{operation}"),
            page => {
                let end = sector + 256 * (page - 1) + 128;
                assert_eq!(flash[sector..end], content[sector..end], "{operation}");
                assert!(flash[end..sector + 4096].iter().all(|byte| *byte == 0xFF));
            }
        }
        assert!(
            flash[sector + 4096..0x3000]
                .iter()
                .all(|byte| *byte == 0x5A)
        );
        seen.insert(flash[..0x2000].to_vec());
    }
    assert_eq!(seen.len(), 34);
    let mut board = fresh();
    assert_eq!(stream(&mut board, &bytes), Some(0));
    assert_eq!(board.counts().nor_operations - start, 34);
    assert_eq!(board.flash()[..8192], content);
}

#[test]
fn unplugged_stream_leaves_what_had_come() {
    let content = pattern(8192);
    let bytes = [
        erase(0, 0x1000),
        program(0, &content[..4096]),
        program(0x1000, &content[4096..]),
    ]
    .concat();
    let mut board = configured(Settings::default());
    // the command, then five whole reports and the cable
    let at = board.counts().usb_out + 7;
    let what = crate::fault::ReportFault::Unplug;
    board.fault_mut().push(Fault::UsbOut { at, what });
    assert_eq!(stream(&mut board, &bytes), None);
    assert_eq!(board.state(), State::Off);
    assert_eq!(board.flash()[..4096], content[..4096]);
    assert!(board.flash()[4096..8192].iter().all(|byte| *byte == 0xFF));
}

#[test]
fn command_in_a_stream_drops_it() {
    let mut board = configured(filled(Part::is25lp064a()));
    let bytes = [erase(0, 0x1000), program(0, &pattern(4096))].concat();
    send(&mut board, &packet(0x54, 1, &[bytes.len() as u32, 0]));
    assert_eq!(status(&mut board, 1), Some(0));
    send(&mut board, &data_report(&bytes[..1000]));
    assert_eq!(property(&mut board, 1, 0), [0x4B02_0100]);
    send(&mut board, &data_report(&bytes[1000..2000]));
    assert_eq!(run(&mut board, 2, &[FLASH + 0x1000, 0x1000, 0]), 0);
    assert!(board.flash()[..0x2000].iter().all(|byte| *byte == 0xFF));
}

#[test]
fn stream_takes_little_longer_than_the_flash() {
    let content = pattern(0x2_0000);
    let times = Part::is25lp064a().times;
    let flash = 2 * times.erase_64k + 512 * times.page_program;
    let mut board = configured(filled(Part::is25lp064a()));
    let before = board.elapsed();
    assert_eq!(stream(&mut board, &job(&content)), Some(0));
    let took = (board.elapsed() - before).as_nanos() as u64;
    assert_eq!(board.flash()[..0x2_0000], content);
    assert!(
        took > flash && took < flash * 1085 / 1000,
        "{took}, {flash}"
    );
}
