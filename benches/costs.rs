//! What the jobs of a day cost on the virtual board: reports, USB transactions, flash operations, modelled time, and how
//! far that is from the least that bus and flash allow. The same on every machine: `cargo bench --bench costs`.

#[path = "../tests/kit/mod.rs"]
mod kit;

use std::time::Duration;

use kit::board::{Rig, old_flash};
use kit::{app, app_bytes};
use rtboot::doctor::{self, Request};

/// One USB transaction on an interrupt endpoint at high speed.
const TRANSACTION: Duration = Duration::from_micros(500);
/// IS25LP064A, typical: page program, sector and block erase.
const PAGE: Duration = Duration::from_micros(200);
const SECTOR: Duration = Duration::from_millis(48);
const BLOCK: Duration = Duration::from_millis(304);

/// Counters of the board at one moment.
struct Mark {
    out: u64,
    back: u64,
    transactions: u64,
    operations: u64,
    time: Duration,
}

fn mark(rig: &Rig) -> Mark {
    let board = rig.virtual_board.board();
    let (counts, costs) = (board.counts(), board.costs());
    Mark {
        out: counts.usb_out,
        back: counts.usb_in,
        transactions: costs.in1 + costs.out2,
        operations: counts.nor_operations,
        time: board.elapsed(),
    }
}

fn row(job: &str, before: &Mark, after: &Mark, least: Duration) {
    let time = after.time - before.time;
    println!(
        "| {job} | {} | {} | {} | {} | {:.3} s | {:.3} s | {:.1} |",
        after.out - before.out,
        after.back - before.back,
        after.transactions - before.transactions,
        after.operations - before.operations,
        time.as_secs_f64(),
        least.as_secs_f64(),
        time.as_secs_f64() / least.as_secs_f64(),
    );
}

/// The least time to read so many bytes: two transactions for each 1016.
fn reading(bytes: usize) -> Duration {
    TRANSACTION * 2 * bytes.div_ceil(1016) as u32
}

/// The least time to send and program so many bytes: one transaction for each 1014, and the pages' own time.
fn programming(bytes: usize) -> Duration {
    TRANSACTION * bytes.div_ceil(1014) as u32 + PAGE * bytes.div_ceil(256) as u32
}

/// Blinky with data behind it, 256 KiB in all.
fn large(seed: usize) -> Vec<u8> {
    let mut image = app_bytes("blinky.bin");
    image.resize(0x4_0000, 0);
    for (i, byte) in image.iter_mut().enumerate().skip(0x1000) {
        *byte = ((i / 7) ^ (i >> 9) ^ seed) as u8;
    }
    image
}

fn job(rig: &mut Rig, name: &str, image: &[u8], least: Duration) {
    rig.flashloader().expect("a flashloader");
    let before = mark(rig);
    rig.write_bytes(image, "image.bin", "issi.cfg").expect(name);
    row(name, &before, &mark(rig), least);
}

fn main() {
    println!(
        "| job, flashloader running | reports out | in | transactions | flash operations | modelled | least | ratio |"
    );
    println!("|--|--|--|--|--|--|--|--|");
    let (small, big) = (app_bytes("blinky.bin"), large(0));
    let touched = 0x3000;
    let mut rig = Rig::fresh();
    job(
        &mut rig,
        "blinky on a blank part",
        &small,
        reading(2 * touched) + programming(small.len() + 0x300),
    );
    job(&mut rig, "the same again", &small, reading(touched));
    let fast = app_bytes("blinky_fast.bin");
    job(
        &mut rig,
        "one changed sector",
        &fast,
        reading(2 * touched) + SECTOR * 2 + programming(fast.len() + 0x200),
    );
    let mut rig = Rig::fresh();
    let (read, write) = (reading(0x4_2000), programming(big.len() + 0x300));
    job(&mut rig, "256 KiB on a blank part", &big, read * 2 + write);
    job(&mut rig, "256 KiB again", &big, read);
    let mut changed = big.clone();
    changed[0x2_0000] ^= 0xFF;
    job(
        &mut rig,
        "one changed byte in 256 KiB",
        &changed,
        read * 2 + SECTOR * 2 + programming(0x1000 + 0x200),
    );
    let mut rig = Rig::with_flash(old_flash(0x5_0000));
    job(
        &mut rig,
        "256 KiB over old data",
        &big,
        read * 3 + SECTOR * 3 + BLOCK * 4 + write,
    );
    doctor_row();
}

/// The doctor on a healthy board, once the flashloader runs.
fn doctor_row() {
    let mut rig = Rig::fresh();
    rig.write(app("blinky.elf"), "issi.cfg").expect("written");
    rig.flashloader().expect("a flashloader");
    let before = mark(&rig);
    let host = doctor::host(&rtboot::Selector::Virtual(None));
    let request = Request {
        chip: None,
        loader: &rtboot::LoaderSource::Auto,
        expected: None,
        app: None,
        journals: None,
    };
    let facts = doctor::gather(&mut rig.board, host, request, &mut ());
    assert!(doctor::examine(&facts).is_healthy(), "a healthy board");
    // it cannot do without one look at header and vectors
    row(
        "doctor, healthy board",
        &before,
        &mark(&rig),
        reading(0x3000),
    );
}
