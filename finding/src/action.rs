//! What to do next: a command to run, named as data, or a thing to measure or to do by hand.

use alloc::string::String;
use core::fmt;

/// A command of rtboot or of the system, without its spelling: whoever talks to a person adds board, file and part at hand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Examine the board.
    Doctor {
        /// This board, when another one than at hand.
        board: Option<String>,
        /// As this chip.
        chip: Option<String>,
    },
    /// Set up this PC as a station of a production line.
    SetUpStation,
    /// Set up a station's slots.
    LearnSlots,
    /// List the boards and ports.
    ListBoards,
    /// The same command with the board named.
    NameBoard {
        /// Its selector; `None` when any other is meant.
        board: Option<String>,
    },
    /// The same command with the chip named.
    NameChip {
        /// Its name; `None` when the user must find it out.
        chip: Option<String>,
    },
    /// The same command with the NOR part named.
    NamePart {
        /// The part, or its .cfg; `None` when the user must find it out.
        part: Option<String>,
    },
    /// The same command with the address of the file's first byte.
    NameBase {
        /// The address; `None` when the user must find it out.
        base: Option<u32>,
    },
    /// Write any bytes as they are.
    AsIs,
    /// The same command once more.
    Again,
    /// The same command, with the words that confirm what cannot be undone.
    Confirm {
        /// The words.
        words: String,
        /// Whether it burns fuses, which has an option of its own.
        burns_fuses: bool,
    },
    /// The same command, agreed to.
    Yes,
    /// The help of the command that ran, or of all.
    Help,
    /// Tell which chip it is and how large the flash is.
    Info,
    /// Write an application.
    Write {
        /// The file; `None` for the one at hand.
        app: Option<String>,
        /// The NOR part or .cfg that the FCB comes from; `None` for the one at hand.
        part: Option<String>,
    },
    /// Write again what an interrupted write left incomplete.
    FinishWrite {
        /// What was typed then, behind `rtboot`, as a POSIX shell reads it: verb, options and files. `None` when nobody knows.
        command: Option<String>,
        /// Its file; `None` when there were several.
        file: Option<String>,
        /// Whether it is an application that a boot loader starts.
        second_stage: bool,
    },
    /// Write something, and forget the bytes that an interrupted write kept.
    GiveUp {
        /// As of [`Action::FinishWrite`].
        command: Option<String>,
        /// The file of that write; `None` when there were several.
        file: Option<String>,
    },
    /// Erase again what an interrupted erase left in part.
    FinishErase {
        /// First address.
        start: u64,
        /// Address behind the last byte.
        end: u64,
    },
    /// The same write, with the FCB that the image brings, whatever the flash is.
    KeepFcb,
    /// The same write, without keeping the bytes around the image.
    EraseAround,
    /// The same write, which puts back the bytes that an interrupted one kept, whatever flash holds in their places.
    RestoreKept,
    /// The same write, which forgets the bytes that an interrupted one kept.
    DiscardKept,
    /// The same write of an application that a boot loader starts.
    KeepBootLoader,
    /// The same write, with the application as what the ROM starts.
    ReplaceBootLoader,
    /// The same command for whole sectors.
    RoundToSectors,
    /// Compare flash with the application.
    Verify,
    /// Reset the board, so that the ROM starts what is in flash.
    Reset,
    /// Clear the block protection.
    Unprotect,
    /// List the known NOR parts.
    ListParts,
    /// Print an example .cfg.
    ExampleCfg,
    /// Ask the flash what it is.
    ProbeFlash,
    /// Ask the flash what it is and make a .cfg of that.
    ProbeToCfg,
    /// Make a `.cfg` of a part, to change it.
    PartToCfg {
        /// The part; `None` for the one at hand.
        part: Option<String>,
    },
    /// List the remembered flashloaders.
    ListFlashloaders,
    /// Remember a flashloader file.
    AddFlashloader,
    /// Use a flashloader file for this run only.
    NameFlashloader,
    /// Write the doctor's report, to send it to the authors of rtboot.
    DoctorReport,
    /// Use rtboot's own loader for this run.
    OwnLoader,
    /// Use NXP's flashloader for this run.
    NxpLoader,
    /// Show what a flashloader file is.
    ShowFlashloader,
    /// Draw what an application file holds.
    ShowImage {
        /// The file; `None` for the one at hand.
        file: Option<String>,
    },
    /// Check an application file against the rules of the ROM.
    CheckImage {
        /// The file; `None` for the one at hand.
        file: Option<String>,
    },
    /// Cut a piece out of an image file.
    CropImage,
    /// Make a virtual board.
    NewVirtual {
        /// In this folder; `None` for any.
        folder: Option<String>,
    },
    /// Show a virtual board.
    ShowVirtual {
        /// Its folder; `None` for the default one.
        folder: Option<String>,
    },
    /// Set a virtual board's boot pins to serial download and switch its power off and on.
    VirtualToDownload {
        /// Its folder; `None` for the default one.
        folder: Option<String>,
    },
    /// Install the udev rules.
    InstallUdevRules,
    /// Let this user open serial ports.
    JoinSerialGroup,
    /// Ask the boot ROM for its last status.
    HabStatus,
    /// Ask the flashloader for a property.
    Property {
        /// Its number.
        property: u32,
    },
}

