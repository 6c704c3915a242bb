//! The FlexSPI controller with one flash on port A.
//!
//! The order of accesses is the one of NXP's RT1021 loader, except where noted. Look-up table: sequence 0 is the mapped
//! read, sequences 1 to 4 whatever is played.

use loader_nor::clock::{self, Clock};
use loader_nor::{BusError, Data, Sequence, Setup, Speed};

use crate::clock::{FLEXSPI, IOMUXC};
use crate::memory;
use crate::mmio::{Register, flush_pipeline};
use crate::time;

const BASE: Register = Register::at(0x402A_8000);
const MCR0: Register = BASE;
const MCR1: Register = BASE.plus(0x04);
const MCR2: Register = BASE.plus(0x08);
const AHBCR: Register = BASE.plus(0x0C);
const INTR: Register = BASE.plus(0x14);
const LUT_KEY: Register = BASE.plus(0x18);
const LUT_CONTROL: Register = BASE.plus(0x1C);
const AHB_BUFFER: Register = BASE.plus(0x20);
const FLASH_SIZE: Register = BASE.plus(0x60);
const FLASH_TIMING: Register = BASE.plus(0x70);
const FLASH_SEQUENCES: Register = BASE.plus(0x80);
const IP_ADDRESS: Register = BASE.plus(0xA0);
const IP_CONTROL: Register = BASE.plus(0xA4);
const IP_COMMAND: Register = BASE.plus(0xB0);
const IP_RX_CONTROL: Register = BASE.plus(0xB8);
const IP_TX_CONTROL: Register = BASE.plus(0xBC);
const DLL: Register = BASE.plus(0xC0);
const STATUS0: Register = BASE.plus(0xE0);
const STATUS2: Register = BASE.plus(0xE8);
const IP_RX_FILL: Register = BASE.plus(0xF0);
const RX_FIFO: Register = BASE.plus(0x100);
const TX_FIFO: Register = BASE.plus(0x180);
const LUT: Register = BASE.plus(0x200);

/// Bits of [`MCR0`].
const RESET: u32 = 1;
const DISABLED: u32 = 1 << 1;
const SAMPLE_SOURCE: u32 = 4;
/// Longest grant time-outs for IP and AHB commands.
const GRANT_WAITS: u32 = 0xFFFF_0000;
/// Bits of MCR0 whose meaning is not documented: they keep their values.
const MCR0_KEEP: u32 = 0x0000_800C;
/// Both chip selects have their own settings (SAMEDEVICEEN off).
const SAME_DEVICE: u32 = 1 << 15;
/// Buffered writes, prefetch, and no wait for the read's own address alignment (as NXP's loader, once it is configured).
const AHB_SETTINGS: u32 = 0x78;
const IDLE: u32 = 3;
const DLL_BYPASS: u32 = 0x100;
/// DLL for a strobe from the flash: enabled, half a clock of delay.
const DLL_STROBE: u32 = 0x79;
const DLL_LOCKED: u32 = 3;

/// Bits of [`INTR`].
const DONE: u32 = 1;
const ERRORS: u32 = 1 << 1 | 1 << 3 | 1 << 11;
const SEQUENCE_TIMEOUT: u32 = 1 << 11;
const RX_READY: u32 = 1 << 5;
const TX_SPACE: u32 = 1 << 6;
/// What may be cleared: the two watermark bits also move their FIFO.
const CLEARABLE: u32 = 0xF1F;

const KEY: u32 = 0x5AF0_5AF0;
const LOCK: u32 = 1;
const UNLOCK: u32 = 2;
/// The sequences that commands are written to, by bits of the command byte: those of a page program (02h, 06h, 05h) do not share one.
const COMMAND_SLOTS: usize = 4;
/// Page program for AHB writes, which are never made; and the mapped read, sequence 0.
const SEQUENCE_NUMBERS: u32 = 0x900;
const RESTART_SEQUENCE: u32 = 1 << 31;
/// Bytes that the watermarks are set to.
const BLOCK: usize = 64;
const FIFO_RESET: u32 = 1;

