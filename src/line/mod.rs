//! A production line: many boards at once, each unit with numbers of its own, and a ledger that never gives a number twice.

mod state;

pub use state::{
    Counts, JobWords, LineState, PoolLeft, SlotPhase, SlotState, Told, UnitWords, Watch,
};
