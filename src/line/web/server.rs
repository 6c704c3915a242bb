//! Connections: accepted, limited in number and time, served by hyper.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::events;
use super::site::Site;

/// How long a client may take for the head of its request.
const HEAD: Duration = Duration::from_secs(5);
/// How long a request and its answer may take together.
const ANSWER: Duration = Duration::from_secs(60);
/// How long answers under way may go on when the page ends.
const GRACE: Duration = Duration::from_secs(1);
/// Longest head of a request, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;
/// Most headers of a request.
const MOST_HEADERS: usize = 64;
/// Silence after the system could not accept a connection: it has no more files, mostly.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n";

/// What an answer may do to its connection.
#[derive(Debug, Default)]
pub(super) struct Connection {
    cut: Notify,
    streams: AtomicBool,
}

impl Connection {
    /// Ends it at once, whatever is under way.
    pub(super) fn cut(&self) {
        self.cut.notify_one();
    }

    /// It carries a stream, and lives as long as that may.
    pub(super) fn set_streams(&self) {
        self.streams.store(true, Ordering::Relaxed);
    }
}

/// Serves until `ends` says so. At most `most` connections at once.
pub(super) async fn run(
    listener: TcpListener,
    site: Arc<Site>,
    most: usize,
    mut ends: watch::Receiver<bool>,
) {
    let mut open = JoinSet::new();
    let every = ends.clone();
    loop {
        tokio::select! {
            _ = ends.wait_for(|ends| *ends) => break,
            Some(_) = open.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if open.len() < most => {
                    open.spawn(serve(stream, Arc::clone(&site), every.clone()));
                }
                Ok((stream, _)) => {
                    // what does not go out at once is not waited for
                    let _ = stream.try_write(FULL);
                }
                Err(_) => sleep(ACCEPT_AGAIN).await,
            },
        }
    }
    drop(listener);
    let _ = timeout(GRACE, async { while open.join_next().await.is_some() {} }).await;
}

async fn serve(stream: TcpStream, site: Arc<Site>, mut ends: watch::Receiver<bool>) {
    // events are small and wanted at once
    let _ = stream.set_nodelay(true);
    let connection = Arc::new(Connection::default());
    let answer = service_fn(|request| {
        let (site, connection) = (Arc::clone(&site), Arc::clone(&connection));
        async move { Ok::<_, Infallible>(site.answer(request, connection).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        // one request a connection: none of them is held by a client that asks nothing
        .keep_alive(false)
        .max_buf_size(HEAD_LIMIT)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), answer);
    tokio::pin!(served);
    let mut end = Instant::now() + ANSWER;
    let mut ending = false;
    loop {
        tokio::select! {
            // a client that broke off is no news
            _ = &mut served => return,
            () = connection.cut.notified() => return,
            () = sleep_until(end) => {
                if !connection.streams.swap(false, Ordering::Relaxed) {
                    return;
                }
                end += events::LIFE;
            }
            _ = ends.wait_for(|ends| *ends), if !ending => {
                ending = true;
                served.as_mut().graceful_shutdown();
            }
        }
    }
}
