//! Stream: erases and programs by records, while the next ones arrive.

use loader_codec::{Crc32, Decoder};
use loader_nor::Error;
use rtboot_wire::loader::Failure;
use rtboot_wire::loader::stream::{Action, Head, Program};
use rtboot_wire::mboot::{Command, Status, Tag};

use crate::board::{Board, LinkLost, Payload};
use crate::data::{expected, receive_data};
use crate::loader::{Loader, NO_FAILURE, Next, finish, parameters};
use crate::status;

/// How far the stream has come.
struct Stream {
    /// Bytes that are still to come.
    left: usize,
    /// Of the records so far.
    result: Result<(), Status>,
    /// Pages are not read back: the host reads all of them.
    unread: bool,
    /// Number of the record that is being taken.
    record: u32,
    head: [u8; Head::LEN],
    /// Bytes of `head` that are there.
    held: usize,
    body: Option<Body>,
}

/// What comes behind a head.
struct Body {
    address: u32,
    offset: u32,
    program: Program,
    /// Bytes that are still to come.
    left: usize,
    /// Bytes in the window; raw records only.
    done: usize,
    decoder: Decoder,
}

impl Loader<'_> {
    #[inline(never)]
    pub(crate) fn stream(
        &mut self,
        board: &mut impl Board,
        command: &Command,
        payload: &mut Payload,
    ) -> Result<Next, LinkLost> {
        let [length, options] = parameters(command);
        let ready = match options {
            0 | rtboot_wire::loader::UNREAD => self.geometry().map(|_| ()),
            _ => Err(Status::INVALID_ARGUMENT),
        };
        finish(board, command.tag, ready)?;
        if ready.is_err() {
            return Ok(Next::Wait);
        }
        self.failure = NO_FAILURE;
        let mut stream = Stream {
            left: length as usize,
            result: Ok(()),
            unread: options != 0,
            record: 0,
            head: [0; Head::LEN],
            held: 0,
            body: None,
        };
        let received = self.take_stream(board, payload, &mut stream);
        // however it ended: nobody else knows of a page under way
        let ended = self.end_pages(board, &mut stream);
        if let Some(next) = received? {
            return Ok(next);
        }
        let mut result = stream.result.and(ended);
        if result.is_ok() && (stream.held > 0 || stream.body.is_some()) {
            result = Err(Status::LOADER_BAD_RECORD);
            self.fail(&stream, 0, Status::LOADER_BAD_RECORD);
        }
        finish(board, command.tag, result)
    }

    /// Takes the data until they are all there, or the host ends them.
    fn take_stream(
        &mut self,
        board: &mut impl Board,
        payload: &mut Payload,
        stream: &mut Stream,
    ) -> Result<Option<Next>, LinkLost> {
        while stream.left > 0 {
            let ended = receive_data(board, Tag::LOADER_STREAM, payload, stream.left)?;
            if ended.is_some() {
                return Ok(ended);
            }
            let bytes = payload.bytes();
            stream.left -= bytes.len();
            // behind a failure the host's data are taken, or it would wait for ever
            if stream.result.is_ok() {
                stream.result = self.take_records(board, stream, bytes);
            }
        }
        Ok(None)
    }

    fn end_pages(&mut self, board: &mut impl Board, stream: &mut Stream) -> Result<(), Status> {
        match self.flash.end_pages(board) {
            Ok(()) => Ok(()),
            error => self.judge_change(board, stream, error, 0xFF, Status::LOADER_NOT_PROGRAMMED),
        }
    }

    /// Keeps why a record failed before flash was touched.
    fn fail(&mut self, stream: &Stream, address: u32, status: Status) {
        self.failure = Failure {
            status,
            record: stream.record,
            address,
            ..NO_FAILURE
        };
    }

    fn take_records(
        &mut self,
        board: &mut impl Board,
        stream: &mut Stream,
        mut bytes: &[u8],
    ) -> Result<(), Status> {
        while !bytes.is_empty() {
            let Some(body) = &mut stream.body else {
                let (now, rest) = bytes.split_at(bytes.len().min(Head::LEN - stream.held));
                stream.head[stream.held..stream.held + now.len()].copy_from_slice(now);
                stream.held += now.len();
                bytes = rest;
                if stream.held == Head::LEN {
                    stream.held = 0;
                    self.begin_record(board, stream)?;
                }
                continue;
            };
            let (now, rest) = bytes.split_at(bytes.len().min(body.left));
            bytes = rest;
            body.left -= now.len();
            let is_last = body.left == 0;
            let taken = match body.program.lz4 {
                true => body
                    .decoder
                    .update(now, &mut self.window[..body.program.length as usize]),
                false => {
                    // raw records are never longer than the window: their head says so
                    self.window[body.done..body.done + now.len()].copy_from_slice(now);
                    body.done += now.len();
                    Ok(())
                }
            };
            if taken.is_err() {
                let address = body.address;
                self.fail(stream, address, Status::LOADER_BAD_DATA);
                return Err(Status::LOADER_BAD_DATA);
            }
            if is_last {
                self.end_record(board, stream)?;
            }
        }
        Ok(())
    }

    fn begin_record(&mut self, board: &mut impl Board, stream: &mut Stream) -> Result<(), Status> {
        let head = Head::parse(stream.head);
        let judged = match head {
            Some(head) => self.judge_record(board, head),
            None => Err(Status::LOADER_BAD_RECORD),
        };
        let (head, offset) = match judged {
            Ok(judged) => judged,
            Err(status) => {
                self.fail(stream, head.map_or(0, |head| head.address), status);
                return Err(status);
            }
        };
        let program = match head.action {
            Action::Erase(length) => return self.erase_record(board, stream, offset, length),
            Action::Program(program) => program,
        };
        stream.body = Some(Body {
            address: head.address,
            offset,
            program,
            left: program.packed.into(),
            done: 0,
            decoder: Decoder::new(),
        });
        Ok(())
    }

    /// The offset in flash, when the record lies in it and on its pages or sectors.
    fn judge_record(&self, board: &mut impl Board, head: Head) -> Result<(Head, u32), Status> {
        let geometry = self.geometry()?;
        let (length, unit, multiple) = match head.action {
            Action::Erase(length) => (length, geometry.sector, length),
            Action::Program(program) => (program.length, geometry.page, 0),
        };
        let offset = self.flash_offset(board, head.address, length)?;
        match (offset | multiple) & (unit - 1) {
            0 => Ok((head, offset)),
            _ => Err(Status::LOADER_BAD_RECORD),
        }
    }

    fn erase_record(
        &mut self,
        board: &mut impl Board,
        stream: &mut Stream,
        offset: u32,
        length: u32,
    ) -> Result<(), Status> {
        self.end_pages(board, stream)?;
        let result = match length == self.geometry()?.size {
            true => self.flash.erase_all(board),
            false => self.flash.erase(board, offset, offset + length),
        };
        self.judge_change(board, stream, result, 0xFF, Status::LOADER_NOT_ERASED)
    }

    fn end_record(&mut self, board: &mut impl Board, stream: &mut Stream) -> Result<(), Status> {
        let Some(body) = stream.body.take() else {
            return Ok(());
        };
        let length = body.program.length as usize;
        let mut crc = Crc32::new();
        crc.update(&self.window[..length]);
        let is_whole = !body.program.lz4 || body.decoder.finish(length).is_ok();
        if !is_whole || crc.finish() != body.program.crc {
            self.fail(stream, body.address, Status::LOADER_BAD_DATA);
            return Err(Status::LOADER_BAD_DATA);
        }
        let padded = length.next_multiple_of(self.geometry()?.page as usize);
        let data = &mut self.window[..padded];
        data[length..].fill(0xFF);
        let result = match stream.unread {
            true => self.flash.write_pages(board, body.offset, data),
            false => self.flash.overwrite(board, body.offset, data),
        };
        let byte = expected(&self.flash, data, body.offset, result);
        self.judge_change(board, stream, result, byte, Status::LOADER_NOT_PROGRAMMED)
    }

    /// Goes on to the next record, or keeps where this one failed.
    #[inline(never)]
    fn judge_change(
        &mut self,
        board: &mut impl Board,
        stream: &mut Stream,
        result: Result<(), Error>,
        expected: u8,
        differs: Status,
    ) -> Result<(), Status> {
        let Err(error) = self.note(board, result, expected) else {
            stream.record += 1;
            return Ok(());
        };
        let status = match error {
            Error::Verify => differs,
            error => status::own(error),
        };
        self.failure.status = status;
        self.failure.record = stream.record;
        Err(status)
    }
}

const _: () = assert!(rtboot_wire::loader::stream::MOST as usize <= crate::WINDOW);
