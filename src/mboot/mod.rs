//! MBOOT, the flashloader's protocol (the one of blhost).
//!
//! ```text
//! plain command         --> command                     <-- response
//! host → device data    --> command  <-- response       ==> data …   <-- final response
//! device → host data    --> command  <-- response       <== data …   <-- final response
//! a data phase fails    … the device sends an empty packet, then the final response with the status
//! ```
//!
//! The packets are `rtboot-wire`'s; a [`Link`] carries them over [USB](HidLink) or a [UART](UartLink); the [`Client`]
//! gives the commands and checks every answer.
//!
//! Sources: SPSDK and blhost for the protocol; the genuine RT1021 flashloader K2.1.0, emulated, for what it really does.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        missing_debug_implementations
    )
)]

mod bulk;
mod client;
mod data;
mod error;
mod hid;
mod keys;
mod link;
mod own;
mod uart;
mod verbs;

pub use client::{Client, Timeouts};
pub use error::{Error, Step, hint};
pub use hid::{HidLink, describe_report};
pub use link::{Link, LinkError, Packet, Sent};
pub use own::LoaderIdentity;
pub use rtboot_wire::loader::{Failure, Features, Fetch, FlashCommand, HashKind, Rung};
pub use rtboot_wire::mboot::{
    Command, Described, ExternalMemory, MemoryId, PacketBytes, PingResponse, Property, Response,
    Status, Tag, Version, frame,
};
pub use uart::{Pinged, UartLink, describe_bytes};
pub use verbs::Departure;

/// The MBOOT client, under a name that is clear outside this module.
pub type Mboot<L> = Client<L>;

/// Called during a data phase with the bytes done so far; returns whether to go on.
pub type Progress<'a> = &'a mut dyn FnMut(u64) -> bool;

#[cfg(test)]
mod tests;
