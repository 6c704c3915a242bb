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

/// Every command with its tag, flags and parameters in the order of the vendor's tables.
#[test]
fn mboot_commands_have_tag_flags_and_parameters() {
    use mboot::Command;
    let (a, b, c) = (0xA1, 0xB2, 0xC3);
    let commands: [(Command, u8, u8, &[u32]); 25] = [
        (Command::flash_erase_all(a), 0x01, 0, &[a]),
        (Command::flash_erase_region(a, b, c), 0x02, 0, &[a, b, c]),
        (Command::read_memory(a, b, c), 0x03, 0, &[a, b, c]),
        (Command::write_memory(a, b, c), 0x04, 1, &[a, b, c]),
        (Command::fill_memory(a, b, c), 0x05, 0, &[a, b, c]),
        (Command::flash_security_disable(a, b), 0x06, 0, &[a, b]),
        (Command::get_property(a, b), 0x07, 0, &[a, b]),
        (Command::receive_sb_file(a), 0x08, 1, &[a]),
        (Command::execute(a, b, c), 0x09, 0, &[a, b, c]),
        (Command::call(a, b), 0x0A, 0, &[a, b]),
        (Command::reset(), 0x0B, 0, &[]),
        (Command::set_property(a, b), 0x0C, 0, &[a, b]),
        (Command::flash_erase_all_unsecure(), 0x0D, 0, &[]),
        (Command::flash_program_once(a, b), 0x0E, 0, &[a, 4, b]),
        (Command::flash_read_once(a, b), 0x0F, 0, &[a, b]),
        (Command::flash_read_resource(a, b, c), 0x10, 0, &[a, b, c]),
        (Command::configure_memory(a, b), 0x11, 0, &[a, b]),
        (Command::reliable_update(a), 0x12, 0, &[a]),
        (Command::generate_key_blob_send(a, b), 0x13, 1, &[a, b, 0]),
        (Command::generate_key_blob_fetch(a, b), 0x13, 0, &[a, b, 1]),
        (Command::fuse_program(a, b, c), 0x14, 1, &[a, b, c]),
        (
            Command::key_provisioning(a, b, c, true),
            0x15,
            1,
            &[a, b, c],
        ),
        (
            Command::key_provisioning(a, b, c, false),
            0x15,
            0,
            &[a, b, c],
        ),
        (Command::fuse_read(a, b, c), 0x17, 0, &[a, b, c]),
        (Command::update_life_cycle(a), 0x18, 0, &[a]),
    ];
    for (command, tag, flags, parameters) in commands {
        let mut expected = vec![tag, flags, 0, parameters.len() as u8];
        expected.extend(parameters.iter().flat_map(|p| p.to_le_bytes()));
        assert_eq!(command.to_bytes()[..], expected, "{command}");
    }
}

#[test]
fn only_bit_0_of_the_flags_announces_data() {
    let flags = |flags: u8| {
        mboot::Command::parse(&[0x0B, flags, 0, 0])
            .unwrap()
            .sends_data
    };
    assert!(flags(1) && flags(0xFF) && !flags(0) && !flags(0xFE));
}

#[test]
fn a_wrong_length_breaks_a_frame_whatever_its_crc() {
    let [start, kind, length, ..] = frame::header(frame::DATA, &[1, 2, 3, 4]).unwrap();
    for crc in 0..=u16::MAX {
        let [low, high] = crc.to_le_bytes();
        let header = [start, kind, length + 1, 0, low, high];
        assert!(!frame::is_intact(&header, &[1, 2, 3, 4]), "{crc:#06x}");
    }
}

