//! Flash: erase, unlock, read special areas.

use std::path::PathBuf;

use rtboot::mboot::MemoryId;
use rtboot::{Error, Result, Step};
use serde_json::json;

use super::{bytes, parse_memory, session};
use crate::cli::guard::Act;
use crate::cli::{Context, number};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Erase the sectors that touch LENGTH bytes at ADDRESS
    FlashEraseRegion {
        /// First address
        #[arg(value_parser = number::parse_u32)]
        address: u32,
        /// Bytes; rounded outward to sectors by the flashloader
        #[arg(value_parser = number::parse_u32)]
        length: u32,
        /// Memory id
        #[arg(default_value = "0", value_parser = parse_memory)]
        memory: MemoryId,
    },
    /// Erase a whole memory
    FlashEraseAll {
        /// Memory id: 9 for FlexSPI NOR
        #[arg(default_value = "0", value_parser = parse_memory)]
        memory: MemoryId,
        /// The words
        #[arg(long, value_name = "WORDS")]
        confirm: Option<String>,
    },
    /// Erase everything and unlock. Not on an RT1021
    FlashEraseAllUnsecure {
        /// The words
        #[arg(long, value_name = "WORDS")]
        confirm: Option<String>,
    },
    /// Unlock with the backdoor key, 16 hex digits. Not on an RT1021
    FlashSecurityDisable {
        /// As in 0123456789abcdef
        #[arg(value_parser = parse_key)]
        key: [u8; 8],
    },
    /// Read a special flash area. On an RT1021 the bytes are left-overs of a buffer
    FlashReadResource {
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
    },
    /// Check a backup application and swap it in. Not on an RT1021
    ReliableUpdate {
        /// Where the backup lies
        #[arg(value_parser = number::parse_u32)]
        address: u32,
    },
}

pub fn run(command: Command, context: &mut Context) -> Result<()> {
    match command {
        Command::FlashEraseRegion {
            address,
            length,
            memory,
        } => erase_region(context, address, length, memory),
        Command::FlashEraseAll { memory, confirm } => {
            let act = Act::confirmed(
                format!("erasing all of memory {memory}"),
                format!("erase all of memory {:#x}", memory.0),
            );
            act.ask(&context.report, confirm.as_deref())?;
            session(context)?
                .flash_erase_all(memory)
                .map_err(Error::mboot(Step::EraseMemory(memory)))?;
            context.report.line(format!("memory {memory} is erased"));
            Ok(())
        }
        Command::FlashEraseAllUnsecure { confirm } => {
            let act = Act::confirmed(
                "erasing everything and unlocking the chip",
                "erase everything and unlock",
            );
            act.ask(&context.report, confirm.as_deref())?;
            session(context)?
                .flash_erase_all_unsecure()
                .map_err(Error::mboot(Step::EraseAndUnlock))?;
            context.report.line("everything is erased and unlocked");
            Ok(())
        }
        Command::FlashSecurityDisable { key } => {
            session(context)?
                .flash_security_disable(key)
                .map_err(Error::mboot(Step::UnlockFlash))?;
            context.report.line("the flash is unlocked");
            Ok(())
        }
        Command::FlashReadResource {
            address,
            length,
            option,
            file,
        } => {
            context.report.warn(
                "read-resource-meaningless",
                "the RT1021 flashloader answers this with what is left in its packet buffer",
            );
            let data = session(context)?
                .flash_read_resource(address, length, option)
                .map_err(Error::mboot(Step::ReadResource))?;
            bytes::deliver(&mut context.report, address, &data, file.as_deref())
        }
        Command::ReliableUpdate { address } => {
            session(context)?
                .reliable_update(address)
                .map_err(Error::mboot(Step::UpdateFromBackup))?;
            context.report.line("the backup application is in place");
            Ok(())
        }
    }
}

fn erase_region(context: &mut Context, address: u32, length: u32, memory: MemoryId) -> Result<()> {
    session(context)?
        .flash_erase_region(address, length, memory)
        .map_err(|source| Error::Erase {
            address,
            length,
            source,
            differs: None,
        })?;
    context
        .report
        .result(json!({"address": address, "length": length}));
    let text = format!("the sectors of {length:#x} bytes at {address:#010x} are erased");
    context.report.line(text);
    Ok(())
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
