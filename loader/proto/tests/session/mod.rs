//! A board in memory and a host that talks to a loader on it.
#![allow(dead_code)] // each test file uses a part of it

#[path = "../../../nor/tests/chip/mod.rs"]
pub mod chip;

use std::collections::VecDeque;

#[allow(unused_imports)] // as above
pub use chip::{Chip, Mode};
use loader_nor::{Bus, BusError, Data, Sequence, Setup, Speed};
use loader_proto::{Board, BoardState, Build, LinkLost, Loader, Payload, Region, WINDOW};
use rtboot_wire::mboot::{Command, Response, Status, Tag};

pub const RAM: u32 = 0x2020_2000;
pub const FLASH: u32 = 0x6000_0000;
pub const OWN: [Region; 2] = [
    Region {
        start: 0x2020_8000,
        length: 0x8000,
    },
    Region {
        start: 0x2000_B000,
        length: 0x5000,
    },
];
pub const REGIONS: [Region; 3] = [
    Region {
        start: 0,
        length: 0x1_0000,
    },
    Region {
        start: 0x2000_0000,
        length: 0x1_0000,
    },
    Region {
        start: 0x2020_0000,
        length: 0x2_0000,
    },
];

/// What the board did beside answering.
#[derive(Debug, PartialEq, Eq)]
pub enum Act {
    Called(u32, u32),
    Executed(u32, u32, u32),
    Started(u32, u32, u32),
    Reset,
    Speed(u32),
}

pub struct FakeBoard {
    pub chip: Chip,
    pub ram: Vec<Vec<u8>>,
    pub from_host: VecDeque<(u8, Vec<u8>)>,
    pub to_host: Vec<(u8, Vec<u8>)>,
    pub acts: Vec<Act>,
    /// Fuse word 6 says that HAB closed the part.
    pub closed: bool,
    pub build: Build,
}

pub struct Session {
    pub board: FakeBoard,
    pub loader: Loader<'static>,
    pub payload: Payload,
}

impl Session {
    pub fn with(chip: Chip) -> Session {
        Session {
            board: FakeBoard {
                chip,
                ram: REGIONS
                    .iter()
                    .map(|region| vec![0; region.length as usize])
                    .collect(),
                from_host: VecDeque::new(),
                to_host: Vec::new(),
                acts: Vec::new(),
                closed: false,
                build: Build::default(),
            },
            loader: Loader::new(Box::leak(Box::new([0; WINDOW]))),
            payload: Payload::new(),
        }
    }

    pub fn new() -> Session {
        Session::with(Chip::issi())
    }

    pub fn of_build(build: Build) -> Session {
        let mut session = Session::new();
        session.board.build = build;
        session
    }

    pub fn configured() -> Session {
        let mut session = Session::new();
        assert_eq!(session.configure(0xC000_0007), Status::SUCCESS);
        session
    }

    /// Sends reports and serves until all are taken; every report that came back.
    pub fn exchange(&mut self, reports: &[(u8, &[u8])]) -> Vec<(u8, Vec<u8>)> {
        for (id, payload) in reports {
            self.board.from_host.push_back((*id, payload.to_vec()));
        }
        while !self.board.from_host.is_empty() {
            let _ = self.loader.serve(&mut self.board, &mut self.payload);
        }
        std::mem::take(&mut self.board.to_host)
    }

    pub fn command(&mut self, command: Command) -> Vec<(u8, Vec<u8>)> {
        self.exchange(&[(1, &command.to_bytes())])
    }

    /// The status of a command that has no data phase.
    pub fn status(&mut self, command: Command) -> Status {
        let answers = self.command(command);
        let [(3, answer)] = answers.as_slice() else {
            panic!("one response, not {answers:?}");
        };
        let response = Response::parse(answer).expect("a response");
        assert!(response.answers(command.tag));
        response.status()
    }

    pub fn configure(&mut self, word: u32) -> Status {
        assert_eq!(
            self.status(Command::fill_memory(RAM, 4, word)),
            Status::SUCCESS
        );
        self.status(Command::configure_memory(9, RAM))
    }

    pub fn property(&mut self, property: u32, index: u32) -> Result<Vec<u32>, Status> {
        let answers = self.command(Command::get_property(property, index));
        let response = Response::parse(&answers[0].1).expect("a response");
        assert_eq!(response.tag, Tag::GET_PROPERTY_RESPONSE);
        match response.status() {
            Status::SUCCESS => Ok(response.values().to_vec()),
            status => Err(status),
        }
    }

