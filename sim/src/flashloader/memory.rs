//! The firmware's memory interface: memories by address and id, and the operations they allow.

use super::Build;
use super::nor::NorMemory;
use super::status::{INVALID_ARGUMENT, MEMORY_RANGE, NOT_CONFIGURED, Status, Stop};
use crate::chip::RAM_STARTS;
use crate::machine::Machine;
use crate::rom::registers::{DIGPROG, Registers};

/// FlexSPI NOR.
pub const FLEXSPI_NOR: u32 = 9;
/// Address range of the serial flashes that are known and never configured here.
const SERIAL_SIZE: u32 = 0x0800_0000;
/// First address of the peripherals.
const PERIPHERALS: u32 = 0x4000_0000;

/// Bytes that fill-memory hands to the flash at a time, a multiple of the pattern's four.
const FILL_PIECE: u32 = 0x1000;

/// Memories and the map.
#[derive(Debug, Clone)]
pub struct Memory {
    /// FlexSPI NOR.
    pub nor: NorMemory,
    build: Build,
}

/// The memory an address range lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Ram,
    Flash,
    Peripherals,
}

impl Memory {
    /// Nothing configured yet.
    pub fn new(build: Build) -> Memory {
        Memory {
            nor: NorMemory::new(build.firmware),
            build,
        }
    }

    /// Where a whole range lies.
    fn place(&self, address: u32, len: u32) -> Result<Place, Stop> {
        // the last address wraps in 32 bits, and the firmware does not check that it lies behind the first
        let last = address.wrapping_add(len).wrapping_sub(1);
        let inside = |start: u32, size: u32| {
            address >= start && address - start < size && last <= start.wrapping_add(size - 1)
        };
        let firmware = self.build.firmware;
        if self.banks().any(|(start, size)| inside(start, size)) {
            Ok(Place::Ram)
        } else if inside(self.nor.window, self.nor.mapped) {
            Ok(Place::Flash)
        } else if firmware.peripherals > 0 && inside(PERIPHERALS, firmware.peripherals) {
            Ok(Place::Peripherals)
        } else {
            Err(MEMORY_RANGE.into())
        }
    }

    /// First address and bytes of the banks of RAM that it believes in.
    fn banks(&self) -> impl Iterator<Item = (u32, u32)> {
        RAM_STARTS.into_iter().zip(self.build.firmware.mapped)
    }

    fn is_reserved(&self, address: u32, len: u32) -> bool {
        // the last address wraps here, too: a range around the whole address space passes
        let last = address.wrapping_add(len.max(1)).wrapping_sub(1);
        self.build
            .reserved
            .iter()
            .any(|(start, end)| last >= *start && address <= *end)
    }

    /// May code be there? The last byte of a region is too little for an instruction.
    pub fn is_code(&self, address: u32) -> bool {
        self.is_application(address) && self.is_application(address.wrapping_add(1))
    }

    /// May an option block be there?
    fn is_application(&self, address: u32) -> bool {
        let mut banks = self.banks();
        let ram = banks.any(|(start, size)| address >= start && address - start < size);
        let nor = &self.nor;
        let flash = nor.configured && address >= nor.window && address - nor.window < nor.mapped;
        address != 0 && (ram || flash)
    }

    /// Is it 0, or a stack pointer inside a bank but not at its start?
    pub fn is_stack(&self, address: u32) -> bool {
        let mut banks = self.banks();
        let inside = banks.any(|(start, size)| address > start && address - start <= size);
        address == 0 || inside
    }

    /// A chunk of read-memory.
    pub fn read(
        &self,
        m: &mut Machine,
        address: u32,
        len: usize,
        memory: u32,
    ) -> Result<Vec<u8>, Stop> {
        self.mapped_only(memory, address, len as u32)?;
        // another chip's build, by a fault: it lets the id be read
        if (address, len) == (DIGPROG, 4) && m.chip_id != m.chip.id {
            return Ok(m.chip_id.to_le_bytes().to_vec());
        }
        match self.place(address, len as u32)? {
            // more of a bank than exists: bus fault
            Place::Ram => m
                .ram
                .slice(address, len)
                .map(<[u8]>::to_vec)
                .ok_or(Stop::Hang),
            Place::Flash => self.nor.read(m, address, len),
            Place::Peripherals => Ok(self.peripherals(m, address, len)),
        }
    }

    /// A chunk of write-memory.
    pub fn write(
        &mut self,
        m: &mut Machine,
        address: u32,
        bytes: &[u8],
        memory: u32,
    ) -> Result<(), Stop> {
        let len = bytes.len() as u32;
        self.mapped_only(memory, address, len)?;
        match self.place(address, len)? {
            _ if self.is_reserved(address, len) => Err(MEMORY_RANGE.into()),
            Place::Ram if m.ram.write(address, bytes) => Ok(()),
            Place::Ram => Err(Stop::Hang),
            Place::Flash => self.nor.write(m, address, bytes),
            // no register of this model does anything
            Place::Peripherals => Ok(()),
        }
    }

    /// Registers as little-endian words; 0 where the model has none.
    fn peripherals(&self, m: &Machine, address: u32, len: usize) -> Vec<u8> {
        let registers = Registers::new(m.straps, m.cause);
        let bytes = (address..).take(len).map(|at| {
            let word = match self.nor.register(m, at & !3) {
                Some(value) => value,
                None => registers.read(m, at & !3).unwrap_or(0),
            };
            word.to_le_bytes()[(at & 3) as usize]
        });
        bytes.collect()
    }

