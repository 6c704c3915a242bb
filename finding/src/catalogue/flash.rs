//! The flash: does it answer, which part is it, can it be read and changed?

const SAME_ID: [&str; 2] = [
    "another part with the same id, or a copy",
    "noise on the lines",
];
const PROTECTED: [&str; 2] = [
    "an application or another tool set the bits",
    "the part was delivered protected",
];

entries! {
    FLASH_REFUSED Error "flash-refused": "the flashloader refuses to access the flash" => [
        "the flash does not become ready: absent, held in reset, or busy (status 7000 to 7002)",
        "this flashloader does not accept configuration blocks (status 4)",
    ];
    FLASH_LINK_LOST Error "flash-link-lost": "the board disconnected while rtboot was querying the flash" => [
        "supply or cable",
        "a watchdog reset the chip",
    ];
    FLASH_LINK_SILENT Error "flash-link-silent": "the flashloader stopped answering while rtboot was querying the flash" => [
        "the flashloader waits forever for the flash",
        "a report was lost: hub, cable, virtual machine",
        "noise on the link",
    ];
    FLASH_BUSY Error "flash-busy": "the flash reports busy and stays busy" => [
        "another tool started an erase or program that does not end (worn cells, or the supply dips)",
        "a whole-chip erase is still running: it can take minutes",
    ];
    FLASH_ASLEEP Warning "flash-asleep": "the flash was left in deep power-down"
        / "the flash was left in deep power-down: its id read {before}, and {id} after a release (ABh)" => [
        "the application puts it to sleep, and resetting the chip does not wake it",
    ];
    FLASH_IN_CONTINUOUS_READ Warning "flash-in-continuous-read": "the flash was left in continuous read: it expects addresses, not commands"
        / "the flash was left in continuous read: its id read {before}, and {id} after the mode was ended" => [
        "the application or its FCB reads with a mode byte that starts it, and resetting the chip does not end it",
        "another tool set the flashloader up with misc mode 1 (option word 0xc0000017 or the like)",
    ];
    FLASH_IN_QPI Warning "flash-in-qpi": "the flash was left in QPI mode: it accepts commands on four lines only"
        / "the flash was left in QPI mode: its id read {before}, and {id} after the mode was ended (FFh, F5h)" => [
        "the application left it that way, or another tool sent 35h or 38h (35h enters QPI on ISSI and Macronix parts)",
    ];
    FLASH_IN_OTHER_MODE Warning "flash-in-other-mode": "the flash was left in an unusual mode; its reset command ended it"
        / "the flash was left in an unusual mode: its id read {before}, and {id} after its reset (66h, 99h)" => [
        "the application left it that way, and resetting the chip does not reset the flash",
    ];
    FLASH_IN_FOUR_BYTE_MODE Warning "flash-in-four-byte-mode": "the flash was left in four-byte address mode, in which the boot ROM cannot read it"
        / "the flash was left in four-byte address mode: reads with 24 address bits, as the boot ROM sends them, brought other bytes than reads with 32; the mode was ended" => [
        "the application sent B7h, and resetting the chip does not reset the flash",
        "the part is set to wake up in this mode: then only flash type 1 of BOOT_CFG, or the part's own register, helps",
    ];
    FLASH_LINE_LOW Error "flash-line-low": "the flash's data line stays low"
        / "the flash's data line stays low: its id reads {id}" => [
        "D1 (flash SO) is shorted to ground, or the flash has no supply and loads the line",
        "another chip on the same pins drives it",
    ];
    FLASH_SECOND_PINS Error "flash-second-pins": "the boot pins put the flash on the second pin group"
        / "the flash is on the second pin group, which the flashloader does not drive here";
    FLASH_LOADER_PINS Error "flash-loader-pins": "the flashloader drives the second pin group, and no flash answers there" => [
        "the flash is on the primary group, and BOOT_CFG (by fuses) says otherwise",
        "the flash on the second group has no supply, is held in reset, or is not soldered",
    ];
    FLASH_SILENT Error "flash-silent": "no flash answers on the primary pins: other pins, no supply, held in reset, or an open joint"
        / "no flash answers on the primary pins: its id reads {id}" => [
        "the flash is on other pins: the flashloader drives the primary group, port A only",
        "it is held in reset, or has no supply",
        "CS, CLK, D0 or D1 has an open solder joint, or no flash is fitted",
        "it is in octal or another mode that only a power cycle ends",
    ];
    FLASH_ID_UNSTEADY Error "flash-id-unsteady": "the flash's id reads differently each time" => [
        "noise or a bad joint on CLK, CS, D0 or D1",
        "the flash's supply dips",
    ];
    FLASH_ID_GARBLED Error "flash-id-garbled": "the flash's id is a known id with its bits shifted"
        / "the flash's id {id} is {known} with {how}" => [
        "D1 (flash SO) or CLK has a bad joint, or its pull resistor is too strong",
    ];
    FLASH_OTHER_PART Error "flash-other-part": "the flash is not the part that was named"
        / "the flash is another part than {from} says: {id}, {known}" => [
        "this is another board, or another flash is fitted",
    ];
    FLASH_UNKNOWN Error "flash-unknown": "the flash is not in the database"
        / "the flash {id} is not in the database";
    FLASH_UNKNOWN_NO_SFDP Error "flash-unknown-no-sfdp": "the flash is not in the database and has no SFDP"
        / "the flash {id} is not in the database and does not describe itself" => [
        "the flash was left in a mode that only a power cycle ends",
        "an old part without SFDP",
        "noise on the lines",
    ];
    FLASH_NO_SFDP Error "flash-no-sfdp": "the flash should have SFDP tables but has none"
        / "the {part} should have SFDP tables, but there are none" => [
        "a copy or an older part with the same id",
        "noise on the lines",
    ];
    FLASH_SFDP_SIZE Error "flash-sfdp-size": "the flash's SFDP contradicts the part: size"
        / "the flash contradicts the {part}: {what} is {found} by its SFDP, {expected} by the data sheet" => SAME_ID;
    FLASH_SFDP_QUAD Error "flash-sfdp-quad": "the flash's SFDP contradicts the part: quad enable"
        / "the flash contradicts the {part}: {what} is {found} by its SFDP, {expected} by the data sheet" => SAME_ID;
    FLASH_SFDP_ERASE Error "flash-sfdp-erase": "the flash's SFDP contradicts the part: erase sizes"
        / "the flash contradicts the {part}: {what} is {found} by its SFDP, {expected} by the data sheet" => SAME_ID;
    FLASH_SFDP_READ Error "flash-sfdp-read": "the flash's SFDP contradicts the part: read command"
        / "the flash contradicts the {part}: {what} is {found} by its SFDP, {expected} by the data sheet" => SAME_ID;
    FLASH_SFDP_PAGE Error "flash-sfdp-page": "the flash's SFDP contradicts the part: page size"
        / "the flash contradicts the {part}: {what} is {found} by its SFDP, {expected} by the data sheet" => SAME_ID;
    FLASH_SFDP_OLD Warning "flash-sfdp-old": "the flash's SFDP table is too old to tell quad enable"
        / "the {part} describes itself by an older SFDP table, without quad enable";
    FLASH_TOO_FAST Error "flash-too-fast": "the clock is too fast for the fast read of this flash on this board"
        / "the fast read ({read}) gives {found} at {at} where the one-pad read gives {plain}; at 30 MHz it is correct" => [
        "the board's traces do not support this clock, or the DQS pin is used for something else",
    ];
    FLASH_QUAD_WRONG Error "flash-quad-wrong": "the quad read is wrong at any clock: D2 or D3, or the part is set to other dummy cycles"
        / "the fast read ({read}) gives {found} at {at} where the one-pad read gives {plain}, even at 30 MHz" => [
        "D2 or D3 is not connected, or is used for something else (WP#, HOLD#)",
        "the part is set to other dummy cycles (a volatile setting made by the application)",
        "another part with the same id",
    ];
    FLASH_MAYBE_PROTECTED Warning "flash-maybe-protected": "an unknown flash has status bits set that protect blocks on most parts"
        / "status register 1 of the unknown flash is {sr1}: on most parts bits 5:2 protect blocks";
    FLASH_PROTECTED Error "flash-protected": "the whole flash is write-protected"
        / "the flash is write-protected: {extent} ({status})" => PROTECTED;
    FLASH_PROTECTED_RANGE Error "flash-protected-range": "a part of the flash is write-protected"
        / "the flash is write-protected: {extent} ({status})" => PROTECTED;
    FLASH_PROTECTED_COMPLEMENT Error "flash-protected-complement": "the flash is write-protected by its complement bit"
        / "the flash is write-protected, by its complement bit: {extent} ({status})" => PROTECTED;
    FLASH_PROTECTED_LOCKED Error "flash-protected-locked": "the flash is write-protected, and WP# may lock the bits"
        / "the flash is write-protected, and WP# may lock the bits: {extent} ({status})" => [
        "the lock bit is set and WP# is low, so the bits cannot be cleared",
        PROTECTED[0],
        PROTECTED[1],
    ];
    FLASH_INDIVIDUAL_LOCKS Error "flash-individual-locks": "blocks of the flash are locked one by one"
        / "blocks of the flash are locked one by one: {extent} ({status})" => [
        "an application or another tool set bit 2 (WPS) of status register 3",
    ];
    FLASH_STATUS_LOCKED_UNTIL_POWER_OFF Warning "flash-status-locked-until-power-off": "the flash's status registers are locked until power-off"
        / "the flash's status registers are locked until power-off, {extent} ({status})" => [
        "an application or another tool set bit 0 (SRL, SRP1) of status register 2",
        "the part was ordered with its status registers locked for good",
    ];
    FLASH_STATUS_LOCKED Warning "flash-status-locked": "WP# may lock the status register"
        / "the status register's lock bit is set ({status}): while WP# is low it cannot be written";
}
