//! Commands, data phases and answers.
//!
//! ```text
//! --> command            <-- response
//! --> write-memory       <-- response   ==> data ==> data   <-- final response
//! --> read-memory        <-- response   <== data <== data   <-- final response
//! ```
//! A command that comes instead of the data of a write ends that write without an answer.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::super::processor::command::{Request, fuse_word, generic, response, tag};
use super::super::status::{ABORT_DATA_PHASE, SUCCESS, Status, UNKNOWN_COMMAND};
use super::super::{Outcome, Packet};
use super::error::Error;
use super::flash::Flash;
use super::inspect::Failure;
use super::memory::{Place, Region};
use super::source::Source;
use super::stream::{self, Stream};
use super::{Report, by_fcb, hash, inspect, pace, property, protect, serial};
use crate::flexspi::AHB_BASE;
use crate::machine::Machine;

/// The longest payload that it announces: over USB, over a UART.
const USB_PAYLOAD: usize = 1016;
pub const UART_PAYLOAD: usize = 1024;
/// Where the registers at entry are kept.
pub const SNAPSHOT: Region = Region {
    start: 0x2020_8040,
    length: 512,
};
/// The breadcrumb: magic, stage, error, detail.
const BREADCRUMB: u32 = 0x2020_FFF0;
const BREADCRUMB_MAGIC: u32 = u32::from_le_bytes(*b"RTLD");
/// The last stage: a command has come.
const FIRST_COMMAND: u32 = 11;
/// Words of the snapshot: magic, SRC_SBMR1, SRC_SRSR, SRC_SBMR2.
const SNAPSHOT_MAGIC: u32 = u32::from_le_bytes(*b"SNP1");
const SNAPSHOT_SRSR: u32 = 45;
const SNAPSHOT_SBMR2: u32 = 46;
/// Commands of rtboot's own.
pub(super) mod vendor {
    pub const FETCH: u8 = 0x50;
    pub const FLASH_COMMAND: u8 = 0x51;
    pub const READ_BY_FCB: u8 = 0x52;
    pub const HASH: u8 = 0x53;
    pub const STREAM: u8 = 0x54;
    pub const PROTECT: u8 = 0x55;
    pub const START: u8 = 0x56;
    pub const SET_BAUD: u8 = 0x57;
    pub const DATA_RESPONSE: u8 = 0xD0;
}

/// The clock gives no such speed.
const NO_SUCH_BAUD: Status = 59013;

/// Report ids.
pub(super) mod id {
    pub const COMMAND: u8 = 1;
    pub const DATA_OUT: u8 = 2;
    pub const RESPONSE: u8 = 3;
    pub const DATA_IN: u8 = 4;
}

/// What the boot ROM and the run before left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// SRC_SRSR.
    pub cause: u32,
    /// SRC_SBMR2.
    pub boot_mode: u32,
    /// Stage, error and detail of the run before; 0 when there was none.
    pub breadcrumb: [u32; 3],
}

/// The data phase under way.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    None,
    Read {
        tag: u8,
        source: Source,
        left: u32,
    },
    Stream(Stream),
    Write {
        place: Result<Place, Status>,
        left: usize,
        /// Bytes of a page that is not whole yet.
        held: Vec<u8>,
    },
}

/// The firmware's commands.
#[derive(Debug, Clone)]
pub struct Server {
    /// The flash behind its controller.
    pub flash: Flash,
    /// What the boot ROM left.
    pub entry: Entry,
    /// Reports that wait for a buffer.
    pub answers: VecDeque<Report>,
    /// How it ends, and until when it waits for the host.
    pub ending: Option<(Outcome, u64)>,
    /// Where and why the last erase, program or stream failed.
    pub failure: Failure,
    pub(super) phase: Phase,
    /// The host is on a UART.
    pub(super) uart: bool,
    /// The speed that counts once the host has its answer.
    pub(super) new_baud: Option<u32>,
}

