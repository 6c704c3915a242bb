//! Memory 9: what the firmware does with a configured flash. Every wait has a limit.

use super::super::NorSetup;
use super::super::config::{Config, LEN, TAG, field, misc, seq};
use super::super::driver::{SAFE_CLOCK_HZ, clock_hz};
use super::super::status::Status;
use super::configure;
use super::controller::{limits, read_status, transfer, wait};
use super::error::{Difference, Error};
use super::pace::COMPARE_BYTE_NS;
use super::rescue::{self, Rung};
use crate::flexspi::AHB_LINE;
use crate::machine::Machine;

/// Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    pub size: u32,
    pub page: u32,
    pub sector: u32,
    pub block: u32,
}

/// The flash: not configured at first, then known by its block and mapped.
#[derive(Debug, Clone)]
pub struct Flash {
    pub(super) config: Config,
    geometry: Option<Geometry>,
    /// Clock of mapped reads.
    read_hz: u64,
    /// The JEDEC id, once it was asked for.
    pub(super) id: Option<[u8; 3]>,
    /// What it took to get it.
    pub(super) rung: Rung,
    /// The offset that the last erase or program worked on.
    working_at: u32,
}

/// The last page that was programmed.
#[derive(Debug, Clone, Copy)]
pub struct LastPage {
    /// Nothing else was done since it began.
    pub under_way: bool,
    pub ended: Result<(), Error>,
}

impl Default for LastPage {
    fn default() -> LastPage {
        LastPage {
            under_way: false,
            ended: Ok(()),
        }
    }
}

impl Default for Flash {
    fn default() -> Flash {
        Flash {
            config: Config::blank(),
            geometry: None,
            read_hz: SAFE_CLOCK_HZ,
            id: None,
            rung: Rung::None,
            working_at: 0,
        }
    }
}

impl Flash {
    /// Sizes; `None` while it is not configured.
    pub fn geometry(&self) -> Option<Geometry> {
        self.geometry
    }

    /// Sizes, or the error.
    pub fn configured(&self) -> Result<Geometry, Error> {
        self.geometry.ok_or(Error::NotConfigured)
    }

    /// The block in use.
    pub fn block(&self) -> &[u8; LEN] {
        self.config.bytes()
    }

    /// Clock of mapped reads in whole kHz, as Hz; 0 while it is not configured.
    pub fn read_hz(&self) -> u32 {
        self.geometry
            .map_or(0, |_| (self.read_hz / 1000 * 1000) as u32)
    }

    /// The offset that the last erase or program worked on.
    pub fn working_at(&self) -> u32 {
        self.working_at
    }

    /// Property FLASH: id with the maker in bits 7:0, rung, bytes, clock of reads; 0 for what is not known.
    pub fn words(&self) -> [u32; 4] {
        let [maker, kind, size] = self.id.unwrap_or_default();
        [
            u32::from_le_bytes([maker, kind, size, 0]),
            self.rung as u32,
            self.geometry.map_or(0, |geometry| geometry.size),
            self.read_hz(),
        ]
    }

    /// Variables between two commands.
    pub fn setup(&self) -> NorSetup {
        NorSetup::new(
            self.geometry.is_some(),
            self.geometry.map_or(0, |geometry| geometry.size),
            self.config.bytes(),
        )
    }

    /// Takes variables on.
    pub fn set_up_as(&mut self, setup: &NorSetup) {
        if let Some(config) = Config::from_bytes(setup.fcb()) {
            self.config = config;
            self.geometry = setup.configured().then(|| self.block_geometry());
            self.read_hz = self.limited_clock();
        }
    }

    /// Finds out what the flash is, sets quad enable, makes a block and puts it in force.
    pub fn probe(&mut self, m: &mut Machine, word0: u32, word1: u32) -> Result<(), Status> {
        (self.geometry, self.id) = (None, None);
        configure::from_options(self, m, word0, word1)?;
        Ok(self.apply(m)?)
    }

