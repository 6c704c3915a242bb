//! The firmware's FlexSPI NOR driver: what goes over the wires for one configuration, program, erase.
//!
//! Every IP command copies its sequence into slot 1 of the controller's table and plays it there.
//!
//! ```text
//! program   [exit 0-4-4] write enable, page program, status until ready, drop buffers
//! erase     the same with an erase
//! configure device mode: write enable, sequence with argument, status until ready
//!           up to three configuration commands, each the same way
//! ```

use super::config::{Config, field, misc, seq};
use super::pace::IP_COMMAND_NS;
use super::status::{FLEXSPI_COMMAND, FLEXSPI_TIMEOUT, INVALID_ARGUMENT, Stop};
use crate::machine::Machine;

/// Slot of the controller's table that IP commands use.
const SCRATCH: usize = 1;
/// Delay after a look at a busy part when the block sets a time-out.
const BUSY_DELAY_NS: u64 = 1_000_000;
/// Types of device mode and configuration commands that change the number of wires.
const TO_MORE_WIRES: u8 = 2;
const TO_ONE_WIRE: u8 = 3;
/// Looks beyond which a part that did not get ready never will.
const PATIENCE: u32 = 64;

/// An IP command with the block's sequences `first..first + count`; `size` 0 = the instruction's own operand.
fn command(
    m: &mut Machine,
    config: &Config,
    (first, count): (usize, usize),
    address: u32,
    tx: &[u8],
    size: usize,
) -> Result<Vec<u8>, Stop> {
    m.flexspi.set_lut(SCRATCH, &config.sequences(first, count));
    play(m, count, address, tx, size)
}

/// Plays what stands in the scratch slot and those after it. The controller counts from zero in three bits, so a count of
/// zero plays eight: what earlier commands left there.
fn play(
    m: &mut Machine,
    count: usize,
    address: u32,
    tx: &[u8],
    size: usize,
) -> Result<Vec<u8>, Stop> {
    // JMP_ON_CS of memory-mapped reads must not cut IP commands short
    m.flexspi.clear_pointer();
    m.clock.work(IP_COMMAND_NS);
    m.flexspi
        .ip_command(
            SCRATCH,
            (count + 7) % 8 + 1,
            address,
            tx,
            size,
            &mut m.clock,
        )
        .map_err(|_| Stop::Status(FLEXSPI_COMMAND))
}

/// Plays a sequence of four table words and reads `len` bytes; a sequence that reads nothing hangs the firmware.
pub fn read_with(
    m: &mut Machine,
    words: &[u32; 4],
    address: u32,
    len: usize,
) -> Result<Vec<u8>, Stop> {
    m.flexspi.set_lut(SCRATCH, words);
    read_again(m, address, len)
}

/// The same sequence once more.
pub fn read_again(m: &mut Machine, address: u32, len: usize) -> Result<Vec<u8>, Stop> {
    let data = play(m, 1, address, &[], len)?;
    if data.len() < len {
        Err(Stop::Hang)
    } else {
        Ok(data)
    }
}

/// Plays a sequence that writes `tx`.
pub fn write_with(m: &mut Machine, words: &[u32; 4], address: u32, tx: &[u8]) -> Result<(), Stop> {
    m.flexspi.set_lut(SCRATCH, words);
    play(m, 1, address, tx, tx.len()).map(|_| ())
}

/// Bytes of flash by an IP command that plays the read sequence as the table holds it: after a failed set-up still the old one.
pub fn read(m: &mut Machine, address: u32, len: usize) -> Result<Vec<u8>, Stop> {
    m.flexspi.clear_pointer();
    m.clock.work(IP_COMMAND_NS);
    let played = m
        .flexspi
        .ip_command(seq::READ, 1, address, &[], len, &mut m.clock);
    match played {
        Ok(data) if data.len() < len => Err(Stop::Hang),
        Ok(data) => Ok(data),
        Err(_) => Err(FLEXSPI_COMMAND.into()),
    }
}

/// Leaves the continuous-read mode.
pub fn exit_no_cmd(m: &mut Machine, config: &Config) -> Result<(), Stop> {
    command(m, config, (seq::EXIT_NO_CMD, 1), 0, &[], 0).map(|_| ())
}

