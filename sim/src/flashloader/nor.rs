//! Memory 9 as the firmware drives it: page buffer, blank checks, verification, configuration.

use serde::{Deserialize, Serialize};

use super::config::{Config, LEN, TAG, field};
use super::driver;
use super::firmware::{FLEXSPI1, FLEXSPI2, Firmware};
use super::pace::{COMPARE_BYTE_NS, PAGE_NS};
use super::probe::{self, Options};
use super::status::{
    COMMAND_FAILURE, CUMULATIVE_WRITE, INVALID_ARGUMENT, NOT_CONFIGURED, Stop, WRITE_ALIGNMENT,
};
use crate::flexspi::{AHB_BASE, AHB_LINE};
use crate::machine::Machine;

/// State of memory 9.
#[derive(Debug, Clone)]
pub struct NorMemory {
    /// The active block; overwritten by failed configurations too.
    pub config: Config,
    /// The last configuration succeeded, or an earlier one did and later ones failed early.
    pub configured: bool,
    /// Where the memory map has the flash.
    pub window: u32,
    /// Bytes that the memory map gives to the flash.
    pub mapped: u32,
    /// Page under way: address and bytes so far.
    page: Option<(u32, Vec<u8>)>,
}

/// Second FlexSPI's window.
const WINDOW2: u32 = 0x7000_0000;

/// The firmware's variables for the flash, as a folder keeps them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NorSetup {
    configured: bool,
    /// Where the map has the flash, when that is not 0x60000000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<u32>,
    mapped: u32,
    /// The active block.
    #[serde(with = "hex::serde")]
    fcb: Vec<u8>,
}

impl NorSetup {
    /// Variables of a loader: whether it has a flash, the bytes of the memory map, the active block.
    pub(super) fn new(configured: bool, mapped: u32, fcb: &[u8]) -> NorSetup {
        NorSetup {
            configured,
            window: None,
            mapped,
            fcb: fcb.to_vec(),
        }
    }

    pub(super) fn configured(&self) -> bool {
        self.configured
    }

    pub(super) fn fcb(&self) -> &[u8] {
        &self.fcb
    }

    /// Fails, in words, on values that no board can have.
    pub fn check(&self) -> Result<(), String> {
        match self.fcb.len() {
            LEN => Ok(()),
            other => Err(format!("fcb: {other} bytes, not {LEN}")),
        }
    }
}

impl NorMemory {
    /// Before the first set-up.
    pub fn new(firmware: &'static Firmware) -> NorMemory {
        NorMemory {
            config: Config::blank_of(firmware),
            configured: false,
            window: AHB_BASE,
            mapped: firmware.first_window,
            page: None,
        }
    }

