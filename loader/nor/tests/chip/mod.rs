//! A serial NOR flash behind a sequencer, for tests: 8 MiB, quad enable in status register 1 bit 6 (ISSI) or 2 bit 1
//! (Winbond). It answers what the bus would give: ones where a part drives nothing, garbage for wrong dummy cycles.
#![allow(dead_code)] // each test file uses a part of it

use loader_nor::{Bus, BusError, Data, Sequence, Setup, Speed};

pub const SIZE: usize = 8 << 20;
const WIP: u8 = 1;
const WEL: u8 = 2;

/// Mode in which the part ignores commands on one pad.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Spi,
    Qpi,
    PowerDown,
    /// Continuous read (0-4-4): takes addresses, no commands.
    Continuous,
    Absent,
}

pub struct Chip {
    pub memory: Vec<u8>,
    pub id: [u8; 3],
    pub sfdp: Vec<u8>,
    pub status: [u8; 2],
    pub mode: Mode,
    /// Polls until an operation is over; `usize::MAX`: never.
    pub busy_polls: usize,
    /// Commands in order, as text.
    pub log: Vec<String>,
    /// Its status registers take no new values.
    pub locked: bool,
    /// How many write enables it still hears.
    pub enables: usize,
    /// Offsets whose bit 0 cannot be erased.
    pub worn: Vec<usize>,
    pub setup: Option<Setup>,
    pub speed: Option<Speed>,
    pub now: u32,
    busy: usize,
    // what mapped reads see until the speed is switched
    stale: Option<Vec<u8>>,
}

/// The basic table of the IS25LP064A, with a quad enable field.
fn sfdp(quad_enable: u32, dwords: usize) -> Vec<u8> {
    let table = [
        0xFFF9_20E5,
        0x03FF_FFFF,
        0x6B08_EB44,
        0xBB80_3B08,
        0xFFFF_FFFE,
        0xFF00_FFFF,
        0xEB44_FFFF,
        0x520F_200C,
        0xFF00_D810,
        0x00C9_4A23,
        0xCE11_D882,
        0x4668_CDCC,
        0x757A_757A,
        0x5CD5_AEF7,
        0xFF0C_424A | quad_enable << 20,
        0x8000_30F0,
    ];
    let mut bytes = vec![0xFF; 256];
    bytes[..8].copy_from_slice(b"SFDP\x06\x01\x00\xFF");
    bytes[8..16].copy_from_slice(&[0, 6, 1, dwords as u8, 0x30, 0, 0, 0xFF]);
    for (i, dword) in table[..dwords].iter().enumerate() {
        bytes[0x30 + 4 * i..][..4].copy_from_slice(&u32::to_le_bytes(*dword));
    }
    bytes
}

impl Chip {
    /// IS25LP064A.
    pub fn issi() -> Chip {
        Chip {
            memory: vec![0xFF; SIZE],
            id: [0x9D, 0x60, 0x17],
            sfdp: sfdp(2, 16),
            status: [0; 2],
            mode: Mode::Spi,
            busy_polls: 3,
            log: Vec::new(),
            locked: false,
            enables: usize::MAX,
            worn: Vec::new(),
            setup: None,
            speed: None,
            now: 0,
            busy: 0,
            stale: None,
        }
    }

    /// W25Q64JV.
    pub fn winbond() -> Chip {
        Chip {
            id: [0xEF, 0x40, 0x17],
            sfdp: sfdp(4, 16),
            ..Chip::issi()
        }
    }

    /// The table of JESD216 1.0, which says nothing of quad enable.
    pub fn with_old_sfdp(mut self) -> Chip {
        self.sfdp = sfdp(7, 9);
        self
    }

    pub fn quad_enabled(&self) -> bool {
        match self.id[0] {
            0x9D => self.status[0] & 0x40 != 0,
            _ => self.status[1] & 0x02 != 0,
        }
    }

    /// How often a command was given.
    pub fn count(&self, command: &str) -> usize {
        self.log
            .iter()
            .filter(|line| line.split(' ').next() == Some(command))
            .count()
    }

    /// As an earlier program left it: erasing, for so many polls.
    pub fn leave_busy(&mut self, polls: usize) {
        self.busy = polls;
        self.status[0] |= WIP | WEL;
    }

    fn protected(&self) -> bool {
        self.status[0] & 0x3C != 0
    }

    fn start(&mut self) {
        self.busy = self.busy_polls;
        self.status[0] |= WIP;
    }

    fn modify(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        if self.status[0] & WEL == 0 || self.protected() {
            self.status[0] &= !WEL;
            return;
        }
        let before = self.memory.clone();
        self.stale.get_or_insert(before);
        change(&mut self.memory);
        for at in &self.worn {
            self.memory[*at] &= !1;
        }
        self.start();
    }

