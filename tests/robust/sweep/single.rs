//! Faults that were once missed, each at the one place where it matters.

use std::ops::RangeInclusive;

use rtboot_sim::{Fault, ReportFault};

use crate::kit::case::{APP, Case, Outcome, Point, What, attempt};
use crate::kit::wire::{Cable, Line, Way};

/// First offset behind the sectors that the image touches.
pub const END: usize = (0x2000 + APP).next_multiple_of(0x1000);

/// Tag of the command that a report gives the flashloader: 2 erases a region, 3 reads memory.
fn tag(line: &Line) -> Option<u8> {
    let command = line.way == Way::Out && line.loader && line.bytes[0] == 1;
    command.then(|| line.bytes[4])
}

/// The parameter of a command at this place of its report.
fn word(line: &Line, at: usize) -> u32 {
    u32::from_le_bytes(*line.bytes[at..].first_chunk().expect("four"))
}

/// Whether it reads flash content: id, SFDP and registers come through the same window, 256 bytes at most.
fn reads_content(line: &Line) -> bool {
    tag(line) == Some(3) && word(line, 12) > 256
}

/// The calls from the first read of flash content up to and including the first erase.
pub fn comparison(log: &[Line]) -> RangeInclusive<u64> {
    let call = |line: Option<&Line>| line.expect("in every write").call;
    let start = call(log.iter().find(|line| reads_content(line)));
    start..=call(log.iter().find(|line| tag(line) == Some(2)))
}

/// Where a byte of flash passes when it is read the first time: number of the report in, place in it.
fn first_read_of(log: &[Line], offset: u32) -> (u64, usize) {
    let mut ins = 0;
    let mut next: Option<(u32, u32)> = None;
    for line in log {
        let bytes = &line.bytes;
        match line.way {
            Way::Out if tag(line) == Some(3) => {
                let content = (word(line, 8).wrapping_sub(0x6000_0000), word(line, 12));
                next = reads_content(line).then_some(content);
            }
            Way::Out => {}
            Way::In => {
                ins += 1;
                let data = line.loader && bytes[0] == 4;
                if let (true, Some((at, left))) = (data, next) {
                    let count = u32::from(u16::from_le_bytes([bytes[2], bytes[3]]));
                    if (at..at + count).contains(&offset) {
                        return (ins, 4 + (offset - at) as usize);
                    }
                    next = Some((at + count, left.saturating_sub(count)));
                }
            }
        }
    }
    panic!("{offset:#x} is never read");
}

fn turned_in(at: u64, byte: usize) -> Point {
    let what = ReportFault::Corrupt { byte, xor: 0x10 };
    Point {
        kind: "report in, a bit turned",
        what: What::Board(Fault::UsbIn { at, what }),
        may_stray: false,
    }
}

fn turned_out(at: u64, byte: usize, xor: u8) -> Point {
    let what = ReportFault::Corrupt { byte, xor };
    Point {
        kind: "report out, a bit turned",
        what: What::Board(Fault::UsbOut { at, what }),
        may_stray: false,
    }
}

/// Numbers of the reports out whose bytes fit.
fn outs(log: &[Line], fits: impl Fn(&[u8]) -> bool) -> Vec<u64> {
    let outs = log.iter().filter(|line| line.way == Way::Out);
    (1..)
        .zip(outs)
        .filter(|(_, line)| line.loader && fits(&line.bytes))
        .map(|(at, _)| at)
        .collect()
}

fn sound(outcome: &Outcome) {
    assert!(
        !outcome.false_success && !outcome.half && !outcome.strayed && !outcome.panicked,
        "{outcome:?}"
    );
    assert!(outcome.healed(), "{outcome:?}");
}

/// A byte to keep that is misread when flash is compared would be erased, and programmed back wrong for good.
#[test]
fn misread_kept_byte_stops_the_write() {
    let case = Case::over_noise();
    let (log, _) = case.count(Cable::Hid);
    let end = 0x2000 + APP as u32;
    for offset in [0x300, 0x1400, end + 1, end + 100] {
        let (at, byte) = first_read_of(&log, offset);
        let outcome = attempt(&case, Cable::Hid, &turned_in(at, byte));
        assert_eq!(outcome.exit, 30, "{offset:#x}: {outcome:?}");
        sound(&outcome);
    }
}

/// Flash that differs in two bytes of a sector, of which the comparison does not see one: the sector is written all the same.
#[test]
fn one_misread_byte_hides_no_sector_that_differs() {
    let done = Case::update().done;
    for offset in (0x2000..0x2000 + APP).step_by(3_001) {
        let mut old = done.clone();
        old[offset] ^= 0x10;
        old[offset ^ 0x123] ^= 0x10;
        let case = Case {
            old,
            ..Case::update()
        };
        let (log, _) = case.count(Cable::Hid);
        let (at, byte) = first_read_of(&log, offset as u32);
        let outcome = attempt(&case, Cable::Hid, &turned_in(at, byte));
        // the last sector holds bytes to keep, which are read twice
        let kept = offset >> 12 == (0x2000 + APP) >> 12;
        assert_eq!(
            outcome.exit,
            if kept { 30 } else { 0 },
            "{offset:#x}: {outcome:?}"
        );
        // the old image was damaged before the write, so an image may start that is neither old nor new
        assert!(!outcome.false_success && outcome.healed(), "{outcome:?}");
    }
}

