//! Commands and responses as bytes, and what each command does.
//!
//! | offset | bytes | field                                        |
//! |--------|-------|----------------------------------------------|
//! | 0      | 1     | tag                                          |
//! | 1      | 1     | flags, bit 0 = a data phase follows          |
//! | 2      | 1     | reserved, zero                               |
//! | 3      | 1     | number of parameters                         |
//! | 4      | 4 × n | parameters, little-endian                    |
//!
//! The firmware does not look at the number of parameters.

use super::super::status::{INVALID_ARGUMENT, OTP_VERIFY, SUCCESS, Status, Stop, UNKNOWN_COMMAND};
use super::super::{Outcome, keyblob, property, thumb};
use super::{Channel, Packet, Phase, Processor, Step};
use crate::fuses::WORDS;
use crate::machine::Machine;

/// Command and response tags.
pub mod tag {
    pub const ERASE_ALL: u8 = 0x01;
    pub const ERASE_REGION: u8 = 0x02;
    pub const READ_MEMORY: u8 = 0x03;
    pub const WRITE_MEMORY: u8 = 0x04;
    pub const FILL_MEMORY: u8 = 0x05;
    pub const GET_PROPERTY: u8 = 0x07;
    pub const RECEIVE_SB_FILE: u8 = 0x08;
    pub const EXECUTE: u8 = 0x09;
    pub const CALL: u8 = 0x0A;
    pub const RESET: u8 = 0x0B;
    pub const SET_PROPERTY: u8 = 0x0C;
    pub const PROGRAM_ONCE: u8 = 0x0E;
    pub const READ_ONCE: u8 = 0x0F;
    pub const READ_RESOURCE: u8 = 0x10;
    pub const CONFIGURE_MEMORY: u8 = 0x11;
    pub const GENERATE_KEY_BLOB: u8 = 0x13;
    pub const GENERIC: u8 = 0xA0;
    /// Responses with their own tag are the command's plus this.
    pub const RESPONSE: u8 = 0xA0;
}

/// A response.
pub fn response(tag: u8, flags: u8, words: &[u32]) -> Packet {
    let count = u8::try_from(words.len()).unwrap_or(u8::MAX);
    let mut bytes = vec![tag, flags, 0, count];
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    Packet::Command(bytes)
}

/// The generic response.
pub fn generic(status: Status, tag: u8) -> Packet {
    response(tag::GENERIC, 0, &[status, tag.into()])
}

/// Tag and seven parameters; what is not there counts as zero.
pub struct Request {
    pub tag: u8,
    pub parameters: [u32; 7],
}

impl Request {
    pub fn parse(bytes: &[u8]) -> Request {
        let mut parameters = [0; 7];
        for (i, parameter) in parameters.iter_mut().enumerate() {
            let byte = |at: usize| bytes.get(4 + 4 * i + at).copied().unwrap_or(0);
            *parameter = u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]);
        }
        Request {
            tag: bytes.first().copied().unwrap_or(0),
            parameters,
        }
    }
}

/// Does what a command packet says; the steps that follow.
pub(super) fn handle(p: &mut Processor, m: &mut Machine, bytes: &[u8]) -> Vec<Step> {
    let request = Request::parse(bytes);
    let [a, b, c, ..] = request.parameters;
    let answer = |result: Result<(), Stop>| simple(request.tag, result);
    match request.tag {
        unknown if !p.build.firmware.knows(unknown) => {
            vec![Step::Send(generic(UNKNOWN_COMMAND, unknown))]
        }
        tag::ERASE_ALL => answer(p.memory.erase_all(m, a)),
        tag::ERASE_REGION => answer(p.memory.erase(m, a, b, c)),
        tag::FILL_MEMORY => answer(p.memory.fill(m, a, b, c)),
        tag::CONFIGURE_MEMORY => answer(p.memory.configure(m, a, b)),
        tag::GET_PROPERTY => get_property(p, m, a, b),
        tag::SET_PROPERTY => answer(Err(property::set(&p.build, a).into())),
        tag::PROGRAM_ONCE => answer(program_once(m, p.build.firmware.checks_fuses, a, b, c)),
        tag::READ_ONCE => read_once(m, a, b),
        tag::READ_MEMORY => produce(
            p,
            tag::READ_MEMORY,
            Channel::Memory { address: a, id: c },
            b,
        ),
        tag::READ_RESOURCE => produce(p, tag::READ_RESOURCE, Channel::Resource, b),
        tag::WRITE_MEMORY => consume(
            p,
            tag::WRITE_MEMORY,
            Channel::Memory { address: a, id: c },
            b,
        ),
        tag::RECEIVE_SB_FILE => {
            p.reset_sb();
            consume(p, tag::RECEIVE_SB_FILE, Channel::SbFile, a)
        }
        tag::GENERATE_KEY_BLOB => key_blob(p, c),
        tag::CALL => call(p, m, a, b),
        tag::EXECUTE => execute(p, a, b, c),
        tag::RESET => vec![
            Step::Send(generic(SUCCESS, tag::RESET)),
            Step::End(Outcome::Reset),
        ],
        other => vec![Step::Send(generic(UNKNOWN_COMMAND, other))],
    }
}

