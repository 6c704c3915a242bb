//! Each verb: the command that goes out, and what becomes of the answer.

use super::*;

type Fake = Client<HidLink<FakeHid>>;

#[test]
fn plain_verbs_send_parameters_and_keep_the_status() {
    let id = MemoryId::FLEXSPI_NOR;
    #[allow(clippy::type_complexity)]
    let verbs: Vec<(Command, Box<dyn Fn(&mut Fake) -> Result<(), Error>>)> = vec![
        (
            Command::flash_erase_all(9),
            Box::new(move |c| c.flash_erase_all(id)),
        ),
        (
            Command::flash_erase_region(0x6000_0000, 0x1000, 9),
            Box::new(move |c| c.flash_erase_region(0x6000_0000, 0x1000, id)),
        ),
        (
            Command::fill_memory(1, 2, 3),
            Box::new(|c| c.fill_memory(1, 2, 3)),
        ),
        (
            Command::flash_security_disable(0x0403_0201, 0x0807_0605),
            Box::new(|c| c.flash_security_disable([1, 2, 3, 4, 5, 6, 7, 8])),
        ),
        (
            Command::set_property(10, 1),
            Box::new(|c| c.set_property(Property::VERIFY_WRITES, 1)),
        ),
        (
            Command::flash_erase_all_unsecure(),
            Box::new(|c| c.flash_erase_all_unsecure()),
        ),
        (
            Command::flash_program_once(6, 0x10),
            Box::new(|c| c.flash_program_once(6, 0x10)),
        ),
        (
            Command::configure_memory(9, 0x2000),
            Box::new(move |c| c.configure_memory(id, 0x2000)),
        ),
        (
            Command::reliable_update(0x4000),
            Box::new(|c| c.reliable_update(0x4000)),
        ),
        (
            Command::key_provisioning(0, 0, 0, false),
            Box::new(|c| c.key_provisioning(0, 0, 0)),
        ),
        (
            Command::update_life_cycle(3),
            Box::new(|c| c.update_life_cycle(3)),
        ),
        (
            Command::execute(5, 6, 7),
            Box::new(|c| c.execute(5, 6, 7).map(drop)),
        ),
        (Command::reset(), Box::new(|c| c.reset().map(drop))),
    ];
    for (command, verb) in verbs {
        let mut good = client(&[&[done(command.tag, 0)]]);
        assert_eq!(verb(&mut good), Ok(()), "{command}");
        assert_eq!(commands(&mut good), [command]);
        let mut bad = client(&[&[done(command.tag, 10000)]]);
        let refused = Error::Refused {
            command: command.tag,
            status: Status::UNKNOWN_COMMAND,
            step: Step::Response,
            done: 0,
        };
        assert_eq!(verb(&mut bad), Err(refused), "{command}");
    }
}

#[test]
fn properties_come_back_as_words() {
    let words = [0, 31, 0x6000_0000, 8192, 256, 4096, 65536];
    let mut client = client(&[
        &[report(Tag::GET_PROPERTY_RESPONSE, &words)],
        &[report(
            Tag::GET_PROPERTY_RESPONSE,
            &[0, 0x2020_8400, 0x2021_5925, 0, 0],
        )],
        &[report(Tag::GET_PROPERTY_RESPONSE, &[10300])],
        &[report(Tag::GET_PROPERTY_RESPONSE, &[0])],
    ]);
    let memory = client.external_memory(MemoryId::FLEXSPI_NOR).unwrap();
    assert_eq!(
        (memory.size(), memory.sector_size),
        (Some(8 << 20), Some(4096))
    );
    assert_eq!(
        client.reserved_regions(),
        Ok(vec![(0x2020_8400, 0x2021_5925)])
    );
    let refused = client.get_property(Property::FLASH_START, 0).unwrap_err();
    assert_eq!(refused.status(), Some(Status::UNKNOWN_PROPERTY));
    assert_eq!(what(client.version()), "a property without a value");
    assert_eq!(commands(&mut client)[0], Command::get_property(0x19, 9));
}

#[test]
fn success_in_the_wrong_response_is_refused() {
    let mut client = client(&[
        &[done(Tag::GET_PROPERTY, 0)],
        &[done(Tag::FLASH_READ_ONCE, 0)],
    ]);
    assert_eq!(
        what(client.get_property(Property(1), 0)),
        "a generic response without the values"
    );
    assert_eq!(
        what(client.flash_read_once(1)),
        "a generic response without the values"
    );
}

#[test]
fn packet_size_is_asked_once_and_clamped() {
    for (said, believed) in [(1016, 1016), (0xFFFF_FFFF, 1024), (0, 32), (1012, 1012)] {
        let mut client = client(&[&[report(Tag::GET_PROPERTY_RESPONSE, &[0, said])]]);
        client.payload = None;
        assert_eq!(client.max_packet_size(), Ok(believed));
        assert_eq!(client.max_packet_size(), Ok(believed));
        assert_eq!(commands(&mut client).len(), 1);
    }
    let mut silent = client(&[&[report(Tag::GET_PROPERTY_RESPONSE, &[10300])]]);
    silent.payload = None;
    assert_eq!(silent.max_packet_size(), Ok(32));
}

#[test]
fn fuse_words_must_be_words() {
    let answer = |words: &[u32]| {
        client(&[&[report(Tag::FLASH_READ_ONCE_RESPONSE, words)]]).flash_read_once(6)
    };
    assert_eq!(answer(&[0, 4, 0xABCD]), Ok(0xABCD));
    assert_eq!(
        answer(&[4, 0]).unwrap_err().status(),
        Some(Status::INVALID_ARGUMENT)
    );
    assert_eq!(what(answer(&[0, 4])), "a fuse word of another length");
    assert_eq!(what(answer(&[0, 8, 1, 2])), "a fuse word of another length");
}

