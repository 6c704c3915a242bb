//! Checks of the image in RAM at a jump, and which loader it is.
//!
//! The virtual board has no processor. It runs its flashloader model when the bytes in RAM, over the whole length the
//! image's boot data give, are those of a loader it knows, and the FlexRAM split gives the RAM that this loader works in.
//! Any other image is started and the board goes silent, as a real one does with a broken loader.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ivt::{self, BootData, Ivt};
use crate::flashloader::Build;
use crate::memory::Ram;
use crate::standin;

/// A loader the virtual board recognises by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Loader {
    /// The virtual board's own stand-in.
    Standin,
    /// The RT1021 OCRAM build of NXP-MCUBootUtility, 55077 bytes at 0x20208200.
    McuBootUtility,
    /// The RT1021 build for DTCM of the same, 55077 bytes at 0x20000200; it needs a larger DTCM than the usual split gives.
    McuBootUtilityDtcm,
    /// The RT1021 build for ITCM of the same, 55069 bytes at 0x00000200; it needs a larger ITCM than the usual split gives.
    McuBootUtilityItcm,
    /// The RT102x build in SPSDK's test data, 65157 bytes at 0x20208000.
    Spsdk,
    /// rtboot's own loader for USB, as `loader/image` holds it.
    Own,
    /// The same for a UART.
    OwnUart,
}

impl Loader {
    /// RAM that the running loader keeps for itself, as property 12 tells.
    ///
    /// Source: the genuine builds, emulated; the stand-in claims its own image and 8 KiB to work in.
    pub fn build(self) -> Build {
        let own = (standin::LOAD, standin::LOAD + standin::LEN as u32 - 1);
        let reserved = match self {
            Loader::Standin => [own, (0x2021_0000, 0x2021_1FFF)],
            Loader::McuBootUtility => [(0x2020_8400, 0x2021_5925), (0x2021_8000, 0x2021_DAD7)],
            Loader::McuBootUtilityDtcm => [(0x2000_0400, 0x2000_D925), (0x2001_0000, 0x2001_5AD7)],
            Loader::McuBootUtilityItcm => [(0x0400, 0xD91D), (0x1_0000, 0x1_5AD7)],
            Loader::Spsdk => [(0x2020_A000, 0x2021_7E85), (0x2000_0000, 0x2000_5AD7)],
            // the image, and what it works in behind it
            Loader::Own | Loader::OwnUart => {
                let start = own_image().start;
                let end = start + OWN.len() as u32;
                [(start, end - 1), (end, 0x2020_FFFF)]
            }
        };
        Build { reserved }
    }
}

/// rtboot's own loader: recognised whole, so that a build of other bytes is another loader.
pub(crate) const OWN: &[u8] = include_bytes!("../../../loader/image/rtboot-loader.bin");

/// The same for a UART.
pub(crate) const OWN_UART: &[u8] = include_bytes!("../../../loader/image/rtboot-loader-uart.bin");

/// Where its image says that it lies: its IVT is its first word, its boot data follow.
fn own_image() -> BootData {
    let boot_data = OWN.get(ivt::LEN..ivt::LEN + ivt::BOOT_DATA_LEN);
    let bytes = boot_data.and_then(|bytes| bytes.try_into().ok());
    BootData::parse(&bytes.unwrap_or_default())
}

/// Where a known build lies and the SHA-256 of its bytes.
const KNOWN: [(Loader, u32, &str); 4] = [
    (
        Loader::McuBootUtility,
        0x2020_8200,
        "00e78626456dba1aa0317ff63a80df82f7aa92972bb710a7ecb5f0f2d4361591",
    ),
    (
        Loader::McuBootUtilityDtcm,
        0x2000_0200,
        "c0c620699ebe094c31c0cfdab5f9779448485303a51d4f11bd5ce34721c545e8",
    ),
    (
        Loader::McuBootUtilityItcm,
        0x0000_0200,
        "29546cd172cee26be0e24276a95ab7b083d516bdb20b0429632e8393901f79f5",
    ),
    (
        Loader::Spsdk,
        0x2020_8000,
        "8d39a47e46ccb1e6916121e0eced7eb56303721243c3cfc8b90d3a4b6373cf75",
    ),
];

