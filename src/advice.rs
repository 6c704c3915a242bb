//! For every error: why it likely happened, and what to do next.
//!
//! Causes are entries of the [`catalogue`], in the order of their likelihood, judged from public threads on RT10xx
//! flashing and from what the genuine flashloader can produce. [`Error`] itself stays facts. Commands are
//! [`Action`]s; whoever talks to a person spells them out.

use std::path::{Path, PathBuf};

use rtboot_finding::catalogue::{self, cause, host, loader as of_loader, rom};
use rtboot_finding::{Action, Entry, Next};

use crate::Error;
use crate::chip::Chip;
use crate::consent::ActKind;
use crate::error::{BackupOf, Breadcrumb, Content, OnPort, Step, Unread};
use crate::mboot;
use crate::port::Wire;
use crate::sdp::Hab;
use crate::selector::Selector;

mod flash;
mod link;
mod measured;

use flash::{configure_advice, erase_advice, erase_ignored, program_advice, verify_advice};
use link::{mboot_advice, port_advice, sdp_advice};
pub use measured::{Interrupted, Measured};

/// Words for people about an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    /// Likely causes, likely first; empty when the error says it all.
    pub causes: Vec<&'static Entry>,
    /// What to do next, in order.
    pub next: Vec<Next>,
}

impl Advice {
    fn of(causes: &[&'static Entry]) -> Advice {
        Advice {
            causes: causes.to_vec(),
            next: Vec::new(),
        }
    }

    fn run(mut self, action: Action) -> Advice {
        self.next.push(Next::Run(action));
        self
    }

    fn measure(mut self, what: &str) -> Advice {
        self.next.push(Next::Measure(what.to_owned()));
        self
    }

    fn act(mut self, what: impl Into<String>) -> Advice {
        self.next.push(Next::Act(what.into()));
        self
    }

    fn hint(self, hint: Option<impl Into<String>>) -> Advice {
        match hint {
            Some(hint) => self.act(hint),
            None => self,
        }
    }

    /// The likely causes in words, each with its entry. A single entry brings what it may come from; several stand beside each
    /// other by their titles.
    pub fn words(&self) -> impl Iterator<Item = (&'static Entry, &'static str)> {
        let single = match self.causes.as_slice() {
            [one] if !one.causes.is_empty() => Some(*one),
            _ => None,
        };
        let of_single = single
            .into_iter()
            .flat_map(|entry| entry.causes.iter().map(move |words| (entry, *words)));
        let titles = self.causes.iter().map(|entry| (*entry, entry.title));
        of_single.chain(titles.filter(move |_| single.is_none()))
    }

    /// Whether the doctor tells the causes apart: they are several entries, and a look at the board shows one of them.
    pub fn doctor_tells(&self) -> bool {
        self.causes.len() > 1 && self.causes.iter().any(|cause| is_of_doctor(cause))
    }

    /// What the doctor does with the causes, as the end of a sentence about it; `None` where it tells nothing apart.
    ///
    /// Some causes show only in a measurement, or in the next try: then it does not tell all of them.
    pub fn doctor_does(&self) -> Option<&'static str> {
        let all = self.causes.iter().all(|cause| is_of_doctor(cause));
        self.doctor_tells().then_some(match all {
            true => "finds out which one it is",
            false => "can rule some of them out",
        })
    }
}

/// Whether the doctor can come to this finding.
fn is_of_doctor(entry: &Entry) -> bool {
    catalogue::doctor().any(|known| known.code == entry.code)
}

/// What to do when no board shows up, with the switches of the chip's kit as an example.
pub(crate) fn boot_mode(chip: &Chip) -> String {
    let kit = chip
        .kit
        .and_then(|kit| Some((kit.name, kit.serial_download?)));
    let kit = kit.map_or(String::new(), |(name, set)| format!(" ({name}: {set})"));
    format!(
        "set BOOT_MODE = 01{kit} and power-cycle the board: the chip reads the pins only at power-up"
    )
}

