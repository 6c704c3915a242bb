//! `job.toml`: what its author writes.

use std::collections::{BTreeMap, BTreeSet};

use rtboot_ledger::{Format, PoolSpec, is_secret};
use zeroize::Zeroizing;

use crate::secret::{Recipient, seal_secret, secret_length};
use crate::unit::{self, UnitNumber};
use crate::{Error, FORMAT, Result};

/// Most bytes of one field.
const LONGEST_FIELD: u32 = 64 << 10;
/// Most rows of a list.
const LONGEST_LIST: usize = 1_000_000;

/// What each unit of a product gets.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Job {
    /// The version of this file's format.
    pub format: u32,
    /// What the product is called.
    pub name: String,
    /// The chip, as `rt1021`.
    pub chip: String,
    /// The flash parts that may be on the board; any that the FCB fits when there are none.
    #[serde(default)]
    pub parts: Vec<String>,
    /// The image: a member of the archive.
    pub image: String,
    /// The FCB: a member of the archive, or the name of a part.
    pub fcb: String,
    /// A flashloader: a member of the archive. Without it, rtboot's own.
    #[serde(default)]
    pub loader: Option<String>,
    /// How many units may pass.
    #[serde(default)]
    pub units: Option<u32>,
    /// Sources of numbers.
    #[serde(default, rename = "pool")]
    pub pools: Vec<Pool>,
    /// Bytes that are each unit's own.
    #[serde(default, rename = "field")]
    pub fields: Vec<Field>,
    /// Tables of tagged records that are each unit's own.
    #[serde(default, rename = "table")]
    pub tables: Vec<Table>,
    /// What a unit's flash may hold that the ledger knows nothing of.
    #[serde(default)]
    pub before: Before,
    /// Hooks of the station, by name, that must be there: `label`.
    #[serde(default)]
    pub hooks: Vec<String>,
    /// When a slot or the line stops.
    #[serde(default)]
    pub limits: Limits,
}

/// A source of numbers: its name, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Pool {
    /// A range, as text by a format.
    Serial {
        /// The pool's name.
        name: String,
        /// As `RT{value:06}`: see [`Format`].
        format: String,
        /// The first number.
        first: i64,
        /// The last number.
        last: i64,
        /// Origin one to the next.
        #[serde(default = "one")]
        step: i64,
    },
    /// A block of MAC addresses.
    Mac {
        /// The pool's name.
        name: String,
        /// The first address, as `00:1b:c5:00:00:00`.
        first: String,
        /// The last address.
        last: String,
        /// How many addresses a unit has.
        #[serde(default = "one")]
        step: i64,
    },
    /// A column of a CSV file, a row for each unit.
    List {
        /// The pool's name.
        name: String,
        /// The file: a member of the archive.
        file: String,
        /// The column's heading.
        column: String,
        /// Its rows are secrets, encrypted for the stations: `age:…`.
        #[serde(default)]
        secret: bool,
    },
    /// A command of the station, by name: it gets the unit as JSON and answers with a text.
    Command {
        /// The pool's name.
        name: String,
        /// The command's name in the station's settings.
        command: String,
        /// Its texts are secrets, which the station encrypts before it stores them.
        #[serde(default)]
        secret: bool,
    },
}

fn one() -> i64 {
    1
}

/// What bytes are made from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Origin {
    /// The unit's number of this pool.
    Pool(String),
    /// The chip's unique id.
    UniqueId,
    /// The same text for all units.
    Text(String),
}

/// How a number becomes bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Encoding {
    /// The text in UTF-8, filled up to the field's size.
    Text,
    /// The text in UTF-8 with a zero behind it, filled up.
    CString,
    /// The number in four bytes, lowest first.
    U32Le,
    /// The number in eight bytes, lowest first.
    U64Le,
    /// The number in four bytes, highest first.
    U32Be,
    /// A MAC address in six bytes, in the order in which it is written.
    Mac,
    /// Bytes from hex digits; colons, dashes and spaces between them do not count.
    Hex,
}

impl Encoding {
    /// A secret is bytes or a text, and no number.
    fn takes_secrets(self) -> bool {
        matches!(self, Encoding::Text | Encoding::CString | Encoding::Hex)
    }

