//! ReadByFcb: reads flash as the boot ROM does with an FCB in RAM, its set-up commands included.

use super::super::config::LEN;
use super::super::status::{MEMORY_RANGE, Status};
use super::flash::Flash;
use super::inspect::own;
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
    flash: &mut Flash,
    m: &mut Machine,
    fcb: u32,
    address: u32,
    length: u32,
) -> Result<(Source, u32), Status> {
    let block = source::read(flash, m, fcb, LEN as u32, 0)?;
    let before = m.flexspi.registers();
    let mut other = Flash::default();
    let begun = other.set_up(m, &block).map_err(own);
    let size = other.geometry().map_or(0, |geometry| geometry.size);
    let inside = |offset: &u32| u64::from(*offset) + u64::from(length) <= u64::from(size);
    let offset = address.checked_sub(AHB_BASE).filter(inside);
    let ready = begun.and_then(|()| offset.ok_or(MEMORY_RANGE));
    let offset = ready.inspect_err(|_| flash.restore(m))?;
    let controller = m.flexspi.registers();
    m.flexspi.set_registers(before);
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
