//! The whole job against NXP's genuine flashloader, or rtboot's own loader, executed on an emulated board behind a TCP socket.
//!
//! Skipped unless `RTBOOT_GENUINE` names the socket (`127.0.0.1:3241`) and `RTBOOT_GENUINE_LOADER` the file of the loader.
//! The socket takes one line a command (`id`, `out HEX`, `in MS`, `power MODE`, `qe 0|1`, `protect HEX`,
//! `flash present|absent`, `status`) and answers with one line.

mod doctor;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::kit::{app, rt1021};
use rtboot::board::{Board, Look, Opened, Options, Plug, Program};
use rtboot::event::Event;
use rtboot::flash::{self, FcbChoice, Headers, Nor, Policy, Prepared, Rom, Writer};
use rtboot::journal::{BoardKey, JournalStore};
use rtboot::port::{self, HidPort};
use rtboot::{Error, Result};
use rtboot_bootable::{Firmware, LoaderImage};

#[derive(Clone)]
pub(super) struct Socket(Arc<Mutex<BufReader<TcpStream>>>);

impl Socket {
    pub(super) fn connect(address: &str) -> Socket {
        let stream = TcpStream::connect(address).expect("the emulated board");
        Socket(Arc::new(Mutex::new(BufReader::new(stream))))
    }

    pub(super) fn ask(&self, line: &str) -> String {
        let mut stream = self.0.lock().expect("one user at a time");
        stream
            .get_mut()
            .write_all(format!("{line}\n").as_bytes())
            .expect("the emulated board listens");
        let mut answer = String::new();
        stream
            .read_line(&mut answer)
            .expect("the emulated board answers");
        answer.trim().to_owned()
    }
}

pub(super) struct Emulated(pub(super) Socket);

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(super) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex"))
        .collect()
}

impl Plug for Emulated {
    fn look(&mut self) -> Result<Look> {
        let id = self.0.ask("id");
        Ok(match id.get(..9) {
            Some("1fc9:0130" | "1fc9:0135" | "1fc9:0145") => Look::Program(Program::Rom),
            Some("15a2:0073") => Look::Program(Program::Flashloader),
            _ => Look::Nothing,
        })
    }

    fn open(&mut self) -> Result<Opened> {
        Ok(Opened::Hid(Box::new(EmulatedPort(self.0.clone()))))
    }

    fn wait(&mut self, _time: Duration) {}
}

struct EmulatedPort(Socket);

impl HidPort for EmulatedPort {
    fn write(&mut self, report: &[u8]) -> std::result::Result<(), port::Error> {
        let answer = self.0.ask(&format!("out {}", hex(report)));
        if answer.starts_with("ok") {
            Ok(())
        } else {
            Err(port::Error::Gone { port: answer })
        }
    }

    fn read(&mut self, timeout: Duration) -> std::result::Result<Option<Vec<u8>>, port::Error> {
        let ms = timeout.as_millis().clamp(1, 20_000);
        let answer = self.0.ask(&format!("in {ms}"));
        match answer.strip_prefix("error") {
            Some(text) if text.contains("Timeout") => Ok(None),
            Some(text) => Err(port::Error::Gone {
                port: text.to_owned(),
            }),
            None => Ok(Some(unhex(&answer))),
        }
    }

    fn describe(&self) -> String {
        "the emulated board".into()
    }
}

fn emulated() -> Option<(Socket, LoaderImage)> {
    let address = std::env::var("RTBOOT_GENUINE").ok()?;
    let file = std::env::var("RTBOOT_GENUINE_LOADER").expect("the flashloader file, too");
    let bytes = std::fs::read(file).expect("the flashloader file");
    let loader = LoaderImage::parse(&bytes, &rt1021().map).expect("a flashloader");
    Some((Socket::connect(&address), loader))
}

fn write(
    socket: &Socket,
    loader: &LoaderImage,
    file: &str,
    fcb: &str,
) -> Result<(flash::WriteReport, Vec<Event>, Nor)> {
    let chip = rt1021();
    let mut events = Vec::new();
    let bytes = match file {
        "large.bin" => large(),
        file => std::fs::read(app(file)).expect("a committed file"),
    };
    let firmware = Firmware::parse(&bytes, Some(file), None, &chip.map).expect("blinky");
    let (from, parts) = rtboot_fcb::database::find(fcb).expect("in the database");
    let prepared = Prepared::new(
        file,
        firmware,
        FcbChoice::Part {
            from: from.into(),
            file: parts,
        },
        Headers::Add,
        chip,
    )
    .expect("blinky");
    let mut board = Board::on_plug(Box::new(Emulated(socket.clone())), Options::default());
    let mut running = match board.program()? {
        // the emulated ROM does not know the id register: the chip is named instead
        Some(Program::Rom) => Rom::connect(&mut board)?.start(
            known(),
            &loader.clone().into(),
            &mut board,
            &mut events,
        )?,
        _ => flash::Flashloader::join(&mut board, Some(rt1021()), &mut events)?,
    };
    let facts = running.look_at_flash(&mut ())?;
    let part = prepared.choose_part(&facts)?;
    let layout = prepared.for_part(&part).expect("blinky");
    let mut nor = Nor::new(running, part, facts);
    let folder = tempfile::tempdir().expect("a folder");
    let key = BoardKey::new("0", nor.facts().id, nor.part().size, "here");
    let mut journal = JournalStore::new(folder.path()).open(&key)?;
    let plan = flash::plan_write(
        &mut nor,
        &layout.memory,
        None,
        Policy::default(),
        &mut events,
    )?;
    let report = Writer::new(&mut nor, &plan, Some(&mut journal)).run(&mut events)?;
    Ok((report, events, nor))
}

