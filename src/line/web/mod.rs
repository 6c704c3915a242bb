//! The line's web page: live slots, search, a unit's history, the day in pictures; and the report of a span as one HTML file.
//!
//! ```text
//! browser ──> connection (one task each) ──> guard: Host, Origin, sizes ──> site: a route ──┬─> shot of the LineState
//!                                                                                           └─> reader: the ledger's own thread
//! ```
//!
//! The page reads. Its one act is `POST /stop`, which takes a token that the caller chose; without one there is no such act. The
//! asynchronous runtime stays in this module, on one thread; the ledger is asked on another, for its calls block.

mod clock;
mod error;
mod events;
mod guard;
mod pages;
mod picture;
mod reader;
mod report;
mod server;
mod site;
mod words;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use rtboot_ledger::Ledger;
use tokio::sync::watch;

use crate::line::Watch;
use clock::Clock;
use events::Shot;
use reader::Reader;
use site::Site;

pub use error::Error;
pub use guard::Token;
pub use report::html;

/// What a page may do, and for whom.
#[derive(Default)]
#[non_exhaustive]
pub struct Options {
    /// Whether it may listen on an address that other machines reach. Whoever reaches it can read everything there.
    pub beyond_this_machine: bool,
    /// Names of this station under which browsers may ask, besides `localhost` and addresses.
    pub names: Vec<String>,
    /// How to stop the line. Without it the page only reads.
    pub stop: Option<Stop>,
    /// Time zone of the days, as `Europe/Berlin`. The system's where there is none.
    pub zone: Option<String>,
    /// How much is served at once.
    pub limits: Limits,
}

/// The page's one act.
pub struct Stop {
    /// Who may do it.
    pub token: Token,
    /// What it does: no unit is begun any more. It is called on the page's thread and must return at once.
    pub act: Box<dyn Fn() + Send + Sync>,
}

/// How much is served at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections. One more is told to come back later.
    pub connections: usize,
    /// Of them, those that follow the line's state.
    pub listeners: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 64,
            listeners: 16,
        }
    }
}

/// A page that is served. When it is dropped, it ends.
#[derive(Debug)]
pub struct Handle {
    address: SocketAddr,
    end: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

impl Handle {
    /// Where it listens; the port is the real one where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it: answers that are under way get a moment, then all connections are closed.
    pub fn stop(self) {}
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.end.send_replace(true);
        for thread in self.threads.drain(..) {
            // a panic there was printed by its thread; here is nothing left to save
            let _ = thread.join();
        }
    }
}

/// Serves the page of a line. `ledger` opens the line's ledger, on a thread of the page; the page sets what it gets to read only.
/// It is called again after an error.
///
/// # Errors
/// [`Error`], before anything is served.
pub fn serve(
    address: SocketAddr,
    watch: Watch,
    ledger: impl FnMut() -> rtboot_ledger::Result<Ledger> + Send + 'static,
    options: Options,
) -> Result<Handle, Error> {
    if !options.beyond_this_machine && !is_loopback(address.ip()) {
        return Err(Error::BeyondThisMachine(address));
    }
    let clock = Clock::new(options.zone.as_deref())?;
    let listen = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok((listener.local_addr()?, listener))
    };
    let (address, listener) = listen().map_err(|source| Error::Bind { address, source })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(Error::System)?;

    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener).map_err(Error::System)?
    };

    let (end, ends) = watch::channel(false);
    // dropped when a thread below cannot be started: those before it end then
    let mut handle = Handle {
        address,
        end,
        threads: Vec::new(),
    };
    let (reader, thread) = Reader::start(Box::new(ledger)).map_err(Error::System)?;
    handle.threads.push(thread);
    let (shots, thread) = Shot::follow(watch.clone(), ends.clone()).map_err(Error::System)?;
    handle.threads.push(thread);
    let limits = options.limits;
    let site = Arc::new(Site::new(options, clock, watch, shots, reader));
    let thread = std::thread::Builder::new()
        .name("line-page".into())
        .spawn(move || runtime.block_on(server::run(listener, site, limits.connections, ends)))
        .map_err(Error::System)?;
    // joined first: with it goes what the reader waits for
    handle.threads.insert(0, thread);
    Ok(handle)
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}
