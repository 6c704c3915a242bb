//! One program a board: hidraw lets everybody open a device, and two programs that talk to it at once both fail.
//!
//! A run holds a lock file of the board's place, `rtboot-usb-1-4.1` or `rtboot-uart-_dev_ttyUSB0`, until its last port is
//! closed. The files lie where every user of the machine finds them: in `/run/lock` where all may write there, else in `/tmp`.
//! They are empty, are never written and stay when a run ends: only the lock on them counts, and the system takes that back
//! whatever becomes of the process. Any user may lock a file that another one made; a folder that forbids it, or a
//! container with a `/tmp` of its own, leaves boards unlocked there.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::holders;
use crate::port::{self, BulkPort, HidPort, SerialPort};
use crate::{Error, Result};

/// A board's place, held against other runs while any clone is there.
#[derive(Debug, Clone)]
pub(super) struct Lock {
    _file: Option<Arc<Locked>>,
}

/// A locked file, unlocked when the last clone goes.
#[derive(Debug)]
struct Locked(File);

impl Drop for Locked {
    fn drop(&mut self) {
        // closing alone is not enough: a child between fork and exec holds a copy of the descriptor, and the lock with it
        let _ = fs4::FileExt::unlock(&self.0);
    }
}

impl Lock {
    /// Nothing is locked: the place is the caller's own.
    pub(super) fn none() -> Lock {
        Lock { _file: None }
    }

    /// Locks this place. Where no lock file can be made, nothing is locked: the reason comes along.
    ///
    /// # Errors
    /// [`Error::BoardBusy`] when another run has it.
    pub(super) fn take(place: &str) -> Result<(Lock, Option<String>)> {
        Lock::take_in(&folder(), place)
    }

    fn take_in(folder: &Path, place: &str) -> Result<(Lock, Option<String>)> {
        let path = folder.join(file_name(place));
        let unlocked = |error: &io::Error| {
            let path = path.display();
            let why = format!("other runs are not kept away from {place}: {path}: {error}");
            Ok((Lock::none(), Some(why)))
        };
        let file = match open(&path) {
            Ok(file) => file,
            Err(error) => return unlocked(&error),
        };
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => Ok((
                Lock {
                    _file: Some(Arc::new(Locked(file))),
                },
                None,
            )),
            Err(fs4::TryLockError::WouldBlock) => Err(Error::BoardBusy {
                place: place.to_owned(),
                by: holders::of_lock(&file).into_iter().collect(),
            }),
            Err(fs4::TryLockError::Error(error)) => unlocked(&error),
        }
    }
}

/// Where all users of this machine look.
fn folder() -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        const ALL_MAY_WRITE_OWN_FILES: u32 = 0o1002;
        let shared = Path::new("/run/lock");
        let mode = fs::metadata(shared).map_or(0, |meta| meta.mode());
        match mode & ALL_MAY_WRITE_OWN_FILES == ALL_MAY_WRITE_OWN_FILES {
            true => shared.to_owned(),
            false => PathBuf::from("/tmp"),
        }
    }
    #[cfg(not(unix))]
    std::env::temp_dir()
}

/// A place as a file's name: what might mean something in a path becomes `_`.
fn file_name(place: &str) -> String {
    const LONGEST: usize = 200;
    let plain = |c: char| match c {
        'A'..='Z' | 'a'..='z' | '0'..='9' | '.' | '-' => c,
        ':' => '-',
        _ => '_',
    };
    "rtboot-"
        .chars()
        .chain(place.chars().take(LONGEST).map(plain))
        .collect()
}

