//! What can go wrong, as facts. Advice for people is in [`advice`](crate::advice).
//!
//! Every error says what failed, at which step and address, and keeps the device's own code. [`Error::code`] is a
//! stable name for programs, [`Error::exit_code`] the process exit code from the one table in docs/exit-codes.md.

use std::path::PathBuf;

use rtboot_fcb::{JedecId, StatusLock, StatusRegisters};
use rtboot_finding::Finding;

use crate::chip::{FlexRam, RomOwners};
use crate::consent::Act;
use crate::selector::{FoundBoard, Seen, Selector};
use crate::{mboot, port, sdp};

mod breadcrumb;
mod codes;
mod context;
#[cfg(feature = "line")]
mod line;
mod state;
mod step;
mod words;

pub use breadcrumb::Breadcrumb;
pub use context::Result;
#[cfg(feature = "line")]
pub use line::LineError;
pub use state::{Change, Content, Evidence, FlashState, QuadEnable};
pub use step::{Question, SetUp, Step};
pub use words::{
    BackupOf, Holder, KeptUnit, NoOwn, OnPort, OutOfRange, SfdpField, SplitBy, TrialDiffers,
    Unread, bytes,
};
use words::{
    at_byte, at_pair, beside, by_usb, for_boot_loader, holders, kept_by, left_behind, listed,
    measured, named, no_loader, reset_by, unclear, untold,
};
pub(crate) use words::{registers, seen};

