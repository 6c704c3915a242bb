//! rtboot's own commands against a board in memory.

mod session;

use loader_codec::Crc32;
use loader_nor::Rescue;
use loader_proto::{FEATURES, PAYLOAD, VERSION};
use rtboot_wire::loader::stream::{Action, Head, Program};
use rtboot_wire::loader::{self, Failure, Features, Fetch, FlashCommand, HashKind, Rung};
use rtboot_wire::mboot::{Command, Response, Status, Tag};
use session::*;

impl Session {
    /// The data of a command that sends some, or the status that refused it.
    fn data(&mut self, command: Command) -> Result<Vec<u8>, Status> {
        let mut answers = self.command(command);
        let (3, last) = answers.pop().expect("an answer") else {
            panic!("no response at the end");
        };
        let last = Response::parse(&last).expect("a response");
        assert!(last.is_generic() && last.answers(command.tag));
        if answers.is_empty() {
            assert_ne!(last.status(), Status::SUCCESS);
            return Err(last.status());
        }
        let first = Response::parse(&answers.remove(0).1).expect("a response");
        assert_eq!(first.tag, Tag::LOADER_DATA_RESPONSE);
        let announced = first.values()[0] as usize;
        let mut data = Vec::new();
        for (id, payload) in answers {
            assert_eq!(id, 4);
            assert!(payload.len() <= PAYLOAD);
            data.extend(payload);
        }
        match last.status() {
            Status::SUCCESS => {
                assert_eq!(data.len(), announced);
                Ok(data)
            }
            status => Err(status),
        }
    }

    fn fetch(&mut self, what: Fetch) -> Result<Vec<u8>, Status> {
        self.data(loader::fetch(what, 0, 4096))
    }
}

fn own_property(session: &mut Session, property: rtboot_wire::mboot::Property) -> Vec<u32> {
    session.property(property.0, 0).expect("a property")
}

#[test]
fn properties_tell_loader_entry_and_memories() {
    let mut session = Session::new();
    let identity = own_property(&mut session, loader::IDENTITY);
    assert_eq!(identity[0].to_le_bytes(), *b"rtbl");
    assert_eq!(
        identity[1..],
        [1, VERSION.0, FEATURES.with(Features::BULK).0, 512]
    );
    assert_eq!(
        own_property(&mut session, loader::CLOCKS),
        [396_000_000, 0, 0]
    );
    let entry = own_property(&mut session, loader::ENTRY);
    assert_eq!(entry, [0x80, 1 << 24, 11, 5, 0x77, 4]);
    let memories = own_property(&mut session, loader::MEMORIES);
    assert_eq!(memories, [0x1_0000, 0x1_0000, 0x2_0000]);
    assert_eq!(own_property(&mut session, loader::FLASH), [0, 0, 0, 0]);
}

#[test]
fn flash_property_is_filled_by_configuration() {
    let mut session = Session::configured();
    let flash = own_property(&mut session, loader::FLASH);
    assert_eq!(flash, [0x17_609D, 0, 8 << 20, 132_923_000]);
    let clocks = own_property(&mut session, loader::CLOCKS);
    assert_eq!(clocks[1], 132_923_000);
}

#[test]
fn flash_property_names_the_rung() {
    let mut chip = Chip::issi();
    chip.mode = Mode::PowerDown;
    let mut session = Session::with(chip);
    session.fetch(Fetch::JedecId).expect("an id");
    let flash = own_property(&mut session, loader::FLASH);
    assert_eq!(flash, [0x17_609D, Rung::Released as u32, 0, 0]);
}

