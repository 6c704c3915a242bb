//! What an image verb looks at: a file of any format, or the flash of a board.

use std::path::Path;

use rtboot::event::{Meter, Stage};
use rtboot::file::{self, Limit};
use rtboot::flash::{BoardConditions, BootLook, Nor};
use rtboot::{Chip, Error, Result};
use rtboot_bootable::{Firmware, Format, Memory, inspect};
use rtboot_finding::Finding;
use rtboot_finding::catalogue::image as found;
use rtboot_finding::catalogue::run;

use crate::cli::Context;

/// Headers and the application's first bytes: enough to see what is there.
const HEAD: u32 = 0x3000;
/// Less than this is no image with headers.
const HEADERS: u32 = 0x1400;
/// What is read of an image whose boot data promise more: SDK images name the whole flash.
const MOST: u32 = 1 << 20;

/// The firmware, and the file's bytes when it is one.
pub struct Source {
    pub firmware: Firmware,
    /// The chip that it is judged for.
    pub chip: &'static Chip,
    pub bytes: Vec<u8>,
    /// What it is called in a report.
    pub name: String,
    /// The flash that it was read from.
    pub flash: Option<Flash>,
}

/// The flash of a board.
pub struct Flash {
    /// What the verdict depends on besides its bytes.
    pub conditions: BoardConditions,
    /// What the ROM reads of it. An image can end before that, as by boot data that lie.
    pub boot: BootLook,
}

/// What a file may be.
#[derive(Clone, Copy)]
pub enum Wanted {
    /// An application or image.
    Firmware,
    /// Anything, where its address is known.
    Bytes,
}

/// Reads `board`, or a file.
pub fn load(
    path: &Path,
    wanted: Wanted,
    base: Option<u32>,
    length: Option<u32>,
    context: &mut Context,
) -> Result<Source> {
    if path == Path::new("board") && !path.is_file() {
        return board(length, context);
    }
    // read once: a pipe brings its bytes only once
    let bytes = file::read(path, Limit::Firmware)?;
    let read = |chip: &'static Chip| match wanted {
        Wanted::Firmware => file::firmware(path, &bytes, base, chip),
        Wanted::Bytes => file::data(path, &bytes, base, chip),
    };
    let (firmware, chip) = match context.chip()? {
        Some(chip) => (read(chip)?, chip),
        None => {
            let (firmware, chip) = file::for_its_chip(read)?;
            if chip != Chip::DEFAULT {
                let taken = Finding::new(&run::CHIP_BY_FILE);
                context.report.tell(taken.text("chip", chip.name));
            }
            (firmware, chip)
        }
    };
    Ok(Source {
        firmware,
        chip,
        bytes,
        name: path.display().to_string(),
        flash: None,
    })
}

fn board(length: Option<u32>, context: &mut Context) -> Result<Source> {
    let (mut nor, _board) = context.nor()?;
    let map = nor.chip().map;
    let (base, size) = (map.flash_base, nor.part().size);
    let id = nor.part().jedec;
    let boot = nor.look_at_boot(&mut context.report)?;
    let flash = Flash {
        conditions: nor.conditions().trial(&boot.trial).open(&boot.open),
        boot,
    };
    nor.use_plain()?;
    let mut notes = vec![
        Finding::new(&found::READ_FROM_FLASH)
            .text("id", id)
            .number("mib", size >> 20),
    ];
    let mut memory = Memory::new();
    let first = length.unwrap_or(HEAD).min(size);
    add(&mut memory, &mut nor, base, first, context)?;
    if length.is_none() {
        let promised = inspect(&memory, &map)
            .boot_data
            .map_or(0, |data| data.length);
        let whole = promised.min(size);
        if whole > MOST {
            notes.push(
                Finding::new(&found::READ_IN_PART)
                    .hex("promised", promised)
                    .hex("read", MOST),
            );
        }
        let whole = whole.min(MOST);
        if whole > first {
            add(&mut memory, &mut nor, base + first, whole - first, context)?;
        } else if whole >= HEADERS {
            memory = memory.slice(base, whole as usize);
        }
    }
    Ok(Source {
        chip: nor.chip(),
        firmware: Firmware {
            format: Format::Raw,
            memory,
            entry: None,
            notes,
        },
        bytes: Vec::new(),
        name: "board".to_owned(),
        flash: Some(flash),
    })
}

fn add(
    memory: &mut Memory,
    nor: &mut Nor,
    address: u32,
    length: u32,
    context: &mut Context,
) -> Result<()> {
    let mut meter = Meter::begin(&mut context.report, Stage::Read, u64::from(length));
    let bytes = nor.read(address, length, &mut meter)?;
    meter.end();
    memory
        .insert(address, bytes)
        .map_err(|source| Error::Firmware {
            path: "board".into(),
            source,
        })
}
