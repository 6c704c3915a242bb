//! The read sequence, its clock and its sampling.

use crate::fcb::Fcb;
use crate::lut::{Instruction, Opcode, Sequence, index};
use crate::{ClockIndex, Finding, Part};

/// A read as the flash sees it.
pub(super) struct Read {
    pub command: u8,
    pub address_pads: u8,
    pub data_pads: u8,
    /// Clocks between address and data, mode bits included.
    pub clocks: u32,
    pub ddr: bool,
}

impl Read {
    /// `None` for a sequence that is no read with command, address and data in this order.
    pub fn of(sequence: &Sequence) -> Option<Read> {
        let steps = sequence.steps();
        let at = |wanted: [Opcode; 2]| steps.iter().position(|step| wanted.contains(&step.opcode));
        let address = at([Opcode::RADDR, Opcode::RADDR_DDR])?;
        let data = at([Opcode::READ, Opcode::READ_DDR])?;
        let between = steps.get(address + 1..data)?;
        let (address, data) = (steps.get(address)?, steps.get(data)?);
        Some(Read {
            command: sequence.command_byte()?,
            address_pads: address.pads,
            data_pads: data.pads,
            clocks: between.iter().map(clocks).sum(),
            ddr: data.opcode.is_ddr(),
        })
    }
}

/// Clocks that a step between address and data takes.
fn clocks(step: &Instruction) -> u32 {
    let bits = |bits: u32| bits.div_ceil(u32::from(step.pads.max(1)));
    match step.opcode {
        Opcode::DUMMY | Opcode::DUMMY_RWDS => u32::from(step.operand),
        Opcode::MODE8 => bits(8),
        Opcode::MODE4 => bits(4),
        Opcode::MODE2 => bits(2),
        Opcode::MODE1 => bits(1),
        // on both edges each counts half; the driver's dummy count is in its own units there
        Opcode::DUMMY_DDR => u32::from(step.operand) / 2,
        Opcode::MODE8_DDR => bits(8).div_ceil(2),
        _ => 0,
    }
}

pub(super) fn check(fcb: &Fcb, part: Option<&Part>, found: &mut Vec<Finding>) {
    clock(fcb, found);
    let sequence = fcb.sequence(index::READ);
    if sequence.is_empty() {
        found.push(Finding::error(
            "fcb-no-read",
            "sequence 0 (read) is empty: the flash cannot be read",
        ));
        return;
    }
    let Some(read) = Read::of(&sequence) else {
        let text = format!("sequence 0 is no read with command, address and data: {sequence}");
        // HyperBus parts send command and address in one
        let finding = match fcb.column_address_width() {
            0 => Finding::error("fcb-no-read", text),
            _ => Finding::note("fcb-hyperbus", text),
        };
        found.push(finding);
        return;
    };
    if fcb.flash_pads() != read.data_pads && fcb.flash_pads() > read.data_pads {
        let text = format!(
            "the read uses {} of the flash's {} pads",
            read.data_pads,
            fcb.flash_pads()
        );
        found.push(Finding::note("fcb-pads-unused", text));
    }
    double_rate(fcb, &read, found);
    shape(&read, found);
    dummy(fcb, &read, part, found);
    sampling(fcb, &read, found);
}

fn clock(fcb: &Fcb, found: &mut Vec<Finding>) {
    let clock = ClockIndex(fcb.clock());
    match clock.mhz() {
        None if clock.0 == 0 => found.push(Finding::warning(
            "fcb-clock",
            "the clock index is 0: the ROM keeps the 30 MHz of its first look",
        )),
        None => found.push(Finding::error(
            "fcb-clock",
            format!("there is no clock index {}", clock.0),
        )),
        Some(_) if clock > ClockIndex::MAX => found.push(Finding::error(
            "fcb-clock-chip",
            format!("{clock} is above the 133 MHz that the chip's FlexSPI takes"),
        )),
        Some(_) => {}
    }
}

fn double_rate(fcb: &Fcb, read: &Read, found: &mut Vec<Finding>) {
    let option = fcb.controller_options() >> 6 & 1 == 1;
    if read.ddr && !option {
        let text = "the read works on both clock edges, and bit 6 of the controller options (DDR mode) is clear";
        found.push(Finding::error("fcb-ddr-option", text));
    }
    if option && !read.ddr {
        let text = "bit 6 of the controller options (DDR mode) is set, and the read works on one clock edge: its clock is halved";
        found.push(Finding::warning("fcb-ddr-option", text));
    }
}

/// Command, pads of address and data, as every maker has them. Source: JESD216B, JESD251.
const SHAPES: [(u8, u8, u8); 12] = [
    (0x03, 1, 1),
    (0x13, 1, 1),
    (0x0B, 1, 1),
    (0x0C, 1, 1),
    (0x3B, 1, 2),
    (0xBB, 2, 2),
    (0x6B, 1, 4),
    (0x6C, 1, 4),
    (0xEB, 4, 4),
    (0xEC, 4, 4),
    (0xED, 4, 4),
    (0xEE, 4, 4),
];

