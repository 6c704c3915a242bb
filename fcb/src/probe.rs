//! Read-only FCBs: configured with one of them, the flashloader's read-memory returns what the flash answers to one command.
//!
//! None needs the DQS pad, has a device mode, a write enable, an erase or a program; all run at 30 MHz on one pad and give up
//! when the flash stays busy. Seen on the genuine flashloader (emulated): configure-memory sends no command to the flash
//! for such a block, and read-memory at 0x60000000 returns the register, id or table. Those that leave a mode have
//! configuration commands: configure-memory sends them.

use alloc::vec;

use crate::fcb::{Fcb, SequenceCall};
use crate::lut::{Instruction, Opcode, REACH_24, Sequence, index};
use crate::part::ReadMode;
use crate::{ClockIndex, Part};

/// The window that a register or table read may cover.
pub const WINDOW: u32 = REACH_24;
const TIMEOUT_MS: u32 = 500;

/// Returns the JEDEC id (9Fh). Reading on repeats it or gives further id bytes, as the part likes.
pub fn jedec_id() -> Fcb {
    reading(&Sequence::read_register(0x9F, 4), WINDOW)
}

/// Returns status register 1 (05h), over and over.
pub fn status1() -> Fcb {
    register(0x05)
}

/// Returns status register 2 (35h), over and over.
///
/// Only after the JEDEC id named a part that has it: ISSI and Macronix parts enter QPI mode on 35h and every later
/// read is FF until the power is cut. See [`status2_of`].
pub fn status2() -> Fcb {
    register(0x35)
}

/// Returns status register 2 of this part; `None` when it has none that matters.
pub fn status2_of(part: &Part) -> Option<Fcb> {
    part.sr2_read_command().map(register)
}

/// Returns status register 3 (15h), over and over.
///
/// Only from a part whose [`Protection`](crate::Protection) has a bit there: on others 15h reads something else.
pub fn status3() -> Fcb {
    register(0x15)
}

/// Returns the lock of the block at an address in its bit 0 (3Dh), once: further bytes have no meaning.
///
/// Only from a part whose [`Protection`](crate::Protection) says that blocks have locks of their own.
pub fn block_lock() -> Fcb {
    let sequence = Sequence::of(&[
        Instruction::new(Opcode::CMD, 1, 0x3D),
        Instruction::new(Opcode::RADDR, 1, 24),
        Instruction::new(Opcode::READ, 1, 4),
    ]);
    reading(&sequence, WINDOW)
}

/// Returns a register of any part, by its read command. See the warning at [`status2`].
pub fn register(command: u8) -> Fcb {
    reading(&Sequence::read_register(command, 4), WINDOW)
}

/// Returns the SFDP (5Ah) as if it lay at 0x60000000.
pub fn sfdp() -> Fcb {
    reading(&Sequence::read_sfdp(), WINDOW)
}

/// Returns the flash content on one pad, for the first `size` bytes: by 03h, beyond 16 MiB by 13h with 32 address bits.
pub fn plain_read(size: u32) -> Fcb {
    let mode = if size > WINDOW {
        ReadMode::PLAIN_32
    } else {
        ReadMode::PLAIN
    };
    reading(&mode.sequence(), size)
}

/// Returns the id of a part that was left in QPI mode: 9Fh on four pads. A part in SPI mode hears two clocks and no command.
pub fn jedec_id_qpi() -> Fcb {
    let mut fcb = reading(
        &Sequence::of(&[
            Instruction::new(Opcode::CMD, 4, 0x9F),
            Instruction::new(Opcode::READ, 4, 4),
        ]),
        WINDOW,
    );
    fcb.set_flash_pads(4);
    fcb
}

/// Returns status register 1 of a part that was left in QPI mode.
pub fn status1_qpi() -> Fcb {
    let mut fcb = reading(
        &Sequence::of(&[
            Instruction::new(Opcode::CMD, 4, 0x05),
            Instruction::new(Opcode::READ, 4, 4),
        ]),
        WINDOW,
    );
    fcb.set_flash_pads(4);
    fcb
}

/// Ends continuous read: the part takes these ones for an address and a mode byte that ends it. After 24 or 32 address bits
/// on four pads, then on two. Then as [`jedec_id`].
pub fn leave_continuous_read() -> Fcb {
    let ones = |pads, count| Sequence::of(&vec![Instruction::new(Opcode::CMD, pads, 0xFF); count]);
    // no more clocks than a part takes before it drives the lines itself
    sending(&ones(1, 1), &[ones(4, 4), ones(4, 5), ones(1, 2)], 1)
}

/// Ends QPI: FFh and F5h on four pads, two clocks each, which are no command on one pad. Then as [`jedec_id`].
pub fn leave_qpi() -> Fcb {
    let command = |byte| Sequence::of(&[Instruction::new(Opcode::CMD, 4, byte)]);
    sending(&command(0xFF), &[command(0xF5)], 1)
}

/// Ends deep power-down (ABh; parts take up to 0.1 ms). Then as [`jedec_id`].
pub fn leave_power_down() -> Fcb {
    sending(&Sequence::command(0xAB), &[Sequence::command(0xFF)], 10)
}

/// Resets the part (66h, 99h), which takes up to 40 ms. Then as [`jedec_id`]. Not while it erases or programs: that ruins
/// what it is at.
pub fn reset() -> Fcb {
    sending(&Sequence::command(0x66), &[Sequence::command(0x99)], 400)
}

/// The same for a part in QPI mode.
pub fn reset_qpi() -> Fcb {
    let command = |byte| Sequence::of(&[Instruction::new(Opcode::CMD, 4, byte)]);
    sending(&command(0x66), &[command(0x99)], 400)
}

