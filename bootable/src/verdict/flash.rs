//! Does the flash answer the FCB's read? Only what a read needs counts; the rest of the FCB brings warnings at most.

use rtboot_chip::Chip;
use rtboot_fcb::check::check;
use rtboot_fcb::lut::{Instruction, Opcode, REACH_24, index};
use rtboot_fcb::{Fcb, Part, ReadMode, StatusRegisters};
use rtboot_finding::catalogue::fcb as found;
use rtboot_finding::{Entry, Finding, Severity};

use super::{Conditions, TrialRead, setup};

/// Adds what the FCB means for the flash that is there.
pub(super) fn judge(
    fcb: &Fcb,
    chip: &Chip,
    conditions: &Conditions<'_>,
    findings: &mut Vec<Finding>,
) {
    let own = match conditions.trial {
        Some(TrialRead::Same) => Vec::new(),
        Some(TrialRead::Differs) => {
            let mut own = on_parts(fcb, conditions);
            own.retain(|finding| finding.severity >= Severity::Error);
            if own.is_empty() {
                own.push(Finding::new(&found::READ_DIFFERS));
            }
            own
        }
        None if fcb.sequence(index::READ).is_empty() => Vec::new(), // found before
        None => on_parts(fcb, conditions),
    };
    for finding in with_rules(own, against_all(fcb, chip, conditions.parts), findings) {
        let severity = finding.severity.min(Severity::Warning);
        findings.push(finding.severity(severity));
    }
}

