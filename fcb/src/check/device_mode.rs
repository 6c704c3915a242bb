//! Device mode, configuration commands, and quad enable.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use rtboot_finding::catalogue::fcb as entries;

use super::reading::Read;
use super::sequences::erased;
use crate::fcb::{Fcb, SequenceCall};
use crate::lut::{Opcode, Sequence, index};
use crate::{Finding, Part, QeMethod};

/// What a status register write of the block does.
struct Write {
    command: u8,
    data: Vec<u8>,
}

pub(super) fn check(fcb: &Fcb, part: Option<&Part>, found: &mut Vec<Finding>) {
    if fcb.device_mode_enable() != 0 {
        played(fcb, "device mode", fcb.device_mode_sequence(), found);
    }
    if fcb.config_command_enable() != 0 {
        let calls = fcb.config_command_sequences();
        // the driver leaves commands out whose sequence is 0
        let used: Vec<SequenceCall> = calls.into_iter().filter(|call| call.index != 0).collect();
        if used.is_empty() {
            found.push(Finding::new(&entries::FCB_CONFIG_COMMANDS));
        }
        for call in used {
            played(fcb, "a configuration command", call, found);
        }
    }
    quad(fcb, part, found);
}

/// A sequence that is played once while configuring.
fn played(fcb: &Fcb, what: &str, call: SequenceCall, found: &mut Vec<Finding>) {
    let last = usize::from(call.index) + usize::from(call.count.max(1)) - 1;
    if call.count == 0 || last > 15 {
        let finding = Finding::new(&entries::FCB_DEVICE_MODE_RANGE)
            .text("what", what)
            .number("count", call.count)
            .number("sequence", call.index);
        found.push(finding);
        return;
    }
    let sequence = fcb.sequence(usize::from(call.index));
    if sequence.is_empty() || erased(&sequence) {
        let finding = Finding::new(&entries::FCB_DEVICE_MODE).text("what", what);
        found.push(finding.number("sequence", call.index));
    }
    if fcb.sequence(index::WRITE_ENABLE).is_empty() {
        let entry = &entries::FCB_DEVICE_MODE_NO_WRITE_ENABLE;
        found.push(Finding::new(entry).text("what", what));
    }
    let busy = fcb.sequence(index::READ_STATUS).is_empty() && fcb.config_wait_time() == 0;
    if busy {
        let entry = &entries::FCB_DEVICE_MODE_NO_READ_STATUS;
        found.push(Finding::new(entry).text("what", what));
    }
}

/// A read on four pads works only with the quad enable bit set.
fn quad(fcb: &Fcb, part: Option<&Part>, found: &mut Vec<Finding>) {
    let read = Read::of(&fcb.sequence(index::READ));
    let four = read.is_some_and(|read| read.address_pads.max(read.data_pads) == 4);
    let write = (fcb.device_mode_enable() != 0)
        .then(|| write(fcb))
        .flatten();
    if fcb.device_mode_enable() != 0 && fcb.device_mode_type() == 1 && write.is_none() {
        found.push(Finding::new(&entries::FCB_QUAD_NO_WRITE));
    }
    match (part, four) {
        (Some(part), _) => against_part(fcb, part, four, write.as_ref(), found),
        (None, true) if write.is_none() => {
            found.push(Finding::new(&entries::FCB_QUAD_ENABLE));
        }
        (None, _) => {}
    }
}

fn against_part(
    fcb: &Fcb,
    part: &Part,
    four: bool,
    write: Option<&Write>,
    found: &mut Vec<Finding>,
) {
    let needs = four && !matches!(part.qe, QeMethod::None | QeMethod::Unknown);
    let Some(write) = write else {
        if needs {
            let finding = Finding::new(&entries::FCB_QUAD_ENABLE_PART);
            found.push(finding.text("part", &part.name).text("bit", part.qe));
        }
        return;
    };
    if fcb.device_mode_type() != 1 || part.qe == QeMethod::Unknown {
        return;
    }
    let bit = |at: usize, mask: u8| write.data.get(at).is_some_and(|byte| byte & mask != 0);
    let sets = match (part.qe, write.command, write.data.len()) {
        (QeMethod::None, ..) => true,
        (QeMethod::Sr1Bit6, 0x01, _) => bit(0, 0x40),
        (QeMethod::Sr2Bit1TwoByte | QeMethod::Sr2Bit1By31, 0x01, 2) => bit(1, 0x02),
        (QeMethod::Sr2Bit1TwoByte | QeMethod::Sr2Bit1By31, 0x31, _) => bit(0, 0x02),
        (QeMethod::Sr2Bit7, 0x3E, _) => bit(0, 0x80),
        _ => false,
    };
    let data: Vec<String> = write
        .data
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let sent = format!("{:02X}h with {}", write.command, data.join(" "));
    let finding = match sets {
        true => Finding::new(&entries::FCB_QUAD_EVERY_START),
        false => Finding::new(&entries::FCB_QUAD_REGISTER)
            .text("part", &part.name)
            .text("bit", part.qe),
    };
    found.push(finding.text("sent", sent));
}

/// The write that the device mode does; `None` when its sequence writes nothing.
fn write(fcb: &Fcb) -> Option<Write> {
    let sequence: Sequence = fcb.sequence(usize::from(fcb.device_mode_sequence().index));
    let step = sequence
        .steps()
        .iter()
        .find(|step| step.opcode == Opcode::WRITE)?;
    let len = usize::from(step.operand).clamp(1, 4);
    let data = fcb.device_mode_argument().to_le_bytes();
    Some(Write {
        command: sequence.command_byte()?,
        data: data.into_iter().take(len).collect(),
    })
}