/// Write enable, after leaving the continuous-read mode where the block says so.
pub fn write_enable(m: &mut Machine, config: &Config, address: u32) -> Result<(), Stop> {
    if config.u8(field::EXIT_NO_CMD) != 0 {
        exit_no_cmd(m, config)?;
    }
    enable(m, config, address)
}

/// Write enable alone.
fn enable(m: &mut Machine, config: &Config, address: u32) -> Result<(), Stop> {
    command(m, config, (seq::WRITE_ENABLE, 1), address, &[], 0).map(|_| ())
}

/// Looks at the status until the part is ready. Time-out 0 = for ever.
pub fn wait_busy(m: &mut Machine, config: &Config, address: u32) -> Result<(), Stop> {
    // two parts in parallel: four bytes of each
    let parallel = config.u32(field::MISC_OPTION) & misc::PARALLEL != 0;
    wait_ready(m, config, address, if parallel { 8 } else { 4 })
}

/// The same with so many bytes of status at a look.
fn wait_ready(m: &mut Machine, config: &Config, address: u32, length: usize) -> Result<(), Stop> {
    let timeout = config.u32(field::TIMEOUT_MS);
    let offset = u32::from(config.u16(field::BUSY_OFFSET)) & 31;
    let ready_level = u32::from(config.u16(field::BUSY_POLARITY) != 0);
    let mut looks = 0u32;
    loop {
        let data = command(m, config, (seq::READ_STATUS, 1), address, &[], length)?;
        let Some(word) = data.first_chunk::<4>() else {
            return Err(Stop::Hang);
        };
        if u32::from_le_bytes(*word) >> offset & 1 == ready_level {
            return Ok(());
        }
        looks += 1;
        if timeout > 0 {
            if looks > timeout {
                return Err(FLEXSPI_TIMEOUT.into());
            }
            m.clock.work(BUSY_DELAY_NS);
        } else if looks > m.nor().busy_polls + PATIENCE {
            return Err(Stop::Hang);
        }
    }
}

/// Sets the controller and the part up for a block; quad-enable device modes are one-time and switched off after.
pub fn init(m: &mut Machine, config: &mut Config) -> Result<(), Stop> {
    m.flexspi.software_reset();
    if config.firmware.no_strobe {
        let cap = config.firmware.clocks.cap;
        config.set_u8(field::SAMPLE_CLOCK, 0);
        config.set_u8(field::SERIAL_CLOCK, config.u8(field::SERIAL_CLOCK).min(cap));
    }
    // the register counts KiB
    m.flexspi.flash_size = config.u32(field::FLASH_SIZES) & !0x3FF;
    root_clock(m, config, SAFE_CLOCK_HZ);
    if config.firmware.second_pins.by_option {
        m.option_pins = config.asks_second_pins();
        let reached = config.firmware.reaches(m, m.option_pins);
        m.nor_mut().out_of_reach = !reached;
    }
    if config.u8(field::DEVICE_MODE_ENABLE) != 0 {
        set_device_mode(m, config)?;
    }
    if config.u8(field::CONFIG_CMD_ENABLE) != 0 {
        play_configuration(m, config)?;
    }
    read_clock(m, config);
    m.flexspi.read_sequence = seq::READ;
    m.flexspi
        .set_lut(seq::READ, &config.sequences(seq::READ, 1));
    if config.u8(field::DEVICE_MODE_TYPE) == 1 {
        config.set_u8(field::DEVICE_MODE_ENABLE, 0);
    }
    Ok(())
}

/// Where the address ranges of the chips begin that have a size.
fn chips(config: &Config) -> Vec<u32> {
    let mut base = 0u32;
    let mut chips = Vec::new();
    for i in 0..4 {
        let size = config.u32(field::FLASH_SIZES + 4 * i);
        if size > 0 {
            chips.push(base);
        }
        base = base.wrapping_add(size);
    }
    chips
}

