//! Which programs have a lock or a device open, as far as the system tells this user (Linux; elsewhere nothing is known).

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::Holder;

fn holder(process: u32) -> Holder {
    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    // a process names itself: no control characters from there
    let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
    Holder::new(process, name)
}

/// Who holds the lock on this file. Processes of other users, too.
pub(super) fn of_lock(file: &File) -> Option<Holder> {
    let table = fs::read_to_string("/proc/locks").ok()?;
    process_in(&table, identity(file)?).map(holder)
}

/// Device (major, minor) and number of a file.
type Identity = ((u64, u64), u64);

fn identity(file: &File) -> Option<Identity> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        let meta = file.metadata().ok()?;
        let device = meta.dev();
        let major = (device >> 8 & 0xFFF) | (device >> 32 & 0xFFFF_F000);
        let minor = (device & 0xFF) | (device >> 12 & 0xFFFF_FF00);
        Some(((major, minor), meta.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        None
    }
}

/// `1: FLOCK  ADVISORY  WRITE 4711 08:01:262146 0 EOF`; a line with `->` is one who waits. Some file systems report another device
/// in a file's metadata than there: then its number alone must do.
fn process_in(table: &str, (device, number): Identity) -> Option<u32> {
    let locks: Vec<(u32, (u64, u64), u64)> = table
        .lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [_, "FLOCK", _, _, process, place, ..] = words[..] else {
                return None;
            };
            let mut parts = place.split(':');
            let major = u64::from_str_radix(parts.next()?, 16).ok()?;
            let minor = u64::from_str_radix(parts.next()?, 16).ok()?;
            let number = parts.next()?.parse().ok()?;
            Some((process.parse().ok()?, (major, minor), number))
        })
        .filter(|lock| lock.0 != 0 && lock.2 == number)
        .collect();
    let exact = locks.iter().find(|lock| lock.1 == device);
    exact.or(locks.first()).map(|lock| lock.0)
}

/// Programs other than this one that have this device node open. Only root sees those of other users.
pub(super) fn of_node(node: &Path) -> Vec<Holder> {
    let Ok(node) = node.canonicalize() else {
        return Vec::new();
    };
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let own = std::process::id();
    let mut found: Vec<Holder> = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|&process| process != own && has_open(process, &node))
        .map(holder)
        .collect();
    found.sort_by_key(|holder| holder.process);
    found
}

fn has_open(process: u32, node: &Path) -> bool {
    let Ok(open) = fs::read_dir(format!("/proc/{process}/fd")) else {
        return false;
    };
    let files: Vec<(String, PathBuf)> = open
        .flatten()
        .filter_map(|fd| {
            let number = fd.file_name().into_string().ok()?;
            Some((number, fs::read_link(fd.path()).ok()?))
        })
        .collect();
    files.iter().any(|(_, file)| file == node) && !made_terminal(process, node, &files)
}

/// Whoever made a pseudo-terminal has its other end, and is no rival: `/dev/ptmx`, with the terminal's number told beside it.
fn made_terminal(process: u32, node: &Path, files: &[(String, PathBuf)]) -> bool {
    let Ok(number) = node.strip_prefix("/dev/pts") else {
        return false;
    };
    let is_maker = |fd: &str| {
        let about = fs::read_to_string(format!("/proc/{process}/fdinfo/{fd}")).unwrap_or_default();
        about
            .lines()
            .filter_map(|line| line.strip_prefix("tty-index:"))
            .any(|index| Path::new(index.trim()) == number)
    };
    files
        .iter()
        .filter(|(_, file)| file.file_name().is_some_and(|name| name == "ptmx"))
        .any(|(fd, _)| is_maker(fd))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
1: POSIX  ADVISORY  WRITE 11 08:01:77 0 EOF
2: FLOCK  ADVISORY  WRITE 22 08:02:77 0 EOF
3: FLOCK  ADVISORY  WRITE 33 fd:1f:77 0 EOF
3: -> FLOCK  ADVISORY  WRITE 44 fd:1f:77 0 EOF
4: FLOCK  ADVISORY  WRITE 0 08:01:88 0 EOF
nonsense
5: FLOCK";

    #[test]
    fn holder_with_file_and_device_wins_over_file_alone() {
        assert_eq!(process_in(TABLE, ((0xFD, 0x1F), 77)), Some(33));
        assert_eq!(process_in(TABLE, ((0, 0x30), 77)), Some(22));
        // pid 0: the owner lives in another PID namespace
        assert_eq!(process_in(TABLE, ((8, 1), 88)), None);
        assert_eq!(process_in(TABLE, ((8, 1), 99)), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn other_holders_are_seen_but_not_this_process() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        assert_eq!(of_node(file.path()), []);
        let theirs = File::open(file.path()).expect("opened");
        let mut child = std::process::Command::new("tail")
            .args(["-f", "/dev/null"])
            .stdin(theirs)
            .spawn()
            .expect("a program");
        let seen = of_node(file.path());
        let _ = child.kill();
        let _ = child.wait();
        assert_eq!(seen, [Holder::new(child.id(), "tail")]);
    }
}
