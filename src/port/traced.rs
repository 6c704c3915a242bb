//! Any port, with one line per packet for a trace.
//!
//! ```text
//! --> 16 bytes  GetProperty(0x01, 0x00)  01 00 0c 00 07 00 00 02 01 00 00 00 00 00 00 00
//! <-- 1021 bytes  …                      03 00 0c 00 a7 00 00 02 00 00 00 00 00 01 02 4b … 1005 more
//! ```
//!
//! A [`Decoder`] of the protocol says what the bytes mean; this module knows no protocol.

use std::fmt::{self, Write as _};
use std::time::Duration;

use super::{BulkPort, Error, HidPort, SerialPort};

/// Which way a packet went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Host to device.
    Out,
    /// Device to host.
    In,
}

/// Describes a packet in a few words; `None` when it cannot.
pub type Decoder = fn(Direction, &[u8]) -> Option<String>;

/// Bytes shown of a packet before it is cut.
const SHOWN: usize = 32;

/// A port that reports each packet as one line.
pub struct Traced<P, S> {
    port: P,
    decoder: Decoder,
    sink: S,
}

impl<P: fmt::Debug, S> fmt::Debug for Traced<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Traced").field(&self.port).finish()
    }
}

impl<P, S: FnMut(&str) + Send> Traced<P, S> {
    /// Wraps `port`; `sink` gets each line, without a line end.
    pub fn new(port: P, decoder: Decoder, sink: S) -> Traced<P, S> {
        Traced {
            port,
            decoder,
            sink,
        }
    }

    fn say(&mut self, direction: Direction, bytes: &[u8]) {
        let text = (self.decoder)(direction, bytes);
        (self.sink)(&line(direction, bytes, text.as_deref()));
    }

    fn say_error(&mut self, direction: Direction, error: &Error) {
        (self.sink)(&format!("{} {error}", arrow(direction)));
    }
}

fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::Out => "-->",
        Direction::In => "<--",
    }
}

/// The line for one packet.
fn line(direction: Direction, bytes: &[u8], text: Option<&str>) -> String {
    let mut line = format!("{} {} bytes", arrow(direction), bytes.len());
    if let Some(text) = text {
        let _ = write!(line, "  {text}");
    }
    line.push(' ');
    // leave out the zeros that pad a report
    let used = bytes
        .iter()
        .rposition(|&b| b != 0)
        .map_or(0, |last| last + 1);
    let shown = bytes.len().min(SHOWN).min(used.max(4));
    for byte in bytes.iter().take(shown) {
        let _ = write!(line, " {byte:02x}");
    }
    if shown < bytes.len() {
        let what = if used <= shown { "zeros" } else { "more" };
        let _ = write!(line, " … {} {what}", bytes.len() - shown);
    }
    line
}

impl<P: HidPort, S: FnMut(&str) + Send> HidPort for Traced<P, S> {
    fn write(&mut self, report: &[u8]) -> Result<(), Error> {
        self.say(Direction::Out, report);
        self.port.write(report).inspect_err(|e| {
            (self.sink)(&format!("{} {e}", arrow(Direction::Out)));
        })
    }

    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        match self.port.read(timeout) {
            Ok(Some(report)) => {
                self.say(Direction::In, &report);
                Ok(Some(report))
            }
            Ok(None) => {
                // a read without waiting that finds nothing is not worth a line
                if !timeout.is_zero() {
                    (self.sink)(&format!("<-- nothing within {timeout:?}"));
                }
                Ok(None)
            }
            Err(error) => {
                self.say_error(Direction::In, &error);
                Err(error)
            }
        }
    }

    fn describe(&self) -> String {
        self.port.describe()
    }

    fn now(&self) -> Duration {
        self.port.now()
    }

    fn sends_short_reports(&self) -> bool {
        self.port.sends_short_reports()
    }
}

impl<P: BulkPort, S: FnMut(&str) + Send> BulkPort for Traced<P, S> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.say(Direction::Out, bytes);
        let written = self.port.write(bytes);
        written.inspect_err(|error| self.say_error(Direction::Out, error))
    }

    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        let read = self.port.read(timeout);
        match &read {
            Ok(Some(bytes)) => self.say(Direction::In, bytes),
            Ok(None) => {}
            Err(error) => self.say_error(Direction::In, error),
        }
        read
    }

    fn packet_size(&self) -> usize {
        self.port.packet_size()
    }

    fn describe(&self) -> String {
        self.port.describe()
    }

    fn now(&self) -> Duration {
        self.port.now()
    }
}