#[test]
fn rungs_have_the_numbers_of_the_protocol() {
    for (rescue, rung) in [
        (Rescue::NotNeeded, Rung::None),
        (Rescue::Waiting, Rung::Waited),
        (Rescue::PowerDown, Rung::Released),
        (Rescue::Busy, Rung::Busy),
        (Rescue::OnesOnOnePad, Rung::ContinuousRead),
        (Rescue::OnesOnFourPads, Rung::ContinuousQuad),
        (Rescue::QpiFf, Rung::QpiFf),
        (Rescue::QpiF5, Rung::QpiF5),
        (Rescue::Reset, Rung::Reset),
        (Rescue::QpiReset, Rung::ResetQuad),
        (Rescue::ResetF0, Rung::ResetF0),
        (Rescue::Failed, Rung::Silent),
    ] {
        assert_eq!(rescue as u32, rung as u32, "{rescue:?}");
    }
}

#[test]
fn id_sfdp_and_registers_come_without_configuration() {
    let mut session = Session::new();
    let id = session.fetch(Fetch::JedecId).unwrap();
    assert_eq!((id.len(), &id[..3]), (8, &[0x9D, 0x60, 0x17][..]));
    let sfdp = session.data(loader::fetch(Fetch::Sfdp, 0x30, 64)).unwrap();
    assert_eq!(sfdp, session.board.chip.sfdp[0x30..0x70]);
    session.board.chip.status[0] = 0x1C;
    let registers = session.fetch(Fetch::Registers).unwrap();
    assert_eq!(registers[..8], [0x05, 1, 0, 0, 0x1C, 0, 0, 0]);
    assert_eq!(session.board.chip.count("35"), 0, "35h enters QPI");
    assert_eq!(
        session.status(Command::flash_erase_region(FLASH, 4096, 9)),
        Status::MEMORY_NOT_CONFIGURED
    );
}

#[test]
fn configured_flash_can_be_inspected_and_read_afterwards() {
    let mut session = Session::with(Chip::winbond());
    session.board.chip.memory[..4].copy_from_slice(b"abcd");
    assert_eq!(session.configure(0xC000_0007), Status::SUCCESS);
    let registers = session.fetch(Fetch::Registers).unwrap();
    assert_eq!(registers[8..16], [0x35, 1, 0, 0, 0x02, 0, 0, 0]);
    let read = session.read(FLASH, 4);
    assert_eq!(read[1], (4, b"abcd".to_vec()));
}

#[test]
fn missing_flash_answers_59000() {
    let mut chip = Chip::issi();
    chip.mode = Mode::Absent;
    let mut session = Session::with(chip);
    for what in [Fetch::JedecId, Fetch::Sfdp, Fetch::Registers] {
        assert_eq!(session.fetch(what), Err(Status::LOADER_NO_FLASH));
    }
}

#[test]
fn fetch_gives_what_there_is() {
    let mut session = Session::new();
    let place = (0x2020_8040_u32 - 0x2020_0000) as usize;
    session.board.ram[2][place..place + 512].copy_from_slice(&pattern(512));
    assert_eq!(session.fetch(Fetch::Snapshot).unwrap(), pattern(512));
    let tail = session.data(loader::fetch(Fetch::Snapshot, 500, 100));
    assert_eq!(tail.unwrap(), pattern(512)[500..]);
    let behind = session.data(loader::fetch(Fetch::JedecId, 8, 8));
    assert_eq!(behind, Ok(vec![]));
    let part = session.data(loader::fetch(Fetch::JedecId, 1, 2));
    assert_eq!(part, Ok(vec![0x60, 0x17]));
    let unknown = Command::raw(Tag::LOADER_FETCH, false, &[9, 0, 8]).unwrap();
    assert_eq!(session.data(unknown), Err(Status::INVALID_ARGUMENT));
}

