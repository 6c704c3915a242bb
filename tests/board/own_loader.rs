//! rtboot's own loader: when it is sent, and what is said when it does not come up.

use std::time::Duration;

use rtboot::board::{Board, Look, Opened, Options, Plug, Program};
use rtboot::chip::Chip;
use rtboot::event::{Event, Listener, Stage};
use rtboot::finding::catalogue::run;
use rtboot::flash::{LoaderSource, Nor, OwnLoader, Trial, WriteReport, reach_flashloader};
use rtboot::job::{self, Comparison, LayoutOptions, Pieces, WriteOptions};
use rtboot::mboot::{self, Features, HidLink, Mboot, MemoryId, Property, Status};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::port::{self, BulkPort, HidPort};
use rtboot::{Act, Consent, Error, FcbChoice, NoOwn, OnPort, Result, Source, sdp};
use rtboot_sim::nor::Part;
use rtboot_sim::{Fault, ReportFault};

use crate::kit::board::{Rig, old_flash, starts, write_with};
use crate::kit::case::application;
use crate::kit::{app, rt1021};

/// A real board to rtboot, which runs no loader that is started on it; its watchdog brings the boot ROM back.
struct RealBoard {
    board: VirtualBoard,
    /// What the loader left in RAM.
    left: [u32; 4],
    /// Looks until the watchdog resets the chip.
    patience: u32,
}

impl Plug for RealBoard {
    fn look(&mut self) -> Result<Look> {
        if let Some(0x0130) = self.board.identity().map(|id| id.product_id) {
            return Ok(Look::Program(Program::Rom));
        }
        self.patience = self.patience.saturating_sub(1);
        if self.patience == 0 {
            self.board.board().reset();
            self.board.wait(Duration::from_secs(1));
            let bytes = self.left.map(u32::to_le_bytes).concat();
            let mut session = sdp::Sdp::new(sdp::HidLink::new(self.board.hid()));
            session
                .write_file(0x2020_FFF0, &bytes, &mut |_| {})
                .expect("in RAM");
        }
        Ok(Look::Nothing)
    }

    fn open(&mut self) -> Result<Opened> {
        Ok(Opened::Hid(self.board.hid()))
    }

    fn wait(&mut self, time: Duration) {
        self.board.wait(time);
    }
}

fn real(left: [u32; 4], patience: u32) -> (VirtualBoard, Board) {
    let board = VirtualBoard::new();
    let plug = RealBoard {
        board: board.clone(),
        left,
        patience,
    };
    (board, Board::on_plug(Box::new(plug), Options::default()))
}

/// Starts whatever is sent to a board without a file.
fn start(board: &mut Board, source: &LoaderSource) -> (Vec<Event>, Error) {
    let mut events = Vec::new();
    let started = reach_flashloader(board, Some(rt1021()), source, &mut events);
    (events, started.err().expect("no loader that it knows"))
}

