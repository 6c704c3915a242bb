//! The application file: can it be written, does it fit, is it what flash holds?

entries! {
    APP_UNUSABLE Error "app-unusable": "the application file cannot be written"
        / "{file} cannot be written";
    APP_OTHER_CHIP Error "app-other-chip": "the application was made for another chip"
        / "{file} is for another chip";
    APP_TOO_LARGE Error "app-too-large": "the application does not fit the flash"
        / "{file} ends at {end}, the flash at {flash_end}" => [
        "linked for a larger flash",
        "the linker script places data at a distant address",
    ];
    APP_BROKEN Error "app-broken": "the application file would not start from any flash"
        / "{file} would not start: {rule}";
    APP_IN_PROTECTED Error "app-in-protected": "the application reaches into write-protected blocks"
        / "{file} reaches into write-protected blocks ({from} to {to})";
    APP_HALF_WRITTEN Error "app-half-written": "part of the application is missing in flash"
        / "part of {file} is missing in flash: erased where bytes should be" => [
        "a write stopped half-way, or its program step did nothing for these pages",
        "these sectors have been erased since",
    ];
    APP_BITS_LOST Error "app-bits-lost": "bits of the application are wrongly 0 in flash: it was not erased first, or cells are worn"
        / "bits of {file} are 0 in flash that should be 1" => [
        "flash was not erased before it was programmed",
        "worn cells",
    ];
    APP_OTHER_FCB Warning "app-other-fcb": "a write gave the application another FCB than its file has"
        / "the FCB in flash is not the one of {file}: it differs in {fields}";
    APP_DIFFERS Warning "app-differs": "another application is in flash"
        / "{file} is not what is in flash" => [
        "another version is in flash",
    ];
}
