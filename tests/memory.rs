//! Less than 64 MiB, whatever a file claims: the real program on the worst files that it accepts, and on those it must refuse. The
//! program itself counts with 16 MiB, more than a released one takes.
//!
//! What counts is the peak resident size that the kernel reports for finished children. A child begins with the size of its parent,
//! and a backtrace makes that one large: of several failures the first counts.
#![cfg(all(feature = "cli", feature = "hid", feature = "serial"))]
#![cfg(target_os = "linux")]

mod kit;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Output;
use std::sync::OnceLock;

use nix::sys::resource::{UsageWho, getrusage};

/// The promise, in KiB, less what the released program takes when it does nothing.
const LIMIT: i64 = (64 - 16) * 1024;
/// The same for a write of 8 MiB: 32 MiB, of which a released program takes 9 when it does nothing.
const WRITE_LIMIT: i64 = (32 - 8) * 1024;
/// As long as a file may be.
const LONGEST: usize = 25 << 20;

/// The largest child so far, in KiB.
fn peak() -> i64 {
    getrusage(UsageWho::RUSAGE_CHILDREN)
        .expect("known")
        .max_rss()
}

/// What the program takes when it does nothing: it is not optimised here, and larger than a released one.
fn idle() -> i64 {
    static IDLE: OnceLock<i64> = OnceLock::new();
    *IDLE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = crate::kit::cli::rtboot(folder.path());
        let output = command
            .args(["image", "check", "no-such-file"])
            .output()
            .expect("a run");
        assert_eq!(output.status.code(), Some(4));
        peak()
    })
}

/// Runs rtboot; nothing that this process ever started took more than the limit.
fn run(folder: &Path, line: &str) -> Output {
    idle();
    let mut command = crate::kit::cli::rtboot(folder);
    let output = command.args(line.split(' ')).output().expect("a run");
    let most = peak() - idle();
    let words = String::from_utf8_lossy(&output.stderr);
    println!(
        "{:5.1} MiB so far: {line}: {:?}",
        most as f64 / 1024.0,
        output.status.code()
    );
    assert!(most < LIMIT, "{line}: {most} KiB\n{words}");
    output
}

fn refused(folder: &Path, line: &str, reason: &str) {
    let output = run(folder, line);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && words.contains(reason),
        "{line}: {words}"
    );
}

/// Writes what `next` gives until the file has its longest length, then `tail`.
fn fill(path: &Path, tail: &[u8], mut next: impl FnMut(u32) -> Option<Vec<u8>>) {
    let mut out = BufWriter::new(File::create(path).expect("a file"));
    let mut length = tail.len();
    for number in 0.. {
        let Some(piece) = next(number) else { break };
        length += piece.len();
        if length > LONGEST {
            break;
        }
        out.write_all(&piece).expect("written");
    }
    out.write_all(tail).expect("written");
}

/// A line: `head` and `data` in hex digits, then `check` of the sum of all bytes.
fn line(start: &str, head: &[u8], data: (&str, u8), check: fn(u8) -> u8) -> Vec<u8> {
    let (digits, sum) = data;
    let sum = head.iter().fold(sum, |sum, byte| sum.wrapping_add(*byte));
    let mut text = start.to_owned();
    for byte in head {
        let _ = write!(text, "{byte:02X}");
    }
    text += digits;
    let _ = writeln!(text, "{:02X}", check(sum));
    text.into_bytes()
}

/// This many bytes 0x5A as digits, and their sum.
fn data(length: usize) -> (String, u8) {
    ("5A".repeat(length), (length * 0x5A) as u8)
}

