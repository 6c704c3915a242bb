//! `line init`, `line keygen`, `line slots`: what is done once.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rtboot::board::list_usb;
use rtboot::line::sealed::{PublicKey, SecretKey};
use rtboot::line::{SlotSpec, Station};
use rtboot::outcome::{LineInit, LineKeygen, LineSlot, LineSlots, Outcome};
use rtboot::{Error, Result};

use super::StationArgs;
use crate::cli::{Context, report};

/// Make this PC a station: its settings, in a folder of its own
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// What people call it, as in "bench 1"
    name: String,
    /// A key whose jobs it takes: 64 hex digits, from `line keygen`
    #[arg(long, value_name = "KEY")]
    trust: Vec<String>,
    #[command(flatten)]
    station: StationArgs,
}

pub fn init(args: &InitArgs, context: &mut Context) -> Result<()> {
    let keys = args.trust.iter().map(|key| {
        key.parse::<PublicKey>()
            .map_err(|error| Error::Usage(format!("{error}: {key}")))
    });
    let keys: Vec<PublicKey> = keys.collect::<Result<_>>()?;
    let station = Station::init(&args.station.folder()?, &args.name, &keys)?;
    let found = LineInit {
        folder: station.folder().display().to_string(),
        file: station.file().display().to_string(),
        name: station.name().to_owned(),
        trusted: keys.len() as u32,
    };
    let report = &mut context.report;
    report.line(format!("station {}: {}", found.name, found.file));
    if keys.is_empty() {
        report.line("it trusts no key yet: add the key of whoever seals your jobs to `trusted` in that file");
    }
    report.line("next: `rtboot line slots learn`, or `--slot A=usb:1-4.1` at each run");
    report.found(Outcome::LineInit(found));
    Ok(())
}

/// Make a pair of keys to seal jobs with
///
/// The secret key stays with whoever seals jobs. The public key goes to the stations, by another way than the jobs.
#[derive(Debug, clap::Args)]
pub struct KeygenArgs {
    /// Where the secret key goes: a new file, which only its owner can read
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub fn keygen(args: &KeygenArgs, context: &mut Context) -> Result<()> {
    let key = SecretKey::new().map_err(|error| Error::Usage(error.to_string()))?;
    let unwritable = |source| Error::WriteFile {
        path: args.output.clone(),
        source,
    };
    let mut options = OpenOptions::new();
    // a key that is there is never replaced
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&args.output).map_err(unwritable)?;
    let written = file.write_all(key.to_text().as_bytes());
    written.and_then(|()| file.sync_all()).map_err(unwritable)?;
    let public = key.public().to_string();
    let report = &mut context.report;
    report.line(&public);
    report.detail(format!(
        "the secret key is in {}: keep it, and copy it to no station",
        args.output.display()
    ));
    report.found(Outcome::LineKeygen(LineKeygen {
        file: args.output.display().to_string(),
        public,
    }));
    Ok(())
}

