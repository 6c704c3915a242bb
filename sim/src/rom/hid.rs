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
        Answer::Security(word) => [&[3][..], &word.to_le_bytes()].concat(),
        Answer::Status(word) => block(rom, &word.to_le_bytes()),
        Answer::Page(bytes) => block(rom, &bytes),
    };
    let packets = (report.len() as u64).div_ceil(64);
    machine.costs.in1 += packets;
    machine.clock.advance(packets * INTERRUPT_NS);
    Some(report)
}

/// Report 4: behind a short answer it carries what the buffer held before, as silicon's reports do.
fn block(rom: &mut Rom, payload: &[u8]) -> Vec<u8> {
    let length = payload.len().min(PAGE);
    rom.sent[..length].copy_from_slice(&payload[..length]);
    [&[4][..], &rom.sent].concat()
}
