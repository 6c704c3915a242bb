//! TOML tables and values with their places in the text, so that every error shows its line.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::CfgError;

/// Reads text as TOML, with our own words for what is wrong.
pub(super) fn root(text: &str) -> Result<Spanned<DeTable<'_>>, CfgError> {
    DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let message = match text.get(span.clone()) {
            Some(word) if error.message().contains("duplicate key") => {
                format!("`{word}` is given twice")
            }
            _ => format!("this is not TOML: {}", error.message()),
        };
        CfgError::at(text, span, message)
    })
}

/// A table of the file.
pub(super) struct Section<'t> {
    text: &'t str,
    /// How messages call it: "the file", "[read]".
    pub name: &'static str,
    table: &'t DeTable<'t>,
    /// The table whose keys hold where this one does not give them: the file, for a family member.
    inherited: Option<&'t DeTable<'t>>,
    span: Range<usize>,
}

/// A key with its value.
pub(super) struct Entry<'t> {
    text: &'t str,
    pub key: &'t str,
    key_span: Range<usize>,
    value: &'t Spanned<DeValue<'t>>,
}

impl<'t> Section<'t> {
    pub fn file(text: &'t str, root: &'t Spanned<DeTable<'t>>) -> Self {
        Section {
            text,
            name: "the file",
            table: root.get_ref(),
            inherited: None,
            span: 0..0,
        }
    }

    /// The `[[family]]` tables, each with the keys of this one behind its own.
    pub fn family(&self) -> Result<Vec<Section<'t>>, CfgError> {
        let name = "[[family]]";
        let Some(entry) = self.own("family") else {
            return Ok(Vec::new());
        };
        let wrong = || entry.wrong(&format!("tables, each headed {name}"));
        let members = entry.value.get_ref().as_array().ok_or_else(wrong)?;
        let member = |value: &'t Spanned<DeValue<'t>>| {
            Ok(Section {
                text: self.text,
                name,
                table: value.get_ref().as_table().ok_or_else(wrong)?,
                inherited: Some(self.table),
                span: value.span(),
            })
        };
        members.iter().map(member).collect()
    }

    /// Refuses keys that are not among `known`.
    pub fn knows<'k>(&self, known: impl IntoIterator<Item = &'k str>) -> Result<(), CfgError> {
        let known: Vec<&str> = known.into_iter().collect();
        let unknown = self.entries().filter(|entry| !known.contains(&entry.key));
        match unknown.min_by_key(|entry| entry.key_span.start) {
            None => Ok(()),
            Some(entry) => {
                let message = format!("unknown key `{}` in {}", entry.key, self.name);
                Err(entry.key_error(message).near(entry.key, known))
            }
        }
    }

    /// The keys of this table itself.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'t>> {
        entries(self.text, self.table)
    }

    /// A key of this table itself.
    pub fn own(&self, key: &str) -> Option<Entry<'t>> {
        self.entries().find(|entry| entry.key == key)
    }

    /// The value of a key, inherited or not, if it is given.
    pub fn get<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Entry<'t>) -> Result<T, CfgError>,
    ) -> Result<Option<T>, CfgError> {
        let inherited = || entries(self.text, self.inherited?).find(|entry| entry.key == key);
        let entry = self.own(key).or_else(inherited);
        entry.map(|entry| read(&entry)).transpose()
    }

    /// As [`Section::get`], but the text "none" takes back what was inherited.
    pub fn get_unless_none<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Entry<'t>) -> Result<T, CfgError>,
    ) -> Result<Option<T>, CfgError> {
        let value = self.get(key, |entry| match entry.as_text() {
            Some("none") => Ok(None),
            _ => read(entry).map(Some),
        });
        value.map(Option::flatten)
    }

    /// The value of a key that must be given, such as `key = example`.
    pub fn need<T>(
        &self,
        key: &str,
        example: &str,
        read: impl FnOnce(&Entry<'t>) -> Result<T, CfgError>,
    ) -> Result<T, CfgError> {
        self.get(key, read)?.ok_or_else(|| {
            let name = self.name;
            self.error(format!(
                "{name} lacks the key `{key}`, such as `{key} = {example}`"
            ))
        })
    }

    /// An error about the table as a whole, such as a key that is missing.
    pub fn error(&self, message: impl Into<String>) -> CfgError {
        CfgError::at(self.text, self.span.clone(), message)
    }
}

