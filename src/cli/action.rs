//! Commands to type: an [`Action`] of the library, spelled out for the board, the application and the part at hand.

use rtboot::finding::{Action, Next};

/// What the run at hand is about; a command to type repeats it.
#[derive(Debug, Clone, Default)]
pub struct AtHand {
    /// The command that ran.
    pub verb: Vec<String>,
    /// The selector that was given.
    pub board: Option<String>,
    /// The chip that was given.
    pub chip: Option<String>,
    /// Which loader was asked for.
    pub loader: Option<String>,
    /// The flashloader file that was given.
    pub flashloader: Option<String>,
    /// The application, or the first of several pieces.
    pub app: Option<String>,
    /// The other pieces.
    pub also: Vec<String>,
    /// The part or .cfg that was given.
    pub fcb: Option<String>,
    /// The base address that was given.
    pub base: Option<u32>,
    /// The flags of its layout that were given.
    pub flags: Vec<&'static str>,
}

impl AtHand {
    /// A command, or the options to add to the one that ran, as a POSIX shell reads them.
    pub fn command(&self, action: &Action) -> String {
        let words = |words: &[&str]| words.iter().map(|word| quoted(word)).collect::<Vec<_>>();
        let plain = |verb: &[&str]| [words(&["rtboot"]), words(verb)].concat().join(" ");
        match action {
            Action::Doctor { board, chip } => {
                let of = AtHand {
                    board: board.clone().or_else(|| self.board.clone()),
                    chip: chip.clone().or_else(|| self.chip.clone()),
                    ..self.clone()
                };
                let app = of.app.clone();
                of.on_board("doctor", of.for_app(of.fcb.as_deref(), app))
            }
            Action::DoctorReport => {
                let app = self.for_app(self.fcb.as_deref(), self.app.clone());
                let report = words(&["--report", "doctor.md"]);
                self.on_board("doctor", [app, report].concat())
            }
            Action::Write { app, part } => {
                let app = app.clone().or_else(|| self.app.clone());
                let part = part.as_deref().or(self.fcb.as_deref());
                let app = app.unwrap_or_else(|| "APP".into());
                self.on_board("write", self.for_app(part, Some(app)))
            }
            Action::FinishWrite {
                command: Some(command),
                ..
            } => self.on_board(command, Vec::new()),
            Action::FinishWrite {
                file, second_stage, ..
            } => {
                let flag = second_stage.then_some("--second-stage");
                self.on_board("write", self.of_file(flag, file.as_deref()))
            }
            Action::GiveUp { command, file } => {
                // a backup is not restored in part: what is written instead is another file
                let written = command.as_deref().and_then(|words| words.strip_prefix("write "));
                let words = match written {
                    Some(words) => vec!["--discard".to_owned(), words.to_owned()],
                    None => self.of_file(Some("--discard"), file.as_deref()),
                };
                self.on_board("write", words)
            }
            Action::FinishErase { start, end } => {
                self.on_board("erase", vec![format!("{start:#010x}..{end:#010x}")])
            }
            Action::Verify => {
                let app = self.app.clone().unwrap_or_else(|| "APP".into());
                self.on_board("verify", self.for_app(self.fcb.as_deref(), Some(app)))
            }
            Action::Info => self.on_board("info", Vec::new()),
            Action::Unprotect => self.on_board("unprotect", Vec::new()),
            Action::ProbeFlash => self.on_board("fcb probe", Vec::new()),
            Action::PartToCfg { part } => {
                let part = part.as_deref().or(self.fcb.as_deref()).unwrap_or("PART");
                plain(&["fcb", "build", part, "-o", "slower.cfg"])
            }
            Action::ProbeToCfg => self.on_board("fcb probe", words(&["--save", "PART.cfg"])),
            Action::HabStatus => self.on_board("sdp error-status", Vec::new()),
            Action::Property { property } => {
                self.on_board("mboot get-property", vec![property.to_string()])
            }
            Action::ListBoards => plain(&["list"]),
            Action::ListParts => plain(&["fcb", "list"]),
            Action::ExampleCfg => plain(&["fcb", "show", "issi.cfg", "--cfg"]),
            Action::SetUpStation => plain(&["line", "init", "NAME"]),
            Action::LearnSlots => plain(&["line", "slots", "learn", "A", "B"]),
            Action::ListFlashloaders => plain(&["flashloader", "list"]),
            Action::AddFlashloader => plain(&["flashloader", "add", "ivt_flashloader.bin"]),
            Action::ShowFlashloader => plain(&["flashloader", "show", "FILE"]),
            Action::ShowImage { file } => plain(&["image", "show", self.file(file)]),
            Action::CheckImage { file } => plain(&["image", "check", self.file(file)]),
            Action::CropImage => plain(&["image", "convert", "IN", "OUT", "--crop", "FROM..TO"]),
            Action::NewVirtual { folder } => {
                plain(&["virtual", "new", folder.as_deref().unwrap_or("DIR")])
            }
            Action::ShowVirtual { folder } => {
                let folder = folder.as_deref().or(self.virtual_folder());
                plain(&["virtual", "show"].into_iter().chain(folder).collect::<Vec<_>>())
            }
            Action::VirtualToDownload { folder } => {
                let folder = folder.as_deref().or(self.virtual_folder());
                let words = ["virtual", "set"].into_iter().chain(folder);
                let set = ["--straps", "serial", "--power-cycle"];
                plain(&words.chain(set).collect::<Vec<_>>())
            }
            Action::InstallUdevRules => "rtboot udev | sudo tee /etc/udev/rules.d/70-rtboot.rules; sudo udevadm control --reload-rules; sudo udevadm trigger".into(),
            Action::JoinSerialGroup => "sudo usermod -aG dialout $USER".into(),
            Action::Help => {
                let verb = self.verb.iter().map(String::as_str);
                plain(&["help"].into_iter().chain(verb).collect::<Vec<_>>())
            }
            Action::NameBoard { board } => option("--board", board.as_deref().unwrap_or("BOARD")),
            Action::NameChip { chip } => option("--chip", chip.as_deref().unwrap_or("CHIP")),
            Action::NamePart { part } => option("--fcb", part.as_deref().unwrap_or("PART")),
            Action::NameFlashloader => option("--flashloader", "FILE"),
            Action::OwnLoader => option("--loader", "own"),
            Action::NxpLoader => option("--loader", "nxp"),
            Action::NameBase { base } => {
                let base = base.map(|base| format!("{base:#010x}"));
                option("--base", base.as_deref().unwrap_or("ADDRESS"))
            }
            Action::AsIs => {
                let file = quoted(self.file(&None));
                self.on_board("write", vec!["--as-is --base ADDRESS".into(), file])
            }
            Action::KeepFcb => "--keep-fcb".into(),
            Action::EraseAround => "--erase-around".into(),
            Action::RestoreKept => "--restore".into(),
            Action::DiscardKept => "--discard".into(),
            Action::KeepBootLoader => "--second-stage".into(),
            Action::ReplaceBootLoader => "--replace-boot".into(),
            Action::Confirm { words, burns_fuses } => {
                let flag = if *burns_fuses { "--burn" } else { "--confirm" };
                format!("{flag} {}", double_quoted(words))
            }
            Action::RoundToSectors => "--round".into(),
            Action::Yes => "--yes".into(),
            Action::Reset => self.on_board("reset", Vec::new()),
            Action::Again => "run the same command again".into(),
            // an action that is newer than this list still says what it does
            other => other.does().into(),
        }
    }

