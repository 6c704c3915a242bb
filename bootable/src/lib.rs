//! bootable
