//! Sectors that a write left alone because they held what they should, and that read differently the next time.
//!
//! A command that lost power leaves cells near their threshold. Where the journal knows of it, those sectors are erased again;
//! the break may have been on another host, or its journal was given up.

use std::collections::BTreeSet;

use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use crate::event::{Listener, tell};
use crate::flash::{Action, Nor, WritePlan};
use crate::{Error, Result};

/// The sectors with such cells, when a write ended because flash differs.
pub(super) fn after(
    error: &Error,
    nor: &mut Nor,
    plan: &WritePlan,
    listener: &mut dyn Listener,
) -> Result<BTreeSet<u32>> {
    let mut weak = BTreeSet::new();
    if !differs(error) {
        return Ok(weak);
    }
    let sector = plan.geometry().sector;
    for (address, planned) in plan.sectors() {
        if planned.action == Action::Leave && !nor.unsteady(address, sector)?.is_empty() {
            tell(
                listener,
                Finding::new(&run::WEAK_CELLS).address("at", address),
            );
            weak.insert(address);
        }
    }
    Ok(weak)
}

fn differs(error: &Error) -> bool {
    match error {
        Error::WhileWriting { source, .. } => differs(source),
        error => matches!(error, Error::Verify { .. }),
    }
}
