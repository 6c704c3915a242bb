//! SetBaud: the UART's speed.

use rtboot_wire::mboot::{Command, Status};

use crate::board::{Board, LinkLost};
use crate::loader::{Loader, Next, finish, parameters};

impl Loader<'_> {
    pub(crate) fn set_baud(
        &mut self,
        board: &mut impl Board,
        command: &Command,
    ) -> Result<Next, LinkLost> {
        let [baud] = parameters(command);
        if !board.build().uart {
            return finish(board, command.tag, Err(Status::UNKNOWN_COMMAND));
        }
        if !board.has_speed(baud) {
            return finish(board, command.tag, Err(Status::LOADER_NO_SUCH_BAUD));
        }
        // the host has the answer, and has acknowledged it, at the old speed
        let next = finish(board, command.tag, Ok(()))?;
        board.drain();
        board.set_speed_of_line(baud);
        Ok(next)
    }
}