#[test]
fn failure_tells_place_and_bytes_of_a_worn_cell() {
    let mut session = Session::configured();
    session.board.chip.worn.push(0x2345);
    let erase = Command::flash_erase_region(FLASH, 0x4000, 9);
    assert_eq!(session.status(erase), Status::NOR_COMMAND_FAILURE);
    let failure = Failure::parse(&session.fetch(Fetch::Failure).unwrap()).unwrap();
    assert_eq!(failure.status, Status::NOR_COMMAND_FAILURE);
    assert_eq!(failure.address, FLASH + 0x2345);
    assert_eq!((failure.expected, failure.found), (0xFF, 0xFE));
    assert_eq!(failure.flash_status, 0x40);
    session.board.chip.worn.clear();
    assert_eq!(session.status(erase), Status::SUCCESS);
    assert_eq!(session.fetch(Fetch::Failure).unwrap(), [0; 24]);
}

#[test]
fn raw_reads_are_played_as_they_are_given() {
    let mut session = Session::configured();
    let id = session.data(FlashCommand::reading(0x9F, 3).to_command());
    assert_eq!(id, Ok(vec![0x9D, 0x60, 0x17]));
    let sfdp = FlashCommand {
        address: Some((0x30, 3)),
        dummy_clocks: 8,
        ..FlashCommand::reading(0x5A, 16)
    };
    let sfdp = session.data(sfdp.to_command()).unwrap();
    assert_eq!(sfdp, session.board.chip.sfdp[0x30..0x40]);
    assert_eq!(session.board.chip.log.last().unwrap(), "5a 1 000030");
}

#[test]
fn raw_commands_that_change_need_their_bit() {
    let mut session = Session::configured();
    let status = FlashCommand {
        sent: [0x5C, 0, 0, 0],
        sent_bytes: 1,
        write_enable: true,
        wait: true,
        ..FlashCommand::reading(0x01, 0)
    };
    let before = session.board.chip.status;
    for forbidden in [
        status,
        FlashCommand::reading(0x60, 0),
        FlashCommand::reading(0x35, 1),
        FlashCommand {
            write_enable: true,
            ..FlashCommand::reading(0x05, 1)
        },
    ] {
        let refused = session.data(forbidden.to_command());
        assert_eq!(refused, Err(Status::LOADER_FORBIDDEN), "{forbidden:?}");
    }
    assert_eq!(session.board.chip.status, before);
    let allowed = FlashCommand {
        changes: true,
        ..status
    };
    assert_eq!(session.data(allowed.to_command()), Ok(vec![]));
    assert_eq!(session.board.chip.status[0], 0x5C);
}

#[test]
fn raw_command_that_both_sends_and_receives_is_refused() {
    let mut session = Session::configured();
    let both = FlashCommand {
        sent_bytes: 1,
        changes: true,
        ..FlashCommand::reading(0x01, 1)
    };
    let refused = session.data(both.to_command());
    assert_eq!(refused, Err(Status::INVALID_ARGUMENT));
}

// vectors: FIPS 180-2 appendix B and the check value of CRC-32/ISO-HDLC
#[test]
fn hashes_have_the_published_values() {
    let mut session = Session::configured();
    session.board.chip.memory[0x1000..0x1009].copy_from_slice(b"123456789");
    let crc = loader::hash(HashKind::Crc32, FLASH + 0x1000, 9, 0);
    assert_eq!(session.data(crc).unwrap(), 0xCBF4_3926_u32.to_le_bytes());
    let at = (RAM - 0x2020_0000) as usize;
    session.board.ram[2][at..at + 3].copy_from_slice(b"abc");
    let sha = session
        .data(loader::hash(HashKind::Sha256, RAM, 3, 0))
        .unwrap();
    assert_eq!(sha.len(), 32);
    assert_eq!(sha[..4], [0xBA, 0x78, 0x16, 0xBF]);
    assert_eq!(sha[28..], [0xF2, 0x00, 0x15, 0xAD]);
    let nothing = session
        .data(loader::hash(HashKind::Sha256, RAM, 0, 0))
        .unwrap();
    assert_eq!(nothing[..4], [0xE3, 0xB0, 0xC4, 0x42]);
}

