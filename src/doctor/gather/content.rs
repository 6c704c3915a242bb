//! What is in flash: the boot header and what it points to, read on one pad; fast reads and the application file compared with it.

use std::collections::BTreeMap;

use rtboot_bootable::verdict::{Verdict, next_piece};
use rtboot_bootable::{Memory, MemoryMap, inspect};
use rtboot_fcb::trial::reads_alike;
use rtboot_fcb::{ClockIndex, Fcb, Part, probe};

use super::flash::{is_busy, size};
use crate::doctor::facts::{Content, Facts, ReadProof};
use crate::error::Question;
use crate::event::{Listener, Meter, Stage};
use crate::flash::{Flashloader, Geometry, NotTried, OpenWork, Trial, TrialOf};
use crate::job::{Compared, asked_for, expected};
use crate::journal::BoardJournal;
use crate::{Error, Result};

/// Bytes at the start of the flash that hold FCB, IVT, boot data and usually the vector table.
const HEADER: u32 = 0x3000;
/// Bytes read at a time.
const PIECE: u32 = 64 * 1024;
/// Bytes by which read modes are compared.
const PROOF: u32 = 512;
/// Pieces of the header that are read twice: FCB, IVT.
const AGAIN: [(u32, u32); 2] = [(0, 0x200), (0x1000, 0x200)];

/// Reads the content, and compares fast reads and the application with it.
pub fn read(
    flashloader: &mut Flashloader,
    facts: &mut Facts,
    journal: Option<Result<BoardJournal>>,
    listener: &mut dyn Listener,
) -> Result<()> {
    let Some(look) = &facts.flash else {
        return Ok(());
    };
    if !look.nor.answers() || is_busy(&look.nor.status) {
        return Ok(());
    }
    let mut reader = Reader {
        flashloader,
        size: size(&look.nor, look.part.as_ref()),
    };
    let map = facts.identity.chip.map;
    let memory = reader.header(&map)?;
    let content = Content {
        inspection: inspect(&memory, &map),
        blank: Verdict::is_blank(&memory),
        unstable: None,
        trial: Trial::NotTried(NotTried::NoFcb),
        memory,
    };
    facts.content = Some(content);
    facts.open = match (journal, facts.part()) {
        (Some(Ok(journal)), Some(part)) => {
            let g = Geometry::of(part, &map);
            reader.open_work(&journal, &g, listener)?
        }
        (Some(Err(error)), _) => OpenWork::unread(&error),
        _ => OpenWork::default(),
    };
    try_stored(&mut reader, facts, listener)?;
    read_again(&mut reader, facts)?;
    compare_app(&mut reader, facts, listener)?;
    prove_part(&mut reader, facts)
}

/// Reads the same bytes as the boot ROM will.
fn try_stored(reader: &mut Reader, facts: &mut Facts, listener: &mut dyn Listener) -> Result<()> {
    if let (Some(look), Some(content)) = (&facts.flash, &mut facts.content)
        && let Some(fcb) = &content.inspection.fcb
    {
        let of = TrialOf {
            fcb,
            part: look.part.as_ref(),
            status: look.nor.status,
            size: reader.size,
        };
        content.trial = reader.flashloader.try_fcb(of, &content.memory, listener)?;
    }
    Ok(())
}

/// Reads parts of the header twice. A trial that gave the same bytes was the second read.
fn read_again(reader: &mut Reader, facts: &mut Facts) -> Result<()> {
    let doubtful = facts.content_starts() == Some(false);
    let Some(content) = &mut facts.content else {
        return Ok(());
    };
    if matches!(content.trial, Trial::Same { .. }) {
        return Ok(());
    }
    content.unstable = reader.again(&content.memory, doubtful && !content.blank)?;
    if content.unstable.is_some() {
        // a comparison proves nothing when two equal reads already differ
        content.trial = Trial::NotTried(NotTried::Unsteady);
    }
    Ok(())
}

/// Reads flash on one pad.
struct Reader<'a> {
    flashloader: &'a mut Flashloader,
    size: u32,
}

