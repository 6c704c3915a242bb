//! The kinds of image, and which one it is.

use std::fmt;

use super::{Inspection, judge};
use crate::{Memory, MemoryMap, Vectors};

/// What an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// An application linked for flash, without FCB and IVT.
    BareApplication,
    /// An application linked for RAM, without IVT.
    BareRamApplication,
    /// FCB, IVT and application: the ROM starts it as it is.
    BootableWithFcb,
    /// IVT and application for flash, without FCB ("nopadding", or zeros in its place).
    BootableWithoutFcb,
    /// An image with IVT that the ROM copies from flash to RAM.
    RamImage {
        /// True when an FCB comes with it.
        fcb: bool,
    },
    /// A HAB-signed image: its CSF pointer leads to a CSF.
    Signed {
        /// True when an FCB comes with it.
        fcb: bool,
        /// True when the ROM copies it to RAM.
        ram: bool,
        /// True when it is encrypted as well.
        encrypted: bool,
    },
    /// An IVT image linked for RAM with its IVT near its start: a flashloader for serial download (or an SD card image).
    Flashloader,
    /// An image with FCB whose IVT is encrypted: the bus encryption engine (BEE) decrypts it as the ROM reads it.
    Encrypted,
    /// An FCB without an application.
    FcbOnly,
    /// None of these.
    Unknown,
}

impl Kind {
    /// True when the ROM copies it to RAM before it starts it.
    pub fn runs_in_ram(self) -> bool {
        matches!(
            self,
            Kind::RamImage { .. }
                | Kind::BareRamApplication
                | Kind::Flashloader
                | Kind::Signed { ram: true, .. }
        )
    }

    /// True for an application that headers can be put around.
    pub fn is_bare(self) -> bool {
        matches!(self, Kind::BareApplication | Kind::BareRamApplication)
    }

    /// True when it has an IVT for booting from flash, readable or encrypted.
    pub fn is_bootable(self) -> bool {
        matches!(
            self,
            Kind::BootableWithFcb
                | Kind::BootableWithoutFcb
                | Kind::RamImage { .. }
                | Kind::Signed { .. }
                | Kind::Encrypted
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::BareApplication => "bare application",
            Kind::BareRamApplication => "bare RAM application",
            Kind::BootableWithFcb => "boot image with FCB",
            Kind::BootableWithoutFcb => "boot image without FCB",
            Kind::RamImage { .. } => "RAM image",
            Kind::Signed {
                encrypted: true, ..
            } => "signed and encrypted image",
            Kind::Signed { .. } => "signed image",
            Kind::Flashloader => "flashloader",
            Kind::Encrypted => "encrypted boot image (BEE)",
            Kind::FcbOnly => "FCB alone",
            Kind::Unknown => "unknown",
        })
    }
}

/// The kind and why.
pub(super) fn decide(seen: &Inspection, memory: &Memory, map: &MemoryMap) -> (Kind, String) {
    let fcb = seen.fcb.is_some();
    match (seen.ivt, seen.ivt_address) {
        (Some(ivt), Some(address)) => with_ivt(seen, ivt, address, fcb, map),
        _ => without_ivt(seen, fcb, memory, map),
    }
}

fn with_ivt(
    seen: &Inspection,
    ivt: crate::Ivt,
    address: u32,
    fcb: bool,
    map: &MemoryMap,
) -> (Kind, String) {
    let ram = map.ram_at(ivt.self_address);
    let at = format!("an IVT at {address:#010x}");
    if let Some(csf) = &seen.csf {
        let kind = Kind::Signed {
            fcb,
            ram: ram.is_some(),
            encrypted: csf.encrypted(),
        };
        return (
            kind,
            format!("{at}, whose CSF pointer {:#010x} leads to a CSF", ivt.csf),
        );
    }
    if let Some(ram) = ram {
        let start = seen.boot_data.map_or(ivt.self_address, |data| data.start);
        let offset = ivt.self_address.wrapping_sub(start);
        let linked = format!("{at} that says {:#010x} in {}", ivt.self_address, ram.name);
        return match offset == map.ivt_offset {
            true => (
                Kind::RamImage { fcb },
                format!("{linked}, {offset:#x} behind the image's start as in flash"),
            ),
            false => (
                Kind::Flashloader,
                format!(
                    "{linked}, {offset:#x} behind the image's start as for serial download or an SD card"
                ),
            ),
        };
    }
    match fcb {
        true => (
            Kind::BootableWithFcb,
            format!("an FCB at {:#010x} and {at}", map.fcb_address()),
        ),
        false => (
            Kind::BootableWithoutFcb,
            format!("{at}, and no FCB at {:#010x}", map.fcb_address()),
        ),
    }
}

fn without_ivt(seen: &Inspection, fcb: bool, memory: &Memory, map: &MemoryMap) -> (Kind, String) {
    match seen.vectors {
        Some(vectors) => {
            let Vectors {
                table,
                stack,
                reset,
            } = vectors;
            let words = format!(
                "a vector table at {table:#010x} (stack {stack:#010x}, reset handler {reset:#010x})"
            );
            match (map.in_flash(table), map.ram_at(table)) {
                (true, _) => (Kind::BareApplication, format!("{words}, and no IVT")),
                (false, Some(_)) => (Kind::BareRamApplication, format!("{words}, and no IVT")),
                (false, None) => (
                    Kind::Unknown,
                    format!("{words} in {}: is it for another chip?", map.name_of(table)),
                ),
            }
        }
        None if seen.mcuboot.is_some() => (
            Kind::Unknown,
            "an image for MCUboot whose vector table cannot be read: it is encrypted, or MCUboot copies it to RAM".to_owned(),
        ),
        None if seen.is_encrypted() => (
            Kind::Encrypted,
            "an FCB and a header of the bus encryption engine (BEE), and no IVT that can be read".to_owned(),
        ),
        None if fcb => (
            Kind::FcbOnly,
            "an FCB, but neither an IVT nor a vector table".to_owned(),
        ),
        None => (Kind::Unknown, judge::nothing(memory, map)),
    }
}
