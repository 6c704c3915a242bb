//! A flash that was left in a mode in which it hears no commands: brought back before it is asked who it is.
//!
//! A reset of the chip does not reset the flash. In continuous read the part takes the first clocks for an address, in QPI
//! it listens on four lines, in deep power-down to one command: its id is then nonsense or silence until the power is cut.
//!
//! | step | sent | ends |
//! |--|--|--|
//! | 1 | FFh on one line; ones on four lines for 8 and 10 clocks, on one for 16 | continuous read after 24 or 32 address bits, on four or two lines |
//! | 2 | FFh and F5h on four lines | QPI: of Winbond, GigaDevice, SST, EON; of ISSI, Macronix, Micron |
//! | 3 | ABh | deep power-down |
//! | 4 | 66h 99h on one line, then on four | what is left, in parts that know this reset |
//! | 5 | E9h, or 17h with 00h; else step 4 | four-byte address mode of parts beyond 16 MiB |
//!
//! The steps change nothing that outlives the power, and mean nothing to a part that is not in the mode: FFh is a command of
//! no effect in every family of the database, and two or four clocks are no command on one line. A reset in an erase
//! ruins its sector, so step 4 is left out while the flash says that it is busy, and where it answers at all.
//!
//! The flashloader plays these as configuration commands of an FCB, the first one of each step where a write enable would be.
//! Seen on the genuine RT1021 flashloader in emulation.

use rtboot_fcb::lut::REACH_24;
use rtboot_fcb::{Fcb, JedecId, StatusRegisters, database, probe, sfdp::Sfdp};

use rtboot_finding::Finding;
use rtboot_finding::catalogue::flash as entries;

use super::loader::{Flashloader, NorFacts};
use crate::error::{Question, SetUp, Step};
use crate::mboot::{self, Features, FlashCommand, Rung};
use crate::{Error, Result};

/// Wrong bits of an id that noise explains.
const NOISE_BITS: u32 = 3;

/// A mode in which a part hears no commands, or other ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftIn {
    /// It took an address without a command.
    ContinuousRead,
    /// It listened on four lines.
    Qpi,
    /// It slept.
    PowerDown,
    /// Some other one, which a reset of the flash ended.
    Other,
}

/// How a flash was brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Woken {
    /// Where it was.
    pub from: LeftIn,
    /// What its id read as there.
    pub before: JedecId,
}

impl Woken {
    /// What a run tells of it.
    pub(crate) fn finding(&self, id: JedecId) -> Finding {
        let entry = match self.from {
            LeftIn::ContinuousRead => &entries::FLASH_IN_CONTINUOUS_READ,
            LeftIn::Qpi => &entries::FLASH_IN_QPI,
            LeftIn::PowerDown => &entries::FLASH_ASLEEP,
            LeftIn::Other => &entries::FLASH_IN_OTHER_MODE,
        };
        Finding::new(entry)
            .text("before", self.before)
            .text("id", id)
    }
}

/// The id, read twice.
pub(super) struct Id {
    pub id: JedecId,
    pub again: JedecId,
    /// What helped, when it could not be believed at first.
    pub woken: Option<Woken>,
}

/// The flash's id, once it can be believed or nothing helps.
pub(super) fn id(flashloader: &mut Flashloader) -> Result<Id> {
    let first = twice(flashloader)?;
    if is_credible(flashloader, &first)? {
        return Ok(first);
    }
    // a block that was bent on its way to the loader would answer the same again
    flashloader.forget_set_ups();
    if let Some(id) = settled(flashloader, &first)? {
        return Ok(id);
    }
    let before = first.id;
    if flashloader.has(Features::INSPECT) {
        return rescued(flashloader, before);
    }
    let gentle = [
        (LeftIn::ContinuousRead, probe::leave_continuous_read()),
        (LeftIn::Qpi, probe::leave_qpi()),
        (LeftIn::PowerDown, probe::leave_power_down()),
    ];
    for (from, fcb) in gentle {
        if let Some(id) = after(flashloader, &fcb)? {
            let woken = Some(Woken { from, before });
            return Ok(Id { woken, ..id });
        }
    }
    let now = twice(flashloader)?;
    if now.id.answers() || is_busy(flashloader)? {
        return Ok(now);
    }
    for fcb in [probe::reset(), probe::reset_qpi()] {
        if let Some(id) = after(flashloader, &fcb)? {
            let from = LeftIn::Other;
            let woken = Some(Woken { from, before });
            return Ok(Id { woken, ..id });
        }
    }
    twice(flashloader)
}

