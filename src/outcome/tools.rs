//! Results of commands about this machine, files that rtboot keeps, and the virtual board.

#[cfg(feature = "virtual")]
use std::path::Path;

#[cfg(feature = "virtual")]
use rtboot_fcb::JedecId;
use serde::Serialize;

use super::Finding;
#[cfg(feature = "virtual")]
use crate::port::virtual_board::Look;
use crate::selector::Seen;

/// Boards and ports of this machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct List {
    /// USB devices that are boards or debug probes.
    pub usb: Vec<UsbDevice>,
    /// Serial ports.
    pub serial: Vec<SerialPort>,
    /// Folder of the virtual board, if there is one.
    pub r#virtual: Option<String>,
}

/// A USB device.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct UsbDevice {
    /// The selector that names it; null when it cannot be used.
    pub selector: Option<String>,
    /// What it is.
    pub what: String,
    /// The system's name for it.
    pub path: String,
    /// Vendor and product id, as in 1fc9:0130.
    pub ids: String,
    /// What it calls itself.
    pub product: String,
    /// Whether it is a board in serial download mode.
    pub is_board: bool,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

impl From<&Seen> for UsbDevice {
    fn from(device: &Seen) -> UsbDevice {
        UsbDevice {
            selector: device.selector.as_ref().map(ToString::to_string),
            what: device.what.clone(),
            path: device.path.clone(),
            ids: device.ids.clone(),
            product: device.product.clone(),
            is_board: device.is_board,
            problem: device.problem.as_ref().map(ToString::to_string),
        }
    }
}

/// A serial port.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct SerialPort {
    /// The selector that names it.
    pub selector: String,
    /// What the adapter calls itself.
    pub product: String,
}

/// The loaders that can be started in RAM.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LoaderList {
    /// What options and settings choose: `auto`, `own` or `nxp`.
    pub choice: String,
    /// NXP's file when one is given or remembered, and rtboot's own.
    pub loaders: Vec<LoaderShow>,
}

/// Whose loader it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LoaderKind {
    /// rtboot's own.
    Own,
    /// NXP's flashloader.
    Nxp,
}

/// A loader.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LoaderShow {
    /// Whose it is.
    pub kind: LoaderKind,
    /// What it is called.
    pub name: String,
    /// Its version, where that is known without starting it.
    pub version: Option<String>,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Bytes of its file.
    pub size: usize,
    /// Where it goes in RAM.
    pub load: u32,
    /// The IVT that the ROM jumps to.
    pub jump: u32,
    /// Where its code begins.
    pub entry: u32,
    /// RAM that it needs.
    pub needs: Vec<RamNeed>,
    /// The chips that it is for.
    pub chips: Vec<String>,
    /// Whether it was proven in emulation only.
    pub emulation_only: bool,
    /// Whether it is the one that is sent when no loader runs.
    pub sent: bool,
}

/// A flashloader file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FlashloaderFile {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Bytes of the file.
    pub size: usize,
    /// The public build that it is, if it is one.
    pub build: Option<String>,
    /// Where it goes in RAM.
    pub load: u32,
    /// The IVT that the ROM jumps to.
    pub jump: u32,
    /// Where its code begins.
    pub entry: u32,
    /// RAM that it needs.
    pub needs: Vec<RamNeed>,
    /// Whether the chip has that RAM with its FlexRAM as it leaves the factory.
    pub fits_usual_split: bool,
    /// What was done to the file before it can be sent.
    pub notes: Vec<Finding>,
    /// Where the copy lies that is sent from now on (`flashloader add`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

/// A piece of RAM that a flashloader needs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct RamNeed {
    /// The RAM: `ITCM`, `DTCM`, `OCRAM`.
    pub ram: String,
    /// First address.
    pub from: u32,
    /// One past the last address.
    pub to: u64,
}

impl From<&rtboot_bootable::RamNeed> for RamNeed {
    fn from(need: &rtboot_bootable::RamNeed) -> RamNeed {
        RamNeed {
            ram: need.ram.name.to_owned(),
            from: need.from,
            to: need.to,
        }
    }
}

/// The flashloader files that are remembered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FlashloaderList {
    /// All of them, the oldest first.
    pub flashloaders: Vec<Remembered>,
}

/// A flashloader file that is remembered.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Remembered {
    /// SHA-256 of the file.
    pub sha256: String,
    /// What it was called when it was added.
    pub name: String,
    /// Bytes of the file.
    pub size: usize,
    /// The public build that it is, if it is one.
    pub build: Option<String>,
    /// Whether it is the one that is sent.
    pub sent: bool,
}

