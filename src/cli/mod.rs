//! The command line: one file a subcommand, each with its `Args` and `run`. Only this module prints.

mod action;
mod backup;
mod blank_check;
mod completions;
mod config;
mod connect;
mod doctor;
mod draw;
mod erase;
mod fcb;
mod fcb_source;
mod flashloader;
mod folders;
mod guard;
mod image;
mod info;
mod line;
mod list;
mod loader;
mod man;
mod mboot;
mod number;
mod output;
mod pieces;
mod plain;
mod range;
mod read;
mod report;
mod reset;
mod restore;
mod run;
mod schema;
mod sdp;
mod settings;
mod slips;
mod udev;
mod unprotect;
mod verify;
mod virtual_board;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, FromArgMatches, Parser, Subcommand};
use rtboot::chip::Chip;
use rtboot::{Change, Result};

pub use connect::Context;
pub use report::{About, Report};

/// Flash NXP i.MX RT10xx boards over USB or UART, without a debug probe
///
/// The board must be in serial download mode (BOOT_MODE = 01). No board at hand? Every command works on the embedded
/// virtual board too; the first write makes it: rtboot --board virtual write app.elf
#[derive(Debug, Parser)]
#[command(name = "rtboot", version, max_term_width = 100, after_help = AFTER)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    verb: Verb,
}

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// Which board: usb, usb:1-4.1, uart:/dev/ttyUSB0[@115200], virtual, virtual:DIR
    #[arg(
        short,
        long,
        global = true,
        value_name = "SELECTOR",
        env = "RTBOOT_BOARD"
    )]
    pub board: Option<String>,
    // the names come from the table of chips
    #[arg(long, global = true, value_name = "CHIP", env = "RTBOOT_CHIP", help = chip_help())]
    pub chip: Option<String>,
    /// Which loader to start in RAM: auto takes NXP's flashloader when a file is given or remembered, else rtboot's own
    #[arg(
        long,
        global = true,
        value_name = "LOADER",
        env = "RTBOOT_LOADER",
        value_enum,
        hide_possible_values = true
    )]
    pub loader: Option<loader::Choice>,
    /// NXP's flashloader to start for this run (`rtboot flashloader add` remembers one)
    #[arg(long, global = true, value_name = "FILE", env = "RTBOOT_FLASHLOADER")]
    pub flashloader: Option<PathBuf>,
    /// Print one JSON object per line on stdout, for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more; -vv shows every packet
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Print only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also write everything to this file, with time stamps and every packet, whatever -v or -q show
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// How long to wait for the answer to a command that does no flash work, such as 500ms or 10s
    #[arg(long, global = true, value_name = "TIME", env = "RTBOOT_TIMEOUT", value_parser = number::parse_duration)]
    pub timeout: Option<Duration>,
    /// Wait for a board to be plugged in, 60s unless a time is given. The default at a terminal
    #[arg(long, global = true, value_name = "TIME", num_args = 0..=1, require_equals = true,
        default_missing_value = "60s", value_parser = number::parse_duration)]
    pub wait: Option<Duration>,
    /// Do not wait for a board
    #[arg(long, global = true, conflicts_with = "wait")]
    pub no_wait: bool,
    /// The command that was typed.
    #[arg(skip)]
    pub verb: Vec<String>,
}

fn chip_help() -> String {
    let names: Vec<&str> = Chip::names().collect();
    format!(
        "The chip, when the board does not tell it: {}",
        names.join(", ")
    )
}

const AFTER: &str = "\
First steps:
  rtboot list                          which boards and ports are there
  rtboot info                          what this one is
  rtboot write app.elf --reset         write, verify, start
  rtboot doctor                        when something is wrong
  rtboot help write                    all about one command

