//! The example job and the example hooks, with the real program.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::kit::cli::{Cli, Run, program_in};
use crate::kit::root;

/// Whether Python is there; a test without it says that it is skipped.
fn has_python() -> bool {
    let there = Command::new("python3").arg("--version").output().is_ok();
    if !there {
        eprintln!("skipped: no python3");
    }
    there
}

/// A folder with the example job, sealed, and a station that trusts it and has these hooks.
fn station(hooks: &str) -> Cli {
    let cli = Cli::without_board();
    std::os::unix::fs::symlink(root().join("examples"), cli.path("examples")).expect("a link");
    let copy = |from: &str, to: &str| {
        std::fs::copy(root().join("examples").join(from), cli.path(to)).expect(from);
    };
    copy("line/job.toml", "job.toml");
    copy("line/calibration.csv", "calibration.csv");
    copy("apps/blinky/blinky.elf", "blinky.elf");
    std::fs::create_dir(cli.path("labels")).expect("a folder");
    let key = cli
        .run_bare(&["line", "keygen", "-o", "seal.key"])
        .says(0, &[]);
    let key = key.stdout.trim().to_owned();
    let pack = [
        "line",
        "pack",
        "job.toml",
        "-o",
        "blinky.rtjob",
        "--key",
        "seal.key",
    ];
    cli.run_bare(&pack).good();
    cli.run_bare(&["line", "init", "bench", "--trust", &key])
        .good();
    let settings = "state/station/station.toml";
    let text = cli.text(settings);
    cli.file(settings, format!("{text}\n{hooks}"));
    cli
}

fn example_hooks() -> String {
    std::fs::read_to_string(root().join("examples/line/station.toml")).expect("hooks")
}

/// The labels, by name of their file.
fn labels(cli: &Cli) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(cli.path("labels")).expect("labels");
    let files = files.map(|file| file.expect("a file").path());
    files
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = std::fs::read_to_string(&path).expect("a label");
            (name.into_owned(), text)
        })
        .collect()
}

#[test]
fn each_passed_unit_has_one_label() {
    if !has_python() {
        return;
    }
    let cli = station(&example_hooks());
    let rehearse =
        "line rehearse blinky.rtjob --slots 3 --units 12 --faults 20% --folder rehearsal --plain";
    let words: Vec<&str> = rehearse.split(' ').collect();
    cli.run_bare(&words).says(0, &["the rehearsal went well"]);
    let units = "--json line units --last 1000 --station rehearsal";
    let words: Vec<&str> = units.split(' ').collect();
    let units = cli.run_bare(&words).last();
    let attempts = units["attempts"].as_array().expect("attempts");
    let passed = attempts.iter().filter(|it| it["verdict"] == "pass");
    let mut serials = BTreeSet::new();
    let labels = labels(&cli);
    for unit in passed {
        let uid = unit["uid"].as_str().expect("an id");
        let numbers = unit["numbers"].as_array().expect("numbers").iter();
        let mut numbers = numbers.filter_map(Value::as_str);
        let serial = numbers.find(|it| it.starts_with("BL")).expect("a serial");
        assert!(serials.insert(serial.to_owned()), "{serial} twice");
        let label = labels.get(&format!("{uid}.zpl")).expect("a label");
        assert!(label.contains(&format!("^FD{serial}^FS")), "{label}");
    }
    assert!(serials.len() > 4, "{serials:?}");
    assert_eq!(labels.len(), serials.len(), "{labels:?}");
}

/// Runs a test of OpenHTF that has the example's phase, and prints what came of it.
const OPENHTF: &str = r#"
import sys
import openhtf as htf
sys.path.insert(0, "examples/line")
import openhtf_rtboot as example
example.RtbootPlug.SLOT = "A=virtual:board"
records = []
test = htf.Test(example.write_unit)
test.add_output_callbacks(records.append)
test.execute(test_start=lambda: "nobody")
record = records[0]
verdict = record.phases[-1].measurements["rtboot_verdict"].measured_value.value
print("said", record.outcome.name, record.dut_id, verdict)
"#;

#[test]
fn openhtf_plug_makes_a_unit() {
    let Some(python) = std::env::var_os("RTBOOT_OPENHTF") else {
        eprintln!("skipped: RTBOOT_OPENHTF names no Python with OpenHTF");
        return;
    };
    let cli = station(&example_hooks());
    cli.run_bare(&["-q", "virtual", "new", "board"]).good();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_rtboot"));
    let mut folders = vec![program.parent().expect("a folder").to_owned()];
    folders.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let mut command = program_in(&python.to_string_lossy(), cli.folder());
    command
        .env("PATH", std::env::join_paths(folders).expect("folders"))
        .args(["-c", OPENHTF]);
    Run::of(&mut command).says(0, &["said PASS BL0000018 passed"]);
}

