//! Whole flows of the library on the virtual board, over every wire.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]

mod kit;

mod board {
    mod awake;
    mod broken_erase;
    mod causes;
    mod cost_table;
    mod doctor;
    mod flash_state;
    mod forecast;
    mod genuine;
    mod genuine_family;
    mod guesses;
    mod interrupted;
    mod job;
    mod journal;
    mod loader_ram;
    mod own_loader;
    mod own_locks;
    mod own_states;
    mod own_uart;
    mod own_uart_emulated;
    mod package_word;
    mod probe_thread;
    mod refusals;
    mod silent_flash;
    mod speed;
    mod started_image;
    mod traps;
    mod uart_order;
    #[cfg(unix)]
    mod uart_pty;
    #[cfg(unix)]
    mod usbip;
    mod weak_cells;
    mod whole_chip;
    mod write_figures;
    mod write_virtual;
}
