//! What earlier runs left open on a board, for the commands that only look: which write or erase broke off, and what flash
//! shows of it now.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use rtboot_bootable::verdict::{Starts, Verdict};
use rtboot_bootable::{Memory, MemoryMap};
use rtboot_finding::catalogue::{open as entries, run};
use rtboot_finding::{Action, Entry, Finding, Next};

use super::geometry::Geometry;
use crate::Error;
use crate::journal::{
    BoardJournal, Brings, FailedAt, ImageMark, OpenErase, OpenWrite, OtherJournal, Phase, Standing,
};

/// What comes before another try where the flash did not do what it was told.
pub(crate) const MEASURE: &str = "measure the flash's WP# and HOLD# (both must be high), and its supply while it is erased and programmed";

/// What is open on a board, as far as journals tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenWork {
    /// Writes and erases that broke off, oldest first; of this user, then of others.
    pub entries: Vec<OpenEntry>,
    /// Journals of other users that this user cannot read, or cannot even look for.
    pub elsewhere: Vec<OtherJournal>,
    /// Why the journal of this user cannot be used.
    pub unusable: Option<String>,
    /// Whether journals were looked at: without one, nothing is known of interrupted runs.
    pub asked: bool,
}

/// A write or an erase that broke off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenEntry {
    /// Which of them, and what flash shows of it.
    pub what: OpenKind,
    /// When it began, in seconds since 1970.
    pub time: u64,
    /// The same as a date and a time of day (UTC).
    pub when: String,
    /// Version of the program that ran.
    pub program: String,
    /// Where its bytes may be missing, or sectors may be erased in part.
    pub ranges: Vec<Range<u64>>,
    /// The journal that it is in.
    pub file: PathBuf,
    /// Whose journal that is, when not this user's.
    pub user: Option<String>,
}

/// What broke off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenKind {
    /// A write.
    Write {
        /// Which image.
        image: ImageMark,
        /// How far it came at least.
        phase: Phase,
        /// Whether the FCB's page stays out of flash until this image is whole.
        holds_fcb: bool,
        /// What flash shows of it.
        standing: Standing,
        /// What the flash did otherwise than it was told, when that ended it.
        failed: Option<FailedAt>,
    },
    /// An erase.
    Erase,
}

impl OpenWork {
    /// The journal of this user cannot be used.
    pub fn unread(error: &Error) -> OpenWork {
        OpenWork {
            unusable: Some(error.to_string()),
            asked: true,
            ..OpenWork::default()
        }
    }

    /// Sectors of this flash that must be read before it can be told what it shows; none when nothing is open.
    pub fn sectors(journal: &BoardJournal, g: &Geometry) -> Vec<u32> {
        let others = journal.read_others().0;
        let journals = others.iter().map(|(_, journal)| journal).chain([journal]);
        let writes: Vec<&OpenWrite> = journals.flat_map(BoardJournal::writes).collect();
        let places = writes
            .iter()
            .flat_map(|write| write.sectors.keys().copied());
        let first = (!writes.is_empty()).then_some(g.base);
        let inside = |&at: &u32| g.holds(at, u64::from(at) + u64::from(g.sector));
        let all: BTreeSet<u32> = places.filter(inside).chain(first).collect();
        all.into_iter().collect()
    }

    /// What this journal, and those of other users, leave open. `now` holds the sectors of [`OpenWork::sectors`] and the first
    /// of the flash.
    pub fn of(journal: &BoardJournal, now: &BTreeMap<u32, Vec<u8>>, g: &Geometry) -> OpenWork {
        let has_fcb = now.get(&g.base).is_some_and(|sector| g.has_fcb(sector));
        let (others, elsewhere) = journal.read_others();
        let others = others
            .iter()
            .flat_map(|(user, journal)| of_journal(journal, Some(user), now, has_fcb));
        OpenWork {
            entries: of_journal(journal, None, now, has_fcb)
                .chain(others)
                .collect(),
            elsewhere,
            unusable: None,
            asked: true,
        }
    }

