//! What a line refuses, when it stops, and what its hooks are told: in one process, on boards in memory.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rtboot::job::Target;
use rtboot::line::ledger::{Attempt, Verdict};
use rtboot::line::sealed::SecretKey;
use rtboot::line::{
    LineEnd, Presence, Product, RunOptions, Slot, SlotPhase, Socket, Station, Told, Watch, run,
};
use rtboot::port::virtual_board::{Make, VirtualBoard};
use rtboot_sim::{Board, Settings};
use serde_json::Value;

use super::floor::JOB;
use crate::kit::app_bytes;

/// A station in a folder, and a job.
struct Bench {
    folder: tempfile::TempDir,
    key: SecretKey,
    watch: Watch,
    options: RunOptions,
    /// What slot A showed last of each unit.
    told: Arc<std::sync::Mutex<Vec<SlotPhase>>>,
}

/// Boards that come one after the other; behind the last one the line ends.
struct Row {
    boards: VecDeque<VirtualBoard>,
    stop: Arc<AtomicBool>,
    watch: Watch,
    told: Arc<std::sync::Mutex<Vec<SlotPhase>>>,
    gone: bool,
}

impl Socket for Row {
    fn look(&mut self) -> rtboot::Result<Presence> {
        if std::mem::take(&mut self.gone) || self.boards.is_empty() {
            return Ok(Presence::Empty);
        }
        Ok(Presence::Board)
    }

    fn target(&self) -> Target {
        Target::on_virtual(&self.boards[0])
    }

    fn pause(&mut self) {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }

    fn looks_until_empty(&self) -> u32 {
        1
    }

    fn done(&mut self, _passed: bool) {
        let phase = self.watch.now().1.slots[0].phase.clone();
        self.told.lock().expect("a list").push(phase);
        self.boards.pop_front();
        self.gone = true;
        if self.boards.is_empty() {
            self.stop.store(true, Ordering::SeqCst);
        }
    }
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("app.elf"), app_bytes("blinky.elf")).expect("written");
        let key = SecretKey::new().expect("a key");
        Station::init(folder.path(), "bench", &[key.public()]).expect("a station");
        Bench {
            folder,
            key,
            watch: Watch::new(),
            options: RunOptions::default(),
            told: Arc::default(),
        }
    }

    /// More settings of the station.
    fn settings(&self, more: &str) {
        let file = self.folder.path().join("station.toml");
        let text = fs::read_to_string(&file).expect("settings");
        fs::write(file, format!("{text}\n{more}\n")).expect("written");
    }

    fn station(&self) -> Station {
        Station::open(self.folder.path()).expect("a station")
    }

    fn product(&self, job: &str) -> Product {
        let file = self.folder.path().join("job.toml");
        fs::write(&file, job).expect("written");
        Product::pack(&file, &self.key).expect("a job").1
    }

    fn run(&self, job: &str, boards: &[&VirtualBoard]) -> rtboot::Result<LineEnd> {
        let stop = Arc::new(AtomicBool::new(false));
        self.told.lock().expect("a list").clear();
        let row = Row {
            boards: boards.iter().map(|board| (*board).clone()).collect(),
            stop: stop.clone(),
            watch: self.watch.clone(),
            told: self.told.clone(),
            gone: false,
        };
        let slot = Slot {
            name: "A".into(),
            place: "a row of boards".into(),
            socket: Box::new(row),
        };
        let (station, product) = (self.station(), self.product(job));
        run(
            &station,
            &product,
            vec![slot],
            &self.options,
            &self.watch,
            &stop,
        )
    }

    /// What the slot said of each unit.
    fn told(&self) -> Vec<SlotPhase> {
        self.told.lock().expect("a list").clone()
    }

    fn attempts(&self) -> Vec<Attempt> {
        let mut ledger = self.station().ledger(None).expect("a ledger");
        let mut attempts = ledger.attempts(None, 100).expect("rows");
        attempts.reverse();
        attempts
    }

    fn codes(&self) -> Vec<(Verdict, Option<String>)> {
        let attempts = self.attempts().into_iter();
        attempts.map(|it| (it.verdict, it.code)).collect()
    }
}

fn board(number: u32, faults: &[&str]) -> VirtualBoard {
    let make = Make {
        unique_id: Some([number, 0xC0DE]),
        faults: faults.iter().map(|fault| (*fault).to_owned()).collect(),
        ..Make::default()
    };
    VirtualBoard::in_memory(&make).expect("a board")
}

