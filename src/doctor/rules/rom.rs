//! The boot ROM: does it answer, and which chip is this?

use crate::Error;
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Sure};
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
    Some(match source {
        sdp::Error::Timeout { .. } => {
            Finding::error("rom-silent", "the boot ROM is there and does not answer")
                .why(error.to_string())
                .sure(Sure::Possible)
                .act("switch the board's power off and on, then the doctor again")
        }
        sdp::Error::Gone { .. } => {
            Finding::error("rom-left", "the board left while the boot ROM was asked")
                .why(error.to_string())
                .measure("watch the board's supply; try another cable and port")
        }
        sdp::Error::Protocol { .. } if uart => {
            Finding::error("uart-garbage", "what comes over the UART is garbled")
                .why(error.to_string())
                .sure(Sure::Likely)
                .act("reset the board and use 115200 baud from the first byte on")
                .measure("look at the level and shape of the bits on TX")
        }
        sdp::Error::Protocol { .. } => {
            Finding::error("rom-garbage", "the boot ROM's answers make no sense")
                .why(error.to_string())
                .sure(Sure::Possible)
                .act("switch the board's power off and on, use a port of the computer itself")
                .measure("measure NVCC_PLL")
        }
        sdp::Error::Port {
            source: port::Error::Stalled { .. },
            ..
        } => Finding::error("rom-stalled", "the boot ROM takes no more bytes")
            .why(error.to_string())
            .sure(Sure::Likely)
            .act("switch the board's power off and on"),
        sdp::Error::Port {
            source: port::Error::Gone { .. },
            ..
        } => Finding::error("rom-left", "the board left while the boot ROM was asked")
            .why(error.to_string())
            .measure("watch the board's supply; try another cable and port"),
        sdp::Error::Refused { status, .. } => {
            Finding::error("rom-refuses", "the boot ROM refuses to tell its state")
                .why(status.to_string())
                .act("switch the board's power off and on, then the doctor again")
        }
        _ => return None,
    })
}

fn wrong_chip(facts: &Facts) -> Option<Finding> {
    let Some(Error::WrongChip { wanted, found }) = &facts.loader_error else {
        return None;
    };
    Some(
        Finding::error(
            "chip-other",
            format!("this board carries an {found}, not an {wanted}"),
        )
        .why(format!("its id register says {found}"))
        .act("nothing was loaded; take the tool and flashloader of that chip, or another board")
        .run("rtboot list"),
    )
}

/// The part that the user names belongs to another chip.
fn wrong_cfg(facts: &Facts) -> Option<Finding> {
    let error = facts.expected_error.as_ref()?;
    let loaded = match facts.loader {
        Some(_) => "it was left aside",
        None => "nothing was loaded",
    };
    Some(
        Finding::error("cfg-other-chip", error.to_string())
            .why(format!("its key `chip` says so; {loaded}"))
            .act("name a part or .cfg for this chip with --fcb, or take the board that it is for")
            .run("rtboot fcb list"),
    )
}

/// Registers that cannot be read: without the chip id nothing is loaded unless the user names the chip.
fn unread(facts: &Facts) -> Option<Finding> {
    let rom = facts.rom.as_ref()?;
    let why = rom.unread.as_ref()?;
    let blocked = matches!(facts.loader_error, Some(Error::UnknownChip { .. }));
    let text = "the boot ROM does not let registers be read, so chip and boot pins are not known";
    let finding = match blocked {
        true => Finding::error("rom-read-disabled", text),
        false => Finding::warning("rom-read-disabled", text),
    };
    let finding = finding
        .why(format!("{why}, while other commands are answered"))
        .sure(Sure::Likely);
    Some(match blocked {
        true => finding.run("rtboot --chip rt1021 doctor"),
        false => finding.act("nothing needs to be done; pins and fuses are told by the flashloader only as far as it reads them"),
    })
}
