//! What can be wrong, by its code: every finding of the doctor, and every likely cause of an error. One source of words for
//! both, and for the documentation.

/// A symptom and what it stands for.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// Stable kebab-case name.
    pub code: &'static str,
    /// What it stands for.
    pub title: &'static str,
    /// What it may come from when nothing tells that apart, likely first; empty when the title says it, or the facts do.
    pub causes: &'static [&'static str],
}

macro_rules! entries {
    ($(#[$doc:meta])* $name:ident $($code:literal: $title:literal $(=> $causes:expr)?;)*) => {
        $(#[$doc])*
        pub const $name: &[Entry] = &[$(Entry {
            code: $code,
            title: $title,
            causes: last(&[&[] $(, $causes)?]),
        }),*];
    };
}

const SAME_ID: &[&str] = &[
    "another part with the same id, or a copy",
    "noise on the lines",
];
const LOCKED: &[&str] = &[
    "the lock bit is set, and WP# is low: so the bits cannot be cleared",
    PROTECTED[0],
    PROTECTED[1],
];
const PROTECTED: &[&str] = &[
    "an application or another tool set the bits",
    "the part came protected",
];

entries! {
    /// All findings, in the order of the way from the host to a running application.
    ALL
    "host-no-board": "no board is on USB" => &[
        "the boot pins do not say serial download (BOOT_MODE = 01), or power was not cycled since they do",
        "a charge-only cable or a bad hub, or the board's other USB socket",
        "a valid application was started from flash",
        "the board has no power, or its USB supply or crystal fails",
        "a floating UART RX was taken for a download",
        "fuses forbid serial download (SDP_DISABLE) or force internal boot",
    ];
    "host-probe-only": "only a debug probe's own USB port is plugged in";
    "host-permission": "this user may not open the board";
    "host-permission-flashloader": "the udev rule names the boot ROM's ids and not the flashloader's";
    "host-busy": "another program holds the board";
    "host-shared": "another program has the board open as well";
    "host-several-boards": "several boards are plugged in and none is named";
    "host-other-socket": "the board is in another USB socket than the one named";
    "host-vanishing": "the board comes and goes on USB";
    "host-usb": "the system does not let USB be used" => &[
        "no access to the system's USB devices: a container without /sys and /dev, or macOS without Input Monitoring for the terminal",
    ];
    "host-other-family": "the boot ROM of another chip family is on USB";
    "host-virtual": "the virtual board's folder is not usable";
    "host-virtual-away": "the virtual board is not in serial download" => &[
        "its application runs",
        "its switches do not stand on serial download",
    ];
    "usb-full-speed": "the board is connected at full speed";
    "uart-no-port": "there is no such serial port" => &[
        "the adapter is not plugged in, or the cable carries no data",
        "it has another name: names change from plug to plug",
        "its driver is not there, or the port belongs to a virtual machine",
    ];
    "uart-permission": "this user may not open the serial port" => &[
        "this user is not in the group that may open serial ports (dialout on most Linux systems)",
    ];
    "uart-busy": "another program holds the serial port";
    "uart-gone": "the UART adapter went away";
    "uart-broken": "the serial port is not usable" => &[
        "it is no serial port",
        "its adapter or driver fails",
    ];
    "uart-silent": "nobody answers on the UART" => &[
        "the boot pins do not say serial download (BOOT_MODE = 01), or power was not cycled since they do",
        "TX and RX swapped, or not LPUART1 (GPIO_AD_B0_06 and 07)",
        "another speed: every known tool speaks to the ROM at 115200 baud, and the flashloader keeps the first one it heard until reset",
        "USB was used first: the ROM listens to one of the two until reset",
        "the fuse that disables UART download is burnt",
    ];
    "uart-garbage": "what comes over the UART is garbled" => &[
        "another speed than the ROM measured",
        "noise, a long cable, or levels other than 3.3 V",
        "it is no boot ROM that sends there",
    ];
    "uart-noisy": "the UART spoils bytes" => &[
        "noise, a long cable, a missing ground wire, or levels other than 3.3 V",
        "an adapter whose 115200 baud are some per cent off",
    ];
    "rom-silent": "the boot ROM is there and does not answer" => &[
        "a download was begun and not finished: the ROM waits for the rest of it",
        "it listens to its other plug: bytes on the UART came first",
        "a hub or virtual machine that swallows reports",
    ];
    "rom-stalled": "the boot ROM takes no more bytes" => &[
        "the ROM crashed: something was loaded over its own RAM (0x20200000 to 0x20207fff)",
        "a download of another program is still open",
        "the cable was pulled, or the board lost power, at this moment",
    ];
    "rom-left": "the board left while the boot ROM was asked" => &[
        "the cable or supply has bad contact",
        "a watchdog reset the chip",
        "what was loaded ran past the end of a RAM",
    ];
    "rom-garbage": "the boot ROM's answers make no sense" => &[
        "the USB PLL supply (NVCC_PLL) is missing or damaged",
        "a bad hub or cable",
        "an answer to an earlier program's question is still on its way",
    ];
    "rom-refuses": "the boot ROM refuses to tell its state";
    "rom-read-disabled": "the boot ROM does not let registers be read" => &[
        "the fuse SDP_READ_DISABLE is burnt",
        "a ROM of another family",
    ];
    "chip-other": "another chip of the family" => &[
        "this is not the board that was meant",
    ];
    "cfg-other-chip": "the .cfg is for another chip" => &[
        "the file of another project, or of another board",
    ];
    "closed-part": "the part is closed and the flashloader is not signed for it";
    "loader-none": "no flashloader file is known";
    "loader-bad-file": "the flashloader file is another chip's, cut off, or none";
    "loader-dangerous": "the flashloader file could change fuses";
    "fuse-flexram-short": "by its fuses the chip has too little OCRAM for the flashloader";
    "loader-refused": "the boot ROM refused to start the flashloader" => &[
        "the file is damaged, or its DCD fails",
        "the jump went to an entry instead of the IVT",
    ];
    "loader-not-taken": "the boot ROM did not take the flashloader's bytes";
    "loader-link-lost": "the board left while the flashloader was sent";
    "loader-damaged": "the flashloader did not arrive whole in RAM" => &[
        "bytes were lost or changed on the UART, which has no checksum in the boot ROM",
    ];
    "loader-not-started": "the boot ROM took the flashloader and is still there";
    "loader-vanished": "the flashloader was started and nothing came back" => &[
        "the file is damaged or another chip's: the chip runs garbage now",
        "a byte was lost on the way",
        "a virtual machine or hub does not pass the second USB device (15a2:0073) on",
        "the chip was entered by a jump from an application that left clocks and USB running",
    ];
    "loader-other-board": "another board answered in this socket";
    "loader-mute": "the flashloader is on the bus and does not answer" => &[
        "it waits for a busy flash for ever: an earlier command found none, or one held in reset",
        "it listens to its other plug: bytes on the UART came first",
        "a full-speed hub or port",
        "another program reads its answers",
    ];
    "loader-stalled": "the flashloader takes no more bytes" => &[
        "it is busy with a command that never ends (a flash that does not get ready)",
        "the cable was pulled, or the board lost power, at this moment",
    ];
    "loader-left": "the flashloader left the bus while it was asked" => &[
        "supply or cable",
        "a watchdog that fuses or the application switched on",
        "serial download was entered by a jump from an application that left clocks, USB or FlexSPI running",
    ];
    "loader-garbage": "the flashloader's answers make no sense" => &[
        "a full-speed port: its packets are cut there",
        "noise on the UART",
        "another program talks to it at the same time",
    ];
    "loader-refuses": "the flashloader refuses a question that every one answers";
    "loader-restricted": "the flashloader lacks commands that flashing needs";
    "flash-refused": "the flashloader refuses to ask the flash";
    "flash-link-lost": "the board left while the flash was asked" => &[
        "supply or cable",
        "a watchdog reset the chip",
    ];
    "flash-link-silent": "the flashloader went silent while the flash was asked";
    "flash-busy": "the flash says that it is busy, and stays so" => &[
        "an erase or program was begun by another tool and does not end (worn, or its supply dips)",
        "an erase of the whole part still runs: that takes up to minutes",
    ];
    "flash-asleep": "the flash was in deep power-down";
    "flash-in-qpi": "the flash is in QPI mode";
    "flash-line-low": "the flash's data line stays low" => &[
        "D1 (flash SO) shorted to ground, or the flash without supply loading the line",
        "another chip on the same pins drives it",
    ];
    "flash-second-pins": "the flash is on the second pin group, by the boot pins";
    "flash-loader-pins": "the flashloader drives the second pin group, and no flash answers there";
    "flash-silent": "no flash answers on the primary pins: other pins, no supply, held in reset, or an open joint" => &[
        "the flash is on other pins: the RT1021 flashloader drives the primary group, port A only",
        "it is held in reset, or has no supply",
        "a solder joint of CS, CLK, D0 or D1 is open, or no flash is fitted",
        "it is in octal or another mode that only power-off ends",
    ];
    "flash-id-unsteady": "the flash's id reads differently each time";
    "flash-id-garbled": "the flash's id is a known one with shifted bits";
    "flash-other-part": "the flash is another part than the user says" => &[
        "another board, or another flash fitted on this one",
    ];
    "flash-unknown": "the flash is not in the database";
    "flash-unknown-no-sfdp": "the flash is not in the database and has no SFDP" => &[
        "an old part without SFDP",
        "noise on the lines",
    ];
    "flash-no-sfdp": "the flash should have SFDP tables and has none" => &[
        "a copy or an older part with the same id",
        "noise on the lines",
    ];
    "flash-sfdp-size": "the flash's SFDP contradicts the part: size" => SAME_ID;
    "flash-sfdp-quad": "the flash's SFDP contradicts the part: quad enable" => SAME_ID;
    "flash-sfdp-erase": "the flash's SFDP contradicts the part: erase sizes" => SAME_ID;
    "flash-sfdp-read": "the flash's SFDP contradicts the part: read command" => SAME_ID;
    "flash-sfdp-page": "the flash's SFDP contradicts the part: page size" => SAME_ID;
    "flash-sfdp-old": "the flash's SFDP table is too old to tell quad enable";
    "flash-too-fast": "the clock is too fast: the fast read is right at 30 MHz only" => &[
        "the board's lines do not carry this clock, or the DQS pin is used for something else",
    ];
    "flash-quad-wrong": "the quad read is wrong at any clock: D2 or D3, or other dummy cycles than the part has now" => &[
        "D2 or D3 have no contact, or are used for something else (WP#, HOLD#)",
        "other dummy cycles than the part has now (a volatile setting of the application)",
        "another part with the same id",
    ];
    "flash-maybe-protected": "an unknown flash has bits set that protect blocks on most parts";
    "flash-protected": "the whole flash is write-protected" => PROTECTED;
    "flash-protected-range": "a part of the flash is write-protected" => PROTECTED;
    "flash-protected-complement": "the flash is write-protected by its complement bit" => PROTECTED;
    "flash-protected-locked": "the flash is write-protected, and WP# may lock the bits" => LOCKED;
    "flash-status-locked": "WP# may lock the status register";
    "app-unusable": "the application file cannot be written";
    "app-other-chip": "the application was made for another chip";
    "app-too-large": "the application does not fit the flash" => &[
        "linked for a larger flash",
        "data was placed at a far address",
    ];
    "app-broken": "the application file would not start from any flash";
    "app-in-protected": "the application reaches into write-protected blocks";
    "content-unsteady": "two reads of the flash give different bytes";
    "content-blank": "the flash is blank";
    "content-not-programmed": "the flash is blank where the application should be";
    "content-zeros": "the flash reads as zeros";
    "content-shifted": "the boot image lies at the wrong address";
    "content-flashloader": "a flashloader or SD card image is in flash";
    "content-other-chip": "an image for another chip is in flash";
    "content-bare": "an application without boot header is in flash";
    "content-bare-ram": "an application linked for RAM is in flash";
    "content-unknown": "what is in flash is no boot image";
    "content-fcb-overwritten": "something else than an FCB is at the start of the flash";
    "content-interrupted": "an interrupted write left the flash half done";
    "content-fcb-missing": "there is an IVT and no FCB";
    "content-fcb-kind": "the FCB is for another kind of flash";
    "content-quad-clear": "the FCB reads on four lines and quad enable is clear";
    "content-fcb-too-fast": "the FCB's read is too fast for this board";
    "content-fcb-read": "the FCB's read sequence does not fit this flash";
    "content-fcb-size": "the FCB is for a larger flash";
    "content-fcb-clock": "the FCB's clock is beyond the part's limit";
    "content-fcb-writes-status": "the FCB writes the status register at every start";
    "content-fcb-version": "the FCB is damaged";
    "content-fcb-no-size": "the FCB says that the flash has no bytes";
    "content-fcb-no-read": "the FCB has no read sequence";
    "content-past-flash": "the image is larger than the flash that the FCB describes";
    "content-ivt-missing": "there is no IVT";
    "content-ivt-misplaced": "the IVT is not where the ROM looks";
    "content-ivt-self": "the IVT belongs to another address";
    "content-boot-data": "the boot data is wrong";
    "content-ram-image": "the image does not fit the RAM that it is copied to";
    "content-entry": "the entry lies outside the image";
    "content-app-erased": "the vector table is erased";
    "content-stack": "the first stack pointer is not in RAM";
    "content-reset": "the reset vector does not lead into the image";
    "content-code-erased": "the reset handler is erased";
    "content-dcd": "the device configuration data is broken";
    "content-dcd-fuses": "the device configuration data can change fuses";
    "content-sdram": "external memory is used and not set up";
    "content-stack-external": "the first stack pointer is in external memory";
    "content-unsigned": "the part is closed and the image is not signed";
    "strap-boot-device": "the BOOT_CFG pins name another boot device";
    "fuse-boot-device": "the fuses name another boot device";
    "strap-second-pins": "BOOT_CFG says second pin group, the flash is on the primary one";
    "strap-flash-type": "BOOT_CFG says another kind of flash";
    "strap-four-byte": "BOOT_CFG says four address bytes";
    "strap-encrypted": "BOOT_CFG says that the image is encrypted";
    "strap-boot-from-fuses": "BOOT_MODE is 00 and the fuses say nothing";
    "strap-reserved": "BOOT_MODE is 11";
    "rom-refused-image": "the ROM refused an image that keeps every rule";
    "fuse-force-internal": "FORCE_INTERNAL_BOOT is burnt";
    "fuse-sdp-disabled": "SDP_DISABLE is burnt";
    "fuse-uart-disabled": "serial download over UART is fused off";
    "fuse-flexram": "the fuses split the FlexRAM in another way";
    "fuse-watchdog": "WDOG_ENABLE is burnt";
    "fuse-no-debug": "SJC_DISABLE is burnt";
    "reset-watchdog": "a watchdog has reset the chip";
    "reset-temperature": "the temperature sensor has reset the chip";
    "rom-refused-before": "the boot ROM refused something since the last reset";
    "closed-needs-signature": "the part is closed: only a signed image will start";
    "app-half-written": "a part of the application is missing in flash" => &[
        "a write stopped half-way, or its program step did nothing for these pages",
        "these sectors were erased since",
    ];
    "app-bits-lost": "bits of the application are cleared in flash: not erased before, or worn cells" => &[
        "the place was not erased before it was programmed",
        "worn cells",
    ];
    "app-differs": "another application is in flash" => &[
        "another version is in flash",
    ];
}

entries! {
    /// Causes of errors that no look at the board tells: a measurement does, or the next try.
    UNTOLD
    "supply-dips": "the flash's supply dips while it erases or programs";
    "worn-cells": "worn cells";
    "page-not-blank": "something wrote to the page since the erase, or the erase did nothing";
    "not-configured": "the flash is not configured, or the flashloader was started anew";
    "address-outside": "the address lies outside RAM and flash, or in the flashloader's own RAM";
}

const fn last(lists: &[&'static [&'static str]]) -> &'static [&'static str] {
    lists[lists.len() - 1]
}