/// Ends four-byte address mode as this maker's parts do: E9h behind a write enable, which some need, or the bank register
/// set to zero; for other makers by a reset, as [`reset`]. Then as [`jedec_id`].
///
/// Source: data sheets of W25Q256JV, MX25L25645G, MT25QL256ABA, S25FL256S (where E9h is another command).
pub fn leave_four_byte(vendor: &str) -> Fcb {
    match vendor {
        "Winbond" | "Macronix" | "Micron" | "GigaDevice" => sending(
            &Sequence::command(0x06),
            // the last one leaves no write enable behind
            &[Sequence::command(0xE9), Sequence::command(0x04)],
            1,
        ),
        // arguments of the block are zero
        "Infineon" => sending(
            &Sequence::command(0x04),
            &[Sequence::write_register(0x17, 1)],
            1,
        ),
        _ => reset(),
    }
}

/// Sends `first` and one of `commands`, and waits, for each of them; the flashloader plays a write enable before each
/// configuration command, and `first` stands in its place. Then returns the id.
fn sending(first: &Sequence, commands: &[Sequence], wait_100_us: u16) -> Fcb {
    const FREE: [u8; 3] = [10, 12, 13];
    // the jump to 0 ends one that an earlier block with continuous read left in the controller
    let id = Sequence::of(&[
        Instruction::new(Opcode::CMD, 1, 0x9F),
        Instruction::new(Opcode::READ, 1, 4),
        Instruction::new(Opcode::JMP_ON_CS, 1, 0),
    ]);
    let mut fcb = reading(&id, WINDOW);
    fcb.set_flash_pads(4);
    fcb.set_config_wait_time(wait_100_us);
    fcb.set_config_command_enable(1);
    fcb.set_sequence(index::WRITE_ENABLE, first);
    let mut calls = [SequenceCall::default(); 3];
    for ((call, place), command) in calls.iter_mut().zip(FREE).zip(commands) {
        fcb.set_sequence(usize::from(place), command);
        *call = SequenceCall {
            count: 1,
            index: place,
        };
    }
    fcb.set_config_command_sequences(calls);
    fcb
}

/// Returns the flash content by this read command at this clock; sampled as the boot FCB does, through the DQS pad, when
/// the clock is above 60 MHz, which is what the controller can do without.
pub fn read_by(mode: &ReadMode, size: u32, clock: ClockIndex) -> Fcb {
    let mut fcb = reading(&mode.sequence(), size);
    fcb.set_flash_pads(mode.data_pads.max(mode.address_pads));
    fcb.set_clock(clock.0);
    fcb.set_read_sample_clock(u8::from(clock.mhz().is_some_and(|mhz| mhz > 60)));
    fcb
}

/// Returns the flash content as another FCB reads it, at its clock or at 30 MHz, and does nothing else of what it says.
///
/// `None` when its read sequence is more than a read at single data rate on at most four pads, or would leave the part
/// in a mode of its own (a mode byte other than 00 and FF can start continuous reading).
pub fn as_read_by(other: &Fcb, slow: bool) -> Option<Fcb> {
    let sequence = other.sequence(index::READ);
    let size = u32::try_from(other.total_size()).ok().filter(|&n| n > 0)?;
    let mut fcb = is_harmless_read(&sequence).then(|| reading(&sequence, size))?;
    fcb.set_flash_pads(other.flash_pads().clamp(1, 4));
    if !slow {
        fcb.set_read_sample_clock(other.read_sample_clock());
        fcb.set_clock(other.clock());
    }
    Some(fcb)
}

/// The same at 30 MHz, sampled inside the controller.
pub fn slowed(fcb: &Fcb) -> Fcb {
    let mut slow = fcb.clone();
    slow.set_read_sample_clock(0);
    slow.set_clock(ClockIndex::MHZ_30.0);
    slow
}

pub(crate) fn is_harmless_read(sequence: &Sequence) -> bool {
    const READS: [u8; 12] = [
        0x03, 0x0B, 0x3B, 0x6B, 0xBB, 0xEB, 0x13, 0x0C, 0x3C, 0x6C, 0xBC, 0xEC,
    ];
    let steps = sequence.steps();
    let begins = steps
        .first()
        .is_some_and(|step| (step.opcode, step.pads) == (Opcode::CMD, 1));
    begins
        && sequence
            .command_byte()
            .is_some_and(|byte| READS.contains(&byte))
        && steps.iter().skip(1).all(|step| {
            step.pads <= 4
                && match step.opcode {
                    Opcode::RADDR | Opcode::DUMMY | Opcode::READ => true,
                    Opcode::MODE8 => matches!(step.operand, 0 | 0xFF),
                    _ => false,
                }
        })
}

pub(crate) fn reading(sequence: &Sequence, size: u32) -> Fcb {
    let mut fcb = Fcb::new();
    // sampled inside the controller, good up to 60 MHz: works on boards that use the DQS pad for something else
    fcb.set_read_sample_clock(0);
    fcb.set_cs_hold_time(3);
    fcb.set_cs_setup_time(3);
    fcb.set_controller_options(0x10);
    fcb.set_device_type(1);
    fcb.set_flash_pads(1);
    fcb.set_clock(ClockIndex::MHZ_30.0);
    fcb.set_command_clock(ClockIndex::MHZ_30.0);
    fcb.set_sflash_a1_size(size);
    fcb.set_timeout_ms(TIMEOUT_MS);
    fcb.set_page_size(0x100);
    fcb.set_sector_size(0x1000);
    fcb.set_block_size(0x1_0000);
    fcb.set_sequence(index::READ, sequence);
    fcb
}
