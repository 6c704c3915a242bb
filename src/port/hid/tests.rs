use super::*;

#[test]
fn only_windows_pads() {
    let command = [1u8; 17];
    for system in [System::Linux, System::MacOs] {
        assert_eq!(outgoing(system, &command, 1025).as_ref(), command);
    }
    let padded = outgoing(System::Windows, &command, 1025);
    assert_eq!(padded.len(), 1025);
    assert_eq!(padded[..17], command);
    assert!(padded[17..].iter().all(|&b| b == 0));
}

#[test]
fn a_full_report_stays_as_it_is() {
    for system in [System::Linux, System::MacOs, System::Windows] {
        for (kind, length) in [(HidKind::Rom, 1025), (HidKind::Flashloader, 1021)] {
            let report = vec![2u8; length];
            assert_eq!(
                outgoing(system, &report, full_length(kind)).as_ref(),
                report
            );
        }
    }
}

#[test]
fn the_socket_is_the_innermost_usb_device() {
    let of = |path: &str| socket_in(Path::new(path));
    assert_eq!(
        of("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.1/1-4.1:1.0/0003:1FC9:0130.0007"),
        Some("1-4.1".into())
    );
    assert_eq!(
        of("/sys/devices/platform/vhci_hcd.0/usb2/2-1/2-1:1.0/0003:15A2:0073.0001"),
        Some("2-1".into())
    );
    assert_eq!(
        of("/sys/devices/virtual/misc/uhid/0003:1FC9:0130.0001"),
        None
    );
    assert_eq!(of("/sys/devices/1-/-2/a-1"), None);
}

#[test]
fn probes_are_known_as_probes() {
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

#[cfg(target_os = "linux")]
#[test]
fn a_node_that_is_not_there_is_not_found() {
    let error = try_node("/dev/hidraw-none").unwrap_err();
    assert_eq!(
        error,
        Error::NotFound {
            port: "/dev/hidraw-none".into()
        }
    );
    assert_eq!(problem(&error), OpenProblem::Vanished);
}
