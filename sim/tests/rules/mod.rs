//! What a plain reading of the findings expects of a flashloader: a second, much smaller opinion.
//!
//! It knows RAM, a flash of 4 KiB sectors and 256-byte pages that is configured or not, and status codes; it knows no
//! USB, no SPI and no look-up table. Set-ups it has no opinion on end in `None`.

use std::collections::HashMap;

/// What the findings say of one chip's flashloader.
#[derive(Debug, Clone, Copy)]
pub struct Traits {
    pub name: &'static str,
    /// Where flash is once it is configured.
    pub flash: u32,
    /// RAM that the firmware keeps for itself: first and last byte.
    pub reserved: [(u32, u32); 2],
    /// Sizes of ITCM, DTCM and OCRAM, as property 15 tells them.
    pub ram: [u32; 3],
    /// Peripherals that the map holds.
    pub peripherals: u32,
    /// Flash at 0x60000000 before it is configured.
    pub unconfigured: u32,
    /// Bytes of a data report.
    pub payload: usize,
    pub version: u32,
    pub commands: u32,
    pub verify: bool,
    /// Memory ids that are known besides 9, and those with an address range.
    pub known: &'static [u32],
    pub ranged: &'static [u32],
    pub erase_ram: u32,
}

pub const RT1021: Traits = Traits {
    name: "RT1021",
    flash: 0x6000_0000,
    reserved: [(0x2020_8400, 0x2021_5925), (0x2021_8000, 0x2021_DAD7)],
    ram: [0x4_0000; 3],
    peripherals: 0,
    unconfigured: 0x1000_0000,
    payload: 1016,
    version: 0x4B02_0100,
    commands: 0x5_EFDF,
    verify: false,
    known: &[0x110, 0x120],
    ranged: &[0x110],
    erase_ram: 102,
};

const RT1062: Traits = Traits {
    name: "RT1062",
    reserved: [(0x2020_8400, 0x2021_C4DA), (0x2022_0000, 0x2022_DE7F)],
    ram: [0x2_0000, 0x2_0000, 0xC_0000],
    peripherals: 0x40_0000,
    commands: 0x5_6FDF,
    known: &[8, 0x100, 0x101, 0x110, 0x120, 0x121],
    ranged: &[0x100, 0x101, 0x110],
    erase_ram: 10213,
    ..RT1021
};

/// The other chips.
pub const OTHERS: [Traits; 7] = [
    Traits {
        name: "RT1011",
        reserved: [(0x2020_5A00, 0x2020_D574), (0x2000_0000, 0x2000_4157)],
        ram: [0x2_0000; 3],
        peripherals: 0x20_0000,
        unconfigured: 0x2000_0000,
        commands: 0x1_EFDF,
        known: &[],
        ranged: &[],
        ..RT1021
    },
    Traits {
        name: "RT1015",
        reserved: [(0x2020_8400, 0x2021_2FD2), (0x2021_5000, 0x2021_A4D7)],
        known: &[0x110],
        ..RT1021
    },
    Traits {
        name: "RT1024",
        reserved: [(0x2020_8400, 0x2021_2068), (0x2021_8000, 0x2021_D4EF)],
        ram: [0x1_0000, 0x1_0000, 0x2_0000],
        payload: 1012,
        version: 0x4B02_0700,
        commands: 0x5_6FDF,
        verify: true,
        known: &[],
        ranged: &[],
        erase_ram: 10213,
        ..RT1021
    },
    Traits {
        name: "RT1042",
        ..RT1062
    },
    Traits {
        name: "RT1052",
        reserved: [(0x2020_8400, 0x2021_C648), (0x2021_F000, 0x2022_CDFF)],
        ram: [0x2_0000, 0x2_0000, 0x4_0000],
        commands: 0x5_EFDF,
        erase_ram: 102,
        ..RT1062
    },
    RT1062,
    Traits {
        name: "RT1064",
        flash: 0x7000_0000,
        ..RT1062
    },
];

const RAM_STARTS: [u32; 3] = [0, 0x2000_0000, 0x2020_0000];

/// What an address range is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Ram,
    Flash,
    Peripherals,
}

