//! Where a slot's boards come and go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::state::Told;
use super::station::SlotSpec;
use crate::board::{self, Board, Options, Seen, Selector, Unusable};
use crate::job::Target;
#[cfg(feature = "virtual")]
use crate::port::virtual_board::VirtualBoard;
use crate::{Error, Result};

/// What is in a slot.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Presence {
    /// A board that answers.
    Board,
    /// Nothing.
    Empty,
    /// Something else.
    NoBoard(Told),
}

/// A place where boards are put in and taken out.
pub trait Socket: Send {
    /// What is there now.
    ///
    /// # Errors
    /// When the system cannot be asked.
    fn look(&mut self) -> Result<Presence>;

    /// How to get to the board that is there.
    fn target(&self) -> Target;

    /// Waits before the next look.
    fn pause(&mut self);

    /// How many looks in a row must find nothing before the board counts as taken out: one that resets leaves the bus for a moment.
    fn looks_until_empty(&self) -> u32;

    /// The unit that is there is done: somebody takes it out. People see it on the screen.
    fn done(&mut self, _passed: bool) {}
}

/// Between two looks.
const POLL: Duration = Duration::from_millis(150);
/// A UART is asked, which takes longer.
const POLL_UART: Duration = Duration::from_millis(500);
/// A board that leaves the bus for longer was taken out: the boot ROM comes back within a second, slow hubs included.
const TAKEN_OUT: Duration = Duration::from_millis(3000);
/// All slots share one look at the bus.
const FRESH: Duration = Duration::from_millis(100);

/// What was seen on the bus, and when.
type LastLook = Option<(Instant, Vec<Seen>)>;

/// One look at the bus for all slots.
#[derive(Debug, Clone, Default)]
pub(super) struct Bus(Arc<Mutex<LastLook>>);

impl Bus {
    fn look(&self) -> Result<Vec<Seen>> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((at, seen)) if at.elapsed() < FRESH => Ok(seen.clone()),
            _ => {
                let seen = board::list_usb()?;
                *last = Some((Instant::now(), seen.clone()));
                Ok(seen)
            }
        }
    }
}

/// Boards that fit on one high-speed bus with NXP's flashloader: by Linux's figures 4 packets of its interrupt endpoints fit in each
/// 125 µs, and a board takes two in 0.5 ms.
const BOARDS_ON_A_BUS: usize = 8;

/// USB buses that have more slots than boards fit on: in words.
pub fn crowded_buses(slots: &[SlotSpec]) -> Vec<String> {
    let mut buses: BTreeMap<&str, usize> = BTreeMap::new();
    for slot in slots {
        let bus = slot.board.usb_port().and_then(|port| port.split_once('-'));
        if let Some((bus, _)) = bus {
            *buses.entry(bus).or_default() += 1;
        }
    }
    let crowded = buses
        .into_iter()
        .filter(|(_, slots)| *slots > BOARDS_ON_A_BUS);
    let words = crowded.map(|(bus, slots)| {
        format!(
            "{slots} slots are on USB bus {bus}, and {BOARDS_ON_A_BUS} boards at once are what one high-speed bus has room for \
             with NXP's flashloader: connect the others to another host controller"
        )
    });
    words.collect()
}

/// A slot by its selector.
pub(super) struct AtSelector {
    selector: Selector,
    bus: Bus,
}

impl AtSelector {
    pub(super) fn new(selector: Selector, bus: Bus) -> AtSelector {
        AtSelector { selector, bus }
    }
}

impl Socket for AtSelector {
    fn look(&mut self) -> Result<Presence> {
        match &self.selector {
            Selector::Usb(_) | Selector::Default => {
                let seen = self.bus.look()?;
                let here = |seen: &&Seen| seen.selector.as_ref() == Some(&self.selector);
                Ok(seen.iter().find(here).map_or(Presence::Empty, on_usb))
            }
            Selector::Uart { .. } => match Board::find(&self.selector, Options::default()) {
                Ok(mut board) => Ok(match board.program()? {
                    Some(_) => Presence::Board,
                    None => Presence::Empty,
                }),
                // an adapter that is unplugged
                Err(Error::Port(crate::port::Error::NotFound { .. })) => Ok(Presence::Empty),
                Err(error) => Err(error),
            },
            #[cfg(feature = "virtual")]
            Selector::Virtual(Some(folder)) => {
                let missing = VirtualBoard::is_missing(folder).unwrap_or(true);
                Ok(if missing {
                    Presence::Empty
                } else {
                    Presence::Board
                })
            }
            _ => Ok(Presence::Empty),
        }
    }

    fn target(&self) -> Target {
        Target::on(self.selector.clone())
    }

    fn pause(&mut self) {
        std::thread::sleep(self.each());
    }

    fn looks_until_empty(&self) -> u32 {
        match self.selector {
            Selector::Virtual(_) => 1,
            // a look takes longer than a reset there
            Selector::Uart { .. } => 2,
            _ => (TAKEN_OUT.as_millis() / self.each().as_millis()) as u32,
        }
    }
}

impl AtSelector {
    fn each(&self) -> Duration {
        match self.selector {
            Selector::Uart { .. } => POLL_UART,
            _ => POLL,
        }
    }
}

/// What sits on a slot's USB port.
fn on_usb(seen: &Seen) -> Presence {
    let told =
        |code: &str, what: String, next: &str| Presence::NoBoard(Told::new(code, what).next(next));
    match &seen.problem {
        None if seen.is_board => Presence::Board,
        Some(Unusable::DebugProbe) | None => told(
            "not-a-board",
            format!(
                "{} is plugged in, and no board in serial-download mode",
                seen.what
            ),
            "plug the board's own USB in",
        ),
        Some(Unusable::ForeignRom) => told(
            "wrong-chip",
            format!("{}: rtboot does not write this chip", seen.what),
            "plug in a board of this product",
        ),
        Some(Unusable::NoPermission) => told(
            "permission",
            "this user may not open the board".into(),
            "ask whoever set this station up for its udev rule",
        ),
        Some(Unusable::Busy) => told(
            "board-held",
            "another program has the board open".into(),
            "end the other program",
        ),
        // it comes or goes at this moment
        Some(Unusable::Vanished) => Presence::Empty,
        Some(Unusable::Other(text)) => told(
            "port",
            text.clone(),
            "unplug the board and plug it in again",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bus_with_more_slots_than_boards_fit_on_is_named() {
        let slot = |name: String, board: &str| SlotSpec::new(&name, board).expect("a slot");
        let on = |bus: usize, count: usize| {
            (0..count).map(move |at| slot(format!("{bus}{at}"), &format!("usb:{bus}-4.{at}")))
        };
        let other = slot("U".into(), "uart:/dev/ttyUSB0");
        let mut slots: Vec<SlotSpec> = on(1, 8).chain(on(3, 8)).chain([other]).collect();
        assert_eq!(crowded_buses(&slots), Vec::<String>::new());
        slots.push(slot("N".into(), "usb:3-2"));
        let crowded = crowded_buses(&slots);
        assert_eq!(crowded.len(), 1);
        assert!(
            crowded[0].starts_with("9 slots are on USB bus 3,"),
            "{crowded:?}"
        );
    }
}
