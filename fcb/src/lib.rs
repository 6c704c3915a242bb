//! fcb
