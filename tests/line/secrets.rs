//! Secrets of units: in their flash, and nowhere else in the clear.

use std::fs;
use std::path::Path;

use rtboot::port::virtual_board::{Make, VirtualBoard};
use serde_json::Value;

use crate::kit::app_bytes;
use crate::kit::cli::rtboot;

const JOB: &str = r#"format = 1
name = "lock"
chip = "rt1021"
image = "app.elf"
fcb = "IS25LP064A"
hooks = ["mes"]
[[pool]]
name = "sn"
kind = "serial"
format = "RT{value:06}"
first = 1
last = 999999
[[pool]]
name = "key"
kind = "list"
file = "keys.csv"
column = "key"
secret = true
[[pool]]
name = "pin"
kind = "command"
command = "pin"
secret = true
[[field]]
at = 0x60010000
size = 16
from = { pool = "sn" }
as = "c-string"
[[field]]
at = 0x60011000
size = 16
from = { pool = "key" }
as = "hex"
[[table]]
at = 0x60012000
size = 64
[[table.record]]
tag = 1
from = { pool = "pin" }
as = "text"
"#;

const KEYS: [&str; 2] = [
    "c0ffee00112233445566778899aabbcc",
    "deadbeef8877665544332211aabbccdd",
];

/// A folder with a station in `station`, and the author's things in `desk`.
struct Factory {
    folder: tempfile::TempDir,
}

impl Factory {
    fn new() -> Factory {
        let factory = Factory {
            folder: tempfile::tempdir().expect("a folder"),
        };
        fs::create_dir(factory.at("desk")).expect("a folder");
        factory.write("desk/app.elf", &app_bytes("blinky.elf"));
        factory.write("desk/job.toml", JOB.as_bytes());
        let list = format!("unit,key\n1,{}\n2,{}\n", KEYS[0], KEYS[1]);
        factory.write("desk/plain.csv", list.as_bytes());
        let key = factory.good(&["line", "keygen", "-o", "desk/seal.key"]);
        factory.good(&[
            "line",
            "init",
            "bench",
            "--trust",
            key.trim(),
            "--station",
            "station",
        ]);
        let own = factory.good(&["line", "secrets", "init", "--station", "station"]);
        factory.encrypt_for(own.trim());
        // the program that gives pins, and a hook that keeps what it is told
        factory.write(
            "desk/pin.sh",
            b"echo x >>$0.asked; echo PIN-$(wc -l <$0.asked)4711\n",
        );
        factory.write(
            "desk/mes.sh",
            b"cat >>$(dirname $0)/../station/told; echo >>$(dirname $0)/../station/told\n",
        );
        let settings = fs::read_to_string(factory.at("station/station.toml")).expect("settings");
        let desk = factory.at("desk");
        let more = format!(
            "[[command]]\nname = \"pin\"\ncommand = [\"sh\", \"{0}/pin.sh\"]\n\
             [[hook]]\nname = \"mes\"\non = \"pass\"\ncommand = [\"sh\", \"{0}/mes.sh\"]\n",
            desk.display()
        );
        factory.write(
            "station/station.toml",
            format!("{settings}{more}").as_bytes(),
        );
        factory
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.at(name), bytes).expect("written");
    }

    /// Runs rtboot; exit code, and all that it said.
    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let output = rtboot(self.folder.path())
            .args(args)
            .output()
            .expect("a run");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let code = output.status.code().expect("a code");
        (code, text(output.stdout), text(output.stderr))
    }

    fn good(&self, args: &[&str]) -> String {
        let (code, said, complained) = self.run(args);
        assert_eq!(code, 0, "{args:?}: {said}{complained}");
        said
    }

    fn encrypt_for(&self, recipient: &str) {
        self.good(&[
            "line",
            "secrets",
            "encrypt",
            "desk/plain.csv",
            "--column",
            "key",
            "--to",
            recipient,
            "-o",
            "desk/keys.csv",
        ]);
        self.good(&[
            "line",
            "pack",
            "desk/job.toml",
            "-o",
            "station/lock.rtjob",
            "--key",
            "desk/seal.key",
        ]);
    }

    /// Makes the unit of this number.
    fn make(&self, number: u32, more: &[&str]) -> (i32, String, String) {
        let place = format!("unit{number}");
        if !self.at(&place).exists() {
            let make = Make {
                unique_id: Some([number, 0xC0DE]),
                ..Make::default()
            };
            drop(VirtualBoard::create(&self.at(&place), &make).expect("a board"));
        }
        let slot = format!("A=virtual:{place}");
        let run = [
            "line",
            "run",
            "station/lock.rtjob",
            "--units",
            "1",
            "--station",
            "station",
            "--slot",
            &slot,
        ];
        self.run(&[more, &run].concat())
    }

    fn flash(&self, number: u32) -> Vec<u8> {
        let board = VirtualBoard::open(&self.at(&format!("unit{number}"))).expect("a board");
        board.board().flash().to_vec()
    }
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(pair).collect()
}

