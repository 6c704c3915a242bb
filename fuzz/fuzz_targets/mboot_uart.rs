//! Frames on a UART, whole or not, against the ping and every MBOOT command.
#![no_main]

#[allow(dead_code)]
#[path = "../shared/ports.rs"]
mod ports;
#[allow(dead_code)]
#[path = "../shared/talk.rs"]
mod talk;

use libfuzzer_sys::fuzz_target;
use ports::Bursts;
use rtboot::mboot::UartLink;

fuzz_target!(|data: (u8, &[u8])| {
    let (first, data) = data;
    if let Ok((link, _)) = UartLink::connect(Bursts::new(data)) {
        talk::mboot(link, first);
    }
    talk::mboot(UartLink::new(Bursts::new(data)), first);
});
