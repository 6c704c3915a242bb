//! rtboot
