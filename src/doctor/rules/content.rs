//! What is in flash, as the ROM would read it: blank, shifted, half written, for another flash, or sound.

use rtboot_bootable::Kind;
use rtboot_fcb::{ClockIndex, Fcb};

use super::{image, no_fcb, write_command};
use crate::doctor::facts::{Content, Facts, ReadProof};
use crate::doctor::finding::{Finding, Sure};
use crate::doctor::header::reads_garbage;

const TAG: &[u8] = b"FCFB";

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let Some(content) = &facts.content else {
        return Vec::new();
    };
    if let Some(address) = content.unstable {
        return vec![unstable(address)];
    }
    if content.blank {
        return vec![blank(facts)];
    }
    let whole = [
        zeros(facts, content),
        image::other_chip(facts, content),
        shifted(facts, content),
        foreign(facts, content),
        no_fcb::no_fcb(facts, content),
    ];
    if let Some(finding) = whole.into_iter().flatten().next() {
        return vec![finding];
    }
    let mut findings = fcb(facts, content);
    findings.extend(image::rules(facts, content));
    findings
}

fn unstable(address: u32) -> Finding {
    Finding::error(
        "content-unsteady",
        format!("two reads of {address:#010x} on one pad at 30 MHz gave different bytes"),
    )
    .why("nothing was written in between, so it is reading that fails")
    .sure(Sure::Likely)
    .cause("noise or a bad joint on CLK, CS, D0 or D1")
    .cause("the flash's supply dips while it is read")
    .cause("an erase or program that was cut off left weak cells")
    .measure("look at the flash's VCC and CLK with a scope while the doctor runs")
    .run("rtboot doctor")
}

/// An erased flash: fresh, erased and never programmed, or programmed by a tool whose program step did nothing.
fn blank(facts: &Facts) -> Finding {
    let compared = facts.app.as_ref().and_then(|app| app.compared.as_ref());
    let first = compared.and_then(|compared| compared.first);
    if let Some((address, expected, found)) = first {
        return Finding::error(
            "content-not-programmed",
            format!("nothing of {} is in flash: {address:#010x} should be {expected:#04x} and is {found:#04x}", super::app_name(facts)),
        )
        .why("the start of the flash is erased; the tool that was to program it erased at most (\"Byte in module is $FF\")")
        .cause("the tool's program step did nothing and was not checked: wrong flash algorithm, or quad enable clear with a quad program")
        .cause("the flash was write-protected at that time")
        .run(write_command(facts))
        .measure(no_fcb::DEAF);
    }
    Finding::warning(
        "content-blank",
        "the flash is blank: there is nothing to start",
    )
    .why("the first 12 KiB read as ones, on one pad")
    .cause("a new part, or erased")
    .cause("a tool erased it and its program step did nothing")
    .run(write_command(facts))
}

fn zeros(facts: &Facts, content: &Content) -> Option<Finding> {
    let all = content
        .memory
        .segments()
        .all(|(_, bytes)| bytes.iter().all(|&byte| byte == 0));
    all.then(|| {
        Finding::error(
            "content-zeros",
            "the flash reads as zeros where a boot image should be",
        )
        .why(format!(
            "its id reads well ({}), so the line works",
            id(facts)
        ))
        .cause("zeros were programmed: a tool filled the gap before the image with 00")
        .cause("a file that begins with zeros was written to 0x60000000")
        .run(write_command(facts))
    })
}

fn id(facts: &Facts) -> String {
    facts
        .flash
        .as_ref()
        .map_or(String::new(), |look| look.nor.id.to_string())
}

/// A whole image at another place than the ROM looks.
fn shifted(facts: &Facts, content: &Content) -> Option<Finding> {
    let memory = &content.memory;
    let base = facts.flash_base();
    let at = |offset: u32| memory.bytes(base + offset, 4);
    if at(0) == Some(TAG) {
        return None;
    }
    let offset = (0x100..0x3000)
        .step_by(0x100)
        .find(|&offset| at(offset) == Some(TAG))?;
    Some(
        Finding::error("content-shifted", format!("the boot image lies {offset:#x} too high: its FCB is at {:#010x}", base + offset))
            .why("the ROM looks for the FCB at 0x60000000 only")
            .cause("a tool added the boot header's size to a complete image's address (the image already brings FCB and IVT)")
            .run(write_command(facts))
            .act("write the complete image to 0x60000000; rtboot finds the place by itself"),
    )
}

