use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::{OptionWords, Options, SecondOptions};

impl OptionWords {
    /// What the words say, and what they will do to the flash, one thought a line.
    ///
    /// Words that the flashloader refuses give the refusal.
    pub fn explain(&self) -> Vec<String> {
        match self.decode() {
            Ok(options) => lines(&options),
            Err(error) => vec![error.to_string()],
        }
    }
}

fn lines(options: &Options) -> Vec<String> {
    let mut lines = vec![
        format!("device: {}", device(options.device_type)),
        format!(
            "probing on {}, commands on {}",
            pads(options.query_pads),
            pads(options.command_pads)
        ),
        format!("quad enable: {}", quad(options.quad_mode)),
        format!("misc mode: {}", misc(options.misc_mode)),
        format!("read clock: {}", clock(options.clock)),
    ];
    if let Some(second) = &options.second {
        lines.extend(second_lines(second, options.device_type));
    }
    lines.extend(effects(options).into_iter().map(str::to_owned));
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

// What the RT1021 flashloader's dividers give. Source: the pairs in the shipped binary, read back in emulation.
const CLOCKS: [&str; 10] = [
    "31.8 MHz, as while probing",
    "31.8 MHz",
    "49.1 MHz",
    "60.0 MHz",
    "72.0 MHz",
    "80.0 MHz",
    "102.9 MHz",
    "132.9 MHz",
    "166.2 MHz, above the RT1021's limit",
    "196.4 MHz, above the RT1021's limit",
];

fn clock(value: u8) -> String {
    let name = CLOCKS
        .get(usize::from(value))
        .copied()
        .unwrap_or("31.8 MHz: there is no such index");
    format!("index {value}, {name}")
}

fn second_lines(second: &SecondOptions, device_type: u8) -> Vec<String> {
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

fn effects(options: &Options) -> Vec<&'static str> {
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
    if matches!(options.device_type, 2 | 3) {
        effects.push("a quad SPI part answers this with status 20109");
    }
    effects
}
