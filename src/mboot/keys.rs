//! The commands of blhost for fuses and keys. Burning a fuse cannot be undone.

use super::client::{accept, own};
use super::link::protocol;
use super::verbs::check_range;
use super::{Client, Command, Error, Link, MemoryId, Tag};

/// Largest answer of a key-provisioning read that is accepted, in bytes.
const KEY_STORE_LIMIT: u32 = 64 * 1024;
/// Largest key blob that is accepted, in bytes.
const KEY_BLOB_LIMIT: u32 = 4096;

/// Fuses and keys.
impl<L: Link> Client<L> {
    /// Reads fuse word `index` (0 to 63 on an RT1021).
    ///
    /// # Errors
    /// [`Error::Refused`]: 4 for an index that does not exist.
    #[doc(alias = "flash-read-once")]
    pub fn flash_read_once(&mut self, index: u32) -> Result<u32, Error> {
        let command = Command::flash_read_once(index, 4);
        let response = self.exchange(&command, self.timeouts.command)?;
        accept(command.tag, &response)?;
        own(command.tag, &response)?;
        match response.values() {
            &[4, word, ..] => Ok(word),
            _ => Err(protocol(
                command.tag,
                "a fuse word of another length",
                &response.to_bytes(),
            )),
        }
    }

    /// Burns fuse word `index`: bits that are 1 in `value`. **Irreversible.** Read first and pass the old bits too: the flashloader
    /// compares the whole word.
    ///
    /// # Errors
    /// [`Error::Refused`]: 20201 when the word reads back differently, which can mean that it *was* burnt.
    #[doc(alias = "flash-program-once")]
    pub fn flash_program_once(&mut self, index: u32, value: u32) -> Result<(), Error> {
        self.plain(
            &Command::flash_program_once(index, value),
            self.timeouts.command,
        )
    }

    /// Burns fuses from `data`. **Irreversible.** Not on an RT1021 (10000).
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    #[doc(alias = "fuse-program")]
    pub fn fuse_program(
        &mut self,
        address: u32,
        data: &[u8],
        memory: MemoryId,
    ) -> Result<(), Error> {
        let length = check_range(Tag::FUSE_PROGRAM, address, data.len() as u64)?;
        self.write_phase(
            &Command::fuse_program(address, length, memory.0),
            data,
            &mut |_| true,
        )
    }

    /// Reads fuses. Not on an RT1021 (10000).
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    #[doc(alias = "fuse-read")]
    pub fn fuse_read(
        &mut self,
        address: u32,
        length: u32,
        memory: MemoryId,
    ) -> Result<Vec<u8>, Error> {
        self.read_pieces(Tag::FUSE_READ, address, length, memory, &mut |_| true)
    }

    /// Sends a data-encryption key and fetches the blob that the chip makes of it: key select 0 OTPMK, 2 ZMK, 3 CMK;
    /// `length` of the blob, 72 for a 16-byte key.
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    #[doc(alias = "generate-key-blob")]
    pub fn generate_key_blob(
        &mut self,
        key: &[u8],
        key_select: u32,
        length: u32,
    ) -> Result<Vec<u8>, Error> {
        if length > KEY_BLOB_LIMIT {
            return Err(Error::Argument {
                command: Tag::GENERATE_KEY_BLOB,
                what: "a key blob has 4096 bytes at most",
            });
        }
        let size = check_range(Tag::GENERATE_KEY_BLOB, 0, key.len() as u64)?;
        self.write_phase(
            &Command::generate_key_blob_send(key_select, size),
            key,
            &mut |_| true,
        )?;
        let fetch = Command::generate_key_blob_fetch(key_select, length);
        self.read_phase(&fetch, length, true, 0, &mut |_| true)
    }

    /// A key-provisioning operation without data: 0 enroll, 2 set intrinsic key, 3 write to non-volatile memory, 4 read from it.
    /// Not on an RT1021 (10000).
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    #[doc(alias = "key-provisioning")]
    pub fn key_provisioning(&mut self, operation: u32, kind: u32, size: u32) -> Result<(), Error> {
        self.plain(
            &Command::key_provisioning(operation, kind, size, false),
            self.timeouts.command,
        )
    }

    /// A key-provisioning operation that sends data: 1 set user key, 5 write key store. Not on an RT1021 (10000).
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    pub fn key_provisioning_write(
        &mut self,
        operation: u32,
        kind: u32,
        data: &[u8],
    ) -> Result<(), Error> {
        let size = check_range(Tag::KEY_PROVISIONING, 0, data.len() as u64)?;
        self.write_phase(
            &Command::key_provisioning(operation, kind, size, true),
            data,
            &mut |_| true,
        )
    }

    /// Reads the key store (operation 6). Not on an RT1021 (10000).
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    pub fn key_provisioning_read(&mut self) -> Result<Vec<u8>, Error> {
        let command = Command::key_provisioning(6, 0, 0, false);
        self.read_phase(&command, KEY_STORE_LIMIT, false, 0, &mut |_| true)
    }

    /// Moves the chip to another life cycle. **Irreversible.** Not on an RT1021 (10000).
    ///
    /// # Errors
    /// [`Error::Refused`] with the flashloader's status.
    #[doc(alias = "update-life-cycle")]
    pub fn update_life_cycle(&mut self, life_cycle: u32) -> Result<(), Error> {
        self.plain(
            &Command::update_life_cycle(life_cycle),
            self.timeouts.command,
        )
    }

    /// A trust-provisioning operation with its parameters; the values of its answer. Not on an RT1021 (10000).
    ///
    /// # Errors
    /// [`Error::Argument`] for more than seven parameters; [`Error::Refused`] with the flashloader's status.
    #[doc(alias = "trust-provisioning")]
    pub fn trust_provisioning(&mut self, parameters: &[u32]) -> Result<Vec<u32>, Error> {
        let tag = Tag::TRUST_PROVISIONING;
        let command = Command::raw(tag, false, parameters).ok_or(Error::Argument {
            command: tag,
            what: "a command has seven parameters at most",
        })?;
        let response = self.exchange(&command, self.timeouts.command)?;
        accept(tag, &response)?;
        own(tag, &response)?;
        Ok(response.values().to_vec())
    }
}