/// One command's answers in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Status words of the response, values included.
    pub first: Vec<u32>,
    /// Data of a read.
    pub data: Vec<u8>,
    /// Status of the final response, when there is a data phase.
    pub last: Option<u32>,
}

impl Expected {
    fn status(status: u32) -> Expected {
        Expected {
            first: vec![status],
            data: Vec::new(),
            last: None,
        }
    }
}

/// What the rules remember.
pub struct Rules {
    traits: Traits,
    pub flash: Vec<u8>,
    pub unique_id: [u32; 2],
    pub configured: bool,
    ram: HashMap<u32, u8>,
}

impl Rules {
    pub fn new(traits: Traits, flash: Vec<u8>, unique_id: [u32; 2]) -> Rules {
        Rules {
            traits,
            flash,
            unique_id,
            configured: false,
            ram: HashMap::new(),
        }
    }

    /// 10200 outside the map, 10205 for a flash not configured; what it is.
    fn place(&self, address: u32, len: u32, memory: u32) -> Result<Place, u32> {
        let traits = &self.traits;
        let end = u64::from(address) + u64::from(len);
        if memory >> 8 & 0xF != 0 {
            let in_range = traits.ranged.contains(&memory) && end < 0x800_0000;
            return Err(if in_range { 10205 } else { 10200 });
        }
        let inside = |start: u32, size: u64| address >= start && end <= u64::from(start) + size;
        let mut banks = RAM_STARTS.iter().zip(traits.ram);
        if banks.any(|(start, size)| inside(*start, size.into())) {
            return Ok(Place::Ram);
        }
        if traits.peripherals > 0 && inside(0x4000_0000, traits.peripherals.into()) {
            return Ok(Place::Peripherals);
        }
        let (start, size) = match self.configured {
            true => (traits.flash, self.flash.len() as u64),
            false => (0x6000_0000, traits.unconfigured.into()),
        };
        match inside(start, size) {
            false => Err(10200),
            true if self.configured => Ok(Place::Flash),
            true => Err(10205),
        }
    }

    pub fn read(&self, address: u32, len: u32, memory: u32) -> Expected {
        let (mut data, mut last) = (Vec::new(), 0);
        while (data.len() as u32) < len {
            let at = address + data.len() as u32;
            let take = (self.traits.payload as u32).min(len - data.len() as u32);
            match self.place(at, take, memory) {
                Err(status) => {
                    last = status;
                    break;
                }
                Ok(Place::Flash) => {
                    let offset = (at - self.traits.flash) as usize;
                    data.extend(&self.flash[offset..offset + take as usize])
                }
                // registers are not looked at
                Ok(Place::Peripherals) => data.extend((0..take).map(|_| 0)),
                Ok(Place::Ram) => {
                    data.extend((at..at + take).map(|at| self.ram.get(&at).copied().unwrap_or(0)))
                }
            }
        }
        Expected {
            first: vec![0, len],
            data,
            last: Some(last),
        }
    }

    pub fn write(&mut self, address: u32, bytes: &[u8], memory: u32) -> Expected {
        let last = self.write_all(address, bytes, memory).err().unwrap_or(0);
        Expected {
            first: vec![0],
            data: Vec::new(),
            last: Some(last),
        }
    }

    /// In pieces of one report, as they come in.
    fn write_all(&mut self, address: u32, bytes: &[u8], memory: u32) -> Result<(), u32> {
        let mut page: Vec<u8> = Vec::new();
        let mut start = address;
        let mut at = address;
        for chunk in bytes.chunks(self.traits.payload) {
            let checked = self.place(at, chunk.len() as u32, memory);
            let place = match checked {
                Ok(place) => place,
                // what the page buffer holds is written all the same
                Err(status) => {
                    let _ = self.program(start, &page);
                    return Err(status);
                }
            };
            at += chunk.len() as u32;
            if place == Place::Peripherals {
                continue;
            }
            if place == Place::Ram {
                let first = at - chunk.len() as u32;
                if self
                    .traits
                    .reserved
                    .iter()
                    .any(|(low, high)| first <= *high && at > *low)
                {
                    return Err(10200);
                }
                self.ram.extend((first..).zip(chunk.iter().copied()));
                continue;
            }
            if !address.is_multiple_of(256) {
                return Err(20105);
            }
            page.extend(chunk);
            while page.len() >= 256 {
                let rest = page.split_off(256);
                self.program(start, &page)?;
                page = rest;
                start += 256;
            }
        }
        self.program(start, &page)
    }

