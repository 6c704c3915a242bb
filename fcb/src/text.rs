//! Configuration blocks as source text of other tools.
//!
//! | form | read | write | for |
//! |------|------|-------|-----|
//! | YAML of SPSDK (`nxpimage bootable-image fcb`) | `from_yaml`, with the feature `yaml` | [`to_yaml`] | people who come from, or go to, SPSDK |
//! | C array, assembler data | [`from_array`] | [`to_c`] | an MCUXpresso SDK project |
//! | Rust static | [`from_array`] | [`to_rust`] | a firmware in Rust, in the place of an imxrt-boot-gen block |
//!
//! The `.cfg` of this crate is at [`crate::PartFile`].

mod array;
mod assembler;
mod code;
mod emit;
#[cfg(feature = "yaml")]
mod parse;
mod spsdk;
#[cfg(feature = "yaml")]
mod tree;

use alloc::string::String;
use core::fmt;

pub use array::{ArrayError, bytes_from_array, from_array};
pub use code::{to_c, to_rust};
pub use emit::to_yaml;
#[cfg(feature = "yaml")]
pub use parse::from_yaml;

/// What is wrong with a YAML file, and where.
///
/// Prints `line 12: unknown key `csHold`; did you mean `csHoldTime`?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// Counted from 1.
    pub line: usize,
    /// One sentence without a full stop.
    pub message: String,
}

impl fmt::Display for YamlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl core::error::Error for YamlError {}
