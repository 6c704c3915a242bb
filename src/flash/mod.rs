//! From a board in serial-download mode to a verified image.
//!
//! ```text
//! Desk        file → image → layout                      no board needed, all that can fail fails here
//! Rom         SDP: which chip? load and start a flashloader
//! Flashloader MBOOT: which flash? (id, SFDP, status registers, read-only)
//! Nor         a known flash: read, erase, program, verify
//! WritePlan   what changes, sector by sector, in which order
//! Writer      carries the plan out
//! ```
//!
//! Each stage consumes the one before: the device really becomes another device.

mod boot;
pub mod compare;
pub mod desk;
mod geometry;
pub mod identify;
mod limits;
pub mod loader;
pub mod nor;
pub mod plan;
pub mod probe;
pub mod rescue;
pub mod rom;
pub mod write;

pub use crate::chip::BootMode;
pub use boot::BootLook;
pub use compare::plan_write;
pub use desk::{Desk, FcbChoice, Layout, parts_for};
pub use identify::{PartSource, any_part, choose_part};
pub use loader::{Flashloader, LoaderFacts, NorFacts};
pub use nor::Nor;
pub use plan::{Action, Geometry, Policy, WritePlan};
pub use rescue::RescueStore;
pub use rom::{Rom, RomFacts, UniqueId};
pub use write::{WriteReport, Writer};

use rtboot_bootable::LoaderImage;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use crate::board::{Board, Program};
use crate::chip::Chip;
use crate::event::{Listener, tell};
use crate::{Error, Result};

/// Gets a flashloader running on the board, whatever runs there now.
///
/// In the ROM the chip is identified first and the loader comes from `loader`, asked only then. A flashloader that already
/// runs is asked for its chip.
///
/// # Errors
/// [`Error::NoBoard`], [`Error::WrongChip`], [`Error::NoLoader`] and whatever starting it brings.
pub fn reach_flashloader(
    board: &mut Board,
    chip: Option<&'static Chip>,
    loader: &mut dyn FnMut() -> Result<LoaderImage>,
    listener: &mut dyn Listener,
) -> Result<(Flashloader, Option<RomFacts>)> {
    match board.program()? {
        Some(Program::Flashloader) => {
            tell(listener, Finding::new(&run::FLASHLOADER_RUNNING));
            Ok((Flashloader::join(board, chip, listener)?, None))
        }
        Some(Program::Rom) => {
            let rom = Rom::connect(board)?;
            let identity = rom.identify(chip)?;
            let facts = rom.facts().clone();
            let image = loader()?;
            Ok((rom.start(identity, &image, board, listener)?, Some(facts)))
        }
        None => Err(Error::NoBoard {
            selector: board.name(),
            seen_instead: Vec::new(),
        }),
    }
}
