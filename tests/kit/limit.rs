//! The least time that a write can take: formula and sources in docs/dev/limits.md. No code of rtboot is used here.

use std::collections::BTreeSet;
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
    let data = (UART_PACKET, frame(1024));
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
        Wire::HighSpeed => ((1020, 125 * US), (13 * 512, 125 * US)),
        // 64 bytes each millisecond; reports of 1018 bytes out and 1021 back
        Wire::FullSpeed => ((1014, 16_000 * US), (1016, 16_000 * US)),
        Wire::Uart => uart(115_200),
        Wire::FastUart => uart(921_600),
    };
    let (command, answer) = match wire {
        Wire::HighSpeed => (250 * US, 125 * US),
        Wire::FullSpeed => (17_000 * US, 16_000 * US),
        // as NXP's: frames of 16 and 12 bytes and their acknowledgements
        Wire::Uart => (44 * 10_000_000_000 / 115_200, 20 * 10_000_000_000 / 115_200),
        Wire::FastUart => (44 * 10_000_000_000 / 921_600, 20 * 10_000_000_000 / 921_600),
    };
    Costs {
        command,
        answer,
        out,
        back,
        taken: 0,
        given: 0,
        looked: QUAD_BYTE,
        page: 0,
        session: 0,
    }
}

/// A packet of 1 KiB at this speed, ten bits a byte.
fn uart(baud: u64) -> ((usize, u64), (usize, u64)) {
    let packet = (UART_PACKET, (1024 + 8) * 10_000_000_000 / baud);
    (packet, packet)
}

/// Packets of data: over USB each takes its transactions, over a UART its bytes, with eight more around them.
fn data(length: usize, (packet, cost): (usize, u64)) -> u64 {
    let (full, rest) = (length / packet, length % packet);
    let last = match (rest, packet) {
        (0, _) => 0,
        (_, UART_PACKET) => cost * (rest as u64 + 8) / (UART_PACKET as u64 + 8),
        _ => cost,
    };
    full as u64 * cost + last
}

impl Costs {
    fn read(&self, length: usize, byte: u64) -> u64 {
        let commands = length.div_ceil(READ_PACKETS * self.back.0).max(1) as u64;
        let bytes = (self.given + byte) * length as u64;
        commands * (self.command + self.answer) + data(length, self.back) + bytes
    }

    fn write_ram(&self, length: usize) -> u64 {
        self.command + data(length, self.out) + self.taken * length as u64 + self.answer
    }
}

/// Time in which a report of an earlier host comes that waits in a loader that ran already.
const PENDING: u64 = 2_000 * US;
/// Typical erase of the whole IS25LP064A, in nanoseconds: its SFDP.
const CHIP_ERASE: u64 = 60_000_000 * US;
/// Bytes of data in a frame of a UART; no packet of USB holds so many.
const UART_PACKET: usize = 1024;
/// An FCB.
const SET_UP: usize = 512;
/// Packets of data that one read brings: a Linux hidraw ring holds 63, and what comes when it is full is lost.
const READ_PACKETS: usize = 56;

