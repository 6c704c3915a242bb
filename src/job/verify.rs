//! Does flash hold what a file brings?

use rtboot_bootable::{Firmware, Memory};

use super::range::check_inside;
use super::target::Target;
use crate::chip::Chip;
use crate::error::OutOfRange;
use crate::event::{Listener, Stage};
use crate::file::Source;
use crate::flash::{BootLook, Nor};
use crate::{Error, Result};

/// A file that flash is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    firmware: Firmware,
}

impl Comparison {
    /// Reads the file. `base` is the address of the first byte of a raw file, when its vector table does not tell it.
    ///
    /// # Errors
    /// As [`Source::data`]; [`Error::Firmware`] for a file without a byte.
    pub fn prepare(file: &Source, base: Option<u32>, chip: &Chip) -> Result<Comparison> {
        let firmware = file.data(base, chip)?;
        if firmware.memory.is_empty() {
            return Err(Error::Firmware {
                path: file.path().to_owned(),
                source: rtboot_bootable::Error::Empty,
            });
        }
        Ok(Comparison { firmware })
    }

    /// What the file brings, by address.
    pub fn memory(&self) -> &Memory {
        &self.firmware.memory
    }

    /// Bytes that the file brings.
    pub fn len_bytes(&self) -> usize {
        self.firmware.memory.len_bytes()
    }

    /// That all of it lies in this flash.
    ///
    /// # Errors
    /// [`Error::OutsideFlash`].
    pub fn check_fits(&self, nor: &Nor) -> Result<()> {
        let mut segments = self.firmware.memory.segments();
        segments.try_for_each(|(start, bytes)| {
            let start = u64::from(start);
            check_inside(nor, OutOfRange::File, start..start + bytes.len() as u64)
        })
    }

    /// Compares on one pad every byte that the file brings.
    ///
    /// # Errors
    /// [`Error::OutsideFlash`]; [`Error::Verify`] with the first difference; and whatever reading brings.
    pub fn compare(&self, nor: &mut Nor, listener: &mut dyn Listener) -> Result<()> {
        self.check_fits(nor)?;
        let pieces: Vec<(u32, &[u8])> = self.firmware.memory.segments().collect();
        nor.use_plain()?;
        nor.verify(&pieces, Stage::Verify, listener)
    }
}

/// Compares flash with a file. Returns the boot header in flash: that of an application is not in its file.
///
/// # Errors
/// As [`Comparison::prepare`], [`Target::connect`], [`Target::open_flash`] and [`Comparison::compare`].
pub fn verify(file: &Source, target: &Target, listener: &mut dyn Listener) -> Result<BootLook> {
    let comparison = Comparison::prepare(file, None, target.chip_for_files())?;
    let mut board = target.connect(listener)?;
    let mut nor = target.open_flash(&mut board, listener)?;
    comparison.check_fits(&nor)?;
    let boot = nor.look_at_boot(listener)?;
    comparison.compare(&mut nor, listener)?;
    Ok(boot)
}
