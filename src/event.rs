//! What a run tells its listener: stages, progress, findings.
//!
//! The library never prints. A caller hands a [`Listener`] to every long call; the command line draws bars from it
//! or prints one JSON object per event, a test collects it, `()` ignores it.

use std::fmt;

use rtboot_finding::Finding;

use crate::sdp::Hab;

/// A stage of a run, in the order in which a write goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The flashloader goes into RAM.
    Load,
    /// Flash is compared with the image.
    Compare,
    /// Sectors and blocks are erased.
    Erase,
    /// Erased places are read and must be all ones.
    BlankCheck,
    /// Pages are programmed.
    Program,
    /// Flash is read back and compared with the image.
    Verify,
    /// Flash is read as the boot ROM will read it, and compared.
    Trial,
    /// Flash or RAM is read for the caller.
    Read,
    /// A RAM region or any other raw data is sent.
    Send,
}

impl Stage {
    /// Stable lower-case name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Load => "load",
            Stage::Compare => "compare",
            Stage::Erase => "erase",
            Stage::BlankCheck => "blank-check",
            Stage::Program => "program",
            Stage::Verify => "verify",
            Stage::Trial => "trial",
            Stage::Read => "read",
            Stage::Send => "send",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A stage begins.
    Begin {
        /// Which stage.
        stage: Stage,
        /// Bytes that the stage will go through.
        total: u64,
    },
    /// The present stage has done this many bytes.
    Progress {
        /// Which stage.
        stage: Stage,
        /// Bytes done since the stage began.
        done: u64,
    },
    /// The stage is over.
    End {
        /// Which stage.
        stage: Stage,
        /// Bytes done.
        done: u64,
    },
    /// Something a person should know, although the run goes on.
    Finding(Finding),
    /// More is known of the board; what is `None` is as it was.
    Known(Box<Known>),
    /// More was measured that tells causes of a failure apart; what is `None` is as it was.
    Measured(Box<Measurements>),
}

/// What a run measured of the board on its way, where it tells likely causes of a failure apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Measurements {
    /// Whether the part runs unsigned code, as its boot ROM says.
    pub hab: Option<Hab>,
    /// Whether boot pins or fuses put the flash on the second pin group.
    pub second_pins: Option<bool>,
    /// Whether the loader then drives the second pin group.
    pub loader_on_second_pins: Option<bool>,
    /// Whether the chip's FlexRAM split leaves the loader the RAM that it needs.
    pub flexram_fits: Option<bool>,
    /// Whether the loader's file is a build whose digest is known.
    pub loader_is_known: Option<bool>,
    /// Whether a loader was sent: from then on another USB device is talked to.
    pub loader_sent: Option<bool>,
    /// Whether the UART spoiled bytes of the loader.
    pub uart_spoils: Option<bool>,
    /// Whether the status register said busy when the flash was looked at.
    pub flash_busy: Option<bool>,
    /// Whether the flash was left in QPI mode.
    pub flash_in_qpi: Option<bool>,
    /// Whether the flash has SFDP tables.
    pub has_sfdp: Option<bool>,
    /// Whether flash is compared through a slow read on one pad.
    pub one_pad: Option<bool>,
    /// Whether the flash's id is that of the part that it is taken for, and of no other.
    pub id_names_part: Option<bool>,
}

impl Measurements {
    /// Takes over what was measured later.
    pub fn add(&mut self, more: &Measurements) {
        self.hab = more.hab.or(self.hab);
        let fields = [
            (&mut self.second_pins, more.second_pins),
            (&mut self.loader_on_second_pins, more.loader_on_second_pins),
            (&mut self.flexram_fits, more.flexram_fits),
            (&mut self.loader_is_known, more.loader_is_known),
            (&mut self.loader_sent, more.loader_sent),
            (&mut self.uart_spoils, more.uart_spoils),
            (&mut self.flash_busy, more.flash_busy),
            (&mut self.flash_in_qpi, more.flash_in_qpi),
            (&mut self.has_sfdp, more.has_sfdp),
            (&mut self.one_pad, more.one_pad),
            (&mut self.id_names_part, more.id_names_part),
        ];
        for (field, value) in fields {
            *field = value.or(*field);
        }
    }
}

/// Tells a listener what was measured.
pub fn tell_measured(to: &mut dyn Listener, measured: Measurements) {
    to.event(Event::Measured(Box::new(measured)));
}