/// The id after the rescue ladder of rtboot's own loader, which tries more than FCBs can, and never resets a busy flash.
fn rescued(flashloader: &mut Flashloader, before: JedecId) -> Result<Id> {
    // the loader runs its ladder before it applies any FCB, even one that it cannot serve; a Fetch now would run it again and
    // overwrite the rung
    let mut unserved = probe::plain_read(REACH_24);
    unserved.set_flash_pads(8);
    match flashloader.configure(&unserved, SetUp::Ask(Question::Wake)) {
        Ok(())
        | Err(Error::Configure {
            source: mboot::Error::Refused { .. },
            ..
        }) => {}
        Err(error) => return Err(error),
    }
    let rung = flashloader.session().rescue_rung().map_err(failed)?;
    let now = twice(flashloader)?;
    let from = match rung {
        Some(Rung::ContinuousRead | Rung::ContinuousQuad) => LeftIn::ContinuousRead,
        Some(Rung::QpiFf | Rung::QpiF5) => LeftIn::Qpi,
        Some(Rung::Released) => LeftIn::PowerDown,
        Some(Rung::Reset | Rung::ResetQuad | Rung::ResetF0) => LeftIn::Other,
        Some(Rung::None | Rung::Waited | Rung::Busy | Rung::Silent) | None => return Ok(now),
    };
    let woken = now.id.answers().then_some(Woken { from, before });
    Ok(Id { woken, ..now })
}

fn failed(source: mboot::Error) -> Error {
    Error::mboot(Step::AskFlash(Question::Wake))(source)
}

/// The id after two answers that differ: noise that has passed, or a part that the first question brought out of continuous
/// read: its last bits were the mode byte then.
fn settled(flashloader: &mut Flashloader, first: &Id) -> Result<Option<Id>> {
    if first.id == first.again {
        return Ok(None);
    }
    let now = twice(flashloader)?;
    if !is_credible(flashloader, &now)? {
        return Ok(None);
    }
    let wrong_bits: u32 = first
        .id
        .0
        .iter()
        .zip(now.id.0)
        .map(|(a, b)| (a ^ b).count_ones())
        .sum();
    Ok(Some(match wrong_bits {
        0 => Id {
            again: first.again,
            ..now
        },
        1..=NOISE_BITS => Id {
            again: first.id,
            ..now
        },
        _ => Id {
            woken: Some(Woken {
                from: LeftIn::ContinuousRead,
                before: first.id,
            }),
            ..now
        },
    }))
}

fn twice(flashloader: &mut Flashloader) -> Result<Id> {
    Ok(Id {
        id: flashloader.jedec_id()?,
        again: flashloader.jedec_id_again()?,
        woken: None,
    })
}

/// The id after one step, when it can be believed.
fn after(flashloader: &mut Flashloader, fcb: &Fcb) -> Result<Option<Id>> {
    // this read ends a jump that the controller may have kept, and can be wrong itself
    flashloader.read_through(fcb, Question::Wake, 0, 3)?;
    let id = twice(flashloader)?;
    Ok(is_credible(flashloader, &id)?.then_some(id))
}

