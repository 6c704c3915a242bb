//! Verb `sdp`: the boot ROM's own commands, by the names of sdphost.

use std::path::PathBuf;

use rtboot::board::{Board, Program, RomSession};
use rtboot::consent::Act;
use rtboot::event::{Meter, Stage};
use rtboot::file::{self, Limit};
use rtboot::finding::Severity;
use rtboot::outcome::{
    BaudSet, DcdCarriedOut, DcdSkipped, ErrorStatus, Jumped, Outcome, RegisterWritten,
    RegistersRead, Sent,
};
use rtboot::sdp::Width;
use rtboot::{Error, Result, Step};
use rtboot_bootable::Dcd;

use super::guard;
use super::{Context, number, output};

/// Addresses and values take hex, decimal and `_`.
#[derive(Debug, clap::Subcommand)]
#[command(rename_all = "kebab-case")]
pub enum Command {
    /// Ask for the result of the last HAB action, and whether the part is open or closed
    ErrorStatus,
    ReadRegister(ReadRegister),
    WriteRegister(WriteRegister),
    WriteFile(WriteFile),
    DcdFile(DcdFile),
    JumpAddress(JumpAddress),
    /// Make the next jump ignore the image's DCD
    SkipDcdHeader,
    SetBaudrate(SetBaudrate),
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::ErrorStatus => error_status(context),
        Command::ReadRegister(args) => args.run(context),
        Command::WriteRegister(args) => args.run(context),
        Command::WriteFile(args) => args.run(context),
        Command::DcdFile(args) => args.run(context),
        Command::JumpAddress(args) => args.run(context),
        Command::SkipDcdHeader => skip_dcd_header(context),
        Command::SetBaudrate(args) => args.run(context),
    }
}

/// A session with the boot ROM; an error when something else answers.
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
    let found = ErrorStatus {
        status: status.0,
        name: status.name().map(str::to_owned),
        hab: session.hab().map(|hab| hab.to_string()),
    };
    context.report.show(found, Outcome::SdpErrorStatus);
    Ok(())
}

/// Read registers or memory, COUNT bytes in bus accesses of WIDTH bits
#[derive(Debug, clap::Args)]
pub struct ReadRegister {
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
}

impl ReadRegister {
    fn run(self, context: &mut Context) -> Result<()> {
        output::try_deliver(self.file.as_deref(), &context.report)?;
        let address = self.address;
        let count = self.count.unwrap_or(self.width.bytes());
        let data = session(context)?
            .read_register(address, self.width, count)
            .map_err(Error::sdp(Step::ReadMemory { address }))?;
        let found = match (data.as_slice(), &self.file) {
            (&[a, b, c, d], None) => RegistersRead::Word {
                address,
                value: u32::from_le_bytes([a, b, c, d]),
            },
            _ => RegistersRead::Bytes(output::deliver(address, data, self.file.as_deref())?),
        };
        context.report.show(found, Outcome::SdpReadRegister);
        Ok(())
    }
}

