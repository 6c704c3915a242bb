//! One write, counted: what a change of flash costs over a wire with a loader, and the least that it could cost.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use rtboot::LoaderSource;
use rtboot::board::{Board, Look, Opened, Options, Plug, Program};
use rtboot::port::HidPort;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot_sim::Settings;

use super::board::Rig;
use super::case::application;
use super::limit;
use super::standin;

/// What flash holds before the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing: a new part, its quad-enable bit clear.
    Blank,
    /// Other bytes everywhere, in front of the image's end and behind it; they start nothing.
    Old,
    /// The image.
    Same,
    /// The image, but for one byte in its middle.
    Byte,
    /// The image, but for one sector in its middle.
    Sector,
    /// The image without the first byte of its code: all behind it lies one byte further.
    Inserted,
    /// Another image of the same length, and nothing behind it.
    All,
}

/// The loader that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loader {
    /// NXP's, as the virtual board models it.
    Nxp,
    /// rtboot's own.
    Own,
}

/// The wire to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// USB at high speed.
    HighSpeed,
    /// USB at full speed, where rtboot uses HID alone.
    FullSpeed,
    /// UART at 115200 baud.
    Uart,
    /// UART at the highest speed that loader and virtual board agree on.
    FastUart,
}

/// One cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub loader: Loader,
    pub wire: Wire,
    /// Bytes from the FCB to the end of the image.
    pub size: usize,
    pub change: Change,
}

/// What it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// USB reports and bulk transfers, both directions.
    pub reports: u64,
    /// Bytes of them, or of the UART.
    pub bytes: u64,
    /// Programs, erases and status writes.
    pub operations: u64,
    /// Modelled time, from a running loader to the end of the write.
    pub time: Duration,
    /// The least time.
    pub limit: Duration,
}

impl Figures {
    /// How many times as long as the least.
    pub fn ratio(&self) -> f64 {
        self.time.as_secs_f64() / self.limit.as_secs_f64()
    }
}

impl Change {
    pub const EVERY: [Change; 7] = [
        Change::Blank,
        Change::Old,
        Change::Same,
        Change::Byte,
        Change::Sector,
        Change::Inserted,
        Change::All,
    ];
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Change::Blank => "blank",
            Change::Old => "old content",
            Change::Same => "same image",
            Change::Byte => "one byte changed",
            Change::Sector => "one sector changed",
            Change::Inserted => "one byte inserted",
            Change::All => "all changed",
        })
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loader = match self.loader {
            Loader::Nxp => "NXP's",
            Loader::Own => "own",
        };
        let wire = match self.wire {
            Wire::HighSpeed => "USB",
            Wire::FullSpeed => "USB full speed",
            Wire::Uart => "UART 115200",
            Wire::FastUart => "UART fastest",
        };
        let size = match self.size {
            size if size % (1 << 20) == 0 => format!("{} MiB", size >> 20),
            size if size > 1 << 20 => format!("{:.1} MiB", size as f64 / f64::from(1 << 20)),
            size => format!("{} KiB", size >> 10),
        };
        write!(f, "{loader}, {wire}, {size}, {}", self.change)
    }
}

/// The application of an image of this size.
fn app(size: usize) -> Vec<u8> {
    application(1, size - 0x2000)
}

/// Flash with the image of this size, as rtboot writes it.
fn written(size: usize) -> Vec<u8> {
    static DONE: OnceLock<Mutex<BTreeMap<usize, Vec<u8>>>> = OnceLock::new();
    let done = DONE.get_or_init(Mutex::default);
    let mut done = done.lock().expect("no panic meanwhile");
    let flash = done.entry(size).or_insert_with(|| {
        let mut rig = Rig::fresh().with_own_loader();
        rig.options.base = Some(0x6000_2000);
        let report = rig.write_bytes(&app(size), "app.bin", "issi.cfg");
        report.expect("written");
        rig.flash()
    });
    flash.clone()
}

impl Cell {
    fn before(&self) -> (Vec<u8>, [u8; 3]) {
        let image = written(self.size);
        let middle = (0x2000 + (self.size - 0x2000) / 2) & !0xFFF;
        let mut before = image.clone();
        match self.change {
            Change::Blank => return (Vec::new(), [0; 3]),
            Change::Old => {
                let noise = super::case::noise(99, before.len());
                before = noise.iter().map(|byte| byte & 0x7F).collect();
            }
            Change::Same => {}
            Change::Byte => before[middle + 0x123] ^= 0xFF,
            Change::Sector => {
                for byte in &mut before[middle..middle + 0x1000] {
                    *byte ^= 0x5A;
                }
            }
            Change::Inserted => before.copy_within(0x2401..self.size, 0x2400),
            Change::All => {
                for byte in &mut before[0x2400..self.size] {
                    *byte ^= 0x5A;
                }
            }
        }
        (before, [0x40, 0, 0])
    }

    /// Writes, looks that flash holds the image, and counts.
    pub fn measure(&self) -> Figures {
        self.measure_with(false)
    }

