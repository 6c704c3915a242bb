//! UARTs through serialport.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use super::SerialDevice;
use crate::port::{Error, SerialPort};

/// Longest that a write may take: 1030 bytes at 4800 baud take 2.2 s.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn list() -> Result<Vec<SerialDevice>, Error> {
    let ports = serialport::available_ports().map_err(|e| Error::Io {
        port: "serial ports".into(),
        action: "list",
        message: e.to_string(),
    })?;
    let mut found: Vec<SerialDevice> = ports
        .into_iter()
        .map(|port| match port.port_type {
            serialport::SerialPortType::UsbPort(usb) => SerialDevice {
                path: port.port_name,
                usb: Some((usb.vid, usb.pid)),
                product: usb.product.unwrap_or_default(),
            },
            _ => SerialDevice {
                path: port.port_name,
                usb: None,
                product: String::new(),
            },
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

pub(super) fn open(path: &str, baud: u32) -> Result<Box<dyn SerialPort>, Error> {
    try_node(path)?;
    let handle = serialport::new(path, baud)
        .timeout(WRITE_TIMEOUT)
        .open()
        .map_err(|e| open_error(path, &e))?;
    let mut port = OpenSerial {
        handle,
        path: path.to_owned(),
        baud,
    };
    port.discard_input()?;
    Ok(Box::new(port))
}

/// Gets the errno of a missing node: serialport reports many of them as "no device" only.
fn try_node(path: &str) -> Result<(), Error> {
    if cfg!(unix) {
        std::fs::metadata(path).map_err(|e| Error::from_io(path, "open", &e))?;
    }
    Ok(())
}

fn open_error(path: &str, error: &serialport::Error) -> Error {
    let port = path.to_owned();
    let message = error.to_string();
    match error.kind() {
        serialport::ErrorKind::Io(ErrorKind::PermissionDenied) => Error::Permission { port },
        serialport::ErrorKind::Io(ErrorKind::ResourceBusy) => Error::Busy { port },
        serialport::ErrorKind::Io(ErrorKind::NotFound) => Error::NotFound { port },
        // serialport maps EBUSY and Windows' refusals to NoDevice; only its words tell them apart
        serialport::ErrorKind::NoDevice if message.to_lowercase().contains("busy") => {
            Error::Busy { port }
        }
        serialport::ErrorKind::NoDevice if message.to_lowercase().contains("denied") => {
            Error::Permission { port }
        }
        _ => Error::Io {
            port,
            action: "open",
            message,
        },
    }
}

/// An open serial port.
struct OpenSerial {
    handle: Box<dyn serialport::SerialPort>,
    path: String,
    baud: u32,
}

impl OpenSerial {
    fn error(&self, action: &'static str, error: &std::io::Error) -> Error {
        Error::from_io(&self.describe(), action, error)
    }

    fn set_error(&self, action: &'static str, error: &serialport::Error) -> Error {
        Error::Io {
            port: self.path.clone(),
            action,
            message: error.to_string(),
        }
    }
}

impl SerialPort for OpenSerial {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.handle
            .set_timeout(WRITE_TIMEOUT)
            .map_err(|e| self.set_error("write to", &e))?;
        self.handle
            .write_all(bytes)
            .and_then(|()| self.handle.flush())
            .map_err(|e| self.error("write to", &e))
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, Error> {
        self.handle
            .set_timeout(timeout)
            .map_err(|e| self.set_error("read from", &e))?;
        let end = self.now().saturating_add(timeout);
        loop {
            let error = match self.handle.read(buffer) {
                Ok(0) if !buffer.is_empty() => {
                    return Err(Error::Gone {
                        port: self.describe(),
                    });
                }
                Ok(count) => return Ok(count),
                Err(error) => error,
            };
            match error.kind() {
                ErrorKind::TimedOut | ErrorKind::WouldBlock => return Ok(0),
                // a signal (Ctrl-C) ends the wait early: the rest of it is still to come, for an answer may
                ErrorKind::Interrupted => {
                    let left = end.saturating_sub(self.now());
                    self.handle
                        .set_timeout(left)
                        .map_err(|e| self.set_error("read from", &e))?;
                }
                _ => return Err(self.error("read from", &error)),
            }
        }
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), Error> {
        self.handle
            .set_baud_rate(baud)
            .map_err(|e| self.set_error("set the speed of", &e))?;
        self.baud = baud;
        Ok(())
    }

    fn discard_input(&mut self) -> Result<(), Error> {
        self.handle
            .clear(serialport::ClearBuffer::Input)
            .map_err(|e| self.set_error("empty the input of", &e))
    }

    fn describe(&self) -> String {
        format!("{} at {} baud", self.path, self.baud)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_port_is_not_found() {
        if cfg!(unix) {
            let error = open("/dev/ttyNone0", 115_200).err();
            assert_eq!(
                error,
                Some(Error::NotFound {
                    port: "/dev/ttyNone0".into()
                })
            );
        }
    }
}
