//! Code: execute, call, reset, secure-binary files, bare images.

use std::path::{Path, PathBuf};

use rtboot::event::{Meter, Stage};
use rtboot::mboot::{Departure, Status};
use rtboot::{Error, Result, Step};
use serde_json::json;

use super::{bytes, session};
use crate::cli::guard::Act;
use crate::cli::{Context, number};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Jump to code; the flashloader is gone then. `rtboot run` starts the application in flash without words
    Execute {
        /// Where the code begins
        #[arg(value_parser = number::parse_u32)]
        address: u32,
        /// Goes into register r0
        #[arg(value_parser = number::parse_u32)]
        argument: u32,
        /// Stack pointer; 0 keeps the flashloader's
        #[arg(value_parser = number::parse_u32)]
        stack: u32,
        /// The words
        #[arg(long, value_name = "WORDS")]
        confirm: Option<String>,
    },
    /// Call a function; its return value comes back as the status
    Call {
        /// Where the function begins
        #[arg(value_parser = number::parse_u32)]
        address: u32,
        /// Goes into register r0
        #[arg(value_parser = number::parse_u32)]
        argument: u32,
        /// The words
        #[arg(long, value_name = "WORDS")]
        confirm: Option<String>,
    },
    /// Reset the chip
    Reset,
    /// Send a secure-binary file, whose commands the flashloader runs
    ReceiveSbFile {
        /// The .sb file
        file: PathBuf,
        /// The words
        #[arg(long, value_name = "WORDS")]
        confirm: Option<String>,
    },
    /// Send an image as bare data packets (boot ROMs of RT11xx parts)
    LoadImage {
        /// The image
        file: PathBuf,
    },
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::Execute {
            address,
            argument,
            stack,
            confirm,
        } => {
            let act = Act::confirmed(
                format!("executing whatever code lies at {address:#010x}"),
                format!("execute {address:#010x}"),
            );
            act.ask(&context.report, confirm.as_deref())?;
            let outcome = session(context)?
                .execute(address, argument, stack)
                .map_err(Error::mboot(Step::Execute { address }))?;
            left(context, outcome, "the code runs");
            Ok(())
        }
        Command::Call {
            address,
            argument,
            confirm,
        } => call(context, address, argument, confirm.as_deref()),
        Command::Reset => {
            let outcome = session(context)?
                .reset()
                .map_err(Error::mboot(Step::Reset))?;
            left(context, outcome, "the board resets");
            Ok(())
        }
        Command::ReceiveSbFile { file, confirm } => {
            receive_sb_file(context, &file, confirm.as_deref())
        }
        Command::LoadImage { file } => {
            let image = bytes::read_file(&file)?;
            let mut session = session(context)?;
            let mut meter = Meter::begin(&mut context.report, Stage::Send, image.len() as u64);
            session
                .load_image(&image, &mut |done| {
                    meter.set(done);
                    !meter.cancelled()
                })
                .map_err(Error::mboot(Step::SendImage))?;
            meter.end();
            context.report.line(format!("{} bytes sent", image.len()));
            Ok(())
        }
    }
}

fn left(context: &mut Context, outcome: Departure, text: &str) {
    let (name, how) = match outcome {
        Departure::Answered => ("answered", ""),
        Departure::Left => ("left", " (the flashloader left without a word)"),
        Departure::Silent => (
            "silent",
            ", or the flashloader is stuck: it did not answer; `rtboot list` shows what is there",
        ),
    };
    context.report.result(json!({"outcome": name}));
    context.report.line(format!("{text}{how}"));
}

fn call(context: &mut Context, address: u32, argument: u32, confirm: Option<&str>) -> Result<()> {
    let act = Act::confirmed(
        format!("calling whatever code lies at {address:#010x}"),
        format!("call {address:#010x}"),
    );
    act.ask(&context.report, confirm)?;
    let status = session(context)?
        .call(address, argument)
        .map_err(Error::mboot(Step::Call { address }))?;
    context.report.result(json!({"returned": status.0}));
    context.report.line(match status {
        Status::INVALID_ARGUMENT => {
            "4: the function's return value, or the flashloader refused the address".to_owned()
        }
        Status(value) => format!("the function returned {value} ({value:#x})"),
    });
    Ok(())
}

fn receive_sb_file(context: &mut Context, file: &Path, confirm: Option<&str>) -> Result<()> {
    let data = bytes::read_file(file)?;
    let name = file
        .file_name()
        .unwrap_or(file.as_os_str())
        .to_string_lossy();
    let act = Act::confirmed(
        format!(
            "running the commands of {name}, which can erase flash, burn fuses and start code,"
        ),
        format!("run {name}"),
    );
    act.ask(&context.report, confirm)?;
    let mut session = session(context)?;
    let mut meter = Meter::begin(&mut context.report, Stage::Send, data.len() as u64);
    session
        .receive_sb_file(&data, &mut |done| {
            meter.set(done);
            !meter.cancelled()
        })
        .map_err(Error::mboot(Step::SendSbFile))?;
    meter.end();
    context
        .report
        .line(format!("the commands of {name} are done"));
    Ok(())
}
