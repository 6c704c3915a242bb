//! What is in flash, as the ROM would read it.

entries! {
    CONTENT_UNSTEADY Error "content-unsteady": "two reads of the flash give different bytes"
        / "two reads of {at} on one pad at 30 MHz gave different bytes" => [
        "noise or a bad joint on CLK, CS, D0 or D1",
        "the flash's supply dips while it is read",
        "an interrupted erase or program left weak cells",
    ];
    CONTENT_BLANK Warning "content-blank": "the flash is blank: there is nothing to start" => [
        "a new part, or erased",
        "a tool erased it, then its program step did nothing",
    ];
    CONTENT_NOT_PROGRAMMED Error "content-not-programmed": "the flash is blank where the application should be"
        / "nothing of {file} is in flash: {at} should be {expected} and is {found}" => [
        "the tool's program step did nothing and was not checked: wrong flash algorithm, or a quad program with quad enable clear",
        "the flash was write-protected then",
    ];
    CONTENT_ZEROS Error "content-zeros": "the flash reads as zeros where a boot image should be" => [
        "zeros were programmed: a tool filled the gap before the image with 00",
        "a file that begins with zeros was written to the start of the flash",
    ];
    CONTENT_SHIFTED Error "content-shifted": "the boot image lies at the wrong address"
        / "the boot image lies {offset} too high: its FCB is at {at}" => [
        "a tool added the boot header's size to the address of an image that already contains FCB and IVT",
    ];
    CONTENT_FLASHLOADER Error "content-flashloader": "a flashloader or SD card image, linked for RAM, is in flash" => [
        "the flashloader was written to flash instead of being loaded into RAM",
    ];
    CONTENT_BARE Error "content-bare": "an application without boot header is in flash"
        / "there is an application at {at}, but no boot header: no FCB and no IVT" => [
        "it was written straight from the linker; the ROM needs an FCB at the start of the flash and an IVT at 0x1000",
    ];
    CONTENT_BARE_RAM Error "content-bare-ram": "an application linked for RAM is in flash"
        / "there is an application at {at} that is linked for RAM, without boot header" => [
        "a debug build meant to be loaded into RAM by a debugger was written",
    ];
    CONTENT_UNKNOWN Error "content-unknown": "flash does not hold a boot image" => [
        "data or a file of another kind was written to the start of the flash",
        "another chip's image, or an encrypted one",
    ];
    CONTENT_FCB_OVERWRITTEN Error "content-fcb-overwritten": "the start of the flash holds something other than an FCB"
        / "there is an IVT at {ivt}, but {at} holds {found} instead of an FCB" => [
        "padding or other data was written over the FCB",
    ];
    CONTENT_INTERRUPTED Error "content-interrupted": "an interrupted write left the flash half done: the FCB comes last";
    CONTENT_FCB_TOO_FAST Error "content-fcb-too-fast": "the FCB's read is too fast for this board"
        / "the FCB's read is too fast for this board ({clock})" => [
        "the board's traces do not support this clock",
        "the FCB samples through the DQS pin, which the board uses for something else",
    ];
    CONTENT_FCB_WRITES_STATUS Warning "content-fcb-writes-status": "the FCB writes the flash's status register at every start";
}
