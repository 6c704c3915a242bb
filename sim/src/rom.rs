//! The boot ROM's serial downloader (SDP), independent of USB and UART.
//!
//! ```text
//! READ_REGISTER    --> command   <-- security  <== data, 64 bytes a piece
//! WRITE_FILE       --> command   ==> data      <-- security  <-- status
//! JUMP_ADDRESS     --> command   <-- security  (then the chip is another device; a status only when it refuses)
//! others           --> command   <-- security  <-- status
//! ```
//!
//! Source: i.MX RT1020 reference manual, "Serial Downloader", as far as public hosts and logs show it. No source tells how
//! the ROM answers malformed commands; such answers are marked "guess" below.

use std::collections::VecDeque;

mod bus;
pub mod command;
pub mod dcd;
pub mod descriptors;
pub mod hid;
pub mod ivt;
pub mod loader;
pub mod registers;
pub mod serial;
#[cfg(test)]
mod tests;

use command::Command;
use loader::{Jump, Loader};
use registers::{Registers, boot_fuses};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::straps::Straps;

/// HAB is open: unsigned images run.
pub const HAB_OPEN: u32 = 0x5678_7856;
/// HAB is closed: images must be signed.
pub const HAB_CLOSED: u32 = 0x1234_3412;
const HAB_SUCCESS: u32 = 0xF0F0_F0F0;
const HAB_FAILURE: u32 = 0x3333_3333;
const WRITE_COMPLETE: u32 = 0x128A_8A12;
const WRITE_COMPLETE_MANUAL: u32 = 0x1282_8212;
const FILE_COMPLETE: u32 = 0x8888_8888;
const DCD_SKIPPED: u32 = 0x900D_D009;
const BAUD_SET: u32 = 0x09D0_0D90;
/// Address or argument refused.
const REFUSED: u32 = 0x8923_2389;
/// A failure, an invalid assertion, in the context of an authentication: how HAB codes it.
const HAB_EVENT: u32 = 0x00C0_1833;
/// First bytes of the answer to a ping of the other protocol: packet type, and a length of 8.
const PING_ANSWER: [u8; 4] = [0x5A, 0xA8, 0x08, 0x00];

/// Bytes of a data report, and of a read page.
pub const CHUNK: usize = 1024;
/// Bytes of READ_REGISTER data sent at a time.
pub const PAGE: usize = 64;

/// Behaviour of the ROM on which sources disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RomOptions {
    /// WRITE_REGISTER works and answers, as on an RT1050-EVK. Off: silence (tinyuf2 pull request 102).
    pub write_register_answers: bool,
    /// DCD_WRITE ends with 0x12828212, as one place of the manual says, instead of 0x128A8A12.
    pub dcd_answer_of_the_manual: bool,
    /// What READ_REGISTER may read.
    pub reads: Reads,
    /// What a refused jump says after the HAB state.
    pub refused_jump: RefusedJump,
    /// The first ERROR_STATUS after a reset is 0x33333333, as on healthy open RT1050 and RT1064 boards.
    pub failure_at_reset: bool,
}

impl Default for RomOptions {
    fn default() -> RomOptions {
        RomOptions {
            write_register_answers: true,
            dcd_answer_of_the_manual: false,
            reads: Reads::default(),
            refused_jump: RefusedJump::default(),
            failure_at_reset: false,
        }
    }
}

/// What READ_REGISTER may read; the rest is refused with 0x89232389.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reads {
    /// Known registers, and RAM that is not the ROM's own. The whole list is not known: real boards refused address 0 and
    /// 0x20200000, and most of what an RT1020 was asked for.
    #[default]
    Listed,
    /// Known registers, and no RAM.
    Registers,
    /// Nothing.
    Nothing,
}

/// What a refused jump says after the HAB state. Public hosts of RT10xx read no further, so what these parts say is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RefusedJump {
    /// 0x33333333 on an open part, nothing on a closed one (guess).
    #[default]
    Failure,
    /// The event of HAB: 33h 18h C0h 00h, as on a closed i.MX 6ULL.
    Event,
}

/// One piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// HAB state word.
    Security(u32),
    /// Status word.
    Status(u32),
    /// Up to 64 bytes of memory.
    Page(Vec<u8>),
}

