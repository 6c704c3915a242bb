//! Gives MBOOT commands and checks every answer.
//!
//! An earlier program may have stopped in the middle of a command. An abandoned write then swallows the next command, an
//! abandoned read sends the rest of its data first, and after a bus reset the device can echo the host's own report. So a
//! session, and every command after a failed one, begins with a [sync](Client::sync): discard what comes unasked, then ask
//! for the version until the answer to that arrives.

use std::time::Duration;

use super::link::protocol;
use super::{
    Command, Error, Features, Link, MemoryId, Packet, Property, Response, Status, Step, Tag,
};
use crate::port::Deadline;

/// How long the client waits for answers, by kind of command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Plain commands. Default 5 s, as blhost.
    pub command: Duration,
    /// One try of the [sync](Client::sync); there are three. Default 2 s.
    pub sync: Duration,
    /// One packet of a data phase. Default 5 s.
    pub data: Duration,
    /// The response after all data of a write: the last page is programmed in it. Default 10 s.
    pub write_end: Duration,
    /// configure-memory: reads SFDP, sets the quad-enable bit. Default 5 s.
    pub configure: Duration,
    /// erase-region, which answers only at the end. Default 2 min: 1 MiB by 4 KiB sectors of 300 ms takes 77 s.
    pub erase: Duration,
    /// erase-all. Default 5 min; take twice the maximum of the flash's data sheet.
    pub erase_all: Duration,
    /// fill-memory, which programs when it goes to flash. Default 30 s.
    pub fill: Duration,
    /// A function called on the target. Default 10 s.
    pub call: Duration,
    /// The answer to reset and execute, which may never come. Default 1 s.
    pub leave: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        let s = Duration::from_secs;
        Timeouts {
            command: s(5),
            sync: s(2),
            data: s(5),
            write_end: s(10),
            configure: s(5),
            erase: s(120),
            erase_all: s(300),
            fill: s(30),
            call: s(10),
            leave: s(1),
        }
    }
}

/// Tries of a sync.
const SYNC_TRIES: usize = 3;
/// How long the answer may take once the response to an earlier command has come.
const AFTER_STALE: Duration = Duration::from_millis(200);
/// Most packets discarded: the rest of an abandoned read of 16 MiB.
const DRAIN_LIMIT: usize = 17_000;
/// Longest time spent on them: the rest of such a read takes 20 s.
const DRAIN_TIME: Duration = Duration::from_secs(60);
/// Most malformed pieces discarded among them; over a UART one has up to 51 bytes.
const NONSENSE_LIMIT: usize = 256;
/// Most packets skipped before an answer.
const STRAY_LIMIT: usize = 64;
/// Payload that every device takes; used until the device was asked (blhost).
const SAFE_PAYLOAD: usize = 32;
/// No device tells a larger payload; every version is a larger number.
const MOST_PAYLOAD: usize = 0xFFFF;
/// Largest payload accepted from a device.
pub(super) const LARGEST_PAYLOAD: usize = 1024;

/// An MBOOT session with a flashloader.
#[derive(Debug)]
pub struct Client<L> {
    pub(super) link: L,
    pub(super) timeouts: Timeouts,
    /// Whether the next answer will belong to the next command.
    pub(super) synced: bool,
    /// Nothing can be left behind by an earlier session.
    fresh: bool,
    /// Property 0x0B, once asked.
    pub(super) payload: Option<usize>,
    /// The version that the last sync brought, until somebody asks for it.
    pub(super) version: Option<u32>,
    /// Commands of rtboot's own loader that this one said it has.
    pub(super) features: Features,
}

impl<L: Link> Client<L> {
    /// A session over `link`. Sends nothing yet.
    pub fn new(link: L) -> Client<L> {
        Client {
            link,
            timeouts: Timeouts::default(),
            synced: false,
            fresh: false,
            payload: None,
            version: None,
            features: Features(0),
        }
    }

    /// For a device that this program has just started and nobody else can have talked to: nothing is left behind, so that the first
    /// [sync](Client::sync) does not listen for it.
    #[must_use]
    pub fn just_started(mut self) -> Client<L> {
        self.fresh = true;
        self
    }

    /// The time-outs; change them here.
    pub fn timeouts_mut(&mut self) -> &mut Timeouts {
        &mut self.timeouts
    }

    /// The link below.
    pub fn link_mut(&mut self) -> &mut L {
        &mut self.link
    }

    /// Gives the link back.
    pub fn into_link(self) -> L {
        self.link
    }

