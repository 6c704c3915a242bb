//! Chips that rtboot recognises and does not write: enough of them to name one that was plugged in by mistake.

use core::fmt;

use crate::{CHIPS, UsbId};

/// A chip that rtboot does not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// Name in messages.
    pub name: &'static str,
    /// USB ids of its boot ROM.
    pub rom_usb: UsbId,
    /// Address and value of the id register, without the revision byte; `None` where no source tells it.
    pub id: Option<(u32, u32)>,
    /// Whether its flash is inside the package, by bit 20 of fuse word 4.
    pub in_package: bool,
}

/// Revision byte of the id register of every RT10xx.
pub(crate) const REVISION: u32 = 0xFF;
/// Bit of fuse word 4 that is set when the flash is inside the package.
pub(crate) const PACKAGE_BIT: u32 = 20;

const fn rt10xx(name: &'static str, pid: u16, id: u32) -> Foreign {
    Foreign {
        name,
        rom_usb: (0x1FC9, pid),
        id: Some((0x400D_8260, id)),
        in_package: false,
    }
}

const fn rt11xx(name: &'static str) -> Foreign {
    Foreign {
        name,
        rom_usb: (0x1FC9, 0x013D),
        id: None,
        in_package: false,
    }
}

/// Source: NXP-MCUBootUtility and TinyUF2 (USB ids), mcux-devices-rt headers (id register).
pub const FOREIGN: &[Foreign] = &[
    rt10xx("RT1010", 0x0145, 0x006D_0000),
    rt10xx("RT1011", 0x0145, 0x006D_0000),
    rt10xx("RT1015", 0x0130, 0x006B_0000),
    rt10xx("RT1040", 0x0135, 0x006C_0000),
    rt10xx("RT1050", 0x0130, 0x006A_0000),
    rt10xx("RT1051", 0x0130, 0x006A_0000),
    rt10xx("RT1052", 0x0130, 0x006A_0000),
    rt10xx("RT1060", 0x0135, 0x006C_0000),
    rt10xx("RT1061", 0x0135, 0x006C_0000),
    rt10xx("RT1062", 0x0135, 0x006C_0000),
    Foreign {
        in_package: true,
        ..rt10xx("RT1064", 0x0135, 0x006C_0000)
    },
    rt11xx("RT1160"),
    rt11xx("RT1170"),
];

/// Names of foreign chips that pass a test, without those that have a row by now.
pub(crate) fn names(test: impl Fn(&Foreign) -> bool) -> impl Iterator<Item = &'static str> {
    let without_row = |chip: &&Foreign| CHIPS.iter().all(|row| row.name != chip.name);
    let chips = FOREIGN.iter().filter(without_row);
    chips.filter(move |chip| test(chip)).map(|chip| chip.name)
}

/// The chips whose boot ROM has these USB ids; `None` when no RT10xx or RT11xx has.
pub fn rom_by_usb(vid: u16, pid: u16) -> Option<RomOwners> {
    let owners = RomOwners { usb: (vid, pid) };
    owners.names().next().is_some().then_some(owners)
}

/// The chips that share a boot ROM's USB ids; shows as `RT1015/RT1020/RT1021`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RomOwners {
    usb: UsbId,
}

impl RomOwners {
    /// Every distinct pair of USB ids, those of rows first.
    pub fn all() -> impl Iterator<Item = RomOwners> {
        let every = || {
            let rows = CHIPS.iter().map(|chip| chip.rom_usb);
            rows.chain(FOREIGN.iter().map(|chip| chip.rom_usb))
        };
        every().enumerate().filter_map(move |(at, usb)| {
            let new = every().take(at).all(|before| before != usb);
            new.then_some(RomOwners { usb })
        })
    }

    /// The ids.
    pub fn usb(&self) -> UsbId {
        self.usb
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let usb = self.usb;
        let rows = CHIPS.iter().filter(move |chip| chip.rom_usb == usb);
        let rows = rows.map(|chip| chip.name);
        rows.chain(names(move |chip| chip.rom_usb == usb))
    }

    /// Whether their ROM is known to speak SDP: that of the RT1160 and RT1170 is not.
    pub fn speak_sdp(&self) -> bool {
        let foreign = |chip: &Foreign| chip.rom_usb == self.usb && chip.id.is_some();
        self.has_row() || FOREIGN.iter().any(foreign)
    }

    /// Whether a chip with a row is among them.
    pub fn has_row(&self) -> bool {
        CHIPS.iter().any(|chip| chip.rom_usb == self.usb)
    }
}

impl fmt::Display for RomOwners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        join(f, self.names())
    }
}

/// Writes names with `/` between them.
pub(crate) fn join<'a>(
    f: &mut fmt::Formatter<'_>,
    names: impl Iterator<Item = &'a str>,
) -> fmt::Result {
    for (at, name) in names.enumerate() {
        let slash = if at == 0 { "" } else { "/" };
        write!(f, "{slash}{name}")?;
    }
    Ok(())
}
