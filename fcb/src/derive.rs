//! What the flashloader makes of option words: reads the SFDP, chooses commands, prepares quad enable.
//!
//! ```text
//! option words + SFDP + the register with QE  →  FCB, and what is written to set QE
//! ```
//!
//! This follows NXP's own flashloader of the chip, its bugs included, so that one can see without a board what
//! configure-memory with these words would do. It is not the way to make a good FCB: [`crate::Part::boot_fcb`] is.
//!
//! The builds differ in little, all of it in [`OptionWordTraits`]:
//!
//! | flashloader | its FCB differs from the RT1021's in |
//! |--|--|
//! | RT1010, RT105x | controllerMiscOption without bit 4 (safe clock); the write of quad enable in sequence 6, not 4 |
//! | RT1024 | readSampleClkSrc 0 (inside the controller); a clock index of 3 at most; no FCB for misc mode 1 |
//! | RT1015, RT104x, RT106x, RT1064 | nothing |
//!
//! Source: public ROM driver `flexspi_nor_flash.c` (imxrt-tool-flash-algo); each path is held in tests against blocks
//! that the genuine flashloaders (emulated) made. The RT1010's has its driver in the ROM; there another chip's took its place.

mod quad;
mod read;
mod tables;

use alloc::vec::Vec;

use crate::fcb::Fcb;
use crate::lut::{REACH_24, Sequence, index};
use crate::{Chip, Error, OptionWords, StatusRegisters};
use rtboot_chip::OptionWordTraits;

use tables::Tables;

/// The flash that the flashloader finds.
#[derive(Debug, Clone, Copy)]
pub struct Flash<'a> {
    /// Its SFDP from offset 0 on, as command 5Ah reads it.
    pub sfdp: &'a [u8],
    /// Its status registers before. Register 2 may be missing when the quad enable bit is elsewhere.
    pub registers: StatusRegisters,
    /// Dummy cycles that its double data rate read (EDh) needs, in the table's own count; the flashloader finds them by trial.
    pub ddr_dummy_cycles: Option<u8>,
}

/// What comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The block that word 0xF000000F would store at flash offset 0: its device mode is switched off by then.
    pub fcb: Fcb,
    /// Bytes written to the flash while it configures, command first, to set the quad enable bit: `01 40`, `01 00 02`.
    /// `None` when the bit is set already, or the flashloader knows of none.
    pub quad_enable_write: Option<Vec<u8>>,
}

/// Why nothing comes out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The flashloader does not take the words.
    #[error(transparent)]
    Words(Error),
    /// The flashloader finds no SFDP, or none it can use.
    #[error(transparent)]
    Sfdp(Error),
    /// Only quad SPI parts (device types 0 and 1) describe themselves by SFDP.
    #[error("device type {device_type} is not found by SFDP")]
    DeviceType {
        /// Bits 23:20 of word 0.
        device_type: u8,
    },
    /// The words ask for double data rate, and the SFDP says that the part has none.
    #[error("the SFDP offers no double data rate read")]
    NoDoubleRate,
    /// Double data rate, and the number of dummy cycles is neither in the words nor known.
    #[error("the dummy cycles of a double data rate read are found by trial on the flash")]
    UnknownDummyCycles,
    /// The flashloader reads a register that was not given.
    #[error(
        "the flashloader looks for quad enable in the register that {command:02X}h reads, and its value is not given"
    )]
    UnknownRegister {
        /// The command that reads it.
        command: u8,
    },
    /// A path on which the flashloader's own result is left to chance, or depends on more than is known here.
    #[error("{what}")]
    Unclear {
        /// What is unclear.
        what: &'static str,
    },
}

impl Refused {
    /// The status that configure-memory answers, where it is known.
    pub fn status(&self) -> Option<u32> {
        match self {
            Refused::Words(_) | Refused::NoDoubleRate => Some(4),
            Refused::Sfdp(Error::NoSfdp { .. }) => Some(20107),
            Refused::DeviceType { device_type: 2 | 3 } => Some(20109),
            // when no number of cycles works
            Refused::UnknownDummyCycles => Some(20110),
            _ => None,
        }
    }
}

/// Bits of controllerMiscOption.
mod misc {
    pub const SAFE_CLOCK: u32 = 1 << 4;
    pub const DDR: u32 = 1 << 6;
    pub const SECOND_PINS: u32 = 1 << 8;
}

