//! Causes of errors that no look at the board tells: a measurement does, or the next try.

entries! {
    SUPPLY_DIPS Error "supply-dips": "the flash's supply dips while it erases or programs";
    WORN_CELLS Error "worn-cells": "worn cells";
    PAGE_NOT_BLANK Error "page-not-blank": "the page was written after the erase, or the erase did nothing";
    NOT_CONFIGURED Error "not-configured": "the flash is not configured, or the flashloader has restarted";
    ADDRESS_OUTSIDE Error "address-outside": "the address lies outside RAM and flash, or in the flashloader's own RAM";
}