/// The entry of a code.
pub fn find(code: &str) -> Option<&'static Entry> {
    ALL.iter().chain(UNTOLD).find(|entry| entry.code == code)
}

/// The entry of a code that is known when the program is compiled; an unknown one is a compile error in a constant.
pub(crate) const fn entry(code: &str) -> &'static Entry {
    let mut i = 0;
    while i < ALL.len() + UNTOLD.len() {
        let entry = if i < ALL.len() {
            &ALL[i]
        } else {
            &UNTOLD[i - ALL.len()]
        };
        if same(entry.code.as_bytes(), code.as_bytes()) {
            return entry;
        }
        i += 1;
    }
    panic!("no such entry")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// What to do when no board shows up.
pub(crate) const BOOT_MODE: &str = "set BOOT_MODE = 01 (RT1020-EVK: SW8 off off off on) and switch power off and on: the pins are looked at only then";
/// What makes a UART carry bits better. The ROM is known to answer at 115200 baud only.
pub(crate) const BETTER_LINE: &str =
    "use a shorter cable with a ground wire, 3.3 V levels, another adapter";
/// What to do when the board may not be opened.
pub(crate) const UDEV: &str = "rtboot udev | sudo tee /etc/udev/rules.d/70-rtboot.rules; sudo udevadm control --reload-rules; sudo udevadm trigger";
/// What to do when a serial port may not be opened.
pub(crate) const DIALOUT: &str = "sudo usermod -aG dialout $USER";
