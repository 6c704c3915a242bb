//! Clearing the flash's block protection.

use rtboot_fcb::StatusRegisters;

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
    pub fn plan(nor: &Nor) -> Option<Unprotect> {
        let (part, before) = (nor.part(), nor.facts().status);
        part.protected(&before).then(|| Unprotect {
            before,
            wanted: part.unprotected(&before),
        })
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
        }),
        false => Ok(after),
    }
}
