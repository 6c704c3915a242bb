//! Configuration blocks as source text of other tools.
//!
//! | form | read | write | for |
//! |------|------|-------|-----|
//! | YAML of SPSDK (`nxpimage bootable-image fcb`) | [`from_yaml`] | [`to_yaml`] | people who come from, or go to, SPSDK |
//! | C array | [`from_array`] | [`to_c`] | an MCUXpresso SDK project |
//! | Rust static | [`from_array`] | [`to_rust`] | a firmware in Rust, in the place of an imxrt-boot-gen block |
//!
//! The `.cfg` of this crate is at [`crate::PartFile`].

mod array;
mod code;
mod emit;
mod parse;
mod scan;

pub use array::{ArrayError, bytes_from_array, from_array};
pub use code::{to_c, to_rust};
pub use emit::to_yaml;
pub use parse::{YamlError, from_yaml};
