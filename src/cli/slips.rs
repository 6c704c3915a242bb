//! Command lines that clap refuses: what a person likely meant, never an option or command that destroys something.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::number;

/// Options that are typed on purpose or not at all: no slip leads to them.
const DANGEROUS: &[&str] = &[
    "--all",
    "--as-is",
    "--burn",
    "--confirm",
    "--discard",
    "--discard",
    "--restore",
    "--erase-all",
    "--erase-around",
    "--no-verify",
    "--replace-boot",
    "--restore",
];

/// Parts of the names of commands that change what cannot be changed back.
const DANGEROUS_WORDS: &[&str] = &[
    "erase",
    "program",
    "burn",
    "disable",
    "unsecure",
    "provisioning",
];

/// Commands of other tools, and what to say.
const COMMANDS: &[(&[&str], &str)] = &[
    (
        &[
            "upload",
            "download",
            "load",
            "deploy",
            "burn",
            "write-flash",
            "write_flash",
            "write-bin",
            "flash-image",
        ],
        "`rtboot write FILE` writes and verifies an application; --base is the address of a raw file",
    ),
    (
        &["blhost", "receive-sb-file", "nxpdevscan"],
        "`rtboot mboot --help` lists the commands of blhost; --board names the port",
    ),
    (
        &["sdphost", "imxusb", "imx_usb", "uuu"],
        "`rtboot sdp --help` lists the commands of sdphost; --board names the port",
    ),
    (
        &["nxpimage", "elftosb", "save-image", "elf2image", "objcopy"],
        "`rtboot image --help` builds and converts boot images",
    ),
    (
        &[
            "monitor", "attach", "gdb", "console", "terminal", "rtt", "step",
        ],
        "rtboot does no more than boot a board: `rtboot write --run FILE` starts the application, another program shows its output",
    ),
    (
        &["dump", "read-flash", "read_flash", "readback", "read-all"],
        "`rtboot backup FILE` reads the whole flash, `rtboot read ADDRESS LENGTH FILE` a part of it",
    ),
    (
        &["detect", "devices", "scan", "list-ports", "lsusb", "lsdev"],
        "`rtboot list` shows boards and ports",
    ),
    (
        &[
            "id", "chip-id", "chip_id", "flash-id", "flash_id", "status", "identify",
        ],
        "`rtboot info` says what the board is",
    ),
    (
        &["diagnose", "check", "test", "debug"],
        "`rtboot doctor` examines a board, `rtboot image check FILE` a file",
    ),
    (
        &[
            "erase-flash",
            "erase_flash",
            "erase-all",
            "chip-erase",
            "mass-erase",
            "wipe",
            "erase-region",
            "erase-parts",
            "erase_region",
            "flash-erase-region",
            "flash-erase-all",
            "flash-erase-all-unsecure",
        ],
        "`rtboot erase --help` tells how flash is erased; `write` erases what it needs by itself",
    ),
    (&["reboot", "restart"], "`rtboot reset` resets the board"),
    (
        &["start", "go", "boot", "execute"],
        "`rtboot run` starts the application in flash",
    ),
    (&["settings", "env"], "`rtboot config` lists every setting"),
    (&["version"], "`rtboot --version` prints the version"),
    (
        &["sim", "simulator", "emulator"],
        "`rtboot virtual --help` is about virtual boards",
    ),
];

/// Options of other tools, and what to say.
const OPTIONS: &[(&[&str], &str)] = &[
    (
        &["-p", "--port", "--serial", "--device", "-d", "--usb"],
        "--board names the board: --board uart:/dev/ttyUSB0, --board usb:1-4.1",
    ),
    (
        &["--baud", "--baudrate", "-B", "--speed"],
        "the speed stands behind the port: --board uart:/dev/ttyUSB0@57600",
    ),
    (
        &["-f", "--family", "-c"],
        "--chip names the chip: --chip rt1021",
    ),
    (
        &["-a", "--addr", "--offset", "--base-address", "--start"],
        "--base names the address of a raw file's first byte: --base 0x60002000",
    ),
    (
        &["-o", "--output", "--out", "--file"],
        "the file stands alone, as the last word",
    ),
    (
        &["-x", "--execute", "--monitor", "-M"],
        "--run starts the application when it is written",
    ),
    (
        &["--after", "--before", "--connect-under-reset"],
        "--reset resets the board when the application is written",
    ),
    (
        &["--verify"],
        "`write` always verifies; `rtboot verify FILE` only compares",
    ),
    (
        &["--erase", "-e", "--erase-sectors", "--chip-erase"],
        "`write` erases what it needs by itself",
    ),
    (
        &["--force", "-y", "--yes", "-F"],
        "no option forces an act: what cannot be undone is confirmed in words",
    ),
    (
        &[
            "--part",
            "--flash",
            "--config",
            "--flash-config",
            "--flash_mode",
            "--flash_freq",
            "--flash_size",
            "--flash-size",
            "--flash-mode",
            "--flash-freq",
        ],
        "--fcb names the flash part: --fcb IS25LP064A",
    ),
    (
        &["--log-level", "--debug", "--trace"],
        "-v says more, -vv shows every packet",
    ),
    (
        &["--dryrun", "-n", "--dry"],
        "`write --dry-run` says what it would do",
    ),
];

