//! How the flashloader sets the quad enable bit.

use alloc::vec::Vec;

use super::Refused;
use super::tables::Tables;
use crate::fcb::{Fcb, SequenceCall};
use crate::lut::Sequence;
use crate::{Options, QeMethod, StatusRegisters};

/// Fills the device mode in when the bit is clear; returns what is written to the flash, command first.
pub(super) fn prepare(
    fcb: &mut Fcb,
    tables: &Tables,
    options: &Options,
    registers: &StatusRegisters,
    sequence: u8,
) -> Result<Option<Vec<u8>>, Refused> {
    let method = method(tables, options);
    let read = method.sr2_read_command();
    let value = match (method, read) {
        (QeMethod::None | QeMethod::Unknown, _) => return Ok(None),
        (_, None) => registers.sr1,
        (_, Some(command)) => registers.sr2.ok_or(Refused::UnknownRegister { command })?,
    };
    let given = options.second.map_or(0, |second| second.status_override);
    let value = if given != 0 { given } else { value };
    let bit = method.sr1_mask() | method.sr2_mask();
    if value & bit != 0 {
        return Ok(None);
    }
    let (command, argument, len) = match method {
        // the block protection bits are cleared with it
        QeMethod::Sr1Bit6 => (0x01, u32::from(value & !0x3C | bit), 1),
        // register 1 goes out first, as zero
        QeMethod::Sr2Bit1TwoByte => (0x01, u32::from(value | bit) << 8, 2),
        QeMethod::Sr2Bit1By31 => (0x31, u32::from(value | bit), 1),
        // two bytes, where parts with this bit take one
        QeMethod::Sr2Bit7 | QeMethod::None | QeMethod::Unknown => (0x3E, u32::from(value | bit), 2),
    };
    fcb.set_device_mode_type(1);
    fcb.set_device_mode_sequence(SequenceCall {
        count: 1,
        index: sequence,
    });
    fcb.set_device_mode_argument(argument);
    fcb.set_sequence(
        usize::from(sequence),
        &Sequence::write_register(command, len),
    );
    let data = argument.to_le_bytes().into_iter().take(usize::from(len));
    Ok(Some([command].into_iter().chain(data).collect()))
}

/// Where the flashloader takes the bit to be: by the SFDP when its table is long, else by the words.
fn method(tables: &Tables, options: &Options) -> QeMethod {
    if tables.basic.is_long() {
        return match tables.basic.qer_code() {
            Some(1 | 4 | 5) => QeMethod::Sr2Bit1TwoByte,
            Some(2) => QeMethod::Sr1Bit6,
            Some(3) => QeMethod::Sr2Bit7,
            Some(6) => QeMethod::Sr2Bit1By31,
            _ => QeMethod::None,
        };
    }
    let all = QeMethod::NAMES.iter().map(|(method, _)| *method);
    all.into_iter()
        .find(|method| method.option_value() == options.quad_mode)
        .unwrap_or(QeMethod::None)
}