/// For a chip whose RAM a flashloader does not fit.
pub(crate) const OTHER_BUILD: &str = "use a flashloader built for RAM that this chip has: NXP-MCUBootUtility includes builds for OCRAM, DTCM and ITCM";
/// What opens a flash whose blocks have locks of their own.
pub(crate) const BLOCK_LOCKS: &str = "clear bit 2 (WPS) of status register 3 (06h, then 11h), by a program on the board or an SPI programmer; \
     then the block-protect bits count again";
/// What makes a UART carry bits better. The ROM is known to answer at 115200 baud only.
pub(crate) const BETTER_LINE: &str =
    "use a shorter cable with a ground wire, 3.3 V levels, or another adapter";
/// Where a chip's flashloader comes from; docs/flashloader.md lists the known builds.
pub(crate) fn loader_source(chip: Option<&Chip>) -> String {
    let chip = chip.unwrap_or(Chip::DEFAULT);
    let (folder, family) = (
        chip.tools.mcu_boot_utility,
        chip.tools.spsdk.trim_start_matches("mimx"),
    );
    let folder = folder.map_or(String::new(), |name| format!(" (src/targets/{name})"));
    let family = family.to_ascii_uppercase();
    format!(
        "NXP publishes it with NXP-MCUBootUtility{folder} and in the SDK's package \"Flashloader {family}\""
    )
}
/// Where word of our own loader on a real chip belongs.
const TELL_OWN_LOADER: &str =
    "send that report, with this error, to the authors of rtboot, as an issue in its repository";
/// The doctor, on the board at hand.
const DOCTOR: Action = Action::Doctor {
    board: None,
    chip: None,
};
const CYCLE: &str = "power-cycle the board (a reset is not enough) and try again";
const CYCLE_TO_DOWNLOAD: &str =
    "switch the board's power off and on, with its pins set to serial download";
const RESET: &str = "reset the board and try again";
const MARKING: &str = "read the marking on the flash; name the right part or correct the .cfg";

/// What rtboot advises about this error, whatever was measured.
pub fn advice(error: &Error) -> Advice {
    advice_over(error, None)
}

/// The same in a run that measured this: causes that it rules out are left out, those that it shows come first.
pub fn advice_measured(error: &Error, measured: &Measured) -> Advice {
    // bytes that an interrupted run was at need no other explanation
    if let Error::Verify { address, .. }
    | Error::OtherFcb { address, .. }
    | Error::NotProgrammed { address, .. } = error
    {
        let address = u64::from(*address);
        let holds = |run: &&Interrupted| run.ranges.iter().any(|range| range.contains(&address));
        if let Some(run) = measured.interrupted.iter().find(holds) {
            return Advice {
                causes: vec![run.entry],
                next: run.next.clone(),
            };
        }
    }
    let mut advice = advice_over(error, measured.wire);
    measured.sort(error, &mut advice.causes);
    if matches!(error, Error::Verify { .. }) && measured.on_the_way.one_pad == Some(true) {
        advice.next = flash::verify_on_one_pad();
    }
    advice
}

