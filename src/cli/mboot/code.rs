//! Code: execute, call, reset, secure-binary files, bare images.

use std::path::PathBuf;

use rtboot::consent::Act;
use rtboot::event::Stage;
use rtboot::file::{self, Limit};
use rtboot::outcome::{Called, ChipReset, Executed, ImageSent, Outcome, SbFileRun};
use rtboot::{Error, Result, Step};

use super::{counted, session};
use crate::cli::guard;
use crate::cli::{Context, number};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Execute(Execute),
    Call(Call),
    /// Reset the chip
    Reset,
    ReceiveSbFile(ReceiveSbFile),
    LoadImage(LoadImage),
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::Execute(args) => args.run(context),
        Command::Call(args) => args.run(context),
        Command::Reset => reset(context),
        Command::ReceiveSbFile(args) => args.run(context),
        Command::LoadImage(args) => args.run(context),
    }
}

/// Jump to code, which ends the flashloader. `rtboot run` starts the application in flash without a confirmation
#[derive(Debug, clap::Args)]
pub struct Execute {
    /// Where the code begins
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// Goes into register r0
    #[arg(value_parser = number::parse_u32)]
    argument: u32,
    /// Stack pointer; 0 keeps the flashloader's
    #[arg(value_parser = number::parse_u32)]
    stack: u32,
    /// The confirmation in words
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl Execute {
    fn run(self, context: &mut Context) -> Result<()> {
        let address = self.address;
        let act = Act::raw(
            format!("executing whatever code lies at {address:#010x}"),
            format!("execute {address:#010x}"),
        );
        guard::ask(&act, &context.report, self.confirm.as_deref())?;
        let outcome = session(context)?
            .execute(address, self.argument, self.stack)
            .map_err(Error::mboot(Step::Execute { address }))?
            .into();
        let found = Executed { address, outcome };
        context.report.show(found, Outcome::MbootExecute);
        Ok(())
    }
}

/// Call a function; its return value comes back as the status
#[derive(Debug, clap::Args)]
pub struct Call {
    /// Where the function begins
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// Goes into register r0
    #[arg(value_parser = number::parse_u32)]
    argument: u32,
    /// The confirmation in words
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl Call {
    fn run(self, context: &mut Context) -> Result<()> {
        let address = self.address;
        let act = Act::raw(
            format!("calling whatever code lies at {address:#010x}"),
            format!("call {address:#010x}"),
        );
        guard::ask(&act, &context.report, self.confirm.as_deref())?;
        let status = session(context)?
            .call(address, self.argument)
            .map_err(Error::mboot(Step::Call { address }))?;
        let returned = status.0;
        context.report.show(Called { returned }, Outcome::MbootCall);
        Ok(())
    }
}

fn reset(context: &mut Context) -> Result<()> {
    let outcome = session(context)?
        .reset()
        .map_err(Error::mboot(Step::Reset))?
        .into();
    context
        .report
        .show(ChipReset { outcome }, Outcome::MbootReset);
    Ok(())
}

/// Send a secure-binary file, whose commands the flashloader runs
#[derive(Debug, clap::Args)]
pub struct ReceiveSbFile {
    /// The .sb file
    file: PathBuf,
    /// The confirmation in words
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl ReceiveSbFile {
    fn run(self, context: &mut Context) -> Result<()> {
        let data = file::read(&self.file, Limit::Firmware)?;
        let name = self.file.file_name().unwrap_or(self.file.as_os_str());
        let file = name.to_string_lossy().into_owned();
        let act = Act::raw(
            format!(
                "running the commands of {file}, which can erase flash, burn fuses and start code,"
            ),
            format!("run {file}"),
        );
        guard::ask(&act, &context.report, self.confirm.as_deref())?;
        let mut session = session(context)?;
        let length = data.len();
        let send = (Stage::Send, length as u64);
        counted(context, send, Step::SendSbFile, |progress| {
            session.receive_sb_file(&data, progress)
        })?;
        let found = SbFileRun { file, length };
        context.report.show(found, Outcome::MbootReceiveSbFile);
        Ok(())
    }
}

/// Send an image as bare data packets (boot ROMs of RT11xx parts)
#[derive(Debug, clap::Args)]
pub struct LoadImage {
    /// The image
    file: PathBuf,
}

impl LoadImage {
    fn run(self, context: &mut Context) -> Result<()> {
        let image = file::read(&self.file, Limit::Firmware)?;
        let mut session = session(context)?;
        let length = image.len();
        let send = (Stage::Send, length as u64);
        counted(context, send, Step::SendImage, |progress| {
            session.load_image(&image, progress)
        })?;
        let file = self.file.display().to_string();
        let found = ImageSent { file, length };
        context.report.show(found, Outcome::MbootLoadImage);
        Ok(())
    }
}