/// What the chip does once the host has taken the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// A loader starts.
    Start(Loader),
    /// The chip answers on no link any more; the reason in words.
    Silent(String),
}

#[derive(Clone, Debug)]
enum Phase {
    Command,
    File {
        at: u32,
        left: u32,
    },
    Dcd {
        bytes: Vec<u8>,
        left: u32,
    },
    /// Takes the bytes of a file that it will refuse.
    Refused {
        left: u32,
    },
    /// Polls a condition that never comes true; only a reset helps.
    Hung,
}

/// The serial downloader.
#[derive(Clone, Debug)]
pub struct Rom {
    /// Peripheral registers as a host can read them.
    pub registers: Registers,
    options: RomOptions,
    phase: Phase,
    status: u32,
    skip_dcd: bool,
    /// The report buffer: what a short report does not overwrite is still there.
    buffer: Vec<u8>,
    /// The buffer of report 4: what an answer does not overwrite goes out with it.
    sent: [u8; PAGE],
    answers: VecDeque<Answer>,
    reading: Option<(u32, u32)>,
    then: Option<Then>,
    baud: Option<u32>,
}

impl Rom {
    /// The downloader after a reset.
    pub fn new(straps: Straps, cause: u32, options: RomOptions) -> Rom {
        Rom {
            registers: Registers::new(straps, cause),
            options,
            phase: Phase::Command,
            status: match options.failure_at_reset {
                true => HAB_FAILURE,
                false => HAB_SUCCESS,
            },
            skip_dcd: false,
            buffer: vec![0; CHUNK],
            sent: [0; PAGE],
            answers: VecDeque::new(),
            reading: None,
            then: None,
            baud: None,
        }
    }

    /// A command arrives. It ends whatever data phase was open (guess).
    pub fn command(&mut self, machine: &mut Machine, bytes: &[u8]) {
        if matches!(self.phase, Phase::Hung) {
            return;
        }
        let Some(command) = Command::parse(bytes) else {
            return;
        };
        self.phase = Phase::Command;
        self.reading = None;
        match command.tag {
            command::READ_REGISTER => self.read_register(machine, command),
            command::WRITE_REGISTER => self.write_register(machine, command),
            command::WRITE_FILE => self.start_file(machine, command),
            command::DCD_WRITE => self.start_dcd(machine, command),
            command::ERROR_STATUS => {
                self.answer(machine, self.status);
                self.status = HAB_SUCCESS;
            }
            command::SKIP_DCD_HEADER => {
                self.skip_dcd = true;
                self.answer(machine, DCD_SKIPPED);
            }
            command::SET_BAUDRATE => {
                self.baud = Some(command.address);
                self.answer(machine, BAUD_SET);
            }
            command::JUMP_ADDRESS => self.jump(machine, command.address),
            command::PINGS => {
                let id = [1, 2].map(|word| machine.fuses.shadow(word).to_le_bytes());
                let answer = [PING_ANSWER, id[0], id[1]].concat();
                self.answers.push_back(Answer::Page(answer));
            }
            // guess: an unknown command is refused
            _ => self.refuse(machine),
        }
        self.end_of_file(machine);
    }

    /// Bytes of an open data phase still to come; 0 when a command is awaited.
    pub fn expects(&self) -> usize {
        match &self.phase {
            Phase::File { left, .. } | Phase::Dcd { left, .. } | Phase::Refused { left } => {
                *left as usize
            }
            Phase::Command | Phase::Hung => 0,
        }
    }

    /// A data report: all 1024 bytes of the report buffer go to RAM, however few the file still has.
    pub fn report(&mut self, machine: &mut Machine, body: &[u8]) {
        let length = body.len().min(CHUNK);
        self.buffer[..length].copy_from_slice(&body[..length]);
        let whole = std::mem::take(&mut self.buffer);
        self.data(machine, &whole[..length], &whole);
        self.buffer = whole;
    }

    /// Data without padding, as a UART brings it.
    pub fn bytes(&mut self, machine: &mut Machine, body: &[u8]) {
        self.data(machine, body, body);
    }

