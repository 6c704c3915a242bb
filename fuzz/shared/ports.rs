//! Ports and a link on which the fuzzer's data speak. Nothing waits; when the data are at an end there is silence.

use std::time::Duration;

use rtboot::mboot::{Command, Link, LinkError, Packet, Sent};
use rtboot::port::{Error, HidPort, SerialPort};

/// Calls of a port after which a session counts as endless.
const CALL_LIMIT: u32 = 200_000;

/// Data as pieces: two bytes, the lower twelve bits a length, the others a mark; then so many bytes, or what is left.
pub struct Pieces<'a> {
    rest: &'a [u8],
    calls: u32,
}

impl<'a> Pieces<'a> {
    pub fn new(rest: &'a [u8]) -> Pieces<'a> {
        Pieces { rest, calls: 0 }
    }

    fn count(&mut self) {
        self.calls += 1;
        assert!(self.calls < CALL_LIMIT, "endless");
    }

    /// The next mark and piece.
    pub fn next(&mut self) -> Option<(u8, &'a [u8])> {
        self.count();
        let (&[low, high], rest) = self.rest.split_first_chunk()?;
        let length = usize::from(u16::from_le_bytes([low, high]) & 0xFFF).min(rest.len());
        let (piece, rest) = rest.split_at(length);
        self.rest = rest;
        Some((high >> 4, piece))
    }
}

/// A HID device that says the pieces one by one. An odd mark: first it says nothing for once.
pub struct Reports<'a> {
    pieces: Pieces<'a>,
    held: Option<&'a [u8]>,
}

impl<'a> Reports<'a> {
    pub fn new(data: &'a [u8]) -> Reports<'a> {
        let pieces = Pieces::new(data);
        Reports { pieces, held: None }
    }
}

impl HidPort for Reports<'_> {
    fn write(&mut self, report: &[u8]) -> Result<(), Error> {
        assert!(!report.is_empty());
        self.pieces.count();
        Ok(())
    }

    fn read(&mut self, _timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        if let Some(piece) = self.held.take() {
            return Ok(Some(piece.to_vec()));
        }
        Ok(match self.pieces.next() {
            Some((mark, piece)) if mark & 1 == 1 => {
                self.held = Some(piece);
                None
            }
            Some((_, piece)) => Some(piece.to_vec()),
            None => None,
        })
    }

    fn describe(&self) -> String {
        "data".into()
    }
}

/// A UART on which the pieces come as bursts. An odd mark: silence before it.
pub struct Bursts<'a> {
    pieces: Pieces<'a>,
    burst: &'a [u8],
}

impl<'a> Bursts<'a> {
    pub fn new(data: &'a [u8]) -> Bursts<'a> {
        let pieces = Pieces::new(data);
        Bursts { pieces, burst: &[] }
    }
}

impl SerialPort for Bursts<'_> {
    fn write(&mut self, _bytes: &[u8]) -> Result<(), Error> {
        self.pieces.count();
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8], _timeout: Duration) -> Result<usize, Error> {
        if self.burst.is_empty() {
            let Some((mark, burst)) = self.pieces.next() else {
                return Ok(0);
            };
            self.burst = burst;
            if mark & 1 == 1 {
                return Ok(0);
            }
        }
        self.pieces.count();
        let count = buffer.len().min(self.burst.len());
        let (now, later) = self.burst.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.burst = later;
        Ok(count)
    }

    fn set_baud(&mut self, _baud: u32) -> Result<(), Error> {
        Ok(())
    }

    fn discard_input(&mut self) -> Result<(), Error> {
        self.burst = &[];
        Ok(())
    }

    fn describe(&self) -> String {
        "data".into()
    }
}

/// A flashloader whose packets the data choose; some marks make of a piece what the last command expects.
pub struct Answers<'a> {
    pieces: Pieces<'a>,
    last: Option<Command>,
}

impl<'a> Answers<'a> {
    pub fn new(data: &'a [u8]) -> Answers<'a> {
        let pieces = Pieces::new(data);
        Answers { pieces, last: None }
    }

    /// A response of this tag with these words, the status first.
    fn response(tag: u8, flags: u8, words: &[u32]) -> Vec<u8> {
        let mut bytes = vec![tag, flags, 0, words.len() as u8];
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        bytes
    }

    fn packet(&self, mark: u8, piece: &[u8]) -> Result<Option<Packet>, LinkError> {
        let words = piece.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b));
        let words: Vec<u32> = words.take(7).collect();
        let word = |at: usize| words.get(at).copied().unwrap_or(0);
        let last = self.last.map(|command| command.tag);
        let tag = last.map_or(0, |tag| u32::from(tag.0));
        let own = last.and_then(|tag| tag.own_response());
        Ok(Some(match mark {
            0 => Packet::Response(piece.to_vec()),
            1 => Packet::Data(piece.to_vec()),
            2 => Packet::Stray(piece.to_vec()),
            3 => return Ok(None),
            4 => {
                let (what, bytes) = ("noise", piece.to_vec());
                return Err(LinkError::Protocol { what, bytes });
            }
            5 | 6 => Packet::Response(Self::response(0xA0, 0, &[0, tag])),
            7 => Packet::Response(Self::response(0xA0, 0, &[word(0), tag])),
            8 => Packet::Response(Self::response(0xA0, 0, &[word(0), word(1)])),
            9 => Packet::Response(Vec::new()),
            10 => Packet::Data(vec![word(0) as u8; word(1) as usize % 2048]),
            mark => {
                let told = [&[0], words.as_slice()].concat();
                let tag = own.map_or(0xA7, |tag| tag.0);
                Packet::Response(Self::response(tag, mark & 1, &told))
            }
        }))
    }
}

impl Link for Answers<'_> {
    fn send_command(&mut self, packet: &[u8], _timeout: Duration) -> Result<(), LinkError> {
        self.pieces.count();
        self.last = Command::parse(packet);
        Ok(())
    }

    fn send_data(&mut self, _chunk: &[u8], _timeout: Duration) -> Result<Sent, LinkError> {
        self.pieces.count();
        match self.pieces.rest.first() {
            Some(0xEE) => Ok(Sent::Stop),
            _ => Ok(Sent::Taken),
        }
    }

    fn receive(&mut self, _timeout: Duration) -> Result<Option<Packet>, LinkError> {
        match self.pieces.next() {
            Some((mark, piece)) => self.packet(mark, piece),
            None => Ok(None),
        }
    }

    fn chunk_size(&self, device_max: usize) -> usize {
        device_max.clamp(1, 1016)
    }

    fn settle_time(&self) -> Duration {
        Duration::from_millis(20)
    }

    fn describe(&self) -> String {
        "data".into()
    }
}
