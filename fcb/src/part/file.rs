use alloc::vec::Vec;

use crate::{JedecId, Part};

/// The parts that one `.cfg` file describes.
///
/// The file is TOML:
///
/// ```toml
/// name = "IS25LP064A"
/// vendor = "ISSI"
/// jedec = "9d 60 17"
/// size = "8M"                  # numbers: decimal, hex, or text with K or M
/// quad-enable = "sr1-bit6"
/// clock = 6                    # FCB clock index, or "100 MHz"
/// max-mhz = 104
///
/// [read]
/// opcode = 0xEB
/// address-pads = 4
/// data-pads = 4
/// dummy-cycles = 6
///
/// [[family]]                   # inherits everything above, tables as a whole
/// name = "IS25LP032D"
/// jedec = "9d 60 16"
/// size = "4M"
/// ```
///
/// Optional: `vendor`, `page-size`, `sector-size`, `block-size`, `sector-erase`, `block-erase`, `status-write`, `max-mhz`, `option-words`, `evidence`,
/// `source`, `note`, `chip`; the tables `[dummy-register]`, `[protection]`, `[times]`, `[sfdp]`; and `[fcb]` with `[fcb.lut]`, which force any
/// field (by our name or NXP's) and any sequence of the FCB. A family member with a size of its own does not inherit
/// the chip erase time. The text `"none"` takes back an inherited `id-tail`, `max-mhz`, `option-words`, `note`
/// or `chip`.
///
/// | key | value |
/// |-----|-------|
/// | `name` | the part's name |
/// | `vendor` | the maker; by default the one that the JEDEC id names |
/// | `jedec` | what it answers to 9Fh: `"9d 60 17"` or `0x9D6017`; `"00 00 00"` for a part without that command: no board's flash is taken for it |
/// | `id-tail` | bytes of 9Fh behind these, where they tell the part from others: `"4d 00"` |
/// | `size`, `page-size`, `sector-size`, `block-size` | bytes; the last three default to 256, 4 KiB, 64 KiB |
/// | `sector-erase`, `block-erase` | commands; by default 20h and D8h, with 32 address bits 21h and DCh |
/// | `quad-enable` | [`QeMethod::NAMES`](crate::QeMethod::NAMES) |
/// | `status-write` | [`StatusWrite::NAMES`](crate::StatusWrite::NAMES); by default as usual for its QE bit |
/// | `clock`, `max-mhz` | frequency to boot with, and the part's limit for this read command; a chip that does not take the frequency gets the next below. An index stands for its frequency on the chips in `chip`, else on [`Chip::DEFAULT`](crate::Chip::DEFAULT), where 7 is 133 MHz |
/// | `option-words` | `"0xC0000106"`, or one or two numbers in a list |
/// | `evidence`, `source`, `note` | [`Evidence::NAMES`](crate::Evidence::NAMES), and text |
/// | `chip` | the chip or family it is meant for, or a list: [`ChipName::all`](crate::ChipName::all); by default any RT10xx |
/// | `[read]` | `opcode`, `address-bits` (24 or 32, default 24), `address-pads`, `data-pads`, `dummy-cycles` |
/// | `[dummy-register]` | what sets the dummy cycles of that read: `place` ([`DummyPlace::NAMES`](crate::DummyPlace::NAMES)), `mask` of its bits, `cycles` for each value of them, `plain-mask` and `plain-value` of bits beside them that must hold; empty takes back what was inherited |
/// | `[protection]` | `mask`, `lock` in register 1, `complement` and `power-lock` in register 2, `block-locks` in register 3, `scheme` ([`Scheme::NAMES`](crate::Scheme::NAMES)), `confirmed` |
/// | `[times]` | `sector-erase-ms`, `block-erase-ms`, `chip-erase-ms`, `page-program-us`: typical and longest |
/// | `[sfdp]` | `presence` ([`SfdpPresence::NAMES`](crate::SfdpPresence::NAMES)), `dwords`, `qer` |
/// | `[fcb]` | any field, by our name or NXP's ([`Spec::all`](crate::Spec::all)) |
/// | `[fcb.lut]` | `0` to `15`: words (`[0x0A1804EB, 0x26043206]`) or steps (`["CMD/1 0xEB", "RADDR/4 24"]`) |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartFile {
    /// The first is the part meant when no board is at hand; the others are its family.
    pub parts: Vec<Part>,
}

impl PartFile {
    /// The parts with this id, in the order of the file; none for an id that only lines without a driver give.
    pub fn by_jedec(&self, id: JedecId) -> Vec<&Part> {
        let all = self.parts.iter();
        all.filter(|part| part.jedec == id && id.answers())
            .collect()
    }

    /// The part of this name, upper or lower case.
    pub fn by_name(&self, name: &str) -> Option<&Part> {
        self.parts
            .iter()
            .find(|part| part.name.eq_ignore_ascii_case(name))
    }
}
