//! Verb `virtual`: the embedded virtual board, kept as plain files in a folder.

mod serve;
mod show;

use std::path::PathBuf;

use rtboot::board::Selector;
use rtboot::finding::catalogue::run::VIRTUAL_MADE;
use rtboot::outcome::{Outcome, VirtualLoader};
use rtboot::port::virtual_board::{Make, MakeError, Switches, VirtualBoard};
use rtboot::{Error, Result};

use super::output::unwritable;
use super::{Context, folders};

/// The embedded virtual board
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a virtual board in a folder that is empty or not there
    ///
    /// Without options it is an RT1020 EVK fresh from the bag: IS25LP064A, blank, quad-enable clear, switches on serial download.
    /// With --chip it is the evaluation kit of that chip: RT1010 and RT1011, RT1015, RT1020 and RT1021, RT1024, RT1040 to RT1046,
    /// RT1050 to RT1052, RT1060 to RT1062, RT1064. The kit of the RT1050 carries its QSPI flash, as after moving its resistors; its
    /// HyperFlash does not exist here.
    New {
        /// Where it lives from then on
        folder: PathBuf,
        /// Its flash, as in w25q64jv; a wrong name lists them
        #[arg(long, value_name = "NAME")]
        part: Option<String>,
        /// The flash's quad-enable bit
        #[arg(long, value_name = "STATE")]
        qe: Option<Qe>,
        /// Where the boot switches stand
        #[arg(long, value_name = "SWITCHES")]
        straps: Option<Straps>,
        /// Something that is wrong with it, as JSON: {"fault":"absent"} or {"fault":"usb-in","at":7,"does":"drop"}
        ///
        /// Lasting: absent, held-in-reset, second-pins, stuck-busy, ignores-program, ignores-erase, write-protect-low; wrong-part
        /// ("part"), worn-sector ("address"), stuck-at-zero and stuck-at-one ("address", "bits"). Once, and gone then: power-cut
        /// ("at" which erase or program), misread ("at", "byte", "xor"), usb-out and usb-in ("at" which report, "does": drop,
        /// corrupt, duplicate, truncate, oversize, wrong-id, delay, unplug, stall), uart-out and uart-in ("at" which byte). Every
        /// command that opens the board counts from 1.
        #[arg(long, value_name = "JSON")]
        fault: Vec<String>,
        /// The chip's unique id, 16 hex digits; without it a random one
        #[arg(long, value_name = "HEX", value_parser = parse_unique_id)]
        unique_id: Option<[u32; 2]>,
    },
    /// Show what is in a virtual board, what runs on it, and whether it would boot
    Show {
        /// Its folder; without it the one that --board names, else rtboot's own
        folder: Option<PathBuf>,
    },
    /// Move the boot switches of a virtual board, or switch it off and on
    Set {
        /// Its folder; without it the one that --board names, else rtboot's own
        folder: Option<PathBuf>,
        /// Where the boot switches should stand; the chip looks at them at the next reset
        #[arg(long, value_name = "SWITCHES")]
        straps: Option<Straps>,
        /// Switch it off and on
        #[arg(long)]
        power_cycle: bool,
    },
    /// Write the stand-in that a virtual board takes for its flashloader into a file
    ///
    /// For a board that is served: there rtboot, like any other tool, sees a USB device or a UART and cannot know that a real
    /// board does not start this file. It holds no program.
    Loader {
        /// Where to put it
        file: PathBuf,
    },
    Serve(serve::Args),
}

/// State of the quad-enable bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Qe {
    /// Four data lines work
    Set,
    /// As most parts come
    Clear,
}

/// Positions of the boot switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Straps {
    /// BOOT_MODE 01: serial download
    Serial,
    /// BOOT_MODE 10: boot from flash
    Internal,
    /// BOOT_MODE 00: as the fuses say
    Fuses,
}