/// What is in a virtual board.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Virtual {
    /// Its folder.
    pub folder: String,
    /// Its chip.
    pub chip: String,
    /// What the chip runs: boot ROM, flashloader, application, nothing, no power.
    pub runs: String,
    /// Why.
    pub why: String,
    /// BOOT_MODE pins: 0 fuses, 1 serial download, 2 internal boot, 3 reserved.
    pub boot_mode: u32,
    /// BOOT_CFG pins.
    pub boot_cfg: u16,
    /// Its flash.
    pub part: String,
    /// JEDEC id of its flash, as in 9d 60 17.
    pub jedec: String,
    /// Bytes of its flash.
    pub size: u32,
    /// Bytes of its flash that are not erased.
    pub used: u32,
    /// Status registers of its flash, the first first.
    pub status_registers: Vec<u8>,
    /// Whether the quad-enable bit is set.
    pub quad_enabled: bool,
    /// Bytes under block protection: first offset and one past the last.
    pub protected: Option<[u32; 2]>,
    /// Fuse words that are not 0.
    pub fuses: Vec<FuseWord>,
    /// What is wrong with it, as `virtual new` takes it.
    pub faults: Vec<serde_json::Value>,
    /// Whether the ROM would start what is in flash with BOOT_MODE = 10.
    pub boots: bool,
    /// Whether a reset starts it with the boot pins as they are.
    pub boots_now: bool,
    /// Reset handler of the application that it would start.
    pub entry: Option<u32>,
    /// Its stack.
    pub stack: Option<u32>,
    /// Why the ROM would or would not start it.
    pub boot_reason: String,
    /// Where a reset leads with the boot pins as they are.
    pub reset_now: String,
}

#[cfg(feature = "virtual")]
impl Virtual {
    /// What `look` saw in the board of this folder.
    pub fn new(folder: &Path, look: Look) -> Virtual {
        let fuses = look.fuses.into_iter();
        // a fault that is no JSON is still worth its text
        let fault = |text: String| serde_json::from_str(&text).unwrap_or(text.into());
        Virtual {
            folder: folder.display().to_string(),
            chip: look.chip.to_owned(),
            runs: look.runs.to_owned(),
            why: look.why,
            boot_mode: look.boot_mode,
            boot_cfg: look.boot_cfg,
            part: look.part,
            jedec: JedecId(look.jedec).to_string(),
            size: look.size,
            used: look.used,
            status_registers: look.status,
            quad_enabled: look.quad_enabled,
            protected: look.protected.map(|(from, to)| [from, to]),
            fuses: fuses
                .map(|(index, value)| FuseWord { index, value })
                .collect(),
            faults: look.faults.into_iter().map(fault).collect(),
            boots: look.starts.is_some(),
            boots_now: look.starts_now,
            entry: look.starts.map(|(entry, _)| entry),
            stack: look.starts.and_then(|(_, stack)| stack),
            boot_reason: look.boot_reason,
            reset_now: look.now_reason,
        }
    }
}

/// A fuse word.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct FuseWord {
    /// Its index.
    pub index: usize,
    /// Its bits.
    pub value: u32,
}

/// The stand-in for a flashloader was written to a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct VirtualLoader {
    /// The file.
    pub file: String,
    /// Its bytes.
    pub bytes: usize,
}

/// A virtual board can be reached by other programs from now on.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Serving {
    /// Address of the USB/IP server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usbip: Option<String>,
    /// The boards on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub boards: Vec<ServedBoard>,
    /// Path of the pseudo-terminal with a board's UART.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// A virtual board on a USB/IP server.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ServedBoard {
    /// What `usbip attach -b` takes.
    pub bus_id: String,
    /// The board's folder.
    pub folder: String,
}

/// Virtual boards were served and are saved.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Served {
    /// Their folders.
    pub boards: Vec<String>,
}

/// The udev rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Udev {
    /// Text of the rules file.
    pub rules: String,
}

/// Completions for a shell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Completions {
    /// The text that the shell reads.
    pub completions: String,
}

/// Manual pages: the text of one, or the files that were written.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Man {
    /// The text of the page.
    Page {
        /// The page, as `man -l` reads it.
        page: String,
    },
    /// One page a command.
    Pages {
        /// The files.
        pages: Vec<String>,
    },
}

/// The schema of these lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Schema {
    /// A JSON Schema document.
    pub document: serde_json::Value,
}

/// Every setting, its value and where that comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Config {
    /// The settings.
    pub settings: Vec<Setting>,
    /// Folders and files that rtboot uses.
    pub places: Vec<Place>,
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Setting {
    /// Its key in a settings file.
    pub key: String,
    /// Its value; of a default, in words.
    pub value: String,
    /// Where that comes from.
    pub source: SettingSource,
    /// The file that it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// Where the value of a setting comes from, the one that wins first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SettingSource {
    /// An option of this command line.
    Option,
    /// A variable of the environment.
    Environment,
    /// A settings file.
    File,
    /// Nothing says it.
    Default,
}

/// A folder or file that rtboot uses.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Place {
    /// What for.
    pub what: String,
    /// Where; null when the system names no place.
    pub path: Option<String>,
    /// Whether it is there.
    pub exists: bool,
}