    /// The name of the port below, for messages.
    pub fn describe(&self) -> String {
        self.link.describe()
    }

    /// Makes sure that the next answer belongs to the next command. Does nothing when that is known already; every verb calls it.
    ///
    /// # Errors
    /// [`Error::Timeout`] when the flashloader stays silent, [`Error::Protocol`] when it keeps answering something else.
    pub fn sync(&mut self) -> Result<(), Error> {
        if self.synced {
            return Ok(());
        }
        let command = Tag::GET_PROPERTY;
        let fresh = std::mem::take(&mut self.fresh);
        // of an earlier session one answer can be left. Only that of this very question passes for ours: the next answer shows it
        let pending = self.link.pending_time();
        let pending = pending.filter(|_| !fresh && self.payload.is_none());
        let mut drained = match pending {
            Some(pending) => self.drain_within(pending)? && self.drain()?,
            None => !fresh && self.drain()?,
        };
        let unheard = pending.is_some() && !drained;
        let mut last = Error::Timeout {
            command,
            step: Step::Response,
            waited: self.timeouts.sync,
            done: 0,
        };
        for attempt in 0..SYNC_TRIES {
            let version = Command::get_property(Property::CURRENT_VERSION.0, 0);
            let sent = self
                .link
                .send_command(&version.to_bytes(), self.timeouts.sync);
            match sent.map_err(|e| e.during(command, Step::Response, 0)) {
                Ok(()) => match self.version_answer() {
                    Ok((stale, version)) => {
                        if stale || drained || attempt > 0 {
                            self.drain()?; // an earlier try may be answered late
                        } else if unheard && !self.answers_in_step()? {
                            drained |= self.drain()?;
                            continue;
                        }
                        self.version = Some(version);
                        self.synced = true;
                        return Ok(());
                    }
                    Err(error) => last = error,
                },
                Err(error) => last = error,
            }
            if matches!(last, Error::Gone { .. } | Error::Port { .. }) {
                return Err(last);
            }
            drained |= self.drain()?;
        }
        Err(last)
    }

    /// Asks for the largest payload, whose answer cannot be taken for a version. `false` where something else came: the answer before
    /// it was an earlier question's.
    fn answers_in_step(&mut self) -> Result<bool, Error> {
        let command = Command::get_property(Property::MAX_PACKET_SIZE.0, 0);
        let sent = self
            .link
            .send_command(&command.to_bytes(), self.timeouts.sync);
        sent.map_err(|e| e.during(command.tag, Step::Response, 0))?;
        let packet = self.link.receive(self.timeouts.sync);
        let packet = packet.map_err(|e| e.during(command.tag, Step::Response, 0))?;
        let Some(Packet::Response(bytes)) = packet else {
            return Ok(false);
        };
        let answer = Response::parse(&bytes).filter(|answer| answer.answers(command.tag));
        let Some(answer) = answer else {
            return Ok(false);
        };
        match (answer.status(), answer.values()) {
            (Status::SUCCESS, &[word]) if word as usize <= MOST_PAYLOAD => {
                self.payload = Some(payload(Some(word)));
                Ok(true)
            }
            (Status::SUCCESS, _) => Ok(false),
            _ => {
                self.payload = Some(payload(None));
                Ok(true)
            }
        }
    }

    /// Waits for the answer to GetProperty(1); returns whether something else came before it, and the version.
    fn version_answer(&mut self) -> Result<(bool, u32), Error> {
        let command = Tag::GET_PROPERTY;
        let timeout = self.timeouts.sync;
        let mut deadline = Deadline::after(self.link.now(), timeout);
        let mut stale = None;
        for _ in 0..STRAY_LIMIT {
            let left = deadline.left(self.link.now());
            let packet = self
                .link
                .receive(left)
                .map_err(|e| e.during(command, Step::Response, 0))?;
            let bytes = match packet {
                None => break,
                Some(Packet::Response(bytes)) => bytes,
                Some(Packet::Data(bytes) | Packet::Stray(bytes)) => {
                    stale = Some(bytes);
                    continue;
                }
            };
            match Response::parse(&bytes) {
                Some(r) if is_version(&r) => {
                    let version = r.values().first().copied().unwrap_or_default();
                    return Ok((stale.is_some(), version));
                }
                // the response to an earlier command: ours is either lost or answered at once
                Some(_) => {
                    let now = self.link.now();
                    deadline = Deadline::after(now, deadline.left(now).min(AFTER_STALE));
                }
                None => {}
            }
            stale = Some(bytes);
        }
        Err(match stale {
            Some(bytes) => protocol(command, "answers to an earlier command only", &bytes),
            None => Error::Timeout {
                command,
                step: Step::Response,
                waited: timeout,
                done: 0,
            },
        })
    }

