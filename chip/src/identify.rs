//! Which chip a board carries, by what it told.

use core::fmt;

use crate::foreign::{self, Foreign, PACKAGE_BIT, REVISION, join};
use crate::{CHIPS, Chip};

/// What a board told about its chip. Nothing told fits every chip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// Address of the id register and what it read.
    pub id: Option<(u32, u32)>,
    /// The fuse word that says whether the flash is inside the package; see [`Chip::in_package`].
    pub package_word: Option<u32>,
    /// Whether rtboot's own loader answers, which is sent only to the chips that it is for.
    pub own_loader: bool,
}

impl Told {
    /// Whether the id register leaves this chip possible. The fuse word does not count: that it tells chips apart is inferred, not
    /// documented, so it chooses between chips and never excludes one that a user names.
    pub fn allows(&self, chip: &Chip) -> bool {
        self.id
            .is_none_or(|(address, read)| address == chip.id.address && chip.id.fits(read))
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
        let may_run = move |chip: &Chip| !self.own_loader || chip.own_loader;
        CHIPS
            .iter()
            .filter(move |chip| may_run(chip) && self.allows(chip) && !self.doubts(chip))
    }

    /// Names of the chips that all of it fits, those without a row first.
    fn names(self) -> impl Iterator<Item = &'static str> {
        let fits = move |chip: &Foreign| {
            let id = self.id.map(|(address, read)| (address, read & !REVISION));
            let package = self.package_word;
            chip.id == id
                && package.is_none_or(|word| (word >> PACKAGE_BIT & 1 == 1) == chip.in_package)
        };
        foreign::names(fits).chain(self.candidates().map(|chip| chip.name))
    }

    /// Settles on a chip: the one that the user names when the id allows it, else the default one of those that fit.
    ///
    /// # Errors
    /// [`Contradiction`] when the id excludes the named chip, or every row.
    pub fn identify(self, named: Option<&'static Chip>) -> Result<Identity, Contradiction> {
        let chip = match named {
            Some(chip) => self.allows(chip).then_some(chip),
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
        let Some((_, read)) = self.id else {
            return f.write_str("an unknown chip");
        };
        // a fuse word that fits no chip of this id says nothing
        let by_id = Told {
            package_word: None,
            ..*self
        };
        match [*self, by_id]
            .into_iter()
            .find(|told| told.names().next().is_some())
        {
            Some(told) => join(f, told.names())?,
            None => f.write_str("an unknown chip")?,
        }
        write!(f, " (chip id {read:#010x})")
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

    /// Whether the user named the chip, or the board told enough to say which family it is.
    pub fn is_known(&self) -> bool {
        self.named || self.told.id.is_some() || self.told.own_loader
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
            (false, None) if self.told.own_loader => self.told.fmt(f),
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
