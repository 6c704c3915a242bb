//! What rtboot was doing when something failed.

use std::fmt;

use crate::mboot::{MemoryId, Property};

/// What rtboot was doing: a command of it failed.
///
/// [`Step::code`] is stable; the sentence is its `Display`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The boot ROM is asked for its state.
    AskRom,
    /// Chip id, unique id and boot pins are read.
    ReadChipRegisters,
    /// Fuses are read.
    ReadFuses,
    /// The flashloader goes into RAM.
    LoadFlashloader {
        /// Where to.
        address: u32,
    },
    /// The flashloader in RAM is read back: over a UART nothing else shows a lost byte.
    ReadBackFlashloader,
    /// Bytes of the flashloader that a UART spoiled are sent again.
    ResendFlashloader {
        /// Where to.
        address: u32,
    },
    /// rtboot's own loader and the port change to a higher speed of the UART.
    RaiseSpeed {
        /// Bits per second.
        baud: u32,
    },
    /// The ROM is told to jump to the flashloader.
    StartFlashloader {
        /// Where to.
        address: u32,
    },
    /// The flashloader is asked for its version.
    AskVersion,
    /// The loader is asked whether it is rtboot's own.
    AskIdentity,
    /// The flashloader is asked for the chip id.
    AskChip,
    /// The flashloader is asked for the chip's unique id.
    ReadUniqueId,
    /// The flashloader is asked which RAM it needs itself.
    AskReservedRam,
    /// RAM that is free for configuration blocks is looked for.
    FindScratchRam,
    /// The flashloader is asked whether flash is configured.
    AskFlashSetUp,
    /// The flash is asked something.
    AskFlash(Question),
    /// Flash is read.
    ReadFlash {
        /// From where.
        address: u32,
    },
    /// Flash is hashed on the chip.
    HashFlash {
        /// From here on.
        address: u32,
    },
    /// Flash is read on four pads, to be compared with one pad.
    ReadFlashQuad {
        /// From where.
        address: u32,
    },
    /// The board is reset.
    Reset,
    /// An application is started.
    StartApplication {
        /// Its reset handler.
        entry: u32,
        /// Its stack.
        stack: u32,
    },
    /// Memory is read.
    ReadMemory {
        /// From where.
        address: u32,
    },
    /// Memory is written.
    WriteMemory {
        /// Where to.
        address: u32,
    },
    /// Memory is filled.
    FillMemory {
        /// Where to.
        address: u32,
    },
    /// A configuration block in RAM is read.
    ReadConfigurationBlock {
        /// From where.
        address: u32,
    },
    /// A file goes into RAM.
    LoadFile {
        /// Where to.
        address: u32,
    },
    /// The ROM carries a DCD out.
    CarryOutDcd,
    /// The ROM is told to ignore the image's DCD.
    SkipDcd,
    /// The line speed is changed.
    ChangeBaud,
    /// The ROM is told to jump to an image.
    JumpToImage {
        /// Where it lies.
        address: u32,
    },
    /// A property is read.
    AskProperty(Property),
    /// A property is set.
    SetProperty(Property),
    /// All memories are asked for.
    ListMemories,
    /// A memory is erased.
    EraseMemory(MemoryId),
    /// Everything is erased and the chip unlocked.
    EraseAndUnlock,
    /// The flash is unlocked with a key.
    UnlockFlash,
    /// A special area of flash is read.
    ReadResource,
    /// The backup application is put in place.
    UpdateFromBackup,
    /// Code is started.
    Execute {
        /// Its address.
        address: u32,
    },
    /// A function is called.
    Call {
        /// Its address.
        address: u32,
    },
    /// An image for RAM is sent.
    SendImage,
    /// An SB file is sent.
    SendSbFile,
    /// A key blob is made.
    MakeKeyBlob,
    /// A key-provisioning operation, by its name.
    KeyProvisioning(&'static str),
    /// A fuse word is read.
    ReadFuseWord {
        /// Which one.
        index: u32,
    },
    /// A fuse word is burnt.
    BurnFuseWord {
        /// Which one.
        index: u32,
    },
    /// Fuses are read by address.
    ReadFusesAt {
        /// From where.
        address: u32,
    },
    /// Fuses are burnt by address.
    BurnFusesAt {
        /// From where.
        address: u32,
    },
}

