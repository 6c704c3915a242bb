//! rtboot's whole job with its own loader on an emulated board whose flash was left in any state: the processor runs the committed
//! image, and a referee reports every broken rule of the silicon.
//!
//! Skipped unless `RTBOOT_STATES` names the socket of `tests/emulated.d/timed.py`; `RTBOOT_STATES_PART` is the part of its flash,
//! `RTBOOT_STATES_OF` one of the states, when not all are wanted, `RTBOOT_STATES_LOADER` the file of another build of the loader.

use super::genuine::Socket;
use super::speed::Timed;
use crate::kit::{app_bytes, rt1021};
use rtboot::board::{Board, Options};
use rtboot::event::Event;
use rtboot::finding::Entry;
use rtboot::finding::catalogue::flash as entries;
use rtboot::flash::{FcbChoice, LoaderSource};
use rtboot::job::{After, Target, Unprotect, WriteJob, WriteOptions, unprotect};
use rtboot::journal::JournalStore;
use rtboot::{Error, Source};

/// How the flash was left, and what is told of it.
const STATES: [(&str, Option<&Entry>); 7] = [
    ("fresh", None),
    ("quad", None),
    ("protected", None),
    ("erasing", None),
    ("continuous", Some(&entries::FLASH_IN_CONTINUOUS_READ)),
    ("qpi", Some(&entries::FLASH_IN_QPI)),
    ("asleep", Some(&entries::FLASH_ASLEEP)),
];

#[test]
fn own_loader_in_emulation_writes_whatever_state_the_flash_is_in() {
    let Ok(address) = std::env::var("RTBOOT_STATES") else {
        eprintln!("skipped: RTBOOT_STATES is not set");
        return;
    };
    let part = std::env::var("RTBOOT_STATES_PART").unwrap_or("is25lp064a".into());
    let timed = Timed::on(Socket::connect(&address));
    let socket = &timed.0;
    let old = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(old.path(), vec![0x5A; 0x4000]).expect("written");
    let only = std::env::var("RTBOOT_STATES_OF").ok();
    let wanted = |state: &str| only.as_deref().is_none_or(|only| only == state);
    let states: Vec<_> = STATES.iter().filter(|(state, _)| wanted(state)).collect();
    assert!(!states.is_empty(), "no state {only:?}");
    for (state, told) in states {
        let (state, told) = (*state, *told);
        socket.ask(&format!("load {}", old.path().display()));
        socket.ask("power serial");
        assert_eq!(socket.ask(&format!("leave {state}")), "ok", "{state}");
        let mut events = Vec::new();
        let mut listener = |event: Event| events.push(event);
        let mut board = Board::on_plug(Box::new(timed.clone()), Options::default());
        let mut target = Target::default();
        target.chip = Some(rt1021());
        target.loader = match std::env::var("RTBOOT_STATES_LOADER") {
            Ok(file) => LoaderSource::file(file),
            Err(_) => LoaderSource::Own,
        };
        let journals = tempfile::tempdir().expect("a folder");
        let options = || WriteOptions {
            fcb: FcbChoice::named(&part, rt1021()).expect("a part").0,
            journal: Some(JournalStore::new(journals.path())),
            after: After::Reset,
            ..WriteOptions::default()
        };
        let image = app_bytes("blinky.bin");
        let before = timed.flash();
        let mut write = |board: &mut Board| -> rtboot::Result<()> {
            let source = Source::bytes("blinky.bin", image.clone());
            let job = WriteJob::prepare(&source.into(), options(), rt1021())?;
            let mut ready = job.identify(board, &target, &mut listener)?;
            let plan = ready.plan(&mut listener)?;
            let report = ready.write(&plan, &mut listener)?;
            ready.verdict(&plan, &report, &mut listener)?;
            ready.finish().map(drop)
        };
        if state == "protected" {
            let refused = write(&mut board);
            assert!(
                matches!(refused, Err(Error::Protected { .. })),
                "{refused:?}"
            );
            assert_eq!(timed.flash(), before, "{state}: nothing was changed");
            let mut nor = target.open_flash(&mut board, &mut ()).expect("a flash");
            let plan = Unprotect::plan(&nor).expect("known").expect("protected");
            unprotect(&mut nor, &plan).expect("cleared");
            drop(nor);
        }
        write(&mut board).unwrap_or_else(|error| panic!("{state}: {error}"));
        let flash = timed.flash();
        assert_eq!(flash[0x2000..][..image.len()], image, "{state}");
        assert_eq!(&flash[..4], b"FCFB", "{state}");
        // what lay behind the image in its sectors stays
        assert_eq!(flash[0x3000..0x4000], before[0x3000..0x4000], "{state}");
        let findings = events.iter().filter_map(|event| match event {
            Event::Finding(found) => Some(found),
            _ => None,
        });
        let modes = [
            &entries::FLASH_IN_CONTINUOUS_READ,
            &entries::FLASH_IN_QPI,
            &entries::FLASH_ASLEEP,
            &entries::FLASH_IN_OTHER_MODE,
        ];
        let modes: Vec<_> = findings
            .filter(|found| modes.iter().any(|entry| found.is(entry)))
            .map(|found| found.code())
            .collect();
        let told: Vec<_> = told.map(|entry| entry.code).into_iter().collect();
        assert_eq!(modes, told, "{state}");
        socket.ask("power internal");
        let status: serde_json::Value = serde_json::from_str(&socket.ask("status")).expect("JSON");
        assert_eq!(status["boot"]["boots"], true, "{state}: {status}");
        // the model of the flash complains about commands that it does not hear: those of the rescue
        let rules = status["rules"].as_array().expect("a list");
        assert!(rules.iter().all(|rule| rule == "nor"), "{state}: {status}");
        println!("{part}, {state}: written and boots");
    }
}
