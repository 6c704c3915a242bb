//! A stored FCB as a flashloader can try it: it reads as the boot ROM will, and changes nothing in the flash that lasts.
//!
//! What the ROM takes from an FCB for a read is taken over: sequence 0, clock, sampling, size on port A1, and set-up commands
//! that change volatile registers only. The rest (erase, program, page sizes) may hold anything, and stays out.
//!
//! A set-up command that writes a status register is left out when the register holds that value already, and makes the
//! FCB one that is not tried otherwise: such bits outlive the power.

use alloc::vec::Vec;
use core::fmt;

use crate::fcb::{Fcb, SequenceCall};
use crate::lut::{Instruction, Opcode, Sequence, index};
use crate::{Chip, ClockIndex, DummyControl, Part, QeMethod, StatusRegisters, StatusWrite, probe};

/// Why a stored FCB is not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Untried {
    /// Its read is none of those known on at most four pads, or would leave the part in a mode of its own.
    Read,
    /// It sets the controller up for another kind of flash.
    Controller,
    /// Its clock is above what the chip's controller takes.
    Clock(ClockIndex),
    /// It gives port A1 no size.
    Size,
    /// It reads on four lines, and quad enable is clear.
    QuadClear,
    /// Its set-up would write a status register with this command.
    StatusWrite(u8),
    /// What its set-up does is not known; the sequence, by its number.
    SetUp(u8),
    /// Nothing bounds the wait after its set-up.
    Wait,
}

impl fmt::Display for Untried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Untried::Read => f.write_str(
                "its read is none that is known on at most four lines, and may change the part's mode",
            ),
            Untried::Controller => {
                f.write_str("it sets the controller up for another kind of flash")
            }
            Untried::Clock(clock) => write!(f, "its clock index, {}, is above what the chip takes", clock.0),
            Untried::Size => f.write_str("it gives the flash no size"),
            Untried::QuadClear => f.write_str("it reads on four lines, and quad enable is clear"),
            Untried::StatusWrite(command) => write!(
                f,
                "its set-up writes a status register ({command:02X}h), which would outlast the trial"
            ),
            Untried::SetUp(sequence) => {
                write!(
                    f,
                    "what its set-up (sequence {sequence}) does to the part is unknown"
                )
            }
            Untried::Wait => f.write_str("nothing bounds the wait after its set-up"),
        }
    }
}

/// The FCB to configure the flashloader with for a read as the ROM does it through `stored`.
///
/// `part` and `status` tell which set-up commands change nothing that lasts; for a part that is not known any set-up is
/// left untried.
///
/// # Errors
/// Why it is not tried.
pub fn trial(
    stored: &Fcb,
    part: Option<&Part>,
    status: StatusRegisters,
    chip: &Chip,
) -> Result<Fcb, Untried> {
    let read = stored.sequence(index::READ);
    let double = is_quad_ddr(&read);
    if !probe::is_harmless_read(&read) && !double {
        return Err(Untried::Read);
    }
    // strobe from the flash; parallel flashes, word addresses; column addresses
    let other_kind = stored.read_sample_clock() & 3 == 3
        || stored.controller_options() & 0x0C != 0
        || stored.controller_options() & DOUBLE_RATE != 0 && !double
        || stored.column_address_width() & 0xF != 0;
    if other_kind {
        return Err(Untried::Controller);
    }
    let clock = ClockIndex(stored.clock());
    if clock.0 > chip.clocks.max {
        return Err(Untried::Clock(clock));
    }
    if stored.sflash_a1_size() < 0x400 {
        return Err(Untried::Size);
    }
    let set_up = SetUp {
        stored,
        part,
        status,
    }
    .lasting_nothing()?;
    let quad = read.steps().iter().any(|step| step.pads == 4);
    if quad && part.and_then(|part| part.quad_enabled(&status)) == Some(false) {
        return Err(Untried::QuadClear);
    }
    let mut fcb = probe::reading(&read, stored.sflash_a1_size());
    fcb.set_flash_pads(stored.flash_pads().clamp(1, 4));
    fcb.set_clock(stored.clock());
    fcb.set_read_sample_clock(stored.read_sample_clock());
    fcb.set_cs_hold_time(stored.cs_hold_time());
    fcb.set_cs_setup_time(stored.cs_setup_time());
    fcb.set_data_valid_time(stored.data_valid_time());
    let double_rate = stored.controller_options() & DOUBLE_RATE;
    fcb.set_controller_options(fcb.controller_options() | double_rate);
    if !set_up.is_empty() {
        copy_set_up(&mut fcb, stored, &set_up);
    }
    Ok(fcb)
}