    /// `counted` bytes belong to the transfer, `stored` ones are what reaches RAM.
    fn data(&mut self, machine: &mut Machine, counted: &[u8], stored: &[u8]) {
        match &mut self.phase {
            Phase::File { at, left } => {
                let address = *at;
                let count = (counted.len() as u32).min(*left);
                *left -= count;
                *at = at.wrapping_add(count);
                if let Err(why) = bus::store(machine, address, stored) {
                    self.then = Some(Then::Silent(why));
                    self.phase = Phase::Hung;
                    self.answers.clear();
                }
            }
            Phase::Dcd { bytes, left } => {
                let count = counted.len().min(*left as usize);
                bytes.extend_from_slice(&counted[..count]);
                *left -= count as u32;
            }
            Phase::Refused { left } => *left -= (counted.len() as u32).min(*left),
            Phase::Command | Phase::Hung => return,
        }
        self.end_of_file(machine);
    }

    fn end_of_file(&mut self, machine: &mut Machine) {
        match std::mem::replace(&mut self.phase, Phase::Command) {
            Phase::File { left: 0, .. } => self.answer(machine, FILE_COMPLETE),
            Phase::Refused { left: 0 } => self.answer(machine, REFUSED),
            Phase::Dcd { bytes, left: 0 } => self.run_dcd(machine, &bytes),
            other => self.phase = other,
        }
    }

    /// The next piece of an answer; `None` while the ROM waits for the host.
    pub fn next_answer(&mut self, machine: &Machine) -> Option<Answer> {
        if let Some(answer) = self.answers.pop_front() {
            return Some(answer);
        }
        let (at, left) = self.reading.take()?;
        let count = left.min(PAGE as u32);
        let page = bus::read(machine, &self.registers, at, count)?;
        if left > count {
            self.reading = Some((at.wrapping_add(count), left - count));
        }
        Some(Answer::Page(page))
    }

    /// Whether an answer is pending.
    pub fn has_answer(&self) -> bool {
        !self.answers.is_empty() || self.reading.is_some()
    }

    /// A bus reset drops all pending answers (guess).
    pub fn forget_answers(&mut self) {
        self.answers.clear();
        self.reading = None;
    }

    /// What the chip does next; told once, and only when every answer has been taken.
    pub fn then(&mut self) -> Option<Then> {
        if self.answers.is_empty() {
            self.then.take()
        } else {
            None
        }
    }

    /// The baud rate that SET_BAUDRATE asked for, once.
    pub fn new_baud(&mut self) -> Option<u32> {
        if self.answers.is_empty() {
            self.baud.take()
        } else {
            None
        }
    }

    fn security(&mut self, machine: &Machine) {
        let closed = boot_fuses(machine).closed();
        self.answers
            .push_back(Answer::Security(if closed { HAB_CLOSED } else { HAB_OPEN }));
    }

    fn answer(&mut self, machine: &Machine, status: u32) {
        self.security(machine);
        self.answers.push_back(Answer::Status(status));
    }

    fn refuse(&mut self, machine: &Machine) {
        self.answer(machine, HAB_FAILURE);
    }

    /// What is not on the list is refused by one word, whatever the count (seen on RT1050 over UART and RT1020 over HID). A
    /// part with SDP_READ_DISABLE, and an unaligned address, get no answer at all (guess: a closed i.MX 6SX was seen to do
    /// so, with the next command answered again). A ROM without the command gives no answer either (guess).
    fn read_register(&mut self, machine: &Machine, command: Command) {
        if !machine.chip.reads_registers {
            return;
        }
        if boot_fuses(machine).sdp_read_disabled()
            || !command.address.is_multiple_of(command.access())
        {
            return;
        }
        if !self.lets_read(machine, command) {
            return self.answer(machine, REFUSED);
        }
        self.security(machine);
        self.reading = (command.count > 0).then_some((command.address, command.count));
    }

    fn lets_read(&self, machine: &Machine, command: Command) -> bool {
        let (at, count) = (command.address, command.count);
        let is_ram = bus::is_open_ram(machine, at, count);
        match self.options.reads {
            Reads::Nothing => false,
            Reads::Listed if is_ram => true,
            Reads::Listed | Reads::Registers => {
                let first = count.clamp(1, PAGE as u32);
                registers::is_peripheral(at)
                    && bus::read(machine, &self.registers, at, first).is_some()
            }
        }
    }

