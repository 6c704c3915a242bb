//! C and Rust source.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;

use crate::fcb::Fcb;

/// Bytes on one line.
const LINE: usize = 16;

/// The block as a C array, in the section where the SDK's linker scripts look for it.
///
/// An SDK project takes it in the place of `qspiflash_config` in `..._flexspi_nor_config.c`.
pub fn to_c(fcb: &Fcb) -> String {
    let mut out = String::from(
        "/* FlexSPI NOR configuration block, 512 bytes at the start of the flash. */\n#include <stdint.h>\n\n",
    );
    out.push_str(
        "#if defined(__ICCARM__)\n#pragma location = \".boot_hdr.conf\"\n__root\n#else\n\
         __attribute__((section(\".boot_hdr.conf\"), used))\n#endif\n",
    );
    out.push_str("const uint8_t flexspi_nor_config[512] = {\n");
    rows(&mut out, fcb, "/*", " */");
    out.push_str("};\n");
    out
}

/// The block as a Rust static of the name and section that imxrt-boot-gen's own blocks have.
pub fn to_rust(fcb: &Fcb) -> String {
    let mut out = String::from(
        "/// FlexSPI NOR configuration block, 512 bytes at the start of the flash.\n#[unsafe(no_mangle)]\n\
         #[cfg_attr(all(target_arch = \"arm\", target_os = \"none\"), unsafe(link_section = \".fcb\"))]\n#[rustfmt::skip]\n",
    );
    out.push_str("pub static FLEXSPI_CONFIGURATION_BLOCK: [u8; 512] = [\n");
    rows(&mut out, fcb, "//", "");
    out.push_str("];\n");
    out
}

/// The bytes; rows of zeros in one line each, and what begins in a row behind it.
fn rows(out: &mut String, fcb: &Fcb, open: &str, close: &str) {
    let fields = fcb.fields();
    for (row, bytes) in fcb.as_bytes().chunks(LINE).enumerate() {
        let at = row * LINE;
        let bytes: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:02X}")).collect();
        let _ = write!(out, "    {}, {open} 0x{at:03X}", bytes.join(", "));
        let here = fields
            .iter()
            .filter(|field| (at..at + LINE).contains(&field.offset));
        let set = here.filter(|field| field.values.iter().any(|value| *value != 0));
        let words: Vec<String> = set
            .map(|field| word(field.alias, &field.meaning, &field.value))
            .collect();
        if !words.is_empty() {
            let _ = write!(out, " {}", words.join("; "));
        }
        let _ = writeln!(out, "{close}");
    }
}

fn word(alias: &str, meaning: &str, value: &str) -> String {
    match alias {
        "lookupTable" => meaning.to_owned(),
        "" => "reserved".to_owned(),
        _ if meaning.is_empty() => format!("{alias} {value}"),
        _ => format!("{alias} {meaning}"),
    }
}
