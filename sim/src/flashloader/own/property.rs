//! Properties: NXP's, with the differences of `docs/loader.md`, and those of `wire/src/loader.rs`.

use super::super::memory::FLEXSPI_NOR;
use super::super::property::{common, number};
use super::super::status::{READ_ONLY_PROPERTY, Status, UNKNOWN_PROPERTY};
use super::memory;
use super::serial::CLOCK_HZ;
use super::server::{SNAPSHOT, Server};
use crate::flexspi::AHB_BASE;
use crate::machine::Machine;

/// "rtbl".
const MAGIC: u32 = u32::from_le_bytes(*b"rtbl");
const PROTOCOL: u32 = 1;
const VERSION: u32 = u32::from_be_bytes([b'L', 0, 2, 0]);
/// Core clock, which the loader leaves as it is. Source: fact sheet, D2.
const CORE_HZ: u32 = 396_000_000;
/// USB-HID, UART.
const USB_HID: u32 = 0x10;
const UART: u32 = 0x01;
/// Bit `tag - 1` for every command of NXP's that it has.
const COMMANDS: u32 = 0x1_4F5F;

/// Properties of rtboot's own.
mod vendor {
    pub const IDENTITY: u32 = 0x5254_0001;
    pub const CLOCKS: u32 = 0x5254_0002;
    pub const ENTRY: u32 = 0x5254_0003;
    pub const MEMORIES: u32 = 0x5254_0004;
    pub const FLASH: u32 = 0x5254_0005;
}

/// What the loader can do beside NXP's commands, as bits.
const FEATURES: u32 = feature::INSPECT
    | feature::READ_BY_FCB
    | feature::HASH
    | feature::STREAM
    | feature::PROTECT
    | feature::START
    | feature::BULK;

mod feature {
    /// Fetch and FlashCommand.
    pub const INSPECT: u32 = 1 << 0;
    pub const READ_BY_FCB: u32 = 1 << 1;
    pub const HASH: u32 = 1 << 2;
    pub const STREAM: u32 = 1 << 3;
    pub const PROTECT: u32 = 1 << 4;
    pub const START: u32 = 1 << 5;
    /// SetBaud.
    pub const BAUD: u32 = 1 << 6;
    /// The bulk interface.
    pub const BULK: u32 = 1 << 7;
}

/// The words of a property.
pub fn get(
    server: &mut Server,
    m: &mut Machine,
    property: u32,
    index: u32,
) -> Result<Vec<u32>, Status> {
    if let Some(words) = common(m, server.payload(), property, index) {
        return Ok(words);
    }
    let sizes = m.ram.sizes();
    Ok(match property {
        number::PERIPHERALS => vec![if server.uart { UART } else { USB_HID }],
        number::COMMANDS => vec![COMMANDS],
        number::RESERVED => memory::own(m)
            .iter()
            .flat_map(|own| [own.start, own.start + (own.length - 1)])
            .collect(),
        number::RAM_SIZE => vec![*sizes.get(index as usize).unwrap_or(&sizes[0])],
        number::EXTERNAL => {
            memory::is_flash(index)?;
            let geometry = server.flash.configured()?;
            vec![
                0x1F,
                AHB_BASE,
                geometry.size / 1024,
                geometry.page,
                geometry.sector,
                geometry.block,
            ]
        }
        vendor::IDENTITY => {
            let features = match server.uart {
                true => FEATURES & !feature::BULK | feature::BAUD,
                false => FEATURES,
            };
            vec![MAGIC, PROTOCOL, VERSION, features, SNAPSHOT.length]
        }
        vendor::CLOCKS => {
            let uart = if server.uart { CLOCK_HZ } else { 0 };
            vec![CORE_HZ, server.flash.read_hz(), uart]
        }
        vendor::ENTRY => {
            let entry = server.entry;
            let [stage, error, detail] = entry.breadcrumb;
            // no troubles: the clock runs, the PLL locks, the watchdogs can be set
            vec![entry.cause, entry.boot_mode, stage, error, detail, 0]
        }
        vendor::MEMORIES => sizes.to_vec(),
        vendor::FLASH => server.flash.words().to_vec(),
        _ => return Err(UNKNOWN_PROPERTY),
    })
}

/// No property can be set: 10301 for those that exist, 10300 for all others. The security state counts as unknown.
pub fn set(server: &mut Server, m: &mut Machine, property: u32) -> Status {
    let index = match property {
        number::EXTERNAL => FLEXSPI_NOR,
        _ => 0,
    };
    let exists = match property {
        number::SECURITY => false,
        number::EXTERNAL | vendor::FLASH => true,
        _ => get(server, m, property, index).is_ok(),
    };
    match exists {
        true => READ_ONLY_PROPERTY,
        false => UNKNOWN_PROPERTY,
    }
}
