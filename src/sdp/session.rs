//! What a session with the ROM is told, and what it tells.

use std::time::Duration;

/// How long answers are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// An answer to a command without data. Default 2 s (SPSDK; others 1 to 10 s).
    pub command: Duration,
    /// The answer once all data of a WRITE_FILE, DCD or CSF is out. Default 5 s.
    pub data: Duration,
    /// How long after a jump a refusal is listened for. Default 200 ms.
    pub refusal: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            command: Duration::from_secs(2),
            data: Duration::from_secs(5),
            refusal: Duration::from_millis(200),
        }
    }
}

/// What a jump looked like from here. A refusal is an [`Error::Refused`](super::Error::Refused).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JumpOutcome {
    /// The ROM left the bus: other code runs.
    Left,
    /// The ROM accepted and is silent; it may still leave. If the same device stays, the image did not run.
    Silent,
}