/// A known flash, whatever runs on the board.
fn nor_of(socket: &Socket, loader: &LoaderImage, fcb: &str) -> (Board, Vec<Event>, Nor) {
    let mut events = Vec::new();
    let mut board = Board::on_plug(Box::new(Emulated(socket.clone())), Options::default());
    let mut running = match board.program().expect("a board") {
        Some(Program::Rom) => {
            let rom = Rom::connect(&mut board).expect("the ROM");
            rom.start(known(), &loader.clone().into(), &mut board, &mut events)
                .expect("a flashloader")
        }
        _ => flash::Flashloader::join(&mut board, Some(rt1021()), &mut events)
            .expect("a flashloader"),
    };
    let facts = running.look_at_flash(&mut ()).expect("a flash");
    let (from, file) = rtboot_fcb::database::find(fcb).expect("in the database");
    let source = flash::PartSource::Cfg {
        from: from.into(),
        file,
    };
    let part = flash::choose_part(&facts, &source).expect("that part");
    (board, events, Nor::new(running, part, facts))
}

/// Blinky with 160 KiB of data behind it: three 64 KiB blocks are touched, two of them whole.
fn large() -> Vec<u8> {
    let mut image = std::fs::read(app("blinky.bin")).expect("a committed file");
    let start = image.len();
    image.resize(0x2_8000, 0);
    for (i, byte) in image.iter_mut().enumerate().skip(start) {
        *byte = ((i / 7) ^ (i >> 9)) as u8;
    }
    image
}

#[test]
fn genuine_flashloader_writes_a_bootable_flash() {
    let Some((socket, loader)) = emulated() else {
        eprintln!("skipped: RTBOOT_GENUINE is not set");
        return;
    };
    let fcb = std::env::var("RTBOOT_GENUINE_FCB").unwrap_or("issi.cfg".into());
    let (report, _, nor) = write(&socket, &loader, "blinky.elf", &fcb).expect("written");
    assert!(report.changed);
    nor.into_loader().reset().expect("reset");
    // a loader may answer first and reset then; the emulated board goes on only while it is asked for something
    let mut status = socket.ask("status");
    for _ in 0..100 {
        if status.contains("\"state\": \"app\"") {
            break;
        }
        socket.ask("in 1");
        status = socket.ask("status");
    }
    assert!(status.contains("\"state\": \"app\""), "{status}");

    socket.ask("power serial");
    let (report, ..) = write(&socket, &loader, "blinky.elf", &fcb).expect("nothing to do");
    assert!(!report.changed);
    let (report, _, nor) = write(&socket, &loader, "blinky_fast.elf", &fcb).expect("written over");
    assert!(report.changed && report.sectors_erased == 2, "{report:?}");
    nor.into_loader().reset().expect("reset");
    eprintln!("{}", socket.ask("status"));

    socket.ask("power serial");
    socket.ask("protect ff");
    let error = write(&socket, &loader, "blinky.elf", &fcb)
        .map(|_| ())
        .expect_err("protected");
    assert!(matches!(error, Error::Protected { .. }), "{error}");
    socket.ask("protect 0");
    socket.ask("power serial");
    socket.ask("flash absent");
    let error = write(&socket, &loader, "blinky.elf", &fcb)
        .map(|_| ())
        .expect_err("absent");
    assert!(matches!(error, Error::NoFlash { .. }), "{error}");
    socket.ask("flash present");

    socket.ask("power serial");
    let (report, ..) = write(&socket, &loader, "large.bin", &fcb).expect("a large image");
    assert!(report.bytes_verified >= 0x2_A000, "{report:?}");
    let (report, ..) = write(&socket, &loader, "blinky.elf", &fcb).expect("the same start");
    let sectors = (report.sectors_erased, report.sectors_left);
    assert_eq!(
        sectors,
        (2, 1),
        "only the boot data's length differs: {report:?}"
    );
    let dump = tempfile::NamedTempFile::new().expect("a file");
    socket.ask(&format!("dump {}", dump.path().display()));
    let flash = std::fs::read(dump.path()).expect("the flash");
    assert_eq!(flash[0x2000..0x2_A000], large(), "the flash's own cells");

    socket.ask("protect ff");
    let (_, _, mut nor) = nor_of(&socket, &loader, &fcb);
    let status = nor.read_status().expect("status");
    assert!(nor.part().protected(&status));
    let open = nor.part().unprotected(&status);
    let after = nor.write_status(&open).expect("unprotected");
    assert!(
        !nor.part().protected(&after) && nor.part().quad_enabled(&after) == Some(true),
        "{after}"
    );

    socket.ask("stuck 3010 ff");
    let error = write(&socket, &loader, "blinky_fast.elf", &fcb);
    assert!(
        error.is_ok(),
        "a bad bit outside the changed sectors does not matter"
    );
    socket.ask("stuck 2005 10");
    let error = write(&socket, &loader, "blinky.elf", &fcb)
        .map(|_| ())
        .expect_err("a bit that never erases");
    assert_eq!(error.exit_code(), 31, "{error}");
    assert!(
        error
            .to_string()
            .contains("0x60002005 should be 0xff, found 0xef"),
        "{error}"
    );
}

