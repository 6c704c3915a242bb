//! A microsecond clock: GPT1 from the 24 MHz crystal, which owes nothing to the PLLs that the boot ROM set up.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::clock;
use crate::mmio::Register;

const GPT1: Register = Register::at(0x401E_C000);
const CONTROL: Register = GPT1;
const PRESCALER: Register = GPT1.plus(4);
const INTERRUPTS: Register = GPT1.plus(12);
const COUNT: Register = GPT1.plus(0x24);
const ENABLE: u32 = 1;
const FROM_ZERO: u32 = 1 << 1;
const CRYSTAL: u32 = 5 << 6;
const FREE_RUN: u32 = 1 << 9;
const ENABLE_CRYSTAL: u32 = 1 << 10;
const SOFTWARE_RESET: u32 = 1 << 15;

const DEMCR: Register = Register::at(0xE000_EDFC);
const DWT_CONTROL: Register = Register::at(0xE000_1000);
const DWT_CYCLES: Register = Register::at(0xE000_1004);

/// The core clock that the boot ROM sets up unless a fuse says otherwise.
const ASSUMED_MHZ: u32 = 396;
/// The core clock is measured over this time.
const MEASURE: u32 = 1_000;
/// Reads of the counter within which it has to get there: a read takes 20 ns at least.
const READS: u32 = 500_000;
/// A poll takes the core at least this part of a microsecond; bounds waits if the clock stops.
const POLLS_PER_MICROSECOND: u32 = 100;

/// The wait ended without its condition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimedOut;

// 0: GPT1. Otherwise cycles of the core for a microsecond: GPT1 does not count.
static FALLBACK_MHZ: AtomicU32 = AtomicU32::new(0);
// what the fallback has counted: cycles at the last look, and microseconds until then
static CYCLES: AtomicU32 = AtomicU32::new(0);
static MICROSECONDS: AtomicU32 = AtomicU32::new(0);

/// Starts the clock. Returns the measured core clock in kHz; 0 when GPT1 does not count and the core's own cycles, at the
/// clock that it most likely has, stand in.
pub(crate) fn start() -> u32 {
    DEMCR.set(1 << 24); // TRCENA
    DWT_CYCLES.write(0);
    DWT_CONTROL.set(1);

    clock::GPT1.on();
    clock::GPT1_SERIAL.on();
    CONTROL.write(0);
    INTERRUPTS.write(0);
    CONTROL.write(SOFTWARE_RESET);
    let _ = wait_reads(|| !CONTROL.has(SOFTWARE_RESET));
    let source = CRYSTAL | ENABLE_CRYSTAL | FREE_RUN | FROM_ZERO;
    CONTROL.write(source);
    PRESCALER.write(24 - 1);
    CONTROL.write(source | ENABLE);

    let first = COUNT.read();
    if wait_reads(|| COUNT.read() != first).is_err() {
        FALLBACK_MHZ.store(ASSUMED_MHZ, Relaxed);
        return 0;
    }
    measure()
}

/// Stops the clock, for code that does not know of it.
pub(crate) fn stop() {
    CONTROL.write(0);
}

/// Counts the core's cycles from one tick to another; 0 when the clock stopped.
fn measure() -> u32 {
    let before = COUNT.read();
    let first = wait_reads(|| COUNT.read() != before);
    let (start, cycles) = (COUNT.read(), DWT_CYCLES.read());
    let last = wait_reads(|| COUNT.read().wrapping_sub(start) >= MEASURE);
    match (first, last) {
        (Ok(()), Ok(())) => DWT_CYCLES.read().wrapping_sub(cycles) / (MEASURE / 1000),
        _ => 0,
    }
}

fn wait_reads(mut condition: impl FnMut() -> bool) -> Result<(), TimedOut> {
    match (0..READS).any(|_| condition()) {
        true => Ok(()),
        false => Err(TimedOut),
    }
}

/// Microseconds; wraps after 71 minutes. The fallback must be asked at least every ten seconds.
#[inline(never)]
pub(crate) fn now() -> u32 {
    let mhz = FALLBACK_MHZ.load(Relaxed);
    if mhz == 0 {
        return COUNT.read();
    }
    let before = CYCLES.load(Relaxed);
    let passed = DWT_CYCLES.read().wrapping_sub(before) / mhz;
    CYCLES.store(before.wrapping_add(passed * mhz), Relaxed);
    MICROSECONDS.store(MICROSECONDS.load(Relaxed).wrapping_add(passed), Relaxed);
    MICROSECONDS.load(Relaxed)
}

/// Cycles of the core; wraps within eleven seconds.
#[cfg(feature = "uart")]
pub(crate) fn cycles() -> u32 {
    DWT_CYCLES.read()
}

/// The end of a wait.
struct Limit {
    /// When it began; 0 before the first look.
    start: u32,
    microseconds: u32,
    polls: u32,
}

impl Limit {
    const fn of(microseconds: u32) -> Limit {
        Limit {
            start: 0,
            microseconds,
            polls: 0,
        }
    }

    /// The time is counted from the first look on: what is there at once costs none.
    #[inline(never)]
    fn is_over(&mut self) -> bool {
        let now = now();
        if self.polls == 0 {
            self.start = now;
        }
        self.polls += 1;
        now.wrapping_sub(self.start) > self.microseconds
            || self.polls / POLLS_PER_MICROSECOND > self.microseconds
    }
}

/// Polls until the condition holds, for at most `limit` microseconds.
pub(crate) fn wait(limit: u32, mut condition: impl FnMut() -> bool) -> Result<(), TimedOut> {
    let mut limit = Limit::of(limit);
    while !condition() {
        if limit.is_over() {
            return Err(TimedOut);
        }
    }
    Ok(())
}

/// Lets time pass.
pub(crate) fn delay(microseconds: u32) {
    let mut limit = Limit::of(microseconds);
    while !limit.is_over() {}
}
