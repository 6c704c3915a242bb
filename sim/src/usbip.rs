//! Boards as USB devices over USB/IP, for the kernel's drivers and other tools.
//!
//! ```text
//! a program ─ hidraw ─ usbhid ─ vhci-hcd ─── TCP ─── Server ─┬─ 1-1  a board
//!                    the host's kernel                        └─ 1-2  another one
//! ```
//!
//! A host imports a bus id and owns its device until the device leaves the bus (a jump, a reset, the flash boots) or the
//! host releases it. Then the connection ends, and the next device on this bus id has to be imported anew.
//!
//! The board's time follows the wall clock: an erase of 50 ms is answered 50 ms later. An idle board takes no processor
//! time.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

mod notice;
mod pace;
mod session;
mod slot;
#[cfg(test)]
mod tests;
mod wire;

use crate::board::Board;
pub use notice::Notice;
use session::{Ended, Session};
use slot::{Slot, lock};
use wire::{Exported, Question, Refusal};

/// The port that USB/IP programs look at.
pub const PORT: u16 = 3240;
/// Open connections at a time.
pub const MAX_CONNECTIONS: usize = 16;
/// Boards on the bus.
pub const MAX_BOARDS: usize = 15;

/// How long a connection may take to send its first request.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How long a host may take to accept an answer.
const UNREAD: Duration = Duration::from_secs(10);
/// Requests read ahead.
const AHEAD: usize = 8;
/// How long [`Server::stop`] waits for its threads at most.
const FAREWELL: Duration = Duration::from_secs(5);

/// How the boards are powered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cable {
    /// From the USB cable: a host that releases a board cuts its power, and the board starts anew.
    #[default]
    FeedsTheBoard,
    /// By themselves: the program goes on and sees a bus reset at the next import.
    DataOnly,
}

/// What all threads share.
struct Shared {
    slots: Vec<Slot>,
    cable: Cable,
    notice: Box<dyn Fn(Notice) + Send + Sync>,
    stopped: AtomicBool,
    /// Open connections, to be closed when the server stops.
    connections: Mutex<HashMap<u64, TcpStream>>,
    fewer: Condvar,
}

