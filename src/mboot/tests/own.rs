//! The commands of rtboot's own loader: asked first, and only of a loader that has them.

use crate::mboot::data::READ_PACKETS;
use rtboot_wire::loader;

use super::*;

const ALL: u32 = 0xFF;

fn identity(features: u32, protocol: u32) -> Vec<u8> {
    let words = [0, loader::MAGIC, protocol, 0x4C00_0200, features, 512];
    report(Tag::GET_PROPERTY_RESPONSE, &words)
}

/// What a command with data to the host answers.
fn answered(command: Tag, bytes: &[u8]) -> Vec<Vec<u8>> {
    vec![
        announced(bytes.len() as u32),
        padded(4, bytes),
        done(command, 0),
    ]
}

fn announced(count: u32) -> Vec<u8> {
    let mut first = report(Tag::LOADER_DATA_RESPONSE, &[0, count]);
    first[5] = 1; // data follow
    first
}

#[test]
fn genuine_loader_gets_the_question_and_nothing_else() {
    // it answers as to property 1; others refuse
    let property = |words: &[u32]| report(Tag::GET_PROPERTY_RESPONSE, words);
    for answer in [property(&[0, 0x4B02_0100]), done(Tag::GET_PROPERTY, 10300)] {
        let mut client = client(&[&[answer]]);
        assert_eq!(client.identity(), Ok(None));
        let asked = commands(&mut client);
        let refused = |result: Result<(), Error>| match result {
            Err(Error::Argument { .. }) => {}
            other => panic!("{other:?}"),
        };
        refused(client.fetch(Fetch::JedecId, 0, 8).map(drop));
        refused(
            client
                .flash_command(FlashCommand::reading(0x9F, 3))
                .map(drop),
        );
        refused(
            client
                .read_by_fcb(0x2000, 0x6000_0000, 4, &mut |_| true)
                .map(drop),
        );
        refused(client.rescue_rung().map(drop));
        refused(client.sha256(0x6000_0000, 4096).map(drop));
        refused(
            client
                .crc32(0x6000_0000, 4096, 4096, &mut |_| true)
                .map(drop),
        );
        refused(client.stream(&[0; 16], false, &mut |_| true));
        refused(client.protect(false));
        assert_eq!(commands(&mut client), asked);
        assert_eq!(asked, [Command::get_property(loader::IDENTITY.0, 0)]);
    }
}

#[test]
fn each_command_needs_its_own_feature_bit() {
    let mut client = client(&[&[identity(Features::HASH.0, 1)]]);
    let own = client.identity().expect("asked").expect("ours");
    assert_eq!(own.version.to_string(), "L0.2.0");
    assert_eq!((own.features, own.snapshot), (Features::HASH, 512));
    assert!(matches!(client.protect(true), Err(Error::Argument { .. })));
}

#[test]
fn another_protocol_has_no_commands_that_are_known() {
    let mut client = client(&[&[identity(ALL, 2)]]);
    let own = client.identity().expect("asked").expect("ours");
    assert_eq!((own.protocol, own.features), (2, Features(0)));
    assert!(client.protect(true).is_err());
}

#[test]
fn hashes_come_back_in_pieces_and_in_order() {
    let packets = READ_PACKETS as usize;
    let count = packets as u32 * 1016 / 4;
    let crcs: Vec<u32> = (0..count + 2).collect();
    let bytes: Vec<u8> = crcs.iter().flat_map(|crc| crc.to_le_bytes()).collect();
    let (first, second) = bytes.split_at(packets * 1016);
    let mut many = vec![announced(first.len() as u32)];
    many.extend(first.chunks(1016).map(|piece| padded(4, piece)));
    many.push(done(Tag::LOADER_HASH, 0));
    let rest = answered(Tag::LOADER_HASH, second);
    let sha = answered(Tag::LOADER_HASH, &[7; 32]);
    let mut client = client(&[&[identity(ALL, 1)], &many, &rest, &sha]);
    client.identity().expect("asked");
    let length = count * 4096 + 4097;
    let read = client.crc32(0x6000_0000, length, 4096, &mut |_| true);
    assert_eq!(read, Ok(crcs));
    assert_eq!(client.sha256(0x6000_0000, 99), Ok([7; 32]));
    let crc = |address, length| loader::hash(HashKind::Crc32, address, length, 4096);
    assert_eq!(
        commands(&mut client)[1..],
        [
            crc(0x6000_0000, count * 4096),
            crc(0x6000_0000 + count * 4096, 4097),
            loader::hash(HashKind::Sha256, 0x6000_0000, 99, 0),
        ]
    );
}

#[test]
fn fetch_may_bring_less_and_a_refusal_keeps_its_status() {
    let id = answered(Tag::LOADER_FETCH, &[0x9D, 0x60, 0x17]);
    let none = vec![done(Tag::LOADER_FETCH, 59000)];
    let mut client = client(&[&[identity(ALL, 1)], &id, &none]);
    client.identity().expect("asked");
    assert_eq!(
        client.fetch(Fetch::JedecId, 0, 8),
        Ok(vec![0x9D, 0x60, 0x17])
    );
    let refused = client.fetch(Fetch::Sfdp, 0, 8).expect_err("no flash");
    assert_eq!(refused.status(), Some(Status::LOADER_NO_FLASH));
}

#[test]
fn stream_is_sent_as_data_and_its_last_status_counts() {
    let records = vec![0xA5; 1500];
    let taken = [done(Tag::LOADER_STREAM, 0)];
    let failed = [done(Tag::LOADER_STREAM, 59003)];
    let mut client = client(&[&[identity(ALL, 1)], &taken, &[], &failed]);
    client.identity().expect("asked");
    let error = client
        .stream(&records, false, &mut |_| true)
        .expect_err("failed");
    assert_eq!(error.status(), Some(Status::LOADER_NOT_PROGRAMMED));
    assert_eq!(data_sent(&mut client), records);
}
