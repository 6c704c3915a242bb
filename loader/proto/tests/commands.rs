//! The command loop against a board in memory. Answers follow the recorded ones of NXP's loader unless a test says otherwise.

mod session;

use loader_proto::PAYLOAD;
use rtboot_wire::mboot::{Command, Property, Response, Status, Tag};
use session::*;

#[test]
fn properties_have_the_values_of_nxps_loader() {
    let mut session = Session::new();
    assert_eq!(
        session.property(Property::CURRENT_VERSION.0, 0),
        Ok(vec![0x4B02_0100])
    );
    assert_eq!(
        session.property(Property::MAX_PACKET_SIZE.0, 0),
        Ok(vec![1016])
    );
    assert_eq!(
        session.property(Property::UNIQUE_DEVICE_ID.0, 0),
        Ok(vec![0x1001, 0x1002])
    );
    assert_eq!(
        session.property(Property::TARGET_VERSION.0, 0),
        Ok(vec![0x5401_0000])
    );
    assert_eq!(
        session.property(Property::RESERVED_REGIONS.0, 0),
        Ok(vec![0x2020_8000, 0x2020_FFFF, 0x2000_B000, 0x2000_FFFF])
    );
    assert_eq!(
        session.property(Property::RAM_SIZE.0, 2),
        Ok(vec![0x2_0000])
    );
    for unknown in [0, 3, 10, 26, 33] {
        assert_eq!(session.property(unknown, 0), Err(Status::UNKNOWN_PROPERTY));
    }
}

#[test]
fn announced_commands_are_the_ones_that_answer() {
    let mut session = Session::configured();
    let announced = session.property(Property::AVAILABLE_COMMANDS.0, 0).unwrap()[0];
    for tag in 1..=0x20 {
        let command = Command::raw(Tag(tag), false, &[0, 0, 0]).unwrap();
        let known = !session
            .command(command)
            .contains(&generic(Status::UNKNOWN_COMMAND, Tag(tag)));
        assert_eq!(known, announced >> (tag - 1) & 1 != 0, "{tag:#x}");
    }
}

#[test]
fn external_memory_is_described_once_configured() {
    let mut session = Session::new();
    let external = Property::EXTERNAL_MEMORY_ATTRIBUTES.0;
    assert_eq!(
        session.property(external, 9),
        Err(Status::MEMORY_NOT_CONFIGURED)
    );
    assert_eq!(session.property(external, 0), Err(Status::INVALID_ARGUMENT));
    session.configure(0xC000_0007);
    let words = vec![31, FLASH, 8192, 256, 4096, 65536];
    assert_eq!(session.property(external, 9), Ok(words));
}

#[test]
fn no_property_can_be_set() {
    let mut session = Session::new();
    let set = |session: &mut Session, property| session.status(Command::set_property(property, 1));
    assert_eq!(set(&mut session, 1), Status::READ_ONLY_PROPERTY);
    assert_eq!(set(&mut session, 25), Status::READ_ONLY_PROPERTY);
    assert_eq!(set(&mut session, 10), Status::UNKNOWN_PROPERTY);
}

#[test]
fn ram_is_written_and_read_back() {
    let mut session = Session::new();
    let data = pattern(2500);
    assert_eq!(
        session.write(RAM, &data, PAYLOAD),
        [generic(Status::SUCCESS, Tag::WRITE_MEMORY)]
    );
    let answers = session.read(RAM, 2500);
    let ids: Vec<u8> = answers.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [3, 4, 4, 4, 3]);
    assert_eq!(
        answers[1..4]
            .iter()
            .flat_map(|(_, data)| data.clone())
            .collect::<Vec<_>>(),
        data
    );
}

#[test]
fn own_memory_is_read_but_never_written() {
    let mut session = Session::new();
    assert_eq!(
        session.read(OWN[0].start, 4)[2],
        generic(Status::SUCCESS, Tag::READ_MEMORY)
    );
    let refused = [generic(Status::MEMORY_RANGE_INVALID, Tag::WRITE_MEMORY)];
    assert_eq!(
        session.write(OWN[0].start + 0x400, &[0; 16], PAYLOAD),
        refused
    );
    assert_eq!(session.write(OWN[0].start - 8, &[0; 16], PAYLOAD), refused);
    assert_eq!(
        session.status(Command::fill_memory(OWN[0].start + 0x7FFC, 8, 0)),
        Status::MEMORY_RANGE_INVALID
    );
    assert_eq!(
        session.write(OWN[0].start - 8, &[0; 8], PAYLOAD),
        [generic(Status::SUCCESS, Tag::WRITE_MEMORY)]
    );
}

