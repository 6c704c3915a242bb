use std::collections::BTreeMap;

use rtboot_bootable::Memory;

use super::*;
use crate::Error;

const BASE: u32 = 0x6000_0000;
const SECTOR: usize = 0x1000;
const PAGE: usize = 0x100;

/// A sector of which the second half is kept.
fn write_at(address: u32, before: &[u8], target: &[u8]) -> OpenWrite {
    let mark = SectorMark {
        before: digest(before),
        pages: target.chunks(PAGE).map(page_mark).collect(),
        erased_with: Some(address),
        left: None,
    };
    let half = address + SECTOR as u32 / 2;
    let mut kept = Memory::new();
    kept.insert(half, target[SECTOR / 2..].to_vec())
        .expect("room");
    let (start, end) = (u64::from(address), u64::from(half));
    OpenWrite {
        image: ImageMark {
            command: None,
            name: "v2.hex".into(),
            digest: [7; 32],
            brings: Brings::BootImage,
        },
        program: "0.1.0".into(),
        time: 1_795_000_000,
        phase: Phase::Erasing,
        holds_fcb: true,
        sizes: Sizes {
            fcb_page: 0,
            base: BASE,
            page: PAGE as u32,
            sector: SECTOR as u32,
        },
        ranges: std::iter::once(start..end).collect(),
        sectors: [(address, mark)].into(),
        runs: std::iter::once(start..start + SECTOR as u64).collect(),
        kept,
        in_flight: None,
        erases_all: false,
        trimmed: false,
        failed: None,
    }
}

fn before() -> Vec<u8> {
    (0..SECTOR).map(|at| (at * 7 % 251) as u8).collect()
}

fn target() -> Vec<u8> {
    let mut target = before();
    target[..SECTOR / 2].fill(0x5A);
    target
}

fn one() -> OpenWrite {
    write_at(BASE + 0x2000, &before(), &target())
}

fn standing(write: &OpenWrite, held: Vec<u8>, has_fcb: bool) -> Standing {
    write.standing(&BTreeMap::from([(BASE + 0x2000, held)]), has_fcb)
}

fn is_foreign(write: &OpenWrite, held: Vec<u8>, has_fcb: bool) -> bool {
    matches!(standing(write, held, has_fcb), Standing::Foreign(_))
}

#[test]
fn every_prefix_of_an_erase_is_the_broken_state() {
    let write = one();
    assert_eq!(standing(&write, before(), true), Standing::Untouched);
    for cut in 1..=SECTOR {
        let mut held = before();
        held[..cut].fill(0xFF);
        assert_eq!(standing(&write, held, true), Standing::Broken, "{cut}");
    }
    // bits in any order, some weak: only ones are too many
    let scattered = before().iter().map(|byte| byte | 0x91).collect();
    assert_eq!(standing(&write, scattered, true), Standing::Broken);
}

/// Before a chip erase the first sector is erased alone: where it holds something, the cut erase was of another flash.
#[test]
fn cut_chip_erase_leaves_the_first_sector_blank() {
    let mut write = write_at(BASE, &before(), &target());
    let far = write_at(BASE + 0x2000, &before(), &target());
    write.sectors.extend(far.sectors);
    for mark in write.sectors.values_mut() {
        mark.erased_with = Some(BASE);
    }
    (write.erases_all, write.kept) = (true, Memory::new());
    let other = vec![0x33; SECTOR];
    let with = |first: Vec<u8>| {
        let held = BTreeMap::from([(BASE, first), (BASE + 0x2000, other.clone())]);
        write.standing(&held, true)
    };
    assert_eq!(with(vec![0xFF; SECTOR]), Standing::Broken);
    assert!(matches!(with(before()), Standing::Foreign(_)));
    assert!(matches!(with(other.clone()), Standing::Foreign(_)));
}