impl Step {
    /// Stable kebab-case name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Step::AskRom => "ask-rom",
            Step::ReadChipRegisters => "read-chip-registers",
            Step::ReadFuses | Step::ReadFuseWord { .. } | Step::ReadFusesAt { .. } => "read-fuses",
            Step::LoadFlashloader { .. } => "load-flashloader",
            Step::ReadBackFlashloader => "read-back-flashloader",
            Step::ResendFlashloader { .. } => "resend-flashloader",
            Step::RaiseSpeed { .. } => "raise-speed",
            Step::StartFlashloader { .. } => "start-flashloader",
            Step::AskVersion => "ask-version",
            Step::AskIdentity => "ask-identity",
            Step::AskChip => "ask-chip",
            Step::ReadUniqueId => "read-unique-id",
            Step::AskReservedRam => "ask-reserved-ram",
            Step::FindScratchRam => "find-scratch-ram",
            Step::AskFlashSetUp => "ask-flash-set-up",
            Step::AskFlash(question) => question.code(),
            Step::ReadFlash { .. } => "read-flash",
            Step::HashFlash { .. } => "hash-flash",
            Step::ReadFlashQuad { .. } => "read-flash-quad",
            Step::Reset => "reset",
            Step::StartApplication { .. } => "start-application",
            Step::ReadMemory { .. } => "read-memory",
            Step::WriteMemory { .. } => "write-memory",
            Step::FillMemory { .. } => "fill-memory",
            Step::ReadConfigurationBlock { .. } => "read-configuration-block",
            Step::LoadFile { .. } => "load-file",
            Step::CarryOutDcd => "carry-out-dcd",
            Step::SkipDcd => "skip-dcd",
            Step::ChangeBaud => "change-baud",
            Step::JumpToImage { .. } => "jump-to-image",
            Step::AskProperty(_) => "ask-property",
            Step::SetProperty(_) => "set-property",
            Step::ListMemories => "list-memories",
            Step::EraseMemory(_) => "erase-memory",
            Step::EraseAndUnlock => "erase-and-unlock",
            Step::UnlockFlash => "unlock-flash",
            Step::ReadResource => "read-resource",
            Step::UpdateFromBackup => "update-from-backup",
            Step::Execute { .. } => "execute",
            Step::Call { .. } => "call",
            Step::SendImage => "send-image",
            Step::SendSbFile => "send-sb-file",
            Step::MakeKeyBlob => "make-key-blob",
            Step::KeyProvisioning(_) => "key-provisioning",
            Step::BurnFuseWord { .. } | Step::BurnFusesAt { .. } => "burn-fuses",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::AskRom => f.write_str("asking the boot ROM for its state"),
            Step::ReadChipRegisters => f.write_str("reading chip registers"),
            Step::ReadFuses => f.write_str("reading fuses"),
            Step::LoadFlashloader { address } => {
                write!(f, "loading the flashloader to {address:#010x}")
            }
            Step::ReadBackFlashloader => f.write_str("reading back the flashloader"),
            Step::ResendFlashloader { address } => {
                write!(f, "sending the flashloader again from {address:#010x}")
            }
            Step::RaiseSpeed { baud } => write!(f, "agreeing on {baud} baud with the loader"),
            Step::StartFlashloader { address } => {
                write!(f, "starting the flashloader at {address:#010x}")
            }
            Step::AskVersion => f.write_str("asking the flashloader for its version"),
            Step::AskIdentity => f.write_str("asking the loader whether it is rtboot's own"),
            Step::AskChip => f.write_str("asking the flashloader for the chip id"),
            Step::ReadUniqueId => f.write_str("reading the unique id"),
            Step::AskReservedRam => f.write_str("asking for the flashloader's own RAM"),
            Step::FindScratchRam => f.write_str("looking for free RAM"),
            Step::AskFlashSetUp => f.write_str("asking for the state of the flash"),
            Step::AskFlash(question) => write!(f, "reading {question}"),
            Step::ReadFlash { address } => write!(f, "reading flash at {address:#010x}"),
            Step::HashFlash { address } => write!(f, "hashing flash at {address:#010x}"),
            Step::ReadFlashQuad { address } => {
                write!(f, "reading flash at {address:#010x} on four pads")
            }
            Step::Reset => f.write_str("resetting the board"),
            Step::StartApplication { entry, stack } => write!(
                f,
                "starting the application at {entry:#010x} with its stack at {stack:#010x}"
            ),
            Step::ReadMemory { address } => write!(f, "reading {address:#010x}"),
            Step::WriteMemory { address } => write!(f, "writing {address:#010x}"),
            Step::FillMemory { address } => write!(f, "filling {address:#010x}"),
            Step::ReadConfigurationBlock { address } => {
                write!(f, "reading the configuration block at {address:#010x}")
            }
            Step::LoadFile { address } => write!(f, "loading the file to {address:#010x}"),
            Step::CarryOutDcd => f.write_str("carrying out the DCD"),
            Step::SkipDcd => f.write_str("skipping the DCD"),
            Step::ChangeBaud => f.write_str("changing the speed"),
            Step::JumpToImage { address } => write!(f, "jumping to the image at {address:#010x}"),
            Step::AskProperty(property) => write!(f, "asking for {property}"),
            Step::SetProperty(property) => write!(f, "setting {property}"),
            Step::ListMemories => f.write_str("asking for the memories"),
            Step::EraseMemory(memory) => write!(f, "erasing all of memory {memory}"),
            Step::EraseAndUnlock => f.write_str("erasing everything"),
            Step::UnlockFlash => f.write_str("unlocking the flash"),
            Step::ReadResource => f.write_str("reading the special flash area"),
            Step::UpdateFromBackup => f.write_str("updating from the backup"),
            Step::Execute { address } => write!(f, "executing {address:#010x}"),
            Step::Call { address } => write!(f, "calling {address:#010x}"),
            Step::SendImage => f.write_str("sending the image"),
            Step::SendSbFile => f.write_str("sending the SB file"),
            Step::MakeKeyBlob => f.write_str("making the key blob"),
            Step::KeyProvisioning(operation) => write!(f, "key-provisioning {operation}"),
            Step::ReadFuseWord { index } => write!(f, "reading fuse word {index:#04x}"),
            Step::BurnFuseWord { index } => write!(f, "burning fuse word {index:#04x}"),
            Step::ReadFusesAt { address } => write!(f, "reading fuses at {address:#x}"),
            Step::BurnFusesAt { address } => write!(f, "burning fuses at {address:#x}"),
        }
    }
}

