//! Verb `man`: manual pages, made of the same words as `--help`.

use std::path::{Path, PathBuf};

use clap_mangen::Man;
use rtboot::Result;
use rtboot::outcome::{self, Outcome};

use super::output::{unwritable, write_whole};
use super::{Context, grammar};

/// Print the manual page, or write those of all commands into a folder
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Write one page per command into this folder, which is made if it is missing
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  rtboot man | man -l -
  rtboot man --to ~/.local/share/man/man1";

pub fn run(args: &Args, context: &mut Context) -> Result<()> {
    let mut program = grammar();
    program.build(); // gives every command its options and its full name
    let Some(folder) = &args.to else {
        let text = page(program, Path::new("-"))?;
        let page = String::from_utf8_lossy(&text).into_owned();
        context.report.line(page.trim_end());
        context
            .report
            .found(Outcome::Man(outcome::Man::Page { page }));
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let mut pages = Vec::new();
    write_pages(program, folder, &mut pages)?;
    let text = format!("{} pages in {}", pages.len(), folder.display());
    context.report.line(text);
    context
        .report
        .found(Outcome::Man(outcome::Man::Pages { pages }));
    Ok(())
}

/// The page of a command, then those of its commands.
fn write_pages(command: clap::Command, folder: &Path, written: &mut Vec<String>) -> Result<()> {
    let under = command.get_subcommands().cloned().collect::<Vec<_>>();
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    let path = folder.join(format!("{name}.1"));
    let text = page(command, &path)?;
    write_whole(&path, &text).map_err(unwritable(&path))?;
    written.push(path.display().to_string());
    let shown = under.into_iter().filter(|command| !command.is_hide_set());
    shown
        .filter(|command| command.get_name() != "help")
        .try_for_each(|command| write_pages(command, folder, written))
}

fn page(command: clap::Command, path: &Path) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    Man::new(command)
        .render(&mut text)
        .map_err(unwritable(path))?;
    Ok(text)
}
