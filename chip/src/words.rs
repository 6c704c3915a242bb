//! What the flashloaders make of option words, as far as they differ.

/// What one build of NXP's flashloader makes of option words.
///
/// The FCBs that the builds make of one word for one flash differ in these fields only; every block of every build was
/// recorded in emulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionWordTraits {
    /// Whether bit 4 of controllerMiscOption is set: 30 MHz while the ROM configures the flash.
    pub safe_clock: bool,
    /// The LUT sequence that the write of quad enable is put in.
    pub quad_enable_sequence: u8,
    /// readSampleClkSrc: 1 samples through the DQS pad, 0 inside the controller.
    pub read_sample_clock: u8,
    /// The highest clock index that is stored; a higher one is stored as this.
    pub clock_index_max: u8,
    /// kHz that it programs for each clock nibble, from 0 on; `None`: the nibble changes nothing while it works.
    pub clocks: Option<[u32; 16]>,
    /// Whether a read without command byte (misc mode 1) can be stored; else storing the FCB fails.
    pub stores_continuous_read: bool,
    /// Whether the pin group of the second word moves it to the second group; `None` where that is not known.
    pub second_pins: Option<bool>,
}

impl OptionWordTraits {
    /// kHz that a clock nibble gives while it works.
    pub fn khz(&self, nibble: u8) -> Option<u32> {
        self.clocks?.get(usize::from(nibble)).copied()
    }
}