    /// fill-memory.
    pub fn fill(
        &mut self,
        m: &mut Machine,
        address: u32,
        len: u32,
        pattern: u32,
    ) -> Result<(), Stop> {
        if len == 0 {
            return Ok(());
        }
        match self.place(address, len)? {
            _ if self.is_reserved(address, len) => Err(MEMORY_RANGE.into()),
            // RAM that does not exist: bus fault. The way there may lead over the firmware's own code.
            Place::Ram if m.ram.slice(address, len as usize).is_none() => Err(Stop::Hang),
            Place::Ram => {
                m.ram.write(address, &pattern_bytes(pattern, len));
                Ok(())
            }
            Place::Peripherals => Ok(()),
            // piece by piece: a length that wraps is close to 4 GiB
            Place::Flash => {
                let mut done = 0;
                while done < len {
                    let piece = (len - done).min(FILL_PIECE);
                    let bytes = pattern_bytes(pattern, piece);
                    self.nor.write(m, address.wrapping_add(done), &bytes)?;
                    done += piece;
                }
                self.nor.flush(m)
            }
        }
    }

    /// flash-erase-region.
    pub fn erase(
        &mut self,
        m: &mut Machine,
        address: u32,
        len: u32,
        memory: u32,
    ) -> Result<(), Stop> {
        self.mapped_only(memory, address, len)?;
        if len == 0 {
            return Ok(());
        }
        match self.place(address, len)? {
            Place::Ram | Place::Peripherals => Err(self.build.firmware.erase_ram.into()),
            Place::Flash => self.nor.erase(m, address, len),
        }
    }

    /// flash-erase-all.
    pub fn erase_all(&mut self, m: &mut Machine, memory: u32) -> Result<(), Stop> {
        match memory {
            FLEXSPI_NOR => self.nor.erase_all(m),
            other if self.knows(other) => Err(NOT_CONFIGURED.into()),
            _ => Err(INVALID_ARGUMENT.into()),
        }
    }

    /// configure-memory.
    pub fn configure(&mut self, m: &mut Machine, memory: u32, address: u32) -> Result<(), Stop> {
        if memory != FLEXSPI_NOR {
            return Err(INVALID_ARGUMENT.into());
        }
        let last = address.wrapping_add(511);
        if !self.is_application(address) || !self.is_application(last) {
            return Err(INVALID_ARGUMENT.into());
        }
        // option words are two words; only a block is taken whole
        let length = match self.option(m, address, 4)?.as_slice() {
            b"FCFB" => 512,
            [.., word] if word >> 4 == 0xC && word & 0xF == 0 => 4,
            [.., word] if word >> 4 == 0xC => 8,
            _ => 4,
        };
        let block = self.option(m, address, length)?;
        self.nor.configure(m, &block)
    }

    /// Bytes of an option block. What lies in flash is read through the memory window, by every build.
    fn option(&self, m: &mut Machine, address: u32, len: usize) -> Result<Vec<u8>, Stop> {
        match self.place(address, len as u32)? {
            Place::Flash => self.nor.read_mapped(m, address, len),
            _ => self.read(m, address, len, 0),
        }
    }

    /// Property 25.
    pub fn attributes(&self, memory: u32) -> Result<Vec<u32>, Status> {
        match memory {
            FLEXSPI_NOR if self.nor.configured => {}
            FLEXSPI_NOR => return Err(NOT_CONFIGURED),
            other if self.knows(other) => return Err(NOT_CONFIGURED),
            _ => return Err(INVALID_ARGUMENT),
        }
        use super::config::field;
        let config = &self.nor.config;
        let block = config.u32(field::BLOCK_SIZE);
        let flags = if block == 0 { 0xF } else { 0x1F };
        let kib = config.total_size() / 1024;
        Ok(vec![
            flags,
            self.nor.window,
            kib,
            config.u32(field::PAGE_SIZE),
            config.u32(field::SECTOR_SIZE),
            block,
        ])
    }

    /// A memory besides FlexSPI NOR.
    fn knows(&self, memory: u32) -> bool {
        self.build.firmware.memories.contains(&memory)
    }

    /// Whether a range lies in a serial flash's.
    fn in_serial(&self, address: u32, len: u32) -> bool {
        let end = address.wrapping_add(len);
        match self.build.firmware.ranged_by_end {
            true => end <= SERIAL_SIZE,
            false => address < SERIAL_SIZE && end.wrapping_sub(1) < SERIAL_SIZE,
        }
    }

    /// Memory ids with bits 11:8 clear mean the map. Group 1 holds external memories, never configured: serial flashes with an
    /// address range of their own, and cards with none. Nothing to do is fine in both groups.
    fn mapped_only(&self, memory: u32, address: u32, len: u32) -> Result<(), Stop> {
        match memory >> 8 & 0xF {
            0 => Ok(()),
            1 if len == 0 => Ok(()),
            1 if self.build.firmware.ranged.contains(&memory) && self.in_serial(address, len) => {
                Err(NOT_CONFIGURED.into())
            }
            _ => Err(MEMORY_RANGE.into()),
        }
    }
}

fn pattern_bytes(pattern: u32, len: u32) -> Vec<u8> {
    pattern
        .to_le_bytes()
        .into_iter()
        .cycle()
        .take(len as usize)
        .collect()
}
