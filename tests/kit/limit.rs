//! The least time that a write can take: formula and sources in docs/dev/limits.md. No code of rtboot is used here.

use std::time::Duration;

use rtboot_sim::nor::{Part, Times};

use super::cells::{Cell, Change, Loader, Wire};

const PAGE: usize = 0x100;
const SECTOR: usize = 0x1000;
const BLOCK: usize = 0x1_0000;

const US: u64 = 1_000;

/// What one command costs on the wire, in nanoseconds.
struct Costs {
    /// A command, its answers and the loader's own work for it.
    command: u64,
    /// A last answer more, behind data.
    answer: u64,
    /// Data to the loader: bytes of a packet, its cost.
    out: (usize, u64),
    /// Data from it.
    back: (usize, u64),
    /// A byte that the loader takes from a packet, and one that it puts into one.
    taken: u64,
    given: u64,
    /// A byte that the loader reads from flash through the quad read, and compares.
    looked: u64,
    /// What a page costs beside its own program time and its bytes.
    page: u64,
    /// Questions and set-ups that no write can do without.
    session: u64,
}

/// Reads on four pads at 104 MHz: 20 ns a byte with the command of each 256.
const QUAD_BYTE: u64 = 20;
/// A page on one pad at 30 MHz.
const PAGE_TRANSFER: u64 = 256 * 8 * 1_000 / 30;
/// Work of NXP's firmware: see `Costs`; measured on the genuine one.
const NXP_COMMAND: u64 = 30 * US;
const NXP_PAGE: u64 = 20 * US + 3 * 8 * US;
const NXP_COMPARE: u64 = 60;

fn nxp_usb() -> Costs {
    let transaction = 500 * US;
    nxp(
        3 * transaction,
        2 * transaction,
        (1014, transaction),
        (1016, 2 * transaction),
    )
}

fn nxp_uart(byte: u64) -> Costs {
    // a frame has six bytes before its payload, an acknowledgement two
    let frame = |payload: u64| (6 + payload + 2) * byte;
    let data = (1024, frame(1024));
    nxp(frame(16) + frame(12), frame(12), data, data)
}

/// NXP's firmware behind a wire where a command, an answer and the packets of data cost so much.
fn nxp(command: u64, answer: u64, out: (usize, u64), back: (usize, u64)) -> Costs {
    let mut costs = Costs {
        command: command + NXP_COMMAND,
        answer,
        out,
        back,
        taken: 75,
        given: 135,
        looked: NXP_COMPARE + QUAD_BYTE,
        page: NXP_PAGE,
        session: 0,
    };
    costs.session = session(&costs);
    costs
}

/// rtboot's own loader works while data travel, so the flash's time alone counts, or the wire's where that is longer.
fn own(wire: Wire) -> Costs {
    let (out, back) = match wire {
        // bulk and interrupt packets at high speed: 13 packets of 512 bytes, or one report of 1024, each 125 µs
        Wire::HighSpeed => ((1024, 125 * US), (13 * 512, 125 * US)),
        Wire::Uart => (
            (1024, 1024 * 10_000_000 / 1_152),
            (1024, 1024 * 10_000_000 / 1_152),
        ),
        Wire::FastUart => (
            (1024, 1024 * 10_000_000 / 9_216),
            (1024, 1024 * 10_000_000 / 9_216),
        ),
    };
    Costs {
        command: 250 * US,
        answer: 125 * US,
        out,
        back,
        taken: 0,
        given: 0,
        looked: QUAD_BYTE,
        page: 0,
        session: 0,
    }
}

fn data(length: usize, (packet, cost): (usize, u64)) -> u64 {
    length.div_ceil(packet) as u64 * cost
}

impl Costs {
    fn read(&self, length: usize, byte: u64) -> u64 {
        self.command + data(length, self.back) + (self.given + byte) * length as u64 + self.answer
    }

    /// A block in RAM, and taken.
    fn set_up(&self) -> u64 {
        self.write_ram(512) + self.command
    }

    /// The same, read back before it is taken: one wrong bit makes another erase of it.
    fn set_up_to_write(&self) -> u64 {
        self.set_up() + self.read(512, 0)
    }

    fn write_ram(&self, length: usize) -> u64 {
        self.command + data(length, self.out) + self.taken * length as u64 + self.answer
    }
}

/// Silence after which no report of an earlier host is left in a loader that ran already.
const SILENCE: u64 = 20_000 * US;

/// The silence; version, largest packet, chip, its package, unique id, reserved RAM, state of the flash; then set-up and reading of
/// id, SFDP, status, and of the header on one pad; the reset of the flash and the set-up to write.
fn session(costs: &Costs) -> u64 {
    let ask = |length| costs.set_up() + costs.read(length, 8 * 1_000 / 30);
    let asked = ask(3) + ask(256) + ask(4) + ask(0x2000);
    SILENCE + 7 * costs.command + asked + 2 * costs.set_up_to_write()
}

/// What must happen to one sector.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Nothing,
    Program,
    Erase,
}

fn blank(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0xFF)
}

fn need(before: &[u8], after: &[u8]) -> Need {
    let mut pages = before.chunks(PAGE).zip(after.chunks(PAGE));
    match () {
        () if before == after => Need::Nothing,
        () if pages.all(|(old, new)| old == new || blank(old)) => Need::Program,
        () => Need::Erase,
    }
}

