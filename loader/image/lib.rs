//! The image of rtboot's own RAM loader, as `loader/build` makes it. A crate of its own, because cargo packs no file of a folder below
//! another `Cargo.toml`.

#![no_std]

/// What the boot ROM's serial downloader takes: load address and entry stand in its IVT.
pub const IMAGE: &[u8] = include_bytes!("rtboot-loader.bin");

/// The version that it says of itself, as in `loader/proto/src/property.rs`.
pub const VERSION: &str = "0.2.0";