#[test]
fn sdp_reports_parse_at_the_edges_of_their_lengths() {
    use sdp_report::{FromHost, FromRom, Malformed};
    let whole = sdp_report::registers(&[7; 64]).unwrap();
    assert_eq!(FromRom::parse(&whole), Ok(FromRom::Block(&[7; 64])));
    let padded = [&whole[..], &[0; 3]].concat();
    assert_eq!(FromRom::parse(&padded), Ok(FromRom::Block(&[7; 64])));
    assert_eq!(FromRom::parse(&whole[..5]), Ok(FromRom::Block(&[7; 4])));
    assert_eq!(FromRom::parse(&whole[..4]), Err(Malformed::TooShort));
    assert_eq!(
        FromRom::parse(&[3, 0x56, 0x78, 0x78]),
        Err(Malformed::TooShort)
    );
    let windows = [&[3, 0x56, 0x78, 0x78, 0x56][..], &[0; 60]].concat();
    assert_eq!(
        FromRom::parse(&windows),
        Ok(FromRom::Hab(sdp::Hab::Open.to_bytes()))
    );
    for report in [&[][..], &[0; 65], &[5; 65]] {
        assert_eq!(FromRom::parse(report), Err(Malformed::UnknownId));
        assert_eq!(FromHost::parse(report), Err(Malformed::UnknownId));
    }
    assert_eq!(FromHost::parse(&[1; 16]), Err(Malformed::TooShort));
    assert!(sdp_report::data(&[0; 1024]).is_some());
    assert!(mboot::report::header(2, &[0; 1017]).is_some());
}

#[test]
fn mboot_reports_are_cut_at_their_length() {
    use mboot::report::{Malformed, Report};
    let stale = [4, 0, 2, 0, 0xAA, 0xBB, 0x55, 0x55];
    let payload: &[u8] = &[0xAA, 0xBB];
    assert_eq!(Report::parse(&stale), Ok(Report { id: 4, payload }));
    assert_eq!(Report::parse(&stale[..5]), Err(Malformed::CutOff));
    assert_eq!(Report::parse(&stale[..3]), Err(Malformed::NoHeader));
}

#[test]
fn sdp_words_have_their_values_and_names() {
    use sdp::Status;
    let words = [
        (Status::WRITE_COMPLETE, 0x128A_8A12, "write complete"),
        (
            Status::WRITE_COMPLETE_ALTERNATIVE,
            0x1282_8212,
            "write complete",
        ),
        (Status::FILE_COMPLETE, 0x8888_8888, "file complete"),
        (Status::DCD_SKIPPED, 0x900D_D009, "DCD will be skipped"),
        (Status::HAB_SUCCESS, 0xF0F0_F0F0, "HAB success"),
        (Status::HAB_FAILURE, 0x3333_3333, "HAB failure"),
        (Status::HAB_WARNING, 0x6969_6969, "HAB warning"),
        (Status::BAUDRATE_SET, 0x09D0_0D90, "baud rate set"),
    ];
    for (status, word, name) in words {
        assert_eq!((status.0, status.name()), (word, Some(name)));
    }
    assert_eq!(Status(0x1234_5678).name(), None);
    let widths = [8, 16, 32, 24].map(|bits| Width::from_bits(bits).map(Width::bytes));
    assert_eq!(widths, [Some(1), Some(2), Some(4), None]);
}

#[test]
fn property_words_print_as_text() {
    let text = |property: Property, words: &[u32]| property.describe(words).to_string();
    for (property, words, expected) in [
        (Property::SECURITY_STATE, &[0x5AA5_5AA5][..], "unlocked"),
        (Property::SECURITY_STATE, &[0xC33C_C33C], "locked"),
        (Property::SECURITY_STATE, &[7], "0x00000007"),
        (Property::VERIFY_WRITES, &[0], "off"),
        (Property::VALIDATE_REGIONS, &[1], "on"),
        (Property::RAM_START, &[0x2020_0000], "0x20200000"),
        (
            Property::RESERVED_REGIONS,
            &[0, 0, 4, 7, 9],
            "0x00000004-0x00000007",
        ),
        (
            Property::AVAILABLE_PERIPHERALS,
            &[0x8000_0002],
            "I2C, bit 31",
        ),
        (
            Property::AVAILABLE_COMMANDS,
            &[0x401],
            "FlashEraseAll, Reset",
        ),
        (Property::LAST_ERROR, &[1], "1 Fail (failed)"),
    ] {
        assert_eq!(text(property, words), expected);
    }
}
