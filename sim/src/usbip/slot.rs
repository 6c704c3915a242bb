//! Boards on bus ids: `1-1`, `1-2`, …, each imported by one host at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Cable;
use super::pace::Pace;
use super::wire::{Exported, Refusal};
use crate::board::{Board, State};

/// The only bus.
const BUS: u32 = 1;
/// Largest device number on a bus.
const LAST_DEVICE: u32 = 127;

/// A board on its bus id.
pub struct Slot {
    board: Arc<Mutex<Board>>,
    bus_id: String,
    place: Mutex<Place>,
}

/// What is known of the board on this bus id.
#[derive(Debug)]
pub struct Place {
    pub pace: Pace,
    /// When the device attached that was seen last.
    enumeration: Option<Duration>,
    device: u32,
    imported: bool,
    /// The device seen last has been imported before.
    used: bool,
}

/// A device that a host has imported.
#[derive(Debug)]
pub struct Taken {
    pub exported: Exported,
    /// When it attached: a new time means a new enumeration.
    pub enumeration: Duration,
    /// An endpoint for OUT reports, beside endpoint 0.
    pub has_out_endpoint: bool,
    /// The bulk interface of rtboot's own loader, endpoint 3.
    pub has_bulk: bool,
    /// wMaxPacketSize of the IN endpoint.
    pub packet: usize,
}

impl Slot {
    pub fn new(board: Arc<Mutex<Board>>, index: usize) -> Slot {
        let elapsed = lock(&board).elapsed();
        Slot {
            board,
            bus_id: format!("{BUS}-{}", index + 1),
            place: Mutex::new(Place {
                pace: Pace::new(elapsed, Instant::now()),
                enumeration: None,
                device: 1,
                imported: false,
                used: false,
            }),
        }
    }

    pub fn bus_id(&self) -> &str {
        &self.bus_id
    }

    /// Looks at the board, brought to the present first.
    pub fn visit<T>(&self, act: impl FnOnce(&mut Board, &mut Place) -> T) -> T {
        let mut board = lock(&self.board);
        let mut place = lock(&self.place);
        let behind = place.pace.enter(board.elapsed(), Instant::now());
        if !behind.is_zero() {
            board.wait(behind);
        }
        let result = act(&mut board, &mut place);
        place.pace.leave(board.elapsed());
        result
    }

    /// The device on the bus if no host has imported it. A board without power is switched on, because a host asks for it.
    pub fn free(&self) -> Option<Exported> {
        self.visit(|board, place| {
            if place.imported {
                return None;
            }
            if board.state() == State::Off {
                board.power_cycle();
            }
            self.look(board, place)
        })
    }

    fn look(&self, board: &Board, place: &mut Place) -> Option<Exported> {
        let (usb, attach) = (board.usb()?, board.usb_attach()?);
        if place.enumeration != Some(attach) {
            place.enumeration = Some(attach);
            place.used = false;
            place.device = place.device % LAST_DEVICE + 1;
        }
        Some(Exported {
            bus_id: self.bus_id.clone(),
            bus: BUS,
            device: place.device,
            usb,
        })
    }

    /// Imports the device. One that was imported before sees a bus reset.
    pub fn take(&self) -> Result<Taken, Refusal> {
        self.visit(|board, place| {
            if place.imported {
                return Err(Refusal::Busy);
            }
            if board.state() == State::Off {
                board.power_cycle();
            }
            let exported = self.look(board, place).ok_or(Refusal::NoDevice)?;
            if place.used {
                board.usb_bus_reset();
            }
            place.used = true;
            place.imported = true;
            let has_out_endpoint = board.state() == State::Flashloader;
            Ok(Taken {
                exported,
                enumeration: place.enumeration.unwrap_or_default(),
                has_out_endpoint,
                has_bulk: board.has_bulk(),
                packet: board.usb_packet(),
            })
        })
    }

    /// A session is over. `pulled`: the host released a device that was still on the bus.
    pub fn prepare(&self, pulled: bool, cable: Cable) {
        if pulled && cable == Cable::FeedsTheBoard {
            self.visit(|board, _| board.power_cycle());
        }
    }

    /// The bus id is free again.
    pub fn give_back(&self) {
        self.visit(|_, place| place.imported = false);
    }

    /// Saves the board to its directory, if it has one; the error in words.
    pub fn save(&self) -> Result<(), String> {
        lock(&self.board).save().map_err(|error| error.to_string())
    }
}

/// A thread that panicked while it held the lock leaves a usable board.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
