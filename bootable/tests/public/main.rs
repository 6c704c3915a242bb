//! Public images of SPSDK and MCUBootUtility made again from their public inputs, byte for byte.
//!
//! The files may not be copied here. Give a folder that holds check-outs and the tests use them:
//!
//! ```text
//! RTBOOT_PUBLIC_FILES=DIR cargo test -p rtboot-bootable --test public
//!   DIR/spsdk                  https://github.com/nxp-mcuxpresso/spsdk            7fdf6378
//!   DIR/NXP-MCUBootUtility     https://github.com/JayHeng/NXP-MCUBootUtility      9f32461d
//!   DIR/imxrt-boot-gen         https://github.com/imxrt-rs/imxrt-boot-gen         903112ff
//! ```
//!
//! Without it they say so and pass; `golden.rs` then holds generated equivalents against the same layout. `docs/dev/goldens.md` says of
//! each file what is held.

mod applications;
mod blocks;
mod containers;
mod encrypted;
mod files;
mod loaders;
mod signed;
mod table;

use rtboot_bootable::{BootImage, BuildOptions, Dcd, Firmware, MemoryMap};
use sha2::{Digest, Sha256};

use files::golden;

fn hash(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Equal bytes; else where they differ first.
#[track_caller]
fn same(name: &str, ours: &[u8], published: &[u8]) {
    let first = ours.iter().zip(published).position(|(a, b)| a != b);
    assert!(
        ours == published,
        "{name}: {:#x} and {:#x} bytes, first difference at {first:x?}",
        ours.len(),
        published.len()
    );
}

/// An example application, built for the device of `map`.
fn built(name: &str, base: u32, map: &MemoryMap) -> Option<BootImage> {
    let file = golden(name)?;
    let dcd = golden("dcd_SDRAM.bin").map(|bytes| Dcd::parse(&bytes).unwrap());
    let firmware = Firmware::parse(&file, Some(name), Some(base), map).unwrap();
    let options = BuildOptions {
        dcd: dcd.as_ref().filter(|_| base >= 0x8000_0000),
        ..BuildOptions::default()
    };
    Some(BootImage::build_with(&firmware, &options, map).unwrap())
}
