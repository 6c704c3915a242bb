//! How long the jobs of a day take with rtboot's own loader and with NXP's, on an emulated board whose USB keeps time.
//!
//! Skipped unless `RTBOOT_TIMED` names the socket of `tests/emulated.d/timed.py`; `RTBOOT_GENUINE_LOADER` may name the file of NXP's
//! loader, `RTBOOT_TIMED_JOBS` some sizes of the image in KiB and some of the jobs behind the write into blank flash: `64 1024 7168
//! unchanged changed other backup`. `RTBOOT_TIMED_BULK=0` leaves the bulk interface of rtboot's own loader alone. Asserts nothing about
//! time: `tests/speed` prints the table of docs/performance.md.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::genuine::{Socket, hex, unhex};
use crate::kit::{app_bytes, rt1021};
use rtboot::board::{Board, Look, Opened, Options, Plug, Program};
use rtboot::flash::{FcbChoice, LoaderSource};
use rtboot::job::{self, Target, WriteJob, WriteOptions};
use rtboot::journal::JournalStore;
use rtboot::port::{self, BulkPort, HidPort};
use rtboot::{Event, Result, Source};

/// Sizes of the image in KiB, from the FCB to its end.
const SIZES: [(usize, &str); 3] = [(64, "64 KiB"), (1 << 10, "1 MiB"), (7 << 10, "7 MiB")];

/// The board, and when its loader was first seen.
#[derive(Clone)]
pub(super) struct Timed(pub(super) Socket, Arc<Mutex<Option<Duration>>>);

impl Timed {
    pub(super) fn on(socket: Socket) -> Timed {
        Timed(socket, Arc::default())
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.ask("now").parse().expect("nanoseconds"))
    }

    /// What the flash needed for erases and programs so far.
    fn own(&self) -> Duration {
        let work: serde_json::Value = serde_json::from_str(&self.0.ask("work")).expect("JSON");
        let of = |what: &str| work[what].as_u64().expect("nanoseconds");
        Duration::from_nanos(of("erase") + of("program"))
    }

    pub(super) fn flash(&self) -> Vec<u8> {
        let dump = tempfile::NamedTempFile::new().expect("a file");
        self.0.ask(&format!("dump {}", dump.path().display()));
        std::fs::read(dump.path()).expect("the flash")
    }
}

impl Plug for Timed {
    fn look(&mut self) -> Result<Look> {
        let id = self.0.ask("id");
        Ok(match id.get(..9) {
            Some("1fc9:0130") => Look::Program(Program::Rom),
            Some("15a2:0073") => {
                let mut seen = self.1.lock().expect("one user at a time");
                seen.get_or_insert_with(|| self.now());
                Look::Program(Program::Flashloader)
            }
            _ => Look::Nothing,
        })
    }

    fn open(&mut self) -> Result<Opened> {
        Ok(Opened::Hid(Box::new(self.clone())))
    }

    fn wait(&mut self, _time: Duration) {}
}

impl HidPort for Timed {
    fn write(&mut self, report: &[u8]) -> std::result::Result<(), port::Error> {
        let answer = self.0.ask(&format!("out {}", hex(report)));
        match answer.starts_with("ok") {
            true => Ok(()),
            false => Err(port::Error::Gone { port: answer }),
        }
    }

    fn read(&mut self, timeout: Duration) -> std::result::Result<Option<Vec<u8>>, port::Error> {
        let answer = self.0.ask(&format!("in {}", timeout.as_millis()));
        match answer.strip_prefix("error") {
            Some(text) if text.contains("Timeout") => Ok(None),
            Some(text) => Err(port::Error::Gone { port: text.into() }),
            None => Ok(Some(unhex(&answer))),
        }
    }

    fn describe(&self) -> String {
        "the emulated board".into()
    }

    fn open_bulk(&mut self) -> std::result::Result<Box<dyn BulkPort>, port::Error> {
        let wanted = std::env::var("RTBOOT_TIMED_BULK").as_deref() != Ok("0");
        let answer = match wanted {
            true => self.0.ask("bulk?"),
            false => String::new(),
        };
        match answer.strip_prefix("ok ").map(str::parse) {
            Some(packet) => Ok(Box::new(TimedBulk(
                self.clone(),
                packet.expect("bytes of a packet"),
            ))),
            None => Err(port::Error::NotFound {
                port: self.describe(),
            }),
        }
    }

    fn now(&self) -> Duration {
        Timed::now(self)
    }
}

/// Its bulk interface, and the bytes of a packet there.
struct TimedBulk(Timed, usize);

impl BulkPort for TimedBulk {
    fn write(&mut self, bytes: &[u8]) -> std::result::Result<(), port::Error> {
        let answer = self.0.0.ask(&format!("bulk {}", hex(bytes)));
        match answer.as_str() {
            "ok" => Ok(()),
            _ => Err(port::Error::Gone { port: answer }),
        }
    }

    fn read(&mut self, timeout: Duration) -> std::result::Result<Option<Vec<u8>>, port::Error> {
        let answer = self.0.0.ask(&format!("bulk-in {}", timeout.as_millis()));
        match answer.strip_prefix("error") {
            Some(text) if text.contains("Timeout") => Ok(None),
            Some(text) => Err(port::Error::Gone { port: text.into() }),
            None => Ok(Some(unhex(&answer))),
        }
    }

    fn packet_size(&self) -> usize {
        self.1
    }

