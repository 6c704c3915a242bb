//! Files that are no boot images: what their makers meant, and what is refused.

use crate::kit::cli::Cli;

#[test]
fn a_web_page_is_no_firmware_and_changes_nothing() {
    let cli = Cli::fresh();
    let before = cli.flash();
    let page = "<!DOCTYPE html>\n<html><body>404: not found</body></html>\n";
    cli.file("firmware.bin", page);
    cli.run(&["write", "--fcb", "IS25LP064A", "firmware.bin"])
        .says(3, &["firmware.bin"]);
    assert_eq!(cli.flash(), before);
}
