//! Programs of the station: hooks, and commands that give units a text.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Most bytes that are taken of what a program says.
const MOST: u64 = 64 << 10;
/// Between two looks whether it has ended.
const LOOK: Duration = Duration::from_millis(5);
/// How long its output may stay open after it has ended: a child of its own may hold it.
const OUTPUT: Duration = Duration::from_millis(500);

/// Runs a program with this text on its standard input, and gives what it printed. No shell is between.
///
/// # Errors
/// In words: it cannot be started, it took too long (it and what it started are killed then), it ended with a code, or with what it
/// printed that is not UTF-8.
pub(super) fn run(command: &[String], input: &str, limit: Duration) -> Result<String, String> {
    let [program, arguments @ ..] = command else {
        return Err("no program is named".into());
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;

        // Ctrl-C at the terminal is for the line, which finishes its units; and a program that hangs is killed with all it started
        command.process_group(0);
    }
    let mut child = command
        .spawn()
        .map_err(|error| format!("{program} cannot be started: {error}"))?;
    let (said, complained) = (take(child.stdout.take()), take(child.stderr.take()));
    if let Some(mut to) = child.stdin.take() {
        let input = input.to_owned();
        // it may end without having read everything, or never read at all
        thread::spawn(move || {
            let _ = to.write_all(input.as_bytes());
        });
    }
    let start = Instant::now();
    let ended = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < limit => thread::sleep(LOOK),
            Ok(None) => {
                kill(&mut child);
                return Err(format!(
                    "{program} took longer than {} s",
                    limit.as_secs_f32()
                ));
            }
            Err(error) => {
                kill(&mut child);
                return Err(format!("{program}: {error}"));
            }
        }
    };
    let said = said.recv_timeout(OUTPUT).unwrap_or_default();
    let complained = complained.recv_timeout(OUTPUT).unwrap_or_default();
    if !ended.success() {
        let words = String::from_utf8_lossy(&complained);
        let words = words.lines().find(|line| !line.trim().is_empty());
        let words = words
            .map(|line| format!(": {}", plain(line)))
            .unwrap_or_default();
        return Err(format!("{program} ended with {}{words}", code(ended)));
    }
    String::from_utf8(said).map_err(|_| format!("{program} printed what is not UTF-8"))
}

fn code(status: std::process::ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("code {code}"),
        None => "a signal".into(),
    }
}

/// One line, without control characters, of a bearable length.
fn plain(line: &str) -> String {
    let plain = line.trim().chars().filter(|c| !c.is_control());
    plain.take(200).collect()
}

/// Reads all that comes, on a thread of its own, and keeps the beginning.
fn take(from: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (to, receiver) = mpsc::channel();
    if let Some(mut from) = from {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = (&mut from).take(MOST).read_to_end(&mut bytes);
            let _ = to.send(bytes);
            // a program that says more must not block
            let _ = std::io::copy(&mut from, &mut std::io::sink());
        });
    }
    receiver
}

fn kill(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(line: &str, input: &str, limit: Duration) -> Result<String, String> {
        run(&["sh".into(), "-c".into(), line.into()], input, limit)
    }

    #[test]
    fn program_gets_the_text_and_its_answer_comes_back() {
        let long = Duration::from_secs(20);
        assert_eq!(shell("cat", "{\"uid\":1}", long), Ok("{\"uid\":1}".into()));
        // more than a pipe holds, both ways, and one that reads nothing
        let large = "x".repeat(300_000);
        assert_eq!(
            shell("cat >/dev/null; printf done", &large, long),
            Ok("done".into())
        );
        assert_eq!(shell("printf done", &large, long), Ok("done".into()));
        let said = shell("head -c 300000 /dev/zero | tr '\\0' a", "", long).expect("said");
        assert_eq!(said.len() as u64, MOST);
    }

    #[test]
    fn failures_are_said_in_one_plain_line() {
        let long = Duration::from_secs(20);
        let failed = shell(
            "printf '\\n\\033[31mno paper\\nmore\\n' >&2; exit 3",
            "",
            long,
        );
        assert_eq!(failed, Err("sh ended with code 3: [31mno paper".into()));
        let missing = run(&["no-such-program-here".into()], "", long).expect_err("missing");
        assert!(missing.contains("cannot be started"), "{missing}");
        assert_eq!(
            shell("printf '\\377'", "", long),
            Err("sh printed what is not UTF-8".into())
        );
    }

    #[test]
    fn program_that_hangs_is_killed_with_what_it_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let mark = folder.path().join("mark");
        let line = format!("(sleep 3; touch {}) & sleep 60", mark.display());
        let slow = shell(&line, "", Duration::from_millis(200)).expect_err("slow");
        assert!(slow.contains("took longer than 0.2 s"), "{slow}");
        thread::sleep(Duration::from_millis(3500));
        assert!(!mark.exists(), "its child was killed, too");
    }
}
