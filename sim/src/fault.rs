//! Faults as data: which one, where, and at which report, byte or flash operation.
//!
//! Counting starts at 1 when the board is made or opened; [`Counts`] tells how far a faultless run gets, so that a sweep
//! can count first and then break every step in turn. A fault with an `at` happens once and leaves the list; the others
//! stay until removed.

use serde::{Deserialize, Serialize};

use crate::nor::Nor;

/// What happens to one USB report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ReportFault {
    /// It is lost; the sender does not notice.
    Drop,
    /// One byte is changed: `byte ^= xor`. Byte 0 is the report id; behind the end nothing happens.
    Corrupt {
        /// Which byte.
        byte: usize,
        /// Bits to turn.
        xor: u8,
    },
    /// It arrives twice.
    Duplicate,
    /// Only the first bytes arrive.
    Truncate {
        /// How many.
        length: usize,
    },
    /// It arrives longer, filled up with A5h.
    Oversize {
        /// How long.
        length: usize,
    },
    /// It carries another report id.
    WrongId {
        /// Which.
        id: u8,
    },
    /// It takes this much longer.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The cable is pulled before it gets through; the board, fed by it, loses power.
    Unplug,
    /// The endpoint takes nothing more, or gives nothing more, until reset.
    Stall,
}

/// What happens to one byte on the UART.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ByteFault {
    /// It is lost.
    Drop,
    /// Bits are turned.
    Corrupt {
        /// Which.
        xor: u8,
    },
    /// It arrives twice.
    Duplicate,
    /// It and all following bytes arrive later.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The wire breaks: nothing passes in this direction until reset.
    Cut,
}

/// One fault of the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// The `at`-th report from the host.
    UsbOut {
        /// Which report, from 1.
        at: u64,
        /// What happens to it.
        #[serde(flatten)]
        what: ReportFault,
    },
    /// The `at`-th report from the board.
    UsbIn {
        /// Which report, from 1.
        at: u64,
        /// What happens to it.
        #[serde(flatten)]
        what: ReportFault,
    },
    /// The `at`-th byte from the host on the UART.
    UartOut {
        /// Which byte, from 1.
        at: u64,
        /// What happens to it.
        #[serde(flatten)]
        what: ByteFault,
    },
    /// The `at`-th byte from the board on the UART.
    UartIn {
        /// Which byte, from 1.
        at: u64,
        /// What happens to it.
        #[serde(flatten)]
        what: ByteFault,
    },
    /// Power is lost in the middle of the `at`-th program, erase or status write of the flash.
    PowerCut {
        /// Which operation, from 1.
        at: u64,
    },
    /// As `PowerCut`, and the cells end in no order: some bits done, some not, a few that read both ways until they are erased
    /// again; a whole-chip erase begins at any block. A board in a folder forgets which bits are weak.
    TornOperation {
        /// Which operation, from 1.
        at: u64,
        /// Another number, another state of the cells.
        seed: u64,
    },
    /// The `at`-th read of the flash's array answers wrong, once; the cells stay as they are.
    Misread {
        /// Which read, from 1.
        at: u64,
        /// Which byte of the answer, modulo its length.
        byte: usize,
        /// Bits to turn.
        xor: u8,
    },
    /// The flash reports busy for ever.
    StuckBusy,
    /// A worn sector: these bits never erase again in its first byte, and in one byte of every 256 behind it.
    WornSector {
        /// Any address in the 4 KiB sector, from the start of the flash.
        address: u32,
    },
    /// Bits of one byte that stay 0, whatever is erased.
    StuckAtZero {
        /// Offset in the flash.
        address: u32,
        /// Which bits.
        bits: u8,
    },
    /// Bits of one byte that stay 1, whatever is programmed.
    StuckAtOne {
        /// Offset in the flash.
        address: u32,
        /// Which bits.
        bits: u8,
    },
    /// Another part is soldered than the settings name; content and status registers stay.
    WrongPart {
        /// Name as in `Settings::part`.
        part: String,
    },
    /// Another chip is on the board: its id register reads so, and NXP's flashloader for it lets that register be read, as the
    /// builds for the RT1011, RT1052 and RT1062 do. All else stays as on the board's own chip.
    OtherChip {
        /// The id register.
        id: u32,
    },
    /// No flash on the board.
    Absent,
    /// The flash's RESET# is held low.
    HeldInReset,
    /// The flash hangs on the second FlexSPI pin group; on a chip whose flash is there anyway, on the first.
    SecondPins,
    /// WP# is low: the lock bit of the status register counts.
    WriteProtectLow,
    /// Programs do nothing.
    IgnoresProgram,
    /// Erases do nothing.
    IgnoresErase,
}

