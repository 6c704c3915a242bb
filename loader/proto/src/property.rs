//! GetProperty and SetProperty.

use rtboot_wire::loader::{self, Features};
use rtboot_wire::mboot::{Command, ExternalMemory, Property, Response, Status, Tag, Version};

use crate::board::{Board, Build};
use crate::loader::Loader;
use crate::memory::{ABSENT, FLEXSPI_NOR, MAP};

/// The longest payload that the loader announces and sends over USB. NXP's value: hosts pad a report to 1021 bytes by it.
pub const PAYLOAD: usize = 1016;

/// The longest payload over the connection of this build.
pub(crate) fn payload(build: Build) -> usize {
    match build.uart {
        true => crate::serial::MOST,
        false => PAYLOAD,
    }
}

/// This loader's version.
pub const VERSION: Version = Version::new(b'L', 0, 2, 0);

/// What every build can do beside NXP's commands.
pub const FEATURES: Features = Features::INSPECT
    .with(Features::HASH)
    .with(Features::READ_BY_FCB)
    .with(Features::STREAM)
    .with(Features::PROTECT)
    .with(Features::START);

/// The commands that are implemented.
const COMMANDS: [Tag; 9] = [
    Tag::FLASH_ERASE_ALL,
    Tag::FLASH_ERASE_REGION,
    Tag::READ_MEMORY,
    Tag::WRITE_MEMORY,
    Tag::FILL_MEMORY,
    Tag::GET_PROPERTY,
    Tag::RESET,
    Tag::SET_PROPERTY,
    Tag::CONFIGURE_MEMORY,
];
/// Those that a restricted build refuses.
const OPEN: [Tag; 3] = [Tag::EXECUTE, Tag::CALL, Tag::FLASH_READ_ONCE];

const fn bits(tags: &[Tag]) -> u32 {
    let mut word = 0;
    let mut i = 0;
    while i < tags.len() {
        word |= 1 << (tags[i].0 - 1);
        i += 1;
    }
    word
}

fn commands(build: Build) -> u32 {
    match build.restricted {
        true => const { bits(&COMMANDS) },
        false => const { bits(&COMMANDS) | bits(&OPEN) },
    }
}

fn features(build: Build) -> Features {
    let mut features = FEATURES;
    features = features.with(match build.uart {
        true => Features::BAUD,
        false => Features::BULK,
    });
    if build.restricted {
        features = features.with(Features::RESTRICTED);
    }
    features
}

/// Bits of the property.
const UART: u32 = 1 << 0;
const USB_HID: u32 = 1 << 4;
/// Fuse word 6 bit 1: closed by HAB.
pub(crate) const SECURITY_FUSE: (u32, u32) = (6, 1);
/// Fuse words of the unique id.
const UNIQUE_ID: [u32; 2] = [1, 2];

