//! Quad enable, and the proof that four pads read what one pad reads, before anything is erased.

use std::collections::BTreeSet;

use rtboot_fcb::EraseUnit;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use super::Writer;
use crate::event::{Listener, tell};
use crate::{Error, Result};

impl Writer<'_> {
    /// Sets quad enable where the part needs it, and proves that four pads read what one pad reads.
    pub(super) fn prepare(&mut self, listener: &mut dyn Listener) -> Result<()> {
        self.quad_set = self.nor.set_quad(listener)?;
        self.nor.reset_registers()?;
        if self.plan.is_empty() && self.plan.compared_fast() && self.verify {
            // the compare held this read against the plain one; what it did not read so the verify reads
            return match self.nor.proves_by_hash() || !self.plan.to_verify().is_empty() {
                true => self.nor.use_work(EraseUnit::Sector),
                false => Ok(()),
            };
        }
        self.nor.use_work(EraseUnit::Sector)?;
        self.prove_quad(listener)
    }

    /// Reads some sector that is not blank on four pads; it must equal what was read on one. So must every sector that holds
    /// bytes to be kept through an erase, for they are programmed back as they were read, and the first one, for what it
    /// holds decides whether it must go before all else.
    fn prove_quad(&mut self, listener: &mut dyn Listener) -> Result<()> {
        // the compare read them so, and on one pad
        let mut proved = self.plan.compared_fast();
        if !self.plan.is_empty() {
            let decisive = self.plan.decisive_bytes().into_iter();
            for (address, current) in decisive.filter(|(at, _)| !self.plan.is_proved(*at)) {
                self.prove_sector(&current, address)?;
                proved |= current.iter().any(|&b| b != 0xFF);
            }
        }
        if proved {
            return Ok(());
        }
        let telling = self.plan.sectors().find(|(_, sector)| {
            sector.guess.is_none() && sector.current.iter().any(|&b| b != 0xFF)
        });
        match telling {
            Some((address, sector)) => {
                let current = sector.current.clone();
                self.prove_sector(&current, address)
            }
            None => {
                tell(listener, Finding::new(&run::QUAD_UNPROVED));
                Ok(())
            }
        }
    }

    /// Holds the quad read of a sector against the plain one. Cells that a cut command left near their threshold differ from
    /// one plain read to the next, too, and prove nothing.
    fn prove_sector(&mut self, current: &[u8], address: u32) -> Result<()> {
        let proved = self.nor.prove_quad_read(current, address, &BTreeSet::new());
        if !matches!(proved, Err(Error::QuadReadDiffers { .. })) {
            return proved;
        }
        let unsteady = self.nor.unsteady(address, current.len() as u32)?;
        self.nor.use_work(EraseUnit::Sector)?;
        self.nor.prove_quad_read(current, address, &unsteady)
    }
}
