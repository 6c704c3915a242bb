//! The host: is a board there, and may this user open it?

use rtboot_finding::catalogue::host as entries;
use rtboot_finding::{Action, Entry, Finding, Sure};

use crate::advice::boot_mode;
use crate::board::{FoundBoard, Selector};
use crate::chip::{Chip, rom_by_usb};
use crate::doctor::facts::{Facts, HostFacts};
use crate::port;
use crate::port::hid::{HidKind, OpenProblem};
use crate::{Error, Holder};

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let (host, chip) = (&facts.host, facts.identity.chip);
    let mut findings = Vec::new();
    match &host.find_error {
        Some(error) if host.is_uart => findings.push(uart(host, chip, error)),
        Some(error) => findings.push(usb(host, chip, error)),
        None => {}
    }
    for failed in [&facts.rom_error, &facts.loader_error]
        .into_iter()
        .flatten()
    {
        if let Some(error) = refused_port(failed) {
            findings.push(opened(host, error, facts.rom.is_some()));
        }
    }
    findings.extend(other_family(host, chip.name));
    findings.extend(full_speed(host));
    findings.extend(shared(host));
    findings
}

/// The port error behind an error, when it is one of opening it.
fn refused_port(error: &Error) -> Option<&port::Error> {
    let source = match error {
        Error::Port(source) => source,
        Error::Sdp {
            source: crate::sdp::Error::Port { source, .. },
            ..
        } => source,
        Error::Mboot {
            source: crate::mboot::Error::Port { source, .. },
            ..
        } => source,
        _ => return None,
    };
    matches!(
        source,
        port::Error::Permission { .. } | port::Error::Busy { .. } | port::Error::NotFound { .. }
    )
    .then_some(source)
}

/// The doctor for a board at this place.
fn doctor_on(board: Selector) -> Action {
    Action::Doctor {
        board: Some(board.to_string()),
        chip: None,
    }
}

fn usb(host: &HostFacts, chip: &Chip, error: &Error) -> Finding {
    match error {
        Error::SeveralBoards { boards } => {
            let lines: Vec<String> = boards.iter().map(FoundBoard::to_string).collect();
            let first = boards.first().map(|board| board.selector.clone());
            Finding::new(&entries::HOST_SEVERAL_BOARDS)
                .number("count", boards.len() as u64)
                .why(lines.join("; "))
                .run(doctor_on(first.unwrap_or_default()))
        }
        Error::Port(source @ (port::Error::Permission { .. } | port::Error::Busy { .. })) => {
            opened(host, source, false)
        }
        Error::BoardBusy { place, by } => held(&entries::HOST_BUSY, place, by),
        Error::NoBoard { .. } => nobody(host, chip),
        Error::Virtual(text) => Finding::new(&entries::HOST_VIRTUAL)
            .why(text.clone())
            .run(Action::NewVirtual { folder: None }),
        Error::NoVirtual { folder, .. } => Finding::new(&entries::HOST_VIRTUAL)
            .why(error.to_string())
            .run(Action::NewVirtual {
                folder: Some(folder.display().to_string()),
            }),
        other => Finding::new(&entries::HOST_USB)
            .why(other.to_string())
            .run(Action::ListBoards),
    }
}

/// Nothing that speaks: what is there instead?
fn nobody(host: &HostFacts, chip: &Chip) -> Finding {
    if let Selector::Virtual(folder) = &host.selector {
        let folder = folder.as_ref().map(|folder| folder.display().to_string());
        return Finding::new(&entries::HOST_VIRTUAL_AWAY)
            .why("nothing is on its USB port")
            .run(Action::VirtualToDownload {
                folder: folder.clone(),
            })
            .run(Action::ShowVirtual { folder });
    }
    if let Some(text) = &host.list_error {
        return Finding::new(&entries::HOST_USB)
            .why(text.clone())
            .act("look whether udev and sysfs are there (a container needs /sys and /dev), and on macOS whether the terminal may monitor input");
    }
    let boards = || {
        host.devices
            .iter()
            .filter(|d| matches!(d.kind, HidKind::Rom | HidKind::Flashloader))
    };
    let port = host.selector.usb_port();
    if let (Some(port), Some(other)) = (port, boards().next()) {
        let place = other.port_path.as_deref().unwrap_or(&other.path);
        return Finding::new(&entries::HOST_OTHER_SOCKET)
            .text("port", port)
            .text("place", place)
            .why(format!("{place} shows {:04x}:{:04x}", other.vid, other.pid))
            .run(doctor_on(Selector::Usb(other.port_path.clone())));
    }
    if let Some(device) = boards().find(|d| d.usable == Err(OpenProblem::Vanished)) {
        return Finding::new(&entries::HOST_VANISHING)
            .why(format!("{} left between two looks", device.path))
            .measure("watch the board's 3.3 V and 5 V while it is plugged in");
    }
    match host.devices.iter().find(|d| d.kind == HidKind::DebugProbe) {
        Some(probe) => Finding::new(&entries::HOST_PROBE_ONLY)
            .text("id", format!("{:04x}:{:04x}", probe.vid, probe.pid))
            .why(format!("{} is the probe, not the {}", probe.name, chip.name))
            .act("plug a cable into the target's own USB port (EVK: J9 USB OTG), too")
            .act(boot_mode(chip)),
        None => Finding::new(&entries::HOST_NO_BOARD)
            .why(format!("no device with the ids of a boot ROM ({}) or flashloader ({}) is there", usb_id(chip.rom_usb),
                usb_id(chip.flashloader_usb)))
            .sure(Sure::Possible)
            .act(boot_mode(chip))
            .measure("look at the kernel log while plugging in: nothing at all is pins, power or cable; descriptor errors are cable, crystal or USB supply"),
    }
}

