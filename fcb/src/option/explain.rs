use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::{OptionWords, Options, SecondOptions};
use crate::Chip;

impl OptionWords {
    /// What the words say to this chip's flashloader, and what they will do to the flash, one thought a line.
    ///
    /// Words that the flashloader refuses give the refusal.
    pub fn explain(&self, chip: &Chip) -> Vec<String> {
        match self.decode() {
            Ok(options) => lines(&options, chip),
            Err(error) => vec![error.to_string()],
        }
    }
}

fn lines(options: &Options, chip: &Chip) -> Vec<String> {
    let mut lines = vec![
        format!("device: {}", device(options.device_type)),
        format!(
            "probing on {}, commands on {}",
            pads(options.query_pads),
            pads(options.command_pads)
        ),
        format!("misc mode: {}", misc(options.misc_mode)),
    ];
    if options.device_type <= 1 {
        lines.insert(2, format!("quad enable: {}", quad(options.quad_mode)));
    }
    lines.extend(clocks(options.clock, chip));
    if let Some(second) = &options.second {
        lines.extend(second_lines(second, options.device_type, chip));
    }
    lines.extend(effects(options, chip).into_iter().map(str::to_owned));
    lines
}

fn device(value: u8) -> &'static str {
    match value {
        0 => "quad SPI, single data rate, found by SFDP",
        1 => "quad SPI, double data rate, found by SFDP",
        2 => "HyperFlash 1.8 V",
        3 => "HyperFlash 3.0 V",
        4 => "Macronix octal, double data rate",
        5 => "Macronix octal, single data rate",
        6 => "Micron octal, double data rate",
        7 => "Micron octal, single data rate",
        8 => "Adesto EcoXiP, double data rate",
        9 => "Adesto EcoXiP, single data rate",
        _ => "unknown",
    }
}

fn pads(value: u8) -> String {
    match value {
        0 => "1 pad".to_owned(),
        2 => "4 pads".to_owned(),
        3 => "8 pads".to_owned(),
        _ => format!("an unknown number of pads ({value})"),
    }
}

fn quad(value: u8) -> String {
    let method = match value {
        0 => "as the SFDP says; not written when the SFDP does not say",
        1 => "status register 1 bit 6",
        2 => "status register 2 bit 1",
        3 => "status register 2 bit 7",
        4 => "status register 2 bit 1, written with 31h",
        _ => return format!("unknown ({value})"),
    };
    match value {
        0 => method.to_owned(),
        _ => format!("{method}; used only when the SFDP is too old to say"),
    }
}

fn misc(value: u8) -> String {
    match value {
        0 => "off".to_owned(),
        1 => "continuous read (0-4-4)".to_owned(),
        2 => "continuous read (0-8-8)".to_owned(),
        3 => "data order swapped".to_owned(),
        4 => "second pin group".to_owned(),
        5 => "internal loopback as sampling clock".to_owned(),
        6 => "stay in standard SPI".to_owned(),
        _ => format!("unknown ({value})"),
    }
}

/// What the nibble means twice: while the flashloader works, and as the FCB's clock for the ROM.
fn clocks(nibble: u8, chip: &Chip) -> Vec<String> {
    let words = &chip.flashloader.words;
    let mut lines = vec![match words.khz(nibble) {
        Some(khz) => format!(
            "clock while flashing: index {nibble}, {}{} by the {}'s flashloader",
            mhz(khz),
            if nibble == 0 {
                ", as while probing"
            } else {
                ""
            },
            chip.name
        ),
        None => format!(
            "clock while flashing: index {nibble} changes nothing; the {} keeps the ROM's clock",
            chip.name
        ),
    }];
    let stored = nibble.min(words.clock_index_max);
    let lowered = match stored == nibble {
        true => String::new(),
        false => format!(", stored as index {stored}"),
    };
    let row = chip.clocks.row(stored);
    let at_start = match row {
        Some(row) => mhz(row.khz),
        None if stored == 0 => "none, so the ROM's own".to_owned(),
        None => format!("no clock of the {}", chip.name),
    };
    let above = match row {
        Some(row) if row.index > chip.clocks.max => {
            format!(", above the {}'s limit", chip.name)
        }
        _ => String::new(),
    };
    lines.push(format!(
        "clock when it starts: index {nibble}{lowered}, {at_start}{above}"
    ));
    lines
}

fn mhz(khz: u32) -> String {
    let tenths = (khz + 50) / 100;
    format!("{}.{} MHz", tenths / 10, tenths % 10)
}

fn second_lines(second: &SecondOptions, device_type: u8, chip: &Chip) -> Vec<String> {
    let connection = match second.connection {
        0 => "one flash on port A".to_owned(),
        1 => "two flashes in parallel, ports A and B".to_owned(),
        2 => "one flash on port B".to_owned(),
        3 => "flashes on both ports".to_owned(),
        other => format!("unknown ({other})"),
    };
    let group = |value: u8| match value {
        0 => "primary".to_owned(),
        1 => "secondary".to_owned(),
        other => format!("unknown ({other})"),
    };
    let mut lines = vec![
        format!("connection: {connection}"),
        format!(
            "pin group: {}, DQS pin group: {}",
            group(second.pin_group),
            group(second.dqs_group)
        ),
    ];
    if second.pin_group == 1 {
        let name = chip.name;
        lines.extend(match chip.flashloader.words.second_pins {
            Some(true) => None,
            Some(false) => Some(format!(
                "the {name}'s flashloader stores the pin group in the FCB and uses its own pins all the same"
            )),
            None => Some(format!("what the {name}'s flashloader makes of the pin group is not known")),
        });
    }
    if second.drive_strength != 0 {
        lines.push(format!(
            "drive strength {} on all flash pads",
            second.drive_strength
        ));
    }
    if second.status_override != 0 {
        lines.push(format!(
            "takes {:#04x} for the status register instead of reading it",
            second.status_override
        ));
    }
    lines.push(match (second.dummy_cycles, device_type) {
        (0, _) => "dummy cycles: from the SFDP".to_owned(),
        (n, 1) => {
            format!("dummy cycles: {n}, doubled for double data rate, whatever the SFDP says")
        }
        (n, _) => format!(
            "dummy cycles: {n}, whatever the SFDP says; a wrong number reads garbage with status 0"
        ),
    });
    lines
}

fn effects(options: &Options, chip: &Chip) -> Vec<&'static str> {
    let mut effects = Vec::new();
    if options.device_type <= 1 {
        effects.push("effect: sets the part's quad enable bit when it is clear, and thereby clears its block protection");
    }
    if options.device_type == 1 {
        effects.push("effect: programs 16 probe bytes at flash offset 0x200 when it is blank; with other data there: status 20110");
    }
    if matches!(options.quad_mode, 2 | 4) && options.device_type <= 1 {
        effects.push("effect: with an old SFDP sends 35h, which puts ISSI and Macronix parts into QPI mode until power-off");
    }
    if options.misc_mode == 1 && !chip.flashloader.words.stores_continuous_read {
        effects.push(
            "effect: the FCB cannot be stored: this chip's flashloader answers 10203 to that",
        );
    }
    if matches!(options.device_type, 2 | 3) {
        effects.push("a quad SPI part answers this with status 20109");
    }
    if options.device_type > 1 && chip.in_package.size.is_some() {
        effects.push("the flash in the package of this chip is a quad SPI part");
    }
    effects
}