    /// What to do next, as a sentence.
    pub fn sentence(&self, next: &Next) -> String {
        match next {
            Next::Run(action @ Action::Again) => {
                format!("{} {}", self.command(action), action.does())
            }
            Next::Run(action) => format!("`{}` {}", self.command(action), action.does()),
            Next::Measure(text) | Next::Act(text) => text.clone(),
        }
    }

    /// What to do next: the command alone, or what to measure or do.
    pub fn step(&self, next: &Next) -> String {
        match next {
            Next::Run(action) => self.command(action),
            Next::Measure(text) | Next::Act(text) => text.clone(),
        }
    }

    /// A command that talks to this board.
    fn on_board(&self, verb: &str, behind: Vec<String>) -> String {
        let before = [
            ("--board", &self.board),
            ("--chip", &self.chip),
            ("--loader", &self.loader),
            ("--flashloader", &self.flashloader),
        ];
        let mut words = vec!["rtboot".to_owned()];
        for (flag, value) in before {
            if let Some(value) = value {
                words.push(option(flag, value));
            }
        }
        words.push(verb.to_owned());
        words.extend(behind);
        words.join(" ")
    }

    /// Options and file of a command about this application.
    fn for_app(&self, part: Option<&str>, app: Option<String>) -> Vec<String> {
        let part = part.map(|part| option("--fcb", part));
        let base = self.base.map(|base| format!("--base {base:#010x}"));
        let at_hand = app == self.app && app.is_some();
        let app = app.map(|app| quoted(&app));
        let flags = self.flags.iter().filter(|_| at_hand);
        let also = self.also.iter().filter(|_| at_hand);
        let flags = flags.map(|flag| (*flag).to_owned());
        let before = [part, base].into_iter().flatten().chain(flags);
        let files = app.into_iter().chain(also.map(|piece| quoted(piece)));
        before.chain(files).collect()
    }

