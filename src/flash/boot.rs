//! What the ROM needs of the flash, and whether it would start it.

use rtboot_bootable::verdict::{Conditions, Hab, Verdict, next_piece};
use rtboot_bootable::{BootImage, Error as ImageError, Memory};
use rtboot_fcb::lut::index;
use rtboot_fcb::{Part, database};

use super::Nor;
use crate::event::{Listener, Meter, Stage};
use crate::{Error, Result};

/// What was read of the flash, and the verdict on it.
#[derive(Debug)]
pub struct BootLook {
    /// FCB, IVT and what they point to.
    pub memory: Memory,
    /// Whether the ROM would start it.
    pub verdict: Verdict,
    /// Whether all of it is erased.
    pub blank: bool,
}

impl BootLook {
    /// "FCB (EBh 1-4-4 …), IVT at 0x60001000, stack 0x20010000, reset handler 0x60002009".
    pub fn parts(&self) -> String {
        if self.blank {
            return "blank".into();
        }
        let seen = &self.verdict.inspection;
        let fcb = seen.fcb.as_ref();
        let ivt = seen.ivt_address;
        let parts = [
            Some(fcb.map_or("no FCB".to_owned(), |fcb| {
                format!("FCB ({})", fcb.sequence(index::READ))
            })),
            Some(ivt.map_or("no IVT".to_owned(), |at| format!("IVT at {at:#010x}"))),
            seen.vectors
                .map(|v| format!("stack {:#010x}, reset handler {:#010x}", v.stack, v.reset)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Nor {
    /// All parts that the flash may be, the one that it is taken for first: reading does not tell parts with one id apart.
    pub fn candidates(&self) -> Vec<Part> {
        let known = database::by_jedec(self.facts().id);
        let own = self.part();
        let is_own = |part: &Part| part.name == own.name;
        let others = known.iter().any(is_own);
        let mut parts = vec![own.clone()];
        // a part from the user's own file stands for itself
        if others {
            parts.extend(known.into_iter().filter(|part| !is_own(part)));
        }
        parts
    }

    /// The names of all parts that the flash may be.
    pub fn names(&self) -> String {
        let parts = self.candidates();
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        names.join(" or ")
    }

    /// Judges bytes as the content of this flash.
    pub fn judge(&self, memory: &Memory, hab: Option<Hab>) -> Verdict {
        let parts = self.candidates();
        let mut conditions = Conditions::default()
            .parts(&parts)
            .status(self.facts().status);
        conditions.hab = hab;
        Verdict::of(memory, &self.chip().map, &conditions)
    }

    /// The verdict on what flash holds after a write.
    ///
    /// A boot image that was written is judged by its bytes; after anything else what the ROM needs is read.
    ///
    /// # Errors
    /// As [`Nor::look_at_boot`].
    pub fn judge_written(
        &mut self,
        image: Option<&BootImage>,
        listener: &mut dyn Listener,
    ) -> Result<Verdict> {
        match image {
            Some(image) => Ok(self.judge(&image.memory, None)),
            None => Ok(self.look_at_boot(None, listener)?.verdict),
        }
    }

    /// Reads on one pad what the ROM needs, and judges it; changes nothing in flash.
    ///
    /// # Errors
    /// Whatever reading brings.
    pub fn look_at_boot(
        &mut self,
        hab: Option<Hab>,
        listener: &mut dyn Listener,
    ) -> Result<BootLook> {
        self.use_plain()?;
        let map = self.chip().map;
        let size = self.geometry().size;
        let mut memory = Memory::new();
        while let Some((address, length)) = next_piece(&memory, &map, size) {
            let mut meter = Meter::begin(listener, Stage::Read, u64::from(length));
            let bytes = self.read(address, length, &mut meter)?;
            meter.end();
            memory.replace(address, bytes).map_err(in_flash)?;
        }
        Ok(BootLook {
            verdict: self.judge(&memory, hab),
            blank: Verdict::is_blank(&memory),
            memory,
        })
    }
}

fn in_flash(source: ImageError) -> Error {
    Error::Firmware {
        path: "flash".into(),
        source,
    }
}