    /// Whether an interrupted write is known that left what the ROM starts incomplete.
    pub fn image_incomplete(&self) -> Option<&OpenEntry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| std::ptr::eq(entry.entry(Starts::Unknown), &entries::IMAGE_INCOMPLETE))
    }

    /// What a verdict that knows of it tells of it.
    pub fn told<'v>(&self, verdict: &'v Verdict) -> impl Iterator<Item = &'v Finding> {
        let of_journals = |finding: &&Finding| {
            let of_this = entries::ALL.iter().any(|entry| finding.is(entry));
            let absent = [&run::JOURNAL_ELSEWHERE, &run::JOURNAL_HIDDEN];
            of_this || absent.iter().any(|entry| finding.is(entry))
        };
        verdict.findings.iter().filter(of_journals)
    }

    /// Adds what is open to a verdict on these bytes. What starts is not known while its bytes may be incomplete.
    pub(super) fn judge(&self, verdict: &mut Verdict, memory: &Memory, map: &MemoryMap) {
        let starts = verdict.starts;
        for entry in &self.entries {
            let finding = entry.finding(starts);
            if verdict.starts == Starts::Yes && entry.spoils(verdict, memory) {
                verdict.starts = Starts::Unknown;
                verdict.reasons.push(finding.clone());
            }
            verdict.findings.push(finding);
        }
        let absent = self.asked && self.entries.is_empty() && looks_interrupted(memory, map);
        verdict.findings.extend(self.beside(absent));
    }

    /// What is known of journals besides their entries.
    fn beside(&self, absent: bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(error) = &self.unusable {
            findings.push(Finding::new(&entries::JOURNAL_UNREAD).text("error", error));
        }
        for other in &self.elsewhere {
            let entry = match other.is_there {
                true => &entries::JOURNAL_THERE,
                false => &run::JOURNAL_HIDDEN,
            };
            // whose folder is closed need not ever have seen this board
            if other.is_there || absent {
                let finding = Finding::new(entry).text("user", &other.user);
                findings.push(finding.text("file", other.file.display()));
            }
        }
        if absent {
            findings.push(Finding::new(&run::JOURNAL_ELSEWHERE).text(
                "places",
                "another user, another state folder or another machine",
            ));
        }
        findings
    }
}

fn of_journal<'a>(
    journal: &'a BoardJournal,
    user: Option<&'a String>,
    now: &'a BTreeMap<u32, Vec<u8>>,
    has_fcb: bool,
) -> impl Iterator<Item = OpenEntry> + 'a {
    let write = move |write: &OpenWrite| OpenEntry {
        what: OpenKind::Write {
            image: write.image.clone(),
            phase: write.phase,
            holds_fcb: write.holds_fcb,
            standing: write.standing(now, has_fcb),
            failed: write.failed.clone(),
        },
        time: write.time,
        when: write.when(),
        program: write.program.clone(),
        ranges: write.ranges.clone(),
        file: journal.path().to_owned(),
        user: user.cloned(),
    };
    let erase = move |erase: &OpenErase| OpenEntry {
        what: OpenKind::Erase,
        time: erase.time,
        when: erase.when(),
        program: erase.program.clone(),
        ranges: erase.ranges.clone(),
        file: journal.path().to_owned(),
        user: user.cloned(),
    };
    let writes = journal.writes().iter().map(write);
    writes.chain(journal.erases().iter().map(erase))
}

/// Whether flash looks as an interrupted write leaves it: the FCB's second page is there, and its first one, which goes last, is
/// blank.
fn looks_interrupted(memory: &Memory, map: &MemoryMap) -> bool {
    let blank = |address: u32| {
        let page = memory.bytes(address, 0x100);
        page.map(|page| page.iter().all(|&byte| byte == 0xFF))
    };
    let first = map.fcb_address();
    blank(first) == Some(true) && blank(first + 0x100) == Some(false)
}

impl OpenEntry {
    /// Whether it leaves open what starts.
    fn spoils(&self, verdict: &Verdict, memory: &Memory) -> bool {
        match &self.what {
            OpenKind::Write {
                standing: Standing::Broken,
                holds_fcb,
                ..
            } => *holds_fcb,
            OpenKind::Write { .. } => false,
            OpenKind::Erase => {
                let data = verdict.inspection.boot_data.iter();
                let data = data.map(|data| u64::from(data.start)..data.end());
                let read = memory
                    .segments()
                    .map(|(start, bytes)| u64::from(start)..u64::from(start) + bytes.len() as u64);
                data.chain(read).any(|of_image| {
                    let mut open = self.ranges.iter();
                    open.any(|open| open.start < of_image.end && of_image.start < open.end)
                })
            }
        }
    }

