//! What `--json` prints, against the committed schema: every command, when it ends well and when it fails.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::kit::app;
use crate::kit::cli::Cli;
use crate::kit::server::Server;
use rtboot::outcome::{self, Outcome};
use rtboot::port::virtual_board::VirtualBoard;
use serde_json::{Value, json};

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/outcome.schema.json")
}

#[test]
fn committed_schema_matches_the_types() {
    let mut text = serde_json::to_string_pretty(&outcome::schema()).expect("JSON");
    text.push('\n');
    if std::env::var_os("RTBOOT_BLESS").is_some() {
        std::fs::write(committed(), &text).expect("written");
    }
    let old = std::fs::read_to_string(committed()).unwrap_or_default();
    assert!(
        old == text,
        "docs/outcome.schema.json is not that of src/outcome; RTBOOT_BLESS=1 writes it"
    );
}

const LINE_JOB: &str = r#"format = 1
name = "blinky"
chip = "rt1021"
image = "app.elf"
fcb = "IS25LP064A"
before = "anything"
[[pool]]
name = "sn"
kind = "serial"
format = "RT{value:03}"
first = 1
last = 999
[[field]]
at = 0x60700000
size = 16
from = { pool = "sn" }
as = "c-string"
"#;

/// A board, the schema, and the commands that were tried so far.
struct Trial {
    cli: Cli,
    schema: jsonschema::Validator,
    /// Commands that ended well, and those that failed.
    tried: RefCell<[BTreeSet<String>; 2]>,
    /// What is not as it should be.
    wrong: RefCell<Vec<String>>,
}

impl Trial {
    fn new() -> Trial {
        let text = std::fs::read_to_string(committed()).expect("the schema");
        let schema = serde_json::from_str(&text).expect("JSON");
        Trial {
            cli: Cli::fresh(),
            schema: jsonschema::validator_for(&schema).expect("a schema"),
            tried: RefCell::default(),
            wrong: RefCell::default(),
        }
    }

    /// Every line is valid; the last one is a result of this command, or an error.
    fn check(&self, command: &str, code: i32, stdout: &str) -> Value {
        let mut last = Value::Null;
        for line in stdout.lines() {
            let object = serde_json::from_str(line).unwrap_or_default();
            for error in self.schema.iter_errors(&object) {
                self.wrong(format!(
                    "{command}: {error} at {}\n{line}",
                    error.instance_path()
                ));
            }
            last = object;
        }
        let failed = last["event"] == "error";
        let fits = match failed {
            true => last["exit"] == code,
            false => last["command"] == command,
        };
        if !fits {
            self.wrong(format!("{command}, exit {code}: {stdout}"));
        }
        self.tried.borrow_mut()[usize::from(failed)].insert(command.to_owned());
        last
    }

    fn wrong(&self, what: String) {
        self.wrong.borrow_mut().push(what);
    }

    /// Runs a command on the board.
    fn run(&self, code: i32, command: &str, more: &[&str]) -> Value {
        let words = command.split(' ').chain(more.iter().copied());
        let args: Vec<&str> = std::iter::once("--json").chain(words).collect();
        let run = self.cli.run(&args);
        if run.code != code {
            self.wrong(format!("{args:?} should end with {code}: {run}"));
        }
        self.check(command, run.code, &run.stdout)
    }

    /// The same, and its last line is an error.
    fn fails(&self, code: i32, command: &str, more: &[&str]) -> Value {
        let last = self.run(code, command, more);
        if last["event"] != "error" {
            self.wrong(format!("{command} {more:?} should fail: {last}"));
        }
        last
    }

