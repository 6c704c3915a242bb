//! What a flash says of itself by SFDP, compared with what its part's data sheet says.

use rtboot_fcb::{Contradiction, Part, SfdpPresence, SfdpProperty};
use rtboot_finding::catalogue::flash as entries;
use rtboot_finding::{Action, Finding, Severity, Sure};

use crate::doctor::facts::{Facts, FlashLook};

/// What the flash says of itself against the part's data sheet. Where several parts share the id, the one that fits best counts.
pub fn contradictions(facts: &Facts, look: &FlashLook) -> Option<Finding> {
    let sfdp = look.nor.sfdp.as_ref().ok();
    let mut candidates: Vec<&Part> = look.part.iter().collect();
    if facts.expected.is_none() {
        candidates.extend(&look.known);
    }
    if sfdp.is_none() {
        return no_sfdp(look, &candidates);
    }
    let held = candidates
        .iter()
        .map(|part| (*part, part.contradictions(sfdp)));
    let (part, all) = held.min_by_key(|(_, all)| all.len())?;
    let grave = all.iter().find_map(|c| contradiction(part, c));
    grave.or_else(|| old(look, &candidates))
}

/// A table from before quad enable was in it, on a part that is known for a longer one.
fn old(look: &FlashLook, candidates: &[&Part]) -> Option<Finding> {
    let sfdp = look.nor.sfdp.as_ref().ok()?;
    let wanted = |part: &&&Part| part.sfdp.qer.is_some() || part.sfdp.dwords >= Some(16);
    (!sfdp.basic.is_long() && candidates.iter().all(|part| wanted(&part))).then(|| {
        Finding::new(&entries::FLASH_SFDP_OLD)
            .text("part", look.name())
            .why(format!("its basic table has {} dwords; option words that leave quad enable to SFDP set nothing then", sfdp.basic.dwords.len()))
            .run(Action::NamePart { part: None })
            .act("or give option words that say where quad enable is (bits 11:8)")
            .run(Action::ListParts)
    })
}

/// Parts that should describe themselves and do not.
fn no_sfdp(look: &FlashLook, candidates: &[&Part]) -> Option<Finding> {
    let expects = |part: &&&Part| part.sfdp.presence == SfdpPresence::Expected;
    let part = candidates.iter().find(expects)?;
    let severity = match candidates.iter().all(|part| expects(&part)) {
        true => Severity::Error,
        false => Severity::Warning,
    };
    let error = look.nor.sfdp.as_ref().err().map(ToString::to_string);
    Some(
        Finding::new(&entries::FLASH_NO_SFDP)
            .text("part", &part.name)
            .severity(severity)
            .why(error.unwrap_or_default())
            .sure(Sure::Possible)
            .act("read the marking on the chip")
            .run(Action::ProbeFlash),
    )
}

fn contradiction(part: &Part, c: &Contradiction) -> Option<Finding> {
    let (entry, next) = match c.what {
        SfdpProperty::Size => (
            &entries::FLASH_SFDP_SIZE,
            "read the marking on the chip: parts of other sizes share ids",
        ),
        SfdpProperty::QuadEnable => (
            &entries::FLASH_SFDP_QUAD,
            "read the marking on the chip; the wrong bit would be set otherwise",
        ),
        SfdpProperty::SectorErase | SfdpProperty::BlockErase => (
            &entries::FLASH_SFDP_ERASE,
            "read the marking on the chip; write a .cfg with its erase sizes",
        ),
        SfdpProperty::Read => (
            &entries::FLASH_SFDP_READ,
            "read the marking on the chip; write a .cfg with its dummy cycles",
        ),
        SfdpProperty::PageSize => (
            &entries::FLASH_SFDP_PAGE,
            "read the marking on the chip; write a .cfg with its page size",
        ),
        _ => return None,
    };
    Some(
        Finding::new(entry)
            .text("part", &part.name)
            .text("what", c.what)
            .text("found", &c.found)
            .text("expected", &c.expected)
            .why("parts that share an id differ here; SFDP is what the chip says of itself")
            .sure(Sure::Likely)
            .act(next)
            .run(Action::ProbeToCfg),
    )
}
