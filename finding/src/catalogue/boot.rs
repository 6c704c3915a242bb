//! Boot pins, fuses and the last reset: where the ROM looks, and what the chip does at reset.

entries! {
    STRAP_BOOT_DEVICE Error "strap-boot-device": "the BOOT_CFG pins select another boot device"
        / "the BOOT_CFG pins select {device}, not the FlexSPI NOR";
    FUSE_BOOT_DEVICE Error "fuse-boot-device": "the fuses select another boot device"
        / "the fuses (BT_FUSE_SEL is burnt) select {device}, not the FlexSPI NOR";
    STRAP_SECOND_PINS Error "strap-second-pins": "BOOT_CFG selects the second pin group, but the flash is on the primary one"
        / "{who} select the second pin group, but the flash answers on the primary one";
    STRAP_FLASH_TYPE Error "strap-flash-type": "BOOT_CFG selects another kind of flash"
        / "{who} select flash type {type}: HyperFlash or an octal part";
    STRAP_FOUR_BYTE Error "strap-four-byte": "BOOT_CFG selects four address bytes"
        / "{who} make the ROM read the FCB with four address bytes";
    STRAP_ENCRYPTED Error "strap-encrypted": "BOOT_CFG selects an encrypted image"
        / "{who} select an encrypted image (BEE), but the image is not encrypted";
    STRAP_BOOT_FROM_FUSES Warning "strap-boot-from-fuses": "BOOT_MODE is 00 (boot from fuses), but no boot fuses are burnt";
    STRAP_RESERVED Warning "strap-reserved": "BOOT_MODE is 11, which is reserved";
    ROM_REFUSED_IMAGE Error "rom-refused-image": "the ROM refused an image in which rtboot finds no fault"
        / "the BOOT_MODE pins select internal boot, but the ROM is in serial download: it refused what is in flash, and rtboot cannot see why" => [
        "the pins were changed or the flash was written since the last power-on: switch the board off and on",
        "the FCB's clock or sampling works for the flashloader but not for the ROM",
        "the application itself jumped to serial download",
    ];
    FUSE_FORCE_INTERNAL Warning "fuse-force-internal": "the fuse FORCE_INTERNAL_BOOT is burnt: the ROM ignores the BOOT_MODE pins";
    FUSE_SDP_DISABLED Error "fuse-sdp-disabled": "the fuse SDP_DISABLE is burnt: after the next reset serial download is no longer possible";
    FUSE_UART_DISABLED Warning "fuse-uart-disabled": "the fuse that disables serial download over UART is burnt";
    FUSE_FLEXRAM Warning "fuse-flexram": "the fuses split the FlexRAM differently from the default"
        / "the fuses split the FlexRAM differently from the default: OCRAM is {ocram} KiB";
    FUSE_WATCHDOG Warning "fuse-watchdog": "the fuse WDOG_ENABLE is burnt: the watchdog runs from reset";
    FUSE_NO_DEBUG Warning "fuse-no-debug": "the fuse SJC_DISABLE is burnt: a debug probe cannot connect";
    RESET_WATCHDOG Warning "reset-watchdog": "a watchdog has reset the chip" => [
        "the application hangs, or does not refresh a watchdog that it or a fuse enabled",
    ];
    RESET_TEMPERATURE Warning "reset-temperature": "the temperature sensor has reset the chip";
    CLOSED_NEEDS_SIGNATURE Warning "closed-needs-signature": "the part is closed (HAB): only a signed image will start";
}
