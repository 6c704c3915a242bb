//! The boot ROM: does it answer, and which chip is this?

use rtboot_finding::catalogue::{host, rom as entries};
use rtboot_finding::{Action, Finding, Severity, Sure};

use super::CYCLE_AND_AGAIN;
use crate::Error;
use crate::doctor::facts::Facts;
use crate::error::Unread;
use crate::{port, sdp};

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = facts
        .rom_error
        .iter()
        .filter_map(|e| mute(facts, e))
        .collect();
    findings.extend(wrong_chip(facts));
    findings.extend(wrong_cfg(facts));
    findings.extend(unread(facts));
    findings
}

/// A ROM that is on the bus and gives no sensible answer.
fn mute(facts: &Facts, error: &Error) -> Option<Finding> {
    let Error::Sdp { source, .. } = error else {
        return None;
    };
    let uart = facts.host.is_uart;
    let of = |entry| Finding::new(entry).why(error.to_string());
    Some(match source {
        sdp::Error::Timeout { .. } => of(&entries::ROM_SILENT)
            .sure(Sure::Possible)
            .act(CYCLE_AND_AGAIN),
        sdp::Error::Gone { .. }
        | sdp::Error::Port {
            source: port::Error::Gone { .. },
            ..
        } => of(&entries::ROM_LEFT).measure("watch the board's supply; try another cable and port"),
        sdp::Error::Protocol { .. } if uart => of(&host::UART_GARBAGE)
            .sure(Sure::Likely)
            .act("reset the board and use 115200 baud from the first byte on")
            .measure("look at the level and shape of the bits on TX"),
        sdp::Error::Protocol { .. } => of(&entries::ROM_GARBAGE)
            .sure(Sure::Possible)
            .act("switch the board's power off and on, use a port of the computer itself")
            .measure("measure NVCC_PLL"),
        sdp::Error::Port {
            source: port::Error::Stalled { .. },
            ..
        } => of(&entries::ROM_STALLED)
            .sure(Sure::Likely)
            .act("switch the board's power off and on"),
        sdp::Error::Refused { status, .. } => Finding::new(&entries::ROM_REFUSES)
            .why(status.to_string())
            .act(CYCLE_AND_AGAIN),
        _ => return None,
    })
}

fn wrong_chip(facts: &Facts) -> Option<Finding> {
    let Some(Error::WrongChip { wanted, found }) = &facts.loader_error else {
        return None;
    };
    Some(
        Finding::new(&entries::CHIP_OTHER)
            .text("found", found)
            .text("wanted", wanted)
            .why(match facts.rom.as_ref().map(|rom| rom.chip_id()) {
                Some(Some(_)) => format!("its id register says {found}"),
                Some(None) => format!("its USB ids are those of {found}"),
                None => format!("the flashloader that runs says {found}"),
            })
            .act("nothing was loaded; name no chip, or take another board")
            .run(Action::ListBoards),
    )
}

/// The part that the user names belongs to another chip.
fn wrong_cfg(facts: &Facts) -> Option<Finding> {
    let Some(Error::CfgOtherChip { from, meant, chip }) = &facts.expected_error else {
        return None;
    };
    let loaded = match facts.loader {
        Some(_) => "it was left aside",
        None => "nothing was loaded",
    };
    Some(
        Finding::new(&entries::CFG_OTHER_CHIP)
            .text("from", from)
            .text("meant", meant)
            .text("chip", chip)
            .why(format!("its key `chip` says so; {loaded}"))
            .run(Action::NamePart { part: None })
            .act("or take the board that the file is for")
            .run(Action::ListParts),
    )
}

/// Registers that cannot be read: without the chip id nothing is loaded unless the user names the chip. A refusal is the
/// ROM's list of addresses; silence is more likely a fuse.
fn unread(facts: &Facts) -> Option<Finding> {
    let rom = facts.rom.as_ref()?;
    // what was not asked for is no sign of a fault
    let why = rom.unread.as_ref();
    let why = why.filter(|why| !matches!(why, Unread::NotAsked(_)))?;
    let chip = facts.identity.chip;
    let blocked = matches!(facts.loader_error, Some(Error::UnknownChip { .. }));
    let finding = match rom.refused.is_empty() {
        true => Finding::new(&entries::ROM_READ_DISABLED)
            .why(format!("{why}, while other commands are answered"))
            .sure(Sure::Likely),
        false => Finding::new(&entries::ROM_READS_REFUSED)
            .text("registers", rom.refused_names())
            .why(why.to_string()),
    };
    Some(match blocked {
        true => finding.severity(Severity::Error).run(Action::Doctor {
            board: None,
            chip: chip.spellings.first().map(|name| (*name).to_owned()),
        }),
        false => finding.act("nothing needs to be done; pins and fuses are told by the flashloader only as far as it reads them"),
    })
}
