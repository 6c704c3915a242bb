//! The production line: its slots, its screens, its web page.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial", feature = "line"))]

mod kit;

mod line {
    #[cfg(unix)]
    mod examples;
    #[cfg(unix)]
    mod floor;
    #[cfg(unix)]
    mod halfway;
    #[cfg(unix)]
    mod kills;
    #[cfg(target_os = "linux")]
    mod memory;
    #[cfg(unix)]
    mod rehearsal;
    #[cfg(unix)]
    mod rules;
    #[cfg(unix)]
    mod secrets;
    #[cfg(unix)]
    #[path = "../../ledger/tests/server/mod.rs"]
    mod server;
    #[cfg(unix)]
    mod stations;
    mod watch;
    #[cfg(feature = "line-web")]
    mod web;
}