#[test]
fn own_loader_that_resets_is_told_with_cause_and_breadcrumb() {
    let crumb = [u32::from_le_bytes(*b"RTLD"), 6, 3, 0x402E_0140];
    let (_, mut board) = real(crumb, 400);
    let (events, error) = start(&mut board, &LoaderSource::Auto);
    let Error::OwnLoaderSilent {
        address,
        now,
        srsr,
        breadcrumb,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((*address, now), (0x2020_8000, &OnPort::Rom));
    assert!(srsr.is_some());
    let crumb = breadcrumb.expect("it was left");
    assert_eq!(
        (crumb.stage, crumb.error, crumb.detail),
        (6, 3, 0x402E_0140)
    );
    assert_eq!((error.code(), error.exit_code()), ("own-loader-silent", 20));
    let text = error.to_string();
    // a reset brought it back
    assert!(!text.contains("still"), "{text}");
    for word in [
        "the boot ROM answers there",
        "SRC_SRSR is 0x",
        "stage 6 (USB running)",
        "error 3",
        "0x402e0140",
    ] {
        assert!(text.contains(word), "{text}");
    }
    let unproven = |event: &&Event| matches!(event, Event::Finding(found) if found.code() == "own-loader-unproven");
    assert_eq!(events.iter().filter(unproven).count(), 1);
}

#[test]
fn own_loader_without_a_trace_is_said_to_have_left_none() {
    let (_, mut board) = real([0; 4], 400);
    let (_, error) = start(&mut board, &LoaderSource::Own);
    assert!(
        error.to_string().ends_with("it left no trace in RAM"),
        "{error}"
    );
    // a chip that hangs for good
    let (_, mut board) = real([0; 4], u32::MAX);
    let (_, error) = start(&mut board, &LoaderSource::Own);
    assert!(
        error
            .to_string()
            .ends_with("within 10 s; nothing answers there now"),
        "{error}"
    );
}

#[test]
fn own_loader_goes_to_its_chips_and_wires_only() {
    let (_, board) = real([0; 4], 1);
    let rt1024 = Chip::by_name("RT1024").expect("a row");
    let why = |source: LoaderSource, chip, board: &Board| match source.load(chip, board) {
        Err(Error::NoLoader { looked, own, .. }) => Err((looked, own)),
        other => Ok(other.expect("a loader").own),
    };
    let own = || LoaderSource::Own;
    assert_eq!(why(own(), rt1021(), &board), Ok(true));
    assert_eq!(why(LoaderSource::Auto, rt1021(), &board), Ok(true));
    assert_eq!(why(LoaderSource::Nxp, rt1021(), &board), Err((true, None)));
    let other = Some(NoOwn::OtherChip);
    assert_eq!(why(own(), rt1024, &board), Err((false, other)));
    assert_eq!(why(LoaderSource::Auto, rt1024, &board), Err((true, other)));
    let over_uart = Board::on_serial(VirtualBoard::new().serial(115_200), Options::default());
    assert_eq!(why(own(), rt1021(), &over_uart), Ok(true));
    assert_eq!(why(own(), rt1024, &over_uart), Err((false, other)));
    // the virtual board keeps its stand-in unless ours is asked for
    let at_hand = Board::on_virtual(&VirtualBoard::new(), Options::default());
    assert_eq!(why(LoaderSource::Auto, rt1021(), &at_hand), Ok(false));
    assert_eq!(why(LoaderSource::Nxp, rt1021(), &at_hand), Ok(false));
    assert_eq!(why(own(), rt1021(), &at_hand), Ok(true));
}

/// A board with old content and quad enable set, for rtboot's own loader or the stand-in.
fn rig(own: bool) -> Rig {
    let mut rig = Rig::with_flash(old_flash(0x4_0000));
    rig.options.base = Some(0x6000_2000);
    rig.virtual_board.board().nor_mut().set_quad_enabled(true);
    match own {
        true => rig.with_own_loader(),
        false => rig,
    }
}

/// The same without the bulk interface, which permissions or drivers may keep from rtboot.
fn rig_on_hid(own: bool) -> Rig {
    let rig = rig(own);
    rig.virtual_board.board().close_bulk();
    rig
}

/// What a write of this application moves: reports to and from the board, changes of flash.
fn moved(rig: &mut Rig, app: &[u8]) -> (WriteReport, [u64; 3]) {
    let counts = |rig: &Rig| {
        let counts = rig.virtual_board.board().counts();
        [counts.usb_out, counts.usb_in, counts.nor_operations]
    };
    let before = counts(rig);
    let written = rig
        .write_bytes(app, "app.bin", "issi.cfg")
        .expect("written");
    let after = counts(rig);
    let moved = [0, 1, 2].map(|i| after[i] - before[i]);
    (written.report, moved)
}

#[test]
fn own_loader_leaves_the_same_flash_as_the_stand_in() {
    let app = application(3, 150_001);
    let flash = [false, true].map(|own| {
        let mut rig = rig(own);
        let (report, _) = moved(&mut rig, &app);
        assert!(report.changed && report.bytes_verified > 150_000);
        assert_eq!(starts(&rig), Some(0x6000_2401));
        assert_eq!(rig.journal_files(), 0, "own: {own}");
        rig.flash()
    });
    assert_eq!(flash[1][0x2000..][..150_001], app);
    assert!(flash[0] == flash[1]);
}

#[test]
fn unchanged_image_hardly_travels_with_hashes() {
    let app = application(3, 150_001);
    let [standin, own] = [false, true].map(|own| {
        let mut rig = rig_on_hid(own);
        moved(&mut rig, &app);
        let (report, moved) = moved(&mut rig, &app);
        assert!(!report.changed);
        assert_eq!(moved[2], 0, "flash was changed");
        assert!(matches!(report.trial, Trial::Same { bytes } if bytes > 0));
        moved
    });
    eprintln!("reports out, in: {standin:?} with the stand-in, {own:?} with ours");
    // the stand-in's are the image once: the compare proves what it finds equal
    assert!(own[1] * 2 < standin[1], "{own:?} and {standin:?}");
}

#[test]
fn one_changed_byte_rewrites_one_sector_with_hashes() {
    let mut app = application(3, 150_001);
    let mut rig = rig(true);
    moved(&mut rig, &app);
    app[0x1_2345] ^= 0x10;
    let (report, _) = moved(&mut rig, &app);
    // and the first, so that nothing half-written starts
    assert_eq!((report.sectors_erased, report.sectors_programmed), (2, 0));
    assert_eq!(rig.flash()[0x2000..][..150_001], app);
    assert_eq!(starts(&rig), Some(0x6000_2401));
}

/// A board with an application, written by rtboot's own loader over HID, and its flash.
fn written() -> (Rig, Nor) {
    let mut rig = rig_on_hid(true);
    moved(&mut rig, &application(3, 150_001));
    let nor = rig.nor("issi.cfg").expect("a known flash");
    (rig, nor)
}

#[test]
fn byte_that_changes_behind_the_compare_is_found_by_the_hash() {
    let (rig, mut nor) = written();
    nor.use_plain().expect("set up");
    let flash = rig.flash();
    let pieces = [
        (0x6000_0000, &flash[..0x2_0000]),
        (0x6002_0000, &flash[0x2_0000..0x2_8000]),
    ];
    nor.verify(&pieces, Stage::Verify, &mut ()).expect("equal");
    rig.virtual_board.board().flash_mut()[0x2_1234] ^= 0x40;
    match nor.verify(&pieces, Stage::Verify, &mut ()) {
        Err(Error::Verify {
            address,
            expected,
            found,
            count,
            total,
        }) => {
            assert_eq!(address, 0x6002_1234);
            assert_eq!((expected, found), (flash[0x2_1234], flash[0x2_1234] ^ 0x40));
            assert_eq!((count, total), (1, 0x2_8000));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn byte_in_blank_flash_is_seen_while_quad_enable_is_clear() {
    let app = application(3, 150_001);
    // one board is blank, the other holds something in the middle of the image
    for old in [None, Some(0x1_2345)] {
        let mut rig = Rig::fresh().with_own_loader();
        rig.options.base = Some(0x6000_2000);
        if let Some(at) = old {
            rig.virtual_board.board().flash_mut()[at] = 0x5A;
        }
        let (report, _) = moved(&mut rig, &app);
        assert_eq!(report.sectors_erased, usize::from(old.is_some()));
        assert_eq!(rig.flash()[0x2000..][..150_001], app);
        assert_eq!(starts(&rig), Some(0x6000_2401));
    }
}

#[test]
fn every_byte_is_read_back_over_the_bulk_interface() {
    let app = application(3, 150_001);
    let mut rig = rig(true);
    moved(&mut rig, &app);
    let before = rig.virtual_board.board().costs();
    let (report, _) = moved(&mut rig, &app);
    assert!(!report.changed && report.bytes_verified > 150_000);
    // the read is that of the stored FCB: no other trial is needed
    let bytes = report.bytes_verified;
    assert_eq!(report.trial, Trial::Same { bytes });
    let after = rig.virtual_board.board().costs();
    assert!(after.in3 - before.in3 > 150_000 / 512, "{after:?}");
    // a cell that changed behind the compare would have been seen: all of flash is what travelled
    let mut nor = rig.nor("issi.cfg").expect("a known flash");
    nor.use_plain().expect("set up");
    let flash = rig.flash();
    rig.virtual_board.board().flash_mut()[0x2_1234] ^= 0x40;
    let pieces = [(0x6000_0000, &flash[..0x2_8000])];
    let verified = nor.verify(&pieces, Stage::Verify, &mut ());
    assert!(
        matches!(
            verified,
            Err(Error::Verify {
                address: 0x6002_1234,
                count: 1,
                ..
            })
        ),
        "{verified:?}"
    );
}

/// What failed while flash was written.
fn failure(error: &Error) -> &Error {
    match error {
        Error::WhileWriting { source, .. } => source,
        other => panic!("{other}"),
    }
}

#[test]
fn bit_that_does_not_program_is_found_where_the_loader_reads_nothing_back() {
    let app = application(3, 150_001);
    let offset = 0x1_2345_usize;
    let wanted = app[offset - 0x2000];
    let bits = 1 << wanted.trailing_ones();
    let mut rig = rig(true);
    let address = offset as u32;
    let stuck = Fault::StuckAtOne { address, bits };
    rig.virtual_board.board().fault_mut().push(stuck);
    let error = rig
        .write_bytes(&app, "app.bin", "issi.cfg")
        .expect_err("stuck");
    let Error::Verify {
        address,
        expected,
        found,
        count,
        ..
    } = *failure(&error)
    else {
        panic!("{error}");
    };
    assert_eq!((address, count), (0x6001_2345, 1));
    assert_eq!((expected, found), (wanted, wanted | bits));
    assert_eq!(starts(&rig), None, "nothing half-written starts");
    // without a verify the loader looks itself
    rig.virtual_board.board().flash_mut().fill(0xFF);
    rig.options.verify = false;
    let error = rig
        .write_bytes(&app, "app.bin", "issi.cfg")
        .expect_err("stuck");
    assert!(matches!(failure(&error), Error::Program { .. }), "{error}");
    assert_eq!(starts(&rig), None);
    // the same command finishes it once the cell is well
    rig.virtual_board.board().fault_mut().clear();
    rig.options.verify = true;
    moved(&mut rig, &app);
    assert_eq!(rig.flash()[0x2000..][..150_001], app);
}

#[test]
fn stream_that_fails_names_the_byte() {
    let app = application(3, 150_001);
    let offset = 0x1_2345_usize;
    let wanted = app[offset - 0x2000];
    let bit = 1 << wanted.trailing_ones();
    let mut rig = rig_on_hid(true);
    let stuck = Fault::StuckAtOne {
        address: offset as u32,
        bits: bit,
    };
    rig.virtual_board.board().fault_mut().push(stuck);
    let error = rig
        .write_bytes(&app, "app.bin", "issi.cfg")
        .expect_err("stuck");
    let Error::Program {
        address,
        length,
        source,
        differs,
    } = failure(&error)
    else {
        panic!("{error}");
    };
    assert_eq!(*differs, Some((0x6001_2345, wanted, wanted | bit)));
    // the record that holds it
    assert_eq!((*address, *length), (0x6001_1400, 0x1000));
    assert_eq!(source.status(), Some(Status::LOADER_NOT_PROGRAMMED));
    assert_eq!(error.exit_code(), 32);
    assert_eq!(starts(&rig), None, "nothing half-written starts");
    // the same command finishes it once the cell is well
    rig.virtual_board.board().fault_mut().clear();
    moved(&mut rig, &app);
    assert_eq!(rig.flash()[0x2000..][..150_001], app);
    assert_eq!(starts(&rig), Some(0x6000_2401));
}

#[test]
fn repetitive_image_travels_packed() {
    let mut app = application(3, 0x400);
    app.resize(150_001, 0x5A);
    let [standin, own] = [false, true].map(|own| {
        let mut rig = rig(own);
        let (_, moved) = moved(&mut rig, &app);
        assert_eq!(rig.flash()[0x2000..][..150_001], app);
        moved
    });
    eprintln!("reports out, in: {standin:?} with the stand-in, {own:?} with ours");
    // 148 reports of data, packed into a few
    assert!(own[0] + 130 < standin[0], "{own:?} and {standin:?}");
}

#[test]
fn stop_while_it_programs_leaves_nothing_that_starts() {
    struct Stop(bool);
    impl Listener for Stop {
        fn event(&mut self, event: Event) {
            self.0 |=
                matches!(event, Event::Progress { stage: Stage::Program, done } if done > 50_000);
        }
        fn cancelled(&self) -> bool {
            self.0
        }
    }
    let app = application(3, 150_001);
    let mut rig = rig(true);
    let options = WriteOptions {
        fcb: FcbChoice::named("issi.cfg", rt1021())
            .expect("in the database")
            .0,
        journal: Some(rig.journals.clone()),
        ..rig.options.clone()
    };
    let file = Source::bytes("app.bin", app.clone());
    let mut stop = Stop(false);
    let stopped = write_with(&mut rig.board, LoaderSource::Own, &file, options, &mut stop);
    assert_eq!(stopped.expect_err("stopped").exit_code(), 70);
    assert_eq!(starts(&rig), None);
    assert_eq!(rig.journal_files(), 1);
    moved(&mut rig, &app);
    assert_eq!(rig.flash()[0x2000..][..150_001], app);
    assert_eq!(starts(&rig), Some(0x6000_2401));
    assert_eq!(rig.journal_files(), 0);
}

#[test]
fn version_that_is_listed_is_the_one_that_it_says() {
    let mut rig = Rig::fresh().with_own_loader();
    let flashloader = rig.flashloader().expect("ours");
    let own = flashloader.facts().own.expect("it says so");
    let listed = OwnLoader::embedded().expect("built in");
    assert_eq!(own.version.to_string(), format!("L{}", listed.version));
    assert!(own.features.has(Features::HASH.with(Features::STREAM)));
    // one that runs already is asked, too
    drop(flashloader);
    let joined = rig.flashloader().expect("it runs");
    assert_eq!(joined.facts().own, Some(own));
}

/// As a restricted image must be given, which its owner has signed.
#[test]
fn own_loader_given_as_a_file_is_taken_for_ours() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let own = OwnLoader::embedded().expect("built in");
    std::fs::write(file.path(), own.image).expect("written");
    let mut rig = Rig::with_flash(old_flash(0x4_0000));
    rig.loader = LoaderSource::file(file.path());
    rig.options.base = Some(0x6000_2000);
    rig.write_bytes(&application(3, 9_001), "app.bin", "issi.cfg")
        .expect("written");
    let loader = rig.flashloader().expect("it runs");
    assert!(loader.facts().own.is_some());
    drop(loader);
    rig.power_cycle();
    let loader = rig.flashloader().expect("started");
    assert!(loader.facts().own.is_some());
}

#[test]
fn info_behind_a_running_own_loader_names_its_chips() {
    let (rig, nor) = written();
    drop(nor);
    let mut board = Board::on_virtual(&rig.virtual_board, Options::default());
    let (info, done) = job::info(&mut board, &job::Target::default(), &mut ());
    done.expect("asked");
    assert_eq!(
        info.chip_words(),
        "RT1015/RT1020/RT1021 (rtboot's own loader runs on it)"
    );
    assert!(info.identity().is_known());
}

#[test]
fn stand_in_is_not_taken_for_ours() {
    let mut rig = Rig::fresh();
    drop(rig.flashloader().expect("the stand-in"));
    let joined = rig.flashloader().expect("it runs");
    assert_eq!(joined.facts().own, None);
}

#[test]
fn every_virtual_part_is_written_as_by_the_stand_in() {
    let mut tried = 0;
    for name in Part::names() {
        let part = Part::find(name).expect("by its name");
        let written = [false, true].map(|own| {
            let mut rig = Rig::with_part(part.clone());
            if own {
                rig = rig.with_own_loader();
            }
            let written = rig.write(app("blinky.elf"), "auto");
            match written {
                Ok(_) => Ok((starts(&rig), rig.flash())),
                Err(error) => Err(error.code()),
            }
        });
        assert!(
            written[0] == written[1],
            "{name}: {:?}",
            written.map(|w| w.map(|w| w.0))
        );
        tried += usize::from(
            written[1]
                .as_ref()
                .is_ok_and(|(starts, _)| starts.is_some()),
        );
    }
    assert!(tried > 15, "{tried} parts start what was written");
}

#[test]
fn whole_flash_is_erased_by_own_loader() {
    for name in ["is25lp064a", "mt25ql128aba", "s25fl256s"] {
        let part = Part::find(name).expect("by its name");
        let mut rig = Rig::with(rtboot_sim::Settings {
            part,
            flash: old_flash(0x4_0000),
            ..Default::default()
        })
        .with_own_loader();
        rig.options.erase_all = true;
        rig.options.consent = Consent::words([Act::erase_flash().words]);
        let written = rig.write(app("blinky.elf"), "auto");
        written.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            rig.flash()[0x3000..].iter().all(|&byte| byte == 0xFF),
            "{name}"
        );
        assert!(starts(&rig).is_some(), "{name}");
    }
}

/// A HID port whose bulk interface breaks at a call.
struct Breaking {
    hid: Box<dyn HidPort>,
    /// Calls of the bulk interface until it breaks, and what it does then.
    left: u32,
    how: Break,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Break {
    /// The interface is claimed by someone else.
    Gone,
    /// Nothing comes any more.
    Silent,
    /// Bytes are turned.
    Damaged,
    /// The last byte is lost.
    Short,
    /// All but the first bytes are lost: what follows passes for the rest of the frame.
    Cut,
}

impl HidPort for Breaking {
    fn write(&mut self, report: &[u8]) -> std::result::Result<(), port::Error> {
        self.hid.write(report)
    }

    fn read(&mut self, timeout: Duration) -> std::result::Result<Option<Vec<u8>>, port::Error> {
        self.hid.read(timeout)
    }

    fn describe(&self) -> String {
        self.hid.describe()
    }

    fn open_bulk(&mut self) -> std::result::Result<Box<dyn BulkPort>, port::Error> {
        Ok(Box::new(BreakingBulk {
            bulk: self.hid.open_bulk()?,
            left: self.left,
            how: self.how,
        }))
    }
}

struct BreakingBulk {
    bulk: Box<dyn BulkPort>,
    left: u32,
    how: Break,
}

impl BreakingBulk {
    fn breaks(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }

    fn gone(&self) -> port::Error {
        let port = self.describe();
        port::Error::Gone { port }
    }
}

impl BulkPort for BreakingBulk {
    fn write(&mut self, bytes: &[u8]) -> std::result::Result<(), port::Error> {
        match (self.breaks(), self.how) {
            (false, _) => self.bulk.write(bytes),
            (true, Break::Gone) => Err(self.gone()),
            (true, Break::Damaged) => self.bulk.write(&[&[9], &bytes[1..]].concat()),
            (true, Break::Silent | Break::Short | Break::Cut) => Ok(()),
        }
    }

    fn read(&mut self, timeout: Duration) -> std::result::Result<Option<Vec<u8>>, port::Error> {
        if !self.breaks() {
            return self.bulk.read(timeout);
        }
        match self.how {
            Break::Gone => Err(self.gone()),
            Break::Silent => Ok(None),
            Break::Damaged => {
                let read = self.bulk.read(timeout)?;
                Ok(read.map(|bytes| [&[bytes[0], bytes[1] ^ 0x40], &bytes[2..]].concat()))
            }
            Break::Short => {
                let read = self.bulk.read(timeout)?;
                Ok(read.map(|bytes| bytes[..bytes.len() - 1].to_vec()))
            }
            Break::Cut => {
                let read = self.bulk.read(timeout)?;
                Ok(read.map(|bytes| bytes[..bytes.len().min(9)].to_vec()))
            }
        }
    }

    fn packet_size(&self) -> usize {
        self.bulk.packet_size()
    }

    fn describe(&self) -> String {
        self.bulk.describe()
    }
}

/// A board on which the own loader runs, with this in flash.
fn loaded(flash: &[u8]) -> VirtualBoard {
    let mut rig = Rig::fresh().with_own_loader();
    drop(rig.flashloader().expect("ours"));
    rig.virtual_board.board().flash_mut()[..flash.len()].copy_from_slice(flash);
    let board = rig.virtual_board.clone();
    let mut client = Mboot::new(HidLink::new(board.hid()));
    client
        .fill_memory(0x2020_2000, 4, 0xC000_0007)
        .expect("option word");
    client
        .configure_memory(MemoryId::FLEXSPI_NOR, 0x2020_2000)
        .expect("configured");
    board
}

fn client(board: &VirtualBoard, left: u32, how: Break) -> Mboot<HidLink<Breaking>> {
    let hid = board.hid();
    Mboot::new(HidLink::new(Breaking { hid, left, how }))
}

#[test]
fn reads_and_hashes_go_over_the_bulk_interface() {
    let content: Vec<u8> = (0..600_000_u32).map(|i| (i * 7 + i / 251) as u8).collect();
    let board = loaded(&content);
    let mut client = client(&board, u32::MAX, Break::Gone);
    client.identity().expect("asked").expect("ours");
    // asks for the longest payload, once
    client
        .read_memory(0x6000_0000, 4, MemoryId::FLEXSPI_NOR, &mut |_| true)
        .expect("read");
    let before = board.board().costs();
    let read = client.read_memory(0x6000_0000, 600_000, MemoryId::FLEXSPI_NOR, &mut |_| true);
    assert!(read.expect("read") == content);
    let crcs = client.crc32(0x6000_0000, 0x2000, 0x1000, &mut |_| true);
    let whole = |at: usize| rtboot_wire::loader::crc32(&content[at..at + 0x1000]);
    assert_eq!(crcs.expect("hashed"), [whole(0), whole(0x1000)]);
    let after = board.board().costs();
    assert_eq!((after.in1, after.out2), (before.in1, before.out2));
    assert!(after.in3 > 600_000 / 512);
    // what is no read goes over HID
    client
        .get_property(Property::CURRENT_VERSION, 0)
        .expect("version");
    assert_eq!(board.board().costs().in1, after.in1 + 1);
}

#[test]
fn a_read_that_breaks_on_the_bulk_interface_is_read_over_hid() {
    let content: Vec<u8> = (0..9_000_u32).map(|i| (i * 13 + i / 256) as u8).collect();
    let board = loaded(&content);
    let mut fell_back = 0;
    let all = [
        Break::Gone,
        Break::Silent,
        Break::Damaged,
        Break::Short,
        Break::Cut,
    ];
    for how in all {
        for left in 1..18 {
            let mut client = client(&board, left, how);
            client.identity().expect("asked").expect("ours");
            let before = board.board().costs().in1;
            let read = client.read_memory(0x6000_0000, 9_000, MemoryId::FLEXSPI_NOR, &mut |_| true);
            assert!(read.expect("read") == content, "{how:?} {left}");
            fell_back += u32::from(board.board().costs().in1 > before);
            // the next command is in step
            let id = client.fetch(rtboot_wire::loader::Fetch::JedecId, 0, 3);
            assert_eq!(id.expect("asked"), [0x9D, 0x60, 0x17], "{how:?} {left}");
        }
    }
    assert!(fell_back > 40, "{fell_back}");
    assert!(board.board().flash()[..9_000] == content);
}

#[test]
fn a_set_up_that_breaks_on_the_bulk_interface_is_made_over_hid() {
    let board = loaded(&[0x5A; 4096]);
    for how in [Break::Gone, Break::Silent, Break::Damaged, Break::Short] {
        for left in 1..12 {
            let mut client = client(&board, left, how);
            client.identity().expect("asked").expect("ours");
            let word = 0xC000_0007_u32.to_le_bytes();
            client
                .write_memory(0x2020_2000, &word, MemoryId::INTERNAL, &mut |_| true)
                .unwrap_or_else(|error| panic!("{how:?} {left}: {error}"));
            client
                .configure_memory(MemoryId::FLEXSPI_NOR, 0x2020_2000)
                .unwrap_or_else(|error| panic!("{how:?} {left}: {error}"));
            let read = client.read_memory(0x6000_0000, 8, MemoryId::FLEXSPI_NOR, &mut |_| true);
            assert_eq!(read.expect("read"), [0x5A; 8], "{how:?} {left}");
        }
    }
}

#[test]
fn cable_pulled_in_a_bulk_read_is_told_as_gone() {
    let board = loaded(&[0x5A; 4096]);
    let mut client = client(&board, u32::MAX, Break::Gone);
    client.identity().expect("asked").expect("ours");
    let at = board.board().counts().usb_in + 4;
    let what = ReportFault::Unplug;
    board.board().fault_mut().push(Fault::UsbIn { at, what });
    let read = client.read_memory(0x6000_0000, 4096, MemoryId::FLEXSPI_NOR, &mut |_| true);
    assert!(matches!(read, Err(mboot::Error::Gone { .. })), "{read:?}");
    assert_eq!(board.board().flash()[..4096], [0x5A; 4096]);
}

/// Asks to stop once a stage has gone through so many bytes.
struct StopsIn {
    stage: Stage,
    behind: u64,
    done: u64,
}

impl Listener for StopsIn {
    fn event(&mut self, event: Event) {
        if let Event::Progress { stage, done } | Event::End { stage, done } = event
            && stage == self.stage
        {
            self.done = done;
        }
    }

    fn cancelled(&self) -> bool {
        self.done > self.behind
    }
}

#[test]
fn stop_in_a_verify_by_hashes_is_no_finding() {
    let app = application(3, 300_001);
    let mut rig = rig_on_hid(true);
    moved(&mut rig, &app);
    let before = rig.flash();
    let file: Pieces = (&Source::bytes("app.bin", app)).into();
    let layout = LayoutOptions {
        fcb: FcbChoice::named("issi.cfg", rt1021()).expect("known").0,
        ..rig.options.layout()
    };
    let mut nor = rig.nor("issi.cfg").expect("a known flash");
    let boot = nor.look_at_boot(&mut ()).expect("it starts");
    let comparison = Comparison::prepare(&file, &layout, rt1021()).expect("a good file");
    let mut compare = |behind| {
        let counts = || rig.virtual_board.board().counts().usb_in;
        let reports = counts();
        let stage = Stage::Verify;
        let done = 0;
        let mut stops = StopsIn {
            stage,
            behind,
            done,
        };
        let result = comparison.compare(&mut nor, &boot, &mut stops);
        (result, stops.done, counts() - reports)
    };
    let (whole, total, reports) = compare(u64::MAX);
    whole.expect("equal");
    // by hashes: read, it would be 5,000 reports
    assert!(reports < 500, "{reports}");
    for behind in [0, 0x1_0000, 0x3_0000] {
        let (result, done, _) = compare(behind);
        let error = result.expect_err("it is stopped");
        assert!(behind < done && done < total, "{behind:#x}: {done:#x}");
        assert!(matches!(error, Error::Interrupted { .. }), "{error}");
        assert_eq!(error.exit_code(), 70);
        let advice = rtboot::advice::advice(&error);
        assert!(advice.causes.is_empty(), "{advice:?}");
    }
    compare(u64::MAX).0.expect("the loader goes on");
    assert!(rig.flash() == before);
}

/// Findings of this entry.
fn told(events: &[Event], entry: &'static rtboot::Entry) -> usize {
    let is = |event: &&Event| matches!(event, Event::Finding(found) if found.is(entry));
    events.iter().filter(is).count()
}

/// A read of the flash's array that answers wrong, counted from now.
fn misread(rig: &Rig, nth: u64) {
    let mut board = rig.virtual_board.board();
    let at = board.counts().nor_reads + nth;
    let (byte, xor) = (17, 0x20);
    board.fault_mut().push(Fault::Misread { at, byte, xor });
}

#[test]
fn hash_of_a_misread_is_made_again_and_told() {
    let (rig, mut nor) = written();
    nor.use_plain().expect("set up");
    let flash = rig.flash();
    let pieces = [(0x6000_0000, &flash[..0x2_0000])];
    let mut events = Vec::new();
    misread(&rig, 1);
    nor.verify(&pieces, Stage::Verify, &mut events)
        .expect("two readings against one");
    assert_eq!(told(&events, &run::READ_UNSTEADY), 1, "{events:?}");
    let mut events = Vec::new();
    nor.verify(&pieces, Stage::Verify, &mut events)
        .expect("equal");
    assert_eq!(told(&events, &run::READ_UNSTEADY), 0);
}

#[test]
fn backup_reads_once_and_hashes_once() {
    let (rig, mut nor) = written();
    let flash = rig.flash();
    let counts = |rig: &Rig| rig.virtual_board.board().counts();
    let before = counts(&rig);
    let mut events = Vec::new();
    let read = job::read_flash_twice(&mut nor, 0x6000_0000, 0x10_0000, &mut events);
    assert!(read.expect("read") == flash[..0x10_0000]);
    let after = counts(&rig);
    let reports = after.usb_in - before.usb_in;
    assert!(reports < 1_500, "{reports} reports for 1 MiB");
    // the last reads are those of the hashes
    let reads = after.nor_reads - before.nor_reads;
    misread(&rig, reads - 2);
    let read = job::read_flash_twice(&mut nor, 0x6000_0000, 0x10_0000, &mut events);
    assert!(read.expect("two readings against one") == flash[..0x10_0000]);
    assert_eq!(told(&events, &run::READ_UNSTEADY), 1);
    // one of the first reading
    misread(&rig, reads / 2);
    let read = job::read_flash_twice(&mut nor, 0x6000_0000, 0x10_0000, &mut events);
    assert!(
        matches!(read, Err(Error::ReadsDiffer { count: 1, .. })),
        "{read:?}"
    );
}