/// That nothing of the secrets is in these bytes: neither as text nor as it is in flash.
fn silent(where_: &str, bytes: &[u8]) {
    let text = |text: &str| {
        [
            text.as_bytes().to_vec(),
            text.to_ascii_uppercase().into_bytes(),
        ]
    };
    let keys = KEYS.iter().flat_map(|key| {
        let [lower, upper] = text(key);
        [lower, upper, bytes_of(key)]
    });
    let pins = ["PIN-14711", "PIN-24711"].iter().flat_map(|pin| text(pin));
    for secret in keys.chain(pins) {
        let there = bytes.windows(secret.len()).any(|part| part == secret);
        assert!(
            !there,
            "{where_} holds {}",
            String::from_utf8_lossy(&secret)
        );
    }
}

fn silent_folder(folder: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files += silent_folder(&path);
        } else {
            silent(&path.display().to_string(), &fs::read(&path).expect("read"));
            files += 1;
        }
    }
    files
}

#[test]
fn secrets_are_in_the_units_flash_and_nowhere_else() {
    let factory = Factory::new();
    let (code, plain, talk) = factory.make(1, &["-v"]);
    assert_eq!(code, 0, "{plain}{talk}");
    let (code, json, more) = factory.make(2, &["--json"]);
    assert_eq!(code, 0, "{json}{more}");
    for (number, key, pin) in [(1, KEYS[0], b"PIN-14711"), (2, KEYS[1], b"PIN-24711")] {
        let flash = factory.flash(number);
        assert_eq!(flash[0x11000..0x11010], bytes_of(key));
        assert_eq!(flash[0x12004..0x1200D], *pin);
    }
    for said in [&plain, &talk, &json, &more] {
        silent("what it said", said.as_bytes());
        assert!(!said.contains("age:"), "{said}");
        assert!(
            !said.contains("secret "),
            "of no use to an operator: {said}"
        );
    }
    // ledger, sealed job, what the hook was told, high-water marks
    assert!(silent_folder(&factory.at("station")) > 5);
    let told = fs::read_to_string(factory.at("station/told")).expect("told");
    let told: Value = serde_json::from_str(told.lines().next().expect("a record")).expect("JSON");
    assert_eq!(told["numbers"]["sn"], "RT000001");
    for pool in ["key", "pin"] {
        let mark = told["numbers"][pool].as_str().expect("a mark");
        assert!(mark.starts_with("secret ") && mark.len() == 23, "{mark}");
    }
    for args in [
        &["line", "units", "--station", "station"][..],
        &["--json", "line", "units", "--station", "station"],
        &["line", "export", "--station", "station", "-o", "day.csv"],
        &["line", "export", "--station", "station", "-o", "day.json"],
        &["line", "report", "--station", "station", "-o", "day.html"],
        &["line", "show", "station/lock.rtjob", "--station", "station"],
        &["line", "audit", "--station", "station"],
    ] {
        let said = factory.good(args);
        silent(&format!("{args:?}"), said.as_bytes());
        assert!(!said.contains("age:"), "{args:?}: {said}");
    }
    for file in ["day.csv", "day.json", "day.html"] {
        let day = fs::read(factory.at(file)).expect("an export");
        silent(file, &day);
        assert!(!String::from_utf8_lossy(&day).contains("age:"), "{file}");
    }
    // the same unit gets the same secrets: the command is not asked again
    let board = VirtualBoard::open(&factory.at("unit1")).expect("a board");
    board.board().flash_mut().fill(0);
    board.save().expect("saved");
    drop(board);
    let rework = factory.good(&[
        "line",
        "run",
        "station/lock.rtjob",
        "--units",
        "1",
        "--rework",
        "--station",
        "station",
        "--slot",
        "A=virtual:unit1",
    ]);
    assert_eq!(
        factory.flash(1)[0x12004..0x1200D],
        *b"PIN-14711",
        "{rework}"
    );
    let asked = fs::read_to_string(factory.at("desk/pin.sh.asked")).expect("asked");
    assert_eq!(asked.lines().count(), 2);
}

#[test]
fn station_that_cannot_open_the_secrets_begins_nothing() {
    let factory = Factory::new();
    let other = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    factory.encrypt_for(other);
    let (code, said, talk) = factory.make(1, &[]);
    assert_eq!(code, 60, "{said}{talk}");
    assert!(talk.contains("it is encrypted for others"), "{talk}");
    fs::remove_file(factory.at("station/secrets.key")).expect("removed");
    let (code, _, talk) = factory.make(1, &[]);
    assert_eq!(code, 60, "{talk}");
    assert!(talk.contains("secrets.key"), "{talk}");
    assert!(factory.flash(1).iter().all(|&byte| byte == 0xFF));
}
