//! What the ROM refuses: the word 0x89232389 in the place of data, of a status, or of the HAB state.

use super::*;

const WORD: [u8; 4] = [0x89, 0x23, 0x23, 0x89];
const HAB: [u8; 4] = [0x56, 0x78, 0x78, 0x56];

fn refused(command: Tag) -> Error {
    Error::Refused {
        command,
        status: Status::REFUSED_89,
    }
}

/// A ROM on a UART that answers the first writes with these bytes.
fn uart(answers: &[&[u8]]) -> Client<UartLink<FakeSerial>> {
    Client::new(UartLink::new(FakeSerial::script(answers)))
}

/// Accesses as real boards refused them, and the shortest ones.
const READS: [(Width, u32); 8] = [
    (Width::Byte, 1),
    (Width::Byte, 3),
    (Width::Half, 2),
    (Width::Word, 4),
    (Width::Byte, 4),
    (Width::Byte, 8),
    (Width::Word, 64),
    (Width::Word, 4096),
];

#[test]
fn refused_read_is_no_value_over_usb() {
    for (width, count) in READS {
        let mut stale = status(0x8923_2389);
        stale[5..].fill(0x72);
        let mut client = rom(&[&[&HAB_OPEN, &stale], &[&HAB_OPEN, &status(0xF0F0_F0F0)]]);
        let answer = client.read_register(0x2020_0000, width, count);
        assert_eq!(answer, Err(refused(Tag::READ_REGISTER)), "{count}");
        assert_eq!(client.hab(), Some(Hab::Open));
        assert_eq!(client.error_status(), Ok(Status::HAB_SUCCESS), "{count}");
    }
}

#[test]
fn refused_read_is_no_value_over_uart() {
    for (width, count) in READS {
        let answer = [HAB, WORD].concat();
        let status = [HAB, [0xF0; 4]].concat();
        let mut client = uart(&[&answer, &status]);
        let read = client.read_register(0x2020_0000, width, count);
        assert_eq!(read, Err(refused(Tag::READ_REGISTER)), "{count}");
        assert_eq!(client.error_status(), Ok(Status::HAB_SUCCESS), "{count}");
    }
}

#[test]
fn the_refusal_is_not_waited_for_beyond_its_word() {
    let mut client = uart(&[&[HAB, WORD].concat()]);
    client.timeouts_mut().command = Duration::from_millis(50);
    let begun = std::time::Instant::now();
    client
        .read_register(0x2020_0000, Width::Byte, 4096)
        .unwrap_err();
    assert!(begun.elapsed() < Duration::from_millis(400));
}

#[test]
fn short_values_that_begin_like_a_refusal_are_values() {
    for value in [&[0x89u8][..], &[0x89, 0x23], &[0x89, 0x23, 0x23]] {
        let mut client = uart(&[&[&HAB, value].concat()]);
        let read = client.read_register(0x401F_4410, Width::Byte, value.len() as u32);
        assert_eq!(read.as_deref(), Ok(value));
    }
}

#[test]
fn the_word_inside_a_long_read_is_data() {
    let mut data = vec![7; 128];
    data[64..68].copy_from_slice(&WORD);
    let mut client = uart(&[&[&HAB[..], &data].concat()]);
    assert_eq!(
        client.read_register(0x2020_9000, Width::Word, 128),
        Ok(data)
    );
}

#[test]
fn refused_writes_say_so() {
    let write = |client: &mut Client<UartLink<FakeSerial>>| {
        client.write_file(0x2028_0000, &[0, 1, 2, 3, 4, 5, 6, 7], &mut |_| ())
    };
    // RT1064: HAB state and refusal; RT1062: the refusal came as the first word
    for answer in [[HAB, WORD].concat(), WORD.to_vec()] {
        let mut client = uart(&[&[], &answer]);
        assert_eq!(write(&mut client), Err(refused(Tag::WRITE_FILE)));
    }
    let mut client = rom(&[&[&status(0x8923_2389)]]);
    let answer = client.write_register(0x2020_0000, Width::Byte, 0);
    assert_eq!(answer, Err(refused(Tag::WRITE_REGISTER)));
}

#[test]
fn answer_that_drips_ends_a_read() {
    let port = FakeSerial {
        drip: Some((Duration::from_millis(300), Box::new(|| 0x56))),
        ..FakeSerial::default()
    };
    let mut client = Client::new(UartLink::new(port));
    client
        .read_register(0x2020_8000, Width::Word, 65536)
        .unwrap_err();
    let mut hab = [0x56, 0x78, 0x78, 0x56].into_iter();
    let port = FakeSerial {
        drip: Some((
            Duration::from_millis(300),
            Box::new(move || hab.next().unwrap_or(7)),
        )),
        due: Duration::from_millis(100), // after the drain
        ..FakeSerial::default()
    };
    client = Client::new(UartLink::new(port));
    client
        .read_register(0x2020_8000, Width::Word, 65536)
        .unwrap_err();
    let took = client.link_mut().port_mut().clock;
    assert!(took < Duration::from_secs(6), "{took:?}");
}

#[test]
fn read_answered_by_a_hab_event_is_refused() {
    let event = status(0x3322_3300);
    let mut client = rom(&[&[&HAB_OPEN, &event]]);
    let expected = Err(Error::Refused {
        command: Tag::READ_REGISTER,
        status: Status(0x3322_3300),
    });
    assert_eq!(client.read_word(0x400D_8260), expected);
    let mut client = uart(&[&[HAB, [0x33, 0x22, 0x33, 0x00]].concat()]);
    assert_eq!(client.read_word(0x400D_8260), expected);
}

#[test]
fn refused_jump_leaves_no_unread_event() {
    let event = status(0x3318_C000);
    let mut client = rom(&[&[&HAB_OPEN, &event]]);
    let jumped = client.jump_address(0x2020_8200);
    let expected = Err(Error::Refused {
        command: Tag::JUMP_ADDRESS,
        status: Status(0x3318_C000),
    });
    assert_eq!(jumped, expected);
    assert!(port(&mut client).answers.is_empty());
    let mut client = uart(&[&[HAB, [0x33, 0x18, 0xC0, 0x00]].concat()]);
    assert_eq!(client.jump_address(0x2020_8200), expected);
    assert!(client.link_mut().port_mut().input.is_empty());
}
