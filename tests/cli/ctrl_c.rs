//! Ctrl-C at a terminal: the run ends with exit code 70 wherever it is, and nothing of it is taken for a fault of the board.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::Child;

use crate::kit::app;
use crate::kit::cli::{self, Cli, RTBOOT};
use crate::kit::pty::Served;
use crate::kit::terminal;
use rtboot::port::virtual_board::VirtualBoard;
use rtboot_sim::Settings;

const EVK: &str = "--fcb=IS25LP064A";
const CTRL_C: &[u8] = &[3];

/// A run on a terminal that is its own: what is typed there reaches it as it does a person's.
struct Typed {
    child: Child,
    terminal: File,
    text: String,
}

impl Typed {
    fn run(cli: &Cli, board: &str, args: &str) -> Typed {
        let (terminal, programs) = terminal::pair(80);
        let handle = || programs.try_clone().expect("a handle");
        let mut command = cli::program_in("setsid", cli.folder());
        command.args(["--ctty", "--wait", RTBOOT]);
        command
            .args(args.split_whitespace())
            .env("TERM", "xterm")
            .env("RTBOOT_BOARD", board);
        command.stdin(handle()).stdout(handle()).stderr(handle());
        let child = command.spawn().expect("it runs");
        Typed {
            child,
            terminal,
            text: String::new(),
        }
    }

    /// Reads until all of this text is there, or the run ended. A run that is not read from waits with its next line.
    fn until(&mut self, there: impl Fn(&str) -> bool) -> bool {
        let mut piece = [0; 64];
        while !there(&self.text) {
            match self.terminal.read(&mut piece) {
                Ok(count) if count > 0 => {
                    let piece = String::from_utf8_lossy(&piece[..count]);
                    self.text.push_str(&piece);
                }
                _ => return false,
            }
        }
        true
    }

    fn types(&mut self, bytes: &[u8]) {
        self.terminal.write_all(bytes).expect("typed");
    }

    /// Reads to the end; the exit code and all that was said.
    fn ends(mut self) -> (i32, String) {
        self.until(|_| false);
        let status = self.child.wait().expect("it ends");
        let code = status.code();
        let code = code.unwrap_or_else(|| panic!("signal {:?}: {}", status.signal(), self.text));
        (code, self.text)
    }
}

fn selector(cli: &Cli) -> String {
    format!("virtual:{}", cli.at("board"))
}

#[test]
fn one_ctrl_c_ends_a_prompt() {
    for (args, prompt) in [
        ("unprotect", "[y/N] "),
        ("erase --all", "\n> "),
        ("erase 0x60000000 8M", "\n> "),
        ("mboot flash-erase-all", "\n> "),
        ("write --erase-all --fcb=IS25LP064A blinky.elf", "\n> "),
        ("mboot efuse-program-once 0x2f 1", "\n> "),
    ] {
        let cli = Cli::with(Settings {
            flash: vec![0x5A; 0x4000],
            status: [0x7C, 0, 0],
            ..Settings::default()
        });
        cli.file(
            "blinky.elf",
            std::fs::read(app("blinky.elf")).expect("a file"),
        );
        let before = cli.flash();
        let mut typed = Typed::run(&cli, &selector(&cli), args);
        assert!(
            typed.until(|text| text.contains(prompt)),
            "{args}: {}",
            typed.text
        );
        typed.types(CTRL_C);
        let (code, text) = typed.ends();
        assert_eq!(code, 70, "{args}: {text}");
        assert!(text.contains("stopped by the user"), "{args}: {text}");
        assert_eq!(cli.flash(), before, "{args}");
    }
}

#[test]
fn ctrl_c_ends_the_wait_for_a_file_that_is_typed() {
    let cli = Cli::fresh();
    cli.file("rtboot.toml", "fcb = \"IS25LP064A\"\n");
    let mut typed = Typed::run(&cli, &selector(&cli), "--wait=0s -v image check -");
    // nothing is said before the file is read: what is typed comes back once it is listened to
    typed.types(b"hello\n");
    assert!(typed.until(|text| text.contains("hello")), "{}", typed.text);
    // the terminal echoes at once, so the handler may not be there yet: then the signal ends the process
    while typed.child.try_wait().expect("a child").is_none() && !handles_int(typed.child.id()) {
        std::thread::yield_now();
    }
    typed.types(CTRL_C);
    let (code, text) = typed.ends();
    assert_eq!(code, 70, "{text}");
}

/// Whether this process is rtboot by now, and catches SIGINT.
fn handles_int(pid: u32) -> bool {
    let program = std::fs::read_link(format!("/proc/{pid}/exe"));
    if program.ok().as_deref() != Some(RTBOOT.as_ref()) {
        return false;
    }
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 2 != 0)
}