#[test]
fn kept_byte_that_lost_a_one_was_changed_by_somebody() {
    let write = one();
    let mut held = before();
    held[0] = 0xFF;
    held[SECTOR - 1] &= !(before()[SECTOR - 1] & before()[SECTOR - 1].wrapping_neg());
    assert_ne!(held[SECTOR - 1], before()[SECTOR - 1]);
    assert!(is_foreign(&write, held.clone(), true));
    let programming = OpenWrite {
        phase: Phase::Programming,
        ..write
    };
    assert!(is_foreign(&programming, held, false));
}

#[test]
fn programming_leaves_whole_pages_and_one_torn() {
    let write = OpenWrite {
        phase: Phase::Programming,
        ..one()
    };
    for pages in 0..=SECTOR / PAGE {
        let mut held = vec![0xFF; SECTOR];
        held[..pages * PAGE].copy_from_slice(&target()[..pages * PAGE]);
        assert_eq!(standing(&write, held.clone(), true), Standing::Broken);
        let torn = pages * PAGE..(pages * PAGE + PAGE / 2).min(SECTOR);
        held[torn.clone()].copy_from_slice(&target()[torn]);
        assert_eq!(standing(&write, held, true), Standing::Broken, "{pages}");
    }
    // an old page cannot be there any more: it was read back blank
    let mut held = vec![0xFF; SECTOR];
    held[..2 * PAGE].copy_from_slice(&before()[..2 * PAGE]);
    assert!(is_foreign(&write, held, true));
}

#[test]
fn what_was_in_flight_may_hold_anything_unless_something_ran() {
    let mut write = OpenWrite {
        phase: Phase::Programming,
        ..one()
    };
    let shifted: Vec<u8> = target().iter().skip(3).chain(&[1, 2, 3]).copied().collect();
    assert!(is_foreign(&write, shifted.clone(), false));
    let cut = |garbled| InFlight {
        range: 0x6000_2000..0x6000_3000,
        garbled,
    };
    // a device that left got nothing wrong but the pages that were being filled
    write.in_flight = Some(cut(false));
    assert!(is_foreign(&write, shifted.clone(), false));
    let mut page = target();
    page[0xF00..].fill(0x11);
    assert_eq!(standing(&write, page.clone(), false), Standing::Broken);
    assert!(is_foreign(&write, page, true));
    write.in_flight = Some(cut(true));
    assert_eq!(standing(&write, shifted.clone(), false), Standing::Broken);
    assert!(is_foreign(&write, shifted, true));
}

#[test]
fn state_that_a_failed_write_read_is_known_again() {
    let mut write = OpenWrite {
        phase: Phase::Programming,
        ..one()
    };
    let held: Vec<u8> = target().iter().map(|byte| byte ^ 1).collect();
    assert!(is_foreign(&write, held.clone(), true));
    let mark = write.sectors.get_mut(&(BASE + 0x2000)).expect("the sector");
    mark.left = Some(digest(&held));
    assert_eq!(standing(&write, held, true), Standing::Broken);
}

#[test]
fn fcb_page_that_nobody_here_wrote_is_foreign() {
    let write = OpenWrite {
        phase: Phase::Programming,
        ..write_at(BASE, &before(), &target())
    };
    let now = |held| BTreeMap::from([(BASE, held)]);
    assert!(matches!(
        write.standing(&now(target()), true),
        Standing::Foreign(_)
    ));
    let last = OpenWrite {
        phase: Phase::Last,
        ..write
    };
    assert_eq!(last.standing(&now(target()), true), Standing::Whole);
    let mut held = target();
    held[..PAGE].fill(0xFF);
    assert_eq!(last.standing(&now(held), false), Standing::Broken);
}

