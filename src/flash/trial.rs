//! A trial of the FCB that the boot ROM will use: flash is read through it and held against bytes that are known.
//!
//! The part is brought to what it is after power-on, the FCB's own volatile set-up commands are played, and its read sequence
//! is used at its clock. What would change the part for good, or may stop the flashloader, is not tried.

use std::fmt;

use rtboot_bootable::Memory;
use rtboot_bootable::verdict::TrialRead;
use rtboot_fcb::lut::index;
use rtboot_fcb::trial::{self, Untried};
use rtboot_fcb::{Fcb, Part, Protected, StatusRegisters, probe};

use rtboot_finding::Finding;
use rtboot_finding::catalogue::fcb as found;

use super::Flashloader;
pub use crate::error::TrialDiffers;
use crate::error::{SetUp, Step};
use crate::event::{Listener, Meter, Stage};
use crate::mboot::{self, Features, FlashCommand, MemoryId};
use crate::{Error, Result};

/// Longest piece read in one go; between pieces Ctrl-C is looked at.
const READ_PIECE: usize = 64 * 1024;

/// What a read through the stored FCB brought.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trial {
    /// The bytes that were expected.
    Same {
        /// How many.
        bytes: u64,
    },
    /// Other bytes.
    Differs(TrialDiffers),
    /// It was not tried.
    NotTried(NotTried),
}

/// Why an FCB was not tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotTried {
    /// There is none.
    #[default]
    NoFcb,
    /// Two plain reads differ already, so a comparison proves nothing.
    Unsteady,
    /// By what it asks for.
    Fcb(Untried),
    /// The flashloader did not go through with it: its error.
    Failed(String),
}

impl fmt::Display for NotTried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotTried::NoFcb => f.write_str("there is no FCB"),
            NotTried::Unsteady => f.write_str("two plain reads differ already"),
            NotTried::Fcb(why) => write!(f, "{why}"),
            NotTried::Failed(error) => f.write_str(error),
        }
    }
}

impl Default for Trial {
    fn default() -> Trial {
        Trial::NotTried(NotTried::default())
    }
}

impl Trial {
    /// What to say of it beside the verdict; nothing where the verdict says it, or without an FCB.
    pub fn finding(&self) -> Option<Finding> {
        match self {
            Trial::Same { bytes } => Some(Finding::new(&found::FCB_TRIED).number("count", *bytes)),
            Trial::Differs(_) | Trial::NotTried(NotTried::NoFcb) => None,
            Trial::NotTried(why) => Some(Finding::new(&found::FCB_UNTRIED).text("why", why)),
        }
    }

    /// The first byte that came out wrong.
    pub fn difference(&self) -> Option<TrialDiffers> {
        match self {
            Trial::Differs(at) => Some(*at),
            _ => None,
        }
    }

    /// As the verdict takes it.
    pub fn for_verdict(&self) -> Option<TrialRead> {
        match self {
            Trial::Same { .. } => Some(TrialRead::Same),
            Trial::Differs(_) => Some(TrialRead::Differs),
            Trial::NotTried(_) => None,
        }
    }
}

/// A flash to try an FCB on.
#[derive(Debug, Clone, Copy)]
pub struct TrialOf<'a> {
    /// The FCB.
    pub fcb: &'a Fcb,
    /// The part, when it is known.
    pub part: Option<&'a Part>,
    /// Its status registers.
    pub status: StatusRegisters,
    /// Bytes of the flash.
    pub size: u32,
}

impl Flashloader {
    /// Reads `expected` through an FCB as the boot ROM will, and compares. Changes nothing that lasts; the part is left as
    /// after power-on, but for locks of single blocks that are open.
    ///
    /// # Errors
    /// [`Error::Interrupted`]. Everything else that goes wrong makes it a trial that was not made.
    pub fn try_fcb(
        &mut self,
        of: TrialOf<'_>,
        expected: &Memory,
        listener: &mut dyn Listener,
    ) -> Result<Trial> {
        match self.sample_fcb(of, expected, listener) {
            Ok(trial) => Ok(trial),
            Err(error @ Error::Interrupted { .. }) => Err(error),
            Err(error) => Ok(Trial::NotTried(NotTried::Failed(error.to_string()))),
        }
    }

