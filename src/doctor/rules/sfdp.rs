//! What a flash says of itself by SFDP, held against what its part's data sheet says.

use rtboot_fcb::{Contradiction, Part, SfdpPresence};

use crate::doctor::facts::{Facts, FlashLook};
use crate::doctor::finding::{Finding, Sure};

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
        Finding::warning(
            "flash-sfdp-old",
            format!("the {} describes itself by an older SFDP table, without quad enable", look.name()),
        )
        .why(format!("its basic table has {} dwords; option words that leave quad enable to SFDP set nothing then", sfdp.basic.dwords.len()))
        .act("name the part with --fcb, or give option words that say where quad enable is (bits 11:8)")
        .run("rtboot fcb list")
    })
}

/// Parts that should describe themselves and do not.
fn no_sfdp(look: &FlashLook, candidates: &[&Part]) -> Option<Finding> {
    let expects = |part: &&&Part| part.sfdp.presence == SfdpPresence::Expected;
    let part = candidates.iter().find(expects)?;
    let what = format!(
        "the {} should describe itself by SFDP, and there is none",
        part.name
    );
    let finding = match candidates.iter().all(|part| expects(&part)) {
        true => Finding::error("flash-no-sfdp", what),
        false => Finding::warning("flash-no-sfdp", what),
    };
    let error = look.nor.sfdp.as_ref().err().map(ToString::to_string);
    Some(
        finding
            .why(error.unwrap_or_default())
            .sure(Sure::Possible)
            .act("read the marking on the chip")
            .run("rtboot fcb probe"),
    )
}

fn contradiction(part: &Part, c: &Contradiction) -> Option<Finding> {
    let (code, next) = match c.what {
        "size" => (
            "flash-sfdp-size",
            "read the marking on the chip: parts of other sizes share ids",
        ),
        "quad enable" => (
            "flash-sfdp-quad",
            "read the marking on the chip; the wrong bit would be set otherwise",
        ),
        "sector erase" | "block erase" => (
            "flash-sfdp-erase",
            "read the marking on the chip; write a .cfg with its erase sizes",
        ),
        "read command" => (
            "flash-sfdp-read",
            "read the marking on the chip; write a .cfg with its dummy cycles",
        ),
        "page size" => (
            "flash-sfdp-page",
            "read the marking on the chip; write a .cfg with its page size",
        ),
        _ => return None,
    };
    let text = format!(
        "the flash contradicts the {}: {} is {} by its SFDP, {} by the data sheet",
        part.name, c.what, c.found, c.expected
    );
    Some(
        Finding::error(code, text)
            .why("parts that share an id differ here; SFDP is what the chip says of itself")
            .sure(Sure::Likely)
            .act(next)
            .run("rtboot fcb probe --save PART.cfg"),
    )
}
