//! USB HID devices, through hidapi. The only file that uses it.
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
//! So `outgoing` pads on Windows and nowhere else, and readers go by the id byte, never by the length.
//!
//! hidapi keeps the errno of a failed open for itself, so on Linux the node is then opened once by hand, to tell
//! "no permission" from "gone" from "busy".

use std::borrow::Cow;
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Error, HidPort};

/// Longest report read: 1021 bytes of the flashloader, rounded up.
const READ_BUFFER: usize = 2048;
/// Longest report that hidraw takes.
const WRITE_LIMIT: usize = 16384;

/// What kind of device answers under a USB id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HidKind {
    /// The boot ROM of an RT10xx in serial-download mode (speaks SDP).
    Rom,
    /// A flashloader (speaks MBOOT).
    Flashloader,
    /// A debug probe: this is the probe's USB port, not the target's.
    DebugProbe,
}

/// USB ids worth a look. Sources: facts of SPSDK, NXP-MCUBootUtility, TinyUF2; probe ids of DAPLink, SEGGER, NXP.
const KNOWN: &[(u16, Option<u16>, HidKind, &str)] = &[
    (
        0x1FC9,
        Some(0x0130),
        HidKind::Rom,
        "i.MX RT1015/1020/1024/1050 boot ROM",
    ),
    (
        0x1FC9,
        Some(0x0135),
        HidKind::Rom,
        "i.MX RT1040/1060/1064 boot ROM",
    ),
    (0x1FC9, Some(0x0145), HidKind::Rom, "i.MX RT1010 boot ROM"),
    (
        0x15A2,
        Some(0x0073),
        HidKind::Flashloader,
        "NXP flashloader",
    ),
    (
        0x0D28,
        Some(0x0204),
        HidKind::DebugProbe,
        "DAPLink (CMSIS-DAP) debug probe",
    ),
    (
        0x1366,
        None,
        HidKind::DebugProbe,
        "SEGGER J-Link debug probe",
    ),
    (
        0x1FC9,
        Some(0x0090),
        HidKind::DebugProbe,
        "LPC-Link2 debug probe",
    ),
    (
        0x1FC9,
        Some(0x0143),
        HidKind::DebugProbe,
        "MCU-Link debug probe",
    ),
];

/// What a USB id stands for: its kind and a name, `None` for ids of no interest.
///
/// A product string with "CMSIS-DAP" in it makes any device a debug probe.
pub fn identify(vid: u16, pid: u16, product: &str) -> Option<(HidKind, &'static str)> {
    KNOWN
        .iter()
        .find(|(v, p, ..)| *v == vid && p.is_none_or(|p| p == pid))
        .map(|&(_, _, kind, name)| (kind, name))
        .or_else(|| {
            product
                .contains("CMSIS-DAP")
                .then_some((HidKind::DebugProbe, "CMSIS-DAP debug probe"))
        })
}

/// Why a device that is there cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The path that opens it: `/dev/hidraw3`. Another one after every enumeration.
    pub path: String,
    /// The USB socket it sits in, `1-4.1` = bus 1, port 4 of the root, port 1 of the hub there. Stays the same over
    /// re-enumeration. Linux only, elsewhere `None`.
    pub port_path: Option<String>,
    /// Whether this user could open it now.
    pub usable: Result<(), OpenProblem>,
}

/// All HID devices of interest that are there now, boards and debug probes, sorted by socket, then path.
///
/// # Errors
/// [`Error::Io`] when the operating system does not let itself be asked.
pub fn list() -> Result<Vec<HidDevice>, Error> {
    let mut found = present()?;
    for device in &mut found {
        device.usable = try_node(&device.path).map_err(|e| problem(&e));
    }
    Ok(found)
}

/// As [`list`], but no device is opened: all are said to be usable.
///
/// For whoever looks while a device leaves: a hidraw node that is closed takes its transfer back, and `vhci-hcd` (Linux 6.1)
/// may lose it when the device leaves just then; the program cannot end any more. Errors as [`list`].
pub fn present() -> Result<Vec<HidDevice>, Error> {
    let mut found = Vec::new();
    for info in api()?.device_list() {
        let product = info.product_string().unwrap_or_default();
        let Some((kind, name)) = identify(info.vendor_id(), info.product_id(), product) else {
            continue;
        };
        let path = info.path().to_string_lossy().into_owned();
        // one entry a usage: the same node may come several times
        if found.iter().any(|d: &HidDevice| d.path == path) {
            continue;
        }
        found.push(HidDevice {
            vid: info.vendor_id(),
            pid: info.product_id(),
            kind,
            name,
            product: product.to_owned(),
            manufacturer: info.manufacturer_string().unwrap_or_default().to_owned(),
            release: info.release_number(),
            port_path: port_path_of(&path),
            usable: Ok(()),
            path,
        });
    }
    found.sort_by(|a, b| (&a.port_path, &a.path).cmp(&(&b.port_path, &b.path)));
    Ok(found)
}

/// Opens a listed device.
///
/// # Errors
/// [`Error::Permission`], [`Error::Busy`], [`Error::NotFound`]; [`Error::Io`] with hidapi's words for the rest.
pub fn open(device: &HidDevice) -> Result<Box<dyn HidPort>, Error> {
    let failed = |message: String| Error::Io {
        port: device.path.clone(),
        action: "open",
        message,
    };
    let path = CString::new(device.path.as_str()).map_err(|e| failed(e.to_string()))?;
    let api = api()?;
    let handle = match api.open_path(&path) {
        Ok(handle) => handle,
        Err(_) => {
            try_node(&device.path)?;
            // it opens by now: udev was at work
            api.open_path(&path).map_err(|e| failed(e.to_string()))?
        }
    };
    Ok(Box::new(OpenHid {
        handle,
        name: format!("{} ({:04x}:{:04x})", device.path, device.vid, device.pid),
        path: device.path.clone(),
        full_length: full_length(device.kind),
    }))
}

