//! Checks of the image in RAM at a jump, and which loader it is.
//!
//! The virtual board has no processor. It runs its flashloader model when the bytes in RAM, over the whole length the
//! image's boot data give, are those of a loader it knows, and the FlexRAM split gives the RAM that this loader works in.
//! Any other image is started and the board goes silent, as a real one does with a broken loader.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ivt::{self, BootData, Ivt};
use crate::chip::Chip;
use crate::flashloader::{Build, Firmware};
use crate::memory::Ram;
use crate::standin;

/// A loader the virtual board recognises by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Loader {
    /// The virtual board's own stand-in: it takes the place of NXP's loader for the board's chip.
    Standin,
    /// The RT1021 OCRAM build of NXP-MCUBootUtility, 55077 bytes at 0x20208200.
    McuBootUtility,
    /// The RT1021 build for DTCM of the same, 55077 bytes at 0x20000200; it needs a larger DTCM than the usual split gives.
    McuBootUtilityDtcm,
    /// The RT1021 build for ITCM of the same, 55069 bytes at 0x00000200; it needs a larger ITCM than the usual split gives.
    McuBootUtilityItcm,
    /// The RT102x build in SPSDK's test data, 65157 bytes at 0x20208000.
    Spsdk,
    /// The RT1011 build of NXP-MCUBootUtility, 32116 bytes at 0x20205800.
    McuBootUtilityRt1011,
    /// The RT1015 build of the same, 44498 bytes at 0x20208200.
    McuBootUtilityRt1015,
    /// The RT1024 build of the same, 40552 bytes at 0x20208200.
    McuBootUtilityRt1024,
    /// The RT1052 build of the same, 83016 bytes at 0x20208200.
    McuBootUtilityRt1052,
    /// The build of the same for RT1042, RT1062 and RT1064, 82650 bytes at 0x20208200.
    McuBootUtilityRt1062,
    /// The RT105x build in SPSDK's test data, 90039 bytes at 0x20000000.
    SpsdkRt1052,
    /// The RT106x build in SPSDK's test data, 90529 bytes at 0x20000000.
    SpsdkRt1062,
    /// rtboot's own loader for USB, as `loader/image` holds it.
    Own,
    /// The same for a UART.
    OwnUart,
}

impl Loader {
    /// What the running loader is on a board with this chip: the RAM that it keeps for itself, as property 12 tells, and the
    /// firmware of its chip.
    ///
    /// Source: the genuine builds, emulated; the stand-in claims its own image and 8 KiB to work in.
    pub fn build(self, chip: &Chip) -> Build {
        let own = (standin::LOAD, standin::LOAD + standin::LEN as u32 - 1);
        let reserved = match self {
            // an RT1010 has no RAM at 0x20210000
            Loader::Standin if chip.ram_size() < 0x4_0000 => [own, (0x2020_D000, 0x2020_EFFF)],
            Loader::Standin => [own, (0x2021_0000, 0x2021_1FFF)],
            Loader::McuBootUtility => [(0x2020_8400, 0x2021_5925), (0x2021_8000, 0x2021_DAD7)],
            Loader::McuBootUtilityDtcm => [(0x2000_0400, 0x2000_D925), (0x2001_0000, 0x2001_5AD7)],
            Loader::McuBootUtilityItcm => [(0x0400, 0xD91D), (0x1_0000, 0x1_5AD7)],
            Loader::Spsdk => [(0x2020_A000, 0x2021_7E85), (0x2000_0000, 0x2000_5AD7)],
            Loader::McuBootUtilityRt1011 => {
                [(0x2020_5A00, 0x2020_D574), (0x2000_0000, 0x2000_4157)]
            }
            Loader::McuBootUtilityRt1015 => {
                [(0x2020_8400, 0x2021_2FD2), (0x2021_5000, 0x2021_A4D7)]
            }
            Loader::McuBootUtilityRt1024 => {
                [(0x2020_8400, 0x2021_2068), (0x2021_8000, 0x2021_D4EF)]
            }
            Loader::McuBootUtilityRt1052 => {
                [(0x2020_8400, 0x2021_C648), (0x2021_F000, 0x2022_CDFF)]
            }
            Loader::McuBootUtilityRt1062 => {
                [(0x2020_8400, 0x2021_C4DA), (0x2022_0000, 0x2022_DE7F)]
            }
            Loader::SpsdkRt1052 => [(0x2000_2000, 0x2001_5FB7), (0x2020_8000, 0x2021_5A6F)],
            Loader::SpsdkRt1062 => [(0x2000_2000, 0x2001_61A1), (0x2020_8000, 0x2021_5E77)],
            // the image, and what it works in behind it
            Loader::Own | Loader::OwnUart => {
                let start = own_image().start;
                let end = start + OWN.len() as u32;
                [(start, end - 1), (end, 0x2020_FFFF)]
            }
        };
        let firmware = match self.chip() {
            Some(name) => Chip::find(name).map_or(Firmware::of(chip), Firmware::of),
            None => Firmware::of(chip),
        };
        Build { reserved, firmware }
    }

