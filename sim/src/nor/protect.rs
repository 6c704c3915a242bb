//! Block protection: which bytes the status registers keep from programs and erases.

use std::ops::Range;

use super::part::{BlockProtect, Part};

/// Bytes that `status` protects on `part`.
///
/// Source: data sheets of the parts; top of the array by default, doubling per BP step, all of it at the last one.
pub fn protected(part: &Part, status: &[u8; 3]) -> Range<u32> {
    let rules = &part.protect;
    let level = gather(status[0], rules.mask);
    let range = range(part.size, rules, status[0], level);
    let complement = rules
        .complement
        .is_some_and(|(register, bit)| status[register] >> bit & 1 == 1);
    if !complement {
        return range;
    }
    match (range.start, range.end) {
        (0, end) => end..part.size,
        (start, _) if start >= part.size => 0..part.size,
        (start, _) => 0..start,
    }
}

/// What each lock of a single block covers: 64 KiB, and 4 KiB in the first and the last 64 KiB.
///
/// Source: Winbond data sheets, "Individual Block/Sector Lock".
pub fn locks(size: u32) -> impl Iterator<Item = Range<u32>> {
    let last = size - 0x1_0000;
    let small = |from: u32| {
        (from..from + 0x1_0000)
            .step_by(0x1000)
            .map(|at| at..at + 0x1000)
    };
    let large = (0x1_0000..last)
        .step_by(0x1_0000)
        .map(|at| at..at + 0x1_0000);
    small(0).chain(large).chain(small(last))
}

/// The bits of `value` under `mask` as one number: Micron's highest BP bit lies apart from the others.
fn gather(value: u8, mask: u8) -> u32 {
    (0..8)
        .filter(|bit| mask >> bit & 1 == 1)
        .enumerate()
        .map(|(place, bit)| u32::from(value >> bit & 1) << place)
        .sum()
}

fn range(size: u32, rules: &BlockProtect, status: u8, level: u32) -> Range<u32> {
    if level == 0 {
        return size..size;
    }
    let all = gather(rules.mask, rules.mask);
    let bit = |bit: Option<u8>| bit.is_some_and(|bit| status >> bit & 1 == 1);
    let span = if level == all {
        size
    } else if bit(rules.sector) {
        // SEC: 4 KiB doubling, and no more than 32 KiB
        (0x1000u32 << (level - 1)).min(0x8000)
    } else {
        rules.unit.checked_shl(level - 1).unwrap_or(size).min(size)
    };
    if bit(rules.bottom) {
        0..span
    } else {
        size - span..size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_the_data_sheets() {
        let issi = Part::is25lp064a();
        assert_eq!(protected(&issi, &[0x00, 0, 0]), 0x80_0000..0x80_0000);
        assert_eq!(protected(&issi, &[0x04, 0, 0]), 0x7F_0000..0x80_0000);
        assert_eq!(protected(&issi, &[0x1C, 0, 0]), 0x40_0000..0x80_0000);
        assert_eq!(protected(&issi, &[0x3C, 0, 0]), 0..0x80_0000);
        let winbond = Part::w25q64jv();
        assert_eq!(protected(&winbond, &[0x04, 0, 0]), 0x7E_0000..0x80_0000);
        assert_eq!(protected(&winbond, &[0x24, 0, 0]), 0..0x2_0000);
        assert_eq!(protected(&winbond, &[0x44, 0, 0]), 0x7F_F000..0x80_0000);
        assert_eq!(protected(&winbond, &[0x04, 0x40, 0]), 0..0x7E_0000);
        assert_eq!(protected(&winbond, &[0x24, 0x40, 0]), 0x2_0000..0x80_0000);
        assert_eq!(protected(&winbond, &[0x00, 0x40, 0]), 0..0x80_0000);
    }
}
