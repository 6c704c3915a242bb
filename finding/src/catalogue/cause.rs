//! Causes of errors that no look at the board tells: a measurement does, or the next try.

entries! {
    SUPPLY_DIPS Error "supply-dips": "the flash's supply dips while it erases or programs";
    WORN_CELLS Error "worn-cells": "worn cells";
    PAGE_NOT_BLANK Error "page-not-blank": "the page was written after the erase, or the erase did nothing";
    NOT_CONFIGURED Error "not-configured": "the flash is not configured, or the flashloader has restarted";
    OWN_LOADER_UNFIT Error "own-loader-unfit": "rtboot's own loader does something that this chip or board does not allow: it was proven in emulation only";
    SECOND_USB_DEVICE Error "second-usb-device": "a full-speed hub or a virtual machine does not pass on the loader's USB device (15a2:0073)";
    ADDRESS_OUTSIDE Error "address-outside": "the address lies outside RAM and flash, or in the flashloader's own RAM";
}
