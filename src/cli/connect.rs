//! From options and settings to a board, and on to its flashloader.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use rtboot::board::{Board, MissingVirtual, Options, Selector};
use rtboot::chip::Chip;
use rtboot::finding::{Finding, catalogue::run};
use rtboot::flash::{FcbChoice, Nor, PartSource};
use rtboot::job::Target;
use rtboot::journal::JournalStore;
use rtboot::port::Wire;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Error, Result};

use super::loader::source as loader;
use super::settings::Settings;
use super::{Globals, Report, folders, report};

/// How long a terminal's user gets to plug a board in.
const WAIT_AT_TERMINAL: Duration = Duration::from_secs(60);

/// What every verb works with: options, settings, the report, and the board once it is found.
#[derive(Debug)]
pub struct Context {
    /// Options of every command.
    pub globals: Globals,
    /// What is said and printed; the listener of every long call.
    pub report: Report,
    settings: Option<Settings>,
    part: Option<PartSource>,
    virtual_board: Option<VirtualBoard>,
}

impl Context {
    pub fn new(globals: Globals) -> Context {
        Context {
            report: Report::new(&globals),
            globals,
            settings: None,
            part: None,
            virtual_board: None,
        }
    }

    /// What the settings files say; they are read when the first verb asks.
    pub fn settings(&mut self) -> Result<&Settings> {
        let settings = match self.settings.take() {
            Some(settings) => settings,
            None => Settings::load()?,
        };
        Ok(self.settings.insert(settings))
    }

    /// The board that is meant.
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
    pub fn desk_chip(&mut self) -> Result<&'static Chip> {
        Ok(self.chip()?.unwrap_or(Chip::DEFAULT))
    }

    /// Without the parts for other chips where the user names the chip; else the board has to tell it first.
    pub fn fit_for_named_chip(&mut self, choice: FcbChoice) -> Result<FcbChoice> {
        match self.chip()? {
            Some(chip) => choice.for_chip(chip),
            None => Ok(choice),
        }
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
        Ok(Options {
            wait: self.wait()?,
            timeout,
            trace: self.report.trace(),
            virtual_folder: folders::virtual_board().ok(),
            missing_virtual: MissingVirtual::Refuse,
            new_virtual: self.chip()?,
        })
    }

    /// The board, chip and flashloader that options and settings name.
    pub fn target(&mut self) -> Result<Target> {
        let mut target = self.target_without_loader()?;
        target.loader = loader::source(self)?;
        Ok(target)
    }

    fn target_without_loader(&mut self) -> Result<Target> {
        let mut target = Target::on(self.selector()?);
        target.connection = self.options()?;
        target.chip = self.chip()?;
        target.journals = self.journals().ok();
        Ok(target)
    }

    /// Finds the board; waits for it as long as the options say.
    pub fn board(&mut self) -> Result<Board> {
        let target = self.target_without_loader()?;
        self.connect(&target)
    }

    /// As [`Context::board`], for a target that is there already.
    pub fn connect(&mut self, target: &Target) -> Result<Board> {
        if target.board == Selector::Virtual(None)
            && let Some(folder) = &target.connection.virtual_folder
            && target.missing_virtual().is_none()
        {
            let used = Finding::new(&run::VIRTUAL_BOARD).text("folder", folder.display());
            self.report.tell(used);
        }
        report::begin();
        let board = target.connect(&mut self.report)?;
        self.virtual_board = board.virtual_board().cloned();
        Ok(board)
    }

    /// As [`Context::board`], for a verb that needs a flashloader: what can be wrong about its file, and about the chip's name, is
    /// found before the board is opened.
    pub fn board_for_flash(&mut self) -> Result<(Board, Target)> {
        let target = self.target()?;
        target.loader.check(target.chip)?;
        Ok((self.connect(&target)?, target))
    }

    /// What the flash is expected to be from now on, when a choice of the FCB says it.
    pub fn expect_part(&mut self, part: PartSource) {
        if part.is_named() {
            self.part = Some(part);
        }
    }

    /// What `--fcb` of a verb that makes no FCB says about the flash.
    pub fn expect_part_named(&mut self, name: &str) -> Result<()> {
        let (choice, _) = FcbChoice::named(name, self.desk_chip()?)?;
        match self.fit_for_named_chip(choice)? {
            FcbChoice::Block { from, .. } => Err(Error::Usage(format!(
                "{from} is an FCB and does not say which part the flash is: name a part, or its .cfg"
            ))),
            choice => {
                self.part = Some(choice.part_source());
                Ok(())
            }
        }
    }

    /// What the flash is expected to be: by option, variable or settings.
    pub fn part(&mut self) -> Result<PartSource> {
        if let Some(part) = &self.part {
            return Ok(part.clone());
        }
        let part = match self.usual_fcb()? {
            Some(name) => {
                let (choice, _) = FcbChoice::named(&name, self.desk_chip()?)?;
                self.fit_for_named_chip(choice)?.part_source()
            }
            None => PartSource::Database,
        };
        Ok(self.part.insert(part).clone())
    }

    /// The source of FCBs that variable or settings name. clap does not read the variable: it would contradict an `--as-is`.
    pub fn usual_fcb(&mut self) -> Result<Option<String>> {
        match std::env::var("RTBOOT_FCB") {
            Ok(name) if !name.is_empty() => Ok(Some(name)),
            _ => self.setting_name("fcb"),
        }
    }

    /// A known flash behind a flashloader: the part that the user names, else any with its id.
    pub fn nor(&mut self) -> Result<(Nor, Board)> {
        let part = self.part()?;
        let (mut board, mut target) = self.board_for_flash()?;
        target.part = part;
        let nor = target.open_flash(&mut board, &mut self.report)?;
        Ok((nor, board))
    }

    /// Where the journals of boards are.
    pub fn journals(&self) -> Result<JournalStore> {
        let store = JournalStore::new(folders::journals()?);
        Ok(store.with_others(folders::journals_of_others()))
    }

    /// The file that a setting names, for options that were not given.
    pub fn setting_path(&mut self, key: &str) -> Result<Option<PathBuf>> {
        Ok(self.settings()?.path(key))
    }

    /// As [`Context::setting_path`]; when there is no such file, the text as it stands there: a name.
    pub fn setting_name(&mut self, key: &str) -> Result<Option<String>> {
        let text = self.settings()?.text(key).map(str::to_owned);
        let path = self.setting_path(key)?.filter(|path| path.exists());
        Ok(path.map(|path| path.display().to_string()).or(text))
    }

    /// Writes the virtual board back to its folder.
    pub fn close(&mut self) -> Result<()> {
        match self.virtual_board.take() {
            Some(board) => board
                .save()
                .map_err(|error| Error::Virtual(error.to_string())),
            None => Ok(()),
        }
    }
}
