//! Random bytes: nothing panics, and whatever parses is built again unchanged.

use rtboot_wire::mboot::{self, Command, ExternalMemory, PingResponse, Property, Response, frame};
use rtboot_wire::sdp::{self, report::FromHost, report::FromRom};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = self.next() % 80;
        let mut bytes: Vec<u8> = (0..length).map(|_| self.next() as u8).collect();
        // small numbers where ids, lengths and counts are, so that many cases get past the first check
        for at in [0, 2, 3] {
            let small = (self.next() % 10) as u8;
            if let Some(byte) = bytes.get_mut(at) {
                *byte = small;
            }
        }
        bytes
    }
}

#[test]
fn random_bytes_never_panic_and_round_trip() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut commands, mut responses) = (0, 0);
    for _ in 0..50_000 {
        let bytes = random.bytes();
        if let Some(command) = Command::parse(&bytes) {
            commands += 1;
            assert_eq!(Command::parse(&command.to_bytes()), Some(command));
            assert!(!command.to_string().is_empty());
        }
        if let Some(response) = Response::parse(&bytes) {
            responses += 1;
            assert_eq!(Response::parse(&response.to_bytes()), Some(response));
            assert!(!response.to_string().is_empty());
        }
        if let Some(bytes) = bytes.first_chunk() {
            let command = sdp::Command::parse(bytes);
            assert_eq!(command.to_bytes()[..15], bytes[..15]);
            assert!(!command.to_string().is_empty());
        }
        if let Some((header, payload)) = bytes.split_first_chunk() {
            let _ = frame::is_intact(header, payload);
        }
        if let Some(bytes) = bytes.first_chunk() {
            let _ = PingResponse::parse(bytes);
        }
        let _ = FromHost::parse(&bytes);
        let _ = FromRom::parse(&bytes);
        let _ = mboot::report::Report::parse(&bytes);
        let (words, _) = bytes.as_chunks();
        let words: Vec<u32> = words.iter().map(|w| u32::from_le_bytes(*w)).collect();
        let property = Property((random.next() % 0x28) as u32);
        assert!(property.describe(&words).to_string().len() < 2000);
        if let Some(memory) = ExternalMemory::from_words(&words) {
            assert_eq!(ExternalMemory::from_words(&memory.to_words()), Some(memory));
        }
    }
    assert!(commands > 1000 && responses > 1000);
}
