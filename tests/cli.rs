//! The real program: its commands, files, output and pages.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]

mod kit;

mod cli {
    mod backup;
    mod bad_files;
    mod boards;
    mod chips;
    #[cfg(target_os = "linux")]
    mod closed_output;
    #[cfg(unix)]
    mod completions;
    #[cfg(target_os = "linux")]
    mod ctrl_c;
    mod docs;
    mod doctor;
    mod family;
    mod fcb;
    mod fcb_probe;
    mod fcb_sources;
    mod images;
    mod journal_scenarios;
    mod keyboard;
    mod one_verdict;
    mod open_work;
    #[cfg(target_os = "linux")]
    mod other_user;
    mod outcome;
    mod probe_thread;
    mod raw_folder;
    mod raw_fuses;
    #[cfg(unix)]
    mod raw_mboot;
    #[cfg(unix)]
    mod raw_sdp;
    mod raw_virtual;
    #[cfg(unix)]
    mod readme;
    mod reads;
    mod session;
    mod settings;
    mod spsdk_interop;
    #[cfg(target_os = "linux")]
    mod stdout;
    mod stops;
    #[cfg(unix)]
    mod terminal;
    mod without_board;
}
