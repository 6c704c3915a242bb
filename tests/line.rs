//! The production line: its slots, its screens, its web page.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial", feature = "line"))]

mod kit;

mod line {
    mod watch;
}
