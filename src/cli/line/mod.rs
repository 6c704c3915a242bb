//! Verb `line`: a production line.

mod book;
mod job;
mod operator;
mod plain;
mod rehearse;
mod run;
#[cfg(feature = "screen")]
mod screen;
mod secrets;
mod setup;
mod words;

use std::path::PathBuf;

use clap::ValueEnum;
use rtboot::Result;
use rtboot::line::{LineState, SlotPhase, SlotState, Station};
use rtboot::outcome::SlotEvent;

use super::{Context, folders};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Init(setup::InitArgs),
    Keygen(setup::KeygenArgs),
    Pack(job::PackArgs),
    Show(job::ShowArgs),
    /// The station's slots: USB ports, UARTs, virtual boards
    #[command(subcommand)]
    Slots(setup::SlotsCommand),
    /// Secrets of units, as keys: encrypted for the stations that write them
    #[command(subcommand)]
    Secrets(secrets::SecretsCommand),
    Run(run::Args),
    Rehearse(rehearse::Args),
    Units(book::UnitsArgs),
    Pools(book::PoolsArgs),
    Void(book::VoidArgs),
    Audit(book::AuditArgs),
    Export(book::ExportArgs),
    Report(book::ReportArgs),
}

/// Which station.
#[derive(Debug, Clone, clap::Args)]
pub struct StationArgs {
    /// The station's folder
    #[arg(long, value_name = "DIR", env = "RTBOOT_STATION")]
    station: Option<PathBuf>,
}

impl StationArgs {
    /// Its folder.
    fn folder(&self) -> Result<PathBuf> {
        match &self.station {
            Some(folder) => Ok(folder.clone()),
            None => folders::station(),
        }
    }

    fn open(&self) -> Result<Station> {
        Station::open(&self.folder()?)
    }

    /// The station, where one is set up or named.
    fn if_there(&self) -> Result<Option<Station>> {
        match (self.open(), &self.station) {
            (Ok(station), _) => Ok(Some(station)),
            (Err(error), _) if error.code() != "no-station" => Err(error),
            (Err(error), Some(_)) => Err(error),
            (Err(_), None) => Ok(None),
        }
    }
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::Init(args) => setup::init(&args, context),
        Command::Keygen(args) => setup::keygen(&args, context),
        Command::Pack(args) => job::pack(&args, context),
        Command::Show(args) => job::show(&args, context),
        Command::Slots(command) => setup::slots(command, context),
        Command::Secrets(command) => secrets::run(command, context),
        Command::Run(args) => run::run(&args, context),
        Command::Rehearse(args) => rehearse::run(&args, context),
        Command::Units(args) => book::units(&args, context),
        Command::Pools(args) => book::pools(&args, context),
        Command::Void(args) => book::void(&args, context),
        Command::Audit(args) => book::audit(&args, context),
        Command::Export(args) => book::export(&args, context),
        Command::Report(args) => book::report(&args, context),
    }
}

/// What changed between two states: verdicts that slots do not show any more, then slot by slot; how far a stage is does not count.
fn changes(before: &LineState, now: &LineState) -> Vec<SlotEvent> {
    let slots = now.slots.iter().enumerate();
    let changed = slots.filter(|(at, slot)| {
        let old = before.slots.get(*at);
        let same = |old: &rtboot::line::SlotState| {
            old.phase.name() == slot.phase.name()
                && old.phase.told() == slot.phase.told()
                && (old.unit == slot.unit
                    // the unit was taken out: it did not pass a second time
                    || slot.unit.is_none()
                    || !matches!(slot.phase, SlotPhase::Passed { .. }))
        };
        !old.is_some_and(same)
    });
    let replaced = replaced(before, now).into_iter();
    let event = |slot: &rtboot::line::SlotState| {
        let told = slot.phase.told();
        SlotEvent {
            slot: slot.name.clone(),
            phase: slot.phase.name().to_owned(),
            uid: slot.unit.as_ref().map(|unit| unit.uid.clone()),
            numbers: slot
                .unit
                .as_ref()
                .map(|unit| unit.numbers.clone())
                .unwrap_or_default(),
            code: told.map(|told| told.code.clone()),
            text: told.map(|told| told.what.clone()),
            next: slot.phase.next().to_owned(),
        }
    };
    let changed = changed.map(|(_, slot)| slot);
    replaced.chain(changed).map(event).collect()
}

/// Slots as they were at verdicts that came and went between two looks.
fn replaced<'a>(before: &LineState, now: &'a LineState) -> Vec<&'a SlotState> {
    let new = now.verdicts_since(before).map(|verdict| &verdict.slot);
    let shown = |slot: &SlotState| {
        let shows =
            |it: &SlotState| it.name == slot.name && it.phase == slot.phase && it.unit == slot.unit;
        now.slots.iter().any(shows) || before.slots.iter().any(shows)
    };
    new.filter(|slot| !shown(slot)).collect()
}

/// When the terminal's bell rings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Bell {
    /// Never
    #[default]
    Never,
    /// At a unit that is bad, aborted or refused, and when a slot is taken out
    Bad,
    /// The same, and twice at a good unit
    Always,
}

impl Bell {
    /// What the terminal is sent when a slot comes into this phase.
    pub fn rings(self, phase: &SlotPhase) -> &'static str {
        match (self, phase) {
            (Bell::Never, _) => "",
            (Bell::Always, SlotPhase::Passed { .. }) => "\x07\x07",
            (
                _,
                SlotPhase::Failed { .. }
                | SlotPhase::Aborted { .. }
                | SlotPhase::Refused { .. }
                | SlotPhase::Out { .. },
            ) => "\x07",
            _ => "",
        }
    }
}
