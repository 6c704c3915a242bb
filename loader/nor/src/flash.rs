//! A configured flash: erase, program, read.

use crate::fcb::{Fcb, SequenceIndex};
use crate::lut::{Sequence, opcode};
use crate::{Bus, BusError, Data, Error, Options, Rescue, Speed, configure, limits, rescue};

/// Bytes that are read at once to be compared.
const PIECE: usize = 256;

/// Bits of the usual status register.
const BUSY: u32 = 1 << 0;
const ENABLED: u32 = 1 << 1;

/// Sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Of the flash.
    pub size: u32,
    /// Of a page, the unit of programming.
    pub page: u32,
    /// Of a sector, the smallest unit of erasing.
    pub sector: u32,
    /// Of a block, a larger unit of erasing.
    pub block: u32,
}

/// The flash: not configured at first, then known by its FCB and mapped.
#[derive(Debug)]
pub struct Flash {
    pub(crate) fcb: Fcb,
    pub(crate) geometry: Option<Geometry>,
    pub(crate) rescued: Rescue,
    pub(crate) id: Option<[u8; 3]>,
    read_khz: u32,
    working_at: u32,
    // a page program is under way: the clock is that of commands
    writing: bool,
}

impl Default for Flash {
    fn default() -> Flash {
        Flash::new()
    }
}

impl Flash {
    /// One that is not configured: nothing can be done with it but [`Flash::configure`] and [`Flash::set_up`].
    pub const fn new() -> Flash {
        Flash {
            fcb: Fcb::EMPTY,
            geometry: None,
            rescued: Rescue::NotNeeded,
            id: None,
            read_khz: 0,
            working_at: 0,
            writing: false,
        }
    }

    /// Finds out what the flash is, enables its quad mode and sets it up. After an error it counts as not configured.
    ///
    /// # Errors
    /// [`Error::NoSfdp`] for no flash or one without SFDP; [`Error::NotEnabled`] when the quad enable bit does not take;
    /// as [`Flash::set_up`].
    pub fn configure(&mut self, bus: &mut impl Bus, options: Options) -> Result<(), Error> {
        self.geometry = None;
        self.id = None;
        let (rescued, id) = configure::discover(bus, options, &mut self.fcb)?;
        self.rescued = rescued;
        self.id = Some(id);
        self.apply(bus)
    }

    /// Makes the flash answer, then sets controller and flash up as this FCB of 512 bytes says. After an error it counts as not configured.
    ///
    /// # Errors
    /// [`Error::Argument`] for an FCB that this loader cannot serve; [`Error::Bus`]; [`Error::Busy`].
    pub fn set_up(&mut self, bus: &mut impl Bus, fcb: &[u8]) -> Result<(), Error> {
        self.geometry = None;
        self.fcb.set(fcb)?;
        self.begin(bus)?;
        // an earlier program may have left the flash in another mode; one that gives no id may still do what the FCB says
        let (rescued, id) = rescue(bus)?;
        self.rescued = rescued;
        self.id = (rescued != Rescue::Failed).then_some(id);
        self.apply(bus)
    }

    pub(crate) fn apply(&mut self, bus: &mut impl Bus) -> Result<(), Error> {
        let setup = self.fcb.setup()?;
        let [page, sector, block] = self.fcb.geometry();
        let sizes_fit = [page, sector, block]
            .iter()
            .all(|size| size.is_power_of_two());
        if !sizes_fit || page > PIECE as u32 || page > sector || sector > block {
            return Err(Error::Argument);
        }
        bus.set_up(&setup)?;
        for number in 0..Fcb::SETUP_COMMANDS {
            let Some(command) = self.fcb.setup_command(number) else {
                continue;
            };
            self.play(bus, SequenceIndex::WriteEnable)?;
            let data = match command.data() {
                [] => Data::None,
                bytes => Data::Write(bytes),
            };
            bus.transfer(&command.sequence, 0, data)?;
            self.wait(bus, limits::STATUS, limits::ERASE_GAP)?;
        }
        bus.set_speed(Speed::Read)?;
        self.read_khz = setup.read_clock.khz();
        self.geometry = Some(Geometry {
            size: self.fcb.size(),
            page,
            sector,
            block,
        });
        Ok(())
    }

