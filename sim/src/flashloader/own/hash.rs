//! Hash: what flash or RAM holds, without sending it.

use sha2::{Digest, Sha256};

use super::super::status::{INVALID_ARGUMENT, Status};
use super::flash::Flash;
use super::source::{self, Source};
use super::{memory, pace};
use crate::machine::Machine;

/// Bytes that are read at once.
const PIECE: u32 = 4096;
const CRC: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sha256,
    Crc32,
}

impl Kind {
    fn bytes(self) -> u32 {
        match self {
            Kind::Sha256 => 32,
            Kind::Crc32 => 4,
        }
    }

    fn byte_ns(self) -> u64 {
        match self {
            Kind::Sha256 => pace::SHA256_BYTE_NS,
            Kind::Crc32 => pace::CRC_BYTE_NS,
        }
    }
}

/// Hashes that are still to be made.
#[derive(Debug, Clone)]
pub struct Job {
    kind: Kind,
    at: u32,
    left: u32,
    unit: u32,
}

/// The job of a command, and the bytes of its answer.
pub fn judge(
    flash: &Flash,
    m: &Machine,
    [kind, at, length, unit]: [u32; 4],
) -> Result<(Source, u32), Status> {
    let kind = match kind {
        0 => Kind::Sha256,
        1 => Kind::Crc32,
        _ => return Err(INVALID_ARGUMENT),
    };
    memory::place(m, flash, at, length, 0)?;
    let count = match unit {
        0 => 1,
        unit => length.div_ceil(unit),
    };
    let bytes = count.checked_mul(kind.bytes()).ok_or(INVALID_ARGUMENT)?;
    let job = Job {
        kind,
        at,
        left: length,
        unit: if unit == 0 { length } else { unit },
    };
    Ok((Source::Hash(job), bytes))
}

impl Job {
    /// As many hashes as fit into so many bytes.
    pub fn next(&mut self, flash: &Flash, m: &mut Machine, room: u32) -> Result<Vec<u8>, Status> {
        let mut hashes = Vec::new();
        while hashes.len() as u32 + self.kind.bytes() <= room {
            let length = self.unit.min(self.left);
            hashes.extend(self.hash(flash, m, length)?);
            if self.left == 0 {
                break;
            }
        }
        Ok(hashes)
    }

    fn hash(&mut self, flash: &Flash, m: &mut Machine, length: u32) -> Result<Vec<u8>, Status> {
        let (mut sha, mut crc) = (Sha256::new(), CRC.digest());
        let mut left = length;
        while left > 0 {
            let piece = left.min(PIECE);
            let bytes = source::read(flash, m, self.at, piece, 0)?;
            m.clock.work(self.kind.byte_ns() * u64::from(piece));
            match self.kind {
                Kind::Sha256 => sha.update(&bytes),
                Kind::Crc32 => crc.update(&bytes),
            }
            self.at = self.at.wrapping_add(piece);
            left -= piece;
        }
        self.left -= length;
        Ok(match self.kind {
            Kind::Sha256 => sha.finalize().to_vec(),
            Kind::Crc32 => crc.finalize().to_le_bytes().to_vec(),
        })
    }
}
