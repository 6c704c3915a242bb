//! Frames, commands and responses as bytes: read, shown in a trace, and made again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot::mboot::{self, Command, PingResponse, Property, Response, Status, frame};
use rtboot::port::traced::Direction;
use rtboot::sdp;

fuzz_target!(|data: &[u8]| {
    for direction in [Direction::Out, Direction::In] {
        let _ = mboot::describe_report(direction, data);
        let _ = mboot::describe_bytes(direction, data);
        let _ = sdp::describe_report(direction, data);
        let _ = sdp::describe_bytes(direction, data);
    }
    if let Some(command) = Command::parse(data) {
        assert_eq!(Command::parse(&command.to_bytes()), Some(command));
        assert!(!command.to_string().is_empty());
    }
    if let Some(response) = Response::parse(data) {
        assert_eq!(Response::parse(&response.to_bytes()), Some(response));
    }
    if let Some((header, payload)) = data.split_first_chunk() {
        let _ = frame::payload_length(header);
        if frame::is_intact(header, payload) && header[0] == frame::START {
            assert_eq!(frame::header(header[1], payload).as_ref(), Some(header));
        }
    }
    if let Some(bytes) = data.first_chunk() {
        let _ = PingResponse::parse(bytes);
    }
    if let Some(bytes) = data.first_chunk() {
        let command = sdp::Command::parse(bytes);
        // the last byte is reserved
        assert_eq!(command.to_bytes()[..15], bytes[..15]);
        assert!(!command.to_string().is_empty());
    }
    let words: Vec<u32> = data
        .as_chunks()
        .0
        .iter()
        .map(|word| u32::from_le_bytes(*word))
        .collect();
    if let Some((&number, words)) = words.split_first() {
        let _ = (
            Property(number).describe(words).to_string(),
            Property(number & 31).describe(words).to_string(),
        );
        let _ = (Status(number).to_string(), sdp::Status(number).to_string());
        let _ = mboot::ExternalMemory::from_words(words).map(|memory| memory.size());
    }
});
