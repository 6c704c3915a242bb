//! What is in flash and whether the ROM would start it, as programs get it.

use rtboot::flash::BootLook;
use rtboot::outcome;
use serde_json::{Value, json};

pub fn object(look: &BootLook) -> Value {
    let seen = &look.verdict.inspection;
    json!({
        "blank": look.blank,
        "kind": seen.kind.to_string(),
        "fcb": seen.fcb.is_some(),
        "fcb_read": seen.fcb.as_ref().map(|fcb| fcb.sequence(0).to_string()),
        "ivt": seen.ivt_address,
        "entry": seen.ivt.map(|ivt| ivt.entry),
        "boot_data": seen.boot_data.map(|data| json!({"start": data.start, "length": data.length})),
        "stack": seen.vectors.map(|vectors| vectors.stack),
        "reset_handler": seen.vectors.map(|vectors| vectors.reset),
        "starts": look.verdict.starts.known(),
        "reasons": outcome::findings(&look.verdict.reasons),
        "findings": outcome::findings(&look.verdict.findings),
    })
}
