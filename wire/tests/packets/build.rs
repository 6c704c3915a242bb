//! Constructors give the bytes of the vendor's tools; what a device builds, a host parses.

use rtboot_wire::mboot::{self, MemoryId, PingResponse, Property, Response, Tag, frame};
use rtboot_wire::sdp::{self, Width, report as sdp_report};

use super::hex;

fn mboot_frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let header = frame::header(kind, payload).unwrap();
    [&header, payload].concat()
}

#[test]
fn sdp_commands_have_the_bytes_of_the_manual() {
    use sdp::Command;
    let vectors = [
        (
            Command::read_register(0x401F_4410, Width::Word, 4),
            "01 01 40 1F 44 10 20 00 00 00 04 00 00 00 00 00",
        ),
        (
            Command::write_file(0x2020_8000, 65157),
            "04 04 20 20 80 00 00 00 00 FE 85 00 00 00 00 00",
        ),
        (
            Command::jump_address(0x2020_8400),
            "0B 0B 20 20 84 00 00 00 00 00 00 00 00 00 00 00",
        ),
        (
            Command::error_status(),
            "05 05 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
        ),
        (
            Command::write_register(0x400A_C044, Width::Word, 0x1234_5678),
            "02 02 40 0A C0 44 20 00 00 00 04 12 34 56 78 00",
        ),
        (
            Command::skip_dcd_header(),
            "0C 0C 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
        ),
        (
            Command::dcd_write(0x1000, 0x100),
            "0A 0A 00 00 10 00 00 00 00 01 00 00 00 00 00 00",
        ),
        (
            Command::write_csf(0x1000, 0x100),
            "06 06 00 00 10 00 00 00 00 01 00 00 00 00 00 00",
        ),
        (
            Command::set_baudrate(115_200),
            "0D 0D 00 01 C2 00 00 00 00 00 00 00 00 00 00 00",
        ),
    ];
    for (command, bytes) in vectors {
        assert_eq!(command.to_bytes().to_vec(), hex(bytes), "{command}");
        assert_eq!(Command::parse(&command.to_bytes()), command);
    }
}

#[test]
fn mboot_commands_have_the_bytes_of_blhost() {
    use mboot::Command;
    let vectors = [
        (
            Command::get_property(1, 0),
            "5A A4 0C 00 4B 33 07 00 00 02 01 00 00 00 00 00 00 00",
        ),
        (
            Command::fill_memory(0x2020_2000, 4, 0xC000_0007),
            "5A A4 10 00 A6 1C 05 00 00 03 00 20 20 20 04 00 00 00 07 00 00 C0",
        ),
        (
            Command::configure_memory(MemoryId::FLEXSPI_NOR.0, 0x2020_2000),
            "5A A4 0C 00 BD B5 11 00 00 02 09 00 00 00 00 20 20 20",
        ),
        (Command::reset(), "5A A4 04 00 6F 46 0B 00 00 00"),
    ];
    for (command, bytes) in vectors {
        let packet = command.to_bytes();
        assert_eq!(
            mboot_frame(frame::COMMAND, &packet),
            hex(bytes),
            "{command}"
        );
        assert_eq!(Command::parse(&packet), Some(command));
    }
}

#[test]
fn mboot_responses_have_the_bytes_of_a_device() {
    let ok = mboot::Status::SUCCESS;
    let version = Response::get_property(ok, &[0x4B02_0100]).unwrap();
    let done = Response::generic(ok, Tag::RESET);
    let frames = [
        (
            mboot_frame(frame::COMMAND, &version.to_bytes()),
            "5A A4 0C 00 64 18 A7 00 00 02 00 00 00 00 00 01 02 4B",
        ),
        (
            mboot_frame(frame::COMMAND, &done.to_bytes()),
            "5A A4 0C 00 CD A6 A0 00 00 02 00 00 00 00 0B 00 00 00",
        ),
        (
            mboot_frame(frame::DATA, &[1, 2, 3, 4]),
            "5A A5 04 00 12 ED 01 02 03 04",
        ),
        (mboot_frame(frame::DATA, &[]), "5A A5 00 00 FC 4B"),
    ];
    for (bytes, expected) in frames {
        assert_eq!(bytes, hex(expected));
    }
    let packets = [
        (
            Response::announce(Tag::READ_MEMORY, 100).unwrap(),
            "A3 01 00 02 00 00 00 00 64 00 00 00",
        ),
        (
            Response::flash_read_once(Ok(0xFE00_005A)),
            "AF 00 00 03 00 00 00 00 04 00 00 00 5A 00 00 FE",
        ),
        (
            Response::flash_read_once(Err(mboot::Status::INVALID_ARGUMENT)),
            "AF 00 00 02 04 00 00 00 00 00 00 00",
        ),
        (
            Response::get_property(mboot::Status::UNKNOWN_PROPERTY, &[]).unwrap(),
            "A7 00 00 01 3C 28 00 00",
        ),
    ];
    for (response, expected) in packets {
        assert_eq!(response.to_bytes()[..], hex(expected), "{response}");
        assert_eq!(Response::parse(&response.to_bytes()), Some(response));
    }
}

