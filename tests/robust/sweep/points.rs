//! Every point of failure of a counted write.

use rtboot_sim::{ByteFault, Counts, Fault, ReportFault};

use crate::kit::case::{Point, What};
use crate::kit::random::Random;
use crate::kit::wire::{Line, Trip, Way};

/// Of a byte that is lost or wrong on its way to a flashloader: it ends the command with a status of its own (Timeout, bad argument),
/// as the genuine one does over a UART, and what was asked is refused by that.
const OUT_OF_STEP: &[u8] = &[0, 1, 10, 12, 15, 20, 21, 30, 31, 32, 33];

/// What the sweep breaks, and the exit codes that fit.
///
/// 0: the write noticed nothing or recovered; flash is checked all the same. 10 and 15: board or link lost. 12: another board.
/// 20: the flashloader did not come up. 21, 30 to 33: a refusal in that step, or what was read back in it.
pub const FITTING: &[(&str, &[u8])] = &[
    ("report out lost", &[0, 12, 15, 20, 30, 31, 32]),
    ("report out doubled", &[0, 12, 15, 20, 21, 30, 31, 32, 33]),
    ("report out late", &[0, 15]),
    (
        "report out cut short",
        &[0, 10, 12, 15, 20, 21, 30, 31, 32, 33],
    ),
    ("report out too long", &[0, 15, 20, 21, 30, 32, 33]),
    ("report out of another id", &[0, 12, 15, 20, 21, 30, 31, 32]),
    (
        "report out, a bit turned",
        &[0, 1, 10, 12, 15, 20, 21, 30, 31, 32, 33],
    ),
    ("report in lost", &[0, 12, 15, 20]),
    ("report in doubled", &[0, 12, 15, 20]),
    ("report in late, 1 s", &[0, 12, 15, 20]),
    ("report in late, 30 s", &[0, 12, 15, 20]),
    ("report in cut short", &[0, 12, 15, 20]),
    ("report in too long", &[0]),
    ("report in of another id", &[0, 12, 15, 20]),
    (
        "report in, a bit turned",
        &[0, 1, 12, 15, 20, 21, 30, 31, 32, 33],
    ),
    ("unplugged", &[10, 15, 20]),
    ("endpoint stalls", &[0, 12, 15, 20]),
    ("flashloader or ROM resets", &[0, 10, 12, 15, 20, 21]),
    ("host killed", &[15]),
    ("power cut in a flash operation", &[15, 30, 31, 32]),
    ("flash misread once", &[0, 30, 31, 32, 33]),
    ("flash busy for ever", &[0, 15, 30, 31, 32, 33]),
    ("flash gone", &[0, 15, 30, 31, 32, 33]),
    ("another part answers", &[0, 15, 30, 31, 32, 33]),
    ("flash ignores erases", &[0, 31]),
    // 33: the loader leaves reading back to a host with the bulk interface, whose verify finds it
    ("flash ignores programs", &[0, 32, 33]),
    ("sector does not erase", &[0, 31]),
    ("bit does not program", &[0, 32, 33]),
    ("byte out lost", OUT_OF_STEP),
    ("byte out doubled", OUT_OF_STEP),
    ("byte out, a bit turned", OUT_OF_STEP),
    ("byte out late", OUT_OF_STEP),
    ("byte in lost", &[0, 10, 12, 15, 20, 21]),
    ("byte in doubled", &[0, 10, 12, 15, 20, 21]),
    ("byte in, a bit turned", &[0, 10, 12, 15, 20, 21]),
    ("byte in late, 1 s", &[0, 10, 12, 15, 20, 21]),
    ("byte in late, 30 s", &[0, 10, 12, 15, 20]),
    ("wire breaks", OUT_OF_STEP),
];

/// A byte with one bit set.
fn bit(dice: &mut Random) -> u8 {
    1 << dice.below(8)
}

fn point(kind: &'static str, fault: Fault) -> Point {
    Point {
        kind,
        what: What::Board(fault),
        may_stray: false,
    }
}

fn call(kind: &'static str, at: u64, trip: Trip) -> Point {
    Point {
        kind,
        what: What::Call(at, trip),
        may_stray: false,
    }
}

