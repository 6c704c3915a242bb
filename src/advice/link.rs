//! Advice about what the ports and the two protocols can fail with.

use super::Advice;
use crate::catalogue::{self, Entry, entry};
use crate::mboot::{self, Status};
use crate::{port, sdp};

const PORTS: &str = "`rtboot list` names the ports that are there";

/// Whether the port is one of USB-HID; else it is a UART's.
fn is_hid(port: &str) -> bool {
    let port = port.to_ascii_lowercase();
    port.contains("hid") || port.starts_with("devsrvsid")
}

pub(super) fn port_advice(error: &port::Error) -> Advice {
    match error {
        port::Error::Permission { port } if is_hid(port) => Advice::new(
            of! {"host-permission", "host-permission-flashloader"},
            &[&format!("{}; then replug", catalogue::UDEV)],
        ),
        port::Error::Permission { .. } => Advice::new(
            of! {"uart-permission"},
            &[&format!(
                "{}; then log out and in again",
                catalogue::DIALOUT
            )],
        ),
        port::Error::NotFound { port } if is_hid(port) => Advice::new(
            of! {"host-vanishing"},
            &["`rtboot list` shows what is there"],
        ),
        port::Error::NotFound { .. } => Advice::new(of! {"uart-no-port"}, &[PORTS]),
        port::Error::Busy { port } if is_hid(port) => Advice::hint(of! {"host-busy"}, error.hint()),
        port::Error::Busy { .. } => Advice::hint(of! {"uart-busy"}, error.hint()),
        port::Error::Gone { port } if !is_hid(port) => {
            Advice::hint(of! {"uart-gone"}, error.hint())
        }
        port::Error::Io { port, .. } if !is_hid(port) => Advice::new(of! {"uart-broken"}, &[PORTS]),
        port::Error::Io { .. } => {
            Advice::new(of! {"host-usb"}, &["`rtboot list` shows what is there"])
        }
        other => Advice::hint(&[], other.hint()),
    }
}

/// The boot ROM did not do what it was told.
pub(super) fn sdp_advice(error: &sdp::Error) -> Advice {
    let entries: &[&Entry] = match error {
        sdp::Error::Port { source, .. } if !matches!(source, port::Error::Stalled { .. }) => {
            return port_advice(source);
        }
        sdp::Error::Port { .. } => of! {"rom-stalled"},
        sdp::Error::Timeout {
            command: sdp::Tag::READ_REGISTER,
            ..
        } => of! {"rom-read-disabled"},
        sdp::Error::Timeout { .. } => of! {"rom-silent"},
        sdp::Error::Gone { .. } => of! {"rom-left"},
        sdp::Error::Protocol { .. } => of! {"rom-garbage", "uart-garbage"},
        _ => &[],
    };
    Advice::hint(entries, error.hint())
}

/// Codes that mean the same whatever was asked for.
pub(super) fn mboot_advice(error: &mboot::Error) -> Advice {
    let entries: &[&Entry] = match error {
        mboot::Error::Port { source, .. } if !matches!(source, port::Error::Stalled { .. }) => {
            return port_advice(source);
        }
        mboot::Error::Port { .. } => of! {"loader-stalled"},
        mboot::Error::Timeout { .. } => of! {"loader-mute"},
        mboot::Error::Gone { .. } => of! {"loader-left"},
        mboot::Error::Protocol { .. } => of! {"loader-garbage"},
        mboot::Error::Refused { status, .. } => match status {
            Status(20106) => return super::ignored(),
            Status(10000) => of! {"loader-restricted"},
            Status(10200) => of! {"address-outside"},
            Status(10205) => of! {"not-configured"},
            _ => &[],
        },
        _ => &[],
    };
    let next = match error.status() {
        Some(Status(10000)) => "`rtboot mboot get-property 7` lists the commands that it has",
        Some(Status(10200)) => "`rtboot mboot get-property 12` names the flashloader's own RAM",
        Some(Status(10205)) => {
            "configure-memory first; the flash verbs (write, read, erase) do that themselves"
        }
        _ => return Advice::hint(entries, error.hint()),
    };
    Advice::new(entries, &[next])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_advised_by_what_it_is() {
        let of = |port: &str| {
            let port = port.to_owned();
            port_advice(&port::Error::NotFound { port }).causes[0].code
        };
        assert_eq!(of("/dev/ttyUSB7"), "uart-no-port");
        assert_eq!(of("COM3"), "uart-no-port");
        assert_eq!(of("/dev/hidraw7"), "host-vanishing");
    }
}
