//! The flashloader: its file, its way into RAM, its answers.

entries! {
    CLOSED_PART Error "closed-part": "the part is closed (HAB) and the flashloader is not signed for it";
    LOADER_NONE Error "loader-none": "no flashloader file is known"
        / "{error}";
    LOADER_BAD_FILE Error "loader-bad-file": "the flashloader file is for another chip, cut off, or not a flashloader"
        / "the flashloader file {file} cannot be used" => [
        "it is the flashloader of another chip: its addresses do not fit this one",
        "the file is cut off or no flashloader",
    ];
    LOADER_DANGEROUS Error "loader-dangerous": "the flashloader file could change fuses"
        / "the flashloader file could change fuses and is not sent";
    FUSE_FLEXRAM_SHORT Error "fuse-flexram-short": "the chip's FlexRAM split leaves the flashloader too little RAM"
        / "the flashloader needs {need}, but the chip has {split}";
    LOADER_REFUSED Error "loader-refused": "the boot ROM refused to start the flashloader" => [
        "the file is damaged, or its DCD fails",
        "the jump went to the entry instead of the IVT",
    ];
    LOADER_NOT_TAKEN Error "loader-not-taken": "the boot ROM did not accept the flashloader's bytes" => [
        "a report was lost: hub, cable, virtual machine",
        "the ROM is still waiting for bytes of an earlier, unfinished download",
        "the ROM does not let this address be written",
    ];
    LOADER_LINK_LOST Error "loader-link-lost": "the board disconnected while the flashloader was being sent" => [
        "cable, hub or supply",
        "the ROM crashed: the image runs past the end of RAM",
    ];
    LOADER_DAMAGED Error "loader-damaged": "the flashloader did not arrive intact in RAM" => [
        "bytes were lost or changed on the UART, which has no checksum in the boot ROM",
    ];
    LOADER_NOT_STARTED Error "loader-not-started": "the flashloader was started, and the boot ROM answers in its place" => [
        "the flashloader's load or jump address belongs to another chip (RT1050: 0x20000400; RT1021: 0x20208200 or 0x20208400)",
        "the file is cut off",
        "it ran, and a fault or a watchdog reset the chip",
    ];
    LOADER_VANISHED Error "loader-vanished": "the flashloader was started but did not come back" => [
        "the file is damaged or for another chip: the chip now runs garbage",
        "a byte was lost on the way",
        "a virtual machine or hub does not pass on the second USB device (15a2:0073)",
        "the chip was entered by a jump from an application that left clocks and USB running",
    ];
    OWN_LOADER_SILENT Error "own-loader-silent": "rtboot's own loader was started but did not come up" => [
        "the loader does something that this chip or board does not allow: it was proven in emulation only",
        "a full-speed hub or a virtual machine does not pass on the second USB device (15a2:0073)",
    ];
    LOADER_OTHER_BOARD Error "loader-other-board": "another board answered at this USB port";
    LOADER_MUTE Error "loader-mute": "the flashloader is on the bus but does not answer" => [
        "it waits forever for a busy flash: an earlier command found no flash, or one held in reset",
        "it listens to its other port: it received bytes on the UART first",
        "a full-speed hub or port",
        "another program reads its answers",
    ];
    LOADER_MUTE_UART Error "loader-mute-uart": "the flashloader behind the UART does not answer any more" => [
        "it waits forever for a busy flash: an earlier command found no flash, or one held in reset",
        "the board was reset or lost power, or a wire of the UART came off",
        "another program reads its answers",
    ];
    LOADER_STALLED Error "loader-stalled": "the flashloader accepts no more bytes" => [
        "it is busy with a command that never ends (the flash does not become ready)",
        "the cable was pulled, or the board lost power, at this moment",
    ];
    LOADER_LEFT Error "loader-left": "the flashloader left the bus while rtboot was querying it" => [
        "supply or cable",
        "a watchdog that fuses or the application enabled",
        "serial download was entered by a jump from an application that left clocks, USB or FlexSPI running",
    ];
    LOADER_GARBAGE Error "loader-garbage": "the flashloader's answers make no sense" => [
        "a full-speed port, where its packets are cut",
        "noise on the UART",
        "another program talks to it at the same time",
    ];
    LOADER_REFUSES Error "loader-refuses": "the flashloader refuses a command that every flashloader supports" => [
        "a vendor-restricted flashloader",
    ];
    LOADER_RESTRICTED Error "loader-restricted": "the flashloader lacks commands that flashing needs"
        / "this flashloader lacks {commands}";
}
