//! Properties: what the flashloader tells of itself.

use rtboot::mboot::{self, MemoryId, Property};
use rtboot::{Error, Result, Step};
use serde_json::json;

use super::session;
use crate::cli::{Context, number};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Ask for a property, by number or name; 0 or `list` asks for all of them
    GetProperty {
        /// As in 12, 0x0C or reserved-regions
        #[arg(value_name = "PROPERTY", value_parser = parse_property)]
        property: Asked,
        /// Memory id, or number of a region, for the properties that have several
        #[arg(default_value = "0", value_parser = number::parse_u32)]
        index: u32,
    },
    /// Set a property. An RT1021 flashloader has none that can be set
    SetProperty {
        /// As in 10 or verify-writes
        #[arg(value_name = "PROPERTY", value_parser = parse_property)]
        property: Asked,
        /// The value
        #[arg(value_parser = number::parse_u32)]
        value: u32,
    },
    /// List the memories that the flashloader knows, with their sizes
    ListMemory,
}

/// One property, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Every one that answers.
    All,
    /// This one.
    One(Property),
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::GetProperty {
            property: Asked::One(property),
            index,
        } => get(context, property, index),
        Command::GetProperty {
            property: Asked::All,
            ..
        } => get_all(context),
        Command::SetProperty {
            property: Asked::All,
            ..
        } => Err(Error::Usage("one property must be named to be set".into())),
        Command::SetProperty {
            property: Asked::One(property),
            value,
        } => {
            session(context)?
                .set_property(property, value)
                .map_err(Error::mboot(Step::SetProperty(property)))?;
            context.report.line(format!("{property} := {value:#x}"));
            Ok(())
        }
        Command::ListMemory => list_memory(context),
    }
}

fn get(context: &mut Context, property: Property, index: u32) -> Result<()> {
    let words = session(context)?
        .get_property(property, index)
        .map_err(Error::mboot(Step::AskProperty(property)))?;
    tell(context, property, &words);
    context.report.result(json!({
        "property": property.0,
        "name": property.name(),
        "words": words,
        "text": property.describe(&words).to_string(),
    }));
    Ok(())
}

fn tell(context: &mut Context, property: Property, words: &[u32]) {
    let hex: Vec<String> = words.iter().map(|word| format!("{word:#010x}")).collect();
    let text = format!(
        "{:#04x} {property}: {} [{}]",
        property.0,
        property.describe(words),
        hex.join(" ")
    );
    context.report.line(text);
}

fn get_all(context: &mut Context) -> Result<()> {
    let mut session = session(context)?;
    let mut all = Vec::new();
    for &property in Property::KNOWN {
        match session.get_property(property, 0) {
            Ok(words) => {
                tell(context, property, &words);
                all.push(json!({
                    "property": property.0,
                    "name": property.name(),
                    "words": words,
                    "text": property.describe(&words).to_string(),
                }));
            }
            Err(mboot::Error::Refused { .. }) => {}
            Err(error) => return Err(Error::mboot(Step::AskProperty(property))(error)),
        }
    }
    context.report.result(json!({"properties": all}));
    Ok(())
}

fn list_memory(context: &mut Context) -> Result<()> {
    let mut session = session(context)?;
    let step = || Error::mboot(Step::ListMemories);
    let mut all = Vec::new();
    let mut starts = Vec::new();
    for index in 0..8 {
        let (start, size) = match session.ram(index) {
            Ok(bank) => bank,
            Err(mboot::Error::Refused { .. }) => break,
            Err(error) => return Err(step()(error)),
        };
        // behind the last bank the genuine flashloader begins again
        if starts.contains(&start) {
            break;
        }
        starts.push(start);
        let text = format!("RAM {index}: start {start:#010x}, {} KiB", size / 1024);
        context.report.line(text);
        all.push(json!({"ram": index, "start": start, "bytes": size}));
    }
    for (start, end) in session.reserved_regions().map_err(step())? {
        let text = format!("the flashloader's own: {start:#010x}..={end:#010x}");
        context.report.line(text);
        all.push(json!({"reserved": true, "start": start, "last": end}));
    }
    for memory in EXTERNAL {
        let line = match session.external_memory(memory) {
            Ok(found) => {
                all.push(json!({"memory": memory.0, "start": found.start, "bytes": found.size()}));
                found.to_string()
            }
            Err(mboot::Error::Refused { status, .. }) => {
                all.push(json!({"memory": memory.0, "status": status.0}));
                match status {
                    mboot::Status::MEMORY_NOT_CONFIGURED => "not configured".into(),
                    mboot::Status::INVALID_ARGUMENT => "not known to this flashloader".into(),
                    other => other.to_string(),
                }
            }
            Err(error) => return Err(step()(error)),
        };
        context.report.line(format!("memory {memory}: {line}"));
    }
    context.report.result(json!({"memories": all}));
    Ok(())
}

const EXTERNAL: [MemoryId; 3] = [
    MemoryId::FLEXSPI_NOR,
    MemoryId::SPI_NOR_EEPROM,
    MemoryId::SD_CARD,
];

/// A property by its number, or by its name with any of blank, `-` and `_` between the words.
fn parse_property(text: &str) -> std::result::Result<Asked, String> {
    if text.eq_ignore_ascii_case("list") || text.eq_ignore_ascii_case("all") {
        return Ok(Asked::All);
    }
    if let Ok(number) = number::parse_u32(text) {
        return Ok(match number {
            0 => Asked::All,
            number => Asked::One(Property(number)),
        });
    }
    let plain = |name: &str| -> String {
        name.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect()
    };
    let wanted = plain(text);
    let named = |property: &&Property| property.name().is_some_and(|name| plain(name) == wanted);
    if let Some(property) = Property::KNOWN.iter().find(named) {
        return Ok(Asked::One(*property));
    }
    let names = Property::KNOWN
        .iter()
        .filter_map(|property| property.name());
    let nearest = names
        .map(|name| (strsim::jaro_winkler(&plain(name), &wanted), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.75)
        .map(|(_, name)| format!("; did you mean {}?", name.replace(' ', "-")));
    Err(format!(
        "\"{text}\" is no property{}; `get-property list` asks for all",
        nearest.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_have_numbers_and_names() {
        for text in [
            "12",
            "0x0C",
            "reserved-regions",
            "Reserved Regions",
            "reserved_regions",
        ] {
            assert_eq!(
                parse_property(text),
                Ok(Asked::One(Property::RESERVED_REGIONS)),
                "{text}"
            );
        }
        assert_eq!(parse_property("0"), Ok(Asked::All));
        assert_eq!(parse_property("list"), Ok(Asked::All));
    }

    #[test]
    fn a_misspelt_property_names_its_neighbour() {
        let error = parse_property("curent-version").expect_err("misspelt");
        assert!(error.contains("did you mean current-version?"), "{error}");
        assert!(parse_property("colour").is_err());
    }
}
