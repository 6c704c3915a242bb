//! Internal boot: what the ROM does with the flash as it is, and why it does or does not start.
//!
//! The ROM reads the FCB with command 03h on one wire at 30 MHz, plays the FCB's own set-up commands and its read
//! sequence on the flash, then follows IVT, boot data and vector table. Here too every byte comes through the flash
//! model, so that a wrong look-up table, a clear quad-enable bit or a sleeping part show as they would on the board.
//!
//! Source: flash driver sources of NXP's flashloader family for the order of work; the checks are those every boot image
//! tool keeps to. Which of them the ROM makes itself, and which only the processor trips over, is not public.

use byteorder::{ByteOrder, LittleEndian as LE};

pub(crate) mod fcb;
#[cfg(test)]
mod tests;

use crate::machine::Machine;
use crate::rom::dcd;
use crate::rom::ivt::{self, BootData, Ivt};
use crate::straps::BootConfig;

const BASE: u32 = 0x6000_0000;
const IVT_OFFSET: u32 = 0x1000;
const SDRAM: std::ops::Range<u32> = 0x8000_0000..0xE000_0000;

/// An application that the ROM would start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// Where the processor goes: the reset handler, bit 0 set.
    pub entry: u32,
    /// Its first stack pointer; `None` when the IVT names the reset handler itself, without a vector table.
    pub stack: Option<u32>,
}

/// What the ROM would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootVerdict {
    /// What would run after a reset with BOOT_MODE = 10; `None`: nothing, the ROM falls into the serial downloader.
    pub starts: Option<Start>,
    /// Why, in words.
    pub reason: String,
    /// Whether a reset with the straps as they are would start it, too.
    pub with_present_straps: bool,
    /// Where a reset with the straps as they are leads, in words.
    pub present_straps: String,
}

/// What the boot decision needs to know besides the machine.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// BOOT_CFG as latched.
    pub config: BootConfig,
    /// HAB is closed.
    pub closed: bool,
    /// The flash is wired to the second pin group.
    pub second_pins: bool,
}

/// Tries to boot from FlexSPI NOR; the application, or the reason in words. What the FCB's set-up commands do to the
/// flash is done.
pub fn internal(machine: &mut Machine, conditions: Conditions) -> Result<Start, String> {
    reachable(conditions)?;
    machine
        .clock
        .work(u64::from(conditions.config.hold_time_us()) * 1_000);
    let size = fcb::set_up(machine, conditions.config.flash_type() == 1)?;
    let mut flash = Flash { machine, size };
    let ivt_bytes = flash
        .read(IVT_OFFSET)
        .ok_or("the IVT lies behind the flash size the FCB gives")?;
    if ivt_bytes == [0xFF; ivt::LEN] {
        return Err("no IVT at 0x60001000: erased".into());
    }
    let ivt = Ivt::parse(&ivt_bytes).map_err(|why| format!("no IVT at 0x60001000: {why}"))?;
    let image = Image::locate(&mut flash, &ivt)?;
    if conditions.closed {
        return Err(
            "HAB is closed, and the image carries no signature this board could check".into(),
        );
    }
    let sdram = image.device_configuration(&mut flash, &ivt)?;
    image.start(&mut flash, &ivt, sdram)
}

/// Whether the ROM looks for its image where this board's flash is.
fn reachable(conditions: Conditions) -> Result<(), String> {
    let config = conditions.config;
    if config.device() != 0 {
        return Err(format!(
            "BOOT_CFG says to boot from {}, the flash is FlexSPI NOR",
            config.device_name()
        ));
    }
    if config.encrypted_xip() {
        return Err(
            "BOOT_CFG says the image is encrypted (BEE): a plain one reads as garbage".into(),
        );
    }
    match (config.flash_type(), conditions.second_pins) {
        (0 | 1, false) | (7, true) => Ok(()),
        (0 | 1, true) => Err(
            "the flash is on the second pin group, flash type in BOOT_CFG names the first".into(),
        ),
        (7, false) => Err(
            "flash type 7 in BOOT_CFG names the second pin group, the flash is on the first".into(),
        ),
        (other, _) => Err(format!(
            "flash type {other} in BOOT_CFG is for HyperFlash or octal parts"
        )),
    }
}

/// The flash as the processor sees it once the FCB is in force.
struct Flash<'a> {
    machine: &'a mut Machine,
    size: u32,
}

impl Flash<'_> {
    /// `N` bytes at an offset, by the FCB's read sequence; `None` past the size the FCB gives.
    fn read<const N: usize>(&mut self, offset: u32) -> Option<[u8; N]> {
        self.bytes(offset, N)?.try_into().ok()
    }

    fn bytes(&mut self, offset: u32, length: usize) -> Option<Vec<u8>> {
        let end = u64::from(offset) + length as u64;
        if end > u64::from(self.size) {
            return None;
        }
        fcb::read(self.machine, offset, length)
    }
}

