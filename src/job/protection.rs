//! Clearing the flash's block protection.

use rtboot_fcb::{Protected, StatusRegisters};

use crate::flash::Nor;
use crate::{Error, Result};

/// What clearing the block protection changes in the status registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unprotect {
    /// As they are.
    pub before: StatusRegisters,
    /// As they would be.
    pub wanted: StatusRegisters,
}

impl Unprotect {
    /// What would change; `None` when nothing is protected.
    ///
    /// # Errors
    /// [`Error::BlockLocks`] when the bits that it clears do not count.
    pub fn plan(nor: &Nor) -> Result<Option<Unprotect>> {
        let (part, before) = (nor.part(), nor.facts().status);
        let extent = nor.facts().protected_extent(part);
        if !extent.is_any() {
            return Ok(None);
        }
        if matches!(extent, Protected::OwnLocks { .. }) {
            return Err(Error::BlockLocks {
                part: nor.names(),
                status: before,
                extent,
            });
        }
        Ok(Some(Unprotect {
            before,
            wanted: part.unprotected(&before),
        }))
    }
}

/// Writes the status registers as planned and reads them back. Returns what they are then.
///
/// # Errors
/// [`Error::ProtectionStays`], [`Error::StatusWriteUnknown`], and whatever writing brings.
pub fn unprotect(nor: &mut Nor, plan: &Unprotect) -> Result<StatusRegisters> {
    let after = nor.write_status(&plan.wanted)?;
    match nor.part().protected(&after) {
        true => Err(Error::ProtectionStays {
            part: nor.names(),
            before: plan.before,
            after,
            lock: nor.part().status_lock(&after),
        }),
        false => Ok(after),
    }
}
