//! How long the jobs of a day take with rtboot's own loader and with NXP's, on an emulated board whose USB keeps time.
//!
//! Skipped unless `RTBOOT_TIMED` names the socket of `tests/emulated.d/timed.py`; `RTBOOT_GENUINE_LOADER` may name the file of NXP's
//! loader, `RTBOOT_TIMED_JOBS` some sizes of the image in KiB and some of the jobs behind the write into blank flash: `64 1024 7168
//! unchanged changed other spsdk backup`; `spsdk` are the commands of NXP's own client, replayed. `RTBOOT_TIMED_BULK=0` leaves the bulk interface of rtboot's own loader alone. Asserts nothing about
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

const OWN: &str = "rtboot's own";

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

/// The reports that NXP's `blhost` out of SPSDK 3.12 sends: command reports without padding, data of 1016 bytes each, the largest packet
/// asked for before each command with data.
struct Blhost<'a>(&'a mut Timed);

impl Blhost<'_> {
    fn send(&mut self, id: u8, payload: &[u8]) {
        let [low, high] = (payload.len() as u16).to_le_bytes();
        let report = [&[id, 0, low, high], payload].concat();
        self.0.write(&report).expect("taken");
    }

    fn answer(&mut self) -> Vec<u8> {
        let wait = Duration::from_secs(300);
        let report = self.0.read(wait).expect("there").expect("an answer");
        report[4..].to_vec()
    }

    fn command(&mut self, tag: u8, sends_data: bool, words: &[u32]) -> Vec<u8> {
        let mut packet = vec![tag, sends_data.into(), 0, words.len() as u8];
        packet.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        self.send(1, &packet);
        let answer = self.answer();
        assert_eq!(answer[4..8], [0; 4], "{tag:#x}: {answer:x?}");
        answer
    }

    fn write(&mut self, address: u32, bytes: &[u8]) {
        self.command(0x07, false, &[0x0B, 0]);
        self.command(0x04, true, &[address, bytes.len() as u32, 9]);
        for piece in bytes.chunks(1016) {
            self.send(2, piece);
        }
        assert_eq!(self.answer()[4..8], [0; 4]);
    }

    fn read(&mut self, address: u32, length: usize) -> Vec<u8> {
        self.command(0x07, false, &[0x0B, 0]);
        self.command(0x03, false, &[address, length as u32, 9]);
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let data = self.answer();
            let more = data.len().min(1016).min(length - bytes.len());
            bytes.extend(&data[..more]);
        }
        assert_eq!(self.answer()[4..8], [0; 4]);
        bytes
    }

    /// Option word; erase; image from the IVT on; the FCB that the flashloader makes.
    fn recipe(&mut self, image: &[u8]) {
        self.command(0x05, false, &[0x2020_2000, 4, 0xC000_0007]);
        self.command(0x11, false, &[9, 0x2020_2000]);
        let end = (0x1000 + image.len() as u32).next_multiple_of(0x1000);
        self.command(0x02, false, &[0x6000_0000, end, 9]);
        self.write(0x6000_1000, image);
        self.command(0x05, false, &[0x2020_3000, 4, 0xF000_000F]);
        self.command(0x11, false, &[9, 0x2020_3000]);
    }
}

impl Bench {
    /// SPSDK's commands for what flash holds now, from the IVT on, over other content; without and with a read back.
    fn spsdk(&self, size: &str, length: usize) {
        let image = self.board.flash()[0x1000..length].to_vec();
        let old = tempfile::NamedTempFile::new().expect("a file");
        let bent: Vec<u8> = image.iter().map(|byte| byte ^ 0x55).collect();
        std::fs::write(old.path(), [vec![0x33; 0x1000], bent].concat()).expect("written");
        for reads in [false, true] {
            let with = if reads { ", read back" } else { "" };
            let what = format!("{size}, other content, SPSDK's commands{with}");
            self.board.0.ask(&format!("load {}", old.path().display()));
            self.row(&what, |board, listener| {
                let started = self.target.start_flashloader(board, listener);
                drop(started.expect("a flashloader"));
                let now = self.board.now();
                // what rtboot asked to start it is none of SPSDK's
                *self.board.1.lock().expect("one user at a time") = Some(now);
                let mut port = self.board.clone();
                let mut blhost = Blhost(&mut port);
                blhost.recipe(&image);
                if reads {
                    assert_eq!(blhost.read(0x6000_1000, image.len()), image);
                }
            });
            assert_eq!(self.board.flash()[0x1000..length], image, "{what}");
        }
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
        .unwrap_or("64 1024 7168 unchanged changed other spsdk backup".into());
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
        if wanted("spsdk") && name != OWN {
            bench.spsdk(size, kib * 1024);
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
        jobs(&socket, LoaderSource::Own, OWN);
    }
    if let Ok(file) = std::env::var("RTBOOT_GENUINE_LOADER") {
        jobs(&socket, LoaderSource::file(file), "NXP's");
    }
    println!("{}", socket.ask("status"));
}