/// Result of a jump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jump {
    /// A loader starts.
    Start(Loader),
    /// The ROM refuses: report 4 follows, and the downloader stays.
    Refused(String),
    /// The ROM jumps, and the chip answers on no link any more.
    Lost(String),
}

/// The image at `address` in RAM, checked as the ROM checks it before a jump.
///
/// That a wrong header is refused with a report 4 is a guess; that an image in the wrong place is started and lost was
/// seen on boards (NXP community thread 525697).
pub fn image(ram: &Ram, address: u32) -> Result<(Ivt, BootData), Jump> {
    let refuse = |why: String| Jump::Refused(format!("jump to {address:#010x} refused: {why}"));
    let bytes = take::<{ ivt::LEN }>(ram, address).ok_or_else(|| refuse("no RAM there".into()))?;
    let ivt = Ivt::parse(&bytes).map_err(refuse)?;
    if ivt.own != address {
        let why = format!(
            "the IVT at {address:#010x} belongs at {:#010x}: the image is in the wrong place",
            ivt.own
        );
        return Err(Jump::Lost(why));
    }
    let bytes = take::<{ ivt::BOOT_DATA_LEN }>(ram, ivt.boot_data).ok_or_else(|| {
        refuse(format!(
            "boot data at {:#010x} is not in RAM",
            ivt.boot_data
        ))
    })?;
    let data = BootData::parse(&bytes);
    if !data.holds(address) || !data.holds(ivt.entry & !1) {
        return Err(refuse(format!(
            "boot data {:#010x}, {} bytes, do not hold IVT and entry",
            data.start, data.length
        )));
    }
    Ok((ivt, data))
}

/// Which loader runs when the ROM jumps into this image.
pub fn recognise(ram: &Ram, data: &BootData) -> Jump {
    let Some(bytes) = ram.slice(data.start, data.length as usize) else {
        return Jump::Lost(format!(
            "the image, {} bytes from {:#010x}, does not fit the RAM",
            data.length, data.start
        ));
    };
    if data.start == standin::LOAD && bytes == standin::standin_loader() {
        return in_its_ram(ram, Loader::Standin);
    }
    if data.start == own_image().start && bytes == OWN {
        return in_its_ram(ram, Loader::Own);
    }
    if data.start == own_image().start && bytes == OWN_UART {
        return in_its_ram(ram, Loader::OwnUart);
    }
    let hash = hex::encode(Sha256::digest(bytes));
    match KNOWN
        .iter()
        .find(|(_, start, known)| *start == data.start && *known == hash)
    {
        Some((loader, _, _)) => in_its_ram(ram, *loader),
        None => Jump::Lost(format!(
            "the image at {:#010x} is no loader this board knows (sha256 {hash})",
            data.start
        )),
    }
}

/// A loader that works in RAM which the FlexRAM split does not give faults right after the jump.
fn in_its_ram(ram: &Ram, loader: Loader) -> Jump {
    let lacks =
        |(first, last): &(u32, u32)| ram.slice(*first, (last - first + 1) as usize).is_none();
    match loader.build().reserved.into_iter().find(lacks) {
        None => Jump::Start(loader),
        Some((first, last)) => Jump::Lost(format!(
            "the loader works in {first:#010x}..={last:#010x}, which is no RAM with this FlexRAM split"
        )),
    }
}

fn take<const N: usize>(ram: &Ram, address: u32) -> Option<[u8; N]> {
    ram.slice(address, N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fuse values of the FlexRAM split with which each build came up in emulation, and with which it did not.
    #[test]
    fn builds_for_tightly_coupled_memory_need_their_split() {
        for (loader, good, bad) in [
            (Loader::McuBootUtility, [0, 8], [1, 5]),
            (Loader::McuBootUtilityDtcm, [1, 2], [0, 8]),
            (Loader::McuBootUtilityItcm, [4, 9], [0, 1]),
        ] {
            for split in good {
                let ram = Ram::partitioned(split);
                assert_eq!(
                    in_its_ram(&ram, loader),
                    Jump::Start(loader),
                    "split {split}"
                );
            }
            for split in bad {
                let jump = in_its_ram(&Ram::partitioned(split), loader);
                assert!(
                    matches!(jump, Jump::Lost(_)),
                    "{loader:?}, split {split}: {jump:?}"
                );
            }
        }
    }
}
