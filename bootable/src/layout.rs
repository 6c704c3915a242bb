//! Where the headers of a boot image lie, and what may lie in their places.

use rtboot_fcb::Fcb;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;

use crate::{BootData, Ivt, Memory, MemoryMap};

/// The DCD lies this far behind the IVT, as elftosb and SPSDK have it: IVT 32 bytes, boot data in 32.
pub const DCD_OFFSET: u32 = 0x40;
/// Bytes that IVT and boot data take together.
const IVT_AREA: usize = Ivt::LEN + BootData::LEN;

/// Where an application must not be: name, address, length.
pub fn header_areas(map: &MemoryMap) -> [(&'static str, u32, usize); 2] {
    [
        ("FCB", map.fcb_address(), Fcb::LEN),
        ("IVT and boot data", map.ivt_address(), IVT_AREA),
    ]
}

/// Bytes in the place of a header that are none: the ROM starts nothing from a flash that holds them.
pub fn over_headers(memory: &Memory, map: &MemoryMap) -> Vec<Finding> {
    let is_header = |name, address: u32| match name {
        "FCB" => memory.bytes(address, 4) == Some(b"FCFB"),
        _ => memory.bytes(address, Ivt::LEN).is_some_and(Ivt::is_here),
    };
    let hit = header_areas(map)
        .into_iter()
        .filter(|&(name, address, len)| {
            !memory.slice(address, len).is_empty() && !is_header(name, address)
        });
    hit.map(|(name, address, len)| {
        Finding::new(&found::OVER_BOOT_HEADER)
            .address("from", address)
            .address("to", u64::from(address) + len as u64)
            .text("header", name)
    })
    .collect()
}

/// True when there is nothing, or only zeros, or only 0xFF.
pub fn is_padding(area: &Memory) -> bool {
    let only = |value: u8| {
        area.segments()
            .all(|(_, bytes)| bytes.iter().all(|&byte| byte == value))
    };
    only(0x00) || only(0xFF)
}