impl Reader<'_> {
    fn base(&self) -> u32 {
        self.flashloader.chip().map.flash_base
    }

    fn end(&self) -> u64 {
        u64::from(self.base()) + u64::from(self.size)
    }

    fn holds(&self, address: u32, length: usize) -> bool {
        address >= self.base() && u64::from(address) + length as u64 <= self.end()
    }

    fn plain(&mut self, address: u32, length: u32) -> Result<Vec<u8>> {
        let fcb = probe::plain_read(self.size);
        let offset = address.wrapping_sub(self.base());
        self.flashloader
            .read_through(&fcb, Question::PlainRead, offset, length)
    }

    /// The boot header and what it points to.
    fn header(&mut self, map: &MemoryMap) -> Result<Memory> {
        let mut memory = Memory::new();
        while let Some((address, length)) = next_piece(&memory, map, self.size) {
            let bytes = self.plain(address, length)?;
            // pieces come from one flash; where they overlap and differ, the second read of the header finds it
            if memory.replace(address, bytes).is_err() {
                break;
            }
        }
        Ok(memory)
    }

    /// What earlier runs left open, and what flash shows of it.
    fn open_work(
        &mut self,
        journal: &BoardJournal,
        g: &Geometry,
        listener: &mut dyn Listener,
    ) -> Result<OpenWork> {
        let sectors = OpenWork::sectors(journal, g);
        let total = sectors.len() as u64 * u64::from(g.sector);
        let mut meter = Meter::begin(listener, Stage::Read, total);
        let mut now = BTreeMap::new();
        for address in sectors {
            now.insert(address, self.plain(address, g.sector)?);
            meter.add(u64::from(g.sector));
            if meter.cancelled() {
                return Err(Error::interrupted());
            }
        }
        meter.end();
        Ok(OpenWork::of(journal, &now, g))
    }

    /// First address where a second read gives another byte; all of the header when `doubtful`.
    fn again(&mut self, memory: &Memory, doubtful: bool) -> Result<Option<u32>> {
        let pieces: &[(u32, u32)] = if doubtful { &[(0, HEADER)] } else { &AGAIN };
        for &(offset, length) in pieces {
            let address = self.base() + offset;
            let second = self.plain(address, length)?;
            let first = memory.bytes(address, length as usize).unwrap_or_default();
            if let Some(at) = first.iter().zip(&second).position(|(a, b)| a != b) {
                return Ok(Some(address + at as u32));
            }
        }
        Ok(None)
    }

    /// The part's own fast read, unless the trial of the stored FCB was the same.
    fn prove_part(
        &mut self,
        part: &Part,
        content: &Content,
        plain: &[u8],
        address: u32,
    ) -> Result<ReadProof> {
        let own = part.boot_fcb();
        // what is right at the stored FCB's clock is right at a slower one
        let proved = content.fcb().is_some_and(|fcb| {
            let mut slower = fcb.clone();
            slower.set_clock(fcb.clock().min(own.clock()));
            reads_alike(&slower, &own)
        });
        if proved && matches!(content.trial, Trial::Same { .. }) {
            return Ok(ReadProof::Same);
        }
        // set-up commands of an application that ran before outlive a reset of the chip
        if self.flashloader.resets_flash() {
            self.flashloader.soft_reset_flash(self.size)?;
        }
        let slow = probe::read_by(&part.read, part.size, ClockIndex::MHZ_30);
        match probe::as_read_by(&own, false) {
            Some(fast) => self.prove(plain, address, &fast, Some(&slow)),
            None => Ok(ReadProof::NotTried(
                "its read command may change its mode".into(),
            )),
        }
    }

    /// Compares what `fast` reads with the one-pad read; where they differ, `slow` tells whether the clock is the reason.
    fn prove(
        &mut self,
        plain: &[u8],
        address: u32,
        fast: &Fcb,
        slow: Option<&Fcb>,
    ) -> Result<ReadProof> {
        let (offset, length) = (address - self.base(), plain.len() as u32);
        let found = self
            .flashloader
            .read_through(fast, Question::FastRead, offset, length)?;
        let Some(at) = plain.iter().zip(&found).position(|(a, b)| a != b) else {
            return Ok(ReadProof::Same);
        };
        let slow_is_right = match slow {
            Some(slow) => {
                let question = Question::FastReadSlowly;
                self.flashloader
                    .read_through(slow, question, offset, length)?
                    == plain
            }
            None => false,
        };
        Ok(ReadProof::Differs {
            address: address + at as u32,
            plain: plain.get(at).copied().unwrap_or(0xFF),
            fast: found.get(at).copied().unwrap_or(0xFF),
            slow_is_right,
        })
    }
}

