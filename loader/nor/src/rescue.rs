//! Gets a flash to listen that an earlier program left in another mode.

use crate::configure::READ_STATUS;
use crate::flash::read_status;
use crate::lut::{Sequence, instruction, opcode};
use crate::sfdp::Sfdp;
use crate::{Bus, Data, Error, limits};

pub(crate) const READ_ID: Sequence = Sequence::register_read(0x9F);
const RESET_ENABLE: Sequence = Sequence::command(0x66);
const RESET: Sequence = Sequence::command(0x99);

/// What made the flash answer; the numbers are those of `rtboot_wire::loader::Rung`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Rescue {
    /// It answered at once.
    NotNeeded = 0,
    /// It needed time after power-up.
    Waiting = 1,
    /// Release from deep power-down, ABh.
    PowerDown = 2,
    /// The end of an erase or program.
    Busy = 3,
    /// FFh on one pad: end of continuous read of parts with a one-pad command.
    OnesOnOnePad = 4,
    /// Ones on four pads: end of continuous read (0-4-4).
    OnesOnFourPads = 5,
    /// FFh on four pads: end of QPI (Winbond, GigaDevice, SST).
    QpiFf = 6,
    /// F5h on four pads: end of QPI (ISSI, Macronix, Micron).
    QpiF5 = 7,
    /// Software reset, 66h and 99h.
    Reset = 8,
    /// Software reset on four pads.
    QpiReset = 9,
    /// F0h, reset of S25FL-S parts.
    ResetF0 = 10,
    /// Nothing helped.
    Failed = 11,
}

const fn quad(code: u8) -> u16 {
    instruction(opcode::CMD, 4, code)
}

const ONES: u16 = quad(0xFF);

/// Ends of modes, mildest first; a busy flash ignores them. Each rung is one or two sequences.
///
/// Sources: data sheets of the families named at [`Rescue`]; the order follows public rescue code for other chips. A rung
/// that a part does not know is an unknown command to it, which it ignores.
const LADDER: &[(Rescue, &[Sequence])] = &[
    (Rescue::PowerDown, &[Sequence::command(0xAB)]),
    (
        Rescue::OnesOnOnePad,
        &[Sequence::new(&[
            instruction(opcode::CMD, 1, 0xFF),
            instruction(opcode::CMD, 1, 0xFF),
        ])],
    ),
    (
        Rescue::OnesOnFourPads,
        &[
            // 8 clocks end a mode with 24-bit addresses, 10 one with 32-bit addresses
            Sequence::new(&[ONES, ONES, ONES, ONES]),
            Sequence::new(&[ONES, ONES, ONES, ONES, ONES]),
        ],
    ),
    (Rescue::QpiFf, &[Sequence::new(&[ONES])]),
    (Rescue::QpiF5, &[Sequence::new(&[quad(0xF5)])]),
];

/// Resets, for what the ladder does not end. Never while the flash erases or programs: they would spoil what it is at.
const RESETS: &[(Rescue, &[Sequence])] = &[
    (Rescue::Reset, &[RESET_ENABLE, RESET]),
    (
        Rescue::QpiReset,
        &[Sequence::new(&[quad(0x66)]), Sequence::new(&[quad(0x99)])],
    ),
    (Rescue::ResetF0, &[Sequence::command(0xF0)]),
];

/// Makes the flash answer, by the ladder if need be. The id is meaningless after [`Rescue::Failed`].
///
/// # Errors
/// [`Error::Busy`] when the flash is still erasing or programming. [`Error::Bus`].
pub fn rescue(bus: &mut impl Bus) -> Result<(Rescue, [u8; 3]), Error> {
    if let Some(id) = answers(bus)? {
        return Ok((Rescue::NotNeeded, id));
    }
    let start = bus.now();
    while bus.now().wrapping_sub(start) < limits::POWER_UP {
        bus.pause(limits::POWER_UP_GAP);
        if let Some(id) = answers(bus)? {
            return Ok((Rescue::Waiting, id));
        }
    }
    if let Some(rescued) = climb(bus, LADDER)? {
        return Ok(rescued);
    }
    // a flash that an earlier program left erasing answers with its status only
    let start = bus.now();
    while is_busy(bus)? {
        if bus.now().wrapping_sub(start) > limits::BLOCK {
            return Err(Error::Busy);
        }
        bus.pause(limits::POWER_UP_GAP);
    }
    if let Some(id) = answers(bus)? {
        return Ok((Rescue::Busy, id));
    }
    Ok(climb(bus, RESETS)?.unwrap_or((Rescue::Failed, [0xFF; 3])))
}

/// Plays the rungs until the flash answers.
#[inline(never)]
fn climb(
    bus: &mut impl Bus,
    ladder: &[(Rescue, &[Sequence])],
) -> Result<Option<(Rescue, [u8; 3])>, Error> {
    for (rung, sequences) in ladder {
        for sequence in *sequences {
            bus.transfer(sequence, 0, Data::None)?;
        }
        bus.pause(limits::RECOVERY);
        if let Some(id) = answers(bus)? {
            return Ok(Some((*rung, id)));
        }
    }
    Ok(None)
}

/// The JEDEC id, when the flash takes commands: it has an id and an SFDP signature. A part in continuous read answers
/// anything with data of its own, which may look like an id.
fn answers(bus: &mut impl Bus) -> Result<Option<[u8; 3]>, Error> {
    let mut id = [0; 3];
    bus.transfer(&READ_ID, 0, Data::Read(&mut id))?;
    let is_id = id != [0; 3] && id != [0xFF; 3];
    Ok((is_id && Sfdp::is_there(bus)?).then_some(id))
}

/// Whether the status register is one and says busy. A bus that nothing drives reads as ones.
fn is_busy(bus: &mut impl Bus) -> Result<bool, Error> {
    let status = read_status(bus, &READ_STATUS, 1)?;
    Ok(status != 0xFF && status & 1 != 0)
}