fn serial(board: &VirtualBoard) -> String {
    let board = board.board();
    String::from_utf8_lossy(&board.flash()[0x10000..0x10008]).into_owned()
}

fn code(phase: &SlotPhase) -> &str {
    phase.told().map_or("", |told: &Told| told.code.as_str())
}

#[test]
fn unit_that_passed_is_made_again_only_as_rework_and_keeps_its_number() {
    let mut bench = Bench::new();
    let (one, two) = (board(1, &[]), board(2, &[]));
    let end = bench.run(JOB, &[&one, &two, &one]).expect("a run");
    assert_eq!((end.counts.passed, end.counts.refused), (2, 1));
    assert_eq!(code(&bench.told()[2]), "already-passed");
    assert_eq!([serial(&one), serial(&two)], ["RT000001", "RT000002"]);
    bench.options.rework = true;
    one.board().flash_mut().fill(0);
    let end = bench.run(JOB, &[&one]).expect("a run");
    assert_eq!(end.counts.passed, 1);
    assert_eq!(serial(&one), "RT000001");
    assert!(one.board().boot_verdict().starts.is_some());
}

#[test]
fn what_is_not_of_the_job_is_left_as_it_is() {
    let bench = Bench::new();
    let other_chip = board(1, &[r#"{"fault":"other-chip","id":7077888}"#]);
    let used = board(2, &[]);
    used.board().flash_mut()[0x2010] = 0x46;
    let closed = VirtualBoard::from_board(Board::new(Settings {
        unique_id: [3, 0xC0DE],
        fuses: vec![(6, 2)],
        ..Settings::default()
    }));
    for board in [&other_chip, &used, &closed] {
        let before = board.board().flash().to_vec();
        let writes = board.board().counts().nor_operations;
        let end = bench.run(JOB, &[board]).expect("a run");
        assert_eq!(end.counts.refused, 1, "{:?}", bench.told());
        assert!(board.board().flash() == before, "{:?}", bench.told());
        assert_eq!(board.board().counts().nor_operations, writes);
    }
    let codes: Vec<Option<String>> = bench.codes().into_iter().map(|(_, code)| code).collect();
    let wanted = ["wrong-chip", "unexpected-image", "unit-closed"];
    assert_eq!(codes, wanted.map(|code| Some(code.to_owned())));
    // the job may say that anything is overwritten
    let anything = JOB.replace("[limits]", "before = \"anything\"\n[limits]");
    let end = bench.run(&anything, &[&used]).expect("a run");
    assert_eq!(end.counts.passed, 1, "{:?}", bench.told());
    assert_eq!(used.board().flash()[0x2010], app_bytes("blinky.bin")[0x10]);
}

#[test]
fn other_flash_than_the_jobs_is_refused() {
    let bench = Bench::new();
    let job = JOB.replace("[limits]", "parts = [\"W25Q64JV\"]\n[limits]");
    let one = board(1, &[]);
    let end = bench.run(&job, &[&one]).expect("a run");
    assert_eq!(end.counts.refused, 1, "{:?}", bench.told());
    assert_eq!(code(&bench.told()[0]), "wrong-part");
    assert!(one.board().flash().iter().all(|&byte| byte == 0xFF));
}

#[test]
fn failures_in_a_row_take_the_slot_out_and_a_bad_unit_twice_does_not() {
    let bench = Bench::new();
    let dead = |number| board(number, &[r#"{"fault":"ignores-program"}"#]);
    let (one, also, good) = (dead(1), dead(8), board(9, &[]));
    let end = bench
        .run(JOB, &[&one, &one, &also, &one, &good])
        .expect("a run");
    assert_eq!(
        (end.counts.failed, end.counts.passed),
        (4, 1),
        "{:?}",
        bench.told()
    );
    let (two, three, four) = (dead(2), dead(3), dead(4));
    let run = bench.run(JOB, &[&two, &three, &four, &good]);
    let (_, state) = bench.watch.now();
    assert_eq!((state.counts.failed, state.counts.passed), (3, 0));
    assert_eq!(
        code(&state.slots[0].phase),
        "slot-out",
        "{:?}",
        state.slots[0]
    );
    // nobody asked it to end
    let error = run.expect_err("no slot is left");
    assert_eq!((error.code(), error.exit_code()), ("line-stopped", 63));
    assert!(
        error.to_string().contains("every slot was taken out"),
        "{error}"
    );
}

#[test]
fn low_yield_stops_the_line() {
    let bench = Bench::new();
    let job = JOB.replace(
        "yield-percent = 0",
        "yield-percent = 60\nyield-of = 4\nfailures-in-a-row = 0",
    );
    let dead = |number| board(number, &[r#"{"fault":"absent"}"#]);
    let boards = [
        board(1, &[]),
        board(2, &[]),
        dead(3),
        dead(4),
        board(5, &[]),
    ];
    let error = bench.run(&job, &boards.each_ref()).expect_err("stopped");
    assert_eq!((error.code(), error.exit_code()), ("line-stopped", 63));
    assert!(
        error.to_string().contains("2 of the last 4 units passed"),
        "{error}"
    );
    assert_eq!(
        serial(&boards[4]),
        "\u{FFFD}".repeat(8),
        "the fifth board was not touched"
    );
}

#[test]
fn line_stops_before_it_touches_a_unit_without_a_number() {
    let bench = Bench::new();
    let job = JOB.replace("last = 999999", "last = 2");
    let boards = [board(1, &[]), board(2, &[]), board(3, &[])];
    let error = bench.run(&job, &boards.each_ref()).expect_err("stopped");
    assert_eq!(
        (error.code(), error.exit_code()),
        ("line-stopped", 62),
        "{error}"
    );
    assert!(boards[2].board().flash().iter().all(|&byte| byte == 0xFF));
    assert_eq!(bench.attempts().len(), 2);
    let limited = JOB.replace("[limits]", "units = 1\n[limits]");
    let bench = Bench::new();
    let error = bench
        .run(&limited, &boards.each_ref())
        .expect_err("stopped");
    assert_eq!(error.exit_code(), 63, "{error}");
}

fn script(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    fs::write(&file, text).expect("written");
    let words = ["sh".to_owned(), file.display().to_string()];
    format!("{words:?}")
}

#[test]
fn hooks_refuse_units_and_hear_of_verdicts() {
    let bench = Bench::new();
    let folder = bench.folder.path();
    let gate = script(
        folder,
        "gate.sh",
        "grep -q 0000c0de00000001 && { echo 'not on my shift' >&2; exit 1; }; exit 0",
    );
    let label = script(
        folder,
        "label.sh",
        &format!("cat >>{0}; echo >>{0}", folder.join("labels").display()),
    );
    let never = script(folder, "never.sh", "echo out of paper >&2; exit 9");
    bench.settings(&format!(
        "[[hook]]\nname = \"gate\"\non = \"before-unit\"\ncommand = {gate}\n\
         [[hook]]\nname = \"label\"\non = \"pass\"\ncommand = {label}\n\
         [[hook]]\nname = \"mes\"\non = \"fail\"\ncommand = {never}\n"
    ));
    let (one, two) = (board(1, &[]), board(2, &[]));
    let dead = board(3, &[r#"{"fault":"ignores-program"}"#]);
    let end = bench.run(JOB, &[&one, &two, &dead]).expect("a run");
    assert_eq!(
        (end.counts.refused, end.counts.passed, end.counts.failed),
        (1, 1, 1),
        "{:?}",
        bench.told()
    );
    let told = bench.told();
    assert!(
        told[0]
            .told()
            .expect("told")
            .what
            .contains("not on my shift"),
        "{told:?}"
    );
    assert!(
        one.board().flash().iter().all(|&byte| byte == 0xFF),
        "it was not touched"
    );
    assert_eq!(serial(&two), "RT000001", "the refused one took no number");
    let labels = fs::read_to_string(folder.join("labels")).expect("labels");
    let labels: Vec<Value> = labels
        .lines()
        .map(|it| serde_json::from_str(it).expect("JSON"))
        .collect();
    assert_eq!(labels.len(), 1);
    assert_eq!(labels[0]["numbers"]["sn"], "RT000001");
    assert_eq!(labels[0]["verdict"], "pass");
    // the record of the failure waits for a hook that takes it
    assert_eq!(end.letters_waiting, 1);
    let error = bench.watch.now().1.hook_error.expect("an error");
    assert!(
        error.contains("hook mes") && error.contains("out of paper"),
        "{error}"
    );
    fs::write(
        folder.join("never.sh"),
        format!("cat >{}", folder.join("mes").display()),
    )
    .expect("written");
    let end = bench.run(JOB, &[&two]).expect("a run");
    assert_eq!(end.letters_waiting, 0);
    let mes: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("mes")).expect("told")).expect("JSON");
    assert_eq!(
        (&mes["code"], mes["tries"].as_u64().map(|tries| tries > 0)),
        (&Value::from("program-failed"), Some(true))
    );
}

#[test]
fn ledger_restored_during_a_run_stops_the_line_before_a_number_is_given() {
    let bench = Bench::new();
    let folder = bench.folder.path();
    let boards = [board(1, &[]), board(2, &[]), board(3, &[])];
    bench.run(JOB, &[&boards[0]]).expect("a run");
    fs::copy(folder.join("line.db"), folder.join("backup")).expect("copied");
    // somebody brings the backup back while the third unit is put in
    let restore = script(
        folder,
        "restore.sh",
        "grep -q 0000c0de00000003 || exit 0; cd $(dirname $0) && mv backup line.db && rm -f line.db-*",
    );
    bench.settings(&format!(
        "[[hook]]\nname = \"restore\"\non = \"before-unit\"\ncommand = {restore}\n"
    ));
    let error = bench
        .run(JOB, &[&boards[1], &boards[2]])
        .expect_err("stopped");
    assert_eq!((error.code(), error.exit_code()), ("ledger-went-back", 61));
    assert_eq!(serial(&boards[1]), "RT000002");
    assert!(boards[2].board().flash().iter().all(|&byte| byte == 0xFF));
    let (_, state) = bench.watch.now();
    assert_eq!(code(&state.slots[0].phase), "ledger-went-back");
    assert_eq!(state.slots[0].phase.word(), "ABORTED");
    assert_eq!((state.counts.passed, state.counts.aborted), (1, 1));
    // nobody is to believe that it was asked to end
    let ended = state.ended.expect("it ended");
    assert_eq!(ended.code, "ledger-went-back");
}

#[test]
fn unit_whose_write_broke_off_is_made_anew_and_not_compared() {
    let mut bench = Bench::new();
    let operations = |board: &VirtualBoard| board.board().counts().nor_operations;
    let one = board(1, &[]);
    bench.run(JOB, &[&one]).expect("a run");
    bench.options.rework = true;
    let before = operations(&one);
    bench.run(JOB, &[&one]).expect("a run");
    assert_eq!(operations(&one), before, "a unit that passed is equal");
    // power is lost somewhere in a write: what reads right may be weak
    let what = rtboot_sim::ReportFault::Unplug;
    let at = one.board().counts().usb_out + 40;
    one.board()
        .fault_mut()
        .push(rtboot_sim::Fault::UsbOut { at, what });
    let end = bench.run(JOB, &[&one]).expect("a run");
    assert_eq!(end.counts.passed, 0, "{:?}", bench.told());
    one.power_cycle();
    let before = operations(&one);
    let end = bench.run(JOB, &[&one]).expect("a run");
    assert_eq!(end.counts.passed, 1, "{:?}", bench.told());
    assert!(
        operations(&one) > before + 5,
        "everything was erased and programmed"
    );
}

#[test]
fn field_beyond_the_flash_is_refused_when_the_job_is_packed() {
    let bench = Bench::new();
    let pack = |at: &str| {
        let file = bench.folder.path().join("job.toml");
        fs::write(&file, JOB.replace("at = 0x60010000", at)).expect("written");
        Product::pack(&file, &bench.key).map(drop)
    };
    // an IS25LP064A has 8 MiB; the last 16 bytes are in it, one more is not
    pack("at = 0x607ffff0").expect("packed");
    let error = pack("at = 0x607ffff1").expect_err("beyond it");
    let told = error.to_string();
    assert_eq!(error.code(), "job-unfit");
    assert!(
        told.contains("0x60000000 to 0x60800000 by its FCB"),
        "{told}"
    );
}

#[test]
fn unit_that_may_not_start_passes_only_where_the_job_says_so() {
    let bench = Bench::new();
    // a clock that no table names: no rule tells whether the ROM reads the flash with it
    let mut fcb = rtboot_fcb::database::find("IS25LP064A")
        .expect("known")
        .1
        .parts[0]
        .boot_fcb();
    fcb.set_clock(9);
    fs::write(bench.folder.path().join("fcb.bin"), fcb.as_bytes()).expect("written");
    let job = JOB.replace("fcb = \"IS25LP064A\"", "fcb = \"fcb.bin\"");
    let end = bench.run(&job, &[&board(1, &[])]).expect("a run");
    assert_eq!(
        (end.counts.passed, end.counts.failed),
        (0, 1),
        "{:?}",
        bench.told()
    );
    assert_eq!(code(&bench.told()[0]), "start-unknown");
    let told = bench.told()[0].told().expect("told").clone();
    assert!(told.what.contains("clock"), "the reason: {told:?}");
    let takes = job.replace("[limits]", "[limits]\nstart-unknown = \"pass\"");
    let end = bench.run(&takes, &[&board(2, &[])]).expect("a run");
    assert_eq!(end.counts.passed, 1, "{:?}", bench.told());
    let detail: Value = serde_json::from_str(&bench.attempts()[1].detail).expect("JSON");
    let why = detail["start_unknown"].as_str().expect("a reason");
    assert!(why.contains("clock"), "{why}");
}

#[test]
fn each_attempt_is_of_who_was_there_when_it_began() {
    let mut bench = Bench::new();
    bench.options.operator = "Ana".into();
    let watch = bench.watch.clone();
    // the shift ends while the second unit is made
    let shift = script(
        bench.folder.path(),
        "shift.sh",
        "grep -q 0000c0de00000002 || exit 0; cd $(dirname $0); touch changes; while [ ! -e changed ]; do sleep 0.01; done",
    );
    bench.settings(&format!(
        "[[hook]]\nname = \"shift\"\non = \"before-unit\"\ncommand = {shift}\ntime-limit = 60\n"
    ));
    let folder = bench.folder.path().to_owned();
    let person = std::thread::spawn(move || {
        while !folder.join("changes").exists() {
            std::thread::yield_now();
        }
        watch.set_operator(" Bea\n").expect("a name");
        fs::write(folder.join("changed"), "").expect("written");
    });
    let boards = [board(1, &[]), board(2, &[]), board(3, &[])];
    bench.run(JOB, &boards.each_ref()).expect("a run");
    person.join().expect("she came");
    let who: Vec<String> = bench.attempts().into_iter().map(|it| it.operator).collect();
    assert_eq!(who, ["Ana", "Ana", "Bea"]);
    assert_eq!(bench.watch.now().1.operator, "Bea");
    assert!(bench.watch.set_operator(" \t").is_err());
}

#[test]
fn text_of_a_command_is_bound_to_the_unit() {
    let bench = Bench::new();
    let folder = bench.folder.path();
    let asked = folder.join("asked");
    let give = script(
        folder,
        "give.sh",
        &format!(
            "echo x >>{0}; printf '{{\"text\":\"KEY-%s\"}}' $(wc -l <{0})",
            asked.display()
        ),
    );
    bench.settings(&format!("[[command]]\nname = \"give\"\ncommand = {give}\n"));
    let job = JOB.replace(
        "kind = \"serial\"\nformat = \"RT{value:06}\"\nfirst = 1\nlast = 999999",
        "kind = \"command\"\ncommand = \"give\"",
    );
    let weak = board(1, &[r#"{"fault":"usb-out","at":60,"does":"unplug"}"#]);
    let end = bench.run(&job, &[&weak]).expect("a run");
    assert_eq!(end.counts.passed, 0, "{:?}", bench.told());
    weak.power_cycle();
    let end = bench.run(&job, &[&weak, &board(2, &[])]).expect("a run");
    assert_eq!(end.counts.passed, 2, "{:?}", bench.told());
    assert_eq!(
        &weak.board().flash()[0x10000..0x10006],
        b"KEY-1\0",
        "asked once for one unit"
    );
    assert_eq!(fs::read_to_string(asked).expect("asked"), "x\nx\n");
}

#[test]
fn endless_file_is_no_job_and_ends() {
    let error = Product::open(Path::new("/dev/zero"), &[]).expect_err("no job");
    assert!(
        error.to_string().contains("more than the 268435456"),
        "{error}"
    );
}
