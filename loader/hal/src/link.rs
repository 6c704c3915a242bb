//! The connection to the host. One for each image: both drivers together do not fit into it.

#[cfg(feature = "uart")]
pub(crate) use crate::uart::{LEN, Uart as Link};
#[cfg(feature = "usb")]
pub(crate) use crate::usb::{LEN, Usb as Link};
