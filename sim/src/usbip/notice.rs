//! Events at the server.

use std::fmt;
use std::net::SocketAddr;

use crate::board::UsbIdentity;

/// An event at the server, for display.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A host has imported a board.
    Imported {
        /// Which.
        bus_id: String,
        /// The board's USB ids and strings.
        device: UsbIdentity,
        /// Which host.
        host: SocketAddr,
    },
    /// The board left the bus: it jumped, was reset, or lost its power.
    Left {
        /// Which.
        bus_id: String,
    },
    /// The host released the board.
    Released {
        /// Which.
        bus_id: String,
    },
    /// A connection was refused.
    Refused {
        /// Who.
        host: SocketAddr,
        /// Why.
        reason: String,
    },
    /// A board could not be written to its directory.
    NotSaved {
        /// Which.
        bus_id: String,
        /// Why.
        reason: String,
    },
}

impl Notice {
    /// Stable kebab-case name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Notice::Imported { .. } => "usb-imported",
            Notice::Left { .. } => "usb-left",
            Notice::Released { .. } => "usb-released",
            Notice::Refused { .. } => "usb-refused",
            Notice::NotSaved { .. } => "board-not-saved",
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::Imported {
                bus_id,
                device,
                host,
            } => {
                let (vid, pid) = (device.vendor_id, device.product_id);
                write!(f, "{bus_id}: {vid:04x}:{pid:04x} is imported by {host}")
            }
            Notice::Left { bus_id } => write!(f, "{bus_id}: the board left the bus"),
            Notice::Released { bus_id } => write!(f, "{bus_id}: the host let go of the board"),
            Notice::Refused { host, reason } => write!(f, "{host} is turned away: {reason}"),
            Notice::NotSaved { bus_id, reason } => {
                write!(f, "{bus_id}: the board is not saved: {reason}")
            }
        }
    }
}
