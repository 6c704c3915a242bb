//! A whole write, broken at every point in turn.
//!
//! The write is counted first: reports, bytes on the UART, operations and reads of the flash, calls of the port. Then it
//! is run again and again, each time with one thing gone wrong. Each time: success is reported only when flash holds
//! exactly what it should, the ROM never starts a half image, the same command again does the job, and bytes that nobody asked
//! to change are still there.
//!
//! `cargo test` tries a sample of the points, `cargo test --release --test robust sweep -- --ignored --nocapture` all of them.

mod points;
mod single;
mod table;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::kit::case::{APP, Case, Outcome, Point, What, attempt};
use crate::kit::random::Random;
use crate::kit::wire::Cable;
use table::Table;

/// Bytes of a data packet over HID.
const PACKET: usize = 1016;

/// Which points of a list are tried.
#[derive(Clone, Copy)]
enum Share {
    All,
    /// About so many, spread over each kind.
    About(usize),
}

/// The points of this share; only one kind when the variable RTBOOT_SWEEP names it.
fn chosen(mut points: Vec<Point>, share: Share) -> Vec<Point> {
    if let Ok(kind) = std::env::var("RTBOOT_SWEEP") {
        let kinds = points::FITTING.iter().map(|(kind, _)| *kind);
        let kinds: Vec<&str> = kinds.collect();
        assert!(
            kinds.contains(&kind.as_str()),
            "RTBOOT_SWEEP={kind:?} is none of {kinds:?}"
        );
        points.retain(|point| point.kind == kind);
    }
    let Share::About(count) = share else {
        return points;
    };
    let step = points.len().div_ceil(count).max(1);
    // kinds follow each other in turn: a step that divides their number would miss some
    let step = if step % 2 == 0 { step + 1 } else { step };
    points.into_iter().step_by(step).collect()
}

