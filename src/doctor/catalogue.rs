//! Every finding that the doctor can come to, by its code. The documentation is made from this table.

/// A code and what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Stable kebab-case name.
    pub code: &'static str,
    /// What it stands for.
    pub title: &'static str,
}

const fn entry(code: &'static str, title: &'static str) -> Entry {
    Entry { code, title }
}

/// All findings, in the order of the way from the host to a running application.
pub const ALL: &[Entry] = &[
    entry("host-no-board", "no board is on USB"),
    entry(
        "host-probe-only",
        "only a debug probe's own USB port is plugged in",
    ),
    entry("host-permission", "this user may not open the board"),
    entry(
        "host-permission-flashloader",
        "the udev rule names the boot ROM's ids and not the flashloader's",
    ),
    entry("host-busy", "another program holds the board"),
    entry(
        "host-several-boards",
        "several boards are plugged in and none is named",
    ),
    entry(
        "host-other-socket",
        "the board is in another USB socket than the one named",
    ),
    entry("host-vanishing", "the board comes and goes on USB"),
    entry("host-usb", "the system does not let USB be used"),
    entry(
        "host-other-family",
        "the boot ROM of another chip family is on USB",
    ),
    entry("host-virtual", "the virtual board's folder is not usable"),
    entry(
        "host-virtual-away",
        "the virtual board is not in serial download",
    ),
    entry("usb-full-speed", "the board is connected at full speed"),
    entry("uart-no-port", "there is no such serial port"),
    entry("uart-permission", "this user may not open the serial port"),
    entry("uart-busy", "another program holds the serial port"),
    entry("uart-gone", "the UART adapter went away"),
    entry("uart-broken", "the serial port is not usable"),
    entry("uart-silent", "nobody answers on the UART"),
    entry("uart-garbage", "what comes over the UART is garbled"),
    entry("rom-silent", "the boot ROM is there and does not answer"),
    entry("rom-stalled", "the boot ROM takes no more bytes"),
    entry("rom-left", "the board left while the boot ROM was asked"),
    entry("rom-garbage", "the boot ROM's answers make no sense"),
    entry("rom-refuses", "the boot ROM refuses to tell its state"),
    entry(
        "rom-read-disabled",
        "the boot ROM does not let registers be read",
    ),
    entry("chip-other", "another chip of the family"),
    entry(
        "closed-part",
        "the part is closed and the flashloader is not signed for it",
    ),
    entry("loader-none", "no flashloader file is known"),
    entry(
        "loader-bad-file",
        "the flashloader file is another chip's, cut off, or none",
    ),
    entry(
        "loader-dangerous",
        "the flashloader file could change fuses",
    ),
    entry(
        "fuse-flexram-short",
        "by its fuses the chip has too little OCRAM for the flashloader",
    ),
    entry(
        "loader-refused",
        "the boot ROM refused to start the flashloader",
    ),
    entry(
        "loader-not-taken",
        "the boot ROM did not take the flashloader's bytes",
    ),
    entry(
        "loader-link-lost",
        "the board left while the flashloader was sent",
    ),
    entry(
        "loader-damaged",
        "the flashloader did not arrive whole in RAM",
    ),
    entry(
        "loader-not-started",
        "the boot ROM took the flashloader and is still there",
    ),
    entry(
        "loader-vanished",
        "the flashloader was started and nothing came back",
    ),
    entry(
        "loader-other-board",
        "another board answered in this socket",
    ),
    entry(
        "loader-mute",
        "the flashloader is on the bus and does not answer",
    ),
    entry("loader-stalled", "the flashloader takes no more bytes"),
    entry(
        "loader-left",
        "the flashloader left the bus while it was asked",
    ),
    entry("loader-garbage", "the flashloader's answers make no sense"),
    entry(
        "loader-refuses",
        "the flashloader refuses a question that every one answers",
    ),
    entry(
        "loader-restricted",
        "the flashloader lacks commands that flashing needs",
    ),
    entry("flash-refused", "the flashloader refuses to ask the flash"),
    entry(
        "flash-link-lost",
        "the board left while the flash was asked",
    ),
    entry(
        "flash-link-silent",
        "the flashloader went silent while the flash was asked",
    ),
    entry("flash-busy", "the flash says that it is busy, and stays so"),
    entry("flash-asleep", "the flash was in deep power-down"),
    entry("flash-in-qpi", "the flash is in QPI mode"),
    entry("flash-line-low", "the flash's data line stays low"),
    entry(
        "flash-second-pins",
        "the flash is on the second pin group, by the boot pins",
    ),
    entry(
        "flash-loader-pins",
        "the flashloader drives the second pin group, and no flash answers there",
    ),
    entry("flash-silent", "no flash answers on the primary pins"),
    entry(
        "flash-id-unsteady",
        "the flash's id reads differently each time",
    ),
    entry(
        "flash-id-garbled",
        "the flash's id is a known one with shifted bits",
    ),
    entry(
        "flash-other-part",
        "the flash is another part than the user says",
    ),
    entry("flash-unknown", "the flash is not in the database"),
    entry(
        "flash-unknown-no-sfdp",
        "the flash is not in the database and has no SFDP",
    ),
    entry(
        "flash-no-sfdp",
        "the flash should have SFDP tables and has none",
    ),
    entry(
        "flash-sfdp-size",
        "the flash's SFDP contradicts the part: size",
    ),
    entry(
        "flash-sfdp-quad",
        "the flash's SFDP contradicts the part: quad enable",
    ),
    entry(
        "flash-sfdp-erase",
        "the flash's SFDP contradicts the part: erase sizes",
    ),
    entry(
        "flash-sfdp-read",
        "the flash's SFDP contradicts the part: read command",
    ),
    entry(
        "flash-sfdp-page",
        "the flash's SFDP contradicts the part: page size",
    ),
    entry(
        "flash-sfdp-old",
        "the flash's SFDP table is too old to tell quad enable",
    ),
    entry("flash-too-fast", "the fast read is right at 30 MHz only"),
    entry("flash-quad-wrong", "the quad read is wrong at any clock"),
    entry(
        "flash-maybe-protected",
        "an unknown flash has bits set that protect blocks on most parts",
    ),
    entry("flash-protected", "the whole flash is write-protected"),
    entry(
        "flash-protected-range",
        "a part of the flash is write-protected",
    ),
    entry(
        "flash-protected-complement",
        "the flash is write-protected by its complement bit",
    ),
    entry(
        "flash-protected-locked",
        "the flash is write-protected, and WP# may lock the bits",
    ),
    entry("flash-status-locked", "WP# may lock the status register"),
    entry("app-unusable", "the application file cannot be written"),
    entry(
        "app-not-for-flash",
        "the application file belongs into RAM, or is no application",
    ),
    entry("app-too-large", "the application does not fit the flash"),
    entry(
        "app-broken",
        "the application file would not start from any flash",
    ),
    entry(
        "app-in-protected",
        "the application reaches into write-protected blocks",
    ),
    entry(
        "content-unsteady",
        "two reads of the flash give different bytes",
    ),
    entry("content-blank", "the flash is blank"),
    entry(
        "content-not-programmed",
        "the flash is blank where the application should be",
    ),
    entry("content-zeros", "the flash reads as zeros"),
    entry(
        "content-shifted",
        "the boot image lies at the wrong address",
    ),
    entry(
        "content-flashloader",
        "a flashloader or SD card image is in flash",
    ),
    entry(
        "content-bare",
        "an application without boot header is in flash",
    ),
    entry(
        "content-bare-ram",
        "an application linked for RAM is in flash",
    ),
    entry("content-unknown", "what is in flash is no boot image"),
    entry(
        "content-fcb-overwritten",
        "something else than an FCB is at the start of the flash",
    ),
    entry(
        "content-interrupted",
        "an interrupted write left the flash half done",
    ),
    entry("content-fcb-missing", "there is an IVT and no FCB"),
    entry("content-fcb-kind", "the FCB is for another kind of flash"),
    entry(
        "content-quad-clear",
        "the FCB reads on four lines and quad enable is clear",
    ),
    entry(
        "content-fcb-too-fast",
        "the FCB's read is too fast for this board",
    ),
    entry(
        "content-fcb-read",
        "the FCB's read sequence does not fit this flash",
    ),
    entry("content-fcb-size", "the FCB is for a larger flash"),
    entry(
        "content-fcb-clock",
        "the FCB's clock is beyond the part's limit",
    ),
    entry(
        "content-fcb-writes-status",
        "the FCB writes the status register at every start",
    ),
    entry("content-fcb-version", "the FCB is damaged"),
    entry(
        "content-fcb-no-size",
        "the FCB says that the flash has no bytes",
    ),
    entry("content-fcb-no-read", "the FCB has no read sequence"),
    entry(
        "content-past-flash",
        "the image is larger than the flash that the FCB describes",
    ),
    entry("content-ivt-missing", "there is no IVT"),
    entry(
        "content-ivt-misplaced",
        "the IVT is not where the ROM looks",
    ),
    entry("content-ivt-self", "the IVT belongs to another address"),
    entry("content-boot-data", "the boot data is wrong"),
    entry(
        "content-ram-image",
        "the image does not fit the RAM that it is copied to",
    ),
    entry("content-entry", "the entry lies outside the image"),
    entry("content-app-erased", "the vector table is erased"),
    entry("content-stack", "the first stack pointer is not in RAM"),
    entry(
        "content-reset",
        "the reset vector does not lead into the image",
    ),
    entry("content-code-erased", "the reset handler is erased"),
    entry("content-dcd", "the device configuration data is broken"),
    entry(
        "content-dcd-fuses",
        "the device configuration data can change fuses",
    ),
    entry("content-sdram", "external memory is used and not set up"),
    entry(
        "content-stack-external",
        "the first stack pointer is in external memory",
    ),
    entry(
        "content-unsigned",
        "the part is closed and the image is not signed",
    ),
    entry(
        "strap-boot-device",
        "the BOOT_CFG pins name another boot device",
    ),
    entry("fuse-boot-device", "the fuses name another boot device"),
    entry(
        "strap-second-pins",
        "BOOT_CFG says second pin group, the flash is on the primary one",
    ),
    entry("strap-flash-type", "BOOT_CFG says another kind of flash"),
    entry("strap-four-byte", "BOOT_CFG says four address bytes"),
    entry(
        "strap-encrypted",
        "BOOT_CFG says that the image is encrypted",
    ),
    entry(
        "strap-boot-from-fuses",
        "BOOT_MODE is 00 and the fuses say nothing",
    ),
    entry("strap-reserved", "BOOT_MODE is 11"),
    entry(
        "rom-refused-image",
        "the ROM refused an image that keeps every rule",
    ),
    entry("fuse-force-internal", "FORCE_INTERNAL_BOOT is burnt"),
    entry("fuse-sdp-disabled", "SDP_DISABLE is burnt"),
    entry(
        "fuse-uart-disabled",
        "serial download over UART is fused off",
    ),
    entry("fuse-flexram", "the fuses split the FlexRAM in another way"),
    entry("fuse-watchdog", "WDOG_ENABLE is burnt"),
    entry("fuse-no-debug", "SJC_DISABLE is burnt"),
    entry("reset-watchdog", "the last reset came from a watchdog"),
    entry(
        "reset-temperature",
        "the last reset came from the temperature sensor",
    ),
    entry(
        "rom-refused-before",
        "the boot ROM refused something since the last reset",
    ),
    entry(
        "closed-needs-signature",
        "the part is closed: only a signed image will start",
    ),
    entry(
        "app-half-written",
        "a part of the application is missing in flash",
    ),
    entry(
        "app-bits-lost",
        "bits of the application are cleared in flash",
    ),
    entry("app-differs", "another application is in flash"),
];

/// The entry of a code.
pub fn find(code: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.code == code)
}
