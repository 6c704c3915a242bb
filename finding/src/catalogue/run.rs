//! What happens in a run: steps taken, choices made, things a person should know although the run goes on.

entries! {
    VIRTUAL_BOARD Note "virtual-board": "a virtual board is used"
        / "virtual board in {folder}";
    PLACE_SHARED Warning "place-shared": "another program may use the same board"
        / "{warning}";
    WAITING Note "waiting": "rtboot waits for a board"
        / "waiting {seconds} s for a board in serial download mode{seen}";
    NO_BOARD Note "no-board": "no board is on USB"
        / "no i.MX RT board in serial download mode is on USB";
    FLASHLOADER_RUNNING Detail "flashloader-running": "a flashloader is already running"
        / "a flashloader is already running; continuing from there";
    FLASHLOADER_STARTED Detail "flashloader-started": "a flashloader was started"
        / "started the flashloader {name}";
    OWN_LOADER_UNPROVEN Warning "own-loader-unproven": "rtboot's own loader was proven in emulation only"
        / "rtboot's own loader was proven in emulation only, never yet on a chip: whatever comes of this run, please send a report of the doctor to the authors of rtboot, as an issue in its repository";
    CHIP_BY_FILE Note "chip-by-file": "a file gives away which chip it is for"
        / "taken for an image of the {chip}, which its addresses give away; name the chip to have it judged for another";
    CHIP_TAKEN Detail "chip-taken": "the running flashloader does not tell its chip, as is normal for this chip"
        / "the flashloader does not allow the chip id to be read, as is normal for NXP's for the {chip}; assuming the {chip}";
    CHIP_UNTOLD Warning "chip-untold": "the running flashloader does not tell its chip"
        / "the flashloader does not tell which chip it runs on ({error}); assuming the {chip}";
    FLASHLOADER_RAM_UNASKED Warning "flashloader-ram-unasked": "the flashloader needs more RAM than the default FlexRAM split gives, and the chip's split is unknown"
        / "the flashloader needs {need}; the chip's FlexRAM split could not be read, and the factory default is {split}";
    FLASHLOADER_UNCHECKED Warning "flashloader-unchecked": "the flashloader in RAM is not checked"
        / "the flashloader in RAM is not checked: {error}; a byte lost on the UART would leave the flashloader silent";
    FLASHLOADER_SENT_AGAIN Warning "flashloader-sent-again": "the UART corrupted bytes of the flashloader"
        / "the UART corrupted the flashloader at {at}: sending {count} bytes again";
    UART_SPEED Note "uart-speed": "a higher speed was agreed on over the UART"
        / "UART: {baud} baud from now on";
    UART_SPEED_STAYS Note "uart-speed-stays": "the UART does not take a higher speed"
        / "{tried} baud do not get through the UART: it stays at {baud}";
    NO_FLASHLOADER Note "no-flashloader": "no flashloader is remembered";
    IMAGE Note "image": "what the application file is"
        / "{file}: {format}, {kind}; {size} bytes for flash in {start}..{end}";
    DATA Note "data": "where data goes"
        / "{file}: {size} bytes as is, at {at}";
    ROOM_FOR_BOOT_LOADER Warning "room-for-boot-loader": "the application may be meant for a boot loader"
        / "{reason}: it gets a boot header, so the ROM starts it; as a second stage it would be written without one";
    COMPARED_ALONE Note "compared-alone": "the application is compared without a boot header"
        / "{reason}; only the application is compared";
    FCB Note "fcb": "where the FCB comes from"
        / "FCB: {name}";
    FCB_REFITTED Warning "fcb-refitted": "the image's own FCB does not fit the flash and is replaced"
        / "the image's own FCB is replaced by one for the {part}: {reason}";
    FCB_NOTE Warning "fcb-note": "what the source of an FCB does not say"
        / "{text}";
    PART Detail "part": "which part the flash is"
        / "the flash of the {chip} is the {vendor} {part} ({id})";
    PART_SHARED Note "part-shared": "several parts have the flash's id"
        / "the id {id} means {parts}: the FCB is one that each of them accepts, {read} at {clock}; name the part for a faster one";
    PROBE_DOUBT Warning "probe-doubt": "the probe is not sure of a value"
        / "{text}";
    QUAD_ENABLED Note "quad-enabled": "the quad-enable bit was set"
        / "set the quad-enable bit of the {part} ({before} -> {after}); it is non-volatile and stays set";
    QUAD_UNPROVED Detail "quad-unproved": "the quad read could not be tested before the write"
        / "flash is blank here, so only the verify tests the quad read";
    BYTES_SAVED Detail "bytes-saved": "bytes around the image were saved"
        / "{size} around the image saved to {file} until the write is done";
    BYTES_RESTORED Note "bytes-restored": "bytes saved by an interrupted write are restored"
        / "{count} bytes saved by an interrupted write are restored ({file})";
    WRITE_GIVEN_UP Warning "write-given-up": "an interrupted write is given up"
        / "the write of {image} ({when}) was interrupted, and this write takes its place: what that one brought to {ranges} is erased and not written again";
    WEAK_CELLS Note "weak-cells": "a sector reads differently each time"
        / "the sector at {at} reads differently each time, as an interrupted write or erase leaves it: it is erased and programmed again";
    READ_UNSTEADY Warning "read-unsteady": "flash did not read the same each time"
        / "one of three readings of the {length} bytes at {at} was another one: flash holds what it should, but the board may read it wrong, too; check supply and wiring of the flash";
    SETTING Note "setting": "a settings file redirects this write"
        / "{key} = \"{value}\", from {file}";
    WRITE_OPEN Warning "write-open": "an interrupted write is unfinished"
        / "the write of {image} ({when}) was interrupted and is still unfinished: this write does not complete it";
    JOURNAL_HIDDEN Note "journal-hidden": "whether another user has a journal of this board cannot be seen"
        / "whether {user} has a journal of this board cannot be seen ({file})";
    JOURNAL_ELSEWHERE Note "journal-elsewhere": "the journal of an interrupted write is missing"
        / "flash looks as if a write was interrupted, but this user has no journal of it: bytes around the image may be in a journal of {places}";
    IMAGE_BYTES_KEPT Note "image-bytes-kept": "bytes around the new ones stay, because they belong to the image that starts"
        / "bytes of the image that the ROM starts now ({image}) stay at {ranges}, for this write does not bring that image; to remove them, erase those sectors";
    IMAGE_BYTES_REPLACED Warning "image-bytes-replaced": "bytes of the image that starts are replaced"
        / "bytes of the image that the ROM starts now ({image}) are replaced at {ranges}; unless that is meant, write the whole image again";
    NOT_VERIFIED Warning "not-verified": "the write is not verified"
        / "nothing is read back, so a wrong byte would go unnoticed";
    ROUNDED Note "rounded": "a range was rounded to whole sectors"
        / "{start}..{end} does not consist of whole {sector}-byte sectors; using {from}..{to}";
    READ_LARGE Warning "read-large": "the file is too large to be written again in one piece"
        / "a file of more than 16 MiB cannot be written back in one piece: back up and restore the whole flash, or read 16 MiB at a time into separate files";
    BACKUP_MADE Note "backup-made": "the whole flash was read for a backup"
        / "{size} bytes from {at} of the {part} ({id}), SHA-256 {sha256}";
    BACKUP_UNLABELLED Warning "backup-unlabelled": "nothing says which board and flash a backup is of"
        / "{file} has no label beside it ({label}): whether it is of this board cannot be checked";
    BACKUP_OF_OTHER_BOARD Warning "backup-of-other-board": "the backup is of another board with the same chip and flash"
        / "{file} is of the board with the unique id {theirs} ({time}); this one is {ours}";
    FILE_LARGE Warning "file-large": "rtboot does not read a file of this size again"
        / "{file}: other tools may take it, rtboot reads no file of more than {limit} bytes again; a raw one (.bin) or a smaller range it does";
    ADDRESS Note "address": "where a raw file belongs"
        / "the file's first byte belongs to {at}";
    SVG Note "svg": "the map was drawn"
        / "the map is drawn in {file}";
    REPORT Note "report": "the report was written"
        / "everything that was found is in {file}";
    CONFIGURE_WRITES_FCB Warning "configure-writes-fcb": "the flashloader writes its FCB to flash"
        / "the word 0xf000000f makes the flashloader write its FCB to the start of the flash";
    OPTION_WORDS Warning "option-words": "option words let the flashloader change the part"
        / "the option word {word} lets the flashloader set the part up by itself: that can change its quad-enable bit and its block protection";
    CONFIGURE_UNKNOWN Warning "configure-unknown": "the block is neither option words nor an FCB"
        / "{word} at {at} starts neither option words nor an FCB";
    READ_RESOURCE_MEANINGLESS Warning "read-resource-meaningless": "the flashloader's answer is meaningless"
        / "the RT1021 flashloader answers this with leftovers of its packet buffer";
    VIRTUAL_MADE Note "virtual-made": "a virtual board was made"
        / "there is no virtual board in {folder} yet: making a fresh one";
    SERVING Note "serving": "a virtual board is served"
        / "{text}";
    USB_IMPORTED Note "usb-imported": "a host imported a virtual board"
        / "{board}: {id} is imported by {host}";
    USB_LEFT Note "usb-left": "a virtual board left the bus"
        / "{board}: the board left the bus";
    USB_RELEASED Note "usb-released": "the host released a virtual board"
        / "{board}: the host released the board";
    USB_REFUSED Warning "usb-refused": "a host was refused"
        / "refused {host}: {reason}";
    BOARD_NOT_SAVED Warning "board-not-saved": "a virtual board could not be saved"
        / "{board}: the board is not saved: {reason}";
    SERVING_OTHERS Warning "serving-others": "others can reach the virtual boards"
        / "anyone who can reach {address} has full control of these boards";
}