/// A traced HID port whose bulk interface is traced, too.
pub struct TracedBoth<P, S> {
    port: Traced<P, S>,
    sink: S,
}

impl<P, S: FnMut(&str) + Send + Clone> TracedBoth<P, S> {
    /// As [`Traced::new`].
    pub fn new(port: P, decoder: Decoder, sink: S) -> TracedBoth<P, S> {
        TracedBoth {
            port: Traced::new(port, decoder, sink.clone()),
            sink,
        }
    }
}

impl<P: fmt::Debug, S> fmt::Debug for TracedBoth<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.port.fmt(f)
    }
}

impl<P: HidPort, S: FnMut(&str) + Send + Clone + 'static> HidPort for TracedBoth<P, S> {
    fn write(&mut self, report: &[u8]) -> Result<(), Error> {
        HidPort::write(&mut self.port, report)
    }
    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        HidPort::read(&mut self.port, timeout)
    }
    fn describe(&self) -> String {
        HidPort::describe(&self.port)
    }
    fn now(&self) -> Duration {
        HidPort::now(&self.port)
    }
    fn sends_short_reports(&self) -> bool {
        self.port.sends_short_reports()
    }
    fn open_bulk(&mut self) -> Result<Box<dyn BulkPort>, Error> {
        match self.port.port.open_bulk() {
            Ok(port) => {
                let decoder = self.port.decoder;
                Ok(Box::new(Traced::new(port, decoder, self.sink.clone())))
            }
            Err(error) => {
                (self.sink)(&format!("reads go over HID: {error}"));
                Err(error)
            }
        }
    }
}

impl<P: SerialPort, S: FnMut(&str) + Send> SerialPort for Traced<P, S> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.say(Direction::Out, bytes);
        self.port.write(bytes).inspect_err(|e| {
            (self.sink)(&format!("{} {e}", arrow(Direction::Out)));
        })
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, Error> {
        match self.port.read(buffer, timeout) {
            Ok(0) => {
                if !timeout.is_zero() {
                    (self.sink)(&format!("<-- nothing within {timeout:?}"));
                }
                Ok(0)
            }
            Ok(count) => {
                self.say(Direction::In, buffer.get(..count).unwrap_or(buffer));
                Ok(count)
            }
            Err(error) => {
                self.say_error(Direction::In, &error);
                Err(error)
            }
        }
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), Error> {
        (self.sink)(&format!("--- {baud} baud"));
        self.port.set_baud(baud)
    }

    fn discard_input(&mut self) -> Result<(), Error> {
        self.port.discard_input()
    }

    fn describe(&self) -> String {
        self.port.describe()
    }

    fn now(&self) -> Duration {
        self.port.now()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::FakeHid;
    use super::*;

    #[test]
    fn long_packets_are_cut_and_padding_hidden() {
        assert_eq!(
            line(Direction::Out, &[1, 2, 3, 4], None),
            "--> 4 bytes  01 02 03 04"
        );
        let mut padded = vec![0u8; 1021];
        padded[0] = 3;
        assert_eq!(
            line(Direction::In, &padded, Some("empty")),
            "<-- 1021 bytes  empty  03 00 00 00 … 1017 zeros"
        );
        assert!(line(Direction::In, &[0xA5; 100], None).ends_with("a5 … 68 more"));
        assert_eq!(line(Direction::In, &[], None), "<-- 0 bytes ");
    }

    #[test]
    fn traced_port_passes_bytes_unchanged() {
        let mut port = FakeHid::new();
        port.answers.push_back(Ok(Some(vec![3, 0, 0, 0])));
        let mut lines = Vec::new();
        let mut traced = Traced::new(
            &mut port,
            |_, b| Some(format!("id {}", b[0])),
            |l: &str| {
                lines.push(l.to_owned());
            },
        );
        HidPort::write(&mut traced, &[1, 2]).unwrap();
        let got = HidPort::read(&mut traced, Duration::from_secs(1)).unwrap();
        assert_eq!(HidPort::read(&mut traced, Duration::ZERO).unwrap(), None);
        assert_eq!(
            HidPort::read(&mut traced, Duration::from_millis(20)).unwrap(),
            None
        );
        assert_eq!(got, Some(vec![3, 0, 0, 0]));
        assert_eq!(
            lines,
            [
                "--> 2 bytes  id 1  01 02",
                "<-- 4 bytes  id 3  03 00 00 00",
                "<-- nothing within 20ms"
            ]
        );
        assert_eq!(port.written, [vec![1, 2]]);
    }
}
