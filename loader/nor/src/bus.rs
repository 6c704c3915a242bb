//! What the flash code needs from the controller.

use crate::Sequence;
use crate::clock::Clock;

/// A controller that plays command sequences on one serial flash and maps it for reading.
///
/// Source: i.MX RT1020 FlexSPI; the order of register accesses is in the implementation.
pub trait Bus {
    /// Initialises pads, clock and controller. Afterwards sequences can be played at [`Speed::Command`].
    ///
    /// # Errors
    /// [`BusError::Timeout`] when the controller does not come out of reset.
    fn set_up(&mut self, setup: &Setup) -> Result<(), BusError>;

    /// Switches the clock of the following transfers and drops data that was read ahead. [`Speed::Read`] is for
    /// [`Bus::read_mapped`] only; each change of the flash's contents lies between a switch and the switch back.
    ///
    /// # Errors
    /// [`BusError::Timeout`] when the controller does not become idle.
    fn set_speed(&mut self, speed: Speed) -> Result<(), BusError>;

    /// Plays a sequence once.
    ///
    /// # Errors
    /// [`BusError`] when the controller refuses it or does not finish.
    fn transfer(
        &mut self,
        sequence: &Sequence,
        offset: u32,
        data: Data<'_>,
    ) -> Result<(), BusError>;

    /// Reads through the memory map, with the read sequence of the set-up. Not while the flash is busy.
    ///
    /// # Errors
    /// [`BusError::Fault`] when the controller ends the access with a bus error.
    fn read_mapped(&mut self, offset: u32, into: &mut [u8]) -> Result<(), BusError>;

    /// Microseconds of a clock that wraps around.
    fn now(&mut self) -> u32;

    /// Lets at least this many microseconds pass, serves the host's link meanwhile and feeds the watchdogs.
    fn pause(&mut self, microseconds: u32);
}

/// The data phase of a sequence.
#[derive(Debug)]
pub enum Data<'a> {
    /// None.
    None,
    /// From the flash.
    Read(&'a mut [u8]),
    /// To the flash; at most a page.
    Write(&'a [u8]),
}

/// Which of the two clocks is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// For commands: slow enough for each command of each part.
    Command,
    /// For mapped reads: the clock of the set-up.
    Read,
}

/// How the controller is initialised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// The sequence of mapped reads.
    pub read: Sequence,
    /// Clock of mapped reads.
    pub read_clock: Clock,
    /// Where the controller takes its sample clock from: 0 internal, 1 loop-back through the DQS pad, 3 DQS of the flash.
    pub sample_source: u8,
    /// Clocks that chip select is held and set up.
    pub cs_hold: u8,
    /// Clocks that chip select is set up.
    pub cs_setup: u8,
    /// Size of the flash in KiB.
    pub size_kib: u32,
}

/// Why the controller did not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusError {
    /// A status bit did not change in time, or the sequence timed out.
    Timeout,
    /// The controller refused the sequence or its address.
    Rejected,
    /// A mapped read ended with a bus fault.
    Fault,
    /// The controller was not initialised.
    Off,
}