    fn flash_commands(&self) {
        let elf = app("blinky.elf");
        self.run(0, "list", &[]);
        self.run(0, "info", &[]);
        self.run(0, "write", &["--fcb", "IS25LP064A", &elf, "--dry-run"]);
        self.run(0, "write", &["--fcb", "IS25LP064A", &elf, "-v"]);
        self.run(0, "write", &["--fcb", "IS25LP064A", &elf, "--reset"]);
        let wrong = self.fails(30, "write", &["--fcb", "W25Q64JV", &elf]);
        assert_eq!(wrong["facts"]["jedec"], "9d 60 17", "{wrong}");
        self.run(0, "verify", &[&elf]);
        let differs = self.fails(33, "verify", &[&app("blinky_fast.elf")]);
        assert!(differs["facts"]["address"].is_u64(), "{differs}");
        assert_eq!(differs["found"]["command"], "verify", "{differs}");
        self.run(0, "read", &["0x60000000", "0x1000", "back.bin"]);
        self.fails(2, "read", &["0x60000000", "0", "back.bin"]);
        self.run(0, "backup", &["all.bin"]);
        self.fails(4, "backup", &["no/such/folder.bin"]);
        self.run(0, "restore", &["all.bin", "--dry-run"]);
        self.run(0, "restore", &["all.bin"]);
        self.fails(4, "restore", &["no-such-file"]);
        self.run(0, "doctor", &["--fcb", "IS25LP064A", &elf]);
        self.run(1, "doctor", &["--fcb", "W25Q64JV"]);
        self.fails(3, "doctor", &["--fcb", "no-such-part"]);
        self.fails(31, "blank-check", &["0x60000000", "0x1000"]);
        self.run(0, "erase", &["0x60000000", "0x3000"]);
        self.fails(2, "erase", &["0x60000000", "1"]);
        self.run(0, "blank-check", &["0x60000000", "0x1000"]);
        self.fails(3, "run", &[]);
        self.run(0, "write", &["--fcb", "IS25LP064A", &elf, "--run"]);
        self.run(0, "virtual set", &["board", "--power-cycle"]);
        self.run(0, "run", &[]);
        self.run(0, "virtual set", &["board", "--power-cycle"]);
        self.fails(2, "reset", &[]);
        self.run(0, "info", &[]);
        self.run(0, "reset", &[]);
        self.run(0, "unprotect", &[]);
        for command in ["info", "unprotect", "list"] {
            self.fails(2, command, &["--no-such-option"]);
        }
        self.fails(10, "virtual show", &["none"]);
    }

    fn fcb_and_image(&self) {
        let elf = app("blinky.elf");
        self.run(0, "fcb list", &["issi"]);
        self.fails(3, "fcb list", &["no-such-part"]);
        self.run(0, "fcb show", &["IS25LP064A"]);
        self.run(0, "fcb show", &["IS25LP064A", "--cfg"]);
        self.fails(3, "fcb show", &["no-such-part"]);
        self.run(0, "fcb build", &["IS25LP064A", "-o", "fcb.bin"]);
        self.fails(2, "fcb build", &["IS25LP064A", "-o", "-"]);
        self.run(0, "fcb show", &["fcb.bin"]);
        self.run(0, "fcb show", &["0xC0000007", "--chip", "rt1062"]);
        self.fails(2, "fcb show", &["0xD0000007"]);
        self.run(0, "fcb check", &["fcb.bin", "--part", "IS25LP064A"]);
        self.run(1, "fcb check", &["fcb.bin", "--part", "S25FL064L"]);
        self.fails(3, "fcb check", &["no-such-part"]);
        self.run(0, "fcb diff", &["IS25LP064A", "fcb.bin"]);
        self.run(1, "fcb diff", &["IS25LP064A", "W25Q128JV"]);
        self.fails(3, "fcb diff", &["IS25LP064A", "no-such-part"]);
        self.run(0, "fcb probe", &["--save", "mine.cfg"]);
        self.fails(4, "fcb probe", &["--save", "no/such/folder.cfg"]);
        let built = ["--fcb", "IS25LP064A", "-o", "image.bin"];
        self.run(0, "image build", &[&[elf.as_str()], &built[..]].concat());
        self.fails(4, "image build", &["no-such-file", "-o", "image.bin"]);
        self.run(0, "image show", &["image.bin", "--svg", "image.svg"]);
        self.run(0, "image show", &[&elf]);
        self.fails(4, "image show", &["no-such-file"]);
        self.run(0, "image check", &["image.bin"]);
        self.run(1, "image check", &[&elf]);
        self.fails(4, "image check", &["no-such-file"]);
        self.run(0, "image convert", &["image.bin", "image.hex"]);
        self.fails(4, "image convert", &["no-such-file", "image.hex"]);
    }

