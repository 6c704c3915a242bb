//! What an image says about itself, one sentence each: the same kind of finding as the crate rtboot-fcb's.

pub use rtboot_fcb::{Finding, Severity};
