//! MBOOT, the protocol of the flashloader and of blhost.
//!
//! ```text
//! plain command         --> command                     <-- response
//! host → device data    --> command  <-- response       ==> data …   <-- final response
//! device → host data    --> command  <-- response       <== data …   <-- final response
//! a data phase fails    … the device sends an empty packet, then the final response with the status
//! ```
//!
//! [`Command`] and [`Response`] are the packets. Over USB each packet is one HID [`report`], over a UART one [`frame`].
//!
//! Sources: SPSDK and blhost for the protocol; the genuine RT1021 flashloader K2.1.0, emulated, for what a device does.

mod command;
pub mod frame;
mod memory_id;
mod packet;
mod property;
pub mod report;
mod response;
mod status;

pub use command::{Command, Tag};
pub use frame::PingResponse;
pub use memory_id::MemoryId;
pub use packet::PacketBytes;
pub use property::{Described, ExternalMemory, Property, Version, regions};
pub use response::Response;
pub use status::Status;
