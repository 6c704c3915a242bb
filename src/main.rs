//! rtboot
fn main() {}
