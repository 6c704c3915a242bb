//! Boot FCBs held against blocks that the genuine flashloader wrote, and against published ones.

use rtboot_fcb::{Fcb, database};

const GOLDEN: &[u8] = include_bytes!("vectors/is25lp064a_qe_c0000007.bin");

#[test]
fn the_boot_fcb_is_the_golden_one_but_for_the_clock() {
    let golden = Fcb::parse(GOLDEN).unwrap();
    let (_, file) = database::find("issi.cfg").unwrap();
    let ours = file.parts[0].boot_fcb();
    let differing: Vec<String> = ours.diff(&golden).iter().map(|diff| format!("{} {} -> {}", diff.this.alias, diff.other.value, diff.this.value)).collect();
    // 133 MHz with 6 dummy cycles is beyond the part's own limit of 104 MHz
    assert_eq!(differing, ["serialClkFreq 7 -> 6"]);
}
