//! Start: hands over to a flash application, as the boot ROM would.

use loader_nor::{Fcb, RawCommand};
use rtboot_wire::mboot::{Command, Status};

use crate::board::{Board, LinkLost};
use crate::loader::{Loader, Next, finish, parameters};
use crate::memory::MAP;
use crate::property::SECURITY_FUSE;
use crate::status;

/// Where the boot ROM looks for the IVT.
const IVT: u32 = 0x1000;
/// Offsets in an IVT.
const ENTRY: u32 = 4;
const DCD: u32 = 12;
const BOOT_DATA: u32 = 16;
const SELF: u32 = 20;
/// Offset in the boot data.
const PLUGIN: u32 = 8;
/// Tag D1, length 32; the version in bits 31:24 varies.
const IVT_HEADER: u32 = 0x0020_00D1;

/// Where an application starts.
struct Application {
    /// Its vector table; 0 for an entry that is code.
    table: u32,
    stack: u32,
    code: u32,
}

impl Loader<'_> {
    #[inline(never)]
    pub(crate) fn start(
        &mut self,
        board: &mut impl Board,
        command: &Command,
    ) -> Result<Next, LinkLost> {
        let [flash] = parameters(command);
        let found = match flash == MAP.start {
            true => self.find_application(board),
            false => Err(Status::MEMORY_RANGE_INVALID),
        };
        let application = match found {
            Ok(application) => application,
            Err(status) => return finish(board, command.tag, Err(status)),
        };
        let next = finish(board, command.tag, Ok(()))?;
        board.drain();
        board.start(application.table, application.stack, application.code);
        Ok(next)
    }

    fn find_application(&mut self, board: &mut impl Board) -> Result<Application, Status> {
        let (fuse, bit) = SECURITY_FUSE;
        if board.fuse(fuse).is_none_or(|word| word >> bit & 1 != 0) {
            return Err(Status::LOADER_FORBIDDEN);
        }
        // the FCB is read as the boot ROM reads it: on one line, slowly
        let read = RawCommand {
            code: 0x03,
            address: Some((0, 3)),
            dummy_clocks: 0,
            sent: &[],
            write_enable: false,
            wait: false,
            changes: false,
        };
        let fcb = &mut self.window[..Fcb::LEN];
        self.flash.read_id(board).map_err(status::own)?;
        self.flash
            .play_raw(board, &read, fcb)
            .map_err(status::own)?;
        self.flash
            .set_up(board, fcb)
            .map_err(|_| Status::LOADER_NOT_AN_IMAGE)?;
        let ivt = MAP.start + IVT;
        let is_ivt = self.word(board, ivt)? & 0x00FF_FFFF == IVT_HEADER
            && self.word(board, ivt + SELF)? == ivt;
        if !is_ivt {
            return Err(Status::LOADER_NOT_AN_IMAGE);
        }
        if self.word(board, ivt + DCD)? != 0 {
            return Err(Status::LOADER_DCD_REFUSED);
        }
        let boot_data = self.word(board, ivt + BOOT_DATA)?;
        let image = self.word(board, boot_data)?;
        let plugin = self.word(board, boot_data.wrapping_add(PLUGIN))?;
        if !MAP.holds(image, 1) || plugin & 1 != 0 {
            return Err(Status::LOADER_NOT_AN_IMAGE);
        }
        let entry = self.word(board, ivt + ENTRY)?;
        let application = match entry & 1 {
            1 => Application {
                table: 0,
                stack: 0,
                code: entry,
            },
            _ => Application {
                table: entry,
                stack: self.word(board, entry)?,
                code: self.word(board, entry.wrapping_add(4))?,
            },
        };
        match self.is_code(board, application.code) {
            true => Ok(application),
            false => Err(Status::LOADER_NOT_AN_IMAGE),
        }
    }

    /// A word of flash.
    #[inline(never)]
    fn word(&self, board: &mut impl Board, address: u32) -> Result<u32, Status> {
        let mut bytes = [0; 4];
        let offset = self
            .flash_offset(board, address, 4)
            .map_err(|_| Status::LOADER_NOT_AN_IMAGE)?;
        self.flash
            .read(board, offset, &mut bytes)
            .map_err(status::own)?;
        Ok(u32::from_le_bytes(bytes))
    }
}
