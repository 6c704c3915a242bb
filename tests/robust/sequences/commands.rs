//! What can be done to a board, and what can go wrong meanwhile.

use std::ops::Range;

use rtboot::flash::KeptBytes;
use rtboot::job::BootLoader;
use rtboot_sim::{ByteFault, Counts, Fault, ReportFault};

use crate::kit::random::Random;
use crate::kit::wire::Trip;

/// One command, or something that happens to the board between commands.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Write(Write),
    Erase {
        at: usize,
        length: usize,
    },
    EraseAll,
    Unprotect,
    Verify {
        image: usize,
    },
    Read {
        at: usize,
        length: usize,
    },
    Info,
    /// The application in flash is started.
    Run,
    /// The flashloader is told to reset the board.
    Reset,
    /// The application stores bytes in flash.
    ApplicationStores {
        at: usize,
        bytes: Vec<u8>,
    },
    /// The application sets all bits of block protection.
    ApplicationProtects,
    /// Another tool writes a whole image, by erasing the first sectors.
    OtherTool {
        image: usize,
    },
    /// The flash is replaced by one of the same kind, or another board without a unique id takes this one's place.
    AnotherChip {
        holds: Holds,
    },
    PowerCycle,
    /// The reset button: RAM and the flash's modes stay.
    WarmReset,
    /// The board goes to the other host.
    OtherHost,
}

/// What another chip holds when it comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Holds {
    Nothing,
    Noise { seed: u32 },
    Image { image: usize },
}

/// A write of any kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    pub what: What,
    pub policy: Policy,
    pub kept: KeptBytes,
}

/// What is written.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// An application; what becomes of a boot loader in flash decides whether it gets a boot header.
    Image { image: usize, loader: BootLoader },
    /// The same with a second piece.
    Pieces {
        image: usize,
        at: usize,
        bytes: Vec<u8>,
    },
    /// The application alone, its bytes and nothing else.
    Application { image: usize },
    /// Bytes that are no image.
    Data { at: usize, bytes: Vec<u8> },
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
    Usual,
    /// Every touched sector is erased and programmed.
    NoSkip,
    /// Bytes around the image are lost.
    KeepNothing,
    EraseAll,
}

impl Command {
    /// The name by which it is counted.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Write(write) => write.name(),
            Command::Erase { .. } => "erase",
            Command::EraseAll => "erase all",
            Command::Unprotect => "unprotect",
            Command::Verify { .. } => "verify",
            Command::Read { .. } => "read",
            Command::Info => "info",
            Command::Run => "run",
            Command::Reset => "reset",
            Command::ApplicationStores { .. } => "the application stores bytes",
            Command::ApplicationProtects => "the application protects the flash",
            Command::OtherTool { .. } => "another tool writes an image",
            Command::AnotherChip { .. } => "another chip",
            Command::PowerCycle => "power off and on",
            Command::WarmReset => "reset button",
            Command::OtherHost => "the other host",
        }
    }
}

impl Write {
    /// As most writes are.
    pub fn usual(what: What) -> Write {
        Write {
            what,
            policy: Policy::Usual,
            kept: KeptBytes::Restore,
        }
    }

    fn name(&self) -> &'static str {
        match (&self.what, self.policy, self.kept) {
            (_, _, KeptBytes::RestoreOver) => "write, restore",
            (_, _, KeptBytes::Discard) => "write, discard",
            (_, Policy::NoSkip, _) => "write, no skip",
            (_, Policy::KeepNothing, _) => "write, keep nothing",
            (_, Policy::EraseAll, _) => "write, erase all",
            (What::Pieces { .. }, ..) => "write of pieces",
            (What::Application { .. } | What::Data { .. }, ..) => "write as is",
            (What::Image { loader, .. }, ..) => match loader {
                BootLoader::Keep => "write, second stage",
                BootLoader::Replace => "write, replace boot",
                _ => "write",
            },
        }
    }
}

/// What goes wrong in a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Mishap {
    /// A fault of the board; an `at` in it counts from the command's begin.
    Board(Fault),
    /// Something at a call of the port, counted in the same way.
    Call(u64, Trip),
}

/// On both links.
const BOTH: [&str; 11] = [
    "power cut",
    "torn operation",
    "answers late",
    "host killed",
    "flashloader or ROM resets",
    "flash misread once",
    "flash busy for ever",
    "flash ignores erases",
    "flash ignores programs",
    "sector does not erase",
    "bit does not program",
];

const HID: [&str; 9] = [
    "unplugged",
    "endpoint stalls",
    "report out lost",
    "report out doubled",
    "report out cut short",
    "report in lost",
    "report in doubled",
    "report in, a bit turned",
    "data out, a bit turned",
];

const UART: [&str; 7] = [
    "wire breaks",
    "byte out lost",
    "byte out doubled",
    "byte out, a bit turned",
    "byte in lost",
    "byte in doubled",
    "byte in, a bit turned",
];

