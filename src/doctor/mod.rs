//! What is wrong with a board: facts gathered with the least invasive means first, then pure rules over them.
//!
//! ```text
//! host ─ ROM over SDP ─ flashloader ─ flash through read-only FCBs ─ content ─ application file
//!                                     │
//!                                   Facts ──► rules ──► findings, gravest and surest first
//! ```
//!
//! Nothing in flash or fuses is changed. What fails while gathering is a fact, too. Rules see [`Facts`] and nothing
//! else, so each can be tried on facts written down by hand.

mod facts;
mod finding;
mod gather;
mod header;
mod rules;

pub use crate::catalogue;
pub use facts::{
    AppFacts, AppInput, BEYOND, BOOT_CFG0, BOOT_CFG1, BOOT_CFG2, Compared, Content, Expected,
    Facts, FlashLook, FuseWords, HostFacts, LoaderRun, MISC_CONF0, Obstacle, ReadProof, Request,
    Row, Source, Unknown, boot_obstacle, obstacle, ocram_kib, rows,
};
pub use finding::{Diagnosis, Finding, Next, Severity, Sure};
pub use gather::{gather, host, nobody};
pub use header::{HEADER, is_blank, quad_clear, read_header};
pub use rules::examine;
