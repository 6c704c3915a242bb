//! Start-up code and the functions that must be written in assembly.

use crate::{breadcrumb, memory, snapshot, system};

core::arch::global_asm!(include_str!("start.S"));

// behind the sixteen vectors of the core: interrupts 0 to 20
#[cfg(feature = "uart")]
core::arch::global_asm!(
    ".section .interrupts, \"a\", %progbits",
    ".rept 20",
    ".word fault",
    ".endr",
    ".word uart_interrupt",
);

unsafe extern "C" {
    /// Copies `bytes` bytes; returns 1 instead of faulting when an address cannot be accessed.
    pub(crate) fn probe_copy(to: u32, from: u32, bytes: u32) -> u32;
    /// Jumps; does not return.
    pub(crate) fn run_at(address: u32, argument: u32, stack: u32) -> !;
    /// Jumps with caches off and interrupts on, as the boot ROM does; does not return.
    pub(crate) fn boot_at(code: u32, stack: u32, table: u32) -> !;
}

/// Called first, on the loader's stack and with its vectors, in whatever state the boot ROM left caches and MPU.
#[unsafe(no_mangle)]
extern "C" fn record_and_silence() {
    breadcrumb::begin();
    snapshot::take();
    system::silence();
}

/// Called last: the stack for everything else, at the end of the work area.
#[unsafe(no_mangle)]
extern "C" fn choose_stack() -> u32 {
    match memory::choose_work_area() {
        Some(area) => area.start + area.length,
        None => breadcrumb::fail(breadcrumb::Error::NoWorkArea, 0),
    }
}

/// A fault outside [`probe_copy`].
#[unsafe(no_mangle)]
extern "C" fn unexpected_fault(pc: u32) -> ! {
    breadcrumb::fail(breadcrumb::Error::Fault, pc)
}
