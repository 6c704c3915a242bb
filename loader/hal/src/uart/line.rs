//! Registers of LPUART1 and of its pins.

use loader_proto::serial::divider::Divider;

use super::memory;
use crate::mmio::Register;
use crate::{clock, system, time};

const LPUART1: Register = Register::at(0x4018_4000);
const GLOBAL: Register = LPUART1.plus(0x08);
const BAUD: Register = LPUART1.plus(0x10);
const STATUS: Register = LPUART1.plus(0x14);
const CONTROL: Register = LPUART1.plus(0x18);
const DATA: Register = LPUART1.plus(0x1C);
const FIFO: Register = LPUART1.plus(0x28);
const WATERMARK: Register = LPUART1.plus(0x2C);

const SOFTWARE_RESET: u32 = 1 << 1;
/// Samples at both edges: needed below eight samples a bit.
const BOTH_EDGES: u32 = 1 << 17;
const EMPTY: u32 = 1 << 23;
const COMPLETE: u32 = 1 << 22;
/// Overrun, noise, framing, parity: written as ones to clear them.
const ERRORS: u32 = 0xF << 16;
const OVERRUN_OR_FRAMING: u32 = 1 << 19 | 1 << 17;
const TRANSMIT: u32 = 1 << 19;
const RECEIVE: u32 = 1 << 18;
const RECEIVE_INTERRUPT: u32 = 1 << 21;
const OVERRUN_INTERRUPT: u32 = 1 << 27;
const FIFOS_ON: u32 = 1 << 7 | 1 << 3;
const FLUSH: u32 = 1 << 15 | 1 << 14;
/// Of the USB controller, which the boot ROM may have left running.
const USB_COMMAND: Register = Register::at(0x402E_0140);
const USB_RUN: u32 = 1;
/// Number of the interrupt.
const INTERRUPT: u32 = 20;

/// CSCDR1: bit 6 selects the crystal, bits 5:0 divide by one more than they say.
const DIVIDERS: Register = Register::at(0x400F_C024);
const CRYSTAL: u32 = 1 << 6;
const DIVIDER: u32 = 0x3F;
const CRYSTAL_HZ: u32 = 24_000_000;
/// PLL3 / 6.
const PLL_HZ: u32 = 80_000_000;

const GPIO1_DIRECTION: Register = Register::at(0x401B_8004);
const GPIO1_LEVEL: Register = Register::at(0x401B_8008);
const RX_BIT: u32 = 1 << 7;

/// Multiplexer and pad registers of GPIO_AD_B0_06 and GPIO_AD_B0_07.
const TX_FUNCTION: Register = Register::at(0x401F_80D4);
const RX_FUNCTION: Register = Register::at(0x401F_80D8);
const TX_PAD: Register = Register::at(0x401F_8248);
const RX_PAD: Register = Register::at(0x401F_824C);
const AS_UART: u32 = 2;
const AS_GPIO: u32 = 5;
/// Medium speed and drive; keeper.
const DRIVEN: u32 = 0x10B0;
/// Hysteresis, 100 kΩ to the supply: a line without a host is idle.
const PULLED_UP: u32 = 0x1_B0B0;

/// A character takes 2.1 ms at 4800 baud, and four may be in the FIFO.
const SEND_LIMIT: u32 = 20_000;

/// The pins, the clock; RX is watched as a GPIO.
pub(super) fn start() {
    if clock::USB.is_on() {
        USB_COMMAND.clear(USB_RUN);
    }
    clock::IOMUXC.on();
    clock::GPIO1.on();
    // the divider changes behind a closed gate
    clock::LPUART1.off();
    DIVIDERS.modify(CRYSTAL | DIVIDER, CRYSTAL);
    clock::LPUART1.on();
    GLOBAL.write(SOFTWARE_RESET);
    GLOBAL.write(0);
    GPIO1_DIRECTION.clear(RX_BIT);
    RX_PAD.write(PULLED_UP);
    RX_FUNCTION.write(AS_GPIO);
    TX_PAD.write(DRIVEN);
    // an idle transmitter drives a one
    CONTROL.write(TRANSMIT);
    TX_FUNCTION.write(AS_UART);
}

/// The clock, as the registers say.
pub(super) fn clock() -> u32 {
    let dividers = DIVIDERS.read();
    let source = match dividers & CRYSTAL {
        0 => PLL_HZ,
        _ => CRYSTAL_HZ,
    };
    source / ((dividers & DIVIDER) + 1)
}

pub(super) fn is_high() -> bool {
    GPIO1_LEVEL.has(RX_BIT)
}

/// RX is the UART's: bytes come by interrupt.
pub(super) fn listen(divider: Divider) {
    let both = match divider.oversampling {
        ..8 => BOTH_EDGES,
        _ => 0,
    };
    BAUD.write((divider.oversampling - 1) << 24 | both | divider.modulo);
    FIFO.write(FIFOS_ON | FLUSH);
    WATERMARK.write(0);
    STATUS.write(ERRORS);
    RX_FUNCTION.write(AS_UART);
    CONTROL.write(TRANSMIT | RECEIVE | RECEIVE_INTERRUPT | OVERRUN_INTERRUPT);
    system::enable_interrupt(INTERRUPT);
}

/// RX is a GPIO again. What is being sent leaves first.
pub(super) fn stop() {
    let _ = time::wait(SEND_LIMIT, || STATUS.has(COMPLETE));
    system::disable_interrupts();
    CONTROL.write(TRANSMIT);
    RX_FUNCTION.write(AS_GPIO);
}

pub(super) fn can_take() -> bool {
    STATUS.has(EMPTY)
}

pub(super) fn put(byte: u8) {
    DATA.write(byte.into());
}

pub(super) fn is_quiet() -> bool {
    STATUS.has(COMPLETE)
}

/// The interrupt: everything else is masked while it runs.
#[unsafe(no_mangle)]
extern "C" fn uart_interrupt() {
    let status = STATUS.read();
    if status & ERRORS != 0 {
        // the other bits of this register stay 0
        STATUS.write(status & ERRORS);
        if status & OVERRUN_OR_FRAMING != 0 {
            memory::note_garbled();
        }
    }
    for _ in 0..WATERMARK.read() >> 24 & 7 {
        memory::push(DATA.read() as u8);
    }
}