#[test]
fn hashes_are_made_unit_by_unit() {
    let mut session = Session::configured();
    let length = 300 * 4096 + 100;
    session.board.chip.memory[..length].copy_from_slice(&pattern(length));
    for kind in [HashKind::Crc32, HashKind::Sha256] {
        let bytes = kind.bytes() as usize;
        let all = session
            .data(loader::hash(kind, FLASH, length as u32, 4096))
            .unwrap();
        assert_eq!(all.len(), 301 * bytes);
        for number in [0, 7, 299, 300] {
            let at = FLASH + 4096 * number as u32;
            let size = if number == 300 { 100 } else { 4096 };
            let one = session.data(loader::hash(kind, at, size, 0)).unwrap();
            assert_eq!(all[number * bytes..][..bytes], one);
        }
    }
}

#[test]
fn hash_of_what_is_not_there_is_refused() {
    let mut session = Session::new();
    let outside = loader::hash(HashKind::Crc32, 0x3000_0000, 4, 0);
    assert_eq!(session.data(outside), Err(Status::MEMORY_RANGE_INVALID));
    let flash = loader::hash(HashKind::Crc32, FLASH, 4, 0);
    assert_eq!(session.data(flash), Err(Status::MEMORY_NOT_CONFIGURED));
    session.configure(0xC000_0007);
    let beyond = loader::hash(HashKind::Crc32, FLASH + (8 << 20) - 4, 8, 0);
    assert_eq!(session.data(beyond), Err(Status::MEMORY_RANGE_INVALID));
    let unknown = Command::raw(Tag::LOADER_HASH, false, &[2, FLASH, 4, 0]).unwrap();
    assert_eq!(session.data(unknown), Err(Status::INVALID_ARGUMENT));
}

#[test]
fn empty_command_ends_a_hash() {
    let mut session = Session::configured();
    let command = loader::hash(HashKind::Crc32, FLASH, 1 << 20, 4096).to_bytes();
    let answers = session.exchange(&[(1, &command), (1, &[])]);
    assert_eq!(answers[1], (4, vec![]));
    let aborted = generic(Status::DATA_PHASE_ABORTED, Tag::LOADER_HASH);
    assert_eq!(answers[2..], [aborted]);
}

#[test]
fn commands_without_feature_bit_are_unknown() {
    let mut session = Session::configured();
    for (bit, tag) in [
        (1, Tag::LOADER_READ_BY_FCB),
        (3, Tag::LOADER_STREAM),
        (4, Tag::LOADER_PROTECT),
        (5, Tag::LOADER_START),
        (6, Tag::LOADER_SET_BAUD),
    ] {
        let command = Command::raw(tag, false, &[0, 0, 0]).unwrap();
        let answers = session.command(command);
        let unknown = answers.contains(&generic(Status::UNKNOWN_COMMAND, tag));
        assert_eq!(unknown, FEATURES.0 >> bit & 1 == 0, "{tag}");
    }
}

/// Bytes of a record.
fn record(address: u32, action: Action, body: &[u8]) -> Vec<u8> {
    let mut bytes = Head { address, action }.to_bytes().to_vec();
    bytes.extend(body);
    bytes
}

fn erase(address: u32, length: u32) -> Vec<u8> {
    record(address, Action::Erase(length), &[])
}

fn program(address: u32, data: &[u8], lz4: bool) -> Vec<u8> {
    let body = if lz4 {
        lz4_flex::block::compress(data)
    } else {
        data.to_vec()
    };
    let mut crc = Crc32::new();
    crc.update(data);
    let program = Program {
        length: data.len() as u32,
        packed: body.len() as u16,
        lz4,
        crc: crc.finish(),
    };
    record(address, Action::Program(program), &body)
}

impl Session {
    /// Sends a stream in reports of this size; the final status, and what was kept of a failure.
    fn stream(&mut self, records: &[Vec<u8>], chunk: usize) -> (Status, Failure) {
        self.stream_with(records, chunk, 0)
    }