/// The same for a board on this wire: causes that only the other one brings are left out.
pub fn advice_over(error: &Error, wire: Option<Wire>) -> Advice {
    match error {
        Error::ReadFile { .. }
        | Error::WriteFile { .. }
        | Error::Firmware { .. }
        | Error::Cfg { .. }
        | Error::BadFile { .. }
        | Error::FcbFile { .. }
        | Error::UnknownPart { .. }
        | Error::Settings { .. }
        | Error::Usage(_)
        | Error::StatusWriteUnknown { .. }
        | Error::BadRange { .. }
        | Error::OutsideRam { .. }
        | Error::NotWholeSectors { .. }
        | Error::RomCannotReset
        | Error::RunsInRam
        | Error::NoVectorTable
        | Error::LoaderDangerous { .. }
        | Error::LoaderForOther { .. }
        | Error::UsbPortsUnknown
        | Error::NotConfirmed { .. }
        | Error::NotAgreed { .. }
        | Error::NothingToStart { .. }
        | Error::Overlap { .. }
        | Error::OtherBootLoader { .. }
        | Error::NoBootLoader { .. }
        | Error::TooMuchToKeep { .. } => input(error),
        #[cfg(feature = "line")]
        Error::Line(source) => Advice {
            causes: Vec::new(),
            next: source.next(),
        },
        Error::JournalUnusable { .. }
        | Error::FlashChangedSince { .. }
        | Error::JournalOfOther { .. }
        | Error::WriteUnfinished { .. } => interrupted(error),
        Error::NoBoard { .. }
        | Error::NoVirtual { .. }
        | Error::SeveralBoards { .. }
        | Error::WrongChip { .. }
        | Error::CfgOtherChip { .. }
        | Error::BackupMisfit { .. }
        | Error::UnknownChip { .. }
        | Error::BoardBusy { .. }
        | Error::Virtual(_)
        | Error::OtherBoard { .. } => board(error),
        Error::Port(source) => port_advice(source, wire),
        Error::Sdp { step, source } => sdp_advice(*step, source, wire),
        Error::Mboot {
            step:
                Step::AskFlash(_)
                | Step::ReadFlash { .. }
                | Step::ReadFlashQuad { .. }
                | Step::HashFlash { .. },
            source: source @ mboot::Error::Timeout { .. },
        } => flash::silent_while_reading(source),
        Error::Mboot { source, .. } => mboot_advice(source, wire),
        Error::NoLoader { .. }
        | Error::LoaderRam { .. }
        | Error::LoaderDamaged { .. }
        | Error::JumpRefused { .. }
        | Error::LoaderSilent { .. }
        | Error::OwnLoaderSilent { .. } => loader(error),
        Error::NoFlash { .. }
        | Error::PartMismatch { .. }
        | Error::FlashChanged { .. }
        | Error::PartUnclear { .. }
        | Error::SfdpMismatch { .. } => flash::identity(error),
        Error::QuadNotSet { .. }
        | Error::ProtectionStays { .. }
        | Error::BlockLocks { .. }
        | Error::QuadReadDiffers { .. }
        | Error::FcbUnfit { .. }
        | Error::FcbUnreadable { .. }
        | Error::Protected { .. }
        | Error::OutsideFlash { .. } => flash::state(error),
        Error::Configure { source, .. } => configure_advice(source, wire),
        Error::Erase { source, .. } => erase_advice(source, None, wire),
        Error::Program {
            address,
            source,
            differs,
            ..
        } => program_advice(source, *address, *differs, wire),
        Error::NotBlank { .. } => erase_ignored(None),
        Error::HoldsBytes { .. } => Advice::default(),
        Error::NotProgrammed { .. } => Advice::default().run(Action::Write {
            app: None,
            part: None,
        }),
        Error::OtherFcb { .. } => Advice::of(&[&catalogue::app::APP_OTHER_FCB])
            .act("if the write named an FCB, name the same one here")
            .run(Action::Write {
                app: None,
                part: None,
            }),
        Error::Verify {
            expected, found, ..
        } => verify_advice(*expected, *found),
        Error::ReadsDiffer { .. } => Advice::of(&[
            &catalogue::cause::SUPPLY_DIPS,
            &catalogue::cause::WORN_CELLS,
        ])
        .run(Action::Again)
        .act("if it differs again, check the supply and wiring of the flash"),
        Error::Interrupted { .. } => Advice::default().run(Action::Again),
        Error::WhileWriting { source, state } => while_writing(source, &state.content, wire),
    }
}

/// What flash holds afterwards tells causes of a failed erase apart. The same command finishes what the link or this machine
/// broke off; where the flash did not do what it was told, it would fail again.
fn while_writing(source: &Error, content: &Content, wire: Option<Wire>) -> Advice {
    let advice = match source {
        Error::Erase { source, .. } => erase_advice(source, Some(content), wire),
        Error::NotBlank { .. } => erase_ignored(Some(content)),
        _ => advice_over(source, wire),
    };
    let again = Next::Run(Action::Again);
    if !content.is_unfinished() || source.is_of_flash() || advice.next.contains(&again) {
        return advice;
    }
    match (content, advice.next.is_empty()) {
        (Content::Unknown { .. }, true) => advice.act(CYCLE_TO_DOWNLOAD).run(Action::Again),
        _ => advice.run(Action::Again),
    }
}