/// Something that is no boot image for this flash: a flashloader, a bare application, an image for SD cards, other bytes.
fn foreign(facts: &Facts, content: &Content) -> Option<Finding> {
    let seen = &content.inspection;
    let write = || write_command(facts);
    match seen.kind {
        Kind::Flashloader => Some(
            Finding::error(
                "content-flashloader",
                "what is in flash is a flashloader or an image for SD cards, linked for RAM",
            )
            .why(seen.reason.clone())
            .cause("the flashloader was written to flash instead of being loaded into RAM")
            .run(write()),
        ),
        Kind::BareApplication if seen.fcb.is_none() => {
            let table = seen
                .vectors
                .map_or(facts.flash_base(), |vectors| vectors.table);
            Some(
                Finding::error("content-bare", format!("there is an application at {table:#010x}, but no boot header: no FCB and no IVT"))
                    .why(seen.reason.clone())
                    .cause("it was written as it comes from the linker; the ROM needs FCB at 0x60000000 and IVT at 0x60001000")
                    .run(write())
                    .act("rtboot adds the boot header; other tools need XIP_BOOT_HEADER_ENABLE=1 in the project"),
            )
        }
        Kind::Unknown if ram_vectors(facts, content).is_some() => {
            let (table, reset) = ram_vectors(facts, content)?;
            Some(
                Finding::error("content-bare-ram", format!("there is an application at {table:#010x} that is linked for RAM, without boot header"))
                    .why(format!("its reset handler is {reset:#010x}; nothing copies it there"))
                    .sure(Sure::Likely)
                    .cause("a debug build that the debugger loads into RAM was written")
                    .act("link it for flash (0x60002000), or give it an IVT that has it copied")
                    .run(write()),
            )
        }
        Kind::Unknown if seen.fcb.is_none() && seen.ivt.is_none() => Some(
            Finding::error("content-unknown", "what is in flash is no boot image")
                .why(seen.reason.clone())
                .cause("data or a file of another kind was written to the start of the flash")
                .cause("another chip's image, or an encrypted one")
                .run(write()),
        ),
        _ => None,
    }
}

/// A vector table of a RAM application at one of the usual places: where it lies, and its reset handler.
fn ram_vectors(facts: &Facts, content: &Content) -> Option<(u32, u32)> {
    let map = facts.identity.chip.map;
    let at = |table: u32| {
        let (stack, reset) = (content.memory.word(table)?, content.memory.word(table + 4)?);
        let fits = map.stack_ram(stack).is_some() && stack % 8 == 0;
        let code = reset & 1 == 1 && reset > 0x100 && map.ram_at(reset).is_some();
        (fits && code).then_some((table, reset))
    };
    [0, 0x1000, 0x2000]
        .into_iter()
        .find_map(|offset| at(map.flash_base + offset))
}

/// The FCB against the flash that is there. The ROM believes it, so what is wrong here shows as a board that does not start.
fn fcb(facts: &Facts, content: &Content) -> Vec<Finding> {
    let Some(fcb) = content.fcb() else {
        return Vec::new();
    };
    let broken = content.rules.iter().any(|rule| {
        rule.code().starts_with("fcb-") && rule.severity >= rtboot_bootable::Severity::Error
    });
    if broken {
        return Vec::new(); // the rules of the image say how
    }
    let checks = [
        kind(facts, fcb),
        quad(facts, fcb),
        read(facts, content, fcb),
        size(facts, fcb),
        clock(facts, fcb),
    ];
    let mut findings: Vec<Finding> = checks.into_iter().flatten().take(1).collect();
    findings.extend(status_write(fcb));
    findings
}

/// For HyperFlash or octal parts, or at double data rate.
fn kind(facts: &Facts, fcb: &Fcb) -> Option<Finding> {
    let read = fcb.sequence(0);
    let eight = read.steps().iter().any(|step| step.pads == 8) || fcb.column_address_width() != 0;
    let double = read.steps().iter().any(|step| step.opcode.is_ddr());
    let what = match (eight, double) {
        (true, _) => "for HyperFlash or an octal part",
        (false, true) => "for reading at double data rate",
        (false, false) => return None,
    };
    let part = facts.part().map_or("a quad SPI part".into(), |part| {
        format!("the {}", part.name)
    });
    Some(
        Finding::error(
            "content-fcb-kind",
            format!("the FCB in flash is {what}; the flash is {part}"),
        )
        .why(format!("its read sequence is {read}"))
        .sure(Sure::Likely)
        .cause("the FCB of another board or SDK example (the RT1050 EVK boots from HyperFlash)")
        .run(write_command(facts)),
    )
}

