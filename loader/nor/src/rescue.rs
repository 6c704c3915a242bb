//! Gets a flash to listen that an earlier program left in another mode.

use crate::lut::{Sequence, instruction, opcode};
use crate::{Bus, Data, Error, limits};

const READ_ID: Sequence = Sequence::register_read(0x9F);
const RESET_ENABLE: Sequence = Sequence::command(0x66);
const RESET: Sequence = Sequence::command(0x99);

/// What made the flash answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Rescue {
    /// It answered at once.
    NotNeeded = 0,
    /// It needed time after power-up.
    Waiting = 1,
    /// Release from deep power-down, ABh.
    PowerDown = 2,
    /// FFh on one pad: end of continuous read of parts with a one-pad command.
    OnesOnOnePad = 3,
    /// Ones on four pads: end of continuous read (0-4-4).
    OnesOnFourPads = 4,
    /// FFh on four pads: end of QPI (Winbond, GigaDevice, SST).
    QpiFf = 5,
    /// F5h on four pads: end of QPI (ISSI, Macronix, Micron).
    QpiF5 = 6,
    /// Software reset, 66h and 99h.
    Reset = 7,
    /// Software reset on four pads.
    QpiReset = 8,
    /// F0h, reset of S25FL-S parts.
    ResetF0 = 9,
    /// Nothing helped.
    Failed = 0xFF,
}

const fn quad(code: u8) -> u16 {
    instruction(opcode::CMD, 4, code)
}

const ONES: u16 = quad(0xFF);

/// The ladder, mildest first. Each rung is one or two sequences.
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
    (Rescue::Reset, &[RESET_ENABLE, RESET]),
    (
        Rescue::QpiReset,
        &[Sequence::new(&[quad(0x66)]), Sequence::new(&[quad(0x99)])],
    ),
    (Rescue::ResetF0, &[Sequence::command(0xF0)]),
];

/// Reads the JEDEC id; climbs the ladder when there is none. The id is meaningless after [`Rescue::Failed`].
///
/// # Errors
/// [`Error::Bus`].
#[inline(never)]
pub fn rescue(bus: &mut impl Bus) -> Result<(Rescue, [u8; 3]), Error> {
    if let Some(id) = read_id(bus)? {
        return Ok((Rescue::NotNeeded, id));
    }
    let start = bus.now();
    while bus.now().wrapping_sub(start) < limits::POWER_UP {
        bus.pause(limits::POWER_UP_GAP);
        if let Some(id) = read_id(bus)? {
            return Ok((Rescue::Waiting, id));
        }
    }
    for (rung, sequences) in LADDER {
        for sequence in *sequences {
            bus.transfer(sequence, 0, Data::None)?;
        }
        bus.pause(limits::RECOVERY);
        if let Some(id) = read_id(bus)? {
            return Ok((*rung, id));
        }
    }
    Ok((Rescue::Failed, [0xFF; 3]))
}

/// The id, when it is one and reads the same twice.
fn read_id(bus: &mut impl Bus) -> Result<Option<[u8; 3]>, Error> {
    let mut ids = [[0; 3]; 2];
    for id in &mut ids {
        bus.transfer(&READ_ID, 0, Data::Read(id))?;
    }
    let [first, second] = ids;
    let is_id = first == second && first != [0; 3] && first != [0xFF; 3];
    Ok(is_id.then_some(first))
}