/// A running USB/IP server. Dropping it stops it.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    /// Offers `boards` as bus ids `1-1`, `1-2`, … at `listen`; port 0 takes any free one. `notice` is called from the server's
    /// threads.
    ///
    /// # Errors
    /// The system's, when nobody can listen there; `InvalidInput` for more than [`MAX_BOARDS`].
    pub fn start(
        listen: SocketAddr,
        boards: Vec<Arc<Mutex<Board>>>,
        cable: Cable,
        notice: impl Fn(Notice) + Send + Sync + 'static,
    ) -> io::Result<Server> {
        if boards.len() > MAX_BOARDS {
            let text = format!("{} boards, a bus has room for {MAX_BOARDS}", boards.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let listener = TcpListener::bind(listen)?;
        let address = listener.local_addr()?;
        let slots = boards.into_iter().enumerate();
        let shared = Arc::new(Shared {
            slots: slots
                .map(|(index, board)| Slot::new(board, index))
                .collect(),
            cable,
            notice: Box::new(notice),
            stopped: AtomicBool::new(false),
            connections: Mutex::default(),
            fewer: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let acceptor = thread::Builder::new()
            .name("usbip".into())
            .spawn(move || accept(&listener, &theirs))?;
        Ok(Server {
            address,
            shared,
            acceptor: Some(acceptor),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The bus ids, in the order of the boards.
    pub fn bus_ids(&self) -> Vec<String> {
        let ids = self
            .shared
            .slots
            .iter()
            .map(|slot| slot.bus_id().to_owned());
        ids.collect()
    }

    /// Closes every connection, and waits until the boards are let go. They stay as they are, and are not saved by this.
    pub fn stop(&mut self) {
        let Some(acceptor) = self.acceptor.take() else {
            return;
        };
        self.shared.stopped.store(true, Ordering::SeqCst);
        // the acceptor blocks until a connection comes
        let mut knock = self.address;
        match knock.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => knock.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => knock.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        if TcpStream::connect_timeout(&knock, FAREWELL).is_ok() {
            let _ = acceptor.join();
        }
        let connections = lock(&self.shared.connections);
        for stream in connections.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        let still = |open: &mut HashMap<u64, TcpStream>| !open.is_empty();
        let _ = self
            .shared
            .fewer
            .wait_timeout_while(connections, FAREWELL, still);
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Takes connections until the server stops.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    for stream in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else {
            // most likely out of file descriptors: do not retry at once
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        let Ok(host) = stream.peer_addr() else {
            continue;
        };
        let Ok(ours) = stream.try_clone() else {
            continue;
        };
        let mut open = lock(&shared.connections);
        if open.len() >= MAX_CONNECTIONS {
            drop(open);
            shared.refuse(host, "too many connections");
            continue;
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        open.insert(number, ours);
        drop(open);
        let registered = Registered(Arc::clone(shared), number);
        let spawned = thread::Builder::new()
            .name(format!("usbip {host}"))
            .spawn(move || registered.0.serve(stream, host));
        if spawned.is_err() {
            shared.refuse(host, "no thread for it");
        }
    }
}

/// A connection in the list; out of it when dropped.
struct Registered(Arc<Shared>, u64);

impl Drop for Registered {
    fn drop(&mut self) {
        lock(&self.0.connections).remove(&self.1);
        self.0.fewer.notify_all();
    }
}

impl Shared {
    fn tell(&self, notice: Notice) {
        (self.notice)(notice);
    }

    fn refuse(&self, host: SocketAddr, reason: impl Into<String>) {
        let reason = reason.into();
        self.tell(Notice::Refused { host, reason });
    }

    /// One connection, from the first question to its end.
    fn serve(&self, mut stream: TcpStream, host: SocketAddr) {
        let result = self.answer(&mut stream, host);
        let _ = stream.shutdown(Shutdown::Both);
        if let Err(error) = result
            && !self.stopped.load(Ordering::SeqCst)
        {
            let reason = match error.kind() {
                io::ErrorKind::UnexpectedEof => "it hung up in the middle of a question".into(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "it asks nothing".into(),
                _ => error.to_string(),
            };
            self.refuse(host, reason);
        }
    }

    fn answer(&self, stream: &mut TcpStream, host: SocketAddr) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(HANDSHAKE))?;
        stream.set_write_timeout(Some(UNREAD))?;
        match wire::read_question(stream)? {
            Question::Devices => {
                let devices: Vec<Exported> = self.slots.iter().filter_map(Slot::free).collect();
                stream.write_all(&wire::device_list(&devices))
            }
            Question::Import(name) => {
                let named = |slot: &&Slot| slot.bus_id().as_bytes() == name;
                match self.slots.iter().find(named) {
                    Some(slot) => self.import(slot, stream, host),
                    None => stream.write_all(&wire::import(Err(Refusal::NoDevice))),
                }
            }
        }
    }

    fn import(&self, slot: &Slot, stream: &mut TcpStream, host: SocketAddr) -> io::Result<()> {
        let taken = match slot.take() {
            Ok(taken) => taken,
            Err(refusal) => return stream.write_all(&wire::import(Err(refusal))),
        };
        let bus_id = slot.bus_id().to_owned();
        self.tell(Notice::Imported {
            bus_id: bus_id.clone(),
            device: taken.exported.usb,
            host,
        });
        let ended = self.session(slot, &taken, stream, host);
        let pulled =
            !matches!(ended, Ok(Ended::DeviceLeft)) && !self.stopped.load(Ordering::SeqCst);
        // save first: a host that comes back at once must find the saved state
        slot.prepare(pulled, self.cable);
        if let Err(reason) = slot.save() {
            let bus_id = bus_id.clone();
            self.tell(Notice::NotSaved { bus_id, reason });
        }
        slot.give_back();
        self.tell(match ended {
            Ok(Ended::DeviceLeft) => Notice::Left { bus_id },
            _ => Notice::Released { bus_id },
        });
        ended.map(drop)
    }

    /// The host has imported the device. A second thread reads its requests.
    fn session(
        &self,
        slot: &Slot,
        taken: &slot::Taken,
        stream: &mut TcpStream,
        host: SocketAddr,
    ) -> io::Result<Ended> {
        stream.write_all(&wire::import(Ok(&taken.exported)))?;
        stream.set_read_timeout(None)?;
        let mut reading = stream.try_clone()?;
        let id = taken.exported.id();
        let (sender, requests) = sync_channel(AHEAD);
        let reader = thread::Builder::new()
            .name(format!("usbip {host} reader"))
            .spawn(move || {
                loop {
                    match wire::read_request(&mut reading, id) {
                        Ok(request) => {
                            if sender.send(request).is_err() {
                                return None;
                            }
                        }
                        Err(error) => return Some(error),
                    }
                }
            })?;
        let ended = Session::new(slot, taken, stream.try_clone()?).run(&requests);
        drop(requests);
        stream.shutdown(Shutdown::Both).or_else(gone_already)?;
        match reader.join() {
            Ok(Some(error)) if error.kind() == io::ErrorKind::InvalidData => Err(error),
            _ => Ok(ended),
        }
    }
}

/// Closing a connection that the other side has closed is no failure.
fn gone_already(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::NotConnected => Ok(()),
        _ => Err(error),
    }
}
