//! A cable to a virtual board that counts what passes, keeps a log of it, and at a chosen call does something to the board
//! or to the host.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rtboot::board::{Look, Opened, Plug, Program};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::port::{self, BulkPort, HidPort, SerialPort};
use rtboot::{Error, Result};
use rtboot_sim::Fault;

/// More calls of a port than any write, however disturbed, may need.
const CALL_LIMIT: u64 = 2_000_000;

/// What happens at a call of the port.
#[derive(Clone, Debug, PartialEq)]
pub enum Trip {
    /// The host's process ends: nothing more is sent, nothing more is read.
    HostDies,
    /// The reset line is pulled, or the flashloader resets itself.
    Reset,
    /// This fault appears, to stay.
    Fault(Fault),
    /// The host gets nothing for so many milliseconds; then all that came meanwhile.
    Late(u64),
    /// From here on, of the reports with data for a flashloader that hold these bytes the one with this number, counted from 1,
    /// arrives with bits turned in the first of them.
    DataTurned {
        report: u64,
        holds: Vec<u8>,
        xor: u8,
    },
    /// From now on something comes each 0.3 s and never more: over a UART one byte, of what the board says or any other, over HID
    /// the last report once more.
    Drips,
}

/// Time between two bytes of [`Trip::Drips`].
const DRIP: Duration = Duration::from_millis(300);

/// Which way bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Out,
    In,
}

/// What passed in one call of the port.
#[derive(Clone, Debug)]
pub struct Line {
    pub way: Way,
    /// Number of the call, from 1.
    pub call: u64,
    pub bytes: Vec<u8>,
    /// Whether a flashloader ran on the board when it passed.
    pub loader: bool,
}

/// Changes a report on its way to the host; an emptied one is lost. The number is kept for it between calls.
pub type Change = fn(&mut Vec<u8>, &mut u32);

#[derive(Default)]
struct State {
    calls: u64,
    trip: Option<(u64, Trip)>,
    dead: bool,
    deaf_until: Option<Duration>,
    /// When the next piece of a drip is due.
    drip: Option<Duration>,
    /// The last report that came in.
    last: Vec<u8>,
    log: Option<Vec<Line>>,
    change: Option<(Change, u32)>,
    /// Reports to go, bytes and bits of [`Trip::DataTurned`].
    turn: Option<(u64, Vec<u8>, u8)>,
}

/// Report id of data that the host sends; in front of the data are two bytes more and its length.
const DATA_OUT: u8 = 2;
const DATA_AT: usize = 4;

/// What a cable connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cable {
    /// USB, where the host cannot open the bulk interface of rtboot's own loader.
    Hid,
    /// USB with both interfaces. A frame of the bulk interface counts as a report, and looks like one in the log.
    HidAndBulk,
    Uart,
}

impl Cable {
    pub fn is_uart(self) -> bool {
        self == Cable::Uart
    }

    /// As headings and findings name it.
    pub fn name(self) -> &'static str {
        match self {
            Cable::Hid => "HID",
            Cable::HidAndBulk => "HID and bulk",
            Cable::Uart => "UART",
        }
    }
}

/// A cable to a board.
#[derive(Clone)]
pub struct Wire {
    board: VirtualBoard,
    cable: Cable,
    baud: u32,
    state: Arc<Mutex<State>>,
}

fn gone() -> port::Error {
    port::Error::Gone {
        port: "the cable".into(),
    }
}

impl Wire {
    pub fn new(board: &VirtualBoard, cable: Cable) -> Wire {
        Wire {
            board: board.clone(),
            cable,
            baud: 115_200,
            state: Arc::default(),
        }
    }

    /// The same, with something to happen at the call with this number.
    pub fn with_trip(self, at: u64, trip: Trip) -> Wire {
        self.state().trip = Some((at, trip));
        self
    }

    /// The same, with this done to every report that comes in.
    pub fn changed(self, change: Change) -> Wire {
        self.state().change = Some((change, 0));
        self
    }

    /// The same, with the host at another speed.
    pub fn at_baud(mut self, baud: u32) -> Wire {
        self.baud = baud;
        self
    }

    /// The same, keeping a log.
    pub fn logged(self) -> Wire {
        self.state().log = Some(Vec::new());
        self
    }

