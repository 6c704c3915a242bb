use super::*;

#[test]
fn only_windows_pads_reports() {
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
fn full_reports_are_not_padded() {
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
fn usb_port_is_the_innermost_usb_device() {
    let of = |path: &str| usb_port_in(Path::new(path));
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

#[cfg(target_os = "linux")]
#[test]
fn missing_node_is_not_found() {
    let error = try_node("/dev/hidraw-none").unwrap_err();
    assert_eq!(
        error,
        Error::NotFound {
            port: "/dev/hidraw-none".into()
        }
    );
    assert_eq!(problem(&error), OpenProblem::Vanished);
}
