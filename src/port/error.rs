//! What can go wrong on a port.

use super::Wire;

/// An error of a port. Every variant names the port as its `describe()` does, or the path that was to be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is there under this name.
    #[error("{port} does not exist")]
    NotFound {
        /// The path asked for.
        port: String,
    },
    /// The operating system does not let this user open it (EACCES, EPERM).
    #[error("no permission to open {port}")]
    Permission {
        /// The path asked for.
        port: String,
    },
    /// Another program holds it (EBUSY, a sharing violation).
    #[error("{port} is held by another program")]
    Busy {
        /// The path asked for.
        port: String,
    },
    /// The device left: unplugged, reset, jumped to other code.
    #[error("{port} has gone")]
    Gone {
        /// The port that was open.
        port: String,
    },
    /// The device is there and takes no bytes.
    #[error("{port} takes no more bytes")]
    Stalled {
        /// The port that is open.
        port: String,
    },
    /// A report that no HID device can take: empty, or longer than 16384 bytes.
    #[error("a report of {length} bytes cannot be sent to {port}")]
    ReportLength {
        /// The port that is open.
        port: String,
        /// Bytes of the report, its id included.
        length: usize,
    },
    /// The transport was left out when the program was built.
    #[error("{port} cannot be used: this program was built without cargo feature \"{feature}\"")]
    NotBuilt {
        /// The path or selector asked for.
        port: String,
        /// The cargo feature of rtboot that brings it.
        feature: &'static str,
    },
    /// Everything else that the operating system says.
    #[error("{action} {port}: {message}")]
    Io {
        /// The port, or the path asked for.
        port: String,
        /// What was tried: `"open"`, `"write to"`, `"read from"`, `"set the speed of"`, `"list"`.
        action: &'static str,
        /// The operating system's words.
        message: String,
    },
}

impl Error {
    /// How the port is connected, concluded from its name.
    pub fn wire(&self) -> Wire {
        match self {
            Error::NotFound { port }
            | Error::Permission { port }
            | Error::Busy { port }
            | Error::Gone { port }
            | Error::Stalled { port }
            | Error::ReportLength { port, .. }
            | Error::NotBuilt { port, .. }
            | Error::Io { port, .. } => Wire::of(port),
        }
    }

    /// Whether the device has left the bus. After some commands (jump, reset, execute) that is the success.
    pub fn is_gone(&self) -> bool {
        matches!(self, Error::Gone { .. })
    }

    /// What to do about it, where something can be done.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Error::Permission { .. } if cfg!(target_os = "linux") => Some(
                "let this user open it by udev rules that name both 1fc9 and 15a2, on subsystem hidraw; then replug",
            ),
            Error::Busy { .. } => Some("close the other program that talks to this board"),
            Error::Gone { .. } => Some(
                "look at cable, power and reset; a board that jumped or was reset comes back under another name",
            ),
            Error::Stalled { .. } => Some("the board is stuck or busy; reset it"),
            _ => None,
        }
    }

    /// Sorts an error of the operating system into the variants above.
    #[cfg(any(feature = "hid", feature = "serial", feature = "virtual", test))]
    pub(crate) fn from_io(port: &str, action: &'static str, error: &std::io::Error) -> Error {
        use std::io::ErrorKind;
        const ENXIO: i32 = 6;
        const EIO: i32 = 5;
        const ENODEV: i32 = 19;
        // what a host controller says of transfers that were under way when the device left
        const EPROTO: i32 = 71;
        const ESHUTDOWN: i32 = 108;
        let port = port.to_owned();
        match (error.kind(), error.raw_os_error()) {
            (ErrorKind::NotFound, _) if action == "open" => Error::NotFound { port },
            (ErrorKind::PermissionDenied, _) => Error::Permission { port },
            (ErrorKind::ResourceBusy, _) => Error::Busy { port },
            (ErrorKind::TimedOut, _) => Error::Stalled { port },
            (ErrorKind::NotFound | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof, _) => {
                Error::Gone { port }
            }
            (_, Some(ENODEV | EIO | ENXIO)) if cfg!(unix) => Error::Gone { port },
            (_, Some(EPROTO | ESHUTDOWN)) if cfg!(target_os = "linux") => Error::Gone { port },
            _ => Error::Io {
                port,
                action,
                message: error.to_string(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn of(action: &'static str, errno: i32) -> Error {
        Error::from_io("/dev/x", action, &io::Error::from_raw_os_error(errno))
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn errno_becomes_the_variant() {
        let port = || "/dev/x".to_owned();
        assert_eq!(of("open", 2), Error::NotFound { port: port() });
        assert_eq!(of("open", 13), Error::Permission { port: port() });
        assert_eq!(of("open", 1), Error::Permission { port: port() });
        assert_eq!(of("open", 16), Error::Busy { port: port() });
        assert_eq!(of("read from", 19), Error::Gone { port: port() });
        assert_eq!(of("write to", 5), Error::Gone { port: port() });
        assert_eq!(of("write to", 32), Error::Gone { port: port() });
        assert_eq!(of("write to", 71), Error::Gone { port: port() });
        assert_eq!(of("write to", 108), Error::Gone { port: port() });
        assert_eq!(of("write to", 110), Error::Stalled { port: port() });
        assert!(matches!(of("write to", 22), Error::Io { .. }));
    }

    #[test]
    fn port_name_tells_hid_from_uart() {
        for (port, wire) in [
            ("/dev/hidraw3 (1fc9:0130)".to_owned(), Wire::Hid),
            ("DevSrvsID:4294970123".to_owned(), Wire::Hid),
            (r"\\?\HID#VID_1FC9&PID_0130#7".to_owned(), Wire::Hid),
            ("virtual board (1fc9:0130)".to_owned(), Wire::Hid),
            ("/dev/ttyUSB0 at 115200 baud".to_owned(), Wire::Serial),
            ("/dev/serial/by-id/usb-X_HID-if00".to_owned(), Wire::Serial),
            ("COM3".to_owned(), Wire::Serial),
            (
                "virtual board's UART at 115200 baud".to_owned(),
                Wire::Serial,
            ),
        ] {
            let error = Error::Gone { port: port.clone() };
            assert_eq!(error.wire(), wire, "{port}");
        }
    }

    #[test]
    fn errors_print_one_sentence() {
        let port = || "/dev/x".to_owned();
        let said = [
            (Error::NotFound { port: port() }, "/dev/x does not exist"),
            (
                Error::Permission { port: port() },
                "no permission to open /dev/x",
            ),
            (
                Error::Busy { port: port() },
                "/dev/x is held by another program",
            ),
            (Error::Gone { port: port() }, "/dev/x has gone"),
            (
                Error::Stalled { port: port() },
                "/dev/x takes no more bytes",
            ),
            (
                Error::ReportLength {
                    port: port(),
                    length: 0,
                },
                "a report of 0 bytes cannot be sent to /dev/x",
            ),
            (
                Error::NotBuilt {
                    port: port(),
                    feature: "hid",
                },
                "/dev/x cannot be used: this program was built without cargo feature \"hid\"",
            ),
            (
                Error::Io {
                    port: port(),
                    action: "open",
                    message: "why".into(),
                },
                "open /dev/x: why",
            ),
        ];
        for (error, text) in said {
            assert_eq!(error.to_string(), text);
        }
    }
}
