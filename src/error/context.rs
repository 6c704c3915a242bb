//! Failures with what rtboot was doing, and with what flash holds.

use super::{Error, FlashState, Step};
use crate::{mboot, sdp};

/// Result of everything that talks to a board.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Wraps an SDP failure with what rtboot was doing.
    pub fn sdp(step: Step) -> impl FnOnce(sdp::Error) -> Error {
        move |source| Error::Sdp { step, source }
    }

    /// Wraps a flashloader failure with what rtboot was doing.
    pub fn mboot(step: Step) -> impl FnOnce(mboot::Error) -> Error {
        move |source| Error::Mboot { step, source }
    }

    /// A run that the user stopped before flash changed.
    pub fn interrupted() -> Error {
        Error::Interrupted {
            state: FlashState::default(),
        }
    }

    /// The same failure, with what flash holds now.
    #[must_use]
    pub fn with_flash_state(self, state: impl Into<FlashState>) -> Error {
        let state = state.into();
        match self {
            Error::Interrupted { .. } => Error::Interrupted { state },
            Error::WhileWriting { source, .. } => Error::WhileWriting { source, state },
            source => Error::WhileWriting {
                source: Box::new(source),
                state,
            },
        }
    }

    /// What flash holds now, where that is known to matter.
    pub fn flash_state(&self) -> Option<&FlashState> {
        match self {
            Error::Interrupted { state } | Error::WhileWriting { state, .. } => Some(state),
            _ => None,
        }
    }

    /// Whether the device left during the command that failed: it took what was sent before, and nothing was garbled.
    pub(crate) fn device_left(&self) -> bool {
        match self {
            Error::Mboot { source, .. }
            | Error::Configure { source, .. }
            | Error::Erase { source, .. }
            | Error::Program { source, .. } => match source {
                mboot::Error::Gone { .. } => true,
                mboot::Error::Port { source, .. } => source.is_gone(),
                _ => false,
            },
            Error::WhileWriting { source, .. } => source.device_left(),
            _ => false,
        }
    }

    /// Whether the flash did something else than it was told: the same command is likely to fail in the same way.
    pub(crate) fn is_of_flash(&self) -> bool {
        match self {
            Error::Configure { source, .. }
            | Error::Erase { source, .. }
            | Error::Program { source, .. } => {
                source.status().is_some() && !source.data_was_garbled()
            }
            Error::NotBlank { .. }
            | Error::Verify { .. }
            | Error::QuadReadDiffers { .. }
            | Error::QuadNotSet { .. }
            | Error::FcbUnreadable { .. } => true,
            Error::WhileWriting { source, .. } => source.is_of_flash(),
            _ => false,
        }
    }

    /// Whether the device answered the command that failed: it can be asked what flash holds.
    pub(crate) fn device_answers(&self) -> bool {
        match self {
            Error::Mboot { source, .. }
            | Error::Configure { source, .. }
            | Error::Erase { source, .. }
            | Error::Program { source, .. } => source.status().is_some(),
            Error::Sdp { .. } | Error::Port(_) => false,
            Error::WhileWriting { source, .. } => source.device_answers(),
            _ => true,
        }
    }
}
