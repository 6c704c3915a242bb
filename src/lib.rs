//! rtboot

pub mod mboot;
pub mod port;
pub mod sdp;
