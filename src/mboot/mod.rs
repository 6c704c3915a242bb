//! MBOOT, the flashloader's protocol (the one of blhost).
//!
//! ```text
//! plain command         --> command                     <-- response
//! host → device data    --> command  <-- response       ==> data …   <-- final response
//! device → host data    --> command  <-- response       <== data …   <-- final response
//! a data phase fails    … the device sends an empty packet, then the final response with the status
//! ```
//!
//! [`Command`], [`Response`], [`Status`], [`Property`] and [`frame`] are bytes only; a [`Link`] carries packets over
//! [USB](HidLink) or a [UART](UartLink); the [`Client`] gives the commands and checks every answer.
//!
//! Sources: SPSDK and blhost for the protocol; the genuine RT1021 flashloader K2.1.0, emulated, for what it really does.

mod client;
mod command;
mod data;
mod error;
pub mod frame;
mod hid;
mod keys;
mod link;
mod memory_id;
mod property;
mod response;
mod status;
mod uart;
mod verbs;

pub use client::{Client, Timeouts};
pub use command::{Command, Tag};
pub use error::{Error, Step};
pub use hid::{HidLink, describe_report};
pub use link::{Link, LinkError, Packet, Sent};
pub use memory_id::MemoryId;
pub use property::{ExternalMemory, Property, Version};
pub use response::Response;
pub use status::Status;
pub use uart::{PingResponse, UartLink, describe_bytes};
pub use verbs::Departure;

/// The MBOOT client, by the name that reads well in other rooms.
pub type Mboot<L> = Client<L>;

/// Told how far a data phase is, in bytes; returns whether to go on.
pub type Progress<'a> = &'a mut dyn FnMut(u64) -> bool;

#[cfg(test)]
mod tests;
