//! A virtual i.MX RT1021 board as a USB host or a UART sees it.

pub mod clock;
pub mod flashloader;
pub mod flexspi;
pub mod fuses;
pub mod machine;
pub mod memory;
pub mod nor;
pub mod sfdp;