Exit codes: 0 done; 1 findings, or anything not listed; 2 usage; 3 bad input file; 4 a file cannot be read or written;
10 no board; 11 permission; 12 wrong chip; 13 several boards; 14 board held by another program; 15 link lost or time-out;
20 flashloader; 21 SDP refused; 30 flash configuration; 31 erase; 32 program; 33 verify; 34 an
interrupted write is open; 40 security; 50 fuse; 60 job; 61 ledger; 62 no number left; 63 line stopped;
70 interrupted.";

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::Args),
    #[command(visible_alias = "board-info")]
    Info(info::Args),
    Doctor(doctor::Args),
    #[command(visible_aliases = ["flash", "program"])]
    Write(write::Args),
    #[command(visible_alias = "save")]
    Read(read::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Verify(verify::Args),
    Erase(erase::Args),
    BlankCheck(blank_check::Args),
    Unprotect(unprotect::Args),
    Run(run::Args),
    Reset(reset::Args),
    /// NOR parts and their flash configuration blocks
    #[command(subcommand)]
    Fcb(fcb::Command),
    /// Boot images: build, look at, check, convert
    #[command(subcommand)]
    Image(image::Command),
    /// A production line: many boards, each with numbers of its own, and a ledger
    #[command(subcommand)]
    Line(line::Command),
    /// The loaders that rtboot can start in RAM: its own, and NXP's flashloader
    #[command(subcommand)]
    Loader(loader::Command),
    /// NXP's flashloader files that rtboot knows and remembers
    #[command(subcommand)]
    Flashloader(flashloader::Command),
    /// Raw commands of the boot ROM's serial downloader
    #[command(subcommand)]
    Sdp(sdp::Command),
    /// Raw commands of the flashloader, by the names of blhost
    #[command(subcommand)]
    Mboot(mboot::Command),
    /// The embedded virtual board
    #[command(subcommand, name = "virtual")]
    Virtual(virtual_board::Command),
    Config(config::Args),
    Udev(udev::Args),
    Completions(completions::Args),
    Man(man::Args),
    Schema(schema::Args),
}

/// Parses the command line, runs the verb, says what went wrong. Returns the exit code.
pub fn main() -> ExitCode {
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|force| force != "0");
    if report::dumb_terminal() && !forced {
        // anstream alone would still draw colours there where the variable CI is set
        anstream::ColorChoice::Never.write_global();
    }
    let parsed = grammar().try_get_matches().and_then(|matches| {
        let mut cli = Cli::from_arg_matches(&matches)?;
        cli.globals.verb = verb(&matches);
        Ok(cli)
    });
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            let words: Vec<_> = std::env::args_os().collect();
            return not_understood(&slips::explain(error, &words, &grammar()));
        }
    };
    // a program that reads JSON gets its error object
    report::catch_ctrl_c(!cli.globals.json);
    let log = cli.globals.log.clone();
    let mut context = Context::new(cli.globals);
    let logged = log.map_or(Ok(()), |path| context.report.log_to(&path));
    if let Err(error) = logged {
        return context.report.fail(&error);
    }
    let done = run(cli.verb, &mut context);
    // the virtual board is written back whatever happened: what was done to it was done
    let saved = context.close();
    let told = context.report.all_told();
    match done.and_then(|code| saved.and(told).map(|()| code)) {
        Ok(code) => {
            context.report.succeed();
            match context.report.all_told() {
                Ok(()) => code,
                Err(error) => context.report.fail(&error),
            }
        }
        Err(error) => context.report.fail(&error),
    }
}

/// The command that was typed: `read`, `mboot get-property`.
fn verb(matches: &clap::ArgMatches) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = matches;
    while let Some((name, below)) = at.subcommand() {
        names.push(name.to_owned());
        at = below;
    }
    names
}

