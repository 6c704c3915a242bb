//! All that a board tells.

use rtboot_fcb::Part;

use super::target::Target;
use crate::board::{Board, Program};
use crate::chip::{Chip, Identity};
use crate::event::Listener;
use crate::flash::{BootLook, LoaderFacts, NorFacts, PartSource, Rom, RomFacts, any_part};
use crate::mboot::Property;
use crate::{Error, Result};

/// What is known of a board.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Info {
    /// The selector that names it.
    pub board: String,
    /// The chip that the user named.
    pub named: Option<&'static Chip>,
    /// What the ROM told; `None` when a flashloader ran already.
    pub rom: Option<RomFacts>,
    /// What the flashloader told.
    pub loader: Option<LoaderFacts>,
    /// Which flashloader was started; `None` when one ran already.
    pub started: Option<String>,
    /// The security state in words, by the flashloader.
    pub security: Option<String>,
    /// What the flash told.
    pub nor: Option<NorFacts>,
    /// The part that it is taken for.
    pub part: Option<Part>,
    /// The boot header in flash.
    pub boot: Option<BootLook>,
    /// What could not be found out.
    pub not_known: Vec<NotKnown>,
}

/// Something that could not be found out.
#[derive(Debug)]
#[non_exhaustive]
pub struct NotKnown {
    /// What.
    pub what: &'static str,
    /// Why not.
    pub why: Why,
}

/// Why something could not be found out.
#[derive(Debug)]
#[non_exhaustive]
pub enum Why {
    /// Only the boot ROM tells it, and a flashloader ran already.
    FlashloaderRan,
    /// The question failed.
    Failed(Error),
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Why::FlashloaderRan => {
                f.write_str("a flashloader was running already, and only the boot ROM tells them")
            }
            Why::Failed(error) => write!(f, "{error}"),
        }
    }
}

impl Info {
    /// The chip, as far as it is known.
    pub fn identity(&self) -> Identity {
        let by_rom = || self.rom.as_ref()?.told.identify(self.named).ok();
        let by_loader = self.loader.as_ref().map(|loader| loader.identity);
        by_loader
            .or_else(by_rom)
            .unwrap_or(Identity::unasked(self.named))
    }

    /// The chip in words.
    pub fn chip_words(&self) -> String {
        let by_rom = self.rom.as_ref().and_then(|rom| rom.chip_words(self.named));
        by_rom.unwrap_or_else(|| self.identity().to_string())
    }
}

/// Asks a board step by step. Changes nothing in flash; a flashloader is loaded into RAM, for the boot ROM cannot read flash.
///
/// What is known so far comes back even when a step fails.
pub fn info(board: &mut Board, target: &Target, listener: &mut dyn Listener) -> (Info, Result<()>) {
    let mut info = Info {
        board: board.name().to_string(),
        named: target.chip,
        ..Info::default()
    };
    let done = gather(board, target, &mut info, listener);
    (info, done)
}

fn gather(
    board: &mut Board,
    target: &Target,
    info: &mut Info,
    listener: &mut dyn Listener,
) -> Result<()> {
    match board.program()? {
        Some(Program::Rom) => info.rom = Some(Rom::connect(board)?.facts().clone()),
        Some(Program::Flashloader) => info.not_known.push(NotKnown {
            what: "pins, HAB, RAM",
            why: Why::FlashloaderRan,
        }),
        None => {
            return Err(Error::NoBoard {
                selector: board.name(),
                seen_instead: Vec::new(),
            });
        }
    }
    let reached = match target.start_flashloader(board, listener) {
        Ok(reached) => reached,
        Err(error @ Error::NoLoader { .. }) => {
            info.not_known.push(NotKnown {
                what: "flash",
                why: Why::Failed(error),
            });
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let mut flashloader = reached.flashloader;
    info.started = reached.started;
    info.loader = Some(flashloader.facts().clone());
    let security = Property::SECURITY_STATE;
    let asked = flashloader.session().get_property(security, 0).ok();
    info.security = asked.map(|words| security.describe(&words).to_string());
    let facts = flashloader.look_at_flash(listener)?;
    info.nor = Some(facts.clone());
    let mut target = target.clone();
    let part = match target.part.part(&facts) {
        // what the board has is what was asked for
        Err(error @ Error::PartMismatch { .. }) => {
            info.not_known.push(NotKnown {
                what: "whether it is the part that was named",
                why: Why::Failed(error),
            });
            target.part = PartSource::Database;
            any_part(&facts)
        }
        part => part,
    };
    match part {
        Ok(part) => {
            info.part = Some(part.clone());
            let mut nor = target.nor(flashloader, part, facts, board)?;
            info.nor = Some(nor.facts().clone());
            info.boot = Some(nor.look_at_boot(listener)?);
        }
        Err(error) => info.not_known.push(NotKnown {
            what: "image in flash",
            why: Why::Failed(error),
        }),
    }
    Ok(())
}