/// Files, options and settings.
fn input(error: &Error) -> Advice {
    let none = Advice::default();
    match error {
        Error::ReadFile { .. } => none.act("check the path and its permissions"),
        Error::WriteFile { .. } => none.act("check the path, its permissions and the free space"),
        Error::Firmware { source, .. } => firmware(source),
        Error::Cfg { .. } => none.act("correct the line").run(Action::ExampleCfg),
        Error::BadFile { .. } => none.act("correct the file, or use another one"),
        Error::FcbFile { source, .. } => none.hint(source.hint()),
        Error::UnknownPart { nearest, .. } => match nearest {
            Some(name) => none
                .act(format!("did you mean {name}?"))
                .run(Action::ListParts),
            None => none
                .run(Action::ListParts)
                .act("a .cfg of your own works too"),
        },
        Error::Settings { .. } => none.act("correct the file, or move it out of the way"),
        Error::Usage(_) => none.run(Action::Help),
        Error::StatusWriteUnknown { .. } => write_cfg(none),
        Error::BadRange { .. } => none.run(Action::Info),
        Error::OutsideRam { .. } => none
            .act("these are the bank sizes of a new chip; a raw read through the flashloader has no such limit"),
        Error::NotWholeSectors { .. } => none
            .run(Action::RoundToSectors)
            .act("or name whole sectors"),
        Error::RomCannotReset => none.act("press the reset button, or power-cycle the board"),
        Error::RunsInRam | Error::NoVectorTable => none.run(Action::Reset),
        Error::LoaderDangerous { .. } => none.run(Action::ShowFlashloader),
        Error::LoaderForOther { chip, .. } => none
            .act(format!("give the flashloader of the {chip}: {}", loader_source(Chip::by_name(chip))))
            .run(Action::ShowFlashloader),
        Error::UsbPortsUnknown => none.run(Action::ListBoards),
        Error::NotConfirmed { act } => none.run(Action::Confirm {
            words: act.words.clone(),
            burns_fuses: act.kind == ActKind::BurnsFuses,
        }),
        Error::NotAgreed { .. } => none.run(Action::Yes),
        Error::NothingToStart { .. } => none.run(DOCTOR).run(Action::Write {
            app: None,
            part: None,
        }),
        Error::Overlap { .. } => none.act("give them addresses that do not overlap"),
        Error::OtherBootLoader { .. } | Error::NoBootLoader { .. } => none
            .run(Action::KeepBootLoader)
            .run(Action::ReplaceBootLoader),
        Error::TooMuchToKeep { .. } => none
            .run(Action::EraseAround)
            .act("or write part of the image at a time")
            .run(Action::CropImage),
        _ => none,
    }
}

/// Files that are no firmware, or do not say where they belong.
fn firmware(error: &rtboot_bootable::Error) -> Advice {
    use rtboot_bootable::{BuildProblem, Error as File};
    let advice = Advice::default();
    match error {
        File::NoBase { .. } => advice.run(Action::NameBase { base: None }),
        File::BaseUnclear { .. } => advice.run(Action::NameBase {
            base: error.likely_base(),
        }),
        File::NotFirmware { .. } => advice.hint(error.hint()).run(Action::AsIs),
        File::Build(BuildProblem::ForMcuboot { .. }) => advice.run(Action::KeepBootLoader),
        _ => advice.hint(error.hint()),
    }
}

/// Interrupted writes.
fn interrupted(error: &Error) -> Advice {
    let none = Advice::default();
    match error {
        Error::JournalUnusable { .. } => none
            .act("check the file and restore its owner; or move it out of the way: then its bytes are not restored"),
        Error::FlashChangedSince { .. } => none
            .run(Action::RestoreKept)
            .run(Action::DiscardKept),
        Error::JournalOfOther { user, .. } => none
            .act(format!("finish the write as {user}"))
            .run(Action::DiscardKept),
        Error::WriteUnfinished {
            image,
            command,
            second_stage,
            ..
        } => none
            .run(Action::FinishWrite {
                command: command.clone(),
                // several files stand there joined by commas
                file: (!image.contains(", ")).then(|| image.clone()),
                second_stage: *second_stage,
            })
            .act("or write another boot image over it"),
        _ => none,
    }
}

