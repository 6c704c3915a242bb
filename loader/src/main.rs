#![no_std]
#![no_main]
//! The loader: brings the board up and answers commands until it is reset.

use core::panic::PanicInfo;

use loader_hal::Rt1021;
use loader_proto::{Loader, Payload};

/// Called by the start-up code.
#[unsafe(no_mangle)]
extern "C" fn main() -> ! {
    let (mut board, window) = Rt1021::start();
    let mut loader = Loader::new(window);
    let mut payload = Payload::new();
    loop {
        // a link that began anew has no one who waits for an answer
        let _ = loader.serve(&mut board, &mut payload);
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    loader_hal::panicked()
}
