//! A production line for people: a screen of its slots, or plain lines.

// nothing calls them before `rtboot line run` does
#[allow(dead_code)]
pub mod plain;
#[cfg(feature = "screen")]
#[allow(dead_code)]
pub mod screen;

use clap::ValueEnum;
use rtboot::line::SlotPhase;

/// When the terminal's bell rings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Bell {
    /// Never
    #[default]
    Never,
    /// At a unit that is bad, aborted or refused, and when a slot is taken out
    Bad,
    /// The same, and twice at a good unit
    Always,
}

#[allow(dead_code)]
impl Bell {
    /// What the terminal is sent when a slot comes into this phase.
    pub fn rings(self, phase: &SlotPhase) -> &'static str {
        match (self, phase) {
            (Bell::Never, _) => "",
            (Bell::Always, SlotPhase::Passed { .. }) => "\x07\x07",
            (
                _,
                SlotPhase::Failed { .. }
                | SlotPhase::Aborted { .. }
                | SlotPhase::Refused { .. }
                | SlotPhase::Out { .. },
            ) => "\x07",
            _ => "",
        }
    }
}
