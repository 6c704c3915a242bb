//! HID reports of a ROM that says anything, against every SDP command.
#![no_main]

#[allow(dead_code)]
#[path = "../shared/ports.rs"]
mod ports;
#[allow(dead_code)]
#[path = "../shared/talk.rs"]
pub mod talk;

use libfuzzer_sys::fuzz_target;
use ports::Reports;
use rtboot::sdp::HidLink;

fuzz_target!(|data: (u8, &[u8])| {
    let (first, data) = data;
    talk::sdp(HidLink::new(Reports::new(data)), first);
});
