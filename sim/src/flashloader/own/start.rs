//! Start: what the loader looks at before it hands over to a flash application.

use byteorder::{ByteOrder, LittleEndian as LE};

use super::super::config::{LEN, instruction, pair};
use super::super::probe::lut::{CMD, ONE, RADDR, READ};
use super::super::status::{OWN_DCD, OWN_FORBIDDEN, OWN_NOT_AN_IMAGE, Status};
use super::controller::transfer;
use super::flash::Flash;
use super::inspect::{own, read_id, with};
use super::memory::{self, Place};
use crate::flexspi::AHB_BASE;
use crate::machine::Machine;
use crate::rom::registers::boot_fuses;

const IVT: u32 = AHB_BASE + 0x1000;
/// Tag D1 and a length of 32; the version above them varies.
const IVT_HEADER: u32 = 0x0020_00D1;

/// First instruction and stack pointer of the application; a stack pointer of 0 leaves the loader's.
pub fn application(flash: &mut Flash, m: &mut Machine) -> Result<(u32, u32), Status> {
    if boot_fuses(m).closed() {
        return Err(OWN_FORBIDDEN);
    }
    read_id(flash, m).map_err(own)?;
    let words = [
        pair(instruction(CMD, ONE, 0x03), instruction(RADDR, ONE, 24)),
        instruction(READ, ONE, 4),
        0,
        0,
    ];
    let fcb = with(flash, m, |m| transfer(m, &words, 0, &[], LEN)).map_err(own)?;
    flash.set_up(m, &fcb).map_err(|_| OWN_NOT_AN_IMAGE)?;
    let word = |m: &mut Machine, address: u32| match memory::place(m, flash, address, 4, 0) {
        Ok(Place::Flash(offset)) => Ok(LE::read_u32(&flash.read(m, offset, 4))),
        _ => Err(OWN_NOT_AN_IMAGE),
    };
    if word(m, IVT)? & 0x00FF_FFFF != IVT_HEADER || word(m, IVT + 20)? != IVT {
        return Err(OWN_NOT_AN_IMAGE);
    }
    if word(m, IVT + 12)? != 0 {
        return Err(OWN_DCD);
    }
    let boot_data = word(m, IVT + 16)?;
    let image = word(m, boot_data)?;
    let plugin = word(m, boot_data.wrapping_add(8))?;
    if !memory::in_window(image) || plugin & 1 != 0 {
        return Err(OWN_NOT_AN_IMAGE);
    }
    let entry = word(m, IVT + 4)?;
    let (code, stack) = match entry & 1 {
        1 => (entry, 0),
        _ => (word(m, entry.wrapping_add(4))?, word(m, entry)?),
    };
    let is_code = code & 1 == 1
        && code > 1
        && code != u32::MAX
        && memory::place(m, flash, code & !1, 2, 0).is_ok();
    is_code
        .then_some((code & !1, stack))
        .ok_or(OWN_NOT_AN_IMAGE)
}
