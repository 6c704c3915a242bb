//! What a flash tells about itself, and single commands for it, with or without a configuration.

use crate::configure::{ENTERS_QPI_BY_35, PROBE, READ_STATUS, WRITE_ENABLE};
use crate::flash::read_status;
use crate::lut::{Sequence, instruction, opcode};
use crate::rescue::READ_ID;
use crate::sfdp::READ_SFDP;
use crate::{Bus, Data, Error, Flash, Speed, limits, rescue};

/// Bytes of the answer to 9Fh.
const ID: usize = 8;

/// A status or configuration register as the flash sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Register {
    /// The command that reads it.
    pub command: u8,
    /// How many of `bytes` it has.
    pub count: u8,
    /// Its bytes in the order in which they came.
    pub bytes: [u8; 4],
}

/// A command of a host's choice, on one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawCommand<'a> {
    /// The command.
    pub code: u8,
    /// Address and its bytes, 3 or 4.
    pub address: Option<(u32, u8)>,
    /// Clocks between address and data.
    pub dummy_clocks: u8,
    /// What is sent behind them.
    pub sent: &'a [u8],
    /// Write enable first.
    pub write_enable: bool,
    /// Wait until the flash is ready, afterwards.
    pub wait: bool,
    /// It may change the flash.
    pub changes: bool,
}

/// Commands that read and change nothing in any part, but for 35h.
const READS: [u8; 26] = [
    0x03, 0x05, 0x07, 0x0B, 0x0C, 0x13, 0x14, 0x15, 0x16, 0x2B, 0x35, 0x3F, 0x48, 0x4B, 0x5A, 0x61,
    0x65, 0x70, 0x81, 0x85, 0x90, 0x9F, 0xAB, 0xAF, 0xB5, 0xC8,
];

/// Registers by maker: command and bytes. 05h is read of every part.
fn registers(maker: u8) -> &'static [(u8, u8)] {
    match maker {
        0x9D => &[(0x05, 1), (0x48, 1), (0x61, 1), (0x81, 1)],
        0xC2 => &[(0x05, 1), (0x15, 2), (0x2B, 1)],
        0x20 => &[(0x05, 1), (0x70, 1), (0xB5, 2), (0x85, 1), (0x65, 1)],
        0x01 => &[(0x05, 1), (0x35, 1), (0x07, 1)],
        0x1F => &[(0x05, 1), (0x35, 1), (0x3F, 1)],
        // Winbond, GigaDevice and the many parts made after theirs
        _ => &[(0x05, 1), (0x35, 1), (0x15, 1)],
    }
}

impl Flash {
    /// Makes commands possible. If the flash is not configured, the controller is set up for one line.
    #[inline(never)]
    pub(crate) fn begin(&mut self, bus: &mut impl Bus) -> Result<(), Error> {
        match self.geometry {
            Some(_) => bus.set_speed(Speed::Command)?,
            None => bus.set_up(&PROBE)?,
        }
        Ok(())
    }

    /// Ends what [`Flash::begin`] began: back to mapped reads, if the flash is configured.
    #[inline(never)]
    pub(crate) fn end(
        &mut self,
        bus: &mut impl Bus,
        result: Result<(), Error>,
    ) -> Result<(), Error> {
        if self.geometry.is_some() {
            bus.set_speed(Speed::Read)?;
        }
        result
    }

    /// Plays one command that reads.
    #[inline(never)]
    fn ask(
        &mut self,
        bus: &mut impl Bus,
        sequence: &Sequence,
        offset: u32,
        into: &mut [u8],
    ) -> Result<(), Error> {
        self.begin(bus)?;
        let result = bus.transfer(sequence, offset, Data::Read(into));
        self.end(bus, result.map_err(Error::from))
    }

    /// The answer to 9Fh. A flash that is not configured is made to answer first, if that can be.
    ///
    /// # Errors
    /// [`Error::Silent`] for ones or zeros only; [`Error::Busy`]; [`Error::Bus`].
    #[inline(never)]
    pub fn read_id(&mut self, bus: &mut impl Bus) -> Result<[u8; ID], Error> {
        if self.geometry.is_none() {
            self.begin(bus)?;
            (self.rescued, _) = rescue(bus)?;
        }
        let mut bytes = [0; ID];
        self.ask(bus, &READ_ID, 0, &mut bytes)?;
        let [a, b, c, ..] = bytes;
        self.id = None;
        if [a, b, c] == [0; 3] || [a, b, c] == [0xFF; 3] {
            return Err(Error::Silent);
        }
        self.id = Some([a, b, c]);
        Ok(bytes)
    }

    /// Brings controller and flash back to where they were, after another [`Flash`] had them: that may have left the flash in
    /// continuous read. A flash that does not come back counts as not configured.
    #[inline(never)]
    pub fn restore(&mut self, bus: &mut impl Bus) {
        let was_configured = self.geometry.take().is_some();
        let answers = self.begin(bus).and_then(|()| rescue(bus));
        if was_configured && answers.is_ok() {
            let _ = self.apply(bus);
        }
    }