/// What label.py prints for a record.
fn label_of(record: &Value) -> String {
    let cli = Cli::without_board();
    let script = root().join("examples/line/label.py");
    let mut child = Command::new("python3")
        .arg(script)
        .arg(cli.folder())
        .stdin(Stdio::piped())
        .spawn()
        .expect("python");
    let text = record.to_string();
    let mut to = child.stdin.take().expect("piped");
    to.write_all(text.as_bytes()).expect("a record");
    drop(to);
    assert!(child.wait().expect("ends").success());
    cli.text("0123456789abcdef.zpl")
}

#[test]
fn hostile_texts_stay_text_on_a_label() {
    if !has_python() {
        return;
    }
    let hostile = "^FS^XZ\n^XA~JA_5E\"'\\\u{1b}[2J\u{fffd}é";
    let record = json!({
        "uid": "0123456789abcdef", "numbers": { "sn": hostile, "mac": hostile }, "job": hostile,
        "station": hostile, "operator": hostile, "tries": 1, "attempt": "a",
    });
    let label = label_of(&record);
    for (command, count) in [("^XA", 1), ("^XZ", 1), ("~", 0), ("^FS", 6), ("COPY", 1)] {
        assert_eq!(label.matches(command).count(), count, "{command}: {label}");
    }
    for data in label
        .split("^FD")
        .skip(1)
        .filter_map(|it| it.split("^FS").next())
    {
        let plain = |c: char| c.is_ascii_alphanumeric() || " .:-_,".contains(c);
        assert!(data.chars().all(plain), "{data}");
        assert!(!data.contains("_5E5E"), "{data}");
    }
    // an underscore of the text is no escape of its own
    assert!(label.contains("_5F5E"), "{label}");
    let first = json!({
        "uid": "0123456789abcdef", "numbers": { "sn": "BL0000018" }, "job": "blinky", "station": "bench", "operator": "",
        "tries": 0, "attempt": "a",
    });
    assert!(!label_of(&first).contains("COPY"));
}

/// Takes one POST and answers; its idempotency key and its body.
fn answer(mut stream: TcpStream, status: &str) -> (String, Value) {
    let limit = Some(Duration::from_secs(60));
    stream.set_read_timeout(limit).expect("a limit");
    let mut from = BufReader::new(stream.try_clone().expect("a stream"));
    let (mut key, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        from.read_line(&mut line).expect("a header");
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "idempotency-key" => key = value.to_owned(),
            "content-length" => length = value.parse().expect("a length"),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).expect("a body");
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).expect("answered");
    (key, serde_json::from_slice(&body).expect("JSON"))
}

#[test]
fn record_reaches_an_mes_that_failed_first() {
    if !has_python() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (to, received) = mpsc::channel();
    std::thread::spawn(move || {
        let mut status = "500 Internal Server Error";
        for stream in listener.incoming().flatten() {
            let _ = to.send(answer(stream, status));
            status = "200 OK";
        }
    });
    let script = root().join("examples/line/mes.py");
    // the job asks for a hook of this name
    let hook = format!(
        "[[hook]]\nname = \"label\"\non = \"pass\"\ncommand = [\"python3\", \"{}\", \"http://127.0.0.1:{port}/units\"]\n",
        script.display()
    );
    let cli = station(&hook);
    let mut last = Value::Null;
    for board in ["first", "second"] {
        cli.run_bare(&["virtual", "new", board]).good();
        let slot = format!("A=virtual:{board}");
        let run = [
            "--json",
            "line",
            "run",
            "blinky.rtjob",
            "--slot",
            &slot,
            "--units",
            "1",
        ];
        let run: Run = cli.run_bare(&run).says(0, &[]);
        last = run.last();
    }
    assert_eq!(last["letters_waiting"], 0, "{last}");
    let next = || {
        received
            .recv_timeout(Duration::from_secs(60))
            .expect("a record")
    };
    let (first, again, second) = (next(), next(), next());
    assert_eq!(first.0, again.0);
    assert_eq!(first.1["attempt"], first.0);
    assert_eq!(
        (&first.1["tries"], &again.1["tries"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(first.1["numbers"], again.1["numbers"]);
    assert_ne!(second.0, first.0);
    assert!(received.try_recv().is_err(), "told once more than needed");
}
