use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::CfgError;

/// Reads text as TOML; what is wrong is told in a sentence of ours.
pub(super) fn root(text: &str) -> Result<Spanned<DeTable<'_>>, CfgError> {
    DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let message = error.message();
        let word = text.get(span.clone()).unwrap_or_default();
        if message.contains("duplicate key") {
            CfgError::at(text, span, format!("`{word}` is given twice"))
        } else {
            CfgError::at(text, span, format!("this is not TOML: {message}"))
        }
    })
}

/// A table of the file, with its place in the text.
pub(super) struct Section<'t> {
    pub text: &'t str,
    /// How messages call it: "the file", "[read]".
    pub name: &'static str,
    table: &'t DeTable<'t>,
    span: Range<usize>,
}

/// A key's value, with the place of both.
pub(super) struct Entry<'t> {
    pub section: &'t Section<'t>,
    pub key: &'t str,
    key_span: Range<usize>,
    value: &'t Spanned<DeValue<'t>>,
}

const PART_KEYS: &[&str] = &[
    "name",
    "vendor",
    "jedec",
    "size",
    "page-size",
    "sector-size",
    "block-size",
    "quad-enable",
    "status-write",
    "clock",
    "max-mhz",
    "option-words",
    "evidence",
    "source",
    "note",
    "chip",
    "read",
    "protection",
    "times",
    "sfdp",
    "fcb",
];

impl<'t> Section<'t> {
    /// A part's table: the file itself (`main`), or one `[[family]]`.
    pub fn of(
        text: &'t str,
        name: &'static str,
        table: &'t Spanned<DeTable<'t>>,
        main: bool,
    ) -> Result<Self, CfgError> {
        let section = Section {
            text,
            name,
            table: table.get_ref(),
            span: 0..0,
        };
        section.knows(PART_KEYS.iter().copied().chain(main.then_some("family")))?;
        Ok(section)
    }

    /// Refuses keys that are not among `known`.
    pub fn knows<'k>(&self, known: impl IntoIterator<Item = &'k str>) -> Result<(), CfgError> {
        let known: Vec<&str> = known.into_iter().collect();
        let unknown = self
            .table
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        let Some(key) = unknown else { return Ok(()) };
        let message = format!("unknown key `{}` in {}", key.get_ref(), self.name);
        Err(CfgError::at(self.text, key.span(), message).near(key.get_ref(), known))
    }

    /// The value of a key, if given.
    pub fn get(&'t self, key: &'t str) -> Option<Entry<'t>> {
        self.entries().find(|entry| entry.key == key)
    }

    /// All keys with their values.
    pub fn entries(&'t self) -> impl Iterator<Item = Entry<'t>> {
        self.table.iter().map(|(key, value)| Entry {
            section: self,
            key: key.get_ref(),
            key_span: key.span(),
            value,
        })
    }

    /// The tables of an array of tables.
    pub fn tables(
        &'t self,
        key: &'t str,
        name: &'static str,
    ) -> Result<Vec<Section<'t>>, CfgError> {
        let Some(entry) = self.get(key) else {
            return Ok(Vec::new());
        };
        let array = entry
            .value
            .get_ref()
            .as_array()
            .ok_or_else(|| entry.wrong(&format!("tables, each headed {name}")))?;
        array
            .iter()
            .map(|element| {
                let table = element
                    .get_ref()
                    .as_table()
                    .ok_or_else(|| entry.wrong(&format!("tables, each headed {name}")))?;
                let section = Section {
                    text: self.text,
                    name,
                    table,
                    span: element.span(),
                };
                section.knows(PART_KEYS.iter().copied())?;
                Ok(section)
            })
            .collect()
    }

    /// An error about the table as a whole, such as a key that is missing.
    pub fn error(&self, message: impl Into<String>) -> CfgError {
        CfgError::at(self.text, self.span.clone(), message)
    }

    pub fn missing(&self, key: &str, example: &str) -> CfgError {
        self.error(format!(
            "{} lacks the key `{key}`, such as `{key} = {example}`",
            self.name
        ))
    }
}

impl<'t> Entry<'t> {
    /// An error at the value.
    pub fn error(&self, message: impl Into<String>) -> CfgError {
        CfgError::at(self.section.text, self.value.span(), message)
    }

