//! `image show`: what a file is and why, what lies where in it, what does not fit.

use std::path::PathBuf;

use rtboot::Result;
use rtboot::finding::Finding;
use rtboot::finding::catalogue::run::SVG;
use rtboot::outcome::{self, Headers, ImageShow, Outcome};
use rtboot_bootable::firmware::{Symbol, symbols};
use rtboot_bootable::{Inspection, inspect};
use rtboot_fcb::lut;

use super::{map, source, svg};
use crate::cli::output::{try_out, unwritable, write_whole};
use crate::cli::{Context, number};

/// Show what a file is and why: its parts with their addresses, and what does not fit
#[derive(Debug, clap::Args)]
pub struct Args {
    /// ELF, Intel HEX, S-record, UF2 or raw; or `board` for what is in its flash
    #[arg(value_name = "FILE|board")]
    file: PathBuf,
    /// Address of the first byte of a raw file; without it the one that its content implies
    #[arg(long, alias = "address", value_name = "ADDRESS", value_parser = number::parse_address)]
    base: Option<u32>,
    /// Read this much of a board's flash; without it what its boot data say, at most 1 MiB
    #[arg(long, value_name = "BYTES", value_parser = number::parse_u32)]
    length: Option<u32>,
    /// Also draw the map into an SVG file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// How many of an ELF file's largest functions and variables are listed
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    symbols: usize,
}

pub fn run(args: &Args, context: &mut Context) -> Result<()> {
    if let Some(path) = &args.svg {
        try_out(path, &context.report)?;
    }
    let source = source::load(
        &args.file,
        source::Wanted::Bytes,
        args.base,
        args.length,
        context,
    )?;
    let firmware = &source.firmware;
    let map = source.chip.map;
    let symbols = symbols(&source.bytes);
    let seen = inspect(&firmware.memory, &map);
    let pieces = map::pieces(&firmware.memory, &seen, &map);
    let mut found = ImageShow {
        format: firmware.format.to_string(),
        kind: seen.kind.to_string(),
        reason: seen.reason.clone(),
        notes: outcome::findings(&firmware.notes),
        entry: firmware.entry,
        bytes: firmware.memory.len_bytes(),
        pieces: pieces.clone(),
        findings: outcome::findings(&seen.findings),
        headers: Headers::from(&seen),
        symbols: symbols.iter().map(outcome::Symbol::from).collect(),
        svg: None,
    };
    if let Some(path) = &args.svg {
        let picture = svg::draw(&format!("{}: {}", source.name, seen.kind), &pieces);
        write_whole(path, picture.as_bytes()).map_err(unwritable(path))?;
        let file = path.display().to_string();
        context.report.tell(Finding::new(&SVG).text("file", &file));
        found.svg = Some(file);
    }
    context.report.found(Outcome::ImageShow(Box::new(found)));
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
    for line in lines {
        context.report.line(line);
    }
    for line in map::draw(&pieces) {
        context.report.styled_line(line);
    }
    let mut lines = vec![String::new()];
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

/// The largest functions and variables.
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
