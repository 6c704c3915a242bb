//! What the tests of every group share: boards, the real program, faults on the wire, servers.
#![allow(dead_code)] // each group uses its own part of it

pub mod bench;
pub mod board;
pub mod cargo;
pub mod clean;
pub mod cli;
pub mod evil {
    pub mod answers;
    pub mod device;
}
pub mod peak;
pub mod random;
pub mod raw;
#[cfg(unix)]
pub mod served;
#[cfg(unix)]
pub mod server;
pub mod wire;