/// Intel HEX: `length` bytes every `step` bytes, in at most `most` lines.
fn hex_file(path: &Path, length: usize, step: u32, most: u32) {
    let (digits, sum) = data(length);
    fill(path, b":00000001FF\n", |number| {
        let address = 0x6000_2000 + number * step;
        let [top, upper, high, low] = address.to_be_bytes();
        let mut lines = match number == 0 || (address & 0xFFFF) < step {
            true => line(":", &[2, 0, 0, 4, top, upper], ("", 0), u8::wrapping_neg),
            false => Vec::new(),
        };
        let head = [length as u8, high, low, 0];
        lines.extend(line(":", &head, (&digits, sum), u8::wrapping_neg));
        (number < most).then_some(lines)
    });
}

/// S-records of 240 bytes in falling order.
fn srec_file(path: &Path) {
    let (digits, sum) = data(240);
    let record = |kind: &str, address: u32, (digits, sum): (&str, u8)| {
        let [a, b, c, d] = address.to_be_bytes();
        line(
            kind,
            &[(digits.len() / 2) as u8 + 5, a, b, c, d],
            (digits, sum),
            |sum| !sum,
        )
    };
    let last = record("S7", 0x6000_2401, ("", 0));
    fill(path, &last, |number| {
        let address = 0x60F0_2000 - number.min(65_000) * 240;
        (number < 65_000).then(|| record("S3", address, (&digits, sum)))
    });
}

/// An ELF file with `count` segments of `length` bytes; how far they lie apart in the file and in memory.
fn elf_file(path: &Path, count: u16, length: u32, (in_file, step): (u32, u32)) {
    let mut head = b"\x7FELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0".to_vec();
    head.extend([0x6000_2401_u32, 52, 0, 0].map(u32::to_le_bytes).concat());
    head.extend([52_u16, 32, count, 40, 0, 0].map(u16::to_le_bytes).concat());
    let first = 52 + 32 * u32::from(count);
    for number in 0..u32::from(count) {
        let (from, to) = (first + number * in_file, 0x6000_2000 + number * step);
        let header = [1, from, to, to, length, length, 5, 4];
        head.extend(header.map(u32::to_le_bytes).concat());
    }
    let mut head = Some(head);
    fill(path, &[], |number| {
        Some(head.take().unwrap_or_else(|| vec![number as u8; 0x1_0000]))
    });
}

/// UF2 blocks with this much data each.
fn uf2_file(path: &Path, length: u32) {
    let count = (16 << 20) / length.max(400);
    fill(path, &[], |number| {
        let words = [
            0x0A32_4655,
            0x9E5D_5157,
            0x2000,
            0x60F0_0000 - number * 480,
            length,
            number,
            count,
            0x4FB2_D5BD,
        ];
        let mut block = words.map(u32::to_le_bytes).concat();
        block.resize(508, number as u8);
        block.extend(0x0AB1_6F30_u32.to_le_bytes());
        (number < count).then_some(block)
    });
}

/// An application for 0x60002000 that fills 16 MiB of flash, then as much again as wanted.
fn application(path: &Path, length: usize) {
    let mut vectors = [0x2001_0000_u32, 0x6000_2401]
        .map(u32::to_le_bytes)
        .concat();
    vectors.extend(0x6000_2401_u32.to_le_bytes().repeat(62));
    let file = File::create(path).expect("a file");
    let mut out = BufWriter::new(file);
    out.write_all(&vectors).expect("written");
    for number in 0..(length - vectors.len()) / 64 {
        out.write_all(&[number as u8; 64]).expect("written");
    }
}