    fn cycle(&mut self, sequence: &Sequence, offset: u32, data: Data<'_>) {
        let steps: Vec<u16> = sequence
            .0
            .iter()
            .flat_map(|w| [*w as u16, (*w >> 16) as u16])
            .take_while(|s| s >> 10 != 0)
            .collect();
        let pads = |step: u16| 1 << (step >> 8 & 3);
        let first = steps[0];
        assert_eq!(first >> 10, 1, "a sequence begins with a command");
        let (command, command_pads) = (first as u8, pads(first));
        self.log
            .push(format!("{command:02x} {command_pads} {offset:06x}"));
        let wait: u32 = steps
            .iter()
            .map(|s| match s >> 10 {
                0x0C => u32::from(s & 0xFF),
                0x07 => 8 / pads(*s) as u32,
                _ => 0,
            })
            .sum();
        let mut answer = None::<Vec<u8>>;
        let listens = match self.mode {
            Mode::Spi => command_pads == 1,
            Mode::Qpi => command_pads == 4,
            Mode::PowerDown => command_pads == 1 && command == 0xAB,
            Mode::Continuous | Mode::Absent => false,
        };
        if self.mode == Mode::Continuous {
            // bytes of the array on one of its four lines; only the mode nibble of ones ends it
            answer = Some(vec![0x33; 64]);
            let ones = steps
                .iter()
                .take_while(|step| **step == 1 << 10 | 2 << 8 | 0xFF);
            if ones.count() >= 4 {
                self.mode = Mode::Spi;
            }
        }
        let is_read = matches!(&data, Data::Read(_));
        let length = match &data {
            Data::Read(into) => into.len(),
            _ => 0,
        };
        if listens && (self.status[0] & WIP == 0 || command == 0x05) {
            let at = offset as usize;
            match command {
                0x9F => answer = Some(self.id.repeat(2)),
                0x05 => {
                    answer = Some(vec![self.status[0]; 4]);
                    if self.status[0] & WIP != 0 && self.busy != usize::MAX {
                        self.busy = self.busy.saturating_sub(1);
                        if self.busy == 0 {
                            self.status[0] &= !(WIP | WEL);
                        }
                    }
                }
                0x35 if self.id[0] == 0x9D => self.mode = Mode::Qpi,
                0x35 => answer = Some(vec![self.status[1]; 4]),
                0x5A => answer = Some(self.sfdp[at..].to_vec()),
                0x06 if self.enables > 0 => {
                    self.enables -= 1;
                    self.status[0] |= WEL;
                }
                0x01 | 0x31 => {
                    let writable = self.status[0] & WEL != 0 && !self.locked;
                    if let (Data::Write(bytes), true) = (&data, writable) {
                        let first = usize::from(command == 0x31);
                        for (place, byte) in self.status[first..].iter_mut().zip(bytes.iter()) {
                            *place = *byte;
                        }
                        self.status[0] = self.status[0] & !3 | WEL;
                        self.start();
                    }
                }
                0x03 => answer = Some(self.memory[at..(at + length.max(1)).min(SIZE)].to_vec()),
                0x02 => {
                    if let Data::Write(bytes) = &data {
                        let bytes = bytes.to_vec();
                        self.modify(|memory| {
                            for (i, byte) in bytes.iter().enumerate() {
                                memory[(at & !0xFF) + (at + i) % 256] &= byte;
                            }
                        });
                    }
                }
                0x20 => self.modify(|memory| memory[at & !0xFFF..][..0x1000].fill(0xFF)),
                0xD8 => self.modify(|memory| memory[at & !0xFFFF..][..0x1_0000].fill(0xFF)),
                0x60 => self.modify(|memory| memory.fill(0xFF)),
                0xAB if self.mode == Mode::PowerDown => self.mode = Mode::Spi,
                0xF5 => self.mode = Mode::Spi,
                _ => {}
            }
        }
        if let (Data::Read(into), true) = (data, is_read) {
            let answer = answer.unwrap_or_default();
            for (i, byte) in into.iter_mut().enumerate() {
                *byte = answer.get(i).copied().unwrap_or(0xFF);
            }
            let _ = wait;
        }
    }
}

impl Bus for Chip {
    fn set_up(&mut self, setup: &Setup) -> Result<(), BusError> {
        self.setup = Some(*setup);
        self.speed = Some(Speed::Command);
        Ok(())
    }

    fn set_speed(&mut self, speed: Speed) -> Result<(), BusError> {
        self.speed = Some(speed);
        self.stale = None;
        Ok(())
    }

    fn transfer(
        &mut self,
        sequence: &Sequence,
        offset: u32,
        data: Data<'_>,
    ) -> Result<(), BusError> {
        assert_eq!(
            self.speed,
            Some(Speed::Command),
            "commands run at the command clock"
        );
        self.cycle(sequence, offset, data);
        Ok(())
    }

    fn read_mapped(&mut self, offset: u32, into: &mut [u8]) -> Result<(), BusError> {
        assert_eq!(
            self.speed,
            Some(Speed::Read),
            "mapped reads run at the read clock"
        );
        assert_eq!(
            self.status[0] & WIP,
            0,
            "mapped read while the flash is busy"
        );
        let setup = self.setup.expect("set up");
        let quad = setup.read.0[0] as u8 == 0xEB;
        let memory = self.stale.as_ref().unwrap_or(&self.memory);
        for (i, byte) in into.iter_mut().enumerate() {
            *byte = match quad && !self.quad_enabled() || self.mode == Mode::Absent {
                true => 0x5A,
                false => memory[offset as usize + i],
            };
        }
        Ok(())
    }

    fn now(&mut self) -> u32 {
        self.now = self.now.wrapping_add(1);
        self.now
    }

    fn pause(&mut self, microseconds: u32) {
        self.now = self.now.wrapping_add(microseconds);
    }
}