/// What the flash is asked, through a small read-only FCB whose read sequence is the SPI command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// 9Fh.
    Id,
    /// 9Fh on four pads: a part in QPI mode answers.
    IdQpi,
    /// 5Ah.
    Sfdp,
    /// 05h.
    Status1,
    /// 35h.
    Status2,
    /// 15h.
    Status3,
    /// 3Dh.
    BlockLock,
    /// 9Fh, once commands were sent that end a mode in which a part hears none.
    Wake,
    /// Its bytes by 03h on one pad.
    PlainRead,
    /// Its bytes by the read that is under test.
    OtherRead,
    /// Its bytes by the read of an FCB.
    FastRead,
    /// The same at 30 MHz.
    FastReadSlowly,
    /// Some other register, by this command.
    Register {
        /// The SPI command.
        opcode: u8,
    },
}

impl Question {
    /// Stable kebab-case name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Question::Id | Question::IdQpi => "read-flash-id",
            Question::Sfdp => "read-sfdp",
            Question::Status1
            | Question::Status2
            | Question::Status3
            | Question::BlockLock
            | Question::Register { .. } => "read-flash-status",
            Question::Wake => "wake-flash",
            Question::PlainRead => "read-flash",
            Question::OtherRead | Question::FastRead | Question::FastReadSlowly => {
                "read-flash-other"
            }
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Id => f.write_str("the flash's id"),
            Question::IdQpi => f.write_str("the flash's id on four lines"),
            Question::Sfdp => f.write_str("SFDP"),
            Question::Status1 => f.write_str("status register 1"),
            Question::Status2 => f.write_str("status register 2"),
            Question::Status3 => f.write_str("status register 3"),
            Question::BlockLock => f.write_str("the locks of its blocks"),
            Question::Wake => f.write_str("the flash's id once its mode was ended"),
            Question::PlainRead => f.write_str("flash on one pad"),
            Question::OtherRead => f.write_str("flash by another read"),
            Question::FastRead => f.write_str("flash by its fast read"),
            Question::FastReadSlowly => f.write_str("flash by its fast read at 30 MHz"),
            Question::Register { opcode } => write!(f, "the flash's register by {opcode:02X}h"),
        }
    }
}

/// What the flash is configured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetUp {
    /// Reading on one pad, which every part knows.
    PlainRead,
    /// Reading, erasing and programming, with a time-out.
    Write,
    /// Erasing, reading on one pad.
    Erase,
    /// Programming, without the flashloader's own time-out.
    Program,
    /// Writing the status registers.
    WriteStatus,
    /// Asking the flash something.
    Ask(Question),
    /// Trying the FCB that the boot ROM uses.
    Trial,
    /// The block that lies here in RAM.
    Block {
        /// Its address.
        address: u32,
    },
}

impl SetUp {
    /// Stable kebab-case name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            SetUp::PlainRead => "plain-read",
            SetUp::Write => "write",
            SetUp::Erase => "erase",
            SetUp::Program => "program",
            SetUp::WriteStatus => "write-status",
            SetUp::Ask(question) => question.code(),
            SetUp::Trial => "trial",
            SetUp::Block { .. } => "block",
        }
    }
}

impl fmt::Display for SetUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetUp::PlainRead => f.write_str("for plain reading"),
            SetUp::Write => f.write_str("for writing"),
            SetUp::Erase => f.write_str("for erasing"),
            SetUp::Program => f.write_str("for programming"),
            SetUp::WriteStatus => f.write_str("to write the status registers"),
            SetUp::Ask(question) => write!(f, "to read {question}"),
            SetUp::Trial => f.write_str("as the stored FCB says"),
            SetUp::Block { address } => write!(f, "by the block at {address:#010x}"),
        }
    }
}