/// Whether this can be a part's id: steady, and of a known part or one that describes itself.
fn is_credible(flashloader: &mut Flashloader, answer: &Id) -> Result<bool> {
    if answer.id != answer.again || !answer.id.answers() {
        return Ok(false);
    }
    if !database::by_jedec(answer.id).is_empty() {
        return Ok(true);
    }
    let sfdp = match flashloader.has(Features::INSPECT) {
        // not by an FCB, as in `Flashloader::jedec_id`
        true => {
            let command = FlashCommand {
                address: Some((0, 3)),
                dummy_clocks: 8,
                ..FlashCommand::reading(0x5A, 256)
            };
            let asked = flashloader.session().flash_command(command);
            asked.map_err(failed)?
        }
        false => flashloader.read_through(&probe::sfdp(), Question::Sfdp, 0, 256)?,
    };
    Ok(Sfdp::parse(&sfdp).is_ok())
}

/// Bytes by which reads with three and with four address bytes are compared.
const PIECE: u32 = 256;

/// Ends four-byte address mode; true when the part was in it.
///
/// It answers with its id there, and reads with 32 address bits, which rtboot uses, are right. The boot ROM sends 24: it reads
/// nothing sensible until the power is cut. Erased bytes do not tell the mode.
pub(super) fn four_byte(flashloader: &mut Flashloader, vendor: &str, size: u32) -> Result<bool> {
    if size <= REACH_24 {
        return Ok(false);
    }
    let mut read = |size| {
        let fcb = probe::plain_read(size);
        flashloader.read_through(&fcb, Question::PlainRead, 0, PIECE)
    };
    let (narrow, wide) = (read(REACH_24)?, read(size)?);
    // lines that are noisy, or a part without commands of 32 address bits, are no mode
    if narrow == wide || read(size)? != wide || wide.iter().all(|&byte| byte == 0xFF) {
        return Ok(false);
    }
    if is_busy(flashloader)? {
        return Ok(false);
    }
    match flashloader.has(Features::INSPECT) {
        true => leave_four_byte(flashloader, vendor, size)?,
        false => {
            let fcb = probe::leave_four_byte(vendor);
            flashloader.read_through(&fcb, Question::Wake, 0, 3)?;
        }
    }
    let fcb = probe::plain_read(REACH_24);
    let now = flashloader.read_through(&fcb, Question::PlainRead, 0, PIECE)?;
    Ok(now == wide)
}

/// The same commands as those of [`probe::leave_four_byte`], one by one: rtboot's own loader looks at the status between the set-up
/// commands of an FCB, which that block does not say how to do.
fn leave_four_byte(flashloader: &mut Flashloader, vendor: &str, size: u32) -> Result<()> {
    let plain = FlashCommand {
        changes: true,
        ..FlashCommand::reading(0x04, 0)
    };
    let commands = match vendor {
        "Winbond" | "Macronix" | "Micron" | "GigaDevice" => [
            FlashCommand {
                opcode: 0xE9,
                write_enable: true,
                ..plain
            },
            plain,
        ],
        "Infineon" => [
            plain,
            FlashCommand {
                opcode: 0x17,
                sent_bytes: 1,
                ..plain
            },
        ],
        _ => return flashloader.soft_reset_flash(size),
    };
    for command in commands {
        flashloader
            .session()
            .flash_command(command)
            .map_err(failed)?;
    }
    Ok(())
}

impl NorFacts {
    /// What a run tells of a part that was in four-byte address mode.
    pub(crate) fn left_in_four_byte_mode(&self) -> Option<Finding> {
        self.four_byte_mode
            .then(|| Finding::new(&entries::FLASH_IN_FOUR_BYTE_MODE))
    }
}

/// Whether it erases or programs, on one line or on four. All ones is an undriven line.
fn is_busy(flashloader: &mut Flashloader) -> Result<bool> {
    for fcb in [probe::status1(), probe::status1_qpi()] {
        let answer = flashloader.read_through(&fcb, Question::Status1, 0, 1)?;
        let sr1 = answer.first().copied().unwrap_or(0xFF);
        if sr1 != 0xFF && sr1 & StatusRegisters::BUSY != 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
