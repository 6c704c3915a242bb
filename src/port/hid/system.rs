//! USB HID devices through hidapi.
//!
//! hidapi does not report the errno of a failed open, so on Linux the node is then opened once by hand, to tell
//! "no permission" from "gone" from "busy".

use std::borrow::Cow;
use std::ffi::CString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rtboot_wire::{mboot, sdp};

use super::{HidDevice, HidKind, OpenProblem, identify};
use crate::port::{ALL_HID, BulkPort, Error, HidPort, bulk};

/// Longest report read: 1021 bytes of the flashloader, rounded up.
const READ_BUFFER: usize = 2048;
/// A write that fails after this time failed because the device took nothing: Linux waits 5 s.
const WRITE_PATIENCE: Duration = Duration::from_secs(4);
/// How often a report is sent again that a signal kept from being sent.
const SIGNALS: usize = 1_000;
/// Longest report that hidraw takes.
const WRITE_LIMIT: usize = 16384;

pub(super) fn list() -> Result<Vec<HidDevice>, Error> {
    let mut found = present()?;
    for device in &mut found {
        device.usable = try_node(&device.path).map_err(|e| problem(&e));
    }
    Ok(found)
}

pub(super) fn present() -> Result<Vec<HidDevice>, Error> {
    let mut found = Vec::new();
    for info in api()?.device_list() {
        let product = info.product_string().unwrap_or_default();
        let Some((kind, name)) = identify(info.vendor_id(), info.product_id(), product) else {
            continue;
        };
        let path = info.path().to_string_lossy().into_owned();
        // hidapi lists a node once for every usage it has
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

pub(super) fn open(device: &HidDevice) -> Result<Box<dyn HidPort>, Error> {
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
            // the node opens by hand: udev has set its mode in the meantime
            api.open_path(&path).map_err(|e| failed(e.to_string()))?
        }
    };
    Ok(Box::new(OpenHid {
        handle,
        name: format!("{} ({:04x}:{:04x})", device.path, device.vid, device.pid),
        path: device.path.clone(),
        port_path: device.port_path.clone(),
        full_length: full_length(device.kind),
    }))
}

fn api() -> Result<hidapi::HidApi, Error> {
    hidapi::HidApi::new().map_err(|e| Error::Io {
        port: ALL_HID.into(),
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

/// The USB port of `/dev/hidrawN`, from sysfs.
fn port_path_of(path: &str) -> Option<String> {
    let node = Path::new(path).file_name()?.to_str()?;
    if !cfg!(target_os = "linux") || !node.starts_with("hidraw") {
        return None;
    }
    let link: PathBuf = ["/sys/class/hidraw", node, "device"].iter().collect();
    usb_port_in(&link.canonicalize().ok()?)
}

/// The innermost component that names a USB device, `B-P` or `B-P.P…`, of a canonical sysfs path.
fn usb_port_in(path: &Path) -> Option<String> {
    let is_number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    path.iter()
        .rev()
        .filter_map(|c| c.to_str())
        .find_map(|component| {
            let (bus, ports) = component.split_once('-')?;
            (is_number(bus) && ports.split('.').all(is_number)).then(|| component.to_owned())
        })
}

/// An operating system, for how it takes reports.
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

/// Bytes of the longest OUT report of a device, id included: the length that Windows requires of every report.
fn full_length(kind: HidKind) -> usize {
    match kind {
        HidKind::Rom => sdp::report::DATA_LEN,
        HidKind::Flashloader => mboot::report::FULL,
        HidKind::DebugProbe | HidKind::ForeignRom => 65,
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

/// Whether a signal ended a call of the system before it did anything.
fn is_signal(error: &hidapi::HidError) -> bool {
    matches!(error, hidapi::HidError::IoError { error } if error.kind() == ErrorKind::Interrupted)
}

/// An open HID device.
struct OpenHid {
    handle: hidapi::HidDevice,
    name: String,
    path: String,
    port_path: Option<String>,
    full_length: usize,
}

impl OpenHid {
    /// hidapi's errors carry no code on most systems, so a device that is no longer listed counts as gone.
    fn error(&self, action: &'static str, error: &hidapi::HidError) -> Error {
        if let hidapi::HidError::IoError { error } = error {
            return Error::from_io(&self.name, action, error);
        }
        let message = error.to_string();
        // on macOS and Windows hidapi has no error code for this, only words
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
        let begun = self.now();
        for _ in 0..SIGNALS {
            let error = match self.handle.write(&bytes) {
                // the count differs by system (given or padded length), so only a failure is of use
                Ok(_) => return Ok(()),
                // nothing was sent
                Err(error) if is_signal(&error) => continue,
                Err(error) => error,
            };
            let waited = self.now().saturating_sub(begun);
            return Err(match self.error("write to", &error) {
                // the kernel gave up; hidapi does not say why
                Error::Io { port, .. } if waited >= WRITE_PATIENCE => Error::Stalled { port },
                error => error,
            });
        }
        Err(Error::Stalled {
            port: self.name.clone(),
        })
    }

    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        let mut report = vec![0; READ_BUFFER];
        let end = self.now().saturating_add(timeout);
        let mut left = timeout;
        loop {
            let millis = left.as_nanos().div_ceil(1_000_000).min(i32::MAX as u128) as i32;
            match self.handle.read_timeout(&mut report, millis) {
                Ok(0) => return Ok(None), // 0 is a time-out; gone is an error
                Ok(count) => {
                    report.truncate(count);
                    return Ok(Some(report));
                }
                // a signal (Ctrl-C) ends the wait early: the rest of it is still to come, for an answer may
                Err(error) if is_signal(&error) => {
                    left = end.saturating_sub(self.now());
                }
                Err(error) => return Err(self.error("read from", &error)),
            }
        }
    }

    fn open_bulk(&mut self) -> Result<Box<dyn BulkPort>, Error> {
        bulk::open(self.port_path.as_deref())
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
