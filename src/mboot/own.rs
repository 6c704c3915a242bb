//! The commands that rtboot's own loader has beside MBOOT.
//!
//! They go only to a loader that [said](Client::identity) that it has them: NXP's never sees one. It gets the question itself, looks
//! at the low byte of the property only, and answers with its version.
//!
//! Source: `rtboot_wire::loader`.

use rtboot_wire::loader::{self, Features, Fetch, FlashCommand, HashKind, Rung};

use super::link::LinkError;
use super::verbs::check_range;
use super::{Client, Command, Error, Link, Progress, Status, Step, Tag, Version};

/// Bytes of the registers at entry that a new speed is tried with.
const SPEED_PATTERN: u32 = 512;

/// What a loader of ours says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoaderIdentity {
    /// Its version.
    pub version: Version,
    /// Version of the protocol of its own commands.
    pub protocol: u32,
    /// The commands of its own that it has; none where this rtboot does not know their protocol.
    pub features: Features,
    /// Bytes of the registers at entry.
    pub snapshot: u32,
}

impl LoaderIdentity {
    /// Reads the words of the property; `None` for those of another maker's loader.
    fn of(words: &[u32]) -> Option<LoaderIdentity> {
        let &[loader::MAGIC, protocol, version, features, snapshot, ..] = words else {
            return None;
        };
        let known = protocol == loader::PROTOCOL;
        Some(LoaderIdentity {
            version: Version(version),
            protocol,
            features: Features(if known { features } else { 0 }),
            snapshot,
        })
    }
}

impl<L: Link> Client<L> {
    /// Asks whether this is rtboot's own loader; `None` when it is not. Its own commands can be given from then on.
    ///
    /// # Errors
    /// [`Error::Timeout`], [`Error::Gone`], [`Error::Protocol`].
    pub fn identity(&mut self) -> Result<Option<LoaderIdentity>, Error> {
        let identity = match self.get_property(loader::IDENTITY, 0) {
            Ok(words) => LoaderIdentity::of(&words),
            Err(Error::Refused { .. }) => None,
            Err(error) => return Err(error),
        };
        self.features = identity.map_or(Features(0), |own| own.features);
        if self.features.has(Features::BULK) {
            self.link.open_bulk();
        }
        Ok(identity)
    }

    /// That the loader said that it has this command.
    fn has(&self, command: Tag, feature: Features) -> Result<(), Error> {
        match self.features.has(feature) {
            true => Ok(()),
            false => Err(Error::Argument {
                command,
                what: "this loader did not say that it has the command",
            }),
        }
    }

    /// At most `length` bytes of something that the loader knows, from `offset` on; fewer where there are no more.
    ///
    /// # Errors
    /// [`Error::Refused`]: 59000 for a flash that gives no id, 59001 for one that stays busy.
    pub fn fetch(&mut self, what: Fetch, offset: u32, length: u32) -> Result<Vec<u8>, Error> {
        self.has(Tag::LOADER_FETCH, Features::INSPECT)?;
        let command = loader::fetch(what, offset, length);
        self.read_phase(&command, length, false, 0, &mut |_| true)
    }

    /// What was needed to get the flash's id when it was asked for last; `None` for a rung that is not known.
    ///
    /// # Errors
    /// As [`Client::get_property`].
    pub fn rescue_rung(&mut self) -> Result<Option<Rung>, Error> {
        self.has(Tag::GET_PROPERTY, Features::INSPECT)?;
        let words = self.get_property(loader::FLASH, 0)?;
        Ok(words.get(1).copied().and_then(Rung::of))
    }

    /// One command for the flash, and what it answers.
    ///
    /// # Errors
    /// [`Error::Refused`]: 59007 for a command that may change the flash and does not say so.
    pub fn flash_command(&mut self, command: FlashCommand) -> Result<Vec<u8>, Error> {
        self.has(Tag::LOADER_FLASH_COMMAND, Features::INSPECT)?;
        let length = command.received.into();
        self.read_phase(&command.to_command(), length, true, 0, &mut |_| true)
    }

    /// Reads flash as the boot ROM does with the FCB that lies at `fcb` in RAM.
    ///
    /// # Errors
    /// [`Error::Refused`]: 4 for an FCB that it cannot serve; [`Error::Cancelled`] when `progress` said so.
    pub fn read_by_fcb(
        &mut self,
        fcb: u32,
        address: u32,
        length: u32,
        progress: Progress<'_>,
    ) -> Result<Vec<u8>, Error> {
        let tag = Tag::LOADER_READ_BY_FCB;
        self.has(tag, Features::READ_BY_FCB)?;
        check_range(tag, address, length.into())?;
        self.in_pieces(length, 1, progress, |done, piece| {
            loader::read_by_fcb(fcb, address + done, piece)
        })
    }

    /// One SHA-256 over `length` bytes from `address` on.
    ///
    /// # Errors
    /// As [`Client::read_memory`].
    pub fn sha256(&mut self, address: u32, length: u32) -> Result<[u8; 32], Error> {
        let tag = Tag::LOADER_HASH;
        self.has(tag, Features::HASH)?;
        check_range(tag, address, length.into())?;
        let command = loader::hash(HashKind::Sha256, address, length, 0);
        let bytes = self.read_phase(&command, 32, true, 0, &mut |_| true)?;
        bytes.try_into().map_err(|bytes: Vec<u8>| {
            super::link::protocol(tag, "a hash of another length", &bytes)
        })
    }

