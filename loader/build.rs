//! Links the image with `hal/link.x`.

fn main() {
    println!("cargo::rerun-if-changed=hal/link.x");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
}
