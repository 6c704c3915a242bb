//! The flashloader: is there one, did it start, does it answer?

use rtboot_finding::catalogue::{host, loader as entries};
use rtboot_finding::{Action, Entry, Finding, Sure};

use super::{AGAIN, CYCLE_AND_AGAIN};
use crate::advice::{BETTER_LINE, OTHER_BUILD, advice};
use crate::board::Program;
use crate::doctor::facts::Facts;
use crate::sdp::Hab;
use crate::{Error, mboot, port, sdp};

/// Commands that flashing needs, as bits of property 7: read, write, configure-memory, flash-erase-region.
const NEEDED: &[(u32, &str)] = &[
    (1 << 1, "flash-erase-region"),
    (1 << 2, "read-memory"),
    (1 << 3, "write-memory"),
    (1 << 16, "configure-memory"),
];

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(error) = &facts.loader_error {
        findings.extend(failed(facts, error));
    }
    findings.extend(foreign(facts));
    findings.extend(noisy(facts));
    findings
}

/// A UART that turns bits: found by chance in the flashloader, and not found in the commands around it.
fn noisy(facts: &Facts) -> Option<Finding> {
    let spoiled = facts.loader.as_ref()?.sent_again;
    (spoiled > 0).then(|| {
        Finding::new(&host::UART_NOISY)
            .why(format!(
                "{spoiled} bytes of the flashloader had to be sent again"
            ))
            .act(BETTER_LINE)
            .measure("look at the shape of the bits on RX at the chip")
    })
}

fn closed(facts: &Facts) -> bool {
    facts.rom.as_ref().and_then(|rom| rom.hab) == Some(Hab::Closed)
}

fn reads_open(facts: &Facts) -> bool {
    facts.rom.as_ref().and_then(|rom| rom.hab) == Some(Hab::Open)
}

/// A finding of this entry, with the error as the fact behind it.
fn by(entry: &'static Entry, error: &Error) -> Finding {
    Finding::new(entry).why(error.to_string())
}

/// A finding with the steps that the error has, too.
fn as_advised(mut finding: Finding, error: &Error) -> Finding {
    finding.next = advice(error).next;
    finding
}

fn failed(facts: &Facts, error: &Error) -> Option<Finding> {
    Some(match error {
        Error::JumpRefused { .. } | Error::LoaderSilent { .. } | Error::OwnLoaderSilent { .. }
            if closed(facts) =>
        {
            Finding::new(&entries::CLOSED_PART)
                .why(format!("the boot ROM says closed; {error}"))
                .sure(Sure::Likely)
                .act("use a flashloader that is signed with the key whose hash is in this part's fuses; the application must be signed with it, too")
                .run(Action::HabStatus)
        }
        Error::NoLoader { .. } => as_advised(
            Finding::new(&entries::LOADER_NONE)
                .text("error", error)
                .why("the boot ROM alone can neither read nor write flash"),
            error,
        ),
        Error::Firmware { path, source } => Finding::new(&entries::LOADER_BAD_FILE)
            .text("file", path.display())
            .why(source.to_string())
            .run(Action::ShowFlashloader),
        Error::ReadFile { path, source } => Finding::new(&entries::LOADER_BAD_FILE)
            .text("file", path.display())
            .because("the file was moved, or this user may not read it")
            .why(source.to_string())
            .run(Action::ListFlashloaders),
        Error::LoaderDangerous { .. } => Finding::new(&entries::LOADER_DANGEROUS)
            .why(error.to_string())
            .run(Action::ShowFlashloader),
        Error::LoaderRam { need, split, .. } => by(&entries::FUSE_FLEXRAM_SHORT, error)
            .text("need", need)
            .text("split", split)
            .because("it was not sent: without this RAM it dies right after the jump")
            .act(OTHER_BUILD)
            .run(Action::AddFlashloader)
            .run(Action::ShowFlashloader),
        Error::JumpRefused { answer, .. } => Finding::new(&entries::LOADER_REFUSED)
            .why(match reads_open(facts) {
                true => format!("{error}; the part is open, so the ROM refuses the image itself (answer {answer:#010x})"),
                false => error.to_string(),
            })
            .sure(Sure::Likely)
            .run(Action::ShowFlashloader),
        Error::LoaderSilent { .. } => silent(facts, error),
        Error::OwnLoaderSilent { .. } => as_advised(by(&entries::OWN_LOADER_SILENT, error), error),
        Error::LoaderDamaged { .. } => by(&entries::LOADER_DAMAGED, error)
            .act("reset the board")
            .act(BETTER_LINE)
            .measure("look at the shape of the bits on RX at the chip"),
        Error::OtherBoard { .. } => by(&entries::LOADER_OTHER_BOARD, error)
            .act("do not touch the cables while rtboot runs, and start again"),
        Error::Sdp { source, .. } => loading(error, source)?,
        Error::Mboot { source, .. } => talking(facts, error, source)?,
        Error::Port(port::Error::Gone { .. } | port::Error::Stalled { .. }) => left(facts, error),
        _ => return None,
    })
}

