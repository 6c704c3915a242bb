//! Commands, data phases and answers.
//!
//! ```text
//! --> command            <-- response
//! --> write-memory       <-- response   ==> data ==> data   <-- final response
//! --> read-memory        <-- response   <== data <== data   <-- final response
//! ```
//! A command that comes instead of the data of a write ends that write without an answer.

use std::collections::VecDeque;

use super::super::processor::command::{Request, fuse_word, generic, response, tag};
use super::super::status::{
    ABORT_DATA_PHASE, CUMULATIVE_WRITE, FLASH_ADDRESS, INVALID_ARGUMENT, SUCCESS, Status,
    UNKNOWN_COMMAND, WRITE_ALIGNMENT,
};
use super::super::{Outcome, Packet, config, jump, thumb};
use super::flash::Flash;
use super::memory::{self, Place, Region};
use super::{Report, pace, property};
use crate::machine::Machine;

/// The longest payload that it announces and sends.
pub const MAX_PAYLOAD: usize = 1016;
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
/// How long it waits for the host to take the answer before a reset or a jump.
const DRAIN_NS: u64 = 1_000_000_000;
/// A whole configuration block.
const BLOCK: usize = config::LEN;

/// Report ids.
mod id {
    pub const COMMAND: u8 = 1;
    pub const DATA_OUT: u8 = 2;
    pub const RESPONSE: u8 = 3;
    pub const DATA_IN: u8 = 4;
}

/// What the boot ROM and the run before left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Entry {
    /// SRC_SRSR.
    pub cause: u32,
    /// SRC_SBMR2.
    pub boot_mode: u32,
    /// Stage and error of the run before; 0 when there was none.
    pub breadcrumb: [u32; 2],
}

/// The data phase under way.
#[derive(Debug, Clone)]
enum Phase {
    None,
    Read {
        at: u32,
        left: u32,
        memory: u32,
    },
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
    pub flash: Flash,
    pub entry: Entry,
    /// Reports that wait for a buffer.
    pub answers: VecDeque<Report>,
    /// How it ends, and until when it waits for the host.
    pub ending: Option<(Outcome, u64)>,
    phase: Phase,
}

impl Server {
    /// Leaves snapshot and breadcrumb in RAM.
    pub fn start(m: &mut Machine, entry: Entry) -> Server {
        let mut entry = entry;
        if m.ram.word(BREADCRUMB) == Some(BREADCRUMB_MAGIC) {
            entry.breadcrumb = [4, 8].map(|at| m.ram.word(BREADCRUMB + at).unwrap_or(0));
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
            phase: Phase::None,
        }
    }

    /// The link began anew: the command at hand is over, nobody waits for its answer.
    pub fn lose_link(&mut self) {
        self.answers.clear();
        self.phase = Phase::None;
    }

    /// It answers no more.
    pub fn is_over(&self) -> bool {
        self.ending.is_some()
    }

    fn say(&mut self, packet: Packet) {
        self.answers.push_back(match packet {
            Packet::Command(bytes) => (id::RESPONSE, bytes),
            Packet::Data(bytes) => (id::DATA_IN, bytes),
        });
    }

    /// The generic response: the last one that a command gets.
    fn finish(&mut self, tag: u8, result: Result<(), Status>) {
        self.phase = Phase::None;
        self.say(generic(result.err().unwrap_or(SUCCESS), tag));
    }

    /// Ends a write whose data are still to come.
    fn refuse(&mut self, tag: u8, status: Status) {
        self.say(Packet::Command(Vec::new()));
        self.finish(tag, Err(status));
    }

    /// Next piece for the host; false when there is none. `ends_read`: the host's next report is an empty command.
    pub fn goes_on(&mut self, m: &mut Machine, ends_read: bool) -> bool {
        let Phase::Read { at, left, memory } = self.phase else {
            return false;
        };
        let length = left.min(MAX_PAYLOAD as u32);
        let data = match ends_read {
            _ if left == 0 => {
                self.finish(tag::READ_MEMORY, Ok(()));
                return true;
            }
            true => Err(ABORT_DATA_PHASE),
            false => self.read(m, at, length, memory),
        };
        match data {
            Ok(data) => {
                m.clock.work(pace::COPY_BYTE_NS * u64::from(length));
                self.phase = Phase::Read {
                    at: at.wrapping_add(length),
                    left: left - length,
                    memory,
                };
                self.say(Packet::Data(data));
            }
            Err(status) => {
                self.say(Packet::Data(Vec::new()));
                self.finish(tag::READ_MEMORY, Err(status));
            }
        }
        true
    }

