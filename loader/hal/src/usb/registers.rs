//! Registers of the USB device controller and its PHY.

use crate::mmio::Register;

const USB: Register = Register::at(0x402E_0000);
pub(super) const COMMAND: Register = USB.plus(0x140);
pub(super) const STATUS: Register = USB.plus(0x144);
pub(super) const INTERRUPTS: Register = USB.plus(0x148);
pub(super) const ADDRESS: Register = USB.plus(0x154);
pub(super) const LIST: Register = USB.plus(0x158);
pub(super) const PORT: Register = USB.plus(0x184);
pub(super) const MODE: Register = USB.plus(0x1A8);
pub(super) const SETUP_STATUS: Register = USB.plus(0x1AC);
pub(super) const PRIME: Register = USB.plus(0x1B0);
pub(super) const FLUSH: Register = USB.plus(0x1B4);
pub(super) const ACTIVE: Register = USB.plus(0x1B8);
pub(super) const COMPLETE: Register = USB.plus(0x1BC);
/// ENDPTCTRL0; the next ones follow.
pub(super) const ENDPOINT: Register = USB.plus(0x1C0);
pub(super) const ENDPOINTS: u32 = 8;

/// Bits of [`COMMAND`].
pub(super) const RUN: u32 = 1;
pub(super) const RESET: u32 = 1 << 1;
pub(super) const SETUP_TRIPWIRE: u32 = 1 << 13;
pub(super) const TAIL_TRIPWIRE: u32 = 1 << 14;
pub(super) const INTERRUPT_THRESHOLD: u32 = 0xFF << 16;

/// Bits of [`STATUS`].
pub(super) const STATUS_RESET: u32 = 1 << 6;
pub(super) const STATUS_ALL: u32 = 0x1FF;

/// Bits of [`PORT`].
pub(super) const HIGH_SPEED: u32 = 1 << 9;

/// Device mode, set-up lockout off: the tripwire takes its place.
pub(super) const DEVICE_MODE: u32 = 0xA;

/// Bits of ENDPTCTRLn for the OUT side; IN is 16 bits higher.
pub(super) const STALL: u32 = 1;
pub(super) const TYPE_BULK: u32 = 2 << 2;
pub(super) const TYPE_INTERRUPT: u32 = 3 << 2;
pub(super) const TOGGLE_RESET: u32 = 1 << 6;
pub(super) const ENABLE: u32 = 1 << 7;
pub(super) const IN: u32 = 16;

/// Every endpoint bit that [`FLUSH`] has.
pub(super) const ALL: u32 = 0x00FF_00FF;

const PHY: Register = Register::at(0x400D_9000);
pub(super) const PHY_POWER_DOWN: Register = PHY;
pub(super) const PHY_CONTROL_SET: Register = PHY.plus(0x34);
pub(super) const PHY_CONTROL_CLEAR: Register = PHY.plus(0x38);
pub(super) const PHY_SOFT_RESET: u32 = 1 << 31;
pub(super) const PHY_CLOCK_GATE: u32 = 1 << 30;
/// The PHY's 3 V regulator.
pub(super) const REGULATOR: Register = Register::at(0x400D_8120);
pub(super) const REGULATOR_ON: u32 = 1;
pub(super) const CHARGER_DETECT_SET: Register = Register::at(0x400D_81B4);
/// EN_B and CHK_CHRG_B: no charger detection on the data lines.
pub(super) const CHARGER_DETECT_OFF: u32 = 0x0018_0000;