fn quad(facts: &Facts, fcb: &Fcb) -> Option<Finding> {
    let look = facts.flash.as_ref()?;
    let part = look.part.as_ref()?;
    reads_garbage(fcb, look.quad()).then(|| {
        Finding::error("content-quad-clear", format!("the FCB reads on four lines, but the quad-enable bit of the {} is clear", look.name()))
            .why(format!("{} ({}); the FCB does not set the bit itself, so the ROM reads garbage", look.nor.status, part.qe))
            .cause("a new part: the bit is clear from the factory, and the tool that wrote the image did not set it")
            .cause("an application or tool wrote the status register and cleared it")
            .run(write_command(facts))
            .act("rtboot sets the bit for good while it writes, and keeps all other bits")
    })
}

/// What the FCB's read sequence brings, against the one-pad read.
fn read(facts: &Facts, content: &Content, fcb: &Fcb) -> Option<Finding> {
    let ReadProof::Differs {
        address,
        plain,
        fast,
        slow_is_right,
    } = &content.stored_read
    else {
        return None;
    };
    let sequence = fcb.sequence(0);
    let found = format!(
        "it gives {fast:#04x} at {address:#010x} where the one-pad read gives {plain:#04x}"
    );
    if *slow_is_right {
        return Some(
            Finding::error(
                "content-fcb-too-fast",
                format!(
                    "the FCB's read is too fast for this board ({})",
                    ClockIndex(fcb.clock())
                ),
            )
            .why(format!("{found}; at 30 MHz it is right"))
            .sure(Sure::Likely)
            .cause("the lines do not carry this clock")
            .cause("the DQS pin is used for something else, and the FCB samples through it")
            .measure("look whether DQS (GPIO_SD_B1_05) is free")
            .act("lower `clock` in the part's .cfg")
            .run(write_command(facts)),
        );
    }
    let part = facts.part();
    let differs = part.is_some_and(|part| part.read.sequence() != sequence);
    let fine = facts
        .flash
        .as_ref()
        .is_some_and(|look| look.fast == ReadProof::Same);
    if !differs && !fine {
        return None; // the same read as the part's own: the finding about the flash says it
    }
    let wanted = part.map_or(String::new(), |part| {
        format!("; the {} needs {}", part.name, part.read)
    });
    Some(
        Finding::error(
            "content-fcb-read",
            format!("the FCB's read sequence does not fit this flash: {sequence}"),
        )
        .why(format!("{found}, at 30 MHz, too{wanted}"))
        .cause("the FCB was made for another part: other command or dummy cycles")
        .run(write_command(facts)),
    )
}

fn size(facts: &Facts, fcb: &Fcb) -> Option<Finding> {
    let part = facts.part()?;
    let (says, has) = (fcb.total_size(), u64::from(part.size));
    (says > has).then(|| {
        Finding::warning(
            "content-fcb-size",
            format!(
                "the FCB is for {says:#x} bytes of flash, the {} has {has:#x}",
                part.name
            ),
        )
        .why("the board starts, but addresses past the end wrap to the start")
        .cause("the FCB was made for a larger part")
        .run(write_command(facts))
    })
}

fn clock(facts: &Facts, fcb: &Fcb) -> Option<Finding> {
    let look = facts.flash.as_ref()?;
    let part = look.part.as_ref()?;
    let mhz = ClockIndex(fcb.clock()).mhz()?;
    let same_read = fcb.sequence(0) == part.read.sequence();
    // which of the parts that share the id it is is not known: only what is too fast for all of them is a finding
    let limits = look.known.iter().chain([part]).map(|part| part.max_mhz);
    let limit = limits.collect::<Option<Vec<u16>>>()?.into_iter().max()?;
    (same_read && mhz > limit).then(|| {
        Finding::warning("content-fcb-clock", format!("the FCB reads at {mhz} MHz; the {} is good for {limit} MHz with these dummy cycles", look.name()))
            .why("it may work on the bench and fail in the cold or on the next board")
            .cause("option words or an SDK example with a higher clock index")
            .run(write_command(facts))
    })
}

/// An FCB that writes the status register at every start.
fn status_write(fcb: &Fcb) -> Option<Finding> {
    (fcb.device_mode_enable() != 0).then(|| {
        Finding::warning("content-fcb-writes-status", "the FCB writes the flash's status register at every start")
            .why(format!("device mode is on, argument {:#x}: protection bits are overwritten, and the register wears (some 100 000 writes)", fcb.device_mode_argument()))
            .act("set quad enable once while writing (rtboot does) and leave device mode off")
    })
}