/// The same error with tips for people, and without dangerous ones. `words` is the command line.
pub fn explain(mut error: clap::Error, words: &[OsString], grammar: &clap::Command) -> clap::Error {
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into())
        .collect();
    drop_dangerous(&mut error);
    if let Some(tip) = tip(&error, &words, grammar) {
        // one sure tip stands better alone
        for kind in [
            ContextKind::SuggestedArg,
            ContextKind::SuggestedSubcommand,
            ContextKind::Suggested,
        ] {
            error.remove(kind);
        }
        let tips = ContextValue::StyledStrs(vec![tip.into()]);
        error.insert(ContextKind::Suggested, tips);
    }
    error
}

fn tip(error: &clap::Error, words: &[String], grammar: &clap::Command) -> Option<String> {
    let (kind, table) = match error.kind() {
        ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, COMMANDS),
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, OPTIONS),
        ErrorKind::ArgumentConflict => return two_at_once(error),
        _ => return None,
    };
    let Some(ContextValue::String(bad)) = error.get(kind) else {
        return None;
    };
    let bad = bad.split('=').next().unwrap_or_default();
    let after_wait = words
        .windows(2)
        .any(|pair| pair[0] == "--wait" && pair[1] == bad);
    if after_wait && number::parse_duration(bad).is_ok() {
        let unit = if bad.ends_with(char::is_numeric) {
            "s"
        } else {
            ""
        };
        return Some(format!(
            "the time stands behind an equals sign: --wait={bad}{unit}"
        ));
    }
    let known = table.iter().find(|(names, _)| names.contains(&bad));
    if let Some((_, tip)) = known {
        return Some((*tip).to_owned());
    }
    match error.kind() {
        ErrorKind::InvalidSubcommand => in_a_group(bad, grammar).or_else(|| as_file(bad)),
        _ => None,
    }
}

/// Options that say opposite things.
const OPPOSITES: &[(&str, &str, &str)] = &[
    (
        "--fcb",
        "--keep-fcb",
        "--keep-fcb writes the image's own FCB, --fcb another one: one of them is meant",
    ),
    (
        "--fcb",
        "--as-is",
        "--as-is writes the file's bytes and no other FCB; which part the flash is, RTBOOT_FCB or `fcb` in the settings says",
    ),
];

fn two_at_once(error: &clap::Error) -> Option<String> {
    let mut given = Vec::new();
    for kind in [ContextKind::InvalidArg, ContextKind::PriorArg] {
        match error.get(kind) {
            Some(ContextValue::String(one)) => given.push(one.clone()),
            Some(ContextValue::Strings(several)) => given.extend(several.iter().cloned()),
            _ => {}
        }
    }
    let has = |option: &str| {
        let mut names = given
            .iter()
            .filter_map(|text| text.split([' ', '=']).next());
        names.any(|name| name == option)
    };
    let known = OPPOSITES.iter().find(|(a, b, _)| has(a) && has(b));
    known.map(|(_, _, tip)| (*tip).to_owned())
}

/// A command of `mboot`, `sdp` and their like without its group.
fn in_a_group(bad: &str, grammar: &clap::Command) -> Option<String> {
    let mut groups = grammar.get_subcommands();
    let group = groups.find(|group| group.find_subcommand(bad).is_some())?;
    let dangerous = is_dangerous_word(bad);
    (!dangerous).then(|| format!("`rtboot {} {bad}` is that command", group.get_name()))
}

/// A file where the command is missing.
fn as_file(bad: &str) -> Option<String> {
    let ending = bad
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    let endings = ["elf", "axf", "out", "bin", "hex", "srec", "s19", "uf2"];
    let is_file = ending.is_some_and(|ending| endings.contains(&ending.as_str()));
    is_file.then(|| format!("`rtboot write {bad}` writes this file"))
}

fn is_dangerous_word(word: &str) -> bool {
    DANGEROUS_WORDS.iter().any(|part| word.contains(part))
}

