//! Verb `completions`: for shells.

use clap_complete::Shell;
use rtboot::Result;
use serde_json::json;

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
    let text = String::from_utf8_lossy(&text);
    context.report.result(json!({"completions": text}));
    context.report.line(text.trim_end());
    Ok(())
}