#[test]
fn unconfigured_flash_answers_10205() {
    let mut session = Session::new();
    let failed = |tag| generic(Status::MEMORY_NOT_CONFIGURED, tag);
    assert_eq!(
        session.read(FLASH, 16)[1..],
        [(4, vec![]), failed(Tag::READ_MEMORY)]
    );
    // one report: only the last answer. Three reports: an empty one first, and the rest of the data is dropped
    assert_eq!(
        session.write(FLASH, &[0; 16], PAYLOAD),
        [failed(Tag::WRITE_MEMORY)]
    );
    assert_eq!(
        session.write(FLASH, &[0; 2500], PAYLOAD),
        [(3, vec![]), failed(Tag::WRITE_MEMORY)]
    );
    assert_eq!(
        session.status(Command::flash_erase_region(FLASH, 0x1000, 9)),
        Status::MEMORY_NOT_CONFIGURED
    );
    assert_eq!(
        session.status(Command::flash_erase_all(9)),
        Status::MEMORY_NOT_CONFIGURED
    );
}

#[test]
fn flash_is_programmed_whatever_the_size_of_reports() {
    for chunk in [1, 32, 56, 255, 256, 257, 1000, PAYLOAD] {
        let mut session = Session::configured();
        let data = pattern(2300);
        assert_eq!(
            session.write(FLASH + 0x1000, &data, chunk),
            [generic(Status::SUCCESS, Tag::WRITE_MEMORY)],
            "{chunk}"
        );
        assert_eq!(session.flash()[0x1000..0x1000 + 2300], data, "{chunk}");
        assert!(
            session.flash()[0x1000 + 2300..0x2000]
                .iter()
                .all(|byte| *byte == 0xFF)
        );
    }
}

#[test]
fn data_beyond_the_announced_length_is_cut() {
    let mut session = Session::configured();
    let command = Command::write_memory(FLASH, 100, 9).to_bytes();
    session.exchange(&[(1, &command), (2, &pattern(200))]);
    assert_eq!(session.flash()[..100], pattern(100));
    assert!(session.flash()[100..256].iter().all(|byte| *byte == 0xFF));
}

#[test]
fn bad_writes_have_the_codes_of_nxps_loader() {
    let mut session = Session::configured();
    session.board.chip.memory[0x1100] = 0;
    let failed = |status| generic(status, Tag::WRITE_MEMORY);
    assert_eq!(
        session.write(FLASH + 0x310, &[0; 16], PAYLOAD),
        [failed(Status::NOR_WRITE_ALIGNMENT)]
    );
    assert_eq!(
        session.write(FLASH + 0x1000, &[0; 4000], PAYLOAD),
        [(3, vec![]), failed(Status::MEMORY_CUMULATIVE_WRITE)]
    );
    assert!(
        session.flash()[0x1000..0x1100]
            .iter()
            .all(|byte| *byte == 0)
    );
    assert_eq!(
        session.write(FLASH + 0x80_0000, &[0; 16], PAYLOAD),
        [failed(Status::MEMORY_RANGE_INVALID)]
    );
    assert_eq!(
        session.write(FLASH + 0x7F_FFF0, &[0; 32], PAYLOAD),
        [failed(Status::MEMORY_RANGE_INVALID)]
    );
    assert_eq!(
        session.write(0x1000_0000, &[0; 4], PAYLOAD),
        [failed(Status::MEMORY_RANGE_INVALID)]
    );
}

#[test]
fn empty_data_ends_a_write() {
    let mut session = Session::configured();
    let command = Command::write_memory(FLASH, 2000, 9).to_bytes();
    let answers = session.exchange(&[(1, &command), (2, &[0x11; 1016]), (2, &[])]);
    assert_eq!(
        answers[1..],
        [generic(Status::DATA_PHASE_ABORTED, Tag::WRITE_MEMORY)]
    );
}

/// NXP's loader answers for the write and loses the new command.
#[test]
fn command_in_a_write_replaces_it() {
    let mut session = Session::configured();
    let write = Command::write_memory(FLASH, 2000, 9).to_bytes();
    let question = Command::get_property(1, 0).to_bytes();
    let answers = session.exchange(&[(1, &write), (2, &[0x11; 1016]), (1, &question)]);
    let version = Response::get_property(Status::SUCCESS, &[0x4B02_0100]).unwrap();
    assert_eq!(answers[1..], [(3, version.to_bytes().to_vec())]);
}

#[test]
fn empty_command_ends_a_read() {
    let mut session = Session::new();
    let read = Command::read_memory(RAM, 5000, 0).to_bytes();
    let answers = session.exchange(&[(1, &read), (1, &[])]);
    assert_eq!(
        answers[1..],
        [
            (4, vec![]),
            generic(Status::DATA_PHASE_ABORTED, Tag::READ_MEMORY)
        ]
    );
}

