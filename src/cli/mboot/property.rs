//! Properties: what the flashloader tells of itself.

use rtboot::board::LoaderSession;
use rtboot::mboot::{self, MemoryId, Property};
use rtboot::outcome::{self, Memories, Memory, Outcome, PropertiesRead, PropertySet};
use rtboot::{Error, Result, Step};

use super::session;
use crate::cli::{Context, number};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    GetProperty(GetProperty),
    SetProperty(SetProperty),
    /// List the memories that the flashloader knows, with their sizes
    ListMemory,
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::GetProperty(args) => args.run(context),
        Command::SetProperty(args) => args.run(context),
        Command::ListMemory => list_memory(context),
    }
}

/// One property, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Every one that answers.
    All,
    /// This one.
    One(Property),
}

/// Ask for a property, by number or name; 0 or `list` asks for all of them
#[derive(Debug, clap::Args)]
pub struct GetProperty {
    /// Such as 12, 0x0C or reserved-regions
    #[arg(value_name = "PROPERTY", value_parser = parse_property)]
    property: Asked,
    /// Memory id, or number of a region, for the properties that have several
    #[arg(default_value = "0", value_parser = number::parse_u32)]
    index: u32,
}

impl GetProperty {
    fn run(self, context: &mut Context) -> Result<()> {
        let mut session = session(context)?;
        let found = match self.property {
            Asked::All => PropertiesRead::All {
                properties: all(&mut session)?,
            },
            Asked::One(property) => {
                let words = session
                    .get_property(property, self.index)
                    .map_err(Error::mboot(Step::AskProperty(property)))?;
                PropertiesRead::One(outcome::Property::new(property, words))
            }
        };
        context.report.show(found, Outcome::MbootGetProperty);
        Ok(())
    }
}

/// Every property that this flashloader has.
fn all(session: &mut LoaderSession) -> Result<Vec<outcome::Property>> {
    let mut all = Vec::new();
    for &property in Property::KNOWN {
        match session.get_property(property, 0) {
            Ok(words) => all.push(outcome::Property::new(property, words)),
            Err(mboot::Error::Refused { .. }) => {}
            Err(error) => return Err(Error::mboot(Step::AskProperty(property))(error)),
        }
    }
    Ok(all)
}

/// Set a property. An RT1021 flashloader has none that can be set
#[derive(Debug, clap::Args)]
pub struct SetProperty {
    /// Such as 10 or verify-writes
    #[arg(value_name = "PROPERTY", value_parser = parse_property)]
    property: Asked,
    /// The value
    #[arg(value_parser = number::parse_u32)]
    value: u32,
}

impl SetProperty {
    fn run(self, context: &mut Context) -> Result<()> {
        let (Asked::One(property), value) = (self.property, self.value) else {
            return Err(Error::Usage("one property must be named to be set".into()));
        };
        session(context)?
            .set_property(property, value)
            .map_err(Error::mboot(Step::SetProperty(property)))?;
        let found = PropertySet {
            property: property.0,
            name: property.name().map(str::to_owned),
            value,
        };
        context.report.show(found, Outcome::MbootSetProperty);
        Ok(())
    }
}

/// Most RAM banks that are asked for.
const BANKS: u32 = 8;

fn list_memory(context: &mut Context) -> Result<()> {
    let mut session = session(context)?;
    let memories = memories(&mut session).map_err(Error::mboot(Step::ListMemories))?;
    context
        .report
        .show(Memories { memories }, Outcome::MbootListMemory);
    Ok(())
}

fn memories(session: &mut LoaderSession) -> std::result::Result<Vec<Memory>, mboot::Error> {
    let mut all = Vec::new();
    let mut starts = Vec::new();
    for ram in 0..BANKS {
        let (start, bytes) = match session.ram(ram) {
            Ok(bank) => bank,
            Err(mboot::Error::Refused { .. }) => break,
            Err(error) => return Err(error),
        };
        // asked for a bank after the last one, the genuine flashloader answers with the first
        if starts.contains(&start) {
            break;
        }
        starts.push(start);
        all.push(Memory::Ram { ram, start, bytes });
    }
    let reserved = session.reserved_regions()?.into_iter();
    all.extend(reserved.map(|(start, last)| Memory::Reserved {
        reserved: true,
        start,
        last,
    }));
    for id in EXTERNAL {
        let memory = id.0;
        all.push(match session.external_memory(id) {
            Ok(found) => Memory::External {
                memory,
                start: found.start,
                bytes: found.size(),
                text: found.to_string(),
            },
            Err(mboot::Error::Refused { status, .. }) => Memory::Absent {
                memory,
                status: status.0,
            },
            Err(error) => return Err(error),
        });
    }
    Ok(all)
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
