//! Verb `info`: all that a board tells, and whether the ROM would start what is in flash.

mod show;

use rtboot::advice::advice;
use rtboot::board::{Board, Program};
use rtboot::chip::{Chip, Identity};
use rtboot::flash::{self, BootLook, LoaderFacts, Nor, NorFacts, Rom, RomFacts};
use rtboot::mboot::Property;
use rtboot::sdp;
use rtboot::{Error, Result};
use rtboot_bootable::verdict::Hab;
use rtboot_fcb::Part;

use super::{Context, Report};

/// Say what the board is, and whether the ROM would start what is in its flash
///
/// Chip, unique id, security state, boot straps; the flashloader; the NOR part, its quad-enable bit and protection; FCB and
/// image in flash. Changes nothing in flash. The boot ROM cannot read flash, so a flashloader is loaded into RAM.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// What is known of a board.
#[derive(Debug, Default)]
struct Known {
    board: String,
    /// The chip that the user named.
    named: Option<&'static Chip>,
    rom: Option<RomFacts>,
    loader: Option<LoaderFacts>,
    /// Which file was started, when this run did.
    build: Option<String>,
    security: Option<String>,
    nor: Option<NorFacts>,
    part: Option<Part>,
    boot: Option<BootLook>,
    /// What could not be found out, with the reason.
    unknown: Vec<(&'static str, String)>,
}

impl Known {
    /// The chip, as far as it is known.
    fn identity(&self) -> Identity {
        let by_rom = || self.rom.as_ref()?.told.identify(self.named).ok();
        let by_loader = self.loader.as_ref().map(|loader| loader.identity);
        by_loader
            .or_else(by_rom)
            .unwrap_or(Identity::unasked(self.named))
    }

    /// The chip in words.
    fn chip_words(&self) -> String {
        let by_rom = self.rom.as_ref().and_then(|rom| rom.chip_words(self.named));
        by_rom.unwrap_or_else(|| self.identity().to_string())
    }
}

pub fn run(_args: Args, context: &mut Context) -> Result<()> {
    let mut board = context.board_for_flash()?;
    let mut known = Known {
        board: board.name(),
        named: context.chip()?,
        ..Known::default()
    };
    let gathered = gather(&mut board, &mut known, context);
    show::all(&known, &mut context.report);
    gathered
}

/// Asks step by step. What is known so far is shown even when a step fails.
fn gather(board: &mut Board, known: &mut Known, context: &mut Context) -> Result<()> {
    match board.program()? {
        Some(Program::Rom) => known.rom = Some(Rom::connect(board)?.facts().clone()),
        Some(Program::Flashloader) => {
            let text = "a flashloader was running already, and only the boot ROM tells them";
            known.unknown.push(("straps, HAB", text.into()));
        }
        None => {
            return Err(Error::NoBoard {
                selector: board.name(),
                seen_instead: Vec::new(),
            });
        }
    }
    let mut flashloader = match context.flashloader(board) {
        Ok((flashloader, _)) => flashloader,
        Err(error @ Error::NoLoader { .. }) => {
            let advice = advice(&error);
            let next = advice.next.iter();
            let next = next.map(|next| context.report.at_hand().sentence(next));
            let next = next.collect::<Vec<_>>().join("; ");
            known.unknown.push(("flash", format!("{error}: {next}")));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    known.build = context.started_loader().map(str::to_owned);
    known.loader = Some(flashloader.facts().clone());
    let security = Property::SECURITY_STATE;
    known.security = flashloader
        .session()
        .get_property(security, 0)
        .ok()
        .map(|words| security.describe(&words).to_string());
    let facts = flashloader.look_at_flash()?;
    known.nor = Some(facts.clone());
    match flash::any_part(&facts) {
        Ok(part) => {
            known.part = Some(part.clone());
            let mut nor = Nor::new(flashloader, part, facts);
            let hab = known.rom.as_ref().and_then(|rom| rom.hab).and_then(hab);
            known.boot = Some(nor.look_at_boot(hab, &mut context.report)?);
        }
        Err(error) => known.unknown.push(("image in flash", error.to_string())),
    }
    Ok(())
}

/// HAB's state in the verdict's terms.
fn hab(hab: sdp::Hab) -> Option<Hab> {
    match hab {
        sdp::Hab::Open => Some(Hab::Open),
        sdp::Hab::Closed => Some(Hab::Closed),
    }
}
