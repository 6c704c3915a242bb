//! Registers at constant addresses.

/// A 32-bit register.
#[derive(Clone, Copy)]
pub(crate) struct Register(u32);

/// A 16-bit register; the watchdogs WDOG1 and WDOG2 take no other width.
#[derive(Clone, Copy)]
pub(crate) struct Register16(u32);

impl Register {
    /// Only for addresses of device registers; every call is with constants of this crate.
    pub const fn at(address: u32) -> Register {
        Register(address)
    }

    /// The register `bytes` behind this one.
    pub const fn plus(self, bytes: u32) -> Register {
        Register(self.0 + bytes)
    }

    pub fn read(self) -> u32 {
        // SAFETY: a device register, aligned; reads and writes of registers are no accesses to Rust objects
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    pub fn write(self, value: u32) {
        // SAFETY: as in `read`; registers that make the chip access memory (USB) are written by their module only
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }

    pub fn set(self, bits: u32) {
        self.write(self.read() | bits);
    }

    pub fn clear(self, bits: u32) {
        self.write(self.read() & !bits);
    }

    /// Gives the bits of `mask` these values.
    pub fn modify(self, mask: u32, value: u32) {
        self.write(self.read() & !mask | value);
    }

    pub fn has(self, bits: u32) -> bool {
        self.read() & bits == bits
    }
}

impl Register16 {
    /// As [`Register::at`].
    pub const fn at(address: u32) -> Register16 {
        Register16(address)
    }

    pub fn read(self) -> u16 {
        // SAFETY: as in `Register::read`
        unsafe { (self.0 as *const u16).read_volatile() }
    }

    pub fn write(self, value: u16) {
        // SAFETY: as in `Register::write`
        unsafe { (self.0 as *mut u16).write_volatile(value) }
    }
}

/// Waits until all earlier memory accesses are done: before the chip is told to look at memory.
///
/// Not seen in emulation, where all accesses keep their order. On silicon writes to RAM may wait in the core's store buffer while
/// the register write that hands them over has arrived: so one stands before each prime and behind
/// each link of a descriptor.
pub(crate) fn barrier() {
    // SAFETY: has no effect but order
    unsafe { core::arch::asm!("dsb", options(nostack, preserves_flags)) }
}

/// After a change of clocks or of the memory map: the following instructions are fetched anew.
pub(crate) fn flush_pipeline() {
    // SAFETY: has no effect but order
    unsafe { core::arch::asm!("dsb", "isb", options(nostack, preserves_flags)) }
}