/// The sector with the FCB goes before an application is written; a turned bit makes that erase take the IVT's, too.
#[test]
fn verify_finds_an_erase_that_reached_the_ivt() {
    let case = Case::application_only();
    let (log, _) = case.count(Cable::Hid);
    let erase = |bytes: &[u8]| bytes[0] == 1 && bytes[4] == 2;
    let first = *outs(&log, erase).first().expect("the FCB goes first");
    // the address is bent, and the length
    for (byte, xor) in [(9, 8), (13, 0x20), (13, 0x80)] {
        let outcome = attempt(&case, Cable::Hid, &turned_out(first, byte, xor));
        assert_eq!(outcome.exit, 33, "{byte}: {outcome:?}");
        assert!(!outcome.false_success && !outcome.half, "{outcome:?}");
    }
}

/// One turned bit in the FCB's own page.
#[test]
fn damaged_fcb_page_is_erased_again() {
    let case = Case::update();
    let (log, _) = case.count(Cable::Hid);
    let last = *outs(&log, |bytes| bytes[0] == 2).last().expect("data");
    for byte in [4, 8, 70, 200] {
        let outcome = attempt(&case, Cable::Hid, &turned_out(last, byte, 0x10));
        assert_eq!(outcome.exit, 33, "{outcome:?}");
        assert!(
            outcome
                .message
                .contains("no FCB, so the ROM starts nothing"),
            "{outcome:?}"
        );
        sound(&outcome);
    }
}

/// The set-up for writing with another erase opcode (20h → 60h erases the chip), page program, or write enable.
#[test]
fn damaged_set_up_in_ram_is_never_used() {
    let case = Case::update();
    let (log, _) = case.count(Cable::Hid);
    // several blocks travel in one piece, which reports cut anywhere
    let data = outs(&log, |bytes| bytes[0] == 2);
    let outs: Vec<&Line> = log.iter().filter(|line| line.way == Way::Out).collect();
    let mut blocks = Vec::new();
    for &at in &data {
        let report = &outs[at as usize - 1].bytes;
        let tags = report.windows(4).enumerate();
        let tags = tags.filter(|(_, tag)| tag == b"FCFB");
        blocks.extend(tags.map(|(from, _)| (at, from, report.len())));
    }
    // the first page of the image is an FCB, too, and goes out last
    let (_, blocks) = blocks.split_last().expect("set-ups");
    assert!(blocks.len() >= 8, "{blocks:?}");
    let mut refused = 0;
    for &(at, from, end) in blocks {
        let offsets = [0x80 + 5 * 16, 0x80 + 3 * 16, 0x80 + 9 * 16, 0x1C0];
        // what lies in the next report is the next block's turn
        for byte in offsets.map(|offset| from + offset) {
            if byte >= end {
                continue;
            }
            let outcome = attempt(&case, Cable::Hid, &turned_out(at, byte, 0x40));
            sound(&outcome);
            refused += u32::from(outcome.exit == 15);
        }
    }
    assert!(refused >= 8, "{refused}");
}

/// The status registers as they are written back, in the set-up that does it.
#[test]
fn misread_status_register_is_never_written_back() {
    let case = Case::over_noise();
    let (log, _) = case.count(Cable::Hid);
    let mut ins = 0;
    let registers: Vec<u64> = log
        .iter()
        .filter(|line| line.way == Way::In)
        .filter_map(|line| {
            ins += 1;
            (line.loader && line.bytes[..4] == [4, 0, 1, 0]).then_some(ins)
        })
        .collect();
    assert!(registers.len() >= 2, "{registers:?}");
    for &at in &registers {
        for bit in [2, 5, 6, 7] {
            let what = ReportFault::Corrupt {
                byte: 4,
                xor: 1 << bit,
            };
            let point = Point {
                kind: "report in, a bit turned",
                what: What::Board(Fault::UsbIn { at, what }),
                may_stray: false,
            };
            let outcome = attempt(&case, Cable::Hid, &point);
            sound(&outcome);
            assert_eq!(
                outcome.status & 0xBC,
                0,
                "protection and lock stay clear: {outcome:?}"
            );
            if Some(&at) == registers.last() && bit != 6 {
                // what it reads after it wrote them: all other settings must have stayed as well
                assert_eq!(outcome.exit, 30, "{outcome:?}");
            }
        }
    }
}
