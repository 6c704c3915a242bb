//! Virtual time: what the bus and the flash would have needed, the same on every machine.
//!
//! There are two times: the *host's*, and the time until which the *device* is busy. A command is worked off at once and
//! its cost moves the device's time ahead; its answer is ready when the host's time gets there.

use std::time::Duration;

/// One USB transaction on an interrupt endpoint at best: 4 microframes.
///
/// Source: bInterval 3 of the flashloader's endpoints at high speed.
pub const USB_TRANSACTION_NS: u64 = 500_000;

/// Host and device time, in nanoseconds since power-on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clock {
    now: u64,
    device: u64,
}

impl Clock {
    /// A clock at zero.
    pub fn new() -> Clock {
        Clock::default()
    }

    /// The host's time.
    pub fn now_ns(&self) -> u64 {
        self.now
    }

    /// The host's time.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.now)
    }

    /// When the device has finished its work.
    pub fn device_ns(&self) -> u64 {
        self.device.max(self.now)
    }

    /// The host lets time pass.
    pub fn advance(&mut self, ns: u64) {
        self.now = self.now.saturating_add(ns);
    }

    /// The host waits until `ns`, if that is still to come.
    pub fn advance_to(&mut self, ns: u64) {
        self.now = self.now.max(ns);
    }

    /// The device loses power and drops its work.
    pub fn drop_work(&mut self) {
        self.device = self.now;
    }

    /// The device works for `ns` more.
    pub fn work(&mut self, ns: u64) {
        self.device = self.device_ns().saturating_add(ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_work_starts_now_and_ends_later() {
        let mut clock = Clock::new();
        clock.advance(10);
        clock.work(5);
        assert_eq!((clock.now_ns(), clock.device_ns()), (10, 15));
        clock.advance_to(12);
        clock.work(1);
        assert_eq!(clock.device_ns(), 16);
        clock.advance(100);
        assert_eq!(clock.device_ns(), 112);
    }
}