/// Erases and programs of the least change: their own time, how many commands, how many bytes are looked at by the loader after
/// erases, and how many pages are sent.
#[derive(Default, Clone, Copy)]
struct Work {
    erase: u64,
    commands: u64,
    erased: usize,
    pages: usize,
    /// Whether blocks are erased, which is another set-up.
    blocks: bool,
}

impl Work {
    /// With NXP's loader: erases of blocks, and programs, each have a set-up of their own; the flash is asked for its id again before
    /// bytes that are kept are erased.
    fn set_ups(&self, costs: &Costs) -> u64 {
        let count = u64::from(self.blocks) + u64::from(self.pages > 0);
        let again = costs.set_up() + costs.read(3, 0);
        match costs.session {
            0 => 0,
            _ if self.pages == 0 && self.commands == 0 => 0,
            _ => count * costs.set_up_to_write() + again,
        }
    }

    fn time(&self, costs: &Costs, times: &Times) -> u64 {
        let page = times.page_program + PAGE_TRANSFER + costs.page + 2 * PAGE as u64 * costs.looked;
        let erases = self.erase + self.commands * costs.command + self.erased as u64 * costs.looked;
        let sent = data(self.pages * PAGE, costs.out) + self.taken(costs);
        let programs = match costs.page {
            // own: the wire runs beside the flash
            0 => sent.max(self.pages as u64 * (times.page_program + PAGE_TRANSFER)),
            _ => sent + self.pages as u64 * page,
        };
        let program = costs.command + costs.answer + programs;
        erases + if self.pages > 0 { program } else { 0 }
    }

    fn taken(&self, costs: &Costs) -> u64 {
        (self.pages * PAGE) as u64 * costs.taken
    }

    fn plus(self, other: Work) -> Work {
        Work {
            erase: self.erase + other.erase,
            commands: self.commands + other.commands,
            erased: self.erased + other.erased,
            pages: self.pages + other.pages,
            blocks: self.blocks || other.blocks,
        }
    }
}

fn pages(bytes: &[u8]) -> usize {
    bytes.chunks(PAGE).filter(|page| !blank(page)).count()
}

/// The cheapest way for one block: its sectors one by one, or all of it, with what must stay programmed again.
fn block(before: &[u8], after: &[u8], first: bool, costs: &Costs, times: &Times) -> Work {
    let mut single = Work::default();
    for (number, (old, new)) in before.chunks(SECTOR).zip(after.chunks(SECTOR)).enumerate() {
        let erase = Work {
            erase: times.erase_4k,
            commands: 1,
            erased: SECTOR,
            pages: pages(new),
            blocks: false,
        };
        single = single.plus(match need(old, new) {
            // the FCB goes first and comes last
            _ if first && number == 0 => erase,
            Need::Erase => erase,
            Need::Nothing => Work::default(),
            Need::Program => {
                let pairs = old.chunks(PAGE).zip(new.chunks(PAGE));
                Work {
                    pages: pairs.filter(|(old, new)| old != new).count(),
                    ..Work::default()
                }
            }
        });
    }
    let whole = Work {
        erase: times.erase_64k + if first { times.erase_4k } else { 0 },
        commands: 1 + u64::from(first),
        erased: BLOCK,
        pages: pages(after),
        blocks: true,
    };
    match single.time(costs, times) <= whole.time(costs, times) || single.commands == 0 {
        true => single,
        false => whole,
    }
}

/// The least time of this cell, from flash before and after it.
pub fn of(cell: &Cell, before: &[u8], after: &[u8]) -> Duration {
    let times = Part::is25lp064a().times;
    let costs = match (cell.loader, cell.wire) {
        (Loader::Nxp, Wire::HighSpeed) => nxp_usb(),
        (Loader::Nxp, _) => nxp_uart(10_000_000_000 / 115_200),
        (Loader::Own, wire) => own(wire),
    };
    let mut old = before.to_vec();
    old.resize(after.len(), 0xFF);
    let touched = cell.size.next_multiple_of(SECTOR);
    let changes = old != after;
    let unboots = changes && old.starts_with(b"FCFB");
    let mut work = Work::default();
    for at in (0..touched).step_by(BLOCK) {
        let end = (at + BLOCK).min(after.len());
        let first = unboots && at == 0;
        let one = block(&old[at..end], &after[at..end], first, &costs, &times);
        work = work.plus(one);
    }
    let mut least = work.time(&costs, &times) + work.set_ups(&costs);
    if changes && cell.change != Change::Blank && blank(&old[touched..]) {
        // where nothing behind the image is lost: the FCB's sector, then all of the chip
        let chip = Work {
            erase: times.erase_chip + times.erase_4k,
            commands: 2,
            erased: after.len(),
            pages: pages(after),
            blocks: false,
        };
        least = least.min(chip.time(&costs, &times) + chip.set_ups(&costs));
    }
    // every byte of the touched sectors is read once: that proves them
    let proof = match cell.loader {
        Loader::Nxp => costs.read(touched, QUAD_BYTE),
        Loader::Own => costs.command + touched as u64 * QUAD_BYTE,
    };
    Duration::from_nanos(costs.session + least + proof)
}
