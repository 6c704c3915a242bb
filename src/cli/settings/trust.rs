//! Whether a settings file is this user's own.

use std::path::Path;

/// Why this file is not to be trusted, as the end of a sentence; `None` when only this user and root may change it.
#[cfg(unix)]
pub fn distrust(file: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;

    let meta = std::fs::metadata(file).ok()?;
    let me = rustix::process::geteuid().as_raw();
    let sudo = std::env::var("SUDO_UID")
        .ok()
        .and_then(|id| id.parse().ok());
    let behind_sudo = me == 0 && sudo == Some(meta.uid());
    let own_group = meta.gid() == rustix::process::getegid().as_raw();
    match meta.mode() {
        _ if ![0, me].contains(&meta.uid()) && !behind_sudo => {
            Some(format!("it belongs to another user ({})", meta.uid()))
        }
        mode if mode & 0o002 != 0 => Some("every user may write it".into()),
        // a group of one's own, as most systems give to each user, is nobody else
        mode if mode & 0o020 != 0 && !own_group && !behind_sudo => {
            Some(format!("the users of group {} may write it", meta.gid()))
        }
        _ => None,
    }
}

#[cfg(not(unix))]
pub fn distrust(_: &Path) -> Option<String> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn file_that_everybody_may_write_is_not_trusted() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mode = |mode| {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(file.path(), mode).expect("changed");
            distrust(file.path())
        };
        assert_eq!(mode(0o644), None);
        assert_eq!(mode(0o664), None, "the user's own group");
        assert_eq!(mode(0o646).as_deref(), Some("every user may write it"));
    }
}