/// Breaks the write at each of these points, on all processors; the table gets them in their order.
fn run(case: &Case, cable: Cable, points: Vec<Point>, table: &mut Table) {
    let place = format!("{}, {}", cable.name(), case.name);
    let next = AtomicUsize::new(0);
    let outcomes: Vec<OnceLock<Outcome>> = points.iter().map(|_| OnceLock::new()).collect();
    let work = || {
        while let Some((point, outcome)) = {
            let i = next.fetch_add(1, Ordering::Relaxed);
            points.get(i).zip(outcomes.get(i))
        } {
            outcome.get_or_init(|| attempt(case, cable, point));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    for (point, outcome) in points.iter().zip(&outcomes) {
        let before = table.wrong.len();
        table.add(&place, point, outcome.get().expect("every point was tried"));
        for wrong in &table.wrong[before..] {
            eprintln!("{wrong}");
        }
    }
}

/// Over USB, with the bulk interface or without.
fn usb(case: &Case, cable: Cable, share: Share, table: &mut Table) {
    let (log, counts) = case.count(cable);
    let mut dice = Random::seeded(17);
    run(
        case,
        cable,
        chosen(points::reports(&log, &mut dice), share),
        table,
    );
    let end = (0x2000 + APP).next_multiple_of(0x1000) as u32;
    run(
        case,
        cable,
        chosen(points::flash(&counts, end, &mut dice), share),
        table,
    );
    run(case, cable, chosen(points::calls(&log), share), table);
}

fn uart(case: &Case, share: Share, table: &mut Table) {
    let (log, _) = case.count(Cable::Uart);
    let mut dice = Random::seeded(23);
    run(
        case,
        Cable::Uart,
        chosen(points::bytes(&log, &mut dice), share),
        table,
    );
    let calls = points::calls(&points::bursts(&log)).into_iter();
    let calls = calls.filter(|p| p.kind == "host killed" || p.kind == "flashloader or ROM resets");
    run(case, Cable::Uart, chosen(calls.collect(), share), table);
}

fn report(title: &str, table: &Table) {
    println!("\n{title}: {} points\n\n{}", table.points(), table.text());
}

#[test]
fn sample_of_fault_points_over_hid() {
    let mut table = Table::default();
    for case in [Case::over_noise(), Case::update(), Case::application_only()] {
        usb(&case, Cable::Hid, Share::About(45), &mut table);
    }
    report("over HID", &table);
    table.check();
}

#[test]
fn sample_of_fault_points_with_own_loader() {
    let mut table = Table::default();
    for case in [Case::over_noise(), Case::update(), Case::application_only()] {
        usb(
            &case.with_own_loader(),
            Cable::Hid,
            Share::About(30),
            &mut table,
        );
    }
    report("over HID, rtboot's own loader", &table);
    table.check();
}

#[test]
fn sample_of_fault_points_over_bulk() {
    let mut table = Table::default();
    for case in [Case::over_noise(), Case::update(), Case::application_only()] {
        usb(
            &case.with_own_loader(),
            Cable::HidAndBulk,
            Share::About(30),
            &mut table,
        );
    }
    report("over HID and bulk, rtboot's own loader", &table);
    table.check();
}

#[test]
fn sample_of_fault_points_over_a_uart_with_own_loader() {
    let mut table = Table::default();
    for case in [Case::over_noise(), Case::update(), Case::application_only()] {
        uart(&case.with_own_loader(), Share::About(20), &mut table);
    }
    report("over a UART, rtboot's own loader", &table);
    table.check();
}

#[test]
fn sample_of_fault_points_over_a_uart() {
    let mut table = Table::default();
    for case in [Case::over_noise(), Case::application_only()] {
        uart(&case, Share::About(30), &mut table);
    }
    report("over a UART", &table);
    table.check();
}

/// A silent flash reads as all ones: if that were taken for its content, bytes to keep would be lost with the next write.
#[test]
fn flash_silent_before_erase_keeps_its_bytes() {
    let mut table = Table::default();
    // quad enable clear, and set
    for status in [[0; 3], [0x40, 0, 0]] {
        let case = Case {
            status,
            ..Case::over_noise()
        };
        let (log, _) = case.count(Cable::Hid);
        let comparison = single::comparison(&log);
        let silent = |point: &Point| match &point.what {
            What::Call(call, _) => point.kind == "flash gone" && comparison.contains(call),
            What::Board(_) => false,
        };
        let mut points = points::calls(&log);
        points.retain(silent);
        // every report of the touched sectors comes back in it
        assert!(points.len() > single::END / PACKET, "{}", points.len());
        run(&case, Cable::Hid, points, &mut table);
    }
    table.check();
}

#[test]
#[ignore = "thousands of writes: minutes in release"]
fn every_fault_point_over_hid() {
    let mut table = Table::default();
    for case in [Case::over_noise(), Case::update(), Case::application_only()] {
        usb(&case, Cable::Hid, Share::All, &mut table);
        println!(
            "{}: {} points so far, {} findings",
            case.name,
            table.points(),
            table.wrong.len()
        );
    }
    report("over HID", &table);
    table.check();
}

#[test]
#[ignore = "thousands of writes: minutes in release"]
fn every_fault_point_with_own_loader() {
    let mut table = Table::default();
    for case in [Case::over_noise(), Case::update(), Case::application_only()] {
        usb(&case.with_own_loader(), Cable::Hid, Share::All, &mut table);
    }
    report("over HID, rtboot's own loader", &table);
    table.check();
}

#[test]
#[ignore = "thousands of writes: minutes in release"]
fn every_fault_point_over_bulk() {
    let mut table = Table::default();
    for case in [Case::over_noise(), Case::update(), Case::application_only()] {
        usb(
            &case.with_own_loader(),
            Cable::HidAndBulk,
            Share::All,
            &mut table,
        );
    }
    report("over HID and bulk, rtboot's own loader", &table);
    table.check();
}

#[test]
#[ignore = "thousands of writes: minutes in release"]
fn every_fault_point_over_a_uart() {
    let mut table = Table::default();
    for case in [Case::over_noise(), Case::application_only()] {
        uart(&case, Share::All, &mut table);
        println!(
            "{}: {} points so far, {} findings",
            case.name,
            table.points(),
            table.wrong.len()
        );
    }
    report("over a UART", &table);
    table.check();
}
