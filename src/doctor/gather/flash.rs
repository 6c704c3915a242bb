//! Identifies the flash through read-only FCBs: id, SFDP, status registers; and looks for the reason when it is silent.

use rtboot_fcb::{StatusRegisters, database, probe};

use crate::Result;
use crate::doctor::facts::{Facts, FlashLook, ReadProof, Unknown};
use crate::error::Question;
use crate::flash::{Flashloader, NorFacts};

/// Asks the flash for id, SFDP and status registers.
pub fn ask(flashloader: &mut Flashloader, facts: &mut Facts) -> Result<()> {
    let mut nor = flashloader.look_at_flash(&mut ())?;
    let sr1_again = one(flashloader.read_through(&probe::status1(), Question::Status1, 0, 1)?);
    let known = database::by_jedec(nor.id);
    let expected = facts.expected.as_ref();
    let expected = expected.and_then(|e| e.file.by_jedec(nor.id).first().map(|p| (*p).clone()));
    // reading and erasing are the same for all parts that share an id; the slowest clock suits all
    let part = expected.or_else(|| known.iter().min_by_key(|part| part.clock).cloned());
    if let Some(part) = &part {
        flashloader.look_at_second_status(part, &mut nor)?;
    }
    if !nor.answers() {
        facts.unknown.push(unreachable_content());
    }
    facts.flash = Some(FlashLook {
        nor,
        sr1_again,
        known,
        part,
        fast: ReadProof::NotTried("the flash was not read".into()),
    });
    Ok(())
}

/// Whether status register 1 shows a busy flash. All ones is an undriven line.
pub fn is_busy(status: &StatusRegisters) -> bool {
    status.sr1 != 0xFF && status.sr1 & StatusRegisters::BUSY != 0
}

fn one(answer: Vec<u8>) -> u8 {
    answer.first().copied().unwrap_or(0xFF)
}

fn unreachable_content() -> Unknown {
    Unknown {
        what: "what is in flash",
        why: "the flash does not answer".into(),
        tells: "the finding about the flash comes first; its content shows when it answers".into(),
    }
}

/// Size of the flash by its SFDP, its part or its id; enough for a boot header when none of them says it.
pub fn size(nor: &NorFacts, part: Option<&rtboot_fcb::Part>) -> u32 {
    const AT_LEAST: u32 = 1 << 20;
    let by_sfdp = || {
        let sfdp = nor.sfdp.as_ref().ok()?;
        u32::try_from(sfdp.size()).ok()
    };
    part.map(|part| part.size)
        .or_else(by_sfdp)
        .or_else(|| nor.id.likely_size())
        .unwrap_or(AT_LEAST)
        .clamp(64 << 10, 256 << 20)
}
