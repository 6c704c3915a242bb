//! Gives SDP commands and checks every answer.

use std::time::Duration;

use super::link::{DATA_PIECE, READ_PIECE, protocol};
use super::{Answer, Command, Error, Hab, Link, Status, Tag, Want, Width};

/// How long the client waits for answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// An answer to a command without data. Default 2 s (SPSDK; others 1 to 10 s).
    pub command: Duration,
    /// The answer once all data of a WRITE_FILE, DCD or CSF is out. Default 5 s.
    pub data: Duration,
    /// How long after a jump a refusal may come. Default 200 ms.
    pub refusal: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts {
            command: Duration::from_secs(2),
            data: Duration::from_secs(5),
            refusal: Duration::from_millis(200),
        }
    }
}

/// What the host saw of a jump. A refusal is an [`Error::Refused`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JumpOutcome {
    /// The ROM left the bus: other code runs.
    Left,
    /// The ROM accepted and is silent; it may still leave. If the same device stays, the image did not run.
    Silent,
}

/// How often a link listens until it is silent before an answer counts as the right one again; each time takes 20 ms of silence.
const LISTENS: usize = 25;
/// Largest DCD table that HAB takes, in bytes.
const DCD_LIMIT: usize = 1768;

/// An SDP session with a boot ROM.
#[derive(Debug)]
pub struct Client<L> {
    link: L,
    timeouts: Timeouts,
    hab: Option<Hab>,
    drained: bool,
}

impl<L: Link> Client<L> {
    /// A session over `link`. Sends nothing yet.
    pub fn new(link: L) -> Client<L> {
        Client {
            link,
            timeouts: Timeouts::default(),
            hab: None,
            drained: false,
        }
    }

    /// The time-outs; change them here.
    pub fn timeouts_mut(&mut self) -> &mut Timeouts {
        &mut self.timeouts
    }

    /// Whether the part is open or closed; known after any answered command.
    pub fn hab(&self) -> Option<Hab> {
        self.hab
    }

    /// The link below.
    pub fn link_mut(&mut self) -> &mut L {
        &mut self.link
    }

    /// Gives the link back.
    pub fn into_link(self) -> L {
        self.link
    }

    /// The name of the port below, for messages.
    pub fn describe(&self) -> String {
        self.link.describe()
    }

    /// Reads `count` bytes from `address` on, in bus accesses of `width`, as they lie in memory.
    ///
    /// # Errors
    /// [`Error::Refused`] when the ROM does not let this place be read; [`Error::Argument`] for an unaligned address;
    /// [`Error::Timeout`] when the ROM has no such command or it is fused off.
    #[doc(alias = "read-register")]
    pub fn read_register(
        &mut self,
        address: u32,
        width: Width,
        count: u32,
    ) -> Result<Vec<u8>, Error> {
        let command = Tag::READ_REGISTER;
        check_aligned(command, address, width)?;
        self.send(&Command::read_register(address, width, count))?;
        self.expect_hab(command, self.timeouts.command)?;
        let mut data = Vec::new(); // grows with what arrives, not with what was asked for
        while (data.len() as u64) < u64::from(count) {
            let left = (u64::from(count) - data.len() as u64).min(READ_PIECE as u64) as usize;
            let want = match data.is_empty() {
                true => Want::FirstData(left),
                false => Want::Data(left),
            };
            let block = self.expect_block(command, want, self.timeouts.command)?;
            if data.is_empty() {
                self.check_refusal(command, &block)?;
            }
            let piece = block
                .get(..left)
                .ok_or_else(|| protocol(command, "too few register bytes", &block))?;
            data.extend_from_slice(piece);
        }
        Ok(data)
    }

    /// Reads one 32-bit little-endian register.
    ///
    /// # Errors
    /// As [`Client::read_register`].
    pub fn read_word(&mut self, address: u32) -> Result<u32, Error> {
        let bytes = self.read_register(address, Width::Word, 4)?;
        match bytes.first_chunk() {
            Some(word) => Ok(u32::from_le_bytes(*word)),
            None => Err(protocol(
                Tag::READ_REGISTER,
                "too few register bytes",
                &bytes,
            )),
        }
    }

