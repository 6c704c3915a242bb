//! Block protection: all of the flash, or none.

use crate::configure::{WRITE_ENABLE, register, write_status};
use crate::inspect::wait_ready;
use crate::lut::Sequence;
use crate::sfdp::{QuadEnable, Sfdp};
use crate::{Bus, Data, Error, Flash, limits};

const ISSI: u8 = 0x9D;
const MACRONIX: u8 = 0xC2;
const MICRON: u8 = 0x20;
const WINBOND: u8 = 0xEF;
const GIGADEVICE: u8 = 0xC8;
/// SST26 parts protect each block on its own.
const SST: u8 = 0xBF;
const UNLOCK_ALL: Sequence = Sequence::command(0x98);
/// Complement bit in status register 2: what is protected becomes what is not.
const CMP: u8 = 1 << 6;
/// Capacity byte of the JEDEC id of a 16 MiB part.
const LARGEST_24_BIT: u8 = 0x18;
/// Bits of status register 1 that an erase or program sets and clears.
const VOLATILE: u8 = 3;

impl Flash {
    /// Clears all block protection, or protects everything. Every other bit of the status registers keeps its value.
    ///
    /// # Errors
    /// [`Error::Locked`] when the registers keep theirs; [`Error::Argument`] for a part whose registers are not known;
    /// [`Error::Silent`], [`Error::Busy`], [`Error::Bus`].
    #[inline(never)]
    pub fn protect(&mut self, bus: &mut impl Bus, all: bool) -> Result<(), Error> {
        let [maker, _, capacity, ..] = self.read_id(bus)?;
        self.begin(bus)?;
        let result = protect(bus, maker, capacity, all);
        self.end(bus, result)
    }
}

/// How status registers are written follows from where quad enable lies; a table that is too old to tell leaves the maker.
fn method(bus: &mut impl Bus, maker: u8) -> Result<QuadEnable, Error> {
    match Sfdp::read(bus).ok().and_then(|sfdp| sfdp.quad_enable()) {
        Some(method) => Ok(method),
        None => match maker {
            ISSI | MACRONIX => Ok(QuadEnable::Status1Bit6),
            MICRON => Ok(QuadEnable::None),
            WINBOND => Ok(QuadEnable::Status2Bit1),
            GIGADEVICE => Ok(QuadEnable::Status2Bit1By31),
            // a part that takes one byte for both registers would lose quad enable
            _ => Err(Error::Argument),
        },
    }
}

fn protect(bus: &mut impl Bus, maker: u8, capacity: u8, all: bool) -> Result<(), Error> {
    if maker == SST {
        if all {
            return Err(Error::Argument);
        }
        bus.transfer(&WRITE_ENABLE, 0, Data::None)?;
        bus.transfer(&UNLOCK_ALL, 0, Data::None)?;
        return wait_ready(bus, limits::STATUS);
    }
    let method = method(bus, maker)?;
    let has_second = matches!(
        method,
        QuadEnable::Status2Bit1 | QuadEnable::Status2Bit1By31
    );
    let blocks = match maker {
        MICRON => 0x5C,
        // above 16 MiB the bit that was "top or bottom" is one of them
        _ if has_second && capacity <= LARGEST_24_BIT => 0x1C,
        _ => 0x3C,
    };
    let first = register(bus, 0x05)? & !VOLATILE;
    let wanted = if all { first | blocks } else { first & !blocks };
    let second = match has_second {
        true => register(bus, 0x35)?,
        false => 0,
    };
    let second_wanted = second & !CMP;
    if (first, second) == (wanted, second_wanted) {
        return Ok(());
    }
    if method == QuadEnable::Status2Bit1 {
        write_status(bus, 0x01, &[wanted, second_wanted])?;
    } else {
        write_status(bus, 0x01, &[wanted])?;
        if second != second_wanted {
            write_status(bus, 0x31, &[second_wanted])?;
        }
    }
    let kept = (register(bus, 0x05)? ^ wanted) & blocks != 0
        || has_second && register(bus, 0x35)? & CMP != 0;
    if kept { Err(Error::Locked) } else { Ok(()) }
}
