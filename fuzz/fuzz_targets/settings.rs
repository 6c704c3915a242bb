//! Settings files, and the durations in them.
#![no_main]

#[allow(dead_code)]
#[path = "../../src/cli/number.rs"]
mod number;
#[path = "../../src/cli/settings/text.rs"]
mod text;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    match text::parse(data) {
        Ok(values) => {
            for (key, value) in values {
                assert!(!key.is_empty());
                let _ = number::parse_duration(&value);
                let _ = (number::parse_u32(&value), number::parse_u8(&value));
            }
        }
        // what goes to the terminal is a line or two, whatever the file holds
        Err(reason) => assert!(reason.len() < 4_000, "{} bytes", reason.len()),
    }
});
