//! Comparison and proof by hashes that rtboot's own loader makes on the chip: flash need not travel to the host.
//!
//! A CRC-32 tells what differs. It is no proof: what it calls equal is proved by SHA-256 in the verify, with a sample read back.

use std::ops::Range;

use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;
use rtboot_wire::loader::crc32;

use crate::digest::Sha256;
use crate::error::Step;
use crate::event::{Meter, Stage};
use crate::flash::nor::Nor;
use crate::mboot::{self, Features, MemoryId};
use crate::{Error, Result};

/// Bytes that one SHA-256 covers: between two of them Ctrl-C is looked at.
pub(super) const HASHED: u32 = 256 * 1024;
/// Bytes that one command makes CRCs of.
const SUMMED: u32 = 1 << 20;
/// Bytes of each hashed piece that are read back all the same: they show a loader that hashes something else than flash.
const SAMPLE: u32 = 256;

impl Nor {
    /// Whether the loader hashes flash on the chip.
    pub fn hashes(&self) -> bool {
        self.loader.has(Features::HASH)
    }

    /// Whether flash is proved by hashes: where reading every byte takes no longer, it is read.
    pub fn proves_by_hash(&self) -> bool {
        self.hashes() && !self.loader.reads_fast()
    }

    /// The CRC-32 of each `unit` bytes of flash, through the present set-up.
    ///
    /// # Errors
    /// [`Error::Mboot`]; [`Error::Interrupted`].
    pub fn checksums(&mut self, range: Range<u32>, unit: u32, meter: &Meter) -> Result<Vec<u32>> {
        let piece = (SUMMED / unit.max(1) * unit).max(unit);
        let mut all = Vec::new();
        for start in range.clone().step_by(piece as usize) {
            let length = piece.min(range.end - start);
            let session = self.loader.quiet_session();
            let crcs = session.crc32(start, length, unit, &mut |_| !meter.cancelled());
            all.extend(crcs.map_err(failed(start))?);
            if meter.cancelled() {
                return Err(Error::interrupted());
            }
        }
        Ok(all)
    }

    /// Whether every sector of this range has the CRC-32 of a blank one. `false` proves nothing: they are to be read then.
    ///
    /// # Errors
    /// As [`Nor::checksums`].
    pub fn is_blank(&mut self, range: Range<u32>, sector: u32, meter: &Meter) -> Result<bool> {
        let blank = crc32(&vec![0xFF; sector as usize]);
        let crcs = self.checksums(range, sector, meter)?;
        Ok(crcs.iter().all(|crc| *crc == blank))
    }

    /// Whether flash holds these bytes from `start` on, by SHA-256 and a sample; always `false` where reading is the proof.
    /// `false` proves nothing: the bytes are to be read then. What is proved goes to the meter.
    ///
    /// # Errors
    /// [`Error::Mboot`]; [`Error::Interrupted`].
    pub fn holds(&mut self, start: u32, expected: &[&[u8]], meter: &mut Meter) -> Result<bool> {
        if !self.proves_by_hash() || !self.is_proved(start, expected)? {
            return Ok(false);
        }
        meter.add(expected.iter().map(|piece| piece.len() as u64).sum());
        match meter.cancelled() {
            true => Err(Error::interrupted()),
            false => Ok(true),
        }
    }

    /// For bytes that [`Nor::holds`] denied and a reading brought all the same: the hash once more. Agreement makes it two against one,
    /// which is told.
    ///
    /// # Errors
    /// [`Error::Mboot`] with a protocol error when hash and reading contradict each other again.
    pub fn holds_after_all(
        &mut self,
        start: u32,
        expected: &[&[u8]],
        meter: &mut Meter,
    ) -> Result<()> {
        match self.is_proved(start, expected)? {
            true => tell_unsteady(start, expected.iter().map(|piece| piece.len()).sum(), meter),
            false => return Err(contradiction(start)),
        }
        Ok(())
    }