    /// The configuration block in use.
    pub fn fcb(&self) -> &Fcb {
        &self.fcb
    }

    /// Sizes; `None` while it is not configured.
    pub fn geometry(&self) -> Option<Geometry> {
        self.geometry
    }

    /// What it took to make the flash answer when it was configured last.
    pub fn rescued(&self) -> Rescue {
        self.rescued
    }

    /// The JEDEC id, when it has been asked for.
    pub fn id(&self) -> Option<[u8; 3]> {
        self.id
    }

    /// Clock of mapped reads; 0 while it is not configured.
    pub fn read_khz(&self) -> u32 {
        self.geometry.map_or(0, |_| self.read_khz)
    }

    /// The offset that the last erase or program worked on; after an error, where that was.
    pub fn working_at(&self) -> u32 {
        self.working_at
    }

    fn configured(&self) -> Result<Geometry, Error> {
        self.geometry.ok_or(Error::Bus(BusError::Off))
    }

    /// Reads through the memory map.
    ///
    /// # Errors
    /// [`Error::Bus`].
    pub fn read(&self, bus: &mut impl Bus, offset: u32, into: &mut [u8]) -> Result<(), Error> {
        Ok(bus.read_mapped(offset, into)?)
    }

    /// Erases the sectors that touch `start..end`, in blocks where they fit, and checks that they are blank.
    ///
    /// # Errors
    /// [`Error::Verify`] at the first byte that is not blank; [`Error::Busy`], [`Error::NotEnabled`], [`Error::Silent`].
    pub fn erase(&mut self, bus: &mut impl Bus, start: u32, end: u32) -> Result<(), Error> {
        let Geometry { sector, block, .. } = self.configured()?;
        let mut at = start & !(sector - 1);
        while at < end {
            self.working_at = at;
            let is_block = at & (block - 1) == 0 && end - at > block - sector;
            let (index, unit, limit) = match is_block {
                true => (SequenceIndex::EraseBlock, block, limits::BLOCK),
                false => (SequenceIndex::EraseSector, sector, limits::SECTOR),
            };
            self.change(bus, |bus| {
                self.enable_writes(bus)?;
                bus.transfer(&self.fcb.sequence(index), at, Data::None)?;
                self.wait(bus, limit, limits::ERASE_GAP)
            })?;
            self.check_blank(bus, at, unit)?;
            at = at.saturating_add(unit);
        }
        Ok(())
    }

    /// Erases everything and checks that it is blank.
    ///
    /// # Errors
    /// As [`Flash::erase`].
    pub fn erase_all(&mut self, bus: &mut impl Bus) -> Result<(), Error> {
        let size = self.configured()?.size;
        self.working_at = 0;
        let mib = size.div_ceil(1 << 20);
        let limit = limits::CHIP_PER_MIB.saturating_mul(mib).min(limits::CHIP);
        self.change(bus, |bus| {
            self.enable_writes(bus)?;
            self.play(bus, SequenceIndex::EraseChip)?;
            self.wait(bus, limit, limits::ERASE_GAP)
        })?;
        self.check_blank(bus, 0, size)
    }

    /// Programs whole pages, which must be blank, and reads them back. Pages before one that is not blank are programmed.
    ///
    /// # Errors
    /// [`Error::Alignment`]; [`Error::NotBlank`]; [`Error::Verify`]; as [`Flash::erase`].
    pub fn program(&mut self, bus: &mut impl Bus, offset: u32, data: &[u8]) -> Result<(), Error> {
        let page = self.configured()?.page;
        self.working_at = offset;
        if offset & (page - 1) != 0 || data.len() as u32 & (page - 1) != 0 {
            return Err(Error::Alignment);
        }
        if self.is_as(bus, offset, data.len() as u32, None)? {
            return self.overwrite(bus, offset, data);
        }
        let at = self.working_at;
        let good = ((at - offset) & !(page - 1)) as usize;
        self.overwrite(bus, offset, &data[..good])?;
        self.working_at = at;
        Err(Error::NotBlank)
    }

