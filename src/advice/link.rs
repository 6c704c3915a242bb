//! Advice about what the ports and the two protocols can fail with.

use rtboot_finding::catalogue::{cause, host, loader, rom};
use rtboot_finding::{Action, Entry};

use super::{Advice, BETTER_LINE, RESET};
use crate::error::Step;
use crate::mboot::{self, Status};
use crate::port::Wire;
use crate::{port, sdp};

pub(super) fn port_advice(error: &port::Error, wire: Option<Wire>) -> Advice {
    let is_hid = wire.unwrap_or_else(|| error.wire()) == Wire::Hid;
    match error {
        port::Error::Permission { .. } if is_hid => {
            Advice::of(&[&host::HOST_PERMISSION, &host::HOST_PERMISSION_FLASHLOADER])
                .run(Action::InstallUdevRules)
        }
        port::Error::Permission { .. } => {
            Advice::of(&[&host::UART_PERMISSION]).run(Action::JoinSerialGroup)
        }
        port::Error::NotFound { .. } if is_hid => {
            Advice::of(&[&host::HOST_VANISHING]).run(Action::ListBoards)
        }
        port::Error::NotFound { .. } => Advice::of(&[&host::UART_NO_PORT]).run(Action::ListBoards),
        port::Error::Busy { .. } if is_hid => Advice::of(&[&host::HOST_BUSY]).hint(error.hint()),
        port::Error::Busy { .. } => Advice::of(&[&host::UART_BUSY]).hint(error.hint()),
        port::Error::Gone { .. } if !is_hid => Advice::of(&[&host::UART_GONE]).hint(error.hint()),
        port::Error::Io { .. } if !is_hid => {
            Advice::of(&[&host::UART_BROKEN]).run(Action::ListBoards)
        }
        port::Error::Io { .. } => Advice::of(&[&host::HOST_USB]).run(Action::ListBoards),
        other => Advice::default().hint(other.hint()),
    }
}

/// The boot ROM did not do what it was told.
pub(super) fn sdp_advice(step: Step, error: &sdp::Error, wire: Option<Wire>) -> Advice {
    let spoiled = matches!(
        error,
        sdp::Error::Timeout { .. } | sdp::Error::Protocol { .. }
    );
    if step == Step::ReadBackFlashloader && spoiled {
        // registers were read before, so reading is not fused off: the line lost or turned bytes
        return Advice::of(&[
            &host::UART_NOISY,
            &host::UART_GARBAGE,
            &loader::LOADER_DAMAGED,
        ])
        .act(RESET)
        .act(BETTER_LINE);
    }
    let causes: &[&'static Entry] = match error {
        sdp::Error::Port { source, .. } if !matches!(source, port::Error::Stalled { .. }) => {
            return port_advice(source, wire);
        }
        sdp::Error::Port { .. } => &[&rom::ROM_STALLED],
        sdp::Error::Timeout {
            command: sdp::Tag::READ_REGISTER,
            ..
        } => &[&rom::ROM_READ_DISABLED],
        sdp::Error::Timeout { .. } => &[&rom::ROM_SILENT],
        sdp::Error::Refused {
            command: sdp::Tag::READ_REGISTER,
            ..
        } => &[&rom::ROM_READS_REFUSED],
        sdp::Error::Gone { .. } => &[&rom::ROM_LEFT],
        sdp::Error::Protocol { .. } => match wire {
            Some(Wire::Hid) => &[&rom::ROM_GARBAGE],
            Some(Wire::Serial) => &[&host::UART_GARBAGE],
            None => &[&rom::ROM_GARBAGE, &host::UART_GARBAGE],
        },
        _ => &[],
    };
    Advice::of(causes).hint(error.hint())
}

