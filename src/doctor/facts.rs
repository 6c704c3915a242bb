//! What is known of a board, and from where. Rules read these facts and nothing else.

mod rows;

use rtboot_bootable::verdict::Verdict;
use rtboot_bootable::{Inspection, Memory};
use rtboot_fcb::{Fcb, Part, PartFile};

pub use rows::{Row, rows};

use crate::Error;
use crate::board::{Program, Selector};
use crate::chip::{BootConfig, Chip, FlexRam, Fuses, Identity};
use crate::flash::{BoardConditions, LoaderFacts, NorFacts, OpenWork, RomFacts, Trial, names};
use crate::port::hid::HidDevice;

/// Where a fact comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The operating system.
    Host,
    /// The boot ROM over SDP. What its registers mean is known by documentation only, not seen on silicon.
    Rom,
    /// The flashloader's own answers.
    Flashloader,
    /// The flash, through a read-only FCB.
    Flash,
    /// A file on this machine.
    File,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Source::Host => "host",
            Source::Rom => "ROM over SDP, by documentation",
            Source::Flashloader => "flashloader",
            Source::Flash => "flash through a read-only FCB",
            Source::File => "file",
        })
    }
}

/// Something that could not be found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What.
    pub what: &'static str,
    /// Why not.
    pub why: String,
    /// What would tell.
    pub tells: String,
}

/// What cannot be found out over these ports, on any board: what, why not, and what would tell.
pub const BEYOND: &[(&str, &str, &str)] = &[
    (
        "the levels of the flash's WP#, HOLD# and RESET#",
        "no register shows them",
        "a meter at the flash's pins",
    ),
    (
        "the flash's supply while it works",
        "nothing on the way measures it",
        "a scope at its VCC during a write",
    ),
    (
        "whether the FCB's clock suits the ROM's own sampling on this board, hot and cold",
        "the flashloader reads by its own set-up of the pads",
        "a start with BOOT_MODE 10, at the ends of the temperature range",
    ),
    (
        "why the ROM refused an image earlier",
        "over SDP it tells its last status only",
        "a debug probe that reads the ROM's log in RAM",
    ),
];

/// Everything gathered.
#[derive(Debug, Default)]
pub struct Facts {
    /// What the operating system says.
    pub host: HostFacts,
    /// The chip that the rules assume: the named one, or what the board says it is.
    pub identity: Identity,
    /// What the boot ROM answered.
    pub rom: Option<RomFacts>,
    /// Why the boot ROM did not answer, or stopped answering.
    pub rom_error: Option<Error>,
    /// Fuse words that were read.
    pub fuses: FuseWords,
    /// The flashloader that runs.
    pub loader: Option<LoaderRun>,
    /// Why none runs, or why it went silent.
    pub loader_error: Option<Error>,
    /// What ran after the flashloader did not start.
    pub seen_after: Option<Program>,
    /// What the flash answers.
    pub flash: Option<FlashLook>,
    /// Why the flash could not be asked.
    pub flash_error: Option<Error>,
    /// What is in flash.
    pub content: Option<Content>,
    /// What earlier runs left open.
    pub open: OpenWork,
    /// The application file, when one was given.
    pub app: Option<AppFacts>,
    /// The part that the user names.
    pub expected: Option<Expected>,
    /// Why the part that the user names does not fit this chip. The rules ignore the part then, and nothing was loaded.
    pub expected_error: Option<Error>,
    /// What could not be found out in this run.
    pub unknown: Vec<Unknown>,
}

impl Facts {
    /// The chip's unique id, from the boot ROM or else from the flashloader.
    pub fn unique_id(&self) -> Option<String> {
        let rom = self.rom.as_ref().and_then(|rom| rom.unique_id);
        let id = rom.or(self.loader.as_ref().map(|run| run.facts.unique_id));
        id.map(|id| id.to_string())
    }

    /// Boot configuration as it was latched at the last reset.
    pub fn boot_config(&self) -> Option<BootConfig> {
        let sbmr1 = self.rom.as_ref()?.sbmr1?;
        Some(self.identity.chip.boot_config(sbmr1))
    }

