//! Data phases to the device, good ones and every way they go wrong.

use super::*;

const FLASH: u32 = 0x6000_0000;
const ID: MemoryId = MemoryId::INTERNAL;

fn go(_: u64) -> bool {
    true
}

fn data(bytes: &[u8]) -> Vec<u8> {
    padded(4, bytes)
}

#[test]
fn write_sends_every_byte_once_in_short_reports() {
    let bytes: Vec<u8> = (0..2500u32).map(|n| n as u8).collect();
    let start = vec![done(Tag::WRITE_MEMORY, 0)];
    let end = vec![done(Tag::WRITE_MEMORY, 0)];
    let mut client = client(&[&start, &[], &[], &end]);
    let mut steps = Vec::new();
    client
        .write_memory(FLASH, &bytes, ID, &mut |n| {
            steps.push(n);
            true
        })
        .unwrap();
    assert_eq!(data_sent(&mut client), bytes);
    assert_eq!(steps, [1014, 2028, 2500]);
    assert_eq!(
        port_of(&mut client)
            .written
            .iter()
            .map(Vec::len)
            .collect::<Vec<_>>(),
        [20, 1018, 1018, 476]
    );
    assert!(client.synced);
}

#[test]
fn empty_write_has_two_responses() {
    let twice = vec![done(Tag::WRITE_MEMORY, 0), done(Tag::WRITE_MEMORY, 0)];
    let mut client = client(&[&twice]);
    client.write_memory(FLASH, &[], ID, &mut go).unwrap();
    assert!(port_of(&mut client).answers.is_empty());
}

#[test]
fn refused_write_sends_no_data() {
    let mut client = client(&[&[done(Tag::WRITE_MEMORY, 10000)]]);
    let error = client
        .write_memory(FLASH, &[0; 3000], ID, &mut go)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Refused {
                step: Step::Response,
                done: 0,
                ..
            }
        ),
        "{error}"
    );
    assert!(data_sent(&mut client).is_empty());
}

#[test]
fn abort_stops_a_write_and_gives_its_status() {
    let start = vec![done(Tag::WRITE_MEMORY, 0)];
    let stop = vec![end_of_write(), done(Tag::WRITE_MEMORY, 10203)];
    let mut client = client(&[&start, &[], &stop]);
    let error = client
        .write_memory(FLASH, &[0; 10_000], ID, &mut go)
        .unwrap_err();
    let status = Status::MEMORY_CUMULATIVE_WRITE;
    assert_eq!(
        error,
        Error::Refused {
            command: Tag::WRITE_MEMORY,
            status,
            step: Step::Data,
            done: 2028
        }
    );
    assert_eq!(data_sent(&mut client).len(), 2028);
    assert!(client.synced, "the next command can follow at once");
}

