use core::fmt;

use crate::mboot::{Command, Tag};

/// One command for the flash, on one line.
///
/// | parameter | bits | field |
/// |--|--|--|
/// | 0 | 7:0 | the command |
/// | 0 | 11:8 | bytes of address: 0, 3 or 4 |
/// | 0 | 15:12 | bytes to send: 0 to 4 |
/// | 0 | 23:16 | dummy clocks between address and data |
/// | 0 | 24 | write enable (06h) first |
/// | 0 | 25 | wait until the flash is ready, afterwards |
/// | 0 | 31 | it may change the flash |
/// | 1 | | address |
/// | 2 | | bytes to send, the first in bits 7:0 |
/// | 3 | | bytes to receive, 1024 at most |
///
/// Without bit 31 the loader takes only commands that read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashCommand {
    /// The command.
    pub opcode: u8,
    /// Address and its bytes, 3 or 4.
    pub address: Option<(u32, u8)>,
    /// Dummy clocks between address and data.
    pub dummy_clocks: u8,
    /// What is sent.
    pub sent: [u8; 4],
    /// How many of [`sent`](Self::sent): 0 to 4.
    pub sent_bytes: u8,
    /// Bytes to receive, 1024 at most.
    pub received: u16,
    /// Write enable first.
    pub write_enable: bool,
    /// Wait for the flash afterwards.
    pub wait: bool,
    /// It may change the flash.
    pub changes: bool,
}

/// These parameters are no [`FlashCommand`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOneCommand;

impl fmt::Display for NotOneCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these words do not describe a command for the flash")
    }
}

impl core::error::Error for NotOneCommand {}

const WRITE_ENABLE: u32 = 1 << 24;
const WAIT: u32 = 1 << 25;
const CHANGES: u32 = 1 << 31;
const RESERVED: u32 = 0x7C00_0000;

impl FlashCommand {
    /// Most bytes to receive.
    pub const MOST: u16 = 1024;

    /// A command that receives and sends nothing else.
    pub const fn reading(opcode: u8, received: u16) -> FlashCommand {
        FlashCommand {
            opcode,
            address: None,
            dummy_clocks: 0,
            sent: [0; 4],
            sent_bytes: 0,
            received,
            write_enable: false,
            wait: false,
            changes: false,
        }
    }

    /// The MBOOT command.
    pub fn to_command(self) -> Command {
        let (address, address_bytes) = self.address.unwrap_or((0, 0));
        let bit = |set: bool, mask: u32| if set { mask } else { 0 };
        let shape = u32::from(self.opcode)
            | u32::from(address_bytes & 0xF) << 8
            | u32::from(self.sent_bytes & 0xF) << 12
            | u32::from(self.dummy_clocks) << 16
            | bit(self.write_enable, WRITE_ENABLE)
            | bit(self.wait, WAIT)
            | bit(self.changes, CHANGES);
        let sent = u32::from_le_bytes(self.sent);
        let parameters = [shape, address, sent, self.received.into()];
        Command::new(Tag::LOADER_FLASH_COMMAND, false, parameters)
    }

    /// Reads the parameters.
    ///
    /// # Errors
    ///
    /// [`NotOneCommand`] when there are too few of them, when one is out of its range, and for unknown bits.
    pub fn parse(parameters: &[u32]) -> Result<FlashCommand, NotOneCommand> {
        let &[shape, address, sent, received, ..] = parameters else {
            return Err(NotOneCommand);
        };
        let field = |shift: u32, mask: u32| ((shape >> shift) & mask) as u8;
        let address = match field(8, 0xF) {
            0 => None,
            bytes @ 3..=4 => Some((address, bytes)),
            _ => return Err(NotOneCommand),
        };
        let command = FlashCommand {
            opcode: field(0, 0xFF),
            address,
            dummy_clocks: field(16, 0xFF),
            sent: sent.to_le_bytes(),
            sent_bytes: field(12, 0xF),
            received: u16::try_from(received).map_err(|_| NotOneCommand)?,
            write_enable: shape & WRITE_ENABLE != 0,
            wait: shape & WAIT != 0,
            changes: shape & CHANGES != 0,
        };
        let fits = command.sent_bytes <= 4
            && command.received <= FlashCommand::MOST
            && shape & RESERVED == 0;
        if fits {
            Ok(command)
        } else {
            Err(NotOneCommand)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_comes_back_as_it_was() {
        let commands = [
            FlashCommand::reading(0x9F, 3),
            FlashCommand {
                address: Some((0x10, 3)),
                dummy_clocks: 8,
                ..FlashCommand::reading(0x5A, 256)
            },
            FlashCommand {
                sent: [0x40, 2, 0, 0],
                sent_bytes: 2,
                write_enable: true,
                wait: true,
                changes: true,
                ..FlashCommand::reading(0x01, 0)
            },
        ];
        for command in commands {
            let sent = command.to_command();
            assert_eq!(FlashCommand::parse(sent.parameters()), Ok(command));
        }
        let sfdp = commands[1].to_command();
        assert_eq!(sfdp.parameters(), &[0x0008_035A, 0x10, 0, 256]);
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        for bad in [
            &[0x9F, 0, 0][..],
            &[0x29F, 0, 0, 3],
            &[0x59F, 0, 0, 3],
            &[0x509F, 0, 0, 3],
            &[0x9F, 0, 0, 1025],
            &[0x9F, 0, 0, 0x1_0003],
            &[0x0400_009F, 0, 0, 3],
        ] {
            assert_eq!(FlashCommand::parse(bad), Err(NotOneCommand), "{bad:x?}");
        }
    }
}
