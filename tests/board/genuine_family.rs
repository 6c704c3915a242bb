//! The whole job against the genuine flashloader of any chip, executed on an emulated board behind a TCP socket.
//!
//! Skipped unless `RTBOOT_GENUINE_CHIP` names the chip, `RTBOOT_GENUINE` the socket and `RTBOOT_GENUINE_LOADER` NXP's file: see
//! docs/dev/tests.md.

use std::path::PathBuf;

use super::genuine::{Emulated, Socket};
use crate::kit::linked::{app, elf};
use rtboot::board::{Board, Options};
use rtboot::chip::Chip;
use rtboot::flash::LoaderSource;
use rtboot::job::{Target, WriteJob, WriteOptions};
use rtboot::{Error, FcbChoice, Result, Source};

struct Genuine {
    socket: Socket,
    chip: &'static Chip,
    loader: PathBuf,
}

impl Genuine {
    fn at_hand() -> Option<Genuine> {
        let chip = std::env::var("RTBOOT_GENUINE_CHIP").ok()?;
        let address = std::env::var("RTBOOT_GENUINE").expect("the socket, too");
        let loader = std::env::var("RTBOOT_GENUINE_LOADER").expect("the flashloader file, too");
        Some(Genuine {
            socket: Socket::connect(&address),
            chip: Chip::by_name(&chip).expect("a chip"),
            loader: loader.into(),
        })
    }

    /// Writes this application; whether anything was changed.
    fn write(&self, app: &[u8]) -> Result<bool> {
        let file = Source::bytes("app.elf", elf(self.chip.map.app_address(), app));
        let options = WriteOptions {
            fcb: FcbChoice::Auto,
            ..WriteOptions::default()
        };
        // the emulated ROM does not know the id register: the chip is named
        let mut target = Target::default();
        target.chip = Some(self.chip);
        target.loader = LoaderSource::file(&self.loader);
        let emulated = Box::new(Emulated(self.socket.clone()));
        let mut board = Board::on_plug(emulated, Options::default());
        let job = WriteJob::prepare(&file.into(), options, self.chip)?;
        let mut ready = job.identify(&mut board, &target, &mut ())?;
        let plan = ready.plan(&mut ())?;
        let report = ready.write(&plan, &mut ())?;
        let verdict = ready.verdict(&plan, &report, &mut ())?;
        assert!(
            verdict.words().contains("would start it"),
            "{}",
            verdict.words()
        );
        Ok(report.changed)
    }

    fn flash(&self) -> Vec<u8> {
        let dump = tempfile::NamedTempFile::new().expect("a file");
        self.socket.ask(&format!("dump {}", dump.path().display()));
        std::fs::read(dump.path()).expect("the flash")
    }

    /// Starts the board from its flash; whether its ROM found an image.
    fn boots(&self) -> bool {
        self.socket.ask("power internal");
        let status = self.socket.ask("status");
        self.socket.ask("power serial");
        status.contains("\"state\": \"app\"")
    }
}

#[test]
fn genuine_flashloader_of_the_chip_does_the_whole_job() {
    let Some(genuine) = Genuine::at_hand() else {
        eprintln!("skipped: RTBOOT_GENUINE_CHIP is not set");
        return;
    };
    let map = genuine.chip.map;
    let (first, second) = (
        app(map.app_address(), 0x5432),
        app(map.app_address() ^ 0x1000, 0x1_2345),
    );
    // both are linked to one address
    let second = [&first[..0x100], &second[0x100..]].concat();
    genuine.socket.ask("power serial");
    for app in [&first, &second] {
        assert!(genuine.write(app).expect("written"));
        let flash = genuine.flash();
        assert_eq!(
            &flash[0x2000..0x2000 + app.len()],
            app,
            "the flash's own cells"
        );
        let fcb = map.fcb_offset as usize;
        assert_eq!(&flash[fcb..fcb + 4], b"FCFB");
        assert!(genuine.boots(), "{}", genuine.socket.ask("status"));
        assert!(!genuine.write(app).expect("nothing to do"));
        assert_eq!(genuine.flash(), flash);
    }
    genuine.socket.ask("power serial");
    genuine.socket.ask("flash absent");
    let error = genuine.write(&first).expect_err("absent");
    assert!(matches!(error, Error::NoFlash { .. }), "{error}");
    genuine.socket.ask("flash present");
}
