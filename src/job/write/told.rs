//! What a write tells of its pieces and of the flash.

use rtboot_fcb::Part;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::{fcb as fcb_found, image as image_found, run};

use crate::chip::Chip;
use crate::event::{Listener, tell};
use crate::flash::open::words;
use crate::flash::{Layout, NorFacts, WritePlan, candidates, names};
use crate::job::laid_out::LaidOut;

/// The names of all parts that a flash with this id may be.
pub(super) fn names_of(part: &Part, facts: &NorFacts) -> String {
    names(&candidates(facts.id, Some(part)))
}

/// Says that the FCB is the one that all parts with this id take on this chip.
pub(super) fn tell_shared(part: &Part, facts: &NorFacts, chip: &Chip, listener: &mut dyn Listener) {
    let fcb = |part: &Part| part.on(chip).boot_fcb();
    let parts = candidates(facts.id, Some(part));
    if parts.iter().all(|other| fcb(other) == fcb(part)) {
        return;
    }
    let shared = Finding::new(&run::PART_SHARED)
        .text("id", facts.id)
        .text("parts", names_of(part, facts))
        .text("read", part.read)
        .text("clock", part.clock);
    tell(listener, shared);
}

/// What a piece is.
pub(super) fn about(piece: &LaidOut) -> Finding {
    let size = piece.memory.len_bytes() as u64;
    let Some(prepared) = &piece.prepared else {
        return Finding::new(&run::DATA)
            .text("file", piece.name.display())
            .number("size", size)
            .address("at", piece.memory.first().unwrap_or_default());
    };
    let kind = match &prepared.layout().image {
        Some(image) if image.built => "application without boot header".into(),
        Some(image) => image.inspection.kind.to_string(),
        None => "bytes as they are".into(),
    };
    Finding::new(&run::IMAGE)
        .text("file", piece.name.display())
        .text("format", prepared.firmware().format)
        .text("kind", kind)
        .number("size", size)
        .address("start", piece.memory.first().unwrap_or_default())
        .address("end", piece.memory.end())
}

/// An FCB that is still to be made for the part is not missing.
pub(super) fn is_to_come(finding: &Finding, layout: &Layout) -> bool {
    layout.needs_part
        && (finding.is(&image_found::FCB_NOT_GIVEN) || finding.is(&fcb_found::FCB_MISSING))
}

/// Says what the write does to the image that starts now, where it brings another thing.
pub(super) fn tell_of_started(plan: &WritePlan, listener: &mut dyn Listener) {
    let Some(image) = plan.started() else {
        return;
    };
    let about = |entry, ranges: &[_]| {
        Finding::new(entry)
            .text("ranges", words(ranges))
            .text("image", image.place())
    };
    let replaced = plan.replaced();
    if !replaced.is_empty() {
        tell(listener, about(&run::IMAGE_BYTES_REPLACED, &replaced));
    }
    if !plan.spared().is_empty() {
        tell(listener, about(&run::IMAGE_BYTES_KEPT, plan.spared()));
    }
}
