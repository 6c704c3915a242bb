use alloc::vec::Vec;
use core::ops::Range;

use super::value::{SequenceCall, Value};
use super::{Fcb, words};

pub(super) const TAG: Range<usize> = 0x000..0x004;
pub(super) const LUT: Range<usize> = 0x080..0x180;

/// Where a field lies and what it is called; [`Spec::all`] lists them in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spec {
    /// The name in a `.cfg` file and in reports.
    pub name: &'static str,
    /// NXP's name of the field, empty for reserved bytes.
    pub alias: &'static str,
    /// Offset in the block.
    pub offset: usize,
    /// Bytes of one element: 1, 2 or 4.
    pub width: usize,
    /// Number of elements.
    pub count: usize,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $alias:literal $([$($attr:tt)*])? $name:literal $get:ident $set:ident: $type:ty = $at:literal;)*
     reserved $($from:literal..$to:literal)*) => {
        impl Fcb {
            $(
                $(#[$doc])*
                $(#[doc($($attr)*)])?
                pub fn $get(&self) -> $type {
                    <$type as Value>::read(&self.bytes[$at..$at + <$type>::WIDTH * <$type>::COUNT])
                }

                #[doc = concat!("Sets [`Fcb::", stringify!($get), "`].")]
                $(#[doc($($attr)*)])?
                pub fn $set(&mut self, value: $type) {
                    value.write(&mut self.bytes[$at..$at + <$type>::WIDTH * <$type>::COUNT]);
                }
            )*
        }

        const NAMED: &[Spec] = &[$(Spec {
            name: $name, alias: $alias, offset: $at, width: <$type>::WIDTH, count: <$type>::COUNT,
        }),*];
        const RESERVED: &[Spec] = &[$(Spec {
            name: concat!("reserved-", stringify!($from)), alias: "", offset: $from, width: 1, count: $to - $from,
        }),*];
    };
}

fields! {
    /// Format version: "V", major, minor, bugfix from the top byte down.
    "version" "version" version set_version: u32 = 0x004;
    /// Where the controller takes its read sampling clock from: 0 internal loopback, 1 loopback from the DQS pad,
    /// 2 loopback from the SCK pad, 3 DQS driven by the flash.
    "readSampleClkSrc" [alias = "readSampleClkSrc"] "read-sample-clock" read_sample_clock set_read_sample_clock: u8 = 0x00C;
    /// Chip select hold time in clock cycles; 3 is the recommended value.
    "csHoldTime" [alias = "csHoldTime"] "cs-hold-time" cs_hold_time set_cs_hold_time: u8 = 0x00D;
    /// Chip select set-up time in clock cycles; 3 is the recommended value.
    "csSetupTime" [alias = "csSetupTime"] "cs-setup-time" cs_setup_time set_cs_setup_time: u8 = 0x00E;
    /// Bits of the column address: 0 for NOR, 3 for HyperFlash.
    "columnAddressWidth" [alias = "columnAddressWidth"] "column-address-width" column_address_width set_column_address_width: u8 = 0x00F;
    /// 1: play the device mode sequence at initialisation.
    "deviceModeCfgEnable" [alias = "deviceModeCfgEnable"] "device-mode-enable" device_mode_enable set_device_mode_enable: u8 = 0x010;
    /// What the device mode sequence does: 0 generic, 1 quad enable, 2 SPI to xPI, 3 xPI to SPI,
    /// 4 SPI to no-command mode, 5 reset.
    "deviceModeType" [alias = "deviceModeType"] "device-mode-type" device_mode_type set_device_mode_type: u8 = 0x011;
    /// Wait after configuration commands, in units of 100 µs; 0: poll the busy bit.
    "waitTimeCfgCommands" [alias = "waitTimeCfgCommands"] "config-wait-time" config_wait_time set_config_wait_time: u16 = 0x012;
    /// The sequence of the device mode command.
    "deviceModeSeq" [alias = "deviceModeSeq"] "device-mode-sequence" device_mode_sequence set_device_mode_sequence: SequenceCall = 0x014;
    /// Data that the device mode sequence sends, first byte lowest.
    "deviceModeArg" [alias = "deviceModeArg"] "device-mode-argument" device_mode_argument set_device_mode_argument: u32 = 0x018;
    /// 1: send the configuration commands at initialisation.
    "configCmdEnable" [alias = "configCmdEnable"] "config-command-enable" config_command_enable set_config_command_enable: u8 = 0x01C;
    /// What each configuration command does, numbered as the device mode type.
    "configModeType" [alias = "configModeType"] "config-mode-types" config_mode_types set_config_mode_types: [u8; 3] = 0x01D;
    /// The sequences of the configuration commands.
    "configCmdSeqs" [alias = "configCmdSeqs"] "config-command-sequences" config_command_sequences set_config_command_sequences: [SequenceCall; 3] = 0x020;
    /// Data that each configuration command sends.
    "configCmdArgs" [alias = "configCmdArgs"] "config-command-arguments" config_command_arguments set_config_command_arguments: [u32; 3] = 0x030;
    /// Bits: 0 differential clock, 1 second clock, 2 parallel mode, 3 word addressable, 4 safe (30 MHz) clock while
    /// configuring, 5 pad setting override, 6 DDR mode, 7 valid time for all clocks, 8 second pin group.
    "controllerMiscOption" [alias = "controllerMiscOption"] "controller-options" controller_options set_controller_options: u32 = 0x040;
    /// 1 NOR, 2 NAND, 3 RAM, 0x12 NOR + NAND, 0x13 NOR + RAM.
    "deviceType" [alias = "deviceType"] "device-type" device_type set_device_type: u8 = 0x044;
    /// Widest data path to the flash: 1, 2, 4 or 8 pads.
    "sflashPadType" [alias = "sflashPadType"] "flash-pads" flash_pads set_flash_pads: u8 = 0x045;
    /// Index of the read clock, see [`crate::ClockIndex`].
    "serialClkFreq" [alias = "serialClkFreq"] "clock" clock set_clock: u8 = 0x046;
    /// 1: use the custom sequences at 0x180 instead of the usual indices.
    "lutCustomSeqEnable" [alias = "lutCustomSeqEnable"] "custom-sequences-enable" custom_sequences_enable set_custom_sequences_enable: u8 = 0x047;
    /// Bytes of flash on chip select A1.
    "sflashA1Size" [alias = "sflashA1Size"] "flash-a1-size" sflash_a1_size set_sflash_a1_size: u32 = 0x050;
    /// Bytes of flash on chip select A2.
    "sflashA2Size" [alias = "sflashA2Size"] "flash-a2-size" sflash_a2_size set_sflash_a2_size: u32 = 0x054;
    /// Bytes of flash on chip select B1.
    "sflashB1Size" [alias = "sflashB1Size"] "flash-b1-size" sflash_b1_size set_sflash_b1_size: u32 = 0x058;
    /// Bytes of flash on chip select B2.
    "sflashB2Size" [alias = "sflashB2Size"] "flash-b2-size" sflash_b2_size set_sflash_b2_size: u32 = 0x05C;
    /// Pad register of the chip select, used with option bit 5.
    "csPadSettingOverride" [alias = "csPadSettingOverride"] "cs-pad" cs_pad set_cs_pad: u32 = 0x060;
    /// Pad register of the clock, used with option bit 5.
    "sclkPadSettingOverride" [alias = "sclkPadSettingOverride"] "clock-pad" clock_pad set_clock_pad: u32 = 0x064;
    /// Pad register of the data lines, used with option bit 5.
    "dataPadSettingOverride" [alias = "dataPadSettingOverride"] "data-pad" data_pad set_data_pad: u32 = 0x068;
    /// Pad register of DQS, used with option bit 5. A report says that the RT1021 ROM takes the value of the chip select here.
    "dqsPadSettingOverride" [alias = "dqsPadSettingOverride"] "dqs-pad" dqs_pad set_dqs_pad: u32 = 0x06C;
    /// Longest wait for a busy flash, in ms; 0 waits for ever.
    "timeoutInMs" [alias = "timeoutInMs"] "timeout-ms" timeout_ms set_timeout_ms: u32 = 0x070;
    /// Pause between commands, in ns.
    "commandInterval" [alias = "commandInterval"] "command-interval-ns" command_interval_ns set_command_interval_ns: u32 = 0x074;
    /// Time until data is valid, for port A and B, in 0.1 ns.
    "dataValidTime" [alias = "dataValidTime"] "data-valid-time" data_valid_time set_data_valid_time: [u16; 2] = 0x078;
    /// Bit number of the busy flag in the status register.
    "busyOffset" [alias = "busyOffset"] "busy-bit" busy_bit set_busy_bit: u16 = 0x07C;
    /// 0: the flag is 1 while busy; 1: it is 0 while busy.
    "busyBitPolarity" [alias = "busyBitPolarity"] "busy-polarity" busy_polarity set_busy_polarity: u16 = 0x07E;
    /// Sequences to use instead of the usual ones, when enabled at 0x047.
    "lutCustomSeq" [alias = "lutCustomSeq"] "custom-sequences" custom_sequences set_custom_sequences: [SequenceCall; 12] = 0x180;
    /// Bytes of a page: the most that one program command takes.
    "pageSize" [alias = "pageSize"] "page-size" page_size set_page_size: u32 = 0x1C0;
    /// Bytes that the erase of sequence 5 clears.
    "sectorSize" [alias = "sectorSize"] "sector-size" sector_size set_sector_size: u32 = 0x1C4;
    /// Clock index of all commands but reads; 0: as reads.
    "ipcmdSerialClkFreq" [alias = "ipcmdSerialClkFreq"] "command-clock" command_clock set_command_clock: u8 = 0x1C8;
    /// 1: sectors and blocks have one size.
    "isUniformBlockSize" [alias = "isUniformBlockSize"] "uniform-blocks" uniform_blocks set_uniform_blocks: u8 = 0x1C9;
    /// 1: bytes of a word are swapped (Macronix octal).
    "isDataOrderSwapped" [alias = "isDataOrderSwapped"] "data-order-swapped" data_order_swapped set_data_order_swapped: u8 = 0x1CA;
    /// 0 standard or xPI by itself, 1 HyperBus, 2 xPI, 3 no-command mode.
    "serialNorType" [alias = "serialNorType"] "nor-type" nor_type set_nor_type: u8 = 0x1CC;
    /// 1: play sequence 15 before other commands than reads.
    "needExitNoCmdMode" [alias = "needExitNoCmdMode"] "exit-no-command" exit_no_command set_exit_no_command: u8 = 0x1CD;
    /// 1: other commands than DDR reads run at half the clock.
    "halfClkForNonReadCmd" [alias = "halfClkForNonReadCmd"] "half-clock" half_clock set_half_clock: u8 = 0x1CE;
    /// 1: play sequence 14 after other commands than reads.
    "needRestoreNoCmdMode" [alias = "needRestoreNoCmdMode"] "restore-no-command" restore_no_command set_restore_no_command: u8 = 0x1CF;
    /// Bytes that the erase of sequence 8 clears.
    "blockSize" [alias = "blockSize"] "block-size" block_size set_block_size: u32 = 0x1D0;

    reserved 0x008..0x00C 0x02C..0x030 0x03C..0x040 0x048..0x050 0x1B0..0x1C0 0x1CB..0x1CC 0x1D4..0x200
}

impl Spec {
    /// The fields that have a name, in the order of their offsets. The tag and the look-up table are not among them.
    pub fn all() -> &'static [Spec] {
        NAMED
    }

    /// The stretches of bytes without a meaning; a `.cfg` may force them too, as `reserved-0x1D4`.
    pub fn reserved() -> &'static [Spec] {
        RESERVED
    }

    /// The field of this name, ours or NXP's, or the stretch without a meaning.
    pub fn find(name: &str) -> Option<&'static Spec> {
        let named = NAMED
            .iter()
            .find(|spec| spec.name == name || spec.alias == name);
        named.or_else(|| RESERVED.iter().find(|spec| spec.name == name))
    }

    /// Bytes of the field.
    pub fn len(&self) -> usize {
        self.width * self.count
    }

    /// Whether the elements are bytes of [`SequenceCall`]s, four each.
    pub(crate) fn is_calls(&self) -> bool {
        matches!(
            self.alias,
            "deviceModeSeq" | "configCmdSeqs" | "lutCustomSeq"
        )
    }

    /// Never: every field has bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The largest value one element takes.
    pub fn max(&self) -> u32 {
        u32::MAX >> (32 - 8 * self.width)
    }
}

