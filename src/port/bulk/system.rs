//! Bulk endpoints through nusb.

use std::time::Duration;

use nusb::transfer::{Buffer, Bulk, In, Out, TransferError};
use nusb::{DeviceInfo, Endpoint, ErrorKind, MaybeFuture};
use rtboot_chip::CHIPS;
use rtboot_wire::loader::bulk;

use super::BulkPort;
use crate::port::Error;

/// How long a command may wait to be taken.
const WRITE_WAIT: Duration = Duration::from_secs(5);
/// How long a transfer that was called back may take to come back.
const CALLED_BACK: Duration = Duration::from_millis(100);
/// Bytes of a transfer from the device: 16 frames.
const TRANSFER: usize = 16 * 1024;
/// Transfers that wait for the device.
const TRANSFERS: usize = 4;
/// What a loader without a USB port is called.
const ANY: &str = "the loader's bulk interface";

pub(super) fn open(port_path: Option<&str>) -> Result<Box<dyn BulkPort>, Error> {
    let name = port_path.map_or_else(|| ANY.to_owned(), |path| format!("{ANY} on {path}"));
    let failed = |action, error: &nusb::Error| from_nusb(&name, action, error);
    let found = nusb::list_devices()
        .wait()
        .map_err(|error| failed("list", &error))?;
    let mut found = found.filter(|device| is_loader(device) && is_in(device, port_path));
    let device = match (found.next(), found.next()) {
        (Some(device), None) => device,
        // without USB ports nothing tells which of several is meant
        _ => return Err(Error::NotFound { port: name }),
    };
    let device = device
        .open()
        .wait()
        .map_err(|error| failed("open", &error))?;
    let interface = device
        .claim_interface(bulk::INTERFACE)
        .wait()
        .map_err(|error| failed("open", &error))?;
    let mut output = interface
        .endpoint::<Bulk, Out>(bulk::OUT)
        .map_err(|error| failed("open", &error))?;
    let mut input = interface
        .endpoint::<Bulk, In>(bulk::IN)
        .map_err(|error| failed("open", &error))?;
    // a predecessor that died may have left the data toggles out of step
    for cleared in [output.clear_halt().wait(), input.clear_halt().wait()] {
        cleared.map_err(|error| failed("open", &error))?;
    }
    Ok(Box::new(OpenBulk {
        output,
        input,
        name,
    }))
}

fn is_loader(device: &DeviceInfo) -> bool {
    let ids = (device.vendor_id(), device.product_id());
    CHIPS.iter().any(|chip| chip.flashloader_usb == ids)
        && device
            .interfaces()
            .any(|interface| interface.interface_number() == bulk::INTERFACE)
}

#[cfg(target_os = "linux")]
fn is_in(device: &DeviceInfo, port_path: Option<&str>) -> bool {
    let here = device.sysfs_path().file_name();
    port_path.is_none_or(|path| here.is_some_and(|here| here == path))
}

/// USB ports have no names here.
#[cfg(not(target_os = "linux"))]
fn is_in(_: &DeviceInfo, _: Option<&str>) -> bool {
    true
}

fn from_nusb(name: &str, action: &'static str, error: &nusb::Error) -> Error {
    let port = name.to_owned();
    match error.kind() {
        ErrorKind::PermissionDenied => Error::Permission { port },
        ErrorKind::Busy => Error::Busy { port },
        ErrorKind::Disconnected => Error::Gone { port },
        ErrorKind::NotFound => Error::NotFound { port },
        _ => Error::Io {
            port,
            action,
            message: error.to_string(),
        },
    }
}

struct OpenBulk {
    output: Endpoint<Bulk, Out>,
    input: Endpoint<Bulk, In>,
    name: String,
}

impl OpenBulk {
    fn error(&self, action: &'static str, error: TransferError) -> Error {
        let port = self.name.clone();
        match error {
            TransferError::Disconnected => Error::Gone { port },
            TransferError::Cancelled => Error::Stalled { port },
            error => Error::Io {
                port,
                action,
                message: error.to_string(),
            },
        }
    }

    /// Keeps transfers waiting, so that the device never waits for the host.
    fn listen(&mut self) {
        while self.input.pending() < TRANSFERS {
            self.input.submit(Buffer::new(TRANSFER));
        }
    }
}

impl BulkPort for OpenBulk {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.listen();
        // one that could not be called back is still the system's
        if self.output.pending() == 0 {
            self.output.submit(bytes.to_vec().into());
            if let Some(sent) = self.output.wait_next_complete(WRITE_WAIT) {
                return sent.status.map_err(|error| self.error("write to", error));
            }
            self.output.cancel_all();
            let _ = self.output.wait_next_complete(CALLED_BACK);
        }
        Err(Error::Stalled {
            port: self.name.clone(),
        })
    }

    fn read(&mut self, timeout: Duration) -> Result<Option<Vec<u8>>, Error> {
        self.listen();
        // an empty transfer says nothing; a device that sends them without end is bounded by the caller's packets
        let Some(done) = self.input.wait_next_complete(timeout) else {
            return Ok(None);
        };
        done.status
            .map_err(|error| self.error("read from", error))?;
        Ok(Some(done.buffer.into_vec()))
    }

    fn packet_size(&self) -> usize {
        self.output.max_packet_size()
    }

    fn describe(&self) -> String {
        self.name.clone()
    }
}
