//! A decoder for LZ4 blocks that takes the block in pieces of any length.
//!
//! ```text
//! sequence: token, [literal length...], literals, offset (2), [match length...]
//! ```
//!
//! The last sequence ends behind its literals. Matches refer to what the same block has put out: the whole output is at
//! hand, so there is no history to keep.
//!
//! Source: LZ4 block format description, lz4.org.

/// The shortest match; the token counts from it.
const MIN_MATCH: usize = 4;
/// A length of this in a token goes on in the next bytes.
const LONG: usize = 15;

/// The block is damaged: it ends within a sequence, goes beyond its output, or refers to what lies before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// What the next byte is.
#[derive(Clone, Copy)]
enum Expect {
    Token,
    LiteralLength,
    Literals,
    OffsetLow,
    OffsetHigh,
    MatchLength,
}

/// The state between two pieces.
pub struct Decoder {
    expect: Expect,
    done: usize,
    literals: usize,
    length: usize,
    offset: usize,
}

impl Decoder {
    /// At the start of a block.
    pub const fn new() -> Decoder {
        Decoder {
            expect: Expect::Token,
            done: 0,
            literals: 0,
            length: 0,
            offset: 0,
        }
    }

    /// Takes a piece of the block. `out` is the same at each call.
    ///
    /// # Errors
    /// [`Malformed`]; the decoder is of no use then.
    pub fn update(&mut self, mut piece: &[u8], out: &mut [u8]) -> Result<(), Malformed> {
        while let [byte, rest @ ..] = piece {
            if matches!(self.expect, Expect::Literals) {
                let (now, rest) = piece.split_at(piece.len().min(self.literals));
                let to = out.get_mut(self.done..self.done + now.len());
                to.ok_or(Malformed)?.copy_from_slice(now);
                self.done += now.len();
                self.literals -= now.len();
                piece = rest;
                if self.literals == 0 {
                    self.expect = Expect::OffsetLow;
                }
                continue;
            }
            piece = rest;
            self.step(usize::from(*byte), out)?;
        }
        Ok(())
    }

    fn step(&mut self, byte: usize, out: &mut [u8]) -> Result<(), Malformed> {
        match self.expect {
            Expect::Token => {
                self.literals = byte >> 4;
                self.length = byte & 0xF;
                self.expect = match self.literals {
                    0 => Expect::OffsetLow,
                    LONG => Expect::LiteralLength,
                    _ => Expect::Literals,
                };
            }
            Expect::LiteralLength => {
                self.literals += byte;
                // also bounds the sum
                if self.literals > out.len() {
                    return Err(Malformed);
                }
                if byte != 0xFF {
                    self.expect = Expect::Literals;
                }
            }
            Expect::Literals => {}
            Expect::OffsetLow => {
                self.offset = byte;
                self.expect = Expect::OffsetHigh;
            }
            Expect::OffsetHigh => {
                self.offset |= byte << 8;
                if self.length == LONG {
                    self.expect = Expect::MatchLength;
                } else {
                    self.copy(out)?;
                }
            }
            Expect::MatchLength => {
                self.length += byte;
                if self.length > out.len() {
                    return Err(Malformed);
                }
                if byte != 0xFF {
                    self.copy(out)?;
                }
            }
        }
        Ok(())
    }

    fn copy(&mut self, out: &mut [u8]) -> Result<(), Malformed> {
        let length = self.length + MIN_MATCH;
        let end = self.done + length;
        if self.offset == 0 || self.offset > self.done || end > out.len() {
            return Err(Malformed);
        }
        // byte by byte: a match may overlap what it makes
        for at in self.done..end {
            out[at] = out[at - self.offset];
        }
        self.done = end;
        self.expect = Expect::Token;
        Ok(())
    }

    /// Ends the block.
    ///
    /// # Errors
    /// [`Malformed`] unless it ended behind literals and filled `length` bytes.
    pub fn finish(&self, length: usize) -> Result<(), Malformed> {
        match self.expect {
            Expect::OffsetLow if self.done == length => Ok(()),
            _ => Err(Malformed),
        }
    }
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder::new()
    }
}
