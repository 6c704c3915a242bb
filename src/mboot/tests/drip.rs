//! Devices that say something every 0.3 s and are never silent: time ends what silence does not.

use super::*;
use crate::mboot::uart::UartLink;
use crate::port::fake::FakeSerial;

const PONG: [u8; 10] = [0x5A, 0xA7, 0, 2, 1, 0x50, 0, 0, 0xAA, 0xEA];
const EACH: Duration = Duration::from_millis(300);

/// A client over a UART on which these bytes come over and over.
fn dripping(bytes: &'static [u8]) -> Client<UartLink<FakeSerial>> {
    let mut next = bytes.iter().copied().cycle();
    let port = FakeSerial {
        drip: Some((EACH, Box::new(move || next.next().unwrap_or(0)))),
        ..FakeSerial::default()
    };
    let mut client = Client::new(UartLink::new(port));
    client.synced = true;
    client.payload = Some(32);
    client
}

fn took(client: &mut Client<UartLink<FakeSerial>>) -> Duration {
    client.link_mut().port_mut().clock
}

#[test]
fn every_verb_ends_when_bytes_drip() {
    for bytes in [
        &[0xEE][..],
        &[0x5A],
        &[0x5A, 0xA1],
        &[0x5A, 0xA2],
        &[0x5A, 0xA4, 0, 4],
        &PONG,
    ] {
        let mut client = dripping(bytes);
        client
            .get_property(Property::CURRENT_VERSION, 0)
            .unwrap_err();
        let asked = took(&mut client);
        assert!(asked < Duration::from_secs(45), "{bytes:02x?}: {asked:?}");
        client.sync().unwrap_err();
        let synced = took(&mut client) - asked;
        assert!(
            synced < Duration::from_secs(120),
            "{bytes:02x?}: {synced:?}"
        );
    }
}

#[test]
fn short_data_frames_that_drip_end_a_read() {
    // ACK, ReadMemory response for 1000 bytes, then data frames of one byte
    let mut port = FakeSerial::default();
    let response = Command::raw(Tag::READ_MEMORY_RESPONSE, true, &[0, 1000]).unwrap();
    let response = response.to_bytes();
    let frame = frame::header(frame::COMMAND, &response).unwrap();
    port.script.push_back(PONG.to_vec());
    port.script
        .push_back([&[0x5A, 0xA1][..], &frame, &response].concat());
    let data = [&frame::header(frame::DATA, &[7]).unwrap()[..], &[7]].concat();
    let mut next = data.into_iter().cycle();
    port.drip = Some((EACH, Box::new(move || next.next().unwrap_or(0))));
    let mut client = Client::new(UartLink::new(port));
    client.synced = true;
    client.payload = Some(1016);
    let read = client.read_memory(0, 1000, MemoryId::INTERNAL, &mut |_| true);
    assert!(
        matches!(read, Err(Error::Protocol { .. } | Error::Timeout { .. })),
        "{read:?}"
    );
    assert!(took(&mut client) < Duration::from_secs(60));
}

#[test]
fn reports_of_others_that_drip_end_a_command() {
    struct Chatter(Duration);
    impl crate::port::HidPort for Chatter {
        fn write(&mut self, _: &[u8]) -> std::result::Result<(), port::Error> {
            Ok(())
        }
        fn read(&mut self, timeout: Duration) -> std::result::Result<Option<Vec<u8>>, port::Error> {
            self.0 += timeout.min(EACH);
            Ok((timeout >= EACH).then(|| done(Tag::FILL_MEMORY, 0)))
        }
        fn describe(&self) -> String {
            "fake".into()
        }
        fn now(&self) -> Duration {
            self.0
        }
    }
    let mut client = Client::new(HidLink::new(Chatter(Duration::ZERO)));
    client.synced = true;
    client
        .get_property(Property::CURRENT_VERSION, 0)
        .unwrap_err();
    let limit = Timeouts::default().command + EACH;
    assert!(client.link_mut().port_mut().0 <= limit);
}
