//! The images of rtboot's own RAM loader, as `loader/build` makes them. A crate of its own, because cargo packs no file of a folder below
//! another `Cargo.toml`.

#![no_std]

/// What the boot ROM's serial downloader takes: load address and entry stand in its IVT.
pub const IMAGE: &[u8] = include_bytes!("rtboot-loader.bin");

/// The same for a board on a UART: both connections together are too large for one image.
pub const UART_IMAGE: &[u8] = include_bytes!("rtboot-loader-uart.bin");

/// The version that it says of itself, as in `loader/proto/src/property.rs`.
pub const VERSION: &str = "0.2.0";
