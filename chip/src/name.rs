//! Names of the chips that a `.cfg` can be meant for.

use core::fmt;
use core::str::FromStr;

/// A chip, or a family of chips, that a `.cfg` is meant for: `rt1021`, or `rt102x`, whose x is any digit.
///
/// Written in small letters; the vendor's `MIMXRT1021` is taken, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChipName(&'static str);

/// Chips with a FlexSPI controller, and their families.
///
/// Source: NXP's product pages; SPSDK's list of families.
const NAMES: &[&str] = &[
    "rt1010", "rt1011", "rt1015", "rt1020", "rt1021", "rt1024", "rt1040", "rt1041", "rt1042",
    "rt1043", "rt1046", "rt1050", "rt1051", "rt1052", "rt1060", "rt1061", "rt1062", "rt1064",
    "rt1160", "rt1165", "rt1166", "rt1170", "rt1171", "rt1172", "rt1173", "rt1175", "rt1176",
    "rt1180", "rt1181", "rt1182", "rt1187", "rt1189", "rt533", "rt555", "rt595", "rt633", "rt685",
    "rt101x", "rt102x", "rt104x", "rt105x", "rt106x", "rt116x", "rt117x", "rt118x", "rt5xx",
    "rt6xx", "rt10xx", "rt11xx",
];

impl ChipName {
    /// Every name, chips before families.
    pub fn all() -> impl Iterator<Item = ChipName> {
        NAMES.iter().copied().map(ChipName)
    }

    /// The name.
    pub fn as_str(&self) -> &'static str {
        self.0
    }

    /// Whether the chip of this name, such as `RT1021`, is meant: it is this one, or one of this family.
    pub fn means(&self, chip: &str) -> bool {
        let same = |(mine, its): (u8, u8)| {
            mine == its.to_ascii_lowercase() || (mine == b'x' && its.is_ascii_digit())
        };
        chip.len() == self.0.len() && self.0.bytes().zip(chip.bytes()).all(same)
    }
}

impl fmt::Display for ChipName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl FromStr for ChipName {
    type Err = ();

    fn from_str(text: &str) -> Result<ChipName, ()> {
        let text = text.trim();
        let after = |head: &str| {
            let (start, rest) = text.split_at_checked(head.len())?;
            start.eq_ignore_ascii_case(head).then_some(rest)
        };
        let short = after("mimx").or_else(|| after("imx")).unwrap_or(text);
        let mut all = ChipName::all();
        all.find(|name| name.0.eq_ignore_ascii_case(short))
            .ok_or(())
    }
}