    /// Writes `value` to the register at `address`.
    ///
    /// An RT1050 was seen to do it; one report says that another RT10xx did not answer (TinyUF2): then it is
    /// [`Error::Timeout`].
    ///
    /// # Errors
    /// [`Error::Argument`] for an unaligned address; [`Error::Refused`] with the ROM's status.
    #[doc(alias = "write-register")]
    pub fn write_register(&mut self, address: u32, width: Width, value: u32) -> Result<(), Error> {
        check_aligned(Tag::WRITE_REGISTER, address, width)?;
        self.send(&Command::write_register(address, width, value))?;
        self.expect_status(Tag::WRITE_REGISTER, &WRITE_COMPLETE, self.timeouts.command)
    }

    /// Writes `data` to RAM at `address`. `progress` gets the bytes sent so far.
    ///
    /// Over USB the ROM stores whole 1024-byte pieces: up to 1023 bytes behind the data become zero. Leave space there, and do
    /// not let it reach the end of a RAM bank.
    ///
    /// # Errors
    /// [`Error::Refused`] with the ROM's status: it checks that the data fits into RAM that it lets be written, and not whether
    /// an image belongs there.
    #[doc(alias = "write-file")]
    pub fn write_file(
        &mut self,
        address: u32,
        data: &[u8],
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Error> {
        let count = length(Tag::WRITE_FILE, data.len())?;
        self.send(&Command::write_file(address, count))?;
        self.send_data(Tag::WRITE_FILE, data, progress)?;
        self.expect_status(
            Tag::WRITE_FILE,
            &[Status::FILE_COMPLETE],
            self.timeouts.data,
        )
    }

    /// Hands the ROM a command sequence file (signature data), staged at `address`.
    ///
    /// # Errors
    /// [`Error::Refused`] with the ROM's status.
    #[doc(alias = "write-csf")]
    pub fn write_csf(&mut self, address: u32, data: &[u8]) -> Result<(), Error> {
        let count = length(Tag::WRITE_CSF, data.len())?;
        self.send(&Command::write_csf(address, count))?;
        self.send_data(Tag::WRITE_CSF, data, &mut |_| ())?;
        self.expect_status(Tag::WRITE_CSF, &WRITE_COMPLETE, self.timeouts.data)
    }

    /// Has the ROM run a DCD table, staged in RAM at `address`. A DCD writes registers, fuses too: look at it first.
    ///
    /// # Errors
    /// [`Error::Argument`] for a table over 1768 bytes, HAB's limit; [`Error::Refused`] with the ROM's status.
    #[doc(alias = "dcd-write")]
    pub fn dcd_write(&mut self, address: u32, table: &[u8]) -> Result<(), Error> {
        let command = Tag::DCD_WRITE;
        if table.len() > DCD_LIMIT {
            return Err(Error::Argument {
                command,
                what: "a DCD table may have 1768 bytes at most",
            });
        }
        let count = length(command, table.len())?;
        self.send(&Command::dcd_write(address, count))?;
        self.send_data(command, table, &mut |_| ())?;
        self.expect_status(command, &WRITE_COMPLETE, self.timeouts.data)
    }

    /// Makes the next jump ignore the image's DCD pointer.
    ///
    /// # Errors
    /// [`Error::Refused`] with the ROM's status.
    #[doc(alias = "skip-dcd-header")]
    pub fn skip_dcd_header(&mut self) -> Result<(), Error> {
        self.send(&Command::skip_dcd_header())?;
        self.expect_status(Tag::SKIP_DCD_HEADER, &DCD_OR_BAUD, self.timeouts.command)
    }

    /// The result of the last HAB action: [`Status::HAB_SUCCESS`], [`Status::HAB_FAILURE`], [`Status::HAB_WARNING`] or a
    /// word without a name.
    ///
    /// # Errors
    /// [`Error::Timeout`], [`Error::Gone`], [`Error::Protocol`].
    #[doc(alias = "error-status")]
    pub fn error_status(&mut self) -> Result<Status, Error> {
        self.send(&Command::error_status())?;
        self.expect_hab(Tag::ERROR_STATUS, self.timeouts.command)?;
        self.status(Tag::ERROR_STATUS, self.timeouts.command)
    }

    /// Jumps to the image whose IVT lies at `address`.
    ///
    /// ```text
    /// --> JUMP_ADDRESS   <-- HAB state   then:  device gone        JumpOutcome::Left
    ///                                           nothing            JumpOutcome::Silent
    ///                                           a status           Error::Refused
    /// ```
    ///
    /// # Errors
    /// [`Error::Refused`] with the ROM's status; [`Error::Timeout`] when not even the HAB state came.
    #[doc(alias = "jump-address")]
    pub fn jump_address(&mut self, address: u32) -> Result<JumpOutcome, Error> {
        let command = Tag::JUMP_ADDRESS;
        self.send(&Command::jump_address(address))?;
        match self.expect_hab(command, self.timeouts.command) {
            Ok(()) => {}
            // the image left the bus before the ROM's answer was read
            Err(Error::Gone { .. }) => return Ok(JumpOutcome::Left),
            Err(error) => return Err(error),
        }
        match self.link.receive(Want::Status, self.timeouts.refusal) {
            Ok(None) => Ok(JumpOutcome::Silent),
            Ok(Some(Answer::Block(block))) => Err(Error::Refused {
                command,
                status: word(command, &block)?,
            }),
            Ok(Some(Answer::Hab(word))) => Err(protocol(command, "a second HAB state", &word)),
            Err(error) => match error.during(command) {
                Error::Gone { .. } => Ok(JumpOutcome::Left),
                error => Err(error),
            },
        }
    }

    /// Changes the speed of the ROM's UART, and then the host's. Whether an RT1021 knows the command is not known.
    ///
    /// # Errors
    /// [`Error::Refused`] with the ROM's status; [`Error::Timeout`] when it does not answer.
    #[doc(alias = "set-baudrate")]
    pub fn set_baudrate(&mut self, baud: u32) -> Result<(), Error> {
        let command = Tag::SET_BAUDRATE;
        self.send(&Command::set_baudrate(baud))?;
        let timeout = self.timeouts.command;
        // SPSDK reads one word; accept a HAB state before it as well
        let first = self.receive(command, Want::Status, timeout)?;
        let status = match first {
            Answer::Hab(bytes) => {
                self.learn_hab(command, bytes)?;
                self.status(command, timeout)?
            }
            Answer::Block(block) => match block
                .first_chunk()
                .map(|w| u32::from_be_bytes(*w))
                .and_then(Hab::from_word)
            {
                Some(hab) => {
                    self.hab = Some(hab);
                    self.status(command, timeout)?
                }
                None => word(command, &block)?,
            },
        };
        if !DCD_OR_BAUD.contains(&status) {
            return Err(Error::Refused { command, status });
        }
        self.link.set_baud(baud).map_err(|e| e.during(command))
    }

    /// Gets in step again where an answer seems to be that to an earlier command: listens for some time, and throws away what comes.
    ///
    /// # Errors
    /// The link's.
    pub fn get_in_step(&mut self) -> Result<(), Error> {
        for _ in 0..LISTENS {
            self.link.drain().map_err(|e| e.during(Tag::ERROR_STATUS))?;
        }
        self.drained = true;
        Ok(())
    }

    fn send(&mut self, command: &Command) -> Result<(), Error> {
        if !self.drained {
            self.link.drain().map_err(|e| e.during(command.tag))?;
            self.drained = true;
        }
        self.link
            .command(command)
            .map_err(|e| e.during(command.tag))
    }

    fn send_data(
        &mut self,
        command: Tag,
        data: &[u8],
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Error> {
        let mut sent = 0;
        for piece in data.chunks(DATA_PIECE) {
            self.link.data(piece).map_err(|e| e.during(command))?;
            sent += piece.len() as u64;
            progress(sent);
        }
        Ok(())
    }

    /// The next answer. After a silence or nonsense the next command starts with a drain, for the answer may come late.
    fn receive(&mut self, command: Tag, want: Want, timeout: Duration) -> Result<Answer, Error> {
        let answer = self.link.receive(want, timeout);
        if !matches!(answer, Ok(Some(_))) {
            self.drained = false;
        }
        answer
            .map_err(|e| e.during(command))?
            .ok_or(Error::Timeout {
                command,
                waited: timeout,
            })
    }

    fn expect_hab(&mut self, command: Tag, timeout: Duration) -> Result<(), Error> {
        match self.receive(command, Want::Hab, timeout)? {
            Answer::Hab(bytes) => self.learn_hab(command, bytes),
            Answer::Block(block) => {
                self.check_refusal(command, &block)?;
                self.drained = false;
                Err(protocol(
                    command,
                    "a status or data before the HAB state",
                    &block,
                ))
            }
        }
    }

    fn learn_hab(&mut self, command: Tag, bytes: [u8; 4]) -> Result<(), Error> {
        self.check_refusal(command, &bytes)?;
        let hab = Hab::from_word(u32::from_be_bytes(bytes));
        self.drained = hab.is_some();
        self.hab = Some(hab.ok_or_else(|| protocol(command, "an unknown HAB state", &bytes))?);
        Ok(())
    }

    /// A refusal stands where data, a status or the HAB state would. A register with this value reads like one, too. What may
    /// still come is then unknown, so the next command starts with a drain.
    fn check_refusal(&mut self, command: Tag, answer: &[u8]) -> Result<(), Error> {
        let Some(word) = answer.first_chunk() else {
            return Ok(());
        };
        let status = Status::from_bytes(*word);
        // an event in the place of data, as an i.MX8 answers a refused read
        let refused = status == Status::REFUSED_89 || status.hab_event().is_some();
        if !refused {
            return Ok(());
        }
        self.drained = false;
        Err(Error::Refused { command, status })
    }

    fn expect_block(
        &mut self,
        command: Tag,
        want: Want,
        timeout: Duration,
    ) -> Result<Vec<u8>, Error> {
        match self.receive(command, want, timeout)? {
            Answer::Block(block) => Ok(block),
            Answer::Hab(bytes) => {
                self.drained = false;
                Err(protocol(command, "a second HAB state", &bytes))
            }
        }
    }

    fn status(&mut self, command: Tag, timeout: Duration) -> Result<Status, Error> {
        let block = self.expect_block(command, Want::Status, timeout)?;
        word(command, &block)
    }

    fn expect_status(
        &mut self,
        command: Tag,
        good: &[Status],
        timeout: Duration,
    ) -> Result<(), Error> {
        self.expect_hab(command, timeout)?;
        let status = self.status(command, timeout)?;
        match good.contains(&status) {
            true => Ok(()),
            false => Err(Error::Refused { command, status }),
        }
    }
}

/// Both words that mean "write complete".
const WRITE_COMPLETE: [Status; 2] = [Status::WRITE_COMPLETE, Status::WRITE_COMPLETE_ALTERNATIVE];

/// "DCD will be skipped" and "baud rate set" are each other's mirror image, and no source settles in which byte order the
/// ROM sends them: the command tells which one is meant.
const DCD_OR_BAUD: [Status; 2] = [Status::DCD_SKIPPED, Status::BAUDRATE_SET];

fn word(command: Tag, block: &[u8]) -> Result<Status, Error> {
    match block.first_chunk() {
        Some(word) => Ok(Status(u32::from_be_bytes(*word))),
        None => Err(protocol(command, "a status that is too short", block)),
    }
}

fn length(command: Tag, bytes: usize) -> Result<u32, Error> {
    u32::try_from(bytes).map_err(|_| Error::Argument {
        command,
        what: "more than 4 GiB of data",
    })
}

fn check_aligned(command: Tag, address: u32, width: Width) -> Result<(), Error> {
    match address.is_multiple_of(width.bytes()) {
        true => Ok(()),
        false => Err(Error::Argument {
            command,
            what: "the address is no multiple of the access width",
        }),
    }
}