impl Fcb {
    /// A field's elements by its [`Spec`].
    pub fn get(&self, spec: &Spec) -> Vec<u32> {
        let bytes = self
            .bytes
            .get(spec.offset..spec.offset + spec.len())
            .unwrap_or_default();
        bytes.chunks(spec.width).map(words::little).collect()
    }

    /// Sets a field's elements by its [`Spec`]; missing ones keep their value, each is cut to its width.
    pub fn set(&mut self, spec: &Spec, values: &[u32]) {
        let bytes = self
            .bytes
            .get_mut(spec.offset..spec.offset + spec.len())
            .unwrap_or_default();
        for (place, value) in bytes.chunks_mut(spec.width).zip(values) {
            let value = value.to_le_bytes();
            for (to, from) in place.iter_mut().zip(value) {
                *to = from;
            }
        }
    }
}

// the fields, the reserved stretches, the tag and the table add up to the block
const _: () = {
    let mut sum = TAG.end - TAG.start + LUT.end - LUT.start;
    let mut i = 0;
    while i < NAMED.len() {
        sum += NAMED[i].width * NAMED[i].count;
        assert!(
            i == 0
                || NAMED[i - 1].offset + NAMED[i - 1].width * NAMED[i - 1].count <= NAMED[i].offset
        );
        i += 1;
    }
    i = 0;
    while i < RESERVED.len() {
        sum += RESERVED[i].count;
        i += 1;
    }
    assert!(sum == Fcb::LEN);
};
