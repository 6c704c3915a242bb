//! `fcb list`: the parts of the database.

use rtboot::flash::identify;
use rtboot::outcome::{FcbList, Outcome, Part as PartRow};
use rtboot::{Error, Result};
use rtboot_fcb::{Part, database};

use crate::cli::{Context, number};

/// List the NOR parts that rtboot knows, with --chip those for this chip at its clocks
///
/// A filter is part of a name or maker, a JEDEC id such as 9d6017 or ef40, or a size such as 8M. Several filters must
/// all match.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Such as winbond, 9d6017, 8M
    filter: Vec<String>,
}

pub fn run(args: &Args, context: &mut Context) -> Result<()> {
    let chip = context.chip()?;
    let fits_chip = |part: &Part| chip.is_none_or(|chip| chip.is_meant_by(&part.chips));
    let mut rows = vec![HEAD.map(String::from)];
    let mut found = Vec::new();
    for (file, _) in database::files() {
        let parts = database::find(file).map(|(_, file)| file.parts);
        for part in parts.unwrap_or_default().into_iter().filter(fits_chip) {
            let part = chip.map_or_else(|| part.clone(), |chip| part.on(chip));
            if args.filter.iter().all(|filter| fits(filter, file, &part)) {
                rows.push(row(file, &part));
                found.push(PartRow::new(file, &part));
            }
        }
    }
    if found.is_empty() {
        let name = args.filter.join(" ");
        let nearest = database::nearest(&name);
        return Err(Error::UnknownPart { name, nearest });
    }
    context
        .report
        .found(Outcome::FcbList(FcbList { parts: found }));
    for line in table(&rows) {
        context.report.line(line);
    }
    Ok(())
}

const HEAD: [&str; 8] = [
    "FILE",
    "PART",
    "MAKER",
    "ID",
    "SIZE",
    "QUAD ENABLE",
    "CLOCK",
    "EVIDENCE",
];

fn row(file: &str, part: &Part) -> [String; 8] {
    [
        file.to_owned(),
        part.name.clone(),
        part.vendor.clone(),
        id(part),
        identify::bytes(u64::from(part.size)),
        part.qe.name().to_owned(),
        format!("{} MHz", part.clock.mhz()),
        part.evidence.name().to_owned(),
    ]
}

/// Its JEDEC id, where it has one.
pub(super) fn id(part: &Part) -> String {
    match part.jedec.answers() {
        true => part.jedec.to_string(),
        false => "none".to_owned(),
    }
}

/// Whether a filter fits a part: by name, maker, file, id or size.
fn fits(filter: &str, file: &str, part: &Part) -> bool {
    let wanted = filter.to_lowercase();
    let id: String = wanted
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | ':'))
        .collect();
    let id = id.trim_start_matches("0x");
    let own: String = part
        .jedec
        .0
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let by_id = id.len() >= 2 && own.starts_with(id);
    let size = wanted.trim_end_matches('b').trim_end_matches('i');
    let by_size = size.ends_with(['k', 'm']) && number::parse_u32(size) == Ok(part.size);
    let by_name = [part.name.as_str(), part.vendor.as_str(), file]
        .iter()
        .any(|name| name.to_lowercase().contains(&wanted));
    by_name || by_id || by_size
}

/// Columns as wide as their widest cell.
fn table<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(filter: &str) -> Vec<String> {
        database::parts()
            .filter(|part| fits(filter, "file.cfg", part))
            .map(|part| part.name)
            .collect()
    }

    #[test]
    fn parts_are_found_by_name_maker_id_and_size() {
        assert!(found("is25lp064").contains(&"IS25LP064A".to_owned()));
        assert!(found("ISSI").contains(&"IS25LP064A".to_owned()));
        for id in ["9d6017", "9d 60 17", "9D-60-17", "0x9d6017", "9d60"] {
            let parts = found(id);
            assert!(parts.contains(&"IS25LP064A".to_owned()), "{id}: {parts:?}");
            assert!(!parts.iter().any(|name| name.starts_with("W25")), "{id}");
        }
        for size in ["8M", "8MiB", "8192K"] {
            let parts = found(size);
            assert!(
                parts.contains(&"IS25LP064A".to_owned()),
                "{size}: {parts:?}"
            );
            assert!(!parts.contains(&"MX25L12845G".to_owned()), "{size}");
        }
        assert!(found("no such part").is_empty());
    }
}
