//! Where the headers of a boot image lie, and what may lie in their places.

use rtboot_fcb::Fcb;

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

/// True when there is nothing, or only zeros, or only 0xFF.
pub fn is_padding(area: &Memory) -> bool {
    let only = |value: u8| {
        area.segments()
            .all(|(_, bytes)| bytes.iter().all(|&byte| byte == value))
    };
    only(0x00) || only(0xFF)
}