#[test]
fn genuine_flashloader_ends_modes_of_the_flash() {
    use rtboot::flash::LeftIn;
    use rtboot::mboot::MemoryId;
    let Some((socket, loader)) = emulated() else {
        eprintln!("skipped: RTBOOT_GENUINE is not set");
        return;
    };
    let fcb = std::env::var("RTBOOT_GENUINE_FCB").unwrap_or("issi.cfg".into());
    socket.ask("power serial");
    let (mut board, mut events, nor) = nor_of(&socket, &loader, &fcb);
    let id = nor.facts().id;
    let mut running = nor.into_loader();
    // by option word: continuous read, whose jump the controller keeps, too; then QPI and power-down by a command alone
    let scratch = running.facts().scratch;
    let session = running.session();
    session
        .fill_memory(scratch, 4, 0xC000_0017)
        .expect("a word");
    session
        .configure_memory(MemoryId::FLEXSPI_NOR, scratch)
        .expect("configured");
    let read = session.read_memory(0x6000_0000, 64, MemoryId::INTERNAL, &mut |_| true);
    read.expect("read");
    let facts = running.look_at_flash(&mut events).expect("brought back");
    assert_eq!(facts.id, id);
    let woken = facts.woken.expect("it was in continuous read");
    assert_eq!(woken.from, LeftIn::ContinuousRead);
    drop(running);
    let mut running =
        flash::Flashloader::join(&mut board, Some(rt1021()), &mut events).expect("a flashloader");
    if id.0[0] == 0x9D {
        let qpi = rtboot_fcb::probe::register(0x35);
        running
            .read_through(&qpi, rtboot::Question::Status2, 0, 1)
            .expect("a command");
        assert!(!running.jedec_id().expect("an answer").answers());
        let facts = running.look_at_flash(&mut events).expect("brought back");
        assert_eq!(facts.id, id);
        assert_eq!(facts.woken.map(|woken| woken.from), Some(LeftIn::Qpi));
    }
    assert_eq!(
        running.look_at_flash(&mut events).expect("asked").woken,
        None
    );
}

/// The soft reset before a trial and a write sends 66h and 99h to the flash, and no command that changes it.
#[test]
fn genuine_flashloader_resets_the_flash() {
    use rtboot::mboot::MemoryId;
    let Some((socket, loader)) = emulated() else {
        eprintln!("skipped: RTBOOT_GENUINE is not set");
        return;
    };
    let fcb = std::env::var("RTBOOT_GENUINE_FCB").unwrap_or("issi.cfg".into());
    socket.ask("power serial");
    let (_board, _, nor) = nor_of(&socket, &loader, &fcb);
    let (before, size) = (nor.facts().status, nor.part().size);
    let mut running = nor.into_loader();
    socket.ask("trace on");
    running.soft_reset_flash(size).expect("reset");
    let trace = socket.ask("trace show");
    socket.ask("trace off");
    let place = |opcode: &str| trace.find(&format!("[\"{opcode}"));
    let (enable, reset) = (place("66").expect("66h"), place("99").expect("99h"));
    assert!(enable < reset, "{trace}");
    for opcode in ["01", "06", "20", "31", "d8"] {
        assert_eq!(place(opcode), None, "{trace}");
    }
    let facts = running.look_at_flash(&mut ()).expect("a flash");
    assert_eq!((facts.woken, facts.status), (None, before));
    // GPR14, GPR16, GPR17: the FlexRAM split is no memory that it lets be read
    for register in [0x400A_C038, 0x400A_C040, 0x400A_C044] {
        let session = running.session();
        let read = session.read_memory(register, 4, MemoryId::INTERNAL, &mut |_| true);
        let status = read.expect_err("refused").status();
        assert_eq!(status.map(|status| status.0), Some(10200), "{register:#x}");
    }
}

/// The chip as a user names it, before anything was asked.
fn known() -> rtboot::chip::Identity {
    rtboot::chip::Identity::unasked(Some(rt1021()))
}
