//! What goes wrong: broken writes, full disks, killed processes, bad lines, limits.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]

mod kit;

mod robust {
    mod bounds;
    mod disk_steps;
    mod drips;
    #[cfg(target_os = "linux")]
    mod full_disk;
    #[cfg(unix)]
    mod killed;
    #[cfg(target_os = "linux")]
    mod locks;
    mod sequences;
    mod sweep;
    mod uart_noise;
}