#[test]
fn change_behind_a_first_sector_with_bytes_is_foreign() {
    let mut write = write_at(BASE, &before(), &target());
    let behind = write_at(BASE + 0x2000, &before(), &target());
    write.sectors.extend(behind.sectors);
    let with = |first: Vec<u8>, second: Vec<u8>| {
        let now = BTreeMap::from([(BASE, first), (BASE + 0x2000, second)]);
        write.standing(&now, true)
    };
    let blank = || vec![0xFF; SECTOR];
    assert!(matches!(with(before(), blank()), Standing::Foreign(_)));
    let mut torn = before();
    torn[PAGE..].fill(0xFF);
    assert!(matches!(with(torn.clone(), blank()), Standing::Foreign(_)));
    assert_eq!(with(torn, before()), Standing::Broken);
    assert_eq!(with(blank(), blank()), Standing::Broken);
    assert_eq!(with(blank(), before()), Standing::Broken);
}

#[test]
fn both_digests_of_a_change_are_named() {
    let write = one();
    let mut held = target();
    held[SECTOR - 1] = 0;
    let Standing::Foreign(foreign) = standing(&write, held.clone(), true) else {
        panic!("somebody changed it");
    };
    assert_eq!(foreign.kept, digest_of(&write.kept));
    let mut found = Memory::new();
    found
        .insert(BASE + 0x2800, held[SECTOR / 2..].to_vec())
        .expect("room");
    assert_eq!(foreign.found, digest_of(&found));
}

#[test]
fn image_is_covered_only_by_all_of_its_bytes() {
    let write = one();
    let with = |pieces: &[(u32, usize)]| {
        let mut memory = Memory::new();
        for (at, length) in pieces {
            memory.insert(*at, vec![1; *length]).expect("room");
        }
        (write.is_covered_by(&memory), write.overlaps(&memory))
    };
    assert_eq!(with(&[(BASE + 0x2000, 0x800)]), (true, true));
    assert_eq!(with(&[(BASE + 0x1000, 0x4000)]), (true, true));
    assert_eq!(with(&[(BASE + 0x2001, 0x7FF)]), (false, true));
    assert_eq!(with(&[(BASE + 0x2000, 0x7FF)]), (false, true));
    assert_eq!(
        with(&[(BASE + 0x2000, 0x400), (BASE + 0x2401, 0x3FF)]),
        (false, true)
    );
    assert_eq!(with(&[(BASE + 0x2800, 0x100)]), (false, false));
}

#[test]
fn forgotten_range_owes_nothing() {
    let mut write = one();
    write.forget_range(&(0x6000_2100..0x6000_2200));
    assert_eq!(
        write.ranges,
        [0x6000_2000..0x6000_2100, 0x6000_2200..0x6000_2800]
    );
    write.forget_sector(&(0x6000_2000..0x6000_3000), &(0..0));
    write.forget_range(&(0x6000_2000..0x6000_3000));
    assert!(write.is_over() && write.sectors.is_empty() && write.trimmed);
}

#[test]
fn dates_are_those_of_the_calendar() {
    assert_eq!(date(0), "1970-01-01 00:00 UTC");
    assert_eq!(date(951_782_400), "2000-02-29 00:00 UTC");
    assert_eq!(date(1_767_225_599), "2025-12-31 23:59 UTC");
    assert!(date(u64::MAX).starts_with("9999"));
}

fn store() -> (tempfile::TempDir, JournalStore, BoardKey) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = JournalStore::new(folder.path().join("deep/er"));
    (folder, store, key("00ff", "usb:1-4"))
}

fn key(unique_id: &str, place: &str) -> BoardKey {
    BoardKey::new(
        unique_id,
        rtboot_fcb::JedecId([0x9D, 0x60, 0x17]),
        8 << 20,
        place,
    )
}

