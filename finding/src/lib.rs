//! What rtboot can find, in one catalogue, and one type for what it did find.
//!
//! Every note, warning, doctor's finding and likely cause of an error is a [`Finding`] of an [`Entry`] in the
//! [`catalogue`]. An entry has a stable code for programs and a sentence for people; the sentence has holes for names and
//! addresses. A code that is not in the catalogue does not compile:
//!
//! ```
//! use rtboot_finding::{Finding, Severity, catalogue::image};
//!
//! let finding = Finding::new(&image::IVT_SELF_MISMATCH).address("self", 0x6000_0400_u32).address("at", 0x6000_1000_u32);
//! assert_eq!(finding.code(), "ivt-self-mismatch");
//! assert_eq!(finding.severity, Severity::Error);
//! assert_eq!(
//!     finding.to_string(),
//!     "the IVT is at 0x60001000, but its self pointer says 0x60000400"
//! );
//! ```
//!
//! No I/O; needs a heap and nothing else. Features `serde` and `schemars` let programs print and describe the two scales.
#![no_std]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]

extern crate alloc;

mod action;
pub mod catalogue;
mod entry;
mod finding;

pub use action::{Action, Next};
pub use entry::{Entry, Severity};
pub use finding::{Finding, Sure, Value};