    fn files(&self) {
        let standin = VirtualBoard::standin_loader();
        let loader = self.cli.file("loader.bin", [standin, &[0]].concat());
        let elf = app("blinky.elf");
        self.run(0, "flashloader list", &[]);
        self.run(0, "loader list", &[]);
        self.fails(20, "loader show", &["nxp"]);
        self.run(0, "flashloader add", &[&loader]);
        let list = self.run(0, "loader list", &[]);
        assert_eq!(list["loaders"][0]["kind"], "nxp", "{list}");
        assert_eq!(list["loaders"][0]["sent"], true, "{list}");
        assert_eq!(list["loaders"][1]["emulation_only"], true, "{list}");
        self.run(0, "loader show", &["own"]);
        self.fails(2, "loader list", &["more"]);
        self.run(0, "flashloader use", &["loader.bin"]);
        self.fails(2, "flashloader use", &["other.bin"]);
        self.run(0, "flashloader remove", &["loader.bin"]);
        self.fails(2, "flashloader remove", &["loader.bin"]);
        self.run(0, "config", &[]);
        self.fails(2, "config", &["more"]);
        self.run(0, "flashloader list", &[]);
        self.fails(3, "flashloader add", &[&elf]);
        self.run(0, "flashloader show", &[&loader]);
        self.fails(3, "flashloader show", &[&elf]);
        self.fails(2, "flashloader list", &["more"]);
        self.run(0, "udev", &[]);
        self.fails(2, "udev", &["more"]);
        self.run(0, "completions", &["bash"]);
        self.fails(2, "completions", &["no-such-shell"]);
        self.run(0, "man", &[]);
        self.run(0, "man", &["--to", "man"]);
        self.fails(4, "man", &["--to", &loader]);
        let printed = self.run(0, "schema", &[]);
        assert_eq!(printed["document"], outcome::schema());
        self.fails(2, "schema", &["more"]);
        let fault = r#"{"fault":"worn-sector","address":4096}"#;
        self.run(0, "virtual new", &["other", "--fault", fault]);
        self.fails(2, "virtual new", &["another", "--part", "no-such-part"]);
        self.run(0, "virtual show", &["other"]);
        self.run(0, "virtual set", &["other", "--straps", "internal"]);
        self.fails(2, "virtual set", &["other"]);
        self.run(0, "virtual loader", &["copy.bin"]);
        self.fails(4, "virtual loader", &["no/such/folder.bin"]);
        self.fails(2, "virtual serve", &["--usbip=0.0.0.0:0"]);
        self.serve();
    }