    /// A CRC-32 for each `unit` bytes of `length` from `address` on. `progress` gets the bytes of CRCs.
    ///
    /// # Errors
    /// As [`Client::read_memory`].
    pub fn crc32(
        &mut self,
        address: u32,
        length: u32,
        unit: u32,
        progress: Progress<'_>,
    ) -> Result<Vec<u32>, Error> {
        let tag = Tag::LOADER_HASH;
        self.has(tag, Features::HASH)?;
        check_range(tag, address, length.into())?;
        let unit = unit.max(1);
        let bytes = length.div_ceil(unit) * HashKind::Crc32.bytes();
        let crcs = self.in_pieces(bytes, HashKind::Crc32.bytes(), progress, |done, piece| {
            let from = done / HashKind::Crc32.bytes() * unit;
            let count = piece / HashKind::Crc32.bytes();
            let covered = (length - from).min(count.saturating_mul(unit));
            loader::hash(HashKind::Crc32, address + from, covered, unit)
        })?;
        let (words, _) = crcs.as_chunks::<4>();
        Ok(words.iter().map(|word| u32::from_le_bytes(*word)).collect())
    }

    /// Sends [records](mod@rtboot_wire::loader::stream) that erase and program. `progress` gets the bytes of records sent. `unread`: the
    /// loader need not read back what it programs, as the caller will; a loader that does not know of that reads back.
    ///
    /// # Errors
    /// [`Error::Refused`] with the status of the record that failed: [`Fetch::Failure`] tells place and bytes; [`Error::Cancelled`]
    /// when `progress` said so.
    pub fn stream(
        &mut self,
        records: &[u8],
        unread: bool,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        let tag = Tag::LOADER_STREAM;
        self.has(tag, Features::STREAM)?;
        let length = check_range(tag, 0, records.len() as u64)?;
        let options = if unread { loader::UNREAD } else { 0 };
        match self.write_phase(&loader::stream(length, options), records, progress) {
            // an earlier build has no options
            Err(Error::Refused {
                status: Status::INVALID_ARGUMENT,
                step: Step::Response,
                ..
            }) if unread => self.write_phase(&loader::stream(length, 0), records, progress),
            sent => sent,
        }
    }

    /// Clears the block protection, or protects all of the flash.
    ///
    /// # Errors
    /// [`Error::Refused`] with the loader's status.
    pub fn protect(&mut self, all: bool) -> Result<(), Error> {
        self.has(Tag::LOADER_PROTECT, Features::PROTECT)?;
        self.plain(&loader::protect(all), self.timeouts.configure)
    }

    /// Agrees with the loader on another speed of the UART, and tries it. `false`: the port, the loader or the line cannot do it, and
    /// both are at the old speed.
    ///
    /// # Errors
    /// [`Error::Timeout`] when the loader is not heard at the old speed either.
    pub fn change_speed(&mut self, from: u32, to: u32) -> Result<bool, Error> {
        let tag = Tag::LOADER_SET_BAUD;
        self.has(tag, Features::BAUD)?;
        let failed = |error: LinkError| error.during(tag, Step::Response, 0);
        if !self.link.has_speed(from, to).map_err(failed)? || !self.agree_on(from, to)? {
            return Ok(false);
        }
        // frames in both directions, none of which may arrive damaged
        let damaged = self.link.damaged();
        let read = self.fetch(Fetch::Snapshot, 0, SPEED_PATTERN);
        match read {
            Ok(_) if self.link.damaged() == damaged => Ok(true),
            Err(error @ (Error::Gone { .. } | Error::Port { .. })) => Err(error),
            _ => {
                self.synced = false;
                // a line that spoils this, too, comes back by the pings of `follow_speed`
                if !self.agree_on(to, from).unwrap_or(false) {
                    self.link.follow_speed(to, from).map_err(failed)?;
                }
                Ok(false)
            }
        }
    }

    /// The loader takes the speed, and both ends are at it.
    fn agree_on(&mut self, from: u32, to: u32) -> Result<bool, Error> {
        let tag = Tag::LOADER_SET_BAUD;
        match self.plain(&loader::set_baud(to), self.timeouts.command) {
            Ok(()) => {}
            Err(Error::Refused { .. }) => return Ok(false),
            Err(error) => return Err(error),
        }
        let followed = self.link.follow_speed(from, to);
        followed.map_err(|error| error.during(tag, Step::Response, 0))
    }

    /// A reading in commands of at most as many packets as a system keeps; each piece a multiple of `grain`.
    fn in_pieces(
        &mut self,
        length: u32,
        grain: u32,
        progress: Progress<'_>,
        command: impl Fn(u32, u32) -> Command,
    ) -> Result<Vec<u8>, Error> {
        let most = self.max_packet_size()? as u32 * self.link.read_packets() / grain * grain;
        let mut data = Vec::new();
        while (data.len() as u32) < length {
            let done = data.len() as u32;
            let piece = (length - done).min(most);
            let command = command(done, piece);
            data.extend(self.read_phase(&command, piece, true, u64::from(done), progress)?);
        }
        Ok(data)
    }
}
