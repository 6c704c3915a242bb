//! Reports as bytes, and what the link makes of them.

use super::*;
use crate::port::Error;
use crate::port::fake::{FakeHid, gone};

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

/// The lengths of the reports that leave for payloads of these sizes.
fn lengths(payloads: &[usize]) -> Vec<usize> {
    payloads
        .iter()
        .map(|&n| out_report(2, &vec![0xAA; n]).unwrap().len())
        .collect()
}

#[test]
fn commands_have_the_bytes_of_blhost() {
    let mut link = HidLink::new(FakeHid::new());
    for command in [
        Command::get_property(1, 0),
        Command::write_memory(0x6000_0400, 0x100, 0),
    ] {
        link.send_command(&command.to_bytes(), Duration::ZERO)
            .unwrap();
    }
    assert_eq!(
        link.port.written[0],
        hex("01 00 0C 00 07 00 00 02 01 00 00 00 00 00 00 00")
    );
    assert_eq!(
        link.port.written[1],
        hex("01 00 10 00 04 01 00 03 00 04 00 60 00 01 00 00 00 00 00 00")
    );
}

#[test]
fn no_report_has_1019_bytes() {
    // 1014 of payload is the longest single short packet; 1015 would be a full one that does not end the transfer
    assert_eq!(lengths(&[0, 1, 1013, 1014]), [4, 5, 1017, 1018]);
    assert_eq!(lengths(&[1015, 1016, 1017]), [1021; 3]);
    assert_eq!(out_report(2, &[0; 1018]), None);
    assert_eq!(out_report(2, &vec![0; 70_000]), None);
}

#[test]
fn padding_is_zero_and_not_counted() {
    let report = out_report(2, &[0xAA; 1015]).unwrap();
    assert_eq!(report[..4], [2, 0, 0xF7, 0x03]);
    assert!(report[4..1019].iter().all(|&b| b == 0xAA) && report[1019..] == [0, 0]);
}

#[test]
fn chunk_fits_one_transaction_unless_the_system_pads() {
    let mut port = FakeHid::new();
    assert_eq!(HidLink::new(&mut port).chunk_size(1016), 1014);
    assert_eq!(HidLink::new(&mut port).chunk_size(1012), 1012);
    assert_eq!(HidLink::new(&mut port).chunk_size(32), 32);
    assert_eq!(HidLink::new(&mut port).chunk_size(0), 1);
    port.pads = true;
    assert_eq!(HidLink::new(&mut port).chunk_size(1016), 1016);
    assert_eq!(HidLink::new(&mut port).chunk_size(1024), 1016);
}

#[test]
fn bytes_behind_the_payload_are_ignored() {
    let mut report = hex("03 00 04 00 A0 00 00 00");
    report.resize(1021, 0x55); // stale bytes of the shared buffer
    assert_eq!(parse(report), Ok(Packet::Response(hex("A0 00 00 00"))));
    assert_eq!(parse(hex("04 00 00 00")), Ok(Packet::Data(vec![])));
    assert_eq!(parse(hex("03 00 00 00")), Ok(Packet::Response(vec![])));
}

#[test]
fn echo_of_an_own_report_is_a_stray() {
    let echo = hex("01 00 0C 00 07 00 00 02 01 00 00 00 00 00 00 00");
    assert_eq!(parse(echo.clone()), Ok(Packet::Stray(echo)));
}

#[test]
fn length_beyond_the_report_is_an_error() {
    for report in [
        &[][..],
        &[3],
        &[3, 0, 0],
        &[3, 0, 1, 0],
        &[4, 0, 0xFF, 0xFF, 1, 2, 3],
    ] {
        assert!(
            matches!(parse(report.to_vec()), Err(LinkError::Protocol { bytes, .. }) if bytes == report)
        );
    }
}

#[test]
fn report_between_data_reports_is_kept() {
    let mut link = HidLink::new(FakeHid::script(&[&[], &[&[3, 0, 0, 0]]]));
    assert_eq!(link.send_data(&[1], Duration::ZERO), Ok(Sent::Taken));
    assert_eq!(link.send_data(&[2], Duration::ZERO), Ok(Sent::Stop));
    assert_eq!(
        link.receive(Duration::ZERO),
        Ok(Some(Packet::Response(vec![])))
    );
    // a look never waits
    assert!(link.port.waited.iter().all(Duration::is_zero));
}

#[test]
fn stalled_write_still_reads_the_answer() {
    let mut link = HidLink::new(FakeHid::new());
    link.port.write_error = Some((
        0,
        Error::Stalled {
            port: "fake".into(),
        },
    ));
    assert!(matches!(
        link.send_data(&[1], Duration::ZERO),
        Err(LinkError::Port(Error::Stalled { .. }))
    ));
    link.port.answers.push_back(Ok(Some(vec![3, 0, 0, 0])));
    assert_eq!(link.send_data(&[1], Duration::ZERO), Ok(Sent::Stop));
    link.port.write_error = Some((0, gone()));
    assert_eq!(
        HidLink::new(&mut link.port).send_data(&[1], Duration::ZERO),
        Err(LinkError::Port(gone()))
    );
}

#[test]
fn trace_describes_packets() {
    use Direction::{In, Out};
    let say = |direction, text| describe_report(direction, &hex(text));
    assert_eq!(
        say(Out, "01 00 0C 00 07 00 00 02 01 00 00 00 00 00 00 00").unwrap(),
        "GetProperty(0x1, 0x0)"
    );
    assert_eq!(
        say(Out, "02 00 02 00 AA BB 00 00").unwrap(),
        "data, 2 bytes"
    );
    assert_eq!(say(In, "03 00 00 00").unwrap(), "end of data");
    assert_eq!(
        say(In, "03 00 0C 00 A0 00 00 02 DB 27 00 00 04 00 00 00").unwrap(),
        "GenericResponse: 10203 MemoryCumulativeWrite (target not blank) to WriteMemory"
    );
    assert_eq!(
        say(In, "03 00 0C 00 A7 00 00 02 00 00 00 00 00 01 02 4B").unwrap(),
        "GetPropertyResponse: 0 Success (done), 0x4b020100"
    );
    for bytes in [
        "",
        "03",
        "03 00 09 00 01",
        "01 00 04 00 07 00 00 09",
        "09 00 00 00",
    ] {
        assert_eq!(say(In, bytes), None);
        assert_eq!(say(Out, bytes), None);
    }
}
