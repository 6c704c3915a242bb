//! Does flash hold what pieces bring?

use rtboot_bootable::Memory;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use super::boot_loader::{asked_for, doubt};
use super::expected::{Compared, expected};
use super::laid_out::{LaidOutPieces, LayoutOptions};
use super::piece::Pieces;
use super::range::check_inside;
use super::target::Target;
use crate::chip::Chip;
use crate::error::OutOfRange;
use crate::event::{Listener, Measurements, Meter, Stage, tell, tell_measured};
use crate::flash::{BootLook, FcbChoice, Headers, Nor};
use crate::{Error, Result};

/// Most bytes of one read.
const READ: usize = 64 * 1024;

/// Pieces that flash is compared with: what a write of them puts there.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pieces: LaidOutPieces,
}

impl Comparison {
    /// Reads the pieces and lays them out as a write does.
    ///
    /// # Errors
    /// As [`LaidOutPieces::new`].
    pub fn prepare(
        pieces: &Pieces,
        options: &LayoutOptions,
        chip: impl Into<Option<&'static Chip>>,
    ) -> Result<Comparison> {
        let chip = chip.into();
        let pieces = match LaidOutPieces::new(pieces, options, chip) {
            // what no write makes a boot image of was written as it is
            Err(Error::Firmware { .. }) if options.headers == Headers::Add => {
                let as_is = LayoutOptions {
                    headers: Headers::AsIs,
                    ..options.clone()
                };
                LaidOutPieces::new(pieces, &as_is, chip)
            }
            laid_out => laid_out,
        };
        pieces.map(|pieces| Comparison { pieces })
    }

    /// The same for the chip that the board turned out to have.
    ///
    /// # Errors
    /// As [`Comparison::prepare`].
    pub fn for_chip(self, chip: &'static Chip) -> Result<Comparison> {
        let pieces = self.pieces.for_chip(chip)?;
        Ok(Comparison { pieces })
    }

    /// The pieces, laid out.
    pub fn pieces(&self) -> &LaidOutPieces {
        &self.pieces
    }

    /// That all of it lies in this flash.
    ///
    /// # Errors
    /// [`Error::OutsideFlash`].
    pub fn check_fits(&self, nor: &Nor) -> Result<()> {
        let mut segments = self.pieces.memory().segments();
        segments.try_for_each(|(start, bytes)| {
            let start = u64::from(start);
            check_inside(nor, OutOfRange::File, start..start + bytes.len() as u64)
        })
    }

    /// What this flash must hold; `boot` is the boot header that it holds.
    ///
    /// # Errors
    /// As [`LaidOutPieces::choose_part`] when a part was named, and as [`LaidOutPieces::for_part`].
    pub fn expected(
        &self,
        nor: &mut Nor,
        boot: &BootLook,
        listener: &mut dyn Listener,
    ) -> Result<Memory> {
        let seen = &boot.verdict.inspection;
        let mut held = boot.memory.clone();
        if let Some((address, length)) = asked_for(&self.pieces)
            && held.bytes(address, length as usize).is_none()
        {
            nor.use_plain()?;
            let mut quiet = ();
            let mut meter = Meter::begin(&mut quiet, Stage::Read, 0);
            let bytes = nor.read(address, length, &mut meter)?;
            // flash holds one byte at one address
            let _ = held.insert(address, bytes);
        }
        if let Some(reason) = doubt(&self.pieces, seen, &held) {
            tell(
                listener,
                Finding::new(&run::COMPARED_ALONE).text("reason", reason),
            );
        }
        let part = match self.pieces.options().fcb {
            FcbChoice::Part { .. } => self.pieces.choose_part(nor.facts())?,
            _ => nor.part().clone(),
        };
        expected(&self.pieces, Some(&part), seen, &held)
    }

    /// Compares on one pad every byte that a write of the pieces puts there.
    ///
    /// # Errors
    /// [`Error::OutsideFlash`]; [`Error::Verify`] with the first difference; [`Error::NotProgrammed`] when all of it is erased;
    /// [`Error::OtherFcb`] when all but the FCB is there;
    /// and whatever reading brings.
    pub fn compare(
        &self,
        nor: &mut Nor,
        boot: &BootLook,
        listener: &mut dyn Listener,
    ) -> Result<()> {
        self.check_fits(nor)?;
        let memory = self.expected(nor, boot, listener)?;
        nor.use_plain()?;
        let measured = Measurements {
            one_pad: Some(true),
            ..Measurements::default()
        };
        tell_measured(listener, measured);
        let mut compared = Compared::on(&nor.chip().map);
        let mut meter = Meter::begin(listener, Stage::Verify, memory.len_bytes() as u64);
        for (start, bytes) in memory.segments() {
            for (i, piece) in bytes.chunks(READ).enumerate() {
                let address = start + (i * READ) as u32;
                if nor.holds(address, &[piece], &mut meter)? {
                    compared.add(address, piece, piece);
                    continue;
                }
                let found = nor.read(address, piece.len() as u32, &mut meter)?;
                if nor.proves_by_hash() && found == piece {
                    nor.holds_after_all(address, &[piece], &mut meter)?;
                }
                compared.add(address, piece, &found);
            }
        }
        meter.end();
        let other = compared.other_fcb(&memory, &boot.verdict.inspection);
        match (other, compared.first) {
            (Some(fields), Some((address, expected, found))) => Err(Error::OtherFcb {
                address,
                expected,
                found,
                fields,
            }),
            _ => compared.judged(),
        }
    }
}

impl Compared {
    fn judged(&self) -> Result<()> {
        match self.first {
            None => Ok(()),
            Some((address, _, _)) if self.is_blank() => Err(Error::NotProgrammed {
                address,
                total: self.total,
            }),
            Some((address, expected, found)) => Err(Error::Verify {
                address,
                expected,
                found,
                count: self.differ,
                total: self.total,
            }),
        }
    }
}

/// Compares flash with what a write of these pieces puts there. Returns the boot header in flash.
///
/// # Errors
/// As [`Comparison::prepare`], [`Target::connect`], [`Target::open_flash`] and [`Comparison::compare`].
pub fn verify(
    pieces: &Pieces,
    options: &LayoutOptions,
    target: &Target,
    listener: &mut dyn Listener,
) -> Result<BootLook> {
    let comparison = Comparison::prepare(pieces, options, target.chip)?;
    let target = target.clone().expecting(options.fcb.part_source());
    let mut board = target.connect(listener)?;
    let mut nor = target.open_flash(&mut board, listener)?;
    let comparison = comparison.for_chip(nor.chip())?;
    comparison.check_fits(&nor)?;
    let boot = nor.look_at_boot(listener)?;
    comparison.compare(&mut nor, &boot, listener)?;
    Ok(boot)
}
