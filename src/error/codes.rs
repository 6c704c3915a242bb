//! Names and numbers of errors for programs: stable codes, process exit codes.

use super::{BackupOf, Error};
use crate::{mboot, port, sdp};

impl Error {
    /// Stable kebab-case name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::ReadFile { .. } => "file-unreadable",
            Error::WriteFile { .. } => "file-unwritable",
            Error::Firmware { source, .. } if other_chip(source) => "image-other-chip",
            Error::Firmware { .. } => "bad-firmware-file",
            Error::Cfg { .. } => "bad-cfg",
            Error::BadFile { .. } => "bad-file",
            Error::FcbFile { .. } => "bad-fcb-file",
            Error::UnknownPart { .. } => "unknown-part",
            Error::Settings { .. } => "bad-settings",
            #[cfg(feature = "line")]
            Error::Line(source) => source.code(),
            Error::Usage(_) => "usage",
            Error::BadRange { .. } => "bad-range",
            Error::OutsideRam { .. } => "outside-ram",
            Error::NotWholeSectors { .. } => "not-whole-sectors",
            Error::RomCannotReset => "rom-cannot-reset",
            Error::RunsInRam => "runs-in-ram",
            Error::NoVectorTable => "no-vector-table",
            Error::NothingToStart { .. } => "nothing-to-start",
            Error::LoaderDangerous { .. } => "flashloader-dangerous",
            Error::LoaderForOther { .. } => "flashloader-other-chip",
            Error::StatusWriteUnknown { .. } => "status-write-unknown",
            Error::UsbPortsUnknown => "usb-ports-unknown",
            Error::NotConfirmed { .. } => "not-confirmed",
            Error::NotAgreed { .. } => "not-agreed",
            Error::NoBoard { .. } => "no-board",
            Error::NoVirtual { .. } => "no-virtual-board",
            Error::SeveralBoards { .. } => "several-boards",
            Error::WrongChip { .. } => "wrong-chip",
            Error::BackupMisfit { .. } => "backup-misfit",
            Error::CfgOtherChip { .. } => "cfg-other-chip",
            Error::UnknownChip { .. } => "unknown-chip",
            Error::BoardBusy { .. } => "board-held",
            Error::Port(_) => "port",
            Error::Virtual(_) => "virtual-board",
            Error::Sdp { .. } => "sdp",
            Error::Mboot { .. } => "mboot",
            Error::NoLoader { .. } => "no-flashloader",
            Error::LoaderRam { .. } => "flashloader-ram",
            Error::LoaderDamaged { .. } => "flashloader-damaged",
            Error::JumpRefused { .. } => "jump-refused",
            Error::LoaderSilent { .. } => "flashloader-silent",
            Error::OwnLoaderSilent { .. } => "own-loader-silent",
            Error::OtherBoard { .. } => "other-board",
            Error::NoFlash { .. } => "no-flash",
            Error::PartMismatch { .. } => "part-mismatch",
            Error::FlashChanged { .. } => "flash-changed",
            Error::PartUnclear { .. } => "part-unclear",
            Error::SfdpMismatch { .. } => "sfdp-mismatch",
            Error::Configure { .. } => "configure-failed",
            Error::QuadNotSet { .. } => "quad-not-set",
            Error::ProtectionStays { .. } => "protection-stays",
            Error::BlockLocks { .. } => "block-locks",
            Error::QuadReadDiffers { .. } => "quad-read-differs",
            Error::FcbUnfit { .. } => "fcb-unfit",
            Error::FcbUnreadable { .. } => "fcb-unreadable",
            Error::Protected { .. } => "write-protected",
            Error::Erase { .. } => "erase-failed",
            Error::NotBlank { .. } | Error::HoldsBytes { .. } => "not-blank",
            Error::Program { .. } => "program-failed",
            Error::Overlap { .. } => "overlap",
            Error::OtherBootLoader { .. } => "other-boot-loader",
            Error::NoBootLoader { .. } => "no-boot-loader",
            Error::NotProgrammed { .. } => "not-programmed",
            Error::OtherFcb { .. } => "other-fcb",
            Error::Verify { .. } => "verify-failed",
            Error::ReadsDiffer { .. } => "reads-differ",
            Error::OutsideFlash { .. } => "outside-flash",
            Error::TooMuchToKeep { .. } => "too-much-to-keep",
            Error::JournalUnusable { .. } => "journal-unusable",
            Error::FlashChangedSince { .. } => "flash-changed-since",
            Error::JournalOfOther { .. } => "journal-of-other",
            Error::WriteUnfinished { .. } => "write-unfinished",
            Error::Interrupted { .. } => "interrupted",
            Error::WhileWriting { source, .. } => source.code(),
        }
    }

    /// Process exit code, from the table in docs/exit-codes.md.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::StatusWriteUnknown { .. } | Error::UsbPortsUnknown => 2,
            Error::BadRange { .. } | Error::OutsideRam { .. } => 2,
            Error::NotWholeSectors { .. } => 2,
            Error::RomCannotReset | Error::RunsInRam | Error::NoVectorTable => 2,
            Error::LoaderDangerous { .. } => 2,
            Error::Usage(_) | Error::NotConfirmed { .. } | Error::NotAgreed { .. } => 2,
            Error::TooMuchToKeep { .. } => 2,
            Error::Firmware { source, .. } if other_chip(source) => 12,
            Error::Firmware { .. }
            | Error::Cfg { .. }
            | Error::BadFile { .. }
            | Error::FcbFile { .. }
            | Error::UnknownPart { .. } => 3,
            Error::Settings { .. } | Error::OutsideFlash { .. } => 3,
            Error::NothingToStart { .. } => 3,
            #[cfg(feature = "line")]
            Error::Line(source) => source.exit_code(),
            Error::ReadFile { .. } | Error::WriteFile { .. } | Error::Virtual(_) => 4,
            Error::JournalUnusable { .. } => 4,
            Error::NoBoard { .. } | Error::NoVirtual { .. } => 10,
            Error::WrongChip { .. } | Error::CfgOtherChip { .. } => 12,
            Error::LoaderForOther { .. } => 12,
            Error::BackupMisfit {
                of: BackupOf::Chip, ..
            } => 12,
            Error::BackupMisfit { .. } => 30,
            Error::UnknownChip { .. } | Error::OtherBoard { .. } => 12,
            Error::SeveralBoards { .. } => 13,
            Error::BoardBusy { .. } => 14,
            Error::Port(source) => port_exit(source),
            Error::Sdp { source, .. } => sdp_exit(source),
            Error::Mboot { source, .. } => mboot_exit(source, 1),
            Error::NoLoader { .. } | Error::LoaderRam { .. } | Error::LoaderDamaged { .. } => 20,
            Error::JumpRefused { .. }
            | Error::LoaderSilent { .. }
            | Error::OwnLoaderSilent { .. } => 20,
            Error::NoFlash { .. } | Error::PartMismatch { .. } | Error::PartUnclear { .. } => 30,
            Error::FlashChanged { .. } => 30,
            Error::SfdpMismatch { .. }
            | Error::QuadNotSet { .. }
            | Error::QuadReadDiffers { .. }
            | Error::FcbUnfit { .. }
            | Error::FcbUnreadable { .. } => 30,
            Error::Configure { source, .. } => mboot_exit(source, 30),
            Error::Protected { .. } | Error::ProtectionStays { .. } | Error::BlockLocks { .. } => {
                31
            }
            Error::NotBlank { .. } | Error::HoldsBytes { .. } => 31,
            Error::Erase { source, .. } => mboot_exit(source, 31),
            Error::Program { source, .. } => mboot_exit(source, 32),
            Error::OtherBootLoader { .. } | Error::NoBootLoader { .. } => 2,
            Error::Overlap { .. } => 3,
            Error::NotProgrammed { .. } | Error::OtherFcb { .. } => 33,
            Error::Verify { .. } | Error::ReadsDiffer { .. } => 33,
            Error::FlashChangedSince { .. } | Error::JournalOfOther { .. } => 34,
            Error::WriteUnfinished { .. } => 34,
            Error::Interrupted { .. } => 70,
            Error::WhileWriting { source, .. } => source.exit_code(),
        }
    }
}