fn api() -> Result<hidapi::HidApi, Error> {
    hidapi::HidApi::new().map_err(|e| Error::Io {
        port: super::ALL_HID.into(),
        action: "list",
        message: e.to_string(),
    })
}

fn problem(error: &Error) -> OpenProblem {
    match error {
        Error::Permission { .. } => OpenProblem::Permission,
        Error::Busy { .. } => OpenProblem::Busy,
        Error::NotFound { .. } | Error::Gone { .. } => OpenProblem::Vanished,
        other => OpenProblem::Other(other.to_string()),
    }
}

/// Opens and closes the node by hand, for its errno. Only Linux has nodes that can be opened so.
fn try_node(path: &str) -> Result<(), Error> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    match std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
    {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::from_io(path, "open", &error)),
    }
}

/// The USB socket of `/dev/hidrawN`, from sysfs.
fn port_path_of(path: &str) -> Option<String> {
    let node = Path::new(path).file_name()?.to_str()?;
    if !cfg!(target_os = "linux") || !node.starts_with("hidraw") {
        return None;
    }
    let link: PathBuf = ["/sys/class/hidraw", node, "device"].iter().collect();
    socket_in(&link.canonicalize().ok()?)
}

/// Speed of what sits in a USB socket, in Mbit/s: 12 full speed, 480 high speed. Linux only, elsewhere `None`.
pub fn speed_mbit(socket: &str) -> Option<u32> {
    let path: PathBuf = ["/sys/bus/usb/devices", socket, "speed"].iter().collect();
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// The innermost component that names a USB device, `B-P` or `B-P.P…`, of a canonical sysfs path.
fn socket_in(path: &Path) -> Option<String> {
    let is_number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    path.iter()
        .rev()
        .filter_map(|c| c.to_str())
        .find_map(|component| {
            let (bus, ports) = component.split_once('-')?;
            (is_number(bus) && ports.split('.').all(is_number)).then(|| component.to_owned())
        })
}

/// How an operating system wants reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Linux,
    MacOs,
    Windows,
}

impl System {
    const HERE: System = if cfg!(windows) {
        System::Windows
    } else if cfg!(target_os = "macos") {
        System::MacOs
    } else {
        System::Linux
    };
}

/// Bytes of the longest OUT report of a device, id included: what Windows wants to get for every report.
fn full_length(kind: HidKind) -> usize {
    match kind {
        HidKind::Rom => 1025,
        HidKind::Flashloader => 1021,
        HidKind::DebugProbe => 65,
    }
}

/// What is handed to hidapi for a report: on Windows padded with zeros to the device's full length.
fn outgoing(system: System, report: &[u8], full_length: usize) -> Cow<'_, [u8]> {
    match system {
        System::Windows if report.len() < full_length => {
            let mut padded = report.to_vec();
            padded.resize(full_length, 0);
            Cow::Owned(padded)
        }
        _ => Cow::Borrowed(report),
    }
}

/// An open HID device.
struct OpenHid {
    handle: hidapi::HidDevice,
    name: String,
    path: String,
    full_length: usize,
}

impl OpenHid {
    /// hidapi's errors carry no code on most systems; whether the device is still there decides.
    fn error(&self, action: &'static str, error: &hidapi::HidError) -> Error {
        if let hidapi::HidError::IoError { error } = error {
            return Error::from_io(&self.name, action, error);
        }
        let message = error.to_string();
        let left = message.contains("disconnected") || !self.still_there();
        match left {
            true => Error::Gone {
                port: self.name.clone(),
            },
            false => Error::Io {
                port: self.name.clone(),
                action,
                message,
            },
        }
    }

    fn still_there(&self) -> bool {
        if cfg!(target_os = "linux") {
            return Path::new(&self.path).exists();
        }
        let there = |api: hidapi::HidApi| {
            api.device_list()
                .any(|d| d.path().to_string_lossy() == self.path)
        };
        api().is_ok_and(there)
    }
}

impl HidPort for OpenHid {
    fn write(&mut self, report: &[u8]) -> Result<(), Error> {
        if report.is_empty() || report.len() > WRITE_LIMIT {
            return Err(Error::ReportLength {
                port: self.name.clone(),
                length: report.len(),
            });
        }
        let bytes = outgoing(System::HERE, report, self.full_length);
        // the count that comes back differs by system (given or padded length): only a failure says something
        self.handle
            .write(&bytes)
            .map(drop)
            .map_err(|e| self.error("write to", &e))
    }

    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        let millis = timeout.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32;
        let mut report = vec![0; READ_BUFFER];
        match self.handle.read_timeout(&mut report, millis) {
            Ok(0) => Ok(None), // 0 is a time-out; gone is an error
            Ok(count) => {
                report.truncate(count);
                Ok(Some(report))
            }
            // a signal (Ctrl-C) ends the wait early: the caller looks and comes back
            Err(hidapi::HidError::IoError { error })
                if error.kind() == std::io::ErrorKind::Interrupted =>
            {
                Ok(None)
            }
            Err(error) => Err(self.error("read from", &error)),
        }
    }

    fn describe(&self) -> String {
        self.name.clone()
    }

    fn sends_short_reports(&self) -> bool {
        System::HERE != System::Windows
    }
}

#[cfg(test)]
mod tests;