    fn program(&mut self, start: u32, page: &[u8]) -> Result<(), u32> {
        if page.is_empty() {
            return Ok(());
        }
        let at = (start - self.traits.flash) as usize;
        let cells = &mut self.flash[at..at + 256];
        if cells.iter().any(|cell| *cell != 0xFF) {
            return Err(10203);
        }
        cells[..page.len()].copy_from_slice(page);
        Ok(())
    }

    pub fn fill(&mut self, address: u32, len: u32, pattern: u32) -> Expected {
        let bytes: Vec<u8> = pattern
            .to_le_bytes()
            .into_iter()
            .cycle()
            .take(len as usize)
            .collect();
        let done = match len {
            0 => Ok(()),
            _ => self
                .place(address, len, 0)
                .and_then(|_| self.write_all(address, &bytes, 0)),
        };
        Expected::status(done.err().unwrap_or(0))
    }

    /// Rounds outwards to sectors; the range check takes the numbers as they are.
    pub fn erase(&mut self, address: u32, len: u32, memory: u32) -> Expected {
        let status = match self.place(address, len, memory) {
            _ if len == 0 => 0,
            Err(status) => status,
            Ok(Place::Ram | Place::Peripherals) => self.traits.erase_ram,
            Ok(Place::Flash) => {
                let offset = address - self.traits.flash;
                let start = offset / 0x1000 * 0x1000;
                let end = (offset + len).div_ceil(0x1000) * 0x1000;
                self.flash[start as usize..end as usize].fill(0xFF);
                0
            }
        };
        Expected::status(status)
    }

    /// Option words of a quad part that answers SFDP, at a RAM address.
    pub fn configure(&mut self, memory: u32, address: u32) -> Option<Expected> {
        let byte = |at: u32| u32::from(self.ram.get(&(address + at)).copied().unwrap_or(0));
        let word = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
        let ocram = 0x2020_0000..0x2020_0000 + self.traits.ram[2] - 512;
        if memory != 9 || !ocram.contains(&address) || word >> 28 == 0 {
            return Some(Expected::status(4));
        }
        if word & !0xF != 0xC000_0000 {
            return None;
        }
        self.configured = true;
        Some(Expected::status(0))
    }

    pub fn property(&self, number: u32, index: u32) -> Expected {
        let traits = &self.traits;
        let bank = if index < 3 { index as usize } else { 0 };
        let values: Option<Vec<u32>> = match number {
            1 => Some(vec![traits.version]),
            2 => Some(vec![0x11]),
            7 => Some(vec![traits.commands]),
            10 if traits.verify => Some(vec![1]),
            11 => Some(vec![traits.payload as u32]),
            12 => Some(
                traits
                    .reserved
                    .iter()
                    .flat_map(|(low, high)| [*low, *high])
                    .collect(),
            ),
            14 => Some(vec![RAM_STARTS[bank]]),
            15 => Some(vec![traits.ram[bank]]),
            17 => Some(vec![0]),
            18 => Some(self.unique_id.to_vec()),
            24 => Some(vec![0x5401_0000]),
            25 if index == 9 && self.configured => Some(vec![
                31,
                traits.flash,
                self.flash.len() as u32 / 1024,
                256,
                4096,
                65536,
            ]),
            25 if index == 9 || traits.known.contains(&index) => return Expected::status(10205),
            25 => return Expected::status(4),
            _ => None,
        };
        let first = values.map_or(vec![10300], |values| [vec![0], values].concat());
        Expected {
            first,
            data: Vec::new(),
            last: None,
        }
    }

    /// Fuse words 1 and 2 are the unique id.
    pub fn read_once(&self, index: u32, len: u32) -> Option<Expected> {
        let first = match index {
            _ if len != 4 || index > 0x3F => vec![4, 0],
            1 | 2 => vec![0, 4, self.unique_id[index as usize - 1]],
            _ => return None,
        };
        Some(Expected {
            first,
            data: Vec::new(),
            last: None,
        })
    }
}