    fn firmware(&self) -> &'static Firmware {
        self.config.firmware
    }

    fn offset(&self, address: u32) -> u32 {
        address.wrapping_sub(self.window)
    }

    /// The active block asks for the second pin group.
    pub fn asks_second_pins(&self) -> bool {
        self.config.asks_second_pins()
    }

    /// A register of a FlexSPI; `None` for all others.
    pub fn register(&self, m: &Machine, address: u32) -> Option<u32> {
        let in_use = m.chip.flexspi;
        [in_use, FLEXSPI1, FLEXSPI2].into_iter().find_map(|base| {
            let place = address.checked_sub(base)?;
            self.firmware()
                .flexspi_register(self.configured && base == in_use, place)
        })
    }

    /// Its variables between two commands.
    pub fn setup(&self) -> NorSetup {
        NorSetup {
            window: Some(self.window).filter(|window| *window != AHB_BASE),
            ..NorSetup::new(self.configured, self.mapped, self.config.bytes())
        }
    }

    /// Takes variables on. A block of another length counts as none.
    pub fn set_up_as(&mut self, setup: &NorSetup) {
        if let Some(config) = self.config.with_bytes(&setup.fcb) {
            self.config = config;
            self.window = setup.window.unwrap_or(AHB_BASE);
            self.configured = setup.configured;
            self.mapped = setup.mapped;
        }
    }

    fn check_configured(&self) -> Result<(), Stop> {
        if self.configured {
            Ok(())
        } else {
            Err(NOT_CONFIGURED.into())
        }
    }

    /// configure-memory with the 512 bytes at the given address.
    pub fn configure(&mut self, m: &mut Machine, block: &[u8]) -> Result<(), Stop> {
        let word = |at: usize| {
            block
                .get(at..at + 4)
                .and_then(|b| b.try_into().ok())
                .map_or(0, u32::from_le_bytes)
        };
        let word0 = word(0);
        if word0 >> 28 == 0xC {
            probe::probe(
                m,
                &mut self.config,
                Options {
                    word0,
                    word1: word(4),
                },
            )?;
            return self.set_up(m);
        }
        match word0 {
            0xF000_000F => self.program_block(m),
            TAG => {
                self.config = self.config.with_bytes(block).ok_or(INVALID_ARGUMENT)?;
                self.set_up(m)
            }
            _ => Err(INVALID_ARGUMENT.into()),
        }
    }

    fn set_up(&mut self, m: &mut Machine) -> Result<(), Stop> {
        self.configured = false;
        driver::init(m, &mut self.config)?;
        m.flexspi.software_reset();
        self.window = match self.firmware().second_instance && m.fuses.in_package() {
            true => WINDOW2,
            false => AHB_BASE,
        };
        self.mapped = self.config.total_size();
        self.configured = true;
        Ok(())
    }

    /// 0xF000000F: the active block into the first two pages, erased again if that fails.
    fn program_block(&mut self, m: &mut Machine) -> Result<(), Stop> {
        if !self.configured {
            return Err(INVALID_ARGUMENT.into());
        }
        let at = self.firmware().fcb_offset;
        let address = self.window.wrapping_add(at);
        if !self.is_blank(m, address, LEN as u32)? {
            return Err(CUMULATIVE_WRITE.into());
        }
        let block = *self.config.bytes();
        let (done, repair) = match self.write(m, address, &block) {
            Err(Stop::Status(status)) => (
                Err(status.into()),
                driver::erase(m, &self.config, at, LEN as u32),
            ),
            Err(Stop::Hang) => return Err(Stop::Hang),
            Ok(()) => match self.flush(m) {
                Err(Stop::Status(status)) => {
                    let sector = self.config.u32(field::SECTOR_SIZE);
                    (Err(status.into()), self.erase(m, address, sector))
                }
                done => return done,
            },
        };
        // a failed repair is not reported, an endless one is
        if repair == Err(Stop::Hang) {
            Err(Stop::Hang)
        } else {
            done
        }
    }

    /// Bytes of flash as read-memory gets them.
    pub fn read(&self, m: &mut Machine, address: u32, len: usize) -> Result<Vec<u8>, Stop> {
        self.check_configured()?;
        if self.firmware().ip_reads {
            return driver::read(m, self.offset(address), len);
        }
        self.read_mapped(m, address, len)
    }

    /// Bytes through the memory window.
    pub fn read_mapped(&self, m: &mut Machine, address: u32, len: usize) -> Result<Vec<u8>, Stop> {
        self.check_configured()?;
        let at = self.offset(address);
        Ok(m.flexspi.ahb_read(at, len, &mut m.clock))
    }

    /// Adds bytes to the page under way; every full page is programmed.
    pub fn write(&mut self, m: &mut Machine, address: u32, bytes: &[u8]) -> Result<(), Stop> {
        self.check_configured()?;
        let size = self.config.u32(field::PAGE_SIZE);
        let (mut at, mut bytes) = (address, bytes);
        while !bytes.is_empty() {
            let page = match &mut self.page {
                Some((start, page)) if start.wrapping_add(page.len() as u32) == at => page,
                Some(_) => {
                    self.flush(m)?;
                    continue;
                }
                None if at & size.wrapping_sub(1) != 0 => return Err(WRITE_ALIGNMENT.into()),
                none => &mut none.insert((at, Vec::new())).1,
            };
            let take = (size as usize).saturating_sub(page.len()).min(bytes.len());
            let (now, later) = bytes.split_at(take);
            page.extend_from_slice(now);
            at = at.wrapping_add(take as u32);
            bytes = later;
            if page.len() >= size as usize {
                self.flush(m)?;
            }
        }
        Ok(())
    }

    /// Programs the page under way, padded with ones: it must be blank before and read back after.
    pub fn flush(&mut self, m: &mut Machine) -> Result<(), Stop> {
        let Some((address, mut page)) = self.page.take() else {
            return Ok(());
        };
        m.clock.work(PAGE_NS);
        let size = self.config.u32(field::PAGE_SIZE);
        page.resize(size as usize, 0xFF);
        if !self.is_blank(m, address, size)? {
            return Err(CUMULATIVE_WRITE.into());
        }
        driver::program_page(m, &self.config, self.offset(address), &page)?;
        if self.holds(m, address, &page)? {
            Ok(())
        } else {
            Err(COMMAND_FAILURE.into())
        }
    }

    /// Erases the sectors that a range touches and checks that they are blank.
    pub fn erase(&mut self, m: &mut Machine, address: u32, len: u32) -> Result<(), Stop> {
        self.check_configured()?;
        let mask = self.config.u32(field::SECTOR_SIZE).wrapping_sub(1);
        let start = address & !mask;
        let end = address.wrapping_add(len).wrapping_add(mask) & !mask;
        let len = end.wrapping_sub(start);
        driver::erase(m, &self.config, self.offset(start), len)?;
        if self.is_blank(m, start, len)? {
            Ok(())
        } else {
            Err(COMMAND_FAILURE.into())
        }
    }

    /// Erases the whole chip and checks it.
    pub fn erase_all(&mut self, m: &mut Machine) -> Result<(), Stop> {
        self.check_configured()?;
        driver::erase_all(m, &self.config)?;
        if self.is_blank(m, self.window, self.config.total_size())? {
            Ok(())
        } else {
            Err(COMMAND_FAILURE.into())
        }
    }

    /// All ones? Looks no further than the first buffer fill that is not.
    fn is_blank(&self, m: &mut Machine, address: u32, len: u32) -> Result<bool, Stop> {
        self.compare(m, address, len, |_, byte| byte == 0xFF)
    }

    fn holds(&self, m: &mut Machine, address: u32, bytes: &[u8]) -> Result<bool, Stop> {
        self.compare(m, address, bytes.len() as u32, |i, byte| {
            bytes.get(i) == Some(&byte)
        })
    }

    fn compare(
        &self,
        m: &mut Machine,
        address: u32,
        len: u32,
        good: impl Fn(usize, u8) -> bool,
    ) -> Result<bool, Stop> {
        let firmware = self.firmware();
        let mut done = 0;
        while done < len {
            let at = self.offset(address).wrapping_add(done);
            let take = match firmware.ip_reads {
                true => firmware.compare.min(len - done),
                false => (AHB_LINE - at % AHB_LINE).min(len - done),
            };
            let data = match firmware.ip_reads {
                true => driver::read(m, at, take as usize)?,
                false => m.flexspi.ahb_read(at, take as usize, &mut m.clock),
            };
            m.clock.work(COMPARE_BYTE_NS * u64::from(take));
            if !data
                .iter()
                .enumerate()
                .all(|(i, byte)| good(done as usize + i, *byte))
            {
                return Ok(false);
            }
            done += take;
        }
        Ok(true)
    }
}
