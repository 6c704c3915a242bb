//! The journal of the board at hand, and what a job says about it.

use std::ops::Range;

use rtboot_fcb::Part;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use crate::board::{Board, Selector};
use crate::event::{Listener, tell};
use crate::flash::open::words;
use crate::flash::{Flashloader, KeptBytes, Nor, NorFacts, UniqueId, WritePlan};
use crate::journal::{BoardJournal, BoardKey, JournalStore};
use crate::{Error, Result};

/// The key of the board at hand.
pub(super) fn key(
    flashloader: &Flashloader,
    part: &Part,
    facts: &NorFacts,
    board: &Board,
) -> BoardKey {
    let unique_id = flashloader.facts().unique_id.to_string();
    BoardKey::new(&unique_id, facts.id, part.size, &board.name().to_string())
}

/// The journal of a board whose flash is known.
///
/// # Errors
/// As [`JournalStore::open`].
pub fn of_flash(nor: &mut Nor, board: &Board, store: &JournalStore) -> Result<BoardJournal> {
    let (part, facts) = (nor.part().clone(), nor.facts().clone());
    store.open(&key(nor.loader(), &part, &facts, board))
}

/// Forgets what a raw command erased: whole sectors of a flash that it did not look at. Nothing comes back there.
///
/// # Errors
/// As [`JournalStore::open`] and [`BoardJournal::forget`].
pub fn forget_erased(
    store: &JournalStore,
    unique_id: UniqueId,
    board: &Selector,
    erased: &Range<u64>,
) -> Result<()> {
    let place = board.to_string();
    let Some(mut journal) = store.of_chip(&unique_id.to_string(), &place)? else {
        return Ok(());
    };
    // the flashloader rounds outward to sectors
    let sizes = journal.writes().iter().map(|write| write.sizes.sector);
    let sector = u64::from(sizes.max().unwrap_or(0x1000).max(1));
    let start = erased.start / sector * sector;
    journal.forget(&(start..erased.end.next_multiple_of(sector)))
}

/// The journal of this board. One that cannot be read is thrown away only when its bytes are to be forgotten.
pub(super) fn open(store: &JournalStore, key: &BoardKey, kept: KeptBytes) -> Result<BoardJournal> {
    let journal = match (store.open(key), kept) {
        (Err(Error::JournalUnusable { .. }), KeptBytes::Discard) => store.empty(key),
        (journal, _) => journal?,
    };
    if journal.writes().is_empty()
        && kept == KeptBytes::Restore
        && let (Some(other), _) = journal.of_others()
    {
        return Err(Error::JournalOfOther {
            user: other.user.clone(),
            path: other.folder.clone(),
        });
    }
    Ok(journal)
}

/// Tells which interrupted writes this plan ends, and which stay open.
pub(super) fn tell_about(plan: &WritePlan, journal: &BoardJournal, listener: &mut dyn Listener) {
    let resume = plan.resume();
    if !resume.kept.is_empty() {
        let restored = Finding::new(&run::BYTES_RESTORED)
            .number("count", resume.kept.len_bytes() as u64)
            .text("file", journal.path().display());
        tell(listener, restored);
    }
    for (write, lost) in plan.given_up() {
        let given_up = Finding::new(&run::WRITE_GIVEN_UP)
            .text("image", &write.image.name)
            .text("when", write.when())
            .text("ranges", words(&lost));
        tell(listener, given_up);
    }
    for write in &resume.open {
        let open = Finding::new(&run::WRITE_OPEN)
            .text("image", &write.image.name)
            .text("when", write.when());
        tell(listener, open);
    }
    if journal.writes().is_empty() && plan.looks_interrupted() {
        let (_, hidden) = journal.of_others();
        let places: Vec<String> = hidden
            .iter()
            .map(|other| format!("{} ({})", other.user, other.folder.display()))
            .collect();
        let places = match places.is_empty() {
            true => "another user or another machine".to_owned(),
            false => format!("{}, or another machine", places.join(", ")),
        };
        tell(
            listener,
            Finding::new(&run::JOURNAL_ELSEWHERE).text("places", places),
        );
    }
}
