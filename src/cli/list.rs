//! Verb `list`: boards and ports.

use rtboot::board::{Seen, Unusable, list_usb};
use rtboot::chip::Chip;
use rtboot::finding::catalogue::run;
use rtboot::outcome::{List, Outcome, SerialPort, UsbDevice};
use rtboot::port::serial::{self, SerialDevice};
use rtboot::{Error, Result};

use super::{Context, folders};

/// List boards and ports
///
/// USB devices that are boards or debug probes, serial ports, the virtual board if there is one; each with the selector that
/// names it, or why it cannot be used.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_args: Args, context: &mut Context) -> Result<()> {
    let usb = built(list_usb())?;
    let ports = built(serial::list().map_err(Error::Port))?;
    let home = folders::virtual_board().ok().filter(|path| path.is_dir());
    // a chip name that is wrong in the settings is no reason not to list boards
    let chip = context.desk_chip().unwrap_or(Chip::DEFAULT);
    let report = &mut context.report;
    for device in &usb {
        report.line(usb_line(device));
    }
    for port in &ports {
        report.line(serial_line(port));
    }
    if let Some(home) = &home {
        report.line(format!(
            "{:<24} virtual board in {}",
            "virtual",
            home.display()
        ));
    }
    if !usb.iter().any(|device| device.is_board) {
        report.tell_in_words(&run::NO_BOARD, no_board(chip));
    }
    report.found(Outcome::List(List {
        usb: usb.iter().map(UsbDevice::from).collect(),
        serial: ports.into_iter().map(serial_port).collect(),
        r#virtual: home.map(|path| path.display().to_string()),
    }));
    Ok(())
}

/// A transport that was left out of this build has nothing to list.
fn built<T: Default>(listed: Result<T>) -> Result<T> {
    match listed {
        Err(Error::Port(rtboot::port::Error::NotBuilt { .. })) => Ok(T::default()),
        other => other,
    }
}

/// What to do when nothing is there, with the switches of the chip's evaluation kit.
fn no_board(chip: &Chip) -> String {
    let switches = chip
        .kit
        .and_then(|kit| Some(format!(" ({}: {})", kit.name, kit.serial_download?)));
    format!(
        "\
no board found on USB: set BOOT_MODE = 01{}, switch power off and on, use a data cable;
a board on a UART does not show by itself: --board uart:PORT; without a board: --board virtual",
        switches.unwrap_or_default()
    )
}

fn usb_line(device: &Seen) -> String {
    let selector = device.selector.as_ref().map(ToString::to_string);
    let place = selector.as_deref().unwrap_or(&device.path);
    let mut line = format!("{place:<24} {}  {}", device.what, device.ids);
    if !device.product.is_empty() {
        line += &format!("  \"{}\"", device.product);
    }
    match &device.problem {
        Some(Unusable::NoPermission) => line += "  (no permission: see `rtboot udev`)",
        Some(problem) => line += &format!("  ({problem})"),
        None => {}
    }
    line
}

fn serial_line(port: &SerialDevice) -> String {
    let line = format!("{:<24} serial port  {}", selector(port), adapter(port));
    line.trim_end().to_owned()
}

fn serial_port(port: SerialDevice) -> SerialPort {
    SerialPort {
        selector: selector(&port),
        product: port.product,
    }
}

fn selector(port: &SerialDevice) -> String {
    format!("uart:{}", port.path)
}

fn adapter(port: &SerialDevice) -> String {
    match port.usb {
        Some((vid, pid)) => format!("{vid:04x}:{pid:04x} {}", port.product),
        None => port.product.clone(),
    }
}
