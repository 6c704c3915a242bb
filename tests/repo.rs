//! The repository itself: its crates and what they depend on.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]

mod kit;

mod repo {
    mod architecture;
    mod chip_names;
    mod licences;
    mod loader_differences;
}