    fn describe(&self) -> String {
        "the emulated board's bulk interface".into()
    }

    fn now(&self) -> Duration {
        self.0.now()
    }
}

/// Blinky with noise behind it, which no packer makes shorter: so many KiB from the FCB on.
fn image(kib: usize, seed: u32) -> Vec<u8> {
    let mut image = app_bytes("blinky.bin");
    let mut state = seed;
    while image.len() < kib * 1024 - 0x2000 {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        image.push(state as u8);
    }
    image
}

struct Bench {
    board: Timed,
    target: Target,
    journals: tempfile::TempDir,
    name: &'static str,
}

impl Bench {
    /// One job from the boot ROM on; it is timed from when the loader is there.
    fn row(&self, what: &str, work: impl FnOnce(&mut Board, &mut dyn rtboot::Listener)) {
        self.board.0.ask("power serial");
        *self.board.1.lock().expect("one user at a time") = None;
        let mut board = Board::on_plug(Box::new(self.board.clone()), Options::default());
        let own = self.board.own();
        let mut marks: Vec<(String, Duration)> = Vec::new();
        let clock = self.board.clone();
        let mut listen = |event: Event| match event {
            Event::Begin { stage, .. } => marks.push((format!("to {stage}"), clock.now())),
            Event::End { stage, .. } => marks.push((stage.to_string(), clock.now())),
            _ => {}
        };
        work(&mut board, &mut listen);
        let mut last = self
            .board
            .1
            .lock()
            .expect("one user at a time")
            .expect("a loader");
        let time = (self.board.now() - last).as_secs_f64();
        let own = (self.board.own() - own).as_secs_f64();
        let ratio = match own > 0.0 {
            true => format!("{:.2}", time / own),
            false => "–".into(),
        };
        println!(
            "| {} | {what} | {time:.3} s | {own:.3} s | {ratio} |",
            self.name
        );
        for (mark, now) in marks
            .iter()
            .filter(|(_, now)| *now >= last)
            .collect::<Vec<_>>()
        {
            eprint!(" {mark} {:.3}", (*now - last).as_secs_f64());
            last = *now;
        }
        eprintln!();
    }

    fn write(&self, what: &str, image: &[u8]) {
        let options = WriteOptions {
            fcb: FcbChoice::named("issi.cfg", rt1021())
                .expect("in the database")
                .0,
            journal: Some(JournalStore::new(self.journals.path())),
            ..WriteOptions::default()
        };
        let source = Source::bytes("image.bin", image.to_vec());
        let job = WriteJob::prepare(&source.into(), options, rt1021()).expect("an image");
        self.row(what, |board, listener| {
            let mut ready = job
                .identify(board, &self.target, listener)
                .expect("a flash");
            let plan = ready.plan(listener).expect("a plan");
            let report = ready.write(&plan, listener).expect("written");
            ready.verdict(&plan, &report, listener).expect("a verdict");
            ready.finish().expect("finished");
        });
        let flash = self.board.flash();
        assert_eq!(flash[0x2000..][..image.len()], *image, "{what}");
    }
}

fn jobs(socket: &Socket, loader: LoaderSource, name: &'static str) {
    let mut target = Target::default();
    target.chip = Some(rt1021());
    target.loader = loader;
    let bench = Bench {
        board: Timed::on(socket.clone()),
        target,
        journals: tempfile::tempdir().expect("a folder"),
        name,
    };
    let jobs = std::env::var("RTBOOT_TIMED_JOBS")
        .unwrap_or("64 1024 7168 unchanged changed other backup".into());
    let wanted = |job: &str| jobs.split(' ').any(|name| name == job);
    let blank = tempfile::NamedTempFile::new().expect("a file");
    for (kib, size) in SIZES {
        if !wanted(&kib.to_string()) {
            continue;
        }
        socket.ask(&format!("load {}", blank.path().display()));
        socket.ask("leave fresh");
        bench.write(&format!("{size}, flash blank"), &image(kib, 1));
        if wanted("unchanged") {
            bench.write(&format!("{size}, unchanged"), &image(kib, 1));
        }
        if wanted("changed") {
            let mut changed = image(kib, 1);
            let middle = changed.len() / 2;
            changed[middle] ^= 0xFF;
            bench.write(&format!("{size}, one sector changed"), &changed);
        }
        if wanted("other") {
            bench.write(&format!("{size}, other content"), &image(kib, 2));
        }
    }
    if !wanted("backup") {
        return;
    }
    bench.row("backup of 8 MiB", |board, listener| {
        let mut nor = bench.target.open_flash(board, listener).expect("a flash");
        let backup = job::backup(&mut nor, listener).expect("read");
        assert_eq!(backup.bytes, bench.board.flash());
    });
}

#[test]
fn times_of_the_jobs_of_a_day() {
    let Ok(address) = std::env::var("RTBOOT_TIMED") else {
        eprintln!("skipped: RTBOOT_TIMED is not set");
        return;
    };
    let socket = Socket::connect(&address);
    println!("| loader | job | time | of it the flash's own | ratio |");
    println!("|--|--|--|--|--|");
    if std::env::var("RTBOOT_TIMED_OWN").as_deref() != Ok("0") {
        jobs(&socket, LoaderSource::Own, "rtboot's own");
    }
    if let Ok(file) = std::env::var("RTBOOT_GENUINE_LOADER") {
        jobs(&socket, LoaderSource::file(file), "NXP's");
    }
    println!("{}", socket.ask("status"));
}
