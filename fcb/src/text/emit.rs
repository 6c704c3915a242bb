//! SPSDK's YAML, written.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;

use super::spsdk::{self, RESERVED_WORDS, TAIL};
use crate::fcb::{Fcb, Spec};
use crate::lut::{self, Instruction, Sequence};

/// The block as SPSDK's `nxpimage bootable-image fcb export` takes it, for the chip `family` (`mimxrt1020`).
///
/// Bytes that SPSDK has no field for are named in a comment, and lost; a block made of known fields has none.
pub fn to_yaml(fcb: &Fcb, family: &str) -> String {
    let mut out = String::from(
        "# FlexSPI NOR configuration block, for: nxpimage bootable-image fcb export -c FILE -o OUT\n",
    );
    let _ = writeln!(
        out,
        "family: {family}\nrevision: latest\ntype: flexspi_nor\nfcb_settings:"
    );
    let _ = writeln!(out, "  tag: '{:#010X}'", Fcb::TAG);
    let mut lut = false;
    for spec in Spec::all() {
        if spec.offset >= 0x80 && !lut {
            table(&mut out, fcb);
            lut = true;
        }
        // SPSDK knows this one for other chips only
        let quiet = spec.alias == "isDataOrderSwapped" && fcb.data_order_swapped() == 0;
        if !quiet {
            field(&mut out, spec, &fcb.get(spec));
        }
    }
    let tail = fcb.as_bytes().get(TAIL..).unwrap_or_default();
    for (i, word) in tail.chunks(4).take(RESERVED_WORDS).enumerate() {
        let word = word
            .iter()
            .rev()
            .fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        let _ = writeln!(out, "  reserve2_{i}: '{word:#010X}'");
    }
    for spec in Spec::reserved().iter().filter(|spec| spec.offset < TAIL) {
        if fcb.get(spec).iter().any(|byte| *byte != 0) {
            let _ = writeln!(
                out,
                "# not said above: the bytes at {:#05x}: {:x?}",
                spec.offset,
                fcb.get(spec)
            );
        }
    }
    out.replace("'0X", "'0x")
}

fn field(out: &mut String, spec: &Spec, values: &[u32]) {
    let digits = 2 + 2 * spec.width;
    let number = |value: &u32| format!("'{value:#0digits$X}'");
    if spec.is_calls() {
        for (i, call) in values.chunks(4).enumerate() {
            let name = indexed(spec.alias, i, values.len() / 4);
            let part = |i: usize| call.get(i).copied().unwrap_or(0);
            let _ = writeln!(
                out,
                "  {name}:\n    seqNum: {}\n    seqId: {}",
                part(0),
                part(1)
            );
        }
        return;
    }
    for (i, value) in values.iter().enumerate() {
        let _ = writeln!(
            out,
            "  {}: {}",
            indexed(spec.alias, i, values.len()),
            number(value)
        );
    }
}

/// `name`, or `name_0` and so on where there are several.
fn indexed(name: &str, i: usize, count: usize) -> String {
    if count == 1 {
        name.to_owned()
    } else {
        format!("{name}_{i}")
    }
}

fn table(out: &mut String, fcb: &Fcb) {
    for place in 0..16 {
        let sequence: Sequence = fcb.sequence(place);
        if sequence == Sequence::EMPTY {
            continue;
        }
        let _ = writeln!(
            out,
            "  # sequence {place}: {}: {sequence}",
            lut::index::name(place)
        );
        // a step that is left out is zero: STOP
        let used = sequence.0.iter().enumerate();
        for (i, step) in used.filter(|(_, step)| **step != Instruction::STOP) {
            let operation = spsdk::operation(step.opcode)
                .map_or_else(|| format!("{:#04x}", step.opcode.0), ToOwned::to_owned);
            let _ = writeln!(
                out,
                "  lookupTable_seq{place}_instr{i}:\n    OPERAND: '{:#04X}'\n    NUM_PADS: {}PAD\n    OPERATION_CODE: {operation}",
                step.operand, step.pads
            );
        }
    }
}