    /// RAM that is not the ROM's own and peripherals take a value; the rest is refused (seen at 0x20200000 on an RT1050).
    fn write_register(&mut self, machine: &mut Machine, command: Command) {
        if !self.options.write_register_answers {
            return;
        }
        let (at, length) = (command.address, command.access());
        if bus::is_open_ram(machine, at, length) {
            let value = command.value.to_le_bytes();
            machine.ram.write(at, &value[..length as usize]);
        } else if registers::is_peripheral(at) {
            self.registers.write(machine, at, command.value);
        } else {
            return self.answer(machine, REFUSED);
        }
        self.answer(machine, WRITE_COMPLETE);
    }

    /// A file that does not fit where it is to go is taken to its end, and then refused: at 0x20200000 and 0 on an RT1062,
    /// outside RAM on an RT1064, past the end of a bank on an RT1062.
    fn start_file(&mut self, machine: &Machine, command: Command) {
        let (at, left) = (command.address, command.count);
        self.phase = match bus::is_open_ram(machine, at, left) {
            true => Phase::File { at, left },
            false => Phase::Refused { left },
        };
    }

    /// A table longer than HAB takes is refused (guess); it is staged in the ROM, not at the address given.
    fn start_dcd(&mut self, machine: &Machine, command: Command) {
        if command.count as usize > dcd::MAX_LEN {
            return self.refuse(machine);
        }
        self.phase = Phase::Dcd {
            bytes: Vec::new(),
            left: command.count,
        };
    }

    fn run_dcd(&mut self, machine: &mut Machine, table: &[u8]) {
        match dcd::run(machine, &mut self.registers, table) {
            Ok(()) if self.options.dcd_answer_of_the_manual => {
                self.answer(machine, WRITE_COMPLETE_MANUAL)
            }
            Ok(()) => self.answer(machine, WRITE_COMPLETE),
            Err(dcd::Stop::Failure(_)) => {
                self.status = HAB_FAILURE;
                self.refuse(machine);
            }
            Err(dcd::Stop::Endless(_)) => self.phase = Phase::Hung,
        }
    }

    /// A closed part says no more than its security word, stays, and has the failure ready for ERROR_STATUS (seen on
    /// closed RT1061 parts). This board holds no keys: to it, no image is signed well.
    fn jump(&mut self, machine: &mut Machine, address: u32) {
        if boot_fuses(machine).closed() {
            self.status = HAB_FAILURE;
            return match self.options.refused_jump {
                RefusedJump::Failure => self.security(machine),
                RefusedJump::Event => self.answer(machine, HAB_EVENT),
            };
        }
        match self.prepare(machine, address) {
            Jump::Refused(_) => {
                self.status = HAB_FAILURE;
                match self.options.refused_jump {
                    RefusedJump::Failure => self.refuse(machine),
                    RefusedJump::Event => self.answer(machine, HAB_EVENT),
                }
            }
            Jump::Lost(why) => self.leave(machine, Then::Silent(why)),
            Jump::Start(loader) => self.leave(machine, Then::Start(loader)),
        }
    }

    fn prepare(&mut self, machine: &mut Machine, address: u32) -> Jump {
        let (ivt, data) = match loader::image(&machine.ram, address) {
            Ok(found) => found,
            Err(jump) => return jump,
        };
        if ivt.dcd != 0 && !std::mem::take(&mut self.skip_dcd) {
            let room =
                u64::from(dcd::MAX_LEN as u32).min(data.end().saturating_sub(u64::from(ivt.dcd)));
            let table = machine
                .ram
                .slice(ivt.dcd, room as usize)
                .unwrap_or_default()
                .to_vec();
            match dcd::run(machine, &mut self.registers, &table) {
                Ok(()) => {}
                Err(dcd::Stop::Failure(why)) => return Jump::Refused(why),
                Err(dcd::Stop::Endless(at)) => {
                    return Jump::Lost(format!("the DCD waits for {at:#010x} for ever"));
                }
            }
        }
        loader::recognise(machine.chip, &machine.ram, &data)
    }

    fn leave(&mut self, machine: &Machine, then: Then) {
        self.security(machine);
        self.then = Some(then);
        self.phase = Phase::Hung;
    }
}