    fn stream_with(
        &mut self,
        records: &[Vec<u8>],
        chunk: usize,
        options: u32,
    ) -> (Status, Failure) {
        let bytes = records.concat();
        let command = loader::stream(bytes.len() as u32, options).to_bytes();
        let mut reports: Vec<(u8, &[u8])> = vec![(1, &command)];
        reports.extend(bytes.chunks(chunk).map(|chunk| (2, chunk)));
        let answers = self.exchange(&reports);
        assert_eq!(answers[0], generic(Status::SUCCESS, Tag::LOADER_STREAM));
        assert_eq!(answers.len(), 2, "one final response");
        let last = Response::parse(&answers[1].1).unwrap();
        assert!(last.answers(Tag::LOADER_STREAM));
        let failure = Failure::parse(&self.fetch(Fetch::Failure).unwrap()).unwrap();
        (last.status(), failure)
    }

    fn good_stream(&mut self, records: &[Vec<u8>], chunk: usize) {
        assert_eq!(self.stream(records, chunk).0, Status::SUCCESS);
    }
}

#[test]
fn stream_erases_and_programs_whatever_the_size_of_reports() {
    for chunk in [7, 16, 300, 1016] {
        let mut session = Session::configured();
        session.board.chip.memory[..0x2_0000].fill(0x11);
        let data = pattern(3 * 4096 + 700);
        let mut records = vec![erase(FLASH, 0x1_0000), erase(FLASH + 0x1_0000, 0x1000)];
        for (i, piece) in data.chunks(4096).enumerate() {
            records.push(program(FLASH + 4096 * i as u32, piece, i % 2 == 0));
        }
        session.good_stream(&records, chunk);
        assert_eq!(&session.flash()[..data.len()], &data[..], "{chunk}");
        assert!(
            session.flash()[data.len()..0x1_1000]
                .iter()
                .all(|b| *b == 0xFF)
        );
        assert!(
            session.flash()[0x1_1000..0x2_0000]
                .iter()
                .all(|b| *b == 0x11)
        );
        assert_eq!(session.board.chip.count("d8"), 1);
        assert_eq!(session.board.chip.count("20"), 1);
    }
}

#[test]
fn stream_that_is_not_read_back_programs_the_same() {
    let data = pattern(2 * 4096 + 700);
    for chunk in [7, 300, 1016] {
        let mut session = Session::configured();
        session.board.chip.memory[0x8000..0x9000].fill(0x11);
        let mut records: Vec<_> = (FLASH..)
            .step_by(4096)
            .zip(data.chunks(4096))
            .map(|(address, piece)| program(address, piece, chunk == 300))
            .collect();
        // an erase waits for the page before it
        records.push(erase(FLASH + 0x8000, 0x1000));
        let (status, failure) = session.stream_with(&records, chunk, 1);
        assert_eq!((status, failure.status), (Status::SUCCESS, Status::SUCCESS));
        assert_eq!(&session.flash()[..data.len()], &data[..], "{chunk}");
        assert!(session.flash()[0x8000..0x9000].iter().all(|b| *b == 0xFF));
    }
    // what flash holds is the host's to see
    let mut session = Session::configured();
    session.board.chip.memory[0x800] = 0;
    let records = [program(FLASH, &data[..4096], false)];
    assert_eq!(session.stream_with(&records, 1016, 1).0, Status::SUCCESS);
    assert_eq!(session.flash()[0x800], 0);
    assert_eq!(
        session.stream(&records, 1016).0,
        Status::LOADER_NOT_PROGRAMMED
    );
}

#[test]
fn stream_over_the_whole_flash_erases_it_at_once() {
    let mut session = Session::configured();
    session.board.chip.memory.fill(0);
    session.good_stream(&[erase(FLASH, 8 << 20)], 1016);
    assert_eq!(session.board.chip.count("60"), 1);
    assert!(session.flash().iter().all(|byte| *byte == 0xFF));
}

