//! Boot pins, fuses and the last reset: where the ROM looks, and what the chip does at reset.

entries! {
    STRAP_BOOT_DEVICE Error "strap-boot-device": "the BOOT_CFG pins name another boot device"
        / "the BOOT_CFG pins say that the ROM boots from {device}, not from the FlexSPI NOR";
    FUSE_BOOT_DEVICE Error "fuse-boot-device": "the fuses name another boot device"
        / "the fuses (BT_FUSE_SEL is burnt) say that the ROM boots from {device}, not from the FlexSPI NOR";
    STRAP_SECOND_PINS Error "strap-second-pins": "BOOT_CFG says second pin group, the flash is on the primary one"
        / "{who} say that the flash is on the second pin group, but it answers on the primary one";
    STRAP_FLASH_TYPE Error "strap-flash-type": "BOOT_CFG says another kind of flash"
        / "{who} say flash type {type}: HyperFlash or an octal part";
    STRAP_FOUR_BYTE Error "strap-four-byte": "BOOT_CFG says four address bytes"
        / "{who} say that the ROM reads the FCB with four address bytes";
    STRAP_ENCRYPTED Error "strap-encrypted": "BOOT_CFG says that the image is encrypted"
        / "{who} say that the image is encrypted (BEE), and it is not";
    STRAP_BOOT_FROM_FUSES Warning "strap-boot-from-fuses": "BOOT_MODE is 00 (boot as the fuses say), and the fuses say nothing";
    STRAP_RESERVED Warning "strap-reserved": "BOOT_MODE is 11, which is reserved";
    ROM_REFUSED_IMAGE Error "rom-refused-image": "the ROM refused an image that keeps every rule"
        / "the BOOT_MODE pins say internal boot, and the ROM is in serial download: it refused what is in flash, and nothing here tells why" => [
        "the pins were moved, or the flash written, since the last power-on: the board only has to be switched off and on",
        "the FCB's clock or sampling suits the flashloader and not the ROM",
        "the application itself jumped to serial download",
    ];
    FUSE_FORCE_INTERNAL Warning "fuse-force-internal": "the fuse FORCE_INTERNAL_BOOT is burnt: the ROM ignores the BOOT_MODE pins";
    FUSE_SDP_DISABLED Error "fuse-sdp-disabled": "the fuse SDP_DISABLE is burnt: after the next reset there is no serial download any more";
    FUSE_UART_DISABLED Warning "fuse-uart-disabled": "the fuse that disables serial download over UART is burnt";
    FUSE_FLEXRAM Warning "fuse-flexram": "the fuses split the FlexRAM in another way than usual"
        / "the fuses split the FlexRAM in another way than usual: OCRAM is {ocram} KiB";
    FUSE_WATCHDOG Warning "fuse-watchdog": "the fuse WDOG_ENABLE is burnt: the watchdog runs from reset on";
    FUSE_NO_DEBUG Warning "fuse-no-debug": "the fuse SJC_DISABLE is burnt: no debug probe gets in";
    RESET_WATCHDOG Warning "reset-watchdog": "a watchdog has reset the chip" => [
        "the application hangs, or does not serve a watchdog that it or a fuse switched on",
    ];
    RESET_TEMPERATURE Warning "reset-temperature": "the temperature sensor has reset the chip";
    CLOSED_NEEDS_SIGNATURE Warning "closed-needs-signature": "the part is closed (HAB): only a signed image will start";
}
