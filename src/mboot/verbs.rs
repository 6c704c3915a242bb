//! The commands of blhost, one method each.

use rtboot_wire::mboot::regions;

use super::link::protocol;
use super::{
    Client, Command, Error, ExternalMemory, Link, MemoryId, Progress, Property, Status, Step, Tag,
    Version,
};

/// How a flashloader was left by reset or execute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Departure {
    /// It confirmed and leaves.
    Answered,
    /// It left the bus without an answer.
    Left,
    /// It is silent and may still be on the bus: check whether it leaves.
    Silent,
}

/// Properties.
impl<L: Link> Client<L> {
    /// The flashloader's version (property 0x01). A session asks for it at its beginning; that answer is given once.
    ///
    /// # Errors
    /// As [`Client::get_property`].
    pub fn version(&mut self) -> Result<Version, Error> {
        self.sync()?;
        if let Some(version) = self.version.take() {
            return Ok(Version(version));
        }
        self.word(Property::CURRENT_VERSION, 0).map(Version)
    }

    /// The target's version (property 0x18), `T1.0.0`.
    ///
    /// # Errors
    /// As [`Client::get_property`].
    pub fn target_version(&mut self) -> Result<Version, Error> {
        self.word(Property::TARGET_VERSION, 0).map(Version)
    }

    /// RAM that the flashloader needs itself (property 0x0C): first and last address, both included.
    ///
    /// # Errors
    /// As [`Client::get_property`].
    pub fn reserved_regions(&mut self) -> Result<Vec<(u32, u32)>, Error> {
        let words = self.get_property(Property::RESERVED_REGIONS, 0)?;
        Ok(regions(&words).collect())
    }

    /// A RAM bank of the flashloader's map: start and size in bytes (properties 0x0E, 0x0F). More than the chip may have.
    ///
    /// # Errors
    /// As [`Client::get_property`].
    pub fn ram(&mut self, index: u32) -> Result<(u32, u32), Error> {
        Ok((
            self.word(Property::RAM_START, index)?,
            self.word(Property::RAM_SIZE, index)?,
        ))
    }

    /// The chip's unique id (property 0x12), low word (OCOTP CFG0) first.
    ///
    /// # Errors
    /// As [`Client::get_property`].
    pub fn unique_id(&mut self) -> Result<Vec<u32>, Error> {
        self.get_property(Property::UNIQUE_DEVICE_ID, 0)
    }

    /// Size and geometry of an external memory (property 0x19).
    ///
    /// # Errors
    /// [`Error::Refused`]: 10205 before it is configured. After a *failed* configure the answer is nonsense.
    pub fn external_memory(&mut self, memory: MemoryId) -> Result<ExternalMemory, Error> {
        let words = self.get_property(Property::EXTERNAL_MEMORY_ATTRIBUTES, memory.0)?;
        ExternalMemory::from_words(&words).ok_or_else(|| {
            protocol(
                Tag::GET_PROPERTY,
                "memory attributes that are too short",
                &[],
            )
        })
    }

    fn word(&mut self, property: Property, index: u32) -> Result<u32, Error> {
        let words = self.get_property(property, index)?;
        words
            .first()
            .copied()
            .ok_or_else(|| protocol(Tag::GET_PROPERTY, "a property without a value", &[]))
    }
}

/// Memory.
impl<L: Link> Client<L> {
    /// Reads `length` bytes from `address` on, in commands of as many packets as the system's queue holds. `progress` gets the bytes so far.
    ///
    /// # Errors
    /// [`Error::Refused`]: 10200 outside the map, 10205 before the flash is configured; [`Error::Protocol`] when packets were lost;
    /// [`Error::Cancelled`] when `progress` said so.
    #[doc(alias = "read-memory")]
    pub fn read_memory(
        &mut self,
        address: u32,
        length: u32,
        memory: MemoryId,
        progress: Progress<'_>,
    ) -> Result<Vec<u8>, Error> {
        self.read_pieces(Tag::READ_MEMORY, address, length, memory, progress)
    }