#[test]
fn what_is_open_comes_back_until_it_is_over() {
    let (_folder, store, key) = store();
    let mut journal = store.open(&key).expect("no file is no write");
    assert!(journal.writes().is_empty());
    let mut left = one();
    left.in_flight = Some(InFlight {
        range: 1..2,
        garbled: true,
    });
    left.sectors.get_mut(&(BASE + 0x2000)).expect("there").left = Some([9; 32]);
    let writes = vec![one(), left];
    journal.replace(writes.clone()).expect("saved");
    let mut again = store.open(&key).expect("read");
    assert_eq!(again.writes(), writes);
    again.enter(Phase::Last).expect("saved");
    let again = store.open(&key).expect("read").writes().to_vec();
    assert_eq!(
        (again[0].phase, again[1].phase),
        (Phase::Erasing, Phase::Last)
    );
    journal.replace(Vec::new()).expect("removed");
    journal
        .replace(Vec::new())
        .expect("removing nothing is fine");
    assert!(store.open(&key).expect("gone").writes().is_empty());
}

#[test]
fn boards_without_an_id_are_told_apart_by_their_place() {
    assert_eq!(key("00ff", "usb:1-4"), key("00ff", "usb:1-5"));
    for shared in ["0000000000000000", "ffffffffffffffff"] {
        assert_ne!(key(shared, "usb:1-4"), key(shared, "usb:1-5"));
    }
    let (_folder, store, _) = store();
    let path = store
        .empty(&key("../../etc/passwd", "usb"))
        .path()
        .to_owned();
    assert_eq!(
        path.parent(),
        store.empty(&key("0", "../x")).path().parent()
    );
}

#[test]
fn any_changed_byte_is_an_error_never_an_empty_journal() {
    let (_folder, store, key) = store();
    let mut journal = store.open(&key).expect("none");
    journal.replace(vec![one()]).expect("saved");
    let good = std::fs::read(journal.path()).expect("a file");
    let bad = |bytes: &[u8]| {
        std::fs::write(journal.path(), bytes).expect("a file");
        let error = store.open(&key).expect_err("damaged");
        assert_eq!((error.code(), error.exit_code()), ("journal-unusable", 4));
    };
    for at in (0..good.len()).step_by(97) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bad(&bytes);
        bad(&good[..at]);
    }
    // a digest that fits makes no sense of nonsense
    for text in [
        "",
        "{}",
        "[]",
        "{\"format\":9,\"board\":\"x\",\"writes\":[]}",
    ] {
        let text = format!("{text}\n");
        bad(format!("{text}sha256 {}\n", hex(&digest(text.as_bytes()))).as_bytes());
    }
}

#[cfg(unix)]
#[test]
fn link_folder_and_shared_file_are_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let (folder, store, key) = store();
    let mut journal = store.open(&key).expect("none");
    journal.replace(vec![one()]).expect("saved");
    let mode = |path: &std::path::Path| {
        let meta = std::fs::metadata(path).expect("a file");
        meta.permissions().mode() & 0o777
    };
    assert_eq!(mode(journal.path()), 0o600);
    let refused = |why: &str| {
        let error = store.open(&key).expect_err(why);
        assert!(matches!(error, Error::JournalUnusable { .. }), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    };
    let shared = std::fs::Permissions::from_mode(0o620);
    std::fs::set_permissions(journal.path(), shared).expect("changed");
    refused("other users may write it");
    let aside = folder.path().join("aside");
    std::fs::rename(journal.path(), &aside).expect("moved");
    symlink(&aside, journal.path()).expect("a link");
    refused("it is a link");
    std::fs::remove_file(journal.path()).expect("removed");
    std::fs::create_dir(journal.path()).expect("a folder");
    refused("it is no file");
}

#[test]
fn more_than_is_read_back_is_not_kept() {
    let (_folder, store, key) = store();
    let mut journal = store.open(&key).expect("none");
    let mut much = one();
    much.kept = Memory::new();
    much.kept
        .insert(BASE, vec![0; (8 << 20) + 1])
        .expect("room");
    let error = journal.replace(vec![much.clone()]).expect_err("too much");
    assert_eq!((error.code(), error.exit_code()), ("too-much-to-keep", 2));
    assert!(!journal.path().exists());
    much.kept = Memory::new();
    for number in 0..60_001 {
        much.kept
            .insert(BASE + 2 * number, vec![number as u8])
            .expect("room");
    }
    let error = journal.replace(vec![much]).expect_err("too many");
    assert!(error.to_string().contains("60001 pieces"), "{error}");
}

