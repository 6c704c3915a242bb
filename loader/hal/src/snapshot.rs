//! The registers as the boot ROM left them, before the loader changed any: the first report from real hardware tells what
//! no document says.
//!
//! `SNAPSHOT_WORDS` words at a fixed place at the end of the second OCRAM bank, in the order of [`TABLE`]; word 0 is "SNP1", words 1 to 9
//! are PRIMASK, SP, MSP, PSP, CONTROL, xPSR, CCR, LR, VTOR. A register behind a closed clock gate is not read: its word is
//! 0xDEADC10C. A read that faults gives 0xDEADFA17.

use crate::clock::{self, Gate, NONE};
use crate::mmio::{Register, Register16};
use crate::start::probe_copy;

/// Words in the snapshot; link.x reserves as many.
pub(crate) const SNAPSHOT_WORDS: usize = 128;
const MAGIC: u32 = u32::from_le_bytes(*b"SNP1");
const CLOSED: u32 = 0xDEAD_C10C;
const FAULTED: u32 = 0xDEAD_FA17;
/// Words that the assembly has filled in.
const CORE_WORDS: usize = 10;
const MPU_NUMBER: Register = Register::at(0xE000_ED98);
const MPU_BASE: Register = Register::at(0xE000_ED9C);
const MPU_SIZE: Register = Register::at(0xE000_EDA0);
const MPU_REGIONS: u32 = 16;

/// `(first address, how many words, distance in bytes, gate)`
// in the gap before the vectors, which begin at a multiple of 1024
#[unsafe(link_section = ".gap")]
static TABLE: [(u32, u8, u8, Gate); 33] = [
    (0xE000_ED88, 1, 4, NONE),              // CPACR
    (0xE000_ED90, 2, 4, NONE),              // MPU_TYPE, MPU_CTRL
    (0xE000_E010, 1, 4, NONE),              // SYST_CSR
    (0xE000_E100, 5, 4, NONE),              // NVIC_ISER
    (0xE000_E200, 5, 4, NONE),              // NVIC_ISPR
    (0x400F_C014, 2, 4, NONE),              // CBCDR, CBCMR
    (0x400F_C01C, 3, 4, NONE),              // CSCMR1, CSCMR2, CSCDR1
    (0x400F_C068, 7, 4, NONE),              // CCGR0 to CCGR6
    (0x400D_8010, 1, 4, NONE),              // PLL_USB1
    (0x400D_8030, 1, 4, NONE),              // PLL_SYS
    (0x400D_80E0, 2, 16, NONE),             // PLL_ENET, PFD_480
    (0x400D_8100, 1, 4, NONE),              // PFD_528
    (0x400D_8120, 1, 4, NONE),              // REG_3P0
    (0x400D_8150, 1, 4, NONE),              // MISC0
    (0x400F_8000, 3, 4, NONE),              // SRC_SCR, SBMR1, SRSR
    (0x400F_801C, 1, 4, NONE),              // SRC_SBMR2
    (0x400B_C000, 1, 4, clock::RTWDOG),     // RTWDOG_CS
    (0x400B_C008, 1, 4, clock::RTWDOG),     // RTWDOG_TOVAL
    (0x400A_C038, 1, 4, clock::IOMUXC_GPR), // GPR14
    (0x400A_C040, 2, 4, clock::IOMUXC_GPR), // GPR16, GPR17
    (0x4008_4000, 1, 4, clock::PIT),        // PIT_MCR
    (0x4008_4108, 4, 16, clock::PIT),       // PIT_TCTRL0 to 3
    (0x4008_0000, 1, 4, clock::DCDC),       // DCDC_REG0
    (0x4008_000C, 1, 4, clock::DCDC),       // DCDC_REG3
    (0x402A_8000, 1, 4, clock::FLEXSPI),    // MCR0
    (0x402E_0140, 2, 4, clock::USB),        // USBCMD, USBSTS
    (0x402E_0184, 1, 4, clock::USB),        // PORTSC1
    (0x402E_01A8, 1, 4, clock::USB),        // USBMODE
    (0x402E_01B8, 1, 4, clock::USB),        // ENDPTSTAT
    (0x402E_01C0, 1, 4, clock::USB),        // ENDPTCTRL0
    (0x400D_9000, 1, 4, NONE),              // USBPHY_PWD
    (0x400D_9010, 1, 4, NONE),              // USBPHY_TX
    (0x400D_9030, 1, 4, NONE),              // USBPHY_CTRL
];

/// Addresses of WCR, WRSR and WMCR; 16 bits wide.
const WATCHDOGS: [(u32, Gate); 2] = [(0x400B_8000, clock::WDOG1), (0x400D_0000, clock::WDOG2)];
const WATCHDOG_REGISTERS: [u32; 3] = [0, 4, 8];

unsafe extern "C" {
    #[link_name = "__snapshot"]
    static mut SNAPSHOT: [u32; SNAPSHOT_WORDS];
}

/// Where the snapshot is, and how long.
pub(crate) fn place() -> (u32, u32) {
    (&raw const SNAPSHOT as u32, 4 * SNAPSHOT_WORDS as u32)
}

/// A register of [`TABLE`] as it was at entry; 0 for one that is not in it.
pub(crate) fn register(address: u32) -> u32 {
    let mut at = CORE_WORDS;
    for (first, count, distance, _) in &TABLE {
        for i in 0..u32::from(*count) {
            if first + i * u32::from(*distance) == address {
                // SAFETY: inside the array, which TABLE does not fill; nothing writes to it any more
                return unsafe { (&raw const SNAPSHOT).cast::<u32>().add(at).read_volatile() };
            }
            at += 1;
        }
    }
    0
}

/// Reads the registers.
pub(crate) fn take() {
    let mut at = CORE_WORDS;
    let mut put = |word: u32| {
        if at < SNAPSHOT_WORDS {
            store(at, word);
            at += 1;
        }
    };
    for (first, count, distance, gate) in &TABLE {
        for i in 0..u32::from(*count) {
            put(match gate.is_on() {
                true => read(first + i * u32::from(*distance)),
                false => CLOSED,
            });
        }
    }
    for (base, gate) in WATCHDOGS {
        for offset in WATCHDOG_REGISTERS {
            put(match gate.is_on() {
                true => u32::from(Register16::at(base + offset).read()),
                false => CLOSED,
            });
        }
    }
    for number in 0..MPU_REGIONS {
        MPU_NUMBER.write(number);
        put(MPU_BASE.read());
        put(MPU_SIZE.read());
    }
    store(0, MAGIC);
}

fn read(address: u32) -> u32 {
    let mut word = 0;
    // SAFETY: writes `word`; a register of the table that faults is reported
    match unsafe { probe_copy(&raw mut word as u32, address, 4) } {
        0 => word,
        _ => FAULTED,
    }
}

fn store(at: usize, word: u32) {
    // SAFETY: inside the array (both callers check); nothing holds a reference to it
    unsafe {
        (&raw mut SNAPSHOT)
            .cast::<u32>()
            .add(at)
            .write_volatile(word)
    }
}
