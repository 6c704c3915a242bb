//! A virtual board to be examined, as it should be and with one thing wrong.

use rtboot::Source;
use rtboot::board::{Board, Options};
use rtboot::doctor::{self, AppInput, Diagnosis, Expected, Facts, HostFacts, Request};
use rtboot::finding::catalogue;
use rtboot::flash::{FcbChoice, LoaderSource};
use rtboot::job::{LaidOutPieces, LayoutOptions};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot_bootable::{BootImage, Firmware};
use rtboot_fcb::{Fcb, Part, database};
use rtboot_sim::{Fault, Settings};

use crate::kit::wire::{Cable, Change, Wire};
use crate::kit::{app_bytes, rt1021};

/// The virtual board's part, with its entry in the database and the status registers that have quad enable set.
pub const PARTS: [(&str, &str, [u8; 3]); 4] = [
    ("is25lp064a", "IS25LP064A", [0x40, 0, 0]),
    ("w25q64jv", "W25Q64JV", [0, 2, 0]),
    ("mx25l12845g", "MX25L12845G", [0x40, 0, 0]),
    ("gd25q64c", "GD25Q64C", [0, 2, 0]),
];

/// The entry of the database.
pub fn part(name: &str) -> Part {
    let found = database::parts().find(|part| part.name.eq_ignore_ascii_case(name));
    found.unwrap_or_else(|| panic!("{name} is none of {:?}", database::names()))
}

pub fn firmware(name: &str) -> Firmware {
    let map = rt1021().map;
    Firmware::parse(&app_bytes(name), Some(name), None, &map).expect("a firmware file")
}

/// Flash from offset 0 on, as a write with this FCB leaves it.
pub fn image_with(fcb: &Fcb) -> Vec<u8> {
    let map = rt1021().map;
    let image = BootImage::build(&firmware("blinky.elf"), Some(fcb), &map).expect("an image");
    let length = (image.memory.end() - 0x6000_0000) as usize;
    image.memory.filled(0x6000_0000, length, 0xFF)
}

pub fn image() -> Vec<u8> {
    image_with(&part("IS25LP064A").boot_fcb())
}

/// A board as a write leaves it: image, quad enable set, boot pins on serial download.
pub fn healthy() -> Settings {
    healthy_on(0)
}

pub fn healthy_on(index: usize) -> Settings {
    let (sim, name, status) = PARTS[index % PARTS.len()];
    Settings {
        part: rtboot_sim::nor::Part::find(sim).expect("a part of the virtual board"),
        flash: image_with(&part(name).boot_fcb()),
        status,
        ..Settings::default()
    }
}

/// A healthy board with these bytes of flash changed.
pub fn patched(offset: usize, bytes: &[u8]) -> Settings {
    let mut settings = healthy();
    settings.flash[offset..offset + bytes.len()].copy_from_slice(bytes);
    settings
}

pub fn faulty(fault: Fault) -> Settings {
    Settings {
        faults: vec![fault],
        ..healthy()
    }
}

/// An examination: the board, and what the user says besides.
pub struct Exam {
    pub virtual_board: VirtualBoard,
    pub board: Board,
    /// The chip that the user names.
    pub chip: Option<&'static rtboot::Chip>,
    pub expected: Option<Expected>,
    pub app: Option<AppInput>,
    pub host: HostFacts,
    pub facts: Option<Facts>,
    pub loader: Vec<u8>,
    /// What happens instead when a flashloader file is asked for.
    pub no_loader: Option<rtboot::Error>,
    pub journals: Option<rtboot::journal::JournalStore>,
}

impl Exam {
    pub fn on(settings: Settings) -> Exam {
        let virtual_board = VirtualBoard::from_board(rtboot_sim::Board::new(settings));
        let board = Board::on_virtual(&virtual_board, Options::default());
        Exam::of(virtual_board, board)
    }

    pub fn of(virtual_board: VirtualBoard, board: Board) -> Exam {
        Exam {
            virtual_board,
            chip: None,
            board,
            expected: None,
            app: None,
            host: HostFacts::default(),
            facts: None,
            loader: rtboot_sim::standin_loader().to_vec(),
            no_loader: None,
            journals: None,
        }
    }