/// A journal whose digest fits.
fn sealed(text: &str) -> String {
    let text = format!("{text}\n");
    let seal = hex(&digest(text.as_bytes()));
    format!("{text}sha256 {seal}\n")
}

#[test]
fn other_formats_are_named_whatever_else_they_hold() {
    let (_folder, store, key) = store();
    let mut journal = store.open(&key).expect("none");
    journal.replace(vec![one()]).expect("saved");
    for format in [1, 3, 4_000_000_000u32] {
        let text = format!("{{\"format\":{format},\"something\":[1]}}");
        std::fs::write(journal.path(), sealed(&text)).expect("a file");
        let error = store.open(&key).expect_err("another format").to_string();
        let words = format!("it has format {format}, this version reads 2");
        assert!(error.contains(&words), "{error}");
    }
}

#[test]
fn values_out_of_range_are_refused() {
    let (_folder, store, key) = store();
    let mut journal = store.open(&key).expect("none");
    let page = |page| move |write: &mut OpenWrite| write.sizes.page = page;
    type Spoil = Box<dyn Fn(&mut OpenWrite)>;
    let spoil: [(&str, Spoil); 5] = [
        ("no page", Box::new(page(0))),
        ("page over sector", Box::new(page(0x2000))),
        (
            "range behind the end",
            Box::new(|write| write.ranges = std::iter::once(0..1 << 33).collect()),
        ),
        (
            "sector between sectors",
            Box::new(|write| {
                let mark = write.sectors.values().next().expect("one").clone();
                write.sectors.insert(BASE + 0x10, mark);
            }),
        ),
        (
            "in flight backwards",
            Box::new(|write| {
                let range = std::ops::Range { start: 9, end: 3 };
                write.in_flight = Some(InFlight {
                    range,
                    garbled: true,
                });
            }),
        ),
    ];
    for (what, spoil) in spoil {
        let mut write = one();
        spoil(&mut write);
        journal.replace(vec![write]).expect("saved");
        let error = store.open(&key).expect_err(what).to_string();
        assert!(error.contains("out of range"), "{what}: {error}");
    }
}

#[cfg(unix)]
#[test]
fn huge_file_and_pipe_are_refused_at_once() {
    let (folder, store, key) = store();
    let mut journal = store.open(&key).expect("none");
    journal.replace(vec![one()]).expect("saved");
    let file = std::fs::File::options().write(true).open(journal.path());
    file.and_then(|file| file.set_len(65 << 20)).expect("long");
    let error = store.open(&key).expect_err("too long").to_string();
    assert!(error.contains("too large"), "{error}");
    std::fs::remove_file(journal.path()).expect("removed");
    let made = std::process::Command::new("mkfifo")
        .arg(journal.path())
        .status();
    assert!(made.expect("it runs").success());
    let error = store.open(&key).expect_err("a pipe").to_string();
    assert!(error.contains("it is no file"), "{error}");
    drop(folder);
}

#[cfg(unix)]
#[test]
fn other_name_of_the_same_file_is_left_as_it_is() {
    let (folder, store, key) = store();
    let mut journal = store.open(&key).expect("none");
    journal.replace(vec![one()]).expect("saved");
    let other = folder.path().join("hard link");
    std::fs::hard_link(journal.path(), &other).expect("a link");
    let before = std::fs::read(&other).expect("a file");
    journal.enter(Phase::Programming).expect("saved");
    assert!(std::fs::read(&other).expect("a file") == before);
    let now = store.open(&key).expect("a journal");
    assert_eq!(now.writes()[0].phase, Phase::Programming);
    journal.clear().expect("removed");
    assert!(std::fs::read(&other).expect("a file") == before);
}

