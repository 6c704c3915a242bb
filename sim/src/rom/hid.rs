//! SDP over USB HID: four reports; OUT reports travel by SET_REPORT, there is no OUT endpoint.
//!
//! | id | direction | bytes after the id | travels by                  | carries                          |
//! |----|-----------|--------------------|-----------------------------|----------------------------------|
//! | 1  | OUT       | 16                 | SET_REPORT on endpoint 0    | command                          |
//! | 2  | OUT       | 1024               | SET_REPORT on endpoint 0    | data                             |
//! | 3  | IN        | 4                  | interrupt endpoint 1        | HAB state                        |
//! | 4  | IN        | 64                 | interrupt endpoint 1        | status in 4 bytes, or read data  |
//!
//! Source: SPSDK, imx_usb_loader and uuu agree; endpoints: USB descriptors of an RT1061 ROM.

use super::{Answer, PAGE, Rom};
use crate::machine::Machine;

/// One transaction on endpoint 0: a microframe each, which real hosts beat.
const CONTROL_NS: u64 = 125_000;
/// One transaction on the interrupt endpoint: 1 ms. The endpoint's real interval is not known (guess).
const INTERRUPT_NS: u64 = 1_000_000;

/// The host sends a report by SET_REPORT. Reports shorter than 17 bytes, and other ids, are dropped (guess).
pub fn set_report(rom: &mut Rom, machine: &mut Machine, report: &[u8]) {
    let packets = (report.len() as u64).div_ceil(64);
    machine.costs.setup += 1;
    machine.costs.out0 += packets;
    machine.costs.in0 += 1;
    machine.clock.advance((packets + 2) * CONTROL_NS);
    match report.split_first() {
        Some((1, body)) => rom.command(machine, body),
        Some((2, body)) => rom.report(machine, body),
        _ => {}
    }
}

/// The next report for the host, id first; `None` while the endpoint has nothing to send.
pub fn in_report(rom: &mut Rom, machine: &mut Machine) -> Option<Vec<u8>> {
    let report = match rom.next_answer(machine)? {
        Answer::Security(word) => report(3, &word.to_le_bytes(), 4),
        Answer::Status(word) => report(4, &word.to_le_bytes(), PAGE),
        Answer::Page(bytes) => report(4, &bytes, PAGE),
    };
    let packets = (report.len() as u64).div_ceil(64);
    machine.costs.in1 += packets;
    machine.clock.advance(packets * INTERRUPT_NS);
    Some(report)
}

fn report(id: u8, payload: &[u8], length: usize) -> Vec<u8> {
    let mut report = vec![0; 1 + length];
    report[0] = id;
    report[1..=payload.len()].copy_from_slice(payload);
    report
}