/// Compares the part's own fast read with the one-pad read.
fn prove_part(reader: &mut Reader, facts: &mut Facts) -> Result<()> {
    let (Some(look), Some(content)) = (&mut facts.flash, &facts.content) else {
        return Ok(());
    };
    if content.unstable.is_some() {
        return Ok(());
    }
    let Some((address, plain)) = telling_bytes(&content.memory, reader.base()) else {
        look.fast = ReadProof::NotTried("the flash is blank where it would be compared".into());
        return Ok(());
    };
    look.fast = match (&look.part, look.quad()) {
        (None, _) => ReadProof::NotTried("the part is unknown".into()),
        (Some(part), Some(false)) if part.read.data_pads == 4 => {
            ReadProof::NotTried("the quad-enable bit is clear".into())
        }
        (Some(part), _) => reader.prove_part(part, content, &plain, address)?,
    };
    Ok(())
}

/// A place of the header whose bytes are not all the same: a dead line reads as all ones, too.
fn telling_bytes(memory: &Memory, base: u32) -> Option<(u32, Vec<u8>)> {
    (0..HEADER).step_by(PROOF as usize).find_map(|offset| {
        let address = base + offset;
        let bytes = memory.bytes(address, PROOF as usize)?;
        let first = *bytes.first()?;
        bytes
            .iter()
            .any(|&byte| byte != first)
            .then(|| (address, bytes.to_vec()))
    })
}

/// Compares flash with the bytes of the application file.
fn compare_app(reader: &mut Reader, facts: &mut Facts, listener: &mut dyn Listener) -> Result<()> {
    let part = facts.flash.as_ref().and_then(|look| look.part.clone());
    let Some(app) = &mut facts.app else {
        return Ok(());
    };
    let (Some(pieces), Some(content)) = (&app.pieces, &facts.content) else {
        return Ok(());
    };
    if let Some(Ok(layout)) = part.as_ref().map(|part| pieces.for_part(part)) {
        app.memory = layout.memory;
    }
    let seen = &content.inspection;
    let mut held = content.memory.clone();
    if let Some((address, length)) = asked_for(pieces)
        && held.bytes(address, length as usize).is_none()
        && reader.holds(address, length as usize)
    {
        // flash holds one byte at one address
        let _ = held.insert(address, reader.plain(address, length)?);
    }
    // a part that the image does not fit is found by the size of the file
    let Ok(brought) = expected(pieces, part.as_ref(), seen, &held) else {
        return Ok(());
    };
    let mut segments = brought.segments();
    if !segments.all(|(start, bytes)| reader.holds(start, bytes.len())) {
        return Ok(());
    }
    let mut compared = Compared::on(&pieces.chip().map);
    let mut meter = Meter::begin(listener, Stage::Compare, brought.len_bytes() as u64);
    for (start, bytes) in brought.segments() {
        for (i, piece) in bytes.chunks(PIECE as usize).enumerate() {
            let address = start + i as u32 * PIECE;
            let found = reader.plain(address, piece.len() as u32)?;
            compared.add(address, piece, &found);
            meter.set(compared.total);
            if meter.cancelled() {
                return Err(Error::interrupted());
            }
        }
    }
    meter.end();
    app.other_fcb = compared.other_fcb(&brought, seen);
    app.compared = Some(compared);
    Ok(())
}
