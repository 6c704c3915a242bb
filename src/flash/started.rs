//! Which bytes of flash belong to the image that the ROM starts now: a write of something else keeps them, or says that it
//! replaces them.
//!
//! The boot data names an end, but not always the image's own: SDK images name the whole flash there, and the ROM starts
//! images that are longer than they say. So the named end counts when the image visibly ends there. Otherwise the image
//! reaches as far as flash is filled without a gap.

use std::collections::BTreeMap;
use std::ops::Range;

use rtboot_bootable::verdict::{Starts, Verdict};
use rtboot_bootable::{BootData, Ivt, Memory, MemoryMap};
use rtboot_fcb::Fcb;

use super::geometry::{Geometry, touched_sectors};
use super::resume::brings_boot;
use crate::Result;
use crate::event::{Listener, Meter, Stage};
use crate::flash::nor::Nor;

/// Bytes before and behind a named end that show whether the image ends there.
const AROUND_END: u32 = 64;
/// Blank bytes at the end of a sector behind which another thing begins.
const GAP_AT_SECTOR_END: usize = 16;
/// Blank bytes inside a sector behind which another thing begins. Vector tables are padded to 1 KiB.
const GAP: usize = 0x400;
/// Most sectors that are looked at before filled flash counts as the image: over a UART each costs 20 ms.
const MOST_LOOKS: usize = 256;

/// What starts now, as far as a plan needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Started {
    /// Addresses that may belong to what starts.
    pub may_reach: Range<u32>,
    /// The image, where the write touches sectors with bytes of it.
    pub image: Option<StartedImage>,
}

/// Bytes of the image that starts now, in the sectors that a write touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartedImage {
    /// First address of the application.
    pub start: u64,
    /// First address behind it, where that is known.
    pub end: Option<u64>,
    /// FCB, IVT, boot data and DCD.
    pub headers: Vec<Range<u64>>,
    /// The application, in the touched sectors.
    pub body: Vec<Range<u64>>,
}

impl From<Range<u32>> for Started {
    fn from(may_reach: Range<u32>) -> Started {
        Started {
            may_reach,
            image: None,
        }
    }
}

impl StartedImage {
    /// All bytes of it that are known.
    pub fn ranges(&self) -> impl Iterator<Item = &Range<u64>> {
        self.headers.iter().chain(&self.body)
    }

    /// "0x60002000..0x60006000".
    pub fn place(&self) -> String {
        match self.end {
            Some(end) => format!("{:#010x}..{end:#010x}", self.start),
            None => format!("from {:#010x} on", self.start),
        }
    }
}

/// Whether this write could change bytes of another image than its own: it drops what lies around its bytes, or replaces some.
fn may_hit(
    wanted: &Memory,
    current: &BTreeMap<u32, Vec<u8>>,
    sector: u32,
    drops_around: bool,
) -> bool {
    let held = current.get(&sector).map(Vec::as_slice).unwrap_or_default();
    (sector..).zip(held).any(|(at, &byte)| {
        byte != 0xFF
            && match wanted.byte(at) {
                Some(new) => new != byte,
                None => drops_around,
            }
    })
}

impl Nor {
    /// The bytes of the image that starts now in the sectors that these bytes touch; `None` when there is none, when this write
    /// brings it anew, or when it cannot change a byte of it.
    ///
    /// # Errors
    /// Whatever reading brings.
    pub(super) fn started_image(
        &mut self,
        wanted: &Memory,
        current: &BTreeMap<u32, Vec<u8>>,
        drops_around: bool,
        listener: &mut dyn Listener,
    ) -> Result<Option<StartedImage>> {
        let g = self.geometry();
        if brings_boot(wanted, &g) {
            return Ok(None);
        }
        let mut sectors = touched_sectors(wanted, &g);
        sectors.retain(|&sector| may_hit(wanted, current, sector, drops_around));
        if sectors.is_empty() {
            return Ok(None);
        }
        let held = |address, length| held(current, &g, address, length);
        let memory = self.look(&held, listener)?;
        let conditions = self.conditions().without_boot_pins();
        let conditions = conditions.with_quad_enabled(self.part());
        let verdict = conditions.judge(&memory, self.chip());
        let map = &self.chip().map;
        let Some((mut image, limits)) = place(&verdict, wanted, map, &g) else {
            return Ok(None);
        };
        let Some(limits) = limits else {
            return Ok(Some(image));
        };
        let end = self.end_of(&limits, current, &g)?;
        if let End::At(end) = end {
            image.end = Some(u64::from(end));
        }
        for sector in sectors {
            image
                .body
                .extend(self.of_image(sector, end, &limits, current, &g)?);
        }
        Ok(Some(image))
    }

    /// Where the application ends.
    fn end_of(
        &mut self,
        limits: &Limits,
        current: &BTreeMap<u32, Vec<u8>>,
        g: &Geometry,
    ) -> Result<End> {
        let Some(named) = limits.named_end else {
            return Ok(End::AfterGap(limits.entry));
        };
        let before = self.piece(current, g, named - AROUND_END, AROUND_END)?;
        if is_blank(&before) {
            return Ok(End::AfterGap(limits.entry));
        }
        let behind = self.piece(current, g, named, AROUND_END)?;
        Ok(match is_blank(&behind) {
            true => End::At(named),
            false => End::AfterGap(named),
        })
    }

