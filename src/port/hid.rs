//! USB HID devices.
//!
//! What the operating systems do with a report:
//!
//! | | Linux (hidraw) | macOS (IOKit) | Windows |
//! |--|--|--|--|
//! | a short report | goes out as it is | goes out as it is | refused: must be as long as the descriptor says |
//! | a write | the interrupt OUT endpoint, else SET_REPORT | SET_REPORT or OUT, the system decides | the same |
//! | a read | one report, id first | one report, id first | padded to the longest report |
//! | unplug | EIO or ENODEV, POLLHUP | an error | an error |
//!
//! So reports are padded on Windows and nowhere else, and readers go by the id byte, never by the length.
//!
//! Without the cargo feature `hid`, listing and opening end with [`Error::NotBuilt`].

use std::path::PathBuf;

use rtboot_chip::{CHIPS, rom_by_usb};

use super::{Error, HidPort};

#[cfg(feature = "hid")]
mod system;

/// Stands in for `system` in a build without hidapi.
#[cfg(not(feature = "hid"))]
mod system {
    use super::{Error, HidDevice, HidPort};

    fn not_built(port: &str) -> Error {
        Error::NotBuilt {
            port: port.to_owned(),
            feature: "hid",
        }
    }

    pub(super) fn list() -> Result<Vec<HidDevice>, Error> {
        Err(not_built(super::super::ALL_HID))
    }

    pub(super) fn present() -> Result<Vec<HidDevice>, Error> {
        list()
    }

    pub(super) fn open(device: &HidDevice) -> Result<Box<dyn HidPort>, Error> {
        Err(not_built(&device.path))
    }
}

/// What kind of device answers under a USB id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HidKind {
    /// The boot ROM of an RT10xx in serial-download mode (speaks SDP).
    Rom,
    /// A flashloader (speaks MBOOT).
    Flashloader,
    /// A debug probe: this is the probe's USB port, not the target's.
    DebugProbe,
    /// The boot ROM of a chip that rtboot does not write.
    ForeignRom,
}

/// USB ids of debug probes: the probe's USB port, not the target's. Sources: DAPLink, SEGGER, NXP.
const PROBES: &[(u16, Option<u16>, &str)] = &[
    (0x0D28, Some(0x0204), "DAPLink (CMSIS-DAP) debug probe"),
    (0x1366, None, "SEGGER J-Link debug probe"),
    (0x1FC9, Some(0x0090), "LPC-Link2 debug probe"),
    (0x1FC9, Some(0x0143), "MCU-Link debug probe"),
];

/// What a USB id stands for: its kind and a name; `None` for every other id.
///
/// A product string with "CMSIS-DAP" in it makes any device a debug probe.
pub fn identify(vid: u16, pid: u16, product: &str) -> Option<(HidKind, &'static str)> {
    if let Some(owners) = rom_by_usb(vid, pid) {
        return Some(match owners.speak_sdp() {
            true => (HidKind::Rom, "NXP boot ROM"),
            false => (HidKind::ForeignRom, "NXP boot ROM of another family"),
        });
    }
    if CHIPS.iter().any(|chip| chip.flashloader_usb == (vid, pid)) {
        return Some((HidKind::Flashloader, "NXP flashloader"));
    }
    let probe = PROBES
        .iter()
        .find(|(v, p, _)| *v == vid && p.is_none_or(|p| p == pid))
        .map(|(.., name)| *name)
        .or_else(|| {
            product
                .contains("CMSIS-DAP")
                .then_some("CMSIS-DAP debug probe")
        });
    probe.map(|name| (HidKind::DebugProbe, name))
}

/// Why a device that is there cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenProblem {
    /// The user may not open the node.
    Permission,
    /// Another program holds it.
    Busy,
    /// It vanished between listing and looking.
    Vanished,
    /// Something else; the operating system's words.
    Other(String),
}

/// One HID device of interest on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HidDevice {
    /// USB vendor id.
    pub vid: u16,
    /// USB product id.
    pub pid: u16,
    /// What it is.
    pub kind: HidKind,
    /// A name for the USB id, from a table.
    pub name: &'static str,
    /// Product string as the device gives it, blanks at the ends included; may be empty.
    pub product: String,
    /// Manufacturer string; may be empty.
    pub manufacturer: String,
    /// bcdDevice.
    pub release: u16,
    /// The path that opens it: `/dev/hidraw3`. It changes with every enumeration.
    pub path: String,
    /// The USB port it is plugged into, `1-4.1` = bus 1, port 4 of the root, port 1 of the hub there. Stays the same over
    /// re-enumeration. Linux only, elsewhere `None`.
    pub port_path: Option<String>,
    /// Whether this user could open it now.
    pub usable: Result<(), OpenProblem>,
}

/// All HID devices of interest that are there now, boards and debug probes, sorted by USB port, then path.
///
/// # Errors
/// [`Error::Io`] when the operating system refuses the question; [`Error::NotBuilt`].
pub fn list() -> Result<Vec<HidDevice>, Error> {
    system::list()
}

/// As [`list`], but opens no device: all are reported as usable.
///
/// For use while a device leaves the bus: closing a hidraw node cancels its transfer, and `vhci-hcd` (Linux 6.1) can lose
/// that cancel when the device leaves at the same moment; the program then never ends.
///
/// # Errors
/// As [`list`].
pub fn present() -> Result<Vec<HidDevice>, Error> {
    system::present()
}

/// Opens a listed device.
///
/// # Errors
/// [`Error::Permission`], [`Error::Busy`], [`Error::NotFound`]; [`Error::Io`] with the system's words for the rest;
/// [`Error::NotBuilt`].
pub fn open(device: &HidDevice) -> Result<Box<dyn HidPort>, Error> {
    system::open(device)
}

/// Speed of the device in a USB port, in Mbit/s: 12 full speed, 480 high speed. Linux only, elsewhere `None`.
pub fn speed_mbit(port_path: &str) -> Option<u32> {
    let path: PathBuf = ["/sys/bus/usb/devices", port_path, "speed"]
        .iter()
        .collect();
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_probes_are_identified() {
        let kind = |vid, pid, product| identify(vid, pid, product).map(|(kind, _)| kind);
        assert_eq!(
            kind(0x1FC9, 0x0130, "SE Blank RT Family "),
            Some(HidKind::Rom)
        );
        assert_eq!(
            kind(0x15A2, 0x0073, "USB COMPOSITE DEVICE"),
            Some(HidKind::Flashloader)
        );
        assert_eq!(kind(0x0D28, 0x0204, ""), Some(HidKind::DebugProbe));
        assert_eq!(kind(0x1366, 0x0105, "J-Link"), Some(HidKind::DebugProbe));
        assert_eq!(kind(0x1FC9, 0x0143, ""), Some(HidKind::DebugProbe));
        assert_eq!(
            kind(0xC251, 0xF001, "Pico CMSIS-DAP"),
            Some(HidKind::DebugProbe)
        );
        assert_eq!(kind(0x046D, 0xC077, "Mouse"), None);
    }
}
