//! The core's own registers: interrupts, SysTick, reset. And the timers that the boot ROM may have left running.

use crate::clock;
use crate::mmio::{Register, barrier};

const SYSTICK_CONTROL: Register = Register::at(0xE000_E010);
#[cfg(feature = "uart")]
const INTERRUPT_ENABLE: Register = Register::at(0xE000_E100);
const INTERRUPT_DISABLE: Register = Register::at(0xE000_E180);
const INTERRUPT_UNPEND: Register = Register::at(0xE000_E280);
/// 160 interrupts.
const INTERRUPT_WORDS: u32 = 5;
const ICSR: Register = Register::at(0xE000_ED04);
const PENDSV_CLEAR: u32 = 1 << 27;
const SYSTICK_CLEAR: u32 = 1 << 25;
const AIRCR: Register = Register::at(0xE000_ED0C);
const PIT: Register = Register::at(0x4008_4000);

/// Switches off and clears whatever could interrupt. USB's interrupt stays off for ever: the controller is polled.
pub(crate) fn silence() {
    SYSTICK_CONTROL.write(0);
    for word in 0..INTERRUPT_WORDS {
        INTERRUPT_DISABLE.plus(4 * word).write(u32::MAX);
        INTERRUPT_UNPEND.plus(4 * word).write(u32::MAX);
    }
    ICSR.write(PENDSV_CLEAR | SYSTICK_CLEAR);
}

/// Lets one interrupt through. It has a vector in `start.rs`.
#[cfg(feature = "uart")]
pub(crate) fn enable_interrupt(number: u32) {
    INTERRUPT_ENABLE.write(1 << number);
    // SAFETY: the handler touches memory that is shared by atomics and volatile accesses only
    unsafe { core::arch::asm!("cpsie i", options(nostack, preserves_flags)) }
}

/// Masks all interrupts.
#[cfg(feature = "uart")]
pub(crate) fn disable_interrupts() {
    // SAFETY: has no effect but that no handler runs
    unsafe { core::arch::asm!("cpsid i", options(nostack, preserves_flags)) }
}

/// Runs something that no interrupt may stretch.
pub(crate) fn undisturbed<T>(run: impl FnOnce() -> T) -> T {
    #[cfg(feature = "uart")]
    let masked = {
        let mask: u32;
        // SAFETY: reads PRIMASK, then masks: no handler runs
        unsafe {
            core::arch::asm!("mrs {}, primask", "cpsid i", out(reg) mask, options(nostack, preserves_flags))
        };
        mask & 1 != 0
    };
    let result = run();
    #[cfg(feature = "uart")]
    if !masked {
        // SAFETY: they were let through before
        unsafe { core::arch::asm!("cpsie i", options(nostack, preserves_flags)) }
    }
    result
}

/// Stops the periodic timers, which the boot ROM may have used.
pub(crate) fn stop_timers() {
    clock::PIT.on();
    PIT.write(0);
    for channel in 0..4 {
        PIT.plus(0x108 + 16 * channel).write(0);
    }
}

/// Resets the chip. The boot pins are not sampled again: in serial download mode the boot ROM's downloader comes back.
pub(crate) fn reset() -> ! {
    barrier();
    AIRCR.write(0x05FA_0004);
    loop {
        // the reset takes effect some clocks later
        barrier();
    }
}
