//! Settings of a board before it is switched on.

use crate::chip::{Chip, RT1021};
use crate::fault::Fault;
use crate::nor::Part;
use crate::rom::RomOptions;
use crate::straps::Straps;

/// Settings of a board. The default is a new MIMXRT1020-EVK: IS25LP064A, blank, quad enable clear, no fuse burnt, boot pins on
/// serial download.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The chip.
    pub chip: &'static Chip,
    /// The flash.
    pub part: Part,
    /// Its content from offset 0; the rest is erased, and bytes past its end are dropped.
    pub flash: Vec<u8>,
    /// The flash's non-volatile status registers 1 to 3.
    pub status: [u8; 3],
    /// Boot pins.
    pub straps: Straps,
    /// The chip's unique id: bits 31:0, bits 63:32.
    pub unique_id: [u32; 2],
    /// Burnt fuse words, by index; words 1 and 2 are the unique id above.
    pub fuses: Vec<(usize, u32)>,
    /// Faults.
    pub faults: Vec<Fault>,
    /// ROM behaviour on which sources disagree.
    pub rom: RomOptions,
}

impl Settings {
    /// A new evaluation kit of this chip: its flash, blank, quad enable clear, boot pins on serial download.
    pub fn kit(chip: &'static Chip) -> Settings {
        let default = Settings::default();
        Settings {
            chip,
            part: Part::find(chip.flash).unwrap_or(default.part),
            ..Settings::default()
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            chip: &RT1021,
            part: Part::is25lp064a(),
            flash: Vec::new(),
            status: [0; 3],
            straps: Straps::default(),
            unique_id: [0x1234_5678, 0x9ABC_DEF0],
            fuses: Vec::new(),
            faults: Vec::new(),
            rom: RomOptions::default(),
        }
    }
}
