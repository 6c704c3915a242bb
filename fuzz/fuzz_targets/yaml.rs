//! SPSDK's YAML, and arrays in C or Rust.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_fcb::text;

fuzz_target!(|data: &str| {
    let _ = text::from_yaml(data).map_err(|error| error.to_string());
    let _ = text::from_array(data).map_err(|error| error.to_string());
});
