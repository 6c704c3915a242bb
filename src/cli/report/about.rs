//! What a run is about, and the doctor's command that examines the same.

use std::path::Path;

use crate::cli::Globals;

/// The application of a run, and what was said of it and of its flash.
#[derive(Debug, Default)]
pub struct About<'a> {
    /// The file.
    pub app: Option<&'a Path>,
    /// `--fcb` as it was given.
    pub fcb: Option<&'a str>,
    /// `--base` as it was given.
    pub base: Option<u32>,
}

/// The command that examines the same board, as a POSIX shell reads it.
pub fn doctor(globals: &Globals, about: &About<'_>) -> String {
    let path = |path: &Path| path.display().to_string();
    let before = vec![
        ("--board", globals.board.clone()),
        ("--chip", globals.chip.clone()),
        ("--flashloader", globals.flashloader.as_deref().map(path)),
    ];
    let behind = vec![
        ("--fcb", about.fcb.map(str::to_owned)),
        ("--base", about.base.map(|base| format!("{base:#010x}"))),
    ];
    let given = |options: Vec<(&'static str, Option<String>)>| {
        let options = options.into_iter();
        options.flat_map(|(flag, value)| value.map(|value| [flag.to_owned(), value]))
    };
    let words = std::iter::once("rtboot".to_owned())
        .chain(given(before).flatten())
        .chain(std::iter::once("doctor".to_owned()))
        .chain(given(behind).flatten())
        .chain(about.app.map(path));
    words.map(quoted).collect::<Vec<_>>().join(" ")
}

/// A word that a shell takes as it is; others between single quotes.
fn quoted(word: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_doctor_s_command_says_all_that_was_said_and_a_shell_reads_it_so() {
        let globals = Globals {
            board: Some("virtual:my board".into()),
            flashloader: Some("load$er.bin".into()),
            ..Globals::default()
        };
        let about = About {
            app: Some(Path::new("it's; app.bin")),
            fcb: Some("issi.cfg"),
            base: Some(0x6000_2000),
        };
        assert_eq!(
            doctor(&globals, &about),
            r"rtboot --board 'virtual:my board' --flashloader 'load$er.bin' doctor --fcb issi.cfg --base 0x60002000 'it'\''s; app.bin'"
        );
        assert_eq!(
            doctor(&Globals::default(), &About::default()),
            "rtboot doctor"
        );
    }
}