    pub(super) fn read_pieces(
        &mut self,
        tag: Tag,
        address: u32,
        length: u32,
        memory: MemoryId,
        progress: Progress<'_>,
    ) -> Result<Vec<u8>, Error> {
        check_range(tag, address, u64::from(length))?;
        let most = self.max_packet_size()? as u32 * self.link.read_packets();
        let mut data = Vec::new(); // grows with what arrives
        loop {
            let done = data.len() as u32;
            let piece = (length - done).min(most);
            let start = address.wrapping_add(done); // wraps only when nothing is left
            let command = match tag {
                Tag::FUSE_READ => Command::fuse_read(start, piece, memory.0),
                _ => Command::read_memory(start, piece, memory.0),
            };
            data.extend(self.read_phase(&command, piece, true, u64::from(done), progress)?);
            if data.len() as u32 >= length {
                return Ok(data);
            }
        }
    }

    /// Writes `data` at `address`. Flash must be blank there and the address page-aligned; nothing is erased.
    /// `progress` gets the bytes sent so far.
    ///
    /// # Errors
    /// [`Error::Refused`]: 10200, 10203 page not blank, 10205, 20105 not aligned, 20106 reads back differently; the pages before it are
    /// programmed. [`Error::Cancelled`] when `progress` said so.
    #[doc(alias = "write-memory")]
    pub fn write_memory(
        &mut self,
        address: u32,
        data: &[u8],
        memory: MemoryId,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        let length = check_range(Tag::WRITE_MEMORY, address, data.len() as u64)?;
        self.write_phase(
            &Command::write_memory(address, length, memory.0),
            data,
            progress,
        )
    }

    /// Fills `length` bytes with a 32-bit pattern.
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    #[doc(alias = "fill-memory")]
    pub fn fill_memory(&mut self, address: u32, length: u32, pattern: u32) -> Result<(), Error> {
        check_range(Tag::FILL_MEMORY, address, u64::from(length))?;
        self.plain(
            &Command::fill_memory(address, length, pattern),
            self.timeouts.fill,
        )
    }

    /// Erases the sectors that touch `length` bytes at `address`. Answers at the end only: give it [time](super::Timeouts::erase).
    ///
    /// # Errors
    /// [`Error::Argument`] for a range beyond 4 GiB; [`Error::Refused`]: 102 for RAM, 10200, 10205, 20106 not blank afterwards, 7002 still busy at the FCB's time-out.
    #[doc(alias = "flash-erase-region")]
    pub fn flash_erase_region(
        &mut self,
        address: u32,
        length: u32,
        memory: MemoryId,
    ) -> Result<(), Error> {
        // the genuine flashloader's own check wraps at 32 bits: (0x60000000, 0xFFFFF000) would erase everything
        check_range(Tag::FLASH_ERASE_REGION, address, u64::from(length))?;
        self.plain(
            &Command::flash_erase_region(address, length, memory.0),
            self.timeouts.erase,
        )
    }

    /// Erases a whole memory. Give it [time](super::Timeouts::erase_all).
    ///
    /// # Errors
    /// [`Error::Refused`]: 4 for other ids than 9, 0x110, 0x120 on an RT1021.
    #[doc(alias = "flash-erase-all")]
    pub fn flash_erase_all(&mut self, memory: MemoryId) -> Result<(), Error> {
        self.plain(&Command::flash_erase_all(memory.0), self.timeouts.erase_all)
    }

    /// Erases everything and unlocks. Not on an RT1021 (10000).
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    #[doc(alias = "flash-erase-all-unsecure")]
    pub fn flash_erase_all_unsecure(&mut self) -> Result<(), Error> {
        self.plain(
            &Command::flash_erase_all_unsecure(),
            self.timeouts.erase_all,
        )
    }

    /// Unlocks with the backdoor key. Not on an RT1021 (10000).
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    #[doc(alias = "flash-security-disable")]
    pub fn flash_security_disable(&mut self, key: [u8; 8]) -> Result<(), Error> {
        let [a, b, c, d, e, f, g, h] = key;
        let (low, high) = (
            u32::from_le_bytes([a, b, c, d]),
            u32::from_le_bytes([e, f, g, h]),
        );
        self.plain(
            &Command::flash_security_disable(low, high),
            self.timeouts.command,
        )
    }

    /// Reads a special flash area. On an RT1021 the bytes are left-overs of its packet buffer.
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    #[doc(alias = "flash-read-resource")]
    pub fn flash_read_resource(
        &mut self,
        start: u32,
        length: u32,
        option: u32,
    ) -> Result<Vec<u8>, Error> {
        let command = Command::flash_read_resource(start, length, option);
        self.read_phase(&command, length, true, 0, &mut |_| true)
    }