/// A host may ask for the next thing before it has taken all data.
#[test]
fn command_behind_a_read_waits() {
    let mut session = Session::new();
    let read = Command::read_memory(RAM, 2000, 0).to_bytes();
    let question = Command::get_property(1, 0).to_bytes();
    let ids: Vec<u8> = session
        .exchange(&[(1, &read), (1, &question)])
        .iter()
        .map(|(id, _)| *id)
        .collect();
    assert_eq!(ids, [3, 4, 4, 3, 3]);
}

#[test]
fn read_that_leaves_the_flash_stops_there() {
    let mut session = Session::configured();
    let answers = session.read(FLASH + 0x7F_FC00, 2048);
    assert_eq!((answers[1].0, answers[1].1.len()), (4, PAYLOAD));
    assert_eq!(
        answers[2..],
        [
            (4, vec![]),
            generic(Status::MEMORY_RANGE_INVALID, Tag::READ_MEMORY)
        ]
    );
}

#[test]
fn memory_ids_are_judged_by_their_group() {
    let mut session = Session::configured();
    let last = |session: &mut Session, id| {
        session
            .command(Command::read_memory(FLASH, 16, id))
            .pop()
            .unwrap()
    };
    for (id, status) in [
        (0, Status::SUCCESS),
        (1, Status::SUCCESS),
        (9, Status::SUCCESS),
        (0x110, Status::MEMORY_NOT_CONFIGURED),
        (0x200, Status::MEMORY_RANGE_INVALID),
    ] {
        assert_eq!(
            last(&mut session, id),
            generic(status, Tag::READ_MEMORY),
            "{id:#x}"
        );
    }
}

#[test]
fn erases_have_the_codes_of_nxps_loader() {
    let mut session = Session::configured();
    session.board.chip.memory[0x1000..0x3000].fill(0);
    let mut erase = |start, length| session.status(Command::flash_erase_region(start, length, 9));
    assert_eq!(erase(FLASH + 0x1010, 0x10), Status::SUCCESS);
    assert_eq!(
        erase(FLASH + 0x7F_F000, 0x1001),
        Status::MEMORY_RANGE_INVALID
    );
    assert_eq!(erase(RAM, 0x100), Status::FLASH_ADDRESS);
    assert_eq!(erase(0x1000_0000, 0x1000), Status::MEMORY_RANGE_INVALID);
    assert_eq!(erase(0x1000_0000, 0), Status::SUCCESS);
    assert!(
        session.flash()[0x1000..0x2000]
            .iter()
            .all(|byte| *byte == 0xFF)
    );
    assert!(
        session.flash()[0x2000..0x3000]
            .iter()
            .all(|byte| *byte == 0)
    );
}

#[test]
fn erase_all_takes_memory_9_only() {
    let mut session = Session::configured();
    session.board.chip.memory[0x12345] = 0;
    assert_eq!(
        session.status(Command::flash_erase_all(0)),
        Status::INVALID_ARGUMENT
    );
    assert_eq!(
        session.status(Command::flash_erase_all(0x110)),
        Status::MEMORY_NOT_CONFIGURED
    );
    assert_eq!(session.flash()[0x12345], 0);
    assert_eq!(session.status(Command::flash_erase_all(9)), Status::SUCCESS);
    assert_eq!(session.flash()[0x12345], 0xFF);
}

#[test]
fn fill_repeats_its_pattern() {
    let mut session = Session::configured();
    assert_eq!(
        session.status(Command::fill_memory(RAM, 10, 0x1122_3344)),
        Status::SUCCESS
    );
    assert_eq!(
        session.read(RAM, 12)[1].1,
        [
            0x44, 0x33, 0x22, 0x11, 0x44, 0x33, 0x22, 0x11, 0x44, 0x33, 0, 0
        ]
    );
    assert_eq!(
        session.status(Command::fill_memory(FLASH + 0x200, 16, 0x1234_5678)),
        Status::SUCCESS
    );
    assert_eq!(
        session.flash()[0x200..0x211],
        [&[0x78, 0x56, 0x34, 0x12].repeat(4)[..], &[0xFF]].concat()
    );
    assert_eq!(
        session.status(Command::fill_memory(FLASH + 0x310, 16, 0)),
        Status::NOR_WRITE_ALIGNMENT
    );
}

#[test]
fn fcb_is_stored_where_flash_is_blank() {
    let mut session = Session::new();
    assert_eq!(session.configure(0xF000_000F), Status::INVALID_ARGUMENT);
    session.configure(0xC000_0007);
    assert_eq!(session.configure(0xF000_000F), Status::SUCCESS);
    assert_eq!(session.flash()[..8], *b"FCFB\x00\x04\x01\x56");
    assert_eq!(
        session.configure(0xF000_000F),
        Status::MEMORY_CUMULATIVE_WRITE
    );
    // the stored block is a configuration, too
    assert_eq!(
        session.status(Command::configure_memory(9, FLASH)),
        Status::SUCCESS
    );
}

