//! What a predecessor left behind.

use super::*;

/// The answer to GetProperty(11).
fn payload() -> Vec<u8> {
    report(Tag::GET_PROPERTY_RESPONSE, &[0, 1016])
}

#[test]
fn quiet_device_syncs_with_two_questions() {
    let mut client = fresh(&[&[version()], &[payload()]]);
    client.sync().unwrap();
    client.sync().unwrap();
    // both were asked for, and nobody listened in vain before
    assert_eq!(client.version(), Ok(Version(0x4B02_0100)));
    assert_eq!(client.max_packet_size(), Ok(1016));
    let questions = [Command::get_property(1, 0), Command::get_property(11, 0)];
    assert_eq!(commands(&mut client), questions);
    let listened = Duration::from_millis(2);
    assert_eq!(port_of(&mut client).waited, [listened]);
}

#[test]
fn version_left_by_a_predecessor_shows_in_the_next_answer() {
    let questions = [&[version()][..], &[payload()]];
    let mut client = fresh(&[questions[0], questions[1], &[version()], &[peripherals()]]);
    // it asked the same and was gone before the answer, which comes once this session is there
    let late = [Ok(None), Ok(Some(version()))];
    port_of(&mut client).answers.extend(late);
    assert_eq!(
        client.get_property(Property::AVAILABLE_PERIPHERALS, 0),
        Ok(vec![0x11])
    );
    assert_eq!(commands(&mut client).len(), 4);
}

#[test]
fn loader_that_tells_no_payload_is_in_step() {
    let refused = report(Tag::GET_PROPERTY_RESPONSE, &[10300]);
    let mut client = fresh(&[&[version()], &[refused]]);
    client.sync().unwrap();
    assert_eq!(client.max_packet_size(), Ok(32));
    assert_eq!(commands(&mut client).len(), 2);
}

#[test]
fn abandoned_write_swallows_one_command_only() {
    // as the genuine flashloader does after a bus reset
    let mut client = fresh(&[
        &[end_of_write(), done(Tag::WRITE_MEMORY, 1)],
        &[version()],
        &[version()],
    ]);
    assert_eq!(client.version(), Ok(Version(0x4B02_0100)));
    assert_eq!(commands(&mut client), [Command::get_property(1, 0); 2]);
    // after the last word of the predecessor nobody waits long
    assert!(
        port_of(&mut client)
            .waited
            .iter()
            .all(|&t| t <= Duration::from_millis(200))
    );
}

#[test]
fn abandoned_read_is_drained_before_the_first_command() {
    let mut client = fresh(&[&[version()], &[version()], &[peripherals()]]);
    let rest = (0..100).map(|_| Ok(Some(padded(4, &[0xEE; 1016]))));
    let end = [Ok(Some(done(Tag::READ_MEMORY, 0)))];
    // the first of them comes once this session is there
    let late = std::iter::once(Ok(None)).chain(rest).chain(end);
    port_of(&mut client).answers.extend(late);
    assert_eq!(
        client.get_property(Property::AVAILABLE_PERIPHERALS, 0),
        Ok(vec![0x11])
    );
    assert_eq!(commands(&mut client).len(), 3);
}

#[test]
fn echo_and_end_of_read_are_not_answers() {
    // as the genuine flashloader does after a bus reset in a read
    let echo = padded(1, &Command::get_property(1, 0).to_bytes());
    let mut client = fresh(&[&[echo, done(Tag::READ_MEMORY, 0)], &[version()]]);
    client.sync().unwrap();
    assert_eq!(commands(&mut client).len(), 2);
}

/// The answer to GetProperty(2).
fn peripherals() -> Vec<u8> {
    report(Tag::GET_PROPERTY_RESPONSE, &[0, 0x11])
}

#[test]
fn answer_about_another_property_is_not_the_version() {
    let other = report(Tag::GET_PROPERTY_RESPONSE, &[0, 1016]);
    let mut client = fresh(&[&[other, version()], &[peripherals()]]);
    assert_eq!(
        client.get_property(Property::AVAILABLE_PERIPHERALS, 0),
        Ok(vec![0x11])
    );
    assert_eq!(commands(&mut client).len(), 2);
}

#[test]
fn late_sync_answer_is_drained() {
    // the first question is answered only after the second was asked
    let mut client = fresh(&[&[], &[version(), version()], &[peripherals()]]);
    assert_eq!(
        client.get_property(Property::AVAILABLE_PERIPHERALS, 0),
        Ok(vec![0x11])
    );
    assert_eq!(commands(&mut client).len(), 3);
}