/// How to come to a .cfg for a part that nobody has described.
fn write_cfg(advice: Advice) -> Advice {
    advice
        .act("write a .cfg for this part")
        .run(Action::ProbeToCfg)
        .run(Action::ExampleCfg)
}

/// Which board, and what it is.
fn board(error: &Error) -> Advice {
    match error {
        Error::NoBoard { selector, .. } => no_board(selector),
        Error::NoVirtual { folder, nearby } => no_virtual_board(folder, nearby),
        Error::SeveralBoards { boards } => {
            boards.iter().fold(Advice::default(), |advice, board| {
                // where USB ports have no names, every board is plain `usb`
                let named = board.selector.usb_port().is_some();
                advice.run(Action::NameBoard {
                    board: named.then(|| board.selector.to_string()),
                })
            })
        }
        Error::WrongChip { .. } => Advice::of(&[&rom::CHIP_OTHER])
            .run(Action::ListBoards)
            .run(Action::NameBoard { board: None }),
        Error::CfgOtherChip { .. } => Advice::of(&[&rom::CFG_OTHER_CHIP])
            .run(Action::NamePart { part: None })
            .act("if the file is also right for this chip, add the chip to its key `chip`"),
        Error::BackupMisfit {
            of: BackupOf::Size,
            path,
            ..
        } => Advice::default()
            .act("give a backup of the whole of this flash")
            .run(Action::Write {
                app: Some(path.display().to_string()),
                part: None,
            }),
        Error::BackupMisfit { .. } => Advice::default()
            .act("give the backup of this board, or the board of this backup")
            .run(Action::AsIs),
        Error::UnknownChip { unread, .. } => {
            let causes: &[&'static Entry] = match unread {
                Some(Unread::Refused(_)) => &[&rom::ROM_READS_REFUSED],
                Some(Unread::Silent { .. }) => &[&rom::ROM_READ_DISABLED],
                Some(Unread::NotAsked(_)) | None => &[],
            };
            Advice::of(causes)
                .act("read the chip's name on its package")
                .run(Action::NameChip { chip: None })
        }
        Error::BoardBusy { .. } => Advice::of(&[&host::HOST_BUSY])
            .act("wait until it is done, or stop it")
            .run(Action::NameBoard { board: None }),
        Error::Virtual(_) => Advice::default().run(Action::NewVirtual { folder: None }),
        Error::OtherBoard { .. } => {
            Advice::default().act("do not touch the cables while rtboot runs, and start again")
        }
        _ => Advice::default(),
    }
}

/// From the boot ROM to a flashloader that runs.
fn loader(error: &Error) -> Advice {
    match error {
        Error::NoLoader { chip, own, .. } => {
            let file = Advice::default()
                .run(Action::AddFlashloader)
                .act(loader_source(Chip::by_name(chip)))
                .run(Action::NameFlashloader);
            match own {
                None => file.run(Action::OwnLoader),
                Some(_) => file,
            }
        }
        Error::OwnLoaderSilent {
            now,
            breadcrumb,
            hab,
            ..
        } => own_silent(now, breadcrumb.as_ref(), *hab)
            .run(Action::DoctorReport)
            .act(TELL_OWN_LOADER)
            .run(Action::AddFlashloader)
            .act(loader_source(None))
            .run(Action::NxpLoader),
        Error::LoaderRam { .. } => Advice::of(&[&of_loader::FUSE_FLEXRAM_SHORT])
            .act(OTHER_BUILD)
            .run(Action::AddFlashloader)
            .run(Action::ShowFlashloader),
        Error::LoaderDamaged { .. } => Advice::of(&[&of_loader::LOADER_DAMAGED])
            .act(RESET)
            .act(BETTER_LINE),
        Error::JumpRefused { hab, .. } => jump_refused(*hab),
        Error::LoaderSilent { hab, .. } => {
            loader_silent(*hab).run(Action::ShowFlashloader).act(RESET)
        }
        _ => Advice::default(),
    }
}

