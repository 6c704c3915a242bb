//! Verb `sdp`: the boot ROM's own commands, by the names of sdphost.

use std::path::PathBuf;

use rtboot::board::{Board, Program, RomSession};
use rtboot::event::{Meter, Stage};
use rtboot::sdp::{self, JumpOutcome, Width};
use rtboot::{Error, Result, Step};
use rtboot_bootable::Dcd;
use serde_json::json;

use super::guard::{self, Act};
use super::mboot::bytes;
use super::{Context, number};

/// Addresses and values take hex, decimal and `_`.
#[derive(Debug, clap::Subcommand)]
#[command(rename_all = "kebab-case")]
pub enum Command {
    /// Ask for the result of the last HAB action, and whether the part is open or closed
    ErrorStatus,
    /// Read registers or memory, COUNT bytes in bus accesses of WIDTH bits
    ReadRegister {
        /// First address, a multiple of the access width
        #[arg(value_parser = number::parse_u32)]
        address: u32,
        /// Width of one access in bits: 8, 16 or 32
        #[arg(default_value = "32", value_parser = parse_width)]
        width: Width,
        /// Bytes to read; without it one access
        #[arg(value_parser = number::parse_u32)]
        count: Option<u32>,
        /// Where to put them; without it they are printed
        file: Option<PathBuf>,
    },
    /// Write one register. RT10xx ROMs have been seen not to answer to this
    WriteRegister {
        /// Address, a multiple of the access width
        #[arg(value_parser = number::parse_u32)]
        address: u32,
        /// Width of the access in bits: 8, 16 or 32
        #[arg(value_parser = parse_width)]
        width: Width,
        /// The value
        #[arg(value_parser = number::parse_u32)]
        value: u32,
        /// The words, for a register of the fuse controller
        #[arg(long, value_name = "WORDS")]
        confirm: Option<String>,
    },
    /// Load a file into RAM
    ///
    /// The ROM does not check the address: a file in the wrong place is no error, but a board that stays silent later. Over USB
    /// up to 1023 bytes behind the file become zero.
    WriteFile {
        /// Where its first byte goes
        #[arg(value_parser = number::parse_u32)]
        address: u32,
        /// The file, sent as it is
        file: PathBuf,
    },
    /// Have the ROM carry out a DCD: register writes, staged in RAM
    DcdFile {
        /// Where in RAM the ROM stages it
        #[arg(value_parser = number::parse_u32)]
        address: u32,
        /// A file with the DCD alone, beginning with D2
        file: PathBuf,
        /// The words, for a DCD that touches the fuse controller or cannot be read
        #[arg(long, value_name = "WORDS")]
        confirm: Option<String>,
    },
    /// Jump to an image by the address of its IVT (not of its code)
    JumpAddress {
        /// Address of the IVT
        #[arg(value_parser = number::parse_u32)]
        address: u32,
    },
    /// Make the next jump ignore the image's DCD
    SkipDcdHeader,
    /// Change the speed of the UART
    SetBaudrate {
        /// Baud
        #[arg(value_parser = number::parse_u32)]
        baud: u32,
    },
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::ErrorStatus => error_status(context),
        Command::ReadRegister {
            address,
            width,
            count,
            file,
        } => {
            let count = count.unwrap_or(width.bytes());
            let data = session(context)?
                .read_register(address, width, count)
                .map_err(Error::sdp(Step::ReadMemory { address }))?;
            let word = match data[..] {
                [a, b, c, d] => Some(u32::from_le_bytes([a, b, c, d])),
                _ => None,
            };
            if let (Some(word), None) = (word, &file) {
                context.report.result(json!({"value": word}));
                context
                    .report
                    .line(format!("{address:#010x} = {word:#010x}"));
            }
            match (word, &file) {
                (Some(_), None) => Ok(()),
                _ => bytes::deliver(&mut context.report, address, &data, file.as_deref()),
            }
        }
        Command::WriteRegister {
            address,
            width,
            value,
            confirm,
        } => write_register(context, address, width, value, confirm.as_deref()),
        Command::WriteFile { address, file } => write_file(context, address, &file),
        Command::DcdFile {
            address,
            file,
            confirm,
        } => dcd_file(context, address, &file, confirm.as_deref()),
        Command::JumpAddress { address } => jump_address(context, address),
        Command::SkipDcdHeader => {
            session(context)?
                .skip_dcd_header()
                .map_err(Error::sdp(Step::SkipDcd))?;
            context.report.line("the next jump ignores the image's DCD");
            Ok(())
        }
        Command::SetBaudrate { baud } => {
            session(context)?
                .set_baudrate(baud)
                .map_err(Error::sdp(Step::ChangeBaud))?;
            let text = format!(
                "the ROM's UART runs at {baud} baud: go on with @{baud} behind the port's name"
            );
            context.report.line(text);
            Ok(())
        }
    }
}

