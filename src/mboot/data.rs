//! The data phases of MBOOT commands.
//!
//! ```text
//! --> write   <-- A0 status 0     ==> data ==> data …          <-- A0 status            done, or failed in the last chunk
//!                                 ==> data <-- empty response  <-- A0 status            failed before: stop sending
//!                                 ==> data ==> empty data      <-- A0 status 10002      the host stops
//! --> read    <-- A3 status 0, n  <== data … n bytes           <-- A0 status 0          done
//!                                 <== data <== empty data      <-- A0 status            failed
//! ```
//!
//! The first response is sent before the device checks the address; an error comes in the data phase.

use std::time::Duration;

use super::client::{accept, generic, own};
use super::link::protocol;
use super::{Client, Command, Error, Link, Packet, Progress, Response, Sent, Status, Step, Tag};

/// Most data packets of one read command: a Linux hidraw ring holds 63 reports, a macOS queue 30, and reports that arrive when it
/// is full are lost.
pub(super) const READ_PACKETS: u32 = if cfg!(target_os = "linux") { 56 } else { 24 };
/// Packets allowed beyond twice the least number, for devices that send short ones.
const EXTRA_PACKETS: usize = 16;

/// How long the cause of an aborted data phase may take.
const AFTER_ABORT: Duration = Duration::from_millis(100);

impl<L: Link> Client<L> {
    /// Sends a command and the data it announces.
    pub(super) fn write_phase(
        &mut self,
        command: &Command,
        data: &[u8],
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        self.or_over_hid(|client| client.write_once(command, data, progress))
    }

    fn write_once(
        &mut self,
        command: &Command,
        data: &[u8],
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        let most = self.max_packet_size()?;
        let response = self.exchange(command, self.timeouts.command)?;
        accept(command.tag, &response)?;
        generic(command.tag, &response)?;
        self.synced = false;
        // after the command: which way it went decides
        let chunk = self.link.chunk_size(most).max(1);
        let (done, cancelled) = self.send_chunks(command.tag, data, chunk, progress)?;
        self.write_end(command.tag, done, data.len() as u64, cancelled)
    }

    /// Sends the chunks until they are out, the device stops it, or `progress` does. Returns the bytes sent and the latter.
    fn send_chunks(
        &mut self,
        command: Tag,
        data: &[u8],
        chunk: usize,
        progress: Progress<'_>,
    ) -> Result<(u64, bool), Error> {
        let total = data.len() as u64;
        let mut done = 0;
        for piece in data.chunks(chunk) {
            let sent = self.link.send_data(piece, self.timeouts.data);
            let sent = sent.map_err(|e| e.during(command, Step::Data, done))?;
            done += piece.len() as u64;
            if sent == Sent::Stop && done < total {
                break;
            }
            if !progress(done) && done < total {
                let stop = self.link.send_data(&[], self.timeouts.data);
                stop.map_err(|e| e.during(command, Step::Data, done))?;
                return Ok((done, true));
            }
        }
        Ok((done, false))
    }

    /// The final response of a write, with what it means.
    fn write_end(
        &mut self,
        command: Tag,
        done: u64,
        total: u64,
        cancelled: bool,
    ) -> Result<(), Error> {
        let step = if done < total {
            Step::Data
        } else {
            Step::Final
        };
        let (ended, mut response) = self.response(command, step, self.timeouts.write_end, done)?;
        self.synced = true;
        if response.status() == Status::DATA_PHASE_ABORTED && !cancelled {
            response = self.cause_of_abort(command)?.unwrap_or(response);
        }
        let step = if ended { Step::Data } else { step };
        match response.status() {
            Status::DATA_PHASE_ABORTED | Status::SUCCESS if cancelled => {
                Err(Error::Cancelled { command, done })
            }
            Status::SUCCESS if ended || done < total => {
                self.synced = false;
                Err(protocol(
                    command,
                    "success before all data was taken",
                    &response.to_bytes(),
                ))
            }
            Status::SUCCESS => generic(command, &response),
            status => Err(Error::Refused {
                command,
                status,
                step,
                done,
            }),
        }
    }

    /// The response after one that only says that the data phase was aborted: a Kinetis was seen to give the cause then.
    fn cause_of_abort(&mut self, command: Tag) -> Result<Option<Response>, Error> {
        let packet = self.link.receive(AFTER_ABORT);
        let packet = packet.map_err(|e| e.during(command, Step::Final, 0))?;
        let Some(Packet::Response(bytes)) = packet else {
            return Ok(None);
        };
        let response = Response::parse(&bytes).filter(|response| response.answers(command));
        Ok(response.filter(|response| response.status() != Status::SUCCESS))
    }

