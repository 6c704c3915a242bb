//! The line's state as it changes: from the blocking [`Watch`] to as many browsers as are allowed.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::{Instant, timeout};

use super::clock::{self, Clock};
use super::pages;
use super::server::Connection;
use crate::line::{LineState, Watch};

/// How long the watch is waited for, until it is looked whether the page ends.
const LOOK: Duration = Duration::from_millis(200);
/// Shortest time between two shots: a line that reports every page it programs is shown ten times a second.
const PACE: Duration = Duration::from_millis(100);
/// Longest silence of a stream: its reader sees that the station lives.
const BEAT: Duration = Duration::from_secs(2);
/// How long a reader may take nothing.
const STALL: Duration = Duration::from_secs(20);
/// Longest life of a stream. Browsers come back by themselves; one that is gone without a word holds its place no longer.
pub(super) const LIFE: Duration = Duration::from_secs(600);

/// The line's state at one instant, and how it is sent.
#[derive(Debug, Default)]
pub(super) struct Shot {
    /// The number of the state.
    pub number: u64,
    /// The state.
    pub state: LineState,
    json: OnceLock<String>,
    html: OnceLock<String>,
}

/// How a stream carries the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For programs.
    Json,
    /// The live part of the page, for its script.
    Html,
}

impl Shot {
    /// Of what the watch gives.
    pub(super) fn of((number, state): (u64, LineState)) -> Arc<Shot> {
        Arc::new(Shot {
            number,
            state,
            ..Shot::default()
        })
    }

    /// Follows the line on a thread that ends with `ends`.
    pub(super) fn follow(
        watch: Watch,
        ends: watch::Receiver<bool>,
    ) -> std::io::Result<(watch::Receiver<Arc<Shot>>, JoinHandle<()>)> {
        let first = Shot::of(watch.now());
        let mut seen = first.number;
        let (send, shots) = watch::channel(first);
        let follow = move || {
            while !*ends.borrow() {
                let (number, state) = watch.after(seen, LOOK);
                if number != seen {
                    seen = number;
                    send.send_replace(Shot::of((number, state)));
                    std::thread::sleep(PACE);
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("line-page-watch".into())
            .spawn(follow)?;
        Ok((shots, thread))
    }

    /// `{"number": 7, "state": {…}}`.
    pub(super) fn json(&self) -> &str {
        self.json.get_or_init(|| {
            serde_json::json!({ "number": self.number, "state": self.state }).to_string()
        })
    }

    fn html(&self) -> &str {
        self.html
            .get_or_init(|| pages::live_parts(&self.state).into_string())
    }
}

/// An event: its text may have any line ends, and none of them ends the event.
fn event(name: &str, number: u64, text: &str) -> Bytes {
    let mut event = format!("event: {name}\nid: {number}\n");
    for line in text.split(['\n', '\r']) {
        event += "data: ";
        event += line;
        event.push('\n');
    }
    event.push('\n');
    event.into()
}

/// The body of a stream of events.
pub(super) struct Events(mpsc::Receiver<Bytes>);

impl Events {
    /// Begins a stream. It ends with the line's page, with its reader, and after [`LIFE`]; a reader that takes nothing for
    /// [`STALL`] loses its connection.
    pub(super) fn start(
        mut shots: watch::Receiver<Arc<Shot>>,
        form: Form,
        clock: Clock,
        place: OwnedSemaphorePermit,
        connection: Arc<Connection>,
    ) -> Events {
        // one that waits: a slow reader gets the newest state, not all that it missed
        let (send, body) = mpsc::channel(1);
        tokio::spawn(async move {
            let _place = place;
            let end = Instant::now() + LIFE;
            let mut number = None;
            let mut next = Bytes::from_static(b"retry: 2000\n\n");
            while Instant::now() < end {
                match timeout(STALL, send.send(next)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return,
                    Err(_) => return connection.cut(),
                }
                if number.is_some() {
                    match timeout(BEAT, shots.changed()).await {
                        Ok(Ok(())) => {}
                        Ok(Err(_)) => return,
                        Err(_) => {
                            next = event(
                                "beat",
                                number.unwrap_or_default(),
                                &clock.of_day(clock::now()),
                            );
                            continue;
                        }
                    }
                }
                let shot = shots.borrow_and_update().clone();
                number = Some(shot.number);
                let text = match form {
                    Form::Json => shot.json(),
                    Form::Html => shot.html(),
                };
                next = event("state", shot.number, text);
            }
        });
        Events(body)
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(context)
            .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_an_event() {
        let event = event("state", 7, "a\n\nevent: evil\r\rdata: b");
        let text = String::from_utf8(event.to_vec()).unwrap();
        assert_eq!(
            text,
            "event: state\nid: 7\ndata: a\ndata: \ndata: event: evil\ndata: \ndata: data: b\n\n"
        );
    }
}
