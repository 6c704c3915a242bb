//! The time that a write still takes, as it is told while it runs, held against the virtual board's clock.

use std::time::Duration;

use crate::kit::board::{Rig, old_flash};
use crate::kit::case::noise;
use crate::kit::{rt1021, standin};
use rtboot::board::{Board, Options};
use rtboot::event::Event;
use rtboot::flash::FcbChoice;
use rtboot::forecast::Forecast;
use rtboot::job::{Target, WriteJob, WriteOptions};
use rtboot::{LoaderSource, Source};
use rtboot_sim::Settings;
use rtboot_sim::nor::Part;

/// From so long after the beginning of the erase on it must be right…
const FROM: Duration = Duration::from_secs(1);
/// … within this part of it, or so much time.
const SHARE: f64 = 0.2;
const SLACK: f64 = 0.1;

#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    loader: fn() -> LoaderSource,
    uart: bool,
    kib: usize,
    /// How much longer than typical erases take.
    slower: f64,
}

fn settings(case: &Case) -> Settings {
    let mut part = Part::is25lp064a();
    for time in [&mut part.times.erase_4k, &mut part.times.erase_64k] {
        *time = (*time as f64 * case.slower) as u64;
    }
    Settings {
        part,
        flash: old_flash(0x80_0000),
        status: [0x40, 0, 0],
        ..Settings::default()
    }
}

/// Events of a write with the board's time of each.
fn run(case: &Case) -> (Vec<(Duration, Event)>, Forecast, Duration) {
    let mut rig = Rig::with(settings(case));
    rig.loader = (case.loader)();
    if case.uart {
        let port = rig.virtual_board.serial(115_200);
        rig.board = Board::on_serial(port, Options::default());
    }
    let mut app = crate::kit::app_bytes("blinky.bin");
    // what no packer makes shorter
    app.extend(noise(5, case.kib * 1024));
    let options = WriteOptions {
        fcb: FcbChoice::named("issi.cfg", rt1021()).expect("known").0,
        ..WriteOptions::default()
    };
    let mut target = Target::default();
    target.loader = rig.loader.clone();
    let source = Source::bytes("app.bin", app);
    let job = WriteJob::prepare(&source.into(), options, rt1021()).expect("an image");
    let mut ready = job
        .identify(&mut rig.board, &target, &mut ())
        .expect("a flash");
    let plan = ready.plan(&mut ()).expect("a plan");
    let mut forecast = Forecast::default();
    forecast.expect(ready.coming(&plan));
    let clock = rig.virtual_board.clone();
    let mut events = Vec::new();
    let mut listen = |event: Event| events.push((clock.board().elapsed(), event));
    ready.write(&plan, &mut listen).expect("written");
    let end = rig.virtual_board.board().elapsed();
    (events, forecast, end)
}

#[test]
fn remaining_time_is_right_within_20_percent() {
    let own = || LoaderSource::Own;
    let case = |name, loader, kib| Case {
        name,
        loader,
        uart: false,
        kib,
        slower: 1.0,
    };
    let cases = [
        case("NXP's, 1 MiB", standin as fn() -> LoaderSource, 1024),
        Case {
            slower: 1.6,
            ..case("NXP's, 1 MiB, a worn flash", standin, 1024)
        },
        Case {
            uart: true,
            ..case("NXP's, UART, 128 KiB", standin, 128)
        },
        case("own, 1 MiB", own, 1024),
        Case {
            slower: 1.6,
            ..case("own, 1 MiB, a worn flash", own, 1024)
        },
        Case {
            uart: true,
            ..case("own, UART, 256 KiB", own, 256)
        },
    ];
    for case in cases {
        let (events, mut forecast, end) = run(&case);
        let mut erase = None;
        let (mut looks, mut worst) = (0, 0.0_f64);
        for (now, event) in events {
            match event {
                Event::Begin { stage, total } => {
                    erase.get_or_insert(now);
                    forecast.begin(stage, total, case.uart, now);
                }
                Event::Progress { done, .. } => forecast.set(done, now),
                Event::End { .. } => forecast.end(),
                _ => continue,
            }
            if erase.is_none_or(|began| now < began + FROM) {
                continue;
            }
            let told = forecast.left(now).as_secs_f64();
            let true_left = (end - now).as_secs_f64();
            let off = (told - true_left).abs();
            worst = worst.max((off - SLACK) / true_left.max(SLACK));
            looks += 1;
            assert!(
                off <= SHARE * true_left + SLACK,
                "{}: {event:?} told {told:.2} s, took {true_left:.2} s",
                case.name
            );
        }
        println!("{}: {looks} looks, {:.0} % off", case.name, worst * 100.0);
        assert!(looks >= 10, "{}: {looks}", case.name);
    }
}
