//! From a board in serial-download mode to a verified image.
//!
//! ```text
//! Prepared    file → image → layout                      no board needed, all that can fail fails here
//! Rom         SDP: which chip? load and start a flashloader
//! Flashloader MBOOT: which flash? (id, SFDP, status registers, read-only)
//! Nor         a known flash: read, erase, program, verify
//! WritePlan   what changes, sector by sector, in which order
//! Writer      carries the plan out
//! ```
//!
//! Each stage consumes the one before: the device really becomes another device.

mod awake;
mod boot;
pub mod compare;
mod fcb_choice;
mod geometry;
pub mod identify;
mod limits;
pub mod loader;
mod look;
pub mod nor;
pub mod open;
pub mod own;
mod pace;
pub mod plan;
pub mod prepare;
pub mod probe;
pub mod resume;
pub mod rom;
pub mod source;
pub mod started;
mod trial;
pub mod write;

pub use crate::chip::BootMode;
pub use awake::{LeftIn, Woken};
pub use boot::{BoardConditions, BootLook, candidates, names};
pub use compare::{plan_around, plan_write};
pub use fcb_choice::{FcbChoice, FcbOrigin, parts_for};
pub use geometry::KeptBytes;
pub use identify::{PartSource, any_part, choose_part};
pub use loader::{Flashloader, LoaderFacts, NorFacts};
pub use nor::Nor;
pub(crate) use open::MEASURE;
pub use open::{OpenEntry, OpenKind, OpenWork};
pub use own::{Breadcrumb, OwnLoader};
pub use plan::{Action, Geometry, Policy, WritePlan};
pub use prepare::{Headers, Layout, OwnFcb, Prepared};
pub use resume::Resume;
pub use rom::{Rom, RomFacts, UniqueId};
pub use source::{Loader, LoaderSource};
pub use started::{Started, StartedImage};
pub use trial::{NotTried, Trial, TrialDiffers, TrialOf};
pub use write::{WriteReport, Writer};

use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use crate::board::{Board, Program};
use crate::chip::{Chip, Identity};
use crate::event::{Known, Listener, tell, tell_known};
use crate::{Error, Result};

/// A flashloader that runs, and how it came to run.
#[non_exhaustive]
pub struct Reached {
    /// The flashloader.
    pub flashloader: Flashloader,
    /// What the ROM told; `None` when a flashloader ran already.
    pub rom: Option<RomFacts>,
    /// What the flashloader that was started is called; `None` when one ran already.
    pub started: Option<String>,
}

/// A board that told which chip it has, as far as it tells without a flashloader. Nothing was sent to it.
pub struct Contact(Stage);

enum Stage {
    Rom(Box<Rom>, Identity),
    Flashloader(Box<Flashloader>),
}

impl Contact {
    /// Asks the boot ROM, or a flashloader that runs, for its chip.
    ///
    /// # Errors
    /// [`Error::NoBoard`], [`Error::WrongChip`], [`Error::UnknownChip`] and what the session brings.
    pub fn new(
        board: &mut Board,
        chip: Option<&'static Chip>,
        listener: &mut dyn Listener,
    ) -> Result<Contact> {
        match board.program()? {
            Some(Program::Flashloader) => {
                tell(listener, Finding::new(&run::FLASHLOADER_RUNNING));
                Flashloader::join(board, chip, listener)
                    .map(|flashloader| Contact(Stage::Flashloader(Box::new(flashloader))))
            }
            Some(Program::Rom) => {
                let rom = Rom::connect(board)?;
                let identity = rom.identify(chip)?;
                Ok(Contact(Stage::Rom(Box::new(rom), identity)))
            }
            None => Err(Error::NoBoard {
                selector: board.name(),
                seen_instead: Vec::new(),
            }),
        }
    }

    /// The chip; `None` where only a flashloader can tell it from one that has its flash in another place: the boot ROM kept the
    /// fuse word to itself, and nobody named the chip.
    pub fn chip(&self) -> Option<&'static Chip> {
        match &self.0 {
            Stage::Rom(_, identity) => identity.settled(),
            Stage::Flashloader(flashloader) => Some(flashloader.chip()),
        }
    }

    /// Goes on to a flashloader: the one that runs, else `loader`, which is read only now.
    ///
    /// # Errors
    /// [`Error::NoLoader`] and whatever starting it brings.
    pub fn reach(
        self,
        board: &mut Board,
        loader: &LoaderSource,
        listener: &mut dyn Listener,
    ) -> Result<Reached> {
        match self.0 {
            Stage::Flashloader(mut flashloader) => {
                flashloader.raise_speed(board, listener)?;
                tell_known(listener, known(&flashloader));
                Ok(Reached {
                    flashloader: *flashloader,
                    rom: None,
                    started: None,
                })
            }
            Stage::Rom(rom, identity) => {
                let facts = rom.facts().clone();
                let loader = loader.load(identity.chip, board)?;
                let sent = Known {
                    chip: Some(identity.chip.name.into()),
                    unique_id: facts.unique_id.map(|id| id.to_string()),
                    flashloader: Some(loader.name.clone()),
                    flashloader_sha256: loader.sha256.clone(),
                    ..Known::default()
                };
                tell_known(listener, sent);
                let flashloader = rom.start(identity, &loader, board, listener)?;
                tell_known(listener, known(&flashloader));
                let started = Finding::new(&run::FLASHLOADER_STARTED);
                tell(listener, started.text("name", &loader.name));
                Ok(Reached {
                    flashloader,
                    rom: Some(facts),
                    started: Some(loader.name),
                })
            }
        }
    }
}

/// Gets a flashloader running on the board, whatever runs there now: [`Contact::new`] and [`Contact::reach`].
///
/// # Errors
/// As these.
pub fn reach_flashloader(
    board: &mut Board,
    chip: Option<&'static Chip>,
    loader: &LoaderSource,
    listener: &mut dyn Listener,
) -> Result<Reached> {
    Contact::new(board, chip, listener)?.reach(board, loader, listener)
}

/// What a flashloader tells of its chip.
fn known(flashloader: &Flashloader) -> Known {
    Known {
        chip: Some(flashloader.chip().name.into()),
        unique_id: Some(flashloader.facts().unique_id.to_string()),
        ..Known::default()
    }
}
