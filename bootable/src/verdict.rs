//! Would the ROM start what is in this flash? Every command asks this one function.

mod flash;
mod pieces;
mod pins;
mod setup;
#[cfg(test)]
mod tests;

use rtboot_chip::{BootConfig, Chip};
use rtboot_fcb::lut::{Instruction, Opcode, REACH_24, index};
use rtboot_fcb::{Fcb, Part, StatusRegisters};
use rtboot_finding::catalogue::{fcb as found_fcb, image as found};
use rtboot_finding::{Entry, Finding, Severity};

pub use pieces::next_piece;
pub use pins::{Obstacle, obstacle};

use crate::inspect::{Frame, examine};
use crate::{BootDevice, Inspection, Ivt, Memory, MemoryMap};

/// Whether the ROM starts an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Starts {
    /// It does, as far as all known rules tell.
    Yes,
    /// It does not, or the processor stops at its first instruction.
    No,
    /// No rule is broken, but something that decides it could not be checked.
    Unknown,
}

impl Starts {
    /// Stable lower-case name, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Starts::Yes => "yes",
            Starts::No => "no",
            Starts::Unknown => "unknown",
        }
    }

    /// `None` when it is not known.
    pub const fn known(self) -> Option<bool> {
        match self {
            Starts::Yes => Some(true),
            Starts::No => Some(false),
            Starts::Unknown => None,
        }
    }
}

/// What a read of the flash through the FCB's own set-up and read sequence brought, against a plain read on one pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrialRead {
    /// The same bytes.
    Same,
    /// Other bytes.
    Differs,
}

/// HAB, the ROM's check of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hab {
    /// The part runs unsigned code.
    Open,
    /// The part runs signed code only.
    Closed,
}

/// What is known of the board besides the bytes in its flash. The default: nothing.
///
/// Boot pins and HAB that are not known count as those of a new board: boot from FlexSPI NOR on the first pins, HAB open.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Conditions<'a> {
    /// The flash part, or all parts that share its JEDEC id; empty when it is not known.
    pub parts: &'a [Part],
    /// The part's status registers.
    pub status: Option<StatusRegisters>,
    /// What a trial read on the board brought. It outweighs everything that `parts` tells about the read.
    pub trial: Option<TrialRead>,
    /// HAB's state.
    pub hab: Option<Hab>,
    /// BOOT_CFG as latched at reset.
    pub boot_config: Option<BootConfig>,
    /// Whether the flash is on the second pin group.
    pub second_pins: Option<bool>,
    /// The device that the image lies in.
    pub device: BootDevice,
}

impl<'a> Conditions<'a> {
    /// With the part, or the parts that share its id.
    #[must_use]
    pub fn parts(mut self, parts: &'a [Part]) -> Conditions<'a> {
        self.parts = parts;
        self
    }

    /// With the part's status registers.
    #[must_use]
    pub fn status(mut self, status: StatusRegisters) -> Conditions<'a> {
        self.status = Some(status);
        self
    }

    /// With what a trial read brought.
    #[must_use]
    pub fn trial(mut self, trial: TrialRead) -> Conditions<'a> {
        self.trial = Some(trial);
        self
    }

    /// With HAB's state.
    #[must_use]
    pub fn hab(mut self, hab: Hab) -> Conditions<'a> {
        self.hab = Some(hab);
        self
    }

    /// On this device.
    #[must_use]
    pub fn device(mut self, device: BootDevice) -> Conditions<'a> {
        self.device = device;
        self
    }

    /// With BOOT_CFG, and whether the flash is on the second pin group.
    #[must_use]
    pub fn boot_pins(mut self, config: BootConfig, second_pins: bool) -> Conditions<'a> {
        self.boot_config = Some(config);
        self.second_pins = Some(second_pins);
        self
    }
}