impl Fault {
    /// Whether a fault of the flash with an `at` has had its turn. Those of reports and bytes leave the list by themselves.
    pub fn has_happened(&self, counts: &Counts) -> bool {
        match self {
            Fault::PowerCut { at } | Fault::TornOperation { at, .. } => {
                *at <= counts.nor_operations
            }
            Fault::Misread { at, .. } => *at <= counts.nor_reads,
            _ => false,
        }
    }
}

/// How much has passed since the board was made or opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Reports from the host.
    pub usb_out: u64,
    /// Reports to the host.
    pub usb_in: u64,
    /// Bytes of all these reports.
    pub usb_bytes: u64,
    /// Bytes from the host on the UART.
    pub uart_out: u64,
    /// Bytes to the host on the UART.
    pub uart_in: u64,
    /// Programs, erases and status writes of the flash.
    pub nor_operations: u64,
    /// Reads of the flash's array.
    pub nor_reads: u64,
}

/// The board's faults and how far the counting is.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// All of them; those with an `at` leave when they have happened.
    pub list: Vec<Fault>,
    /// What has passed so far.
    pub counts: Counts,
}

impl Faults {
    /// Counts a report from the host; what happens to it.
    pub fn usb_out(&mut self) -> Vec<ReportFault> {
        self.counts.usb_out += 1;
        let now = self.counts.usb_out;
        self.fire(|fault| match fault {
            Fault::UsbOut { at, what } if *at == now => Some(*what),
            _ => None,
        })
    }

    /// Counts a report to the host; what happens to it.
    pub fn usb_in(&mut self) -> Vec<ReportFault> {
        self.counts.usb_in += 1;
        let now = self.counts.usb_in;
        self.fire(|fault| match fault {
            Fault::UsbIn { at, what } if *at == now => Some(*what),
            _ => None,
        })
    }

    /// Counts a byte from the host; what happens to it.
    pub fn uart_out(&mut self) -> Vec<ByteFault> {
        self.counts.uart_out += 1;
        let now = self.counts.uart_out;
        self.fire(|fault| match fault {
            Fault::UartOut { at, what } if *at == now => Some(*what),
            _ => None,
        })
    }

    /// Counts a byte to the host; what happens to it.
    pub fn uart_in(&mut self) -> Vec<ByteFault> {
        self.counts.uart_in += 1;
        let now = self.counts.uart_in;
        self.fire(|fault| match fault {
            Fault::UartIn { at, what } if *at == now => Some(*what),
            _ => None,
        })
    }

    /// Takes the faults that `pick` finds out of the list.
    fn fire<T>(&mut self, pick: impl Fn(&Fault) -> Option<T>) -> Vec<T> {
        let mut found = Vec::new();
        self.list.retain(|fault| match pick(fault) {
            Some(what) => {
                found.push(what);
                false
            }
            None => true,
        });
        found
    }

    /// The power cut has happened.
    pub fn power_cut_done(&mut self) {
        let counts = self.counts;
        self.list.retain(|fault| {
            let cut = matches!(fault, Fault::PowerCut { .. } | Fault::TornOperation { .. });
            !cut || !fault.has_happened(&counts)
        });
    }

