#![no_std]
//! The i.MX RT1021 as the loader uses it: start-up, clocks, watchdogs, USB device controller, FlexSPI, RAM, fuses.
//!
//! This is the only crate with `unsafe` code. [`mmio`] turns constant addresses into registers, [`start`] holds the
//! assembly, [`memory`] the two ways to touch memory that a host names. One thread of execution
//! with interrupts masked, and a bus master (USB) that touches nothing but its own memory. With a UART in place of USB there is one
//! interrupt, which shares with the rest nothing but a ring of bytes.
//!
//! Waits are bounded by a microsecond clock from the 24 MHz crystal ([`time`]); a wait that ends is an error with its own
//! code in the [`breadcrumb`].

mod board;
mod breadcrumb;
mod clock;
mod flexspi;
mod link;
mod memory;
mod mmio;
mod snapshot;
mod start;
mod system;
mod time;
#[cfg(feature = "uart")]
mod uart;
#[cfg(feature = "usb")]
mod usb;
mod watchdog;

pub use board::Rt1021;
pub use breadcrumb::panicked;
