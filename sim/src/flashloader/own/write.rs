//! WriteMemory: flash is programmed in whole pages.

use super::super::processor::command::tag;
use super::super::status::{Status, WRITE_ALIGNMENT};
use super::memory::{self, Place};
use super::pace;
use super::server::{Phase, Server};
use crate::machine::Machine;

impl Server {
    /// The first answer never fails: the address is judged when data come.
    pub(super) fn write(&mut self, m: &mut Machine, start: u32, length: u32, memory: u32) {
        self.finish(tag::WRITE_MEMORY, Ok(()));
        if length == 0 {
            return self.finish(tag::WRITE_MEMORY, Ok(()));
        }
        self.phase = Phase::Write {
            place: memory::writable(m, &self.flash, start, length, memory),
            left: length as usize,
            held: Vec::new(),
        };
    }

    /// A piece of a write; more bytes than are left are cut.
    pub(super) fn data(&mut self, m: &mut Machine, bytes: &[u8]) {
        let phase = std::mem::replace(&mut self.phase, Phase::None);
        let Phase::Write {
            place,
            left,
            mut held,
        } = phase
        else {
            return;
        };
        let bytes = &bytes[..bytes.len().min(left)];
        let left = left - bytes.len();
        m.clock.work(pace::COPY_BYTE_NS * bytes.len() as u64);
        let written = place.and_then(|place| self.put(m, place, &mut held, bytes));
        match written {
            Err(status) if left > 0 => self.refuse(tag::WRITE_MEMORY, status),
            Err(status) => self.finish(tag::WRITE_MEMORY, Err(status)),
            Ok(place) if left == 0 => {
                let result = self.put_rest(m, place, &held);
                self.finish(tag::WRITE_MEMORY, result);
            }
            Ok(place) => {
                self.phase = Phase::Write {
                    place: Ok(place),
                    left,
                    held,
                };
            }
        }
    }

    /// Puts bytes at a place; flash is programmed in whole pages, the rest is held. The place behind what is written.
    pub(super) fn put(
        &mut self,
        m: &mut Machine,
        place: Place,
        held: &mut Vec<u8>,
        bytes: &[u8],
    ) -> Result<Place, Status> {
        let offset = match place {
            Place::Ram(address) => {
                m.ram.write(address, bytes);
                return Ok(Place::Ram(address + bytes.len() as u32));
            }
            Place::Flash(offset) => offset,
        };
        let page = self.flash.configured()?.page as usize;
        if !(offset as usize).is_multiple_of(page) {
            return Err(WRITE_ALIGNMENT);
        }
        // a page that was begun is programmed on its own, the whole pages behind it together
        let mut at = offset;
        let mut rest = bytes;
        if !held.is_empty() {
            let (first, behind) = rest.split_at(rest.len().min(page - held.len()));
            held.extend_from_slice(first);
            rest = behind;
            if held.len() < page {
                return Ok(Place::Flash(at));
            }
            self.program(m, at, held)?;
            held.clear();
            at += page as u32;
        }
        let (whole, behind) = rest.split_at(rest.len() / page * page);
        self.program(m, at, whole)?;
        held.extend_from_slice(behind);
        Ok(Place::Flash(at + whole.len() as u32))
    }

    fn program(&mut self, m: &mut Machine, offset: u32, pages: &[u8]) -> Result<(), Status> {
        if pages.is_empty() {
            return Ok(());
        }
        let result = self.flash.program(m, offset, pages);
        self.note(m, 0, result, Status::from)
    }

    /// Programs what is held, the rest of its page as ones.
    pub(super) fn put_rest(
        &mut self,
        m: &mut Machine,
        place: Place,
        held: &[u8],
    ) -> Result<(), Status> {
        let (Place::Flash(offset), [_, ..]) = (place, held) else {
            return Ok(());
        };
        let mut page = held.to_vec();
        page.resize(self.flash.configured()?.page as usize, 0xFF);
        self.program(m, offset, &page)
    }
}