    /// Makes the flash answer, then puts a block in force. A flash that gives no id may still do what the block says.
    pub fn set_up(&mut self, m: &mut Machine, block: &[u8]) -> Result<(), Error> {
        self.geometry = None;
        self.config = Config::from_bytes(block)
            .filter(|config| config.u32(field::TAG) == TAG)
            .ok_or(Error::Argument)?;
        configure::plain_reads(m);
        (self.id, self.rung) = match rescue::climb(m) {
            Ok(found) => (Some(found.id), found.rung),
            Err(Error::NoSfdp) => (None, Rung::Silent),
            Err(error) => return Err(error),
        };
        self.apply(m)
    }

    /// After another block was in force: brings the flash back to commands, and its own block into force, if it has one.
    pub fn restore(&mut self, m: &mut Machine) {
        let was_configured = self.geometry.take().is_some();
        configure::plain_reads(m);
        let answers = !matches!(rescue::climb(m), Err(error) if error != Error::NoSfdp);
        if was_configured && answers {
            // one that does not come back counts as not configured
            let _ = self.apply(m);
        }
    }

    /// Sizes of the block; fields that are 0 have the usual values.
    fn block_geometry(&self) -> Geometry {
        let or = |at, usual| match self.config.u32(at) {
            0 => usual,
            size => size,
        };
        Geometry {
            size: self.config.u32(field::FLASH_SIZES),
            page: or(field::PAGE_SIZE, 256),
            sector: or(field::SECTOR_SIZE, 0x1000),
            block: or(field::BLOCK_SIZE, 0x1_0000),
        }
    }

    /// The clock of the block, or the highest that part and sample source can do.
    fn limited_clock(&self) -> u64 {
        let hz = |index| clock_hz(index, &self.config);
        let asked = hz(match self.config.u8(field::SERIAL_CLOCK) {
            8 | 9 => 7,
            index => index,
        });
        let is_plain_read = self.config.sequences(seq::READ, 1)[0] & 0xFF == 0x03;
        match self.config.u8(field::SAMPLE_CLOCK) {
            _ if is_plain_read && asked > 50_000_000 => hz(2),
            0 if asked > 60_000_000 => hz(3),
            _ => asked,
        }
    }

    fn apply(&mut self, m: &mut Machine) -> Result<(), Error> {
        let geometry = self.block_geometry();
        let Geometry {
            size,
            page,
            sector,
            block,
        } = geometry;
        let sizes_fit = [page, sector, block].iter().all(|s| s.is_power_of_two());
        let is_ddr = self.config.u32(field::MISC_OPTION) & misc::DDR != 0;
        let drives = size >= 1024
            && self.config.u8(field::PAD_TYPE) <= 4
            && self.config.u8(field::SAMPLE_CLOCK) <= 3
            && !is_ddr
            && configure::reads_on_one_edge(&self.config.sequences(seq::READ, 1));
        if !sizes_fit || page > 256 || page > sector || sector > block || !drives {
            return Err(Error::Argument);
        }
        m.flexspi.software_reset();
        m.flexspi.flash_size = size & !0x3FF;
        m.flexspi.clock_hz = SAFE_CLOCK_HZ;
        m.flexspi.read_sequence = seq::READ;
        m.flexspi
            .set_lut(seq::READ, &self.config.sequences(seq::READ, 1));
        for (sequence, argument) in configure::setup_commands(&self.config) {
            self.play(m, seq::WRITE_ENABLE)?;
            transfer(m, &sequence, 0, &argument.to_le_bytes(), 0)?;
            self.wait(m, limits::STATUS, limits::ERASE_GAP)?;
        }
        self.read_hz = self.limited_clock();
        m.flexspi.clock_hz = self.read_hz;
        m.flexspi.clear_pointer();
        self.geometry = Some(geometry);
        Ok(())
    }

    fn sequence(&self, index: usize) -> Vec<u32> {
        self.config.sequences(index, 1)
    }

    fn play(&self, m: &mut Machine, index: usize) -> Result<(), Error> {
        transfer(m, &self.sequence(index), 0, &[], 0).map(drop)
    }

    /// Bytes through the memory map.
    pub fn read(&self, m: &mut Machine, offset: u32, length: usize) -> Vec<u8> {
        m.flexspi.ahb_read(offset, length, &mut m.clock)
    }