#[test]
fn abort_after_the_last_report_counts() {
    let start = vec![done(Tag::WRITE_MEMORY, 0)];
    let stop = vec![end_of_write(), done(Tag::WRITE_MEMORY, 10200)];
    let mut client = client(&[&start, &[], &stop]);
    let error = client
        .write_memory(FLASH, &[0; 2000], ID, &mut go)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Refused {
                step: Step::Data,
                status: Status(10200),
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn error_of_the_last_report_is_in_the_final_response() {
    let start = vec![done(Tag::WRITE_MEMORY, 0)];
    let mut client = client(&[&start, &[], &[done(Tag::WRITE_MEMORY, 20106)]]);
    let error = client
        .write_memory(FLASH, &[0; 2000], ID, &mut go)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Refused {
                step: Step::Final,
                status: Status(20106),
                done: 2000,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn success_before_all_data_is_an_error() {
    let start = vec![done(Tag::WRITE_MEMORY, 0)];
    let mut early = client(&[&start, &[done(Tag::WRITE_MEMORY, 0)]]);
    let result = early.write_memory(FLASH, &[0; 2000], ID, &mut go);
    assert_eq!(what(result), "success before all data was taken");
    assert!(!early.synced);
    let mut ended = client(&[&start, &[], &[end_of_write(), done(Tag::WRITE_MEMORY, 0)]]);
    assert_eq!(
        what(ended.write_memory(FLASH, &[0; 2000], ID, &mut go)),
        "success before all data was taken"
    );
}

#[test]
fn response_of_another_command_does_not_end_a_write() {
    let start = vec![done(Tag::WRITE_MEMORY, 0)];
    let mut client = client(&[&start, &[done(Tag::FILL_MEMORY, 0)]]);
    let error = client
        .write_memory(FLASH, &[0; 8], ID, &mut go)
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Timeout {
                step: Step::Final,
                done: 8,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn cancelled_write_ends_its_data_phase() {
    let start = vec![done(Tag::WRITE_MEMORY, 0)];
    let mut client = client(&[&start, &[], &[], &[done(Tag::WRITE_MEMORY, 10002)]]);
    let error = client
        .write_memory(FLASH, &[0; 10_000], ID, &mut |n| n < 2000)
        .unwrap_err();
    assert_eq!(
        error,
        Error::Cancelled {
            command: Tag::WRITE_MEMORY,
            done: 2028
        }
    );
    assert_eq!(port_of(&mut client).written.last().unwrap(), &[2, 0, 0, 0]);
    assert!(client.synced);
}

#[test]
fn write_cancelled_after_its_last_byte_succeeds() {
    let start = vec![done(Tag::WRITE_MEMORY, 0)];
    let mut client = client(&[&start, &[done(Tag::WRITE_MEMORY, 0)]]);
    client
        .write_memory(FLASH, &[0; 8], ID, &mut |_| false)
        .unwrap();
}

#[test]
fn unplugging_during_a_write_is_reported() {
    let mut client = client(&[&[done(Tag::WRITE_MEMORY, 0)]]);
    port_of(&mut client).write_error = Some((3, gone()));
    let error = client
        .write_memory(FLASH, &[0; 10_000], ID, &mut go)
        .unwrap_err();
    assert_eq!(
        error,
        Error::Gone {
            command: Tag::WRITE_MEMORY
        }
    );
}

#[test]
fn a_key_blob_has_two_phases() {
    let send = vec![done(Tag::GENERATE_KEY_BLOB, 0)];
    let mut announce = report(Tag::KEY_BLOB_RESPONSE, &[0, 72]);
    announce[5] = 1;
    let fetch = vec![announce, data(&[7; 72]), done(Tag::GENERATE_KEY_BLOB, 0)];
    let mut client = client(&[&send, &send, &fetch]);
    assert_eq!(client.generate_key_blob(&[1; 16], 1, 72), Ok(vec![7; 72]));
    assert_eq!(
        commands(&mut client),
        [
            Command::generate_key_blob_send(1, 16),
            Command::generate_key_blob_fetch(1, 72)
        ]
    );
    assert_eq!(data_sent(&mut client), [1; 16]);
}

#[test]
fn key_store_may_be_shorter_than_its_limit() {
    let announce = report(Tag::KEY_PROVISIONING_RESPONSE, &[0, 20]);
    let mut client = client(&[&[announce, data(&[7; 20]), done(Tag::KEY_PROVISIONING, 0)]]);
    assert_eq!(client.key_provisioning_read(), Ok(vec![7; 20]));
}

#[test]
fn sb_files_and_bare_images_are_sent_whole() {
    let start = vec![done(Tag::RECEIVE_SB_FILE, 0)];
    let mut file = client(&[&start, &[end_of_write(), done(Tag::RECEIVE_SB_FILE, 10101)]]);
    let error = file.receive_sb_file(&[1; 5000], &mut go).unwrap_err();
    assert_eq!(error.status(), Some(Status::SB_SIGNATURE));
    let mut image = client(&[]);
    image.load_image(&[1; 2500], &mut go).unwrap();
    assert_eq!(data_sent(&mut image), [1; 2500]);
    assert_eq!(commands(&mut image), []);
}

#[test]
fn cause_after_an_abort_is_the_error() {
    let start = [done(Tag::WRITE_MEMORY, 0)];
    let causes = [
        done(Tag::WRITE_MEMORY, 10002),
        done(Tag::WRITE_MEMORY, 10200),
    ];
    let alone = [done(Tag::WRITE_MEMORY, 10002)];
    for (end, status) in [(&causes[..], 10200), (&alone[..], 10002)] {
        let mut client = client(&[&start, end]);
        let written = client.write_memory(0x6000_0000, &[1; 64], MemoryId::INTERNAL, &mut |_| true);
        let error = written.unwrap_err();
        assert_eq!(error.status(), Some(Status(status)), "{error}");
        assert!(
            port_of(&mut client).answers.is_empty(),
            "nothing is left unread"
        );
    }
}
