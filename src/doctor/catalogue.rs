//! Every finding that the doctor can come to, by its code. The documentation is made from this table.

/// A code and what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Stable kebab-case name.
    pub code: &'static str,
    /// What it stands for.
    pub title: &'static str,
}

macro_rules! entries {
    ($($code:literal: $title:literal;)*) => {
        /// All findings, in the order of the way from the host to a running application.
        pub const ALL: &[Entry] = &[$(Entry { code: $code, title: $title }),*];
    };
}

entries! {
    "host-no-board": "no board is on USB";
    "host-probe-only": "only a debug probe's own USB port is plugged in";
    "host-permission": "this user may not open the board";
    "host-permission-flashloader": "the udev rule names the boot ROM's ids and not the flashloader's";
    "host-busy": "another program holds the board";
    "host-shared": "another program has the board open as well";
    "host-several-boards": "several boards are plugged in and none is named";
    "host-other-socket": "the board is in another USB socket than the one named";
    "host-vanishing": "the board comes and goes on USB";
    "host-usb": "the system does not let USB be used";
    "host-other-family": "the boot ROM of another chip family is on USB";
    "host-virtual": "the virtual board's folder is not usable";
    "host-virtual-away": "the virtual board is not in serial download";
    "usb-full-speed": "the board is connected at full speed";
    "uart-no-port": "there is no such serial port";
    "uart-permission": "this user may not open the serial port";
    "uart-busy": "another program holds the serial port";
    "uart-gone": "the UART adapter went away";
    "uart-broken": "the serial port is not usable";
    "uart-silent": "nobody answers on the UART";
    "uart-garbage": "what comes over the UART is garbled";
    "rom-silent": "the boot ROM is there and does not answer";
    "rom-stalled": "the boot ROM takes no more bytes";
    "rom-left": "the board left while the boot ROM was asked";
    "rom-garbage": "the boot ROM's answers make no sense";
    "rom-refuses": "the boot ROM refuses to tell its state";
    "rom-read-disabled": "the boot ROM does not let registers be read";
    "chip-other": "another chip of the family";
    "cfg-other-chip": "the .cfg is for another chip";
    "closed-part": "the part is closed and the flashloader is not signed for it";
    "loader-none": "no flashloader file is known";
    "loader-bad-file": "the flashloader file is another chip's, cut off, or none";
    "loader-dangerous": "the flashloader file could change fuses";
    "fuse-flexram-short": "by its fuses the chip has too little OCRAM for the flashloader";
    "loader-refused": "the boot ROM refused to start the flashloader";
    "loader-not-taken": "the boot ROM did not take the flashloader's bytes";
    "loader-link-lost": "the board left while the flashloader was sent";
    "loader-damaged": "the flashloader did not arrive whole in RAM";
    "loader-not-started": "the boot ROM took the flashloader and is still there";
    "loader-vanished": "the flashloader was started and nothing came back";
    "loader-other-board": "another board answered in this socket";
    "loader-mute": "the flashloader is on the bus and does not answer";
    "loader-stalled": "the flashloader takes no more bytes";
    "loader-left": "the flashloader left the bus while it was asked";
    "loader-garbage": "the flashloader's answers make no sense";
    "loader-refuses": "the flashloader refuses a question that every one answers";
    "loader-restricted": "the flashloader lacks commands that flashing needs";
    "flash-refused": "the flashloader refuses to ask the flash";
    "flash-link-lost": "the board left while the flash was asked";
    "flash-link-silent": "the flashloader went silent while the flash was asked";
    "flash-busy": "the flash says that it is busy, and stays so";
    "flash-asleep": "the flash was in deep power-down";
    "flash-in-qpi": "the flash is in QPI mode";
    "flash-line-low": "the flash's data line stays low";
    "flash-second-pins": "the flash is on the second pin group, by the boot pins";
    "flash-loader-pins": "the flashloader drives the second pin group, and no flash answers there";
    "flash-silent": "no flash answers on the primary pins";
    "flash-id-unsteady": "the flash's id reads differently each time";
    "flash-id-garbled": "the flash's id is a known one with shifted bits";
    "flash-other-part": "the flash is another part than the user says";
    "flash-unknown": "the flash is not in the database";
    "flash-unknown-no-sfdp": "the flash is not in the database and has no SFDP";
    "flash-no-sfdp": "the flash should have SFDP tables and has none";
    "flash-sfdp-size": "the flash's SFDP contradicts the part: size";
    "flash-sfdp-quad": "the flash's SFDP contradicts the part: quad enable";
    "flash-sfdp-erase": "the flash's SFDP contradicts the part: erase sizes";
    "flash-sfdp-read": "the flash's SFDP contradicts the part: read command";
    "flash-sfdp-page": "the flash's SFDP contradicts the part: page size";
    "flash-sfdp-old": "the flash's SFDP table is too old to tell quad enable";
    "flash-too-fast": "the fast read is right at 30 MHz only";
    "flash-quad-wrong": "the quad read is wrong at any clock";
    "flash-maybe-protected": "an unknown flash has bits set that protect blocks on most parts";
    "flash-protected": "the whole flash is write-protected";
    "flash-protected-range": "a part of the flash is write-protected";
    "flash-protected-complement": "the flash is write-protected by its complement bit";
    "flash-protected-locked": "the flash is write-protected, and WP# may lock the bits";
    "flash-status-locked": "WP# may lock the status register";
    "app-unusable": "the application file cannot be written";
    "app-other-chip": "the application was made for another chip";
    "app-too-large": "the application does not fit the flash";
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
    "app-half-written": "a part of the application is missing in flash";
    "app-bits-lost": "bits of the application are cleared in flash";
    "app-differs": "another application is in flash";
}

/// The entry of a code.
pub fn find(code: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.code == code)
}
