//! Follow the advice: whatever is wrong with a board, doing what the program says ends with a board that is healthy, or with a thing
//! that only a person can do. Every command that it names parses and names this board and this file, and no advice leads in a circle.
//!
//! `cargo test` runs a share; `cargo test --test field follow_the_advice -- --ignored --nocapture` runs more.
//! `RTBOOT_ADVICE=SEED` runs one case and tells its steps.

mod boards;
mod steps;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::kit::cli::{Cli, Run};
use crate::kit::random::Random;
use boards::{PART, TROUBLES};
use steps::{Step, says_again, steps};

/// How many commands a person runs before a board must be well, or a person needed.
const MOST_RUNS: usize = 12;

/// Verbs that only look.
const LOOKS: [&str; 10] = [
    "doctor",
    "info",
    "verify",
    "list",
    "fcb",
    "image",
    "flashloader",
    "help",
    "sdp",
    "mboot",
];

/// Verbs whose exit code is the answer to a question.
const IS_AN_ANSWER: [&str; 1] = ["blank-check"];

/// Commands that a person starts with; a word in capitals stands for one of the files.
const COMMANDS: &[&[&str]] = &[
    &["write", "APP"],
    &["write", "APP"],
    &["write", "--fcb", PART, "APP"],
    &["write", "--fcb", PART, "APP", "settings.bin@0x60040000"],
    &["write", "--fcb", "auto", "image.bin"],
    &["write", "slot.hex"],
    &["write", "--second-stage", "slot.hex"],
    &["write", "--as-is", "--base", "0x60040000", "settings.bin"],
    &["write", "settings.bin"],
    &["verify", "APP"],
    &["verify", "--fcb", PART, "APP"],
    &["doctor"],
    &["doctor", "APP"],
    &["doctor", "--fcb", PART, "APP"],
    &["info"],
    &["read", "0x60000000", "4K", "out.bin"],
    &["backup", "backup.bin"],
    &["erase", "0x60002000", "4K"],
    &["erase", "0x60002000", "100"],
    &["erase", "--all"],
    &["blank-check", "0x60000000", "64K"],
    &["unprotect"],
    &["run"],
    &["reset"],
    &["fcb", "probe"],
    &["image", "check", "board"],
];

/// What a person may choose for APP.
const APPS: [&str; 4] = ["app.elf", "image.bin", "v1.hex", "v2.hex"];

/// Commands that take no board.
const WITHOUT_BOARD: [&str; 7] = [
    "list",
    "fcb list",
    "fcb build",
    "fcb show",
    "flashloader",
    "help",
    "image show",
];

/// A case at work.
struct Case {
    cli: Cli,
    random: Random,
    /// How the board is named on the command line; by a variable where nothing stands here.
    board: Option<String>,
    app: Option<&'static str>,
    log: String,
}

/// How following ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Well,
    ByHand,
}

/// What is wrong with the advice.
type Wrong = String;

impl Case {
    fn run(&mut self, args: &[String]) -> Run {
        let mut command = self.cli.command();
        if self.board.is_none() {
            command = self.cli.on_board();
        }
        // a virtual board of the default place is none of this test
        let run = Run::of(command.args(args));
        let _ = writeln!(self.log, "$ rtboot {}\n{run}", args.join(" "));
        run
    }

    /// The first command of the case.
    fn first(&mut self) -> Vec<String> {
        let words = COMMANDS[self.random.below(COMMANDS.len())];
        let app = APPS[self.random.below(APPS.len())];
        if words.contains(&"APP") {
            self.app = Some(app);
        }
        let words = words.iter().map(|word| word.replace("APP", app));
        let board = self.board.iter().map(|board| format!("--board={board}"));
        board.chain(words).collect()
    }

    /// A command with its placeholders filled by a person who knows the board.
    fn filled(&self, words: &[String]) -> Vec<String> {
        let app = self.app.unwrap_or("app.elf");
        let filled = |word: &String| match word.as_str() {
            "APP" | "FILE" => app.to_owned(),
            "PART" => PART.to_owned(),
            "ADDRESS" => "0x60002000".to_owned(),
            other => other.to_owned(),
        };
        words.iter().map(filled).collect()
    }

    /// Everything of the board that a command can change.
    fn state(&self) -> Vec<u8> {
        let read = |name: &str| std::fs::read(self.cli.path(name)).unwrap_or_default();
        let journals = walk(&self.cli.path("state"));
        [read("board/flash.bin"), read("board/board.json"), journals].concat()
    }

