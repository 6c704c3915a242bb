//! Settings from files: `rtboot.local.toml`, `rtboot.toml` (searched upwards from here), then the user's own.
//!
//! Flags and `RTBOOT_*` variables win over all of them; clap knows those.

mod text;
mod trust;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rtboot::file::{self, Limit};
use rtboot::{Error, Result};

use super::{folders, number};

/// Files of a project, the one that wins first. The local one is meant to be ignored by version control.
const NAMES: [&str; 2] = ["rtboot.local.toml", "rtboot.toml"];

/// Keys that decide where a write goes, or what goes with it.
pub const REDIRECTING: [&str; 4] = ["board", "loader", "flashloader", "fcb"];

/// What the settings files say, each key from the file that wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    values: BTreeMap<&'static str, Value>,
}

/// A value and the file that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Value {
    text: String,
    file: PathBuf,
}

impl Settings {
    /// Reads every settings file that counts here.
    pub fn load() -> Result<Settings> {
        let here = std::env::current_dir().unwrap_or_default();
        let mut settings = Settings::default();
        for file in project_files(&here)
            .into_iter()
            .chain(folders::user_settings())
        {
            match file::read(&file, Limit::Text) {
                Ok(bytes) => {
                    settings.add(&bytes, &file)?;
                    settings.check_owner(&file)?;
                }
                Err(Error::ReadFile { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                Err(Error::Firmware { path, source }) => {
                    let reason = source.to_string();
                    return Err(Error::Settings { path, reason });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(settings)
    }

    /// Adds the keys of a file that no earlier file set.
    fn add(&mut self, bytes: &[u8], file: &Path) -> Result<()> {
        let fail = |reason: String| Error::Settings {
            path: file.to_owned(),
            reason,
        };
        let text = std::str::from_utf8(bytes).map_err(|error| {
            fail(format!(
                "byte {} is not UTF-8 text",
                error.valid_up_to() + 1
            ))
        })?;
        for (key, value) in text::parse(text).map_err(fail)? {
            self.values.entry(key).or_insert_with(|| Value {
                text: value,
                file: file.to_owned(),
            });
        }
        Ok(())
    }

    /// That nobody else can redirect a write of this user: who may write the file decides what is written, and to which board.
    fn check_owner(&self, file: &Path) -> Result<()> {
        let redirects = |key: &&&str| {
            self.values
                .get(**key)
                .is_some_and(|value| value.file == file)
        };
        let Some(key) = REDIRECTING.iter().find(redirects) else {
            return Ok(());
        };
        match trust::distrust(file) {
            None => Ok(()),
            Some(why) => Err(Error::Settings {
                path: file.to_owned(),
                reason: format!(
                    "it sets `{key}`, and {why}: make it yours (chown, chmod go-w), or move it away"
                ),
            }),
        }
    }

    /// The file that a key stands in, with its text.
    pub fn origin(&self, key: &str) -> Option<(&str, &Path)> {
        let value = self.values.get(key)?;
        Some((&value.text, &value.file))
    }

    /// The value of a key, as it stands there.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|value| value.text.as_str())
    }

    /// The file that a key stands in.
    pub fn file(&self, key: &str) -> Option<&Path> {
        Some(&self.values.get(key)?.file)
    }

    /// The folder of the file that a key stands in.
    pub fn folder(&self, key: &str) -> Option<PathBuf> {
        let value = self.values.get(key)?;
        value.file.parent().map(Path::to_owned)
    }

    /// The value of a key that names a file; a relative one counts from its settings file.
    pub fn path(&self, key: &str) -> Option<PathBuf> {
        Some(self.folder(key)?.join(self.text(key)?))
    }

    /// The value of a key that is a duration.
    pub fn duration(&self, key: &str) -> Result<Option<Duration>> {
        let Some(value) = self.values.get(key) else {
            return Ok(None);
        };
        number::parse_duration(&value.text)
            .map(Some)
            .map_err(|reason| Error::Settings {
                path: value.file.clone(),
                reason: format!("{key}: {reason}"),
            })
    }
}

/// The project's files that exist, the one that wins first.
fn project_files(here: &Path) -> Vec<PathBuf> {
    NAMES
        .iter()
        .filter_map(|name| {
            here.ancestors()
                .map(|folder| folder.join(name))
                .find(|file| file.is_file())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(files: &[(&str, &str)]) -> Result<Settings> {
        let mut settings = Settings::default();
        for (file, text) in files {
            settings.add(text.as_bytes(), Path::new(file))?;
        }
        Ok(settings)
    }

    #[test]
    fn the_first_file_that_says_it_wins_key_by_key() {
        let settings = settings(&[
            ("/p/rtboot.local.toml", "board = \"usb:1-4\"\n"),
            (
                "/p/rtboot.toml",
                "board = \"usb\"\nfcb = \"issi.cfg\"\ntimeout = \"5s\"\n",
            ),
        ])
        .expect("two good files");
        assert_eq!(settings.text("board"), Some("usb:1-4"));
        assert_eq!(settings.path("fcb"), Some("/p/issi.cfg".into()));
        assert_eq!(
            settings.duration("timeout").ok(),
            Some(Some(Duration::from_secs(5)))
        );
        assert_eq!(settings.text("chip"), None);
    }

    #[test]
    fn typo_shows_file_line_caret_and_nearest_key() {
        let error = settings(&[("/p/rtboot.toml", "chip = \"rt1021\"\nborad = \"usb\"\n")])
            .expect_err("a typo");
        assert_eq!(error.exit_code(), 3);
        assert_eq!(
            error.to_string(),
            "/p/rtboot.toml: line 2, column 1: unknown key `borad`; did you mean `board`?\n  borad = \"usb\"\n  ^^^^^"
        );
    }

    #[test]
    fn what_is_no_text_no_toml_or_no_duration_is_refused() {
        for (text, reason) in [
            ("timeout = 5", "takes text in quotes"),
            ("timeout = ", "this is not TOML"),
            ("zzzzzzzz = \"\"", "unknown key `zzzzzzzz`\n"),
        ] {
            let error = settings(&[("f", text)]).expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        let late = settings(&[("f", "timeout = \"soon\"")]).expect("text is text");
        assert!(late.duration("timeout").is_err());
        let mut settings = Settings::default();
        let error = settings
            .add(b"board = \"\xFF\"", Path::new("f"))
            .expect_err("no UTF-8");
        assert!(
            error.to_string().contains("byte 10 is not UTF-8"),
            "{error}"
        );
    }
}
