//! Every command with stdout or stderr closed, full, or both: no panic, and what was to be done is done.

use std::sync::LazyLock;

use crate::kit::app;
use crate::kit::cli::{self, Cli, RTBOOT};

/// Every command, by lines for a folder with a board, an application and some files. The second is whether it changes flash.
const LINES: [(&str, bool); 61] = [
    ("list", false),
    ("info", false),
    ("doctor", false),
    ("doctor blinky.elf --report report.md", false),
    ("write --fcb IS25LP064A blinky.elf", true),
    ("write --fcb IS25LP064A --no-skip --reset blinky.elf", true),
    ("write --fcb IS25LP064A --dry-run blinky.elf", false),
    ("read 0x60000000 8K part.bin", false),
    ("read 0x60000000 8K -", false),
    ("backup all.bin", false),
    ("restore image.bin", true),
    ("verify --fcb IS25LP064A blinky.elf", false),
    ("erase 0x60000000 4K", true),
    ("blank-check 0x60400000 4K", false),
    ("unprotect --yes", false),
    ("run", false),
    ("reset", false),
    ("fcb list", false),
    ("fcb show IS25LP064A", false),
    ("fcb build IS25LP064A -o -", false),
    ("fcb check IS25LP064A", false),
    ("fcb diff IS25LP064A W25Q64JV", false),
    ("fcb probe", false),
    (
        "image build blinky.elf --fcb IS25LP064A -o built.bin",
        false,
    ),
    ("image show blinky.elf", false),
    ("image check image.bin", false),
    ("image convert blinky.elf -", false),
    ("line keygen -o new.key", false),
    ("line init bench --station bench", false),
    ("line pack job.toml -o job.rtjob --key seal.key", false),
    ("line secrets init --station station", false),
    ("line show sealed.rtjob", false),
    (
        "line rehearse sealed.rtjob --units 1 --slots 1 --plain",
        false,
    ),
    ("line units --station station", false),
    ("loader list", false),
    ("loader show", false),
    ("flashloader add loader.bin", false),
    ("flashloader list", false),
    ("flashloader use loader.bin", false),
    ("flashloader show loader.bin", false),
    ("flashloader remove loader.bin", false),
    ("sdp error-status", false),
    ("sdp read-register 0x401f8000 32 1", false),
    ("sdp write-register 0x20208000 32 1", false),
    ("sdp write-file 0x20208000 small.bin", false),
    ("sdp skip-dcd-header", false),
    ("mboot get-property 1", false),
    ("mboot list-memory", false),
    ("mboot read-memory 0x20208000 512", false),
    ("mboot write-memory 0x20208000 small.bin", false),
    ("mboot fill-memory 0x20208000 64 0x55", false),
    ("mboot efuse-read-once 1", false),
    ("mboot reset", false),
    ("virtual new other", false),
    ("virtual show board", false),
    ("virtual set board --straps internal", false),
    ("virtual loader other.bin", false),
    ("config", false),
    ("udev", false),
    ("completions bash", false),
    ("man", false),
];

/// A folder with a board that holds an application, and files.
static TEMPLATE: LazyLock<Cli> = LazyLock::new(|| {
    let cli = Cli::fresh();
    cli.file(
        "blinky.elf",
        std::fs::read(app("blinky.elf")).expect("a file"),
    );
    cli.built("image.bin");
    cli.file("small.bin", [1, 2, 3, 4]);
    cli.file("loader.bin", rtboot_sim::standin_loader());
    cli.run(&["write", "--fcb", "IS25LP064A", "blinky.elf"])
        .good();
    let job = "format = 1\nname = \"blinky\"\nchip = \"rt1021\"\nimage = \"blinky.elf\"\nfcb = \"IS25LP064A\"\n";
    cli.file("job.toml", job);
    let line = |words: &str| cli.run_bare(&words.split(' ').collect::<Vec<_>>()).good();
    line("line keygen -o seal.key");
    line("line pack job.toml -o sealed.rtjob --key seal.key");
    line("line init other --station station");
    cli
});

/// A copy of it, as this line wants it.
fn workspace(line: &str) -> Cli {
    let cli = Cli::without_board();
    let copy = format!("cp -a {}/. .", TEMPLATE.folder().display());
    let copied = cli::shell(cli.folder(), &copy).status().expect("cp runs");
    assert!(copied.success());
    if line.contains("sdp ") {
        cli.run_bare(&["virtual", "set", "board", "--power-cycle"])
            .good();
    }
    if line.contains("flashloader use") || line.contains("flashloader remove") {
        // the virtual board's own is refused
        let other = [rtboot_sim::standin_loader(), &[0]].concat();
        cli.file("loader.bin", other);
        cli.run_bare(&["flashloader", "add", "loader.bin"]).good();
    }
    cli
}

/// Runs this line with its output going there; its exit code, and what reached a stderr that is open.
fn with(cli: &Cli, line: &str, redirect: &str) -> (Option<i32>, String) {
    let mut shell = cli::shell(cli.folder(), &format!("exec {RTBOOT} {line} {redirect}"));
    shell.env("RTBOOT_BOARD", format!("virtual:{}", cli.at("board")));
    let output = shell.output().expect("a run");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), words)
}

/// A command line of `LINES`, as it ends and as it leaves flash when all is well.
fn undisturbed(line: &str, options: &str) -> (Option<i32>, Vec<u8>) {
    let cli = workspace(line);
    let line = format!("{options} {line}");
    let (code, words) = with(&cli, &line, "");
    assert!(!words.contains("panicked"), "{line}: {words}");
    assert!(
        !matches!(code, None | Some(2 | 101)),
        "{line}: {code:?}: {words}"
    );
    (code, cli.flash())
}

fn each(options: &str, redirects: &[&str]) {
    for (line, changes) in LINES {
        if options.contains("json") && line.ends_with(" -") {
            continue; // it is told to name a file
        }
        let (code, flash) = undisturbed(line, options);
        for redirect in redirects {
            let cli = workspace(line);
            let line = format!("{options} {line}");
            let (ended, words) = with(&cli, &line, redirect);
            let text = format!("{line} {redirect}: {ended:?}: {words}");
            assert!(!words.contains("panicked"), "{text}");
            // only a result that is lost on stdout is a failure
            let lost = redirect.starts_with(">/dev/full") && ended == Some(4);
            assert!(ended == code || lost, "{text}, else {code:?}");
            if changes {
                assert!(cli.flash() == flash, "{text}: flash differs");
            }
        }
    }
}

#[test]
fn closed_or_full_output_stops_no_command() {
    each(
        "",
        &[
            ">&-",
            "2>&-",
            ">&- 2>&-",
            ">/dev/full",
            "2>/dev/full",
            ">/dev/full 2>/dev/full",
        ],
    );
}

#[test]
fn closed_or_full_output_stops_no_command_with_packets() {
    each("-vv", &["2>&-", "2>/dev/full", ">/dev/full 2>&-"]);
}

#[test]
fn closed_or_full_output_stops_no_command_for_programs() {
    each("--json", &[">&-", ">/dev/full", ">/dev/full 2>/dev/full"]);
}

#[test]
fn every_command_is_tried() {
    let help = Cli::without_board().run_bare(&["help"]).good();
    let commands = help.split("Commands:").nth(1).expect("a list");
    let commands = commands.lines().skip(1).take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    for name in names.filter(|name| !name.is_empty() && !["help", "schema"].contains(name)) {
        let tried = |(line, _): &(&str, bool)| line.split(' ').next() == Some(name);
        assert!(LINES.iter().any(tried), "{name}");
    }
}
