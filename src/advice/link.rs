//! Advice about what the ports and the two protocols can fail with.

use super::Advice;
use crate::catalogue::{self, Entry, entry};
use crate::error::Step;
use crate::mboot::{self, Status};
use crate::port::Wire;
use crate::{port, sdp};

const PORTS: &str = "`rtboot list` names the ports that are there";

pub(super) fn port_advice(error: &port::Error, wire: Option<Wire>) -> Advice {
    let is_hid = wire.unwrap_or_else(|| error.wire()) == Wire::Hid;
    match error {
        port::Error::Permission { .. } if is_hid => Advice::new(
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
        port::Error::NotFound { .. } if is_hid => Advice::new(
            of! {"host-vanishing"},
            &["`rtboot list` shows what is there"],
        ),
        port::Error::NotFound { .. } => Advice::new(of! {"uart-no-port"}, &[PORTS]),
        port::Error::Busy { .. } if is_hid => Advice::hint(of! {"host-busy"}, error.hint()),
        port::Error::Busy { .. } => Advice::hint(of! {"uart-busy"}, error.hint()),
        port::Error::Gone { .. } if !is_hid => Advice::hint(of! {"uart-gone"}, error.hint()),
        port::Error::Io { .. } if !is_hid => Advice::new(of! {"uart-broken"}, &[PORTS]),
        port::Error::Io { .. } => {
            Advice::new(of! {"host-usb"}, &["`rtboot list` shows what is there"])
        }
        other => Advice::hint(&[], other.hint()),
    }
}

/// The boot ROM did not do what it was told.
pub(super) fn sdp_advice(step: Step, error: &sdp::Error, wire: Option<Wire>) -> Advice {
    if step == Step::ReadBackFlashloader && is_answer(error) {
        // registers were read before, so reading is not fused off: the line lost or turned bytes
        return Advice::new(
            of! {"uart-noisy", "uart-garbage", "loader-damaged"},
            &["reset the board and try again", catalogue::BETTER_LINE],
        );
    }
    let entries: &[&Entry] = match error {
        sdp::Error::Port { source, .. } if !matches!(source, port::Error::Stalled { .. }) => {
            return port_advice(source, wire);
        }
        sdp::Error::Port { .. } => of! {"rom-stalled"},
        sdp::Error::Timeout {
            command: sdp::Tag::READ_REGISTER,
            ..
        } => of! {"rom-read-disabled"},
        sdp::Error::Timeout { .. } => of! {"rom-silent"},
        sdp::Error::Gone { .. } => of! {"rom-left"},
        sdp::Error::Protocol { .. } => match wire {
            Some(Wire::Hid) => of! {"rom-garbage"},
            Some(Wire::Serial) => of! {"uart-garbage"},
            None => of! {"rom-garbage", "uart-garbage"},
        },
        _ => &[],
    };
    Advice::hint(entries, error.hint())
}

/// Whether an answer did not come, or came spoiled.
fn is_answer(error: &sdp::Error) -> bool {
    matches!(
        error,
        sdp::Error::Timeout { .. } | sdp::Error::Protocol { .. }
    )
}

/// Codes that mean the same whatever was asked for.
pub(super) fn mboot_advice(error: &mboot::Error, wire: Option<Wire>) -> Advice {
    let entries: &[&Entry] = match error {
        mboot::Error::Port { source, .. } if !matches!(source, port::Error::Stalled { .. }) => {
            return port_advice(source, wire);
        }
        mboot::Error::Port { .. } => of! {"loader-stalled"},
        mboot::Error::Timeout { .. } => of! {"loader-mute"},
        mboot::Error::Gone { .. } => of! {"loader-left"},
        mboot::Error::Protocol { .. } => of! {"loader-garbage"},
        mboot::Error::Refused { status, .. } => match status {
            Status(20106) => return super::flash::ignored(),
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
        let of = |port: &str, wire| {
            let port = port.to_owned();
            port_advice(&port::Error::NotFound { port }, wire).causes[0].code
        };
        let tricky = "/dev/serial/by-id/usb-ACME_HID_UART-if00";
        assert_eq!(of("/dev/ttyUSB7", None), "uart-no-port");
        assert_eq!(of("COM3", None), "uart-no-port");
        assert_eq!(of(tricky, None), "uart-no-port");
        assert_eq!(of(tricky, Some(Wire::Serial)), "uart-no-port");
        assert_eq!(of("/dev/hidraw7", None), "host-vanishing");
        assert_eq!(of("/dev/hidraw3 (15a2:0073)", None), "host-vanishing");
        assert_eq!(of("whatever", Some(Wire::Hid)), "host-vanishing");
    }

    #[test]
    fn garbage_over_usb_is_not_said_to_come_over_a_uart() {
        let error = sdp::Error::Protocol {
            command: sdp::Tag::ERROR_STATUS,
            what: "no answer of the ROM",
            bytes: vec![0],
        };
        let codes = |wire| {
            let causes = sdp_advice(Step::AskRom, &error, wire).causes;
            let all: std::collections::BTreeSet<_> = causes.iter().map(|c| c.code).collect();
            all.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(codes(Some(Wire::Hid)), ["rom-garbage"]);
        assert_eq!(codes(Some(Wire::Serial)), ["uart-garbage"]);
        assert_eq!(codes(None), ["rom-garbage", "uart-garbage"]);
    }

    #[test]
    fn readback_timeout_blames_the_uart() {
        let error = sdp::Error::Timeout {
            command: sdp::Tag::READ_REGISTER,
            waited: std::time::Duration::from_secs(2),
        };
        let codes = |step| {
            let causes = sdp_advice(step, &error, None).causes;
            causes.iter().map(|c| c.code).collect::<Vec<_>>()
        };
        let line = ["uart-noisy", "uart-garbage", "loader-damaged"];
        assert_eq!(codes(Step::ReadBackFlashloader), line);
        assert!(
            codes(Step::ReadChipRegisters)
                .iter()
                .all(|code| *code == "rom-read-disabled")
        );
    }
}
