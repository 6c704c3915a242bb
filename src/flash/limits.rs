//! How long the flash may take, from its data sheet's figures. Pure.

use std::time::Duration;

use rtboot_fcb::Part;

/// Limit inside the flashloader for the flash to get ready, in milliseconds, when the part gives no figure.
/// The slowest block erase of the data sheets at hand is 5.4 s.
const READY_MS: u32 = 6_000;
/// The least such limit, whatever the figures say.
const READY_LEAST_MS: u32 = 1_000;

/// The flashloader's own limit for one erase or program, in milliseconds: twice the data sheet's maximum.
pub fn ready_ms(part: &Part) -> u32 {
    let times = &part.times;
    let longest = times.block_erase.or(times.sector_erase);
    longest.map_or(READY_MS, |span| {
        u32::try_from((span.max * 2).as_millis())
            .unwrap_or(u32::MAX)
            .max(READY_LEAST_MS)
    })
}

/// How long the host waits for an erase of `length` bytes: twice the data sheet's maximum and what checking takes; without
/// a figure 10 s for each 64 KiB begun.
pub fn erase(part: &Part, length: u32) -> Duration {
    let times = &part.times;
    let units = |size: u32| length.div_ceil(size.max(1));
    let known = if length >= part.size {
        times.chip_erase.map(|span| span.max)
    } else if length >= part.block_size {
        times
            .block_erase
            .map(|span| span.max * units(part.block_size))
    } else {
        times
            .sector_erase
            .map(|span| span.max * units(part.sector_size))
    };
    known.unwrap_or(Duration::from_secs(5) * units(0x1_0000)) * 2 + Duration::from_secs(5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtboot_fcb::Span;

    /// A part with these maxima for a sector, a block and the chip, in milliseconds.
    fn part(sector: Option<u64>, block: Option<u64>, chip: Option<u64>) -> Part {
        let (_, file) = rtboot_fcb::database::find("IS25LP064A").expect("in the database");
        let mut part = file.parts[0].clone();
        let span = |max: Option<u64>| {
            max.map(|max| Span {
                typical: Duration::from_millis(1),
                max: Duration::from_millis(max),
            })
        };
        part.times.sector_erase = span(sector);
        part.times.block_erase = span(block);
        part.times.chip_erase = span(chip);
        part
    }

    #[test]
    fn the_flashloader_waits_twice_the_longest_erase() {
        assert_eq!(ready_ms(&part(Some(300), Some(2_000), None)), 4_000);
        assert_eq!(ready_ms(&part(Some(700), None, None)), 1_400);
        assert_eq!(ready_ms(&part(Some(45), Some(45), None)), READY_LEAST_MS);
        assert_eq!(ready_ms(&part(None, None, None)), READY_MS);
    }

    #[test]
    fn the_host_waits_by_what_is_erased() {
        let part = part(Some(300), Some(2_000), Some(16_000));
        let seconds = |length| erase(&part, length).as_millis();
        assert_eq!(seconds(0x1000), 5_600);
        assert_eq!(seconds(0x1001), 6_200, "a sector begun counts");
        assert_eq!(seconds(0xF000), 5_000 + 15 * 600);
        assert_eq!(seconds(0x1_0000), 9_000, "blocks from here on");
        assert_eq!(seconds(0x2_0001), 17_000);
        assert_eq!(seconds(part.size - 1), 5_000 + 128 * 4_000);
        assert_eq!(seconds(part.size), 37_000, "all of it");
    }

    #[test]
    fn default_wait_is_ten_seconds_per_64_kib() {
        let part = part(None, None, None);
        assert_eq!(erase(&part, 0x1000), Duration::from_secs(15));
        assert_eq!(erase(&part, 0x2_0001), Duration::from_secs(35));
        assert_eq!(erase(&part, part.size), Duration::from_secs(5 + 128 * 10));
    }
}