#[test]
fn stream_stops_at_the_first_record_that_fails() {
    let mut session = Session::configured();
    let data = pattern(4096);
    session.board.chip.memory[0x1800] = 0;
    let records = [
        program(FLASH, &data, false),
        program(FLASH + 0x1000, &data, true),
        program(FLASH + 0x2000, &data, false),
    ];
    let (status, failure) = session.stream(&records, 1016);
    assert_eq!(status, Status::LOADER_NOT_PROGRAMMED);
    assert_eq!((failure.status, failure.record), (status, 1));
    assert_eq!(failure.address, FLASH + 0x1800);
    assert_eq!((failure.expected, failure.found), (data[0x800], 0));
    assert_eq!(&session.flash()[..4096], &data[..]);
    assert!(session.flash()[0x2000..0x3000].iter().all(|b| *b == 0xFF));
    session.good_stream(&[erase(FLASH, 0x2000), program(FLASH, &data, true)], 1016);
    assert_eq!(session.fetch(Fetch::Failure).unwrap(), [0; 24]);
}

#[test]
fn worn_cell_fails_the_erase_of_a_stream() {
    let mut session = Session::configured();
    session.board.chip.worn.push(0x3210);
    let (status, failure) = session.stream(&[erase(FLASH, 0x4000)], 1016);
    assert_eq!(status, Status::LOADER_NOT_ERASED);
    assert_eq!(failure.address, FLASH + 0x3210);
    assert_eq!((failure.expected, failure.found), (0xFF, 0xFE));
}

#[test]
fn damaged_record_programs_nothing() {
    let data = pattern(4096);
    for lz4 in [false, true] {
        let good = program(FLASH, &data, lz4);
        for at in [12, 16, good.len() / 2] {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            let mut session = Session::configured();
            let (status, failure) = session.stream(&[bad], 1016);
            assert_eq!(status, Status::LOADER_BAD_DATA, "{lz4} {at}");
            assert_eq!(failure.address, FLASH);
            assert_eq!(session.board.chip.count("02"), 0);
        }
    }
}

#[test]
fn records_that_cannot_be_are_refused() {
    let data = pattern(256);
    let mut unknown = erase(FLASH, 4096);
    unknown[0] = 9;
    for (bad, status) in [
        (unknown, Status::LOADER_BAD_RECORD),
        (erase(FLASH + 0x100, 4096), Status::LOADER_BAD_RECORD),
        (erase(FLASH, 4097), Status::LOADER_BAD_RECORD),
        (program(FLASH + 1, &data, false), Status::LOADER_BAD_RECORD),
        (program(RAM, &data, false), Status::MEMORY_RANGE_INVALID),
        (erase(FLASH + (8 << 20), 4096), Status::MEMORY_RANGE_INVALID),
        (
            program(FLASH, &data, false)[..200].to_vec(),
            Status::LOADER_BAD_RECORD,
        ),
        (erase(FLASH, 4096)[..9].to_vec(), Status::LOADER_BAD_RECORD),
    ] {
        let mut session = Session::configured();
        let (found, failure) = session.stream(&[bad], 1016);
        assert_eq!((found, failure.status), (status, status));
        assert_eq!(session.board.chip.count("06"), 1, "only quad enable");
    }
}

#[test]
fn stream_is_refused_before_its_data() {
    let mut session = Session::new();
    let status = session.status(loader::stream(16, 0));
    assert_eq!(status, Status::MEMORY_NOT_CONFIGURED);
    session.configure(0xC000_0007);
    let options = Command::raw(Tag::LOADER_STREAM, true, &[16, 2]).unwrap();
    assert_eq!(session.status(options), Status::INVALID_ARGUMENT);
    assert_eq!(
        session.status(Command::raw(Tag::LOADER_FETCH, false, &[9]).unwrap()),
        Status::INVALID_ARGUMENT
    );
}

