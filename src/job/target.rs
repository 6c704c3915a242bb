//! Which board a job is for, and the way to its flash.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rtboot_fcb::Part;
use rtboot_finding::Finding;
use rtboot_finding::catalogue::run;

use crate::board::{Board, Options, Selector};
use crate::chip::Chip;
use crate::event::{Known, Listener, Measurements, tell, tell_known, tell_measured};
use crate::flash::{
    Contact, Flashloader, LoaderSource, Nor, NorFacts, PartSource, Reached, reach_flashloader,
};
use crate::journal::JournalStore;
#[cfg(feature = "virtual")]
use crate::port::virtual_board::VirtualBoard;
use crate::{Error, Result};

/// Between two looks whether the listener wants to stop.
const SLICE: Duration = Duration::from_millis(200);

/// Which board, which chip, which flashloader. The default is the only board on USB.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// Which board.
    pub board: Selector,
    /// How to talk to it, and how long to wait for it.
    pub connection: Options,
    /// The chip, when it is known; the board is asked as well.
    pub chip: Option<&'static Chip>,
    /// The flashloader to start when none runs.
    pub loader: LoaderSource,
    /// What the flash is expected to be.
    pub part: PartSource,
    /// Where the journals of boards are; without it commands that only look do not know of interrupted runs.
    pub journals: Option<JournalStore>,
    #[cfg(feature = "virtual")]
    on_virtual: Option<VirtualBoard>,
}

impl Target {
    /// The board that this selector names.
    pub fn on(board: Selector) -> Target {
        Target {
            board,
            ..Target::default()
        }
    }

    /// A virtual board that the caller holds too.
    #[cfg(feature = "virtual")]
    pub fn on_virtual(board: &VirtualBoard) -> Target {
        Target {
            on_virtual: Some(board.clone()),
            ..Target::default()
        }
    }

    /// With this flashloader file, for when none runs.
    #[must_use]
    pub fn with_loader(mut self, path: impl Into<PathBuf>) -> Target {
        self.loader = LoaderSource::file(path);
        self
    }

    /// The chip for work on files: the one that is named, else [`Chip::DEFAULT`].
    pub fn chip_for_files(&self) -> &'static Chip {
        self.chip.unwrap_or(Chip::DEFAULT)
    }

    /// The folder of the virtual board that it names, when there is none in it.
    pub fn missing_virtual(&self) -> Option<&Path> {
        #[cfg(feature = "virtual")]
        if let Selector::Virtual(folder) = &self.board {
            let folder = folder
                .as_ref()
                .or(self.connection.virtual_folder.as_ref())?;
            let missing = VirtualBoard::is_missing(folder).unwrap_or_default();
            return missing.then_some(folder);
        }
        None
    }

    /// Finds the board and holds its place against other runs; waits as long as the connection says, or until the listener
    /// wants to stop.
    ///
    /// # Errors
    /// [`Error::NoBoard`], [`Error::NoVirtual`], [`Error::SeveralBoards`], [`Error::BoardBusy`], [`Error::Port`],
    /// [`Error::Virtual`]; [`Error::Interrupted`].
    pub fn connect(&self, listener: &mut dyn Listener) -> Result<Board> {
        #[cfg(feature = "virtual")]
        if let Some(board) = &self.on_virtual {
            let board = Board::on_virtual(board, self.connection.clone());
            tell_place(&board, listener);
            return Ok(board);
        }
        let board = self.wait_for_board(listener)?;
        tell_place(&board, listener);
        for warning in board.warnings() {
            let shared = Finding::new(&run::PLACE_SHARED);
            tell(listener, shared.text("warning", warning));
        }
        Ok(board)
    }

    fn wait_for_board(&self, listener: &mut dyn Listener) -> Result<Board> {
        let limit = self.connection.wait.unwrap_or_default();
        let (start, mut told) = (Instant::now(), false);
        loop {
            let slice = match told {
                true => SLICE.min(limit),
                false => Duration::ZERO,
            };
            let options = Options {
                wait: Some(slice),
                ..self.connection.clone()
            };
            match Board::find(&self.board, options) {
                Err(error @ Error::NoBoard { .. }) => {
                    if !told && !limit.is_zero() {
                        tell(listener, waiting(limit, &error));
                        told = true;
                    }
                    if start.elapsed() >= limit {
                        return Err(error);
                    }
                }
                other => return other,
            }
            if listener.cancelled() {
                return Err(Error::interrupted());
            }
        }
    }

    /// Asks a board which chip it has. Nothing is sent to it.
    ///
    /// # Errors
    /// As [`Contact::new`].
    pub fn contact(&self, board: &mut Board, listener: &mut dyn Listener) -> Result<Contact> {
        Contact::new(board, self.chip, listener)
    }

    /// Gets a flashloader running: the one that runs, else the target's.
    ///
    /// # Errors
    /// As [`reach_flashloader`].
    pub fn start_flashloader(
        &self,
        board: &mut Board,
        listener: &mut dyn Listener,
    ) -> Result<Reached> {
        reach_flashloader(board, self.chip, &self.loader, listener)
    }

    /// The flash behind a flashloader: the part that is expected, else any known part with its id, for parts that share an id
    /// are read and erased alike.
    ///
    /// # Errors
    /// As [`Target::start_flashloader`]; [`Error::NoFlash`], [`Error::PartMismatch`], [`Error::PartUnclear`],
    /// [`Error::SfdpMismatch`].
    pub fn open_flash(&self, board: &mut Board, listener: &mut dyn Listener) -> Result<Nor> {
        let mut flashloader = self.start_flashloader(board, listener)?.flashloader;
        let facts = flashloader.look_at_flash(listener)?;
        let part = self.part.clone().for_chip(flashloader.chip())?;
        let part = part.part(&facts)?;
        let nor = self.nor(flashloader, part, facts, board)?;
        let known = Known {
            part: Some(nor.called()),
            flash_protected: Some(nor.part().protected(&nor.facts().status)),
            ..Known::default()
        };
        tell_known(listener, known);
        let measured = Measurements {
            id_names_part: Some(nor.candidates().len() == 1),
            ..Measurements::default()
        };
        tell_measured(listener, measured);
        Ok(nor)
    }

    /// The same, with what a choice of the FCB says about the flash, when it says anything.
    #[must_use]
    pub fn expecting(mut self, part: PartSource) -> Target {
        if part.is_named() {
            self.part = part;
        }
        self
    }
}

impl Target {
    /// A known flash, with the status register that holds the part's quad enable, and the journal of its board.
    pub(super) fn nor(
        &self,
        mut flashloader: Flashloader,
        part: Part,
        mut facts: NorFacts,
        board: &Board,
    ) -> Result<Nor> {
        flashloader.look_at_second_status(&part, &mut facts)?;
        let key = super::journal::key(&flashloader, &part, &facts, board);
        let nor = Nor::new(flashloader, part, facts);
        let nor = match self.part.is_named() {
            true => nor.named_by_user(),
            false => nor,
        };
        Ok(match &self.journals {
            Some(store) => nor.with_journal(store.open(&key)),
            None => nor,
        })
    }
}

fn tell_place(board: &Board, listener: &mut dyn Listener) {
    let known = Known {
        board: Some(board.name().to_string()),
        ..Known::default()
    };
    tell_known(listener, known);
}

fn waiting(limit: Duration, error: &Error) -> Finding {
    let seen = match error {
        Error::NoBoard { seen_instead, .. } => crate::error::seen(seen_instead),
        _ => String::new(),
    };
    let waiting = Finding::new(&run::WAITING).text("seconds", limit.as_secs_f32());
    waiting.text("seen", seen)
}