/// The answer, and all that led to it.
///
/// ```
/// use rtboot_bootable::verdict::{Conditions, Starts, Verdict};
/// use rtboot_bootable::{BootImage, Chip, Firmware};
/// use rtboot_fcb::{StatusRegisters, database};
///
/// let chip = Chip::by_name("rt1021").expect("a chip of the table");
/// let part = database::find("IS25LP064A").expect("a part of the database").1.parts.remove(0);
/// let app = [0x2001_0000u32, 0x6000_2009, 0xE7FE_E7FE].map(u32::to_le_bytes).concat();
/// let firmware = Firmware::parse(&app, Some("app.bin"), None, &chip.map)?;
/// let image = BootImage::build(&firmware, Some(&part.boot_fcb()), &chip.map)?;
///
/// // from the bytes alone it cannot be told whether the flash answers the FCB's read
/// let verdict = Verdict::of(&image.memory, chip, &Conditions::default());
/// assert_eq!(verdict.starts, Starts::Unknown);
/// assert_eq!(verdict.reasons[0].code(), "part-unknown");
///
/// let clear = StatusRegisters { sr1: 0x00, sr2: None, sr3: None };
/// let parts = [part];
/// let there = Conditions::default().parts(&parts).status(clear);
/// let verdict = Verdict::of(&image.memory, chip, &there);
/// assert_eq!(verdict.starts, Starts::No);
/// assert_eq!(verdict.reasons[0].code(), "quad-enable-clear");
///
/// let set = StatusRegisters { sr1: 0x40, sr2: None, sr3: None };
/// let there = Conditions::default().parts(&parts).status(set);
/// assert_eq!(Verdict::of(&image.memory, chip, &there).starts, Starts::Yes);
/// # Ok::<(), rtboot_bootable::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The answer.
    pub starts: Starts,
    /// Why not, or what could not be checked; empty for a yes. The first that the ROM comes to stands first.
    pub reasons: Vec<Finding>,
    /// Every rule, kept or broken, in the order in which the ROM comes to them; the reasons are among them.
    pub findings: Vec<Finding>,
    /// What the bytes are.
    pub inspection: Inspection,
}

impl Verdict {
    /// Judges flash content: of an image about to be written, or read back from a board.
    ///
    /// Bytes that `memory` does not hold count as erased, so of a board at least what [`next_piece`] names must be read.
    ///
    /// The rules are those that public tools and images follow, and the FlexSPI driver that NXP published. Broken rules
    /// about what the ROM does not need for a read are warnings.
    pub fn of(memory: &Memory, chip: &Chip, conditions: &Conditions<'_>) -> Verdict {
        let map = &chip.map.for_device(conditions.device);
        let seen = examine(memory, map);
        let nor = map.device == BootDevice::SerialNor;
        let mut findings = Vec::new();
        if nor {
            findings.extend(pins::judge(conditions, !seen.bee.is_empty()));
        }
        let decrypts = conditions.boot_config.is_none_or(|config| config.encrypted);
        findings.extend(of_bytes(&seen, memory, map, decrypts));
        if nor && let Some(fcb) = &seen.fcb {
            past_size(&seen, fcb, map, &mut findings);
            flash::judge(fcb, chip, conditions, &mut findings);
        }
        hab(&seen, conditions, &mut findings);
        Verdict::from_findings(findings, seen)
    }

    fn from_findings(findings: Vec<Finding>, mut inspection: Inspection) -> Verdict {
        inspection
            .findings
            .retain(|finding| finding.severity > Severity::Ok);
        let with = |wanted: Effect| -> Vec<Finding> {
            let found = findings.iter().filter(|finding| effect(finding) == wanted);
            found.cloned().collect()
        };
        let (stops, open) = (with(Effect::Stops), with(Effect::Open));
        let (starts, reasons) = match (stops.is_empty(), open.is_empty()) {
            (false, _) => (Starts::No, stops),
            (true, false) => (Starts::Unknown, open),
            (true, true) => (Starts::Yes, Vec::new()),
        };
        Verdict {
            starts,
            reasons,
            findings,
            inspection,
        }
    }

    /// "the ROM would start it", or why not.
    pub fn words(&self) -> String {
        match self.starts {
            Starts::Yes => "the ROM would start it".to_owned(),
            Starts::No => format!("the ROM would not start it: {}", self.why()),
            Starts::Unknown => {
                format!("whether the ROM would start it is unknown: {}", self.why())
            }
        }
    }

    /// The reasons as one clause; empty for a yes.
    pub fn why(&self) -> String {
        let reasons: Vec<String> = self.reasons.iter().map(ToString::to_string).collect();
        reasons.join("; ")
    }

    /// Why BOOT_CFG keeps the ROM from this flash, when it does.
    pub fn boot_pins(&self) -> Option<&Finding> {
        let mut reasons = self.reasons.iter();
        reasons.find(|reason| pins::OBSTACLES.iter().any(|entry| reason.is(entry)))
    }

    /// Why the flash cannot be read through the FCB, when that keeps it from starting.
    pub fn unfit_fcb(&self) -> Option<&Finding> {
        let mut stops = self.reasons.iter().filter(|_| self.starts == Starts::No);
        stops.find(|reason| OF_FCB_ON_PART.iter().any(|entry| reason.is(entry)))
    }

    /// Why it is open whether the flash can be read through the FCB.
    pub fn unproved_fcb(&self) -> Option<&Finding> {
        let mut open = self.findings.iter();
        open.find(|finding| OPEN_READ.iter().any(|entry| finding.is(entry)))
    }

