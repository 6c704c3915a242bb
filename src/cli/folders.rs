//! Where rtboot keeps what it remembers.

use std::path::PathBuf;

use rtboot::{Error, Result};

/// The environment variable that puts everything below one folder.
const STATE_DIR: &str = "RTBOOT_STATE_DIR";

fn below(system: Option<PathBuf>, name: &str) -> Result<PathBuf> {
    let root = match std::env::var_os(STATE_DIR) {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => system.map(|folder| folder.join("rtboot")).ok_or_else(|| {
            Error::Usage(format!(
                "this system names no folder for a program's data; name one with {STATE_DIR}"
            ))
        })?,
    };
    Ok(root.join(name))
}

/// Bytes around an image, saved while a write is on its way.
pub fn rescue() -> Result<PathBuf> {
    below(dirs::state_dir().or_else(dirs::data_local_dir), "rescue")
}

/// The virtual board of the selector `virtual`.
pub fn virtual_board() -> Result<PathBuf> {
    below(dirs::data_local_dir(), "virtual")
}

/// Flashloader files that were added.
pub fn flashloaders() -> Result<PathBuf> {
    below(dirs::data_local_dir(), "flashloaders")
}

/// The user's settings file; `None` when the system names no place.
pub fn user_settings() -> Option<PathBuf> {
    Some(dirs::config_dir()?.join("rtboot").join("config.toml"))
}