    /// Programs whole pages without asking whether they are blank, and reads them back.
    ///
    /// # Errors
    /// [`Error::Alignment`]; [`Error::Verify`]; as [`Flash::erase`].
    pub fn overwrite(&mut self, bus: &mut impl Bus, offset: u32, data: &[u8]) -> Result<(), Error> {
        let written = self.write_pages(bus, offset, data);
        self.end_pages(bus).and(written)?;
        match self.is_as(bus, offset, data.len() as u32, Some(data))? {
            true => Ok(()),
            false => Err(Error::Verify),
        }
    }

    /// Programs whole pages without asking whether they are blank, and without reading them back. The last one is left under way:
    /// nothing but this and [`Flash::end_pages`] may follow.
    ///
    /// # Errors
    /// [`Error::Alignment`]; [`Error::Verify`] for a page that the flash does not begin with; as [`Flash::erase`].
    pub fn write_pages(
        &mut self,
        bus: &mut impl Bus,
        offset: u32,
        data: &[u8],
    ) -> Result<(), Error> {
        let page = self.configured()?.page;
        if (offset | data.len() as u32) & (page - 1) != 0 {
            return Err(Error::Alignment);
        }
        let program = self.fcb.sequence(SequenceIndex::Program);
        let mut at = offset;
        for page in data.chunks(page as usize) {
            // programming ones changes nothing
            if page.iter().any(|byte| *byte != 0xFF) {
                match self.writing {
                    true => self.wait(bus, limits::PAGE, limits::PAGE_GAP)?,
                    false => bus.set_speed(Speed::Command)?,
                }
                self.working_at = at;
                match core::mem::replace(&mut self.writing, true) {
                    // it was busy a moment ago, so it is there
                    true => self.play(bus, SequenceIndex::WriteEnable)?,
                    false => self.enable_writes(bus)?,
                }
                bus.transfer(&program, at, Data::Write(page))?;
                // asked while the flash is busy, which takes no time. One that has not begun did not hear the write enable, or keeps
                // the page from being changed
                if self.prove(bus, BUSY | ENABLED) == Err(Error::NotEnabled) {
                    self.end_pages(bus)?;
                    if !self.is_as(bus, at, page.len() as u32, Some(page))? {
                        return Err(Error::Verify);
                    }
                }
            }
            at += page.len() as u32;
        }
        Ok(())
    }

    /// Waits for the last page of [`Flash::write_pages`]. Does nothing when none is under way.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::Bus`].
    pub fn end_pages(&mut self, bus: &mut impl Bus) -> Result<(), Error> {
        if !core::mem::take(&mut self.writing) {
            return Ok(());
        }
        let ended = self.wait(bus, limits::PAGE, limits::PAGE_GAP);
        bus.set_speed(Speed::Read)?;
        ended
    }

    /// Programs the configuration block in use at the start of flash.
    ///
    /// # Errors
    /// As [`Flash::program`].
    pub fn program_fcb(&mut self, bus: &mut impl Bus) -> Result<(), Error> {
        let fcb = *self.fcb.bytes();
        self.program(bus, 0, &fcb)
    }

    /// Whether `length` bytes at `offset` are blank.
    ///
    /// # Errors
    /// [`Error::Bus`].
    pub fn is_blank(
        &mut self,
        bus: &mut impl Bus,
        offset: u32,
        length: u32,
    ) -> Result<bool, Error> {
        self.is_as(bus, offset, length, None)
    }

    /// Waits until the flash is idle, so that a reset finds it ready to be read.
    ///
    /// # Errors
    /// [`Error::Busy`]; [`Error::Bus`].
    pub fn settle(&self, bus: &mut impl Bus) -> Result<(), Error> {
        self.change(bus, |bus| self.wait(bus, limits::BLOCK, limits::ERASE_GAP))
    }