/// Codes that mean the same whatever was asked for.
pub(super) fn mboot_advice(error: &mboot::Error, wire: Option<Wire>) -> Advice {
    let causes: &[&'static Entry] = match error {
        mboot::Error::Port { source, .. } if !matches!(source, port::Error::Stalled { .. }) => {
            return port_advice(source, wire);
        }
        mboot::Error::Port { .. } => &[&loader::LOADER_STALLED],
        mboot::Error::Timeout { .. } => match wire {
            Some(Wire::Serial) => &[&loader::LOADER_MUTE_UART],
            Some(Wire::Hid) | None => &[&loader::LOADER_MUTE],
        },
        mboot::Error::Gone { .. } => &[&loader::LOADER_LEFT],
        mboot::Error::Protocol { .. } => &[&loader::LOADER_GARBAGE],
        _ if error.data_was_garbled() => match wire {
            Some(Wire::Hid) => &[&loader::LOADER_GARBAGE],
            Some(Wire::Serial) => &[&host::UART_NOISY],
            None => &[&host::UART_NOISY, &loader::LOADER_GARBAGE],
        },
        mboot::Error::Refused { status, .. } => match status {
            Status(20106) => return super::flash::no_effect(),
            Status(10000) => &[&loader::LOADER_RESTRICTED],
            Status(10200) => &[&cause::ADDRESS_OUTSIDE],
            Status(10205) => &[&cause::NOT_CONFIGURED],
            _ => &[],
        },
        _ => &[],
    };
    let advice = Advice::of(causes);
    match error.status() {
        Some(Status(10000)) => advice.run(Action::Property { property: 7 }),
        Some(Status(10200)) => advice.run(Action::Property { property: 12 }),
        Some(Status(10205)) => {
            advice.act("run configure-memory first; write, read and erase do that themselves")
        }
        _ => advice.hint(error.hint()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(advice: &Advice) -> Vec<&'static str> {
        advice.causes.iter().map(|cause| cause.code).collect()
    }

    #[test]
    fn a_port_is_advised_by_its_kind() {
        let of = |port: &str, wire| {
            let port = port.to_owned();
            codes(&port_advice(&port::Error::NotFound { port }, wire))
        };
        let tricky = "/dev/serial/by-id/usb-ACME_HID_UART-if00";
        assert_eq!(of("/dev/ttyUSB7", None), ["uart-no-port"]);
        assert_eq!(of("COM3", None), ["uart-no-port"]);
        assert_eq!(of(tricky, None), ["uart-no-port"]);
        assert_eq!(of(tricky, Some(Wire::Serial)), ["uart-no-port"]);
        assert_eq!(of("/dev/hidraw7", None), ["host-vanishing"]);
        assert_eq!(of("/dev/hidraw3 (15a2:0073)", None), ["host-vanishing"]);
        assert_eq!(of("whatever", Some(Wire::Hid)), ["host-vanishing"]);
    }

    #[test]
    fn garbage_over_usb_does_not_blame_a_uart() {
        let error = sdp::Error::Protocol {
            command: sdp::Tag::ERROR_STATUS,
            what: "no answer of the ROM",
            bytes: vec![0],
        };
        let of = |wire| codes(&sdp_advice(Step::AskRom, &error, wire));
        assert_eq!(of(Some(Wire::Hid)), ["rom-garbage"]);
        assert_eq!(of(Some(Wire::Serial)), ["uart-garbage"]);
        assert_eq!(of(None), ["rom-garbage", "uart-garbage"]);
    }

    #[test]
    fn readback_timeout_blames_the_uart() {
        let error = sdp::Error::Timeout {
            command: sdp::Tag::READ_REGISTER,
            waited: std::time::Duration::from_secs(2),
        };
        let of = |step| codes(&sdp_advice(step, &error, None));
        let line = ["uart-noisy", "uart-garbage", "loader-damaged"];
        assert_eq!(of(Step::ReadBackFlashloader), line);
        assert_eq!(of(Step::ReadChipRegisters), ["rom-read-disabled"]);
    }
}
