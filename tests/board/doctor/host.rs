//! No board, or none that can be opened: findings from device lists written by hand.

use rtboot::Error;
use rtboot::doctor::{self, Diagnosis, HostFacts, Request};
use rtboot::finding::{Action, Next};
use rtboot::port;
use rtboot::port::hid::{HidDevice, HidKind, OpenProblem, identify};
use rtboot::{FoundBoard, Program, Selector};

use super::rig::check;

fn device(vid: u16, pid: u16, socket: &str) -> HidDevice {
    let (kind, name) = identify(vid, pid, "").expect("an id of interest");
    HidDevice {
        vid,
        pid,
        kind,
        name,
        product: "SE Blank RT Family ".into(),
        manufacturer: String::new(),
        release: 0x101,
        path: format!("/dev/hidraw-{socket}"),
        port_path: Some(socket.into()),
        usable: Ok(()),
    }
}

fn host(selector: &str, devices: Vec<HidDevice>) -> HostFacts {
    HostFacts {
        selector: selector.parse().expect(selector),
        is_uart: selector.starts_with("uart:"),
        devices,
        serial_ports: vec!["/dev/ttyACM0".into()],
        ..HostFacts::default()
    }
}

pub fn nobody(host: HostFacts, error: Error) -> Diagnosis {
    let request = Request {
        chip: None,
        loader: &rtboot::LoaderSource::Auto,
        expected: None,
        app: None,
        journals: None,
    };
    let facts = doctor::nobody(host, error, request);
    let diagnosis = doctor::examine(&facts);
    check(&diagnosis);
    diagnosis
}

fn none(selector: &str) -> Error {
    Error::NoBoard {
        selector: selector.parse().expect(selector),
        seen_instead: Vec::new(),
    }
}

fn first(selector: &str, devices: Vec<HidDevice>, error: Error) -> &'static str {
    let diagnosis = nobody(host(selector, devices), error);
    diagnosis.first().expect("a finding").code()
}

#[test]
fn empty_bus_lists_its_causes() {
    let diagnosis = nobody(host("usb", Vec::new()), none("usb"));
    assert_eq!(diagnosis.findings[0].code(), "host-no-board");
    assert!(diagnosis.findings[0].causes.len() >= 5);
    assert!(
        diagnosis
            .next()
            .expect("a step")
            .to_string()
            .contains("BOOT_MODE = 01")
    );
}

#[test]
fn debug_probe_alone_is_no_empty_bus() {
    for (vid, pid) in [(0x0D28, 0x0204), (0x1366, 0x0105), (0x1FC9, 0x0143)] {
        assert_eq!(
            first("usb", vec![device(vid, pid, "1-2")], none("usb")),
            "host-probe-only"
        );
    }
}

#[test]
fn permission_and_busy_differ() {
    let port = || "/dev/hidraw3".to_owned();
    let rom = || vec![device(0x1FC9, 0x0130, "1-1")];
    let refused = Error::Port(port::Error::Permission { port: port() });
    let diagnosis = nobody(host("usb", rom()), refused);
    assert_eq!(diagnosis.findings[0].code(), "host-permission");
    assert_eq!(diagnosis.next(), Some(&Action::InstallUdevRules.into()));
    let held = Error::Port(port::Error::Busy { port: port() });
    assert_eq!(first("usb", rom(), held), "host-busy");
    let by = vec![rtboot::Holder::new(7, "blhost")];
    let held = Error::BoardBusy {
        place: "usb:1-1".into(),
        by,
    };
    let diagnosis = nobody(host("usb", rom()), held);
    assert_eq!(diagnosis.findings[0].code(), "host-busy");
    assert!(diagnosis.findings[0].to_string().contains("blhost"));
    let mut with = host("usb", rom());
    with.warnings = vec!["/dev/hidraw3 is open in solaar, too".into()];
    let codes = super::rig::codes(&nobody(with, none("usb")));
    assert!(codes.contains(&"host-shared"), "{codes:?}");
}

#[test]
fn several_boards_name_the_selector_to_use() {
    let two = vec![
        device(0x1FC9, 0x0130, "1-1"),
        device(0x15A2, 0x0073, "1-4.1"),
    ];
    let on_first = || {
        Next::from(Action::Doctor {
            board: Some("usb:1-1".into()),
            chip: None,
        })
    };
    let at = |port: &str| Selector::Usb(Some(port.into()));
    let boards = vec![
        FoundBoard::new(at("1-1"), Program::Rom),
        FoundBoard::new(at("1-4.1"), Program::Flashloader),
    ];
    let diagnosis = nobody(host("usb", two), Error::SeveralBoards { boards });
    assert_eq!(diagnosis.findings[0].code(), "host-several-boards");
    assert_eq!(diagnosis.next(), Some(&on_first()));
    let one = vec![device(0x1FC9, 0x0130, "1-1")];
    let diagnosis = nobody(host("usb:1-9", one), none("usb:1-9"));
    assert_eq!(diagnosis.findings[0].code(), "host-other-socket");
    assert_eq!(diagnosis.next(), Some(&on_first()));
}

#[test]
fn device_that_vanishes_is_found() {
    let mut rom = device(0x1FC9, 0x0130, "1-1");
    rom.usable = Err(OpenProblem::Vanished);
    assert_eq!(rom.kind, HidKind::Rom);
    assert_eq!(first("usb", vec![rom], none("usb")), "host-vanishing");
    let left = Error::Port(port::Error::NotFound {
        port: "/dev/hidraw3".into(),
    });
    assert!(first("usb", Vec::new(), left).starts_with("host-"));
}

#[test]
fn rom_of_another_family_is_named() {
    let diagnosis = nobody(
        host("usb", vec![device(0x1FC9, 0x013D, "1-1")]),
        none("usb:1-9"),
    );
    let all = super::rig::codes(&diagnosis);
    assert!(all.contains(&"host-other-family"), "{all:?}");
}

#[test]
fn unlistable_usb_is_found() {
    let facts = HostFacts {
        list_error: Some("list HID devices: no".into()),
        ..host("usb", Vec::new())
    };
    assert_eq!(nobody(facts, none("usb")).findings[0].code(), "host-usb");
}

#[test]
fn serial_port_errors_differ() {
    let port = || "/dev/ttyUSB0".to_owned();
    let uart = |error| first("uart:/dev/ttyUSB0", Vec::new(), Error::Port(error));
    assert_eq!(uart(port::Error::NotFound { port: port() }), "uart-no-port");
    assert_eq!(
        uart(port::Error::Permission { port: port() }),
        "uart-permission"
    );
    assert_eq!(uart(port::Error::Busy { port: port() }), "uart-busy");
    assert_eq!(uart(port::Error::Gone { port: port() }), "uart-gone");
    let io = port::Error::Io {
        port: port(),
        action: "open",
        message: "no".into(),
    };
    assert_eq!(uart(io), "uart-broken");
}

#[test]
fn virtual_board_gets_its_own_commands() {
    let away = nobody(host("virtual:x", Vec::new()), none("virtual:x"));
    assert_eq!(away.findings[0].code(), "host-virtual-away");
    let broken = Error::Virtual("board.toml: no".into());
    assert_eq!(first("virtual:x", Vec::new(), broken), "host-virtual");
}
