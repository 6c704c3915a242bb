//! Scripted ports for the tests of this crate.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Error, HidPort, SerialPort};

/// A HID device that sends random reports for ever. `shape` makes some of them look right.
pub(crate) struct RandomHid {
    state: u64,
    /// Makes a report out of random numbers; `None` is a time-out.
    shape: fn(&mut dyn FnMut() -> u64) -> Option<Vec<u8>>,
    /// Reads done.
    pub reads: u64,
}

impl RandomHid {
    /// A device whose reports follow from `seed`, which is not 0.
    pub(crate) fn new(
        seed: u64,
        shape: fn(&mut dyn FnMut() -> u64) -> Option<Vec<u8>>,
    ) -> RandomHid {
        RandomHid {
            state: seed,
            shape,
            reads: 0,
        }
    }
}

impl HidPort for RandomHid {
    fn write(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn read(&mut self, _: Duration) -> Result<Option<Vec<u8>>, Error> {
        self.reads += 1;
        let state = &mut self.state;
        let mut next = || {
            // xorshift
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            *state
        };
        Ok((self.shape)(&mut next))
    }

    fn describe(&self) -> String {
        "random".into()
    }
}

/// The error that an unplugged fake gives.
pub(crate) fn gone() -> Error {
    Error::Gone {
        port: "fake".into(),
    }
}

/// A HID device that answers from a list. An empty list is silence.
#[derive(Default)]
pub(crate) struct FakeHid {
    /// What was written, in order.
    pub written: Vec<Vec<u8>>,
    /// What reads give, in order: a report, a time-out (`None`), an error.
    pub answers: VecDeque<Result<Option<Vec<u8>>, Error>>,
    /// Called with each written report; what it returns is appended to the answers.
    #[allow(clippy::type_complexity)]
    pub device: Option<Box<dyn FnMut(&[u8]) -> Vec<Vec<u8>> + Send>>,
    /// The write with this number (from 0) and every later one fails with this error.
    pub write_error: Option<(usize, Error)>,
    /// Writes that the device does not take, from the first one on.
    pub stalls: usize,
    /// Time-outs asked for by reads that found nothing.
    pub waited: Vec<Duration>,
    /// Reads done.
    pub reads: usize,
    /// Its clock: reads that find nothing make it go on.
    pub clock: Duration,
    /// The operating system pads.
    pub pads: bool,
}

impl FakeHid {
    pub(crate) fn new() -> FakeHid {
        FakeHid::default()
    }

    /// A device that gives each list of reports after the write of the same place.
    pub(crate) fn script(script: &[&[&[u8]]]) -> FakeHid {
        let mut turns: VecDeque<Vec<Vec<u8>>> = script
            .iter()
            .map(|turn| turn.iter().map(|r| r.to_vec()).collect())
            .collect();
        FakeHid {
            device: Some(Box::new(move |_| turns.pop_front().unwrap_or_default())),
            ..FakeHid::default()
        }
    }
}

impl HidPort for FakeHid {
    fn write(&mut self, report: &[u8]) -> Result<(), Error> {
        if self.stalls > 0 {
            self.stalls -= 1;
            return Err(Error::Stalled {
                port: "fake".into(),
            });
        }
        if let Some((from, error)) = &self.write_error
            && self.written.len() >= *from
        {
            return Err(error.clone());
        }
        self.written.push(report.to_vec());
        if let Some(device) = &mut self.device {
            self.answers
                .extend(device(report).into_iter().map(|r| Ok(Some(r))));
        }
        Ok(())
    }

    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        self.reads += 1;
        match self.answers.pop_front() {
            Some(Ok(Some(report))) => Ok(Some(report)),
            Some(Err(error)) => Err(error),
            Some(Ok(None)) | None => {
                self.waited.push(timeout);
                self.clock += timeout;
                Ok(None)
            }
        }
    }

    fn now(&self) -> Duration {
        self.clock
    }

    fn describe(&self) -> String {
        "fake".into()
    }

    fn sends_short_reports(&self) -> bool {
        !self.pads
    }
}

/// A UART that answers from a list, each entry after one write.
#[derive(Default)]
pub(crate) struct FakeSerial {
    /// What was written, in order.
    pub written: Vec<Vec<u8>>,
    /// Bytes waiting to be read.
    pub input: VecDeque<u8>,
    /// Bytes that arrive after each write, in order.
    pub script: VecDeque<Vec<u8>>,
    /// Called with what is written; what it returns arrives.
    #[allow(clippy::type_complexity)]
    pub device: Option<Box<dyn FnMut(&[u8]) -> Vec<u8> + Send>>,
    /// The speed set last.
    pub baud: Option<u32>,
    /// Once the input is empty the adapter is gone.
    pub unplugged: bool,
    /// At most so many bytes a read.
    pub piece: Option<usize>,
    /// Times the input was discarded.
    pub discarded: usize,
    /// What sends one byte after the other, each so long after the one before.
    #[allow(clippy::type_complexity)]
    pub drip: Option<(Duration, Box<dyn FnMut() -> u8 + Send>)>,
    /// Its clock: reads that wait make it go on.
    pub clock: Duration,
    /// When the next byte of the drip is due.
    pub due: Duration,
}

impl FakeSerial {
    /// A UART that gives each entry after the write of the same place.
    pub(crate) fn script(script: &[&[u8]]) -> FakeSerial {
        FakeSerial {
            script: script.iter().map(|b| b.to_vec()).collect(),
            ..FakeSerial::default()
        }
    }
}

impl SerialPort for FakeSerial {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.written.push(bytes.to_vec());
        self.input
            .extend(self.script.pop_front().unwrap_or_default());
        if let Some(device) = &mut self.device {
            self.input.extend(device(bytes));
        }
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Result<usize, Error> {
        if self.input.is_empty() && self.unplugged {
            return Err(gone());
        }
        if self.input.is_empty() {
            let wait = self.due.saturating_sub(self.clock);
            match &mut self.drip {
                Some((each, next)) if wait <= timeout => {
                    self.input.push_back(next());
                    self.clock += wait;
                    self.due = self.clock + *each;
                }
                _ => self.clock += timeout,
            }
        }
        let count = self
            .input
            .len()
            .min(buffer.len())
            .min(self.piece.unwrap_or(usize::MAX));
        for (slot, byte) in buffer.iter_mut().zip(self.input.drain(..count)) {
            *slot = byte;
        }
        Ok(count)
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), Error> {
        self.baud = Some(baud);
        Ok(())
    }

    fn discard_input(&mut self) -> Result<(), Error> {
        self.discarded += 1;
        self.input.clear();
        Ok(())
    }

    fn describe(&self) -> String {
        "fake".into()
    }

    fn now(&self) -> Duration {
        self.clock
    }
}
