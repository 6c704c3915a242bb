//! Internal boot: what the ROM does with the flash as it is, and why it does or does not start an image.
//!
//! The ROM reads the FCB with command 03h on one wire at 30 MHz, plays the FCB's own configuration commands and its
//! read sequence on the flash, then follows IVT, boot data and vector table. Every byte comes through the flash model,
//! so a wrong look-up table, a clear quad-enable bit or a sleeping part shows as it would on the board.
//!
//! Of the FCB only what a read needs counts: tag, version, sample clock, column width, configuration commands,
//! controller options, clock, size on port A1 and the sequences it plays. Device type, pad type, page and sector sizes,
//! and unused sequences may hold anything.
//!
//! Source: flash driver sources of NXP's flashloader family for the order of work; for the image, the checks that all
//! boot image tools agree on. Which of those the ROM makes itself, and which only make the processor fault, is not
//! public: both count as "does not start".

use byteorder::{ByteOrder, LittleEndian as LE};

pub(crate) mod fcb;
#[cfg(test)]
mod tests;
mod trial;

pub use trial::{BootTrial, PowerOn};

use crate::chip::{Chip, RAM_STARTS};
use crate::machine::Machine;
use crate::rom::dcd;
use crate::rom::ivt::{self, BootData, Ivt};
use crate::rom::registers::boot_fuses;
use crate::straps::{BootConfig, BootMode, Route, Straps, route};

const IVT_OFFSET: u32 = 0x1000;
const SDRAM: std::ops::Range<u32> = 0x8000_0000..0xE000_0000;

/// An application that the ROM starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The reset handler, bit 0 set.
    pub entry: u32,
    /// The first stack pointer; `None` when the IVT names the reset handler itself, without a vector table.
    pub stack: Option<u32>,
}

/// What the chip does after reset.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Booted {
    /// The application in the flash starts.
    Application(Start),
    /// The ROM's serial downloader starts, for this reason.
    SerialDownload(String),
    /// Nothing: the pins or fuses lead to neither, for this reason.
    Nothing(String),
}

/// What the ROM would do with the flash as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootVerdict {
    /// What starts after a reset with BOOT_MODE = 10; `None`: nothing.
    pub starts: Option<Start>,
    /// Why, in words.
    pub reason: String,
    /// Whether a reset with the present boot pins starts it, too.
    pub with_present_straps: bool,
    /// What a reset with the present boot pins leads to, in words.
    pub present_straps: String,
}

impl BootVerdict {
    /// Tries the boot on a copy of the machine.
    pub(crate) fn of(machine: &Machine, straps: Straps) -> BootVerdict {
        let mut copy = machine.clone();
        let nor = copy.nor_mut();
        nor.trace = None;
        nor.cut_after = None;
        nor.misreads.clear();
        nor.out_of_reach = false;
        if nor.cut {
            copy.power_cycle();
        } else {
            copy.reset();
            fcb::rest(&mut copy);
        }
        copy.partition_ram();
        let fuses = boot_fuses(&copy);
        let pins = Straps {
            boot_mode: BootMode::InternalBoot,
            ..straps
        };
        let conditions = Conditions {
            config: BootConfig::new(fuses.sbmr1(pins, machine.chip.boot), machine.chip.boot),
            closed: fuses.closed(),
            other_pins: machine.other_pins,
        };
        let found = internal(&mut copy, conditions);
        let reason = found.clone().map_or_else(|why| why, in_words);
        let (with_present_straps, present_straps) = match route(straps, fuses, machine.chip.boot) {
            Route::Internal(_) => (found.is_ok(), reason.clone()),
            Route::Downloader(why) | Route::Nothing(why) => (false, why),
        };
        BootVerdict {
            starts: found.ok(),
            reason,
            with_present_straps,
            present_straps,
        }
    }
}

/// An application that starts, for a person.
pub(crate) fn in_words(start: Start) -> String {
    let entry = start.entry;
    match start.stack {
        Some(stack) => format!("the flash boots: entry {entry:#010x}, stack {stack:#010x}"),
        None => format!("the flash boots: entry {entry:#010x}"),
    }
}

