//! The embedded virtual board as a place to plug into.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Look, Opened, Plug};
use crate::board::{holders, usb};
use crate::chip::Chip;
use crate::port;
use crate::port::virtual_board::VirtualBoard;
use crate::{Error, Result};

impl Plug for VirtualBoard {
    fn look(&mut self) -> Result<Look> {
        let seen = self.identity();
        let program = seen.and_then(|i| usb::program_of(i.vendor_id, i.product_id, i.product));
        Ok(program.map_or(Look::Nothing, Look::Program))
    }

    fn open(&mut self) -> Result<Opened> {
        Ok(Opened::Hid(self.hid()))
    }

    fn usb_ids(&mut self) -> Option<(u16, u16)> {
        let seen = self.identity()?;
        Some((seen.vendor_id, seen.product_id))
    }

    fn wait(&mut self, time: Duration) {
        VirtualBoard::wait(self, time);
    }
}

/// How long a virtual board that is in use is asked again: a program that just ends, or starts another one, holds its lock a
/// moment longer.
const LOCK_RETRY: Duration = Duration::from_millis(500);

/// Most boards beside a missing one that are named.
const NEARBY: usize = 3;

/// That a virtual board lives in this folder.
///
/// # Errors
/// [`Error::NoVirtual`] with the boards beside it, [`Error::Virtual`] when the folder is not usable.
pub fn expect_virtual(folder: &Path) -> Result<()> {
    match VirtualBoard::is_missing(folder) {
        Ok(false) => Ok(()),
        Ok(true) => Err(Error::NoVirtual {
            folder: folder.to_owned(),
            nearby: boards_beside(folder),
        }),
        Err(other) => Err(Error::Virtual(other.to_string())),
    }
}

/// Virtual boards in the folder that holds `folder`: one of them may be meant.
fn boards_beside(folder: &Path) -> Vec<PathBuf> {
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut boards: Vec<PathBuf> = entries
        .filter(|entry| entry.path().join(VirtualBoard::LOCK_FILE).is_file())
        .map(|entry| folder.with_file_name(entry.file_name()))
        .filter(|beside| VirtualBoard::is_missing(beside).is_ok_and(|missing| !missing))
        .collect();
    boards.sort();
    boards.truncate(NEARBY);
    boards
}

/// The virtual board that lives in a folder; a fresh one has this chip, else the default one.
///
/// # Errors
/// [`Error::BoardBusy`] when another program has it open, [`Error::Virtual`] when the folder is not usable.
pub fn open_virtual(folder: &Path, new: Option<&'static Chip>) -> Result<VirtualBoard> {
    let open = || match new {
        Some(chip) => VirtualBoard::open_or_make(folder, chip.name),
        None => VirtualBoard::open(folder),
    };
    let start = Instant::now();
    loop {
        match open() {
            Ok(board) => return Ok(board),
            Err(port::Error::Busy { .. }) if start.elapsed() < LOCK_RETRY => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(port::Error::Busy { .. }) => {
                let lock = std::fs::File::open(folder.join(VirtualBoard::LOCK_FILE)).ok();
                let holder = lock.and_then(|file| holders::of_lock(&file));
                return Err(Error::BoardBusy {
                    place: format!("virtual:{}", folder.display()),
                    by: holder.into_iter().collect(),
                });
            }
            Err(other) => return Err(Error::Virtual(other.to_string())),
        }
    }
}
