//! Flash: erase, unlock, read special areas.

use std::path::PathBuf;

use rtboot::consent::Act;
use rtboot::finding::Finding;
use rtboot::finding::catalogue::run::READ_RESOURCE_MEANINGLESS;
use rtboot::mboot::MemoryId;
use rtboot::outcome::{
    ErasedAndUnlocked, FlashUnlocked, MemoryErased, Outcome, RegionErased, Updated,
};
use rtboot::{Error, Result, Step};

use super::{forget_erased, parse_memory, session, session_at};
use crate::cli::guard;
use crate::cli::{Context, number, output};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    FlashEraseRegion(EraseRegion),
    FlashEraseAll(EraseAll),
    FlashEraseAllUnsecure(EraseAllUnsecure),
    FlashSecurityDisable(SecurityDisable),
    FlashReadResource(ReadResource),
    ReliableUpdate(ReliableUpdate),
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::FlashEraseRegion(args) => args.run(context),
        Command::FlashEraseAll(args) => args.run(context),
        Command::FlashEraseAllUnsecure(args) => args.run(context),
        Command::FlashSecurityDisable(args) => args.run(context),
        Command::FlashReadResource(args) => args.run(context),
        Command::ReliableUpdate(args) => args.run(context),
    }
}

/// Erase the sectors that touch LENGTH bytes at ADDRESS
#[derive(Debug, clap::Args)]
pub struct EraseRegion {
    /// First address
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// Bytes; rounded outward to sectors by the flashloader
    #[arg(value_parser = number::parse_u32)]
    length: u32,
    /// Memory id
    #[arg(default_value = "0", value_parser = parse_memory)]
    memory: MemoryId,
}

impl EraseRegion {
    fn run(self, context: &mut Context) -> Result<()> {
        let (address, length) = (self.address, self.length);
        let (mut session, board) = session_at(context)?;
        session
            .flash_erase_region(address, length, self.memory)
            .map_err(|source| Error::Erase {
                address,
                length,
                source,
                differs: None,
            })?;
        let start = u64::from(address);
        let range = start..start + u64::from(length);
        forget_erased(session, &board, &range, context)?;
        let found = RegionErased { address, length };
        context.report.show(found, Outcome::MbootFlashEraseRegion);
        Ok(())
    }
}

/// Erase a whole memory
#[derive(Debug, clap::Args)]
pub struct EraseAll {
    /// Memory id: 9 for FlexSPI NOR
    #[arg(default_value = "0", value_parser = parse_memory)]
    memory: MemoryId,
    /// The confirmation in words
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl EraseAll {
    fn run(self, context: &mut Context) -> Result<()> {
        let memory = self.memory;
        let act = Act::raw(
            format!("erasing all of memory {memory}"),
            format!("erase all of memory {:#x}", memory.0),
        );
        guard::ask(&act, &context.report, self.confirm.as_deref())?;
        let (mut session, board) = session_at(context)?;
        session
            .flash_erase_all(memory)
            .map_err(Error::mboot(Step::EraseMemory(memory)))?;
        if memory == MemoryId::FLEXSPI_NOR {
            forget_erased(session, &board, &(0..1 << 32), context)?;
        }
        let found = MemoryErased { memory: memory.0 };
        context.report.show(found, Outcome::MbootFlashEraseAll);
        Ok(())
    }
}

/// Erase everything and unlock. Not on an RT1021
#[derive(Debug, clap::Args)]
pub struct EraseAllUnsecure {
    /// The confirmation in words
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
}

impl EraseAllUnsecure {
    fn run(self, context: &mut Context) -> Result<()> {
        let act = Act::raw(
            "erasing everything and unlocking the chip",
            "erase everything and unlock",
        );
        guard::ask(&act, &context.report, self.confirm.as_deref())?;
        session(context)?
            .flash_erase_all_unsecure()
            .map_err(Error::mboot(Step::EraseAndUnlock))?;
        let outcome = Outcome::MbootFlashEraseAllUnsecure;
        context.report.show(ErasedAndUnlocked {}, outcome);
        Ok(())
    }
}

/// Unlock with the backdoor key, 16 hex digits. Not on an RT1021
#[derive(Debug, clap::Args)]
pub struct SecurityDisable {
    /// Such as 0123456789abcdef
    #[arg(value_parser = parse_key)]
    key: [u8; 8],
}

impl SecurityDisable {
    fn run(self, context: &mut Context) -> Result<()> {
        session(context)?
            .flash_security_disable(self.key)
            .map_err(Error::mboot(Step::UnlockFlash))?;
        let outcome = Outcome::MbootFlashSecurityDisable;
        context.report.show(FlashUnlocked {}, outcome);
        Ok(())
    }
}

/// Read a special flash area. On an RT1021 the bytes are left-overs of a buffer
#[derive(Debug, clap::Args)]
pub struct ReadResource {
    /// First address
    #[arg(value_parser = number::parse_u32)]
    address: u32,
    /// Bytes
    #[arg(value_parser = number::parse_u32)]
    length: u32,
    /// Which area: 0 flash IFR, 1 version id
    #[arg(value_parser = number::parse_u32)]
    option: u32,
    /// Where to put them; without it they are printed as a hex dump
    file: Option<PathBuf>,
}

impl ReadResource {
    fn run(self, context: &mut Context) -> Result<()> {
        output::try_deliver(self.file.as_deref(), &context.report)?;
        context
            .report
            .tell(Finding::new(&READ_RESOURCE_MEANINGLESS));
        let data = session(context)?
            .flash_read_resource(self.address, self.length, self.option)
            .map_err(Error::mboot(Step::ReadResource))?;
        let found = output::deliver(self.address, data, self.file.as_deref())?;
        context.report.show(found, Outcome::MbootFlashReadResource);
        Ok(())
    }
}

/// Check a backup application and swap it in. Not on an RT1021
#[derive(Debug, clap::Args)]
pub struct ReliableUpdate {
    /// Where the backup lies
    #[arg(value_parser = number::parse_u32)]
    address: u32,
}

impl ReliableUpdate {
    fn run(self, context: &mut Context) -> Result<()> {
        let address = self.address;
        session(context)?
            .reliable_update(address)
            .map_err(Error::mboot(Step::UpdateFromBackup))?;
        let found = Updated { address };
        context.report.show(found, Outcome::MbootReliableUpdate);
        Ok(())
    }
}

/// Eight bytes in the order in which they are written.
fn parse_key(text: &str) -> std::result::Result<[u8; 8], String> {
    let digits = text.trim_start_matches("0x");
    let all_hex = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    match u64::from_str_radix(digits, 16) {
        Ok(key) if all_hex => Ok(key.to_be_bytes()),
        _ => Err(format!(
            "\"{text}\" is no backdoor key: it has 16 hex digits"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backdoor_key_has_sixteen_digits() {
        assert_eq!(
            parse_key("0123456789abcdef"),
            Ok([0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF])
        );
        for text in [
            "",
            "0123",
            "0123456789abcdeg",
            "+123456789abcdef",
            "0123456789abcdef0",
        ] {
            assert!(parse_key(text).is_err(), "{text}");
        }
    }
}
