//! rtboot's whole job over the UART of an emulated board: the processor runs the committed image, and a referee reports every broken rule
//! of the silicon.
//!
//! Skipped unless `RTBOOT_EMULATED_UART` names the socket of `tests/emulated.d/timed_uart.py`; `RTBOOT_STATES_PART` is the part of its flash.

use std::time::Duration;

use super::genuine::{Socket, hex, unhex};
use crate::kit::{app_bytes, rt1021};
use rtboot::board::{Board, Look, Opened, Options, Plug, Program};
use rtboot::event::Event;
use rtboot::flash::{FcbChoice, LoaderSource};
use rtboot::job::{After, Target, WriteJob, WriteOptions};
use rtboot::journal::JournalStore;
use rtboot::port::{Error, SerialPort};
use rtboot::{Result, Source};

/// The line of the emulated board, on its clock.
#[derive(Clone)]
struct Line(Socket);

impl Plug for Line {
    fn look(&mut self) -> Result<Look> {
        Ok(Look::Program(Program::Flashloader))
    }

    fn open(&mut self) -> Result<Opened> {
        Ok(Opened::Serial(Box::new(self.clone())))
    }

    fn wait(&mut self, _time: Duration) {}
}

impl SerialPort for Line {
    fn write(&mut self, bytes: &[u8]) -> std::result::Result<(), Error> {
        assert_eq!(self.0.ask(&format!("send {}", hex(bytes))), "ok");
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> std::result::Result<usize, Error> {
        let (count, limit) = (buffer.len(), timeout.as_micros());
        let got = unhex(&self.0.ask(&format!("recv {count} {limit}")));
        buffer[..got.len()].copy_from_slice(&got);
        Ok(got.len())
    }

    fn set_baud(&mut self, baud: u32) -> std::result::Result<(), Error> {
        assert_eq!(self.0.ask(&format!("baud {baud}")), "ok");
        Ok(())
    }

    fn discard_input(&mut self) -> std::result::Result<(), Error> {
        assert_eq!(self.0.ask("discard"), "ok");
        Ok(())
    }

    fn describe(&self) -> String {
        "the emulated board's UART".into()
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.ask("now").parse().expect("nanoseconds"))
    }
}

#[test]
fn own_loader_in_emulation_writes_over_uart() {
    let Ok(address) = std::env::var("RTBOOT_EMULATED_UART") else {
        eprintln!("skipped: RTBOOT_EMULATED_UART is not set");
        return;
    };
    let part = std::env::var("RTBOOT_STATES_PART").unwrap_or("is25lp064a".into());
    let line = Line(Socket::connect(&address));
    let old = tempfile::NamedTempFile::new().expect("a file");
    let before = vec![0x5A; 0x4000];
    std::fs::write(old.path(), &before).expect("written");
    line.0.ask(&format!("load {}", old.path().display()));
    let mut events = Vec::new();
    let mut listener = |event: Event| events.push(event);
    let mut board = Board::on_plug(Box::new(line.clone()), Options::default());
    let mut target = Target::default();
    target.chip = Some(rt1021());
    target.loader = LoaderSource::Own;
    let journals = tempfile::tempdir().expect("a folder");
    let options = WriteOptions {
        fcb: FcbChoice::named(&part, rt1021()).expect("a part").0,
        journal: Some(JournalStore::new(journals.path())),
        after: After::Reset,
        ..WriteOptions::default()
    };
    let image = app_bytes("blinky.bin");
    let source = Source::bytes("blinky.bin", image.clone());
    let job = WriteJob::prepare(&source.into(), options, rt1021()).expect("an image");
    let started = line.now();
    let mut ready = job
        .identify(&mut board, &target, &mut listener)
        .expect("a flash");
    let plan = ready.plan(&mut listener).expect("a plan");
    let report = ready.write(&plan, &mut listener).expect("written");
    ready
        .verdict(&plan, &report, &mut listener)
        .expect("a verdict");
    ready.finish().expect("finished");
    let time = (line.now() - started).as_secs_f64();
    let dump = tempfile::NamedTempFile::new().expect("a file");
    line.0.ask(&format!("dump {}", dump.path().display()));
    let flash = std::fs::read(dump.path()).expect("the flash");
    assert_eq!(flash[0x2000..][..image.len()], image);
    assert_eq!(&flash[..4], b"FCFB");
    assert_eq!(flash[0x3000..0x4000], before[0x3000..]);
    let status = |line: &Line| -> serde_json::Value {
        serde_json::from_str(&line.0.ask("status")).expect("JSON")
    };
    let after = status(&line);
    assert_eq!(after["lost"], 0, "bytes lost by the controller");
    assert_eq!(after["rules"].as_array().map(Vec::len), Some(0), "{after}");
    line.0.ask("power internal");
    let after = status(&line);
    assert_eq!(after["boot"]["boots"], true, "{after}");
    println!("{part} over a UART: written and boots, {time:.2} s of the board's time");
}
