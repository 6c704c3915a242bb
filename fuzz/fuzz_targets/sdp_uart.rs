//! Bytes of a UART on which no ROM need be, against every SDP command.
#![no_main]

#[allow(dead_code)]
#[path = "../shared/ports.rs"]
mod ports;
#[allow(dead_code)]
#[path = "../shared/talk.rs"]
mod talk;

use libfuzzer_sys::fuzz_target;
use ports::Bursts;
use rtboot::sdp::UartLink;

fuzz_target!(|data: (u8, &[u8])| {
    let (first, data) = data;
    talk::sdp(UartLink::new(Bursts::new(data)), first);
});