impl Server {
    /// Leaves snapshot and breadcrumb in RAM.
    pub fn start(m: &mut Machine, entry: Entry) -> Server {
        let mut entry = entry;
        if m.ram.word(BREADCRUMB) == Some(BREADCRUMB_MAGIC) {
            entry.breadcrumb = [4, 8, 12].map(|at| m.ram.word(BREADCRUMB + at).unwrap_or(0));
        }
        let mut put = |address: u32, word: u32| m.ram.write(address, &word.to_le_bytes());
        for (i, word) in [BREADCRUMB_MAGIC, FIRST_COMMAND, 0, 0]
            .into_iter()
            .enumerate()
        {
            put(BREADCRUMB + 4 * i as u32, word);
        }
        for at in (0..SNAPSHOT.length).step_by(4) {
            put(SNAPSHOT.start + at, 0);
        }
        for (index, word) in [
            (0, SNAPSHOT_MAGIC),
            (SNAPSHOT_SRSR, entry.cause),
            (SNAPSHOT_SBMR2, entry.boot_mode),
        ] {
            put(SNAPSHOT.start + 4 * index, word);
        }
        Server {
            flash: Flash::default(),
            entry,
            answers: VecDeque::new(),
            ending: None,
            failure: Failure::default(),
            phase: Phase::None,
            uart: false,
            new_baud: None,
        }
    }

    /// As [`Server::start`], for the image whose host is on a UART.
    pub fn start_on_uart(m: &mut Machine, entry: Entry) -> Server {
        Server {
            uart: true,
            ..Server::start(m, entry)
        }
    }

    /// The longest payload that it announces and sends.
    pub fn payload(&self) -> usize {
        if self.uart { UART_PAYLOAD } else { USB_PAYLOAD }
    }

    /// The link began anew: the command at hand is over, nobody waits for its answer.
    pub fn lose_link(&mut self) {
        self.answers.clear();
        self.phase = Phase::None;
        self.new_baud = None;
    }

    /// It answers no more.
    pub fn is_over(&self) -> bool {
        self.ending.is_some()
    }

    pub(super) fn say(&mut self, packet: Packet) {
        self.answers.push_back(match packet {
            Packet::Command(bytes) => (id::RESPONSE, bytes),
            Packet::Data(bytes) => (id::DATA_IN, bytes),
        });
    }

    /// The generic response: the last one that a command gets.
    pub(super) fn finish(&mut self, tag: u8, result: Result<(), Status>) {
        self.phase = Phase::None;
        self.say(generic(result.err().unwrap_or(SUCCESS), tag));
    }

    /// Ends a write whose data are still to come.
    pub(super) fn refuse(&mut self, tag: u8, status: Status) {
        self.say(Packet::Command(Vec::new()));
        self.finish(tag, Err(status));
    }

    /// Next piece for the host, at most `most` bytes; false when there is none. `ends_read`: the host's next report is an empty command.
    pub fn goes_on(&mut self, m: &mut Machine, most: usize, ends_read: bool) -> bool {
        let phase = std::mem::replace(&mut self.phase, Phase::None);
        let Phase::Read {
            tag,
            mut source,
            left,
        } = phase
        else {
            self.phase = phase;
            return false;
        };
        if left == 0 {
            source.end(&mut self.flash, m);
            self.finish(tag, Ok(()));
            return true;
        }
        let length = left.min(most as u32);
        let data = match ends_read {
            true => Err(ABORT_DATA_PHASE),
            false => source.next(&mut self.flash, m, length),
        };
        match data {
            Ok(data) => {
                m.clock.work(pace::COPY_BYTE_NS * data.len() as u64);
                let left = left - data.len() as u32;
                self.phase = Phase::Read { tag, source, left };
                self.say(Packet::Data(data));
            }
            Err(status) => {
                source.end(&mut self.flash, m);
                self.say(Packet::Data(Vec::new()));
                self.finish(tag, Err(status));
            }
        }
        true
    }

    /// Announces data for the host, or refuses.
    fn announce(&mut self, tag: u8, found: Result<(Source, u32), Status>) {
        let (source, left) = match found {
            Ok(found) => found,
            Err(status) => return self.finish(tag, Err(status)),
        };
        let own_response = match tag {
            tag::READ_MEMORY => tag::READ_MEMORY + tag::RESPONSE,
            _ => vendor::DATA_RESPONSE,
        };
        self.say(response(own_response, 1, &[SUCCESS, left]));
        self.phase = Phase::Read { tag, source, left };
    }