/// The chip comes out of reset: boot pins and fuses choose the way, then the flash decides.
pub(crate) fn out_of_reset(machine: &mut Machine, straps: Straps) -> Booted {
    machine.partition_ram();
    let fuses = boot_fuses(machine);
    let why = match route(straps, fuses, machine.chip.boot) {
        Route::Nothing(why) => return Booted::Nothing(why),
        Route::Downloader(why) => why,
        Route::Internal(config) => {
            let conditions = Conditions {
                config,
                closed: fuses.closed(),
                other_pins: machine.other_pins,
            };
            let found = internal(machine, conditions);
            machine.flexspi.reset();
            match found {
                Ok(start) => return Booted::Application(start),
                Err(why) => why,
            }
        }
    };
    match fuses.sdp_disabled() {
        false => Booted::SerialDownload(why),
        true => Booted::Nothing(format!(
            "{why}; the SDP_DISABLE fuse forbids serial download"
        )),
    }
}

/// What the boot from flash depends on besides the machine.
#[derive(Clone, Copy, Debug)]
struct Conditions {
    /// BOOT_CFG as latched.
    config: BootConfig,
    /// HAB is closed.
    closed: bool,
    /// The flash is not on the pins that a board of the chip has it on.
    other_pins: bool,
}

/// Boots from FlexSPI NOR; the application, or the reason in words. The FCB's configuration commands change the flash.
fn internal(machine: &mut Machine, conditions: Conditions) -> Result<Start, String> {
    reachable(machine.chip, conditions)?;
    machine
        .clock
        .work(u64::from(conditions.config.hold_time_us()) * 1_000);
    let fcb = fcb::set_up(machine, conditions.config.flash_type() == 1)?;
    let window = machine.chip.window.start;
    let ivt_address = window + IVT_OFFSET;
    let mut flash = Flash { machine, fcb };
    let ivt_bytes = flash
        .read(IVT_OFFSET)
        .ok_or("the IVT lies behind the flash size the FCB gives")?;
    let ivt = match Ivt::parse(&ivt_bytes) {
        _ if flash.misreads(IVT_OFFSET, &ivt_bytes) => return Err(flash.why_garbage()),
        _ if ivt_bytes == [0xFF; ivt::LEN] => {
            return Err(format!("no IVT at {ivt_address:#010x}: erased"));
        }
        Err(why) => return Err(format!("no IVT at {ivt_address:#010x}: {why}")),
        Ok(ivt) => ivt,
    };
    let image = Image::locate(&mut flash, &ivt)?;
    if conditions.closed {
        return Err(
            "HAB is closed, and the image carries no signature this board could check".into(),
        );
    }
    image.start(&mut flash, &ivt)
}

/// Whether the ROM looks for its image where this board's flash is.
fn reachable(chip: &Chip, conditions: Conditions) -> Result<(), String> {
    let config = conditions.config;
    if config.device() != 0 {
        return Err(format!(
            "BOOT_CFG says to boot from {}, the flash is FlexSPI NOR",
            config.device_name()
        ));
    }
    if config.encrypted_xip() {
        return Err("BOOT_CFG says the image is encrypted: a plain one reads as garbage".into());
    }
    if chip.in_package && conditions.other_pins {
        return Err("the flash in the package is not connected".into());
    }
    match (config.flash_type(), conditions.other_pins) {
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
    fcb: fcb::Fcb,
}

impl Flash<'_> {
    /// `N` bytes at an offset, by the FCB's read sequence; `None` past the size the FCB gives.
    fn read<const N: usize>(&mut self, offset: u32) -> Option<[u8; N]> {
        self.bytes(offset, N)?.try_into().ok()
    }

    fn bytes(&mut self, offset: u32, length: usize) -> Option<Vec<u8>> {
        let end = u64::from(offset) + length as u64;
        if end > u64::from(self.fcb.size()) {
            return None;
        }
        Some(fcb::Fcb::read(self.machine, offset, length))
    }

    /// The read sequence brought other bytes than the cells hold: only this model can know, and say why.
    fn misreads(&self, offset: u32, bytes: &[u8]) -> bool {
        let cells = &self.machine.nor().memory;
        cells.get(offset as usize..offset as usize + bytes.len()) != Some(bytes)
    }

    fn why_garbage(&self) -> String {
        let nor = self.machine.nor();
        if self.fcb.reads_on_four_wires() && !nor.quad_enabled() {
            return format!(
                "the FCB reads on four wires, but quad enable of the {} is clear",
                nor.part.name
            );
        }
        "the FCB's read sequence brings garbage from this flash".into()
    }
}