    /// Checks and swaps in a backup application. Not on an RT1021 (10000).
    ///
    /// # Errors
    /// [`Error::Refused`]: 10600 is the status for success there, and is taken as such.
    #[doc(alias = "reliable-update")]
    pub fn reliable_update(&mut self, address: u32) -> Result<(), Error> {
        match self.plain(&Command::reliable_update(address), self.timeouts.erase) {
            Err(Error::Refused {
                status: Status::RELIABLE_UPDATE_SUCCESS,
                ..
            }) => Ok(()),
            result => result,
        }
    }
}

/// Code.
impl<L: Link> Client<L> {
    /// Jumps to `address` with `argument` in r0 and `stack` as stack pointer (0 keeps the flashloader's). The flashloader is gone then.
    ///
    /// # Errors
    /// [`Error::Refused`]: 4 for an address or stack it does not accept; flash addresses only once the flash is configured.
    pub fn execute(&mut self, address: u32, argument: u32, stack: u32) -> Result<Departure, Error> {
        self.leave(&Command::execute(address, argument, stack))
    }

    /// Resets the chip.
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    pub fn reset(&mut self) -> Result<Departure, Error> {
        self.leave(&Command::reset())
    }

    fn leave(&mut self, command: &Command) -> Result<Departure, Error> {
        let outcome = match self.plain(command, self.timeouts.leave) {
            Ok(()) => Departure::Answered,
            Err(Error::Gone { .. }) => Departure::Left,
            // only a silence after the command itself, not one of the sync before it
            Err(Error::Timeout {
                command: silent, ..
            }) if silent == command.tag => Departure::Silent,
            Err(error) => return Err(error),
        };
        self.synced = false;
        Ok(outcome)
    }

    /// Calls the function at `address` with `argument` in r0. Its return value is the status that comes back; 4 also means
    /// that the address was refused.
    ///
    /// # Errors
    /// [`Error::Timeout`] when it does not return within [`call`](super::Timeouts::call).
    pub fn call(&mut self, address: u32, argument: u32) -> Result<Status, Error> {
        let command = Command::call(address, argument);
        Ok(self.exchange(&command, self.timeouts.call)?.status())
    }

    /// Sends a secure-binary file, whose commands the flashloader runs.
    ///
    /// # Errors
    /// [`Error::Refused`]: 10101 when it is no SB file, else the status of the command in it that failed.
    #[doc(alias = "receive-sb-file")]
    pub fn receive_sb_file(&mut self, file: &[u8], progress: Progress<'_>) -> Result<(), Error> {
        let length = check_range(Tag::RECEIVE_SB_FILE, 0, file.len() as u64)?;
        self.write_phase(&Command::receive_sb_file(length), file, progress)
    }

    /// Sends an image as bare data packets, without a command and without an answer (boot ROMs of RT11xx parts).
    ///
    /// # Errors
    /// [`Error::Refused`] when the device says something all the same; the port's.
    #[doc(alias = "load-image")]
    pub fn load_image(&mut self, image: &[u8], progress: Progress<'_>) -> Result<(), Error> {
        // the packets belong to no command; errors name the one they replace
        let command = Tag::WRITE_MEMORY;
        let chunk = self.link.chunk_size(super::client::LARGEST_PAYLOAD).max(1);
        self.synced = false;
        let mut done = 0;
        for piece in image.chunks(chunk) {
            let sent = self.link.send_data(piece, self.timeouts.data);
            done += piece.len() as u64;
            match sent.map_err(|e| e.during(command, Step::Data, done))? {
                super::Sent::Stop => return Err(protocol(command, "an answer to bare data", &[])),
                super::Sent::Taken if !progress(done) => {
                    return Err(Error::Cancelled { command, done });
                }
                super::Sent::Taken => {}
            }
        }
        Ok(())
    }
}

/// The length as it travels, when the bytes from `address` on lie within 4 GiB.
pub(super) fn check_range(command: Tag, address: u32, length: u64) -> Result<u32, Error> {
    let fits = u64::from(address)
        .checked_add(length)
        .is_some_and(|end| end <= 1 << 32);
    match u32::try_from(length) {
        Ok(length) if fits => Ok(length),
        _ => Err(Error::Argument {
            command,
            what: "the range ends beyond 4 GiB",
        }),
    }
}
