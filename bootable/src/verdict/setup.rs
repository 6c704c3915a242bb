//! What the FCB's own set-up does to the flash: device mode, then up to three configuration commands.
//!
//! Each is a write enable (sequence 3), the sequence with its argument as data, and a wait: a fixed time, or until
//! sequence 1 says that the part is ready.
//!
//! Source: the FlexSPI NOR driver that NXP published for the RT1020 ROM; what a part's registers do is in its file.

use rtboot_fcb::lut::{Instruction, Opcode, Sequence, index};
use rtboot_fcb::{
    DummyControl, DummyPlace, Fcb, Part, QeMethod, SequenceCall, StatusRegisters, StatusWrite,
};
use rtboot_finding::Finding;
use rtboot_finding::catalogue::fcb as found;

/// No status register write of a part in the database takes longer, in units of 100 µs.
const LONG_WAIT: u16 = 400;
/// Types of device mode that play a sequence on a part that goes on as a quad part: generic, quad enable.
const PLAIN_TYPES: [u8; 2] = [0, 1];

/// The part after the set-up.
#[derive(Clone, Debug)]
pub(super) struct SetUp {
    /// Quad enable; `None` when it was not read and nothing set it, or when the set-up is unclear.
    pub quad: Option<bool>,
    /// Dummy cycles of the part's own read; `None` when they are not known.
    pub dummy_cycles: Option<u32>,
    /// The register that sets them holds what it is shipped with, so that other reads take their usual number.
    pub as_shipped: bool,
    /// Dummy cycles that its own read may have instead: nobody looked at the register that sets them, and nothing wrote it.
    pub may_be: Vec<u8>,
    /// What leaves open how the part reads afterwards.
    pub findings: Vec<Finding>,
}

/// Plays the set-up of an FCB on a part.
pub(super) fn play(fcb: &Fcb, part: &Part, status: Option<StatusRegisters>) -> SetUp {
    let register = part.dummy_register.as_ref().zip(status);
    let register =
        register.and_then(|(control, status)| Some((control, control.read_in(&status)?)));
    let (dummy_cycles, as_shipped) = match register {
        Some((control, value)) => (control.cycles_at(value), value & control.mask == 0),
        None => (Some(part.read.dummy_cycles), true),
    };
    let unread = register.is_none();
    let lasting = part.dummy_register.as_ref();
    let lasting = lasting.filter(|control| unread && control.lasts());
    let mut player = Player {
        fcb,
        part,
        after: SetUp {
            quad: match part.qe {
                QeMethod::None => Some(true),
                _ => status.and_then(|status| part.quad_enabled(&status)),
            },
            dummy_cycles: dummy_cycles.map(u32::from),
            as_shipped,
            may_be: lasting.map_or(Vec::new(), |control| control.cycles.clone()),
            findings: Vec::new(),
        },
        write_enabled: false,
    };
    if fcb.device_mode_enable() != 0 {
        player.call(
            fcb.device_mode_sequence(),
            fcb.device_mode_type(),
            fcb.device_mode_argument(),
        );
    }
    if fcb.config_command_enable() != 0 {
        let calls = fcb.config_command_sequences().into_iter();
        let types = fcb.config_mode_types();
        let arguments = fcb.config_command_arguments();
        // the driver leaves commands out whose sequence is 0
        for ((call, kind), argument) in calls.zip(types).zip(arguments) {
            if call.index != 0 {
                player.call(call, kind, argument);
            }
        }
    }
    player.after
}

struct Player<'a> {
    fcb: &'a Fcb,
    part: &'a Part,
    after: SetUp,
    write_enabled: bool,
}

/// What a command does, as far as the start depends on it.
enum Does {
    Nothing,
    WriteEnable(bool),
    /// Writes status registers from this one on.
    Status(usize),
    /// Writes the volatile register that sets the dummy cycles, and nothing else.
    Dummies,
    Destroys,
    Unclear,
}

