//! Where the data of a data phase to the host come from.

use super::super::status::Status;
use super::flash::Flash;
use super::hash::Job;
use super::memory::{self, Place};
use super::{by_fcb, inspect};
use crate::machine::Machine;

/// What is left to send.
#[derive(Debug, Clone)]
pub enum Source {
    /// RAM or flash from this address on.
    Memory { at: u32, memory: u32 },
    /// These bytes.
    Bytes(Vec<u8>),
    /// SFDP from this offset on.
    Sfdp(u32),
    /// Hashes as they are made.
    Hash(Job),
    /// Flash through another FCB.
    ByFcb(by_fcb::Reading),
}

impl Source {
    /// All of these bytes.
    pub fn whole(bytes: Vec<u8>) -> (Source, u32) {
        let length = bytes.len() as u32;
        (Source::Bytes(bytes), length)
    }

    /// The next bytes, at most `length` and at least one.
    pub fn next(
        &mut self,
        flash: &mut Flash,
        m: &mut Machine,
        length: u32,
    ) -> Result<Vec<u8>, Status> {
        match self {
            Source::Memory { at, memory } => {
                let bytes = read(flash, m, *at, length, *memory)?;
                *at = at.wrapping_add(length);
                Ok(bytes)
            }
            Source::Bytes(bytes) => Ok(bytes.drain(..bytes.len().min(length as usize)).collect()),
            Source::Sfdp(at) => {
                let bytes = inspect::sfdp(flash, m, *at, length as usize)?;
                *at += length;
                Ok(bytes)
            }
            Source::Hash(job) => job.next(flash, m, length),
            Source::ByFcb(reading) => Ok(reading.next(m, length)),
        }
    }

    /// The data phase is over.
    pub fn end(&self, flash: &mut Flash, m: &mut Machine) {
        if let Source::ByFcb(_) = self {
            flash.restore(m);
        }
    }
}

/// A piece of RAM or flash.
pub fn read(
    flash: &Flash,
    m: &mut Machine,
    address: u32,
    length: u32,
    memory: u32,
) -> Result<Vec<u8>, Status> {
    match memory::place(m, flash, address, length, memory)? {
        Place::Ram(address) => {
            let bytes = m.ram.slice(address, length as usize);
            Ok(bytes.map(<[u8]>::to_vec).unwrap_or_default())
        }
        Place::Flash(offset) => Ok(flash.read(m, offset, length as usize)),
    }
}
