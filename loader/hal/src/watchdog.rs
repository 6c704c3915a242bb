//! RTWDOG as a net under the loader: if it does not come up, the boot ROM does.
//!
//! RTWDOG and not WDOG1, because it can be switched off again before an application starts. Watchdogs that run already
//! are fed. RTWDOG counts a 32 kHz clock that may be off by a factor of 0.7 to 3.3; the periods leave room for that.

use crate::clock;
use crate::mmio::{Register, Register16};
use crate::{system, time};

const CS: Register = Register::at(0x400B_C000);
const COUNT: Register = CS.plus(4);
const TIMEOUT: Register = CS.plus(8);
const WINDOW: Register = CS.plus(12);
const SRC_CONTROL: Register = Register::at(0x400F_8000);

const ENABLE: u32 = 1 << 7;
const UPDATE: u32 = 1 << 5;
const LPO_CLOCK: u32 = 1 << 8;
const RECONFIGURED: u32 = 1 << 10;
const UNLOCKED: u32 = 1 << 11;
const PRESCALED: u32 = 1 << 12;
const COMMANDS_32_BIT: u32 = 1 << 13;
const UNLOCK: u32 = 0xD928_C520;
const REFRESH: u32 = 0xB480_A602;
/// 32 kHz / 256.
const TICKS_PER_SECOND: u32 = 128;

/// The unlock shows within a few bus clocks.
const UNLOCK_LIMIT: u32 = 20;
/// A new configuration takes 2.5 ticks of 32 kHz.
const CONFIGURE_LIMIT: u32 = 2_000;
/// Between two feedings.
const FEED_GAP: u32 = 10_000;

/// Until the host has configured USB.
pub(crate) const START_SECONDS: u32 = 10;
/// Afterwards.
pub(crate) const RUN_SECONDS: u32 = 30;

const WDOG1: Register16 = Register16::at(0x400B_8000);
const WDOG2: Register16 = Register16::at(0x400D_0000);
const WDE: u16 = 1 << 2;

/// The three watchdogs.
pub(crate) struct Watchdogs {
    fed: u32,
    // bit 0: WDOG1 runs and cannot be stopped; bit 1: WDOG2
    others: u8,
    set: bool,
}

impl Watchdogs {
    /// Stops what can be stopped, then starts the net.
    pub fn start() -> Watchdogs {
        let mut others = 0;
        for (i, (gate, control)) in [(clock::WDOG1, WDOG1), (clock::WDOG2, WDOG2)]
            .into_iter()
            .enumerate()
        {
            gate.on();
            power_down(i).write(0); // the power-down counter would pull WDOG_B after 16 s
            others |= u8::from(control.read() & WDE != 0) << i;
        }
        clock::RTWDOG.on();
        let mut watchdogs = Watchdogs {
            fed: time::now(),
            others,
            set: false,
        };
        feed_others(others);
        watchdogs.set_period(START_SECONDS);
        watchdogs
    }

    /// Whether RTWDOG took its configuration.
    pub fn is_set(&self) -> bool {
        self.set
    }

    /// Whether a watchdog runs that cannot be stopped.
    pub fn others_run(&self) -> bool {
        self.others != 0
    }

    pub fn set_period(&mut self, seconds: u32) {
        // MASK_WDOG3_RST = 0xA: a time-out resets the chip
        SRC_CONTROL.modify(0xF << 28, 0xA << 28);
        let configuration = ENABLE | UPDATE | LPO_CLOCK | PRESCALED | COMMANDS_32_BIT;
        self.set = system::undisturbed(|| configure(configuration, TICKS_PER_SECOND * seconds));
    }

    /// Feeds every watchdog that runs, at most every ten milliseconds.
    pub fn feed(&mut self) {
        let now = time::now();
        if now.wrapping_sub(self.fed) < FEED_GAP {
            return;
        }
        self.fed = now;
        match CS.read() {
            cs if cs & ENABLE == 0 => {}
            cs if cs & COMMANDS_32_BIT != 0 => COUNT.write(REFRESH),
            _ => system::undisturbed(|| {
                COUNT.write(REFRESH & 0xFFFF);
                COUNT.write(REFRESH >> 16);
            }),
        }
        feed_others(self.others);
    }

    /// Stops RTWDOG, for code that does not know of it.
    pub fn stop(&mut self) {
        let off = UPDATE | LPO_CLOCK | PRESCALED | COMMANDS_32_BIT;
        let _ = system::undisturbed(|| configure(off, 0xFFFF));
    }
}

/// WMCR of WDOG1 or WDOG2.
fn power_down(number: usize) -> Register16 {
    [Register16::at(0x400B_8008), Register16::at(0x400D_0008)][number & 1]
}

fn feed_others(others: u8) {
    for (i, service) in [Register16::at(0x400B_8002), Register16::at(0x400D_0002)]
        .into_iter()
        .enumerate()
    {
        if others >> i & 1 != 0 {
            service.write(0x5555);
            service.write(0xAAAA);
        }
    }
}

/// Unlocks RTWDOG and writes its configuration: the registers take it within 128 bus clocks of the unlock only, so nothing
/// slow may come between. Without CS.UPDATE, which only a reset brings back, it cannot be changed.
fn configure(cs: u32, ticks: u32) -> bool {
    let old = CS.read();
    if old & UPDATE == 0 {
        return false;
    }
    if old & COMMANDS_32_BIT != 0 {
        COUNT.write(UNLOCK);
    } else {
        COUNT.write(UNLOCK & 0xFFFF);
        COUNT.write(UNLOCK >> 16);
    }
    if time::wait(UNLOCK_LIMIT, || CS.has(UNLOCKED)).is_err() {
        return false;
    }
    WINDOW.write(0);
    TIMEOUT.write(ticks);
    CS.write(cs);
    time::wait(CONFIGURE_LIMIT, || CS.has(RECONFIGURED)).is_ok()
}