    /// Its name in `job.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Text => "text",
            Encoding::CString => "c-string",
            Encoding::U32Le => "u32-le",
            Encoding::U64Le => "u64-le",
            Encoding::U32Be => "u32-be",
            Encoding::Mac => "mac",
            Encoding::Hex => "hex",
        }
    }
}

/// Bytes at an address.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Field {
    /// Address of the first byte, in the chip's flash window.
    pub at: u32,
    /// How many bytes it has, filled up with `fill`.
    pub size: u32,
    /// What fills it up.
    #[serde(default = "erased")]
    pub fill: u8,
    /// What it is made from.
    pub from: Origin,
    /// How.
    #[serde(rename = "as")]
    pub encoding: Encoding,
}

fn erased() -> u8 {
    0xFF
}

/// A table of records, each a tag (two bytes), a length (two bytes) and a value, lowest byte first, ended by the tag 0xFFFF, with a
/// CRC-32 (zlib's) over all of them behind it: a small store that firmware reads in ten lines.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Table {
    /// Address of the first byte.
    pub at: u32,
    /// How many bytes it has, filled up with 0xFF.
    pub size: u32,
    /// Its records, in this order.
    #[serde(rename = "record")]
    pub records: Vec<Record>,
}

/// A record of a table.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Record {
    /// Its tag, below 0xFFFF.
    pub tag: u16,
    /// What it is made from.
    pub from: Origin,
    /// How.
    #[serde(rename = "as")]
    pub encoding: Encoding,
}

/// What a unit's flash may hold before it is made for the first time, where the image goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Before {
    /// Nothing: another product that got into the line is left as it is.
    #[default]
    Blank,
    /// Anything: it is overwritten.
    Anything,
}

/// When a slot or the line stops.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct Limits {
    /// A slot with this many failures in a row is taken out.
    pub failures_in_a_row: u32,
    /// Below this many passes of a hundred units the line stops.
    pub yield_percent: u32,
    /// The yield is that of the last so many units.
    pub yield_of: u32,
    /// What becomes of a unit that was written and verified, and of which no rule tells whether the boot ROM starts it.
    pub start_unknown: StartUnknown,
}

/// A unit that may start or not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StartUnknown {
    /// It fails: nothing leaves the line that may not start.
    #[default]
    Fail,
    /// It passes, and its record says why it is not known: for firmware of which the job's author has seen that it starts.
    Pass,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            failures_in_a_row: 3,
            yield_percent: 80,
            yield_of: 50,
            start_unknown: StartUnknown::Fail,
        }
    }
}

