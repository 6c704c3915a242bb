//! A ring of transfer descriptors for one endpoint and direction.

use super::memory::{self, Buffer, Words};
use super::registers::{ACTIVE, COMMAND, PRIME, TAIL_TRIPWIRE};
use crate::breadcrumb::{self, Error};
use crate::mmio::barrier;
use crate::time;

/// Words of a transfer descriptor.
pub(super) const NEXT: u32 = 0;
const TOKEN: u32 = 1;
const PAGES: u32 = 2;
/// Words of a queue head: the capabilities, then a copy of the descriptor in work from word 2 on.
const CAPABILITIES: u32 = 0;
const HEAD_NEXT: u32 = 2;
const HEAD_TOKEN: u32 = 3;

const END_OF_LIST: u32 = 1;
const TOKEN_ACTIVE: u32 = 1 << 7;
/// Halted, buffer error, transaction error.
const TOKEN_ERRORS: u32 = 1 << 6 | 1 << 5 | 1 << 3;
const INTERRUPT_ON_COMPLETE: u32 = 1 << 15;
/// Capabilities: the controller adds no empty packet of its own.
pub(super) const NO_ZERO_PACKET: u32 = 1 << 29;
/// Capabilities: the head of a control endpoint reports set-up packets.
pub(super) const ON_SETUP: u32 = 1 << 15;

/// The controller clears its tripwire only when it looks at the list in the same instant.
const TRIPWIRE_LIMIT: u32 = 100;

/// What a finished transfer brought.
#[derive(Clone, Copy)]
pub(super) struct Done {
    pub slot: usize,
    /// Bytes that were not moved.
    pub left: usize,
    /// Whether the controller reported an error.
    pub failed: bool,
}

/// Descriptors `first_transfer..` and buffers `first_buffer..`, used in turn.
pub(super) struct Queue {
    bit: u32,
    head: usize,
    first_transfer: usize,
    first_buffer: usize,
    slots: usize,
    oldest: usize,
    used: usize,
}

impl Queue {
    pub const fn new(
        bit: u32,
        head: usize,
        first_transfer: usize,
        first_buffer: usize,
        slots: usize,
    ) -> Queue {
        Queue {
            bit,
            head,
            first_transfer,
            first_buffer,
            slots,
            oldest: 0,
            used: 0,
        }
    }

    /// The same memory for another endpoint, once both are flushed; [`Queue::restart`] must follow.
    pub fn move_to(&mut self, bit: u32, head: usize) {
        self.bit = bit;
        self.head = head;
    }

    /// Forgets all transfers; the endpoint has been flushed. From now on with `slots` of the buffers.
    pub fn restart(&mut self, packet: usize, slots: usize) {
        self.forget();
        self.slots = slots;
        let head = memory::head(self.head);
        head.write(CAPABILITIES, (packet as u32) << 16 | NO_ZERO_PACKET);
        head.write(HEAD_NEXT, END_OF_LIST);
        head.write(HEAD_TOKEN, 0);
    }

    /// Forgets all transfers; the endpoint has been flushed and is off.
    pub fn forget(&mut self) {
        self.oldest = 0;
        self.used = 0;
    }

    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The slot that [`Queue::push`] takes next.
    pub fn free(&self) -> Option<usize> {
        (self.used < self.slots).then_some((self.oldest + self.used) % self.slots)
    }

    pub fn buffer(&self, slot: usize) -> Buffer {
        memory::buffer(self.first_buffer + slot)
    }

    fn transfer(&self, slot: usize) -> Words {
        memory::transfer(self.first_transfer + slot)
    }

    /// Gives the next slot to the controller.
    pub fn push(&mut self, length: usize) {
        let Some(slot) = self.free() else { return };
        let transfer = self.transfer(slot);
        fill(transfer, self.buffer(slot).address(), length);
        barrier();
        match self.used {
            0 => self.start(transfer),
            used => self.append(
                transfer,
                self.transfer((self.oldest + used - 1) % self.slots),
            ),
        }
        self.used += 1;
    }

    /// Links a descriptor behind the last one. The controller may be about to finish that one without seeing the link:
    /// while its add-to-tail tripwire holds, ENDPTSTAT tells whether it goes on.
    fn append(&self, transfer: Words, last: Words) {
        last.write(NEXT, transfer.address());
        barrier();
        if PRIME.has(self.bit) {
            return;
        }
        let mut goes_on = false;
        let settled = time::wait(TRIPWIRE_LIMIT, || {
            COMMAND.set(TAIL_TRIPWIRE);
            goes_on = ACTIVE.has(self.bit);
            COMMAND.has(TAIL_TRIPWIRE)
        });
        if settled.is_err() {
            breadcrumb::fail(Error::UsbAddToTail, self.bit);
        }
        COMMAND.clear(TAIL_TRIPWIRE);
        if !goes_on {
            self.start(transfer);
        }
    }

    fn start(&self, transfer: Words) {
        start(memory::head(self.head), transfer, self.bit);
    }

    /// The oldest transfer, once the controller is done with it.
    pub fn front(&self) -> Option<Done> {
        if self.used == 0 {
            return None;
        }
        let token = self.transfer(self.oldest).read(TOKEN);
        (token & TOKEN_ACTIVE == 0).then_some(Done {
            slot: self.oldest,
            left: (token >> 16 & 0x7FFF) as usize,
            failed: token & TOKEN_ERRORS != 0,
        })
    }

    /// Takes the oldest transfer off.
    pub fn pop(&mut self) {
        if self.used > 0 {
            self.oldest = (self.oldest + 1) % self.slots;
            self.used -= 1;
        }
    }
}

/// Makes a descriptor of its own list.
pub(super) fn fill(transfer: Words, address: u32, length: usize) {
    transfer.write(NEXT, END_OF_LIST);
    transfer.write(PAGES, address);
    for page in 1..5 {
        transfer.write(PAGES + page, (address & !0xFFF) + 0x1000 * page);
    }
    transfer.write(
        TOKEN,
        (length as u32) << 16 | INTERRUPT_ON_COMPLETE | TOKEN_ACTIVE,
    );
}

/// Hands a list to an endpoint that is idle.
pub(super) fn start(head: Words, transfer: Words, bit: u32) {
    prepare(head, transfer);
    barrier();
    PRIME.write(bit);
}

/// Puts a list at a queue head, without telling the controller.
pub(super) fn prepare(head: Words, transfer: Words) {
    head.write(HEAD_NEXT, transfer.address());
    head.write(HEAD_TOKEN, 0);
}
