//! Verb `completions`: for shells.

use clap_complete::Shell;
use rtboot::Result;
use rtboot::outcome::{Completions, Outcome};

use super::{Context, grammar};

/// Print the completions for a shell
///
/// bash: rtboot completions bash > ~/.local/share/bash-completion/completions/rtboot
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which shell
    shell: Shell,
}

pub fn run(args: Args, context: &mut Context) -> Result<()> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut grammar(), "rtboot", &mut text);
    let completions = String::from_utf8_lossy(&text).into_owned();
    context.report.line(completions.trim_end());
    let found = Completions { completions };
    context.report.found(Outcome::Completions(found));
    Ok(())
}
