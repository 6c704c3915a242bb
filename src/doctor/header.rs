//! The boot header in flash, and what it points to: which bytes are read, and the rule that needs the flash's own state.

use std::ops::Range;

use rtboot_bootable::{Ivt, Memory, MemoryMap};
use rtboot_fcb::{Fcb, StatusRegisters};
use rtboot_finding::Finding;
use rtboot_finding::catalogue::fcb as found;

use crate::Result;

/// Bytes at the start of the flash that are always read: FCB, IVT, boot data, the usual place of the vector table.
pub const HEADER: u32 = 0x3000;

/// Reads the header, and what its IVT points to, of a flash of `size` bytes. `read` brings so many bytes from an address, all of
/// them in the flash.
///
/// # Errors
/// Whatever `read` brings.
pub fn read_header(
    size: u32,
    map: &MemoryMap,
    read: &mut dyn FnMut(u32, u32) -> Result<Vec<u8>>,
) -> Result<Memory> {
    let base = u64::from(map.flash_base);
    let window = &(base..base + u64::from(size));
    let mut memory = Memory::new();
    piece(&mut memory, (map.flash_base, HEADER), window, read)?;
    let ivt = memory
        .bytes(map.ivt_address(), Ivt::LEN)
        .and_then(|bytes| Ivt::parse(bytes).ok());
    for place in ivt.map_or(Vec::new(), |ivt| pointed_at(&ivt, map)) {
        piece(&mut memory, place, window, read)?;
    }
    Ok(memory)
}

/// Places that an IVT points to, as flash addresses, with how much of them is worth reading.
fn pointed_at(ivt: &Ivt, map: &MemoryMap) -> Vec<(u32, u32)> {
    let in_flash = |address: u32| {
        map.normalised(address)
            .wrapping_sub(ivt.self_address)
            .wrapping_add(map.ivt_address())
    };
    let places = [
        (ivt.boot_data, 16),
        (ivt.entry & !1, 16),
        (ivt.dcd, 2 * 1024),
        (ivt.csf, 8 * 1024),
    ];
    let there = places.into_iter().filter(|&(address, _)| address != 0);
    there
        .map(|(address, length)| (in_flash(address), length))
        .collect()
}

/// Reads as much of the piece as lies in flash and is not there yet.
fn piece(
    memory: &mut Memory,
    (address, length): (u32, u32),
    window: &Range<u64>,
    read: &mut dyn FnMut(u32, u32) -> Result<Vec<u8>>,
) -> Result<()> {
    let to = (u64::from(address) + u64::from(length)).min(window.end);
    if u64::from(address) < window.start || u64::from(address) >= to {
        return Ok(());
    }
    let length = (to - u64::from(address)) as u32;
    if memory.bytes(address, length as usize).is_some() {
        return Ok(());
    }
    let bytes = read(address, length)?;
    // both were read from the same flash; a difference is noise, and found by reading again
    let _ = memory.replace(address, bytes);
    Ok(())
}

/// Whether all that was read is erased.
pub fn is_blank(memory: &Memory) -> bool {
    memory
        .segments()
        .all(|(_, bytes)| bytes.iter().all(|&byte| byte == 0xFF))
}

/// Whether an FCB's read sequence takes its bytes from four lines.
pub(crate) fn reads_on_four(fcb: &Fcb) -> bool {
    fcb.sequence(0).steps().iter().any(|step| step.pads == 4)
}

/// Whether an FCB reads on four lines, nothing in it sets the quad-enable bit, and `quad` says that the bit is clear: the ROM reads
/// garbage.
pub(crate) fn reads_garbage(fcb: &Fcb, quad: Option<bool>) -> bool {
    let sets_it = fcb.device_mode_enable() != 0 || fcb.config_command_enable() != 0;
    reads_on_four(fcb) && quad == Some(false) && !sets_it
}

/// The rule `quad-enable-clear`, broken; `None` when it is kept. `names` are the flash's, `quad` its quad-enable bit.
pub fn quad_clear(
    fcb: &Fcb,
    quad: Option<bool>,
    status: StatusRegisters,
    names: &str,
) -> Option<Finding> {
    reads_garbage(fcb, quad).then(|| {
        Finding::new(&found::QUAD_ENABLE_CLEAR)
            .text("part", names)
            .text("status", status)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_fcb_that_sets_the_bit_itself_does_not_need_it() {
        let status = StatusRegisters { sr1: 0, sr2: None };
        let part = rtboot_fcb::database::parts().find(|part| part.read.data_pads == 4);
        let mut fcb = part.expect("a quad part").boot_fcb();
        fcb.set_device_mode_enable(0);
        fcb.set_config_command_enable(0);
        let told = |fcb: &Fcb, quad| quad_clear(fcb, quad, status, "X").map(|f| f.code());
        assert_eq!(told(&fcb, Some(false)), Some("quad-enable-clear"));
        assert_eq!(told(&fcb, Some(true)), None);
        assert_eq!(told(&fcb, None), None);
        fcb.set_config_command_enable(1);
        assert_eq!(told(&fcb, Some(false)), None);
        fcb.set_config_command_enable(0);
        fcb.set_device_mode_enable(1);
        assert_eq!(told(&fcb, Some(false)), None);
    }
}
