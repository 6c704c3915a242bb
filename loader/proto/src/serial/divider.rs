//! The dividers of an LPUART.

/// How an LPUART divides its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Divider {
    /// Samples of a bit, 4 to 32.
    pub oversampling: u32,
    /// 1 to 8191.
    pub modulo: u32,
}

impl Divider {
    /// The one that comes nearest to `baud`; of equal ones that with the most samples. `None` when none is within 1.5 %:
    /// a receiver stands 4 %, and the other side is wrong, too.
    pub fn of(clock: u32, baud: u32) -> Option<Divider> {
        let mut best = None;
        let mut least = baud / 64;
        if baud == 0 || baud > clock / 4 {
            return None;
        }
        for oversampling in (4..=32).rev() {
            let modulo = ((clock + baud * oversampling / 2) / (baud * oversampling)).clamp(1, 8191);
            let divider = Divider {
                oversampling,
                modulo,
            };
            let error = divider.speed(clock).abs_diff(baud);
            if error < least {
                least = error;
                best = Some(divider);
            }
        }
        best
    }

    /// The speed that it gives.
    pub fn speed(self, clock: u32) -> u32 {
        let both = self.oversampling * self.modulo;
        (clock + both / 2) / both
    }
}