/// What an FCB alone tells: by itself, and on a part that nothing was asked of. See [`super::judge_fcb`].
pub(super) fn judge_alone(fcb: &Fcb, part: Option<&Part>, chip: &Chip) -> Vec<Finding> {
    // how a part without an id answers, a HyperFlash, is not known here
    let answering = part.filter(|part| part.jedec.answers());
    let conditions = Conditions::default().parts(answering.map_or(&[], std::slice::from_ref));
    let mut own = match fcb.sequence(index::READ).is_empty() {
        true => Vec::new(),
        false => on_parts(fcb, &conditions),
    };
    // that there is none is no finding about the block
    own.retain(|finding| !finding.is(&found::PART_UNKNOWN));
    let mut findings = Vec::new();
    for finding in with_rules(own, check(fcb, part, chip), &mut findings) {
        // what else the ROM needs of the part was settled above
        let stops = STOPS.iter().any(|entry| finding.is(entry));
        let severity = match stops {
            true => finding.severity,
            false => finding.severity.min(Severity::Warning),
        };
        findings.push(finding.severity(severity));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Adds how the part answers; returns those of the block's own rules that say more.
fn with_rules(own: Vec<Finding>, rules: Vec<Finding>, findings: &mut Vec<Finding>) -> Vec<Finding> {
    let explained = !own.is_empty();
    findings.extend(own);
    let says_more = |finding: &Finding| {
        let known = findings.iter().any(|other| other.is(finding.entry));
        let settled = SETTLED.iter().any(|entry| finding.is(entry));
        let doubled = explained && OF_READ.iter().any(|entry| finding.is(entry));
        !known && !settled && !doubled
    };
    rules.into_iter().filter(says_more).collect()
}

/// What contradicts the FCB, whichever of the parts it is.
fn against_all(fcb: &Fcb, chip: &Chip, parts: &[Part]) -> Vec<Finding> {
    let Some((first, others)) = parts.split_first() else {
        return check(fcb, None, chip);
    };
    let mut findings = check(fcb, Some(first), chip);
    for other in others {
        let of_other = check(fcb, Some(other), chip);
        findings.retain(|finding| of_other.iter().any(|same| same.is(finding.entry)));
    }
    findings
}

/// What the block alone cannot tell, and `on_parts` does.
const SETTLED: [&Entry; 2] = [&found::FCB_QUAD_ENABLE, &found::FCB_QUAD_ENABLE_PART];
/// Findings about the read that say less than those of `on_parts`.
const OF_READ: [&Entry; 9] = [
    &found::FCB_DUMMY,
    &found::FCB_DUMMY_MANY,
    &found::FCB_DUMMY_PLAIN,
    &found::FCB_DUMMY_NONE,
    &found::FCB_READ_SHAPE,
    &found::FCB_NOT_A_READ,
    &found::FCB_HYPERBUS,
    &found::FCB_ADDRESS_BITS,
    &found::FCB_SAMPLING_DQS,
];

/// What stops the ROM whatever part it is.
const STOPS: [&Entry; 4] = [
    &found::FCB_SIZE,
    &found::FCB_NO_READ,
    &found::FCB_NOT_HYPERBUS,
    &found::FCB_IN_PACKAGE,
];

/// The FCB on every part that it may be.
fn on_parts(fcb: &Fcb, conditions: &Conditions<'_>) -> Vec<Finding> {
    let parts = conditions.parts;
    let read = fcb.sequence(index::READ);
    if !read.may_read() {
        return vec![Finding::new(&found::FCB_NOT_A_READ).text("sequence", read)];
    }
    // reading does not tell parts with one id apart: messages name them all
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    let names = names.join(" or ");
    let each: Vec<Vec<Finding>> = parts
        .iter()
        .map(|part| {
            OnPart {
                fcb,
                part,
                names: &names,
            }
            .judge(conditions.status)
        })
        .collect();
    let fails = |of_part: &&Vec<Finding>| {
        let errors = of_part.iter();
        errors
            .filter(|finding| !finding.is(&found::FCB_SETUP_WRITES))
            .any(|finding| finding.severity == Severity::Error)
    };
    let failing = each.iter().filter(fails).count();
    if failing != 0 && failing != parts.len() {
        return vec![Finding::new(&found::PARTS_DISAGREE).text("parts", names)];
    }
    let unclear = each.iter().find(|of_part| !of_part.is_empty()).cloned();
    match parts.first() {
        Some(_) => unclear.unwrap_or_default(),
        None => {
            vec![Finding::new(&found::PART_UNKNOWN).text("read", read)]
        }
    }
}

/// An FCB on a flash part.
#[derive(Clone, Copy)]
struct OnPart<'a> {
    fcb: &'a Fcb,
    part: &'a Part,
    /// The part's name, or the names of all that it may be.
    names: &'a str,
}

impl OnPart<'_> {
    fn judge(self, status: Option<StatusRegisters>) -> Vec<Finding> {
        let OnPart { fcb, part, .. } = self;
        if let Some(kind) = self.kind() {
            return vec![kind];
        }
        let after = setup::play(fcb, part, status);
        let mut findings = after.findings;
        findings.extend(self.controller());
        let read = fcb.sequence(index::READ);
        match Read::of(read.steps()) {
            Shape::Read(read) => {
                let clear = findings.is_empty();
                let told = self.read(&read, after.dummy_cycles, after.as_shipped, clear);
                let as_set = after.may_be.iter().any(|&cycles| {
                    cycles != 0
                        && self
                            .read(&read, Some(cycles.into()), after.as_shipped, clear)
                            .is_none()
                });
                findings.extend(match told {
                    Some(_) if as_set => Some(self.open()),
                    told => told,
                });
            }
            Shape::Never => findings.push(self.misfit(after.dummy_cycles)),
            Shape::Odd => findings.push(self.open()),
        }
        let moves = [Opcode::RADDR, Opcode::READ];
        let lines = read
            .steps()
            .iter()
            .filter(|step| moves.contains(&step.opcode));
        let quad = lines.into_iter().any(|step| step.pads == 4);
        let broken = findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        if !quad || broken {
            return findings;
        }
        match after.quad {
            Some(true) => {}
            Some(false) => {
                let status =
                    status.map_or("as the FCB leaves it".to_owned(), |now| now.to_string());
                findings.push(
                    self.finding(&found::QUAD_ENABLE_CLEAR)
                        .text("status", status),
                );
            }
            // an unclear set-up says enough
            None if !findings.is_empty() => {}
            None => findings.push(self.finding(&found::QUAD_ENABLE_UNKNOWN)),
        }
        findings
    }

    /// For HyperFlash, octal parts or double data rate? No part of the database is one.
    fn kind(self) -> Option<Finding> {
        let read = self.fcb.sequence(index::READ);
        let steps = read.steps();
        let column = self.fcb.column_address_width() & 0xF != 0;
        // clocks without data need no lines
        let moves = |step: &&Instruction| step.opcode != Opcode::DUMMY;
        let eight = column || steps.iter().filter(moves).any(|step| step.pads == 8);
        let double = steps.iter().any(|step| step.opcode.is_ddr());
        // reads at double data rate of quad parts: whether a part takes them is in no table here
        let quad_ddr = steps.first().is_some_and(|first| {
            *first == Instruction::new(Opcode::CMD, 1, first.operand)
                && matches!(first.operand, 0x0D | 0x0E | 0xBD | 0xBE | 0xED | 0xEE)
        });
        let kind = match (eight, double) {
            (true, _) => "HyperFlash or an octal part",
            (false, true) if quad_ddr => return Some(self.open()),
            (false, true) => "reads at double data rate",
            (false, false) => return None,
        };
        Some(
            self.finding(&found::FCB_KIND)
                .text("kind", kind)
                .text("read", read),
        )
    }

    /// Controller settings with which no quad part at single data rate reads right.
    fn controller(self) -> Option<Finding> {
        let options = self.fcb.controller_options();
        let what = match self.fcb.read_sample_clock() & 3 {
            3 => "a flash that sends a strobe on DQS",
            _ if options >> 2 & 1 == 1 => "two flashes read in parallel",
            _ if options >> 3 & 1 == 1 => "a flash with word addresses",
            _ => return None,
        };
        Some(self.finding(&found::FCB_CONTROLLER).text("what", what))
    }

    /// What the part makes of a read; nothing when it answers with its content.
    ///
    /// `dummy_cycles` are those of its own read, `as_shipped` whether others take their usual number; `clear`, that nothing
    /// was found unclear before.
    fn read(
        self,
        read: &Read,
        dummy_cycles: Option<u32>,
        as_shipped: bool,
        clear: bool,
    ) -> Option<Finding> {
        let misfit = || Some(self.misfit(dummy_cycles));
        let own = &self.part.read;
        let is_own = narrow(read.command) == narrow(own.opcode);
        // of other commands than its own read the part's file tells nothing: what all data sheets agree on
        let (address_pads, data_pads, wait) = match narrow(read.command) {
            _ if is_own => (
                own.address_pads,
                own.data_pads,
                // after an unclear set-up any number may be right
                dummy_cycles.unwrap_or(read.wait),
            ),
            0x03 => (1, 1, 0),
            0x0B => (1, 1, 8),
            0x3B => (1, 2, 8),
            0x6B => (1, 4, 8),
            0xEB | 0xBB | 0xE7 | 0xE3 => return Some(self.open()),
            _ => return misfit(),
        };
        // what a changed register does to other reads is in no part's file
        let unknown = match is_own {
            true => dummy_cycles.is_none(),
            false => !as_shipped && wait != 0,
        };
        let wide = read.command != narrow(read.command);
        let large = self.part.size > REACH_24;
        let fits = read.address_bits == if wide { 32 } else { 24 }
            && (large || !wide)
            && (read.address_pads, read.data_pads) == (address_pads, data_pads)
            && (read.wait == wait || unknown);
        if !fits {
            return misfit();
        }
        if unknown && clear {
            return Some(self.open());
        }
        match (read.mode, read.jumps) {
            (None | Some(0x00 | 0xFF), false) => None,
            // mode bits A5h put a part into continuous read, where it takes no command
            (Some(0xA5), false) if read.command == 0xEB => {
                Some(self.finding(&found::FCB_CONTINUOUS).byte("mode", 0xA5))
            }
            _ => Some(self.open()),
        }
    }

    fn misfit(self, dummy_cycles: Option<u32>) -> Finding {
        let cycles = dummy_cycles.and_then(|cycles| u8::try_from(cycles).ok());
        let needs = ReadMode {
            dummy_cycles: cycles.unwrap_or(self.part.read.dummy_cycles),
            ..self.part.read
        };
        self.finding(&found::FCB_READ_MISFIT)
            .text("read", self.fcb.sequence(index::READ))
            .text("needs", needs)
    }

    fn open(self) -> Finding {
        self.finding(&found::FCB_READ_OPEN)
            .text("read", self.fcb.sequence(index::READ))
    }

    fn finding(self, entry: &'static Entry) -> Finding {
        Finding::new(entry).text("part", self.names)
    }
}

