//! Sequences as the controller plays them.

use alloc::format;
use alloc::vec::Vec;

use rtboot_finding::{Entry, catalogue::fcb as entries};

use super::hex_h;
use crate::fcb::Fcb;
use crate::lut::{Instruction, Opcode, REACH_24, Sequence, index};
use crate::{Finding, Severity};

pub(super) fn check(fcb: &Fcb, found: &mut Vec<Finding>) {
    let mut blank = Vec::new();
    for place in 0..16 {
        let sequence = fcb.sequence(place);
        if sequence == Sequence::EMPTY {
            continue;
        }
        if erased(&sequence) {
            blank.push(format!("{place}"));
            continue;
        }
        ends(place, &sequence, fcb, found);
        opcodes(place, &sequence, fcb, found);
        pads(place, &sequence, fcb, found);
        address(place, &sequence, fcb, found);
    }
    if !blank.is_empty() {
        let finding = Finding::new(&entries::FCB_LUT_ERASED);
        found.push(finding.text("sequences", blank.join(", ")));
    }
    needed(fcb, found);
}

/// Whether only erased flash is in its place.
pub(super) fn erased(sequence: &Sequence) -> bool {
    sequence.to_bytes().iter().all(|byte| *byte == 0xFF)
}

/// The finding as bad as the ROM's need of this sequence: it plays the read, and what the FCB sets the flash up with.
fn as_needed(finding: Finding, place: usize, fcb: &Fcb) -> Finding {
    let device = (fcb.device_mode_enable() != 0).then(|| fcb.device_mode_sequence());
    let config = match fcb.config_command_enable() {
        0 => None,
        _ => Some(fcb.config_command_sequences()),
    };
    let mut calls = device.into_iter().chain(config.into_iter().flatten());
    let played = calls.any(|call| {
        let first = usize::from(call.index);
        call.index != 0 && (first..first + usize::from(call.count)).contains(&place)
    });
    match place == index::READ || played {
        true => finding,
        false => finding.severity(Severity::Warning),
    }
}

/// A finding about the sequence at this place.
fn of_sequence(entry: &'static Entry, place: usize) -> Finding {
    let name = format!("sequence {place} ({})", index::name(place));
    Finding::new(entry).text("sequence", name)
}

/// STOP, or a jump, ends a sequence; instructions behind it are never played. The commands of a HyperFlash fill all eight places.
fn ends(place: usize, sequence: &Sequence, fcb: &Fcb, found: &mut Vec<Finding>) {
    let steps = sequence.steps();
    let last = steps.last().map(|step| step.opcode);
    let hyper = fcb.column_address_width() != 0;
    if steps.len() == Sequence::STEPS && !hyper && last != Some(Opcode::JMP_ON_CS) {
        found.push(of_sequence(&entries::FCB_LUT_NO_STOP, place));
    }
    let behind = sequence
        .0
        .iter()
        .skip(steps.len())
        .any(|step| step.opcode != Opcode::STOP);
    if behind {
        found.push(of_sequence(&entries::FCB_LUT_BEHIND_STOP, place));
    }
}

/// One finding a sequence: the first instruction that does not exist tells enough.
fn opcodes(place: usize, sequence: &Sequence, fcb: &Fcb, found: &mut Vec<Finding>) {
    let unknown = |step: &&Instruction| step.opcode.name().is_none();
    if let Some(step) = sequence.steps().iter().find(unknown) {
        let finding = of_sequence(&entries::FCB_LUT_OPCODE, place).text("instruction", step);
        found.push(as_needed(finding, place, fcb));
    }
}

/// No more pads than the flash has.
fn pads(place: usize, sequence: &Sequence, fcb: &Fcb, found: &mut Vec<Finding>) {
    let widest = sequence
        .steps()
        .iter()
        .map(|step| step.pads)
        .max()
        .unwrap_or(1);
    if widest > fcb.flash_pads() && matches!(fcb.flash_pads(), 1 | 2 | 4) {
        let finding = of_sequence(&entries::FCB_LUT_PADS, place).number("pads", widest);
        found.push(finding.number("has", fcb.flash_pads()));
    }
}

/// As many address bits as the size needs, and as the command takes.
fn address(place: usize, sequence: &Sequence, fcb: &Fcb, found: &mut Vec<Finding>) {
    let row = [Opcode::RADDR, Opcode::RADDR_DDR];
    let Some(step) = sequence
        .steps()
        .iter()
        .find(|step| row.contains(&step.opcode))
    else {
        return;
    };
    let bits = step.operand;
    if place == index::READ_SFDP {
        return;
    }
    let alone = fcb.column_address_width() == 0 && fcb.nor_type() == 0;
    let largest = [
        fcb.sflash_a1_size(),
        fcb.sflash_a2_size(),
        fcb.sflash_b1_size(),
        fcb.sflash_b2_size(),
    ];
    let largest = largest.into_iter().max().unwrap_or(0);
    if alone && bits <= 24 && largest > REACH_24 {
        let finding = of_sequence(&entries::FCB_ADDRESS_SHORT, place).number("bits", bits);
        found.push(finding.number("mib", largest >> 20));
    }
    if let Some(command) = sequence.command_byte()
        && let Some(usual) = address_bits(command)
        && usual != bits
        && alone
    {
        let finding = of_sequence(&entries::FCB_ADDRESS_BITS, place)
            .text("command", hex_h(command))
            .number("bits", bits)
            .number("usual", usual);
        found.push(as_needed(finding, place, fcb));
    }
}

/// Address bits that a command has on every part; those that follow the part's mode are not among them.
///
/// Source: JESD216B, four-byte address instruction table.
fn address_bits(command: u8) -> Option<u8> {
    match command {
        0x0C | 0x13 | 0x3C | 0x6C | 0xBC | 0xEC | 0xEE | 0x12 | 0x34 | 0x21 | 0x5C | 0xDC => {
            Some(32)
        }
        _ => None,
    }
}

/// What the flashloader needs to write the flash; the ROM only reads.
fn needed(fcb: &Fcb, found: &mut Vec<Finding>) {
    let has = |place: usize| {
        let sequence = fcb.sequence(place);
        !sequence.is_empty() && !erased(&sequence)
    };
    let writes = has(index::PAGE_PROGRAM)
        || has(index::ERASE_SECTOR)
        || has(index::ERASE_BLOCK)
        || has(index::ERASE_CHIP);
    let custom = fcb.custom_sequences_enable() != 0;
    if writes && !has(index::WRITE_ENABLE) && !custom && fcb.nor_type() == 0 {
        found.push(Finding::new(&entries::FCB_NO_WRITE_ENABLE));
    }
    if writes && !has(index::READ_STATUS) && !custom {
        found.push(Finding::new(&entries::FCB_NO_READ_STATUS));
    }
    if !writes {
        found.push(Finding::new(&entries::FCB_READ_ONLY));
    }
}