/// Opens the file for reading, which is all that a lock needs; makes it if it is not there. What somebody else put there under
/// this name (a link, a pipe) is not opened.
fn open(path: &Path) -> io::Result<File> {
    for _ in 0..2 {
        match fs::symlink_metadata(path) {
            Ok(meta) if meta.is_file() => return File::open(path),
            Ok(_) => return Err(io::Error::other("not a plain file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => return for_all(file),
            // another run was faster
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("it comes and goes"))
}

/// Other users may read it, whatever this one's umask says; nobody has anything to write.
fn for_all(file: File) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        file.set_permissions(fs::Permissions::from_mode(0o444))?;
    }
    Ok(file)
}

/// A port that keeps its board's place locked.
pub(super) struct Guarded<P> {
    port: P,
    _lock: Lock,
}

impl<P> Guarded<P> {
    pub(super) fn new(port: P, lock: Lock) -> Guarded<P> {
        Guarded { port, _lock: lock }
    }
}

type Ported<T> = std::result::Result<T, port::Error>;

impl<P: HidPort> HidPort for Guarded<P> {
    fn write(&mut self, report: &[u8]) -> Ported<()> {
        self.port.write(report)
    }
    fn read(&mut self, timeout: Duration) -> Ported<Option<Vec<u8>>> {
        self.port.read(timeout)
    }
    fn describe(&self) -> String {
        self.port.describe()
    }
    fn now(&self) -> Duration {
        self.port.now()
    }
    fn sends_short_reports(&self) -> bool {
        self.port.sends_short_reports()
    }
    // lives no longer than this port: one link holds both
    fn open_bulk(&mut self) -> Ported<Box<dyn BulkPort>> {
        self.port.open_bulk()
    }
}

impl<P: SerialPort> SerialPort for Guarded<P> {
    fn write(&mut self, bytes: &[u8]) -> Ported<()> {
        self.port.write(bytes)
    }
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> Ported<usize> {
        self.port.read(buffer, timeout)
    }
    fn set_baud(&mut self, baud: u32) -> Ported<()> {
        self.port.set_baud(baud)
    }
    fn discard_input(&mut self) -> Ported<()> {
        self.port.discard_input()
    }
    fn describe(&self) -> String {
        self.port.describe()
    }
    fn now(&self) -> Duration {
        self.port.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Holder;

    fn held(folder: &Path, place: &str) -> Vec<Holder> {
        match Lock::take_in(folder, place) {
            Err(Error::BoardBusy { by, .. }) => by,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn place_stays_held_until_its_last_port_closes() {
        let folder = tempfile::tempdir().expect("a folder");
        let (lock, why_not) = Lock::take_in(folder.path(), "usb:1-4.1").expect("free");
        assert_eq!(why_not, None);
        let port = Guarded::new((), lock.clone());
        drop(lock);
        let holder = held(folder.path(), "usb:1-4.1");
        if cfg!(target_os = "linux") {
            let me = format!("(process {})", std::process::id());
            assert!(holder[0].to_string().ends_with(&me), "{holder:?}");
        }
        // another USB port is another board
        assert!(Lock::take_in(folder.path(), "usb:1-4.2").is_ok());
        drop(port);
        assert!(Lock::take_in(folder.path(), "usb:1-4.1").is_ok());
    }

    #[test]
    fn names_stay_in_their_folder() {
        assert_eq!(file_name("usb:1-4.1"), "rtboot-usb-1-4.1");
        assert_eq!(file_name("uart:/dev/ttyUSB0"), "rtboot-uart-_dev_ttyUSB0");
        assert_eq!(file_name("../../etc/x\0"), "rtboot-.._.._etc_x_");
    }

    #[test]
    fn where_no_lock_can_be_made_the_reason_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let (_, why) = Lock::take_in(&folder.path().join("none"), "usb").expect("unlocked");
        assert!(why.expect("a reason").contains("not kept away from usb"));
        // somebody put something else there
        fs::create_dir(folder.path().join("rtboot-usb")).expect("a folder");
        let (_, why) = Lock::take_in(folder.path(), "usb").expect("unlocked");
        assert!(why.expect("a reason").contains("not a plain file"));
    }

    #[cfg(unix)]
    #[test]
    fn other_users_may_lock_the_file_too() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().expect("a folder");
        let _lock = Lock::take_in(folder.path(), "usb").expect("free");
        let meta = fs::metadata(folder.path().join("rtboot-usb")).expect("the file");
        assert_eq!(meta.permissions().mode() & 0o777, 0o444);
    }
}