/// The command with three address bytes that does what this one does.
fn narrow(command: u8) -> u8 {
    match command {
        0x13 => 0x03,
        0x0C => 0x0B,
        0x3C => 0x3B,
        0x6C => 0x6B,
        0xBC => 0xBB,
        0xEC => 0xEB,
        other => other,
    }
}

/// A read of command, address, clocks of waiting, data; in this order, at single data rate.
struct Read {
    command: u8,
    address_bits: u8,
    address_pads: u8,
    data_pads: u8,
    /// Dummy cycles and those of the mode bits.
    wait: u32,
    mode: Option<u8>,
    jumps: bool,
}

/// What a sequence 0 is.
enum Shape {
    Read(Read),
    /// No quad part answers it with its content.
    Never,
    /// It has all that a read has, but not as the flash's data sheets show it.
    Odd,
}

impl Read {
    fn of(steps: &[Instruction]) -> Shape {
        let count = |opcode: Opcode| steps.iter().filter(|step| step.opcode == opcode).count();
        let unknown = steps.iter().any(|step| step.opcode.name().is_none());
        let lacks = [Opcode::CMD, Opcode::RADDR, Opcode::READ];
        if unknown || lacks.iter().any(|opcode| count(*opcode) == 0) {
            return Shape::Never;
        }
        let [command, address, between @ ..] = steps else {
            return Shape::Odd;
        };
        let (between, jumps) = match between {
            [between @ .., jump] if jump.opcode == Opcode::JMP_ON_CS => (between, true),
            between => (between, false),
        };
        let Some((data, between)) = between.split_last() else {
            return Shape::Odd;
        };
        let (mode, dummies) = match between {
            [mode, rest @ ..] if mode.opcode == Opcode::MODE8 => (Some(*mode), rest),
            rest => (None, rest),
        };
        let in_order = command.opcode == Opcode::CMD
            && address.opcode == Opcode::RADDR
            && data.opcode == Opcode::READ
            && dummies.iter().all(|step| step.opcode == Opcode::DUMMY);
        if !in_order {
            return Shape::Odd;
        }
        if command.pads != 1 {
            return Shape::Never;
        }
        let mode_clocks = mode.map_or(0, |mode| 8 / u32::from(mode.pads.max(1)));
        let dummy_clocks: u32 = dummies.iter().map(|step| u32::from(step.operand)).sum();
        Shape::Read(Read {
            command: command.operand,
            address_bits: address.operand,
            address_pads: address.pads,
            data_pads: data.pads,
            wait: mode_clocks + dummy_clocks,
            mode: mode.map(|mode| mode.operand),
            jumps,
        })
    }
}