    /// The user says which part it should be.
    pub fn expecting(mut self, name: &str) -> Exam {
        let (from, file) = database::find(name).expect("in the database");
        self.expected = Some(Expected {
            from: from.into(),
            file,
        });
        self
    }

    /// The user gives an application.
    pub fn with_app(mut self, firmware: Firmware) -> Exam {
        let chip = rt1021();
        let choice = match &self.expected {
            Some(expected) => FcbChoice::Part {
                from: expected.from.clone(),
                file: expected.file.clone(),
            },
            None => FcbChoice::Auto,
        };
        let options = LayoutOptions {
            fcb: choice,
            ..LayoutOptions::default()
        };
        let hex = rtboot_bootable::emit::intel_hex(&firmware.memory);
        let file = Source::bytes("app.elf", hex);
        let pieces = LaidOutPieces::new(&file.into(), &options, chip);
        self.app = Some(AppInput {
            name: "app.elf".into(),
            pieces,
        });
        self
    }

    pub fn with_blinky(self) -> Exam {
        self.with_app(firmware("blinky.elf"))
    }

    pub fn run(&mut self) -> Diagnosis {
        let missing = self.no_loader.take();
        let bytes = match missing {
            Some(_) => Vec::new(),
            None => self.loader.clone(),
        };
        let loader = LoaderSource::File(rtboot::Source::bytes("loader.bin", bytes));
        let request = Request {
            chip: self.chip,
            loader: &loader,
            expected: self.expected.take(),
            app: self.app.take(),
            journals: self.journals.as_ref(),
        };
        let host = std::mem::take(&mut self.host);
        let mut facts = doctor::gather(&mut self.board, host, request, &mut ());
        // an empty file was given: its error gives way to the one that the test wants
        if matches!(facts.loader_error, Some(rtboot::Error::Firmware { .. })) && missing.is_some() {
            facts.loader_error = missing;
        }
        let diagnosis = doctor::examine(&facts);
        self.facts = Some(facts);
        diagnosis
    }

    /// Codes of all findings.
    pub fn codes(&mut self) -> Vec<&'static str> {
        codes(&self.run())
    }

    /// Expects this finding first.
    pub fn finds(&mut self, code: &str) -> Diagnosis {
        let diagnosis = self.run();
        check(&diagnosis);
        let first = diagnosis.first().map(|finding| finding.code());
        assert_eq!(first, Some(code), "{diagnosis:#?}\n{:#?}", self.rows());
        diagnosis
    }

    fn rows(&self) -> Vec<String> {
        let rows = self.facts.as_ref().map(doctor::rows).unwrap_or_default();
        rows.into_iter()
            .map(|row| format!("{}: {} ({})", row.name, row.value, row.source))
            .collect()
    }
}

pub fn codes(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis
        .findings
        .iter()
        .map(|finding| finding.code())
        .collect()
}

/// What holds for every diagnosis: known codes, whole sentences, a reason, a next step.
pub fn check(diagnosis: &Diagnosis) {
    for finding in &diagnosis.findings {
        assert!(catalogue::find(finding.code()).is_some(), "{finding}");
        assert_eq!(finding.unfilled(), None, "{finding}");
        assert!(!finding.why.is_empty(), "{finding} says no why");
        assert!(
            !finding.next.is_empty(),
            "{finding} says nothing to do next"
        );
        for next in &finding.next {
            let text = next.to_string();
            assert!(
                !text.is_empty() && !text.ends_with('.'),
                "{finding}: {text}"
            );
        }
    }
}

/// A board whose reports are changed on the way to the host: for faults that the virtual board does not have.
pub fn tampered(settings: Settings, change: Change) -> Exam {
    let virtual_board = VirtualBoard::from_board(rtboot_sim::Board::new(settings));
    let wire = Wire::new(&virtual_board, Cable::Hid).changed(change);
    let board = Board::on_plug(Box::new(wire), Options::default());
    Exam::of(virtual_board, board)
}

/// Expects this finding first on such a board.
pub fn finds(settings: Settings, code: &str) -> Diagnosis {
    Exam::on(settings).finds(code)
}
