//! The speed of the line, from the falling edges of the first ping.
//!
//! 5A falls at bits 0, 3, 6, 8 of its frame, A6 at bits 0, 4, 7. NXP's loader measures these seven edges, too. Here every
//! interval must fit the bit that all of them give, so the boot ROM's question and noise are no ping. A command frame
//! falls at the same bits: it gives the speed as well, is answered as a ping, and then asked for again.

/// Bits between the edges; the gap between the two bytes is as long as the host likes.
const BITS: [u64; 6] = [3, 3, 2, 0, 4, 3];
/// Bits of all intervals that are measured.
const TOTAL: u64 = 15;

/// Speeds that hosts use: a measured one that is near is meant to be it.
const USUAL: [u32; 16] = [
    4800, 9600, 14_400, 19_200, 28_800, 38_400, 57_600, 76_800, 115_200, 230_400, 460_800, 500_000,
    921_600, 1_000_000, 1_500_000, 2_000_000,
];

/// The last seven falling edges, in cycles of the core.
#[derive(Debug, Clone, Copy)]
pub struct Edges {
    at: [u32; 7],
    count: usize,
}

impl Edges {
    /// None yet.
    pub const fn new() -> Edges {
        Edges {
            at: [0; 7],
            count: 0,
        }
    }

    /// An edge. Returns the cycles of fifteen bits when this was the last edge of a ping.
    pub fn edge(&mut self, at: u32) -> Option<u32> {
        // by hand: `copy_within` brings 1.6 KiB of code
        let mut moved = at;
        for place in self.at.iter_mut().rev() {
            core::mem::swap(place, &mut moved);
        }
        self.count = (self.count + 1).min(7);
        if self.count < 7 {
            return None;
        }
        let time = |from: usize| u64::from(self.at[from + 1].wrapping_sub(self.at[from]));
        let total = time(0) + time(1) + time(2) + time(4) + time(5);
        let fits = |(from, bits): (usize, &u64)| {
            let found = time(from) * TOTAL;
            match *bits {
                // the start bit of the second byte is two bits behind the last edge of the first one, or later
                0 => found >= total,
                // within a quarter of a bit
                bits => found.abs_diff(total * bits) * 4 <= total,
            }
        };
        let ping = total >= TOTAL && BITS.iter().enumerate().all(fits);
        ping.then_some(total.min(u32::MAX.into()) as u32)
    }
}

impl Default for Edges {
    fn default() -> Edges {
        Edges::new()
    }
}

/// The speed of a ping whose fifteen bits took so many cycles of a core with this clock.
pub fn speed(cycles: u32, core_khz: u32) -> u32 {
    // in two steps, so that 32 bits are enough up to 570 MHz
    let measured = 2 * (core_khz.min(570_000) * (500 * TOTAL as u32) / cycles.max(1));
    USUAL
        .into_iter()
        .find(|usual| usual.abs_diff(measured) <= usual / 32)
        .unwrap_or(measured)
}