/// Bit 6 of controllerMiscOption: double data rate.
const DOUBLE_RATE: u32 = 0x40;

/// Whether it is a read at double data rate of quad parts. Without mode bits what the part takes for them is open: it may
/// await addresses afterwards, as after a start by the ROM.
pub fn is_quad_ddr(read: &Sequence) -> bool {
    let [first, rest @ ..] = read.steps() else {
        return false;
    };
    let reads = rest.iter().any(|step| step.opcode == Opcode::READ_DDR);
    let known = rest.iter().all(|step| {
        step.pads <= 4
            && match step.opcode {
                Opcode::RADDR_DDR | Opcode::DUMMY | Opcode::DUMMY_DDR | Opcode::READ_DDR => true,
                Opcode::MODE8_DDR => matches!(step.operand, 0 | 0xFF),
                _ => false,
            }
    });
    let command = matches!(first.operand, 0x0D | 0x0E | 0xBD | 0xBE | 0xED | 0xEE);
    is_command(first) && command && reads && known
}

/// Whether the work FCB reads as `stored` makes the ROM read, with no set-up before it: then a verify is the trial.
pub fn reads_alike(stored: &Fcb, work: &Fcb) -> bool {
    let of = |fcb: &Fcb| {
        (
            fcb.sequence(index::READ),
            fcb.clock(),
            fcb.read_sample_clock() & 3,
            fcb.cs_hold_time(),
            fcb.cs_setup_time(),
            fcb.data_valid_time(),
            fcb.column_address_width() & 0xF,
            fcb.controller_options() & !0x10,
        )
    };
    let plain = stored.device_mode_enable() == 0 && stored.config_command_enable() == 0;
    plain && stored.sflash_a1_size() >= work.sflash_a1_size() && of(stored) == of(work)
}

/// The calls that are kept, with their arguments, and what they need: write enable, the look at the busy bit.
fn copy_set_up(fcb: &mut Fcb, stored: &Fcb, calls: &[(SequenceCall, u32)]) {
    let (mut sequences, mut arguments) = ([SequenceCall { count: 0, index: 0 }; 3], [0; 3]);
    for (at, (call, argument)) in calls.iter().take(3).enumerate() {
        (sequences[at], arguments[at]) = (*call, *argument);
        let number = usize::from(call.index);
        fcb.set_sequence(number, &stored.sequence(number));
    }
    for number in [index::WRITE_ENABLE, index::READ_STATUS] {
        fcb.set_sequence(number, &stored.sequence(number));
    }
    fcb.set_config_command_enable(1);
    fcb.set_config_command_sequences(sequences);
    fcb.set_config_command_arguments(arguments);
    fcb.set_config_wait_time(stored.config_wait_time());
    fcb.set_busy_bit(stored.busy_bit());
    fcb.set_busy_polarity(stored.busy_polarity());
}

struct SetUp<'a> {
    stored: &'a Fcb,
    part: Option<&'a Part>,
    status: StatusRegisters,
}

