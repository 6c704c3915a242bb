//! Whose boot ROM it is, by its USB ids: also that of chips that rtboot does not write, to name one that was plugged in by mistake.

use core::fmt;

use crate::{CHIPS, UsbId};

/// A chip that rtboot does not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// Name in messages.
    pub name: &'static str,
    /// USB ids of its boot ROM.
    pub rom_usb: UsbId,
}

const fn rt11xx(name: &'static str) -> Foreign {
    Foreign {
        name,
        rom_usb: (0x1FC9, 0x013D),
    }
}

/// Source: NXP-MCUBootUtility and TinyUF2.
pub const FOREIGN: &[Foreign] = &[rt11xx("RT1160"), rt11xx("RT1170")];

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
        let foreign = FOREIGN.iter().filter(move |chip| chip.rom_usb == usb);
        rows.chain(foreign.map(|chip| chip.name))
    }

    /// Whether their ROM is known to speak SDP: that of the RT1160 and RT1170 is not.
    pub fn speak_sdp(&self) -> bool {
        self.has_row()
    }

    /// Whether one of them has a ROM that reads registers out.
    pub fn read_registers(&self) -> bool {
        let mut rows = CHIPS.iter().filter(|chip| chip.rom_usb == self.usb);
        rows.any(|chip| chip.rom_reads)
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