    /// The same, for an FCB that reads as the set-up before did: what goes wrong is not its fault, and an error.
    ///
    /// # Errors
    /// [`Error::Configure`], [`Error::Mboot`]; [`Error::Interrupted`].
    pub fn sample_fcb(
        &mut self,
        of: TrialOf<'_>,
        expected: &Memory,
        listener: &mut dyn Listener,
    ) -> Result<Trial> {
        let fcb = match trial::trial(of.fcb, of.part, of.status, self.chip()) {
            Ok(fcb) => fcb,
            Err(why) => return Ok(Trial::NotTried(NotTried::Fcb(why))),
        };
        // behind the size that it gives the ROM reads nothing, and neither does the flashloader
        let reach = (of.fcb.sflash_a1_size() & !0x3FF).min(of.size);
        let expected = expected.slice(self.chip().map.flash_base, reach as usize);
        self.compare_through(&fcb, of, &expected, listener)
    }

    /// Whether [`Flashloader::soft_reset_flash`] can be asked of this loader.
    pub fn resets_flash(&self) -> bool {
        self.facts().own.is_none() || self.has(Features::INSPECT)
    }

    /// Brings the part's volatile registers to what they are after power-on.
    ///
    /// # Errors
    /// [`Error::Configure`].
    pub fn soft_reset_flash(&mut self, size: u32) -> Result<()> {
        if self.facts().own.is_none() {
            return self.configure(&trial::soft_reset(size), SetUp::Trial);
        }
        // our loader looks at the status between the commands of an FCB, and any command behind 66h takes it back
        let [enable, reset] = [0x66, 0x99].map(|opcode| FlashCommand {
            changes: true,
            ..FlashCommand::reading(opcode, 0)
        });
        let failed = |source| Error::Configure {
            set_up: SetUp::Trial,
            source,
        };
        self.forget_set_up();
        let session = self.quiet_session();
        session.flash_command(enable).map_err(failed)?;
        session.flash_command(reset).map_err(failed)?;
        Ok(())
    }

    fn compare_through(
        &mut self,
        fcb: &Fcb,
        of: TrialOf<'_>,
        expected: &Memory,
        listener: &mut dyn Listener,
    ) -> Result<Trial> {
        let set_up = SetUp::Trial;
        self.reset_for_trial(of)?;
        self.configure(fcb, set_up)?;
        let total = expected.len_bytes() as u64;
        let mut meter = Meter::begin(listener, Stage::Trial, total);
        let mut differs = None;
        'read: for (start, bytes) in expected.segments() {
            for (i, piece) in bytes.chunks(READ_PIECE).enumerate() {
                let address = start + (i * READ_PIECE) as u32;
                let found = self.read_piece(address, piece.len() as u32, &mut meter)?;
                if let Some(at) = piece.iter().zip(&found).position(|(a, b)| a != b) {
                    differs = Some((address + at as u32, piece[at], found[at]));
                    break 'read;
                }
            }
        }
        meter.end();
        let trial = match differs {
            None => Trial::Same { bytes: total },
            Some((address, expected, found)) => Trial::Differs(TrialDiffers {
                address,
                expected,
                found,
                slow_is_right: self.slowly(fcb, of, address)? == expected,
            }),
        };
        let double = trial::is_quad_ddr(&fcb.sequence(index::READ));
        if double {
            // bits that the part took for mode bits may have started continuous read
            self.configure(&probe::leave_continuous_read(), SetUp::Trial)?;
        }
        if double || fcb.config_command_enable() != 0 {
            self.reset_for_trial(of)?;
        }
        Ok(trial)
    }

    /// A soft reset, except where it would close locks of single blocks that a program opened: the parts that have them keep
    /// no read set-up that the reset would have to undo.
    fn reset_for_trial(&mut self, of: TrialOf<'_>) -> Result<()> {
        let extent = of.part.map(|part| part.protected_extent(&of.status));
        match extent {
            Some(Protected::OwnLocks { .. }) => Ok(()),
            _ => self.soft_reset_flash(of.size),
        }
    }

    /// One byte by the same read at 30 MHz.
    fn slowly(&mut self, fcb: &Fcb, of: TrialOf<'_>, address: u32) -> Result<u8> {
        let slow = probe::slowed(fcb);
        self.reset_for_trial(of)?;
        self.configure(&slow, SetUp::Trial)?;
        let mut quiet = ();
        let mut meter = Meter::begin(&mut quiet, Stage::Trial, 1);
        let read = self.read_piece(address, 1, &mut meter)?;
        Ok(read.first().copied().unwrap_or(0xFF))
    }

    fn read_piece(&mut self, address: u32, length: u32, meter: &mut Meter) -> Result<Vec<u8>> {
        let before = meter.done();
        let read =
            self.quiet_session()
                .read_memory(address, length, MemoryId::FLEXSPI_NOR, &mut |done| {
                    meter.set(before + done);
                    !meter.cancelled()
                });
        read.map_err(|error| match error {
            mboot::Error::Cancelled { .. } => Error::interrupted(),
            error => Error::mboot(Step::ReadFlash { address })(error),
        })
    }
}
