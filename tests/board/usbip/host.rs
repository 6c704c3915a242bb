//! A small USB/IP host: takes a device and gives it to rtboot as the kernel's HID driver would.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rtboot::board::{Look, Opened, Plug, Program};
use rtboot::port::{Error, HidPort};

/// How long a report may wait to be taken. The kernel gives up after 5 s; a busy machine may take longer to serve it.
const PATIENCE: Duration = Duration::from_secs(60);
const ROM: u16 = 0x0130;

/// An answer to a transfer or an unlink.
struct Answer {
    seqnum: u32,
    status: i32,
    data: Vec<u8>,
}

/// An imported device.
struct Device {
    stream: TcpStream,
    answers: Receiver<Answer>,
    /// Data of IN transfers that have ended.
    reports: VecDeque<Vec<u8>>,
    /// IN transfers that wait.
    posted: Vec<u32>,
    product: u16,
    id: u32,
    seqnum: u32,
    gone: bool,
}

impl Device {
    fn import(server: SocketAddr, bus_id: &str) -> Option<Device> {
        let mut stream = TcpStream::connect(server).ok()?;
        let mut question = vec![1, 0x11, 0x80, 3, 0, 0, 0, 0];
        question.extend(bus_id.bytes());
        question.resize(40, 0);
        stream.write_all(&question).ok()?;
        let mut head = [0; 8];
        stream.read_exact(&mut head).ok()?;
        if head[7] != 0 {
            return None;
        }
        let mut device = [0; 312];
        stream.read_exact(&mut device).ok()?;
        let word = |at: usize| u32::from_be_bytes(device[at..at + 4].try_into().expect("four"));
        let mut reading = stream.try_clone().ok()?;
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            while let Some(answer) = read_answer(&mut reading) {
                if sender.send(answer).is_err() {
                    return;
                }
            }
        });
        Some(Device {
            stream,
            answers,
            reports: VecDeque::new(),
            posted: Vec::new(),
            product: u16::from_be_bytes([device[302], device[303]]),
            id: word(288) << 16 | word(292),
            seqnum: 0,
            gone: false,
        })
    }

    fn request(&mut self, command: u32, rest: [u32; 6], setup: [u8; 8], data: &[u8]) -> u32 {
        // even numbers carry data back: the reader needs to know
        let is_in = command == 1 && rest[0] == 1;
        self.seqnum += if is_in == self.seqnum.is_multiple_of(2) {
            2
        } else {
            1
        };
        let [direction, endpoint, fifth, sixth, ..] = rest;
        let words = [
            command,
            self.seqnum,
            self.id,
            direction,
            endpoint,
            fifth,
            sixth,
            0,
            0,
            0,
        ];
        let mut bytes: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
        bytes.extend(setup);
        bytes.extend(data);
        self.gone |= self.stream.write_all(&bytes).is_err();
        self.seqnum
    }

    /// The next answer that is no IN report, or `None` after `timeout`.
    fn wait_for(&mut self, seqnum: u32, timeout: Duration) -> Result<Option<Answer>, ()> {
        loop {
            let answer = match self.answers.recv_timeout(timeout) {
                Ok(answer) => answer,
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => {
                    self.gone = true;
                    return Err(());
                }
            };
            if self.posted.contains(&answer.seqnum) {
                self.posted.retain(|&posted| posted != answer.seqnum);
                if answer.status == 0 {
                    self.reports.push_back(answer.data);
                }
                if seqnum == 0 {
                    return Ok(None);
                }
            } else if answer.seqnum == seqnum {
                return Ok(Some(answer));
            }
        }
    }

    fn write(&mut self, report: &[u8]) -> Result<i32, ()> {
        let length = report.len() as u32;
        let [low, high] = (report.len() as u16).to_le_bytes();
        let seqnum = match self.product {
            ROM => {
                let setup = [0x21, 9, report[0], 2, 0, 0, low, high];
                self.request(1, [0, 0, 0, length, 0, 0], setup, report)
            }
            _ => self.request(1, [0, 2, 0, length, 0, 0], [0; 8], report),
        };
        if let Some(answer) = self.wait_for(seqnum, PATIENCE)? {
            return Ok(answer.status);
        }
        self.unlink(seqnum);
        Ok(-110)
    }

    fn unlink(&mut self, victim: u32) {
        let seqnum = self.request(2, [0, 0, victim, 0, 0, 0], [0; 8], &[]);
        let _ = self.wait_for(seqnum, PATIENCE);
    }

    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, ()> {
        if self.reports.is_empty() {
            if self.posted.is_empty() && !self.gone {
                let length = if self.product == ROM { 65 } else { 1021 };
                let seqnum = self.request(1, [1, 1, 0, length, 0, 0], [0; 8], &[]);
                self.posted.push(seqnum);
            }
            self.wait_for(0, timeout)?;
        }
        Ok(self.reports.pop_front())
    }
}