fn silent(facts: &Facts, error: &Error) -> Finding {
    let (entry, again) = match facts.seen_after {
        Some(Program::Rom) => (
            &entries::LOADER_NOT_STARTED,
            "switch the board's power off and on and try again",
        ),
        _ => (
            &entries::LOADER_VANISHED,
            "switch the board's power off and on and try again, on a port of the computer itself",
        ),
    };
    by(entry, error)
        .sure(Sure::Possible)
        .run(Action::ShowFlashloader)
        .act(again)
}

/// The link while the ROM took the flashloader.
fn loading(error: &Error, source: &sdp::Error) -> Option<Finding> {
    Some(match source {
        sdp::Error::Gone { .. }
        | sdp::Error::Port {
            source: port::Error::Gone { .. },
            ..
        } => by(&entries::LOADER_LINK_LOST, error)
            .act("another cable and port, then again")
            .measure("watch the supply while the flashloader is sent"),
        sdp::Error::Timeout { .. } | sdp::Error::Protocol { .. } | sdp::Error::Port { .. } => {
            by(&entries::LOADER_NOT_TAKEN, error)
                .sure(Sure::Possible)
                .act(CYCLE_AND_AGAIN)
        }
        sdp::Error::Refused { status, .. } => Finding::new(&entries::LOADER_NOT_TAKEN)
            .why(status.to_string())
            .because("an address that the ROM does not let be written")
            .run(Action::ShowFlashloader),
        _ => return None,
    })
}

/// A flashloader that is on the bus and does not answer as one.
fn talking(facts: &Facts, error: &Error, source: &mboot::Error) -> Option<Finding> {
    Some(match source {
        mboot::Error::Timeout { .. } => by(mute(facts), error)
            .sure(Sure::Possible)
            .act(CYCLE_AND_AGAIN)
            .run(AGAIN),
        mboot::Error::Port {
            source: port::Error::Stalled { .. },
            ..
        } => by(&entries::LOADER_STALLED, error)
            .sure(Sure::Likely)
            .act(CYCLE_AND_AGAIN),
        mboot::Error::Gone { .. }
        | mboot::Error::Port {
            source: port::Error::Gone { .. },
            ..
        } => left(facts, error),
        mboot::Error::Protocol { .. } => by(&entries::LOADER_GARBAGE, error)
            .sure(Sure::Possible)
            .act("reset the board, close other tools, use a high-speed port"),
        mboot::Error::Refused { status, .. } => Finding::new(&entries::LOADER_REFUSES)
            .why(status.to_string())
            .run(Action::ShowFlashloader),
        _ => return None,
    })
}

fn mute(facts: &Facts) -> &'static Entry {
    match facts.host.is_uart {
        true => &entries::LOADER_MUTE_UART,
        false => &entries::LOADER_MUTE,
    }
}

fn left(facts: &Facts, error: &Error) -> Finding {
    let back = match facts.seen_after {
        Some(Program::Rom) => "; the boot ROM is back, so the chip was reset",
        _ => "",
    };
    Finding::new(&entries::LOADER_LEFT)
        .why(format!("{error}{back}"))
        .sure(Sure::Possible)
        .act("switch the board's power off and on with BOOT_MODE = 01, then the doctor again")
        .measure("watch the board's supply")
}

/// A flashloader that runs and is not what flashing needs.
fn foreign(facts: &Facts) -> Option<Finding> {
    let run = facts.loader.as_ref()?;
    let has = run.commands?;
    let missing: Vec<&str> = NEEDED
        .iter()
        .filter(|(bit, _)| has & bit == 0)
        .map(|(_, name)| *name)
        .collect();
    (!missing.is_empty()).then(|| {
        Finding::new(&entries::LOADER_RESTRICTED)
            .text("commands", missing.join(", "))
            .why(format!(
                "its command bits are {has:#x}, version {}",
                run.facts.version
            ))
            .act("reset the board and start NXP's flashloader for this chip")
            .run(Action::AddFlashloader)
    })
}
