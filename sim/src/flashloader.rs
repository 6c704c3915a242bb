//! The flashloader: NXP's MCU bootloader as the RT1021 build behaves, over USB HID or a UART.
//!
//! The [`Processor`] knows commands, data phases and answers; it never waits, it says what it [`Waits`] for. The
//! [`Flashloader`] puts it behind USB HID; a UART puts the same processor behind its frames.

mod processor;
mod usb;

pub use processor::{Packet, Processor, Received, Waits};
pub use usb::{Control, Flashloader, OutResult};

/// How a flashloader ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// SYSRESETREQ.
    Reset,
    /// Execute: USB detached, the core at `pc` (bit 0 cleared).
    Jumped {
        /// Where it jumped.
        pc: u32,
        /// Stack pointer given, 0 = the flashloader's own stack.
        sp: u32,
        /// Argument in r0.
        argument: u32,
    },
    /// The core does nothing a host could see any more: a bus fault, an endless wait.
    Silent,
}
