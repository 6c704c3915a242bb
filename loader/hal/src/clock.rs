//! Clock gates, and the PLL of USB. The core's own clocks stay as the boot ROM left them.

use crate::mmio::Register;
use crate::time;

const CCGR0: Register = Register::at(0x400F_C068);
const PLL_USB1: Register = Register::at(0x400D_8010);
const SET: u32 = 4;
const CLEAR: u32 = 8;

const EN_USB_CLKS: u32 = 1 << 6;
const POWER: u32 = 1 << 12;
const ENABLE: u32 = 1 << 13;
const BYPASS: u32 = 1 << 16;
const LOCK: u32 = 1 << 31;
/// A PLL3 locks within 100 µs.
const LOCK_LIMIT: u32 = 2_000;

/// A clock gate: number of the CCGR register and of the field in it.
#[derive(Clone, Copy)]
pub(crate) struct Gate(u8, u8);

/// For blocks that have no gate.
pub(crate) const NONE: Gate = Gate(0xFF, 0);
pub(crate) const PIT: Gate = Gate(1, 6);
pub(crate) const GPT1: Gate = Gate(1, 10);
pub(crate) const GPT1_SERIAL: Gate = Gate(1, 11);
#[cfg(feature = "uart")]
pub(crate) const GPIO1: Gate = Gate(1, 13);
pub(crate) const OCOTP: Gate = Gate(2, 6);
pub(crate) const WDOG1: Gate = Gate(3, 8);
pub(crate) const IOMUXC: Gate = Gate(4, 1);
pub(crate) const IOMUXC_GPR: Gate = Gate(4, 2);
pub(crate) const RTWDOG: Gate = Gate(5, 2);
pub(crate) const WDOG2: Gate = Gate(5, 5);
#[cfg(feature = "uart")]
pub(crate) const LPUART1: Gate = Gate(5, 12);
pub(crate) const USB: Gate = Gate(6, 0);
pub(crate) const DCDC: Gate = Gate(6, 3);
pub(crate) const FLEXSPI: Gate = Gate(6, 5);

impl Gate {
    fn register(self) -> Register {
        CCGR0.plus(4 * u32::from(self.0))
    }

    pub fn is_on(self) -> bool {
        self.0 == NONE.0 || self.register().read() >> (2 * self.1) & 3 != 0
    }

    pub fn on(self) {
        self.register().set(3 << (2 * self.1));
    }

    pub fn off(self) {
        self.register().clear(3 << (2 * self.1));
    }
}

/// PLL3, the clock of the USB PHY. Starts PLL3 only if the boot ROM did not: FlexSPI runs from it, too. Returns whether it is
/// locked; NXP's loader does not ask, so a PLL that does not say so is no reason to give up.
pub(crate) fn start_usb_pll() -> bool {
    PLL_USB1.plus(SET).write(EN_USB_CLKS);
    let running = PLL_USB1.read() & (POWER | ENABLE | BYPASS) == POWER | ENABLE;
    if !running {
        PLL_USB1.plus(SET).write(POWER | ENABLE);
    }
    let locked = time::wait(LOCK_LIMIT, || PLL_USB1.has(LOCK)).is_ok();
    if !running {
        PLL_USB1.plus(CLEAR).write(BYPASS);
    }
    locked
}
