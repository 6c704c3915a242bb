//! The boot ROM: does it answer, and which chip is it?

entries! {
    ROM_SILENT Error "rom-silent": "the boot ROM is there but does not answer" => [
        "a download was started but not finished: the ROM waits for the rest",
        "it listens to its other port: it received bytes on the UART first",
        "a hub or virtual machine that swallows reports",
    ];
    ROM_STALLED Error "rom-stalled": "the boot ROM accepts no more bytes" => [
        "the ROM crashed: something was loaded over its own RAM (0x20200000 to 0x20207fff)",
        "a download of another program is still open",
        "the cable was pulled, or the board lost power, at this moment",
    ];
    ROM_LEFT Error "rom-left": "the board disconnected while rtboot was querying the boot ROM" => [
        "the cable or the supply has a bad contact",
        "a watchdog reset the chip",
        "the loaded image ran past the end of a RAM bank",
    ];
    ROM_GARBAGE Error "rom-garbage": "the boot ROM's answers make no sense" => [
        "the USB PLL supply (NVCC_PLL) is missing or damaged",
        "a bad hub or cable",
        "an answer to an earlier program's question is still on its way",
    ];
    ROM_REFUSES Error "rom-refuses": "the boot ROM refuses to tell its state";
    ROM_READ_DISABLED Warning "rom-read-disabled": "the boot ROM does not allow register reads"
        / "the boot ROM does not allow register reads, so chip and boot pins are unknown" => [
        "the fuse SDP_READ_DISABLE is burnt",
        "a ROM of another family",
    ];
    ROM_READS_REFUSED Note "rom-reads-refused": "the boot ROM refuses to read some registers"
        / "the boot ROM refused to read: {registers}" => [
        "these addresses are not on the ROM's list of readable addresses",
    ];
    CHIP_OTHER Error "chip-other": "another chip of the family"
        / "the board's chip is {found}, not {wanted}" => [
        "this is not the intended board",
        "the chip was named wrongly; without a name the board tells it",
    ];
    CFG_OTHER_CHIP Error "cfg-other-chip": "the .cfg is for another chip"
        / "{from} is for {meant}, not for the {chip}" => [
        "the file belongs to another project or board",
    ];
}