#[test]
fn option_words_have_the_codes_of_nxps_loader() {
    for (word, status) in [
        (0xC001_0007, Status::INVALID_ARGUMENT),
        (0xC000_1007, Status::INVALID_ARGUMENT),
        (0xC020_0003, Status::NOR_FLASH_NOT_FOUND),
        (0xC0A0_0000, Status::INVALID_ARGUMENT),
        (0xA000_0007, Status::INVALID_ARGUMENT),
        (0xFFFF_FFFF, Status::INVALID_ARGUMENT),
    ] {
        assert_eq!(Session::new().configure(word), status, "{word:#x}");
    }
    let mut session = Session::new();
    for (memory, address) in [(0, RAM), (9, 0), (9, 0x1000_0000), (9, 0x2021_FF00)] {
        let command = Command::configure_memory(memory, address);
        assert_eq!(session.status(command), Status::INVALID_ARGUMENT);
    }
}

/// NXP's loader keeps half of the old map.
#[test]
fn failed_configure_leaves_flash_unconfigured() {
    let mut session = Session::configured();
    session.board.chip.mode = Mode::Absent;
    assert_eq!(session.configure(0xC000_0007), Status::NOR_SFDP_NOT_FOUND);
    let attributes = session.property(Property::EXTERNAL_MEMORY_ATTRIBUTES.0, 9);
    assert_eq!(attributes, Err(Status::MEMORY_NOT_CONFIGURED));
}

#[test]
fn call_and_execute_take_thumb_code_in_memory_only() {
    let mut session = Session::new();
    for address in [0, 1, RAM, FLASH + 0x2001, 0x1000_0001, u32::MAX] {
        assert_eq!(
            session.status(Command::call(address, 0)),
            Status::INVALID_ARGUMENT
        );
        assert_eq!(
            session.status(Command::execute(address, 0, 0)),
            Status::INVALID_ARGUMENT
        );
    }
    for stack in [0x2000_0000, 0x2001_0004, FLASH] {
        assert_eq!(
            session.status(Command::execute(RAM | 1, 0, stack)),
            Status::INVALID_ARGUMENT
        );
    }
    assert!(session.board.acts.is_empty());
    assert_eq!(session.status(Command::call(RAM | 1, 5)), Status(5));
    session.configure(0xC000_0007);
    assert_eq!(
        session.status(Command::execute(FLASH + 0x2001, 1, 0x2001_0000)),
        Status::SUCCESS
    );
    assert_eq!(
        session.board.acts,
        [
            Act::Called(RAM | 1, 5),
            Act::Executed(FLASH + 0x2001, 1, 0x2001_0000)
        ]
    );
}

#[test]
fn reset_is_answered_first() {
    let mut session = Session::configured();
    assert_eq!(session.status(Command::reset()), Status::SUCCESS);
    assert_eq!(session.board.acts, [Act::Reset]);
}

#[test]
fn fuses_are_read_in_whole_words() {
    let mut session = Session::new();
    let mut read = |index, count| {
        let answers = session.command(Command::flash_read_once(index, count));
        Response::parse(&answers[0].1).unwrap()
    };
    assert_eq!(read(1, 4), Response::flash_read_once(Ok(0x1001)));
    for (index, count) in [(64, 4), (1, 8)] {
        let refused = Response::flash_read_once(Err(Status::INVALID_ARGUMENT));
        assert_eq!(read(index, count), refused);
    }
}

#[test]
fn what_is_no_command_is_dropped() {
    let mut session = Session::new();
    let question = Command::get_property(1, 0).to_bytes();
    for (id, payload) in [
        (1, &[][..]),
        (2, &question[..]),
        (3, &question[..]),
        (0, &question[..]),
    ] {
        assert_eq!(session.exchange(&[(id, payload)]), []);
    }
}

#[test]
fn any_bytes_as_a_command_get_at_most_one_answer() {
    let mut seed = 1_u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    let mut session = Session::configured();
    for _ in 0..2000 {
        let mut bytes: Vec<u8> = (0..usize::from(random() % 40)).map(|_| random()).collect();
        if let Some(tag) = bytes.first_mut() {
            *tag %= 0x20;
            if matches!(*tag, 3 | 4) {
                continue; // they have a data phase
            }
        }
        assert!(session.exchange(&[(1, &bytes)]).len() <= 1, "{bytes:02x?}");
    }
}