impl SetUp<'_> {
    /// The set-up commands that a trial plays: all but those that change nothing.
    fn lasting_nothing(&self) -> Result<Vec<(SequenceCall, u32)>, Untried> {
        let fcb = self.stored;
        let mut calls = Vec::new();
        if fcb.device_mode_enable() != 0 {
            let argument = fcb.device_mode_argument();
            calls.push((fcb.device_mode_sequence(), fcb.device_mode_type(), argument));
        }
        if fcb.config_command_enable() != 0 {
            let sequences = fcb.config_command_sequences().into_iter();
            let all = sequences
                .zip(fcb.config_mode_types())
                .zip(fcb.config_command_arguments());
            // the ROM leaves commands out whose sequence is 0
            calls.extend(
                all.filter(|((call, _), _)| call.index != 0)
                    .map(|((call, kind), argument)| (call, kind, argument)),
            );
        }
        let mut kept = Vec::new();
        for (call, kind, argument) in calls {
            if self.changes(call, kind, argument)? {
                kept.push((call, argument));
            }
        }
        if !kept.is_empty() && !self.wait_is_bounded() {
            return Err(Untried::Wait);
        }
        Ok(kept)
    }

    /// Whether a command changes a volatile register; an error when it may change what lasts.
    fn changes(&self, call: SequenceCall, kind: u8, argument: u32) -> Result<bool, Untried> {
        let sequence = self.stored.sequence(usize::from(call.index));
        let unknown = Err(Untried::SetUp(call.index));
        if call.count != 1 || call.index > 15 || kind > 1 {
            return unknown;
        }
        if sequence.is_empty() {
            return Ok(false); // a template left unfilled: nothing is sent
        }
        let (command, length) = match sequence.steps() {
            [first] if is_command(first) => (first.operand, 0),
            [first, data]
                if is_command(first)
                    && (data.opcode, data.pads) == (Opcode::WRITE, 1)
                    && (1..=4).contains(&data.operand) =>
            {
                (first.operand, usize::from(data.operand))
            }
            _ => return unknown,
        };
        let bytes = argument.to_le_bytes();
        let data = bytes.get(..length).unwrap_or_default();
        match (command, data) {
            (0x04 | 0x06, []) => Ok(false), // the write enable before the next command decides
            (0x01 | 0x31 | 0x3E, [_, ..]) => match self.is_there(command, data) {
                true => Ok(false),
                false => Err(Untried::StatusWrite(command)),
            },
            // volatile, with a write enable before it; C0h of every ISSI part sets read parameters
            (_, [_]) if self.is_volatile(command) && self.enables_writes() => Ok(true),
            _ => unknown,
        }
    }

    /// Whether a command with one byte writes a register of the part that is lost without power.
    fn is_volatile(&self, command: u8) -> bool {
        let Some(part) = self.part else { return false };
        let control = part.dummy_register.as_ref();
        let sets = control.and_then(DummyControl::volatile_command) == Some(command);
        // read parameters or burst length in every family that has it, of one of which a known part is
        let known = part.vendor == "ISSI" || !crate::database::by_jedec(part.jedec).is_empty();
        sets || command == 0xC0 && known
    }

    /// Whether the status registers hold these bytes already.
    fn is_there(&self, command: u8, data: &[u8]) -> bool {
        let Some(part) = self.part else { return false };
        let mut after = self.status;
        match (part.qe, part.status_write, command, data) {
            (QeMethod::None | QeMethod::Sr1Bit6, _, 0x01, &[sr1])
            | (_, StatusWrite::Separate | StatusWrite::Separate3E, 0x01, &[sr1]) => after.sr1 = sr1,
            (_, StatusWrite::TwoBytes, 0x01, &[sr1, sr2]) if after.sr2.is_some() => {
                after = StatusRegisters {
                    sr1,
                    sr2: Some(sr2),
                    ..after
                };
            }
            (_, StatusWrite::Separate, 0x31, &[sr2])
            | (_, StatusWrite::Separate3E, 0x3E, &[sr2])
                if after.sr2.is_some() =>
            {
                after.sr2 = Some(sr2);
            }
            _ => return false,
        }
        after.same_settings(&self.status)
    }

    fn enables_writes(&self) -> bool {
        let enable = self.stored.sequence(index::WRITE_ENABLE);
        matches!(enable.steps(), [only] if is_command(only) && only.operand == 0x06)
    }

    /// A fixed wait, or a look at bit 0 of status register 1, which the flashloader's time-out ends.
    fn wait_is_bounded(&self) -> bool {
        let look = self.stored.sequence(index::READ_STATUS);
        let reads = matches!(
            look.steps(),
            [command, data] if is_command(command) && command.operand == 0x05
                && (data.opcode, data.pads) == (Opcode::READ, 1)
        );
        self.stored.config_wait_time() != 0
            || reads && self.stored.busy_bit() == 0 && self.stored.busy_polarity() == 0
    }
}