impl Action {
    /// Stable kebab-case name, for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Action::Doctor { .. } => "doctor",
            Action::ListBoards => "list-boards",
            Action::NameBoard { .. } => "name-board",
            Action::NameChip { .. } => "name-chip",
            Action::NamePart { .. } => "name-part",
            Action::NameBase { .. } => "name-base",
            Action::AsIs => "as-is",
            Action::Again => "again",
            Action::Confirm { .. } => "confirm",
            Action::Yes => "yes",
            Action::Help => "help",
            Action::Info => "info",
            Action::Write { .. } => "write",
            Action::FinishWrite { .. } => "finish-write",
            Action::GiveUp { .. } => "give-up",
            Action::FinishErase { .. } => "finish-erase",
            Action::KeepFcb => "keep-fcb",
            Action::EraseAround => "erase-around",
            Action::RestoreKept => "restore-kept",
            Action::DiscardKept => "discard-kept",
            Action::KeepBootLoader => "keep-boot-loader",
            Action::ReplaceBootLoader => "replace-boot-loader",
            Action::RoundToSectors => "round-to-sectors",
            Action::Verify => "verify",
            Action::Reset => "reset",
            Action::Unprotect => "unprotect",
            Action::ListParts => "list-parts",
            Action::ExampleCfg => "example-cfg",
            Action::ProbeFlash => "probe-flash",
            Action::ProbeToCfg => "probe-to-cfg",
            Action::PartToCfg { .. } => "part-to-cfg",
            Action::SetUpStation => "set-up-station",
            Action::LearnSlots => "learn-slots",
            Action::ListFlashloaders => "list-flashloaders",
            Action::AddFlashloader => "add-flashloader",
            Action::NameFlashloader => "name-flashloader",
            Action::DoctorReport => "doctor-report",
            Action::OwnLoader => "own-loader",
            Action::NxpLoader => "nxp-loader",
            Action::ShowFlashloader => "show-flashloader",
            Action::ShowImage { .. } => "show-image",
            Action::CheckImage { .. } => "check-image",
            Action::CropImage => "crop-image",
            Action::NewVirtual { .. } => "new-virtual-board",
            Action::ShowVirtual { .. } => "show-virtual-board",
            Action::VirtualToDownload { .. } => "virtual-to-download",
            Action::InstallUdevRules => "install-udev-rules",
            Action::JoinSerialGroup => "join-serial-group",
            Action::HabStatus => "hab-status",
            Action::Property { .. } => "property",
        }
    }

    /// What it does, as the rest of a sentence that begins with the command.
    pub const fn does(&self) -> &'static str {
        match self {
            Action::Doctor { .. } => "examines the board",
            Action::ListBoards => "shows which boards and ports are there",
            Action::NameBoard { board: Some(_) } => "names this board",
            Action::NameBoard { board: None } => "names another board",
            Action::NameChip { .. } => "says which chip it is",
            Action::NamePart { .. } => "says which part the flash is",
            Action::NameBase { base: Some(_) } => {
                "puts the file there, if it was linked to that address"
            }
            Action::NameBase { base: None } => {
                "says where the file's first byte belongs: the linker script has it, and the ELF file"
            }
            Action::AsIs => "writes any bytes as they are",
            Action::Again => "to finish the job",
            Action::Confirm { .. } => "confirms it, if you are sure",
            Action::Yes => "makes the change",
            Action::Help => "explains it",
            Action::Info => "shows the chip and the size of the flash",
            Action::Write { .. } => "writes the application",
            Action::FinishWrite {
                command: Some(_), ..
            } => "finishes it",
            Action::FinishWrite { .. } => "finishes it; give the options that it had then, too",
            Action::GiveUp { .. } => {
                "writes this or another file, and gives the kept bytes and the rest of the interrupted write up"
            }
            Action::FinishErase { .. } => "erases all of it",
            Action::KeepFcb => "writes the image with its own FCB anyway",
            Action::EraseAround => "drops the bytes around the image",
            Action::RestoreKept => "writes the kept bytes over what flash holds now",
            Action::DiscardKept => {
                "leaves flash as it is there, forgets the kept bytes and gives the interrupted write up"
            }
            Action::KeepBootLoader => {
                "writes the application alone, for a boot loader to start; FCB and IVT stay as they are"
            }
            Action::ReplaceBootLoader => {
                "makes it what the ROM starts, with a boot header of its own"
            }
            Action::RoundToSectors => "takes the whole sectors",
            Action::Verify => "compares flash with the application",
            Action::Reset => "lets the ROM start what is in flash",
            Action::Unprotect => "clears the block protection and says what it changes",
            Action::ListParts => "lists the known parts",
            Action::ExampleCfg => "prints an example of a .cfg",
            Action::ProbeFlash => "asks the flash what it is",
            Action::ProbeToCfg => "makes a .cfg from what the flash says about itself",
            Action::PartToCfg { .. } => {
                "makes a .cfg of the part: lower its `clock` and write with that file"
            }
            Action::SetUpStation => "makes this PC a station of a production line",
            Action::LearnSlots => "sets up the station's slots, one board after the other",
            Action::ListFlashloaders => "lists the remembered flashloaders",
            Action::AddFlashloader => "remembers a flashloader file",
            Action::NameFlashloader => "uses a flashloader file for this run only",
            Action::DoctorReport => "writes the report",
            Action::OwnLoader => "uses rtboot's own loader, which needs no file",
            Action::NxpLoader => {
                "uses the flashloader file that is remembered, not rtboot's own loader"
            }
            Action::ShowFlashloader => "says what a flashloader file is",
            Action::ShowImage { .. } => "draws a map of the file",
            Action::CheckImage { .. } => "checks the file rule by rule",
            Action::CropImage => "cuts out a part of an image",
            Action::NewVirtual { .. } => "makes a fresh virtual board",
            Action::ShowVirtual { .. } => "shows what the virtual board does",
            Action::VirtualToDownload { .. } => "brings it back to serial download",
            Action::InstallUdevRules => "lets every user open the board; then replug it",
            Action::JoinSerialGroup => "lets this user open serial ports, after the next log-in",
            Action::HabStatus => "asks the boot ROM for its last status",
            Action::Property { property: 7 } => "lists the commands that the flashloader has",
            Action::Property { property: 12 } => "names the flashloader's own RAM",
            Action::Property { .. } => "asks the flashloader for a property",
        }
    }
}

/// What it does, without a command.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.does())
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Next {
    /// A command to run.
    Run(Action),
    /// A thing to measure or look at on the board.
    Measure(String),
    /// Anything else to do by hand.
    Act(String),
}

impl Next {
    /// Stable lower-case name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Next::Run(_) => "run",
            Next::Measure(_) => "measure",
            Next::Act(_) => "do",
        }
    }
}

impl From<Action> for Next {
    fn from(action: Action) -> Next {
        Next::Run(action)
    }
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Next::Run(action) => action.fmt(f),
            Next::Measure(text) | Next::Act(text) => f.pad(text),
        }
    }
}