    /// That an advised command names what is at hand.
    fn names(&self, now: &[String], words: &[String]) -> Result<(), Wrong> {
        const OF_FILES: [&str; 3] = ["write", "verify", "doctor"];
        let (before, after) = (verb(now), verb(words));
        let files = |words: &[String]| -> Vec<String> {
            let file = |word: &&String| word.contains('.') && !word.starts_with("--");
            words.iter().filter(file).cloned().collect()
        };
        if OF_FILES.contains(&before.as_str()) && OF_FILES.contains(&after.as_str()) {
            let (had, has) = (files(now), files(words));
            // what an interrupted write left is finished by its own file
            if !had.is_empty() && has.is_empty() {
                return Err(format!(
                    "`rtboot {}` does not name {had:?}",
                    words.join(" ")
                ));
            }
            let named = |words: &[String]| words.iter().any(|word| word == "--fcb");
            if had == has && named(now) && !named(words) {
                return Err(format!("`rtboot {}` names no part", words.join(" ")));
            }
            let other = named(now) && !words.iter().any(|word| now.contains(word) && word == PART);
            if had == has && named(words) && other && !words.contains(&"auto".to_owned()) {
                return Err(format!("`rtboot {}` names another part", words.join(" ")));
            }
        }
        let line = words.join(" ");
        let verb = verb(words);
        let bare = WITHOUT_BOARD.iter().any(|it| verb.starts_with(it));
        if let (Some(board), false) = (&self.board, bare) {
            let folder = board.trim_start_matches("virtual:");
            if !line.contains(folder) {
                return Err(format!("`rtboot {line}` does not name {board}"));
            }
        }
        Ok(())
    }
}

/// All files below a folder.
fn walk(folder: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return bytes;
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        match path.is_dir() {
            true => bytes.extend(walk(&path)),
            false => bytes.extend(std::fs::read(&path).unwrap_or_default()),
        }
    }
    bytes
}

/// The verb of a command line, with its subcommand.
fn verb(words: &[String]) -> String {
    let mut words = words.iter().peekable();
    let mut verbs = Vec::new();
    while let Some(word) = words.next() {
        if !verbs.is_empty() || !word.starts_with("--") {
            verbs.push(word.as_str());
        } else if !word.contains('=') {
            words.next();
        }
    }
    verbs.truncate(
        if ["fcb", "image", "virtual", "sdp", "mboot", "flashloader"]
            .contains(&verbs.first().copied().unwrap_or_default())
        {
            2
        } else {
            1
        },
    );
    verbs.join(" ")
}

/// Whether clap did not understand the line.
fn misses_the_grammar(run: &Run) -> bool {
    run.code == 2 && (run.stderr.contains("Usage:") || run.stderr.contains("For more information"))
}

/// The error or findings of a run by their codes.
fn codes(run: &Run) -> Vec<String> {
    let texts = run.stdout.lines().chain(run.stderr.lines());
    let code = |line: &str| {
        let inside = line.trim_end().strip_suffix(']')?.rsplit_once('[')?.1;
        let plain = inside
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        plain.then(|| inside.to_owned())
    };
    texts.filter_map(code).collect()
}

/// Follows advice from a random command on.
fn follow(seed: u64, talk: bool) -> Result<(&'static str, End), (&'static str, Wrong)> {
    let mut random = Random::seeded(seed);
    let trouble = &TROUBLES[seed as usize % TROUBLES.len()];
    let cli = trouble.board(&mut random);
    let board = (random.below(2) == 0).then(|| format!("virtual:{}", cli.at("board")));
    let mut case = Case {
        cli,
        random,
        board,
        app: None,
        log: String::new(),
    };
    let ended = case.follow();
    if talk {
        println!("{}: {ended:?}\n{}", trouble.name, case.log);
    }
    let wrong = |wrong| (trouble.name, format!("{wrong}\n{}", case.log));
    ended.map(|end| (trouble.name, end)).map_err(wrong)
}

/// A command that failed, how it failed, what it advised, and the board then.
#[derive(PartialEq, Eq)]
struct Failed {
    command: Vec<String>,
    codes: Vec<String>,
    steps: Vec<Step>,
    state: Vec<u8>,
}

