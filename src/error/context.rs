//! Failures with what rtboot was doing.

use super::Error;
use crate::{mboot, sdp};

/// Result of everything that talks to a board.
pub type Result<T> = std::result::Result<T, Error>;

/// Step of the errors about what a UART made of the flashloader on its way into RAM; advice goes by it.
pub(crate) const READ_BACK: &str = "reading back the flashloader";

impl Error {
    /// Wraps an SDP failure with what rtboot was doing.
    pub fn sdp(step: impl Into<String>) -> impl FnOnce(sdp::Error) -> Error {
        let step = step.into();
        move |source| Error::Sdp { step, source }
    }

    /// Wraps a flashloader failure with what rtboot was doing.
    pub fn mboot(step: impl Into<String>) -> impl FnOnce(mboot::Error) -> Error {
        let step = step.into();
        move |source| Error::Mboot { step, source }
    }

    /// Adds what flash holds now to a failure that happened while it was changing.
    pub fn while_writing(self, state: impl Into<String>) -> Error {
        match self {
            Error::Interrupted { .. } => Error::Interrupted {
                state: state.into(),
            },
            source => Error::WhileWriting {
                source: Box::new(source),
                state: state.into(),
            },
        }
    }
}