    fn check_blank(&mut self, bus: &mut impl Bus, offset: u32, length: u32) -> Result<(), Error> {
        let length = length.min(self.configured()?.size.saturating_sub(offset));
        match self.is_blank(bus, offset, length)? {
            true => Ok(()),
            false => Err(Error::Verify),
        }
    }

    /// Whether flash is as `expected`, or blank. The first byte that is not becomes the place that was worked on.
    #[inline(never)]
    fn is_as(
        &mut self,
        bus: &mut impl Bus,
        offset: u32,
        length: u32,
        expected: Option<&[u8]>,
    ) -> Result<bool, Error> {
        let mut piece = [0; PIECE];
        let mut done = 0;
        while done < length {
            let piece = &mut piece[..PIECE.min((length - done) as usize)];
            bus.read_mapped(offset + done, piece)?;
            let expected = expected.map(|data| &data[done as usize..][..piece.len()]);
            let different = piece
                .iter()
                .enumerate()
                .position(|(i, byte)| *byte != expected.map_or(0xFF, |data| data[i]));
            if let Some(at) = different {
                self.working_at = offset + done + at as u32;
                return Ok(false);
            }
            done += piece.len() as u32;
            if done & 0x3FFF == 0 {
                bus.pause(0);
            }
        }
        Ok(true)
    }

    /// Runs commands at their clock; mapped reads see the new contents afterwards, whatever came of it.
    pub(crate) fn change<B: Bus, R>(
        &self,
        bus: &mut B,
        commands: impl FnOnce(&mut B) -> Result<R, Error>,
    ) -> Result<R, Error> {
        bus.set_speed(Speed::Command)?;
        let result = commands(bus);
        bus.set_speed(Speed::Read)?;
        result
    }

    fn play(&self, bus: &mut impl Bus, index: SequenceIndex) -> Result<(), Error> {
        Ok(bus.transfer(&self.fcb.sequence(index), 0, Data::None)?)
    }

    /// Write enable, and the proof of it in the status register. A missing flash reads as ones and is found here, not
    /// after a time-out.
    fn enable_writes(&self, bus: &mut impl Bus) -> Result<(), Error> {
        self.play(bus, SequenceIndex::WriteEnable)?;
        self.prove(bus, ENABLED)
    }

    /// Whether one of these bits is set, where the FCB reads the usual status register.
    #[inline(never)]
    fn prove(&self, bus: &mut impl Bus, bits: u32) -> Result<(), Error> {
        let status = self.fcb.sequence(SequenceIndex::ReadStatus);
        if status.command_byte() != Some(0x05) || self.fcb.busy_bit() != (0, true) {
            return Ok(());
        }
        match read_status(bus, &status, 1)? {
            // one that is busy may have all its bits set
            0xFF if bits == ENABLED && read_status(bus, &status, 1)? == 0xFF => Err(Error::Silent),
            value if value & bits == 0 => Err(Error::NotEnabled),
            _ => Ok(()),
        }
    }

    fn wait(&self, bus: &mut impl Bus, limit: u32, gap: u32) -> Result<(), Error> {
        let limit = self.fcb.time_limit().unwrap_or(limit);
        let status = self.fcb.sequence(SequenceIndex::ReadStatus);
        if !status.contains(opcode::READ) {
            return Err(BusError::Rejected.into());
        }
        let (bit, set_means_busy) = self.fcb.busy_bit();
        let bytes = if bit < 8 { 1 } else { 4 };
        let start = bus.now();
        loop {
            let value = read_status(bus, &status, bytes)?;
            if (value >> (bit & 31) & 1 != 0) != set_means_busy {
                return Ok(());
            }
            if bus.now().wrapping_sub(start) > limit {
                return Err(Error::Busy);
            }
            bus.pause(gap);
        }
    }
}

/// Reads one or four bytes of a status register, the first byte low.
pub(crate) fn read_status(
    bus: &mut impl Bus,
    sequence: &Sequence,
    bytes: usize,
) -> Result<u32, Error> {
    let mut value = [0; 4];
    bus.transfer(sequence, 0, Data::Read(&mut value[..bytes.min(4)]))?;
    Ok(u32::from_le_bytes(value))
}