/// The device-mode command for every chip. Only the wait after it can fail: the firmware drops what became of the command.
fn set_device_mode(m: &mut Machine, config: &Config) -> Result<(), Stop> {
    let sequence = (
        usize::from(config.u8(field::DEVICE_MODE_SEQ + 1)),
        usize::from(config.u8(field::DEVICE_MODE_SEQ)),
    );
    let argument = config.u32(field::DEVICE_MODE_ARG);
    let kind = config.u8(field::DEVICE_MODE_TYPE);
    let chips = chips(config);
    for base in &chips {
        if is_left_out(m, kind) {
            continue;
        }
        for done in [
            enable(m, config, *base),
            set_with(m, config, sequence, *base, argument),
        ] {
            if done == Err(Stop::Hang) {
                return done;
            }
        }
        rest_after(m, config, kind, *base)?;
    }
    some_chip(&chips)
}

/// Type 2 takes a part from one wire to more: nothing is sent where the table's first instruction, left by an earlier
/// configuration, already uses more.
fn is_left_out(m: &Machine, kind: u8) -> bool {
    kind == TO_MORE_WIRES && m.flexspi.first_pads() > 1
}

/// Up to three configuration commands for every chip.
fn play_configuration(m: &mut Machine, config: &Config) -> Result<(), Stop> {
    let commands: Vec<_> = (0..3)
        .map(|i| {
            let at = field::CONFIG_CMD_SEQS + 4 * i;
            let sequence = (usize::from(config.u8(at + 1)), usize::from(config.u8(at)));
            let kind = config.u8(field::CONFIG_CMD_TYPES + i);
            (sequence, config.u32(field::CONFIG_CMD_ARGS + 4 * i), kind)
        })
        .filter(|((index, _), _, kind)| *index > 0 && !is_left_out(m, *kind))
        .collect();
    if commands.is_empty() {
        return Err(INVALID_ARGUMENT.into());
    }
    let chips = chips(config);
    for base in &chips {
        for (sequence, argument, kind) in &commands {
            enable(m, config, *base)?;
            set_with(m, config, *sequence, *base, *argument)?;
            rest_after(m, config, *kind, *base)?;
        }
    }
    some_chip(&chips)
}

/// Setting up no chip at all is a bad argument.
fn some_chip(chips: &[u32]) -> Result<(), Stop> {
    if chips.is_empty() {
        Err(INVALID_ARGUMENT.into())
    } else {
        Ok(())
    }
}

/// A sequence that writes `argument`, as many bytes as its own instruction says.
fn set_with(
    m: &mut Machine,
    config: &Config,
    sequence: (usize, usize),
    base: u32,
    argument: u32,
) -> Result<(), Stop> {
    command(m, config, sequence, base, &argument.to_le_bytes(), 0).map(|_| ())
}

/// The wait after it: a time of the block, or until the part is ready, which is asked of one part; none where the command
/// changes the number of wires.
fn rest_after(m: &mut Machine, config: &Config, kind: u8, base: u32) -> Result<(), Stop> {
    match config.u16(field::WAIT_TIME) {
        0 if matches!(kind, TO_MORE_WIRES | TO_ONE_WIRE) => Ok(()),
        0 => wait_ready(m, config, base, 4),
        time => {
            m.clock.work(u64::from(time) * 100_000);
            Ok(())
        }
    }
}

/// Programs one page.
pub fn program_page(
    m: &mut Machine,
    config: &Config,
    address: u32,
    page: &[u8],
) -> Result<(), Stop> {
    operate(m, config, address, seq::PAGE_PROGRAM, page)
}

/// Erases every chip select that has a size, then waits for each.
pub fn erase_all(m: &mut Machine, config: &Config) -> Result<(), Stop> {
    let chips = chips(config);
    with_ip_clock(m, config, |m| {
        for base in &chips {
            write_enable(m, config, *base)?;
            command(m, config, (seq::ERASE_CHIP, 1), *base, &[], 0)?;
        }
        for base in &chips {
            wait_busy(m, config, *base)?;
        }
        restore(m, config, 0)
    })
}

