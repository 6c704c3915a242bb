//! The boot ROM: does it answer, and which chip is it?

entries! {
    ROM_SILENT Error "rom-silent": "the boot ROM is there and does not answer" => [
        "a download was begun and not finished: the ROM waits for the rest of it",
        "it listens to its other port: bytes on the UART came first",
        "a hub or virtual machine that swallows reports",
    ];
    ROM_STALLED Error "rom-stalled": "the boot ROM takes no more bytes" => [
        "the ROM crashed: something was loaded over its own RAM (0x20200000 to 0x20207fff)",
        "a download of another program is still open",
        "the cable was pulled, or the board lost power, at this moment",
    ];
    ROM_LEFT Error "rom-left": "the board left while the boot ROM was asked" => [
        "the cable or supply has bad contact",
        "a watchdog reset the chip",
        "what was loaded ran past the end of a RAM",
    ];
    ROM_GARBAGE Error "rom-garbage": "the boot ROM's answers make no sense" => [
        "the USB PLL supply (NVCC_PLL) is missing or damaged",
        "a bad hub or cable",
        "an answer to an earlier program's question is still on its way",
    ];
    ROM_REFUSES Error "rom-refuses": "the boot ROM refuses to tell its state";
    ROM_READ_DISABLED Warning "rom-read-disabled": "the boot ROM does not let registers be read"
        / "the boot ROM does not let registers be read, so chip and boot pins are not known" => [
        "the fuse SDP_READ_DISABLE is burnt",
        "a ROM of another family",
    ];
    ROM_READS_REFUSED Note "rom-reads-refused": "the boot ROM refuses to let some registers be read"
        / "the boot ROM did not let these be read: {registers}" => [
        "the ROM has a list of addresses that may be read, and these are not on it",
    ];
    CHIP_OTHER Error "chip-other": "another chip of the family"
        / "this board carries an {found}, not an {wanted}" => [
        "this is not the board that was meant",
    ];
    CFG_OTHER_CHIP Error "cfg-other-chip": "the .cfg is for another chip"
        / "{from} is for {meant}, not for the {chip}" => [
        "the file of another project, or of another board",
    ];
}