fn shape(read: &Read, found: &mut Vec<Finding>) {
    let known = SHAPES.iter().find(|(command, ..)| *command == read.command);
    let Some((command, address, data)) =
        known.filter(|known| (known.1, known.2) != (read.address_pads, read.data_pads))
    else {
        return;
    };
    // EEh and the like are other commands on octal parts
    if read.data_pads == 8 {
        return;
    }
    let text = format!(
        "{command:02X}h is sent as 1-{}-{}, and that command works as 1-{address}-{data}",
        read.address_pads, read.data_pads
    );
    found.push(Finding::error("fcb-read-shape", text));
}

fn dummy(fcb: &Fcb, read: &Read, part: Option<&Part>, found: &mut Vec<Finding>) {
    let clock = ClockIndex(fcb.clock());
    let khz = clock.khz().unwrap_or(0);
    let plain = matches!(read.command, 0x03 | 0x13);
    if plain && read.clocks != 0 {
        let text = format!(
            "{:02X}h takes no dummy cycles, and the block has {}",
            read.command, read.clocks
        );
        found.push(Finding::error("fcb-dummy", text));
    }
    if plain && khz > 50_000 {
        let text = format!(
            "{:02X}h without dummy cycles is good for some 33 to 50 MHz, and the clock is {clock}",
            read.command
        );
        found.push(Finding::warning("fcb-clock-plain", text));
    }
    let Some(part) = part else {
        if !plain && !read.ddr && read.clocks == 0 {
            let text = format!(
                "{:02X}h without dummy cycles: parts need some between address and data",
                read.command
            );
            found.push(Finding::error("fcb-dummy", text));
        }
        let short =
            matches!(read.command, 0xEB | 0xEC) && (1..6).contains(&read.clocks) && khz > 60_000;
        if short {
            let text = format!(
                "{} dummy cycles are few for {:02X}h at {clock}; parts take 6 or more",
                read.clocks, read.command
            );
            found.push(Finding::warning("fcb-dummy-few", text));
        }
        if matches!(read.command, 0xEB | 0xEC) && read.clocks == 6 && khz > 104_000 * 101 / 100 {
            let text = format!(
                "6 dummy cycles are good for 80 to 104 MHz on most parts, and the clock is {clock}"
            );
            found.push(Finding::warning("fcb-dummy-few", text));
        }
        return;
    };
    against_part(fcb, read, part, clock, found);
}

fn against_part(fcb: &Fcb, read: &Read, part: &Part, clock: ClockIndex, found: &mut Vec<Finding>) {
    let own = &part.read;
    let same = own.opcode == read.command
        && (own.address_pads, own.data_pads) == (read.address_pads, read.data_pads);
    let needs = u32::from(own.dummy_cycles);
    if same && read.clocks < needs {
        let text = format!(
            "{:02X}h has {} dummy cycles, and {} needs {needs}",
            read.command, read.clocks, part.name
        );
        found.push(Finding::error("fcb-dummy", text));
    }
    if same && read.clocks > needs {
        let text = format!(
            "{:02X}h has {} dummy cycles, and {} comes with {needs}: a command has to set that first",
            read.command, read.clocks, part.name
        );
        // the SDK's way: a config command writes the part's read register
        let told = fcb.config_command_enable() != 0;
        found.push(if told {
            Finding::note("fcb-dummy", text)
        } else {
            Finding::warning("fcb-dummy", text)
        });
    }
    if let (Some(max), Some(khz)) = (part.max_mhz, clock.khz())
        && khz > u32::from(max) * 1010
        && same
        && read.clocks <= needs
    {
        let text = format!(
            "{clock} is above the {max} MHz that {} takes with {needs} dummy cycles",
            part.name
        );
        found.push(Finding::error("fcb-clock-part", text));
    }
}

/// Where the controller samples.
fn sampling(fcb: &Fcb, read: &Read, found: &mut Vec<Finding>) {
    let fast = ClockIndex(fcb.clock())
        .khz()
        .is_some_and(|khz| khz > 60_000);
    match fcb.read_sample_clock() {
        0 if fast => found.push(Finding::warning(
            "fcb-sampling",
            "sampling inside the controller (source 0) is good up to 60 MHz; above, loop back through the DQS pad (1)",
        )),
        3 if !read.ddr => found.push(Finding::warning(
            "fcb-sampling",
            "sampling by a DQS that the flash drives (source 3): quad parts at single data rate drive none",
        )),
        0..=3 => {}
        other => found.push(Finding::error("fcb-sampling", format!("there is no read sample clock {other}"))),
    }
}
