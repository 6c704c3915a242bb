//! What a board is made of, before it is switched on.

use crate::fault::Fault;
use crate::nor::Part;
use crate::rom::RomOptions;
use crate::straps::Straps;

/// A board's make-up. The default is an RT1020 EVK fresh from the bag: IS25LP064A, blank, quad enable clear, no fuse
/// burnt, straps on serial download.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The flash.
    pub part: Part,
    /// What is in it from offset 0; the rest is erased, what does not fit is cut.
    pub flash: Vec<u8>,
    /// The flash's non-volatile status registers 1 to 3.
    pub status: [u8; 3],
    /// Switches.
    pub straps: Straps,
    /// The chip's unique id: bits 31:0, bits 63:32.
    pub unique_id: [u32; 2],
    /// Burnt fuse words, by index; words 1 and 2 are the unique id above.
    pub fuses: Vec<(usize, u32)>,
    /// What is wrong with it.
    pub faults: Vec<Fault>,
    /// Where sources disagree about the ROM.
    pub rom: RomOptions,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
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
