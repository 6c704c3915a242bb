//! The read sequence, its clock and its sampling.

use alloc::vec::Vec;

use rtboot_finding::{Entry, catalogue::fcb as entries};

use super::hex_h;
use crate::fcb::Fcb;
use crate::lut::{Instruction, Opcode, Sequence, index};
use rtboot_chip::ClockTable;

use crate::{Chip, ClockIndex, Finding, Part, Severity};

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

pub(super) fn check(fcb: &Fcb, part: Option<&Part>, chip: &Chip, found: &mut Vec<Finding>) {
    let clocks = &chip.clocks;
    clock(fcb, clocks, found);
    let sequence = fcb.sequence(index::READ);
    if sequence.is_empty() {
        found.push(Finding::new(&entries::FCB_NO_READ));
        return;
    }
    let eight = sequence.steps().iter().any(|step| step.pads == 8);
    if eight && chip.in_package.size.is_some() {
        found.push(Finding::new(&entries::FCB_IN_PACKAGE).text("chip", chip.name));
    }
    // a part without an id is a HyperFlash
    if let Some(part) = part.filter(|part| !part.jedec.answers())
        && fcb.column_address_width() == 0
    {
        let finding = Finding::new(&entries::FCB_NOT_HYPERBUS).text("part", &part.name);
        found.push(finding.text("sequence", sequence));
        return;
    }
    let Some(read) = Read::of(&sequence) else {
        // only HyperBus parts have column addresses; they take command and address in one
        let entry = match fcb.column_address_width() {
            0 => &entries::FCB_NOT_A_READ,
            _ => &entries::FCB_HYPERBUS,
        };
        let finding = Finding::new(entry).text("sequence", sequence);
        // one without a command may be for a flash that its set-up takes to continuous read
        found.push(match sequence.may_read() {
            true => finding.severity(entry.severity.min(Severity::Warning)),
            false => finding,
        });
        return;
    };
    if fcb.flash_pads() > read.data_pads {
        let finding = Finding::new(&entries::FCB_PADS_UNUSED).number("pads", read.data_pads);
        found.push(finding.number("has", fcb.flash_pads()));
    }
    double_rate(fcb, &read, found);
    shape(&read, found);
    dummy(fcb, &read, part, clocks, found);
    sampling(fcb, &read, clocks, found);
}

fn clock(fcb: &Fcb, clocks: &ClockTable, found: &mut Vec<Finding>) {
    let clock = ClockIndex(fcb.clock());
    match clocks.row(clock.0) {
        None if clock.0 == 0 => found.push(Finding::new(&entries::FCB_CLOCK)),
        None => found.push(Finding::new(&entries::FCB_CLOCK_UNKNOWN).number("index", clock.0)),
        Some(_) if clock.0 > clocks.max => {
            let limit = clocks.fastest().map_or(0, |row| row.mhz);
            let finding = Finding::new(&entries::FCB_CLOCK_CHIP).text("clock", clock.on(clocks));
            found.push(finding.number("limit", limit));
        }
        Some(_) => {}
    }
}

fn double_rate(fcb: &Fcb, read: &Read, found: &mut Vec<Finding>) {
    let option = fcb.controller_options() >> 6 & 1 == 1;
    if read.ddr && !option {
        found.push(Finding::new(&entries::FCB_DDR_OPTION));
    }
    if option && !read.ddr {
        found.push(Finding::new(&entries::FCB_DDR_UNUSED));
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
    let finding = Finding::new(&entries::FCB_READ_SHAPE)
        .text("command", hex_h(*command))
        .number("address", read.address_pads)
        .number("data", read.data_pads)
        .number("usual-address", *address)
        .number("usual-data", *data);
    found.push(finding);
}

/// A finding about the read's command and dummy cycles.
fn of_read(entry: &'static Entry, read: &Read) -> Finding {
    Finding::new(entry)
        .text("command", hex_h(read.command))
        .number("dummy", read.clocks)
}

fn dummy(
    fcb: &Fcb,
    read: &Read,
    part: Option<&Part>,
    clocks: &ClockTable,
    found: &mut Vec<Finding>,
) {
    let clock = ClockIndex(fcb.clock());
    let khz = clock.khz_on(clocks).unwrap_or(0);
    let plain = matches!(read.command, 0x03 | 0x13);
    if plain && read.clocks != 0 {
        found.push(of_read(&entries::FCB_DUMMY_PLAIN, read));
    }
    if plain && khz > 50_000 {
        found.push(of_read(&entries::FCB_CLOCK_PLAIN, read).text("clock", clock.on(clocks)));
    }
    let Some(part) = part else {
        if !plain && !read.ddr && read.clocks == 0 {
            found.push(of_read(&entries::FCB_DUMMY_NONE, read));
        }
        // 1 % above a limit is rounding of the PLL's divider
        let few = match read.clocks {
            1..6 => khz > 60_000,
            6 => khz > 104_000 * 101 / 100,
            _ => false,
        };
        if few && matches!(read.command, 0xEB | 0xEC) {
            found.push(of_read(&entries::FCB_DUMMY_FEW, read).text("clock", clock.on(clocks)));
        }
        return;
    };
    against_part(fcb, read, part, (clock, clocks), found);
}

fn against_part(
    fcb: &Fcb,
    read: &Read,
    part: &Part,
    (clock, clocks): (ClockIndex, &ClockTable),
    found: &mut Vec<Finding>,
) {
    let own = &part.read;
    let same = own.opcode == read.command
        && (own.address_pads, own.data_pads) == (read.address_pads, read.data_pads);
    let needs = u32::from(own.dummy_cycles);
    if same && read.clocks < needs {
        let finding = of_read(&entries::FCB_DUMMY, read).text("part", &part.name);
        found.push(finding.number("needs", needs));
    }
    if same && read.clocks > needs {
        let finding = of_read(&entries::FCB_DUMMY_MANY, read).text("part", &part.name);
        // NXP's SDK sets them so: a config command writes the part's read register
        let severity = match fcb.config_command_enable() {
            0 => Severity::Warning,
            _ => Severity::Note,
        };
        found.push(finding.number("needs", needs).severity(severity));
    }
    if let (Some(max), Some(khz)) = (part.max_mhz, clock.khz_on(clocks))
        && khz > u32::from(max) * 1010
        && same
        && read.clocks <= needs
    {
        let finding = Finding::new(&entries::FCB_CLOCK_PART)
            .text("clock", clock.on(clocks))
            .number("max", max)
            .text("part", &part.name)
            .number("dummy", needs);
        found.push(finding);
    }
}

/// Where the controller samples.
fn sampling(fcb: &Fcb, read: &Read, clocks: &ClockTable, found: &mut Vec<Finding>) {
    let fast = ClockIndex(fcb.clock())
        .khz_on(clocks)
        .is_some_and(|khz| khz > 60_000);
    match fcb.read_sample_clock() {
        0 if fast => found.push(Finding::new(&entries::FCB_SAMPLING)),
        3 if !read.ddr => found.push(Finding::new(&entries::FCB_SAMPLING_DQS)),
        0..=3 => {}
        other => {
            found.push(Finding::new(&entries::FCB_SAMPLING_UNKNOWN).number("source", other));
        }
    }
}