    /// The chip that it was made for; `None` for the stand-in, which is made for all of them.
    fn chip(self) -> Option<&'static str> {
        use Loader::*;
        match self {
            Standin => None,
            McuBootUtilityRt1011 => Some("RT1011"),
            McuBootUtilityRt1015 => Some("RT1015"),
            McuBootUtilityRt1024 => Some("RT1024"),
            McuBootUtilityRt1052 | SpsdkRt1052 => Some("RT1052"),
            McuBootUtilityRt1062 | SpsdkRt1062 => Some("RT1062"),
            _ => Some("RT1021"),
        }
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
const KNOWN: [(Loader, u32, &str); 11] = [
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
    (
        Loader::McuBootUtilityRt1011,
        0x2020_5800,
        "c25f390d9368b54acab91b2b1b8c378577455f752725e7903165b02d07f98f89",
    ),
    (
        Loader::McuBootUtilityRt1015,
        0x2020_8200,
        "814179e623d3fae5243d865f0b297db6ae0236fa98fb061eb24f9b6f6082ba4b",
    ),
    (
        Loader::McuBootUtilityRt1024,
        0x2020_8200,
        "b459f76edc721225937010637aa17f20c215b8a7b71075282a4185cb87b6e8bd",
    ),
    (
        Loader::McuBootUtilityRt1052,
        0x2020_8200,
        "c0af776dc30f7312c99eb39c8458c7ba3b28c89f964b9e809d68d232209019a3",
    ),
    (
        Loader::McuBootUtilityRt1062,
        0x2020_8200,
        "11f3ab5abc9c82366ea9e6235115b0053f34c352fb7c153723bad993019e457f",
    ),
    (
        Loader::SpsdkRt1052,
        0x2000_0000,
        "b337a65b2e6046d39d5e3886ccbb44ba0e3a24b01848c5afbb2b5b97d8bcbfef",
    ),
    (
        Loader::SpsdkRt1062,
        0x2000_0000,
        "ee5f885cae5b550802dd9361eea02556b20f8f6551f7b7e84fac2c3ff62b5b59",
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

/// Which loader runs when the ROM of this chip jumps into this image.
pub fn recognise(chip: &Chip, ram: &Ram, data: &BootData) -> Jump {
    let in_its_ram = |ram, loader| started(chip, ram, loader);
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

/// A loader that works in RAM which the FlexRAM split does not give faults right after the jump, and so does one whose USB
/// controller is elsewhere on this chip. One for other pads runs, but finds no flash. rtboot's own loader looks which chip it is on.
fn started(chip: &Chip, ram: &Ram, loader: Loader) -> Jump {
    let made_for = loader.chip().and_then(Chip::find).unwrap_or(chip);
    let own = matches!(loader, Loader::Own | Loader::OwnUart);
    if made_for.usb != chip.usb || own && made_for.pads != chip.pads {
        return Jump::Lost(format!(
            "the loader is one for the {}, this is an {}",
            made_for.name, chip.name
        ));
    }
    let lacks =
        |(first, last): &(u32, u32)| ram.slice(*first, (last - first + 1) as usize).is_none();
    match loader.build(chip).reserved.into_iter().find(lacks) {
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
    use crate::chip::RT1021;

    /// Fuse values of the FlexRAM split with which each build came up in emulation, and with which it did not.
    #[test]
    fn builds_for_tightly_coupled_memory_need_their_split() {
        for (loader, good, bad) in [
            (Loader::McuBootUtility, [0, 8], [1, 5]),
            (Loader::McuBootUtilityDtcm, [1, 2], [0, 8]),
            (Loader::McuBootUtilityItcm, [4, 9], [0, 1]),
        ] {
            for split in good {
                let ram = Ram::partitioned(&RT1021, split);
                assert_eq!(
                    started(&RT1021, &ram, loader),
                    Jump::Start(loader),
                    "split {split}"
                );
            }
            for split in bad {
                let jump = started(&RT1021, &Ram::partitioned(&RT1021, split), loader);
                assert!(
                    matches!(jump, Jump::Lost(_)),
                    "{loader:?}, split {split}: {jump:?}"
                );
            }
        }
    }
}