#[test]
fn host_ends_or_replaces_a_stream() {
    let mut session = Session::configured();
    let bytes = program(FLASH, &pattern(256), false);
    let command = loader::stream(bytes.len() as u32, 0).to_bytes();
    let property = Command::get_property(1, 0).to_bytes();
    let first = generic(Status::SUCCESS, Tag::LOADER_STREAM);
    let aborted = generic(Status::DATA_PHASE_ABORTED, Tag::LOADER_STREAM);
    let answers = session.exchange(&[(1, &command), (2, &bytes[..100]), (2, &[])]);
    assert_eq!(answers, [first.clone(), aborted]);
    let answers = session.exchange(&[(1, &command), (2, &bytes[..100]), (1, &property)]);
    assert_eq!(answers[0], first);
    assert_eq!(answers[1].1[0], Tag::GET_PROPERTY_RESPONSE.0);
    assert_eq!(session.board.chip.count("02"), 0);
}

/// Puts an image into flash: an FCB of NXP's kind, an IVT and the head of a vector table.
fn install(session: &mut Session, entry: u32, dcd: u32, start: u32) {
    assert_eq!(session.configure(0xC000_0007), Status::SUCCESS);
    session.configure(0xF000_000F);
    let words = [
        0x4120_00D1,
        entry,
        0,
        dcd,
        FLASH + 0x1020,
        FLASH + 0x1000,
        0,
        0,
        start,
        0x4000,
        0,
    ];
    let table = [0x2000_8000, FLASH + 0x2101];
    let memory = &mut session.board.chip.memory;
    for (at, words) in [(0x1000, &words[..]), (0x2000, &table[..])] {
        for (i, word) in words.iter().enumerate() {
            memory[at + 4 * i..][..4].copy_from_slice(&u32::to_le_bytes(*word));
        }
    }
}

#[test]
fn application_starts_by_its_vector_table() {
    let mut session = Session::new();
    install(&mut session, FLASH + 0x2000, 0, FLASH);
    assert_eq!(session.status(loader::start(FLASH)), Status::SUCCESS);
    let started = Act::Started(FLASH + 0x2000, 0x2000_8000, FLASH + 0x2101);
    assert_eq!(session.board.acts, [started]);
}

#[test]
fn application_starts_at_code() {
    let mut session = Session::new();
    install(&mut session, FLASH + 0x2345, 0, FLASH);
    assert_eq!(session.status(loader::start(FLASH)), Status::SUCCESS);
    assert_eq!(session.board.acts, [Act::Started(0, 0, FLASH + 0x2345)]);
}

#[test]
fn what_is_no_application_is_not_started() {
    let entry = FLASH + 0x2000;
    for (entry, dcd, start, status) in [
        (entry, FLASH + 0x1100, FLASH, Status::LOADER_DCD_REFUSED),
        (entry, 0, 0x2020_0000, Status::LOADER_NOT_AN_IMAGE),
        (FLASH + 0x3000, 0, FLASH, Status::LOADER_NOT_AN_IMAGE),
        (0x2000, 0, FLASH, Status::LOADER_NOT_AN_IMAGE),
    ] {
        let mut session = Session::new();
        install(&mut session, entry, dcd, start);
        assert_eq!(session.status(loader::start(FLASH)), status);
        assert_eq!(session.board.acts, []);
    }
    let mut session = Session::new();
    let blank = session.status(loader::start(FLASH));
    assert_eq!(blank, Status::LOADER_NOT_AN_IMAGE);
    let elsewhere = session.status(loader::start(FLASH + 0x1000));
    assert_eq!(elsewhere, Status::MEMORY_RANGE_INVALID);
}

#[test]
fn closed_part_starts_nothing() {
    let mut session = Session::new();
    install(&mut session, FLASH + 0x2000, 0, FLASH);
    session.board.closed = true;
    let refused = session.status(loader::start(FLASH));
    assert_eq!(refused, Status::LOADER_FORBIDDEN);
    assert_eq!(session.board.acts, []);
}