impl From<Straps> for Switches {
    fn from(straps: Straps) -> Switches {
        match straps {
            Straps::Serial => Switches::Serial,
            Straps::Internal => Switches::Internal,
            Straps::Fuses => Switches::Fuses,
        }
    }
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    // a board's folder is written whole, and one that serves ends when it is asked to
    super::report::begin();
    match command {
        Command::New {
            folder,
            part,
            qe,
            straps,
            fault,
            unique_id,
        } => {
            let make = Make {
                chip: context.globals.chip.clone(),
                part,
                quad_enabled: qe == Some(Qe::Set),
                switches: straps.map(Switches::from),
                faults: fault,
                unique_id,
            };
            let board = VirtualBoard::create(&folder, &make).map_err(make_error)?;
            show::show(context, &folder, &board, Outcome::VirtualNew);
            save(&board)?;
            let text = format!("to use it: rtboot --board virtual:{} ...", folder.display());
            context.report.tell_in_words(&VIRTUAL_MADE, text);
            Ok(())
        }
        Command::Show { folder } => {
            let (folder, board) = open(context, folder)?;
            show::show(context, &folder, &board, Outcome::VirtualShow);
            Ok(())
        }
        Command::Loader { file } => {
            let loader = VirtualBoard::standin_loader();
            std::fs::write(&file, loader).map_err(unwritable(&file))?;
            context.report.found(Outcome::VirtualLoader(VirtualLoader {
                file: file.display().to_string(),
                bytes: loader.len(),
            }));
            Ok(())
        }
        Command::Set {
            folder,
            straps,
            power_cycle,
        } => {
            if straps.is_none() && !power_cycle {
                return Err(Error::Usage(
                    "nothing to set: --straps serial, internal or fuses, or --power-cycle".into(),
                ));
            }
            let (folder, board) = open(context, folder)?;
            if let Some(straps) = straps {
                board.set_switches(straps.into());
            }
            if power_cycle {
                board.power_cycle();
            }
            show::show(context, &folder, &board, Outcome::VirtualSet);
            save(&board)
        }
        Command::Serve(args) => serve::run(args, context),
    }
}

/// Opens the board of a folder; fails when there is none.
fn open(context: &mut Context, folder: Option<PathBuf>) -> Result<(PathBuf, VirtualBoard)> {
    let folder = match (folder, context.selector()?) {
        (Some(folder), _) | (None, Selector::Virtual(Some(folder))) => folder,
        (None, _) => folders::virtual_board()?,
    };
    rtboot::board::expect_virtual(&folder)?;
    let board = rtboot::board::open_virtual(&folder, None)?;
    Ok((folder, board))
}

fn save(board: &VirtualBoard) -> Result<()> {
    board.save().map_err(|e| Error::Virtual(e.to_string()))
}

fn make_error(error: MakeError) -> Error {
    match error {
        MakeError::Port(error) => Error::Virtual(error.to_string()),
        other => Error::Usage(other.to_string()),
    }
}

/// A unique id as rtboot prints it: high word first.
fn parse_unique_id(text: &str) -> std::result::Result<[u32; 2], String> {
    let digits = text.trim_start_matches("0x");
    match u64::from_str_radix(digits, 16) {
        Ok(id) if (1..=16).contains(&digits.len()) && !digits.starts_with('+') => {
            Ok([id as u32, (id >> 32) as u32])
        }
        _ => Err(format!(
            "\"{text}\" is no unique id; it has up to 16 hex digits"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_id_is_read_as_it_is_printed() {
        let id = parse_unique_id("9abcdef012345678");
        assert_eq!(id, Ok([0x1234_5678, 0x9ABC_DEF0]));
        assert_eq!(
            id.map(|id| rtboot::flash::UniqueId(id).to_string()),
            Ok("9abcdef012345678".into())
        );
        for text in ["", "0x", "+1", "12345678123456781", "xyz"] {
            assert!(parse_unique_id(text).is_err(), "{text}");
        }
    }
}