/// Whether a file is fine and made for another chip.
fn other_chip(error: &rtboot_bootable::Error) -> bool {
    matches!(error, rtboot_bootable::Error::OtherChip { .. })
}

/// Exit code of a failure below the protocols.
fn port_exit(error: &port::Error) -> u8 {
    match error {
        port::Error::NotBuilt { .. } => 2,
        port::Error::NotFound { .. } => 10,
        port::Error::Permission { .. } => 11,
        port::Error::Busy { .. } => 14,
        _ => 15,
    }
}

/// The link's exit code when the link failed, else the one for a refusal.
fn sdp_exit(error: &sdp::Error) -> u8 {
    match error {
        sdp::Error::Port { source, .. } => port_exit(source),
        sdp::Error::Gone { .. } | sdp::Error::Timeout { .. } | sdp::Error::Protocol { .. } => 15,
        _ => 21,
    }
}

/// The link's exit code when the link failed, else the step's own.
fn mboot_exit(error: &mboot::Error, step: u8) -> u8 {
    match error {
        mboot::Error::Port { source, .. } => port_exit(source),
        _ if error.data_was_garbled() => 15,
        mboot::Error::Gone { .. }
        | mboot::Error::Timeout { .. }
        | mboot::Error::Protocol { .. } => 15,
        mboot::Error::Cancelled { .. } => 70,
        _ => step,
    }
}