impl Loader<'_> {
    pub(crate) fn get_property(&self, board: &mut impl Board, command: &Command) -> Response {
        let [property, index] = crate::loader::parameters(command);
        let mut words = Words::default();
        let status = match self.property(board, property, index, &mut words) {
            Ok(()) => Status::SUCCESS,
            Err(status) => {
                words = Words::default();
                status
            }
        };
        Response::get_property(status, words.as_slice())
            .unwrap_or(Response::generic(Status::FAIL, command.tag))
    }

    fn property(
        &self,
        board: &mut impl Board,
        property: u32,
        index: u32,
        words: &mut Words,
    ) -> Result<(), Status> {
        // a region beyond the last one is the first one, as in NXP's loader
        let ram = board.ram();
        let ram = ram.get(index as usize).unwrap_or(&ram[0]);
        match Property(property) {
            Property::CURRENT_VERSION => words.push(Version::new(b'K', 2, 1, 0).0),
            Property::AVAILABLE_PERIPHERALS => words.push(match board.build().uart {
                true => UART,
                false => USB_HID,
            }),
            Property::AVAILABLE_COMMANDS => words.push(commands(board.build())),
            Property::MAX_PACKET_SIZE => words.push(payload(board.build()) as u32),
            Property::RESERVED_REGIONS => {
                for own in board.own() {
                    words.push(own.start);
                    words.push(own.start + (own.length - 1));
                }
            }
            Property::RAM_START => words.push(ram.start),
            Property::RAM_SIZE => words.push(ram.length),
            Property::SECURITY_STATE => {
                let (word, bit) = SECURITY_FUSE;
                words.push(board.fuse(word).unwrap_or(0) >> bit & 1);
            }
            Property::UNIQUE_DEVICE_ID => {
                for word in UNIQUE_ID {
                    words.push(board.fuse(word).unwrap_or(0));
                }
            }
            Property::TARGET_VERSION => words.push(Version::new(b'T', 1, 0, 0).0),
            Property::EXTERNAL_MEMORY_ATTRIBUTES => return self.external(index, words),
            loader::IDENTITY => {
                let snapshot = board.state().snapshot.1;
                for word in [
                    loader::MAGIC,
                    loader::PROTOCOL,
                    VERSION.0,
                    features(board.build()).0,
                    snapshot,
                ] {
                    words.push(word);
                }
            }
            loader::CLOCKS => {
                let state = board.state();
                for khz in [state.core_khz, self.flash.read_khz()] {
                    words.push(1000 * khz);
                }
                words.push(state.uart_hz);
            }
            loader::ENTRY => {
                let state = board.state();
                let [stage, error, detail] = state.breadcrumb;
                let before = [state.reset_cause, state.boot_mode, stage, error, detail];
                for word in before.into_iter().chain([state.troubles]) {
                    words.push(word);
                }
            }
            loader::MEMORIES => {
                for ram in board.ram() {
                    words.push(ram.length);
                }
            }
            loader::FLASH => {
                let [a, b, c] = self.flash.id().unwrap_or_default();
                words.push(u32::from_le_bytes([a, b, c, 0]));
                words.push(self.flash.rescued() as u32);
                words.push(self.flash.geometry().map_or(0, |geometry| geometry.size));
                words.push(1000 * self.flash.read_khz());
            }
            _ => return Err(Status::UNKNOWN_PROPERTY),
        }
        Ok(())
    }

    fn external(&self, memory: u32, words: &mut Words) -> Result<(), Status> {
        match memory {
            FLEXSPI_NOR => {}
            absent if ABSENT.contains(&absent) => return Err(Status::MEMORY_NOT_CONFIGURED),
            _ => return Err(Status::INVALID_ARGUMENT),
        }
        let geometry = self.geometry()?;
        let memory = ExternalMemory {
            start: Some(MAP.start),
            size_kib: Some(geometry.size / 1024),
            page_size: Some(geometry.page),
            sector_size: Some(geometry.sector),
            block_size: Some(geometry.block),
        };
        for word in memory.to_words() {
            words.push(word);
        }
        Ok(())
    }

    /// No property can be set: 10301 for those that exist, 10300 for all others.
    pub(crate) fn set_property(&self, board: &mut impl Board, command: &Command) -> Status {
        let [property, _] = crate::loader::parameters(command);
        let exists = match Property(property) {
            // exists even while the flash is not configured; the security state counts as unknown in NXP's loader
            Property::EXTERNAL_MEMORY_ATTRIBUTES => true,
            Property::SECURITY_STATE => false,
            _ => self
                .property(board, property, 0, &mut Words::default())
                .is_ok(),
        };
        match exists {
            true => Status::READ_ONLY_PROPERTY,
            false => Status::UNKNOWN_PROPERTY,
        }
    }
}

/// The words of an answer.
#[derive(Default)]
struct Words {
    words: [u32; Response::MAX_VALUES],
    count: usize,
}

impl Words {
    #[inline(never)]
    fn push(&mut self, word: u32) {
        if let Some(place) = self.words.get_mut(self.count) {
            *place = word;
            self.count += 1;
        }
    }

    fn as_slice(&self) -> &[u32] {
        &self.words[..self.count]
    }
}
