//! Random pieces in random orders on random boards: what is written, verified and judged, held against the flash and against what
//! the virtual boot ROM does.

use rtboot::job::{self, BootLoader, LayoutOptions, Piece, Pieces, Target, WriteOptions};
use rtboot::port::virtual_board::VirtualBoard;
use rtboot::{Content, Error, FcbChoice, Result, Source};
use rtboot_bootable::Starts;
use rtboot_sim::{Board, Settings};

use crate::kit::random::Random;
use crate::kit::{app_bytes, rt1021};

const FLASH: u32 = 0x6000_0000;
const IVT: u32 = 0x1000;
const APP: u32 = 0x2000;
const SIZE: usize = 8 << 20;
const CASES: u64 = 120;

/// Places of bare applications and images for RAM; the last two lie over the boot ROM's own RAM and past a bank.
const IN_RAM: [u32; 6] = [
    0x2000,
    0x2000_2000,
    0x2020_A000,
    0x2020_C400,
    0x2020_3000,
    0x2000_C000,
];
const IN_FLASH: [u32; 6] = [0x2000, 0x2400, 0x6000, 0xC000, 0x4_0000, 0x10_0400];
/// Where data go: the gaps between the boot headers, the headers, sectors of the application, the end of flash.
const DATA: [u32; 12] = [
    0x200, 0x400, 0x800, 0xFF0, 0x102C, 0x1100, 0x1020, 0x5000, 0x8_0000, 0x40_0000, 0x7F_FF00,
    0x7F_FFF0,
];

/// A piece, and the bytes that it must bring to flash.
struct Made {
    piece: Piece,
    at: u32,
    bytes: Vec<u8>,
}

/// An application whose reset handler lies at 0x400 behind its table.
fn application(table: u32, random: &mut Random) -> Vec<u8> {
    let len = 0x800 + random.below(0x3000);
    let mut bytes: Vec<u8> = random
        .bytes(len)
        .iter()
        .map(|byte| byte & 0x7F | 1)
        .collect();
    let vectors = [0x2001_0000u32, table + 0x401]
        .map(u32::to_le_bytes)
        .concat();
    bytes[..8].copy_from_slice(&vectors);
    bytes[0x400..0x402].copy_from_slice(&[0xFE, 0xE7]); // b .
    bytes
}

/// An ELF file with one segment: it brings its address.
fn elf(address: u32, bytes: &[u8]) -> Vec<u8> {
    let half = |value: u16| value.to_le_bytes();
    let mut file = b"\x7fELF\x01\x01\x01".to_vec();
    file.resize(16, 0);
    file.extend([half(2), half(40)].concat());
    file.extend(
        [1, address + 0x401, 52, 0, 0x0500_0400]
            .map(u32::to_le_bytes)
            .concat(),
    );
    file.extend([52, 32, 1, 40, 0, 0].map(half).concat());
    let len = bytes.len() as u32;
    let segment = [1, 84, address, address, len, len, 5, 4];
    file.extend(segment.map(u32::to_le_bytes).concat());
    file.extend(bytes);
    file
}

fn firmware(name: &str, address: u32, bytes: &[u8]) -> Piece {
    Piece::firmware(Source::bytes(name, elf(address, bytes)))
}

fn bare(random: &mut Random) -> Made {
    let at = FLASH + IN_FLASH[random.below(IN_FLASH.len())];
    let bytes = application(at, random);
    Made {
        piece: firmware("app.elf", at, &bytes),
        at,
        bytes,
    }
}

fn bare_for_ram(random: &mut Random) -> Made {
    let table = IN_RAM[random.below(IN_RAM.len())];
    let bytes = application(table, random);
    // the ROM copies the boot headers' place, too
    Made {
        piece: firmware("ram.elf", table, &bytes),
        at: FLASH + APP,
        bytes,
    }
}