impl Mishap {
    /// All kinds.
    pub fn kinds() -> impl Iterator<Item = &'static str> {
        BOTH.into_iter().chain(HID).chain(UART)
    }

    /// A kind, and something of it at any place of a command that changes these places of flash.
    pub fn any(places: &[Range<usize>], uart: bool, dice: &mut Random) -> (&'static str, Mishap) {
        let own = match uart {
            true => &UART[..],
            false => &HID[..],
        };
        let number = dice.below(BOTH.len() + own.len());
        let kind = BOTH.iter().chain(own).nth(number).expect("below their sum");
        (kind, Mishap::of(kind, places, uart, dice))
    }

    /// Something of this kind.
    pub fn of(kind: &str, places: &[Range<usize>], uart: bool, dice: &mut Random) -> Mishap {
        // a command that looks passes some dozen calls of the port, a write some hundred
        let calls = [30, 120, 300][dice.below(3)];
        let call = 1 + dice.below(calls) as u64;
        // a call of the port sends or reads one report, or some bytes
        let most = match uart {
            true => [300, 3_000, 40_000][dice.below(3)],
            false => calls / 2,
        };
        let passed = 1 + dice.below(most) as u64;
        // an erase passes one operation of the flash, a small write two or three
        let operations = [3, 12, 75][dice.below(3)];
        let operation = 1 + dice.below(operations) as u64;
        let fault = |fault| Mishap::Call(call, Trip::Fault(fault));
        let out = |what| Mishap::Board(Fault::UsbOut { at: passed, what });
        let inward = |what| Mishap::Board(Fault::UsbIn { at: passed, what });
        let byte_out = |what| Mishap::Board(Fault::UartOut { at: passed, what });
        let byte_in = |what| Mishap::Board(Fault::UartIn { at: passed, what });
        match kind {
            "power cut" => Mishap::Board(Fault::PowerCut { at: operation }),
            "torn operation" => Mishap::Board(Fault::TornOperation {
                at: operation,
                seed: u64::from(dice.next()),
            }),
            "unplugged" => out(ReportFault::Unplug),
            "endpoint stalls" => inward(ReportFault::Stall),
            "report out lost" => out(ReportFault::Drop),
            "report out doubled" => out(ReportFault::Duplicate),
            "report out cut short" => out(ReportFault::Truncate {
                length: 1 + dice.below(30),
            }),
            "report in lost" => inward(ReportFault::Drop),
            "report in doubled" => inward(ReportFault::Duplicate),
            "data out, a bit turned" => {
                let reports = [6, 80, 300][dice.below(3)];
                Mishap::Call(
                    1,
                    Trip::DataTurned {
                        report: 1 + dice.below(reports) as u64,
                        holds: Vec::new(),
                        xor: 1 << dice.below(8),
                    },
                )
            }
            "report in, a bit turned" => inward(ReportFault::Corrupt {
                byte: dice.below(40),
                xor: 1 << dice.below(8),
            }),
            "wire breaks" => match dice.below(2) {
                0 => byte_out(ByteFault::Cut),
                _ => byte_in(ByteFault::Cut),
            },
            "byte out lost" => byte_out(ByteFault::Drop),
            "byte out doubled" => byte_out(ByteFault::Duplicate),
            "byte out, a bit turned" => byte_out(ByteFault::Corrupt {
                xor: 1 << dice.below(8),
            }),
            "byte in lost" => byte_in(ByteFault::Drop),
            "byte in doubled" => byte_in(ByteFault::Duplicate),
            "byte in, a bit turned" => byte_in(ByteFault::Corrupt {
                xor: 1 << dice.below(8),
            }),
            "answers late" => Mishap::Call(call, Trip::Late(30_000)),
            "host killed" => Mishap::Call(call, Trip::HostDies),
            "flashloader or ROM resets" => Mishap::Call(call, Trip::Reset),
            "flash misread once" => Mishap::Board(Fault::Misread {
                at: passed.min(calls as u64),
                byte: dice.below(64),
                xor: 1 << dice.below(8),
            }),
            "flash busy for ever" => fault(Fault::StuckBusy),
            "flash ignores erases" => fault(Fault::IgnoresErase),
            "flash ignores programs" => fault(Fault::IgnoresProgram),
            "sector does not erase" => Mishap::Board(Fault::WornSector {
                address: place_in(places, dice),
            }),
            "bit does not program" => Mishap::Board(Fault::StuckAtOne {
                address: place_in(places, dice),
                bits: 1 << dice.below(8),
            }),
            _ => unreachable!("{kind} is no kind"),
        }
    }
}

/// A place in one of these ranges, in the last one as often as in all others: the last sector is the last to be looked at.
fn place_in(places: &[Range<usize>], dice: &mut Random) -> u32 {
    let last = places.iter().max_by_key(|range| range.end);
    let any = places.get(dice.below(places.len()));
    let range = match dice.below(2) {
        0 => last,
        _ => any,
    };
    range.map_or(0, |range| range.start + dice.below(range.len())) as u32
}

/// The fault with its place counted from what has passed already.
pub fn from_now(mut fault: Fault, counts: &Counts) -> Fault {
    match &mut fault {
        Fault::UsbOut { at, .. } => *at += counts.usb_out,
        Fault::UsbIn { at, .. } => *at += counts.usb_in,
        Fault::UartOut { at, .. } => *at += counts.uart_out,
        Fault::UartIn { at, .. } => *at += counts.uart_in,
        Fault::PowerCut { at } | Fault::TornOperation { at, .. } => *at += counts.nor_operations,
        Fault::Misread { at, .. } => *at += counts.nor_reads,
        _ => {}
    }
    fault
}