/// A failed run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    ReadFile {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    WriteFile {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// An application or image file is not usable.
    #[error("{}: {source}", path.display())]
    Firmware {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rtboot_bootable::Error,
    },
    /// A part's `.cfg` is not usable; the inner error shows line and caret.
    #[error("{path}: {source}")]
    Cfg {
        /// Which file, or the name in the database.
        path: String,
        /// Where and why.
        source: rtboot_fcb::CfgError,
    },
    /// A 512-byte FCB file is not usable.
    #[error("{}: {source}", path.display())]
    FcbFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rtboot_fcb::Error,
    },
    /// Neither a file nor a part of the database.
    #[error("no file and no known NOR part is called \"{name}\"")]
    UnknownPart {
        /// What was asked for.
        name: String,
        /// The closest name in the database.
        nearest: Option<String>,
    },
    /// A file that a command takes as input holds something else, or a slip.
    #[error("{}: {reason}", path.display())]
    BadFile {
        /// Which file.
        path: PathBuf,
        /// Why, with its place.
        reason: String,
    },
    /// A settings file is not usable.
    #[error("{}: {reason}", path.display())]
    Settings {
        /// Which file.
        path: PathBuf,
        /// Why, with its place.
        reason: String,
    },
    /// The database does not say how this part's status registers are written.
    #[error("how to write the status registers of the {part} is unknown; a .cfg can define it")]
    StatusWriteUnknown {
        /// The part.
        part: String,
    },
    /// USB ports have no names on this system.
    #[error(
        "selecting a USB port (usb:1-4.1) works only on Linux so far; with one board attached `usb` is enough"
    )]
    UsbPortsUnknown,
    /// The command line asks for something impossible.
    #[error("{0}")]
    Usage(String),
    /// An act that cannot be undone was not confirmed in words.
    #[error("{} must be confirmed in these words: \"{}\"", act.what, act.words)]
    NotConfirmed {
        /// What would happen, and the words.
        act: Act,
    },
    /// A change that a person must agree to, and nobody was asked or said yes.
    #[error("{what} must be confirmed; nothing was changed")]
    NotAgreed {
        /// The change.
        what: &'static str,
    },
    /// A range without a byte, or past the end of the address space.
    #[error("{}", match length {
        0 => "the length is 0".to_owned(),
        _ => format!("{length:#x} bytes from {address:#010x} run past the end of the address space"),
    })]
    BadRange {
        /// Its first address.
        address: u32,
        /// How many bytes.
        length: u32,
    },
    /// A range in RAM runs past the end of its bank.
    #[error(
        "{start:#010x}..{end:#010x} runs past the end of the {ram}: {ram_start:#010x}..{ram_end:#010x}"
    )]
    OutsideRam {
        /// Its first address.
        start: u32,
        /// The first address after it.
        end: u64,
        /// The bank's name.
        ram: &'static str,
        /// First address of the bank.
        ram_start: u32,
        /// The first address after it.
        ram_end: u64,
    },
    /// A range to be erased does not begin and end on sectors.
    #[error(
        "{start:#010x}..{end:#010x} does not consist of whole {sector}-byte sectors; the whole sectors are {from:#010x}..{to:#010x}"
    )]
    NotWholeSectors {
        /// Its first address.
        start: u32,
        /// The first address after it.
        end: u64,
        /// Size of a sector.
        sector: u32,
        /// First address of the whole sectors that hold the range.
        from: u32,
        /// The first address after them.
        to: u64,
    },
    /// The boot ROM knows no reset command.
    #[error("the boot ROM has no reset command: press the board's reset button, or power-cycle it")]
    RomCannotReset,
    /// The image in flash runs in RAM, so that only the ROM can start it.
    #[error("the image in flash runs in RAM, so the ROM must copy it: reset the board instead")]
    RunsInRam,
    /// An image shows no vector table, so its stack is not known.
    #[error(
        "the image has no recognisable vector table, so its stack is unknown; reset the board instead"
    )]
    NoVectorTable,
    /// Flash holds nothing that can be started.
    #[error("flash holds no application to start: {why} ({holds})")]
    NothingToStart {
        /// What is wrong with what lies there.
        why: String,
        /// What flash holds.
        holds: String,
    },
    /// A flashloader's DCD can change fuses.
    #[error(
        "{}: this flashloader's DCD can change fuses ({danger}), so rtboot does not send it; if you are sure, the raw sdp commands can",
        path.display()
    )]
    LoaderDangerous {
        /// The file.
        path: PathBuf,
        /// What it would do.
        danger: String,
    },
    /// A public flashloader build of another die.
    #[error(
        "{}: this is the flashloader of the {chips} ({build}), not of the {chip}",
        path.display()
    )]
    LoaderForOther {
        /// The file.
        path: PathBuf,
        /// Which public build it is.
        build: &'static str,
        /// The chips that it is for.
        chips: String,
        /// The chip that it should be sent to.
        chip: &'static str,
    },
    /// More lies around the image in its sectors than is kept.
    #[error("{count} {unit} around the image would have to be kept; the limit is {limit}")]
    TooMuchToKeep {
        /// How many there are.
        count: usize,
        /// Of what.
        unit: KeptUnit,
        /// How many are kept.
        limit: usize,
    },
    /// The journal of a board, which may hold bytes that flash has lost, cannot be used.
    #[error("the journal of this board, {}, cannot be used: {reason}", path.display())]
    JournalUnusable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Flash was changed since an interrupted write, so that it is not known whether its kept bytes are newer.
    #[error(
        "flash was changed at {address:#010x} since the write of {image} was interrupted ({when}): the journal keeps bytes with SHA-256 \
         {kept}, flash holds {found} in their places"
    )]
    FlashChangedSince {
        /// Name of the image's file.
        image: String,
        /// When that write began.
        when: String,
        /// The first place that no interruption explains.
        address: u32,
        /// Digest of the bytes in the journal.
        kept: String,
        /// Digest of what flash holds in their places.
        found: String,
    },
    /// Another user of this machine has a journal of this board.
    #[error(
        "{user} has the journal of an interrupted write of this board ({}): bytes that flash has lost may be in it", path.display()
    )]
    JournalOfOther {
        /// Who.
        user: String,
        /// The journal.
        path: PathBuf,
    },
    /// The write is done, and an earlier one is not, so the board would not start.
    #[error(
        "the board will not start yet: the write of {image} ({when}) is unfinished, so the page with the FCB is held back"
    )]
    WriteUnfinished {
        /// Name of the image's file.
        image: String,
        /// When that write began.
        when: String,
        /// The command that finishes it, where the journal has it.
        command: Option<String>,
        /// It brings the second stage of a boot loader.
        second_stage: bool,
    },
    /// Nothing answers at the place the selector names.
    #[error("no board at {selector}{}", seen(seen_instead))]
    NoBoard {
        /// The selector.
        selector: Selector,
        /// What is on USB instead.
        seen_instead: Vec<Seen>,
    },
    /// No virtual board lives in the folder that the selector names.
    #[error("there is no virtual board in {}{}", folder.display(), beside(nearby))]
    NoVirtual {
        /// The folder.
        folder: PathBuf,
        /// Folders beside it that hold one.
        nearby: Vec<PathBuf>,
    },
    /// More than one board fits.
    #[error("{} boards fit \"usb\" ({}); one must be named", boards.len(), listed(boards))]
    SeveralBoards {
        /// The boards.
        boards: Vec<FoundBoard>,
    },
    /// The chip is another than the one asked for, or than rtboot can write.
    #[error("the board's chip is {found}, not {wanted}")]
    WrongChip {
        /// What was asked for.
        wanted: String,
        /// What its id says.
        found: String,
    },
    /// A backup is of another chip or flash, or of a part of one.
    #[error("{} is a backup of another {of}: {backup}; this board's is {here}", path.display())]
    BackupMisfit {
        /// The backup.
        path: PathBuf,
        /// What differs.
        of: BackupOf,
        /// What the backup is of.
        backup: String,
        /// What the board has.
        here: String,
    },
    /// The parts of a `.cfg` are meant for other chips.
    #[error("{from} is for {meant}, not for the {chip}")]
    CfgOtherChip {
        /// The file, or its name in the database.
        from: String,
        /// The chips and families that it names.
        meant: String,
        /// The chip that it should be for.
        chip: String,
    },
    /// The chip does not say what it is.
    #[error(
        "the boot ROM does not tell which chip this is ({}{})",
        untold(unread),
        by_usb(owners)
    )]
    UnknownChip {
        /// What happened to the question; `None` when the ROM answered it with an id that no chip has.
        unread: Option<Unread>,
        /// The chips that have its USB ids; `None` on a UART.
        owners: Option<RomOwners>,
    },
    /// Another program works with this board.
    #[error("{place} is in use by {}", holders(by))]
    BoardBusy {
        /// The board's place.
        place: String,
        /// Who, as far as it is known.
        by: Vec<Holder>,
    },
    /// The operating system or the cable.
    #[error(transparent)]
    Port(#[from] port::Error),
    /// The virtual board's directory is not usable.
    #[error("virtual board: {0}")]
    Virtual(String),
    /// A ROM command failed.
    #[error("{step}: {source}")]
    Sdp {
        /// What rtboot was doing.
        step: Step,
        /// What happened.
        source: sdp::Error,
    },
    /// A flashloader command failed that belongs to no flash step.
    #[error("{step}: {source}")]
    Mboot {
        /// What rtboot was doing.
        step: Step,
        /// What happened.
        source: mboot::Error,
    },
    /// There is no loader to send.
    #[error("{}", no_loader(chip, *looked, *own))]
    NoLoader {
        /// For which chip.
        chip: String,
        /// Whether a file of NXP's was looked for.
        looked: bool,
        /// Why it is not rtboot's own; `None` when only NXP's was asked for.
        own: Option<NoOwn>,
    },
    /// The chip lacks RAM that the flashloader needs; nothing was sent.
    #[error("the flashloader needs {need}, but the chip's FlexRAM is split into {split} ({by})")]
    LoaderRam {
        /// What it needs.
        need: rtboot_bootable::RamNeed,
        /// What there is.
        split: FlexRam,
        /// What says so.
        by: SplitBy,
    },
    /// What arrived in RAM is not the flashloader that was sent.
    #[error(
        "RAM differs from the flashloader at {address:#010x}: expected {expected:#04x}, found {found:#04x}"
    )]
    LoaderDamaged {
        /// Where.
        address: u32,
        /// Byte of the file.
        expected: u8,
        /// Byte in RAM.
        found: u8,
    },
    /// The ROM refused to jump.
    #[error("the boot ROM refused to start the flashloader at {address:#010x}: answer {}", sdp::Status(*answer))]
    JumpRefused {
        /// Where to.
        address: u32,
        /// Its word.
        answer: u32,
        /// Whether the part runs unsigned code, as the ROM said before.
        hab: Option<sdp::Hab>,
    },
    /// The flashloader was started and did not appear.
    #[error("the flashloader was started at {address:#010x} and did not answer within {} s; {now}", waited_ms / 1000)]
    LoaderSilent {
        /// Where it was started.
        address: u32,
        /// How long rtboot waited, in milliseconds.
        waited_ms: u64,
        /// What is on the port now.
        now: OnPort,
        /// Whether the part runs unsigned code, as the ROM said before.
        hab: Option<sdp::Hab>,
    },
    /// rtboot's own loader was started and did not appear.
    #[error(
        "rtboot's own loader was started at {address:#010x} and did not answer within {} s; {now}{}{}",
        waited_ms / 1000,
        reset_by(srsr.as_ref()),
        left_behind(breadcrumb.as_ref(), *now == OnPort::Rom)
    )]
    OwnLoaderSilent {
        /// Where it was started.
        address: u32,
        /// How long rtboot waited, in milliseconds.
        waited_ms: u64,
        /// What is on the port now.
        now: OnPort,
        /// SRC_SRSR after it, with the causes of the reset in words.
        srsr: Option<(u32, String)>,
        /// What it left in RAM.
        breadcrumb: Option<Breadcrumb>,
        /// Whether the part runs unsigned code, as the ROM said before.
        hab: Option<sdp::Hab>,
    },
    /// The board behind the port is not the one that was started.
    #[error("another board answers on this port: unique id {found}, expected {expected}")]
    OtherBoard {
        /// Unique id read from the ROM.
        expected: String,
        /// Unique id read from the flashloader.
        found: String,
    },
    /// Flash does not answer.
    #[error("no flash answers: its id reads {found}")]
    NoFlash {
        /// What the id command returned.
        found: JedecId,
    },
    /// Another part than the `.cfg` says.
    #[error("the flash is another part: its id is {found}{}, {from} has {}", named(known_as), expected.join(" or "))]
    PartMismatch {
        /// Its id.
        found: JedecId,
        /// Parts of the database with this id.
        known_as: Vec<String>,
        /// Where the expectation comes from.
        from: String,
        /// Ids and names expected.
        expected: Vec<String>,
    },
    /// The flash answers with another id than before in this run. Nothing was changed.
    #[error(
        "the flash answered with the id {before} and now answers with {now}; nothing was changed"
    )]
    FlashChanged {
        /// The id at first.
        before: JedecId,
        /// The id now.
        now: JedecId,
    },
    /// No part was named, and the flash's id does not tell which part it is.
    #[error("the flash's id {found} does not identify the part: {}", unclear(candidates, *describes_itself))]
    PartUnclear {
        /// Its id.
        found: JedecId,
        /// Parts of the database with this id.
        candidates: Vec<String>,
        /// It has SFDP tables. Without them it may be no id at all.
        describes_itself: bool,
    },
    /// SFDP contradicts the part.
    #[error("the flash contradicts {part}: {field}")]
    SfdpMismatch {
        /// Part of the `.cfg`.
        part: String,
        /// Which property, with both values.
        field: SfdpField,
    },
    /// configure-memory failed.
    #[error("configuring the flash ({set_up}) failed: {source}")]
    Configure {
        /// With which set-up.
        set_up: SetUp,
        /// What happened.
        source: mboot::Error,
    },
    /// The quad-enable bit does not stay set.
    #[error(
        "the quad-enable bit of the {part} does not stay set: status registers {before} before, {after} after{}",
        kept_by(*lock)
    )]
    QuadNotSet {
        /// Part of the `.cfg`.
        part: String,
        /// Status registers before.
        before: StatusRegisters,
        /// Status registers after.
        after: StatusRegisters,
        /// What keeps the registers from being written.
        lock: StatusLock,
    },
    /// Block protection does not go away.
    #[error(
        "the block protection of the {part} cannot be removed: status registers {before} before, {after} after{}",
        kept_by(*lock)
    )]
    ProtectionStays {
        /// Part of the database.
        part: String,
        /// Status registers before.
        before: StatusRegisters,
        /// Status registers after.
        after: StatusRegisters,
        /// What keeps the registers from being written.
        lock: StatusLock,
    },
    /// Each block has a lock of its own, which the block-protect bits have no part in.
    #[error("the block-protect bits of the {part} do not count: {extent} ({status})")]
    BlockLocks {
        /// Part of the database.
        part: String,
        /// Status registers.
        status: StatusRegisters,
        /// Which locks are closed.
        extent: rtboot_fcb::Protected,
    },
    /// The quad read does not give what the one-pad read gives.
    #[error(
        "at {address:#010x} the quad read gives {quad:#04x}, but the one-pad read gives {plain:#04x}"
    )]
    QuadReadDiffers {
        /// Where.
        address: u32,
        /// Byte by the quad read.
        quad: u8,
        /// Byte by the plain read.
        plain: u8,
    },
    /// It is known that the flash does not answer the read of the image's FCB. Nothing was written.
    #[error("the image's FCB does not fit this flash, so nothing was written: {reason}")]
    FcbUnfit {
        /// What is known of FCB and part.
        reason: Box<Finding>,
    },
    /// The image is in flash, and the flash does not answer the read of its FCB, so that the boot ROM does not start it.
    #[error("the boot ROM cannot read this flash through the FCB that was written: {reason}{}", measured(.tried))]
    FcbUnreadable {
        /// What is known of FCB and part.
        reason: Box<Finding>,
        /// What a read through it gave; `None` when it was not tried.
        tried: Option<TrialDiffers>,
    },
    /// Block protection is on and something must change.
    #[error(
        "the flash is write-protected: {status}: {extent}; {address:#010x} holds {found:#04x} and should become {expected:#04x}"
    )]
    Protected {
        /// Status registers.
        status: StatusRegisters,
        /// What they protect.
        extent: rtboot_fcb::Protected,
        /// What keeps the protection from being cleared.
        lock: rtboot_fcb::StatusLock,
        /// First byte that would have to change.
        address: u32,
        /// What it should become.
        expected: u8,
        /// What it is.
        found: u8,
    },
    /// An erase command failed.
    #[error("erasing {length:#x} bytes at {address:#010x} failed: {source}{}", at_byte(.differs, 0xFF))]
    Erase {
        /// First address.
        address: u32,
        /// How many bytes.
        length: u32,
        /// What happened.
        source: mboot::Error,
        /// First byte that is not blank afterwards, when it could be read.
        differs: Option<(u32, u8)>,
    },
    /// A place that was erased is not blank.
    #[error("flash is not blank at {address:#010x} after the erase: it holds {found:#04x}")]
    NotBlank {
        /// Where.
        address: u32,
        /// What is there.
        found: u8,
    },
    /// A place that was asked about is not blank.
    #[error("flash is not blank: {address:#010x} holds {found:#04x}")]
    HoldsBytes {
        /// First address that is not blank.
        address: u32,
        /// What is there.
        found: u8,
    },
    /// A program command failed.
    #[error("programming {length:#x} bytes at {address:#010x} failed: {source}{}", at_pair(.differs))]
    Program {
        /// First address.
        address: u32,
        /// How many bytes.
        length: u32,
        /// What happened.
        source: mboot::Error,
        /// Address, expected and found byte of the first difference afterwards, when it could be read.
        differs: Option<(u32, u8, u8)>,
    },
    /// A production line that cannot run, or that stopped.
    #[cfg(feature = "line")]
    #[error(transparent)]
    Line(Box<LineError>),
    /// Two pieces of one write have bytes at the same address.
    #[error("{} and {other} both have bytes at {start:#010x}..{end:#010x}", piece.display())]
    Overlap {
        /// One of them.
        piece: PathBuf,
        /// The other.
        other: String,
        /// First address that both have.
        start: u32,
        /// First address after it.
        end: u64,
    },
    /// An application would replace the boot image in flash, which may be the boot loader that is to start it.
    #[error(
        "flash holds another boot image: the IVT at {ivt:#010x} points to {entry:#010x}; a boot header for {} (vector table at {table:#010x}) would replace it",
        path.display()
    )]
    OtherBootLoader {
        /// The file.
        path: PathBuf,
        /// Where its vector table lies.
        table: u32,
        /// Where the IVT in flash lies.
        ivt: u32,
        /// Its entry.
        entry: u32,
    },
    /// An application for a boot loader, and flash holds none.
    #[error("{}", for_boot_loader(path, *mcuboot, *table))]
    NoBootLoader {
        /// The file.
        path: PathBuf,
        /// Where its vector table lies.
        table: u32,
        /// Whether it has the header of MCUboot.
        mcuboot: bool,
    },
    /// Flash is erased where it should hold something.
    #[error(
        "not programmed: flash is erased from {address:#010x}; all {total} compared bytes are 0xff"
    )]
    NotProgrammed {
        /// The first byte that should be another one.
        address: u32,
        /// How many bytes were compared.
        total: u64,
    },
    /// Flash holds all of the file but its FCB, and an FCB all the same.
    #[error(
        "the FCB in flash is not the file's own: it differs in {fields} (at {address:#010x}: expected {expected:#04x}, found {found:#04x}); the rest of the file is in flash"
    )]
    OtherFcb {
        /// First difference.
        address: u32,
        /// Byte of the file.
        expected: u8,
        /// Byte in flash.
        found: u8,
        /// The names of the fields that differ.
        fields: String,
    },
    /// Flash does not hold what it should.
    #[error(
        "flash differs at {address:#010x}: expected {expected:#04x}, found {found:#04x} ({count} of {total} bytes differ)"
    )]
    Verify {
        /// First difference.
        address: u32,
        /// Byte of the image.
        expected: u8,
        /// Byte in flash.
        found: u8,
        /// How many bytes differ.
        count: u64,
        /// Of how many.
        total: u64,
    },
    /// Flash was read twice, and the second reading is another one.
    #[error(
        "two readings of flash differ at {address:#010x}: {first:#04x}, then {second:#04x} ({count} bytes differ)"
    )]
    ReadsDiffer {
        /// First difference.
        address: u32,
        /// What the first reading gave.
        first: u8,
        /// What the second reading gave.
        second: u8,
        /// How many bytes differ.
        count: u64,
    },
    /// The image or range does not fit the flash.
    #[error(
        "{what} {start:#010x}..{end:#010x} lies outside the flash {flash_start:#010x}..{flash_end:#010x}"
    )]
    OutsideFlash {
        /// What does not fit.
        what: OutOfRange,
        /// Its first address.
        start: u32,
        /// First address after it.
        end: u64,
        /// First address of the flash.
        flash_start: u32,
        /// First address after the flash.
        flash_end: u64,
    },
    /// The user asked to stop.
    #[error("stopped by the user: {state}")]
    Interrupted {
        /// What flash holds now.
        state: FlashState,
    },
    /// A failure while flash was changing; `state` says what flash holds now.
    #[error("{source}")]
    WhileWriting {
        /// The failure.
        source: Box<Error>,
        /// What flash holds now.
        state: FlashState,
    },
}
