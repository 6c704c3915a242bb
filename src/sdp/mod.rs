//! SDP, the Serial Download Protocol of the boot ROM.
//!
//! ```text
//! READ_REGISTER                  --> command   <-- HAB state   <-- 64 bytes, as often as the count needs
//! WRITE_FILE, DCD, CSF           --> command   ==> data …      <-- HAB state   <-- status
//! WRITE_REGISTER, ERROR_STATUS,
//! SKIP_DCD_HEADER                --> command   <-- HAB state   <-- status
//! JUMP_ADDRESS                   --> command   <-- HAB state   (<-- status only when it refuses)
//! ```
//!
//! [`Command`] is bytes only; a [`Link`] carries it over [USB](HidLink) or a [UART](UartLink); the
//! [`Client`] gives the commands and checks every answer.
//!
//! Source: i.MX RT1020 reference manual, "Serial Downloader", as read by SPSDK, sdphost, imx_usb_loader and uuu.

mod answer;
mod client;
mod command;
mod error;
mod hid;
mod link;
mod session;
mod uart;

pub use answer::{Hab, Status};
pub use client::Client;
pub use command::{Command, Tag, Width};
pub use error::Error;
pub use hid::{HidLink, describe_report};
pub use link::{Answer, Link, LinkError, Want};
pub use session::{JumpOutcome, Timeouts};
pub use uart::{UartLink, describe_bytes};

/// The SDP client, by the name that reads well in other rooms.
pub type Sdp<L> = Client<L>;

#[cfg(test)]
mod tests;