impl Player<'_> {
    fn call(&mut self, call: SequenceCall, kind: u8, argument: u32) {
        let sequence = self.fcb.sequence(usize::from(call.index));
        if call.count != 1 || call.index > 15 || !PLAIN_TYPES.contains(&kind) {
            return self.open(format_args!(
                "{} sequences from {} on, type {kind}",
                call.count, call.index
            ));
        }
        let enable = self.fcb.sequence(index::WRITE_ENABLE);
        if !enable.is_empty() {
            self.send(&enable, 0);
        }
        if sequence.is_empty() {
            return; // nothing is sent: a template left unfilled
        }
        let writes = self.send(&sequence, argument);
        if writes && !self.waits() {
            self.open("a write that is not waited for");
        }
        self.write_enabled = false;
    }

    /// Plays one sequence; true when the part is busy after it.
    fn send(&mut self, sequence: &Sequence, argument: u32) -> bool {
        let steps = sequence.steps();
        let Some((first, rest)) = steps.split_first() else {
            return false;
        };
        let single = first.opcode == Opcode::CMD && first.pads == 1;
        let plain = rest.iter().all(is_plain);
        if !single || !plain {
            self.open(sequence);
            return false;
        }
        let command = first.operand;
        let data: Vec<u8> = match rest {
            [step] if step.opcode == Opcode::WRITE && (1..=4).contains(&step.operand) => {
                let bytes = argument.to_le_bytes().into_iter();
                bytes.take(usize::from(step.operand)).collect()
            }
            _ => Vec::new(),
        };
        match self.does(command, rest, &data) {
            Does::Nothing => false,
            Does::WriteEnable(on) => {
                self.write_enabled = on;
                false
            }
            Does::Status(first) => self.status(command, first, &data),
            Does::Dummies => {
                self.volatile_dummies(command, &data);
                false
            }
            Does::Destroys => {
                let finding = Finding::new(&found::FCB_SETUP_WRITES);
                let command = format!("{command:02X}h");
                self.after.findings.push(finding.text("command", command));
                true
            }
            Does::Unclear => {
                self.open(sequence);
                false
            }
        }
    }

    fn does(&self, command: u8, rest: &[Instruction], data: &[u8]) -> Does {
        let alone = rest.is_empty();
        let sr2_write = |opcode| match opcode {
            0x3E => self.part.status_write == StatusWrite::Separate3E,
            _ => self.part.qe.sr2_mask() != 0,
        };
        match command {
            0x06 if alone => Does::WriteEnable(true),
            0x04 if alone => Does::WriteEnable(false),
            0x01 if !data.is_empty() => Does::Status(0),
            0x31 | 0x3E if sr2_write(command) && data.len() == 1 => Does::Status(1),
            _ if data.len() == 1 && self.sets_dummies(command) => Does::Dummies,
            // read parameters of QPI, which no FCB enters here; other parts of the maker do not have it
            0xC0 if self.part.vendor == "Winbond" && data.len() == 1 => Does::Nothing,
            // a look at a register, the id or the array
            0x05 | 0x9F | 0x03 | 0x0B | 0x5A => Does::Nothing,
            0x02 | 0x12 | 0x32 | 0x34 | 0x20 | 0x21 | 0x52 | 0x5C | 0xD8 | 0xDC | 0x60 | 0xC7 => {
                Does::Destroys
            }
            _ => Does::Unclear,
        }
    }

    /// A status register write; true when the part is busy after it.
    fn status(&mut self, command: u8, first: usize, data: &[u8]) -> bool {
        if !self.write_enabled {
            return false; // the part ignores it
        }
        let byte = |register: usize| {
            register
                .checked_sub(first)
                .and_then(|at| data.get(at).copied())
        };
        let set = |value: u8, mask: u8| value & mask != 0;
        let place = self
            .part
            .dummy_register
            .as_ref()
            .map(|control| control.place);
        // 01h of more than the status registers: what follows them sets the dummy cycles
        let behind = match (place, command, data) {
            (Some(DummyPlace::SecondByte), 0x01, &[_, value]) => Some(value),
            // register 3 of 01h, with the bits for QPI and for four address bytes clear
            (Some(DummyPlace::FourthByte), 0x01, &[_, _, third, value]) if third & 0x0A == 0 => {
                Some(value)
            }
            _ => None,
        };
        let fits = match (self.part.qe, command, data.len()) {
            (QeMethod::None, ..) if behind.is_none() => return true,
            (QeMethod::Sr1Bit6, 0x01, 1) => byte(0).map(|value| set(value, 0x40)),
            (QeMethod::Sr1Bit6, 0x01, 2) if behind.is_some() => {
                byte(0).map(|value| set(value, 0x40))
            }
            (QeMethod::Sr2Bit1TwoByte, 0x01, 2) | (QeMethod::Sr2Bit1By31, 0x31, 1) => {
                byte(1).map(|value| set(value, 0x02))
            }
            (QeMethod::Sr2Bit1TwoByte, 0x01, 4) if behind.is_some() => {
                byte(1).map(|value| set(value, 0x02))
            }
            // of the parts that take both bytes by 01h, Winbond's are known to take register 2 alone by 31h, too
            (QeMethod::Sr2Bit1TwoByte, 0x31, 1) if self.part.vendor == "Winbond" => {
                byte(1).map(|value| set(value, 0x02))
            }
            (QeMethod::Sr2Bit7, 0x3E, 1) => byte(1).map(|value| set(value, 0x80)),
            // register 1 alone leaves register 2 alone where each has its own command
            (QeMethod::Sr2Bit1By31, 0x01, 1) | (QeMethod::Sr2Bit7, 0x01, 1) => return true,
            _ => None,
        };
        let register = match place {
            Some(DummyPlace::Status2) => byte(1),
            Some(DummyPlace::Status3) => byte(2),
            _ => behind,
        };
        match fits {
            Some(quad) => {
                self.after.quad = Some(quad);
                if let Some(value) = register {
                    self.dummies(command, value);
                }
            }
            None => {
                let data: Vec<String> = data.iter().map(|byte| format!("{byte:02x}")).collect();
                self.open(format_args!("{command:02X}h with {}", data.join(" ")));
            }
        }
        true
    }

    /// Whether a command with one byte sets the dummy cycles until the power is cut.
    fn sets_dummies(&self, command: u8) -> bool {
        let control = self.part.dummy_register.as_ref();
        control.and_then(DummyControl::volatile_command) == Some(command)
    }

    fn volatile_dummies(&mut self, command: u8, data: &[u8]) {
        match (self.write_enabled, data) {
            (true, &[value]) => self.dummies(command, value),
            (_, data) => self.open(format_args!("{command:02X}h with {data:02x?}")),
        }
    }

    /// The register that sets the dummy cycles got this value.
    fn dummies(&mut self, command: u8, value: u8) {
        let control = self.part.dummy_register.as_ref();
        match control.and_then(|control| control.cycles_at(value)) {
            Some(cycles) => {
                self.after.dummy_cycles = Some(cycles.into());
                self.after.as_shipped = false;
                self.after.may_be.clear();
            }
            None => self.open(format_args!("{command:02X}h with {value:02x}")),
        }
    }

    /// Whether the driver waits until the part is ready.
    fn waits(&self) -> bool {
        let (fixed, poll) = (
            self.fcb.config_wait_time(),
            self.fcb.sequence(index::READ_STATUS),
        );
        if fixed != 0 {
            return fixed >= LONG_WAIT;
        }
        let read = matches!(
            poll.steps(),
            [command, data] if *command == Instruction::new(Opcode::CMD, 1, 0x05)
                && data.opcode == Opcode::READ && data.pads == 1
        );
        read && self.fcb.busy_bit() == 0 && self.fcb.busy_polarity() == 0
    }

    /// Whatever it does, nothing is sure after it.
    fn open(&mut self, what: impl std::fmt::Display) {
        if self.part.qe != QeMethod::None {
            self.after.quad = None;
        }
        self.after.dummy_cycles = None;
        self.after.as_shipped = false;
        self.after.findings.push(
            Finding::new(&found::FCB_SETUP_OPEN)
                .text("what", what)
                .text("part", &self.part.name),
        );
    }
}

/// A step that a quad part in its default mode takes: one line, one edge, no mode bits.
fn is_plain(step: &Instruction) -> bool {
    let known = [Opcode::RADDR, Opcode::DUMMY, Opcode::READ, Opcode::WRITE];
    known.contains(&step.opcode) && step.pads == 1
}
