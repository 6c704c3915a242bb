//! Commands without a data phase.

use super::super::processor::command::{response, tag};
use super::super::status::{
    CUMULATIVE_WRITE, FLASH_ADDRESS, INVALID_ARGUMENT, MEMORY_RANGE, SUCCESS, Status,
};
use super::super::{Outcome, config, jump, thumb};
use super::memory::{self, Place};
use super::server::{Server, vendor};
use super::{property, source, start};
use crate::flexspi::AHB_BASE;
use crate::machine::Machine;

/// How long it waits for the host to take the answer before a reset or a jump.
const DRAIN_NS: u64 = 1_000_000_000;
/// A whole configuration block.
const BLOCK: usize = config::LEN;

impl Server {
    pub(super) fn get_property(&mut self, m: &mut Machine, property: u32, index: u32) {
        let words = match property::get(self, m, property, index) {
            Ok(values) => [vec![SUCCESS], values].concat(),
            Err(status) => vec![status],
        };
        self.say(response(tag::GET_PROPERTY + tag::RESPONSE, 0, &words));
    }

    pub(super) fn erase_all(&mut self, m: &mut Machine, memory: u32) -> Result<(), Status> {
        memory::is_flash(memory)?;
        self.flash.configured()?;
        let result = self.flash.erase_all(m);
        self.note(m, 0, result, Status::from)
    }

    pub(super) fn erase(
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
            Place::Flash(offset) => {
                let result = self.flash.erase(m, offset, offset + length);
                self.note(m, 0, result, Status::from)
            }
        }
    }

    pub(super) fn fill(
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

    /// `None`: the code does not return.
    pub(super) fn call(
        &self,
        m: &mut Machine,
        address: u32,
        argument: u32,
    ) -> Option<Result<(), Status>> {
        if !memory::is_code(m, &self.flash, address) {
            return Some(Err(INVALID_ARGUMENT));
        }
        match thumb::call(m, address, argument) {
            thumb::End::Returned(SUCCESS) => Some(Ok(())),
            thumb::End::Returned(status) => Some(Err(status)),
            thumb::End::Gone => None,
        }
    }

    pub(super) fn execute(&mut self, m: &mut Machine, address: u32, argument: u32, stack: u32) {
        if !memory::is_code(m, &self.flash, address) || !memory::is_stack(m, stack) {
            return self.finish(tag::EXECUTE, Err(INVALID_ARGUMENT));
        }
        self.finish(tag::EXECUTE, Ok(()));
        let outcome = jump(m, address, argument, stack);
        self.end(m, outcome);
    }

    /// Starts the application in flash as the boot ROM would, without the boot pins.
    pub(super) fn start_application(&mut self, m: &mut Machine, address: u32) {
        let found = match address {
            AHB_BASE => start::application(&mut self.flash, m),
            _ => Err(MEMORY_RANGE),
        };
        self.finish(vendor::START, found.map(drop));
        if let Ok((pc, sp)) = found {
            let outcome = Outcome::Jumped {
                pc,
                sp,
                argument: 0,
            };
            self.end(m, outcome);
        }
    }

    pub(super) fn reset(&mut self, m: &mut Machine) {
        self.finish(tag::RESET, Ok(()));
        self.flash.settle(m);
        self.end(m, Outcome::Reset);
    }

    pub(super) fn end(&mut self, m: &Machine, outcome: Outcome) {
        self.ending = Some((outcome, m.clock.device_ns().saturating_add(DRAIN_NS)));
    }

    pub(super) fn configure(
        &mut self,
        m: &mut Machine,
        memory: u32,
        address: u32,
    ) -> Result<(), Status> {
        if memory != super::super::memory::FLEXSPI_NOR || address == 0 {
            return Err(INVALID_ARGUMENT);
        }
        let block =
            source::read(&self.flash, m, address, BLOCK as u32, 0).map_err(|_| INVALID_ARGUMENT)?;
        let word = |at: usize| {
            let bytes = block.get(at..at + 4).and_then(|b| b.try_into().ok());
            bytes.map_or(0, u32::from_le_bytes)
        };
        match word(0) {
            0xF000_000F => self.store_block(m),
            config::TAG => Ok(self.flash.set_up(m, &block)?),
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
        Ok(self.flash.program(m, 0, &block)?)
    }
}
