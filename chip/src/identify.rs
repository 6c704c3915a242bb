//! Which chip a board carries, by what it told.

use core::fmt;

use crate::foreign::join;
use crate::{CHIPS, Chip, UsbId};

/// What a board told about its chip. Nothing told fits every chip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// USB ids of its boot ROM.
    pub rom: Option<UsbId>,
    /// Address of the id register and what it read.
    pub id: Option<(u32, u32)>,
    /// The fuse word that says whether the flash is inside the package; see [`Chip::in_package`].
    pub package_word: Option<u32>,
    /// Whether a flashloader of NXP's keeps registers to itself, as those for some chips do.
    pub loader_keeps_registers: bool,
    /// Whether rtboot's own loader answers, which is sent only to the chips that it is for.
    pub own_loader: bool,
}

impl Told {
    /// Whether the id register and the boot ROM leave this chip possible. The fuse word does not count: that it tells chips apart
    /// is inferred for most chips, so it chooses between chips; it excludes one that a user names only where it decides where the
    /// flash is, see [`InPackage`](crate::InPackage).
    pub fn allows(&self, chip: &Chip) -> bool {
        let by_id = |(address, read)| address == chip.id.address && chip.id.fits(read);
        self.id.is_none_or(by_id) && self.rom.is_none_or(|rom| rom == chip.rom_usb)
    }

    /// Whether it tells which die it is: by its id, or by a boot ROM that only chips of one die have.
    pub fn tells_die(&self) -> bool {
        let one_die = || {
            let mut dies = self.candidates().map(|chip| chip.id);
            dies.next()
                .is_some_and(|first| dies.all(|other| other == first))
        };
        let one_map = || {
            let mut maps = self.candidates().map(|chip| chip.in_package);
            maps.next()
                .is_some_and(|first| maps.all(|other| other == first))
        };
        self.id.is_some() || (self.rom.is_some() && one_die() && one_map())
    }

    /// Whether the fuse word speaks against this chip.
    pub fn doubts(&self, chip: &Chip) -> bool {
        let word = self.package_word;
        word.is_some_and(|word| {
            (word >> chip.in_package.bit & 1 == 1) != chip.in_package.size.is_some()
        })
    }

    /// The rows that all of it fits.
    pub fn candidates(self) -> impl Iterator<Item = &'static Chip> {
        let may_run = move |chip: &Chip| {
            let keeps = self.loader_keeps_registers && chip.flashloader.reads_registers;
            !keeps && (!self.own_loader || chip.own_loader)
        };
        CHIPS
            .iter()
            .filter(move |chip| may_run(chip) && self.allows(chip) && !self.doubts(chip))
    }

    /// Whether the chips that it can be have their flash in different places: then the fuse word has to be asked for.
    pub fn needs_package_word(&self) -> bool {
        let mut bases = self.candidates().map(|chip| chip.map.flash_base);
        let first = bases.next();
        self.package_word.is_none() && bases.any(|other| Some(other) != first)
    }

    /// Settles on a chip: the one that the user names when what was told allows it, else the default one of those that fit.
    ///
    /// # Errors
    /// [`Contradiction`] when it excludes the named chip, or every row.
    pub fn identify(self, named: Option<&'static Chip>) -> Result<Identity, Contradiction> {
        let chip = match named {
            Some(chip) => {
                let elsewhere = chip.in_package.decides && self.doubts(chip);
                (self.allows(chip) && !elsewhere).then_some(chip)
            }
            None => {
                let mut fit = self
                    .candidates()
                    .chain(CHIPS.iter().filter(|chip| self.allows(chip)));
                let default = self.candidates().find(|chip| *chip == Chip::DEFAULT);
                default.or_else(|| fit.next())
            }
        };
        match chip {
            Some(chip) => Ok(Identity {
                chip,
                named: named.is_some(),
                told: self,
            }),
            None => Err(Contradiction { told: self }),
        }
    }
}

/// Shows the chips that it can be, and how that is known: `RT1015/RT1020/RT1021 (chip id 0x006b0000)`.
impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.own_loader && self.id.is_none() {
            join(f, self.candidates().map(|chip| chip.name))?;
            return f.write_str(" (rtboot's own loader runs on it)");
        }
        // a fuse word that fits no chip of this id says nothing
        let without_word = Told {
            package_word: None,
            ..*self
        };
        // nor does a boot ROM that chips of this id do not have
        let by_id = Told {
            rom: None,
            ..without_word
        };
        let mut readings = [*self, without_word, by_id].into_iter();
        match readings.find(|told| told.candidates().next().is_some()) {
            Some(told) if told.id.is_some() || told.rom.is_some() => {
                join(f, told.candidates().map(|chip| chip.name))?;
            }
            _ => f.write_str("an unknown chip")?,
        }
        match (self.id, self.rom) {
            (Some((_, read)), _) => write!(f, " (chip id {read:#010x})"),
            (None, Some((vid, pid))) => write!(f, " (USB id {vid:04x}:{pid:04x})"),
            (None, None) => Ok(()),
        }
    }
}

/// The chip that a run goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The row.
    pub chip: &'static Chip,
    /// Whether the user named it.
    pub named: bool,
    /// What the board told.
    pub told: Told,
}

impl Identity {
    /// Before a board was asked: the chip that the user names, else the default one.
    pub fn unasked(named: Option<&'static Chip>) -> Identity {
        Identity {
            chip: named.unwrap_or(Chip::DEFAULT),
            named: named.is_some(),
            told: Told::default(),
        }
    }

    /// The row, where it is known as well where the chip has its flash; `None` where the fuse word still has to be asked for.
    pub fn settled(&self) -> Option<&'static Chip> {
        (self.named || !self.told.needs_package_word()).then_some(self.chip)
    }

    /// Whether the user named the chip, or the board told enough to say which family it is.
    pub fn is_known(&self) -> bool {
        self.named || self.told.tells_die() || self.told.own_loader
    }
}

/// Before anything is known.
impl Default for Identity {
    fn default() -> Identity {
        Identity::unasked(None)
    }
}

/// Shows the named chip, else all that the board can carry, each with the id when it was read; without one, why this chip.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.named, self.told.id) {
            (true, Some((_, id))) => write!(f, "{} (chip id {id:#010x})", self.chip.name),
            (false, Some(_)) => self.told.fmt(f),
            (false, None) if self.told.own_loader || self.told.tells_die() => self.told.fmt(f),
            (true, None) => write!(f, "{} (as named)", self.chip.name),
            (false, None) => write!(f, "{} (assumed: the board does not tell)", self.chip.name),
        }
    }
}

/// What a board told excludes the chip that the user names, or every chip that rtboot writes. Shows what it can be instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contradiction {
    /// What the board told.
    pub told: Told,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told.fmt(f)
    }
}

impl core::error::Error for Contradiction {}
