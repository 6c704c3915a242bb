//! A child process with nothing of the user's around it: neither settings nor homes, and no wishes about colours.

use std::path::Path;
use std::process::Command;

/// What programs take from their environment besides their own variables.
const OF_ANY_PROGRAM: [&str; 4] = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"];

/// Takes away all that a user may have set for rtboot; state, settings and home are below `folder` from now on.
pub fn clean<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    for (name, _) in std::env::vars_os() {
        let word = name.to_string_lossy();
        if word.starts_with("RTBOOT_") || OF_ANY_PROGRAM.contains(&word.as_ref()) {
            command.env_remove(name);
        }
    }
    command
        .env("RTBOOT_STATE_DIR", folder.join("state"))
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("HOME", folder.join("home"))
}