#[test]
fn the_worst_firmware_files_stay_below_64_mib() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    application(&at("full.bin"), (16 << 20) - 0x2000);
    application(&at("long.bin"), LONGEST);
    hex_file(&at("lines.hex"), 16, 16, u32::MAX);
    hex_file(&at("apart.hex"), 160, 256, 65_000);
    hex_file(&at("scattered.hex"), 1, 4, 70_000);
    srec_file(&at("falling.srec"));
    uf2_file(&at("full.uf2"), 476);
    elf_file(&at("one.elf"), 1, (16 << 20) - 0x2000, (0, 0));
    elf_file(&at("apart.elf"), 60_000, 270, (270, 400));
    elf_file(&at("same.elf"), 60_000, 1 << 20, (0, 0));
    let run = |line: &str| run(folder.path(), line);
    for file in [
        "lines.hex",
        "apart.hex",
        "falling.srec",
        "full.uf2",
        "one.elf",
        "apart.elf",
    ] {
        let output = run(&format!("image check {file}"));
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(1),
            "read, and judged: {file}: {words}"
        );
    }
    let build = "image build full.bin --base 0x60002000 --fcb MX25L12845G -o";
    for made in ["made.bin", "made.hex"] {
        assert!(run(&format!("{build} {made}")).status.success());
    }
    assert!(
        run("image convert full.bin made.uf2 --base 0x60002000")
            .status
            .success()
    );
    let refused = |line: &str, reason: &str| refused(folder.path(), line, reason);
    refused(
        "image check scattered.hex",
        "more than 65536 separate pieces",
    );
    refused("image check same.elf", "more than the 16777216");
    refused(
        "image check long.bin --base 0x60002000",
        "more than the 16777216",
    );
    refused("flashloader add long.bin", "no flashloader");
    refused("fcb show full.bin", "no FCB tag");
}

#[test]
fn the_worst_texts_stay_below_64_mib() {
    let folder = tempfile::tempdir().expect("a folder");
    let longest = 256 << 10;
    for (name, text, longest) in [
        ("a.cfg", "[[", longest),
        ("b.cfg", "[part]\nx = 1\n", longest),
        ("a.yaml", "a: 1\n", 2 * longest),
    ] {
        let mut content = text.repeat(longest / text.len());
        fs::write(folder.path().join(name), &content).expect("a file");
        content.push_str(&text.repeat(8));
        fs::write(folder.path().join(format!("long-{name}")), content).expect("a file");
        refused(folder.path(), &format!("fcb show {name}"), name);
        refused(
            folder.path(),
            &format!("fcb show long-{name}"),
            &format!("more than the {longest}"),
        );
    }
    fs::write(folder.path().join("rtboot.toml"), "[[".repeat(longest / 2)).expect("a file");
    refused(folder.path(), "info", "unquoted keys cannot be empty");
    fs::write(folder.path().join("rtboot.toml"), "# ".repeat(longest)).expect("a file");
    refused(folder.path(), "info", "more than the 262144");
}

#[test]
fn devices_folders_and_pipes_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    refused(
        folder.path(),
        "image check /dev/zero",
        "more than the 26214400",
    );
    refused(folder.path(), "image check /dev/null", "empty");
    refused(folder.path(), "image check .", "directory");
    refused(folder.path(), "image check pipe", "nothing came for 5 s");
    refused(
        folder.path(),
        "write pipe --board virtual",
        "nothing came for 5 s",
    );
}

/// Peak resident size of a running process, in KiB.
fn peak_of(pid: u32) -> Option<i64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn write_of_8_mib_stays_below_32_mib() {
    use rtboot::port::virtual_board::VirtualBoard;

    let idle = idle();
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("full.bin"),
        kit::case::application(1, 0x7E_0000),
    )
    .expect("a file");
    let board = VirtualBoard::new();
    let served = kit::pty::Served::on(&board);
    let place = served.selector().to_string();
    let mut command = kit::cli::rtboot(folder.path());
    command
        .args(["--board", &place, "--chip", "rt1021", "--loader", "own"])
        .args(["write", "full.bin", "--base", "0x60002000"])
        .args(["--fcb", "issi.cfg"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut child = command.spawn().expect("it runs");
    let mut most = 0;
    let ended = loop {
        // the figure only grows, and the last steps of a write take nothing more
        most = peak_of(child.id()).unwrap_or_default().max(most);
        if let Some(ended) = child.try_wait().expect("a child") {
            break ended;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    assert!(ended.success(), "{ended}");
    let more = most - idle;
    assert!(
        more < WRITE_LIMIT,
        "{more} KiB more than when it does nothing"
    );
}