    /// Puts the lasting faults, and the coming power cut, into the flash.
    pub fn apply(&self, nor: &mut Nor) {
        nor.stuck_busy = false;
        nor.held_in_reset = false;
        nor.present = true;
        nor.write_protect_high = true;
        nor.ignores_program = false;
        nor.ignores_erase = false;
        nor.never_erase.clear();
        nor.never_program.clear();
        nor.misreads.clear();
        (nor.cut_after, nor.cut_tears) = self.coming_cut();
        for fault in &self.list {
            apply_one(fault, nor);
        }
    }

    /// Whether the flash is wired to the second pin group.
    pub fn second_pins(&self) -> bool {
        self.list.contains(&Fault::SecondPins)
    }

    /// The part that a fault puts in place of the board's.
    pub fn wrong_part(&self) -> Option<&str> {
        self.list.iter().find_map(|fault| match fault {
            Fault::WrongPart { part } => Some(part.as_str()),
            _ => None,
        })
    }

    /// The id register of the chip that a fault puts in place of the board's.
    pub fn other_chip(&self) -> Option<u32> {
        self.list.iter().find_map(|fault| match fault {
            Fault::OtherChip { id } => Some(*id),
            _ => None,
        })
    }

    /// Operations until the next power cut, and the seed of a tear.
    fn coming_cut(&self) -> (Option<u64>, Option<u64>) {
        let left = |at: u64| at.checked_sub(self.counts.nor_operations + 1);
        let coming = |fault: &Fault| match fault {
            Fault::PowerCut { at } => Some((left(*at)?, None)),
            Fault::TornOperation { at, seed } => Some((left(*at)?, Some(*seed))),
            _ => None,
        };
        let next = self.list.iter().filter_map(coming).min();
        (next.map(|(left, _)| left), next.and_then(|(_, seed)| seed))
    }
}

fn apply_one(fault: &Fault, nor: &mut Nor) {
    match fault {
        Fault::StuckBusy => nor.stuck_busy = true,
        Fault::Misread { at, byte, xor } if *at > nor.reads => {
            nor.misreads.push((*at, *byte, *xor))
        }
        Fault::Absent => nor.present = false,
        Fault::HeldInReset => nor.held_in_reset = true,
        Fault::WriteProtectLow => nor.write_protect_high = false,
        Fault::IgnoresProgram => nor.ignores_program = true,
        Fault::IgnoresErase => nor.ignores_erase = true,
        Fault::WornSector { address } => {
            let base = address & !0xFFF;
            nor.never_erase
                .extend((base..=base | 0xFFF).step_by(256).map(|at| (at, 0x11)));
        }
        Fault::StuckAtZero { address, bits } => {
            *nor.never_erase.entry(*address).or_default() |= bits
        }
        Fault::StuckAtOne { address, bits } => {
            *nor.never_program.entry(*address).or_default() |= bits
        }
        _ => {}
    }
}

/// What is left of a report after these faults; several copies when it is doubled, none when it is lost.
pub fn mangle(report: &[u8], faults: &[ReportFault]) -> Vec<Vec<u8>> {
    let mut copies = vec![report.to_vec()];
    for fault in faults {
        for copy in &mut copies {
            match *fault {
                ReportFault::Corrupt { byte, xor } => {
                    if let Some(place) = copy.get_mut(byte) {
                        *place ^= xor;
                    }
                }
                ReportFault::Truncate { length } => copy.truncate(length),
                ReportFault::Oversize { length } => {
                    copy.resize(length.max(copy.len()).min(1 << 16), 0xA5)
                }
                ReportFault::WrongId { id } => {
                    if let Some(first) = copy.first_mut() {
                        *first = id;
                    }
                }
                _ => {}
            }
        }
        match fault {
            ReportFault::Drop => copies.clear(),
            ReportFault::Duplicate => copies.extend_from_within(..),
            _ => {}
        }
    }
    copies
}

#[cfg(test)]
mod tests;