/// What came before; version, largest packet, whose loader it is, the chip's package, unique id, reserved RAM, state of the flash;
/// the chip, which NXP's loader refuses in the data phase. Then three set-ups in one piece, and what they read: id, again from another
/// place, SFDP, status.
fn session(costs: &Costs) -> u64 {
    let refused = costs.command + data(1, costs.back) + costs.answer;
    let read = |length| costs.read(length, 8 * 1_000 / 30);
    let answers = 2 * read(3) + read(256) + read(1);
    PENDING
        + 7 * costs.command
        + refused
        + costs.write_ram(3 * SET_UP)
        + 3 * costs.command
        + answers
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
/// erases, and which pages are sent.
#[derive(Default, Clone)]
struct Work {
    erase: u64,
    commands: u64,
    erased: usize,
    pages: BTreeSet<usize>,
    /// Whether sectors are erased one by one, and whether blocks are, which is another set-up.
    sectors: bool,
    blocks: bool,
}

impl Work {
    fn changes(&self) -> bool {
        self.commands > 0 || !self.pages.is_empty()
    }

    /// With NXP's loader: the set-ups of the write in one piece, those that can change flash read back, for one wrong bit makes another
    /// erase of it; each taken once. One pad, four pads and the reset of the flash always; to erase sectors, to erase blocks and to
    /// program where that is done. The id again before anything is erased or programmed. The header on one pad.
    fn set_ups(&self, costs: &Costs) -> u64 {
        if costs.session == 0 {
            return 0;
        }
        let each = [self.sectors, self.blocks, !self.pages.is_empty()];
        let count = each.iter().filter(|used| **used).count();
        let put = costs.write_ram((3 + count) * SET_UP) + costs.read((1 + count) * SET_UP, 0);
        let again = u64::from(self.changes()) * (costs.command + costs.read(3, 0));
        let header = costs.read(0x2000, 8 * 1_000 / 30);
        put + (3 + count) as u64 * costs.command + again + header
    }

    /// Commands to program: one for each run of pages without a blank one between them. The page with the FCB goes last and is read
    /// back then: a write that breaks off leaves nothing that starts.
    fn runs(&self) -> u64 {
        let last = self.pages.contains(&0);
        let begins = |page: &&usize| match **page {
            0 => true,
            1 if last => true,
            page => !self.pages.contains(&(page - 1)),
        };
        self.pages.iter().filter(begins).count() as u64
    }

    fn time(&self, costs: &Costs, times: &Times) -> u64 {
        let page = times.page_program + PAGE_TRANSFER + costs.page + 2 * PAGE as u64 * costs.looked;
        let erases = self.erase + self.commands * costs.command + self.erased as u64 * costs.looked;
        let count = self.pages.len();
        let sent = data(count * PAGE, costs.out) + (count * PAGE) as u64 * costs.taken;
        let programs = match costs.page {
            // own: the wire runs beside the flash
            0 => sent.max(count as u64 * (times.page_program + PAGE_TRANSFER)),
            _ => sent + count as u64 * page,
        };
        let commands = match costs.session {
            0 => u64::from(count > 0),
            _ => self.runs(),
        };
        let last = match self.pages.contains(&0) && costs.session > 0 {
            true => costs.read(PAGE, QUAD_BYTE),
            false => 0,
        };
        erases + commands * (costs.command + costs.answer) + programs + last
    }

    fn plus(mut self, other: Work) -> Work {
        self.pages.extend(other.pages);
        Work {
            erase: self.erase + other.erase,
            commands: self.commands + other.commands,
            erased: self.erased + other.erased,
            pages: self.pages,
            sectors: self.sectors || other.sectors,
            blocks: self.blocks || other.blocks,
        }
    }
}

/// Numbers of the pages that are not blank; `at`: offset of the first.
fn pages(bytes: &[u8], at: usize) -> BTreeSet<usize> {
    let numbered = bytes.chunks(PAGE).zip(at / PAGE..);
    let full = numbered.filter(|(page, _)| !blank(page));
    full.map(|(_, number)| number).collect()
}

/// The cheapest way for the block at this offset: its sectors one by one, or all of it, with what must stay programmed again.
fn block(
    at: usize,
    before: &[u8],
    after: &[u8],
    first: bool,
    costs: &Costs,
    times: &Times,
) -> Work {
    let mut single = Work::default();
    let sectors = before.chunks(SECTOR).zip(after.chunks(SECTOR));
    for ((old, new), start) in sectors.zip((at..).step_by(SECTOR)) {
        let erase = Work {
            erase: times.erase_4k,
            commands: 1,
            erased: SECTOR,
            pages: pages(new, start),
            sectors: true,
            blocks: false,
        };
        single = single.plus(match need(old, new) {
            // the FCB goes first and comes last
            _ if first && start == 0 => erase,
            Need::Erase => erase,
            Need::Nothing => Work::default(),
            Need::Program => {
                let pairs = old.chunks(PAGE).zip(new.chunks(PAGE)).zip(start / PAGE..);
                let differ = pairs.filter(|((old, new), _)| old != new);
                Work {
                    pages: differ.map(|(_, number)| number).collect(),
                    ..Work::default()
                }
            }
        });
    }
    let whole = Work {
        erase: times.erase_64k + if first { times.erase_4k } else { 0 },
        commands: 1 + u64::from(first),
        erased: BLOCK,
        pages: pages(after, at),
        sectors: first,
        blocks: true,
    };
    match single.time(costs, times) <= whole.time(costs, times) || single.commands == 0 {
        true => single,
        false => whole,
    }
}

/// Quad enable, where it is clear: the status once more, its write, and the proof that it stays.
fn quad_enable(costs: &Costs, times: &Times) -> u64 {
    if costs.session == 0 {
        return 0;
    }
    let status = costs.command + costs.read(1, 0);
    let write = costs.write_ram(SET_UP) + costs.read(SET_UP, 0) + costs.command + times.status;
    costs.write_ram(SET_UP) + 2 * status + write
}

/// The least time of this cell, from flash before and after it.
pub fn of(cell: &Cell, before: &[u8], after: &[u8]) -> Duration {
    let mut times = Part::is25lp064a().times;
    // what the flash tells in its SFDP: nobody can know that this one is faster
    times.erase_chip = CHIP_ERASE;
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
        let one = block(at, &old[at..end], &after[at..end], first, &costs, &times);
        work = work.plus(one);
    }
    let mut least = work.time(&costs, &times) + work.set_ups(&costs);
    if changes && cell.change != Change::Blank && blank(&old[touched..]) {
        // where nothing behind the image is lost: the FCB's sector, then all of the chip
        let chip = Work {
            erase: times.erase_chip + times.erase_4k,
            commands: 2,
            erased: after.len(),
            pages: pages(after, 0),
            sectors: true,
            blocks: false,
        };
        least = least.min(chip.time(&costs, &times) + chip.set_ups(&costs));
    }
    if cell.change == Change::Blank {
        least += quad_enable(&costs, &times);
    }
    // every byte of the touched sectors is read once: that proves them
    let proof = match cell.loader {
        Loader::Nxp => costs.read(touched, QUAD_BYTE),
        Loader::Own => costs.command + touched as u64 * QUAD_BYTE,
    };
    Duration::from_nanos(costs.session + least + proof)
}
