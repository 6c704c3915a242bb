//! A station: a PC with slots, in a folder with its settings, its ledger and its high-water marks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rtboot_ledger::{HighWater, Ledger};
use rtboot_sealed::{PublicKey, Recipient};

use super::secrets::Secrets;
use crate::board::Selector;
use crate::file::{self, Limit};
use crate::{Error, LineError, Result};

/// The settings.
const SETTINGS: &str = "station.toml";
/// The ledger, where no server is named.
const LEDGER: &str = "line.db";
/// How far the ledger was.
const HIGH_WATER: &str = "high-water.json";
/// What opens secrets of units.
const IDENTITY: &str = "secrets.key";
/// Locked while the line runs.
const LOCK: &str = "run.lock";
/// Longest time that a hook may be given, in seconds.
const LONGEST_HOOK: u64 = 3600;

/// A station.
#[derive(Debug, Clone)]
pub struct Station {
    folder: PathBuf,
    settings: Settings,
    trusted: Vec<PublicKey>,
    slots: Vec<SlotSpec>,
}

/// What the file says.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Settings {
    id: String,
    name: String,
    #[serde(default)]
    ledger: Option<String>,
    #[serde(default)]
    high_water: Option<PathBuf>,
    #[serde(default)]
    trusted: Vec<String>,
    #[serde(default)]
    identity: Option<PathBuf>,
    #[serde(default)]
    recipients: Vec<String>,
    #[serde(default, rename = "slot")]
    slots: Vec<SlotText>,
    #[serde(default, rename = "hook")]
    hooks: Vec<Hook>,
    #[serde(default, rename = "command")]
    commands: Vec<NamedCommand>,
}

#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SlotText {
    name: String,
    board: String,
}

/// A slot: its name, and where its boards are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlotSpec {
    /// Its name.
    pub name: String,
    /// Where its boards are.
    pub board: Selector,
}

impl SlotSpec {
    /// A slot.
    ///
    /// # Errors
    /// What is wrong with the name or the selector, in words.
    pub fn new(name: &str, board: &str) -> std::result::Result<SlotSpec, String> {
        check_name("slot", name)?;
        let selector: Selector = board.parse().map_err(|error| format!("{error}"))?;
        match selector {
            Selector::Default | Selector::Usb(None) | Selector::Virtual(None) => Err(format!(
                "slot {name}: {board} may be any board; name its place, as usb:1-4.1, uart:/dev/ttyUSB0 or virtual:DIR"
            )),
            selector => Ok(SlotSpec {
                name: name.to_owned(),
                board: selector,
            }),
        }
    }
}

/// When a hook is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HookOn {
    /// Before a unit is touched; a hook that fails keeps it from being made.
    BeforeUnit,
    /// After a unit passed and the ledger has it.
    Pass,
    /// After a unit failed and the ledger has it.
    Fail,
    /// At the end of a run.
    Report,
}

/// A program of the station that is told of units.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// When it is called.
    pub on: HookOn,
    /// The program and its arguments. No shell reads them.
    pub command: Vec<String>,
    /// How long it may take, in seconds.
    #[serde(default = "ten")]
    pub time_limit: u64,
}

/// A program of the station that gives units a text.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct NamedCommand {
    /// Its name.
    pub name: String,
    /// The program and its arguments. No shell reads them.
    pub command: Vec<String>,
    /// How long it may take, in seconds.
    #[serde(default = "ten")]
    pub time_limit: u64,
}

fn ten() -> u64 {
    10
}

impl Hook {
    /// How long it may take.
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.time_limit)
    }
}

impl NamedCommand {
    /// How long it may take.
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.time_limit)
    }
}

fn check_name(kind: &str, name: &str) -> std::result::Result<(), String> {
    let fine =
        !name.is_empty() && name.chars().count() <= 40 && !name.chars().any(char::is_control);
    match fine {
        true => Ok(()),
        false => Err(format!(
            "{kind} \"{}\": a name has 1 to 40 characters, none of them a control character",
            name.escape_debug()
        )),
    }
}

