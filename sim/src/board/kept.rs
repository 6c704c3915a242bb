//! How a board is kept in a directory from one program to the next.
//!
//! A real board keeps its flashloader and its set-up from one host program to the next, so raw commands can be given
//! one by one. Kept are flash, fuses, boot pins, faults, the running program, RAM, the modes of the flash part, and how
//! a flashloader has set up the flash. Lost is what stands half on a wire: reports, frames, data phases.

use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use super::{Board, Link, Program, Settings, State};
use crate::flashloader::OwnServer;
use crate::nor::Lasting;
use crate::store::{self, BoardFile, Contents, FlashSetup, Running, Store, StoreError};

impl Board {
    /// Opens the board in `directory`; makes one with [`Settings::default`] and a unique id of its own when the directory
    /// is missing or empty.
    ///
    /// The board goes on where it was: a flashloader that ran still runs. A board without power is switched on.
    ///
    /// # Errors
    ///
    /// [`StoreError`], and nothing is changed, when a file is missing, damaged or too large, or when another program has
    /// the board open.
    pub fn open(directory: &Path) -> Result<Board, StoreError> {
        store::is_new(directory)?;
        let store = Store::lock(directory)?;
        // another program may have made a board before this one got the lock
        if !store::is_new(directory)? {
            let contents = store.read()?;
            return Board::load(store, contents);
        }
        let settings = Settings {
            unique_id: random_id(),
            ..Settings::default()
        };
        Board::make(store, settings)
    }

    /// Whether [`Board::open`] would make a board here: the directory is missing or empty.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the directory cannot be read or holds other things.
    pub fn is_missing(directory: &Path) -> Result<bool, StoreError> {
        store::is_new(directory)
    }

    /// Makes a board with these settings in a directory that is missing or empty.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the directory holds a board or other files, or cannot be written.
    pub fn create(directory: &Path, settings: Settings) -> Result<Board, StoreError> {
        store::vacant(directory)?;
        Board::make_first(Store::lock(directory)?, settings)
    }

    /// A new board here, unless another program made one before this one got the lock.
    pub(super) fn make_first(store: Store, settings: Settings) -> Result<Board, StoreError> {
        store::vacant(store.directory())?;
        Board::make(store, settings)
    }

    /// Writes the board to its directory; does nothing for a board made by [`Board::new`].
    ///
    /// Dropping the board saves it too, but drops the error.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when a file cannot be written.
    pub fn save(&self) -> Result<(), StoreError> {
        let Some(store) = &self.store else {
            return Ok(());
        };
        let ram = match self.program {
            Program::Off => Vec::new(),
            _ => self.machine.ram.to_bytes(),
        };
        store.write(&self.file(), self.chip(), self.flash(), self.fuses(), &ram)
    }

    /// A new board. Until it is saved whole the lock file says that there is none.
    fn make(mut store: Store, settings: Settings) -> Result<Board, StoreError> {
        store.begin()?;
        let mut board = Board::new(settings);
        board.store = Some(store);
        board.save()?;
        if let Some(store) = &board.store {
            store.finish()?;
        }
        Ok(board)
    }

    fn load(store: Store, contents: Contents) -> Result<Board, StoreError> {
        let Contents {
            file,
            chip,
            part,
            flash,
            fuses,
            ram,
        } = contents;
        let word = |wanted: usize| {
            let found = fuses.iter().find(|(index, _)| *index == wanted);
            found.map_or(0, |(_, value)| *value)
        };
        let mut board = Board::unpowered(Settings {
            unique_id: [word(1), word(2)],
            chip,
            part,
            flash,
            status: file.status().unwrap_or_default(), // checked when it was read
            straps: file.straps,
            fuses,
            faults: file.faults,
            rom: file.rom,
        });
        if let Some(value) = file.read_parameters {
            board.machine.nor_mut().read_default = value;
        }
        if let Some(value) = file.flash_configuration {
            board.machine.nor_mut().non_volatile = value;
        }
        board.go_on(file.program);
        if file.program != Running::Reset {
            board.put_back(&ram, file.flash_setup, file.flash_mode);
        }
        board.store = Some(store);
        Ok(board)
    }

    /// board.json of the board as it is.
    fn file(&self) -> BoardFile {
        let nor = self.machine.nor();
        let memory = match (&self.program, self.link) {
            (Program::Flashloader(_, _, serial), Link::Uart) => {
                Some(serial.processor().nor().setup())
            }
            (Program::Flashloader(_, usb, _), _) => Some(usb.processor().nor().setup()),
            (program, _) => program.own().map(OwnServer::setup),
        };
        let program = match (self.state(), self.loader()) {
            (State::Flashloader, Some(loader)) => Running::Flashloader(loader),
            (State::Rom, _) => Running::Rom,
            (State::Application, _) => Running::Application,
            (State::Silent, _) => Running::Silent,
            (State::Off | State::Flashloader, _) => Running::Reset,
        };
        // counting starts at 0 when the board is opened again: a fault that has happened must not happen twice
        let ahead = |fault: &&crate::fault::Fault| !fault.has_happened(&self.counts());
        BoardFile {
            straps: self.straps,
            program,
            rom: self.options,
            flash_setup: memory.map(|memory| FlashSetup {
                memory,
                controller: self.machine.flexspi.registers(),
                own: self.program.own().map(OwnServer::knows),
            }),
            flash_mode: Some(nor.lasting()).filter(|mode| *mode != nor.lasting_at_power_on()),
            read_parameters: Some(nor.read_default)
                .filter(|value| *value != nor.part.read_register.factory()),
            flash_configuration: Some(nor.non_volatile).filter(|value| *value != 0xFFFF),
            faults: self.faults.list.iter().filter(ahead).cloned().collect(),
            ..BoardFile::new(self.chip(), &self.part, nor.status)
        }
    }

    fn put_back(&mut self, ram: &[u8], setup: Option<FlashSetup>, mode: Option<Lasting>) {
        self.machine.ram.fill_from(ram);
        if let Some(mode) = mode {
            self.machine.nor_mut().set_lasting(mode);
        }
        let Some(FlashSetup {
            memory,
            controller,
            own,
        }) = setup
        else {
            return;
        };
        if let Program::Flashloader(_, usb, serial) = &mut self.program {
            usb.processor_mut().nor_mut().set_up_as(&memory);
            serial.processor_mut().nor_mut().set_up_as(&memory);
            self.machine.option_pins = usb.processor().nor().asks_second_pins();
        } else if let Some(server) = self.program.own_mut() {
            server.set_up_as(&memory);
            if let Some(state) = own {
                server.set_known(state);
            }
        } else {
            return;
        }
        self.machine.flexspi.set_registers(controller);
        self.reach_flash();
    }
}

impl Program {
    /// What answers in rtboot's own loader, over USB or a UART.
    fn own(&self) -> Option<&OwnServer> {
        match self {
            Program::Own(usb) => Some(usb.server()),
            Program::OwnUart(serial) => Some(serial.server()),
            _ => None,
        }
    }

    fn own_mut(&mut self) -> Option<&mut OwnServer> {
        match self {
            Program::Own(usb) => Some(usb.server_mut()),
            Program::OwnUart(serial) => Some(serial.server_mut()),
            _ => None,
        }
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        // `save` is for those who want to know about errors
        let _ = self.save();
    }
}

/// A unique id for a new board, from the system's random numbers.
fn random_id() -> [u32; 2] {
    let number = RandomState::new().hash_one("unique id");
    [number as u32 | 1, (number >> 32) as u32 | 1]
}