    /// Whether the flashloader drives the second FlexSPI pin group: SBMR1 bits 10:8 are 7, or bit 20 of fuse word 4 is set.
    ///
    /// Source: pin code of two builds of the RT1021 flashloader, in emulation.
    pub fn loader_drives_second_pins(&self) -> bool {
        let package = self.identity.chip.in_package;
        self.boot_config()
            .is_some_and(|config| config.moves_flashloader())
            || self.fuses.bit(package.word, package.bit) == Some(true)
    }

    /// Whether headers of the encryption engine are in flash; `None` when its content is not known.
    pub(crate) fn encrypted(&self) -> Option<bool> {
        let content = self.content.as_ref()?;
        Some(!content.inspection.bee.is_empty())
    }

    /// The FlexRAM split by fuse word MISC_CONF0, with that word; `None` when the fuses were not read.
    pub(crate) fn flexram_by_fuse(&self) -> Option<(u32, FlexRam)> {
        let chip = self.identity.chip;
        let word = self.fuses.word(chip.fuses.misc_conf0)?;
        Some((word, chip.flexram.by_fuse(word)))
    }

    /// Where flash begins on the bus.
    pub(crate) fn flash_base(&self) -> u32 {
        self.identity.chip.map.flash_base
    }

    /// What the verdict depends on besides the bytes in flash; `None` when flash was not asked.
    pub fn conditions(&self) -> Option<BoardConditions> {
        let look = self.flash.as_ref()?;
        let chip = self.identity.chip;
        let conditions =
            BoardConditions::new(chip, &look.nor, look.part.as_ref(), self.rom.as_ref());
        let conditions = conditions.trial(&self.content.as_ref()?.trial);
        Some(conditions.open(&self.open))
    }

    fn judge(&self, conditions: &BoardConditions) -> Option<Verdict> {
        let memory = &self.content.as_ref()?.memory;
        Some(conditions.judge(memory, self.identity.chip))
    }

    /// Whether the ROM would start what is in flash; `None` when its content is not known.
    pub fn verdict(&self) -> Option<Verdict> {
        self.judge(&self.conditions()?)
    }

    /// The same, with boot pins that lead the ROM there: the rules about pins and about content report each by itself.
    pub(crate) fn content_verdict(&self) -> Option<Verdict> {
        self.judge(&self.conditions()?.without_boot_pins())
    }

    /// Whether the ROM would start what is in flash with boot pins that lead it there, as far as it is known.
    pub(crate) fn content_starts(&self) -> Option<bool> {
        self.content_verdict()?.starts.known()
    }

    /// The part that the rules assume.
    pub fn part(&self) -> Option<&Part> {
        self.flash.as_ref()?.part.as_ref()
    }
}

/// What the operating system says.
#[derive(Debug, Default)]
pub struct HostFacts {
    /// The selector asked for, or of the board that was found.
    pub selector: Selector,
    /// Whether the board is behind a UART.
    pub is_uart: bool,
    /// HID devices of interest on USB.
    pub devices: Vec<HidDevice>,
    /// Why USB could not be listed.
    pub list_error: Option<String>,
    /// Serial ports of this machine; looked at only when no board was found.
    pub serial_ports: Vec<String>,
    /// Why no board was found or could be opened.
    pub find_error: Option<Error>,
    /// What the discovery warned of: somebody else has the device open.
    pub warnings: Vec<String>,
    /// What ran at the start of the examination.
    pub program: Option<Program>,
    /// Speed of the USB connection in Mbit/s, where the system tells.
    pub usb_mbit: Option<u32>,
}

/// Fuse words by index; `None` where a word was not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FuseWords {
    /// Who read them.
    pub from: Option<Source>,
    /// Index and value.
    pub words: Vec<(u32, u32)>,
}

/// The fuse words that steer booting and the flashloader's pins.
pub(crate) fn steering(chip: &Chip) -> [u32; 5] {
    let Fuses {
        boot_cfg0,
        boot_cfg1,
        boot_cfg2,
        misc_conf0,
        ..
    } = chip.fuses;
    [
        boot_cfg0,
        boot_cfg1,
        boot_cfg2,
        misc_conf0,
        chip.in_package.word,
    ]
}