/// A session with the ROM, when that is what is there.
fn session(context: &mut Context) -> Result<RomSession> {
    let mut board = context.board()?;
    expect_rom(&mut board)?;
    board.rom()
}

fn expect_rom(board: &mut Board) -> Result<()> {
    match board.program()? {
        Some(Program::Rom) => Ok(()),
        Some(Program::Flashloader) => Err(Error::Usage(
            "a flashloader is there, and it does not speak SDP: use `rtboot mboot ...`, or `rtboot mboot reset` to get back to the boot ROM".into(),
        )),
        None => Err(Error::NoBoard {
            selector: board.name(),
            seen_instead: Vec::new(),
        }),
    }
}

fn error_status(context: &mut Context) -> Result<()> {
    let mut session = session(context)?;
    let status = session.error_status().map_err(Error::sdp(Step::AskRom))?;
    let hab = session.hab();
    context.report.result(json!({
        "status": status.0,
        "name": status.name(),
        "hab": hab.map(|hab| hab.to_string()),
    }));
    context.report.line(format!("status {status}"));
    if let Some(hab) = hab {
        context.report.line(match hab {
            sdp::Hab::Open => "HAB open: the part runs unsigned code",
            sdp::Hab::Closed => "HAB closed: the part runs signed code only",
        });
    }
    Ok(())
}

fn write_register(
    context: &mut Context,
    address: u32,
    width: Width,
    value: u32,
    confirm: Option<&str>,
) -> Result<()> {
    if guard::touches_fuses(address, u64::from(width.bytes())) {
        let act = Act::confirmed(
            format!(
                "writing {value:#010x} to the fuse controller at {address:#010x}, which can burn fuses,"
            ),
            format!("write {value:#010x} to {address:#010x}"),
        );
        act.ask(&context.report, confirm)?;
    }
    session(context)?
        .write_register(address, width, value)
        .map_err(Error::sdp(Step::WriteMemory { address }))?;
    context
        .report
        .result(json!({"address": address, "value": value}));
    context
        .report
        .line(format!("{address:#010x} := {value:#010x}"));
    Ok(())
}

fn write_file(context: &mut Context, address: u32, file: &std::path::Path) -> Result<()> {
    let data = bytes::read_file(file)?;
    let mut session = session(context)?;
    let mut meter = Meter::begin(&mut context.report, Stage::Send, data.len() as u64);
    session
        .write_file(address, &data, &mut |done| meter.set(done))
        .map_err(Error::sdp(Step::LoadFile { address }))?;
    meter.end();
    context
        .report
        .result(json!({"address": address, "length": data.len()}));
    let text = format!("{} bytes to {address:#010x}", data.len());
    context.report.line(text);
    Ok(())
}

fn dcd_file(
    context: &mut Context,
    address: u32,
    file: &std::path::Path,
    confirm: Option<&str>,
) -> Result<()> {
    let data = bytes::read_file(file)?;
    match Dcd::parse(&data) {
        Ok(dcd) => {
            let dangers = dcd.dangers(&context.desk_chip()?.map);
            for danger in &dangers {
                context.report.warn(danger.code(), danger.to_string());
            }
            if !dangers.is_empty() {
                let act = Act::confirmed(
                    format!("a DCD that touches fuses ({})", dangers.len()),
                    format!("run the DCD with {} fuse accesses", dangers.len()),
                );
                act.ask(&context.report, confirm)?;
            }
        }
        Err(why) => {
            let act = Act::confirmed(
                format!("a DCD that rtboot cannot read ({why}), so cannot tell what it does,"),
                format!("run {} bytes unread", data.len()),
            );
            act.ask(&context.report, confirm)?;
        }
    }
    session(context)?
        .dcd_write(address, &data)
        .map_err(Error::sdp(Step::CarryOutDcd))?;
    let text = format!("the ROM took the DCD of {} bytes", data.len());
    context.report.line(text);
    Ok(())
}

fn jump_address(context: &mut Context, address: u32) -> Result<()> {
    let outcome = session(context)?
        .jump_address(address)
        .map_err(Error::sdp(Step::JumpToImage { address }))?;
    let (name, text) = match outcome {
        JumpOutcome::Left => ("left", "the ROM left the bus: the image runs"),
        JumpOutcome::Silent => (
            "silent",
            "the ROM accepted the jump; `rtboot list` shows what runs now (the ROM again: the image did not start)",
        ),
    };
    context.report.result(json!({"outcome": name}));
    context.report.line(text);
    Ok(())
}

fn parse_width(text: &str) -> std::result::Result<Width, String> {
    number::parse_u32(text)
        .ok()
        .and_then(Width::from_bits)
        .ok_or_else(|| {
            format!("\"{text}\" is no access width; it is 8, 16 or 32 bits, before the count and the value")
        })
}
