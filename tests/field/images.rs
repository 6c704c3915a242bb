//! Boot images as SDKs, IDEs and other tools make them.

use crate::kit::cli::Cli;

#[test]
fn a_whole_image_is_written_byte_for_byte() {
    let cli = Cli::fresh();
    let image = cli.built("image.bin");
    cli.run(&["write", "image.bin"]).good();
    assert_eq!(cli.flash()[..image.len()], image);
    cli.would_start();
}