impl Settings {
    fn check(&self) -> std::result::Result<(Vec<PublicKey>, Vec<SlotSpec>), String> {
        check_name("station", &self.name)?;
        if uuid_like(&self.id).is_none() {
            return Err(format!("id: \"{}\" is no UUID", self.id.escape_debug()));
        }
        let keys = self.trusted.iter().map(|key| {
            key.parse::<PublicKey>()
                .map_err(|error| format!("trusted: {error}"))
        });
        let keys = keys.collect::<std::result::Result<_, _>>()?;
        let slots = self.slots.iter();
        let slots = slots.map(|slot| SlotSpec::new(&slot.name, &slot.board));
        let slots: Vec<SlotSpec> = slots.collect::<std::result::Result<_, _>>()?;
        check_slots(&slots)?;
        let hooks = self.hooks.iter();
        let hooks = hooks.map(|it| ("hook", &it.name, &it.command, it.time_limit));
        let commands = self.commands.iter();
        let commands = commands.map(|it| ("command", &it.name, &it.command, it.time_limit));
        let mut names = BTreeSet::new();
        for (kind, name, command, limit) in hooks.chain(commands) {
            check_name(kind, name)?;
            if !names.insert((kind, name)) {
                return Err(format!("{kind} {name} is there twice"));
            }
            if command.first().is_none_or(String::is_empty) {
                return Err(format!("{kind} {name}: it names no program"));
            }
            if limit == 0 || limit > LONGEST_HOOK {
                return Err(format!(
                    "{kind} {name}: time-limit is 1 to {LONGEST_HOOK} seconds"
                ));
            }
        }
        Ok((keys, slots))
    }
}

/// No two slots share a name or a place.
pub(crate) fn check_slots(slots: &[SlotSpec]) -> std::result::Result<(), String> {
    for (at, slot) in slots.iter().enumerate() {
        for other in &slots[..at] {
            if other.name == slot.name {
                return Err(format!("two slots are called {}", slot.name));
            }
            if other.board == slot.board {
                return Err(format!(
                    "slots {} and {} are both {}",
                    other.name, slot.name, slot.board
                ));
            }
        }
    }
    Ok(())
}

fn uuid_like(text: &str) -> Option<()> {
    let fine = text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    fine.then_some(())
}

impl Station {
    /// Sets a station up: its folder and its settings.
    ///
    /// # Errors
    /// [`LineError::StationThere`], [`LineError::BadStation`], [`Error::WriteFile`].
    pub fn init(folder: &Path, name: &str, trusted: &[PublicKey]) -> Result<Station> {
        let file = folder.join(SETTINGS);
        if file.exists() {
            let name = Station::open(folder)?.settings.name;
            let folder = folder.to_owned();
            return Err(LineError::StationThere { folder, name }.into());
        }
        let unwritable = |source| Error::WriteFile {
            path: file.clone(),
            source,
        };
        check_name("station", name).map_err(|reason| bad(&file, reason))?;
        fs::create_dir_all(folder).map_err(unwritable)?;
        let id = rtboot_ledger::Station::new(name).id;
        let trusted: Vec<String> = trusted.iter().map(ToString::to_string).collect();
        let mut text = toml::Table::new();
        text.insert("id".into(), id.into());
        text.insert("name".into(), name.into());
        text.insert("trusted".into(), trusted.into());
        let text = format!(
            "# A station of a production line: docs/line.md. `id` is what its ledger knows it by, and never changes.\n{text}"
        );
        file::write_whole(&file, text.as_bytes()).map_err(unwritable)?;
        Station::open(folder)
    }

    /// Opens the station of a folder.
    ///
    /// # Errors
    /// [`LineError::NoStation`], [`LineError::BadStation`].
    pub fn open(folder: &Path) -> Result<Station> {
        let file = folder.join(SETTINGS);
        if !file.exists() {
            let folder = folder.to_owned();
            return Err(LineError::NoStation { folder }.into());
        }
        let text = file::read(&file, Limit::Text)?;
        let text = String::from_utf8(text).map_err(|_| bad(&file, "it is not UTF-8".into()))?;
        let settings: Settings =
            toml::from_str(&text).map_err(|error| bad(&file, error.to_string()))?;
        let (trusted, slots) = settings.check().map_err(|reason| bad(&file, reason))?;
        Ok(Station {
            folder: folder.to_owned(),
            settings,
            trusted,
            slots,
        })
    }

