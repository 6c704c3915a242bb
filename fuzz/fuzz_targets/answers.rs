//! Packets of a flashloader that mostly fit the last command, against every MBOOT command.
#![no_main]

#[allow(dead_code)]
#[path = "../shared/ports.rs"]
mod ports;
#[allow(dead_code)]
#[path = "../shared/talk.rs"]
mod talk;

use libfuzzer_sys::fuzz_target;
use ports::Answers;

fuzz_target!(|data: (u8, &[u8])| {
    let (first, data) = data;
    talk::mboot(Answers::new(data), first);
});
