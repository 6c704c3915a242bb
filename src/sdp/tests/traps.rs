//! ROMs that misbehave.

use super::*;
use crate::port::fake::RandomHid;

fn protocol_error(error: Error) -> (&'static str, Vec<u8>) {
    match error {
        Error::Protocol { what, bytes, .. } => (what, bytes),
        other => panic!("not a protocol error: {other}"),
    }
}

#[test]
fn wrong_order_is_reported_with_the_bytes() {
    let late = status(0xF0F0_F0F0);
    let mut client = rom(&[&[&late]]);
    let (what, bytes) = protocol_error(client.error_status().unwrap_err());
    assert_eq!(
        (what, &bytes[..]),
        ("a status or data before the HAB state", &late[1..])
    );

    let mut client = rom(&[&[&HAB_OPEN, &HAB_OPEN]]);
    let (what, bytes) = protocol_error(client.error_status().unwrap_err());
    assert_eq!((what, &bytes[..]), ("a second HAB state", &HAB_OPEN[1..]));
}

#[test]
fn unknown_words_are_reported_with_the_bytes() {
    let mut client = rom(&[&[&[3, 0xDE, 0xAD, 0xBE, 0xEF]]]);
    let (what, bytes) = protocol_error(client.error_status().unwrap_err());
    assert_eq!(
        (what, &bytes[..]),
        ("an unknown HAB state", &[0xDE, 0xAD, 0xBE, 0xEF][..])
    );
    assert_eq!(client.hab(), None);

    for (report, why) in [
        (
            &[7u8, 1, 2, 3, 4][..],
            "a report id that the ROM does not have",
        ),
        (&[3, 1, 2], "a report that is too short"),
        (&[4, 1, 2, 3], "a report that is too short"),
        (&[], "a report id that the ROM does not have"),
    ] {
        let mut client = rom(&[&[report]]);
        let (what, bytes) = protocol_error(client.error_status().unwrap_err());
        assert_eq!((what, &bytes[..]), (why, report));
    }
}

#[test]
fn unknown_status_words_are_kept() {
    let mut client = rom(&[&[&HAB_OPEN, &status(0x1234_5678)]]);
    assert_eq!(client.error_status(), Ok(Status(0x1234_5678)));
    assert_eq!(Status(0x1234_5678).to_string(), "0x12345678");
}

#[test]
fn short_register_block_is_refused() {
    let mut client = rom(&[&[&HAB_OPEN, &[4, 1, 2, 3, 4]]]);
    let (what, bytes) = protocol_error(client.read_register(0x1000, Width::Byte, 5).unwrap_err());
    assert_eq!(
        (what, &bytes[..]),
        ("too few register bytes", &[1, 2, 3, 4][..])
    );
}

#[test]
fn stale_reports_are_discarded_first() {
    let mut client = rom(&[&[&HAB_OPEN, &status(0xF0F0_F0F0)]]);
    port(&mut client).answers.extend([
        Ok(Some(HAB_CLOSED.to_vec())),
        Ok(Some(status(0x8888_8888))),
        Ok(None),
    ]);
    assert_eq!(client.error_status(), Ok(Status::HAB_SUCCESS));
    assert_eq!(client.hab(), Some(Hab::Open));
}

#[test]
fn late_answer_is_not_used_for_the_next_command() {
    // the first command is answered after its time-out, before the second goes out
    let mut client = rom(&[&[], &[&HAB_OPEN, &status(0x900D_D009)]]);
    assert!(matches!(client.error_status(), Err(Error::Timeout { .. })));
    port(&mut client).answers.extend([
        Ok(Some(HAB_OPEN.to_vec())),
        Ok(Some(status(0xF0F0_F0F0))),
        Ok(None),
    ]);
    assert_eq!(client.skip_dcd_header(), Ok(()));
}

#[test]
fn unplugging_is_reported_at_every_step() {
    for reads in 0..3 {
        let mut client = rom(&[]);
        port(&mut client).answers.extend(
            [Ok(None), Ok(Some(HAB_OPEN.to_vec()))]
                .into_iter()
                .take(reads)
                .chain([Err(gone())]),
        );
        assert_eq!(
            client.error_status(),
            Err(Error::Gone {
                command: Tag::ERROR_STATUS
            })
        );
    }
    let mut client = rom(&[]);
    port(&mut client).write_error = Some((1, gone()));
    assert_eq!(
        client.write_file(0, &[1; 3000], &mut |_| ()),
        Err(Error::Gone {
            command: Tag::WRITE_FILE
        })
    );
}

#[test]
fn bad_arguments_send_nothing() {
    let mut client = rom(&[]);
    assert!(matches!(
        client.read_register(0x1002, Width::Word, 4),
        Err(Error::Argument { .. })
    ));
    assert!(matches!(
        client.write_register(0x1001, Width::Half, 4),
        Err(Error::Argument { .. })
    ));
    assert!(matches!(
        client.dcd_write(0x1000, &[0; 1769]),
        Err(Error::Argument { .. })
    ));
    assert!(port(&mut client).written.is_empty());
}

#[test]
fn uart_answer_cut_off_is_reported() {
    let mut client = Client::new(UartLink::new(FakeSerial::script(&[&[0x56, 0x78]])));
    let (what, bytes) = protocol_error(client.error_status().unwrap_err());
    assert_eq!(
        (what, &bytes[..]),
        ("an answer that breaks off", &[0x56, 0x78][..])
    );
}

/// A random report that often looks right.
fn random_report(next: &mut dyn FnMut() -> u64) -> Option<Vec<u8>> {
    let length = next() % 70;
    let mut report: Vec<u8> = (0..length).map(|_| next() as u8).collect();
    if let Some(id) = report.first_mut() {
        *id = 3 + *id % 2;
        if *id == 3 && report.len() > 5 && next().is_multiple_of(2) {
            report[1..5].copy_from_slice(&HAB_OPEN[1..]);
        }
    }
    (length > 3).then_some(report)
}

#[test]
fn endless_random_reports_fail_every_command() {
    for seed in 1..400 {
        let mut client = Client::new(HidLink::new(RandomHid::new(
            seed * 0x9E37_79B9,
            random_report,
        )));
        assert!(
            client
                .write_file(0x2020_8000, &[0; 3000], &mut |_| ())
                .is_err()
        );
        assert!(client.skip_dcd_header().is_err());
        assert!(client.write_register(0x1000, Width::Word, 0).is_err());
        // 4 GiB are requested: this ends at the first wrong answer and keeps only the bytes that came
        assert!(client.read_register(0, Width::Word, u32::MAX).is_err());
        assert!(!matches!(client.jump_address(0), Ok(JumpOutcome::Left)));
        let _ = client.error_status();
    }
}
