//! Hash: what flash or RAM holds, without sending it.

use loader_codec::{Crc32, Sha256};
use rtboot_wire::loader::HashKind;
use rtboot_wire::mboot::{Command, Status, report};

use crate::board::{Board, LinkLost, Payload};
use crate::loader::{Loader, Next, announce, finish, parameters};
use crate::property::PAYLOAD;

/// Both hashes, of which one is made.
struct Hasher {
    kind: HashKind,
    sha256: Sha256,
    crc32: Crc32,
}

/// A hash: bytes and how many.
type Hash = ([u8; 32], usize);

impl Hasher {
    fn update(&mut self, bytes: &[u8]) {
        match self.kind {
            HashKind::Sha256 => self.sha256.update(bytes),
            HashKind::Crc32 => self.crc32.update(bytes),
        }
    }

    fn finish(self) -> Hash {
        match self.kind {
            HashKind::Sha256 => (self.sha256.finish(), 32),
            HashKind::Crc32 => {
                let mut bytes = [0; 32];
                bytes[..4].copy_from_slice(&self.crc32.finish().to_le_bytes());
                (bytes, 4)
            }
        }
    }
}

impl Loader<'_> {
    #[inline(never)]
    pub(crate) fn hash(
        &mut self,
        board: &mut impl Board,
        command: &Command,
        payload: &mut Payload,
    ) -> Result<Next, LinkLost> {
        let [kind, start, length, unit] = parameters(command);
        let (kind, count) = match self.judge(board, [kind, start, length, unit]) {
            Ok(judged) => judged,
            Err(status) => return finish(board, command.tag, Err(status)),
        };
        announce(board, command.tag, count * kind.bytes())?;
        let unit = if unit == 0 { length } else { unit };
        let mut held = 0;
        for number in 0..count {
            let at = number * unit;
            let hashed = self.hash_range(board, kind, start + at, unit.min(length - at));
            let (bytes, size) = match hashed {
                Ok(hash) => hash,
                Err(status) => {
                    board.send(report::DATA_IN, &[])?;
                    return finish(board, command.tag, Err(status));
                }
            };
            payload.resize(held + size)[held..].copy_from_slice(&bytes[..size]);
            held += size;
            if held + size > PAYLOAD {
                board.send(report::DATA_IN, payload.bytes())?;
                held = 0;
            }
        }
        if held > 0 {
            board.send(report::DATA_IN, payload.bytes())?;
        }
        finish(board, command.tag, Ok(()))
    }

    /// The kind and the number of hashes.
    fn judge(
        &self,
        board: &mut impl Board,
        [kind, start, length, unit]: [u32; 4],
    ) -> Result<(HashKind, u32), Status> {
        let kind = HashKind::of(kind).ok_or(Status::INVALID_ARGUMENT)?;
        self.place(board, start, length, 0)?;
        let count = match unit {
            0 => 1,
            unit => length.div_ceil(unit),
        };
        match count.checked_mul(kind.bytes()) {
            Some(_) => Ok((kind, count)),
            None => Err(Status::INVALID_ARGUMENT),
        }
    }

    fn hash_range(
        &mut self,
        board: &mut impl Board,
        kind: HashKind,
        mut at: u32,
        length: u32,
    ) -> Result<Hash, Status> {
        let mut hasher = Hasher {
            kind,
            sha256: Sha256::new(),
            crc32: Crc32::new(),
        };
        let end = at + length;
        while at < end {
            if board.is_abort_pending() {
                return Err(Status::DATA_PHASE_ABORTED);
            }
            board.pause(0);
            let count = (end - at).min(self.window.len() as u32);
            self.read_to_window(board, at, count)?;
            hasher.update(&self.window[..count as usize]);
            at += count;
        }
        Ok(hasher.finish())
    }
}