    /// Calls of the port so far.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    pub fn take_log(&self) -> Vec<Line> {
        self.state().log.take().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call and triggers what was set for it.
    fn call(&self) -> std::result::Result<(), port::Error> {
        let mut state = self.state();
        if state.dead {
            return Err(gone());
        }
        state.calls += 1;
        assert!(state.calls < CALL_LIMIT, "endless: {} calls", state.calls);
        let now = state.calls;
        match state.trip.take_if(|(at, _)| *at == now) {
            Some((_, Trip::HostDies)) => {
                state.dead = true;
                return Err(gone());
            }
            Some((_, Trip::Reset)) => self.board.board().reset(),
            Some((_, Trip::Fault(fault))) => self.board.board().fault_mut().push(fault),
            Some((_, Trip::DataTurned { report, holds, xor })) => {
                state.turn = Some((report, holds, xor));
            }
            Some((_, Trip::Drips)) => state.drip = Some(self.board.board().elapsed()),
            Some((_, Trip::Late(ms))) => {
                let now = self.board.board().elapsed();
                state.deaf_until = Some(now + Duration::from_millis(ms));
            }
            None => {}
        }
        Ok(())
    }

    /// Waits while nothing gets through; returns the rest of `timeout`, `None` when it is over.
    fn through(&self, timeout: Duration) -> Option<Duration> {
        let mut state = self.state();
        let Some(until) = state.deaf_until else {
            return Some(timeout);
        };
        let left = until.saturating_sub(self.board.board().elapsed());
        self.board.wait(left.min(timeout));
        if left > timeout {
            return None;
        }
        state.deaf_until = None;
        Some(timeout - left)
    }

    /// Lets time pass until the next byte of a drip is due, `timeout` at most. `None` when nothing drips.
    fn drip(&self, timeout: Duration) -> Option<bool> {
        let mut state = self.state();
        let due = state.drip?;
        let wait = due.saturating_sub(self.board.board().elapsed());
        self.board.wait(wait.min(timeout));
        if wait > timeout {
            return Some(false);
        }
        state.drip = Some(self.board.board().elapsed() + DRIP);
        Some(true)
    }

    /// A report as it arrives: of [`Trip::DataTurned`].
    fn turned(&self, report: &[u8]) -> Vec<u8> {
        let mut report = report.to_vec();
        let loader = self.board.board().state() == rtboot_sim::State::Flashloader;
        let mut state = self.state();
        if let Some((left, holds, xor)) = &mut state.turn
            && loader
            && report.first() == Some(&DATA_OUT)
            && let data = report.get_mut(DATA_AT..).unwrap_or_default()
            && let Some(at) = (0..data.len()).find(|at| data[*at..].starts_with(holds))
        {
            *left = left.saturating_sub(1);
            if *left == 0 {
                data[at] ^= *xor;
                state.turn = None;
            }
        }
        report
    }

    fn note(&self, way: Way, bytes: &[u8]) {
        let loader = self.board.board().state() == rtboot_sim::State::Flashloader;
        let mut state = self.state();
        let call = state.calls;
        if let Some(log) = &mut state.log {
            let bytes = bytes.to_vec();
            log.push(Line {
                way,
                call,
                bytes,
                loader,
            });
        }
    }
}

impl Plug for Wire {
    fn look(&mut self) -> Result<Look> {
        if self.state().dead {
            return Err(Error::Port(gone()));
        }
        if self.cable.is_uart() {
            return Ok(Look::Ask);
        }
        Ok(match self.board.identity() {
            Some(usb) if usb.vendor_id == 0x1FC9 => Look::Program(Program::Rom),
            Some(usb) if usb.vendor_id == 0x15A2 => Look::Program(Program::Flashloader),
            _ => Look::Nothing,
        })
    }

    fn open(&mut self) -> Result<Opened> {
        if self.state().dead {
            return Err(Error::Port(gone()));
        }
        let (wire, baud) = (self.clone(), self.baud);
        Ok(match self.cable.is_uart() {
            true => Opened::Serial(Box::new(Plugged(wire, self.board.serial(baud)))),
            false => Opened::Hid(Box::new(Plugged(wire, self.board.hid()))),
        })
    }