    /// A write in reports of these sizes: everything after the first answer.
    pub fn write(&mut self, address: u32, data: &[u8], chunk: usize) -> Vec<(u8, Vec<u8>)> {
        let command = Command::write_memory(address, data.len() as u32, 0).to_bytes();
        let mut reports: Vec<(u8, &[u8])> = vec![(1, &command)];
        reports.extend(data.chunks(chunk).map(|chunk| (2, chunk)));
        let mut answers = self.exchange(&reports);
        assert_eq!(
            answers.remove(0),
            generic(Status::SUCCESS, Tag::WRITE_MEMORY)
        );
        answers
    }

    pub fn read(&mut self, address: u32, length: u32) -> Vec<(u8, Vec<u8>)> {
        self.command(Command::read_memory(address, length, 0))
    }

    pub fn flash(&self) -> &[u8] {
        &self.board.chip.memory
    }
}

pub fn generic(status: Status, command: Tag) -> (u8, Vec<u8>) {
    (3, Response::generic(status, command).to_bytes().to_vec())
}

pub fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 + i / 251) as u8).collect()
}

impl FakeBoard {
    pub fn place(&mut self, address: u32, length: usize) -> &mut [u8] {
        let number = REGIONS
            .iter()
            .position(|region| region.holds(address, length as u32))
            .expect("an address that was checked");
        let at = (address - REGIONS[number].start) as usize;
        &mut self.ram[number][at..at + length]
    }
}

impl Bus for FakeBoard {
    fn set_up(&mut self, setup: &Setup) -> Result<(), BusError> {
        self.chip.set_up(setup)
    }
    fn set_speed(&mut self, speed: Speed) -> Result<(), BusError> {
        self.chip.set_speed(speed)
    }
    fn transfer(
        &mut self,
        sequence: &Sequence,
        offset: u32,
        data: Data<'_>,
    ) -> Result<(), BusError> {
        self.chip.transfer(sequence, offset, data)
    }
    fn read_mapped(&mut self, offset: u32, into: &mut [u8]) -> Result<(), BusError> {
        self.chip.read_mapped(offset, into)
    }
    fn now(&mut self) -> u32 {
        self.chip.now()
    }
    fn pause(&mut self, microseconds: u32) {
        self.chip.pause(microseconds);
    }
}

impl Board for FakeBoard {
    fn receive(&mut self, payload: &mut Payload) -> Result<u8, LinkLost> {
        let (id, bytes) = self.from_host.pop_front().ok_or(LinkLost)?;
        payload.resize(bytes.len()).copy_from_slice(&bytes);
        Ok(id)
    }
    fn is_abort_pending(&mut self) -> bool {
        self.from_host.front() == Some(&(1, Vec::new()))
    }
    fn send(&mut self, id: u8, payload: &[u8]) -> Result<(), LinkLost> {
        self.to_host.push((id, payload.to_vec()));
        Ok(())
    }
    fn drain(&mut self) {}
    fn ram(&self) -> [Region; 3] {
        REGIONS
    }
    fn own(&self) -> [Region; 2] {
        OWN
    }
    fn read_ram(&mut self, address: u32, into: &mut [u8]) {
        into.copy_from_slice(self.place(address, into.len()));
    }
    fn write_ram(&mut self, address: u32, data: &[u8]) {
        let length = data.len() as u32;
        assert!(!OWN.iter().any(|own| own.touches(address, length)));
        self.place(address, data.len()).copy_from_slice(data);
    }
    fn fuse(&mut self, index: u32) -> Option<u32> {
        // the bit of a closed part is 0x1006 & 2
        let word = match (index, self.closed) {
            (6, false) => 0x1004,
            _ => 0x1000 + index,
        };
        (index < 64).then_some(word)
    }
    fn call(&mut self, address: u32, argument: u32) -> u32 {
        self.acts.push(Act::Called(address, argument));
        argument
    }
    fn execute(&mut self, address: u32, argument: u32, stack: u32) {
        self.acts.push(Act::Executed(address, argument, stack));
    }
    fn start(&mut self, table: u32, stack: u32, code: u32) {
        self.acts.push(Act::Started(table, stack, code));
    }
    fn reset(&mut self) {
        self.acts.push(Act::Reset);
    }
    fn state(&self) -> BoardState {
        BoardState {
            core_khz: 396_000,
            snapshot: (0x2020_8040, 512),
            troubles: 4,
            reset_cause: 0x80,
            boot_mode: 1 << 24,
            breadcrumb: [11, 5, 0x77],
            uart_hz: if self.build.uart { 24_000_000 } else { 0 },
        }
    }
    fn build(&self) -> Build {
        self.build
    }
    fn has_speed(&self, baud: u32) -> bool {
        self.build.uart && baud <= 3_000_000
    }
    fn set_speed_of_line(&mut self, baud: u32) {
        self.acts.push(Act::Speed(baud));
    }
}
