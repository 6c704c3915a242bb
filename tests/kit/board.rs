//! A virtual board with everything that a test of a whole write needs.

use std::path::Path;

use rtboot::board::{Board, Options};
use rtboot::event::{Event, Listener};
use rtboot::flash::{self, FcbChoice, Nor, WriteReport};
use rtboot::job::{self, Target, WriteJob, WriteOptions};
use rtboot::journal::{BoardJournal, JournalStore};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{LoaderSource, Result, Source};
use rtboot_bootable::Memory;

use super::random::pattern;
use super::{rt1021, standin};

/// Old content of a flash: bytes without a pattern that an erase or an image could have left.
pub fn old_flash(length: usize) -> Vec<u8> {
    pattern(length).iter().map(|byte| byte & 0x7F).collect()
}

/// Where the ROM would start what is in flash now, after a reset into internal boot.
pub fn starts(rig: &Rig) -> Option<u32> {
    rig.virtual_board
        .board()
        .boot_verdict()
        .starts
        .map(|start| start.entry)
}

/// A board and a place for journals.
pub struct Rig {
    pub virtual_board: VirtualBoard,
    pub board: Board,
    pub journals: JournalStore,
    pub options: WriteOptions,
    /// What is started when no loader runs.
    pub loader: LoaderSource,
    pub events: Vec<Event>,
    folder: tempfile::TempDir,
}

/// What a write gave.
#[derive(Debug)]
pub struct Written {
    pub report: WriteReport,
    pub memory: Memory,
}

impl Rig {
    /// A blank IS25LP064A, quad enable clear, straps on serial download.
    pub fn fresh() -> Rig {
        Rig::on(VirtualBoard::new())
    }

    pub fn with(settings: rtboot_sim::Settings) -> Rig {
        Rig::on(VirtualBoard::from_board(rtboot_sim::Board::new(settings)))
    }

    pub fn with_flash(flash: Vec<u8>) -> Rig {
        Rig::with(rtboot_sim::Settings {
            flash,
            ..Default::default()
        })
    }

    pub fn with_part(part: rtboot_sim::nor::Part) -> Rig {
        Rig::with(rtboot_sim::Settings {
            part,
            ..Default::default()
        })
    }

    /// Programs, erases and status writes that the flash has seen.
    pub fn operations(&self) -> u64 {
        self.virtual_board.board().counts().nor_operations
    }

    pub fn journal_files(&self) -> usize {
        std::fs::read_dir(self.folder.path())
            .expect("the folder")
            .count()
    }

    pub fn on(virtual_board: VirtualBoard) -> Rig {
        let folder = tempfile::tempdir().expect("a folder");
        Rig {
            board: Board::on_virtual(&virtual_board, Options::default()),
            virtual_board,
            journals: JournalStore::new(folder.path()),
            options: WriteOptions::default(),
            loader: standin(),
            events: Vec::new(),
            folder,
        }
    }

    /// The journal of the board.
    pub fn journal(&self, nor: &mut Nor) -> BoardJournal {
        job::journal_of_flash(nor, &self.board, &self.journals).expect("a journal")
    }

    pub fn flash(&self) -> Vec<u8> {
        self.virtual_board.board().flash().to_vec()
    }

    /// Power off and on; the ROM needs a moment until it is on the bus.
    pub fn power_cycle(&self) {
        let mut board = self.virtual_board.board();
        board.power_cycle();
        board.wait(std::time::Duration::from_secs(1));
    }

    /// Gets a flashloader to run.
    pub fn flashloader(&mut self) -> Result<flash::Flashloader> {
        let reached =
            flash::reach_flashloader(&mut self.board, None, &self.loader, &mut self.events)?;
        Ok(reached.flashloader)
    }

    /// A flash that is looked at and known.
    pub fn nor(&mut self, fcb: &str) -> Result<Nor> {
        let (from, file) = rtboot_fcb::database::find(fcb).expect("in the database");
        let mut loader = self.flashloader()?;
        let facts = loader.look_at_flash(&mut ())?;
        let part = flash::choose_part(
            &facts,
            &flash::PartSource::Cfg {
                from: from.into(),
                file,
            },
        )?;
        Ok(Nor::new(loader, part, facts))
    }

    /// The main job: this file with the FCB of that part.
    pub fn write(&mut self, path: impl AsRef<Path>, fcb: &str) -> Result<Written> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).expect("a committed file");
        let name = path.file_name().and_then(|name| name.to_str());
        self.write_bytes(&bytes, name.expect("a name"), fcb)
    }

    pub fn write_bytes(&mut self, bytes: &[u8], name: &str, fcb: &str) -> Result<Written> {
        let options = WriteOptions {
            fcb: FcbChoice::named(fcb, rt1021())?.0,
            journal: Some(self.journals.clone()),
            ..self.options.clone()
        };
        let file = Source::bytes(name, bytes);
        let (board, loader) = (&mut self.board, self.loader.clone());
        write_with(board, loader, &file, options, &mut self.events)
    }

    /// The same, with rtboot's own loader.
    #[must_use]
    pub fn with_own_loader(mut self) -> Rig {
        self.loader = LoaderSource::Own;
        self
    }
}

/// The write of [`rtboot::job::write`] on a board that is open already, with the virtual board's flashloader.
pub fn write(
    board: &mut Board,
    file: &Source,
    options: WriteOptions,
    listener: &mut dyn Listener,
) -> Result<Written> {
    write_with(board, standin(), file, options, listener)
}

/// The same, with this loader.
pub fn write_with(
    board: &mut Board,
    loader: LoaderSource,
    file: &Source,
    options: WriteOptions,
    listener: &mut dyn Listener,
) -> Result<Written> {
    let mut target = Target::default();
    target.loader = loader;
    let job = WriteJob::prepare(&file.into(), options, rt1021())?;
    let mut ready = job.identify(board, &target, listener)?;
    let plan = ready.plan(listener)?;
    let report = ready.write(&plan, listener)?;
    Ok(Written {
        report,
        memory: ready.layout().memory.clone(),
    })
}