#[test]
fn protection_is_set_and_cleared_and_quad_enable_stays() {
    for (chip, all, none) in [
        (Chip::issi(), [0x7C, 0], [0x40, 0]),
        (Chip::winbond(), [0x1C, 2], [0, 2]),
    ] {
        let mut session = Session::with(chip);
        session.configure(0xC000_0007);
        assert_eq!(session.status(loader::protect(true)), Status::SUCCESS);
        assert_eq!(session.board.chip.status, all);
        assert_eq!(session.status(loader::protect(false)), Status::SUCCESS);
        assert_eq!(session.board.chip.status, none);
    }
}

#[test]
fn parts_above_16_mib_have_one_block_protect_bit_more() {
    let mut chip = Chip::winbond();
    chip.id[2] = 0x19;
    chip.status = [0x24, 2];
    let mut session = Session::with(chip);
    assert_eq!(session.status(loader::protect(false)), Status::SUCCESS);
    assert_eq!(session.board.chip.status, [0, 2]);
    assert_eq!(session.status(loader::protect(true)), Status::SUCCESS);
    assert_eq!(session.board.chip.status, [0x3C, 2]);
}

#[test]
fn protection_by_the_complement_bit_is_cleared() {
    let mut chip = Chip::winbond();
    chip.status = [0, 0x42];
    let mut session = Session::with(chip);
    assert_eq!(session.status(loader::protect(false)), Status::SUCCESS);
    assert_eq!(session.board.chip.status, [0, 2]);
    assert_eq!(session.status(loader::protect(false)), Status::SUCCESS);
    assert_eq!(session.board.chip.count("01"), 1, "nothing to change");
}

#[test]
fn registers_that_keep_their_values_are_locked() {
    let mut chip = Chip::issi();
    chip.status[0] = 0x1C;
    chip.locked = true;
    let mut session = Session::with(chip);
    let status = session.status(loader::protect(false));
    assert_eq!(status, Status::LOADER_LOCKED);
    let unknown = Command::raw(Tag::LOADER_PROTECT, false, &[2]).unwrap();
    assert_eq!(session.status(unknown), Status::INVALID_ARGUMENT);
}

#[test]
fn flash_is_read_by_another_fcb_and_the_configuration_comes_back() {
    let mut session = Session::configured();
    session.board.chip.memory[0x5000..0x6000].copy_from_slice(&pattern(4096));
    session.configure(0xF000_000F);
    let mut fcb = session.flash()[..512].to_vec();
    fcb[0x46] = 1;
    session.write(RAM, &fcb, PAYLOAD);
    let before = session.board.chip.setup;
    let read = loader::read_by_fcb(RAM, FLASH + 0x5000, 4096);
    assert_eq!(session.data(read).unwrap(), pattern(4096));
    assert_eq!(session.board.chip.setup, before, "set up as before");
    assert_eq!(
        own_property(&mut session, loader::FLASH)[3],
        132_923_000,
        "the clock of before"
    );
    assert_eq!(session.read(FLASH + 0x5000, 16)[1].1, pattern(16));
}

#[test]
fn fcb_that_cannot_be_served_is_refused() {
    let mut session = Session::configured();
    let nonsense = loader::read_by_fcb(RAM, FLASH, 16);
    assert_eq!(session.data(nonsense), Err(Status::INVALID_ARGUMENT));
    assert_eq!(session.read(FLASH, 4)[1].1, [0xFF; 4]);
    session.configure(0xF000_000F);
    let fcb = session.flash()[..512].to_vec();
    session.write(RAM, &fcb, PAYLOAD);
    let beyond = loader::read_by_fcb(RAM, FLASH + (8 << 20) - 8, 16);
    assert_eq!(session.data(beyond), Err(Status::MEMORY_RANGE_INVALID));
}
