//! Verb `completions`: for shells.

use clap::Command;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;
use rtboot::Result;
use rtboot::board::list_usb;
use rtboot::chip::Chip;
use rtboot::outcome::{Completions, Outcome};
use rtboot::port::serial;
use rtboot_fcb::database;

use super::{Context, grammar};

/// Print the completions for a shell
///
/// They offer commands, options, chips, NOR parts, and the boards and serial ports that are there now.
///
/// bash: rtboot completions bash > ~/.local/share/bash-completion/completions/rtboot
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which shell
    shell: Shell,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let mut text = Vec::new();
    let mut offered = with_values(grammar(), &boards());
    clap_complete::generate(args.shell, &mut offered, "rtboot", &mut text);
    let completions = String::from_utf8_lossy(&text).into_owned();
    context.report.line(completions.trim_end());
    let found = Completions { completions };
    context.report.found(Outcome::Completions(found));
    Ok(())
}

/// The grammar with what shells may offer for options that take any text.
fn with_values(command: Command, boards: &[String]) -> Command {
    let parts = || {
        let names = database::parts().map(|part| part.name);
        ["auto".to_owned()].into_iter().chain(names)
    };
    let command = command.mut_args(|arg| match arg.get_id().as_str() {
        "chip" => arg.value_parser(PossibleValuesParser::new(Chip::names())),
        "fcb" => arg.value_parser(PossibleValuesParser::new(parts())),
        "board" => arg.value_parser(PossibleValuesParser::new(boards)),
        _ => arg,
    });
    command.mut_subcommands(|command| with_values(command, boards))
}

/// Selectors that work now.
fn boards() -> Vec<String> {
    let usb = list_usb().unwrap_or_default().into_iter();
    let usb = usb.filter_map(|device| device.selector.map(|selector| selector.to_string()));
    let ports = serial::list().unwrap_or_default().into_iter();
    let ports = ports.map(|port| format!("uart:{}", port.path));
    let always = ["usb", "virtual"].map(str::to_owned);
    let mut all: Vec<String> = always.into_iter().chain(usb).chain(ports).collect();
    all.dedup();
    all
}
