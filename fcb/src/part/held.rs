use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::{Part, SfdpPresence};
use crate::QeMethod;
use crate::sfdp::Sfdp;

/// What a part's file and its SFDP both tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SfdpProperty {
    /// Whether there is an SFDP table.
    Presence,
    /// The size of the flash.
    Size,
    /// The page size.
    PageSize,
    /// Where the quad-enable bit is.
    QuadEnable,
    /// How long the basic table is.
    TableLength,
    /// The fast read: command and dummy cycles.
    Read,
    /// The sector erase.
    SectorErase,
    /// The block erase.
    BlockErase,
}

impl fmt::Display for SfdpProperty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            SfdpProperty::Presence => "SFDP",
            SfdpProperty::Size => "size",
            SfdpProperty::PageSize => "page size",
            SfdpProperty::QuadEnable => "quad enable",
            SfdpProperty::TableLength => "SFDP table",
            SfdpProperty::Read => "read command",
            SfdpProperty::SectorErase => "sector erase",
            SfdpProperty::BlockErase => "block erase",
        })
    }
}

/// A fact of a part that its SFDP contradicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// What it is about.
    pub what: SfdpProperty,
    /// What the part's file says.
    pub expected: String,
    /// What the flash says.
    pub found: String,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: the part's file says {}, the flash says {}",
            self.what, self.expected, self.found
        )
    }
}

impl Part {
    /// Compares the part's facts with what the flash says of itself; `None` when it has no SFDP.
    ///
    /// Only what both tell is compared: an old table without page size and quad enable contradicts neither.
    pub fn contradictions(&self, sfdp: Option<&Sfdp>) -> Vec<Contradiction> {
        let Some(sfdp) = sfdp else {
            return self.without_sfdp();
        };
        let mut found = Vec::new();
        let mut hold = |what, expected: String, says: String| {
            if expected != says {
                found.push(Contradiction {
                    what,
                    expected,
                    found: says,
                });
            }
        };
        hold(
            SfdpProperty::Size,
            bytes(self.size.into()),
            bytes(sfdp.size()),
        );
        if let Some(page) = sfdp.page_size() {
            hold(
                SfdpProperty::PageSize,
                bytes(self.page_size.into()),
                bytes(page.into()),
            );
        }
        let other_bit = |qe: &QeMethod| self.qe != QeMethod::Unknown && !qe.sets_bit_of(self.qe);
        if let Some(qe) = sfdp.qer().filter(other_bit) {
            hold(SfdpProperty::QuadEnable, qe_place(self.qe), qe_place(qe));
        }
        if let Some(dwords) = self.sfdp.dwords {
            // a later revision of a part may grow its table, but not lose the long one
            let long = |long| {
                if long {
                    "long (16 or more dwords)"
                } else {
                    "short (9 dwords)"
                }
                .to_owned()
            };
            hold(
                SfdpProperty::TableLength,
                long(dwords >= 16),
                long(sfdp.basic.is_long()),
            );
        }
        self.hold_read(sfdp, &mut hold);
        self.hold_erase(sfdp, &mut hold);
        found
    }

    fn without_sfdp(&self) -> Vec<Contradiction> {
        let expected = self.sfdp.presence == SfdpPresence::Expected;
        let missing = Contradiction {
            what: SfdpProperty::Presence,
            expected: "there is one".to_owned(),
            found: "nothing".to_owned(),
        };
        if expected { vec![missing] } else { Vec::new() }
    }

    fn hold_read(&self, sfdp: &Sfdp, hold: &mut impl FnMut(SfdpProperty, String, String)) {
        let read = &self.read;
        let says = match (read.address_pads, read.data_pads) {
            (4, 4) => sfdp.quad_io(),
            (1, 4) => sfdp.quad_output(),
            _ => return,
        };
        let Some(says) = says else {
            return hold(
                SfdpProperty::Read,
                format!("{read}"),
                "that shape does not exist".to_owned(),
            );
        };
        // the table gives the command with three address bytes
        let opcode = match read.opcode {
            0xEC => 0xEB,
            0x6C => 0x6B,
            opcode => opcode,
        };
        let text = |opcode: u8, dummy: u8| format!("{opcode:02X}h with {dummy} dummy cycles");
        hold(
            SfdpProperty::Read,
            text(opcode, read.dummy_cycles),
            text(says.opcode, says.dummy_cycles()),
        );
    }

    fn hold_erase(&self, sfdp: &Sfdp, hold: &mut impl FnMut(SfdpProperty, String, String)) {
        let types = sfdp.erase_types();
        // the table gives the commands with three address bytes
        let commands = self.erase.with_address_bits(24);
        for (what, size, opcode) in [
            (SfdpProperty::SectorErase, self.sector_size, commands.sector),
            (SfdpProperty::BlockErase, self.block_size, commands.block),
        ] {
            let says = types.iter().find(|kind| kind.size == u64::from(size));
            let says = says.map_or("no erase of that size".to_owned(), |kind| {
                format!("{:02X}h for {}", kind.opcode, bytes(kind.size))
            });
            hold(
                what,
                format!("{opcode:02X}h for {}", bytes(size.into())),
                says,
            );
        }
    }
}

fn bytes(count: u64) -> String {
    u32::try_from(count).map_or_else(|_| format!("{count} bytes"), crate::fcb::size_in_words)
}

/// The bit alone, not the command that sets it.
fn qe_place(qe: QeMethod) -> String {
    match qe {
        QeMethod::None => "none",
        QeMethod::Sr1Bit6 => "status register 1 bit 6",
        QeMethod::Sr2Bit1TwoByte | QeMethod::Sr2Bit1By31 => "status register 2 bit 1",
        QeMethod::Sr2Bit7 => "status register 2 bit 7",
        QeMethod::Unknown => "not known",
    }
    .to_owned()
}