/// Prints clap's words, to programs as an object too. Help and version come this way as well.
fn not_understood(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|arg| arg == "--json");
    if wants_json && error.use_stderr() {
        report::print_usage_error(&error.render().to_string());
    } else {
        let _ = error.print();
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn run(verb: Verb, context: &mut Context) -> Result<ExitCode> {
    match verb {
        Verb::List(args) => list::run(args, context),
        Verb::Info(args) => info::run(args, context),
        Verb::Doctor(args) => return doctor::run(&args, context),
        Verb::Write(args) => write::run(args, context),
        Verb::Read(args) => read::run(args, context),
        Verb::Backup(args) => backup::run(args, context),
        Verb::Restore(args) => restore::run(args, context),
        Verb::Verify(args) => verify::run(args, context),
        Verb::Erase(args) => erase::run(args, context),
        Verb::BlankCheck(args) => blank_check::run(args, context),
        Verb::Unprotect(args) => unprotect::run(args, context),
        Verb::Run(args) => run::run(args, context),
        Verb::Reset(args) => reset::run(args, context),
        Verb::Fcb(command) => return fcb::run(command, context),
        Verb::Image(command) => return image::run(command, context),
        Verb::Line(command) => line::run(command, context),
        Verb::Loader(command) => loader::run(command, context),
        Verb::Flashloader(command) => flashloader::run(command, context),
        Verb::Sdp(command) => {
            sdp::run(command, context).map(|()| context.report.record_change(Change::CommandDone))
        }
        Verb::Mboot(command) => {
            mboot::run(command, context).map(|()| context.report.record_change(Change::CommandDone))
        }
        Verb::Virtual(command) => virtual_board::run(command, context),
        Verb::Config(args) => config::run(args, context),
        Verb::Udev(args) => udev::run(args, context),
        Verb::Completions(args) => completions::run(args, context),
        Verb::Man(args) => man::run(&args, context),
        Verb::Schema(args) => schema::run(args, context),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// The whole grammar, for shell completions and tests of the help texts.
pub fn grammar() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rtboot::finding::Action;
    use rtboot::outcome::Outcome;

    use super::action::AtHand;

    #[test]
    fn the_grammar_holds_together() {
        super::grammar().debug_assert();
    }

    /// Every command below `command` that runs something, by the names that are typed.
    fn leaves(command: &clap::Command, before: &str, leaves: &mut BTreeSet<String>) {
        for under in command.get_subcommands() {
            let name = format!("{before}{}", under.get_name());
            // its operations end with the same result
            if under.has_subcommands() && under.get_name() != "key-provisioning" {
                self::leaves(under, &format!("{name} "), leaves);
            } else {
                leaves.insert(name);
            }
        }
    }

    #[test]
    fn every_command_has_a_type_of_result() {
        let mut commands = BTreeSet::new();
        leaves(&super::grammar(), "", &mut commands);
        let typed = Outcome::COMMANDS.iter().map(|name| (*name).to_owned());
        assert_eq!(commands, typed.collect());
    }

    #[test]
    fn commands_to_type_are_commands_of_the_grammar() {
        let some = || Some("x".to_owned());
        let actions = [
            Action::Doctor {
                board: some(),
                chip: Some("rt1021".into()),
            },
            Action::DoctorReport,
            Action::ListBoards,
            Action::Help,
            Action::Info,
            Action::Write {
                app: some(),
                part: some(),
            },
            Action::Verify,
            Action::Reset,
            Action::Unprotect,
            Action::ListParts,
            Action::ExampleCfg,
            Action::ProbeFlash,
            Action::ProbeToCfg,
            Action::SetUpStation,
            Action::LearnSlots,
            Action::ListFlashloaders,
            Action::AddFlashloader,
            Action::ShowFlashloader,
            Action::ShowImage { file: None },
            Action::CheckImage { file: None },
            Action::NewVirtual { folder: some() },
            Action::ShowVirtual { folder: None },
            Action::VirtualToDownload { folder: some() },
            Action::HabStatus,
            Action::Property { property: 7 },
        ];
        for action in &actions {
            let command = AtHand::default().command(action);
            let parsed = super::grammar().try_get_matches_from(command.split(' '));
            let shown = clap::error::ErrorKind::DisplayHelp;
            assert!(
                parsed
                    .as_ref()
                    .err()
                    .is_none_or(|error| error.kind() == shown),
                "{command}: {parsed:?}"
            );
        }
    }
}
