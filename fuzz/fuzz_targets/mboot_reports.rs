//! HID reports of a flashloader that says anything, against every MBOOT command.
#![no_main]

#[allow(dead_code)]
#[path = "../shared/ports.rs"]
mod ports;
#[allow(dead_code)]
#[path = "../shared/talk.rs"]
pub mod talk;

use libfuzzer_sys::fuzz_target;
use ports::Reports;
use rtboot::mboot::HidLink;

fuzz_target!(|data: (u8, &[u8])| {
    let (first, data) = data;
    talk::mboot(HidLink::new(Reports::new(data)), first);
});
