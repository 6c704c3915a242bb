//! `image show`: what a file is and why, what lies where in it, what does not fit.

use std::path::PathBuf;

use rtboot::{Error, Result};
use rtboot_bootable::firmware::{Symbol, symbols};
use rtboot_bootable::{Inspection, inspect};
use rtboot_fcb::lut;
use serde_json::{Value, json};

use super::{map, source, svg};
use crate::cli::read::write_whole;
use crate::cli::{Context, number};

/// Show what a file is and why: its parts with their addresses, and what does not fit
#[derive(Debug, clap::Args)]
pub struct Args {
    /// ELF, Intel HEX, S-record, UF2 or raw; or `board` for what is in its flash
    #[arg(value_name = "FILE|board")]
    file: PathBuf,
    /// Address of the first byte of a raw file; without it the one that its content implies
    #[arg(long, value_name = "ADDRESS", value_parser = number::parse_u32)]
    base: Option<u32>,
    /// Read this much of a board's flash; without it what its boot data say, at most 1 MiB
    #[arg(long, value_name = "BYTES", value_parser = number::parse_u32)]
    length: Option<u32>,
    /// Draw the map into an SVG file, too
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// How many of an ELF file's largest functions and variables are listed
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    symbols: usize,
}

pub fn run(args: &Args, context: &mut Context) -> Result<()> {
    let source = source::load(&args.file, args.base, args.length, context)?;
    let firmware = &source.firmware;
    let map = context.desk_chip()?.map;
    let symbols = symbols(&source.bytes);
    let seen = inspect(&firmware.memory, &map);
    let pieces = map::pieces(&firmware.memory, &seen, &map);
    context.report.result(json!({
        "format": firmware.format.to_string(),
        "kind": seen.kind.to_string(),
        "reason": seen.reason,
        "notes": firmware.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "entry": firmware.entry,
        "bytes": firmware.memory.len_bytes(),
        "pieces": pieces.iter().map(piece).collect::<Vec<_>>(),
        "findings": seen.findings.iter().map(|finding| json!({
            "severity": finding.severity.to_string(),
            "code": finding.code(),
            "text": finding.to_string(),
        })).collect::<Vec<_>>(),
    }));
    context.report.result(headers(&seen));
    if let Some(path) = &args.svg {
        let picture = svg::draw(&format!("{}: {}", source.name, seen.kind), &pieces);
        write_whole(path, picture.as_bytes()).map_err(|source| Error::WriteFile {
            path: path.clone(),
            source,
        })?;
        context
            .report
            .say("svg", format!("the map is drawn in {}", path.display()));
    }
    context
        .report
        .result(json!({"symbols": symbols.iter().map(symbol).collect::<Vec<_>>()}));
    let mut lines = vec![
        format!("{}: {}", source.name, seen.kind),
        format!("why       {}", seen.reason),
        format!(
            "format    {}, {} bytes",
            firmware.format,
            firmware.memory.len_bytes()
        ),
    ];
    lines.extend(
        firmware
            .notes
            .iter()
            .map(|note| format!("note      {note}")),
    );
    lines.extend(
        firmware
            .entry
            .map(|entry| format!("entry     {entry:#010x} by the file")),
    );
    lines.push(String::new());
    lines.extend(map::draw(&pieces));
    lines.push(String::new());
    lines.extend(details(&seen));
    lines.extend(largest(&symbols, args.symbols));
    if seen.findings.is_empty() {
        lines.push("findings  none".into());
    }
    for line in lines {
        context.report.line(line);
    }
    for finding in &seen.findings {
        context.report.finding_line(finding);
    }
    Ok(())
}

fn symbol(symbol: &Symbol) -> Value {
    json!({
        "name": symbol.name,
        "address": symbol.address,
        "size": symbol.size,
        "function": symbol.function,
    })
}

/// The functions and variables that take most.
fn largest(symbols: &[Symbol], count: usize) -> Vec<String> {
    if symbols.is_empty() || count == 0 {
        return Vec::new();
    }
    let head = format!(
        "symbols   the largest {} of {}",
        count.min(symbols.len()),
        symbols.len()
    );
    let rows = symbols.iter().take(count).map(|symbol| {
        let kind = if symbol.function { "code" } else { "data" };
        format!(
            "          {:#010x}  {:>7}  {kind}  {}",
            symbol.address, symbol.size, symbol.name
        )
    });
    [head].into_iter().chain(rows).collect()
}

fn piece(piece: &map::Piece) -> Value {
    json!({
        "address": piece.address,
        "length": piece.length,
        "what": piece.what,
        "gap": piece.gap,
    })
}

/// The headers as programs want them; what is not there is null.
fn headers(seen: &Inspection) -> Value {
    json!({
        "fcb": seen.fcb.as_ref().map(|fcb| json!({
            "flash_size": fcb.total_size(),
            "read": fcb.sequence(lut::index::READ).to_string(),
        })),
        "ivt": seen.ivt.map(|ivt| json!({
            "address": seen.ivt_address,
            "version": ivt.version,
            "entry": ivt.entry,
            "dcd": ivt.dcd,
            "boot_data": ivt.boot_data,
            "self": ivt.self_address,
            "csf": ivt.csf,
        })),
        "boot_data": seen.boot_data.map(|data| json!({
            "start": data.start,
            "length": data.length,
            "plugin": data.plugin,
        })),
        "dcd": seen.dcd.as_ref().map(|dcd| {
            dcd.commands().iter().map(|command| command.to_string()).collect::<Vec<_>>()
        }),
        "csf": seen.csf.as_ref().map(|csf| csf.to_string()),
        "vectors": seen.vectors.map(|vectors| json!({
            "table": vectors.table,
            "stack": vectors.stack,
            "reset": vectors.reset,
        })),
        "encryption_headers": seen.bee,
    })
}

/// The headers as a person reads them.
fn details(seen: &Inspection) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(fcb) = &seen.fcb {
        lines.push(format!(
            "FCB       {:#x} bytes of flash, read by {}",
            fcb.total_size(),
            fcb.sequence(lut::index::READ)
        ));
    }
    if let Some(ivt) = seen.ivt {
        lines.push(format!(
            "IVT       version {:#04x}, entry {:#010x}, self {:#010x}, boot data {:#010x}, DCD {}, CSF {}",
            ivt.version,
            ivt.entry,
            ivt.self_address,
            ivt.boot_data,
            pointer(ivt.dcd),
            pointer(ivt.csf)
        ));
    }
    if let Some(data) = seen.boot_data {
        lines.push(format!(
            "boot data start {:#010x}, length {:#x}, end {:#010x}, plugin {}",
            data.start,
            data.length,
            data.end(),
            data.plugin
        ));
    }
    for text in [
        seen.dcd.as_ref().map(ToString::to_string),
        seen.csf.as_ref().map(ToString::to_string),
    ]
    .into_iter()
    .flatten()
    {
        let mut rows = text.lines();
        lines.extend(rows.next().map(str::to_owned));
        lines.extend(rows.map(|row| format!("          {row}")));
    }
    if let Some(vectors) = seen.vectors {
        lines.push(format!(
            "vectors   at {:#010x}: stack {:#010x}, reset handler {:#010x}",
            vectors.table, vectors.stack, vectors.reset
        ));
    }
    lines
}

fn pointer(address: u32) -> String {
    match address {
        0 => "none".into(),
        address => format!("{address:#010x}"),
    }
}
