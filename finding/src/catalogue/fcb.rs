//! Flash configuration blocks, by their bytes and against the flash that is there.

entries! {
    FCB_MISSING Error "fcb-missing": "there is no FCB at the start of the flash"
        / "there is no FCB at {at} ({there}), so the ROM goes to serial download" => [
            "the file was written without an FCB (a \"nopadding\" image; blhost without fill-memory and configure-memory 0xF000000F)",
            "a write was interrupted: rtboot writes the FCB last",
        ];

    // fields that can be judged one by one
    FCB_VERSION Warning "fcb-version": "the FCB's version does not exist"
        / "the version {version} does not begin with the letter V (56h)";
    FCB_DEVICE_TYPE Warning "fcb-device-type": "the FCB is not for a serial NOR flash"
        / "the device type is {type}, and a serial NOR flash is 1; the ROM reads without it";
    FCB_PADS Warning "fcb-pads": "the FCB has an impossible number of pads"
        / "the flash has {pads} pads; 1, 2, 4 or 8 are possible";
    FCB_RESERVED Note "fcb-reserved": "reserved bytes of the FCB are not zero"
        / "reserved bytes are not zero, from {offsets}";
    FCB_PAD_OVERRIDE Warning "fcb-pad-override": "the FCB's pad settings are not enabled"
        / "pad settings are given, but bit 5 of the controller options, which enables them, is clear";

    // the look-up table
    FCB_LUT_NO_STOP Warning "fcb-lut-no-stop": "a sequence of the FCB has no STOP"
        / "{sequence} has no STOP: all eight instructions are in use";
    FCB_LUT_BEHIND_STOP Warning "fcb-lut-behind-stop": "a sequence of the FCB has instructions after its STOP"
        / "{sequence} has instructions after its STOP, which are never executed";
    FCB_LUT_OPCODE Error "fcb-lut-opcode": "a sequence of the FCB has an instruction that the controller does not know"
        / "{sequence} has {instruction}, which the controller does not know";
    FCB_LUT_PADS Warning "fcb-lut-pads": "a sequence of the FCB uses more pads than the flash has"
        / "{sequence} uses {pads} pads, but the block says that the flash has {has}";
    FCB_LUT_ERASED Warning "fcb-lut-erased": "sequences of the FCB are erased bytes"
        / "sequences {sequences} are erased (ff): the ROM does not use them, but a flashloader configured with this FCB cannot execute them";
    FCB_ADDRESS_SHORT Warning "fcb-address-short": "a sequence of the FCB sends too few address bits for the size of the flash"
        / "{sequence} sends {bits} address bits, which reach the first 16 MiB of {mib} MiB";
    FCB_ADDRESS_BITS Error "fcb-address-bits": "a sequence of the FCB sends the wrong number of address bits for its command"
        / "{sequence} sends {command} with {bits} address bits, but that command takes {usual}";
    FCB_NO_WRITE_ENABLE Warning "fcb-no-write-enable": "the FCB has no write enable sequence"
        / "the block erases or programs, but sequence 3 (write enable) is empty: the flash will ignore both";
    FCB_NO_READ_STATUS Warning "fcb-no-read-status": "the FCB has no read status sequence"
        / "the block erases or programs, but sequence 1 (read status) is empty: nothing tells when the flash is ready";
    FCB_READ_ONLY Note "fcb-read-only": "the FCB can boot the flash but not write it"
        / "no sequence erases or programs: good for booting, not for flashing";

    // the read: sequence, clock, dummy cycles, sampling
    FCB_CLOCK Warning "fcb-clock": "the FCB sets no clock"
        / "the clock index is 0: the ROM keeps the 30 MHz with which it reads the FCB";
    FCB_CLOCK_UNKNOWN Warning "fcb-clock-unknown": "the FCB has a clock index that does not exist"
        / "the clock index {index} has no known meaning on this chip, so the clock that the ROM sets is not known";
    FCB_CLOCK_CHIP Warning "fcb-clock-chip": "the FCB's clock is above the chip's limit"
        / "{clock} is above the {limit} MHz limit of the chip's FlexSPI";
    FCB_CLOCK_PART Warning "fcb-clock-part": "the FCB's clock is above the flash's limit"
        / "{clock} is above the {max} MHz limit of {part} with {dummy} dummy cycles";
    FCB_CLOCK_PLAIN Warning "fcb-clock-plain": "the FCB's clock is too fast for a read without dummy cycles"
        / "{command} without dummy cycles works up to about 33 to 50 MHz, but the clock is {clock}";
    FCB_NO_READ Error "fcb-no-read": "the FCB has no read sequence"
        / "sequence 0 (read) is empty: the flash cannot be read";
    FCB_NOT_A_READ Error "fcb-not-a-read": "the FCB's read sequence is not a read"
        / "sequence 0 is not a read with command, address and data: {sequence}";
    FCB_NOT_HYPERBUS Error "fcb-not-hyperbus": "the FCB does not read as a HyperFlash does"
        / "the {part} takes command and address together, on eight lines and both clock edges, and sequence 0 does not send them so: {sequence}";
    FCB_IN_PACKAGE Error "fcb-in-package": "the FCB is not for the flash in the chip's package"
        / "the {chip} boots from a quad SPI flash in its package, and the FCB reads on eight lines";
    FCB_HYPERBUS Note "fcb-hyperbus": "the FCB reads as HyperBus parts do"
        / "sequence 0 sends command and address together, as HyperBus parts expect: {sequence}";
    FCB_PADS_UNUSED Note "fcb-pads-unused": "the FCB's read uses fewer pads than the flash has"
        / "the read uses {pads} of the flash's {has} pads";
    FCB_READ_SHAPE Error "fcb-read-shape": "the FCB sends its read command on the wrong pads"
        / "{command} is sent as 1-{address}-{data}, but that command is 1-{usual-address}-{usual-data}";
    FCB_DDR_OPTION Error "fcb-ddr-option": "the FCB reads on both clock edges without the DDR option"
        / "the read uses both clock edges, but bit 6 of the controller options (DDR mode) is clear";
    FCB_DDR_UNUSED Warning "fcb-ddr-unused": "the FCB sets DDR mode but reads on one clock edge"
        / "bit 6 of the controller options (DDR mode) is set, but the read uses one clock edge: its clock is halved";
    FCB_DUMMY Error "fcb-dummy": "the FCB's read has fewer dummy cycles than the flash needs"
        / "{command} has {dummy} dummy cycles, but {part} needs {needs}";
    FCB_DUMMY_MANY Warning "fcb-dummy-many": "the FCB's read has more dummy cycles than the flash's default"
        / "{command} has {dummy} dummy cycles, but {part} defaults to {needs}: a command must set them first";
    FCB_DUMMY_PLAIN Error "fcb-dummy-plain": "the FCB has dummy cycles for a read command that takes none"
        / "{command} takes no dummy cycles, but the block has {dummy}";
    FCB_DUMMY_NONE Error "fcb-dummy-none": "the FCB has no dummy cycles for a read command that needs some"
        / "{command} without dummy cycles: parts need some between address and data";
    FCB_DUMMY_FEW Warning "fcb-dummy-few": "the FCB's read has few dummy cycles for its clock"
        / "{dummy} dummy cycles are few for {command} at {clock}; most parts need 6, and more above 80 to 104 MHz";
    FCB_SAMPLING Warning "fcb-sampling": "the FCB samples inside the controller at a fast clock"
        / "sampling inside the controller (source 0) works up to 60 MHz; above that, loop back through the DQS pad (source 1)";
    FCB_SAMPLING_DQS Warning "fcb-sampling-dqs": "the FCB samples by a DQS signal that the flash probably does not drive"
        / "sampling by the flash's DQS (source 3): quad parts at single data rate do not drive one";
    FCB_SAMPLING_UNKNOWN Warning "fcb-sampling-unknown": "the FCB has a read sample clock that does not exist"
        / "there is no read sample clock {source}";

    // device mode, configuration commands, quad enable
    FCB_CONFIG_COMMANDS Warning "fcb-config-commands": "the FCB enables configuration commands but has none"
        / "configuration commands are enabled, but there are none";
    FCB_DEVICE_MODE Warning "fcb-device-mode": "the FCB sets the flash up with an empty sequence"
        / "{what} executes sequence {sequence}, which is empty: the flash is sent nothing";
    FCB_DEVICE_MODE_RANGE Warning "fcb-device-mode-range": "the FCB sets the flash up with sequences that do not exist"
        / "{what} executes {count} sequences starting at {sequence}, but there are only 16";
    FCB_DEVICE_MODE_NO_WRITE_ENABLE Warning "fcb-device-mode-no-write-enable": "the FCB sets the flash up without a write enable sequence"
        / "{what} needs a write enable first, but sequence 3 is empty";
    FCB_DEVICE_MODE_NO_READ_STATUS Warning "fcb-device-mode-no-read-status": "the FCB sets the flash up without a read status sequence"
        / "after {what} the busy bit is polled, but sequence 1 (read status) is empty";
    FCB_QUAD_ENABLE Note "fcb-quad-enable": "the FCB reads on four data lines and does not set quad enable"
        / "the read needs four data lines, but nothing in the block sets the quad enable bit: it must already be set in the flash, or the part must not have one";
    FCB_QUAD_ENABLE_PART Note "fcb-quad-enable-part": "the FCB reads on four data lines and does not set the quad enable bit of its flash"
        / "the read needs four data lines, but nothing in the block sets the quad enable bit of {part} ({bit}): it must already be set in the flash";
    FCB_QUAD_NO_WRITE Warning "fcb-quad-no-write": "the FCB should set quad enable but writes nothing"
        / "the device mode should set quad enable, but its sequence writes nothing";
    FCB_QUAD_REGISTER Error "fcb-quad-register": "the FCB sets quad enable in the wrong register"
        / "the device mode sends {sent}, but the quad enable bit of {part} is {bit}";
    QUAD_ENABLE_CLEAR Error "quad-enable-clear": "the FCB reads on four data lines and quad enable is clear"
        / "the FCB reads on four pads, but the quad-enable bit of the {part} is clear ({status}), so the ROM reads garbage" => [
            "a new part: the bit is clear from the factory, and the tool that wrote the image did not set it",
            "an application or tool wrote the status register and cleared it",
        ];
    READ_DIFFERS Error "read-differs": "the FCB's read sequence returns different bytes from the one-pad read"
        / "the FCB's read sequence returns different bytes from the one-pad read";
    FCB_TRIED Ok "fcb-tried": "the flash answers the FCB's read"
        / "{count} bytes read through the FCB, as the ROM reads, match the flash";
    FCB_UNTRIED Note "fcb-untried": "the FCB's read was not tried on the board"
        / "the FCB's read was not tried on this board: {why}";
    FCB_QUAD_EVERY_START Note "fcb-quad-every-start": "the FCB writes the flash's status register at every start"
        / "the device mode sends {sent} at every start and overwrites the other bits of the register";

    // sizes
    FCB_SIZE Error "fcb-size": "the FCB says that there is no flash"
        / "the block says that there is no flash: both first sizes are 0";
    FCB_SIZE_WINDOW Warning "fcb-size-window": "the FCB describes more flash than the chip can address"
        / "{size} bytes of flash do not fit into the 504 MiB window";
    FCB_SIZE_PART Warning "fcb-size-part": "the FCB is for a larger flash"
        / "the block says {size}, but {part} has {has}: the flash will appear more than once";
    FCB_SIZE_SMALL Warning "fcb-size-small": "the FCB is for a smaller flash"
        / "the block says {size}, but {part} has {has}: the rest cannot be reached";
    FCB_GEOMETRY Warning "fcb-geometry": "the FCB has a page, sector or block size that is not a power of two"
        / "the {unit} size {size} is not a power of two";
    FCB_GEOMETRY_ZERO Note "fcb-geometry-zero": "the FCB has no page, sector or block size"
        / "the {unit} size is not set ({size}): good for booting, not for flashing";
    FCB_GEOMETRY_PART Warning "fcb-geometry-part": "the FCB's page or block size differs from the flash's"
        / "the {unit} size is {size}, but {part} has {has}";
    FCB_PAGE_SECTOR Warning "fcb-page-sector": "the FCB's pages are larger than its sectors"
        / "a page of {page} does not fit into a sector of {sector}";
    FCB_ERASE_SIZE Warning "fcb-erase-size": "an erase command of the FCB clears a different size from the one the FCB gives"
        / "sequence {sequence} erases a {unit} of {size} with {command}, which clears {clears}";

    // the FCB played on the part that is there
    FCB_KIND Error "fcb-kind": "the FCB is for another kind of flash"
        / "the FCB is for {kind}, but the {part} is a quad SPI part ({read})" => [
            "the FCB of another board or SDK example (the RT1050 EVK boots from HyperFlash)",
        ];
    FCB_READ_MISFIT Error "fcb-read-misfit": "the FCB's read does not fit the flash"
        / "the FCB reads with {read}, but the {part} takes {needs}" => [
            "the FCB was made for another part: other command or dummy cycles",
        ];
    FCB_CONTROLLER Error "fcb-controller": "the FCB sets the controller up for another flash"
        / "the FCB sets the controller up for {what}, which the {part} is not";
    FCB_CONTINUOUS Error "fcb-continuous": "the FCB's read puts the flash into continuous read, and then sends a command again"
        / "the FCB's read sends the mode bits {mode}, which put the flash into continuous read, and then sends a command again";
    FCB_SETUP_WRITES Error "fcb-setup-writes": "the FCB's set-up erases or programs the flash"
        / "the FCB's set-up sends {command}, which erases or programs the flash at every start";
    FCB_SETUP_OPEN Note "fcb-setup-open": "the effect of the FCB's set-up on the flash is unknown"
        / "the effect of the FCB's set-up ({what}) on the {part} is unknown";
    FCB_READ_OPEN Note "fcb-read-open": "it is unknown whether the flash answers the FCB's read"
        / "it is unknown whether the {part} answers {read}";
    PART_UNKNOWN Note "part-unknown": "the flash part is unknown"
        / "cannot check whether the flash answers the FCB's read ({read}): the part is unknown";
    QUAD_ENABLE_UNKNOWN Note "quad-enable-unknown": "quad enable of the flash was not read"
        / "cannot check whether quad enable of the {part} is set: its status registers were not read";
    PARTS_DISAGREE Note "parts-disagree": "parts with the same id answer the FCB's read differently"
        / "the flash is one of {parts}, and not all of them answer the FCB's read";
}