    fn wait(&mut self, time: Duration) {
        self.board.wait(time);
    }

    fn is_uart(&self) -> bool {
        self.cable.is_uart()
    }
}

/// What a port's read gives.
type Came = std::result::Result<Option<Vec<u8>>, port::Error>;

impl Wire {
    /// The next report or frame through the cable; `read` takes it from the board's port.
    fn receive(&self, timeout: Duration, mut read: impl FnMut(Duration) -> Came) -> Came {
        self.call()?;
        let Some(left) = self.through(timeout) else {
            return Ok(None);
        };
        if let Some(due) = self.drip(left) {
            read(Duration::ZERO)?;
            return Ok(due.then(|| self.state().last.clone()));
        }
        let Some(mut report) = read(left)? else {
            return Ok(None);
        };
        if let Some((change, memory)) = &mut self.state().change {
            change(&mut report, memory);
        }
        self.note(Way::In, &report);
        self.state().last.clone_from(&report);
        Ok(Some(report).filter(|report| !report.is_empty()))
    }
}

/// A port of the board behind a cable.
struct Plugged<P>(Wire, P);

impl<P: HidPort> HidPort for Plugged<P> {
    fn write(&mut self, report: &[u8]) -> std::result::Result<(), port::Error> {
        self.0.call()?;
        self.0.note(Way::Out, report);
        self.1.write(&self.0.turned(report))
    }

    fn read(&mut self, timeout: Duration) -> Came {
        self.0.receive(timeout, |left| self.1.read(left))
    }

    fn describe(&self) -> String {
        self.1.describe()
    }

    fn open_bulk(&mut self) -> std::result::Result<Box<dyn BulkPort>, port::Error> {
        match self.0.cable {
            Cable::HidAndBulk => Ok(Box::new(Plugged(self.0.clone(), self.1.open_bulk()?))),
            Cable::Hid | Cable::Uart => Err(port::Error::NotFound {
                port: "a bulk interface".into(),
            }),
        }
    }

    fn now(&self) -> Duration {
        self.0.board.board().elapsed()
    }
}

impl BulkPort for Plugged<Box<dyn BulkPort>> {
    fn write(&mut self, bytes: &[u8]) -> std::result::Result<(), port::Error> {
        self.0.call()?;
        self.0.note(Way::Out, bytes);
        self.1.write(bytes)
    }

    fn read(&mut self, timeout: Duration) -> Came {
        self.0.receive(timeout, |left| self.1.read(left))
    }

    fn packet_size(&self) -> usize {
        self.1.packet_size()
    }

    fn describe(&self) -> String {
        self.1.describe()
    }

    fn now(&self) -> Duration {
        self.0.board.board().elapsed()
    }
}

impl<P: SerialPort> SerialPort for Plugged<P> {
    fn write(&mut self, bytes: &[u8]) -> std::result::Result<(), port::Error> {
        self.0.call()?;
        self.0.note(Way::Out, bytes);
        self.1.write(bytes)
    }

    fn read(
        &mut self,
        buffer: &mut [u8],
        timeout: Duration,
    ) -> std::result::Result<usize, port::Error> {
        self.0.call()?;
        let Some(left) = self.0.through(timeout) else {
            return Ok(0);
        };
        if let Some(due) = self.0.drip(left) {
            let Some(first) = buffer.first_mut().filter(|_| due) else {
                return Ok(0);
            };
            let mut said = [0x5A];
            self.1.read(&mut said, Duration::ZERO)?;
            *first = said[0];
            return Ok(1);
        }
        let count = self.1.read(buffer, left)?;
        if count > 0 {
            self.0.note(Way::In, &buffer[..count]);
        }
        Ok(count)
    }

    fn set_baud(&mut self, baud: u32) -> std::result::Result<(), port::Error> {
        self.1.set_baud(baud)
    }

    fn discard_input(&mut self) -> std::result::Result<(), port::Error> {
        match self.0.state().deaf_until {
            Some(_) => Ok(()), // nothing has arrived yet
            None => self.1.discard_input(),
        }
    }

    fn describe(&self) -> String {
        self.1.describe()
    }

    fn now(&self) -> Duration {
        self.0.board.board().elapsed()
    }
}
