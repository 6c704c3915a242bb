//! The flashloader: is there one, did it start, does it answer?

use crate::board::Program;
use crate::catalogue::BETTER_LINE;
use crate::doctor::facts::{Facts, ocram_kib};
use crate::doctor::finding::{Finding, Sure};
use crate::sdp::Hab;
use crate::{Error, mboot, port, sdp};

const SHOW: &str = "rtboot flashloader show FILE";
/// Commands that flashing needs, as bits of property 7: read, write, configure-memory, flash-erase-region.
const NEEDED: &[(u32, &str)] = &[
    (1 << 1, "flash-erase-region"),
    (1 << 2, "read-memory"),
    (1 << 3, "write-memory"),
    (1 << 16, "configure-memory"),
];

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(ram_short(facts));
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
        Finding::warning("uart-noisy", "the UART spoils bytes")
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

/// The FlexRAM fuses leave less OCRAM than the flashloader needs.
fn ram_short(facts: &Facts) -> Option<Finding> {
    let short = facts.ram_short?;
    let word = facts.fuses.word(crate::doctor::MISC_CONF0)?;
    Some(
        Finding::error(
            "fuse-flexram-short",
            format!("by its fuses this chip has {} KiB of OCRAM, too little for the flashloader", ocram_kib(word)),
        )
        .why(format!(
            "MISC_CONF0 is {word:#010x}; the flashloader needs {:#010x} to {:#010x}, OCRAM ends at {:#010x}. It was not sent",
            short.start, short.end, short.ram_end
        ))
        .sure(Sure::Likely)
        .act("use a flashloader built for ITCM or DTCM (NXP-MCUBootUtility brings such builds): rtboot flashloader add FILE")
        .run(SHOW),
    )
}

fn failed(facts: &Facts, error: &Error) -> Option<Finding> {
    if closed(facts)
        && matches!(
            error,
            Error::JumpRefused { .. } | Error::LoaderSilent { .. }
        )
    {
        return Some(closed_part(error));
    }
    Some(match error {
        Error::NoLoader { chip } => Finding::error("loader-none", format!("no flashloader file is known for the {chip}"))
            .why("the boot ROM alone can neither read nor write flash")
            .run("rtboot flashloader add ivt_flashloader.bin")
            .act("NXP publishes it in the SDK (middleware/mcu-boot) and with NXP-MCUBootUtility"),
        Error::Firmware { path, source } => Finding::error("loader-bad-file", format!("the flashloader file {} cannot be used", path.display()))
            .why(source.to_string())
            .cause("it is the flashloader of another chip: its addresses are not those of the RT1021")
            .cause("the file is cut off or no flashloader")
            .run(SHOW),
        Error::ReadFile { path, source } => Finding::error("loader-bad-file", format!("the flashloader file {} cannot be read", path.display()))
            .why(source.to_string())
            .run("rtboot flashloader list"),
        Error::Usage(text) => Finding::error("loader-dangerous", "the flashloader file is not sent").why(text.clone()).run(SHOW),
        Error::JumpRefused { answer, .. } => Finding::error("loader-refused", "the boot ROM refused to start the flashloader")
            .why(format!("{error}; the part is open, so it is the image that the ROM dislikes (answer {answer:#010x})"))
            .sure(Sure::Likely)
            .run(SHOW),
        Error::LoaderSilent { .. } => silent(facts, error),
        Error::LoaderDamaged { .. } => Finding::error("loader-damaged", "the flashloader did not arrive whole in RAM")
            .why(error.to_string())
            .act(format!("reset the board; {BETTER_LINE}"))
            .measure("look at the shape of the bits on RX at the chip"),
        Error::OtherBoard { .. } => Finding::error("loader-other-board", "another board answered in this socket")
            .why(error.to_string())
            .act("leave the cables alone while rtboot runs, and start again"),
        Error::Sdp { source, .. } => loading(error, source)?,
        Error::Mboot { source, .. } => talking(facts, error, source)?,
        Error::Port(port::Error::Gone { .. } | port::Error::Stalled { .. }) => left(facts, error),
        _ => return None,
    })
}

fn closed_part(error: &Error) -> Finding {
    Finding::error("closed-part", "the part is closed (HAB), and this flashloader is not signed for it")
        .why(format!("the boot ROM says closed; {error}"))
        .sure(Sure::Likely)
        .act("use a flashloader that is signed with the key whose hash is in this part's fuses; the application must be signed with it, too")
        .run("rtboot sdp error-status")
}