/// Where the image lies on the bus, and its boot data.
struct Image {
    /// Bus address of flash offset 0: the flash window, or RAM when the ROM copies the image there.
    base: u32,
    data: BootData,
}

impl Image {
    /// Finds the image and makes its destination usable: SDRAM works once the DCD has set it up.
    fn locate(flash: &mut Flash, ivt: &Ivt) -> Result<Image, String> {
        let in_ram = flash.machine.ram.slice(ivt.own, ivt::LEN).is_some();
        let in_sdram = SDRAM.contains(&ivt.own);
        let window = flash.machine.chip.window.clone();
        let place = window.start + IVT_OFFSET;
        if ivt.own != place && !in_ram && !in_sdram {
            return Err(format!(
                "the IVT at {place:#010x} says it belongs at {:#010x}",
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
        let BootData { start, length, .. } = data;
        if !data.holds(ivt.own) {
            return Err(format!(
                "boot data (start {start:#010x}, length {length:#x}) do not hold the IVT"
            ));
        }
        if data.plugin != 0 {
            return Err("a plugin image, which this board cannot judge".into());
        }
        if !in_ram && !in_sdram && !window.contains(&start) {
            return Err(format!(
                "boot data start {start:#010x} is not in the flash window, and the IVT is"
            ));
        }
        let offset = ivt.own.wrapping_sub(start);
        if (in_ram || in_sdram) && offset != IVT_OFFSET {
            return Err(format!(
                "the IVT lies {offset:#x} behind the start of a RAM image, in flash it lies {IVT_OFFSET:#x} behind"
            ));
        }
        if in_ram && flash.machine.ram.slice(start, length as usize).is_none()
            || in_sdram && (start < SDRAM.start || data.end() > u64::from(SDRAM.end))
        {
            return Err(format!(
                "the image goes to {start:#010x}, {length:#x} bytes, where there is no such RAM"
            ));
        }
        let image = Image { base, data };
        if !image.device_configuration(flash, ivt)? && in_sdram {
            return Err("the image goes to SDRAM, and no DCD sets that up".into());
        }
        Ok(image)
    }

    fn read<const N: usize>(&self, flash: &mut Flash, address: u32) -> Option<[u8; N]> {
        flash.read(address.checked_sub(self.base)?)
    }

    /// Checks a DCD; true when there is one. SDK images without a DCD may point to other bytes, which is ignored.
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
    fn start(&self, flash: &mut Flash, ivt: &Ivt) -> Result<Start, String> {
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
        if !can_hold_a_stack(flash.machine.chip, stack) {
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
        let offset = at.wrapping_sub(self.base);
        match self.read::<2>(flash, at) {
            // garbage is code, too: only this model can know that it is not what was programmed
            Some(bytes) if flash.misreads(offset, &bytes) => Err(flash.why_garbage()),
            None => Err(format!(
                "the reset handler {address:#010x} lies outside the flash"
            )),
            Some([0xFF, 0xFF]) => Err(format!("the reset handler {address:#010x} is erased flash")),
            Some(_) => Ok(()),
        }
    }
}

/// Whether a push with this stack pointer can reach RAM.
///
/// The processor loads the word without a look. The reset handler may split the FlexRAM anew, or start SDRAM, before
/// its first push: so the whole window of each bank counts, whatever the fuses give it.
fn can_hold_a_stack(chip: &Chip, stack: u32) -> bool {
    let Some(below) = stack.checked_sub(4) else {
        return false;
    };
    let windows = chip.ram_windows();
    let in_ram = |(start, size): (u32, u32)| below.checked_sub(start).is_some_and(|at| at < size);
    RAM_STARTS.into_iter().zip(windows).any(in_ram) || SDRAM.contains(&below)
}
