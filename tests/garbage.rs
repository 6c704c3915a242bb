//! Garbage into every parser: each fuzz target, on any compiler, a fixed number of times.
//!
//! The targets of `fuzz/` are compiled into this test as they stand there. Their inputs are good data that a mutator
//! damages, the same on every machine. With RTBOOT_SEEDS=folder the good data are written there, a folder a target, for
//! cargo-fuzz to start from; with RTBOOT_GARBAGE=n everything is tried n times as often.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]
#![allow(clippy::duplicate_mod)] // several targets include the same file; for cargo-fuzz each is a program of its own

mod kit;

// the fuzz targets import a crate of this name: here it is this test
extern crate self as libfuzzer_sys;

mod garbage {
    pub mod random;
    pub mod seeds;
    pub mod targets;
}

use std::collections::BTreeSet;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs};

use crate::kit::peak::peak_kib;
use crate::kit::rt1021;
use garbage::random::Random;
use garbage::targets::{TARGETS, Target};

/// Makes the input of a target from bytes, as the crate `arbitrary` does.
pub trait Take<'a> {
    /// Takes the first bytes; missing ones are zero.
    fn take(bytes: &mut &'a [u8]) -> Self;
}

impl<'a> Take<'a> for &'a [u8] {
    fn take(bytes: &mut &'a [u8]) -> Self {
        std::mem::take(bytes)
    }
}

impl<'a> Take<'a> for &'a str {
    fn take(bytes: &mut &'a [u8]) -> Self {
        let bytes = std::mem::take(bytes);
        let good = bytes.utf8_chunks().next();
        good.map_or("", |chunk| chunk.valid())
    }
}

impl<'a> Take<'a> for u8 {
    fn take(bytes: &mut &'a [u8]) -> Self {
        let Some((first, rest)) = bytes.split_first() else {
            return 0;
        };
        *bytes = rest;
        *first
    }
}

impl<'a> Take<'a> for u32 {
    fn take(bytes: &mut &'a [u8]) -> Self {
        u32::from_le_bytes([(); 4].map(|()| u8::take(bytes)))
    }
}

impl<'a> Take<'a> for bool {
    fn take(bytes: &mut &'a [u8]) -> Self {
        u8::take(bytes) & 1 == 1
    }
}

impl<'a, T: Take<'a>> Take<'a> for Option<T> {
    fn take(bytes: &mut &'a [u8]) -> Self {
        bool::take(bytes).then(|| T::take(bytes))
    }
}

macro_rules! tuples {
    ($(($($name:ident),*))*) => {$(
        impl<'a, $($name: Take<'a>),*> Take<'a> for ($($name,)*) {
            fn take(bytes: &mut &'a [u8]) -> Self {
                ($($name::take(bytes),)*)
            }
        }
    )*};
}

tuples! { (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) }

/// In place of libFuzzer's macro: the target as a function.
#[macro_export]
macro_rules! fuzz_target {
    (|$data:ident: $kind:ty| $body:expr) => {
        pub fn run(bytes: &[u8]) {
            let mut bytes = bytes;
            let $data: $kind = $crate::Take::take(&mut bytes);
            $body
        }
    };
}

/// Panics so far, of any thread: the USB/IP server starts threads.
static PANICS: AtomicU64 = AtomicU64::new(0);

fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            usual(info);
        }));
    });
}

fn try_out(target: &Target) {
    count_panics();
    let seeds = (target.seeds)();
    if let Some(folder) = env::var_os("RTBOOT_SEEDS") {
        let folder = Path::new(&folder).join(target.name);
        fs::create_dir_all(&folder).expect("a folder");
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number}")), seed).expect("a file");
        }
    }
    let more = env::var("RTBOOT_GARBAGE").ok().and_then(|n| n.parse().ok());
    let mut random = Random(1);
    let made = (0..target.runs * more.unwrap_or(1)).map(|_| random.input(&seeds));
    for (number, input) in seeds.iter().cloned().chain(made).enumerate() {
        let before = PANICS.load(Ordering::SeqCst);
        let run = catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
        let panicked = run.is_err() || PANICS.load(Ordering::SeqCst) != before;
        if panicked {
            let start = format!("rtboot-garbage-{}-", target.name);
            let file = tempfile::Builder::new().prefix(&start).tempfile();
            let (mut file, path) = file.and_then(|f| Ok(f.keep()?)).expect("a file");
            file.write_all(&input).expect("a file");
            panic!(
                "{} panicked at input {number}, kept in {}",
                target.name,
                path.display()
            );
        }
    }
}

#[test]
fn garbage_never_panics_or_takes_64_mib() {
    let before = peak_kib();
    for target in TARGETS {
        let start = std::time::Instant::now();
        try_out(target);
        println!(
            "{}: {} ms, {} KiB at most so far",
            target.name,
            start.elapsed().as_millis(),
            peak_kib()
        );
    }
    let taken = peak_kib().saturating_sub(before);
    assert!(taken < 64 * 1024, "{taken} KiB");
}

#[test]
fn fuzz_seeds_are_valid() {
    let map = rt1021().map;
    for file in garbage::seeds::firmware() {
        let read = rtboot_bootable::Firmware::parse(&file, Some("a.bin"), None, &map);
        assert!(read.is_ok(), "{read:?}");
    }
    for file in garbage::seeds::cfg() {
        let text = String::from_utf8(file).expect("text");
        assert!(rtboot_fcb::PartFile::from_cfg(&text).is_ok());
    }
    let jobs: BTreeSet<u8> = garbage::seeds::fcb().iter().map(|data| data[0]).collect();
    assert_eq!(jobs, BTreeSet::from([0, 1, 2, 3]), "of the target fcb");
    for data in garbage::seeds::fcb() {
        assert!(rtboot_fcb::Fcb::parse(&data[1..]).is_ok());
    }
    // sessions that came to their answers
    for (session, least) in [
        (garbage::seeds::sdp_reports(), 500),
        (garbage::seeds::mboot_reports(), 10_000),
        (garbage::seeds::sdp_uart(), 100),
        (garbage::seeds::mboot_uart(), 500),
    ] {
        assert!(session.iter().all(|data| data.len() > least));
    }
}

#[test]
fn every_fuzz_target_is_run_and_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("fuzz/Cargo.toml")).expect("a manifest");
    let readme = fs::read_to_string(root.join("fuzz/README.md")).expect("a page");
    let mut named: Vec<&str> = manifest
        .lines()
        .filter_map(|line| {
            line.strip_prefix("path = \"fuzz_targets/")?
                .strip_suffix(".rs\"")
        })
        .collect();
    let mut tried: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    named.sort_unstable();
    tried.sort_unstable();
    assert_eq!(named, tried);
    for name in tried {
        assert!(
            readme.contains(&format!("`{name}`")),
            "{name} is not in fuzz/README.md"
        );
    }
}