    /// Whether a finding of this entry is among them.
    pub fn has(&self, entry: &'static Entry) -> bool {
        self.findings.iter().any(|finding| finding.is(entry))
    }

    /// True when all bytes that it was made of are erased.
    pub fn is_blank(memory: &Memory) -> bool {
        memory
            .segments()
            .all(|(_, bytes)| bytes.iter().all(|&byte| byte == 0xFF))
    }
}

/// What is right and wrong about an FCB that is in no image yet, on this part when one is given, by the rules of the verdict.
///
/// [`Severity::Error`] says that the ROM could not read the flash with it. Whether quad enable is set in the flash, only a board tells.
pub fn judge_fcb(fcb: &Fcb, part: Option<&Part>, chip: &Chip) -> Vec<Finding> {
    flash::judge_alone(fcb, part, chip)
}

/// What the bytes say by themselves. `decrypts`: the ROM may have the encryption engine read them.
fn of_bytes(seen: &Inspection, memory: &Memory, map: &MemoryMap, decrypts: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    if map.device == BootDevice::SerialNor {
        fcb_is_there(seen, memory, map, &mut findings);
    }
    if seen.is_encrypted() {
        let at = map.ivt_address();
        let plain = Finding::new(&found::BEE_NOT_SELECTED).address("at", at);
        findings.extend(Some(plain).filter(|_| !decrypts));
    } else if seen.ivt.is_none() {
        findings.push(
            Finding::new(&found::IVT_MISSING)
                .address("at", map.ivt_address())
                .text("there", there(memory, map.ivt_address())),
        );
        findings.extend(ivt_elsewhere(memory, map));
    }
    findings.extend(seen.layout_problem(map));
    findings.extend(seen.findings.iter().cloned());
    findings
}

/// What a finding means for the start.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Stops,
    Open,
    None,
}

/// Findings that leave open whether it starts.
///
/// How the ROM treats an entry that the boot data does not cover, a plugin or the flash alias is not documented; what lies
/// past the size in the FCB may or may not be needed; a RAM image past the usual split needs fuses that were not read. A
/// clock that no table names, or that the controller is not made for, is not tried on the board either.
const OPEN: [&Entry; 20] = [
    &found_fcb::FCB_CLOCK_UNKNOWN,
    &found_fcb::FCB_CLOCK_CHIP,
    &found::CODE_ZEROS,
    &found::ENTRY_OUTSIDE_BOOT_DATA,
    &found::RESET_OUTSIDE_BOOT_DATA,
    &found::PLUGIN,
    &found::FLASH_ALIAS,
    &found::IMAGE_PAST_FLASH,
    &found::RAM_PAST_DEFAULT,
    &found::ENCRYPTED,
    &found::HAB_UNCHECKED,
    &found::BEE_UNCHECKED,
    &found::BEE_ENCRYPTED,
    &found_fcb::FCB_SETUP_WRITES,
    &found_fcb::FCB_SETUP_OPEN,
    &found_fcb::FCB_READ_OPEN,
    &found_fcb::PART_UNKNOWN,
    &found_fcb::QUAD_ENABLE_UNKNOWN,
    &found_fcb::PARTS_DISAGREE,
    &found::STRAP_UNKNOWN_PART,
];

/// Findings that say that this flash does not answer the FCB's read, or not for all of the image.
const OF_FCB_ON_PART: [&Entry; 7] = [
    &found::PAST_READ_REACH,
    &found_fcb::FCB_KIND,
    &found_fcb::FCB_READ_MISFIT,
    &found_fcb::FCB_CONTROLLER,
    &found_fcb::FCB_CONTINUOUS,
    &found_fcb::READ_DIFFERS,
    &found_fcb::QUAD_ENABLE_CLEAR,
];

/// Findings that leave open whether this flash answers the FCB's read.
const OPEN_READ: [&Entry; 5] = [
    &found_fcb::FCB_CLOCK_UNKNOWN,
    &found_fcb::FCB_CLOCK_CHIP,
    &found_fcb::FCB_SETUP_OPEN,
    &found_fcb::FCB_READ_OPEN,
    &found_fcb::PARTS_DISAGREE,
];

fn effect(finding: &Finding) -> Effect {
    // the ROM copies a RAM image by its boot data: what that does not cover is not there
    let not_copied = finding.severity >= Severity::Error
        && [
            &found::ENTRY_OUTSIDE_BOOT_DATA,
            &found::RESET_OUTSIDE_BOOT_DATA,
        ]
        .iter()
        .any(|entry| finding.is(entry));
    match OPEN.iter().any(|entry| finding.is(entry)) && !not_copied {
        true => Effect::Open,
        // a danger is one for the chip; the ROM goes on
        false if finding.severity == Severity::Error => Effect::Stops,
        false => Effect::None,
    }
}

