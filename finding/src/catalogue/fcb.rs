//! Flash configuration blocks, by their bytes and against the flash that is there.

entries! {
    FCB_MISSING Error "fcb-missing": "there is no FCB at the start of the flash"
        / "there is no FCB at {at} ({there}), so the ROM goes to serial download";
}
