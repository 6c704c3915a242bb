use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use super::Part;
use crate::lut::REACH_24;

/// What the FlexSPI window holds: 504 MiB.
const LARGEST: u32 = 0x1F80_0000;

impl Part {
    /// The first fact that does not fit the others: its key in a `.cfg`, and why.
    pub(crate) fn misfit(&self) -> Option<(&'static str, String)> {
        self.odd_size()
            .or_else(|| self.odd_read())
            .or_else(|| self.odd_erase())
            .or_else(|| self.odd_dummies())
    }

    fn odd_size(&self) -> Option<(&'static str, String)> {
        for (key, size) in [
            ("page-size", self.page_size),
            ("sector-size", self.sector_size),
            ("block-size", self.block_size),
        ] {
            if !size.is_power_of_two() {
                return Some((
                    key,
                    format!("`{key}` must be a power of two, not {size:#x}"),
                ));
            }
        }
        if self.size == 0 || self.size > LARGEST || !self.size.is_multiple_of(self.block_size) {
            let most = LARGEST >> 20;
            let text = format!("`size` must be a multiple of the block size, at most {most} MiB");
            return Some(("size", text));
        }
        if self.page_size > self.sector_size || self.sector_size > self.block_size {
            let text = "a page must fit into a sector, and a sector into a block";
            return Some(("sector-size", text.to_owned()));
        }
        None
    }

    fn odd_erase(&self) -> Option<(&'static str, String)> {
        let bits = self.read.address_bits;
        let right = self.erase.with_address_bits(bits);
        for (key, command, right) in [
            ("sector-erase", self.erase.sector, right.sector),
            ("block-erase", self.erase.block, right.block),
        ] {
            if matches!(command, 0x60 | 0xC7) {
                let text = format!("{command:02X}h erases the whole part, not `{key}`");
                return Some((key, text));
            }
            if command != right {
                let text = format!(
                    "{command:02X}h takes another number of address bits than the read, {bits}; with {bits} it is {right:02X}h"
                );
                return Some((key, text));
            }
        }
        let same = self.sector_size == self.block_size;
        if !same && self.erase.sector == self.erase.block {
            let text = "one command erases one size: `sector-erase` and `block-erase` are the same, and the sizes are not";
            return Some(("block-erase", text.to_owned()));
        }
        None
    }

    fn odd_dummies(&self) -> Option<(&'static str, String)> {
        let control = self.dummy_register.as_ref()?;
        let problem = control.misfit(self.read.dummy_cycles)?;
        Some(("dummy-register", problem))
    }

    fn odd_read(&self) -> Option<(&'static str, String)> {
        if self.size > REACH_24 && self.read.address_bits == 24 {
            let text = format!(
                "{} has more than 16 MiB and needs a read command with 32 address bits",
                self.name
            );
            return Some(("read", text));
        }
        match self.max_mhz {
            Some(max) if self.clock.khz() > u32::from(max) * 1010 => Some((
                "clock",
                format!(
                    "clock {} is above the {max} MHz that {} takes; `[fcb]` can force it",
                    self.clock, self.name
                ),
            )),
            _ => None,
        }
    }
}