/// The block that the flashloader of this chip makes of these words for this flash.
///
/// # Errors
/// [`Refused`], with the status that the flashloader answers where it is known.
pub fn derive(words: OptionWords, flash: &Flash<'_>, chip: &Chip) -> Result<Derived, Refused> {
    let traits = &chip.flashloader.words;
    let options = words.decode().map_err(Refused::Words)?;
    if options.device_type > 1 {
        return Err(Refused::DeviceType {
            device_type: options.device_type,
        });
    }
    let tables = Tables::read(flash.sfdp).map_err(Refused::Sfdp)?;
    let ddr = options.device_type == 1;
    if ddr && !tables.basic.double_data_rate() {
        return Err(Refused::NoDoubleRate);
    }
    if options.misc_mode == 1 && !traits.stores_continuous_read {
        return Err(Refused::Unclear {
            what: "this chip's flashloader takes a read without command byte (misc mode 1), and then fails to store its FCB",
        });
    }
    let mut fcb = frame(&options, traits);
    geometry(&mut fcb, &tables);
    let wide = fcb.sflash_a1_size() > REACH_24;
    let bits = if wide { 32 } else { 24 };
    let quad_enable_write = quad::prepare(
        &mut fcb,
        &tables,
        &options,
        &flash.registers,
        traits.quad_enable_sequence,
    )?;
    let erase = |kind| {
        tables
            .erase_command(kind, wide)
            .map(|command| Sequence::erase(command, bits))
    };
    fcb.set_sequence(index::READ_STATUS, &Sequence::read_register(0x05, 4));
    fcb.set_sequence(index::WRITE_ENABLE, &Sequence::command(0x06));
    fcb.set_sequence(index::ERASE_SECTOR, &erase(tables.smallest())?);
    fcb.set_sequence(index::ERASE_BLOCK, &erase(tables.largest())?);
    fcb.set_sequence(index::PAGE_PROGRAM, &tables.program(wide));
    fcb.set_sequence(index::ERASE_CHIP, &Sequence::command(0x60));
    read::sequences(&mut fcb, &tables, &options, flash.ddr_dummy_cycles, wide)?;
    Ok(Derived {
        fcb,
        quad_enable_write,
    })
}

impl crate::Options {
    /// Misc modes that this build does not know end the work in the middle of the read sequence; the answer is success.
    fn stops_half_way(&self) -> bool {
        self.misc_mode > 1
    }
}

/// All that does not depend on the SFDP.
fn frame(options: &crate::Options, traits: &OptionWordTraits) -> Fcb {
    let mut fcb = Fcb::new();
    fcb.set_cs_hold_time(3);
    fcb.set_cs_setup_time(3);
    fcb.set_device_type(1);
    fcb.set_flash_pads(4);
    fcb.set_clock(options.clock.min(traits.clock_index_max));
    fcb.set_command_clock(1);
    fcb.set_read_sample_clock(traits.read_sample_clock);
    let mut bits = 0;
    if !options.stops_half_way() {
        if traits.safe_clock {
            bits |= misc::SAFE_CLOCK;
        }
        fcb.set_half_clock(options.device_type & 1);
    }
    if options.device_type == 1 {
        bits |= misc::DDR;
    }
    // connection and drive strength of the second word change nothing here; the pin group is stored by builds, too, that ignore it
    if options.second.is_some_and(|second| second.pin_group == 1) {
        bits |= misc::SECOND_PINS;
    }
    fcb.set_controller_options(bits);
    fcb
}

/// Sizes, as the flashloader takes them from the basic table.
fn geometry(fcb: &mut Fcb, tables: &Tables) {
    let size = |(exponent, _): (u8, u8)| 1_u32.checked_shl(u32::from(exponent)).unwrap_or(0);
    fcb.set_sflash_a1_size(u32::try_from(tables.basic.size()).unwrap_or(0));
    // a page of 2^15 means "not given"
    let page = tables
        .basic
        .page_size()
        .filter(|page| tables.basic.is_long() && *page != 1 << 15);
    fcb.set_page_size(page.unwrap_or(256));
    let sector = tables.erase_kind(tables.smallest()).map_or(0xFF_FFFF, size);
    let block = tables.erase_kind(tables.largest()).map_or(0, size);
    fcb.set_sector_size(sector);
    fcb.set_block_size(block);
    fcb.set_uniform_blocks(u8::from(sector == block));
}
