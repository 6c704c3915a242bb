//! Fetch, FlashCommand and Hash.

use sha2::{Digest, Sha256};

use super::*;

/// The data of a command that sends some, or the status that refused it.
pub(super) fn data(board: &mut Board, tag: u8, parameters: &[u32]) -> Result<Vec<u8>, u32> {
    send(board, &packet(tag, 0, parameters));
    let first = next(board, 1).expect("an answer");
    let word = |report: &[u8], at: usize| {
        u32::from_le_bytes(report[at..at + 4].try_into().expect("four bytes"))
    };
    if first[4] == 0xA0 {
        assert_eq!(word(&first, 12), u32::from(tag));
        return Err(word(&first, 8));
    }
    assert_eq!((first[0], first[4], first[5]), (3, 0xD0, 1));
    assert_eq!(word(&first, 8), 0);
    let mut bytes = Vec::new();
    loop {
        let report = next(board, 10).expect("data or the end");
        match report[0] {
            4 => bytes.extend_from_slice(&report[4..]),
            _ => {
                assert_eq!(word(&report, 12), u32::from(tag));
                return match word(&report, 8) {
                    0 => {
                        assert_eq!(bytes.len() as u32, word(&first, 12));
                        Ok(bytes)
                    }
                    status => Err(status),
                };
            }
        }
    }
}

pub(super) fn fetch(board: &mut Board, what: u32) -> Result<Vec<u8>, u32> {
    data(board, 0x50, &[what, 0, 4096])
}

#[test]
fn fetch_tells_id_sfdp_and_registers_without_a_set_up() {
    let mut board = loaded(Settings {
        status: [0x1C, 2, 0x60],
        part: Part::find("w25q64jv").expect("known"),
        ..Settings::default()
    });
    let id = fetch(&mut board, 1).expect("an id");
    assert_eq!((id.len(), &id[..3]), (8, &[0xEF, 0x40, 0x17][..]));
    let sfdp = data(&mut board, 0x50, &[2, 4, 300]).expect("SFDP");
    let part = board.part().sfdp.clone();
    assert_eq!(sfdp[..100], part[4..104]);
    assert_eq!(sfdp.len(), 300);
    let registers = fetch(&mut board, 3).expect("registers");
    let rows: Vec<&[u8]> = registers.chunks(8).collect();
    assert_eq!(rows[0], [0x05, 1, 0, 0, 0x1C, 0, 0, 0]);
    assert_eq!(rows[1], [0x35, 1, 0, 0, 2, 0, 0, 0]);
    assert_eq!(rows[2], [0x15, 1, 0, 0, 0x60, 0, 0, 0]);
    let snapshot = fetch(&mut board, 0).expect("the snapshot");
    assert_eq!((snapshot.len(), &snapshot[..4]), (512, &b"SNP1"[..]));
    assert_eq!(data(&mut board, 0x50, &[0, 510, 10]), Ok(vec![0, 0]));
    assert_eq!(fetch(&mut board, 5), Err(4));
    assert_eq!(property(&mut board, 0x5254_0005, 0)[0], 0x0017_40EF);
    // an ISSI part would enter QPI by 35h
    let mut board = loaded(Settings::default());
    let registers = fetch(&mut board, 3).expect("registers");
    let codes: Vec<u8> = registers.chunks(8).map(|row| row[0]).collect();
    assert_eq!(codes, [0x05, 0x48, 0x61, 0x81]);
    assert!(!board.nor().in_qpi());
    board.fault_mut().push(Fault::Absent);
    for what in [1, 2, 3] {
        assert_eq!(fetch(&mut board, what), Err(59000), "{what}");
    }
}

#[test]
fn failure_tells_where_an_erase_or_write_failed() {
    let mut board = configured(filled(Part::is25lp064a()));
    assert_eq!(fetch(&mut board, 4), Ok(vec![0; 24]));
    board.fault_mut().push(Fault::StuckAtZero {
        address: 0x1_2345,
        bits: 0x08,
    });
    assert_eq!(run(&mut board, 2, &[FLASH + 0x1_0000, 0x1_0000, 0]), 20106);
    let words = [20106, 0, FLASH + 0x1_2345, 0xFF, 0xF7, 0x40];
    let failure: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    assert_eq!(fetch(&mut board, 4), Ok(failure));
    assert_eq!(run(&mut board, 2, &[FLASH, 0x1000, 0]), 0);
    assert_eq!(fetch(&mut board, 4), Ok(vec![0; 24]));
}

