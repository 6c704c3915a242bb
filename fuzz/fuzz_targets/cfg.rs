//! The text of .cfg files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_fcb::PartFile;

fuzz_target!(|data: &str| {
    match PartFile::from_cfg(data) {
        Ok(file) => assert_eq!(PartFile::from_cfg(&file.to_cfg()).as_ref(), Ok(&file)),
        Err(error) => drop(error.to_string()),
    }
});