/// Write one register. A ROM that does not support this gives no answer
#[derive(Debug, clap::Args)]
pub struct WriteRegister {
    /// Address, a multiple of the access width
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// Width of the access in bits: 8, 16 or 32
    #[arg(value_parser = parse_width)]
    width: Width,
    /// The value
    #[arg(value_parser = number::parse_u32)]
    value: u32,
    /// The confirmation in words for a register of the fuse controller
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl WriteRegister {
    fn run(self, context: &mut Context) -> Result<()> {
        let (address, value) = (self.address, self.value);
        if guard::touches_fuses(address, u64::from(self.width.bytes())) {
            let act = Act::raw(
                format!(
                    "writing {value:#010x} to the fuse controller at {address:#010x}, which can burn fuses,"
                ),
                format!("write {value:#010x} to {address:#010x}"),
            );
            guard::ask(&act, &context.report, self.confirm.as_deref())?;
        }
        session(context)?
            .write_register(address, self.width, value)
            .map_err(Error::sdp(Step::WriteMemory { address }))?;
        let found = RegisterWritten { address, value };
        context.report.show(found, Outcome::SdpWriteRegister);
        Ok(())
    }
}

/// Load a file into RAM
///
/// The ROM refuses a file that does not fit into RAM, or that would go into the ROM's own RAM. Over USB up to 1023
/// bytes after the file become zero.
#[derive(Debug, clap::Args)]
pub struct WriteFile {
    /// Where its first byte goes
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// The file, sent as it is
    file: PathBuf,
}

impl WriteFile {
    fn run(self, context: &mut Context) -> Result<()> {
        let address = self.address;
        let data = file::read(&self.file, Limit::Firmware)?;
        let mut session = session(context)?;
        let mut meter = Meter::begin(&mut context.report, Stage::Send, data.len() as u64);
        session
            .write_file(address, &data, &mut |done| meter.set(done))
            .map_err(Error::sdp(Step::LoadFile { address }))?;
        meter.end();
        let length = data.len();
        let found = Sent { address, length };
        context.report.show(found, Outcome::SdpWriteFile);
        Ok(())
    }
}

/// Have the ROM run a DCD (register writes), staged in RAM
#[derive(Debug, clap::Args)]
pub struct DcdFile {
    /// Where in RAM the ROM stages it
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// A file with the DCD alone, beginning with D2
    file: PathBuf,
    /// The confirmation in words for a DCD that touches the fuse controller or cannot be read
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl DcdFile {
    fn run(self, context: &mut Context) -> Result<()> {
        let (address, data) = (self.address, file::read(&self.file, Limit::Firmware)?);
        if let Some(act) = dcd_act(&data, context)? {
            guard::ask(&act, &context.report, self.confirm.as_deref())?;
        }
        session(context)?
            .dcd_write(address, &data)
            .map_err(Error::sdp(Step::CarryOutDcd))?;
        let length = data.len();
        let found = DcdCarriedOut { address, length };
        context.report.show(found, Outcome::SdpDcdFile);
        Ok(())
    }
}

/// What must be confirmed before the ROM runs this DCD.
fn dcd_act(data: &[u8], context: &mut Context) -> Result<Option<Act>> {
    let dcd = match Dcd::parse(data) {
        Ok(dcd) => dcd,
        Err(why) => {
            return Ok(Some(Act::raw(
                format!("a DCD that rtboot cannot read ({why}), so cannot tell what it does,"),
                format!("run {} bytes unread", data.len()),
            )));
        }
    };
    let dangers = dcd.dangers(&context.desk_chip()?.map);
    let count = dangers.len();
    for danger in dangers {
        // a warning: the user decides by confirming it
        context.report.tell(danger.severity(Severity::Warning));
    }
    Ok((count > 0).then(|| {
        Act::raw(
            format!("a DCD that touches fuses ({count})"),
            format!("run the DCD with {count} fuse accesses"),
        )
    }))
}

/// Jump to an image by the address of its IVT (not of its code)
#[derive(Debug, clap::Args)]
pub struct JumpAddress {
    /// Address of the IVT
    #[arg(value_parser = number::parse_u32)]
    address: u32,
}

impl JumpAddress {
    fn run(self, context: &mut Context) -> Result<()> {
        let address = self.address;
        let outcome = session(context)?
            .jump_address(address)
            .map_err(Error::sdp(Step::JumpToImage { address }))?
            .into();
        let found = Jumped { address, outcome };
        context.report.show(found, Outcome::SdpJumpAddress);
        Ok(())
    }
}

fn skip_dcd_header(context: &mut Context) -> Result<()> {
    session(context)?
        .skip_dcd_header()
        .map_err(Error::sdp(Step::SkipDcd))?;
    context
        .report
        .show(DcdSkipped {}, Outcome::SdpSkipDcdHeader);
    Ok(())
}

/// Change the speed of the UART
#[derive(Debug, clap::Args)]
pub struct SetBaudrate {
    /// Baud
    #[arg(value_parser = number::parse_u32)]
    baud: u32,
}

impl SetBaudrate {
    fn run(self, context: &mut Context) -> Result<()> {
        session(context)?
            .set_baudrate(self.baud)
            .map_err(Error::sdp(Step::ChangeBaud))?;
        let found = BaudSet { baud: self.baud };
        context.report.show(found, Outcome::SdpSetBaudrate);
        Ok(())
    }
}

fn parse_width(text: &str) -> std::result::Result<Width, String> {
    number::parse_u32(text)
        .ok()
        .and_then(Width::from_bits)
        .ok_or_else(|| {
            format!("\"{text}\" is no access width; it is 8, 16 or 32 bits, before the count and the value")
        })
}
