//! What is wrong with a board: facts gathered with the least invasive means first, then pure rules over them.
//!
//! ```text
//! host ─ ROM over SDP ─ flashloader ─ flash through read-only FCBs ─ content ─ application file
//!                                     │
//!                                   Facts ──► rules ──► findings, gravest and surest first
//! ```
//!
//! Nothing in flash or fuses is changed. A step that fails while gathering is a fact, too. Rules see [`Facts`] and nothing
//! else, so a test can write the facts down by hand.

mod facts;
mod gather;
mod rules;

pub use facts::{
    AppFacts, AppInput, BEYOND, Content, Expected, Facts, FlashLook, FuseWords, HostFacts,
    LoaderRun, ReadProof, Request, Row, Source, Unknown, rows,
};
pub use gather::{gather, host, nobody};
pub use rules::{Diagnosis, examine};
