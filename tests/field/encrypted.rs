//! Images that the bus encryption engine (BEE) decrypts: what is in them only the chip with its key can tell.

use crate::kit::cli::{Cli, patched};
use crate::kit::random::pattern;

/// A boot image whose bytes from this offset on are encrypted, with a header of the engine.
fn encrypted(cli: &Cli, from: usize) -> Vec<u8> {
    let mut image = cli.built("plain.bin");
    let noise = pattern(image.len());
    image[from..].copy_from_slice(&noise[from..]);
    patched(image, &[(0x400, &noise[..0x20]), (0x480, &noise[..0x100])])
}

#[test]
fn encrypted_image_needs_no_base_and_is_told() {
    let cli = Cli::fresh();
    let image = encrypted(&cli, 0x1000);
    cli.file("bee.bin", &image);
    let open = "the image is encrypted, and only a chip with its key reads it";
    cli.run_bare(&["image", "check", "bee.bin"])
        .says(0, &["encrypted boot image (BEE)", open, "[bee-encrypted]"]);
    cli.run(&["write", "--fcb=IS25LP064A", "bee.bin"]).says(
        0,
        &["verified", "BOOT_CFG does not select an encrypted image"],
    );
    assert_eq!(cli.flash()[..image.len()], image);
    cli.run(&["write", "--fcb=IS25LP064A", "bee.bin"])
        .says(0, &["nothing to do"]);
    cli.run(&["verify", "bee.bin"])
        .says(0, &["identical", "unknown", open]);
    cli.run(&["info"])
        .says(0, &["would start:   not known", open]);
    let doctor = cli.run(&["doctor", "bee.bin"]);
    for wrong in ["there is no IVT", "stack", "reset vector", "[ivt-missing]"] {
        assert!(!doctor.stdout.contains(wrong), "{doctor}");
    }
    assert!(doctor.stdout.contains(open), "{doctor}");
}

#[test]
fn readable_ivt_of_an_encrypted_application_counts() {
    let cli = Cli::fresh();
    let image = encrypted(&cli, 0x2000);
    cli.file("bee.bin", &image);
    cli.run(&["write", "--fcb=IS25LP064A", "bee.bin"])
        .says(0, &["verified"]);
    assert_eq!(cli.flash()[..image.len()], image);
    cli.run_bare(&["image", "check", "bee.bin"])
        .says(0, &["0x60000400", "[bee-header]"]);
}