    /// The same; `trace` prints each packet with the modelled time since the beginning of the write.
    pub fn measure_with(&self, trace: bool) -> Figures {
        let (flash, status) = self.before();
        let settings = Settings {
            flash: flash.clone(),
            status,
            ..Settings::default()
        };
        let mut rig = Rig::with(settings);
        rig.loader = match self.loader {
            Loader::Nxp => standin(),
            Loader::Own => LoaderSource::Own,
        };
        rig.options.base = Some(0x6000_2000);
        if self.wire == Wire::FullSpeed {
            let plug = Box::new(FullSpeed(rig.virtual_board.clone()));
            rig.board = Board::on_plug(plug, Options::default());
        } else if self.wire != Wire::HighSpeed {
            let port = rig.virtual_board.serial(115_200);
            let port: Box<dyn rtboot::port::SerialPort> = match self.wire {
                Wire::Uart => Box::new(Slow(port)),
                _ => port,
            };
            rig.board = Board::on_serial(port, Options::default());
        }
        drop(rig.flashloader().expect("a flashloader"));
        if trace && self.wire == Wire::HighSpeed {
            let board = rig.virtual_board.clone();
            let start = board.board().elapsed();
            let traced = Options {
                trace: Some(std::sync::Arc::new(move |line: &str| {
                    let at = board.board().elapsed() - start;
                    println!("{:10.3} ms  {line}", at.as_secs_f64() * 1e3);
                })),
                ..Options::default()
            };
            rig.board = Board::on_virtual(&rig.virtual_board, traced);
        }
        let mark = |rig: &Rig| {
            let board = rig.virtual_board.board();
            (board.counts(), board.elapsed())
        };
        let (counts, start) = mark(&rig);
        let done = rig.write_bytes(&app(self.size), "app.bin", "issi.cfg");
        done.unwrap_or_else(|error| panic!("{self}: {error}"));
        let (now, end) = mark(&rig);
        let (after, image) = (rig.flash(), written(self.size));
        // between header and code flash keeps what it held
        let mut held = flash.clone();
        held.resize(after.len(), 0xFF);
        let wanted = image.iter().zip(&held).enumerate();
        let wrong = wanted.zip(&after).find(|((at, (new, old)), now)| {
            let brings = *at < self.size && (**new != 0xFF || *at >= 0x2000);
            **now != if brings { **new } else { **old }
        });
        assert_eq!(wrong, None, "{self}: flash");
        let bytes = |c: &rtboot_sim::Counts| c.usb_bytes + c.uart_in + c.uart_out;
        let reports = |c: &rtboot_sim::Counts| c.usb_in + c.usb_out;
        let limit = limit::of(self, &flash, &after);
        Figures {
            reports: reports(&now) - reports(&counts),
            bytes: bytes(&now) - bytes(&counts),
            operations: now.nor_operations - counts.nor_operations,
            time: end - start,
            limit,
        }
    }
}

/// The virtual board behind a hub that is slow: 64 bytes each millisecond, and no bulk interface that rtboot would use.
struct FullSpeed(VirtualBoard);

impl Plug for FullSpeed {
    fn look(&mut self) -> rtboot::Result<Look> {
        let usb = self.0.identity();
        Ok(match usb.map(|usb| (usb.vendor_id, usb.product_id)) {
            Some((0x1FC9, _)) => Look::Program(Program::Rom),
            Some(_) => Look::Program(Program::Flashloader),
            None => Look::Nothing,
        })
    }

    fn open(&mut self) -> rtboot::Result<Opened> {
        let port = self.0.hid();
        Ok(Opened::Hid(Box::new(FullSpeedHid(port, self.0.clone()))))
    }

    fn wait(&mut self, time: Duration) {
        self.0.wait(time);
    }
}

struct FullSpeedHid(Box<dyn HidPort>, VirtualBoard);

impl FullSpeedHid {
    fn travel(&self, bytes: usize) {
        let packets = bytes.div_ceil(64) as u32;
        // the board counts a packet at high speed
        let counted = Duration::from_micros(125);
        self.1.wait(Duration::from_millis(1) * packets - counted);
    }
}

impl HidPort for FullSpeedHid {
    fn write(&mut self, report: &[u8]) -> Result<(), rtboot::port::Error> {
        self.travel(report.len());
        self.0.write(report)
    }

    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, rtboot::port::Error> {
        let report = self.0.read(timeout)?;
        if let Some(report) = &report {
            self.travel(report.len());
        }
        Ok(report)
    }

    fn describe(&self) -> String {
        self.0.describe()
    }

    fn sends_short_reports(&self) -> bool {
        self.0.sends_short_reports()
    }
}

/// A UART that knows no speed but its first.
struct Slow(Box<dyn rtboot::port::SerialPort>);

impl rtboot::port::SerialPort for Slow {
    fn write(&mut self, bytes: &[u8]) -> Result<(), rtboot::port::Error> {
        self.0.write(bytes)
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, rtboot::port::Error> {
        self.0.read(buffer, timeout)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), rtboot::port::Error> {
        match baud {
            115_200 => self.0.set_baud(baud),
            _ => Err(rtboot::port::Error::Io {
                port: "the line".into(),
                action: "set the speed of",
                message: "invalid argument".into(),
            }),
        }
    }

    fn discard_input(&mut self) -> Result<(), rtboot::port::Error> {
        self.0.discard_input()
    }

    fn describe(&self) -> String {
        self.0.describe()
    }

    fn now(&self) -> Duration {
        self.0.now()
    }
}
