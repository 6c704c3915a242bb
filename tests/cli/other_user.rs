//! Another user of the same machine: his settings are not followed, and his journal is told of or its absence is.
//!
//! These need root, and programs of util-linux; else they are skipped.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use crate::kit::cli::{self, Cli, RTBOOT, Run};
use crate::kit::{app, app_bytes};
use rtboot_sim::{Fault, Settings};

/// Nobody: a user with few rights that every system has.
const NOBODY: u32 = 65534;
const EVK: &str = "--fcb=IS25LP064A";

/// The folder, open to all, when this is root and nobody can run the program.
fn shared(cli: &Cli) -> bool {
    let open = |path: &Path, mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, mode).expect("own file");
    };
    open(cli.folder(), 0o777);
    for entry in ["board", "state"] {
        if cli.path(entry).exists() {
            open(&cli.path(entry), 0o777);
        }
    }
    let run = as_nobody(cli, "--version");
    let runs = run.code == 0;
    if !runs {
        eprintln!("skipped: not root, or no setpriv, or nobody cannot run {RTBOOT}: {run}");
    }
    runs
}

fn as_nobody(cli: &Cli, args: &str) -> Run {
    let line =
        format!("exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups {RTBOOT} {args}");
    Run::of(&mut cli::shell(cli.folder(), &line))
}

#[test]
fn settings_of_another_user_are_refused() {
    let cli = Cli::fresh();
    if !shared(&cli) {
        return;
    }
    cli.file(
        "blinky.elf",
        std::fs::read(app("blinky.elf")).expect("a file"),
    );
    let settings = cli.path("rtboot.toml");
    for key in [
        "board = \"virtual:board\"",
        "flashloader = \"loader.bin\"",
        "fcb = \"IS25LP064A\"",
    ] {
        cli.file("rtboot.toml", format!("{key}\n"));
        let own = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&settings, own).expect("own file");
        let name = key.split(' ').next().expect("a key");
        // his own, to another; root's, to anybody; root's that others may write, to nobody
        chown(&settings, Some(1), Some(1)).expect("root");
        let refused = format!("rtboot.toml: it sets `{name}`, and it belongs to another user (1)");
        for run in [
            as_nobody(&cli, "write blinky.elf"),
            cli.run(&["write", "blinky.elf"]),
        ] {
            run.says(3, &[&refused, "[bad-settings]"]);
        }
        chown(&settings, Some(0), Some(0)).expect("root");
        let own = as_nobody(&cli, "write blinky.elf");
        assert!(!own.stderr.contains("[bad-settings]"), "{own}");
        let group = std::fs::Permissions::from_mode(0o664);
        std::fs::set_permissions(&settings, group).expect("own file");
        as_nobody(&cli, "write blinky.elf").says(
            3,
            &[&format!(
                "it sets `{name}`, and the users of group 0 may write it"
            )],
        );
    }
    assert!(cli.flash().is_empty(), "nothing was written");
}

/// Runs a script in which `/root` is the folder's `root`: the real program looks there for root's journals.
fn with_own_root(cli: &Cli, script: &str) -> Run {
    let line = format!("exec unshare -m sh -c 'mount --bind root /root && {script}'");
    let mut command = cli::shell(cli.folder(), &line);
    command
        .env_remove("RTBOOT_STATE_DIR")
        .env_remove("XDG_STATE_HOME");
    Run::of(&mut command)
}

fn application(fill: u8) -> Vec<u8> {
    let mut bytes = app_bytes("blinky.bin");
    bytes.resize(0x3000, fill);
    bytes
}

#[test]
fn journal_of_root_is_known_to_the_user() {
    let cli = Cli::with(Settings {
        flash: (0..0x6000_u32).map(|i| (i % 251) as u8).collect(),
        ..Settings::default()
    });
    std::fs::create_dir(cli.path("root")).expect("a folder");
    std::fs::create_dir(cli.path("home")).expect("a folder");
    if !shared(&cli) || with_own_root(&cli, "true").code != 0 {
        eprintln!("skipped: not root, or no mounts in a namespace");
        return;
    }
    let open = |path: &Path, mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, mode).expect("own file");
    };
    open(&cli.path("home"), 0o777);
    cli.file("v1.bin", application(1));
    let write = format!("{RTBOOT} --board virtual:board write {EVK} --base 0x60002000 v1.bin");
    let as_root = format!("HOME=/root {write}");
    // umask: the board's files must be nobody's too
    cli.set_faults(&[Fault::PowerCut { at: 40 }]);
    let cut = with_own_root(&cli, &format!("umask 0; {as_root}"));
    assert_eq!(cut.code, 15, "{cut}");
    cli.set_faults(&[]);
    let journals = cli.path("root/.local/state/rtboot/journal");
    assert_eq!(std::fs::read_dir(&journals).expect("made").count(), 1);
    for file in std::fs::read_dir(cli.path("board")).expect("a folder") {
        open(&file.expect("an entry").path(), 0o666);
    }
    let before = cli.flash();
    let user = format!(
        "HOME=$PWD/home exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups {write}"
    );
    // root's home may be looked into
    open(&cli.path("root"), 0o755);
    for folder in [".local", ".local/state", ".local/state/rtboot"] {
        open(&cli.path("root").join(folder), 0o755);
    }
    open(&journals, 0o755);
    let refused = with_own_root(&cli, &user);
    assert_ne!(refused.code, 0, "{refused}");
    refused.says(34, &["root", "/root/.local/state/rtboot/journal/"]);
    assert!(cli.flash() == before, "nothing was changed");
    // or it may not: then its absence cannot be told, and where it may be is
    open(&cli.path("root"), 0o700);
    let hidden = with_own_root(&cli, &user);
    hidden.says(
        0,
        &[
            "this user has no journal of it",
            "a journal of root (/root/.local/state/rtboot/journal/",
        ],
    );
}