/// Where the image lies on the bus, and its boot data.
struct Image {
    /// Bus address of flash offset 0: the flash window, or RAM when the ROM copies the image there.
    base: u32,
    data: BootData,
}

impl Image {
    fn locate(flash: &mut Flash, ivt: &Ivt) -> Result<Image, String> {
        let in_ram = flash.machine.ram.slice(ivt.own, ivt::LEN).is_some();
        if ivt.own != BASE + IVT_OFFSET && !in_ram {
            return Err(format!(
                "the IVT at 0x60001000 says it belongs at {:#010x}",
                ivt.own
            ));
        }
        let base = ivt.own.wrapping_sub(IVT_OFFSET);
        let place = ivt.boot_data.wrapping_sub(base);
        let bytes = flash.read(place).ok_or_else(|| {
            format!(
                "boot data pointer {:#010x} leads out of the flash",
                ivt.boot_data
            )
        })?;
        let data = BootData::parse(&bytes);
        if !data.holds(ivt.own) {
            let BootData { start, length, .. } = data;
            return Err(format!(
                "boot data (start {start:#010x}, length {length:#x}) do not hold the IVT"
            ));
        }
        if data.plugin != 0 {
            return Err("a plugin image, which this board cannot judge".into());
        }
        if in_ram
            && flash
                .machine
                .ram
                .slice(data.start, data.length as usize)
                .is_none()
        {
            let BootData { start, length, .. } = data;
            return Err(format!(
                "the image goes to {start:#010x}, {length:#x} bytes, where there is no such RAM"
            ));
        }
        Ok(Image { base, data })
    }

    fn read<const N: usize>(&self, flash: &mut Flash, address: u32) -> Option<[u8; N]> {
        flash.read(address.checked_sub(self.base)?)
    }

    /// Works through a DCD; true when there is one. A pointer to something else is passed over: SDK images have such.
    fn device_configuration(&self, flash: &mut Flash, ivt: &Ivt) -> Result<bool, String> {
        if ivt.dcd == 0 {
            return Ok(false);
        }
        let header: [u8; 4] = self
            .read(flash, ivt.dcd)
            .ok_or_else(|| format!("DCD pointer {:#010x} leads out of the flash", ivt.dcd))?;
        if header[0] != 0xD2 {
            return Ok(false);
        }
        let length = usize::from(u16::from_be_bytes([header[1], header[2]]));
        let table = flash
            .bytes(ivt.dcd.wrapping_sub(self.base), length)
            .unwrap_or_default();
        dcd::validate(&table).map(|()| true)
    }

    /// Follows the entry to the first instruction.
    fn start(&self, flash: &mut Flash, ivt: &Ivt, sdram: bool) -> Result<Start, String> {
        let entry = ivt.entry;
        if !self.data.holds(entry & !1) {
            return Err(format!(
                "entry {entry:#010x} lies outside the image the boot data describe"
            ));
        }
        if entry & 1 == 1 {
            self.code(flash, entry)?;
            return Ok(Start { entry, stack: None });
        }
        let table: [u8; 8] = self
            .read(flash, entry)
            .ok_or_else(|| format!("vector table {entry:#010x} lies outside the flash"))?;
        if table == [0xFF; 8] {
            return Err(format!("the vector table at {entry:#010x} is erased"));
        }
        let (stack, reset) = (LE::read_u32(&table[..4]), LE::read_u32(&table[4..]));
        let below = stack.wrapping_sub(4);
        let in_ram = flash.machine.ram.slice(below, 4).is_some() || sdram && SDRAM.contains(&below);
        if stack == 0 || !in_ram {
            return Err(format!(
                "the first stack pointer {stack:#010x} is not in RAM"
            ));
        }
        if reset & 1 == 0 {
            return Err(format!(
                "the reset vector {reset:#010x} is even: no Thumb code"
            ));
        }
        self.code(flash, reset)?;
        Ok(Start {
            entry: reset,
            stack: Some(stack),
        })
    }

    /// Is there an instruction at `address`?
    fn code(&self, flash: &mut Flash, address: u32) -> Result<(), String> {
        let at = address & !1;
        if !self.data.holds(at) {
            return Err(format!(
                "the reset handler {address:#010x} lies outside the image"
            ));
        }
        match self.read::<2>(flash, at) {
            None => Err(format!(
                "the reset handler {address:#010x} lies outside the flash"
            )),
            Some([0xFF, 0xFF]) => Err(format!("the reset handler {address:#010x} is erased flash")),
            Some(_) => Ok(()),
        }
    }
}