    /// Discards what comes unasked; returns whether anything did.
    fn drain(&mut self) -> Result<bool, Error> {
        self.drain_within(self.link.settle_time())
    }

    /// The same, up to a silence of so long.
    fn drain_within(&mut self, settle: Duration) -> Result<bool, Error> {
        let deadline = Deadline::after(self.link.now(), DRAIN_TIME);
        let mut nonsense = 0;
        for count in 0..DRAIN_LIMIT {
            if deadline.left(self.link.now()).is_zero() {
                break;
            }
            match self.link.receive(settle) {
                Ok(None) => return Ok(count > 0),
                Ok(Some(_)) => {}
                // discarded like the rest, up to a lower limit
                Err(super::LinkError::Protocol { .. }) if nonsense < NONSENSE_LIMIT => {
                    nonsense += 1;
                }
                Err(error) => return Err(error.during(Tag::GET_PROPERTY, Step::Response, 0)),
            }
        }
        Err(protocol(
            Tag::GET_PROPERTY,
            "an endless stream of packets",
            &[],
        ))
    }

    /// Whether reading flash takes no longer than having the loader hash it.
    pub fn reads_fast(&self) -> bool {
        self.link.reads_fast()
    }

    /// Whether the wire carries some 100 KiB in a second.
    pub fn sends_fast(&self) -> bool {
        self.link.sends_fast()
    }

    /// Does something once more over HID when it failed on a loader's bulk interface, which is not used any more then. What goes over
    /// that can be given twice.
    pub(super) fn or_over_hid<T>(
        &mut self,
        mut exchange: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let done = exchange(self);
        let broken = match &done {
            // the loader's own statuses have names: in another one are bytes of the next frame
            Err(Error::Refused { status, .. }) => status.name().is_none(),
            Err(
                Error::Timeout { .. }
                | Error::Protocol { .. }
                | Error::Port { .. }
                | Error::Gone { .. },
            ) => true,
            _ => false,
        };
        if !broken || !self.link.fall_back() {
            return done;
        }
        self.synced = false;
        exchange(self)
    }

    /// Sends a command and returns its first response, whatever the status.
    ///
    /// A command that fails leaves the session out of step; the next one syncs again.
    pub(super) fn exchange(
        &mut self,
        command: &Command,
        timeout: Duration,
    ) -> Result<Response, Error> {
        self.sync()?;
        self.synced = false;
        let sent = self.link.send_command(&command.to_bytes(), timeout);
        sent.map_err(|e| e.during(command.tag, Step::Response, 0))?;
        let response = self.response(command.tag, Step::Response, timeout, 0)?.1;
        self.synced = true;
        Ok(response)
    }

    /// The next response to `command`; `true` with it when the device announced an end of data before.
    /// Packets that cannot be its answer are skipped.
    pub(super) fn response(
        &mut self,
        command: Tag,
        step: Step,
        timeout: Duration,
        done: u64,
    ) -> Result<(bool, Response), Error> {
        let deadline = Deadline::after(self.link.now(), timeout);
        let mut ended = false;
        for _ in 0..STRAY_LIMIT {
            let packet = self
                .link
                .receive(deadline.left(self.link.now()))
                .map_err(|e| e.during(command, step, done))?;
            let bytes = match packet {
                None => {
                    return Err(Error::Timeout {
                        command,
                        step,
                        waited: timeout,
                        done,
                    });
                }
                Some(Packet::Response(bytes) | Packet::Data(bytes)) if bytes.is_empty() => {
                    ended = true;
                    continue;
                }
                Some(Packet::Response(bytes)) => bytes,
                Some(Packet::Data(_) | Packet::Stray(_)) => continue,
            };
            match Response::parse(&bytes) {
                Some(response) if response.answers(command) => return Ok((ended, response)),
                Some(_) => {} // of an earlier command
                None => return Err(protocol(command, "a malformed response", &bytes)),
            }
        }
        Err(protocol(command, "answers to other commands only", &[]))
    }

    /// Sends a command whose only answer is the generic one.
    pub(super) fn plain(&mut self, command: &Command, timeout: Duration) -> Result<(), Error> {
        let response = self.or_over_hid(|client| client.exchange(command, timeout))?;
        accept(command.tag, &response)?;
        generic(command.tag, &response)
    }

