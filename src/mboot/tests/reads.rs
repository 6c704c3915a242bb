//! Data phases from the device, good ones and every way they go wrong.

use super::*;
use crate::mboot::data::READ_PACKETS;

const FLASH: u32 = 0x6000_0000;
const ID: MemoryId = MemoryId::INTERNAL;

fn go(_: u64) -> bool {
    true
}

fn data(bytes: &[u8]) -> Vec<u8> {
    padded(4, bytes)
}

/// The first response to a read.
fn announce(count: u32) -> Vec<u8> {
    let mut report = report(Tag::READ_MEMORY_RESPONSE, &[0, count]);
    report[5] = 1; // data follows
    report
}

#[test]
fn read_is_split_into_commands_that_a_queue_holds() {
    let most = READ_PACKETS as usize * 1016;
    let turn = |count: usize| -> Vec<Vec<u8>> {
        let mut turn = vec![announce(count as u32)];
        turn.extend(
            (0..count)
                .step_by(1016)
                .map(|at| data(&vec![at as u8; (count - at).min(1016)])),
        );
        turn.push(done(Tag::READ_MEMORY, 0));
        turn
    };
    let mut client = client(&[&turn(most), &turn(most), &turn(10)]);
    let mut last = 0;
    let total = 2 * most as u32 + 10;
    let bytes = client.read_memory(FLASH, total, ID, &mut |n| {
        last = n;
        true
    });
    assert_eq!(bytes.unwrap().len(), total as usize);
    assert_eq!(u64::from(total), last);
    assert_eq!(
        commands(&mut client),
        [
            Command::read_memory(FLASH, most as u32, 0),
            Command::read_memory(FLASH + most as u32, most as u32, 0),
            Command::read_memory(FLASH + 2 * most as u32, 10, 0)
        ]
    );
}

#[test]
fn empty_read_has_two_responses() {
    let mut client = client(&[&[announce(0), done(Tag::READ_MEMORY, 0)]]);
    assert_eq!(client.read_memory(FLASH, 0, ID, &mut go), Ok(vec![]));
    assert!(client.synced);
}

#[test]
fn empty_report_announces_a_failed_read() {
    let turn = vec![
        announce(3000),
        data(&[1; 1016]),
        end_of_read(),
        done(Tag::READ_MEMORY, 10200),
    ];
    let mut client = client(&[&turn]);
    let error = client.read_memory(FLASH, 3000, ID, &mut go).unwrap_err();
    let status = Status::MEMORY_RANGE_INVALID;
    assert_eq!(
        error,
        Error::Refused {
            command: Tag::READ_MEMORY,
            status,
            step: Step::Data,
            done: 1016
        }
    );
    assert!(client.synced);
}

#[test]
fn lost_reports_show_in_the_byte_count() {
    let turn = vec![
        announce(3000),
        data(&[1; 1016]),
        data(&[1; 968]),
        done(Tag::READ_MEMORY, 0),
    ];
    let mut client = client(&[&turn]);
    let result = client.read_memory(FLASH, 3000, ID, &mut go);
    assert_eq!(
        what(result),
        "success with less data than announced: packets were lost"
    );
    assert!(!client.synced);
}

#[test]
fn surplus_or_foreign_data_is_refused() {
    let read = |turn: Vec<Vec<u8>>| what(client(&[&turn]).read_memory(FLASH, 8, ID, &mut go));
    assert_eq!(
        read(vec![announce(8), data(&[1; 9])]),
        "more data than announced"
    );
    assert_eq!(
        read(vec![announce(0xFFFF_FFFF)]),
        "data of another length than asked for"
    );
    assert_eq!(
        read(vec![announce(7)]),
        "data of another length than asked for"
    );
    assert_eq!(
        read(vec![report(Tag::READ_MEMORY_RESPONSE, &[0])]),
        "data of another length than asked for"
    );
    assert_eq!(
        read(vec![done(Tag::READ_MEMORY, 0)]),
        "a generic response without the values"
    );
    let echo = padded(1, &[1, 2, 3]);
    assert_eq!(
        read(vec![announce(8), echo]),
        "a stray packet among the data"
    );
    let other = done(Tag::FILL_MEMORY, 0);
    assert_eq!(
        read(vec![announce(8), other]),
        "a response of another command among the data"
    );
}

#[test]
fn a_read_in_crumbs_is_given_up() {
    let mut turn = vec![announce(2000)];
    turn.extend((0..2000).map(|_| data(&[1])));
    let mut client = client(&[&turn]);
    assert_eq!(
        what(client.read_memory(FLASH, 2000, ID, &mut go)),
        "data in too many small packets"
    );
}

#[test]
fn stalled_read_times_out_with_the_bytes_so_far() {
    let mut client = client(&[&[announce(3000), data(&[1; 1016])]]);
    client.timeouts_mut().data = Duration::from_millis(300);
    let error = client.read_memory(FLASH, 3000, ID, &mut go).unwrap_err();
    let waited = Duration::from_millis(300);
    assert_eq!(
        error,
        Error::Timeout {
            command: Tag::READ_MEMORY,
            step: Step::Data,
            waited,
            done: 1016
        }
    );
}

#[test]
fn cancelled_read_is_read_to_its_end() {
    let turn = vec![
        announce(3000),
        data(&[1; 1016]),
        data(&[1; 1016]),
        data(&[1; 968]),
        done(Tag::READ_MEMORY, 0),
    ];
    let mut client = client(&[&turn]);
    let error = client
        .read_memory(FLASH, 3000, ID, &mut |_| false)
        .unwrap_err();
    assert_eq!(
        error,
        Error::Cancelled {
            command: Tag::READ_MEMORY,
            done: 3000
        }
    );
    assert!(port_of(&mut client).answers.is_empty() && client.synced);
}