    /// `virtual serve`, ended by Ctrl-C.
    fn serve(&self) {
        let args = ["--json", "virtual", "serve", "--usbip=0", "other"];
        let server = Server::start(self.cli.folder(), &args);
        let first = server.line.clone();
        let (ended, rest) = server.interrupt();
        assert!(ended.success(), "{ended}");
        let lines = format!("{first}\n{rest}");
        assert!(
            lines.starts_with(r#"{"schema":1,"event":"serving""#),
            "{lines}"
        );
        self.check("virtual serve", 0, &lines);
    }

    /// A station, a job, a unit, and what the ledger says of it.
    fn line(&self) {
        let elf = std::fs::read(app("blinky.elf")).expect("an application");
        self.cli.file("app.elf", elf);
        let job = self.cli.file("job.toml", LINE_JOB);
        self.run(0, "line keygen", &["-o", "seal.key"]);
        self.fails(4, "line keygen", &["-o", "seal.key"]);
        let pack = [&job, "-o", "x.rtjob", "--key", "seal.key"];
        let packed = self.run(0, "line pack", &pack);
        self.fails(3, "line pack", &[&job, "-o", "x.rtjob", "--key", "app.elf"]);
        let key = packed["job"]["key"].as_str().expect("a key");
        self.fails(2, "line run", &["x.rtjob"]);
        self.run(0, "line init", &["bench", "--trust", key]);
        self.fails(2, "line init", &["bench"]);
        let shown = self.run(0, "line show", &["x.rtjob"]);
        assert_eq!(shown["trusted"], true, "{shown}");
        self.fails(60, "line show", &["app.elf"]);
        let made = self.run(0, "line secrets init", &[]);
        self.fails(60, "line secrets init", &[]);
        let to = made["recipient"].as_str().expect("a recipient");
        self.cli.file("keys.csv", "key\n0011\n2233\n");
        let column = ["keys.csv", "--column", "key", "-o", "keys.enc.csv", "--to"];
        let encrypt = [&column[..], &[to]].concat();
        let encrypted = self.run(0, "line secrets encrypt", &encrypt);
        assert_eq!(encrypted["secrets"], 2, "{encrypted}");
        let nobody = [&column[..], &["age1nobody"]].concat();
        self.fails(2, "line secrets encrypt", &nobody);
        self.run(0, "line slots add", &["A", "virtual:board"]);
        self.fails(60, "line slots add", &["A", "usb:1-1"]);
        self.run(0, "line slots list", &[]);
        self.fails(2, "line slots list", &["more"]);
        self.fails(10, "line slots learn", &["A", "--each", "0s"]);
        self.fails(60, "line run", &["app.elf"]);
        let made = self.run(0, "line run", &["x.rtjob", "--units", "1", "--rework"]);
        assert_eq!(made["passed"], 1, "{made}");
        let rehearsed = self.run(0, "line rehearse", &["x.rtjob", "--units", "2"]);
        assert_eq!(rehearsed["passed"], 2, "{rehearsed}");
        self.fails(2, "line rehearse", &["x.rtjob", "--faults", "many"]);
        let units = self.run(0, "line units", &["RT001"]);
        assert_eq!(units["attempts"][0]["verdict"], "pass", "{units}");
        let other = ["--station", "nowhere"];
        self.fails(2, "line units", &other);
        let pools = self.run(0, "line pools", &[]);
        assert_eq!(pools["pools"][0]["written"], 1, "{pools}");
        self.fails(2, "line pools", &other);
        self.run(0, "line void", &["sn", "1", "--reason", "broken glass"]);
        self.fails(61, "line void", &["sn", "2", "--reason", "none"]);
        let audit = self.run(0, "line audit", &[]);
        assert_eq!(audit["wrong"], json!([]), "{audit}");
        let head = format!("bench=1:{}", "0".repeat(64));
        self.fails(61, "line audit", &["--head", &head]);
        self.run(0, "line export", &["-o", "day.csv"]);
        self.fails(2, "line export", &["-o", "day.pdf"]);
        let report = self.run(0, "line report", &[]);
        assert_eq!(report["passed"], 1, "{report}");
        self.fails(2, "line report", &["--from", "yesterday"]);
    }

    fn sdp(&self) {
        let ram = "0x20209000";
        let loader = self.cli.path("loader.bin").display().to_string();
        self.run(0, "virtual set", &["board", "--power-cycle"]);
        self.run(0, "sdp error-status", &[]);
        self.run(0, "sdp write-register", &[ram, "32", "1"]);
        // in the ROM's own RAM
        self.fails(21, "sdp write-register", &["0x20200000", "32", "1"]);
        self.run(0, "sdp read-register", &[ram]);
        self.run(0, "sdp read-register", &[ram, "8", "6"]);
        self.run(0, "sdp read-register", &[ram, "32", "4", "word.bin"]);
        self.fails(2, "sdp read-register", &[ram, "7"]);
        // one write of 4 bytes to RAM
        let dcd = [
            0xD2, 0, 16, 0x41, 0xCC, 0, 12, 4, 0x20, 0x20, 0x90, 0, 1, 2, 3, 4,
        ];
        let dcd = self.cli.file("dcd.bin", dcd);
        self.run(0, "sdp dcd-file", &[ram, &dcd]);
        self.fails(4, "sdp dcd-file", &[ram, "no-such-file"]);
        self.run(0, "sdp skip-dcd-header", &[]);
        self.run(0, "sdp write-file", &["0x20208000", &loader]);
        self.fails(4, "sdp write-file", &["0x20208000", "no-such-file"]);
        self.fails(21, "sdp jump-address", &["0x20202000"]);
        self.run(0, "sdp jump-address", &["0x20208400"]);
        self.fails(2, "sdp error-status", &[]);
        self.fails(2, "sdp skip-dcd-header", &[]);
        self.fails(2, "sdp set-baudrate", &["115200"]);
    }

    /// The flashloader runs since the last command of [`Trial::sdp`].
    fn mboot(&self) {
        let ram = "0x20202000";
        self.run(0, "mboot get-property", &["12"]);
        self.run(0, "mboot get-property", &["list"]);
        self.fails(1, "mboot get-property", &["9"]);
        self.fails(1, "mboot set-property", &["10", "1"]);
        self.run(0, "mboot list-memory", &[]);
        self.fails(2, "mboot list-memory", &["more"]);
        self.fails(1, "mboot read-memory", &["0x60000000", "4"]);
        self.run(0, "mboot fill-memory", &[ram, "4", "0xC0000007"]);
        self.fails(2, "mboot fill-memory", &[ram, "4", "0x10000", "short"]);
        self.run(0, "mboot configure-memory", &["9", ram]);
        let refused = self.fails(2, "mboot configure-memory", &["nine", ram]);
        assert_eq!(refused["found"], Value::Null);
        self.run(0, "mboot list-memory", &[]);
        self.run(0, "mboot read-memory", &["0x60000000", "20"]);
        self.run(0, "mboot read-memory", &["0x60000000", "20", "back.bin"]);
        self.run(0, "mboot write-memory", &[ram, "{{11 22 33 44}}"]);
        self.fails(2, "mboot write-memory", &[ram, "{{1}}"]);
        self.run(0, "mboot flash-erase-region", &["0x60000000", "0x1000"]);
        let outside = self.fails(31, "mboot flash-erase-region", &["0x70000000", "0x1000"]);
        assert!(outside["facts"]["status"].is_u64(), "{outside}");
        let all = ["--confirm", "erase all of memory 0x9"];
        self.run(0, "mboot flash-erase-all", &[&["9"], &all[..]].concat());
        self.fails(2, "mboot flash-erase-all", &["9"]);
        self.fails(2, "mboot flash-erase-all-unsecure", &[]);
        self.fails(1, "mboot flash-security-disable", &["0123456789abcdef"]);
        self.run(0, "mboot flash-read-resource", &["0", "4", "1"]);
        self.fails(2, "mboot flash-read-resource", &["0", "4"]);
        self.fails(1, "mboot reliable-update", &["0x60001000"]);
        self.run(0, "mboot efuse-read-once", &["1"]);
        self.fails(1, "mboot efuse-read-once", &["64"]);
        self.run(0, "mboot flash-read-once", &["1"]);
        self.fails(1, "mboot flash-read-once", &["64"]);
        let burn = ["--burn", "word 0x18 = 0x00000010"];
        let word = [&["0x18", "0x10"], &burn[..]].concat();
        self.run(0, "mboot efuse-program-once", &word);
        self.fails(2, "mboot efuse-program-once", &["0x18", "0x10"]);
        let word = [&["0x18", "4", "0x10"], &burn[..]].concat();
        self.run(0, "mboot flash-program-once", &word);
        self.fails(2, "mboot flash-program-once", &["0x18", "4", "0x10"]);
        self.fails(1, "mboot fuse-read", &["0x400", "4"]);
        self.fails(2, "mboot fuse-program", &["0x460", "{{10000000}}"]);
        let key = self.cli.file("key.bin", [7; 16]);
        let blob = [
            &key,
            "blob.bin",
            "--confirm",
            "wrap a key of 16 bytes with key 0",
        ];
        self.run(0, "mboot generate-key-blob", &blob);
        self.fails(2, "mboot generate-key-blob", &blob[..2]);
        self.fails(2, "mboot key-provisioning", &["enroll"]);
        self.fails(2, "mboot receive-sb-file", &[&key]);
        self.fails(4, "mboot load-image", &["no-such-file"]);
        self.fails(2, "mboot call", &[ram, "0"]);
        self.fails(2, "mboot execute", &[ram, "0", "0"]);
        self.run(0, "mboot reset", &[]);
        self.fails(2, "mboot reset", &[]);
    }
}

/// Commands that never succeed on a virtual board: its flashloader refuses them as the genuine one does, there is no code to run,
/// or somebody plugs boards in.
const NEVER_GOOD: [&str; 13] = [
    "line slots learn",
    "mboot call",
    "mboot execute",
    "mboot flash-erase-all-unsecure",
    "mboot flash-security-disable",
    "mboot fuse-program",
    "mboot fuse-read",
    "mboot key-provisioning",
    "mboot load-image",
    "mboot receive-sb-file",
    "mboot reliable-update",
    "mboot set-property",
    "sdp set-baudrate",
];

#[test]
fn every_line_of_every_command_fits_the_schema() {
    let trial = Trial::new();
    trial.fcb_and_image();
    trial.files();
    trial.sdp();
    trial.mboot();
    trial.flash_commands();
    trial.line();
    let wrong = trial.wrong.into_inner();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let [good, failed] = trial.tried.into_inner();
    let all = || {
        Outcome::COMMANDS
            .iter()
            .map(|command| (*command).to_owned())
    };
    let ends_well = |command: &String| !NEVER_GOOD.contains(&command.as_str());
    assert_eq!(good, all().filter(ends_well).collect(), "ended well");
    assert_eq!(failed, all().collect(), "failed");
}

#[test]
fn schema_rejects_unknown_and_wrong_fields() {
    let text = std::fs::read_to_string(committed()).expect("the schema");
    let schema = serde_json::from_str(&text).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let good = json!({"schema": 1, "event": "result", "command": "udev", "rules": ""});
    assert!(schema.is_valid(&good));
    for (field, value) in [
        ("schema", json!(2)),
        ("event", json!("note")),
        ("command", json!("no such command")),
        ("rules", Value::Null),
        ("more", json!(1)),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        assert!(!schema.is_valid(&bad), "{bad}");
    }
}
