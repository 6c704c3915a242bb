use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::Part;
use crate::part::Span;

/// All parts in full: the first as the file itself, the others as members that override everything.
pub(super) fn file(parts: &[Part]) -> String {
    let mut out = String::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            out.push_str("\n[[family]]\n");
        }
        lines(&mut out, part, if i == 0 { "" } else { "family." });
    }
    out
}

fn lines(out: &mut String, part: &Part, prefix: &str) {
    let none = || "\"none\"".to_owned();
    let scalars = [
        ("name", text(&part.name)),
        ("vendor", text(&part.vendor)),
        ("jedec", text(&part.jedec.to_string())),
        ("id-tail", id_tail(&part.id_tail)),
        ("size", size(part.size)),
        ("page-size", part.page_size.to_string()),
        ("sector-size", size(part.sector_size)),
        ("block-size", size(part.block_size)),
        ("sector-erase", format!("0x{:02X}", part.erase.sector)),
        ("block-erase", format!("0x{:02X}", part.erase.block)),
        ("quad-enable", text(part.qe.name())),
        ("status-write", text(part.status_write.name())),
        ("clock", clock(part)),
        (
            "max-mhz",
            part.max_mhz.map_or_else(none, |mhz| mhz.to_string()),
        ),
        (
            "option-words",
            part.option_words
                .map_or_else(none, |words| text(&words.to_string())),
        ),
        ("evidence", text(part.evidence.name())),
        ("source", text(&part.source)),
        ("note", part.note.as_deref().map_or_else(none, text)),
        ("chip", chips(part)),
    ];
    table(out, &scalars);
    let read = &part.read;
    head(out, prefix, "read");
    table(
        out,
        &[
            ("opcode", format!("0x{:02X}", read.opcode)),
            ("address-bits", read.address_bits.to_string()),
            ("address-pads", read.address_pads.to_string()),
            ("data-pads", read.data_pads.to_string()),
            ("dummy-cycles", read.dummy_cycles.to_string()),
        ],
    );
    if let Some(control) = &part.dummy_register {
        head(out, prefix, "dummy-register");
        table(
            out,
            &[
                ("place", text(control.place.name())),
                ("mask", format!("0x{:02X}", control.mask)),
                (
                    "cycles",
                    format!("[{}]", list(control.cycles.iter().map(u8::to_string))),
                ),
                ("plain-mask", format!("0x{:02X}", control.plain_mask)),
                ("plain-value", format!("0x{:02X}", control.plain_value)),
            ],
        );
    } else if !prefix.is_empty() {
        // takes back what the first part says
        head(out, prefix, "dummy-register");
    }
    let protection = &part.protection;
    head(out, prefix, "protection");
    table(
        out,
        &[
            ("mask", format!("0x{:02X}", protection.mask)),
            ("lock", format!("0x{:02X}", protection.lock)),
            ("complement", format!("0x{:02X}", protection.complement)),
            ("power-lock", format!("0x{:02X}", protection.power_lock)),
            ("block-locks", format!("0x{:02X}", protection.block_locks)),
            ("scheme", text(protection.scheme.name())),
            ("confirmed", protection.confirmed.to_string()),
        ],
    );
    optional_tables(out, part, prefix);
}

fn optional_tables(out: &mut String, part: &Part, prefix: &str) {
    let millis = |span: Option<Span>| {
        span.map(|s| format!("[{}, {}]", s.typical.as_millis(), s.max.as_millis()))
    };
    let micros = |span: Option<Span>| {
        span.map(|s| format!("[{}, {}]", s.typical.as_micros(), s.max.as_micros()))
    };
    head(out, prefix, "times");
    given(
        out,
        &[
            ("sector-erase-ms", millis(part.times.sector_erase)),
            ("block-erase-ms", millis(part.times.block_erase)),
            ("chip-erase-ms", millis(part.times.chip_erase)),
            ("page-program-us", micros(part.times.page_program)),
        ],
    );
    head(out, prefix, "sfdp");
    given(
        out,
        &[
            ("presence", Some(text(part.sfdp.presence.name()))),
            ("dwords", part.sfdp.dwords.map(|n| n.to_string())),
            ("qer", part.sfdp.qer.map(|n| n.to_string())),
        ],
    );
    head(out, prefix, "fcb");
    for (spec, values) in &part.overrides.fields {
        let _ = writeln!(
            out,
            "{} = [{}]",
            spec.name,
            list(values.iter().map(u32::to_string))
        );
    }
    head(out, prefix, "fcb.lut");
    for (index, sequence) in &part.overrides.sequences {
        let _ = writeln!(
            out,
            "{index} = [{}]",
            list(sequence.words().iter().map(|word| format!("0x{word:08X}")))
        );
    }
}

/// `"4d 00"`, or the word that takes back what the first part says.
fn id_tail(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    match digits.is_empty() {
        true => text("none"),
        false => text(&digits.join(" ")),
    }
}

/// The index, where it means the same on every chip; else the frequency.
fn clock(part: &Part) -> String {
    match part.clock.common_index() {
        Some(index) => index.0.to_string(),
        None => text(&format!("{} MHz", part.clock.mhz())),
    }
}

/// `"rt1021"`, `["rt1021", "rt105x"]`, or the word that takes back what the first part says.
fn chips(part: &Part) -> String {
    match &part.chips[..] {
        [] => text("none"),
        [one] => text(one.as_str()),
        many => format!("[{}]", list(many.iter().map(|chip| text(chip.as_str())))),
    }
}

fn head(out: &mut String, prefix: &str, name: &str) {
    let _ = writeln!(out, "\n[{prefix}{name}]");
}

fn table(out: &mut String, lines: &[(&str, String)]) {
    for (key, value) in lines {
        let _ = writeln!(out, "{key} = {value}");
    }
}

fn given(out: &mut String, lines: &[(&str, Option<String>)]) {
    for (key, value) in lines
        .iter()
        .filter_map(|(key, value)| Some((key, value.as_ref()?)))
    {
        let _ = writeln!(out, "{key} = {value}");
    }
}

fn list(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(", ")
}

fn size(bytes: u32) -> String {
    match bytes {
        b if b != 0 && b % (1 << 20) == 0 => format!("\"{}M\"", b >> 20),
        b if b != 0 && b % (1 << 10) == 0 => format!("\"{}K\"", b >> 10),
        b => b.to_string(),
    }
}

/// A TOML string; control characters as escapes.
fn text(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