#[test]
fn reset_and_execute_accept_a_missing_answer() {
    let mut silent = client(&[]);
    assert_eq!(silent.reset(), Ok(Departure::Silent));
    let mut left = client(&[]);
    port_of(&mut left).answers.push_back(Err(gone()));
    assert_eq!(
        left.execute(0x6000_2000, 0, 0x2001_0000),
        Ok(Departure::Left)
    );
    let mut polite = client(&[&[done(Tag::RESET, 0)]]);
    assert_eq!(polite.reset(), Ok(Departure::Answered));
    // but one that never answered at all was not reset
    let mut dead = fresh(&[]);
    assert!(matches!(
        dead.reset(),
        Err(Error::Timeout {
            command: Tag::GET_PROPERTY,
            ..
        })
    ));
}

#[test]
fn call_returns_the_functions_value() {
    let mut client = client(&[&[done(Tag::CALL, 0x1234)]]);
    assert_eq!(client.call(0x2020_2001, 7), Ok(Status(0x1234)));
}

#[test]
fn reliable_update_accepts_status_10600() {
    assert_eq!(
        client(&[&[done(Tag::RELIABLE_UPDATE, 10600)]]).reliable_update(0),
        Ok(())
    );
    assert!(
        client(&[&[done(Tag::RELIABLE_UPDATE, 10601)]])
            .reliable_update(0)
            .is_err()
    );
}

#[test]
fn trust_provisioning_and_raw_return_values() {
    let mut trust = client(&[&[report(Tag::TRUST_PROVISIONING_RESPONSE, &[0, 5, 6])]]);
    assert_eq!(trust.trust_provisioning(&[1, 2]), Ok(vec![5, 6]));
    assert!(matches!(
        trust.trust_provisioning(&[0; 8]),
        Err(Error::Argument { .. })
    ));
    let strange = Command::raw(Tag(0x42), false, &[1]).unwrap();
    let mut raw = client(&[&[done(Tag(0x42), 10000)]]);
    let answer = raw.raw(&strange, Duration::from_secs(1)).unwrap();
    assert_eq!(
        (answer.status(), answer.values()),
        (Status::UNKNOWN_COMMAND, &[0x42][..])
    );
    let data = Command::write_memory(0, 4, 0);
    assert!(matches!(
        raw.raw(&data, Duration::ZERO),
        Err(Error::Argument { .. })
    ));
}

#[test]
fn ranges_beyond_4_gib_send_nothing() {
    let mut client = client(&[]);
    let id = MemoryId::INTERNAL;
    assert!(matches!(
        client.read_memory(0xFFFF_FFFF, 2, id, &mut |_| true),
        Err(Error::Argument { .. })
    ));
    assert!(matches!(
        client.write_memory(0xFFFF_FFFF, &[0; 2], id, &mut |_| true),
        Err(Error::Argument { .. })
    ));
    assert!(port_of(&mut client).written.is_empty());
}

#[test]
fn every_error_says_one_sentence() {
    let command = Tag::WRITE_MEMORY;
    let status = Status::MEMORY_CUMULATIVE_WRITE;
    let waited = Duration::from_secs(5);
    let said = [
        (
            Error::Refused {
                command,
                status,
                step: Step::Data,
                done: 4096,
            },
            "the flashloader refused WriteMemory: 10203 MemoryCumulativeWrite (target not blank) (data phase, after 4096 bytes)",
        ),
        (
            Error::Refused {
                command: Tag(0x42),
                status: Status(77),
                step: Step::Response,
                done: 0,
            },
            "the flashloader refused command 0x42: 77",
        ),
        (
            Error::Timeout {
                command,
                step: Step::Final,
                waited,
                done: 0,
            },
            "no answer from the flashloader to WriteMemory within 5s (final response)",
        ),
        (Error::Gone { command }, "the board left during WriteMemory"),
        (
            Error::Protocol {
                command,
                what: "more data than announced",
                bytes: vec![1, 0xAB],
            },
            "unexpected answer to WriteMemory: more data than announced [01 ab]",
        ),
        (
            Error::Cancelled { command, done: 7 },
            "WriteMemory was cancelled after 7 bytes",
        ),
        (
            Error::Argument {
                command,
                what: "bad",
            },
            "WriteMemory: bad",
        ),
        (
            Error::Port {
                command,
                source: port::Error::Stalled { port: "x".into() },
            },
            "WriteMemory: x takes no more bytes",
        ),
    ];
    for (error, text) in said {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn erase_or_fill_beyond_4_gib_sends_nothing() {
    // the genuine flashloader would take this one for all of the flash
    let mut client = client(&[]);
    let erased = client.flash_erase_region(0x6000_0000, 0xFFFF_F000, MemoryId::FLEXSPI_NOR);
    let filled = client.fill_memory(0xFFFF_FFFC, 8, 0);
    for result in [erased, filled] {
        assert!(matches!(result, Err(Error::Argument { .. })), "{result:?}");
    }
    assert!(commands(&mut client).is_empty());
}

#[test]
fn report_that_a_busy_device_does_not_take_is_sent_again() {
    for (stalls, fails) in [(1, false), (2, false), (3, true)] {
        let mut client = client(&[&[done(Tag::FILL_MEMORY, 0)]]);
        port_of(&mut client).stalls = stalls;
        let filled = client.fill_memory(0, 4, 0);
        assert_eq!(filled.is_err(), fails, "{stalls}: {filled:?}");
        let sent = port_of(&mut client).written.len();
        assert_eq!(sent, usize::from(!fails), "once at most");
    }
}
