//! The connection to the host. One for each image: both drivers together do not fit into it.

#[cfg(feature = "usb")]
pub(crate) use crate::usb::{LEN, Usb as Link};