    /// Erases the sectors that touch `start..end`, in blocks where they fit, and checks that they are blank.
    pub fn erase(&mut self, m: &mut Machine, start: u32, end: u32) -> Result<(), Error> {
        let Geometry { sector, block, .. } = self.configured()?;
        let mut at = start & !(sector - 1);
        while at < end {
            let is_block = at & (block - 1) == 0 && end - at > block - sector;
            let unit = if is_block { block } else { sector };
            self.erase_unit(m, at, unit)?;
            at = at.saturating_add(unit);
        }
        Ok(())
    }

    /// Erases a sector or a block, and checks that it is blank.
    fn erase_unit(&mut self, m: &mut Machine, at: u32, unit: u32) -> Result<(), Error> {
        let geometry = self.configured()?;
        self.working_at = at;
        let (index, limit) = match unit == geometry.block {
            true => (seq::ERASE_BLOCK, limits::BLOCK),
            false => (seq::ERASE_SECTOR, limits::SECTOR),
        };
        self.change(m, |m| {
            self.enable_writes(m)?;
            transfer(m, &self.sequence(index), at, &[], 0)?;
            self.wait(m, limit, limits::ERASE_GAP)
        })?;
        self.check_blank(m, at, unit.min(geometry.size.saturating_sub(at)))
    }

    /// Erases everything, and checks that it is blank.
    pub fn erase_all(&mut self, m: &mut Machine) -> Result<(), Error> {
        let size = self.configured()?.size;
        self.working_at = 0;
        let mib = u64::from(size.div_ceil(1 << 20));
        let limit = (limits::CHIP_PER_MIB * mib).min(limits::CHIP);
        self.change(m, |m| {
            self.enable_writes(m)?;
            self.play(m, seq::ERASE_CHIP)?;
            self.wait(m, limit, limits::ERASE_GAP)
        })?;
        self.check_blank(m, 0, size)
    }

    /// Programs whole pages, which must be blank, and reads them back. Pages before one that is not blank are programmed.
    pub fn program(&mut self, m: &mut Machine, offset: u32, data: &[u8]) -> Result<(), Error> {
        let page = self.configured()?.page as usize;
        let not_blank = self.difference(m, offset, data.len() as u32, |_| 0xFF);
        let good = not_blank.map_or(data.len(), |found| {
            (found.offset - offset) as usize / page * page
        });
        self.program_pages(m, offset, &data[..good])?;
        match not_blank {
            Some(found) => Err(Error::NotBlank(found)),
            None => Ok(()),
        }
    }

    /// Programs whole pages, blank or not, and reads them back. Those of ones are left out: programming them changes nothing.
    pub fn program_pages(
        &mut self,
        m: &mut Machine,
        offset: u32,
        data: &[u8],
    ) -> Result<(), Error> {
        let mut last = LastPage::default();
        self.write_pages(m, offset, data, &mut last)?;
        last.ended?;
        let expected = |at: u32| data[(at - offset) as usize];
        match self.difference(m, offset, data.len() as u32, expected) {
            Some(found) => Err(Error::Verify(found)),
            None => Ok(()),
        }
    }

    /// The same without reading back. The loader looks at how the last page ends with the next record.
    pub fn write_pages(
        &mut self,
        m: &mut Machine,
        offset: u32,
        data: &[u8],
        last: &mut LastPage,
    ) -> Result<(), Error> {
        let page = self.configured()?.page as usize;
        let pages: Vec<(u32, &[u8])> = (offset..)
            .step_by(page)
            .zip(data.chunks(page))
            .filter(|(_, bytes)| bytes.iter().any(|byte| *byte != 0xFF))
            .collect();
        let mut working_at = self.working_at;
        let done = self.change(m, |m| {
            let LastPage {
                mut under_way,
                mut ended,
            } = *last;
            for (at, bytes) in pages {
                ended?;
                working_at = at;
                match under_way {
                    true => self.play(m, seq::WRITE_ENABLE)?,
                    false => self.enable_writes(m)?,
                }
                transfer(m, &self.sequence(seq::PAGE_PROGRAM), at, bytes, bytes.len())?;
                under_way = self.begins(m)?;
                ended = self.wait(m, limits::PAGE, limits::PAGE_GAP);
                if under_way {
                    continue;
                }
                // neither busy nor enabled: it does not program, unless the page reads so already
                let expected = |offset: u32| bytes[(offset - at) as usize];
                if let Some(found) = self.difference(m, at, bytes.len() as u32, expected) {
                    working_at = found.offset;
                    return Err(Error::Verify(found));
                }
            }
            Ok(LastPage { under_way, ended })
        });
        self.working_at = working_at;
        *last = done?;
        Ok(())
    }