/// Only root can make files of other users.
#[cfg(unix)]
#[test]
fn file_of_another_user_is_refused_and_told_to_root() {
    let (_folder, store, key) = store();
    let mut journal = store.open(&key).expect("none");
    journal.replace(vec![one()]).expect("saved");
    if std::os::unix::fs::chown(journal.path(), Some(12_345), None).is_err() {
        return;
    }
    let error = store.open(&key).expect_err("not one's own").to_string();
    assert!(error.contains("it belongs to user 12345"), "{error}");
    // as the journal of that user it is read, to be told
    let mine = tempfile::tempdir().expect("a folder");
    let others = vec![OtherUser {
        user: "maker".into(),
        folder: journal.path().parent().expect("a folder").to_owned(),
    }];
    let store = JournalStore::new(mine.path()).with_others(others);
    let (read, unread) = store.open(&key).expect("none").read_others();
    assert_eq!(unread, []);
    let [(user, other)] = read.as_slice() else {
        panic!("{}", read.len());
    };
    assert_eq!((user.as_str(), other.writes().len()), ("maker", 1));
}

#[cfg(unix)]
#[test]
fn journals_of_others_are_read_told_or_hidden() {
    use std::os::unix::fs::symlink;

    let (_theirs, store, key) = store();
    let mut journal = store.open(&key).expect("none");
    let theirs = journal.path().parent().expect("a folder").to_owned();
    let mine = tempfile::tempdir().expect("a folder");
    let folder = |folder: std::path::PathBuf| {
        let others = vec![OtherUser {
            user: "root".into(),
            folder,
        }];
        let store = JournalStore::new(mine.path()).with_others(others);
        store.open(&key).expect("none").read_others()
    };
    let at = || theirs.clone();
    let unread = |there: bool, what: &str| {
        let (read, unread) = folder(at());
        assert!(read.is_empty(), "{what}");
        let seen: Vec<bool> = unread.iter().map(|other| other.is_there).collect();
        assert_eq!(seen, [there], "{what}");
    };
    assert_eq!(folder(at()), (Vec::new(), Vec::new()), "no journal there");
    journal
        .begin_erase(&(0x6000_0000..0x6000_1000))
        .expect("saved");
    let (read, _) = folder(at());
    assert_eq!(read[0].1.erases().len(), 1);
    std::fs::write(journal.path(), "damaged").expect("a file");
    unread(true, "damaged");
    let aside = mine.path().join("aside");
    std::fs::rename(journal.path(), &aside).expect("moved");
    symlink(&aside, journal.path()).expect("a link");
    unread(true, "a link");
    // a folder that cannot be looked into: here, one whose path leads through a file
    let (read, hidden) = folder(aside.join("journal"));
    assert!(read.is_empty() && hidden.iter().all(|other| !other.is_there));
    assert_eq!(hidden.len(), 1);
}

#[test]
fn erase_is_open_from_its_begin_to_its_end() {
    let (_folder, store, key) = store();
    let mut journal = store.open(&key).expect("none");
    let range = u64::from(BASE)..u64::from(BASE) + 0x4000;
    journal.replace(vec![one()]).expect("saved");
    journal.begin_erase(&range).expect("saved");
    let open = store.open(&key).expect("a journal");
    assert!(
        open.writes().is_empty(),
        "what it kept there was to be wiped"
    );
    assert_eq!(open.erases()[0].ranges.first(), Some(&range));
    let middle = u64::from(BASE) + 0x1000..u64::from(BASE) + 0x2000;
    let erased = std::slice::from_ref(&middle);
    journal.end(Vec::new(), erased).expect("saved");
    let open = store.open(&key).expect("a journal");
    let ranges = [range.start..middle.start, middle.end..range.end];
    assert_eq!(open.erases()[0].ranges, ranges);
    assert!(open.erases()[0].touches(BASE, 0x1000));
    assert!(!open.erases()[0].touches(BASE + 0x1000, 0x1000));
    journal.forget(&range).expect("removed");
    assert!(!journal.path().exists());
}