/// Erases a range of whole sectors; blocks only where the address has no bit set but the block size's own.
pub fn erase(m: &mut Machine, config: &Config, start: u32, len: u32) -> Result<(), Stop> {
    let sector = config.u32(field::SECTOR_SIZE);
    let block = config.u32(field::BLOCK_SIZE);
    // the end wraps in 32 bits and is not held against the size: the controller refuses later
    let mask = sector.wrapping_sub(1);
    let end = start.wrapping_add(len).wrapping_add(mask) & !mask;
    let start = start & !mask;
    if start >= end {
        return Err(INVALID_ARGUMENT.into());
    }
    let mut at = start;
    while at < end {
        // a mask slip of the firmware: `!block` where `block - 1` is meant
        let (sequence, size) = if at & !block == 0 && end - at >= block && block > 0 {
            (seq::ERASE_BLOCK, block)
        } else {
            (seq::ERASE_SECTOR, sector)
        };
        operate(m, config, at, sequence, &[])?;
        match at.checked_add(size) {
            Some(next) if size > 0 => at = next,
            _ => return Err(Stop::Hang),
        }
    }
    Ok(())
}

/// Write enable, one changing command, wait.
fn operate(
    m: &mut Machine,
    config: &Config,
    address: u32,
    sequence: usize,
    tx: &[u8],
) -> Result<(), Stop> {
    with_ip_clock(m, config, |m| {
        write_enable(m, config, address)?;
        if !tx.is_empty() && config.sequences(sequence, 1)[0] & 0xFFFF == 0 {
            // nothing takes the data out of the queue
            return Err(Stop::Hang);
        }
        command(m, config, (sequence, 1), address, tx, tx.len())?;
        wait_busy(m, config, address)?;
        restore(m, config, address)
    })
}

/// Brings continuous read back where the block says so: the sequence sets a register, so a write enable comes first.
fn restore(m: &mut Machine, config: &Config, address: u32) -> Result<(), Stop> {
    if config.u8(field::RESTORE_NO_CMD) == 0 {
        return Ok(());
    }
    write_enable(m, config, address)?;
    command(m, config, (seq::RESTORE_NO_CMD, 1), address, &[], 0).map(|_| ())
}

/// Changing commands run at their own clock; buffers are dropped whatever happened.
fn with_ip_clock(
    m: &mut Machine,
    config: &Config,
    work: impl FnOnce(&mut Machine) -> Result<(), Stop>,
) -> Result<(), Stop> {
    root_clock(m, config, clock_hz(config.u8(field::IP_CLOCK), config));
    let done = work(m);
    m.flexspi.software_reset();
    read_clock(m, config);
    done
}

/// Root clock while probing and configuring.
pub const SAFE_CLOCK_HZ: u64 = 31_764_705;
/// Root clock of the second FlexSPI as the ROM leaves it.
const ROM_CLOCK_HZ: u64 = 30_857_142;

/// The read clock.
fn read_clock(m: &mut Machine, config: &Config) {
    root_clock(m, config, clock_hz(config.u8(field::SERIAL_CLOCK), config));
}

/// Sets the root clock. That of the second FlexSPI stays as the ROM left it: the firmware's switch knows the first only.
fn root_clock(m: &mut Machine, config: &Config, hz: u64) {
    m.flexspi.clock_hz = match config.firmware.second_instance && m.fuses.in_package() {
        true => ROM_CLOCK_HZ,
        false => hz,
    };
}

/// Root clock of a clock index; 0 keeps the probing clock, and so do indices without an entry on one clock edge.
///
/// Source: dividers of PLL3 PFD0 in the genuine flashloaders, 480 MHz × 18 / fraction / divider.
pub fn clock_hz(index: u8, config: &Config) -> u64 {
    let clocks = config.firmware.clocks;
    let ddr = config.u32(field::MISC_OPTION) & misc::DDR != 0;
    let table = if ddr { clocks.ddr } else { clocks.sdr };
    let index = usize::from(index.min(clocks.cap));
    let (fraction, divider) = match index.checked_sub(1).map(|at| table.get(at)) {
        None => return SAFE_CLOCK_HZ,
        Some(Some(entry)) => *entry,
        // the smallest entry of the table
        Some(None) => table[0],
    };
    480_000_000 * 18 / fraction / divider
}