    /// The command that ran, to be typed again: its verb, and the options and files that decide which bytes go where.
    pub fn repeated(&self) -> String {
        let words = self.for_app(self.fcb.as_deref(), self.app.clone());
        let verb = self.verb.iter().cloned();
        verb.chain(words).collect::<Vec<_>>().join(" ")
    }

    /// A flag and a file, with the options that were given for it where it is the application at hand.
    fn of_file(&self, flag: Option<&str>, file: Option<&str>) -> Vec<String> {
        let at_hand = file.is_some() && file == self.app.as_deref();
        let words = match at_hand {
            true => self.for_app(self.fcb.as_deref(), self.app.clone()),
            false => vec![quoted(file.unwrap_or("FILES"))],
        };
        let flag = flag.map(str::to_owned);
        let flag = flag.filter(|flag| !words.contains(flag));
        flag.into_iter().chain(words).collect()
    }

    fn file<'a>(&'a self, file: &'a Option<String>) -> &'a str {
        file.as_deref().or(self.app.as_deref()).unwrap_or("FILE")
    }

    /// The folder of the virtual board at hand.
    fn virtual_folder(&self) -> Option<&str> {
        self.board.as_deref()?.strip_prefix("virtual:")
    }
}

fn option(flag: &str, value: &str) -> String {
    format!("{flag} {}", quoted(value))
}

/// A word that a shell takes as it is; others between single quotes.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Words between double quotes where a shell leaves them alone there.
fn double_quoted(words: &str) -> String {
    match words.contains(['"', '$', '`', '\\', '!']) {
        true => quoted(words),
        false => format!("\"{words}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCTOR: Action = Action::Doctor {
        board: None,
        chip: None,
    };

    #[test]
    fn commands_repeat_what_was_given_and_are_quoted() {
        let at_hand = AtHand {
            board: Some("virtual:my board".into()),
            flashloader: Some("load$er.bin".into()),
            app: Some("it's; app.bin".into()),
            fcb: Some("issi.cfg".into()),
            base: Some(0x6000_2000),
            ..AtHand::default()
        };
        assert_eq!(
            at_hand.command(&DOCTOR),
            r"rtboot --board 'virtual:my board' --flashloader 'load$er.bin' doctor --fcb issi.cfg --base 0x60002000 'it'\''s; app.bin'"
        );
        assert_eq!(
            at_hand.command(&Action::ShowVirtual { folder: None }),
            "rtboot virtual show 'my board'"
        );
        assert_eq!(AtHand::default().command(&DOCTOR), "rtboot doctor");
    }

    #[test]
    fn placeholders_stand_for_what_is_not_at_hand() {
        let write = Action::Write {
            app: None,
            part: Some("W25Q64JV".into()),
        };
        let none = AtHand::default();
        assert_eq!(none.command(&write), "rtboot write --fcb W25Q64JV APP");
        let confirm = Action::Confirm {
            words: "erase the whole flash".into(),
            burns_fuses: false,
        };
        assert_eq!(
            none.sentence(&confirm.into()),
            "`--confirm \"erase the whole flash\"` confirms it, if you are sure"
        );
        assert_eq!(
            none.sentence(&Action::Again.into()),
            "run the same command again to finish the job"
        );
    }
}