impl FuseWords {
    /// The word at an index, when it was read.
    pub fn word(&self, index: u32) -> Option<u32> {
        let found = self.words.iter().find(|(at, _)| *at == index);
        found.map(|(_, value)| *value)
    }

    /// A bit, when its word was read.
    pub fn bit(&self, index: u32, bit: u32) -> Option<bool> {
        self.word(index).map(|value| value >> bit & 1 == 1)
    }
}

/// A flashloader that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoaderRun {
    /// What it told.
    pub facts: LoaderFacts,
    /// Whether this run started it.
    pub started: bool,
    /// Bytes of it that a UART spoiled, and that were sent again.
    pub sent_again: usize,
    /// Bits of the commands that it has (property 7), when it told.
    pub commands: Option<u32>,
}

/// What the flash answers.
#[derive(Debug, Clone, PartialEq)]
pub struct FlashLook {
    /// Id, SFDP, status registers.
    pub nor: NorFacts,
    /// Status register 1, asked a second time.
    pub sr1_again: u8,
    /// Parts of the database with this id.
    pub known: Vec<Part>,
    /// The part that the rules assume.
    pub part: Option<Part>,
    /// The part's own fast read against the one-pad read.
    pub fast: ReadProof,
}

impl FlashLook {
    /// Whether the quad-enable bit is set; `None` when the part, or where its bit is, is not known.
    pub(crate) fn quad(&self) -> Option<bool> {
        self.part.as_ref()?.quad_enabled(&self.nor.status)
    }

    /// The names of all parts that share the id, or of the one that the user names.
    pub fn name(&self) -> String {
        match (&self.part, self.known.is_empty()) {
            (Some(part), true) => part.name.clone(),
            (_, false) => names(&self.known),
            (None, true) => format!("flash {}", self.nor.id),
        }
    }
}

/// A read mode compared with the one-pad read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadProof {
    /// Not tried, and why.
    NotTried(String),
    /// Both give the same.
    Same,
    /// They differ.
    Differs {
        /// First address that differs.
        address: u32,
        /// Byte by the one-pad read.
        plain: u8,
        /// Byte by this read.
        fast: u8,
        /// Whether the same read at 30 MHz gives what the one-pad read gives.
        slow_is_right: bool,
    },
}

/// What is in flash.
#[derive(Debug)]
pub struct Content {
    /// The bytes that were read, on one pad.
    pub memory: Memory,
    /// What they are.
    pub inspection: Inspection,
    /// All that was read is erased.
    pub blank: bool,
    /// First address where a second read gave another byte.
    pub unstable: Option<u32>,
    /// The same bytes read as the boot ROM will, through the stored FCB.
    pub trial: Trial,
}

impl Content {
    /// The FCB at the start of the flash.
    pub fn fcb(&self) -> Option<&Fcb> {
        self.inspection.fcb.as_ref()
    }
}

/// The part that the user names.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// Its name, for messages.
    pub from: String,
    /// The part and its family.
    pub file: PartFile,
}

/// The application file.
#[derive(Debug)]
pub struct AppFacts {
    /// Its name.
    pub name: String,
    /// Why it is not usable.
    pub error: Option<Error>,
    /// What would go into flash.
    pub memory: Memory,
    /// What it is.
    pub inspection: Option<Inspection>,
    /// What would be written.
    pub pieces: Option<crate::job::LaidOutPieces>,
    /// Flash against it, when flash could be read.
    pub compared: Option<crate::job::Compared>,
    /// Flash holds all but the FCB, and another FCB: the names of the fields that differ.
    pub other_fcb: Option<String>,
}

/// What to examine, besides the board.
pub struct Request<'a> {
    /// The chip that the user says it is.
    pub chip: Option<&'static Chip>,
    /// The flashloader, when one must be started.
    pub loader: &'a crate::flash::LoaderSource,
    /// The part that the user names.
    pub expected: Option<Expected>,
    /// The application file.
    pub app: Option<AppInput>,
    /// Where the journals of boards are.
    pub journals: Option<&'a crate::journal::JournalStore>,
}

/// An application file as it was read.
pub struct AppInput {
    /// Its name.
    pub name: String,
    /// What would be written, or why nothing can be.
    pub pieces: crate::Result<crate::job::LaidOutPieces>,
}
