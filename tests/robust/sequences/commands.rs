//! What can be done to a board, and what can go wrong meanwhile.

use rtboot_sim::{Fault, ReportFault};

use crate::kit::random::Random;
use crate::kit::wire::Trip;

/// One command, or something that happens to the board between commands.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// An application becomes the boot image.
    Write {
        image: usize,
        policy: Policy,
    },
    /// The application alone, its bytes and nothing else.
    WriteApplication {
        image: usize,
    },
    /// Bytes that are no image.
    WriteData {
        at: usize,
        bytes: Vec<u8>,
    },
    Erase {
        at: usize,
        length: usize,
    },
    EraseAll,
    Verify {
        image: usize,
    },
    Read {
        at: usize,
        length: usize,
    },
    Info,
    /// The application stores bytes in flash.
    ApplicationStores {
        at: usize,
        bytes: Vec<u8>,
    },
    /// Another tool writes a whole image, by erasing the first megabyte.
    OtherTool {
        image: usize,
    },
    PowerCycle,
    /// The board goes to the other host.
    OtherHost,
}

/// How an image is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
    Usual,
    /// Every touched sector is erased and programmed.
    NoSkip,
    /// Bytes around the image are lost.
    KeepNothing,
    EraseAll,
}

/// What goes wrong in a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Mishap {
    /// A fault of the board; an `at` in it counts from the command's begin.
    Board(Fault),
    /// Something at a call of the port, counted in the same way.
    Call(u64, Trip),
}

pub const KINDS: [&str; 17] = [
    "power cut",
    "torn operation",
    "unplugged",
    "endpoint stalls",
    "report out lost",
    "report out doubled",
    "report out cut short",
    "report in lost",
    "report in doubled",
    "report in, a bit turned",
    "report in late",
    "host killed",
    "flashloader or ROM resets",
    "flash misread once",
    "flash busy for ever",
    "flash ignores erases",
    "flash ignores programs",
];

impl Mishap {
    /// Something of this kind, at any place of a command that passes about `calls` calls of the port.
    pub fn of(kind: &str, calls: usize, dice: &mut Random) -> Mishap {
        let call = 1 + dice.below(calls) as u64;
        // a call of the port sends or reads one report
        let report = 1 + dice.below(calls / 2) as u64;
        let operation = 1 + dice.below(calls / 4) as u64;
        let out = |what| Mishap::Board(Fault::UsbOut { at: report, what });
        let inward = |what| Mishap::Board(Fault::UsbIn { at: report, what });
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
            "report in, a bit turned" => inward(ReportFault::Corrupt {
                byte: dice.below(40),
                xor: 1 << dice.below(8),
            }),
            "report in late" => Mishap::Call(call, Trip::Late(30_000)),
            "host killed" => Mishap::Call(call, Trip::HostDies),
            "flashloader or ROM resets" => Mishap::Call(call, Trip::Reset),
            "flash misread once" => Mishap::Board(Fault::Misread {
                at: 1 + dice.below(calls) as u64,
                byte: dice.below(64),
                xor: 1 << dice.below(8),
            }),
            "flash busy for ever" => Mishap::Call(call, Trip::Fault(Fault::StuckBusy)),
            "flash ignores erases" => Mishap::Call(call, Trip::Fault(Fault::IgnoresErase)),
            "flash ignores programs" => Mishap::Call(call, Trip::Fault(Fault::IgnoresProgram)),
            _ => unreachable!("{kind} is none of KINDS"),
        }
    }
}

/// The fault with its place counted from what has passed already.
pub fn from_now(fault: Fault, counts: &rtboot_sim::Counts) -> Fault {
    match fault {
        Fault::UsbOut { at, what } => Fault::UsbOut {
            at: at + counts.usb_out,
            what,
        },
        Fault::UsbIn { at, what } => Fault::UsbIn {
            at: at + counts.usb_in,
            what,
        },
        Fault::PowerCut { at } => Fault::PowerCut {
            at: at + counts.nor_operations,
        },
        Fault::TornOperation { at, seed } => Fault::TornOperation {
            at: at + counts.nor_operations,
            seed,
        },
        Fault::Misread { at, byte, xor } => Fault::Misread {
            at: at + counts.nor_reads,
            byte,
            xor,
        },
        other => other,
    }
}