    /// An error at the key.
    pub fn key_error(&self, message: impl Into<String>) -> CfgError {
        CfgError::at(self.section.text, self.key_span.clone(), message)
    }

    /// The value is of another kind than its key wants.
    pub fn wrong(&self, wanted: &str) -> CfgError {
        self.error(format!(
            "`{}` takes {wanted}, not {}",
            self.key,
            kind(self.value.get_ref())
        ))
    }

    pub fn table(&self, name: &'static str) -> Result<Section<'t>, CfgError> {
        let table = self
            .value
            .get_ref()
            .as_table()
            .ok_or_else(|| self.wrong(&format!("a table, headed {name}")))?;
        Ok(Section {
            text: self.section.text,
            name,
            table,
            span: self.value.span(),
        })
    }

    pub fn string(&self, wanted: &str) -> Result<&'t str, CfgError> {
        self.value
            .get_ref()
            .as_str()
            .ok_or_else(|| self.wrong(wanted))
    }

    /// The value when it is a text.
    pub fn text_value(&self) -> Option<&'t str> {
        self.value.get_ref().as_str()
    }

    pub fn boolean(&self) -> Result<bool, CfgError> {
        self.value
            .get_ref()
            .as_bool()
            .ok_or_else(|| self.wrong("true or false"))
    }

    /// A number from 0 to `max`.
    pub fn number(&self, max: u32) -> Result<u32, CfgError> {
        self.number_of(self.value, max)
    }

    /// One number or a list of them, each from 0 to `max`.
    pub fn numbers(&self, max: u32) -> Result<Vec<u32>, CfgError> {
        match self.value.get_ref().as_array() {
            Some(array) => array
                .iter()
                .map(|element| self.number_of(element, max))
                .collect(),
            None => Ok(vec![self.number(max)?]),
        }
    }

    /// A text, or a list of texts, each with its place.
    pub fn words(&self, wanted: &str) -> Result<Vec<(&'t str, Range<usize>)>, CfgError> {
        let word = |value: &'t Spanned<DeValue<'t>>| {
            let text = value.get_ref().as_str().ok_or_else(|| self.wrong(wanted))?;
            Ok((text, value.span()))
        };
        match self.value.get_ref().as_array() {
            Some(array) => array.iter().map(word).collect(),
            None => Ok(vec![word(self.value)?]),
        }
    }

    /// The list's elements as texts, when it is a list of texts only.
    pub fn strings(&self) -> Option<Vec<&'t str>> {
        self.value
            .get_ref()
            .as_array()?
            .iter()
            .map(|element| element.get_ref().as_str())
            .collect()
    }

    fn number_of(&self, value: &Spanned<DeValue<'_>>, max: u32) -> Result<u32, CfgError> {
        let error = |message: String| CfgError::at(self.section.text, value.span(), message);
        let number = match value.get_ref() {
            DeValue::Integer(integer) => {
                let digits = integer.as_str().replace('_', "");
                if digits.starts_with('-') {
                    return Err(error(format!("`{}` cannot be negative", self.key)));
                }
                u64::from_str_radix(digits.trim_start_matches('+'), integer.radix()).ok()
            }
            DeValue::String(text) => match size(text) {
                Some(number) => Some(number),
                None => {
                    return Err(error(format!(
                        "`{}` takes a number, such as 4096, 0x1000, \"64K\" or \"8M\"",
                        self.key
                    )));
                }
            },
            other => {
                return Err(error(format!(
                    "`{}` takes a number, not {}",
                    self.key,
                    kind(other)
                )));
            }
        };
        match number
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| *number <= max)
        {
            Some(number) => Ok(number),
            None => Err(error(format!("`{}` is at most {max} ({max:#x})", self.key))),
        }
    }
}

/// `8M`, `64 KiB`, `0x1000`, `4_096`; `None` for other text. Too large a number is u64::MAX.
fn size(text: &str) -> Option<u64> {
    let text = text.trim().replace('_', "").to_ascii_lowercase();
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok();
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        _ => return None,
    };
    let number: u64 = digits.trim_end().parse().ok()?;
    Some(number.saturating_mul(factor))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