    /// The entry of the catalogue for it, when the ROM starts what is in flash so.
    fn entry(&self, starts: Starts) -> &'static Entry {
        let OpenKind::Write {
            image,
            holds_fcb,
            standing,
            ..
        } = &self.what
        else {
            return &entries::ERASE_INCOMPLETE;
        };
        match (standing, image.brings) {
            (Standing::Untouched, _) => &entries::WRITE_NOT_SEEN,
            (Standing::Whole, _) => &entries::WRITE_UNCONFIRMED,
            (Standing::Foreign(_), _) => &entries::WRITE_OVERTAKEN,
            (Standing::Broken, _) if *holds_fcb => &entries::IMAGE_INCOMPLETE,
            (Standing::Broken, Brings::SecondStage) if starts == Starts::Yes => {
                &entries::APPLICATION_INCOMPLETE
            }
            (Standing::Broken, _) => &entries::WRITE_INCOMPLETE,
        }
    }

    /// What is to be said of it, when the ROM starts what is in flash so.
    pub fn finding(&self, starts: Starts) -> Finding {
        let finding = Finding::new(self.entry(starts))
            .text("when", &self.when)
            .text("ranges", words(&self.ranges));
        match &self.what {
            OpenKind::Write {
                image,
                phase,
                standing,
                failed,
                ..
            } => {
                let at = match standing {
                    Standing::Foreign(foreign) => foreign.address,
                    _ => 0,
                };
                finding
                    .text("image", &image.name)
                    .text("ended", ended(*phase, failed.as_ref()))
                    .address("at", at)
            }
            OpenKind::Erase => finding,
        }
    }

    /// Which run it was and how that ended: "the write of app.hex (2026-11-26 19:12 UTC) was interrupted while sectors were erased".
    pub fn ended(&self) -> String {
        let when = &self.when;
        match &self.what {
            OpenKind::Write {
                image,
                phase,
                failed,
                ..
            } => format!(
                "the write of {} ({when}) {}",
                image.name,
                ended(*phase, failed.as_ref())
            ),
            OpenKind::Erase => format!(
                "the erase of {} ({when}) was interrupted",
                words(&self.ranges)
            ),
        }
    }

    /// What the flash did otherwise than it was told, when that ended it.
    pub fn failed(&self) -> Option<&FailedAt> {
        match &self.what {
            OpenKind::Write { failed, .. } => failed.as_ref(),
            OpenKind::Erase => None,
        }
    }

    /// Whether flash shows that it did not come to its end.
    pub fn is_incomplete(&self) -> bool {
        match &self.what {
            OpenKind::Write { standing, .. } => *standing == Standing::Broken,
            OpenKind::Erase => true,
        }
    }

    /// Whether bytes of these addresses may be missing, or erased in part.
    pub fn touches(&self, place: &Range<u64>) -> bool {
        let mut ranges = self.ranges.iter();
        ranges.any(|range| range.start < place.end && place.start < range.end)
    }

    /// What to do about it.
    pub fn next(&self) -> Vec<Next> {
        match &self.what {
            OpenKind::Write { image, failed, .. } => {
                // several files stand there joined by commas
                let file = (!image.name.contains(", ")).then(|| image.name.clone());
                let second_stage = image.brings == Brings::SecondStage;
                let measure = failed.as_ref().map(|_| Next::Measure(MEASURE.to_owned()));
                // what another user's journal says is not put into this user's mouth
                let command = image.command.clone().filter(|_| self.user.is_none());
                let finish = Action::FinishWrite {
                    command: command.clone(),
                    file: file.clone(),
                    second_stage,
                };
                let write = [finish, Action::GiveUp { command, file }].map(Next::Run);
                measure.into_iter().chain(write).collect()
            }
            OpenKind::Erase => {
                let again = |range: &Range<u64>| Action::FinishErase {
                    start: range.start,
                    end: range.end,
                };
                let ranges = self.ranges.iter().map(again);
                ranges.map(Next::Run).collect()
            }
        }
    }
}

/// How a write ended, as in "was interrupted while pages were programmed".
fn ended(phase: Phase, failed: Option<&FailedAt>) -> String {
    let during = match phase {
        Phase::Erasing => "while sectors were erased",
        Phase::Programming => "while pages were programmed",
        Phase::Last => "at its last page",
    };
    let Some(failed) = failed else {
        return format!("was interrupted {during}");
    };
    let bytes = failed.differs.map_or(String::new(), |(expected, found)| {
        format!(" should have become {expected:#04x} and was {found:#04x}")
    });
    let (code, at) = (&failed.code, failed.address);
    format!("failed {during} ({code}: {at:#010x}{bytes})")
}

/// "0x60000000..0x60001000 and 2 more".
pub(crate) fn words(ranges: &[Range<u64>]) -> String {
    let first = |range: &Range<u64>| format!("{:#010x}..{:#010x}", range.start, range.end);
    match ranges {
        [] => "nothing".to_owned(),
        [one] => first(one),
        [one, more @ ..] => format!("{} and {} more", first(one), more.len()),
    }
}
