//! From options and settings to a board, and on to its flashloader.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rtboot::board::{Board, Options, Selector};
use rtboot::chip::Chip;
use rtboot::flash::{self, Flashloader, Nor, RescueStore, RomFacts};
use rtboot::port::Wire;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Error, Result};

use super::settings::Settings;
use super::{Globals, Report, flashloader, folders, report};

/// How long a terminal's user gets to plug a board in.
const WAIT_AT_TERMINAL: Duration = Duration::from_secs(60);
/// Between two looks whether Ctrl-C was pressed.
const SLICE: Duration = Duration::from_millis(200);

/// What every verb works with: options, settings, the report, and the board once it is found.
#[derive(Debug)]
pub struct Context {
    /// Options of every command.
    pub globals: Globals,
    /// What is said and printed; the listener of every long call.
    pub report: Report,
    settings: Option<Settings>,
    virtual_board: Option<VirtualBoard>,
    started_loader: Option<String>,
}

impl Context {
    pub fn new(globals: Globals) -> Context {
        Context {
            report: Report::new(&globals),
            globals,
            settings: None,
            virtual_board: None,
            started_loader: None,
        }
    }

    /// What the settings files say; they are read when the first verb asks.
    ///
    /// # Errors
    /// [`Error::Settings`], [`Error::ReadFile`].
    pub fn settings(&mut self) -> Result<&Settings> {
        let settings = match self.settings.take() {
            Some(settings) => settings,
            None => Settings::load()?,
        };
        Ok(self.settings.insert(settings))
    }

    /// The board that is meant.
    ///
    /// # Errors
    /// [`Error::Usage`] for a selector that names none; settings errors.
    pub fn selector(&mut self) -> Result<Selector> {
        let text = match &self.globals.board {
            Some(text) => text.clone(),
            None => match self.settings()?.text("board") {
                Some(text) => text.to_owned(),
                None => {
                    self.report.is_over(Wire::Hid);
                    return Ok(Selector::default());
                }
            },
        };
        let selector: Selector = text
            .parse()
            .map_err(|error: rtboot::board::SelectorError| Error::Usage(error.to_string()))?;
        self.report.is_over(match selector {
            Selector::Uart { .. } => Wire::Serial,
            _ => Wire::Hid,
        });
        Ok(match (selector, &self.globals.board) {
            // a folder in a settings file counts from that file
            (Selector::Virtual(Some(folder)), None) => Selector::Virtual(Some(
                self.settings()?
                    .folder("board")
                    .unwrap_or_default()
                    .join(folder),
            )),
            (selector, _) => selector,
        })
    }

