//! What differs between the builds: USB or UART, open or restricted.

mod session;

use loader_proto::{Build, FEATURES, MAILBOX, PAYLOAD};
use rtboot_wire::loader::{self, Features, HashKind};
use rtboot_wire::mboot::{Command, Property, Status, Tag};

use session::{Act, FLASH, RAM, Session, generic, pattern};

const UART: Build = Build {
    uart: true,
    restricted: false,
};
const RESTRICTED: Build = Build {
    uart: false,
    restricted: true,
};

fn word(session: &mut Session, property: Property, at: usize) -> u32 {
    session.property(property.0, 0).expect("it exists")[at]
}

#[test]
fn properties_name_the_connection() {
    let mut usb = Session::new();
    assert_eq!(word(&mut usb, Property::AVAILABLE_PERIPHERALS, 0), 1 << 4);
    assert_eq!(word(&mut usb, Property::MAX_PACKET_SIZE, 0), 1016);
    assert_eq!(word(&mut usb, loader::CLOCKS, 2), 0);
    let mut uart = Session::of_build(UART);
    assert_eq!(word(&mut uart, Property::AVAILABLE_PERIPHERALS, 0), 1);
    assert_eq!(word(&mut uart, Property::MAX_PACKET_SIZE, 0), 1024);
    assert_eq!(word(&mut uart, loader::CLOCKS, 2), 24_000_000);
    let features = FEATURES.with(Features::BAUD);
    assert_eq!(word(&mut uart, loader::IDENTITY, 3), features.0);
}

#[test]
fn speed_changes_after_the_answer_on_a_uart_only() {
    let mut usb = Session::new();
    assert_eq!(
        usb.status(loader::set_baud(921_600)),
        Status::UNKNOWN_COMMAND
    );
    let mut uart = Session::of_build(UART);
    assert_eq!(uart.status(loader::set_baud(921_600)), Status::SUCCESS);
    assert_eq!(uart.board.acts, [Act::Speed(921_600)]);
    assert_eq!(
        uart.status(loader::set_baud(9_000_000)),
        Status::LOADER_NO_SUCH_BAUD
    );
    assert_eq!(uart.board.acts.len(), 1);
}

#[test]
fn frames_of_a_uart_carry_1024_bytes() {
    let mut uart = Session::of_build(UART);
    let lengths: Vec<usize> = uart
        .read(RAM, 2500)
        .iter()
        .filter(|(id, _)| *id == 4)
        .map(|(_, data)| data.len())
        .collect();
    assert_eq!(lengths, [1024, 1024, 452]);
}

#[test]
fn restricted_build_keeps_ram_to_itself() {
    let mut session = Session::of_build(RESTRICTED);
    let secret = 0x2000_0000;
    session.board.place(secret, 4).copy_from_slice(b"keys");
    let refused = |tag| generic(Status::MEMORY_RANGE_INVALID, tag);
    for address in [
        secret,
        0,
        MAILBOX.start - 4,
        MAILBOX.start + 0x3FE,
        0x2020_8000,
    ] {
        let answers = session.read(address, 4);
        assert_eq!(answers[1..], [(4, vec![]), refused(Tag::READ_MEMORY)]);
        assert_eq!(
            session.write(address, &[0xA5; 4], PAYLOAD),
            [refused(Tag::WRITE_MEMORY)]
        );
        assert_eq!(
            session.status(Command::fill_memory(address, 4, 0)),
            Status::MEMORY_RANGE_INVALID
        );
        assert_eq!(
            session.status(loader::hash(HashKind::Sha256, address, 4, 0)),
            Status::MEMORY_RANGE_INVALID
        );
    }
    assert_eq!(session.board.place(secret, 4), b"keys");
}

#[test]
fn restricted_build_starts_nothing_and_tells_no_fuses() {
    let mut session = Session::of_build(RESTRICTED);
    for command in [
        Command::execute(RAM | 1, 0, 0),
        Command::call(RAM | 1, 0),
        Command::flash_read_once(0x28, 4),
    ] {
        assert_eq!(session.status(command), Status::SECURITY_VIOLATION);
    }
    assert!(session.board.acts.is_empty());
    let commands = word(&mut session, Property::AVAILABLE_COMMANDS, 0);
    for tag in [Tag::EXECUTE, Tag::CALL, Tag::FLASH_READ_ONCE] {
        assert_eq!(commands >> (tag.0 - 1) & 1, 0, "{tag:?}");
    }
    let features = FEATURES.with(Features::BULK).with(Features::RESTRICTED);
    assert_eq!(word(&mut session, loader::IDENTITY, 3), features.0);
}

#[test]
fn restricted_build_does_the_whole_job() {
    let mut session = Session::of_build(RESTRICTED);
    assert_eq!(MAILBOX.start, RAM);
    assert_eq!(session.configure(0xC000_0007), Status::SUCCESS);
    let data = pattern(5000);
    assert_eq!(
        session.status(Command::flash_erase_region(FLASH, 0x2000, 9)),
        Status::SUCCESS
    );
    assert_eq!(
        session.write(FLASH, &data, PAYLOAD),
        [generic(Status::SUCCESS, Tag::WRITE_MEMORY)]
    );
    assert_eq!(&session.flash()[..5000], data);
    let read: Vec<u8> = session.read(FLASH, 5000)[1..]
        .iter()
        .filter(|(id, _)| *id == 4)
        .flat_map(|(_, data)| data.clone())
        .collect();
    assert_eq!(read, data);
}