impl Job {
    /// Reads a `job.toml`.
    ///
    /// # Errors
    /// [`Error::TooNew`]; [`Error::Job`] with what is wrong and where.
    pub fn parse(text: &str) -> Result<Job> {
        let wrong = |reason: String| Error::Job(reason);
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| wrong(error.to_string()))?;
        // first the format: keys of a later one are not unknown, they are too new
        match table.get("format").and_then(toml::Value::as_integer) {
            Some(format) if format == i64::from(FORMAT) => {}
            Some(found) if found > i64::from(FORMAT) => {
                return Err(Error::TooNew {
                    found,
                    known: FORMAT,
                });
            }
            _ => return Err(wrong(format!("it has no line `format = {FORMAT}`"))),
        }
        let job: Job = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        job.check().map_err(wrong)?;
        Ok(job)
    }

    fn check(&self) -> std::result::Result<(), String> {
        if self.name.is_empty() || self.name.len() > 100 || self.name.chars().any(char::is_control)
        {
            return Err("name: 1 to 100 characters, none of them a control character".into());
        }
        if self.units == Some(0) {
            return Err("units: at least one".into());
        }
        let mut names = BTreeSet::new();
        for pool in &self.pools {
            if !names.insert(pool.name()) {
                return Err(format!("two pools are called {}", pool.name()));
            }
            pool.check()
                .map_err(|reason| format!("pool {}: {reason}", pool.name()))?;
        }
        for (at, size, records) in self.places() {
            if size == 0 || size > LONGEST_FIELD {
                return Err(format!(
                    "{at:#010x}: size {size} is not 1 to {LONGEST_FIELD}"
                ));
            }
            if at.checked_add(size).is_none() {
                return Err(format!(
                    "{at:#010x}: {size} bytes end behind the address space"
                ));
            }
            for (from, encoding) in records {
                if let Origin::Pool(pool) = from
                    && !names.contains(pool.as_str())
                {
                    return Err(format!("{at:#010x}: there is no pool {pool}"));
                }
                if self.is_secret(from) && !encoding.takes_secrets() {
                    let name = encoding.name();
                    return Err(format!(
                        "{at:#010x}: a secret is taken as text, c-string or hex, not as {name}"
                    ));
                }
                self.check_fits(at, from, encoding)?;
            }
        }
        let mut spans: Vec<(u32, u32)> =
            self.places().map(|(at, size, _)| (at, at + size)).collect();
        spans.sort_unstable();
        if let Some(pair) = spans.windows(2).find(|pair| pair[0].1 > pair[1].0) {
            return Err(format!(
                "what is at {:#010x} reaches over {:#010x}",
                pair[0].0, pair[1].0
            ));
        }
        for table in &self.tables {
            let tags: BTreeSet<u16> = table.records.iter().map(|record| record.tag).collect();
            if tags.len() != table.records.len() || tags.contains(&0xFFFF) {
                return Err(format!(
                    "table at {:#010x}: tags are below 0xffff, each once",
                    table.at
                ));
            }
        }
        if self.limits.yield_percent > 100 {
            return Err("yield-percent: at most 100".into());
        }
        Ok(())
    }

    /// Each place in flash: address, size, and what it is made from.
    fn places(&self) -> impl Iterator<Item = (u32, u32, Vec<(&Origin, Encoding)>)> {
        let fields = self
            .fields
            .iter()
            .map(|field| (field.at, field.size, vec![(&field.from, field.encoding)]));
        let tables = self.tables.iter().map(|table| {
            let records = table
                .records
                .iter()
                .map(|record| (&record.from, record.encoding));
            (table.at, table.size, records.collect())
        });
        fields.chain(tables)
    }

    fn is_secret(&self, from: &Origin) -> bool {
        matches!(from, Origin::Pool(pool) if self.has_secrets_in(pool))
    }

    /// Whether the texts of this pool are secrets.
    pub fn has_secrets_in(&self, pool: &str) -> bool {
        let mut pools = self.pools.iter().filter(|it| it.name() == pool);
        pools.any(|it| {
            matches!(
                it,
                Pool::List { secret: true, .. } | Pool::Command { secret: true, .. }
            )
        })
    }

    /// The first secret of a pool that has them in a list. `members` has the lists.
    pub fn first_secret(&self, pool: &Pool, members: &BTreeMap<String, Vec<u8>>) -> Option<String> {
        match pool {
            Pool::List {
                file,
                column,
                secret: true,
                ..
            } => {
                let rows = column_of(members.get(file)?, column).ok()?;
                rows.into_iter().next()
            }
            _ => None,
        }
    }

    /// Whether any text that its units get is a secret.
    pub fn has_secrets(&self) -> bool {
        self.pools.iter().any(|it| self.has_secrets_in(it.name()))
    }

    /// The places with bytes of secrets: address and size of each.
    pub fn secret_areas(&self) -> impl Iterator<Item = (u32, u32)> {
        let secret =
            |records: &[(&Origin, Encoding)]| records.iter().any(|(from, _)| self.is_secret(from));
        let places = self.places().filter(move |place| secret(&place.2));
        places.map(|(at, size, _)| (at, size))
    }

    /// How many bytes a text of this origin takes, at most: of a secret, as far as its encrypted text tells.
    fn room_of(
        &self,
        from: &Origin,
        encoding: Encoding,
        (value, text): (Option<i64>, &str),
    ) -> std::result::Result<usize, String> {
        if !self.is_secret(from) {
            return unit::encode(encoding, value, text).map(|bytes| bytes.len());
        }
        let length = secret_length(text).map_err(|error| error.to_string())?;
        Ok(match encoding {
            Encoding::CString => length + 1,
            Encoding::Hex => length.div_ceil(2),
            _ => length,
        })
    }

    /// Both ends of a range must become bytes; what fails for a unit must fail here, before any is made.
    fn check_fits(
        &self,
        at: u32,
        from: &Origin,
        encoding: Encoding,
    ) -> std::result::Result<(), String> {
        let pool = match from {
            Origin::Pool(name) => self.pools.iter().find(|pool| pool.name() == name),
            _ => None,
        };
        if let Some(Pool::List { .. }) = pool {
            // looked at when the list is read
            return Ok(());
        }
        let room = self
            .places()
            .find(|place| place.0 == at)
            .map_or(0, |place| place.1);
        for (value, text) in self.texts_of(from, &BTreeMap::new())? {
            let bytes = unit::encode(encoding, value, &text)
                .map_err(|reason| format!("{at:#010x}: {reason}"))?;
            if bytes.len() > room as usize {
                return Err(format!(
                    "{at:#010x}: \"{text}\" takes {} bytes, and the field has {room}",
                    bytes.len()
                ));
            }
        }
        Ok(())
    }

    /// The places of a unit's own bytes: address and size of each.
    pub fn areas(&self) -> impl Iterator<Item = (u32, u32)> {
        self.places().map(|(at, size, _)| (at, size))
    }

    /// What the bytes at this address are made from, in words: "pool sn as text".
    pub fn words_at(&self, at: u32) -> String {
        let words = |(from, encoding): (&Origin, Encoding)| {
            let from = match from {
                Origin::Pool(pool) => format!("pool {pool}"),
                Origin::UniqueId => "the unique id".to_owned(),
                Origin::Text(_) => "a text".to_owned(),
            };
            format!("{from} as {}", encoding.name())
        };
        let place = self.places().find(|place| place.0 == at);
        let made: Vec<String> = place.into_iter().flat_map(|it| it.2).map(words).collect();
        made.join(", ")
    }

    /// The first or the last number of each pool; of a pool whose texts a command gives, or whose texts are secrets, the text "?". For a look at what a unit
    /// gets.
    ///
    /// # Errors
    /// [`Error::Job`] for a list that is missing.
    pub fn example_numbers(
        &self,
        members: &BTreeMap<String, Vec<u8>>,
        last: bool,
    ) -> Result<BTreeMap<String, UnitNumber>> {
        let mut numbers = BTreeMap::new();
        for pool in &self.pools {
            let from = Origin::Pool(pool.name().to_owned());
            let texts = self.texts_of(&from, members).map_err(Error::Job)?;
            let chosen = match last {
                true => texts.last(),
                false => texts.first(),
            };
            let (value, text) = match chosen {
                Some((value, text)) if !self.has_secrets_in(pool.name()) => {
                    (value.unwrap_or_default(), text.clone())
                }
                _ => (0, self.example_text(pool.name())),
            };
            numbers.insert(pool.name().to_owned(), UnitNumber { value, text });
        }
        Ok(numbers)
    }

    /// A text that fits wherever a text of this pool goes, as far as its form is known.
    fn example_text(&self, pool: &str) -> String {
        let of_pool = |(from, _): &(&Origin, Encoding)| **from == Origin::Pool(pool.to_owned());
        let mut used = self.places().flat_map(|place| place.2).filter(of_pool);
        match used.next() {
            Some((_, Encoding::Mac)) => "02:00:00:00:00:00".into(),
            Some((_, Encoding::Hex)) => "00".into(),
            _ => "?".into(),
        }
    }

    /// The names of all members that it needs, itself not among them.
    pub fn members(&self) -> BTreeSet<&str> {
        let lists = self.pools.iter().filter_map(|pool| match pool {
            Pool::List { file, .. } => Some(file.as_str()),
            _ => None,
        });
        let fcb = self.fcb.contains('.').then_some(self.fcb.as_str());
        [self.image.as_str()]
            .into_iter()
            .chain(fcb)
            .chain(self.loader.as_deref())
            .chain(lists)
            .collect()
    }

    /// Its pools, as the ledger takes them. `members` has the lists.
    ///
    /// # Errors
    /// [`Error::Job`] for a list without its column, or with a row that fits nowhere.
    pub fn pool_specs(&self, members: &BTreeMap<String, Vec<u8>>) -> Result<Vec<PoolSpec>> {
        let spec = |pool: &Pool| {
            let wrong = |reason: String| Error::Job(format!("pool {}: {reason}", pool.name()));
            Ok(match pool {
                Pool::Serial {
                    format,
                    first,
                    last,
                    step,
                    ..
                } => PoolSpec::serial(pool.name(), format, *first, *last).step(*step),
                Pool::Mac {
                    first, last, step, ..
                } => {
                    let value = |text: &str| unit::mac_value(text).map_err(wrong);
                    PoolSpec::mac(pool.name(), value(first)?, value(last)?, *step)
                }
                Pool::List {
                    file,
                    column,
                    secret,
                    ..
                } => {
                    let bytes = members
                        .get(file)
                        .ok_or_else(|| wrong(format!("{file} is missing")))?;
                    let rows = column_of(bytes, column)
                        .map_err(|reason| wrong(format!("{file}: {reason}")))?;
                    check_secrets(&rows, *secret).map_err(wrong)?;
                    self.check_rows(pool.name(), &rows).map_err(wrong)?;
                    PoolSpec::list(pool.name(), rows)
                }
                Pool::Command { .. } => PoolSpec::given(pool.name()),
            })
        };
        let specs = self.pools.iter().map(spec).collect::<Result<Vec<_>>>()?;
        self.check_tables(members).map_err(Error::Job)?;
        Ok(specs)
    }

    /// The longest records of a table must fit in it together.
    fn check_tables(&self, members: &BTreeMap<String, Vec<u8>>) -> std::result::Result<(), String> {
        for table in &self.tables {
            let mut longest = unit::END_OF_TABLE;
            for record in &table.records {
                let texts = self.texts_of(&record.from, members)?;
                let lengths = texts.iter().map(|(value, text)| {
                    self.room_of(&record.from, record.encoding, (*value, text))
                });
                let lengths: Vec<usize> = lengths.collect::<std::result::Result<_, _>>()?;
                longest += unit::HEAD_OF_RECORD + lengths.into_iter().max().unwrap_or_default();
            }
            if longest > table.size as usize {
                return Err(format!(
                    "table at {:#010x}: its records take up to {longest} bytes, and it has {}",
                    table.at, table.size
                ));
            }
        }
        Ok(())
    }

    /// What an origin may give, as far as it is known before a unit is there.
    fn texts_of(
        &self,
        from: &Origin,
        members: &BTreeMap<String, Vec<u8>>,
    ) -> std::result::Result<Vec<(Option<i64>, String)>, String> {
        let name = match from {
            Origin::UniqueId => return Ok(vec![(None, "0123456789abcdef".into())]),
            Origin::Text(text) => return Ok(vec![(None, text.clone())]),
            Origin::Pool(name) => name,
        };
        match self.pools.iter().find(|pool| pool.name() == name) {
            Some(Pool::Serial {
                format,
                first,
                last,
                ..
            }) => {
                let format = Format::parse(format).map_err(|error| error.to_string())?;
                let text = |value: i64| format.of(value).map_err(|error| error.to_string());
                Ok(vec![
                    (Some(*first), text(*first)?),
                    (Some(*last), text(*last)?),
                ])
            }
            Some(Pool::Mac { first, last, .. }) => {
                let with_value = |text: &String| Ok((Some(unit::mac_value(text)?), text.clone()));
                [first, last].into_iter().map(with_value).collect()
            }
            Some(Pool::List { file, column, .. }) => {
                let bytes = members
                    .get(file)
                    .ok_or_else(|| format!("{file} is missing"))?;
                let rows = column_of(bytes, column)?;
                Ok((1..).map(Some).zip(rows).collect())
            }
            Some(Pool::Command { .. }) | None => Ok(Vec::new()),
        }
    }

    /// Each row of a list must fit everywhere that it goes.
    fn check_rows(&self, pool: &str, rows: &[String]) -> std::result::Result<(), String> {
        for (at, size, records) in self.places() {
            for (from, encoding) in records {
                if *from != Origin::Pool(pool.to_owned()) {
                    continue;
                }
                for (row, text) in rows.iter().enumerate() {
                    let number = i64::try_from(row).unwrap_or(i64::MAX);
                    let takes = self
                        .room_of(from, encoding, (Some(number), text))
                        .map_err(|reason| format!("row {}: {reason}", row + 1))?;
                    if takes > size as usize {
                        return Err(format!(
                            "row {} takes {takes} bytes, and {at:#010x} has {size}",
                            row + 1
                        ));
                    }
                }
            }
        }
        Ok(())
    }
}