/// Everything that can happen to one report, for every report of the log.
pub fn reports(log: &[Line], dice: &mut Random) -> Vec<Point> {
    let mut points = Vec::new();
    let (mut outs, mut ins) = (0, 0);
    for line in log {
        match line.way {
            Way::Out => {
                outs += 1;
                report_out(outs, line, dice, &mut points);
            }
            Way::In => {
                ins += 1;
                report_in(ins, line, dice, &mut points);
            }
        }
    }
    points
}

/// What can happen to a report of either way: its names lost, doubled, cut short, too long and of another id.
fn both_ways(
    [lost, doubled, short, long, other]: [&'static str; 5],
    length: usize,
    cut: usize,
    id: u8,
) -> [(&'static str, ReportFault); 7] {
    let too_long = length + 300;
    [
        (lost, ReportFault::Drop),
        (doubled, ReportFault::Duplicate),
        (short, ReportFault::Truncate { length: cut }),
        (long, ReportFault::Oversize { length: too_long }),
        (other, ReportFault::WrongId { id }),
        ("unplugged", ReportFault::Unplug),
        ("endpoint stalls", ReportFault::Stall),
    ]
}

fn report_out(at: u64, line: &Line, dice: &mut Random, points: &mut Vec<Point>) {
    let length = line.bytes.len();
    let id = line.bytes[0];
    let command = id == 1;
    let mut add = |kind, what| points.push(point(kind, Fault::UsbOut { at, what }));
    add("report out late", ReportFault::Delay { ms: 30_000 });
    let names = [
        "report out lost",
        "report out doubled",
        "report out cut short",
        "report out too long",
        "report out of another id",
    ];
    let cut = 1 + dice.below(length - 1);
    let other = 1 + (id + dice.below(3) as u8) % 4;
    for (kind, what) in both_ways(names, length, cut, other) {
        add(kind, what);
    }
    for byte in places(length, command, dice) {
        let what = ReportFault::Corrupt {
            byte,
            xor: bit(dice),
        };
        points.push(Point {
            may_stray: command && line.loader,
            ..point("report out, a bit turned", Fault::UsbOut { at, what })
        });
    }
}

fn report_in(at: u64, line: &Line, dice: &mut Random, points: &mut Vec<Point>) {
    let id = line.bytes[0];
    let length = line.bytes.len();
    // nothing reads the bytes after the payload
    let used = match line.bytes.get(2..4) {
        Some(&[low, high]) if line.loader => 4 + usize::from(u16::from_le_bytes([low, high])),
        _ => 5,
    };
    let mut add = |kind, what| points.push(point(kind, Fault::UsbIn { at, what }));
    let names = [
        "report in lost",
        "report in doubled",
        "report in cut short",
        "report in too long",
        "report in of another id",
    ];
    let cut = dice.below(used.min(length));
    let other = 1 + (id + dice.below(3) as u8) % 4;
    for (kind, what) in both_ways(names, length, cut, other) {
        add(kind, what);
    }
    for byte in places(used.min(length), used < 48, dice) {
        let what = ReportFault::Corrupt {
            byte,
            xor: bit(dice),
        };
        add("report in, a bit turned", what);
    }
    points.push(call("report in late, 1 s", line.call, Trip::Late(1_000)));
    points.push(call("report in late, 30 s", line.call, Trip::Late(30_000)));
}

/// Where bits are turned: half the bytes of a short packet, head, ends and some more of a long one.
fn places(length: usize, all: bool, dice: &mut Random) -> Vec<usize> {
    if all {
        // every other byte; other runs over the same command take the ones between
        return (dice.below(2)..length).step_by(2).collect();
    }
    let mut places = vec![0, 2, 3, 4, length - 1];
    places.extend((0..4).map(|_| dice.below(length)));
    places
}

/// Everything that can happen in the flash.
pub fn flash(counts: &Counts, case_end: u32, dice: &mut Random) -> Vec<Point> {
    let mut points = Vec::new();
    for at in 1..=counts.nor_operations {
        points.push(point(
            "power cut in a flash operation",
            Fault::PowerCut { at },
        ));
    }
    // pages and sectors are checked in pieces of 1 KiB: thousands of reads, all of a few kinds
    for at in (1..=counts.nor_reads).step_by(3) {
        let (byte, xor) = (dice.below(64), bit(dice));
        points.push(point(
            "flash misread once",
            Fault::Misread { at, byte, xor },
        ));
    }
    for address in (0..case_end).step_by(0x1000) {
        points.push(point(
            "sector does not erase",
            Fault::WornSector { address },
        ));
    }
    for address in (0..case_end).step_by(0x400) {
        let (address, bits) = (address + dice.below(0x100) as u32, bit(dice));
        points.push(point(
            "bit does not program",
            Fault::StuckAtOne { address, bits },
        ));
        points.push(point(
            "sector does not erase",
            Fault::StuckAtZero { address, bits },
        ));
    }
    points
}

/// Faults that begin at some call of the port and stay, a reset at that call, the host's end.
pub fn calls(log: &[Line]) -> Vec<Point> {
    let mut points = Vec::new();
    let part = String::from("w25q64jv");
    for line in log {
        let at = line.call;
        points.push(call("host killed", at, Trip::HostDies));
        points.push(call("flashloader or ROM resets", at, Trip::Reset));
        if !line.loader {
            continue; // the flash is not asked before
        }
        let mut fault = |kind, what| points.push(call(kind, at, Trip::Fault(what)));
        fault("flash busy for ever", Fault::StuckBusy);
        fault("flash gone", Fault::HeldInReset);
        fault(
            "another part answers",
            Fault::WrongPart { part: part.clone() },
        );
        fault("flash ignores erases", Fault::IgnoresErase);
        fault("flash ignores programs", Fault::IgnoresProgram);
    }
    points
}

/// Calls at which a burst of bytes begins.
pub fn bursts(log: &[Line]) -> Vec<Line> {
    let begins = |pair: &[Line]| pair[1].way == Way::Out || pair[0].way == Way::Out;
    log.windows(2)
        .filter(|pair| begins(pair))
        .map(|pair| pair[1].clone())
        .collect()
}

/// Everything that can happen to a byte, at two places of every burst, one of them in its head on the UART.
pub fn bytes(log: &[Line], dice: &mut Random) -> Vec<Point> {
    let mut points = Vec::new();
    let (mut outs, mut ins) = (0, 0);
    let mut rest = log;
    while let Some(first) = rest.first() {
        let count = match first.way {
            Way::Out => 1,
            Way::In => rest.iter().take_while(|line| line.way == Way::In).count(),
        };
        let length: u64 = rest[..count]
            .iter()
            .map(|line| line.bytes.len() as u64)
            .sum();
        let mut places = vec![dice.below(8) as u64, dice.below(length as usize) as u64];
        places.retain(|place| *place < length);
        places.sort_unstable();
        places.dedup();
        for place in places {
            match first.way {
                Way::Out => byte_out(outs + place + 1, dice, &mut points),
                Way::In => byte_in(ins + place + 1, dice, &mut points),
            }
        }
        if first.way == Way::Out {
            outs += length;
        } else {
            ins += length;
            points.push(call("byte in late, 1 s", first.call, Trip::Late(1_000)));
            points.push(call("byte in late, 30 s", first.call, Trip::Late(30_000)));
        }
        rest = &rest[count..];
    }
    points
}

fn byte_out(at: u64, dice: &mut Random, points: &mut Vec<Point>) {
    let mut add = |kind, what| points.push(point(kind, Fault::UartOut { at, what }));
    add("byte out lost", ByteFault::Drop);
    add("byte out doubled", ByteFault::Duplicate);
    add(
        "byte out, a bit turned",
        ByteFault::Corrupt { xor: bit(dice) },
    );
    add("byte out late", ByteFault::Delay { ms: 700 });
    add("wire breaks", ByteFault::Cut);
}

fn byte_in(at: u64, dice: &mut Random, points: &mut Vec<Point>) {
    let mut add = |kind, what| points.push(point(kind, Fault::UartIn { at, what }));
    add("byte in lost", ByteFault::Drop);
    add("byte in doubled", ByteFault::Duplicate);
    add(
        "byte in, a bit turned",
        ByteFault::Corrupt { xor: bit(dice) },
    );
    add("wire breaks", ByteFault::Cut);
}