fn entries<'t>(text: &'t str, table: &'t DeTable<'t>) -> impl Iterator<Item = Entry<'t>> {
    table.iter().map(move |(key, value)| Entry {
        text,
        key: key.get_ref(),
        key_span: key.span(),
        value,
    })
}

impl<'t> Entry<'t> {
    /// An error at the value.
    pub fn error(&self, message: impl Into<String>) -> CfgError {
        CfgError::at(self.text, self.value.span(), message)
    }

    /// An error at the key.
    pub fn key_error(&self, message: impl Into<String>) -> CfgError {
        CfgError::at(self.text, self.key_span.clone(), message)
    }

    /// The value is of another kind than its key wants.
    fn wrong(&self, wanted: &str) -> CfgError {
        let kind = kind(self.value.get_ref());
        self.error(format!("`{}` takes {wanted}, not {kind}", self.key))
    }

    /// The value as a table.
    pub fn table(&self, name: &'static str) -> Result<Section<'t>, CfgError> {
        let table = self.value.get_ref().as_table();
        Ok(Section {
            text: self.text,
            name,
            table: table.ok_or_else(|| self.wrong(&format!("a table, headed {name}")))?,
            inherited: None,
            span: self.value.span(),
        })
    }

    /// The value as a table with no keys but `known`.
    pub fn table_of<'k>(
        &self,
        name: &'static str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Result<Section<'t>, CfgError> {
        let section = self.table(name)?;
        section.knows(known).map(|()| section)
    }

    /// The value when it is a text.
    pub fn as_text(&self) -> Option<&'t str> {
        self.value.get_ref().as_str()
    }

    pub fn text(&self) -> Result<&'t str, CfgError> {
        self.as_text().ok_or_else(|| self.wrong("a text"))
    }

    pub fn boolean(&self) -> Result<bool, CfgError> {
        let value = self.value.get_ref().as_bool();
        value.ok_or_else(|| self.wrong("true or false"))
    }

    pub fn is_list(&self) -> bool {
        self.value.get_ref().is_array()
    }

    /// The elements of a list, or the one value; each as an entry of the same key.
    pub fn elements(&self) -> impl Iterator<Item = Entry<'t>> {
        let values = match self.value.get_ref().as_array() {
            Some(array) => array.iter().collect(),
            None => vec![self.value],
        };
        let (text, key, key_span) = (self.text, self.key, self.key_span.clone());
        values.into_iter().map(move |value| Entry {
            text,
            key,
            key_span: key_span.clone(),
            value,
        })
    }

    /// A text, or a list of texts.
    pub fn texts(&self, wanted: &str) -> Result<Vec<Entry<'t>>, CfgError> {
        let text = |entry: Entry<'t>| match entry.as_text() {
            Some(_) => Ok(entry),
            None => Err(entry.wrong(wanted)),
        };
        self.elements().map(text).collect()
    }

    /// One number or a list of them, each from 0 to `max`.
    pub fn numbers(&self, max: u32) -> Result<Vec<u32>, CfgError> {
        self.elements().map(|entry| entry.number(max)).collect()
    }

    /// A number from 0 to `max`.
    pub fn number<T: TryFrom<u32> + Copy + Into<u32>>(&self, max: T) -> Result<T, CfgError> {
        let key = self.key;
        let number = match self.value.get_ref() {
            DeValue::Integer(integer) => {
                let digits = integer.as_str().replace('_', "");
                if digits.starts_with('-') {
                    return Err(self.error(format!("`{key}` cannot be negative")));
                }
                u64::from_str_radix(digits.trim_start_matches('+'), integer.radix()).ok()
            }
            DeValue::String(text) => Some(size(text).ok_or_else(|| {
                self.error(format!(
                    "`{key}` takes a number, such as 4096, 0x1000, \"64K\" or \"8M\""
                ))
            })?),
            _ => return Err(self.wrong("a number")),
        };
        let max = max.into();
        number
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| *number <= max)
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| self.error(format!("`{key}` is at most {max} ({max:#x})")))
    }
}

/// `8M`, `64 KiB`, `0x1000`, `4_096`; `None` for other text. Too large a number is u64::MAX.
fn size(text: &str) -> Option<u64> {
    let text = text.trim().replace('_', "").to_ascii_lowercase();
    if let Some(digits) = text.strip_prefix("0x") {
        return u64::from_str_radix(digits, 16).ok();
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.strip_prefix(digits)? {
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
