//! Programming by a stream of records to rtboot's own loader: it programs one while the next ones arrive, and says which byte failed.

use lz4_flex::block::compress;
use rtboot_wire::loader::crc32;
use rtboot_wire::loader::stream::{Action, Head, MOST, Program};

use crate::event::Meter;
use crate::flash::nor::Nor;
use crate::flash::plan::Run;
use crate::mboot::{self, Failure, Features, Fetch, Status};
use crate::{Error, Result};

/// Bytes of the first record of a run: it fits into one report, so flash is at work after one, not after five.
const FIRST: usize = 768;

/// A run as records.
struct Records {
    bytes: Vec<u8>,
    /// Of each record: where it ends in the stream, where its bytes begin in the run, and how many they are.
    places: Vec<(usize, usize, usize)>,
}

impl Records {
    fn of(run: &Run) -> Records {
        let mut records = Records {
            bytes: Vec::new(),
            places: Vec::new(),
        };
        let mut from = 0;
        let (first, rest) = run.bytes.split_at(run.bytes.len().min(FIRST));
        let first = Some(first).filter(|piece| !piece.is_empty());
        for piece in first.into_iter().chain(rest.chunks(MOST as usize)) {
            let packed = compress(piece);
            let lz4 = packed.len() < piece.len();
            let body = if lz4 { packed.as_slice() } else { piece };
            let program = Program {
                length: piece.len() as u32,
                packed: body.len() as u16,
                lz4,
                crc: crc32(piece),
            };
            let head = Head {
                address: run.address + from as u32,
                action: Action::Program(program),
            };
            records.bytes.extend(head.to_bytes());
            records.bytes.extend(body);
            let end = records.bytes.len();
            records.places.push((end, from, piece.len()));
            from += piece.len();
        }
        records
    }

    /// Bytes of flash in the records that are sent whole.
    fn done(&self, sent: u64) -> u64 {
        let whole = self
            .places
            .iter()
            .take_while(|(end, ..)| *end as u64 <= sent);
        whole.map(|(_, _, count)| *count as u64).sum()
    }
}

impl Nor {
    /// Whether the loader takes streams, and says where one failed.
    pub fn streams(&self) -> bool {
        self.loader.has(Features::STREAM.with(Features::INSPECT))
    }

    /// Programs whole pages, which are blank.
    ///
    /// # Errors
    /// [`Error::Program`] with the byte that failed as the loader saw it.
    pub(super) fn program_by_stream(&mut self, run: &Run, meter: &mut Meter) -> Result<()> {
        let before = meter.done();
        let records = Records::of(run);
        let unread = self.verify_follows && !self.proves_by_hash();
        let streamed = self
            .loader
            .quiet_session()
            .stream(&records.bytes, unread, &mut |sent| {
                meter.set(before + records.done(sent));
                true // a run is short; stopping inside one would leave a page half sent
            });
        streamed.map_err(|source| self.why(run, &records, source))?;
        meter.set(before + run.bytes.len() as u64);
        Ok(())
    }

    /// The error with the record that failed, and the bytes that the loader told.
    fn why(&mut self, run: &Run, records: &Records, source: mboot::Error) -> Error {
        let failure = source.status().and_then(|_| self.failure());
        let at = failure.and_then(|failure| records.places.get(failure.record as usize));
        let (address, length) = match at {
            Some((_, from, count)) => (run.address + *from as u32, *count as u32),
            None => (run.address, run.bytes.len() as u32),
        };
        let told = failure.filter(|failure| failure.status == Status::LOADER_NOT_PROGRAMMED);
        let differs = match told {
            Some(failure) => Some((failure.address, failure.expected, failure.found)),
            None => self.first_wrong(run.address, &run.bytes, &source),
        };
        Error::Program {
            address,
            length,
            source,
            differs,
        }
    }

    /// Where the last stream failed; nothing when the loader does not tell.
    fn failure(&mut self) -> Option<Failure> {
        let session = self.loader.quiet_session();
        let bytes = session.fetch(Fetch::Failure, 0, Failure::LEN as u32).ok()?;
        Failure::parse(&bytes).filter(|failure| failure.status != Status::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_hold_the_run_packed_where_that_is_shorter() {
        let mut state = 1_u32;
        let next = |_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        };
        let noise: Vec<u8> = (0..5000).map(next).collect();
        let bytes = [vec![0x5A; 4096], noise].concat();
        let run = Run {
            address: 0x6000_3000,
            bytes: bytes.clone(),
        };
        let records = Records::of(&run);
        let mut at = 0;
        let mut kinds = Vec::new();
        for (end, from, count) in &records.places {
            let head = records.bytes[at..at + Head::LEN]
                .try_into()
                .expect("a head");
            let head = Head::parse(head).expect("a record");
            let Action::Program(program) = head.action else {
                panic!("{head:?}");
            };
            let body = &records.bytes[at + Head::LEN..*end];
            assert_eq!(body.len(), usize::from(program.packed));
            let plain = match program.lz4 {
                true => lz4_flex::block::decompress(body, *count).expect("a block"),
                false => body.to_vec(),
            };
            assert_eq!(plain, bytes[*from..*from + *count]);
            assert_eq!(program.crc, crc32(&plain));
            assert_eq!(head.address, run.address + *from as u32);
            kinds.push((program.lz4, *count));
            at = *end;
        }
        assert_eq!(at, records.bytes.len());
        assert_eq!(
            kinds,
            [(true, 768), (true, 4096), (false, 4096), (false, 136)]
        );
        // a report of the loader holds no more
        const { assert!(Head::LEN + FIRST <= 1016) };
        assert_eq!(records.done(at as u64), 9096);
        assert_eq!(records.done(at as u64 - 1), 8960);
    }
}