    /// A second reading of bytes that were read, through the present set-up, by a CRC-32 of each `unit`. A unit that differs is read
    /// again: where it is as before, its CRC-32 is made once more.
    ///
    /// # Errors
    /// [`Error::ReadsDiffer`]; [`Error::Mboot`] with a protocol error when CRC-32 and reading contradict each other again;
    /// [`Error::Interrupted`].
    pub fn confirm(
        &mut self,
        start: u32,
        bytes: &[u8],
        unit: u32,
        meter: &mut Meter,
    ) -> Result<()> {
        let piece = (SUMMED / unit.max(1) * unit).max(unit);
        for (at, bytes) in (start..)
            .step_by(piece as usize)
            .zip(bytes.chunks(piece as usize))
        {
            let crcs = self.checksums(at..at + bytes.len() as u32, unit, meter)?;
            let units = (at..)
                .step_by(unit as usize)
                .zip(bytes.chunks(unit as usize));
            for ((at, bytes), crc) in units.zip(crcs) {
                if crc != crc32(bytes) {
                    self.confirm_unit(at, bytes, meter)?;
                }
            }
            meter.add(bytes.len() as u64);
        }
        Ok(())
    }

    fn confirm_unit(&mut self, at: u32, bytes: &[u8], meter: &mut Meter) -> Result<()> {
        let length = bytes.len() as u32;
        let mut quiet = ();
        let again = self.read(at, length, &mut Meter::begin(&mut quiet, Stage::Verify, 0))?;
        let mut differ = bytes
            .iter()
            .zip(&again)
            .enumerate()
            .filter(|(_, (a, b))| a != b);
        if let Some((offset, (first, second))) = differ.next() {
            return Err(Error::ReadsDiffer {
                address: at + offset as u32,
                first: *first,
                second: *second,
                count: 1 + differ.count() as u64,
            });
        }
        match self.checksums(at..at + length, length, meter)?.first() {
            Some(crc) if *crc == crc32(bytes) => tell_unsteady(at, bytes.len(), meter),
            _ => return Err(contradiction(at)),
        }
        Ok(())
    }

    fn is_proved(&mut self, start: u32, expected: &[&[u8]]) -> Result<bool> {
        let mut wanted = Sha256::new();
        for piece in expected {
            wanted.update(piece);
        }
        let wanted = wanted.finish();
        let length: u32 = expected.iter().map(|piece| piece.len() as u32).sum();
        let session = self.loader.quiet_session();
        if session.sha256(start, length).map_err(failed(start))? != wanted {
            return Ok(false);
        }
        // another place in each run, as far as the content differs
        let [a, b, c, d, ..] = wanted;
        let offset = u32::from_le_bytes([a, b, c, d]) % length.div_ceil(SAMPLE).max(1) * SAMPLE;
        let count = SAMPLE.min(length - offset);
        let sample = session
            .read_memory(start + offset, count, MemoryId::FLEXSPI_NOR, &mut |_| true)
            .map_err(Error::mboot(Step::ReadFlash {
                address: start + offset,
            }))?;
        let bytes = expected.iter().copied().flatten();
        Ok(bytes
            .skip(offset as usize)
            .zip(&sample)
            .all(|(a, b)| a == b))
    }
}

fn tell_unsteady(at: u32, length: usize, meter: &mut Meter) {
    let unsteady = Finding::new(&run::READ_UNSTEADY).address("at", at);
    meter.tell(unsteady.number("length", length as u64));
}

/// The loader makes hashes of other bytes than it sends.
fn contradiction(address: u32) -> Error {
    Error::mboot(Step::HashFlash { address })(mboot::Error::Protocol {
        command: mboot::Tag::LOADER_HASH,
        what: "a hash of other bytes than it reads",
        bytes: Vec::new(),
    })
}

fn failed(address: u32) -> impl FnOnce(mboot::Error) -> Error {
    move |error| match error {
        mboot::Error::Cancelled { .. } => Error::interrupted(),
        error => Error::mboot(Step::HashFlash { address })(error),
    }
}