fn is_command(step: &Instruction) -> bool {
    (step.opcode, step.pads) == (Opcode::CMD, 1)
}

/// Resets the part's volatile registers to what they are after power-on (66h, 99h), then reads plainly.
///
/// A set-up command outlives a reset of the chip: without this a trial could be right by what an earlier start left.
/// Source: JESD216, "soft reset and rescue"; data sheets of IS25LP, W25Q, MX25L, GD25Q.
pub fn soft_reset(size: u32) -> Fcb {
    const ENABLE: usize = 12;
    /// In units of 100 µs, far above the part's recovery time, which is some 10 µs.
    const WAIT: u16 = 10;
    let mut fcb = probe::plain_read(size);
    let call = SequenceCall {
        count: 2,
        index: ENABLE as u8,
    };
    let none = SequenceCall { count: 0, index: 0 };
    fcb.set_config_command_enable(1);
    fcb.set_config_command_sequences([call, none, none]);
    fcb.set_config_wait_time(WAIT);
    // sent before a set-up command, whatever it is: one that cannot do harm
    fcb.set_sequence(index::WRITE_ENABLE, &Sequence::command(0x04));
    fcb.set_sequence(ENABLE, &Sequence::command(0x66));
    fcb.set_sequence(ENABLE + 1, &Sequence::command(0x99));
    fcb
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database;

    const QUAD: StatusRegisters = StatusRegisters {
        sr1: 0x40,
        sr2: None,
        sr3: None,
    };

    fn issi() -> Part {
        database::find("IS25LP064A")
            .expect("in the database")
            .1
            .parts
            .remove(0)
    }

    fn chip() -> &'static Chip {
        Chip::by_name("rt1021").expect("a chip")
    }

    fn tried(change: impl Fn(&mut Fcb)) -> Result<Fcb, Untried> {
        let mut fcb = issi().boot_fcb();
        change(&mut fcb);
        trial(&fcb, Some(&issi()), QUAD, chip())
    }

    fn call(index: u8) -> SequenceCall {
        SequenceCall { count: 1, index }
    }

    fn read_parameters(fcb: &mut Fcb) {
        let none = SequenceCall { count: 0, index: 0 };
        fcb.set_config_command_enable(1);
        fcb.set_config_command_sequences([call(12), none, none]);
        fcb.set_config_command_arguments([0xF0, 0, 0]);
        fcb.set_sequence(12, &Sequence::write_register(0xC0, 1));
    }

    #[test]
    fn own_fcb_of_a_part_is_tried_without_set_up() {
        let fcb = tried(|_| ()).expect("plain");
        assert_eq!(fcb.sequence(0), issi().read.sequence());
        assert_eq!((fcb.clock(), fcb.read_sample_clock()), (6, 1));
        assert_eq!(
            (fcb.config_command_enable(), fcb.device_mode_enable()),
            (0, 0)
        );
        for number in [
            index::ERASE_SECTOR,
            index::PAGE_PROGRAM,
            index::WRITE_ENABLE,
        ] {
            assert!(fcb.sequence(number).is_empty(), "{number}");
        }
    }

    #[test]
    fn read_parameters_of_issi_parts_are_played() {
        let fcb = tried(read_parameters).expect("volatile");
        assert_eq!(fcb.config_command_enable(), 1);
        assert_eq!(fcb.config_command_sequences()[0], call(12));
        assert_eq!(fcb.config_command_arguments()[0], 0xF0);
        assert_eq!(fcb.sequence(12), Sequence::write_register(0xC0, 1));
        let unknown = |fcb: &mut Fcb| {
            read_parameters(fcb);
            fcb.set_sequence(index::WRITE_ENABLE, &Sequence::EMPTY);
        };
        assert_eq!(tried(unknown), Err(Untried::SetUp(12)));
        let mut fcb = issi().boot_fcb();
        read_parameters(&mut fcb);
        let other = Part {
            vendor: "XY".into(),
            jedec: crate::JedecId([0x12, 0x34, 0x17]),
            dummy_register: None,
            ..issi()
        };
        assert_eq!(
            trial(&fcb, Some(&other), QUAD, chip()),
            Err(Untried::SetUp(12))
        );
        assert_eq!(trial(&fcb, None, QUAD, chip()), Err(Untried::SetUp(12)));
    }

    #[test]
    fn status_write_is_left_out_where_it_changes_nothing() {
        let writes = |value: u32| {
            move |fcb: &mut Fcb| {
                fcb.set_device_mode_enable(1);
                fcb.set_device_mode_type(1);
                fcb.set_device_mode_sequence(call(4));
                fcb.set_device_mode_argument(value);
                fcb.set_sequence(4, &Sequence::write_register(0x01, 1));
            }
        };
        let fcb = tried(writes(0x40)).expect("set already");
        assert_eq!(
            (fcb.device_mode_enable(), fcb.config_command_enable()),
            (0, 0)
        );
        for other in [0x00, 0x44, 0xC0] {
            assert_eq!(
                tried(writes(other)),
                Err(Untried::StatusWrite(0x01)),
                "{other:#x}"
            );
        }
    }

    #[test]
    fn what_may_hang_or_change_the_part_is_untried() {
        let erases = |fcb: &mut Fcb| {
            read_parameters(fcb);
            fcb.set_sequence(12, &Sequence::command(0xC7));
        };
        assert_eq!(tried(erases), Err(Untried::SetUp(12)));
        let endless = |fcb: &mut Fcb| {
            read_parameters(fcb);
            fcb.set_sequence(index::READ_STATUS, &Sequence::EMPTY);
        };
        assert_eq!(tried(endless), Err(Untried::Wait));
        let many = |fcb: &mut Fcb| {
            read_parameters(fcb);
            let none = SequenceCall {
                count: 0,
                index: 12,
            };
            fcb.set_config_command_sequences([none, call(0), call(0)]);
        };
        assert_eq!(tried(many), Err(Untried::SetUp(12)));
        let double = |fcb: &mut Fcb| fcb.set_controller_options(0x50);
        assert_eq!(tried(double), Err(Untried::Controller));
        assert_eq!(tried(|fcb| fcb.set_sflash_a1_size(0)), Err(Untried::Size));
        let fast = |fcb: &mut Fcb| fcb.set_clock(9);
        assert_eq!(tried(fast), Err(Untried::Clock(ClockIndex(9))));
        let step = |operand, opcode| Instruction::new(opcode, 8, operand);
        let hyper = Sequence::of(&[step(0xA0, Opcode::CMD_DDR), step(4, Opcode::READ_DDR)]);
        assert_eq!(tried(|fcb| fcb.set_sequence(0, &hyper)), Err(Untried::Read));
        let clear = StatusRegisters {
            sr1: 0,
            sr2: None,
            sr3: None,
        };
        let fcb = issi().boot_fcb();
        assert_eq!(
            trial(&fcb, Some(&issi()), clear, chip()),
            Err(Untried::QuadClear)
        );
    }

    #[test]
    fn garbage_in_the_second_half_is_not_tried_with() {
        let mut bytes = issi().boot_fcb().to_bytes();
        bytes[0xF0..].fill(0xFF);
        let blank = Fcb::parse(&bytes).expect("a tag");
        let fcb = trial(&blank, Some(&issi()), QUAD, chip()).expect("a plain read");
        assert_eq!(fcb, tried(|_| ()).expect("plain"));
    }

    #[test]
    fn work_fcb_reads_as_the_parts_own_boot_fcb() {
        let part = issi();
        let work = part.work_fcb(crate::EraseUnit::Sector, 500);
        assert!(reads_alike(&part.boot_fcb(), &work));
        let mut other = part.boot_fcb();
        other.set_clock(7);
        assert!(!reads_alike(&other, &work));
        let mut other = part.boot_fcb();
        read_parameters(&mut other);
        assert!(!reads_alike(&other, &work));
    }
}
