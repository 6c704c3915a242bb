//! Tells the linker where the linker script is.

fn main() {
    println!("cargo::rerun-if-changed=link.x");
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rustc-link-search={here}");
}