    /// Are all of these bytes ones?
    pub fn is_blank(&self, m: &mut Machine, offset: u32, length: u32) -> bool {
        self.difference(m, offset, length, |_| 0xFF).is_none()
    }

    fn check_blank(&self, m: &mut Machine, offset: u32, length: u32) -> Result<(), Error> {
        match self.difference(m, offset, length, |_| 0xFF) {
            Some(found) => Err(Error::Verify(found)),
            None => Ok(()),
        }
    }

    /// The first byte that is not as expected.
    pub fn difference(
        &self,
        m: &mut Machine,
        offset: u32,
        length: u32,
        expected: impl Fn(u32) -> u8,
    ) -> Option<Difference> {
        let mut at = offset;
        let end = offset.saturating_add(length);
        while at < end {
            let take = (AHB_LINE - at % AHB_LINE).min(end - at);
            let bytes = self.read(m, at, take as usize);
            m.clock.work(COMPARE_BYTE_NS * u64::from(take));
            for (offset, found) in (at..).zip(bytes) {
                let expected = expected(offset);
                if found != expected {
                    return Some(Difference {
                        offset,
                        expected,
                        found,
                    });
                }
            }
            at += take;
        }
        None
    }

    /// Waits until the flash is idle, so that the boot ROM can read it. One that stays busy does not prevent a reset.
    pub fn settle(&self, m: &mut Machine) {
        if self.geometry.is_some() {
            let _ = self.change(m, |m| self.wait(m, limits::BLOCK, limits::ERASE_GAP));
        }
    }

    /// Runs commands at their clock; buffers are dropped whatever came of it.
    pub(super) fn change<T>(
        &self,
        m: &mut Machine,
        commands: impl FnOnce(&mut Machine) -> Result<T, Error>,
    ) -> Result<T, Error> {
        m.flexspi.clock_hz = SAFE_CLOCK_HZ;
        let done = commands(m);
        m.flexspi.software_reset();
        m.flexspi.clock_hz = self.read_hz;
        m.flexspi.clear_pointer();
        done
    }

    /// Number of the busy bit, and whether a set bit means busy.
    fn busy_bit(&self) -> (u32, bool) {
        let bit = u32::from(self.config.u16(field::BUSY_OFFSET));
        (bit, self.config.u16(field::BUSY_POLARITY) == 0)
    }

    /// Write enable, and the proof of it in the status register. A missing flash reads as ones and is found here.
    fn enable_writes(&self, m: &mut Machine) -> Result<(), Error> {
        self.play(m, seq::WRITE_ENABLE)?;
        let status = self.sequence(seq::READ_STATUS);
        if status[0] & 0xFF != 0x05 || self.busy_bit() != (0, true) {
            return Ok(());
        }
        match read_status(m, &status, 1)? {
            0xFF if read_status(m, &status, 1)? == 0xFF => Err(Error::Silent),
            value if value & 2 == 0 => Err(Error::NotEnabled),
            _ => Ok(()),
        }
    }

    /// Whether the flash is busy with what it was just given, or still means to be.
    fn begins(&self, m: &mut Machine) -> Result<bool, Error> {
        let status = self.sequence(seq::READ_STATUS);
        if status[0] & 0xFF != 0x05 || self.busy_bit() != (0, true) {
            return Ok(true);
        }
        Ok(read_status(m, &status, 1)? & 3 != 0)
    }

    fn wait(&self, m: &mut Machine, limit_us: u64, gap_us: u64) -> Result<(), Error> {
        let limit_us = match self.config.u32(field::TIMEOUT_MS) {
            0 => limit_us,
            ms => u64::from(ms) * 1000,
        };
        wait(
            m,
            &self.sequence(seq::READ_STATUS),
            self.busy_bit(),
            limit_us,
            gap_us,
        )
    }
}
