//! SDP, the Serial Download Protocol of the boot ROM.
//!
//! ```text
//! READ_REGISTER                  --> command   <-- HAB state   <-- 64 bytes, repeated until the count is reached
//! WRITE_FILE, DCD, CSF           --> command   ==> data …      <-- HAB state   <-- status
//! WRITE_REGISTER, ERROR_STATUS,
//! SKIP_DCD_HEADER                --> command   <-- HAB state   <-- status
//! JUMP_ADDRESS                   --> command   <-- HAB state   (<-- status only when the ROM refuses)
//! ```
//!
//! The packets are `rtboot-wire`'s; a [`Link`] carries them over [USB](HidLink) or a [UART](UartLink); the [`Client`]
//! gives the commands and checks every answer.
//!
//! Source: i.MX RT1020 reference manual, "Serial Downloader", as read by SPSDK, sdphost, imx_usb_loader and uuu.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        missing_debug_implementations
    )
)]

mod client;
mod error;
mod hid;
mod link;
mod uart;

pub use client::{Client, JumpOutcome, Timeouts};
pub use error::Error;
pub use hid::{HidLink, describe_report};
pub use link::{Answer, Link, LinkError, Want};
pub use rtboot_wire::sdp::{Command, Hab, Status, Tag, Width};
pub use uart::{UartLink, describe_bytes};

/// The SDP client, under a name that is clear outside this module.
pub type Sdp<L> = Client<L>;

#[cfg(test)]
mod tests;
