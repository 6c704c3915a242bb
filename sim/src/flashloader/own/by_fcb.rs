//! ReadByFcb: reads flash as the boot ROM does with an FCB in RAM, its set-up commands included.

use super::super::config::LEN;
use super::super::status::{INVALID_ARGUMENT, MEMORY_RANGE, Status};
use super::flash::Flash;
use super::inspect::own;
use super::rescue;
use super::source::{self, Source};
use crate::flexspi::{AHB_BASE, Registers};
use crate::machine::Machine;

/// The controller as that FCB sets it up, and where the reading is.
#[derive(Debug, Clone)]
pub struct Reading {
    controller: Registers,
    offset: u32,
}

/// Puts the FCB in force, and takes the controller back until the data are read.
pub fn begin(
    flash: &Flash,
    m: &mut Machine,
    fcb: u32,
    address: u32,
    length: u32,
) -> Result<(Source, u32), Status> {
    let block = source::read(flash, m, fcb, LEN as u32, 0)?;
    if !block.starts_with(b"FCFB") {
        return Err(INVALID_ARGUMENT);
    }
    let before = m.flexspi.registers();
    let mut other = Flash::default();
    let begun = other.set_up(m, &block).map_err(own);
    let controller = m.flexspi.registers();
    m.flexspi.set_registers(before);
    begun?;
    let size = other.geometry().map_or(0, |geometry| geometry.size);
    let offset = address.checked_sub(AHB_BASE);
    let inside = |offset: &u32| u64::from(*offset) + u64::from(length) <= u64::from(size);
    let Some(offset) = offset.filter(inside) else {
        end(m);
        return Err(MEMORY_RANGE);
    };
    Ok((Source::ByFcb(Reading { controller, offset }), length))
}

impl Reading {
    /// The next bytes.
    pub fn next(&mut self, m: &mut Machine, length: u32) -> Vec<u8> {
        let ours = m.flexspi.registers();
        m.flexspi.set_registers(self.controller.clone());
        let bytes = m
            .flexspi
            .ahb_read(self.offset, length as usize, &mut m.clock);
        self.offset = self.offset.saturating_add(length);
        self.controller = m.flexspi.registers();
        m.flexspi.set_registers(ours);
        bytes
    }
}

/// Ends a continuous read that the FCB's read sequence began.
pub fn end(m: &mut Machine) {
    let ours = m.flexspi.registers();
    // it answers at once unless the mode is on; nothing more can be done about one that does not answer at all
    let _ = rescue::climb(m);
    m.flexspi.set_registers(ours);
    m.flexspi.software_reset();
}