/// "1fc9:0130"
fn usb_id((vid, pid): (u16, u16)) -> String {
    format!("{vid:04x}:{pid:04x}")
}

fn uart(host: &HostFacts, chip: &Chip, error: &Error) -> Finding {
    // behind a transport of the caller's own no port has a name
    let place = host.selector.to_string();
    let path = host.selector.uart_path().unwrap_or(&place);
    let of = |entry| Finding::new(entry).text("port", path);
    match error {
        Error::Port(port::Error::NotFound { .. }) => {
            let there = match host.serial_ports.is_empty() {
                true => "this machine has no serial port".to_owned(),
                false => format!("there are {}", host.serial_ports.join(", ")),
            };
            of(&entries::UART_NO_PORT)
                .why(there)
                .run(Action::ListBoards)
        }
        Error::Port(port::Error::Permission { .. }) => of(&entries::UART_PERMISSION)
            .why("the system refused it")
            .run(Action::JoinSerialGroup)
            .act("log out and in again"),
        Error::Port(port::Error::Busy { .. }) => Finding::new(&entries::UART_BUSY)
            .text("place", path)
            .text("who", "another program")
            .why("the system says so")
            .act("close the terminal program, ModemManager or IDE console that has it open"),
        Error::Port(port::Error::Gone { .. } | port::Error::Stalled { .. }) => {
            of(&entries::UART_GONE)
                .why(error.to_string())
                .act("look at the adapter's USB cable")
        }
        Error::BoardBusy { place, by } => held(&entries::UART_BUSY, place, by),
        Error::NoBoard { .. } => of(&entries::UART_SILENT)
            .why("neither the boot ROM (SDP) nor a flashloader (ping) answered a question")
            .sure(Sure::Possible)
            .act(boot_mode(chip))
            .measure("look at RX and TX with a scope: pulses on RX and none on TX mean that nobody is listening"),
        other => of(&entries::UART_BROKEN)
            .why(other.to_string())
            .run(Action::ListBoards),
    }
}

/// Another run, or another program, works with this board.
fn held(entry: &'static Entry, place: &str, by: &[Holder]) -> Finding {
    let who = match by {
        [] => "another program".to_owned(),
        by => by
            .iter()
            .map(Holder::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    };
    Finding::new(entry)
        .text("place", place)
        .text("who", &who)
        .why("two programs that talk to one board take each other's answers")
        .act(format!("let {who} finish, or close it"))
}

/// Somebody else has the device open as well, which the system allows.
fn shared(host: &HostFacts) -> Option<Finding> {
    (!host.warnings.is_empty()).then(|| {
        Finding::new(&entries::HOST_SHARED)
            .why(host.warnings.join("; "))
            .sure(Sure::Possible)
            .act("close it when answers get lost or make no sense")
    })
}

/// A device that is there and cannot be opened.
fn opened(host: &HostFacts, error: &port::Error, past_rom: bool) -> Finding {
    let selector = host.selector.to_string();
    let name = match error {
        port::Error::Permission { port }
        | port::Error::Busy { port }
        | port::Error::NotFound { port } => port,
        _ => &selector,
    };
    match error {
        port::Error::Permission { .. } if past_rom => {
            Finding::new(&entries::HOST_PERMISSION_FLASHLOADER)
                .why(format!("{name} was refused; the boot ROM's device was opened before"))
                .act("let the udev rule name the flashloader, 15a2:0073, as well")
                .run(Action::InstallUdevRules)
        }
        port::Error::Permission { .. } => Finding::new(&entries::HOST_PERMISSION)
            .text("port", name)
            .why("the system refused it (EACCES)")
            .run(Action::InstallUdevRules)
            .act("unplug the board and plug it in again"),
        port::Error::Busy { .. } => Finding::new(&entries::HOST_BUSY)
            .text("place", name)
            .text("who", "another program")
            .why("the system says so (EBUSY)")
            .act("close the other tool that talks to this board (SPSDK, MCUBootUtility, a virtual machine that took the device)"),
        _ => Finding::new(&entries::HOST_VANISHING)
            .why(format!("{name} was listed and is not there"))
            .measure("watch the board's supply while it is plugged in"),
    }
}

/// The ROM of a chip that this tool does not write.
fn other_family(host: &HostFacts, wanted: &str) -> Option<Finding> {
    let port = host.selector.usb_port();
    let mine = host
        .devices
        .iter()
        .filter(|d| port.is_none_or(|port| d.port_path.as_deref() == Some(port)));
    let found = mine
        .filter_map(|d| rom_by_usb(d.vid, d.pid))
        .find(|owners| !owners.has_row())?;
    let (vid, pid) = found.usb();
    Some(
        Finding::new(&entries::HOST_OTHER_FAMILY)
            .text("found", found)
            .text("wanted", wanted)
            .why(format!("its boot ROM says {vid:04x}:{pid:04x} on USB"))
            .act("take the tool and flashloader of that chip; nothing was sent to this board"),
    )
}

/// The flashloader's endpoints need high speed.
fn full_speed(host: &HostFacts) -> Option<Finding> {
    let mbit = host.usb_mbit.filter(|&mbit| mbit <= 12)?;
    Some(
        Finding::new(&entries::USB_FULL_SPEED)
            .number("speed", mbit)
            .why(
                "its endpoints take 1019-byte packets, which full speed (12 Mbit/s) does not allow",
            )
            .sure(Sure::Likely)
            .act("use another port, without a full-speed hub or isolator in between"),
    )
}