#[test]
fn a_response_answers_its_own_command_only() {
    let refusal = Response::generic(mboot::Status::UNKNOWN_COMMAND, Tag::FUSE_READ);
    assert!(refusal.answers(Tag::FUSE_READ) && !refusal.answers(Tag::READ_MEMORY));
    let data = Response::announce(Tag::FUSE_READ, 4).unwrap();
    assert!(data.answers(Tag::FUSE_READ) && data.answers(Tag::READ_MEMORY));
    assert!(!data.answers(Tag::GET_PROPERTY) && !data.is_generic());
    assert_eq!(Response::announce(Tag::RESET, 4), None);
}

#[test]
fn packets_hold_seven_parameters_at_most() {
    let seven = mboot::Command::raw(Tag(0x42), true, &[7; 7]).unwrap();
    assert_eq!(seven.to_bytes().len(), 32);
    assert_eq!(mboot::Command::parse(&seven.to_bytes()), Some(seven));
    assert_eq!(mboot::Command::raw(Tag(0x42), true, &[7; 8]), None);
    assert_eq!(seven.parameters(), [7; 7]);
    let unknown = mboot::Command::raw(Tag(0x42), false, &[1, 2]).unwrap();
    assert_eq!(unknown.to_string(), "command 0x42(0x1, 0x2)");
    assert_eq!(mboot::Command::parse(&[4, 1, 0, 3, 0]), None, "cut off");
    let eight = [&[0x42, 0, 0, 8][..], &[0; 32]].concat();
    assert_eq!(mboot::Command::parse(&eight), None);
    assert_eq!(Response::parse(&eight), None);
    let status = mboot::Status::SUCCESS;
    assert!(Response::get_property(status, &[1; Response::MAX_VALUES]).is_some());
    assert_eq!(Response::get_property(status, &[1; 7]), None);
}

#[test]
fn a_response_without_status_is_refused() {
    assert_eq!(Response::parse(&[0xA0, 0, 0, 0]), None);
    assert_eq!(Response::parse(&[0xA0, 0, 0, 1, 0, 0, 0]), None);
}

#[test]
fn frames_and_reports_fill_a_buffer_or_refuse() {
    let mut buffer = [0x55; 12];
    assert_eq!(
        frame::write(frame::DATA, &[1, 2, 3, 4], &mut buffer),
        Some(10)
    );
    assert_eq!(buffer[10..], [0x55; 2], "behind the frame");
    assert_eq!(frame::write(frame::DATA, &[0; 7], &mut buffer), None);
    assert_eq!(frame::header(frame::DATA, &vec![0; 65536]), None);
    let report = &mboot::report::write;
    assert_eq!(
        report(mboot::report::DATA_IN, &[1; 8], &mut buffer),
        Some(12)
    );
    assert_eq!(report(mboot::report::DATA_IN, &[1; 9], &mut buffer), None);
    assert_eq!(mboot::report::header(2, &[0; 1018]), None);
    assert_eq!(sdp_report::data(&[0; 1025]), None);
    assert_eq!(sdp_report::registers(&[0; 65]), None);
}

#[test]
fn out_reports_are_never_1019_bytes_long() {
    let lengths = [0, 1013, 1014, 1015, 1016, 1017].map(mboot::report::out_length);
    assert_eq!(lengths, [4, 1017, 1018, 1021, 1021, 1021]);
}

#[test]
fn a_flipped_bit_breaks_a_frame() {
    let frame = mboot_frame(frame::DATA, &[1, 2, 3, 4]);
    for bit in 0..frame.len() * 8 {
        let mut damaged = frame.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let (header, payload) = damaged.split_first_chunk().unwrap();
        assert!(!frame::is_intact(header, payload), "bit {bit}");
    }
    let (header, payload) = frame.split_first_chunk().unwrap();
    assert!(frame::is_intact(header, payload));
}

#[test]
fn ping_responses_build_and_parse() {
    let pings = [
        ((1, 2, 0), "5A A7 00 02 01 50 00 00 AA EA"), // RT1021 flashloader
        ((1, 0, 0), "5A A7 00 00 01 50 00 00 29 AE"), // KL03
        ((1, 3, 0), "5A A7 00 03 01 50 00 00 FB 40"), // SPSDK's tests
    ];
    for (version, bytes) in pings {
        let bytes: [u8; 10] = hex(bytes).try_into().unwrap();
        let response = PingResponse {
            version,
            options: 0,
        };
        assert_eq!(response.to_bytes(), bytes);
        assert_eq!(PingResponse::parse(&bytes), Some(response));
        for at in 0..bytes.len() {
            let mut damaged = bytes;
            damaged[at] ^= 4;
            assert_eq!(PingResponse::parse(&damaged), None, "byte {at}");
        }
    }
}

#[test]
fn data_of_a_report_ends_at_1024_bytes() {
    let report = sdp_report::data(&[0xAA; 3]).unwrap();
    assert_eq!(report.len(), 1025);
    assert_eq!(report[..5], [2, 0xAA, 0xAA, 0xAA, 0]);
    let mut longer = report.to_vec();
    longer.push(9);
    let parsed = sdp_report::FromHost::parse(&longer);
    assert_eq!(parsed, Ok(sdp_report::FromHost::Data(&report[1..])));
}

#[test]
fn known_properties_have_names_and_no_number_twice() {
    assert!(Property::KNOWN.is_sorted_by(|a, b| a < b));
    assert!(Property::KNOWN.iter().all(|p| p.name().is_some()));
}