/// A page at 30 MHz takes 70 µs.
const TRANSFER_LIMIT: u32 = 20_000;
/// SWRESET takes a few clocks.
const RESET_LIMIT: u32 = 1_000;
/// A prefetch of one kilobyte takes 300 µs at 30 MHz on one pad.
const IDLE_LIMIT: u32 = 10_000;
/// Erratum ERR011377: the DLL says that it is locked up to 100 NOPs early.
const DLL_SETTLE: u32 = 5;

const CSCMR1: Register = Register::at(0x400F_C01C);
const CLOCK_SOURCE: u32 = 3 << 29;
const DIVIDER: u32 = 7 << 23;
/// PLL3 PFD0.
const PLL3_PFD0: u32 = 3 << 29;
const PFD_480: Register = Register::at(0x400D_80F0);
/// PFD0: fraction, stable flag, gate. PFD3 may feed the core and must not change.
const PFD0: u32 = 0xBF;

const MUX: Register = Register::at(0x401F_816C);
const PAD: Register = Register::at(0x401F_82E0);
/// GPIO_SD_B1_05 is the first of the seven pads.
const FIRST_PAD: u8 = 5;
const ALT1: u32 = 1;
const INPUT_ON: u32 = 1 << 4;
/// Fast slew, drive strength 6, 200 MHz, keeper.
const PAD_SETTINGS: u32 = 0x10F1;
/// The same with hysteresis and pull-down.
const DQS_SETTINGS: u32 = 0x1_30F1;
/// SS0, SCK, D0, D1, D2, D3 on GPIO_SD_B1_xx, and whether the pad is read back.
const PADS: [(u8, bool); 6] = [
    (11, false),
    (7, true),
    (8, false),
    (10, false),
    (9, false),
    (6, false),
];
const DQS: u8 = 5;

const WINDOW: u32 = 0x6000_0000;

/// The controller; nothing is accessed before [`FlexSpi::set_up`].
pub(crate) struct FlexSpi {
    read_clock: Option<Clock>,
    // what the command slots of the look-up table hold; a sequence that is empty is never played
    loaded: [Sequence; COMMAND_SLOTS],
}

impl FlexSpi {
    pub const fn new() -> FlexSpi {
        FlexSpi {
            read_clock: None,
            loaded: [Sequence([0; 4]); COMMAND_SLOTS],
        }
    }

    pub fn set_up(&mut self, setup: &Setup) -> Result<(), BusError> {
        self.read_clock = None;
        self.loaded = [Sequence([0; 4]); COMMAND_SLOTS];
        FLEXSPI.on();
        flush_pipeline();
        if MCR0.read() & DISABLED == 0 && wait_idle().is_err() {
            // a sequence of a failed boot that never ends; NXP's loader aborts one in the same way
            reset()?;
        }
        MCR0.set(DISABLED);
        IOMUXC.on();
        connect_pads(setup.sample_source);
        set_root(clock::COMMAND);

        MCR0.clear(DISABLED);
        reset()?;
        MCR0.set(DISABLED);
        let source = u32::from(setup.sample_source) << SAMPLE_SOURCE;
        MCR0.modify(!MCR0_KEEP, GRANT_WAITS | source | DISABLED);
        MCR1.write(wait_counts(clock::COMMAND));
        MCR2.clear(SAME_DEVICE);
        AHBCR.write(AHB_SETTINGS);
        for buffer in 0..3 {
            AHB_BUFFER.plus(4 * buffer).write(0); // all 1 KiB for buffer 3, which serves every master
        }
        let timing = u32::from(setup.cs_hold & 0x1F) << 5 | u32::from(setup.cs_setup & 0x1F);
        for chip in 0..4 {
            FLASH_SIZE
                .plus(4 * chip)
                .write(if chip == 0 { setup.size_kib } else { 0 });
            FLASH_TIMING.plus(4 * chip).write(timing);
            FLASH_SEQUENCES.plus(4 * chip).write(SEQUENCE_NUMBERS);
        }
        DLL.write(if setup.sample_source == 3 {
            DLL_STROBE
        } else {
            DLL_BYPASS
        });
        MCR0.clear(DISABLED);
        reset()?;
        if setup.sample_source == 3 {
            let _ = time::wait(RESET_LIMIT, || STATUS2.has(DLL_LOCKED));
            time::delay(DLL_SETTLE);
        }
        wait_idle()?;
        write_lut(0, &setup.read);
        self.read_clock = Some(setup.read_clock);
        Ok(())
    }

