//! The completions, tried by the shells that they are for. Shells that are not installed are skipped.

use std::path::Path;
use std::process::Command;

use crate::kit::cli::{Cli, RTBOOT, clean};

/// Runs a script in a shell that finds rtboot; `None` where there is no such shell.
fn shell(cli: &Cli, name: &str, options: &[&str], script: &str) -> Option<String> {
    let mut command = Command::new(name);
    clean(&mut command, cli.folder());
    let folder = Path::new(RTBOOT).parent().expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .current_dir(cli.folder())
        .env("PATH", format!("{}:{path}", folder.display()))
        .args(options)
        .args(["-c", script]);
    let Ok(output) = command.output() else {
        println!("skipped: no {name} here");
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.is_empty(), "{name}: {errors}");
    Some(text)
}

/// A folder with the script of a shell, and files whose names begin alike.
fn scripted(name: &str) -> Cli {
    let cli = Cli::without_board();
    let script = cli.run_bare(&["completions", name]).good();
    cli.file("rtboot.script", script);
    cli.file("IS25mine.cfg", "x");
    cli
}

/// What a shell offers behind this line.
fn offers(cli: &Cli, name: &str, line: &str) -> Option<Vec<String>> {
    let told = match name {
        "bash" => {
            let script = format!(
                "source rtboot.script
                COMP_LINE='{line}' COMP_POINT=${{#COMP_LINE}}
                # readline breaks words at colons, too
                IFS=$' ' read -r -a COMP_WORDS <<< \"${{COMP_LINE//:/ : }}\"
                [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
                COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
                _rtboot_words rtboot \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"
                printf '%s\\n' \"${{COMPREPLY[@]}}\""
            );
            shell(cli, "bash", &["--norc"], &script)?
        }
        "fish" => {
            let script = format!("source rtboot.script; complete -C '{line}'");
            shell(cli, "fish", &["--no-config"], &script)?
        }
        other => panic!("{other}"),
    };
    let first = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    Some(told.lines().map(first).collect())
}

#[test]
fn shells_offer_commands_parts_chips_boards_and_files() {
    for name in ["bash", "fish"] {
        let cli = scripted(name);
        for (line, wanted) in [
            ("rtboot wri", &["write"][..]),
            ("rtboot back", &["backup"]),
            ("rtboot write --fcb IS25LP06", &["IS25LP064A"]),
            ("rtboot write --fcb au", &["auto"]),
            ("rtboot write --fcb IS25m", &["IS25mine.cfg"]),
            ("rtboot doctor --fcb IS25m", &["IS25mine.cfg"]),
            ("rtboot image build --fcb W25Q64", &["W25Q64JV"]),
            ("rtboot --chip rt102", &["rt1021"]),
            ("rtboot --board v", &["virtual"]),
            ("rtboot -b us", &["usb"]),
            ("rtboot virtual new --part w25q64", &["w25q64jv"]),
            ("rtboot write --fcb auto ", &["IS25mine.cfg"]),
        ] {
            let Some(offers) = offers(&cli, name, line) else {
                continue;
            };
            for word in wanted {
                let words = offers.iter().all(|offer| !offer.starts_with(['<', '[']));
                assert!(words, "{name}: {line}: {offers:?}");
                let held = offers.iter().any(|offer| offer.eq_ignore_ascii_case(word));
                assert!(held, "{name}: {line}: {offers:?}");
            }
        }
    }
}

#[test]
fn bash_offers_what_stands_behind_a_colon_alone() {
    let cli = scripted("bash");
    // a file name in the place of a port: there may be none on this machine
    let script = cli.run_bare(&["completions", "bash"]).good();
    let fixed = "echo uart:/dev/ttyUSB7";
    let ask = "rtboot completions --values boards 2>/dev/null";
    cli.file("rtboot.script", script.replace(ask, fixed));
    if let Some(offers) = offers(&cli, "bash", "rtboot --board uart:/dev/tt") {
        assert_eq!(offers, ["/dev/ttyUSB7"]);
    }
}

#[test]
fn zsh_asks_rtboot_for_values() {
    let cli = scripted("zsh");
    for (function, wanted) in [
        ("_rtboot_parts", "IS25LP064A"),
        ("_rtboot_boards", "virtual"),
        ("_rtboot_chips", "rt1021"),
        ("_rtboot_virtual_parts", "w25q64jv"),
    ] {
        let script = format!(
            "compdef() {{ }}; compadd() {{ print -l -- $@ }}; _files() {{ print files }}
            source ./rtboot.script; {function}"
        );
        let Some(told) = shell(&cli, "zsh", &["-f"], &script) else {
            continue;
        };
        let held = told.lines().any(|line| line.eq_ignore_ascii_case(wanted));
        assert!(held, "{function}: {told}");
        assert_eq!(
            told.contains("files"),
            function == "_rtboot_parts",
            "{told}"
        );
    }
    let script = String::from_utf8(cli.read("rtboot.script")).expect("text");
    assert!(script.contains(":PART:_rtboot_parts") || script.contains(":_rtboot_parts'"));
}

#[test]
fn no_script_keeps_a_mark() {
    let cli = Cli::without_board();
    for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = cli.run_bare(&["completions", name]).good();
        assert!(!script.contains("RTBOOT-VALUES"), "{name}");
    }
    cli.run_bare(&["completions"]).says(2, &["name a shell"]);
}
