//! The flashloader: NXP's MCU bootloader as the RT1021 build behaves, over USB HID or a UART.
//!
//! The [`Processor`] knows commands, data phases and answers; it never blocks but tells what it [`Waits`] for. The
//! [`Flashloader`] connects it to USB HID; the UART connects the same processor to its frames.
//!
//! Source of every behaviour: the genuine RT1021 flashloader, run in emulation and recorded.

mod config;
mod descriptors;
mod driver;
pub(crate) mod firmware;
mod keyblob;
mod memory;
mod nor;
mod own;
mod pace;
mod probe;
mod processor;
mod property;
mod sb;
pub(crate) mod status;
mod thumb;
mod usb;

pub use firmware::Firmware;
pub use nor::NorSetup;
pub(crate) use own::{BULK_PACKET, PACKET as OWN_PACKET, REPORT as OWN_REPORT};
pub use own::{Entry, Interface, OwnLoader, OwnSerial, OwnServer, OwnState};
pub use processor::{Packet, Processor, Received, Waits};
pub use usb::{Control, Flashloader, OutResult};

use crate::machine::Machine;

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
    /// The core hangs: a bus fault or an endless wait.
    Silent,
}

/// Leaves the flashloader for code in RAM or flash: a short routine in RAM is run; USB is off in any case.
fn jump(m: &mut Machine, pc: u32, argument: u32, sp: u32) -> Outcome {
    if m.ram.slice(pc & !1, 2).is_some() {
        thumb::call(m, pc, argument);
    }
    Outcome::Jumped {
        pc: pc & !1,
        sp,
        argument,
    }
}

/// One build of the firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Build {
    /// RAM that it keeps for itself (property 12), first and last byte.
    pub reserved: [(u32, u32); 2],
    /// What it does as the chip's firmware.
    pub firmware: &'static Firmware,
}

impl Default for Build {
    /// The RT1021 build of NXP-MCUBootUtility, K2.1.0.
    fn default() -> Build {
        Build {
            reserved: [(0x2020_8400, 0x2021_5925), (0x2021_8000, 0x2021_DAD7)],
            firmware: &firmware::RT1021,
        }
    }
}
