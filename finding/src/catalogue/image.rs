//! Boot images, application files and flashloader files.

entries! {
    IVT_MISSING Error "ivt-missing": "there is no IVT where the ROM looks"
        / "there is no IVT at {at} ({there}), so the ROM finds no image";
    IVT Ok "ivt": "the IVT is where the ROM looks"
        / "the IVT (version {version}) is at {at}";
    IVT_SELF_MISMATCH Error "ivt-self-mismatch": "the IVT belongs to another address"
        / "the IVT is at {at}, but its self pointer says {self}" => [
            "linked for another flash address (0x70000000 is the RT1064)",
            "written to the wrong address",
        ];
    IVT_NO_PADDING Error "ivt-no-padding": "an image without room for its FCB lies at the start of the flash"
        / "the IVT is at {at}, but its self pointer says {self}: an image without room for its FCB (\"nopadding\") is placed at the start of the flash";
    IVT_MISPLACED Error "ivt-misplaced": "the IVT is not where the ROM looks"
        / "the IVT is at {at}, but the ROM looks only at {expected}" => [
            "an image for SD cards or serial download (IVT at 0x400)",
            "written to the wrong address",
        ];
    IVT_STRAY Error "ivt-stray": "the IVT of a RAM image is neither where the ROM looks nor in its RAM"
        / "the IVT is at {at}, neither at its self pointer ({self}) nor where the ROM looks ({expected})" => [
            "written to the wrong address",
        ];
    IVT_ELSEWHERE Note "ivt-elsewhere": "there is an IVT where the ROM does not look"
        / "there is an IVT at {at} with self pointer {self}; the ROM looks only at {expected}";
    NOT_FOR_FLASH Error "not-for-flash": "the image's layout is that of serial download or an SD card"
        / "its IVT is at offset {offset}, as for serial download or an SD card; in NOR flash it must be at {expected}";

    // boot pins against the flash that is there
    STRAP_FIRST_PINS Error "strap-first-pins": "BOOT_CFG selects the first pin group, but the flash is on the second one"
        / "{who} select the first pin group, but the flash is on the second one";
    STRAP_UNKNOWN_PART Note "strap-unknown-part": "BOOT_CFG says four address bytes, and the flash part is unknown"
        / "{who} make the ROM read the FCB with four address bytes, which only parts above 16 MiB accept; the part is unknown";

    BOOT_DATA Ok "boot-data": "the boot data holds the image"
        / "the boot data says that the image is {start}..{end}";
    BOOT_DATA_OUTSIDE Error "boot-data-outside": "the boot data pointer points outside the image"
        / "the boot data pointer {pointer} points outside the image" => [
            "the boot header was built for another layout, or partly overwritten",
        ];
    BOOT_DATA_EMPTY Error "boot-data-empty": "the boot data gives the image no length"
        / "the boot data gives the image a length of 0" => [
            "the boot data was never filled in: the project's linker script lacks its symbols",
        ];
    BOOT_DATA_CONTRADICTS Error "boot-data-contradicts": "the boot data does not hold its own IVT"
        / "the boot data says that the image is {start}..{end}, which does not hold its own IVT at {ivt}" => [
            "the boot header was built for another layout, or partly overwritten",
        ];
    BOOT_DATA_START Warning "boot-data-start": "the boot data does not start at the start of the flash"
        / "the boot data starts the image at {start}, not at the start of the flash ({flash})";
    BOOT_DATA_SHORT Note "boot-data-short": "the image is longer than its boot data says"
        / "the boot data ends the image at {end}, but its bytes go on to {used}; the image runs in place, so this matters only to a signature";
    BOOT_DATA_PLACE Note "boot-data-place": "the boot data does not follow the IVT"
        / "the boot data is at {at}, not right after the IVT";
    PLUGIN Warning "plugin": "a plugin image"
        / "it is a plugin image: the ROM calls it to load another one";
    PLUGIN_FLAG Error "plugin-flag": "the plugin flag of the boot data is garbage"
        / "the plugin flag of the boot data is {flag}, neither 0 nor 1" => [
            "the boot data is garbage, or partly overwritten",
        ];
    RAM_COPY_SHORT Warning "ram-copy-short": "the ROM copies less than the whole image to RAM"
        / "the boot data ends at {end}, so the bytes up to {used} are not copied";
    RAM_OVERFLOW Error "ram-overflow": "the image does not fit the RAM that it is copied to"
        / "the boot data says that the image is {start}..{end}, past the end of {ram} at {limit}" => [
            "linked for a chip with more RAM",
        ];
    OVER_ROM_RAM Warning "over-rom-ram": "the ROM copies the image over RAM that it uses itself"
        / "the image is {start}..{end}, over {from}..{to} that the ROM uses";
    RAM_PAST_DEFAULT Warning "ram-past-default": "the image needs more RAM than the chip has by default"
        / "the image is {start}..{end}, past the end that {ram} has by default, {limit}";

    ENTRY Ok "entry": "entry, stack and reset handler make sense"
        / "the entry is the {convention}: table {table}, stack {stack}, reset handler {reset}";
    ENTRY_OUTSIDE_IMAGE Error "entry-outside-image": "the entry lies outside the image"
        / "the entry {entry} is outside the image" => [
            "the image is cut off",
            "the entry is another chip's address",
        ];
    ENTRY_OUTSIDE_BOOT_DATA Warning "entry-outside-boot-data": "the boot data does not cover the entry"
        / "the entry {entry} is outside the range of its boot data" => [
            "the IVT and the application come from different builds",
        ];
    ENTRY_CUT Error "entry-cut": "the vector table is cut off"
        / "the entry {entry} is even, so it is a vector table, but its first two words are not in the image" => [
            "the image is cut off",
        ];
    VECTORS_NOT_FOUND Note "vectors-not-found": "no vector table points to the entry"
        / "the entry {entry} is the reset handler of no vector table in the image";
    VECTORS_BLANK Error "vectors-blank": "the vector table is erased"
        / "the vector table at {table} is blank (all 0xff)" => [
            "the boot header was written but the application was not, or it has been erased since",
        ];
    VECTORS_ALIGNMENT Warning "vectors-alignment": "the vector table is not aligned"
        / "the vector table at {table} is not aligned to 1 KiB, so interrupts would miss it";
    STACK_OUTSIDE_RAM Error "stack-outside-ram": "the initial stack pointer is not in RAM"
        / "the initial stack pointer {stack} is not in RAM but in {place}" => [
            "linked for another chip's RAM, or another file was written over the vector table",
        ];
    STACK_UNALIGNED Warning "stack-unaligned": "the initial stack pointer is not word-aligned"
        / "the initial stack pointer {stack} is not word-aligned" => [
            "the vector table was overwritten",
        ];
    STACK_PAST_DEFAULT_RAM Warning "stack-past-default-ram": "the initial stack pointer is past the RAM that the chip has by default"
        / "the initial stack pointer {stack} is past the {kib} KiB that {ram} has by default; it works only if fuses, or the reset handler before its first push, give {ram} more of the FlexRAM";
    STACK_IN_SDRAM Warning "stack-in-sdram": "the initial stack pointer is in external memory that nothing sets up"
        / "the initial stack pointer {stack} is in SDRAM, but no DCD sets that up before the first push" => [
            "linked for another board, with external memory",
        ];
    RESET_EVEN Error "reset-even": "the reset vector is not a Thumb address"
        / "the reset vector {reset} is even, but a Cortex-M runs only Thumb code (bit 0 must be set)" => [
            "the vector table was overwritten, or does not hold a Thumb address",
        ];
    RESET_OUTSIDE_BOOT_DATA Warning "reset-outside-boot-data": "the boot data does not cover the reset handler"
        / "the reset handler {reset} is outside the range of its boot data";
    CODE_ZEROS Warning "code-zeros": "the first code of the application is zeros"
        / "the first {count} bytes of code at {reset} are zeros, so this is probably not a program";
    RESET_ERASED Error "reset-erased": "the first code of the application is erased"
        / "the reset handler {reset} is erased flash" => [
            "a write stopped half-way, or part of the image has been erased since",
        ];
    FLASH_ALIAS Note "flash-alias": "the application starts in the flash alias"
        / "the {what} {address} is in the flash alias, which only one public source mentions";
    RESET_OUTSIDE_IMAGE Error "reset-outside-image": "the reset vector points outside the image"
        / "the reset vector {reset} points to {place} outside the image" => [
            "the application is not at the address it was linked for, or is cut off",
        ];

    DCD Ok "dcd": "the DCD can be read"
        / "the DCD at {at} has {commands} commands";
    NO_DCD Ok "no-dcd": "there is no DCD";
    DCD_OUTSIDE_IMAGE Warning "dcd-outside-image": "the DCD pointer points outside the image"
        / "the DCD pointer {pointer} points outside the image";
    DCD_ERASED Warning "dcd-erased": "the DCD pointer leads to erased flash"
        / "the DCD pointer {pointer} leads to erased flash: the ROM passes over what is no DCD, and the registers that it was to set stay as they are";
    DCD_TAG Warning "dcd-tag": "the DCD pointer does not point to a DCD"
        / "the DCD pointer {pointer} points to {there}, which is not a DCD (d2 … 4x); SDK images without a DCD look like this and start";
    DCD_BROKEN Error "dcd-broken": "the DCD is broken"
        / "the DCD at {at} is broken: {problem}" => [
            "the device configuration data was partly overwritten",
        ];
    DCD_WRITES_FUSES Danger "dcd-fuses": "the DCD can burn fuses"
        / "the DCD's command {command} writes {value} to the fuse controller at {at}: it can burn fuses" => [
            "somebody put fuse writes into the DCD: the ROM runs it at every start",
        ];
    DCD_UNLOCKS_FUSES Danger "dcd-unlocks-fuses": "the DCD unlocks fuses"
        / "the DCD's command {command} unlocks fuses (engine {engine})" => [
            "somebody put fuse writes into the DCD: the ROM runs it at every start",
        ];
    SDRAM_WITHOUT_DCD Error "sdram-without-dcd": "external memory is used but not set up"
        / "the image is copied to SDRAM, which only a DCD can set up in time, and it has none" => [
            "built for external memory without the DCD that sets it up",
        ];

    NO_CSF Ok "csf": "it is not signed"
        / "it is not signed: a part with HAB open starts it, a closed one does not";
    CSF_OUTSIDE_IMAGE Warning "csf-outside-image": "the CSF pointer points outside the image"
        / "the CSF pointer {pointer} points outside the image";
    CSF_TAG Warning "csf-tag": "the CSF pointer does not point to a CSF"
        / "the CSF pointer {pointer} points to {there}, which is not a CSF (d4 … 4x)";
    CSF_BROKEN Warning "csf-broken": "the CSF is broken"
        / "the CSF at {at} is broken: {problem}";
    SIGNED Note "signed": "the image is signed"
        / "it is signed (CSF at {at}, {blocks} blocks); its signature is not checked here";
    ENCRYPTED Warning "encrypted": "the image is encrypted for HAB"
        / "it is encrypted for HAB, which public tools call unsupported when an RT1020 boots from NOR flash";
    SIGNED_RAM Warning "signed-ram": "the image is signed and copied to RAM"
        / "it is signed and copied to RAM, which public tools call unsupported when an RT1020 boots from NOR flash";
    HAB_UNSIGNED Error "hab-unsigned": "the part is closed (HAB), and the image is not signed";
    HAB_UNCHECKED Note "hab-unchecked": "the part is closed (HAB); rtboot does not check whether it accepts the image's signature";
    BEE_UNCHECKED Note "bee-unchecked": "BOOT_CFG selects an encrypted image (BEE); rtboot does not check whether the chip's key fits";
    BEE_HEADER Note "bee-header": "there may be a header of the bus encryption engine"
        / "something lies at {at}, where a header of the bus encryption engine (BEE) would be";
    BEE_NOT_SELECTED Error "bee-not-selected": "the image is encrypted (BEE), and BOOT_CFG does not say so"
        / "BOOT_CFG does not select an encrypted image (BEE), so the ROM finds no IVT in the encrypted bytes at {at}";
    BEE_ENCRYPTED Note "bee-encrypted": "the image is encrypted (BEE)"
        / "no IVT can be read at {at}, and a header of the bus encryption engine (BEE) lies at {header}: the image is encrypted, and only a chip with its key reads it";

    FCB_IN_IMAGE Ok "fcb-found": "there is an FCB at the start of the flash"
        / "the FCB at {at} is for {size} bytes of flash";
    FCB_CUT Error "fcb-cut": "the FCB is cut off"
        / "the FCB at {at} is cut off: 512 bytes are needed";
    FCB_MISPLACED Error "fcb-misplaced": "the FCB is not at the start of the flash"
        / "there is an FCB at {at}, but the ROM looks only at {expected}: the image is in the wrong place";
    IMAGE_PAST_FLASH Error "image-past-flash": "the image is larger than the flash that its FCB describes"
        / "the image ends at {end}, past the {size} bytes of flash that the FCB describes" => [
            "the FCB is for a smaller part, or the image was linked for a larger one",
        ];
    PAST_FCB_SIZE Error "past-fcb-size": "the ROM needs bytes past the flash size that the FCB gives"
        / "the {what} at {at} is past the {size} bytes of flash that the FCB gives port A1" => [
            "the FCB is for a smaller part, or the image was linked for a larger one",
        ];
    PAST_READ_REACH Error "past-read-reach": "the ROM's read does not reach bytes that it needs"
        / "the {what} at {at} is past the 16 MiB that the FCB's read reaches with 24 address bits" => [
            "the FCB reads with 24 address bits: an image past 16 MiB needs a read with 32, such as ECh",
        ];
    APP_OVER_BOOT_HEADER Error "app-over-boot-header": "the application is where a boot header belongs"
        / "the application extends into {from}..{to}, where the {header} should be; link its vector table to {table}";
    OVER_BOOT_HEADER Warning "over-boot-header": "bytes that are not a boot header go where one belongs"
        / "the file has bytes in {from}..{to}, where the {header} should be, but they are not one: the ROM starts nothing with them there";
    OUTSIDE_FLASH Error "outside-flash": "some bytes lie outside the flash"
        / "the bytes {from}..{to} lie in {place}, not in flash with the rest" => [
            "linked for another memory",
        ];
    PAST_FLASH_WINDOW Error "past-flash-window": "some bytes lie past the end of the flash window"
        / "the bytes {from}..{to} run past the end of the flash window at {limit}" => [
            "linked for another memory",
        ];
    IN_NO_MEMORY Error "in-no-memory": "some bytes lie in no memory of the chip"
        / "the bytes {from}..{to} lie in {place}" => [
            "linked for another memory",
        ];
    OTHER_CHIP Error "other-chip": "the image is for another chip"
        / "the image is for another chip: {sign}";

    FOR_MCUBOOT Warning "for-mcuboot": "MCUboot starts this image, the boot ROM does not"
        / "it has MCUboot's header at {at}: MCUboot starts it, not the boot ROM";
    IMAGE_KIND Note "image-kind": "what the image is"
        / "{kind}: {reason}";
    HEADERS_MADE Note "headers-made": "IVT and boot data were made"
        / "made an IVT at {at} (entry {entry}, {choice}) and boot data (start {start}, length {length})";
    COPIED_TO_RAM Note "copied-to-ram": "the ROM copies the image to RAM"
        / "the ROM copies it to {start}, where it runs";
    MOVED_TO_FLASH Note "moved-to-flash": "an image linked for RAM was moved to where the flash holds it"
        / "the image is linked for RAM; in flash its IVT lies at {at}";
    PADDING_LEFT_OUT Note "padding-left-out": "padding where a header belongs is left out"
        / "the padding where the {header} should be is left out";
    FCB_KEPT Note "fcb-kept": "the image keeps its own FCB"
        / "the image keeps its own FCB; the given one differs in {fields}";
    FCB_REPLACED Note "fcb-replaced": "the image's own FCB is replaced"
        / "the given FCB replaces the image's own; it differs in {fields}";
    FCB_NOT_GIVEN Note "fcb-not-given": "no FCB was given and the image has none"
        / "no FCB was given and the image has none: the ROM will not start it";

    READ_FROM_FLASH Note "read-from-flash": "the image was read from a board's flash"
        / "read from the flash of the board: id {id}, {mib} MiB";
    READ_IN_PART Note "read-in-part": "only the first part of the image was read"
        / "its boot data gives {promised} bytes; the first {read} were read";
    BASE_IMPLIED Note "base-implied": "the content of a raw file implies its address"
        / "placed at {base}: {reason}";
    BASE_ALIAS Note "base-alias": "the base address is an alias of the flash"
        / "the base {base} is the flash alias of {bus}";
    ENTRY_ALIAS Note "entry-alias": "the entry is an alias of the flash"
        / "the entry {entry} is the flash alias of {bus}";
    ADDRESSES_ALIAS Note "addresses-alias": "the file's addresses are an alias of the flash"
        / "addresses in the flash alias are treated as flash: {address} is {bus}";
    SEGMENT_MOVES Note "segment-moves": "a segment is stored at one address and runs at another"
        / "segment {segment} is stored at {load} and runs at {run}";
    ELF_HEADERS_LEFT_OUT Note "elf-headers-left-out": "the ELF file's own headers are left out"
        / "segment {segment} begins with {count} bytes of the ELF file's own headers, which are left out";
    ELF_NOBITS_LEFT_OUT Note "elf-nobits-left-out": "bytes of an ELF segment that belong to no section are left out"
        / "{count} bytes of segment {segment} belong to no section with contents (NOBITS, or no section at all) and are left out";
    UF2_OTHER_FAMILIES Note "uf2-other-families": "some UF2 blocks are for other chips"
        / "{count} UF2 blocks are for the families of other chips and left out";
    UF2_FAMILY Warning "uf2-family": "the UF2 family is another chip's"
        / "the UF2 family id is {family}, not that of the RT10xx ({expected})";
    UF2_BLOCKS_LEFT_OUT Note "uf2-blocks-left-out": "some UF2 blocks are not for the flash"
        / "{count} UF2 blocks are not for the flash and are left out";
    SREC_COUNT Note "srec-count": "an S6 record has the wrong count"
        / "the S6 record in line {line} counts {counted} data records, {count} came before it";
    SREC_UNREADABLE_COUNT Note "srec-unreadable-count": "an S6 record cannot be read"
        / "the S6 record in line {line} is ignored: {problem}";

    LOADER Ok "loader": "the flashloader can be loaded and started"
        / "goes to {load}, starts at {jump}";
    LOADER_UNUSABLE Error "loader-unusable": "the flashloader cannot be loaded"
        / "{problem}";
    LOADER_HEAD_CUT Note "loader-head-cut": "the bytes before the flashloader's IVT are not in the file"
        / "the file begins at {at}, {count} bytes after the image's start: the bytes before the IVT are missing from it";
    LOADER_SHORT Note "loader-short": "the flashloader file is shorter than its boot data says"
        / "the file is {count} bytes shorter than its boot data says";
    LOADER_PAST_RAM Warning "loader-past-ram": "the last report of the flashloader runs past its RAM"
        / "the ROM writes whole reports of 1024 bytes, here up to {end}, past the end of {ram} at {limit}: it may crash";
}