/// Takes guesses away that destroy something when they are followed without a thought.
fn drop_dangerous(error: &mut clap::Error) {
    let suggested = |error: &clap::Error, kind| match error.get(kind) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(several)) => several.clone(),
        Some(ContextValue::StyledStrs(several)) => {
            several.iter().map(ToString::to_string).collect()
        }
        _ => Vec::new(),
    };
    let flags = suggested(error, ContextKind::SuggestedArg);
    if flags.iter().any(|flag| DANGEROUS.contains(&flag.as_str())) {
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::Usage); // it repeats the guess
    }
    let commands = suggested(error, ContextKind::SuggestedSubcommand);
    let (bad, good): (Vec<_>, Vec<_>) = commands
        .into_iter()
        .partition(|word| is_dangerous_word(word));
    if !bad.is_empty() {
        error.remove(ContextKind::SuggestedSubcommand);
    }
    if !bad.is_empty() && !good.is_empty() {
        error.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(good),
        );
    }
    let tips = suggested(error, ContextKind::Suggested);
    let is_noise = |tip: &String| {
        tip.contains("as a value") || DANGEROUS.iter().any(|flag| tip.contains(flag))
    };
    if tips.iter().any(is_noise) {
        error.remove(ContextKind::Suggested);
    }
}

#[cfg(test)]
mod tests {
    use super::super::grammar;
    use super::*;

    /// What is printed for this command line.
    fn says(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(Into::into).collect();
        let error = grammar().try_get_matches_from(&words).expect_err(line);
        explain(error, &words, &grammar()).to_string()
    }

    #[test]
    fn no_slip_leads_to_a_dangerous_option_or_command() {
        for line in [
            "rtboot write a --erase",
            "rtboot write a --erase-al",
            "rtboot write a --confrm x",
            "rtboot write a --no-verfy",
            "rtboot write a --discard-rescu",
            "rtboot erase --al",
            "rtboot --erase-all write a",
            "rtboot info --confirm x",
            "rtboot mboot flash-erase",
            "rtboot mboot flash-erase-al",
            "rtboot mboot efuse-program",
            "rtboot mboot efuse-program-once 1 1 --bunr x",
            "rtboot flash-erase-all",
            "rtboot erase-al",
        ] {
            let text = says(line);
            let typed: Vec<&str> = line.split(' ').collect();
            let tips = text
                .lines()
                .filter(|line| line.contains("tip:") || line.contains("Usage:"));
            for tip in tips {
                let words = tip.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
                for word in words.filter(|word| !typed.contains(word)) {
                    let command = word.contains('-') && is_dangerous_word(word);
                    assert!(!DANGEROUS.contains(&word) && !command, "{line}: {text}");
                }
            }
        }
    }

    #[test]
    fn words_of_other_tools_get_a_sentence() {
        for (line, tip) in [
            ("rtboot --wait 5 info", "--wait=5s"),
            ("rtboot info --wait 500ms", "--wait=500ms"),
            ("rtboot get-property 1", "rtboot mboot get-property"),
            ("rtboot error-status", "rtboot sdp error-status"),
            ("rtboot app.elf", "rtboot write app.elf"),
            ("rtboot reboot", "rtboot reset"),
            ("rtboot dump", "rtboot backup"),
            (
                "rtboot blhost -u 0x15a2,0x0073 -- get-property 1",
                "rtboot mboot --help",
            ),
            ("rtboot sdphost -p COM3", "rtboot sdp --help"),
            (
                "rtboot flash-erase-region 0x60000000 4K",
                "rtboot erase --help",
            ),
            ("rtboot flash-erase-all", "rtboot erase --help"),
            ("rtboot write_flash 0x60002000 a.bin", "--base"),
            ("rtboot monitor", "rtboot write --run"),
            ("rtboot write a --monitor", "--run starts"),
            ("rtboot write a --after hard_reset", "--reset resets"),
            ("rtboot write a --chip-erase", "erases what it needs"),
            ("rtboot write a --speed 4000", "behind the port"),
            ("rtboot write a -x", "--run starts"),
            ("rtboot write a --flash_size 8MB", "--fcb names"),
            ("rtboot write a -p COM3", "--board uart:"),
            ("rtboot write a --offset 0x60002000", "--base 0x60002000"),
            ("rtboot write a --force", "confirmed in words"),
            ("rtboot write a --verify", "always verifies"),
            ("rtboot write a --fcb X --keep-fcb", "one of them is meant"),
            ("rtboot verify a --keep-fcb --fcb=X", "one of them is meant"),
            ("rtboot doctor a --as-is --fcb X", "RTBOOT_FCB"),
            ("rtboot wirte a", "'write'"),
            ("rtboot write a --dry-rum", "'--dry-run'"),
        ] {
            let text = says(line);
            assert!(text.contains(tip), "{line}: {text}");
            assert!(!text.contains("as a value"), "{line}: {text}");
        }
    }
}