/// A whole image with its FCB, for flash or for RAM, sometimes with a header that does not fit.
fn image(random: &mut Random) -> Made {
    let start = match random.below(2) {
        0 => FLASH,
        _ => IN_RAM[random.below(IN_RAM.len())] - APP,
    };
    let app = application(start + APP, random);
    let mut bytes = vec![0xFF; APP as usize];
    bytes[..512].copy_from_slice(&app_bytes("blinky_boot.bin")[..512]);
    bytes.extend(&app);
    let mut words = [
        0x4020_00D1,
        start + APP + 0x401,
        0,
        0,
        start + IVT + 0x20,
        start + IVT,
        0,
        0,
    ];
    let mut data = [start, bytes.len() as u32, 0];
    match random.below(10) {
        0 => words[1] = start + APP,
        1 => words[1] = start + APP + 0x5000,
        2 => words[5] += 0x400,
        3 => data[0] += 0x400,
        4 => data[1] = APP + 0x200,
        5 => data[1] = APP + 0x402,
        6 => data[1] += 0x2_0000,
        7 => data[2] = 1,
        _ => {}
    }
    let header = words
        .iter()
        .chain(&data)
        .flat_map(|word| word.to_le_bytes());
    let header: Vec<u8> = header.collect();
    bytes[IVT as usize..][..header.len()].copy_from_slice(&header);
    let file = Source::bytes("image.bin", bytes.as_slice());
    Made {
        piece: Piece::firmware(file),
        at: FLASH,
        bytes,
    }
}

fn slot(random: &mut Random) -> Made {
    let at = FLASH + [0x4_0000, 0x20_0000][random.below(2)];
    let header = [0x20, 0x200, 0x400, 0x1000][random.below(4)];
    let mut bytes = vec![0; header];
    bytes[..4].copy_from_slice(&0x96F3_B83Du32.to_le_bytes());
    bytes[8..10].copy_from_slice(&(header as u16).to_le_bytes());
    bytes.extend(application(at + header as u32, random));
    Made {
        piece: firmware("slot.elf", at, &bytes),
        at,
        bytes,
    }
}

fn data(number: usize, random: &mut Random) -> Made {
    let at = FLASH + DATA[random.below(DATA.len())];
    let len = [1, 16, 40, 0x200, 0x1000][random.below(5)];
    let bytes = random.bytes(len);
    let file = Source::bytes(format!("data{number}"), bytes.as_slice());
    Made {
        piece: Piece::data(file, at),
        at,
        bytes,
    }
}

fn block() -> Made {
    let bytes = app_bytes("blinky_boot.bin")[..512].to_vec();
    Made {
        piece: Piece::data(Source::bytes("fcb.bin", bytes.as_slice()), FLASH),
        at: FLASH,
        bytes,
    }
}

/// What one run writes, in any order.
fn pieces(random: &mut Random) -> Vec<Made> {
    let mut made = Vec::new();
    match random.below(8) {
        0..2 => made.push(bare(random)),
        2..4 => made.push(bare_for_ram(random)),
        4..7 => made.push(image(random)),
        _ => {}
    }
    if random.below(4) == 0 {
        made.push(slot(random));
    }
    if random.below(6) == 0 {
        made.push(block());
    }
    let count = random.below(3) + usize::from(made.is_empty());
    made.extend((0..count).map(|number| data(number, random)));
    for i in (1..made.len()).rev() {
        made.swap(i, random.below(i + 1));
    }
    made
}

/// A board: blank, or with a boot image and other bytes in flash.
fn board(random: &mut Random) -> VirtualBoard {
    let board = VirtualBoard::from_board(Board::new(Settings::default()));
    if random.below(2) == 0 {
        let at = FLASH + APP;
        let old = firmware("old.elf", at, &application(at, random));
        let kept = Piece::data(Source::bytes("kept", random.bytes(0x300)), FLASH + 0x4_0F00);
        write(vec![old, kept].into(), BootLoader::Replace, &board).expect("old content");
    }
    board
}

fn write(pieces: Pieces, boot_loader: BootLoader, board: &VirtualBoard) -> Result<job::Written> {
    let options = WriteOptions {
        fcb: named(),
        boot_loader,
        ..WriteOptions::default()
    };
    job::write(&pieces, options, &Target::on_virtual(board), &mut ())
}

/// None for a run that brings its own FCB would do as well: the part on the board is this one.
fn named() -> FcbChoice {
    FcbChoice::Auto
}

fn whole(board: &VirtualBoard) -> Vec<u8> {
    let mut flash = board.board().flash().to_vec();
    flash.resize(SIZE, 0xFF);
    flash
}

/// What is wrong after a write of these pieces that said that all is well.
fn wrong(before: &[u8], after: &[u8], made: &[Made], boots_made: bool) -> Option<String> {
    let mut expected = before.to_vec();
    for made in made {
        let at = (made.at - FLASH) as usize;
        expected[at..at + made.bytes.len()].copy_from_slice(&made.bytes);
    }
    let first = (0..SIZE).find(|&at| {
        let header = at < 0x200 || (IVT as usize..IVT as usize + 0x2C).contains(&at);
        after[at] != expected[at] && !(boots_made && header)
    })?;
    let (have, want) = (after[first], expected[first]);
    Some(format!(
        "flash holds {have:#04x} at {first:#x}, not {want:#04x}"
    ))
}