fn silent(facts: &Facts, error: &Error) -> Finding {
    match facts.seen_after {
        Some(Program::Rom) => Finding::error("loader-not-started", "the boot ROM took the flashloader and is still there")
            .why(error.to_string())
            .sure(Sure::Possible)
            .cause("the flashloader's place or jump address is another chip's (RT1050: 0x20000400; RT1021: 0x20208200 or 0x20208400)")
            .cause("the part is closed and the flashloader is not signed")
            .cause("the file is cut off")
            .run(SHOW)
            .act("switch the board's power off and on and try again"),
        _ => Finding::error("loader-vanished", "the flashloader was started, and nothing came back on this port")
            .why(error.to_string())
            .sure(Sure::Possible)
            .run(SHOW)
            .act("switch the board's power off and on and try again, on a port of the computer itself"),
    }
}

/// The link while the ROM took the flashloader.
fn loading(error: &Error, source: &sdp::Error) -> Option<Finding> {
    Some(match source {
        sdp::Error::Gone { .. }
        | sdp::Error::Port {
            source: port::Error::Gone { .. },
            ..
        } => Finding::error(
            "loader-link-lost",
            "the board left while the flashloader was sent",
        )
        .why(error.to_string())
        .cause("cable, hub or supply")
        .cause("the ROM crashed: the image runs past the end of RAM")
        .act("another cable and port, then again")
        .measure("watch the supply while the flashloader is sent"),
        sdp::Error::Timeout { .. } | sdp::Error::Protocol { .. } | sdp::Error::Port { .. } => {
            Finding::error(
                "loader-not-taken",
                "the boot ROM did not take the flashloader",
            )
            .why(error.to_string())
            .sure(Sure::Possible)
            .cause("a report was lost: hub, cable, virtual machine")
            .cause("the ROM waits for bytes of an earlier, unfinished download")
            .act("switch the board's power off and on, then the doctor again")
        }
        sdp::Error::Refused { status, .. } => Finding::error(
            "loader-not-taken",
            "the boot ROM refused the flashloader's bytes",
        )
        .why(status.to_string())
        .cause("an address that the ROM does not let be written")
        .run(SHOW),
        _ => return None,
    })
}

/// A flashloader that is on the bus and does not answer as one.
fn talking(facts: &Facts, error: &Error, source: &mboot::Error) -> Option<Finding> {
    Some(match source {
        mboot::Error::Timeout { .. } => Finding::error(
            "loader-mute",
            "the flashloader is on the bus and does not answer",
        )
        .why(error.to_string())
        .sure(Sure::Possible)
        .act("switch the board's power off and on, then the doctor again")
        .run("rtboot doctor"),
        mboot::Error::Port {
            source: port::Error::Stalled { .. },
            ..
        } => Finding::error("loader-stalled", "the flashloader takes no more bytes")
            .why(error.to_string())
            .sure(Sure::Likely)
            .act("switch the board's power off and on, then the doctor again"),
        mboot::Error::Gone { .. }
        | mboot::Error::Port {
            source: port::Error::Gone { .. },
            ..
        } => left(facts, error),
        mboot::Error::Protocol { .. } => {
            Finding::error("loader-garbage", "the flashloader's answers make no sense")
                .why(error.to_string())
                .sure(Sure::Possible)
                .act("reset the board, close other tools, use a high-speed port")
        }
        mboot::Error::Refused { status, .. } => Finding::error(
            "loader-refuses",
            "the flashloader refuses a question that every one answers",
        )
        .why(status.to_string())
        .cause("a vendor-restricted flashloader")
        .run(SHOW),
        _ => return None,
    })
}

fn left(facts: &Facts, error: &Error) -> Finding {
    let back = match facts.seen_after {
        Some(Program::Rom) => "; the boot ROM is back, so the chip was reset",
        _ => "",
    };
    Finding::error(
        "loader-left",
        "the flashloader left the bus while it was asked",
    )
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
        Finding::error(
            "loader-restricted",
            format!("this flashloader lacks {}", missing.join(", ")),
        )
        .why(format!(
            "its command bits are {has:#x}, version {}",
            run.facts.version
        ))
        .sure(Sure::Certain)
        .act("reset the board and start NXP's flashloader for the RT1021")
        .run("rtboot flashloader add ivt_flashloader.bin")
    })
}