    fn read(
        &mut self,
        m: &mut Machine,
        address: u32,
        length: u32,
        memory: u32,
    ) -> Result<Vec<u8>, Status> {
        match memory::place(m, &self.flash, address, length, memory)? {
            Place::Ram(address) => {
                let bytes = m.ram.slice(address, length as usize);
                Ok(bytes.map(<[u8]>::to_vec).unwrap_or_default())
            }
            Place::Flash(offset) => Ok(self.flash.read(m, offset, length as usize)),
        }
    }

    /// A report of the host.
    pub fn report(&mut self, m: &mut Machine, id: u8, payload: &[u8]) {
        match (id, &self.phase, payload) {
            (id::DATA_OUT, Phase::Write { .. }, []) => {
                self.finish(tag::WRITE_MEMORY, Err(ABORT_DATA_PHASE));
            }
            (id::DATA_OUT, Phase::Write { .. }, bytes) => self.data(m, bytes),
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
        let [a, b, c, ..] = request.parameters;
        let result = match request.tag {
            tag::GET_PROPERTY => return self.get_property(m, a, b),
            tag::READ_ONCE => return self.say(fuse_word(m, a, b)),
            tag::READ_MEMORY => {
                self.say(response(tag::READ_MEMORY + tag::RESPONSE, 1, &[SUCCESS, b]));
                self.phase = Phase::Read {
                    at: a,
                    left: b,
                    memory: c,
                };
                return;
            }
            tag::WRITE_MEMORY => return self.write(m, a, b, c),
            tag::EXECUTE => return self.execute(m, a, b, c),
            tag::RESET => return self.reset(m),
            tag::ERASE_ALL => memory::is_flash(a).and_then(|()| self.flash.erase_all(m)),
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
        self.finish(request.tag, result);
    }

    fn get_property(&mut self, m: &mut Machine, property: u32, index: u32) {
        let words = match property::get(self, m, property, index) {
            Ok(values) => [vec![SUCCESS], values].concat(),
            Err(status) => vec![status],
        };
        self.say(response(tag::GET_PROPERTY + tag::RESPONSE, 0, &words));
    }

    fn erase(
        &mut self,
        m: &mut Machine,
        start: u32,
        length: u32,
        memory: u32,
    ) -> Result<(), Status> {
        if length == 0 {
            return Ok(());
        }
        match memory::place(m, &self.flash, start, length, memory)? {
            Place::Ram(_) => Err(FLASH_ADDRESS),
            Place::Flash(offset) => self.flash.erase(m, offset, offset + length),
        }
    }

    fn fill(
        &mut self,
        m: &mut Machine,
        start: u32,
        length: u32,
        pattern: u32,
    ) -> Result<(), Status> {
        let place = memory::writable(m, &self.flash, start, length, 0)?;
        let bytes: Vec<u8> = pattern
            .to_le_bytes()
            .into_iter()
            .cycle()
            .take(length as usize)
            .collect();
        let mut held = Vec::new();
        let place = self.put(m, place, &mut held, &bytes)?;
        self.put_rest(m, place, &held)
    }

    /// The first answer never fails: the address is judged when data come.
    fn write(&mut self, m: &mut Machine, start: u32, length: u32, memory: u32) {
        self.finish(tag::WRITE_MEMORY, Ok(()));
        if length == 0 {
            return self.finish(tag::WRITE_MEMORY, Ok(()));
        }
        self.phase = Phase::Write {
            place: memory::writable(m, &self.flash, start, length, memory),
            left: length as usize,
            held: Vec::new(),
        };
    }

    /// A piece of a write; more bytes than are left are cut.
    fn data(&mut self, m: &mut Machine, bytes: &[u8]) {
        let phase = std::mem::replace(&mut self.phase, Phase::None);
        let Phase::Write {
            place,
            left,
            mut held,
        } = phase
        else {
            return;
        };
        let bytes = &bytes[..bytes.len().min(left)];
        let left = left - bytes.len();
        m.clock.work(pace::COPY_BYTE_NS * bytes.len() as u64);
        let written = place.and_then(|place| self.put(m, place, &mut held, bytes));
        match written {
            Err(status) if left > 0 => self.refuse(tag::WRITE_MEMORY, status),
            Err(status) => self.finish(tag::WRITE_MEMORY, Err(status)),
            Ok(place) if left == 0 => {
                let result = self.put_rest(m, place, &held);
                self.finish(tag::WRITE_MEMORY, result);
            }
            Ok(place) => {
                self.phase = Phase::Write {
                    place: Ok(place),
                    left,
                    held,
                };
            }
        }
    }

    /// Puts bytes at a place; flash is programmed in whole pages, the rest is held. The place behind what is written.
    fn put(
        &mut self,
        m: &mut Machine,
        place: Place,
        held: &mut Vec<u8>,
        bytes: &[u8],
    ) -> Result<Place, Status> {
        let offset = match place {
            Place::Ram(address) => {
                m.ram.write(address, bytes);
                return Ok(Place::Ram(address + bytes.len() as u32));
            }
            Place::Flash(offset) => offset,
        };
        let page = self.flash.configured()?.page as usize;
        if !(offset as usize).is_multiple_of(page) {
            return Err(WRITE_ALIGNMENT);
        }
        held.extend_from_slice(bytes);
        let whole: Vec<u8> = held.drain(..held.len() / page * page).collect();
        self.flash.program(m, offset, &whole)?;
        Ok(Place::Flash(offset + whole.len() as u32))
    }

    /// Programs what is held, the rest of its page as ones.
    fn put_rest(&mut self, m: &mut Machine, place: Place, held: &[u8]) -> Result<(), Status> {
        let (Place::Flash(offset), [_, ..]) = (place, held) else {
            return Ok(());
        };
        let mut page = held.to_vec();
        page.resize(self.flash.configured()?.page as usize, 0xFF);
        self.flash.program(m, offset, &page)
    }

    /// `None`: the code does not return.
    fn call(&self, m: &mut Machine, address: u32, argument: u32) -> Option<Result<(), Status>> {
        if !memory::is_code(m, &self.flash, address) {
            return Some(Err(INVALID_ARGUMENT));
        }
        match thumb::call(m, address, argument) {
            thumb::End::Returned(SUCCESS) => Some(Ok(())),
            thumb::End::Returned(status) => Some(Err(status)),
            thumb::End::Gone => None,
        }
    }

    fn execute(&mut self, m: &mut Machine, address: u32, argument: u32, stack: u32) {
        if !memory::is_code(m, &self.flash, address) || !memory::is_stack(m, stack) {
            return self.finish(tag::EXECUTE, Err(INVALID_ARGUMENT));
        }
        self.finish(tag::EXECUTE, Ok(()));
        let outcome = jump(m, address, argument, stack);
        self.end(m, outcome);
    }

    fn reset(&mut self, m: &mut Machine) {
        self.finish(tag::RESET, Ok(()));
        self.flash.settle(m);
        self.end(m, Outcome::Reset);
    }

    fn end(&mut self, m: &Machine, outcome: Outcome) {
        self.ending = Some((outcome, m.clock.device_ns().saturating_add(DRAIN_NS)));
    }

    fn configure(&mut self, m: &mut Machine, memory: u32, address: u32) -> Result<(), Status> {
        if memory != super::super::memory::FLEXSPI_NOR || address == 0 {
            return Err(INVALID_ARGUMENT);
        }
        let block = self
            .read(m, address, BLOCK as u32, 0)
            .map_err(|_| INVALID_ARGUMENT)?;
        let word = |at: usize| {
            let bytes = block.get(at..at + 4).and_then(|b| b.try_into().ok());
            bytes.map_or(0, u32::from_le_bytes)
        };
        match word(0) {
            0xF000_000F => self.store_block(m),
            config::TAG => self.flash.set_up(m, &block),
            word0 => self.flash.probe(m, word0, word(4)),
        }
    }

    /// The block in use into the first two pages of flash.
    fn store_block(&mut self, m: &mut Machine) -> Result<(), Status> {
        if self.flash.geometry().is_none() {
            return Err(INVALID_ARGUMENT);
        }
        if !self.flash.is_blank(m, 0, BLOCK as u32) {
            return Err(CUMULATIVE_WRITE);
        }
        let block = *self.flash.block();
        self.flash.program(m, 0, &block)
    }
}