    /// The bytes of this sector that belong to the application.
    fn of_image(
        &mut self,
        sector: u32,
        end: End,
        limits: &Limits,
        current: &BTreeMap<u32, Vec<u8>>,
        g: &Geometry,
    ) -> Result<Option<Range<u64>>> {
        let behind = sector.saturating_add(g.sector);
        let start = sector.max(limits.start);
        let end = match end {
            End::At(end) => end.min(behind),
            End::AfterGap(firm) => {
                if sector >= firm && !self.is_filled(firm, sector, current, g)? {
                    return Ok(None);
                }
                let bytes = current.get(&sector).map(Vec::as_slice).unwrap_or_default();
                let from = start.max(firm).min(behind) - sector;
                sector + end_before_gap(bytes, from as usize) as u32
            }
        };
        Ok((start < end).then(|| u64::from(start)..u64::from(end)))
    }

    /// Whether flash is filled without a gap from an address to the beginning of this sector.
    fn is_filled(
        &mut self,
        from: u32,
        sector: u32,
        current: &BTreeMap<u32, Vec<u8>>,
        g: &Geometry,
    ) -> Result<bool> {
        let tail = GAP_AT_SECTOR_END as u32;
        let first = g.sector_of(from);
        let before = (first..sector).step_by(g.sector as usize).rev();
        for at in before.take(MOST_LOOKS) {
            if is_blank(&self.piece(current, g, at + (g.sector - tail), tail)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A few bytes of flash.
    fn piece(
        &mut self,
        current: &BTreeMap<u32, Vec<u8>>,
        g: &Geometry,
        address: u32,
        length: u32,
    ) -> Result<Vec<u8>> {
        let length = length.min((g.end() - u64::from(address)) as u32);
        if let Some(bytes) = held(current, g, address, length) {
            return Ok(bytes);
        }
        let mut quiet = ();
        let mut meter = Meter::begin(&mut quiet, Stage::Compare, 0);
        self.read(address, length, &mut meter)
    }
}

/// Where an application begins, and the end that its boot data names.
struct Limits {
    start: u32,
    /// It reaches behind here at least.
    entry: u32,
    named_end: Option<u32>,
}

/// Where an application ends.
#[derive(Clone, Copy)]
enum End {
    /// Here.
    At(u32),
    /// At the first gap behind this address.
    AfterGap(u32),
}

/// Headers and place of the image that the ROM starts; no limits where the write brings the application anew.
fn place(
    verdict: &Verdict,
    wanted: &Memory,
    map: &MemoryMap,
    g: &Geometry,
) -> Option<(StartedImage, Option<Limits>)> {
    let seen = &verdict.inspection;
    let (ivt, at) = (seen.ivt?, seen.ivt_address?);
    let data = seen.boot_data?;
    if verdict.starts == Starts::No || seen.fcb.is_none() {
        return None;
    }
    let in_flash = |address: u32| {
        let address = map.normalised(address);
        g.holds(address, u64::from(address) + 1).then_some(address)
    };
    let entry = in_flash(ivt.entry & !1);
    let table = seen.vectors.and_then(|vectors| in_flash(vectors.table));
    let behind = at + Ivt::LEN as u32;
    let start = match entry {
        // an entry is the reset handler as a rule: without its table the first byte of the application is not known
        Some(entry) => table.filter(|table| *table <= entry).unwrap_or(behind),
        // the ROM copies it to RAM
        None => behind,
    };
    let range = |from: u32, length: usize| u64::from(from)..u64::from(from) + length as u64;
    let mut headers = vec![range(map.fcb_address(), Fcb::LEN), range(at, Ivt::LEN)];
    headers.extend(in_flash(ivt.boot_data).map(|at| range(at, BootData::LEN)));
    if let (Some(dcd), Some(at)) = (&seen.dcd, in_flash(ivt.dcd)) {
        headers.push(range(at, dcd.as_bytes().len()));
    }
    let length = match entry {
        Some(_) => data.end().checked_sub(u64::from(g.base)),
        None => Some(u64::from(data.length)),
    };
    let end = length.and_then(|length| u32::try_from(u64::from(g.base) + length).ok());
    // what names the whole flash names no end
    let sane = |end: &u32| *end > start.saturating_add(AROUND_END) && u64::from(*end) < g.end();
    let image = StartedImage {
        start: u64::from(start),
        headers,
        ..StartedImage::default()
    };
    let anew = [Some(at), Some(start), entry];
    let anew = anew.into_iter().flatten();
    let brought = anew.into_iter().any(|at| wanted.byte(at).is_some());
    let limits = Limits {
        start,
        entry: entry.unwrap_or(start) + 1,
        named_end: end.filter(sane),
    };
    Some((image, (!brought).then_some(limits)))
}

/// Bytes that were read before.
fn held(
    current: &BTreeMap<u32, Vec<u8>>,
    g: &Geometry,
    address: u32,
    length: u32,
) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length as usize);
    while (bytes.len() as u32) < length {
        let at = address.checked_add(bytes.len() as u32)?;
        let sector = g.sector_of(at);
        let of = current.get(&sector)?.get((at - sector) as usize..)?;
        let more = of.len().min(length as usize - bytes.len());
        bytes.extend_from_slice(of.get(..more).filter(|more| !more.is_empty())?);
    }
    Some(bytes)
}

/// How far a sector is filled from a place on: to its first gap.
fn end_before_gap(sector: &[u8], from: usize) -> usize {
    let mut end = from;
    let mut blank = 0;
    for (at, &byte) in sector.iter().enumerate().skip(from) {
        match byte {
            0xFF => blank += 1,
            _ => (end, blank) = (at + 1, 0),
        }
        if blank >= GAP {
            return end;
        }
    }
    end
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0xFF)
}