    /// The chip that the user says it is.
    ///
    /// # Errors
    /// [`Error::Usage`] for a chip that rtboot does not know; settings errors.
    pub fn chip(&mut self) -> Result<Option<&'static Chip>> {
        let name = match &self.globals.chip {
            Some(name) => Some(name.clone()),
            None => self.settings()?.text("chip").map(str::to_owned),
        };
        name.map(|name| {
            Chip::by_name(&name).ok_or_else(|| {
                Error::Usage(format!(
                    "\"{name}\" is no chip that rtboot knows; it knows {}",
                    Chip::names().collect::<Vec<_>>().join(", ")
                ))
            })
        })
        .transpose()
    }

    /// The chip for work on files: the one that the user says, else [`Chip::DEFAULT`].
    ///
    /// # Errors
    /// As [`Context::chip`].
    pub fn desk_chip(&mut self) -> Result<&'static Chip> {
        Ok(self.chip()?.unwrap_or(Chip::DEFAULT))
    }

    fn wait(&mut self) -> Result<Option<Duration>> {
        if self.globals.no_wait {
            return Ok(None);
        }
        if self.globals.wait.is_some() {
            return Ok(self.globals.wait);
        }
        let set = self.settings()?.duration("wait")?;
        let at_terminal = std::io::stdin().is_terminal() && !self.globals.json;
        Ok(set.or(at_terminal.then_some(WAIT_AT_TERMINAL)))
    }

    fn options(&mut self) -> Result<Options> {
        let timeout = match self.globals.timeout {
            Some(timeout) => Some(timeout),
            None => self.settings()?.duration("timeout")?,
        };
        let trace =
            (self.globals.verbose >= 2).then(|| Arc::new(report::trace) as rtboot::board::Trace);
        Ok(Options {
            wait: None,
            timeout,
            trace,
            virtual_folder: folders::virtual_board().ok(),
        })
    }

    /// Finds the board; waits for it as long as the options say.
    ///
    /// # Errors
    /// [`Error::NoBoard`], [`Error::SeveralBoards`], [`Error::Port`], [`Error::Virtual`], [`Error::Interrupted`].
    pub fn board(&mut self) -> Result<Board> {
        let selector = self.selector()?;
        let options = self.options()?;
        let limit = self.wait()?.unwrap_or_default();
        if selector == Selector::Virtual(None)
            && let Some(folder) = &options.virtual_folder
        {
            let text = format!("virtual board in {}", folder.display());
            self.report.say("virtual-board", text);
        }
        let board = self.await_board(&selector, &options, limit)?;
        for warning in board.warnings() {
            self.report.warn("place-shared", warning.as_str());
        }
        self.virtual_board = board.virtual_board().cloned();
        Ok(board)
    }

    fn await_board(
        &mut self,
        selector: &Selector,
        options: &Options,
        limit: Duration,
    ) -> Result<Board> {
        let (start, mut told) = (Instant::now(), false);
        loop {
            let slice = if told {
                SLICE.min(limit)
            } else {
                Duration::ZERO
            };
            let options = Options {
                wait: Some(slice),
                ..options.clone()
            };
            match Board::find(selector, options) {
                Err(error @ Error::NoBoard { .. }) => {
                    if !told && !limit.is_zero() {
                        self.say_waiting(limit, &error);
                        told = true;
                    }
                    if start.elapsed() >= limit {
                        return Err(error);
                    }
                }
                other => return other,
            }
            if report::interrupted() {
                return Err(Error::interrupted());
            }
        }
    }

    fn say_waiting(&mut self, limit: Duration, error: &Error) {
        let seen = match error {
            Error::NoBoard { seen_instead, .. } if !seen_instead.is_empty() => {
                format!(" (there is: {})", seen_instead.join("; "))
            }
            _ => String::new(),
        };
        let text = format!(
            "waiting {} s for a board in serial download mode{seen} ...",
            limit.as_secs_f32()
        );
        self.report.say("waiting", text);
    }

    /// As [`Context::board`], for a verb that needs a flashloader: what can be wrong about its file, and about the chip's name, is
    /// found before the board is opened.
    ///
    /// # Errors
    /// As [`Context::board`]; [`Error::ReadFile`], [`Error::Firmware`].
    pub fn board_for_flash(&mut self) -> Result<Board> {
        let chip = self.desk_chip()?;
        if let Some(file) = flashloader::source(self)? {
            flashloader::image(Some(&file), chip, false)?;
        }
        self.board()
    }

    /// Gets a flashloader running on the board: the one that runs, else the one that is known.
    ///
    /// # Errors
    /// [`Error::NoLoader`] when none is known, and whatever finding, loading and starting it brings.
    pub fn flashloader(&mut self, board: &mut Board) -> Result<(Flashloader, Option<RomFacts>)> {
        let chip = self.chip()?;
        let source = flashloader::source(self)?;
        let is_virtual = board.virtual_board().is_some();
        let wanted = chip.unwrap_or(Chip::DEFAULT);
        let mut started = None;
        let mut image = || {
            let (image, name) = flashloader::image(source.as_ref(), wanted, is_virtual)?;
            started = Some(name);
            Ok(image)
        };
        let reached = flash::reach_flashloader(board, chip, &mut image, &mut self.report)?;
        if let Some(name) = &started {
            let text = format!("started the flashloader {name}");
            self.report.detail("flashloader-started", text);
        }
        self.started_loader = started;
        Ok(reached)
    }

    /// Which flashloader this run started, if it did.
    pub fn started_loader(&self) -> Option<&str> {
        self.started_loader.as_deref()
    }

    /// A known flash behind a flashloader. Parts that share its id are as good: only read and erase are the same for all.
    ///
    /// # Errors
    /// As [`Context::flashloader`]; [`Error::NoFlash`], [`Error::PartUnclear`], [`Error::SfdpMismatch`].
    pub fn nor(&mut self, board: &mut Board) -> Result<Nor> {
        let (mut flashloader, _) = self.flashloader(board)?;
        let facts = flashloader.look_at_flash()?;
        let part = flash::any_part(&facts)?;
        Ok(Nor::new(flashloader, part, facts))
    }

    /// Where bytes around an image are saved while a write is on its way.
    ///
    /// # Errors
    /// [`Error::Usage`] when the system names no place.
    pub fn rescue(&self) -> Result<RescueStore> {
        Ok(RescueStore::new(folders::rescue()?))
    }

    /// The file that a setting names, for options that were not given.
    ///
    /// # Errors
    /// Settings errors.
    pub fn setting_path(&mut self, key: &str) -> Result<Option<PathBuf>> {
        Ok(self.settings()?.path(key))
    }

    /// As [`Context::setting_path`]; when there is no such file, the text as it stands there: a name.
    ///
    /// # Errors
    /// Settings errors.
    pub fn setting_name(&mut self, key: &str) -> Result<Option<String>> {
        let text = self.settings()?.text(key).map(str::to_owned);
        let path = self.setting_path(key)?.filter(|path| path.exists());
        Ok(path.map(|path| path.display().to_string()).or(text))
    }

    /// Writes the virtual board back to its folder.
    ///
    /// # Errors
    /// [`Error::Virtual`].
    pub fn close(&mut self) -> Result<()> {
        match self.virtual_board.take() {
            Some(board) => board
                .save()
                .map_err(|error| Error::Virtual(error.to_string())),
            None => Ok(()),
        }
    }
}