    /// Changes the root clock. The reset at the end drops what was read ahead.
    pub fn set_speed(&mut self, speed: Speed) -> Result<(), BusError> {
        let read = self.read_clock.ok_or(BusError::Off)?;
        let clock = match speed {
            Speed::Command => clock::COMMAND,
            Speed::Read => read,
        };
        if wait_idle().is_err() {
            reset()?;
        }
        MCR0.set(DISABLED);
        set_root(clock);
        MCR1.write(wait_counts(clock));
        MCR0.clear(DISABLED);
        reset()
    }

    pub fn transfer(
        &mut self,
        sequence: &Sequence,
        offset: u32,
        data: Data<'_>,
    ) -> Result<(), BusError> {
        if self.read_clock.is_none() {
            return Err(BusError::Off);
        }
        let result = self.run(sequence, offset, data);
        if result.is_err() {
            // the controller may be in the middle of it
            let _ = reset();
        }
        result
    }

    fn run(&mut self, sequence: &Sequence, offset: u32, data: Data<'_>) -> Result<(), BusError> {
        wait_idle()?;
        let place = sequence.0[0] as usize >> 1 & (COMMAND_SLOTS - 1);
        // the mapped read is sequence 0
        let slot = place as u32 + 1;
        if self.loaded[place] != *sequence {
            write_lut(slot, sequence);
            self.loaded[place] = *sequence;
        }
        FLASH_SEQUENCES.write(SEQUENCE_NUMBERS | RESTART_SEQUENCE);
        INTR.write(CLEARABLE);
        IP_ADDRESS.write(offset);
        let length = match &data {
            Data::None => 0,
            Data::Read(into) => into.len(),
            Data::Write(bytes) => bytes.len(),
        };
        IP_CONTROL.write(slot << 16 | length as u32 & 0xFFFF);
        match data {
            Data::None => IP_COMMAND.write(1),
            Data::Read(into) => receive(into)?,
            Data::Write(bytes) => send(bytes)?,
        }
        wait_for(DONE)?;
        let errors = INTR.read() & ERRORS;
        wait_idle()?;
        // the rest of a block of 8 bytes is still there
        IP_RX_CONTROL.write(FIFO_RESET);
        match errors {
            0 => Ok(()),
            errors if errors & SEQUENCE_TIMEOUT != 0 => Err(BusError::Timeout),
            _ => Err(BusError::Rejected),
        }
    }

    // Not seen in emulation: speculative reads. With the MPU off the window is normal memory, which the core may read ahead, as it may
    // under NXP's loader. No register holds an address of the window but in `memory::read`, where flash is idle; and each change of
    // flash ends with a reset of the controller, which drops what was read ahead.
    pub fn read_mapped(&mut self, offset: u32, into: &mut [u8]) -> Result<(), BusError> {
        if self.read_clock.is_none() {
            return Err(BusError::Off);
        }
        memory::read(WINDOW + offset, into).map_err(|_| {
            let _ = reset();
            BusError::Fault
        })
    }
}

/// Reads the FIFO in blocks of 64 bytes; the watermark never fires for less, so the rest is taken by the fill level.
fn receive(into: &mut [u8]) -> Result<(), BusError> {
    IP_RX_CONTROL.write(watermark(BLOCK) | FIFO_RESET);
    IP_COMMAND.write(1);
    for block in into.chunks_mut(BLOCK) {
        if block.len() == BLOCK {
            wait_for(RX_READY)?;
        } else {
            let needed = block.len().div_ceil(8) as u32;
            poll(|| IP_RX_FILL.read() & 0xFF >= needed)?;
        }
        for (i, bytes) in block.chunks_mut(4).enumerate() {
            let word = RX_FIFO.plus(4 * i as u32).read().to_le_bytes();
            bytes.copy_from_slice(&word[..bytes.len()]);
        }
        if block.len() == BLOCK {
            INTR.write(RX_READY); // hands the block back
        }
    }
    Ok(())
}

