//! Verb `config`: every setting, its value and where that comes from.

use std::path::PathBuf;

use clap::parser::ValueSource;
use rtboot::Result;
use rtboot::outcome::{Config, Outcome, Place, Setting, SettingSource};

use super::loader::source as loader;
use super::{Context, folders, grammar};

/// Show every setting, its value and where that comes from
///
/// An option wins over a variable (RTBOOT_BOARD), that over rtboot.local.toml, that over rtboot.toml (both searched upwards from
/// here), that over the user's own file.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Keys of a settings file, the variable of each, and what counts when nothing says it.
const KEYS: [(&str, &str, &str); 7] = [
    ("board", "RTBOOT_BOARD", "usb: the only board on USB"),
    ("chip", "RTBOOT_CHIP", "the board is asked"),
    ("flashloader", "RTBOOT_FLASHLOADER", "none is remembered"),
    (
        "loader",
        "RTBOOT_LOADER",
        "auto: NXP's flashloader when a file is known, else rtboot's own",
    ),
    (
        "fcb",
        "RTBOOT_FCB",
        "auto: the image's own, else the part that the flash turns out to be",
    ),
    ("timeout", "RTBOOT_TIMEOUT", "what each protocol needs"),
    ("wait", "", "60s at a terminal, else 0s"),
];

pub fn run(_args: Args, context: &mut Context) -> Result<()> {
    let mut settings = Vec::new();
    for (key, variable, default) in KEYS {
        settings.push(setting(key, variable, default, context)?);
    }
    let places = places();
    let report = &mut context.report;
    for Setting {
        key,
        value,
        source,
        file,
    } in &settings
    {
        let source = match (source, file) {
            (SettingSource::Option, _) => "option".to_owned(),
            (SettingSource::Environment, _) => "environment".to_owned(),
            (SettingSource::File, file) => file.clone().unwrap_or_default(),
            (SettingSource::Default, _) => "default".to_owned(),
        };
        report.sentence(format!("{key:<12} {value}  ({source})"), 13);
    }
    for Place { what, path, exists } in &places {
        let path = path.as_deref().unwrap_or("the system names no place");
        let there = if *exists { "" } else { "  (not there yet)" };
        report.line(format!("{what}: {path}{there}"));
    }
    report.found(Outcome::Config(Config { settings, places }));
    Ok(())
}

fn setting(key: &str, variable: &str, default: &str, context: &mut Context) -> Result<Setting> {
    let setting = |value: String, source, file| Setting {
        key: key.to_owned(),
        value,
        source,
        file,
    };
    if let Some((value, source)) = from_command_line(key) {
        return Ok(setting(value, source, None));
    }
    // clap does not read it for the commands that have --as-is
    let of_variable = std::env::var(variable)
        .ok()
        .filter(|value| !value.is_empty());
    if let Some(value) = of_variable {
        return Ok(setting(value, SettingSource::Environment, None));
    }
    let settings = context.settings()?;
    if let Some(text) = settings.text(key) {
        let file = settings.file(key).map(|file| file.display().to_string());
        return Ok(setting(text.to_owned(), SettingSource::File, file));
    }
    let value = match key {
        "flashloader" => loader::remembered(context)?.unwrap_or_else(|| default.to_owned()),
        _ => default.to_owned(),
    };
    Ok(setting(value, SettingSource::Default, None))
}

/// The value of an option, as it was typed or as its variable has it.
fn from_command_line(key: &str) -> Option<(String, SettingSource)> {
    let matches = grammar().try_get_matches_from(std::env::args_os()).ok()?;
    let (_, matches) = matches.subcommand()?;
    // options of other commands are not known here
    matches.try_get_raw_occurrences(key).ok()?;
    let source = match matches.value_source(key)? {
        ValueSource::CommandLine => SettingSource::Option,
        ValueSource::EnvVariable => SettingSource::Environment,
        _ => return None,
    };
    let value = matches.get_raw(key)?.next()?;
    Some((value.to_string_lossy().into_owned(), source))
}

fn places() -> Vec<Place> {
    let place = |what: &str, path: Option<PathBuf>| Place {
        what: what.to_owned(),
        exists: path.as_ref().is_some_and(|path| path.exists()),
        path: path.map(|path| path.display().to_string()),
    };
    vec![
        place("user's settings", folders::user_settings()),
        place("remembered flashloaders", folders::flashloaders().ok()),
        place("journals of open writes", folders::journals().ok()),
        place(
            "virtual board of the selector `virtual`",
            folders::virtual_board().ok(),
        ),
    ]
}