/// A part that reads open runs any code: the file is at fault then.
fn jump_refused(hab: Option<Hab>) -> Advice {
    match hab {
        Some(Hab::Open) => Advice::of(&[&of_loader::LOADER_BAD_FILE, &of_loader::LOADER_REFUSED])
            .run(Action::ShowFlashloader)
            .act(RESET),
        Some(Hab::Closed) | None => Advice::of(&[
            &of_loader::CLOSED_PART,
            &of_loader::LOADER_BAD_FILE,
            &of_loader::LOADER_REFUSED,
        ])
        .act("reset the board; on a closed part use a flashloader signed with its key"),
    }
}

fn loader_silent(hab: Option<Hab>) -> Advice {
    let mut causes: Vec<&'static Entry> = vec![
        &of_loader::LOADER_BAD_FILE,
        &of_loader::FUSE_FLEXRAM_SHORT,
        &of_loader::LOADER_VANISHED,
    ];
    match hab {
        Some(Hab::Open) => {}
        Some(Hab::Closed) => causes.insert(0, &of_loader::CLOSED_PART),
        None => causes.insert(1, &of_loader::CLOSED_PART),
    }
    Advice::of(&causes)
}

/// What it left behind tells whether it ran into something, or its USB device was not seen.
fn own_silent(now: &OnPort, breadcrumb: Option<&Breadcrumb>, hab: Option<Hab>) -> Advice {
    let mut causes: Vec<&'static Entry> = match (now, breadcrumb) {
        (_, Some(crumb)) if crumb.error != 0 => vec![&cause::OWN_LOADER_UNFIT],
        // the loader resets the chip where it cannot go on, and a watchdog does where it hangs
        (OnPort::Rom, _) | (_, Some(_)) => {
            vec![&cause::OWN_LOADER_UNFIT, &cause::SECOND_USB_DEVICE]
        }
        _ => vec![&cause::SECOND_USB_DEVICE, &cause::OWN_LOADER_UNFIT],
    };
    match hab {
        Some(Hab::Open) => {}
        Some(Hab::Closed) => causes.insert(0, &of_loader::CLOSED_PART),
        None => causes.push(&of_loader::CLOSED_PART),
    }
    Advice::of(&causes)
}

/// Another folder may be meant; else one is made.
fn no_virtual_board(folder: &Path, nearby: &[PathBuf]) -> Advice {
    let beside = nearby.iter().fold(Advice::default(), |advice, folder| {
        let board = Selector::Virtual(Some(folder.clone())).to_string();
        advice.run(Action::NameBoard { board: Some(board) })
    });
    let folder = folder.display().to_string();
    beside.run(Action::NewVirtual {
        folder: Some(folder),
    })
}

fn no_board(selector: &Selector) -> Advice {
    match selector {
        Selector::Virtual(folder) => {
            let folder = folder.as_ref().map(|folder| folder.display().to_string());
            Advice::of(&[&host::HOST_VIRTUAL_AWAY])
                .run(Action::VirtualToDownload {
                    folder: folder.clone(),
                })
                .run(Action::ShowVirtual { folder })
        }
        Selector::Uart { .. } => Advice::of(&[&host::UART_SILENT]).act(boot_mode(Chip::DEFAULT)),
        _ => Advice::of(&[&host::HOST_NO_BOARD])
            .act(boot_mode(Chip::DEFAULT))
            .run(Action::ListBoards),
    }
}

#[cfg(test)]
mod tests {
    use rtboot_finding::catalogue::{app, cause, flash as of_flash};

    use super::*;

    #[test]
    fn ff_for_another_byte_names_what_was_read_first() {
        let advice = verify_advice(0x46, 0xFF);
        assert_eq!(advice.causes[0].code, app::APP_HALF_WRITTEN.code);
        assert_eq!(advice.causes[1].code, of_flash::FLASH_PROTECTED.code);
        assert!(advice.doctor_tells());
    }