fn simple(tag: u8, result: Result<(), Stop>) -> Vec<Step> {
    match result {
        Ok(()) => vec![Step::Send(generic(SUCCESS, tag))],
        Err(Stop::Status(status)) => vec![Step::Send(generic(status, tag))],
        Err(Stop::Hang) => vec![Step::End(Outcome::Silent)],
    }
}

fn get_property(p: &Processor, m: &Machine, property: u32, index: u32) -> Vec<Step> {
    let words = match property::get(m, &p.memory, &p.build, p.max_packet, property, index) {
        Ok(values) => [vec![SUCCESS], values].concat(),
        Err(status) => vec![status],
    };
    vec![Step::Send(response(
        tag::GET_PROPERTY + tag::RESPONSE,
        0,
        &words,
    ))]
}

fn produce(p: &mut Processor, tag: u8, channel: Channel, len: u32) -> Vec<Step> {
    p.phase = Phase {
        tag,
        channel,
        left: len,
    };
    vec![
        Step::Send(response(tag + tag::RESPONSE, 1, &[SUCCESS, len])),
        Step::Produce,
    ]
}

fn consume(p: &mut Processor, tag: u8, channel: Channel, len: u32) -> Vec<Step> {
    p.phase = Phase {
        tag,
        channel,
        left: len,
    };
    vec![Step::Send(generic(SUCCESS, tag)), Step::Consume]
}

/// Phase 0 takes the data key, others give the blob; the lengths asked for do not count.
fn key_blob(p: &mut Processor, phase: u32) -> Vec<Step> {
    if phase == 0 {
        p.keys.restart();
        return consume(p, tag::GENERATE_KEY_BLOB, Channel::Key, keyblob::KEY_LEN);
    }
    p.keys.generate();
    produce(p, tag::GENERATE_KEY_BLOB, Channel::Blob, keyblob::BLOB_LEN)
}

fn call(p: &Processor, m: &mut Machine, address: u32, argument: u32) -> Vec<Step> {
    if !p.memory.is_code(address) {
        return simple(tag::CALL, Err(INVALID_ARGUMENT.into()));
    }
    match thumb::call(m, address, argument) {
        thumb::End::Returned(status) => simple(tag::CALL, Err(status.into())),
        thumb::End::Gone => vec![Step::End(Outcome::Silent)],
    }
}

fn execute(p: &Processor, address: u32, argument: u32, sp: u32) -> Vec<Step> {
    if !p.memory.is_code(address) || !p.memory.is_stack(sp) {
        return simple(tag::EXECUTE, Err(INVALID_ARGUMENT.into()));
    }
    vec![
        Step::Send(generic(SUCCESS, tag::EXECUTE)),
        Step::Jump {
            pc: address,
            argument,
            sp,
        },
    ]
}

/// Burns; some builds then compare the whole word with what was asked for.
fn program_once(
    m: &mut Machine,
    checks: bool,
    index: u32,
    len: u32,
    value: u32,
) -> Result<(), Stop> {
    if len == 0 {
        // nothing is burnt, and what was read, 0, is held against the value
        return if value == 0 || !checks {
            Ok(())
        } else {
            Err(OTP_VERIFY.into())
        };
    }
    let index = fuse(index, len)?;
    m.fuses.burn(index, value);
    m.fuses.reload();
    if m.fuses.word(index) == value || !checks {
        Ok(())
    } else {
        Err(OTP_VERIFY.into())
    }
}

fn read_once(m: &Machine, index: u32, len: u32) -> Vec<Step> {
    vec![Step::Send(match len {
        0 => response(tag::READ_ONCE + tag::RESPONSE, 0, &[SUCCESS, 0]),
        _ => fuse_word(m, index, len),
    })]
}

/// A fuse word's shadow register; only whole words can be read.
pub fn fuse_word(m: &Machine, index: u32, len: u32) -> Packet {
    let words = match fuse(index, len) {
        Ok(index) => vec![SUCCESS, 4, m.fuses.shadow(index)],
        Err(_) => vec![INVALID_ARGUMENT, 0],
    };
    response(tag::READ_ONCE + tag::RESPONSE, 0, &words)
}

fn fuse(index: u32, len: u32) -> Result<usize, Stop> {
    match usize::try_from(index) {
        Ok(index) if index < WORDS && len == 4 => Ok(index),
        _ => Err(INVALID_ARGUMENT.into()),
    }
}