#[test]
fn ctrl_c_ends_the_wait_for_a_board() {
    let cli = Cli::without_board();
    let mut typed = Typed::run(&cli, "usb:9-9", "--wait=10m info");
    assert!(
        typed.until(|text| text.contains("waiting")),
        "{}",
        typed.text
    );
    typed.types(CTRL_C);
    let (code, text) = typed.ends();
    assert_eq!(code, 70, "{text}");
    assert!(!text.contains("no-board"), "{text}");
}

/// Words that only a diagnosis of hardware has.
const DIAGNOSES: [&str; 8] = [
    "[flash-busy]",
    "[link-lost]",
    "[timeout]",
    "[no-answer]",
    "likely cause",
    "cable",
    "worn",
    "BOOT_MODE",
];

/// The end of a run that was interrupted somewhere: it was stopped, or it was through already.
#[track_caller]
fn stopped_or_done(args: &str, at: usize, (code, text): (i32, String)) -> bool {
    // verify of other bytes and doctor with findings say so by their code
    let done = match args.split(' ').next() {
        Some("doctor") => [0, 1].contains(&code),
        _ => code == 0,
    };
    let tail: Vec<&str> = text.lines().rev().take(30).collect();
    let tail: String = tail.iter().rev().flat_map(|line| [line, "\n"]).collect();
    assert!(code == 70 || done, "{args}, line {at}: exit {code}: {tail}");
    if code == 70 {
        let said = text.rsplit("^C").next().unwrap_or_default();
        for word in DIAGNOSES {
            assert!(!said.contains(word), "{args}, line {at}: {word}: {tail}");
        }
        assert!(said.contains("[interrupted]"), "{args}, line {at}: {tail}");
    }
    code == 70
}

/// Types Ctrl-C after the n-th line of this run, for some n over all of it.
fn interrupted_everywhere(cli: &Cli, board: &str, args: &str, ready: impl Fn()) {
    let verbose = format!("-vv {args}");
    ready();
    let (code, text) = Typed::run(cli, board, &verbose).ends();
    assert!([0, 1].contains(&code), "{args}: {text}");
    let lines = text.lines().count();
    assert!(lines > 40, "{args}: {text}");
    let mut stopped = 0;
    for share in 0..8 {
        ready();
        let at = 1 + lines * share / 8;
        let mut typed = Typed::run(cli, board, &verbose);
        typed.until(|text| text.lines().count() > at);
        typed.types(CTRL_C);
        stopped += usize::from(stopped_or_done(args, at, typed.ends()));
    }
    assert!(stopped >= 2, "{args}: {stopped} of 8 were stopped");
}

fn jobs() -> [String; 6] {
    [
        format!("write {EVK} --no-skip large.bin --base 0x60002000"),
        "erase 0x60002000 256K".into(),
        "read 0x60000000 256K part.bin".into(),
        format!("verify {EVK} blinky.elf"),
        "doctor".into(),
        "info".into(),
    ]
}

fn files(cli: &Cli) {
    cli.file(
        "blinky.elf",
        std::fs::read(app("blinky.elf")).expect("a file"),
    );
    let mut large = crate::kit::app_bytes("blinky.bin");
    large.resize(0x2_0000, 0x5A);
    cli.file("large.bin", large);
}

#[test]
fn ctrl_c_at_any_time_is_exit_70() {
    for job in jobs() {
        let cli = Cli::fresh();
        files(&cli);
        let write = ["write", EVK, "blinky.elf"];
        let ready = || drop(cli.run(&write).good());
        interrupted_everywhere(&cli, &selector(&cli), &job, ready);
        cli.run(&write).good();
        cli.would_start();
    }
}

/// A signal ends reads and writes of a serial port early: that is no answer of the board.
#[test]
fn ctrl_c_over_a_serial_port_is_exit_70() {
    for job in [0, 2, 5].map(|job| jobs()[job].clone()) {
        let cli = Cli::without_board();
        files(&cli);
        cli.file("loader.bin", VirtualBoard::standin_loader());
        let job = job.replace("256K", "8K").replace("large.bin", "small.bin");
        cli.file("small.bin", crate::kit::app_bytes("blinky.bin"));
        let board = VirtualBoard::new();
        let served = Served::on(&board);
        let selector = format!("uart:{}", served.path);
        let job = format!("--flashloader loader.bin {job}");
        let ready = || {
            board.power_cycle();
            board.wait(std::time::Duration::from_secs(1));
        };
        interrupted_everywhere(&cli, &selector, &job, ready);
        drop(served);
    }
}