#[test]
fn dead_device_is_asked_three_times() {
    let mut client = fresh(&[]);
    client.timeouts_mut().sync = Duration::from_millis(77);
    let error = client.fill_memory(0, 4, 0).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Timeout {
                command: Tag::GET_PROPERTY,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(commands(&mut client), [Command::get_property(1, 0); 3]);
    // the command itself never went out
    assert_eq!(
        port_of(&mut client)
            .waited
            .iter()
            .filter(|t| t.as_millis() == 77)
            .count(),
        3
    );
}

#[test]
fn wrong_answers_only_end_the_sync() {
    let other = || vec![done(Tag::FLASH_ERASE_ALL, 0)];
    let mut client = fresh(&[&other(), &other(), &other()]);
    assert_eq!(what(client.sync()), "answers to an earlier command only");
}

#[test]
fn endless_sender_ends_the_sync() {
    let mut client = fresh(&[]);
    port_of(&mut client)
        .answers
        .extend((0..20_000).map(|_| Ok(Some(padded(4, &[0])))));
    assert_eq!(what(client.sync()), "an endless stream of packets");
}

#[test]
fn command_after_a_failure_syncs_first() {
    let mut client = client(&[&[], &[version()], &[done(Tag::FILL_MEMORY, 0)]]);
    let error = client
        .flash_erase_region(0x6000_0000, 4096, MemoryId::FLEXSPI_NOR)
        .unwrap_err();
    assert!(matches!(
        error,
        Error::Timeout {
            command: Tag::FLASH_ERASE_REGION,
            step: Step::Response,
            ..
        }
    ));
    // the erase is answered at last
    let late = Ok(Some(done(Tag::FLASH_ERASE_REGION, 0)));
    port_of(&mut client).answers.extend([late, Ok(None)]);
    client.fill_memory(0, 4, 0).unwrap();
    assert_eq!(
        commands(&mut client)[1..],
        [Command::get_property(1, 0), Command::fill_memory(0, 4, 0)]
    );
}

#[test]
fn answers_to_other_commands_are_skipped() {
    let mut client = client(&[&[
        done(Tag::WRITE_MEMORY, 0),
        padded(4, &[1, 2, 3]),
        report(Tag::GET_PROPERTY_RESPONSE, &[0, 7]),
        done(Tag::FILL_MEMORY, 10200),
    ]]);
    let error = client.fill_memory(0, 4, 0).unwrap_err();
    assert_eq!(error.status(), Some(Status::MEMORY_RANGE_INVALID));
}

#[test]
fn leaving_device_is_reported_at_every_step() {
    for reads in 0..3 {
        let mut client = fresh(&[&[version()]]);
        let answers = [Ok(None), Ok(Some(version()))];
        port_of(&mut client)
            .answers
            .extend(answers.into_iter().take(reads).chain([Err(gone())]));
        assert!(matches!(
            client.fill_memory(0, 4, 0),
            Err(Error::Gone { .. })
        ));
    }
}

/// Nonsense of a predecessor, so many pieces of it, and then a device that answers.
fn after_nonsense(pieces: usize) -> Result<(), Error> {
    let second = match pieces {
        0 => payload(),
        _ => version(),
    };
    let mut client = fresh(&[&[version()], &[second]]);
    let nonsense = (0..pieces).map(|_| Ok(Some(vec![9, 9, 9])));
    let late = std::iter::once(Ok(None)).chain(nonsense);
    port_of(&mut client).answers.extend(late);
    client.sync()
}

#[test]
fn stale_noise_is_discarded_up_to_a_limit() {
    after_nonsense(0).unwrap();
    after_nonsense(1).unwrap();
    // the first one ends the wait for the answer
    after_nonsense(257).unwrap();
    assert!(matches!(after_nonsense(258), Err(Error::Protocol { .. })));
}

#[test]
fn raw_command_with_data_requires_a_sync() {
    let read = Command::raw(Tag::READ_MEMORY, false, &[0, 4, 0]).unwrap();
    let filled = done(Tag::FILL_MEMORY, 0);
    for (data, answers) in [
        (true, vec![vec![version()], vec![filled.clone()]]),
        (false, vec![vec![filled]]),
    ] {
        let flag = Command::raw(Tag::READ_MEMORY_RESPONSE, data, &[0, 4]).unwrap();
        let first = [padded(3, &flag.to_bytes())];
        let turns = answers.iter().map(Vec::as_slice);
        let script: Vec<&[Vec<u8>]> = std::iter::once(&first[..]).chain(turns).collect();
        let mut client = client(&script);
        client.raw(&read, Duration::from_secs(1)).unwrap();
        client.fill_memory(0, 4, 0).unwrap();
        assert_eq!(commands(&mut client).len(), script.len(), "{data}");
        assert_eq!(client.describe(), "fake");
    }
}
