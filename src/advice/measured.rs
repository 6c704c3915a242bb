//! What a run measured sorts the likely causes of its failure: those that it shows come first, those that it rules out are left
//! out. The others keep the order of their likelihood.

use std::ops::Range;

use rtboot_fcb::StatusLock;
use rtboot_finding::catalogue::{flash, host, loader};
use rtboot_finding::{Entry, Next};

use crate::Error;
use crate::event::{Event, Measurements};
use crate::port::Wire;
use crate::sdp::Hab;

/// What a run measured, as far as it tells causes apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Measured {
    /// What the board hangs on.
    pub wire: Option<Wire>,
    /// Whether the flash's status registers protect any of it.
    pub protected: Option<bool>,
    /// What earlier runs left open on the board.
    pub interrupted: Vec<Interrupted>,
    /// What the run told on its way.
    pub on_the_way: Measurements,
}

/// A write or an erase of an earlier run that broke off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupted {
    /// Addresses of flash whose bytes may be missing or wrong.
    pub ranges: Vec<Range<u64>>,
    /// What is told of it.
    pub entry: &'static Entry,
    /// What to do about it.
    pub next: Vec<Next>,
}

impl Measured {
    /// Takes over what an event of the run tells.
    pub fn hear(&mut self, event: &Event) {
        match event {
            Event::Known(known) => self.protected = known.flash_protected.or(self.protected),
            Event::Measured(more) => self.on_the_way.add(more),
            _ => {}
        }
    }

    /// Sorts the causes of this error. One that stands alone stays: what is measured may have changed since.
    pub(super) fn sort(&self, error: &Error, causes: &mut Vec<&'static Entry>) {
        let noisy = &host::UART_NOISY;
        let of_link = self.wire == Some(Wire::Serial) && is_of_link(error);
        let unnamed = !causes.iter().any(|cause| cause.code == noisy.code);
        if of_link && unnamed && self.on_the_way.uart_spoils == Some(true) {
            causes.push(noisy);
        }
        let possible = |cause: &&'static Entry| self.says(error, cause) != Some(false);
        if causes.iter().any(possible) {
            causes.retain(possible);
        }
        causes.sort_by_key(|cause| self.says(error, cause) != Some(true));
    }

    /// What was measured says of this cause: true, false, or nothing.
    fn says(&self, error: &Error, cause: &Entry) -> Option<bool> {
        let is = |entry: &Entry| entry.code == cause.code;
        let on_the_way = &self.on_the_way;
        let shown = |fact: Option<bool>| fact.filter(|fact| *fact);
        let ruled_out = |fact: Option<bool>| fact.filter(|fact| *fact).map(|_| false);
        match () {
            _ if is(&flash::FLASH_PROTECTED) || is(&flash::FLASH_PROTECTED_LOCKED) => {
                self.protected
            }
            _ if is(&loader::CLOSED_PART) => on_the_way.hab.map(|hab| hab == Hab::Closed),
            _ if is(&loader::FUSE_FLEXRAM_SHORT) => on_the_way.flexram_fits.map(|fits| !fits),
            _ if is(&loader::LOADER_BAD_FILE) => ruled_out(on_the_way.loader_is_known),
            _ if is(&flash::FLASH_SECOND_PINS) => on_the_way.second_pins,
            _ if is(&flash::FLASH_LOADER_PINS) => on_the_way.loader_on_second_pins,
            _ if is(&flash::FLASH_BUSY) => shown(on_the_way.flash_busy),
            _ if is(&flash::FLASH_IN_QPI) => on_the_way.flash_in_qpi,
            _ if is(&flash::FLASH_NO_SFDP) => on_the_way.has_sfdp.map(|has| !has),
            _ if is(&flash::FLASH_TOO_FAST) || is(&flash::FLASH_QUAD_WRONG) => {
                ruled_out(on_the_way.one_pad)
            }
            _ if is(&flash::FLASH_OTHER_PART) => ruled_out(on_the_way.id_names_part),
            _ if is(&host::UART_NOISY) => shown(on_the_way.uart_spoils),
            _ if is(&host::HOST_PERMISSION) => ruled_out(on_the_way.loader_sent),
            _ if is(&flash::FLASH_STATUS_LOCKED) => {
                lock(error).map(|lock| lock != StatusLock::Open)
            }
            _ => None,
        }
    }
}

/// What keeps the status registers as they are, by the error itself.
fn lock(error: &Error) -> Option<StatusLock> {
    match error {
        Error::QuadNotSet { lock, .. } => Some(*lock),
        Error::WhileWriting { source, .. } => lock(source),
        _ => None,
    }
}

/// Whether an answer was lost or garbled on its way.
fn is_of_link(error: &Error) -> bool {
    match error {
        Error::Sdp { source, .. } => source.is_of_link(),
        Error::Mboot { source, .. }
        | Error::Configure { source, .. }
        | Error::Erase { source, .. }
        | Error::Program { source, .. } => source.is_of_link(),
        Error::LoaderSilent { .. } => true,
        Error::WhileWriting { source, .. } => is_of_link(source),
        _ => false,
    }
}