/// Fills the FIFO in blocks; the command starts when the first one is in.
fn send(data: &[u8]) -> Result<(), BusError> {
    let unit = data.len().div_ceil(8).clamp(1, BLOCK / 8) * 8;
    IP_TX_CONTROL.write(watermark(unit) | FIFO_RESET);
    for (number, block) in data.chunks(unit).enumerate() {
        wait_for(TX_SPACE)?;
        let (words, rest) = block.as_chunks();
        let mut fifo = TX_FIFO;
        for word in words {
            fifo.write(u32::from_le_bytes(*word));
            fifo = fifo.plus(4);
        }
        if let [_, ..] = rest {
            let mut word = [0xFF; 4];
            word[..rest.len()].copy_from_slice(rest);
            fifo.write(u32::from_le_bytes(word));
        }
        INTR.write(TX_SPACE); // hands the block over
        if number == 0 {
            IP_COMMAND.write(1);
        }
    }
    Ok(())
}

/// The watermark field for a number of bytes, a multiple of 8.
const fn watermark(bytes: usize) -> u32 {
    (bytes as u32 / 8 - 1) << 2
}

/// Waits for a bit of INTR; an error bit ends the wait, too.
fn wait_for(bit: u32) -> Result<(), BusError> {
    let mut seen = 0;
    let ended = time::wait(TRANSFER_LIMIT, || {
        seen = INTR.read();
        seen & (bit | ERRORS) != 0
    });
    match (ended, seen & bit) {
        (Ok(()), 1..) => Ok(()),
        (Ok(()), 0) if seen & SEQUENCE_TIMEOUT == 0 => Err(BusError::Rejected),
        _ => Err(BusError::Timeout),
    }
}

fn poll(condition: impl FnMut() -> bool) -> Result<(), BusError> {
    time::wait(TRANSFER_LIMIT, condition).map_err(|_| BusError::Timeout)
}

fn wait_idle() -> Result<(), BusError> {
    time::wait(IDLE_LIMIT, || STATUS0.has(IDLE)).map_err(|_| BusError::Timeout)
}

/// Software reset: ends sequences, empties FIFOs, drops what was read ahead. The look-up table stays.
fn reset() -> Result<(), BusError> {
    MCR0.set(RESET);
    time::wait(RESET_LIMIT, || MCR0.read() & RESET == 0).map_err(|_| BusError::Timeout)
}

fn write_lut(slot: u32, sequence: &Sequence) {
    LUT_KEY.write(KEY);
    LUT_CONTROL.write(UNLOCK);
    for (i, word) in (0..).zip(sequence.0) {
        LUT.plus(16 * slot + 4 * i).write(word);
    }
    LUT_KEY.write(KEY);
    LUT_CONTROL.write(LOCK);
}

/// Selects PLL3 PFD0 and its dividers, with the controller's clock gate closed: a glitch must not reach it. MCR0.MDIS is
/// set. The source is written, too: NXP's loader relies on what the boot ROM selected.
fn set_root(clock: Clock) {
    FLEXSPI.off();
    flush_pipeline();
    PFD_480.modify(PFD0, u32::from(clock.fraction) & 0x3F);
    CSCMR1.modify(
        CLOCK_SOURCE | DIVIDER,
        PLL3_PFD0 | (u32::from(clock.divider) - 1) << 23,
    );
    FLEXSPI.on();
    flush_pipeline();
}

/// MCR1: sequence time-out of 500 ms, AHB time-out as long as it can be.
fn wait_counts(clock: Clock) -> u32 {
    // units of 1024 clocks
    let ticks = clock.khz() * 500 / 1024;
    ticks.min(0xFFFF) << 16 | 0xFFFF
}

fn connect_pads(sample_source: u8) {
    for (pad, input) in PADS {
        connect(pad, input, PAD_SETTINGS);
    }
    if sample_source != 0 {
        // the internal sample clock leaves the DQS pad to the board
        connect(DQS, true, DQS_SETTINGS);
    }
}

fn connect(pad: u8, input: bool, settings: u32) {
    let at = 4 * u32::from(pad - FIRST_PAD);
    MUX.plus(at).write(ALT1 | if input { INPUT_ON } else { 0 });
    PAD.plus(at).write(settings);
}
