//! SFDP tables, and what option words make of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rtboot_fcb::derive::{Flash, derive};
use rtboot_fcb::sfdp::Sfdp;
use rtboot_fcb::{Chip, OptionWords, StatusRegisters};

fuzz_target!(|data: (u32, Option<u32>, u8, u8, &[u8])| {
    let (word0, word1, sr1, sr2, bytes) = data;
    let sfdp = [b"SFDP".as_slice(), bytes].concat();
    if let Ok(sfdp) = Sfdp::parse(&sfdp) {
        let _ = (
            sfdp.size(),
            sfdp.erase_types(),
            sfdp.chip_erase(),
            sfdp.qer(),
        );
    }
    let flash = Flash {
        sfdp: &sfdp,
        registers: StatusRegisters {
            sr1,
            sr2: Some(sr2),
            sr3: None,
        },
        ddr_dummy_cycles: Some(6),
    };
    let word0 = word0 & 0x0FFF_FFFF | 0xC000_0000;
    for chip in ["rt1021", "rt1024", "rt1052"] {
        let chip = Chip::by_name(chip).expect("a chip");
        let _ = derive(OptionWords { word0, word1 }, &flash, chip);
        let _ = OptionWords { word0, word1 }.explain(chip);
    }
});