    /// Sends a command and takes the data that comes, at most `limit` bytes; with `exact`, no fewer either.
    ///
    /// `before` bytes were done by earlier commands; they count for `progress` and in errors.
    ///
    /// What fails on a loader's bulk interface is read again over HID, and the bulk interface is not used any more.
    pub(super) fn read_phase(
        &mut self,
        command: &Command,
        limit: u32,
        exact: bool,
        before: u64,
        progress: Progress<'_>,
    ) -> Result<Vec<u8>, Error> {
        self.or_over_hid(|client| client.read_once(command, limit, exact, before, progress))
    }

    fn read_once(
        &mut self,
        command: &Command,
        limit: u32,
        exact: bool,
        before: u64,
        progress: Progress<'_>,
    ) -> Result<Vec<u8>, Error> {
        let payload = self.max_packet_size()?;
        let response = self.exchange(command, self.timeouts.command)?;
        if response.status() != Status::SUCCESS {
            return Err(Error::Refused {
                command: command.tag,
                status: response.status(),
                step: Step::Response,
                done: before,
            });
        }
        self.synced = false;
        own(command.tag, &response)?;
        let announced = match response.values() {
            &[count, ..] if count == limit || (!exact && count <= limit) => count as usize,
            _ => {
                return Err(protocol(
                    command.tag,
                    "data of another length than asked for",
                    &response.to_bytes(),
                ));
            }
        };
        let mut reading = Reading {
            command: command.tag,
            announced,
            data: Vec::new(),
            ended: false,
            cancelled: false,
            before,
        };
        self.receive_chunks(&mut reading, payload, progress)?;
        Ok(reading.data)
    }

    fn receive_chunks(
        &mut self,
        reading: &mut Reading,
        payload: usize,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        let command = reading.command;
        for _ in 0..2 * reading.announced.div_ceil(payload.max(1)) + EXTRA_PACKETS {
            let timeout = self.timeouts.data;
            let packet = self
                .link
                .receive(timeout)
                .map_err(|e| e.during(command, Step::Data, reading.done()))?;
            match packet {
                None => {
                    let (step, done) = (reading.step(), reading.done());
                    return Err(Error::Timeout {
                        command,
                        step,
                        waited: timeout,
                        done,
                    });
                }
                Some(Packet::Response(bytes)) if !bytes.is_empty() => {
                    let result = reading.finish(&bytes);
                    self.synced = !matches!(result, Err(Error::Protocol { .. }));
                    return result;
                }
                Some(Packet::Response(_)) => reading.ended = true,
                Some(Packet::Stray(bytes)) => {
                    return Err(protocol(command, "a stray packet among the data", &bytes));
                }
                Some(Packet::Data(bytes)) => {
                    reading.take(&bytes)?;
                    if !reading.cancelled && !bytes.is_empty() && !progress(reading.done()) {
                        reading.cancelled = true;
                        self.link.stop_receiving(); // without it the rest is read and discarded
                    }
                }
            }
        }
        Err(protocol(command, "data in too many small packets", &[]))
    }
}

/// A device → host data phase under way.
struct Reading {
    command: Tag,
    announced: usize,
    data: Vec<u8>,
    /// The device sent an empty packet: the status that follows is an error.
    ended: bool,
    cancelled: bool,
    before: u64,
}

impl Reading {
    fn done(&self) -> u64 {
        self.before + self.data.len() as u64
    }

    fn step(&self) -> Step {
        if self.data.len() < self.announced {
            Step::Data
        } else {
            Step::Final
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.is_empty() {
            self.ended = true;
        }
        if self.data.len() + bytes.len() > self.announced {
            return Err(protocol(self.command, "more data than announced", bytes));
        }
        self.data.extend_from_slice(bytes);
        Ok(())
    }

    /// What the final response means.
    fn finish(&self, bytes: &[u8]) -> Result<(), Error> {
        let command = self.command;
        let response = Response::parse(bytes).filter(|r| r.is_generic() && r.answers(command));
        let Some(response) = response else {
            return Err(protocol(
                command,
                "a response of another command among the data",
                bytes,
            ));
        };
        let complete = self.data.len() == self.announced;
        match response.status() {
            Status::SUCCESS | Status::DATA_PHASE_ABORTED if self.cancelled && !complete => {
                Err(Error::Cancelled {
                    command,
                    done: self.done(),
                })
            }
            Status::SUCCESS if self.cancelled => Err(Error::Cancelled {
                command,
                done: self.done(),
            }),
            Status::SUCCESS if complete && !self.ended => Ok(()),
            Status::SUCCESS => Err(protocol(
                command,
                "success with less data than announced: packets were lost",
                bytes,
            )),
            status => Err(Error::Refused {
                command,
                status,
                step: self.step(),
                done: self.done(),
            }),
        }
    }
}
