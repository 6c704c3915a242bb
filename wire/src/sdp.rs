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
//! Over USB each arrow is one HID [`report`]. Over a UART the same bytes travel without report ids, frames or padding.
//!
//! Source: i.MX RT1020 reference manual, "Serial Downloader", as read by SPSDK, sdphost, imx_usb_loader and uuu.

mod answer;
mod command;
pub mod report;

pub use answer::{Hab, HabEvent, Status};
pub use command::{Command, Tag, Width};
