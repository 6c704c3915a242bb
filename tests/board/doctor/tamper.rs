//! Changes answers between virtual board and host: for faults that the virtual board does not have.

use std::time::Duration;

use rtboot::Result;
use rtboot::board::{Board, Look, Opened, Options, Plug};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::port::{Error, HidPort};

use super::rig::Exam;

/// What becomes of a report on its way to the host: changed in place; emptied, it is lost.
pub type Change = fn(&mut Vec<u8>, &mut u32);

struct Between {
    board: VirtualBoard,
    change: Change,
    /// The change's own memory, over all ports.
    count: u32,
}

struct Port {
    inner: Box<dyn HidPort>,
    change: Change,
    count: u32,
}

impl Plug for Between {
    fn look(&mut self) -> Result<Look> {
        Plug::look(&mut self.board)
    }

    fn open(&mut self) -> Result<Opened> {
        match Plug::open(&mut self.board)? {
            Opened::Hid(inner) => Ok(Opened::Hid(Box::new(Port {
                inner,
                change: self.change,
                count: self.count,
            }))),
            other => Ok(other),
        }
    }

    fn wait(&mut self, time: Duration) {
        Plug::wait(&mut self.board, time);
    }
}

impl HidPort for Port {
    fn write(&mut self, report: &[u8]) -> std::result::Result<(), Error> {
        self.inner.write(report)
    }

    fn read(&mut self, timeout: Duration) -> std::result::Result<Option<Vec<u8>>, Error> {
        let mut report = self.inner.read(timeout)?;
        if let Some(report) = &mut report {
            (self.change)(report, &mut self.count);
        }
        Ok(report.filter(|report| !report.is_empty()))
    }

    fn describe(&self) -> String {
        "a board behind a plug".into()
    }
}

/// A board whose answers are changed on the way.
pub fn tampered(settings: rtboot_sim::Settings, change: Change) -> Exam {
    let virtual_board = VirtualBoard::from_board(rtboot_sim::Board::new(settings));
    let plug = Box::new(Between {
        board: virtual_board.clone(),
        change,
        count: 0,
    });
    let board = Board::on_plug(plug, Options::default());
    Exam::of(virtual_board, board)
}