/// The key in this file.
pub fn secret_key(path: &Path) -> Result<SecretKey> {
    let text = rtboot::file::read(path, rtboot::file::Limit::Text)?;
    let text = String::from_utf8_lossy(&text);
    SecretKey::from_text(&text).map_err(|error| Error::BadFile {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

#[derive(Debug, clap::Subcommand)]
pub enum SlotsCommand {
    /// List the station's slots, and whether a board is in each
    List {
        #[command(flatten)]
        station: StationArgs,
    },
    /// Add a slot by its place
    Add {
        /// Its name, as it is written on the fixture
        name: String,
        /// Where its boards are: usb:1-4.1, uart:/dev/ttyUSB0, virtual:DIR
        #[arg(value_name = "BOARD")]
        place: String,
        #[command(flatten)]
        station: StationArgs,
    },
    /// Set up slots by plugging a board into one after the other
    Learn {
        /// The slots' names, in the order in which boards will be plugged in
        #[arg(required = true)]
        names: Vec<String>,
        /// The slots are UARTs: plug in one adapter after the other
        #[arg(long)]
        uart: bool,
        /// How long to wait for each board
        #[arg(long, value_name = "TIME", default_value = "120s", value_parser = crate::cli::number::parse_duration)]
        each: Duration,
        #[command(flatten)]
        station: StationArgs,
    },
}

pub fn slots(command: SlotsCommand, context: &mut Context) -> Result<()> {
    match command {
        SlotsCommand::List { station } => {
            let station = station.open()?;
            let found = LineSlots {
                slots: rtboot::line::slots_of(station.slots())
                    .into_iter()
                    .map(|mut slot| LineSlot {
                        there: slot
                            .socket
                            .look()
                            .ok()
                            .map(|there| there == rtboot::line::Presence::Board),
                        name: slot.name,
                        board: slot.place,
                    })
                    .collect(),
            };
            print(&found, context);
            context.report.found(Outcome::LineSlotsList(found));
        }
        SlotsCommand::Add {
            name,
            place,
            station,
        } => {
            let mut station = station.open()?;
            let slot = SlotSpec::new(&name, &place).map_err(Error::Usage)?;
            station.add_slots(&[slot])?;
            let found = all(&station);
            print(&found, context);
            context.report.found(Outcome::LineSlotsAdd(found));
        }
        SlotsCommand::Learn {
            names,
            uart,
            each,
            station,
        } => {
            let mut station = station.open()?;
            for name in names {
                let slot = learn(&name, uart, each, context)?;
                context.report.line(format!("slot {name}: {}", slot.board));
                // each is kept at once: a person who stops halfway has not done it for nothing
                station.add_slots(&[slot])?;
            }
            context.report.found(Outcome::LineSlotsLearn(all(&station)));
        }
    }
    Ok(())
}

fn all(station: &Station) -> LineSlots {
    let slot = |slot: &SlotSpec| LineSlot {
        name: slot.name.clone(),
        board: slot.board.to_string(),
        there: None,
    };
    LineSlots {
        slots: station.slots().iter().map(slot).collect(),
    }
}

fn print(found: &LineSlots, context: &mut Context) {
    for slot in &found.slots {
        let there = match slot.there {
            Some(true) => "a board is in it",
            Some(false) => "empty",
            None => "",
        };
        context
            .report
            .line(format!("{:<12} {:<24} {there}", slot.name, slot.board));
    }
    if found.slots.is_empty() {
        context.report.line("no slot is set up");
    }
}

/// Pause between two looks at the bus.
const LOOK: Duration = Duration::from_millis(100);

/// Where Linux names UARTs by the USB port of their adapter.
const BY_PATH: &str = "/dev/serial/by-path";

/// UARTs of this machine, by names that an adapter keeps as long as it stays in its port, where there are such.
fn uarts() -> Result<Vec<String>> {
    let ports = rtboot::port::serial::list()?;
    let named = |path: &str| {
        let stable = stable_name(Path::new(path), Path::new(BY_PATH));
        stable.map_or_else(|| path.to_owned(), |path| path.display().to_string())
    };
    let places = ports.iter();
    Ok(places
        .map(|port| format!("uart:{}", named(&port.path)))
        .collect())
}

/// The link in a folder that leads to this device: of several the first by its name.
fn stable_name(device: &Path, folder: &Path) -> Option<PathBuf> {
    let device = device.canonicalize().ok()?;
    let links = std::fs::read_dir(folder).ok()?.flatten();
    let links = links.map(|link| link.path());
    links
        .filter(|link| link.canonicalize().is_ok_and(|leads_to| leads_to == device))
        .min()
}

/// Waits for a board at a USB port where none was, or for a UART that was not there.
fn learn(name: &str, uart: bool, limit: Duration, context: &mut Context) -> Result<SlotSpec> {
    let boards = || -> Result<Vec<String>> {
        if uart {
            return uarts();
        }
        let seen = list_usb()?.into_iter().filter(|seen| seen.is_board);
        Ok(seen
            .filter_map(|seen| seen.selector)
            .map(|it| it.to_string())
            .collect())
    };
    let before = boards()?;
    context.report.line(match uart {
        true => format!("slot {name}: plug its UART adapter in"),
        false => format!("slot {name}: plug a board in (in serial-download mode)"),
    });
    report::begin();
    let start = std::time::Instant::now();
    let mut known = before;
    loop {
        if report::interrupted() {
            return Err(Error::interrupted());
        }
        let now = boards()?;
        if let Some(new) = now.iter().find(|board| !known.contains(board)) {
            return SlotSpec::new(name, new).map_err(Error::Usage);
        }
        // one that was taken out may be the one that is plugged in again
        known = now;
        if start.elapsed() >= limit {
            return Err(Error::NoBoard {
                selector: rtboot::Selector::default(),
                seen_instead: list_usb()?,
            });
        }
        std::thread::sleep(LOOK);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn uart_is_named_by_its_adapters_port() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let links = at("by-path");
        std::fs::create_dir(&links).expect("a folder");
        for device in ["ttyUSB0", "ttyUSB1"] {
            std::fs::write(at(device), "").expect("written");
        }
        let link = |name: &str, to: &str| {
            std::os::unix::fs::symlink(at(to), links.join(name)).expect("a link");
        };
        link("pci-0:1.2-port0", "ttyUSB1");
        link("pci-0-usbv2-0:1.2-port0", "ttyUSB1");
        let found = stable_name(&at("ttyUSB1"), &links).expect("a name");
        assert_eq!(found, links.join("pci-0-usbv2-0:1.2-port0"));
        assert_eq!(stable_name(&at("ttyUSB0"), &links), None);
        assert_eq!(stable_name(&at("ttyUSB1"), &at("none")), None);
    }
}