    /// The station of a rehearsal in this folder, with the hooks and commands of another one.
    #[cfg(feature = "virtual")]
    pub(crate) fn for_rehearsal(folder: &Path, like: Option<&Station>) -> Result<Station> {
        let mut own = match folder.join(SETTINGS).exists() {
            true => Station::open(folder)?,
            false => Station::init(folder, "rehearsal", &[])?,
        };
        if let Some(like) = like {
            own.settings.hooks = like.settings.hooks.clone();
            own.settings.commands = like.settings.commands.clone();
        }
        Ok(own)
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its settings file.
    pub fn file(&self) -> PathBuf {
        self.folder.join(SETTINGS)
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// The keys whose jobs it takes.
    pub fn trusted(&self) -> &[PublicKey] {
        &self.trusted
    }

    /// Its slots.
    pub fn slots(&self) -> &[SlotSpec] {
        &self.slots
    }

    /// Its hooks.
    pub fn hooks(&self) -> &[Hook] {
        &self.settings.hooks
    }

    /// Its commands that give units a text.
    pub fn commands(&self) -> &[NamedCommand] {
        &self.settings.commands
    }

    /// Where its ledger is: `postgres://…`, or a file.
    pub fn ledger_address(&self) -> String {
        let named = self.settings.ledger.as_deref().unwrap_or(LEDGER);
        match is_server(named) {
            true => named.to_owned(),
            false => self.folder.join(named).display().to_string(),
        }
    }

    /// Makes what this station opens secrets with, and names its recipient in the settings.
    ///
    /// # Errors
    /// [`LineError::BadStation`] when the settings name recipients already; [`Error::WriteFile`], also for a file that is there.
    pub fn make_identity(&mut self) -> Result<Recipient> {
        let file = self.file();
        if !self.settings.recipients.is_empty() {
            let reason = "it names recipients of secrets already".to_owned();
            return Err(bad(&file, reason));
        }
        let path = self.identity_file();
        let made = super::secrets::make_identity(&path);
        let own = made.map_err(|source| Error::WriteFile { path, source })?;
        let text = file::read(&file, Limit::Text)?;
        let text = String::from_utf8_lossy(&text);
        // keys of the top come before the first table
        let text = format!("recipients = [\"{own}\"]\n{text}");
        file::write_whole(&file, text.as_bytes())
            .map_err(|source| Error::WriteFile { path: file, source })?;
        *self = Station::open(&self.folder)?;
        Ok(own)
    }

    /// Where its identity is, which opens secrets.
    pub fn identity_file(&self) -> PathBuf {
        let named = self.settings.identity.as_deref();
        self.folder.join(named.unwrap_or(Path::new(IDENTITY)))
    }

    /// What it opens secrets with.
    ///
    /// # Errors
    /// [`LineError::BadStation`]: no identity, one that others can read, or one that the settings do not name.
    pub(crate) fn secrets(&self) -> Result<Secrets> {
        let file = self.file();
        let recipients = self.settings.recipients.iter();
        let recipients = recipients.map(|text| text.parse::<Recipient>());
        let recipients: Vec<Recipient> = recipients
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| bad(&file, format!("recipients: {error}")))?;
        if recipients.is_empty() {
            let reason = "the job has secrets, and this station has no identity to open them with";
            return Err(bad(&file, reason.into()));
        }
        Secrets::read(&self.identity_file(), &recipients).map_err(|reason| bad(&file, reason))
    }

    /// Opens its ledger, or the one at `address`, and holds it against the station's high-water marks.
    ///
    /// # Errors
    /// [`LineError::Ledger`].
    pub fn ledger(&self, address: Option<&str>) -> Result<Ledger> {
        let address = match address {
            Some(address) => address.to_owned(),
            None => self.ledger_address(),
        };
        let marks = match &self.settings.high_water {
            Some(file) => self.folder.join(file),
            None => self.folder.join(HIGH_WATER),
        };
        let opened = || {
            self.reader(Some(&address))?
                .watched_by(HighWater::open(marks)?)
        };
        // a password in an address is nobody else's business
        let shown = without_password(&address);
        opened().map_err(|source| {
            LineError::Ledger {
                address: shown,
                source,
            }
            .into()
        })
    }

    /// Its ledger once more, for somebody who only reads: the high-water marks stay with [`Station::ledger`].
    ///
    /// # Errors
    /// As opening a ledger.
    pub fn reader(&self, address: Option<&str>) -> rtboot_ledger::Result<Ledger> {
        let own = self.ledger_address();
        let address = address.unwrap_or(&own);
        let station = rtboot_ledger::Station {
            id: self.settings.id.clone(),
            name: self.settings.name.clone(),
        };
        match is_server(address) {
            true => Ledger::postgres(address, &station),
            false => Ledger::sqlite(Path::new(address), &station),
        }
    }

    /// As [`Station::reader`], of the station in a folder that may not be there yet.
    ///
    /// # Errors
    /// As opening a ledger; [`rtboot_ledger::Error::Away`] before the station is there.
    pub fn reader_of(folder: &Path, address: Option<&str>) -> rtboot_ledger::Result<Ledger> {
        let station = Station::open(folder);
        let station = station.map_err(|error| rtboot_ledger::Error::Away(error.to_string()))?;
        station.reader(address)
    }

    /// Adds slots to the settings; what is there stays as it is written.
    ///
    /// # Errors
    /// [`LineError::BadStation`] when a name or a place is taken; [`Error::ReadFile`], [`Error::WriteFile`].
    pub fn add_slots(&mut self, slots: &[SlotSpec]) -> Result<()> {
        let file = self.file();
        let all: Vec<SlotSpec> = self.slots.iter().chain(slots).cloned().collect();
        check_slots(&all).map_err(|reason| bad(&file, reason))?;
        let text = file::read(&file, Limit::Text)?;
        let mut text = String::from_utf8_lossy(&text).into_owned();
        for slot in slots {
            let mut table = toml::Table::new();
            table.insert("name".into(), slot.name.clone().into());
            table.insert("board".into(), slot.board.to_string().into());
            text.push_str(&format!("\n[[slot]]\n{table}"));
        }
        file::write_whole(&file, text.as_bytes())
            .map_err(|source| Error::WriteFile { path: file, source })?;
        *self = Station::open(&self.folder)?;
        Ok(())
    }

    /// Holds the station for a run of its line.
    ///
    /// # Errors
    /// [`LineError::Runs`], [`Error::WriteFile`].
    pub(crate) fn hold(&self) -> Result<Held> {
        let path = self.folder.join(LOCK);
        let file = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = file.map_err(|source| Error::WriteFile { path, source })?;
        match fs4::FileExt::try_lock(&file) {
            Ok(()) => Ok(Held { _file: file }),
            Err(_) => {
                let folder = self.folder.clone();
                Err(LineError::Runs { folder }.into())
            }
        }
    }
}

/// A station that is held for a run.
#[derive(Debug)]
pub(crate) struct Held {
    _file: fs::File,
}

fn bad(file: &Path, reason: String) -> Error {
    LineError::BadStation {
        file: file.to_owned(),
        reason,
    }
    .into()
}

/// Whether an address names a server, and not a file.
fn is_server(address: &str) -> bool {
    let scheme = ["postgres://", "postgresql://"];
    scheme.iter().any(|scheme| address.starts_with(scheme)) || address.contains("dbname=")
}

/// An address as it may be shown.
pub(crate) fn without_password(address: &str) -> String {
    let mut shown = address.to_owned();
    if let Some((scheme, rest)) = address.split_once("://")
        && let Some((user, host)) = rest.split_once('@')
    {
        let name = user.split(':').next().unwrap_or_default();
        shown = format!("{scheme}://{name}@{host}");
    }
    if let Some(at) = shown.find("password=") {
        let end = shown[at..].find(' ').map_or(shown.len(), |len| at + len);
        shown.replace_range(at..end, "password=…");
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn station_is_set_up_once_and_opens_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = Station::init(folder.path(), "bench 1", &[]).expect("made");
        let again = Station::init(folder.path(), "bench 2", &[]).map(drop);
        let again = again.expect_err("there");
        assert!(again.to_string().contains("already: bench 1"), "{again}");
        let mut opened = Station::open(folder.path()).expect("opened");
        assert_eq!(opened.settings.id, made.settings.id);
        let slot = |name, board| SlotSpec::new(name, board).expect("a slot");
        let two = [slot("A", "usb:1-4.1"), slot("B", "uart:/dev/ttyUSB0@57600")];
        opened.add_slots(&two).expect("added");
        assert_eq!(Station::open(folder.path()).expect("opened").slots(), two);
        let twice = opened.add_slots(&[slot("C", "usb:1-4.1")]);
        let twice = twice.expect_err("taken").to_string();
        assert!(
            twice.contains("slots A and C are both usb:1-4.1"),
            "{twice}"
        );
    }

    #[test]
    fn bad_settings_are_refused_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = Station::init(folder.path(), "bench", &[]).expect("made");
        let good = fs::read_to_string(made.file()).expect("read");
        for (text, reason) in [
            (
                "[[slot]]\nname = \"A\"\nboard = \"usb\"",
                "may be any board",
            ),
            (
                "[[slot]]\nname = \"A\\u001b[2J\"\nboard = \"usb:1-1\"",
                "control character",
            ),
            (
                "[[hook]]\nname = \"label\"\non = \"pass\"\ncommand = []",
                "names no program",
            ),
            (
                "[[hook]]\nname = \"label\"\non = \"pass\"\ncommand = [\"lpr\"]\ntime-limit = 0",
                "1 to 3600",
            ),
            (
                "[[hook]]\nname = \"label\"\non = \"sometimes\"\ncommand = [\"lpr\"]",
                "unknown variant",
            ),
            ("shell = \"yes\"", "unknown field"),
        ] {
            // keys of the top come before the first table
            fs::write(made.file(), format!("{good}{text}\n")).expect("written");
            let error = Station::open(folder.path()).map(drop).expect_err(text);
            assert!(error.to_string().contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn passwords_of_addresses_are_not_shown() {
        for (address, shown) in [
            (
                "postgres://line:secret@localhost/line",
                "postgres://line@localhost/line",
            ),
            (
                "host=/run/pg dbname=line password=secret user=x",
                "host=/run/pg dbname=line password=… user=x",
            ),
            ("/var/line.db", "/var/line.db"),
        ] {
            assert_eq!(without_password(address), shown);
        }
    }
}