    /// Keeps where and why an erase or program failed; `code` is what it answers.
    pub(super) fn note(
        &mut self,
        m: &mut Machine,
        record: u32,
        result: Result<(), Error>,
        code: fn(Error) -> Status,
    ) -> Result<(), Status> {
        self.failure = Failure::default();
        let Err(error) = result else { return Ok(()) };
        let flash_status = inspect::status(&self.flash, m).unwrap_or(0xFF);
        let (offset, expected) = match error {
            Error::Verify(place) | Error::NotBlank(place) => (place.offset, place.expected),
            _ => (self.flash.working_at(), 0xFF),
        };
        // read once more; a flash that is busy must not be read
        let found = match flash_status & 1 {
            0 => self.flash.read(m, offset, 1).first().copied(),
            _ => None,
        };
        let status = code(error);
        self.failure = Failure {
            status,
            record,
            address: AHB_BASE.wrapping_add(offset),
            expected,
            found: found.unwrap_or(0xFF),
            flash_status,
        };
        Err(status)
    }

    /// A report of the host.
    pub fn report(&mut self, m: &mut Machine, id: u8, payload: &[u8]) {
        match (id, &self.phase, payload) {
            (id::DATA_OUT, Phase::Write { .. }, []) => {
                self.finish(tag::WRITE_MEMORY, Err(ABORT_DATA_PHASE));
            }
            (id::DATA_OUT, Phase::Write { .. }, bytes) => self.data(m, bytes),
            (id::DATA_OUT, Phase::Stream(_), []) => {
                self.finish(vendor::STREAM, Err(ABORT_DATA_PHASE));
            }
            (id::DATA_OUT, Phase::Stream(_), bytes) => stream::data(self, m, bytes),
            (id::COMMAND, Phase::Stream(_), []) => self.refuse(vendor::STREAM, ABORT_DATA_PHASE),
            (id::COMMAND, Phase::Write { .. }, []) => {
                self.refuse(tag::WRITE_MEMORY, ABORT_DATA_PHASE);
            }
            (id::COMMAND, _, [_, ..]) => {
                self.phase = Phase::None;
                self.command(m, payload);
            }
            // data of a write that failed, an empty command, ids that no host sends
            _ => {}
        }
    }

    fn command(&mut self, m: &mut Machine, payload: &[u8]) {
        m.clock.work(pace::COMMAND_NS);
        let request = Request::parse(payload);
        let [a, b, c, d, ..] = request.parameters;
        let tag = request.tag;
        let result = match tag {
            tag::GET_PROPERTY => return self.get_property(m, a, b),
            tag::READ_ONCE => return self.say(fuse_word(m, a, b)),
            tag::READ_MEMORY => {
                // never refused at once: each piece is judged when it is read
                let source = Source::Memory { at: a, memory: c };
                return self.announce(tag, Ok((source, b)));
            }
            vendor::FETCH => {
                let found = inspect::fetch(self, m, a, b, c);
                return self.announce(tag, found);
            }
            vendor::FLASH_COMMAND => {
                let answer = inspect::flash_command(&mut self.flash, m, [a, b, c, d]);
                return self.announce(tag, answer.map(Source::whole));
            }
            vendor::HASH => {
                let job = hash::judge(&self.flash, m, [a, b, c, d]);
                return self.announce(tag, job);
            }
            vendor::READ_BY_FCB => {
                let found = by_fcb::begin(&mut self.flash, m, a, b, c);
                return self.announce(tag, found);
            }
            vendor::SET_BAUD if self.uart => match serial::has_speed(a) {
                true => {
                    self.new_baud = Some(a);
                    Ok(())
                }
                false => Err(NO_SUCH_BAUD),
            },
            vendor::PROTECT => protect::run(&mut self.flash, m, a),
            vendor::START => return self.start_application(m, a),
            vendor::STREAM => return stream::begin(self, a, b),
            tag::WRITE_MEMORY => return self.write(m, a, b, c),
            tag::EXECUTE => return self.execute(m, a, b, c),
            tag::RESET => return self.reset(m),
            tag::ERASE_ALL => self.erase_all(m, a),
            tag::ERASE_REGION => self.erase(m, a, b, c),
            tag::FILL_MEMORY => self.fill(m, a, b, c),
            tag::CALL => match self.call(m, a, b) {
                Some(result) => result,
                None => return self.end(m, Outcome::Silent),
            },
            tag::SET_PROPERTY => Err(property::set(self, m, a)),
            tag::CONFIGURE_MEMORY => self.configure(m, a, b),
            _ => Err(UNKNOWN_COMMAND),
        };
        self.finish(tag, result);
    }
}
