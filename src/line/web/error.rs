//! Why a page is not served.

use std::net::SocketAddr;

/// Why a page is not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be had: it is in use, or not this machine's.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Other machines would reach it, and nobody asked for that.
    #[error(
        "{0} is reached by other machines, and the page shows every unit to whoever reaches it"
    )]
    BeyondThisMachine(SocketAddr),
    /// A token that could be guessed.
    #[error("the token has {0} characters, and must have {least} or more, without spaces", least = super::guard::LEAST_TOKEN)]
    ShortToken(usize),
    /// A time zone that the system does not know.
    #[error("unknown time zone \"{0}\"")]
    Zone(String),
    /// No thread, or no event queue.
    #[error("cannot serve the page: {0}")]
    System(std::io::Error),
}