    #[test]
    fn one_cause_brings_what_it_may_come_from() {
        let advice = Advice::of(&[&host::HOST_NO_BOARD]);
        let words: Vec<_> = advice.words().map(|(_, words)| words).collect();
        assert_eq!(words, host::HOST_NO_BOARD.causes);
        assert!(!advice.doctor_tells());
        let advice = Advice::of(&[&host::HOST_NO_BOARD, &cause::WORN_CELLS]);
        let words: Vec<_> = advice.words().map(|(_, words)| words).collect();
        assert_eq!(words, ["no board is on USB", "worn cells"]);
        assert_eq!(advice.doctor_does(), Some("can rule some of them out"));
    }

    fn own_silent(hab: Option<Hab>, now: crate::OnPort, error: Option<u32>) -> Error {
        Error::OwnLoaderSilent {
            address: 0x2020_8000,
            waited_ms: 10_000,
            now,
            srsr: None,
            breadcrumb: error.map(|error| crate::Breadcrumb {
                stage: 6,
                error,
                detail: 0,
            }),
            hab,
        }
    }

    #[test]
    fn what_own_loader_left_sorts_its_causes() {
        let first = |now, error| {
            let advice = advice(&own_silent(Some(Hab::Open), now, error));
            advice
                .causes
                .iter()
                .map(|cause| cause.code)
                .collect::<Vec<_>>()
        };
        use crate::OnPort::{Nothing, Rom};
        assert_eq!(first(Rom, Some(3)), ["own-loader-unfit"]);
        assert_eq!(
            first(Rom, Some(0)),
            ["own-loader-unfit", "second-usb-device"]
        );
        assert_eq!(
            first(Nothing, None),
            ["second-usb-device", "own-loader-unfit"]
        );
    }

    #[test]
    fn part_that_reads_open_is_not_called_closed() {
        let errors = |hab| {
            [
                Error::JumpRefused {
                    address: 0x2020_8200,
                    answer: 0x3333_3333,
                    hab,
                },
                Error::LoaderSilent {
                    address: 0x2020_8200,
                    waited_ms: 10_000,
                    now: crate::OnPort::Rom,
                    hab,
                },
            ]
        };
        let own = |hab| advice(&own_silent(hab, crate::OnPort::Rom, None)).causes;
        let is_closed = |causes: Vec<&Entry>| {
            let mut causes = causes.iter();
            causes.position(|cause| cause.code == of_loader::CLOSED_PART.code)
        };
        assert_eq!(is_closed(own(Some(Hab::Open))), None);
        assert_eq!(is_closed(own(Some(Hab::Closed))), Some(0));
        assert!(is_closed(own(None)).is_some());
        let words = format!(
            "{:?}",
            advice(&own_silent(Some(Hab::Open), crate::OnPort::Rom, None))
        );
        assert!(!words.contains("closed"), "{words}");
        let place = |error: &Error| {
            let causes = advice(error).causes;
            let code = of_loader::CLOSED_PART.code;
            causes.iter().position(|cause| cause.code == code)
        };
        assert_eq!(errors(Some(Hab::Open)).each_ref().map(place), [None; 2]);
        let closed = errors(Some(Hab::Closed)).each_ref().map(place);
        assert_eq!(closed, [Some(0); 2]);
        let unknown = errors(None).each_ref().map(place);
        assert_eq!(unknown, [Some(0), Some(1)]);
        let refused = advice(&errors(Some(Hab::Open))[0]);
        assert!(!format!("{refused:?}").contains("closed"));
    }

    #[test]
    fn failure_while_writing_is_advised_like_its_cause() {
        let error = Error::NotBlank {
            address: 0x6000_0000,
            found: 0,
        };
        let plain = advice(&error);
        let error = error.with_flash_state(crate::Content::NothingStarts {
            changed: 0x6000_0000..0x6000_1000,
        });
        assert_eq!(advice(&error), plain);
        assert_eq!(error.exit_code(), 31);
    }
}