fn read_answer(stream: &mut TcpStream) -> Option<Answer> {
    let mut head = [0; 48];
    stream.read_exact(&mut head).ok()?;
    let word = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().expect("four"));
    let is_in = word(0) == 3 && word(4).is_multiple_of(2);
    let mut data = vec![0; if is_in { word(24) as usize } else { 0 }];
    stream.read_exact(&mut data).ok()?;
    Some(Answer {
        seqnum: word(4),
        status: word(20) as i32,
        data,
    })
}

/// A USB port: whatever device appears on its bus id is attached.
pub struct Socket {
    server: SocketAddr,
    bus_id: String,
    device: Option<Arc<Mutex<Device>>>,
    cable: Cable,
}

/// Counts reports to the board; can be pulled.
#[derive(Clone, Default)]
pub struct Cable {
    sent: Arc<AtomicUsize>,
    /// Pulled before this report; 0 = never.
    pull_at: usize,
}

impl Cable {
    pub fn pulled_at(report: usize) -> Cable {
        Cable {
            sent: Arc::default(),
            pull_at: report,
        }
    }

    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    fn is_pulled(&self) -> bool {
        self.pull_at != 0 && self.sent() >= self.pull_at
    }
}

impl Socket {
    pub fn new(server: SocketAddr, bus_id: &str, cable: Cable) -> Socket {
        Socket {
            server,
            bus_id: bus_id.to_owned(),
            device: None,
            cable,
        }
    }

    /// What is there, imported anew when the last device has left.
    fn attach(&mut self) -> Option<Arc<Mutex<Device>>> {
        if let Some(device) = &self.device {
            let mut there = device.lock().expect("no panic");
            // takes a late answer, or notices that the device is gone
            let _ = there.wait_for(0, Duration::ZERO);
            if !there.gone {
                return Some(Arc::clone(device));
            }
        }
        self.device = match self.cable.is_pulled() {
            true => None,
            false => Device::import(self.server, &self.bus_id)
                .map(Mutex::new)
                .map(Arc::new),
        };
        self.device.clone()
    }
}

impl Drop for Socket {
    /// Lets go of the device, whoever else still has it.
    fn drop(&mut self) {
        if let Some(device) = &self.device {
            let _ = device
                .lock()
                .expect("no panic")
                .stream
                .shutdown(Shutdown::Both);
        }
    }
}

impl Plug for Socket {
    fn look(&mut self) -> rtboot::Result<Look> {
        let product = self
            .attach()
            .map(|device| device.lock().expect("no panic").product);
        Ok(match product {
            None => Look::Nothing,
            Some(ROM) => Look::Program(Program::Rom),
            Some(_) => Look::Program(Program::Flashloader),
        })
    }

    fn open(&mut self) -> rtboot::Result<Opened> {
        let device = self.attach().ok_or_else(|| rtboot::Error::NoBoard {
            selector: rtboot::Selector::Usb(Some(self.bus_id.clone())),
            seen_instead: Vec::new(),
        })?;
        Ok(Opened::Hid(Box::new(Port(device, self.cable.clone()))))
    }
}

/// An open device. Closing it takes its waiting transfers back, as the kernel does.
struct Port(Arc<Mutex<Device>>, Cable);

impl HidPort for Port {
    fn write(&mut self, report: &[u8]) -> Result<(), Error> {
        let port = self.describe();
        let mut device = self.0.lock().expect("no panic");
        self.1.sent.fetch_add(1, Ordering::SeqCst);
        if self.1.is_pulled() {
            let _ = device.stream.shutdown(Shutdown::Both);
        }
        match device.write(report) {
            Ok(0) => Ok(()),
            Ok(-110) => Err(Error::Stalled { port }),
            Ok(-108) | Err(()) => Err(Error::Gone { port }),
            Ok(status) => Err(Error::Io {
                port,
                action: "write to",
                message: status.to_string(),
            }),
        }
    }

    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        let port = self.describe();
        let mut device = self.0.lock().expect("no panic");
        device.read(timeout).map_err(|()| Error::Gone { port })
    }

    fn describe(&self) -> String {
        "a USB/IP device".into()
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let mut device = self.0.lock().expect("no panic");
        for victim in device.posted.clone() {
            if !device.gone {
                device.unlink(victim);
            }
        }
        device.posted.clear();
    }
}
