//! What a plain reading of the findings expects of a flashloader: a second, much smaller opinion.
//!
//! It knows RAM, a flash of 4 KiB sectors and 256-byte pages that is configured or not, and status codes; it knows no
//! USB, no SPI and no look-up table. Set-ups it has no opinion on end in `None`.

use std::collections::HashMap;

pub const FLASH: u32 = 0x6000_0000;
/// RAM that the firmware keeps for itself: first and last byte.
const RESERVED: [(u32, u32); 2] = [(0x2020_8400, 0x2021_5925), (0x2021_8000, 0x2021_DAD7)];
/// The map of RAM, as properties 14 and 15 tell it.
const RAM: [(u32, u32); 3] = [
    (0, 0x4_0000),
    (0x2000_0000, 0x4_0000),
    (0x2020_0000, 0x4_0000),
];

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
    pub flash: Vec<u8>,
    pub unique_id: [u32; 2],
    pub configured: bool,
    ram: HashMap<u32, u8>,
}

impl Rules {
    pub fn new(flash: Vec<u8>, unique_id: [u32; 2]) -> Rules {
        Rules {
            flash,
            unique_id,
            configured: false,
            ram: HashMap::new(),
        }
    }

    /// 10200 outside the map, 10205 for a flash not configured; whether it is flash.
    fn place(&self, address: u32, len: u32, memory: u32) -> Result<bool, u32> {
        if memory >> 8 & 0xF != 0 {
            return Err(if memory == 0x110 { 10205 } else { 10200 });
        }
        let end = u64::from(address) + u64::from(len);
        let inside = |start: u32, size: u64| address >= start && end <= u64::from(start) + size;
        if RAM
            .iter()
            .any(|(start, size)| inside(*start, (*size).into()))
        {
            return Ok(false);
        }
        let size = if self.configured {
            self.flash.len() as u64
        } else {
            0x1000_0000
        };
        match inside(FLASH, size) {
            false => Err(10200),
            true if self.configured => Ok(true),
            true => Err(10205),
        }
    }

    pub fn read(&self, address: u32, len: u32, memory: u32) -> Expected {
        let (mut data, mut last) = (Vec::new(), 0);
        while (data.len() as u32) < len {
            let at = address + data.len() as u32;
            let take = 1016.min(len - data.len() as u32);
            match self.place(at, take, memory) {
                Err(status) => {
                    last = status;
                    break;
                }
                Ok(true) => {
                    data.extend(&self.flash[(at - FLASH) as usize..(at - FLASH + take) as usize])
                }
                Ok(false) => {
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
        for chunk in bytes.chunks(1016) {
            let checked = self.place(at, chunk.len() as u32, memory);
            let flash = match checked {
                Ok(flash) => flash,
                // what the page buffer holds is written all the same
                Err(status) => {
                    let _ = self.program(start, &page);
                    return Err(status);
                }
            };
            at += chunk.len() as u32;
            if !flash {
                let first = at - chunk.len() as u32;
                if RESERVED
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
        let at = (start - FLASH) as usize;
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
            Ok(false) => 102,
            Ok(true) => {
                let start = (address - FLASH) / 0x1000 * 0x1000;
                let end = (address - FLASH + len).div_ceil(0x1000) * 0x1000;
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
        if memory != 9 || !(0x2020_0000..0x2023_0000).contains(&address) || word >> 28 == 0 {
            return Some(Expected::status(4));
        }
        if word & !0xF != 0xC000_0000 {
            return None;
        }
        self.configured = true;
        Some(Expected::status(0))
    }

    pub fn property(&self, number: u32, index: u32) -> Expected {
        let values: Option<Vec<u32>> = match number {
            1 => Some(vec![0x4B02_0100]),
            2 => Some(vec![0x11]),
            7 => Some(vec![0x5_EFDF]),
            11 => Some(vec![1016]),
            12 => Some(
                RESERVED
                    .iter()
                    .flat_map(|(low, high)| [*low, *high])
                    .collect(),
            ),
            14 => Some(vec![RAM[if index < 3 { index as usize } else { 0 }].0]),
            15 => Some(vec![0x4_0000]),
            17 => Some(vec![0]),
            18 => Some(self.unique_id.to_vec()),
            24 => Some(vec![0x5401_0000]),
            25 if index == 9 && self.configured => Some(vec![
                31,
                FLASH,
                self.flash.len() as u32 / 1024,
                256,
                4096,
                65536,
            ]),
            25 if matches!(index, 9 | 0x110 | 0x120) => return Expected::status(10205),
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
