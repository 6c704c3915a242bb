//! Where rtboot keeps what it remembers.

use std::path::{Path, PathBuf};

use rtboot::journal::OtherUser;
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

/// Journals: writes that are open, and the bytes that they owe.
pub fn journals() -> Result<PathBuf> {
    below(dirs::state_dir().or_else(dirs::data_local_dir), "journal")
}

/// Where journals of other users lie that may have used the same boards: root, and the one behind `sudo`.
///
/// Where a folder was named it is the same one for every user; then only the folder that is usual for this user is another one.
pub fn journals_of_others() -> Vec<OtherUser> {
    if std::env::var_os(STATE_DIR).is_some_and(|folder| !folder.is_empty()) {
        let usual = dirs::state_dir().or_else(dirs::data_local_dir);
        let folder = usual.map(|folder| folder.join("rtboot").join("journal"));
        let folder = folder.filter(|folder| Some(folder) != journals().ok().as_ref());
        let user = format!("this user (without {STATE_DIR})");
        return folder
            .map(|folder| OtherUser { user, folder })
            .into_iter()
            .collect();
    }
    let sudo = std::env::var("SUDO_USER").ok();
    let users = ["root".to_owned()].into_iter().chain(sudo);
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ours = journals().ok();
    users
        .filter_map(|user| {
            let folder = home(&passwd, &user)?.join(".local/state/rtboot/journal");
            (Some(&folder) != ours.as_ref()).then_some(OtherUser { user, folder })
        })
        .collect()
}

/// A user's home, by the lines of `/etc/passwd`.
fn home(passwd: &str, user: &str) -> Option<PathBuf> {
    let mut fields = passwd.lines().map(|line| line.split(':'));
    let mut of_user =
        fields.find_map(|mut fields| (fields.next() == Some(user)).then_some(fields))?;
    of_user.nth(4).map(PathBuf::from)
}

/// Whether this is said for the first time on this machine; it counts as said from now on. Where that cannot be kept, it is said again.
pub fn first_time(what: &str) -> bool {
    let mark = below(dirs::state_dir().or_else(dirs::data_local_dir), what);
    mark.map_or(true, |mark| set_mark(&mark))
}

/// Whether this file was not there yet.
fn set_mark(mark: &Path) -> bool {
    let _ = mark.parent().map(std::fs::create_dir_all);
    let new = std::fs::File::create_new(mark);
    !matches!(new, Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists)
}

/// The virtual board of the selector `virtual`.
pub fn virtual_board() -> Result<PathBuf> {
    below(dirs::data_local_dir(), "virtual")
}

/// The station of this PC.
pub fn station() -> Result<PathBuf> {
    below(dirs::data_local_dir(), "station")
}

/// Flashloader files that were added.
pub fn flashloaders() -> Result<PathBuf> {
    below(dirs::data_local_dir(), "flashloaders")
}

/// The user's settings file; `None` when the system names no place.
pub fn user_settings() -> Option<PathBuf> {
    Some(dirs::config_dir()?.join("rtboot").join("config.toml"))
}

#[cfg(test)]
mod tests {
    use super::set_mark;

    #[test]
    fn mark_is_new_once_and_always_where_it_cannot_be_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let mark = folder.path().join("state/own-loader-unproven");
        assert_eq!([set_mark(&mark), set_mark(&mark)], [true, false]);
        let file = folder.path().join("file");
        std::fs::write(&file, "").expect("written");
        let below_a_file = file.join("mark");
        assert_eq!(
            [set_mark(&below_a_file), set_mark(&below_a_file)],
            [true; 2]
        );
    }
}
