//! How long a write should take: the part's typical times, and what wire and loader add.

use std::time::Duration;

use rtboot_fcb::trial::reads_alike;
use rtboot_fcb::{EraseUnit, Fcb};

use super::Nor;
use super::plan::{EraseTimes, WritePlan};
use super::write::trial_bytes;
use crate::board::DEFAULT_BAUD;
use crate::event::Stage;
use crate::forecast::Coming;

/// What a byte and a command cost on a wire, with the loader's own work. NXP's: measured on the genuine flashloader in emulation.
struct Pace {
    /// A byte to the loader.
    sent: Duration,
    /// A byte from the loader.
    brought: Duration,
    /// The same, or a byte hashed where that is the proof.
    read: Duration,
    /// A command with its answer.
    command: Duration,
    /// A byte that the loader reads after an erase.
    looked: Duration,
    /// Transfer of a page to flash, and the loader's looks at it.
    page: Duration,
    /// Whether data travel while the flash works.
    streams: bool,
}

fn ns(count: u64) -> Duration {
    Duration::from_nanos(count)
}

impl Nor {
    /// Whether this FCB reads as the set-up of a verify.
    fn reads_as(&self, fcb: &Fcb) -> bool {
        reads_alike(fcb, &self.part().work_fcb(EraseUnit::Sector, 0))
    }

    fn pace(&self) -> Pace {
        let own = self.loader_facts().own.is_some();
        let (usb, bulk) = (
            self.loader_ref().sends_fast(),
            self.loader_ref().reads_fast(),
        );
        let baud = self.loader_ref().baud().unwrap_or(DEFAULT_BAUD);
        let on_uart = ns(10_200_000_000 / u64::from(baud.max(1)));
        let brought = match (own, bulk, usb) {
            (true, true, _) => ns(41),
            (true, false, true) => ns(150),
            (false, _, true) => ns(1_185),
            (_, _, false) => on_uart,
        };
        Pace {
            sent: match (usb, own) {
                (true, true) => ns(122),
                (true, false) => ns(570),
                (false, _) => on_uart,
            },
            brought,
            read: match self.proves_by_hash() {
                true => ns(145),
                false => brought,
            },
            command: match (usb, own) {
                (true, true) => ns(250_000),
                (true, false) => ns(1_530_000),
                (false, _) => on_uart * 44,
            },
            looked: if own { ns(20) } else { ns(80) },
            page: if own { ns(80_000) } else { ns(153_000) },
            streams: self.streams(),
        }
    }

    /// The stages of this plan that come, and how long they should take. Without typical times of the part less is known.
    pub fn coming(&self, plan: &WritePlan, verify: bool) -> Vec<Coming> {
        let (pace, g) = (self.pace(), *plan.geometry());
        let times = EraseTimes::of(self.part()).unwrap_or(EraseTimes {
            sector: Duration::from_millis(50),
            block: Duration::from_millis(400),
            page: Duration::from_micros(500),
        });
        let whole = self.part().times.chip_erase;
        let whole = whole.map_or(times.block * (g.size / g.block.max(1)), |span| span.typical);
        let bytes = |each: Duration, count: u64| ns(each.as_nanos() as u64 * count);
        let erases = |unit: u32, each: Duration, count: usize| {
            let all = u64::from(unit) * count as u64;
            (
                all,
                (each + pace.command) * count as u32 + bytes(pace.looked, all),
            )
        };
        let erase = match plan.erases_all() {
            true => vec![erases(g.size, whole + times.sector, 1)],
            false => vec![
                erases(g.sector, times.sector, plan.sector_erases().len()),
                erases(g.block, times.block, plan.block_erases().len()),
            ],
        };
        let program = |count: u64| {
            let page = u64::from(g.page);
            let (sent, own) = (bytes(pace.sent, page), times.page + pace.page);
            let each = if pace.streams {
                own.max(sent)
            } else {
                own + sent
            };
            (count, each * (count / page.max(1)) as u32)
        };
        let stage = |stage, spans| Coming { stage, spans };
        let read = |kind, count: u64| stage(kind, vec![(count, bytes(pace.read, count))]);
        let last = plan.last_run().map_or(0, |run| run.bytes.len() as u64);
        let mut coming = vec![
            stage(Stage::Erase, erase),
            read(
                Stage::BlankCheck,
                if plan.erased_count() > 0 {
                    g.page.into()
                } else {
                    0
                },
            ),
            stage(
                Stage::Program,
                vec![program(plan.bytes_to_program() - last)],
            ),
        ];
        let pieces = plan.pieces_to_verify(self.proves_by_hash());
        let to_verify = pieces.iter().map(|(_, it)| it.len() as u64).sum();
        if verify {
            coming.push(read(Stage::Verify, to_verify));
        }
        coming.push(stage(Stage::Program, vec![program(last)]));
        if verify {
            coming.push(read(Stage::Verify, last));
        }
        if let Some(fcb) = plan.fcb_to_come(self.chip().map.fcb_address())
            && (self.proves_by_hash() || !self.reads_as(&fcb))
        {
            let sample = verify && self.reads_as(&fcb);
            let count = trial_bytes(plan, sample).len_bytes() as u64;
            let time = bytes(pace.brought, count);
            coming.push(stage(Stage::Trial, vec![(count, time)]));
        }
        coming.retain(|coming| !coming.time().is_zero());
        coming
    }
}