/// What a run knows of the board that it works with. Each field is told as soon as it is known, so that a failure has it, too.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Known {
    /// The selector that names it.
    pub board: Option<String>,
    /// The chip's unique id, in hex.
    pub unique_id: Option<String>,
    /// The chip.
    pub chip: Option<String>,
    /// What the flashloader that this run started is called; null when one ran already.
    pub flashloader: Option<String>,
    /// SHA-256 of that flashloader's file, in hex.
    pub flashloader_sha256: Option<String>,
    /// JEDEC id of the flash, as in 9d 60 17.
    pub jedec: Option<String>,
    /// The NOR part that it is taken for.
    pub part: Option<String>,
    /// Whether its status registers protect any of it.
    pub flash_protected: Option<bool>,
}

impl Known {
    /// Takes over what another one knows.
    pub fn add(&mut self, more: Known) {
        let fields = [
            (&mut self.board, more.board),
            (&mut self.unique_id, more.unique_id),
            (&mut self.chip, more.chip),
            (&mut self.flashloader, more.flashloader),
            (&mut self.flashloader_sha256, more.flashloader_sha256),
            (&mut self.jedec, more.jedec),
            (&mut self.part, more.part),
        ];
        for (field, value) in fields {
            if value.is_some() {
                *field = value;
            }
        }
        self.flash_protected = more.flash_protected.or(self.flash_protected);
    }
}

/// Tells a listener what is known of the board now.
pub fn tell_known(to: &mut dyn Listener, known: Known) {
    to.event(Event::Known(Box::new(known)));
}

/// Hears events; may ask the run to stop.
pub trait Listener {
    /// Called for every event, in order.
    fn event(&mut self, event: Event);

    /// Asked between operations; `true` ends the run with [`Error::Interrupted`](crate::Error::Interrupted).
    fn cancelled(&self) -> bool {
        false
    }
}

/// Hears nothing, stops nothing.
impl Listener for () {
    fn event(&mut self, _event: Event) {}
}

/// Collects everything; for tests and small programs.
impl Listener for Vec<Event> {
    fn event(&mut self, event: Event) {
        self.push(event);
    }
}

/// A closure hears everything and stops nothing.
impl<F: FnMut(Event)> Listener for F {
    fn event(&mut self, event: Event) {
        self(event);
    }
}

/// A line for people: "compare: 12288 bytes", "compare: 4096 bytes done", or the finding.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Begin { stage, total } => write!(f, "{stage}: {total} bytes"),
            Event::Progress { stage, done } => write!(f, "{stage}: {done} bytes done"),
            Event::End { stage, done } => write!(f, "{stage}: done, {done} bytes"),
            Event::Finding(finding) => write!(f, "{finding}"),
            Event::Measured(measured) => write!(f, "{measured:?}"),
            Event::Known(known) => {
                let facts = [
                    ("board", &known.board),
                    ("unique id", &known.unique_id),
                    ("chip", &known.chip),
                    ("flashloader", &known.flashloader),
                    ("SHA-256", &known.flashloader_sha256),
                    ("flash", &known.jedec),
                    ("part", &known.part),
                ];
                let facts = facts.iter().filter_map(|(name, value)| {
                    let value = value.as_ref()?;
                    Some(format!("{name} {value}"))
                });
                f.write_str(&facts.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Tells a listener what was found. Every hole of the entry's text must be filled.
pub fn tell(to: &mut dyn Listener, finding: Finding) {
    debug_assert_eq!(finding.unfilled(), None, "{finding}");
    to.event(Event::Finding(finding));
}

/// Counts the bytes of one stage and tells its listener.
pub struct Meter<'a> {
    to: &'a mut dyn Listener,
    stage: Stage,
    done: u64,
}

impl<'a> Meter<'a> {
    /// Begins `stage` of `total` bytes.
    pub fn begin(to: &'a mut dyn Listener, stage: Stage, total: u64) -> Meter<'a> {
        to.event(Event::Begin { stage, total });
        Meter { to, stage, done: 0 }
    }

    /// Adds `count` bytes.
    pub fn add(&mut self, count: u64) {
        self.set(self.done + count);
    }

    /// Sets the bytes done so far.
    pub fn set(&mut self, done: u64) {
        self.done = done;
        self.to.event(Event::Progress {
            stage: self.stage,
            done,
        });
    }

    /// Bytes done so far.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Whether the listener asked to stop.
    pub fn cancelled(&self) -> bool {
        self.to.cancelled()
    }

    /// Tells its listener what was found.
    pub fn tell(&mut self, finding: Finding) {
        tell(self.to, finding);
    }

    /// Ends the stage.
    pub fn end(self) {
        self.to.event(Event::End {
            stage: self.stage,
            done: self.done,
        });
    }
}
