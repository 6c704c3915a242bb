//! A full disk: no success, and no half file in place of a good one.
//!
//! The program runs in a child whose files may not grow beyond a few KiB, as on a full disk; or its stdout is a device
//! that is always full.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::kit::cli::{self, RTBOOT};

/// The main job on the folder's board.
const WRITE: &str = "--board virtual:board write --fcb IS25LP064A --base 0x60002000 app.bin";
/// The signal that kills a process whose file gets too long and that does not ignore it.
const SIGXFSZ: i32 = 25;

/// Runs rtboot where no file may be longer than 8 blocks (4 or 8 KiB, as the shell counts).
fn cramped(folder: &Path, line: &str) -> Output {
    shell(
        folder,
        &format!("trap '' XFSZ; ulimit -f 8; exec {RTBOOT} {line}"),
    )
}

fn shell(folder: &Path, script: &str) -> Output {
    cli::shell(folder, script).output().expect("a run")
}

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An application for 0x60002000.
fn application() -> Vec<u8> {
    let mut app = [0x2001_0000_u32, 0x6000_2401]
        .map(u32::to_le_bytes)
        .concat();
    app.extend(0x6000_2401_u32.to_le_bytes().repeat(62));
    app.resize(40_000, 0x5A);
    app
}

/// Writes the application without a limit; flash holds it then.
fn healed(folder: &Path) {
    let again = shell(folder, &format!("{RTBOOT} {WRITE}"));
    assert!(again.status.success(), "{}", words(&again));
    let (flash, app) = (
        fs::read(folder.join("board/flash.bin")).expect("a file"),
        application(),
    );
    assert_eq!(flash[..4], *b"FCFB");
    assert!(flash[0x2000..].starts_with(&app), "not what was written");
}

/// A folder with a virtual board, an application and good old files.
fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let made = shell(
        folder.path(),
        &format!(
            "{RTBOOT} virtual new board && {RTBOOT} virtual loader loader.bin && printf x >> loader.bin"
        ),
    );
    assert!(made.status.success(), "{}", words(&made));
    fs::write(folder.path().join("app.bin"), application()).expect("a file");
    for name in ["old.bin", "old.hex", "old.md"] {
        fs::write(folder.path().join(name), "good").expect("a file");
    }
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|e| {
            e.expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn full_disk_keeps_the_old_file() {
    let folder = workspace();
    let before = names(folder.path());
    for line in [
        "--board virtual:board read 0x60000000 64K old.bin",
        "--board virtual:board read 0x60000000 64K old.hex",
        "image build --fcb IS25LP064A --base 0x60002000 app.bin -o old.bin",
        "image convert app.bin --base 0x60002000 old.hex",
    ] {
        let output = cramped(folder.path(), line);
        assert_eq!(output.status.code(), Some(4), "{line}: {}", words(&output));
        assert!(
            words(&output).contains("cannot write old."),
            "{line}: {}",
            words(&output)
        );
        for name in ["old.bin", "old.hex", "old.md"] {
            let text = fs::read_to_string(folder.path().join(name)).expect("still there");
            assert_eq!(text, "good", "{line}");
        }
        assert_eq!(
            names(folder.path()),
            before,
            "nothing is left behind: {line}"
        );
    }
}

#[test]
fn full_disk_fails_the_doctor_report() {
    let folder = workspace();
    let script = format!(
        "trap '' XFSZ; ulimit -f 0; exec {RTBOOT} --board virtual:board doctor --report old.md"
    );
    let output = shell(folder.path(), &script);
    assert_eq!(output.status.code(), Some(4), "{}", words(&output));
    assert!(
        words(&output).contains("cannot write old.md"),
        "{}",
        words(&output)
    );
    let text = fs::read_to_string(folder.path().join("old.md")).expect("still there");
    assert_eq!(text, "good");
}

#[test]
fn full_disk_fails_flashloader_add() {
    let folder = workspace();
    let output = cramped(folder.path(), "flashloader add loader.bin");
    assert_eq!(output.status.code(), Some(4), "{}", words(&output));
    let list = shell(folder.path(), &format!("{RTBOOT} flashloader list"));
    assert!(list.status.success() && list.stdout.is_empty(), "{list:?}");
    assert!(
        words(&list).contains("no flashloader is remembered"),
        "{list:?}"
    );
}

#[test]
fn unsaved_virtual_board_fails_and_is_unchanged() {
    let folder = workspace();
    // room for the journal, not for the flash file, whether a shell's block has 512 bytes or 1024
    let script = format!("trap '' XFSZ; ulimit -f 16; exec {RTBOOT} {WRITE} --erase-around");
    let output = shell(folder.path(), &script);
    assert_eq!(output.status.code(), Some(4), "{}", words(&output));
    assert!(
        words(&output).contains("cannot write board/flash.bin"),
        "{}",
        words(&output)
    );
    let flash = fs::read(folder.path().join("board/flash.bin")).expect("still there");
    assert!(flash.is_empty(), "the old content, whole: {}", flash.len());
    healed(folder.path());
}

#[test]
fn killed_save_leaves_a_board_that_opens() {
    let folder = workspace();
    // the flash file is longer than all of them, whether a shell's block has 512 bytes or 1024
    for blocks in [1, 2, 8, 16, 32] {
        // without the trap the first byte too many ends the process at once
        let output = shell(
            folder.path(),
            &format!("ulimit -c 0; ulimit -f {blocks}; exec {RTBOOT} {WRITE} --erase-around"),
        );
        assert_eq!(
            output.status.signal(),
            Some(SIGXFSZ),
            "{blocks}: {output:?}"
        );
        let shown = shell(folder.path(), &format!("{RTBOOT} virtual show board"));
        assert!(shown.status.success(), "{blocks}: {}", words(&shown));
        // and one that is being made
        let made = format!("new-{blocks}");
        let output = shell(
            folder.path(),
            &format!("ulimit -c 0; ulimit -f 0; exec {RTBOOT} virtual new {made}"),
        );
        assert_eq!(output.status.signal(), Some(SIGXFSZ), "{output:?}");
        let again = shell(folder.path(), &format!("{RTBOOT} virtual new {made}"));
        assert!(again.status.success(), "{}", words(&again));
    }
    healed(folder.path());
}

/// Runs rtboot with its standard output going there.
fn into(folder: &Path, line: &str, stdout: Stdio) -> Output {
    let mut command = cli::rtboot(folder);
    command.args(line.split(' ')).stdout(stdout);
    command.output().expect("a run")
}

#[test]
fn full_stdout_is_no_success() {
    let folder = tempfile::tempdir().expect("a folder");
    for line in [
        "fcb list",
        "fcb show IS25LP064A",
        "--json fcb list",
        "udev",
        "completions bash",
    ] {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("a device");
        let output = into(folder.path(), line, full.into());
        assert_eq!(output.status.code(), Some(4), "{line}: {}", words(&output));
        // a reader that closes the pipe early, such as head, is no failure
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = into(folder.path(), line, writer.into());
        assert_eq!(output.status.code(), Some(0), "{line}: {}", words(&output));
    }
}