    fn maker(&mut self, bus: &mut impl Bus) -> Result<u8, Error> {
        match self.id {
            Some([maker, ..]) => Ok(maker),
            None => Ok(self.read_id(bus)?[0]),
        }
    }

    /// Bytes of SFDP.
    ///
    /// # Errors
    /// [`Error::Bus`].
    #[inline(never)]
    pub fn read_sfdp(
        &mut self,
        bus: &mut impl Bus,
        offset: u32,
        into: &mut [u8],
    ) -> Result<(), Error> {
        self.ask(bus, &READ_SFDP, offset, into)
    }

    /// Reads register `number` of those that a part of this maker has; `None` behind the last one.
    ///
    /// # Errors
    /// As [`Flash::read_id`].
    #[inline(never)]
    pub fn read_register(
        &mut self,
        bus: &mut impl Bus,
        number: usize,
    ) -> Result<Option<Register>, Error> {
        let maker = self.maker(bus)?;
        let Some(&(command, count)) = registers(maker).get(number) else {
            return Ok(None);
        };
        let mut bytes = [0; 4];
        let into = &mut bytes[..usize::from(count)];
        self.ask(bus, &Sequence::register_read(command), 0, into)?;
        Ok(Some(Register {
            command,
            count,
            bytes,
        }))
    }

    /// Status register 1, whatever state the flash is in.
    ///
    /// # Errors
    /// [`Error::Bus`].
    pub fn status(&mut self, bus: &mut impl Bus) -> Result<u8, Error> {
        let mut status = [0];
        self.ask(bus, &READ_STATUS, 0, &mut status)?;
        Ok(status[0])
    }

    /// Whether the loader takes this command.
    ///
    /// # Errors
    /// As [`Flash::read_id`], which tells whether 35h is a read.
    #[expect(
        clippy::manual_contains,
        reason = "contains() takes 160 bytes of the image"
    )]
    pub fn allows(&mut self, bus: &mut impl Bus, command: &RawCommand<'_>) -> Result<bool, Error> {
        if command.changes {
            return Ok(true);
        }
        if command.write_enable
            || !command.sent.is_empty()
            || !READS.iter().any(|code| *code == command.code)
        {
            return Ok(false);
        }
        if command.code != 0x35 {
            return Ok(true);
        }
        Ok(!ENTERS_QPI_BY_35.contains(&self.maker(bus)?))
    }

    /// Plays a command that [`Flash::allows`]; it receives `into`, unless it sends.
    ///
    /// # Errors
    /// [`Error::Busy`] when it waits and the flash stays busy; [`Error::Bus`].
    #[inline(never)]
    pub fn play_raw(
        &mut self,
        bus: &mut impl Bus,
        command: &RawCommand<'_>,
        into: &mut [u8],
    ) -> Result<(), Error> {
        let (sequence, address) = sequence(command, !into.is_empty());
        self.begin(bus)?;
        let result = play(bus, command, &sequence, address, into);
        self.end(bus, result)
    }
}

fn play(
    bus: &mut impl Bus,
    command: &RawCommand<'_>,
    sequence: &Sequence,
    address: u32,
    into: &mut [u8],
) -> Result<(), Error> {
    if command.write_enable {
        bus.transfer(&WRITE_ENABLE, 0, Data::None)?;
    }
    let data = match (command.sent, into) {
        ([_, ..], _) => Data::Write(command.sent),
        (_, []) => Data::None,
        (_, into) => Data::Read(into),
    };
    bus.transfer(sequence, address, data)?;
    match command.wait {
        true => wait_ready(bus, limits::BLOCK),
        false => Ok(()),
    }
}

fn sequence(command: &RawCommand<'_>, receives: bool) -> (Sequence, u32) {
    let mut steps = [0; 4];
    let mut used = 0;
    let mut step = |code, operand| {
        steps[used] = instruction(code, 1, operand);
        used += 1;
    };
    step(opcode::CMD, command.code);
    if let Some((_, bytes)) = command.address {
        step(opcode::ADDRESS, 8 * bytes);
    }
    // a DUMMY of no cycles would stop the sequencer
    if command.dummy_clocks > 0 {
        step(opcode::DUMMY, command.dummy_clocks);
    }
    if !command.sent.is_empty() {
        step(opcode::WRITE, command.sent.len() as u8);
    } else if receives {
        step(opcode::READ, 4);
    }
    let address = command.address.map_or(0, |(address, _)| address);
    (Sequence::new(&steps), address)
}

/// Polls status register 1 until bit 0 is clear.
pub(crate) fn wait_ready(bus: &mut impl Bus, limit: u32) -> Result<(), Error> {
    let start = bus.now();
    while read_status(bus, &READ_STATUS, 1)? & 1 != 0 {
        if bus.now().wrapping_sub(start) > limit {
            return Err(Error::Busy);
        }
        bus.pause(limits::ERASE_GAP);
    }
    Ok(())
}
