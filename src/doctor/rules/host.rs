//! The host: is a board there, and may this user open it?

use crate::catalogue::{BOOT_MODE, DIALOUT, UDEV};
use crate::doctor::facts::{Facts, HostFacts};
use crate::doctor::finding::{Finding, Sure};
use crate::port;
use crate::port::hid::{HidKind, OpenProblem};
use crate::{Error, Holder};

/// USB ids of boot ROMs that this tool does not write.
const OTHER_ROMS: &[(u16, u16, &str)] = &[
    (0x1FC9, 0x0135, "RT1040/RT1060/RT1064"),
    (0x1FC9, 0x0145, "RT1010"),
    (0x1FC9, 0x013D, "RT1170"),
];

pub fn rules(facts: &Facts) -> Vec<Finding> {
    let host = &facts.host;
    let mut findings = Vec::new();
    match &host.find_error {
        Some(error) if host.is_uart => findings.push(uart(host, error)),
        Some(error) => findings.push(usb(host, error)),
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
    findings.extend(other_family(host));
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

fn usb(host: &HostFacts, error: &Error) -> Finding {
    match error {
        Error::SeveralBoards { boards } => Finding::error(
            "host-several-boards",
            format!("{} boards are plugged in, and none is named", boards.len()),
        )
        .why(boards.join("; "))
        .run(format!(
            "rtboot --board {} doctor",
            boards
                .first()
                .and_then(|line| line.split(": ").next())
                .unwrap_or("usb:1-4.1")
        )),
        Error::Port(source @ (port::Error::Permission { .. } | port::Error::Busy { .. })) => {
            opened(host, source, false)
        }
        Error::BoardBusy { place, by } => held("host-busy", place, by),
        Error::NoBoard { .. } => nobody(host),
        Error::Virtual(text) => {
            Finding::error("host-virtual", "the virtual board's folder is not usable")
                .why(text.clone())
                .run("rtboot virtual new DIR")
        }
        other => Finding::error("host-usb", "the system does not let USB be used")
            .why(other.to_string())
            .run("rtboot list"),
    }
}

/// Nothing that speaks: what is there instead?
fn nobody(host: &HostFacts) -> Finding {
    if host.selector.starts_with("virtual") {
        return Finding::error(
            "host-virtual-away",
            "the virtual board is not in serial download",
        )
        .why("nothing is on its USB plug")
        .run("rtboot virtual show");
    }
    if let Some(text) = &host.list_error {
        return Finding::error("host-usb", "the system does not list USB devices")
            .why(text.clone())
            .act("look whether udev and sysfs are there (a container needs /sys and /dev), and on macOS whether the terminal may monitor input");
    }
    let boards = || {
        host.devices
            .iter()
            .filter(|d| d.kind != HidKind::DebugProbe)
    };
    let socket = host.selector.strip_prefix("usb:");
    if let (Some(socket), Some(other)) = (socket, boards().next()) {
        let place = other.port_path.as_deref().unwrap_or(&other.path);
        return Finding::error(
            "host-other-socket",
            format!("no board is in USB socket {socket}, but one is in {place}"),
        )
        .why(format!("{place} shows {:04x}:{:04x}", other.vid, other.pid))
        .run(format!("rtboot --board usb:{place} doctor"));
    }
    if let Some(device) = boards().find(|d| d.usable == Err(OpenProblem::Vanished)) {
        return Finding::error("host-vanishing", "the board comes and goes on USB")
            .why(format!("{} left between two looks", device.path))
            .cause("the application starts and stops, or a watchdog resets the chip")
            .cause("supply or cable with bad contact")
            .measure("watch the board's 3.3 V and 5 V while it is plugged in");
    }
    match host.devices.iter().find(|d| d.kind == HidKind::DebugProbe) {
        Some(probe) => Finding::error(
            "host-probe-only",
            format!("only a debug probe's USB port is plugged in ({:04x}:{:04x})", probe.vid, probe.pid),
        )
        .why(format!("{} is the probe, not the RT1021", probe.name))
        .act("plug a cable into the target's own USB socket (EVK: J9 USB OTG), too")
        .act(BOOT_MODE),
        None => Finding::error("host-no-board", "no board is on USB")
            .why("no device with the ids of a boot ROM (1fc9:0130) or flashloader (15a2:0073) is there")
            .sure(Sure::Possible)
            .act(BOOT_MODE)
            .measure("look at the kernel log while plugging in: nothing at all is pins, power or cable; descriptor errors are cable, crystal or USB supply"),
    }
}

fn uart(host: &HostFacts, error: &Error) -> Finding {
    let path = host.selector.trim_start_matches("uart:");
    match error {
        Error::Port(port::Error::NotFound { .. }) => {
            let there = match host.serial_ports.is_empty() {
                true => "this machine has no serial port".to_owned(),
                false => format!("there are {}", host.serial_ports.join(", ")),
            };
            Finding::error("uart-no-port", format!("there is no serial port {path}"))
                .why(there)
                .run("rtboot list")
        }
        Error::Port(port::Error::Permission { .. }) => {
            Finding::error("uart-permission", format!("this user may not open {path}"))
                .why("the system refused it")
                .run(DIALOUT)
                .act("log out and in again")
        }
        Error::Port(port::Error::Busy { .. }) => {
            Finding::error("uart-busy", format!("another program holds {path}"))
                .why("the system says so")
                .act("close the terminal program, ModemManager or IDE console that has it open")
        }
        Error::Port(port::Error::Gone { .. } | port::Error::Stalled { .. }) => {
            Finding::error("uart-gone", format!("the adapter behind {path} went away"))
                .why(error.to_string())
                .act("look at the adapter's USB cable")
        }
        Error::BoardBusy { place, by } => held("uart-busy", place, by),
        Error::NoBoard { .. } => silent_uart(path),
        other => Finding::error("uart-broken", format!("{path} is not usable"))
            .why(other.to_string())
            .run("rtboot list"),
    }
}

fn silent_uart(path: &str) -> Finding {
    Finding::error("uart-silent", format!("nobody answers on {path}"))
        .why("neither the boot ROM (SDP) nor a flashloader (ping) answered a question")
        .sure(Sure::Possible)
        .act(BOOT_MODE)
        .measure("look at RX and TX with a scope: pulses on RX and none on TX mean that nobody is listening")
}

/// Another run, or another program, works with this board.
fn held(code: &'static str, place: &str, by: &[Holder]) -> Finding {
    let who = match by {
        [] => "another program".to_owned(),
        by => by
            .iter()
            .map(Holder::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    };
    Finding::error(code, format!("{place} is in use by {who}"))
        .why("two programs that talk to one board take each other's answers")
        .act(format!("let {who} finish, or close it"))
}

/// Somebody else has the device open as well, which the system allows.
fn shared(host: &HostFacts) -> Option<Finding> {
    (!host.warnings.is_empty()).then(|| {
        Finding::warning(
            "host-shared",
            "another program may talk to this board at the same time",
        )
        .why(host.warnings.join("; "))
        .sure(Sure::Possible)
        .act("close it when answers get lost or make no sense")
    })
}

/// A device that is there and cannot be opened.
fn opened(host: &HostFacts, error: &port::Error, past_rom: bool) -> Finding {
    let name = match error {
        port::Error::Permission { port }
        | port::Error::Busy { port }
        | port::Error::NotFound { port } => port,
        _ => &host.selector,
    };
    match error {
        port::Error::Permission { .. } if past_rom => Finding::error(
            "host-permission-flashloader",
            "this user may open the boot ROM's device but not the flashloader's",
        )
        .why(format!("{name} refused, 1fc9:0130 was opened before"))
        .act("the udev rule names 1fc9 only; the flashloader is 15a2:0073")
        .run(UDEV),
        port::Error::Permission { .. } => {
            Finding::error("host-permission", format!("this user may not open {name}"))
                .why("the system refused it (EACCES)")
                .run(UDEV)
                .act("unplug the board and plug it in again")
        }
        port::Error::Busy { .. } => {
            Finding::error("host-busy", format!("another program holds {name}"))
                .why("the system says so (EBUSY)")
                .act("close the other tool that talks to this board (SPSDK, MCUBootUtility, a virtual machine that took the device)")
        }
        _ => Finding::error("host-vanishing", "the board comes and goes on USB")
            .why(format!("{name} was listed and is not there"))
            .cause("the application starts and stops, or a watchdog resets the chip")
            .cause("a virtual machine takes the device")
            .measure("watch the board's supply while it is plugged in"),
    }
}

/// The ROM of a chip that this tool does not write.
fn other_family(host: &HostFacts) -> Option<Finding> {
    let socket = host.selector.strip_prefix("usb:");
    let mine = host
        .devices
        .iter()
        .filter(|d| socket.is_none_or(|socket| d.port_path.as_deref() == Some(socket)));
    let found = mine
        .flat_map(|d| {
            OTHER_ROMS
                .iter()
                .find(|(v, p, _)| (*v, *p) == (d.vid, d.pid))
        })
        .next()?;
    let (vid, pid, name) = found;
    Some(
        Finding::error(
            "host-other-family",
            format!("the board carries an {name}, not an RT1021"),
        )
        .why(format!("its boot ROM says {vid:04x}:{pid:04x} on USB"))
        .act("take the tool and flashloader of that chip; nothing was sent to this board"),
    )
}

/// The flashloader's endpoints need high speed.
fn full_speed(host: &HostFacts) -> Option<Finding> {
    let mbit = host.usb_mbit.filter(|&mbit| mbit <= 12)?;
    Some(
        Finding::error(
            "usb-full-speed",
            format!(
                "the board is connected at {mbit} Mbit/s; the flashloader needs a high-speed port"
            ),
        )
        .why("its endpoints take 1019-byte packets, which full speed (12 Mbit/s) does not allow")
        .sure(Sure::Likely)
        .act("use another port, without a full-speed hub or isolator in between"),
    )
}