impl Pool {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Pool::Serial { name, .. }
            | Pool::Mac { name, .. }
            | Pool::List { name, .. }
            | Pool::Command { name, .. } => name,
        }
    }

    fn check(&self) -> std::result::Result<(), String> {
        let name = self.name();
        if name.is_empty() || name.len() > 60 || name.chars().any(char::is_control) {
            return Err("its name has 1 to 60 characters, none of them a control character".into());
        }
        match self {
            Pool::Serial {
                format,
                first,
                last,
                step,
                ..
            } => {
                let format = Format::parse(format).map_err(|error| error.to_string())?;
                if format.of(*first).is_ok_and(|text| is_secret(&text)) {
                    return Err("age: begins encrypted texts, and no number".into());
                }
                range(*first, *last, *step)
            }
            Pool::Mac {
                first, last, step, ..
            } => range(unit::mac_value(first)?, unit::mac_value(last)?, *step),
            Pool::List { .. } | Pool::Command { .. } => Ok(()),
        }
    }
}

fn range(first: i64, last: i64, step: i64) -> std::result::Result<(), String> {
    match first < 0 || last < first || step < 1 {
        true => Err(format!("{first} to {last} by {step} is no range")),
        false => Ok(()),
    }
}

/// Secrets are encrypted, and what is encrypted is meant as a secret. Nothing of a row is said: it may be one in the clear.
fn check_secrets(rows: &[String], secret: bool) -> std::result::Result<(), String> {
    for (row, text) in rows.iter().enumerate() {
        match (is_secret(text), secret) {
            (false, true) => {
                return Err(format!(
                    "row {} is a secret in the clear: encrypt the list first",
                    row + 1
                ));
            }
            (true, false) => {
                return Err(format!(
                    "row {} is encrypted, and the pool does not say `secret = true`",
                    row + 1
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A column of a CSV file with headings, encrypted: the same file, with a secret in each row of the column.
///
/// # Errors
/// [`Error::Job`] for what is no such file, and for a row that is encrypted already or empty; [`Error::Secret`].
pub fn seal_column(
    bytes: &[u8],
    column: &str,
    recipients: &[Recipient],
) -> Result<(Vec<u8>, usize)> {
    let wrong = |reason: String| Error::Job(reason);
    let rows = Zeroizing::new(column_of(bytes, column).map_err(wrong)?);
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    let headings = reader.headers().map_err(|error| wrong(error.to_string()))?;
    let at = headings.iter().position(|heading| heading.trim() == column);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let of_writer = |error: csv::Error| wrong(error.to_string());
    writer.write_record(headings).map_err(of_writer)?;
    for (row, (record, text)) in reader.records().zip(rows.iter()).enumerate() {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        if text.is_empty() || is_secret(text) {
            let what = if text.is_empty() {
                "empty"
            } else {
                "encrypted already"
            };
            return Err(wrong(format!("row {} is {what}", row + 1)));
        }
        let cell = seal_secret(text, recipients)?;
        let cells = record.iter().enumerate();
        let cells = cells.map(|(number, other)| if Some(number) == at { &cell } else { other });
        writer.write_record(cells).map_err(of_writer)?;
    }
    let sealed = writer
        .into_inner()
        .map_err(|error| wrong(error.to_string()))?;
    Ok((sealed, rows.len()))
}

/// What Excel puts in front of UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A column of a CSV file with headings.
fn column_of(bytes: &[u8], column: &str) -> std::result::Result<Vec<String>, String> {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    let headings = reader.headers().map_err(|error| error.to_string())?;
    let mut at = headings
        .iter()
        .enumerate()
        .filter(|(_, heading)| heading.trim() == column);
    let (at, second) = (at.next(), at.next());
    let at = at
        .ok_or_else(|| format!("it has no column \"{column}\""))?
        .0;
    if second.is_some() {
        return Err(format!("it has two columns \"{column}\""));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        rows.push(record.get(at).unwrap_or_default().trim().to_owned());
        if rows.len() > LONGEST_LIST {
            return Err(format!("it has more than {LONGEST_LIST} rows"));
        }
    }
    Ok(rows)
}