/// A case, and what the library, the flash and the ROM say of it.
fn run(seed: u64) -> std::result::Result<&'static str, String> {
    let mut random = Random::seeded(seed);
    let board = board(&mut random);
    let made = pieces(&mut random);
    let boot_loader = [BootLoader::Ask, BootLoader::Keep, BootLoader::Replace][random.below(3)];
    let all: Pieces = made
        .iter()
        .map(|made| made.piece.clone())
        .collect::<Vec<_>>()
        .into();
    let before = whole(&board);
    let written = write(all.clone(), boot_loader, &board);
    let after = whole(&board);
    let written = match written {
        Ok(written) => written,
        Err(error) => {
            let state = error.flash_state().map(|state| &state.content);
            let told = matches!(state, Some(Content::NewImageWhole { .. }));
            return match after == before || told {
                true => Ok(refusal(&error)),
                false => Err(format!("{error}: flash changed")),
            };
        }
    };
    let options = LayoutOptions {
        fcb: named(),
        boot_loader,
        ..LayoutOptions::default()
    };
    let laid_out = job::LaidOutPieces::new(&all, &options, rt1021()).expect("it was written");
    let built = laid_out.boot_image().is_some();
    if let Some(wrong) = wrong(&before, &after, &made, built) {
        return Err(wrong);
    }
    let rom = board.board().boot_verdict();
    let says = written.verdict.starts;
    if says
        .known()
        .is_some_and(|says| says != rom.starts.is_some())
    {
        return Err(format!(
            "{}; the ROM: {}",
            written.verdict.words(),
            rom.reason
        ));
    }
    let target = Target::on_virtual(&board);
    let seen = job::verify(&all, &options, &target, &mut ());
    let seen = seen.map_err(|error| format!("verify: {error}"))?;
    if seen.verdict.starts != says {
        let (verify, write) = (seen.verdict.words(), written.verdict.words());
        return Err(format!("verify: {verify}; write: {write}"));
    }
    let again =
        write(all.clone(), boot_loader, &board).map_err(|error| format!("again: {error}"))?;
    if again.report.changed {
        return Err("a second write changes flash".into());
    }
    spoiled(&after, &made, &all, &options, &mut random)?;
    Ok(says.name())
}

/// One bit that differs is seen.
fn spoiled(
    flash: &[u8],
    made: &[Made],
    all: &Pieces,
    options: &LayoutOptions,
    random: &mut Random,
) -> std::result::Result<(), String> {
    let made = &made[random.below(made.len())];
    let at = (made.at - FLASH) as usize + random.below(made.bytes.len());
    let mut flash = flash.to_vec();
    flash[at] ^= 1 << random.below(8);
    let settings = Settings {
        flash,
        ..Settings::default()
    };
    let board = VirtualBoard::from_board(Board::new(settings));
    match job::verify(all, options, &Target::on_virtual(&board), &mut ()) {
        Err(Error::Verify { .. } | Error::NotProgrammed { .. }) => Ok(()),
        Err(Error::OtherFcb { address, .. }) if address == FLASH + at as u32 => Ok(()),
        Err(error) => Err(format!("verify of a bit at {at:#x}: {error}")),
        Ok(_) => Err(format!("verify does not see a bit at {at:#x}")),
    }
}

/// Why nothing was written.
fn refusal(error: &Error) -> &'static str {
    match error {
        Error::Overlap { .. } => "overlap",
        Error::OtherBootLoader { .. } | Error::NoBootLoader { .. } => "boot loader",
        Error::OutsideFlash { .. } => "outside",
        Error::Firmware { .. } => "firmware",
        _ => "other",
    }
}

#[test]
fn flash_rom_and_verify_agree_about_random_pieces() {
    let mut counts = std::collections::BTreeMap::new();
    let mut differences = Vec::new();
    for seed in 0..CASES {
        match run(seed) {
            Ok(outcome) => *counts.entry(outcome).or_insert(0) += 1,
            Err(text) => differences.push(format!("seed {seed}: {text}")),
        }
    }
    eprintln!("{CASES} cases: {counts:?}");
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
    for outcome in [
        Starts::Yes.name(),
        Starts::No.name(),
        "overlap",
        "boot loader",
        "outside",
    ] {
        assert!(
            counts.contains_key(outcome),
            "{outcome} never comes up: {counts:?}"
        );
    }
}
