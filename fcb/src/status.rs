use core::fmt;

/// Status registers of a part as they were read or shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusRegisters {
    /// Status register 1, read with 05h.
    pub sr1: u8,
    /// Status register 2 (35h; 3Fh on parts with [`QeMethod::Sr2Bit7`]), where the part has one and it was read.
    pub sr2: Option<u8>,
    /// Status register 3 (15h), where the part's [`Protection`](crate::Protection) has a bit there and it was read.
    pub sr3: Option<u8>,
}

impl StatusRegisters {
    /// Bit 0 of register 1: the part is busy.
    pub const BUSY: u8 = 1;
    /// Bit 1 of register 1: write enable latch.
    pub const WRITE_ENABLED: u8 = 2;

    /// Register 1 without the two bits that only report (busy, write enable latch).
    pub fn lasting_sr1(&self) -> u8 {
        self.sr1 & !(Self::BUSY | Self::WRITE_ENABLED)
    }

    /// Whether both hold the same settings; busy and write enable latch do not count.
    pub fn same_settings(&self, other: &StatusRegisters) -> bool {
        (self.lasting_sr1(), self.sr2, self.sr3) == (other.lasting_sr1(), other.sr2, other.sr3)
    }
}

impl fmt::Display for StatusRegisters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SR1 {:02x}", self.sr1)?;
        if let Some(sr2) = self.sr2 {
            write!(f, ", SR2 {sr2:02x}")?;
        }
        match self.sr3 {
            Some(sr3) => write!(f, ", SR3 {sr3:02x}"),
            None => Ok(()),
        }
    }
}

macro_rules! named {
    ($(#[$doc:meta])* $type:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $name:literal, $words:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub enum $type { $($(#[$vdoc])* #[serde(rename = $name)] $variant),* }

        impl $type {
            /// Every value with its name in a `.cfg` file.
            pub const NAMES: &[($type, &str)] = &[$(($type::$variant, $name)),*];
            /// What the key is about, for messages.
            #[cfg(feature = "cfg")]
            pub(crate) const WHAT: &str = $what;

            /// The name in a `.cfg` file.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name),* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($type::$variant => $words),* })
            }
        }
    };
}
pub(crate) use named;

named! {
    /// Where a part keeps its quad enable (QE) bit, and how it is written.
    ///
    /// Without QE the pins of data lines 2 and 3 are WP# and HOLD#, and every quad read is garbage.
    QeMethod, "quad enable method" {
        /// No such bit: four lines always work.
        None = "none", "no quad enable bit";
        /// Bit 6 of status register 1, written with 01h and one byte (ISSI, Macronix).
        Sr1Bit6 = "sr1-bit6", "status register 1 bit 6, written with 01h";
        /// Bit 1 of status register 2, written with 01h and two bytes (Winbond, S25FL-L).
        Sr2Bit1TwoByte = "sr2-bit1", "status register 2 bit 1, written with 01h and both registers";
        /// Bit 1 of status register 2, written with 31h and one byte (GigaDevice, XTX).
        Sr2Bit1By31 = "sr2-bit1-31h", "status register 2 bit 1, written with 31h";
        /// Bit 7 of status register 2, read with 3Fh and written with 3Eh.
        Sr2Bit7 = "sr2-bit7", "status register 2 bit 7, written with 3Eh";
        /// Not known: nothing is written for it, and whether four lines work is open.
        Unknown = "unknown", "not known";
    }
}

named! {
    /// How a part's status registers are written.
    StatusWrite, "way to write the status registers" {
        /// Not known here: nothing is written.
        Unknown = "unknown", "not known";
        /// 01h takes register 1 alone.
        OneByte = "01h-one-byte", "01h with one byte";
        /// 01h takes both registers in one go; register 1 alone could clear register 2.
        TwoBytes = "01h-two-bytes", "01h with two bytes";
        /// 01h takes register 1, 31h takes register 2.
        Separate = "01h-and-31h", "01h for register 1, 31h for register 2";
        /// 01h takes register 1, 3Eh takes register 2.
        Separate3E = "01h-and-3eh", "01h for register 1, 3Eh for register 2";
    }
}

impl QeMethod {
    /// The QE bit in status register 1, or 0.
    pub fn sr1_mask(self) -> u8 {
        if self == QeMethod::Sr1Bit6 { 1 << 6 } else { 0 }
    }

    /// The QE bit in status register 2, or 0.
    pub fn sr2_mask(self) -> u8 {
        match self {
            QeMethod::Sr2Bit1TwoByte | QeMethod::Sr2Bit1By31 => 1 << 1,
            QeMethod::Sr2Bit7 => 1 << 7,
            QeMethod::None | QeMethod::Sr1Bit6 | QeMethod::Unknown => 0,
        }
    }

    /// Whether both set the same bit, by whatever command: 01h with two bytes and 31h do, and some parts take both.
    pub fn sets_bit_of(self, other: QeMethod) -> bool {
        (self.sr1_mask(), self.sr2_mask()) == (other.sr1_mask(), other.sr2_mask())
    }

    /// The command that reads status register 2, on parts whose QE is there.
    ///
    /// Never send 35h to a part that is not known: ISSI and Macronix parts enter QPI mode on it.
    pub fn sr2_read_command(self) -> Option<u8> {
        match self {
            QeMethod::Sr2Bit1TwoByte | QeMethod::Sr2Bit1By31 => Some(0x35),
            QeMethod::Sr2Bit7 => Some(0x3F),
            QeMethod::None | QeMethod::Sr1Bit6 | QeMethod::Unknown => None,
        }
    }

    /// The usual way to write the registers of a part with this QE bit.
    pub fn usual_status_write(self) -> StatusWrite {
        match self {
            QeMethod::None | QeMethod::Unknown => StatusWrite::Unknown,
            QeMethod::Sr1Bit6 => StatusWrite::OneByte,
            QeMethod::Sr2Bit1TwoByte => StatusWrite::TwoBytes,
            QeMethod::Sr2Bit1By31 => StatusWrite::Separate,
            QeMethod::Sr2Bit7 => StatusWrite::Separate3E,
        }
    }

    /// The number of the method in bits 11:8 of option word 0.
    pub fn option_value(self) -> u8 {
        match self {
            QeMethod::None | QeMethod::Unknown => 0,
            QeMethod::Sr1Bit6 => 1,
            QeMethod::Sr2Bit1TwoByte => 2,
            QeMethod::Sr2Bit7 => 3,
            QeMethod::Sr2Bit1By31 => 4,
        }
    }
}
