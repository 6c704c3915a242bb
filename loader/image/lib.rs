//! The image of rtboot's own RAM loader, as `loader/build` makes it. A crate of its own, because cargo packs no file of a folder below
//! another `Cargo.toml`.

#![no_std]

/// What the boot ROM's serial downloader takes: load address and entry stand in its IVT.
pub const IMAGE: &[u8] = include_bytes!("rtboot-loader.bin");

/// The version that it was built as.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