impl Case {
    fn follow(&mut self) -> Result<End, Wrong> {
        let mut original = self.first();
        let mut now = original.clone();
        // each failure with the next step of its advice, and whether something acted since
        let mut seen: Vec<(Failed, usize, bool)> = Vec::new();
        let mut cycled = false;
        for _ in 0..MOST_RUNS {
            let run = self.run(&now);
            if misses_the_grammar(&run) {
                return Err(format!("`{}` does not parse", now.join(" ")));
            }
            let steps = steps(&run);
            self.check(&now, &steps)?;
            if run.code == 0 && now == original {
                return Ok(End::Well);
            }
            if run.code == 0 || IS_AN_ANSWER.contains(&verb(&now).as_str()) {
                if now == original {
                    return Ok(End::Well);
                }
                now = original.clone();
                continue;
            }
            if steps.is_empty() {
                return Err(format!("`{}` fails without advice", now.join(" ")));
            }
            if says_again(&run) && !steps.contains(&Step::Again) {
                return Err("\"run the same command again\" stands outside of the advice".into());
            }
            let failed = Failed {
                command: now.clone(),
                codes: codes(&run),
                steps,
                state: self.state(),
            };
            let at = match seen.iter().position(|(before, ..)| *before == failed) {
                Some(at) => at,
                None => {
                    seen.push((failed, 0, false));
                    seen.len() - 1
                }
            };
            let (failed, next, acted) = &mut seen[at];
            let step = failed.steps.get(*next).cloned();
            *next += 1;
            let acted = std::mem::take(acted);
            let by_hand = failed
                .steps
                .iter()
                .any(|step| matches!(step, Step::ByHand(_)));
            match step {
                _ if acted => return Err(format!("`{}` leads in a circle", now.join(" "))),
                None if by_hand => return Ok(End::ByHand),
                None => return Err(format!("`{}`: no advice is left", now.join(" "))),
                Some(Step::ByHand(text)) if is_power_cycle(&text) && !cycled => {
                    cycled = true;
                    self.power_cycle();
                    now = original.clone();
                }
                Some(Step::ByHand(_)) => return Ok(End::ByHand),
                Some(Step::Again) => seen[at].2 = true,
                Some(Step::Options(options)) => {
                    let is_original = now == original;
                    now = with_options(&now, &self.filled(&options));
                    if is_original {
                        original = now.clone();
                    }
                }
                Some(Step::Command(words)) => {
                    now = self.filled(&words);
                    // whoever was told the right part names it from now on
                    if let (Some(at), true) = (at_fcb(&now), at_fcb(&original).is_some()) {
                        original = with_options(&original, &now[at..at + 2]);
                    }
                    if !LOOKS.contains(&verb(&now).split(' ').next().unwrap_or_default()) {
                        seen.iter_mut().for_each(|(.., acted)| *acted = true);
                    }
                }
            }
        }
        Err("no end".into())
    }

    /// That everything that is advised parses, and names what is at hand.
    fn check(&mut self, now: &[String], steps: &[Step]) -> Result<(), Wrong> {
        for step in steps {
            let words = match step {
                Step::Command(words) => self.filled(words),
                Step::Options(options) => with_options(now, &self.filled(options)),
                Step::Again | Step::ByHand(_) => continue,
            };
            if let Step::Command(words) = step {
                self.names(now, words)?;
            }
            let words = [&words[..], &["--help".to_owned()]].concat();
            let help = Run::of(self.cli.command().args(&words));
            if help.code != 0 && words[0] != "help" {
                return Err(format!(
                    "`{}` does not parse: {}",
                    words.join(" "),
                    help.stderr
                ));
            }
        }
        Ok(())
    }

    fn power_cycle(&mut self) {
        self.log += "$ (power off and on)\n";
        let set = ["virtual", "set", "board", "--power-cycle"];
        self.cli.run_bare(&set);
    }
}

fn at_fcb(words: &[String]) -> Option<usize> {
    words.iter().position(|word| word == "--fcb")
}

/// A command with these options; one that it has already gets the new value.
fn with_options(command: &[String], options: &[String]) -> Vec<String> {
    let mut command = command.to_vec();
    let known = options
        .first()
        .and_then(|first| command.iter().position(|word| word == first));
    match known {
        Some(at) => drop(command.splice(at..at + options.len(), options.iter().cloned())),
        None => command.extend_from_slice(options),
    }
    command
}

/// Whether a person is told to switch the board off and on.
fn is_power_cycle(text: &str) -> bool {
    text.contains("power-cycle") || text.contains("power off and on")
}

fn check(seeds: std::ops::Range<u64>) {
    let mut ends: BTreeMap<(&str, End), usize> = BTreeMap::new();
    let mut wrong: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let next = AtomicU64::new(seeds.start);
    let all = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        break;
                    }
                    let ended = follow(seed, false);
                    all.lock().expect("no panic").push((seed, ended));
                }
            });
        }
    });
    let mut all = all.into_inner().expect("no panic");
    all.sort_by_key(|(seed, _)| *seed);
    for (seed, ended) in all {
        match ended {
            Ok(end) => *ends.entry(end).or_default() += 1,
            Err((name, text)) => {
                let text = format!("seed {seed}, {name}: {text}");
                wrong.entry(name).or_default().push(text);
            }
        }
    }
    println!("{ends:?}");
    let all: Vec<String> = wrong.into_values().flatten().collect();
    assert!(
        all.is_empty(),
        "{} faults:\n{}",
        all.len(),
        all.join("\n\n")
    );
}

/// The seeds of the share, or those that `RTBOOT_ADVICES=FROM..TO` names.
fn range() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("RTBOOT_ADVICES") else {
        return 0..TROUBLES.len() as u64;
    };
    let (from, to) = text.split_once("..").expect("FROM..TO");
    from.parse().expect("a number")..to.parse().expect("a number")
}

#[test]
fn sample_of_advice_is_followed() {
    if let Ok(seed) = std::env::var("RTBOOT_ADVICE") {
        let seed = seed.parse().expect("RTBOOT_ADVICE is a number");
        let ended = follow(seed, true);
        assert!(ended.is_ok());
        return;
    }
    check(range());
}

#[test]
#[ignore = "a thousand boards: minutes"]
fn follow_the_advice_on_a_thousand_boards() {
    check(0..1_000);
}
