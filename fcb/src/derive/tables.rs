//! The SFDP tables as the flashloader reads them.

use crate::Error;
use crate::derive::Refused;
use crate::lut::Sequence;
use crate::sfdp::{BasicTable, FourByteTable, Sfdp};

/// Parameter headers that are looked at.
const HEADERS: usize = 10;
const BASIC: u16 = 0xFF00;
const FOUR_BYTE: u16 = 0xFF84;
/// Dwords of the basic table that are kept; later ones are not read.
const KEPT: usize = 16;

/// The two tables that the flashloader knows.
pub(super) struct Tables {
    pub basic: BasicTable,
    pub four_byte: Option<FourByteTable>,
}

impl Tables {
    /// Of several tables of a kind the last one counts, other than for [`Sfdp::parse`].
    pub fn read(bytes: &[u8]) -> Result<Tables, Error> {
        let sfdp = Sfdp::parse(bytes)?;
        let last = |id: u16| {
            sfdp.headers
                .iter()
                .take(HEADERS)
                .rev()
                .find(|header| header.id == id)
        };
        let mut basic = match last(BASIC) {
            Some(header) => header.table(bytes, "basic table")?,
            None => sfdp.basic.dwords.clone(),
        };
        basic.truncate(KEPT);
        let four_byte = last(FOUR_BYTE)
            .map(|header| header.table(bytes, "four-byte table"))
            .transpose()?;
        Ok(Tables {
            basic: BasicTable { dwords: basic },
            four_byte: four_byte.map(FourByteTable::of),
        })
    }

    /// Erase type 0 to 3: log2 of its size, command; `None` when there is no such type.
    pub fn erase_kind(&self, kind: Option<usize>) -> Option<(u8, u8)> {
        let kind = kind?;
        let dword = self.basic.dwords.get(7 + kind / 2)?;
        let [exponent, command] = ((dword >> (16 * (kind % 2))) as u16).to_le_bytes();
        (exponent != 0).then_some((exponent, command))
    }

    fn kinds(&self) -> impl Iterator<Item = (usize, u8)> {
        (0..4).filter_map(|kind| Some((kind, self.erase_kind(Some(kind))?.0)))
    }

    /// The erase type that clears least; the first of equal ones.
    pub fn smallest(&self) -> Option<usize> {
        self.kinds()
            .filter(|(_, exponent)| *exponent < 24)
            .min_by_key(|(_, exponent)| *exponent)
            .map(|(kind, _)| kind)
    }

    /// The erase type that clears most, less than 1 MiB; the first of equal ones.
    pub fn largest(&self) -> Option<usize> {
        let better =
            |best: (usize, u8), next: (usize, u8)| if next.1 > best.1 { next } else { best };
        let largest = self
            .kinds()
            .filter(|(_, exponent)| *exponent < 20)
            .reduce(better);
        largest.map(|(kind, _)| kind)
    }

    /// The erase command of a type, with as many address bits as the part needs.
    pub fn erase_command(&self, kind: Option<usize>, wide: bool) -> Result<u8, Refused> {
        let Some((_, command)) = self.erase_kind(kind) else {
            return Err(Refused::Unclear {
                what: "the SFDP names no erase that the flashloader would take",
            });
        };
        match (wide, &self.four_byte, command) {
            (false, ..) => Ok(command),
            (true, Some(table), _) => Ok(kind
                .and_then(|kind| table.erase_opcodes.get(kind))
                .copied()
                .unwrap_or(0)),
            (true, None, 0x20) => Ok(0x21),
            (true, None, 0xD8) => Ok(0xDC),
            (true, None, _) => Err(Refused::Unclear {
                what: "the flashloader knows no four-byte form of this erase command and sends what lies in its RAM",
            }),
        }
    }

    /// Page program: on one pad up to 16 MiB, by the four-byte table above.
    pub fn program(&self, wide: bool) -> Sequence {
        let has = |bit: u32| {
            self.four_byte
                .is_some_and(|table| table.flags >> bit & 1 == 1)
        };
        match wide {
            false => Sequence::program(0x02, 24, 1, 1),
            true if has(8) => Sequence::program(0x3E, 32, 4, 4),
            true if has(7) => Sequence::program(0x34, 32, 1, 4),
            true => Sequence::program(0x12, 32, 1, 1),
        }
    }
}
