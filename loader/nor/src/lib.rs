#![no_std]
#![forbid(unsafe_code)]
//! Serial NOR flash behind a command sequencer such as FlexSPI.
//!
//! ```text
//! option words or FCB ──> Flash ── erase, program, read ──> Bus ──> controller
//! ```
//!
//! Nothing here touches hardware: [`Bus`] is implemented by the loader's `hal`, and by a simulated flash in the tests.
//! Every wait has a limit in microseconds; see [`limits`].

#[cfg(test)]
extern crate std;

mod bus;
pub mod clock;
mod configure;
mod fcb;
mod flash;
mod inspect;
pub mod limits;
pub mod lut;
mod options;
mod protect;
mod rescue;
mod sfdp;

pub use bus::{Bus, BusError, Data, Setup, Speed};
pub use fcb::{Fcb, SequenceIndex};
pub use flash::{Flash, Geometry};
pub use inspect::{RawCommand, Register};
pub use lut::Sequence;
pub use options::Options;
pub use rescue::{Rescue, rescue};
pub use sfdp::Sfdp;

/// Why a flash operation failed. One byte, which a function returns in a register: with the place in it, each call took ten bytes more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The controller did not run a sequence.
    Bus(BusError),
    /// An option word or FCB asks for something that cannot be done.
    Argument,
    /// No SFDP signature: flash missing, in a mode that no rescue ended, or older than SFDP.
    NoSfdp,
    /// The options name a kind of flash (HyperFlash, octal) that this loader does not drive.
    OtherKind,
    /// The options put the flash on pins that this loader does not drive.
    OtherPins,
    /// Double data rate would need a probe pattern in flash; the loader does not write one.
    DdrProbe,
    /// The flash was still busy after the limit of the operation.
    Busy,
    /// The flash answers with ones only: it is not there or not listening.
    Silent,
    /// Write enable or quad enable did not take.
    NotEnabled,
    /// A status register keeps its value: it is locked.
    Locked,
    /// The start of a program operation is not on a page.
    Alignment,
    /// Flash is not blank, at [`Flash::working_at`].
    NotBlank,
    /// Flash does not read as programmed or erased, at [`Flash::working_at`].
    Verify,
}

const _: () = assert!(size_of::<Result<(), Error>>() == 1);

impl From<BusError> for Error {
    fn from(error: BusError) -> Error {
        Error::Bus(error)
    }
}
