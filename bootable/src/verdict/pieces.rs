//! Which bytes of a flash a verdict needs.

use rtboot_fcb::Fcb;

use crate::inspect::Frame;
use crate::{Csf, Dcd, Ivt, Memory, MemoryMap, Vectors};

/// Bytes at the start of the flash that are always needed: FCB, IVT, boot data, the usual place of the vector table.
const HEADER: u32 = 0x3000;
/// Bytes at a pointer that leads to boot data, a vector table or code.
const LITTLE: u32 = 16;

/// The next piece of a flash of `size` bytes to read before [`super::Verdict::of`] can judge it: address and length.
///
/// `memory` is what was read so far. Read the piece, put it in and ask again, until there is none.
pub fn next_piece(memory: &Memory, map: &MemoryMap, size: u32) -> Option<(u32, u32)> {
    let end = u64::from(map.flash_base) + u64::from(size);
    let clipped = |(address, length): (u32, u32)| {
        let to = (u64::from(address) + u64::from(length)).min(end);
        let inside = address >= map.flash_base && u64::from(address) < to;
        inside.then(|| (address, (to - u64::from(address)) as u32))
    };
    let missing =
        |&(address, length): &(u32, u32)| memory.bytes(address, length as usize).is_none();
    let header = [
        (map.flash_base, HEADER),
        (map.fcb_address(), Fcb::LEN as u32),
    ];
    let places = header.into_iter().chain(pointed_at(memory, map));
    places.filter_map(clipped).find(missing)
}

/// Places that the IVT and the vector table point to, as flash addresses.
fn pointed_at(memory: &Memory, map: &MemoryMap) -> Vec<(u32, u32)> {
    let address = map.ivt_address();
    let ivt = memory
        .bytes(address, Ivt::LEN)
        .and_then(|bytes| Ivt::parse(bytes).ok());
    let Some(ivt) = ivt else {
        return Vec::new();
    };
    let frame = Frame { ivt, address };
    let place = |address: u32| frame.to_memory(map.normalised(address));
    let entry = place(ivt.entry & !1);
    let mut places = vec![(place(ivt.boot_data), LITTLE), (entry, LITTLE)];
    if ivt.entry & 1 == 0
        && let Some(vectors) = Vectors::read(memory, entry)
    {
        places.push((place(vectors.reset & !1), LITTLE));
    }
    if ivt.dcd != 0 {
        places.push((place(ivt.dcd), Dcd::MAX_LEN as u32));
    }
    if ivt.csf != 0 {
        places.push((place(ivt.csf), Csf::AREA));
    }
    places
}