    /// Sends any command without a data phase and returns its response, whatever the status. For commands that this client has
    /// no verb for.
    ///
    /// # Errors
    /// [`Error::Argument`] for a command that announces data; [`Error::Timeout`], [`Error::Gone`], [`Error::Protocol`].
    pub fn raw(&mut self, command: &Command, timeout: Duration) -> Result<Response, Error> {
        if command.sends_data {
            return Err(Error::Argument {
                command: command.tag,
                what: "a raw command cannot send data",
            });
        }
        let response = self.exchange(command, timeout)?;
        self.synced = !response.brings_data;
        Ok(response)
    }

    /// The words of a property. `index` is a memory id for some properties, the number of a region for others, else 0.
    ///
    /// # Errors
    /// [`Error::Refused`]: 10300 when the flashloader does not have it.
    #[doc(alias = "get-property")]
    pub fn get_property(&mut self, property: Property, index: u32) -> Result<Vec<u32>, Error> {
        let command = Command::get_property(property.0, index);
        let timeout = self.timeouts.command;
        let response = self.or_over_hid(|client| client.exchange(&command, timeout))?;
        accept(command.tag, &response)?;
        own(command.tag, &response)?;
        Ok(response.values().to_vec())
    }

    /// The largest payload of a data packet that the flashloader takes (property 0x0B), at most 1024. Asked once.
    /// 32, which every device takes, when it does not say.
    ///
    /// # Errors
    /// [`Error::Timeout`], [`Error::Gone`], [`Error::Protocol`].
    pub fn max_packet_size(&mut self) -> Result<usize, Error> {
        if let Some(payload) = self.payload {
            return Ok(payload);
        }
        // the first command of a session may ask it itself
        self.sync()?;
        if let Some(payload) = self.payload {
            return Ok(payload);
        }
        let payload = match self.get_property(Property::MAX_PACKET_SIZE, 0) {
            Ok(words) => payload(words.first().copied()),
            Err(Error::Refused { .. }) => payload(None),
            Err(error) => return Err(error),
        };
        self.payload = Some(payload);
        Ok(payload)
    }

    /// Sets a property. An RT1021 flashloader has none that can be set (10300, 10301).
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    #[doc(alias = "set-property")]
    pub fn set_property(&mut self, property: Property, value: u32) -> Result<(), Error> {
        self.plain(
            &Command::set_property(property.0, value),
            self.timeouts.command,
        )
    }

    /// Configures a memory by the block (option words or a whole FCB) that lies at `address` in RAM.
    ///
    /// # Errors
    /// [`Error::Refused`]: 4 for a block it does not know, 20107 without SFDP, 7000 when the flash does not answer. After a failure
    /// take the memory as not configured, even if it still answers.
    #[doc(alias = "configure-memory")]
    pub fn configure_memory(&mut self, memory: MemoryId, address: u32) -> Result<(), Error> {
        self.plain(
            &Command::configure_memory(memory.0, address),
            self.timeouts.configure,
        )
    }
}

fn is_version(response: &Response) -> bool {
    const VERSION_MARK: u32 = b'K' as u32;
    response.tag == Tag::GET_PROPERTY_RESPONSE
        && response.status() == Status::SUCCESS
        && matches!(response.values(), [word] if word >> 24 == VERSION_MARK)
}

/// The payload to use, for one that the device told.
fn payload(told: Option<u32>) -> usize {
    let told = told.map_or(SAFE_PAYLOAD, |word| {
        word.min(LARGEST_PAYLOAD as u32) as usize
    });
    told.max(SAFE_PAYLOAD)
}

/// Turns a status other than success into an error.
pub(super) fn accept(command: Tag, response: &Response) -> Result<(), Error> {
    match response.status() {
        Status::SUCCESS => Ok(()),
        status => Err(Error::Refused {
            command,
            status,
            step: Step::Response,
            done: 0,
        }),
    }
}

/// Success must come in the generic response.
pub(super) fn generic(command: Tag, response: &Response) -> Result<(), Error> {
    match response.is_generic() {
        true => Ok(()),
        false => Err(protocol(
            command,
            "a response of another kind",
            &response.to_bytes(),
        )),
    }
}

/// Success must come in the command's own response.
pub(super) fn own(command: Tag, response: &Response) -> Result<(), Error> {
    match response.is_generic() {
        false => Ok(()),
        true => Err(protocol(
            command,
            "a generic response without the values",
            &response.to_bytes(),
        )),
    }
}