fn fcb_is_there(seen: &Inspection, memory: &Memory, map: &MemoryMap, findings: &mut Vec<Finding>) {
    let elsewhere = seen
        .findings
        .iter()
        .any(|finding| finding.is(&found::FCB_MISPLACED) || finding.is(&found::FCB_CUT));
    if seen.fcb.is_none() && !elsewhere {
        findings.push(
            Finding::new(&found_fcb::FCB_MISSING)
                .address("at", map.fcb_address())
                .text("there", there(memory, map.fcb_address())),
        );
    }
}

/// Everything that the ROM and the first instruction need must lie within the size on port A1, which the controller counts
/// in KiB, and within what the read's address bits reach: of more only the lower ones go out.
fn past_size(seen: &Inspection, fcb: &Fcb, map: &MemoryMap, findings: &mut Vec<Finding>) {
    let (Some(ivt), Some(address)) = (seen.ivt, seen.ivt_address) else {
        return;
    };
    let size = u64::from(fcb.sflash_a1_size() & !0x3FF);
    let addresses = [Opcode::RADDR, Opcode::RADDR_DDR];
    let narrow = |step: &Instruction| addresses.contains(&step.opcode) && step.operand == 24;
    let reach = match fcb.sequence(index::READ).steps().iter().any(narrow) {
        true => u64::from(REACH_24),
        false => u64::MAX,
    };
    let frame = Frame { ivt, address };
    let entry = map.normalised(ivt.entry);
    let reset = seen.vectors.map(|vectors| map.normalised(vectors.reset));
    let table = match entry & 1 {
        0 => Some(("vector table", entry, 8)),
        _ => None,
    };
    let code = match entry & 1 {
        0 => reset,
        _ => Some(entry),
    };
    let in_flash = |&(_, address, _): &(_, u32, _)| map.in_flash(frame.to_memory(address));
    let needed = [
        Some(("IVT", ivt.self_address, 32)),
        Some(("boot data", ivt.boot_data, 12)),
        table,
        code.map(|code| ("first code", code & !1, 2)),
    ];
    // other findings tell of an entry that is in no flash; of a DCD they do not
    let needed = needed.into_iter().flatten().filter(in_flash);
    let dcd = (ivt.dcd != 0).then_some(("DCD", ivt.dcd, 4));
    for (what, address, len) in needed.chain(dcd) {
        let place = frame.to_memory(address);
        let offset = u64::from(place.wrapping_sub(map.flash_base));
        if offset + len > size {
            findings.push(
                Finding::new(&found::PAST_FCB_SIZE)
                    .text("what", what)
                    .address("at", place)
                    .hex("size", size),
            );
        } else if offset + len > reach {
            findings.push(
                Finding::new(&found::PAST_READ_REACH)
                    .text("what", what)
                    .address("at", place),
            );
        }
    }
}

/// A closed part starts signed images only, and whether a signature is right is not checked here.
fn hab(seen: &Inspection, conditions: &Conditions<'_>, findings: &mut Vec<Finding>) {
    if conditions.hab == Some(Hab::Closed) {
        findings.push(Finding::new(match seen.csf {
            Some(_) => &found::HAB_UNCHECKED,
            None => &found::HAB_UNSIGNED,
        }));
    }
}

/// An IVT in a place where the ROM does not look: that of another boot device, of a second image, of a wrong address.
fn ivt_elsewhere(memory: &Memory, map: &MemoryMap) -> Option<Finding> {
    const STEP: usize = 0x100;
    // its four header bytes may be chance: its boot data must be near, too
    let near = |ivt: &Ivt| ivt.boot_data.wrapping_sub(ivt.self_address) < 0x1000;
    let mut places = memory.segments().flat_map(|(start, bytes)| {
        let pieces = bytes.chunks(STEP).enumerate();
        pieces.map(move |(index, piece)| (start.wrapping_add((index * STEP) as u32), piece))
    });
    let (at, ivt) = places.find_map(|(at, bytes)| {
        let ivt = Ivt::parse(bytes).ok().filter(near)?;
        Some((at, ivt))
    })?;
    Some(
        Finding::new(&found::IVT_ELSEWHERE)
            .address("at", at)
            .address("self", ivt.self_address)
            .address("expected", map.ivt_address()),
    )
}

/// What is at an address instead.
fn there(memory: &Memory, address: u32) -> String {
    match memory.bytes(address, 4) {
        None => "nothing is there".to_owned(),
        Some([0xFF, 0xFF, 0xFF, 0xFF]) => "the flash is blank there".to_owned(),
        Some(bytes) => format!("{} is there", crate::bytes_text(bytes, 4)),
    }
}