#[test]
fn flash_command_reads_unless_told_that_it_may_change() {
    let mut board = loaded(Settings::default());
    assert_eq!(
        data(&mut board, 0x51, &[0x9F, 0, 0, 3]),
        Ok(vec![0x9D, 0x60, 0x17])
    );
    let signature = data(&mut board, 0x51, &[0x0008_035A, 0, 0, 4]);
    assert_eq!(signature, Ok(b"SFDP".to_vec()));
    // write enable, 35h on an ISSI part, a write of the status register
    for shape in [0x06, 0x35, 0x1001, 0x0100_0005] {
        assert_eq!(
            data(&mut board, 0x51, &[shape, 0, 0, 0]),
            Err(59007),
            "{shape:#x}"
        );
    }
    for bad in [[0x29F, 0, 0, 3], [0x9F, 0, 0, 1025], [0x0400_009F, 0, 0, 3]] {
        assert_eq!(data(&mut board, 0x51, &bad), Err(4), "{bad:x?}");
    }
    assert_eq!(board.nor().status, [0, 0, 0]);
    // 01h 24h behind a write enable, then the wait
    assert_eq!(
        data(&mut board, 0x51, &[0x8300_1001, 0, 0x24, 0]),
        Ok(vec![])
    );
    assert_eq!(board.nor().status[0], 0x24);
    assert_eq!(data(&mut board, 0x51, &[0x05, 0, 0, 1]), Ok(vec![0x24]));
    // a configured flash reads on after it
    assert_eq!(configure(&mut board, 0xC000_0007), 0);
    board.flash_mut()[..3].copy_from_slice(&[1, 2, 3]);
    assert_eq!(data(&mut board, 0x51, &[0x0303, 1, 0, 2]), Ok(vec![2, 3]));
    assert_eq!(read(&mut board, FLASH, 3), [1, 2, 3]);
}

#[test]
fn hash_tells_what_flash_holds() {
    let content = pattern(0x1_0000);
    let mut board = configured(Settings {
        flash: content.clone(),
        ..Settings::default()
    });
    let sha = data(&mut board, 0x53, &[0, FLASH + 1, 0xFFFE, 0]);
    assert_eq!(sha, Ok(Sha256::digest(&content[1..0xFFFF]).to_vec()));
    // 300 pieces of 100 bytes and one of 7, in more than one report
    let crcs = data(&mut board, 0x53, &[1, FLASH, 30_007, 100]).expect("hashes");
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);
    let expected: Vec<u8> = content[..30_007]
        .chunks(100)
        .flat_map(|piece| crc.checksum(piece).to_le_bytes())
        .collect();
    assert_eq!(crcs, expected);
    // RAM, too; nothing of nothing
    let zeros = data(&mut board, 0x53, &[1, 0x2020_0000, 4, 0]);
    assert_eq!(zeros, Ok(0x2144_DF1C_u32.to_le_bytes().to_vec()));
    assert_eq!(data(&mut board, 0x53, &[1, FLASH, 0, 4096]), Ok(vec![]));
    assert_eq!(data(&mut board, 0x53, &[2, FLASH, 4, 0]), Err(4));
    assert_eq!(
        data(&mut board, 0x53, &[0, FLASH, 0x80_0001, 0]),
        Err(10200)
    );
}

#[test]
fn hash_of_a_mebibyte_takes_its_time() {
    let mut board = configured(Settings::default());
    let before = board.elapsed();
    assert!(data(&mut board, 0x53, &[0, FLASH, 1 << 20, 0]).is_ok());
    let sha = board.elapsed() - before;
    assert!(data(&mut board, 0x53, &[1, FLASH, 1 << 20, 4096]).is_ok());
    let crc = board.elapsed() - before - sha;
    // 57 instructions a byte at 396 MHz with the flash's own time on top, and faster
    assert!((150..185).contains(&sha.as_millis()), "{sha:?}");
    assert!((40..65).contains(&crc.as_millis()), "{crc:?}");
}
